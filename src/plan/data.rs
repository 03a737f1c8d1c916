//! Data sources: read while planning wherever that gives the right answer, during apply otherwise.
//!
//! Terraform defers a data source whenever something that it depends on changes, and then all that it exports is
//! unknown, which replaces whatever needs it. Here it is deferred only if the change can affect it: something it
//! depends on is made or removed, or an object of its own kind changes in an attribute that it exports; and then
//! only those attributes are unknown.

use std::sync::Arc;

use crate::address::{Address, ConfigAddress, ProviderAddress, ResourceMode};
use crate::diagnostic::Diagnostics;
use crate::eval::rules::Rule;
use crate::graph::{ConfigNode, NodeId};
use crate::provider::{Block, Kind};
use crate::state::{Change, ObjectAddress};
use crate::value::{Fields, Value};

use super::evaluation::InstanceData;
use super::instance::{Subject, configured};
use super::marks::{mark, mark_paths, with_secrets};
use super::walk::Planner;
use super::{Action, Event, InstanceChange, Mode, Reason, recorded, stage};

impl Planner<'_> {
    /// Plans a data source in each of its instances; `None` when reads are going on.
    pub(super) fn data(&mut self, node: NodeId, subject: &Subject<'_>) -> Option<bool> {
        let made_or_removed = self.changing(node, may_matter);
        let mut sound = true;
        for (module, expanded) in self.expand(subject) {
            sound &= expanded;
            let Some(expansion) = self.stage.evaluation.expansion(&module, &subject.config.resource).cloned() else {
                continue;
            };
            for key in expansion.keys() {
                let address = subject.config.resource.instance(module.clone(), key.clone());
                sound &= self.data_instance(node, subject, &address, &expansion.data(&key), &made_or_removed);
            }
        }
        if self.is_reading(node) {
            self.note_reading(node, sound);
            return None;
        }
        Some(sound)
    }

    fn data_instance(
        &mut self,
        node: NodeId,
        subject: &Subject<'_>,
        address: &Address,
        data: &InstanceData,
        changing: &[ConfigAddress],
    ) -> bool {
        if !self.stage.has_provider(address) {
            return false;
        }
        let name = address.to_string();
        let rules = &subject.resource.lifecycle.preconditions;
        if !self.stage.rules(Rule::ResourcePrecondition, &name, &address.module, data, rules) {
            return false;
        }
        let Some(config) = configured(&mut self.stage, subject, address, data) else { return false };
        let is_open = self.stage.session_for(address, subject.session).reader().is_open();
        let reason = if !config.is_wholly_known() || !is_open {
            Some(Reason::ConfigUnknown)
        } else if !changing.is_empty() {
            Some(Reason::DependencyPending(changing.to_vec()))
        } else {
            None
        };
        match reason {
            None => {
                if subject.resource.check.is_some() {
                    // What it is taken for where it cannot be read, which stops nothing.
                    let block = &subject.kind.schema().block;
                    self.stage.evaluation.set_instance(address, mark(block, unread(block, &config)));
                }
                let session = self.stage.session_for(address, subject.session);
                self.read_data(node, &session, address.clone(), config.unmark_deep().0);
            }
            Some(reason) => self.defer(node, subject, address, &config, reason),
        }
        true
    }

    /// Plans to read during apply: what is configured is known, the rest is not.
    fn defer(&mut self, node: NodeId, subject: &Subject<'_>, address: &Address, config: &Value, reason: Reason) {
        let block = &subject.kind.schema().block;
        let after = mark(block, unread(block, config));
        self.stage.evaluation.set_instance(address, after.clone());
        let provider = self.stage.provider_for(address, &subject.provider);
        self.plan_read(node, subject.kind, &provider, address, after, reason);
    }

    /// Plans to read during apply what is to be `after`.
    fn plan_read(
        &mut self,
        node: NodeId,
        kind: &dyn Kind,
        provider: &ProviderAddress,
        address: &Address,
        after: Value,
        reason: Reason,
    ) {
        let recorded = self
            .prior
            .instance(address)
            .and_then(|i| Some(recorded::marked(kind, &recorded::decode(address, i, kind).ok()?, &i.sensitive_paths)));
        let change = InstanceChange {
            address: address.clone(),
            previous_address: None,
            deposed: None,
            provider: provider.clone(),
            action: Action::Read,
            reason: Some(reason),
            before: recorded.unwrap_or_else(|| Value::null(kind.schema().block.implied_type())),
            private: Vec::new(),
            after,
            replace_paths: Vec::new(),
            importing: None,
            notes: Vec::new(),
            create_before_destroy: false,
            dependencies: self.stage.graph.resources_needed(node, true),
        };
        self.pending.entry(node).or_default().push(address.clone());
        (self.events)(Event::Planned { change: &change });
        self.changes.insert(ObjectAddress::from(address.clone()), Box::new(change));
    }

    /// Takes in what a data source said. False with an error.
    pub(super) fn take_data(&mut self, node: NodeId, address: &Address, result: Result<Value, Diagnostics>) -> bool {
        let config = address.config();
        let Some(resource) = self.stage.configuration.resource(&config) else { return true };
        let value = match result {
            Ok(value) => value,
            Err(problems) => return self.unread_data(node, address, resource, problems),
        };
        let Some(provider) = self.stage.provider(&config, resource) else { return false };
        let Some(kind) = stage::kind_of(&*provider, &address.resource) else { return false };
        let updates = self.updates_behind(node, address, &value);
        let secret = with_secrets(kind, &value, Vec::new());
        let value = updates.iter().fold(mark(&kind.schema().block, mark_paths(value, &secret)), affected);
        self.stage.evaluation.set_instance(address, value.clone());
        if let Some(id) = self.stage.graph.provider_of(&config) {
            let provider = self.stage.provider_for(address, &self.stage.provider_address(id));
            if updates.is_empty() {
                // Nothing has to wait for the removal of a data source.
                let instance = Arc::new(recorded::encode(kind, &value, Vec::new(), Vec::new()));
                let object = ObjectAddress::from(address.clone());
                self.prior.apply(&Change::Put { object, provider: provider.clone(), instance });
                if resource.check.is_some() && self.options.mode == Mode::Normal {
                    // What it says is asked once more when everything else is done.
                    self.plan_read(node, kind, &provider, address, value.clone(), Reason::CheckNested);
                }
            } else {
                let mut behind: Vec<ConfigAddress> = updates.iter().map(|update| update.address.config()).collect();
                behind.sort();
                behind.dedup();
                self.plan_read(node, kind, &provider, address, value.clone(), Reason::DependencyPending(behind));
            }
        }
        self.data_postconditions(address, resource, value)
    }

    /// Takes in that a data source could not be read. That is an error, except for one in a `check`: there the check has
    /// failed for now, and it is read once more during apply.
    fn unread_data(
        &mut self,
        node: NodeId,
        address: &Address,
        resource: &crate::config::Resource,
        mut problems: Diagnostics,
    ) -> bool {
        for problem in &mut problems {
            problem.subject.get_or_insert(resource.header);
        }
        if let Some(check) = &resource.check {
            self.stage.check_unread(&address.module, check, &mut problems);
            self.read_later(node, address, resource);
        }
        let sound = !problems.has_errors();
        self.unreadable.insert(address.clone().into(), problems);
        sound
    }

    fn read_later(&mut self, node: NodeId, address: &Address, resource: &crate::config::Resource) {
        let Some(after) = self.stage.evaluation.instance(address).cloned() else { return };
        let Some(id) = self.stage.graph.provider_of(&address.config()) else { return };
        let Some(provider) = self.stage.provider(&address.config(), resource) else { return };
        let Some(kind) = stage::kind_of(&*provider, &address.resource) else { return };
        if self.options.mode == Mode::Normal {
            let provider = self.stage.provider_for(address, &self.stage.provider_address(id));
            let asked = unanswered(&after.clone().unmark_deep().0);
            let instance = Arc::new(recorded::encode(kind, &asked, Vec::new(), Vec::new()));
            let object = ObjectAddress::from(address.clone());
            self.plan_read(node, kind, &provider, address, after, Reason::CheckNested);
            self.prior.apply(&Change::Put { object, provider, instance });
        }
    }

    fn data_postconditions(&mut self, address: &Address, resource: &crate::config::Resource, value: Value) -> bool {
        let data = self
            .stage
            .evaluation
            .expansion(&address.module, &address.resource)
            .map(|expansion| expansion.data(&address.key))
            .unwrap_or_default();
        let own = InstanceData { self_value: Some(value), ..data };
        let name = address.to_string();
        let rules = &resource.lifecycle.postconditions;
        self.stage.rules(Rule::ResourcePostcondition, &name, &address.module, &own, rules)
    }

    /// The updates of the object that was read, which change what was read.
    fn updates_behind(&self, node: NodeId, address: &Address, read: &Value) -> Vec<InstanceChange> {
        self.dependencies_of(node)
            .into_iter()
            .filter(|id| matches!(self.stage.graph.dag.node(*id), ConfigNode::Resource(a) if a.resource.kind == address.resource.kind))
            .filter_map(|id| self.pending.get(&id))
            .flatten()
            .filter_map(|a| self.changes.get(&ObjectAddress::from(a.clone())))
            .filter(|change| change.action == Action::Update && same_object(&change.before, read))
            .filter(|change| !affected(read.clone(), change).is_wholly_known())
            .map(|change| (**change).clone())
            .collect()
    }

    /// What a node needs that changes in a way that matters, directly or through the calls of its module.
    fn changing(&self, node: NodeId, matters: impl Fn(&InstanceChange) -> bool) -> Vec<ConfigAddress> {
        let mut found: Vec<ConfigAddress> = self
            .dependencies_of(node)
            .into_iter()
            .filter(|id| {
                self.pending.get(id).is_some_and(|addresses| {
                    let mut changes =
                        addresses.iter().filter_map(|a| self.changes.get(&ObjectAddress::from(a.clone())));
                    changes.any(|change| matters(change))
                })
            })
            .filter_map(|id| match self.stage.graph.dag.node(id) {
                ConfigNode::Resource(address) if address.resource.mode == ResourceMode::Managed => {
                    Some(address.clone())
                }
                _ => None,
            })
            .collect();
        found.sort();
        found
    }

    /// The nodes that a node needs directly, and those that its module's calls need.
    fn dependencies_of(&self, node: NodeId) -> Vec<NodeId> {
        let dag = &self.stage.graph.dag;
        let mut found = Vec::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            for needed in dag.dependencies(at) {
                match dag.node(needed) {
                    ConfigNode::Module(_) => open.push(needed),
                    _ => found.push(needed),
                }
            }
        }
        found
    }
}

