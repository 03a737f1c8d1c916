//! Which attributes of which resources have a part in what a plan changes: `relevant_attributes` of its JSON form, by
//! which tools tell drift that matters from drift that does not (hashicorp/terraform, internal/lang/globalref).
//!
//! References are followed through locals, variables of modules, outputs of modules, and the arguments of resources.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{InstanceKey, ModuleInstance, ResourceAddress, Subject};
use crate::config::{Configuration, Module, Repetition, Resource};
use crate::eval::references::{Mention, body_references, references};
use crate::syntax::tree::{ExpressionKind, Step};
use crate::value::{PathStep, Value};

use super::{Action, Mode, Plan};

/// A resource or an instance of one, as it is referred to, with the attribute.
#[derive(Debug, Clone)]
pub struct Relevant {
    /// `module.m.terraform_data.a`, with its key where the reference has one.
    pub resource: String,
    /// From the resource inwards; empty for all of it.
    pub attribute: Vec<PathStep>,
}

/// Every such attribute once, in the order of their names.
pub fn relevant_attributes(plan: &Plan, configuration: &Configuration) -> Vec<Relevant> {
    let mut search = Search { configuration, seen: BTreeSet::new(), open: Vec::new(), found: BTreeMap::new() };
    for change in plan.changes.iter().filter(|change| change.action != Action::NoOp) {
        let address = &change.address;
        if let Some(resource) = configuration.resource(&address.config()) {
            search.follow(body_references(&resource.body), &address.module, Some(resource));
        }
    }
    for (name, _) in plan.outputs.iter().filter(|(_, change)| change.action != Action::NoOp) {
        if let Some(output) = configuration.root.outputs.get(name) {
            search.follow(references(&output.value), &ModuleInstance::root(), None);
        }
    }
    // What a called module returns is made anew in every plan.
    for instance in instances(plan) {
        let outputs = configuration.module(&instance.path()).into_iter().flat_map(|module| module.outputs.values());
        for output in outputs {
            search.follow(references(&output.value), &instance, None);
        }
    }
    while let Some(place) = search.open.pop() {
        search.look_into(place);
    }
    search.found.into_values().collect()
}

/// The instances of called modules, as far as there are resources in them; nothing is planned where
/// only what happened is taken in.
fn instances(plan: &Plan) -> BTreeSet<ModuleInstance> {
    let mut found = BTreeSet::new();
    let changes = plan.changes.iter().filter(|change| !change.after.is_null());
    let recorded = plan.prior.slots().map(|(address, ..)| address.module);
    let recorded = recorded.filter(|_| plan.options.mode == Mode::RefreshOnly);
    for mut at in changes.map(|change| change.address.module.clone()).chain(recorded) {
        while let Some(parent) = at.parent().map(|(parent, _)| parent) {
            found.insert(std::mem::replace(&mut at, parent));
        }
    }
    found
}

/// A mention and where it stands.
struct Place<'c> {
    mention: Mention<'c>,
    module: ModuleInstance,
    /// The block that it stands in: what `each` and `count` are there.
    within: Option<&'c Resource>,
}

struct Search<'c> {
    configuration: &'c Configuration,
    seen: BTreeSet<String>,
    open: Vec<Place<'c>>,
    found: BTreeMap<String, Relevant>,
}

impl<'c> Search<'c> {
    fn follow(&mut self, mentions: Vec<Mention<'c>>, module: &ModuleInstance, within: Option<&'c Resource>) {
        for mention in mentions {
            let steps = path_of(mention.remaining);
            let key = mention.key.clone().unwrap_or(InstanceKey::None);
            // Only `each` and `count` mean something else in every block.
            let block = match &mention.subject {
                Subject::Each | Subject::Count => within.map(|r| r.address.to_string()).unwrap_or_default(),
                _ => String::new(),
            };
            let subject = &mention.subject;
            let name = format!("{module}|{block}|{subject}|{key}|{}", crate::value::Path(steps.clone()));
            if let Subject::Resource(address) = subject
                && self.module(module).is_some_and(|m| m.resources.contains_key(address))
            {
                let resource = address.instance(module.clone(), key).to_string();
                self.found.entry(name.clone()).or_insert(Relevant { resource, attribute: steps });
            }
            if self.seen.insert(name) {
                self.open.push(Place { mention, module: module.clone(), within });
            }
        }
    }

    fn module(&self, module: &ModuleInstance) -> Option<&'c Module> {
        self.configuration.module(&module.path())
    }

    /// Follows what a mention leads to.
    fn look_into(&mut self, place: Place<'c>) {
        let Place { mention, module, within } = place;
        let Some(declared) = self.module(&module) else { return };
        match &mention.subject {
            Subject::Local(name) => {
                if let Some(local) = declared.locals.get(name) {
                    self.follow(references(&local.value), &module, None);
                }
            }
            Subject::Variable(name) => self.argument(&module, name),
            Subject::Module(name) => self.called(&module, name, &mention),
            Subject::Resource(address) => self.resource(declared, &module, address, mention.remaining),
            Subject::Each | Subject::Count => match within.map(|resource| &resource.repetition) {
                Some(Repetition::Count(times)) => self.follow(references(times), &module, None),
                Some(Repetition::ForEach(keys)) => self.follow(references(keys), &module, None),
                _ => {}
            },
            _ => {}
        }
    }

    fn argument(&mut self, module: &ModuleInstance, name: &str) {
        let Some((parent, step)) = module.parent() else { return };
        let call = self.module(&parent).and_then(|m| m.calls.get(&step.name));
        if let Some(argument) = call.and_then(|call| call.body.attribute(name)) {
            self.follow(references(&argument.value), &parent, None);
        }
    }

    fn called(&mut self, module: &ModuleInstance, name: &str, mention: &Mention<'c>) {
        let child = module.child(name, mention.key.clone().unwrap_or(InstanceKey::None));
        let Some(declared) = self.module(&child) else { return };
        let named = match mention.remaining.first() {
            Some(Step::Attribute(output)) => Some(&output.name),
            _ => None,
        };
        for (_, output) in declared.outputs.iter().filter(|(name, _)| named.is_none_or(|named| *name == named)) {
            self.follow(references(&output.value), &child, None);
        }
    }

    /// What the attribute is written with; all of the block's arguments where no attribute is named.
    fn resource(
        &mut self,
        declared: &'c Module,
        module: &ModuleInstance,
        address: &ResourceAddress,
        steps: &'c [Step],
    ) {
        let Some(resource) = declared.resources.get(address).map(AsRef::as_ref) else { return };
        let Some(Step::Attribute(name)) = steps.first() else {
            return self.follow(body_references(&resource.body), module, Some(resource));
        };
        if let Some(argument) = resource.body.attribute(&name.name) {
            return self.follow(references(&argument.value), module, Some(resource));
        }
        for block in resource.body.blocks_of(&name.name) {
            self.follow(body_references(&block.body), module, Some(resource));
        }
    }
}

/// Attributes and keys that are written out.
fn path_of(steps: &[Step]) -> Vec<PathStep> {
    let step = |step: &Step| match step {
        Step::Attribute(name) => Some(PathStep::Attribute(name.name.clone())),
        Step::LegacyIndex(index, _) => Some(PathStep::Index(Value::number(i64::try_from(*index).ok()?))),
        Step::Index(key) => match &key.kind {
            ExpressionKind::Literal(key) => Some(PathStep::Index(key.clone())),
            _ => None,
        },
        Step::Splat { .. } | Step::AttributeSplat { .. } => None,
    };
    steps.iter().map_while(step).collect()
}
