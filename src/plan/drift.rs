//! Drift: what had changed outside since it was recorded, kept apart from the changes.
//!
//! Most of what a service reports differently from one day to the next is of no consequence. Unless only the record is
//! to be refreshed, drift is what has a part in a change (the change undoes it, or refers to it), and what others have set
//! where nothing is configured: no change will ever tell of that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::walk::Planner;
use super::{Action, InstanceChange, Mode, OutputChange, recorded};
use crate::address::{ConfigAddress, ModulePath, ProviderAddress};
use crate::config::IgnoreChanges;
use crate::graph::{ConfigNode, NodeId};
use crate::provider::{Drift, Recorded};
use crate::state::ObjectAddress;
use crate::syntax::tree::Step;
use crate::value::{Fields, Value};

/// The attributes of a resource that changes refer to.
#[derive(Default)]
struct Used {
    whole: bool,
    attributes: BTreeSet<Arc<str>>,
}

/// An object that had changed outside.
struct Drifted {
    change: InstanceChange,
    /// Attributes of which others have set what no configuration speaks of.
    by_others: BTreeSet<Arc<str>>,
}

impl Planner<'_> {
    /// Recorded against Observed, in address order. A mere move counts only when nothing else is planned.
    pub(super) fn drift(&self, outputs: &BTreeMap<Arc<str>, OutputChange>) -> Vec<InstanceChange> {
        if self.objects.is_empty() {
            return Vec::new();
        }
        let used = self.used_by_changes(outputs);
        let mut objects: Vec<_> = self.objects.iter().collect();
        objects.sort_by(|a, b| a.0.cmp(b.0));
        // What an interrupted run did is said where it is settled; nobody else did it.
        let settled: FxHashSet<_> = self.settled.iter().filter(|_| self.options.mode != Mode::RefreshOnly).collect();
        let others = objects.into_iter().filter(|(object, _)| !settled.contains(object));
        let drifted = others.filter_map(|(object, _)| {
            let drifted = self.drifted(object)?;
            if self.options.mode == Mode::RefreshOnly {
                return Some(drifted.change);
            }
            self.of_consequence(object, drifted, used.get(&object.address.config()))
        });
        drifted.collect()
    }

    /// How an object had changed outside.
    fn drifted(&self, object: &ObjectAddress) -> Option<Drifted> {
        let known = self.objects.get(object)?;
        let provider = self.prior.provider(&object.address).or_else(|| self.former_provider(object)).cloned()?;
        let owner = self.stage.registry.find(&provider.source)?;
        let kind = owner.kind(&object.address.resource.kind)?;
        let previous_address = self.renames.get(&object.address).cloned();
        let Drift { before, after, by_others } = match &known.observed {
            None => Drift {
                before: known.recorded.value.clone(),
                after: Value::null(kind.schema().block.implied_type()),
                by_others: BTreeSet::new(),
            },
            Some(now) => self.held_against(object, &provider, &known.recorded, now),
        };
        let action = match &known.observed {
            None => Action::Delete,
            Some(_) if !after.raw_eq(&before) => Action::Update,
            Some(_) if previous_address.is_some() && self.options.mode == Mode::RefreshOnly => Action::NoOp,
            Some(_) => return None,
        };
        let marked = |value: Value| {
            let private = Vec::new();
            recorded::marked(kind, &Recorded { value, private }, &known.instance.sensitive_paths)
        };
        let change = InstanceChange {
            address: object.address.clone(),
            previous_address,
            deposed: object.deposed.clone(),
            provider,
            action,
            reason: None,
            before: marked(before),
            private: known.recorded.private.clone(),
            after: if known.observed.is_some() { marked(after) } else { after },
            replace_paths: Vec::new(),
            importing: None,
            notes: Vec::new(),
            create_before_destroy: known.instance.create_before_destroy,
            dependencies: known.instance.dependencies.clone(),
        };
        Some(Drifted { change, by_others })
    }

    /// What was recorded against what is there, as the provider compares them.
    fn held_against(
        &self,
        object: &ObjectAddress,
        provider: &ProviderAddress,
        recorded: &Recorded,
        observed: &Recorded,
    ) -> Drift {
        let is_same = observed.private == recorded.private && observed.value.raw_eq(&recorded.value);
        match self.stage.session_of(provider).filter(|_| !is_same) {
            Some(session) => {
                let session = self.stage.session_for(&object.address, session);
                session.reader().drift(&object.address.resource.kind, recorded, observed)
            }
            None => Drift::between(recorded, observed),
        }
    }

    /// As much of a drift as has a part in a change, or is told nowhere else.
    fn of_consequence(&self, object: &ObjectAddress, drifted: Drifted, used: Option<&Used>) -> Option<InstanceChange> {
        let Drifted { change: drifted, by_others } = drifted;
        let change = self.changes.get(object);
        if drifted.action == Action::Delete {
            let made_again = change.is_some_and(|change| matches!(change.action, Action::Create));
            return (made_again || used.is_some()).then_some(drifted);
        }
        let undone = |name: &str, now: &Value| {
            let change = change.filter(|change| change.action == Action::Update || change.action.is_replace());
            change.and_then(|change| change.after.field(name)).is_some_and(|planned| !planned.raw_eq_unmarked(now))
        };
        let matters = |name: &Arc<str>, now: &Value| {
            let told_nowhere_else = by_others.contains(name) && !self.is_left_alone(object, name);
            told_nowhere_else
                || used.is_some_and(|used| used.whole || used.attributes.contains(name))
                || undone(name, now)
        };
        let (before, after) = (drifted.before.as_fields()?, drifted.after.as_fields()?);
        let differs = |name: &Arc<str>, now: &Value| before.get(name).is_none_or(|was| !was.raw_eq_unmarked(now));
        let shown: BTreeSet<Arc<str>> = after
            .iter()
            .filter(|(name, now)| differs(name, now) && matters(name, now))
            .map(|(name, _)| name.clone())
            .collect();
        if shown.is_empty() {
            return None;
        }
        let side = |name: &Arc<str>, now: &Value| {
            let was = before.get(name).filter(|_| shown.contains(name));
            (name.clone(), was.unwrap_or(now).clone())
        };
        let before: Fields = after.iter().map(|(name, now)| side(name, now)).collect();
        let before = Value::object(before).marked(drifted.before.marks());
        Some(InstanceChange { before, ..drifted })
    }

    /// Whether `ignore_changes` says that nobody minds what becomes of an attribute, or the object is not to stay.
    fn is_left_alone(&self, object: &ObjectAddress, attribute: &str) -> bool {
        let goes = self.changes.get(object).is_none_or(|change| change.after.is_null());
        let resource = self.stage.configuration.resource(&object.address.config());
        goes || resource.is_some_and(|resource| match &resource.lifecycle.ignore_changes {
            IgnoreChanges::None => false,
            IgnoreChanges::All => true,
            IgnoreChanges::Paths(paths) => {
                paths.iter().any(|path| matches!(path.first(), Some(Step::Attribute(name)) if *name.name == *attribute))
            }
        })
    }

    /// What the configuration of everything that changes refers to, directly or through values on the way.
    fn used_by_changes(&self, outputs: &BTreeMap<Arc<str>, OutputChange>) -> FxHashMap<ConfigAddress, Used> {
        let graph = &self.stage.graph;
        let changed = self.changes.values().filter(|change| change.action != Action::NoOp);
        let changed = changed.map(|change| ConfigNode::Resource(change.address.config()));
        let moved = outputs.iter().filter(|(_, output)| output.action != Action::NoOp);
        let moved = moved.map(|(name, _)| ConfigNode::Output(ModulePath::root(), name.clone()));
        let mut open: Vec<NodeId> = changed.chain(moved).filter_map(|node| graph.find(&node)).collect();
        let mut reached: FxHashSet<NodeId> = FxHashSet::default();
        while let Some(node) = open.pop() {
            if reached.insert(node) {
                let on_the_way = |id: &NodeId| !matches!(graph.dag.node(*id), ConfigNode::Resource(_));
                open.extend(graph.dag.dependencies(node).filter(on_the_way));
            }
        }
        let mut used: FxHashMap<ConfigAddress, Used> = FxHashMap::default();
        for reference in graph.uses.iter().filter(|reference| reached.contains(&reference.from)) {
            let used = used.entry(reference.resource.clone()).or_default();
            match &reference.attribute {
                Some(attribute) => drop(used.attributes.insert(attribute.clone())),
                None => used.whole = true,
            }
        }
        used
    }

    /// The provider of an object that has gone from the state with its last instance.
    fn former_provider(&self, object: &ObjectAddress) -> Option<&ProviderAddress> {
        self.former_providers.get(&object.address.config())
    }
}