/// Whether what a data source reads may be another thing after a change: when something is made or removed. An update
/// counts only of a kind that stands for something that nobody knows here.
fn may_matter(change: &InstanceChange) -> bool {
    match change.action {
        Action::NoOp => false,
        Action::Update => matches!(&*change.address.resource.kind, "terraform_data" | "null_resource"),
        _ => true,
    }
}

/// Whether two values are of one object, as far as their ids tell.
fn same_object(a: &Value, b: &Value) -> bool {
    let id = |v: &Value| v.field("id").and_then(Value::as_str).map(str::to_lowercase);
    id(a).is_some() && id(a) == id(b)
}

/// A value in which the attributes that a change touches are unknown.
fn affected(value: Value, change: &InstanceChange) -> Value {
    let Some(fields) = value.as_fields() else { return value };
    let touched = |name: &str| match (change.before.field(name), change.after.field(name)) {
        (Some(a), Some(b)) => !a.raw_eq_unmarked(b),
        _ => false,
    };
    let marks = value.marks();
    let fields: Fields = fields
        .iter()
        .map(|(name, v)| {
            let v = if touched(name) { Value::unknown(v.type_of()).marked(v.deep_marks()) } else { v.clone() };
            (name.clone(), v)
        })
        .collect();
    Value::object(fields).marked(marks)
}

/// What is recorded of a data source that gave no answer: what was asked.
fn unanswered(value: &Value) -> Value {
    let Some(fields) = value.as_fields() else { return value.clone() };
    let asked = |(name, value): (&Arc<str>, &Value)| {
        let known = if value.is_wholly_known() { value.clone() } else { Value::null(value.type_of()) };
        (name.clone(), known)
    };
    Value::object(fields.iter().map(asked).collect())
}

/// What is known of a data source before it is read: its configuration.
fn unread(block: &Block, config: &Value) -> Value {
    let Some(configured) = config.as_fields() else { return config.clone() };
    let fill = |(name, value): (&Arc<str>, &Value)| {
        let computed = block.attributes.get(&**name).is_some_and(|a| a.computed)
            || block.blocks.get(&**name).is_some_and(|b| b.computed);
        let value = if computed && value.is_null() { Value::unknown(value.type_of()) } else { value.clone() };
        (name.clone(), value)
    };
    Value::object(configured.iter().map(fill).collect())
}
