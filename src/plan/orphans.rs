//! What is recorded and no longer wanted: to be removed, or to be let go.

use std::collections::BTreeMap;

use crate::address::{Address, ResourceMode};
use crate::config::{Configuration, Endpoint, Removed};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Kind, Registry};
use crate::state::{Change, ObjectAddress, State};
use crate::value::Value;

use super::evaluation::InstanceData;
use super::expand::why_gone;
use super::instance::{cannot_be_destroyed, is_protected};
use super::selection::Selection;
use super::walk::Planner;
use super::{Action, Event, InstanceChange, Mode, Reason, recorded};

/// Refuses a state with objects that only a provider or a kind could tell anything of that is not there.
pub fn refuse_strange(registry: &Registry, prior: &State, selection: &Selection) -> Diagnostics {
    let mut strange: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (object, provider, _) in prior.objects() {
        let resource = &object.address.resource;
        if resource.mode != ResourceMode::Managed || !selection.has_instance(&object.address) {
            continue;
        }
        let missing = match registry.find(&provider.source) {
            None => format!("the provider {}", provider.source),
            Some(owner) if owner.kind(&resource.kind).is_none() => format!("the resource type {}", resource.kind),
            Some(_) => continue,
        };
        strange.entry(missing).or_default().push(object.to_string());
    }
    let refused = |(missing, objects): (String, Vec<String>)| {
        let (named, more) = (objects.iter().take(5).map(String::as_str).collect::<Vec<_>>(), objects.len());
        let more = if more > named.len() { format!(" and {} more", more - named.len()) } else { String::new() };
        let detail = format!(
            "This state holds {}{more}, for which {missing} would be needed. Bowline does not have that. \"bowline state rm\" \
             takes them out of the state; they stay as they are.",
            named.join(", ")
        );
        Diagnostic::error("Missing required provider", detail)
    };
    strange.into_iter().map(refused).collect()
}

impl Planner<'_> {
    /// Plans the removal of everything recorded that the walk did not come by.
    pub(super) fn orphans(&mut self) {
        let left: Vec<ObjectAddress> = self
            .prior
            .objects()
            .map(|(object, ..)| object)
            .filter(|object| !self.changes.contains_key(object) && self.selection.has_instance(&object.address))
            .collect();
        for object in left {
            match object.address.resource.mode {
                ResourceMode::Managed => self.orphan(&object),
                ResourceMode::Data | ResourceMode::Ephemeral => self.forget_data(&object),
            }
        }
    }

    fn orphan(&mut self, object: &ObjectAddress) {
        let Some(reason) = self.why_orphaned(object) else { return };
        let Some(provider) = self.prior.provider(&object.address).cloned() else { return };
        let Some(owner) = self.stage.registry.find(&provider.source).cloned() else { return };
        let Some(kind) = owner.kind(&object.address.resource.kind) else { return };
        let Some(known) = self.objects.get(object) else { return };
        let Some(observed) = known.observed.clone() else { return };
        let before = recorded::marked(kind, &observed, &known.instance.sensitive_paths);
        let (create_before_destroy, dependencies) =
            (known.instance.create_before_destroy, known.instance.dependencies.clone());
        let action = match removed_block(self.stage.configuration, &object.address) {
            Some(removed) if !removed.destroy => Action::Forget,
            _ => Action::Delete,
        };
        if action == Action::Delete && !self.may_destroy(object) {
            return;
        }
        let change = InstanceChange {
            address: object.address.clone(),
            previous_address: self.renames.get(&object.address).cloned(),
            deposed: object.deposed.clone(),
            provider,
            action,
            reason: if self.options.mode == Mode::Destroy { None } else { Some(reason) },
            before,
            private: observed.private,
            after: nothing(kind),
            replace_paths: Vec::new(),
            importing: None,
            notes: Vec::new(),
            create_before_destroy,
            dependencies,
        };
        (self.events)(Event::Planned { change: &change });
        self.changes.insert(object.clone(), Box::new(change));
    }

    /// Why an object is to go; `None` when it is not, because its block could not be planned.
    fn why_orphaned(&self, object: &ObjectAddress) -> Option<Reason> {
        let address = &object.address;
        if object.deposed.is_some() {
            return Some(Reason::Deposed);
        }
        if self.options.mode == Mode::Destroy {
            return Some(Reason::NoResourceConfig);
        }
        let configuration = self.stage.configuration;
        if configuration.resource(&address.config()).is_none() {
            return Some(match self.renames.get(address) {
                Some(_) => Reason::NoMoveTarget,
                None => Reason::NoResourceConfig,
            });
        }
        if !self.stage.evaluation.instances_of(&address.module.path()).contains(&address.module) {
            return (!self.stage.found.has_errors()).then_some(Reason::NoModule);
        }
        let expansion = self.stage.evaluation.expansion(&address.module, &address.resource)?;
        (!expansion.keys().contains(&address.key)).then(|| why_gone(expansion, &address.key))
    }

    /// `prevent_destroy` of the block, if there still is one.
    fn may_destroy(&mut self, object: &ObjectAddress) -> bool {
        let Some(resource) = self.stage.configuration.resource(&object.address.config()) else { return true };
        let data = self
            .stage
            .evaluation
            .expansion(&object.address.module, &object.address.resource)
            .map_or_else(InstanceData::default, |e| e.data(&object.address.key));
        match is_protected(&mut self.stage, resource, &object.address, &data) {
            Some(false) => true,
            Some(true) => {
                self.stage.found.push(cannot_be_destroyed(resource, &object.address));
                false
            }
            None => false,
        }
    }

    /// What a data source said is only kept while the source is there.
    fn forget_data(&mut self, object: &ObjectAddress) {
        let declared = self.stage.configuration.resource(&object.address.config()).is_some();
        let wanted = declared
            && self
                .stage
                .evaluation
                .expansion(&object.address.module, &object.address.resource)
                .is_none_or(|e| e.keys().contains(&object.address.key));
        if !wanted || self.options.mode == Mode::Destroy {
            self.prior.apply(&Change::Remove { object: object.clone() });
        }
    }
}

