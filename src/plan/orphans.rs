//! What is recorded and no longer wanted: to be removed, or to be let go.

use crate::address::Subject as Named;
use crate::address::{Address, ResourceMode};
use crate::config::{Configuration, Removed};
use crate::eval::references::mention_of;
use crate::provider::Kind;
use crate::state::{Change, ObjectAddress};
use crate::value::Value;

use super::evaluation::InstanceData;
use super::expand::why_gone;
use super::instance::{cannot_be_destroyed, is_protected};
use super::walk::Planner;
use super::{Action, Event, InstanceChange, Mode, Reason, recorded};

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
        let action = match forgotten(self.stage.configuration, &object.address) {
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
        self.changes.insert(object.clone(), change);
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
        if configuration.module(&address.module.path()).is_none() {
            return Some(Reason::NoModule);
        }
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

/// The `removed` block that names an address.
fn forgotten<'c>(configuration: &'c Configuration, address: &Address) -> Option<&'c Removed> {
    configuration.modules().find_map(|module| {
        let depth = module.path.names().len();
        let inside = address.module.path().names().starts_with(module.path.names());
        let below = address.module.steps().get(depth..).filter(|_| inside)?;
        module.removed.iter().find(|removed| match mention_of(&removed.from) {
            Ok(mention) => match mention.subject {
                Named::Resource(resource) => below.is_empty() && resource == address.resource,
                Named::Module(name) => below.first().is_some_and(|step| step.name == name),
                _ => false,
            },
            Err(_) => false,
        })
    })
}