fn nothing(kind: &dyn Kind) -> Value {
    Value::null(kind.schema().block.implied_type())
}

/// Refuses `removed` blocks for what is still there.
pub(super) fn still_declared(configuration: &Configuration, found: &mut Diagnostics) {
    for module in configuration.modules() {
        for removed in &module.removed {
            let Ok(endpoint) = Endpoint::read(&removed.from) else { continue };
            let calls = match endpoint.resource {
                Some(_) => endpoint.module.as_slice(),
                None => endpoint.module.split_last().map_or(&[][..], |(_, head)| head),
            };
            let Some(inner) = calls.iter().try_fold(module, |m, step| m.children.get(&step.name)) else { continue };
            let (what, place) = match (&endpoint.resource, endpoint.module.last()) {
                (Some((resource, _)), _) => ("resource", inner.resources.get(resource).map(|r| r.header)),
                (None, last) => ("module", last.and_then(|step| inner.calls.get(&step.name)).map(|c| c.span)),
            };
            if let Some(place) = place {
                let detail = format!(
                    "A \"removed\" block says that {endpoint} is gone, but this block declares it. Take out one of the two."
                );
                let mut diagnostic = Diagnostic::error(format!("Removed {what} still exists"), detail).at(place);
                diagnostic.related.push((removed.span, "said to be removed here".into()));
                found.push(diagnostic);
            }
        }
    }
}

/// The `removed` block that names an address, or a module that it is in.
pub fn removed_block<'c>(configuration: &'c Configuration, address: &Address) -> Option<&'c Removed> {
    let path = address.module.path();
    configuration.modules().find_map(|module| {
        let below = path.names().strip_prefix(module.path.names())?;
        module.removed.iter().find(|removed| {
            let Ok(endpoint) = Endpoint::read(&removed.from) else { return false };
            let calls = endpoint.module.iter().map(|step| &step.name);
            match &endpoint.resource {
                Some((resource, _)) => *resource == address.resource && calls.eq(below),
                None => below.len() >= endpoint.module.len() && calls.eq(below.iter().take(endpoint.module.len())),
            }
        })
    })
}
