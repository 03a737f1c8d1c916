//! Making a step ready with the values that are known now, and keeping what came of it.

use std::sync::Arc;

use crate::address::{Address, ConfigAddress, ResourceMode};
use crate::config::Resource;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::rules::Rule;
use crate::plan::evaluation::InstanceData;
use crate::plan::instance::{Subject, configured};
use crate::plan::marks::{echoed, mark, mark_paths, original, with_secrets};
use crate::plan::propose::{ignore, propose};
use crate::plan::{Action, InstanceChange, Mode, recorded, stage};
use crate::provider::{Block, Kind, Lane, PlanRequest, Provider, Recorded, Session};
use crate::state::{Change, DeposedKey, Instance, ObjectAddress};
use crate::value::Value;

use super::consistent::contradictions;
use super::run::{Prepared, Runner};
use super::step::{Work, no_longer};

impl Runner<'_> {
    /// Expands a resource and gives out the values of the instances that do not change.
    pub(super) fn expand(&mut self, address: &ConfigAddress) -> bool {
        let Some(resource) = self.stage.configuration.resource(address) else { return true };
        let Some(provider) = self.stage.provider(address, resource) else { return false };
        let Some(kind) = self.stage.kind(&*provider, resource) else { return false };
        let mut sound = true;
        for module in self.stage.instances(&address.module) {
            let nothing = InstanceData::default();
            let scope = self.stage.evaluation.scope(&module, &nothing);
            let enabled = resource.lifecycle.enabled.as_ref();
            let expanded = crate::plan::expand::expand(&resource.repetition, enabled, &scope, &mut self.stage.found);
            let Some(expansion) = expanded else {
                sound = self.plan.options.mode == Mode::Destroy;
                continue;
            };
            let keys = expansion.keys();
            self.stage.evaluation.expand_resource(&module, &address.resource, expansion);
            for key in keys {
                let instance = address.resource.instance(module.clone(), key);
                self.give_out(kind, &instance);
                sound &= self.still_holds(resource, &instance);
            }
        }
        sound
    }

    fn give_out(&mut self, kind: &dyn Kind, address: &Address) {
        let change = self.changes.get(&ObjectAddress::from(address.clone()));
        let takes_part = change.is_some();
        let value = match change {
            Some(change) if change.action == Action::NoOp => Some(change.after.clone()),
            Some(change) if change.action == Action::Delete => Some(change.before.clone()),
            Some(_) => None,
            None => self.plan.prior.instance(address).and_then(|instance| {
                let known = recorded::decode(address, instance, kind).ok()?;
                Some(recorded::marked(kind, &known, &instance.sensitive_paths))
            }),
        };
        match value {
            Some(value) => self.stage.evaluation.set_instance(address, value),
            None if !takes_part => self.stage.evaluation.leave_out(address),
            None => {}
        }
    }

    /// Judges the conditions of an instance for which nothing is planned, by the values that are known by now.
    fn still_holds(&mut self, resource: &Resource, address: &Address) -> bool {
        let change = self.changes.get(&ObjectAddress::from(address.clone())).copied();
        let unchanged = change.filter(|c| c.action == Action::NoOp && address.resource.mode == ResourceMode::Managed);
        let Some(change) = unchanged.filter(|_| self.plan.options.mode == Mode::Normal) else { return true };
        let (data, name) = (self.instance_data(address), address.to_string());
        let rules = &resource.lifecycle.preconditions;
        self.stage.rules(Rule::ResourcePrecondition, &name, &address.module, &data, rules)
            && self.postconditions(address, change.after.clone())
    }

    /// Plans the step once more, now that all it refers to is known, and holds it against the plan.
    pub(super) fn prepare(&mut self, change: &InstanceChange) -> Option<Prepared> {
        let address = &change.address;
        let config_address = address.config();
        let resource = self.stage.configuration.resource(&config_address)?;
        let provider = self.stage.provider(&config_address, resource)?;
        let kind = self.stage.kind(&*provider, resource)?;
        let session = self.stage.session_for(address, self.stage.session_of(&change.provider)?);
        let subject = Subject {
            resource,
            config: &config_address,
            kind,
            session: &session,
            provider: change.provider.clone(),
            create_before_destroy: change.create_before_destroy,
            dependencies: change.dependencies.clone(),
        };
        let data = self.instance_data(address);
        let name = address.to_string();
        let rules = &resource.lifecycle.preconditions;
        if !self.stage.rules(Rule::ResourcePrecondition, &name, &address.module, &data, rules) {
            return None;
        }
        let config = configured(&mut self.stage, &subject, address, &data)?;
        if !config.is_wholly_known() {
            self.stage.found.push(still_unknown(address));
            return None;
        }
        if change.action == Action::Read {
            let promised = mark(&kind.schema().block, Value::null(kind.schema().block.implied_type()));
            let work = Work::Read { config: config.unmark_deep().0, in_check: resource.check.is_some() };
            return Some(Prepared {
                work,
                provider: change.provider.clone(),
                session,
                promised,
                lanes: Vec::new(),
                before: Vec::new(),
            });
        }
        let prior = change.prior().filter(|_| change.action == Action::Update);
        let (work, promised) = self.final_plan(&subject, change, prior, config)?;
        let lanes = lanes(&*session, kind.name(), &promised);
        Some(Prepared { work, provider: change.provider.clone(), session, promised, lanes, before: Vec::new() })
    }

    fn final_plan(
        &mut self,
        subject: &Subject<'_>,
        change: &InstanceChange,
        prior: Option<Recorded>,
        marked_config: Value,
    ) -> Option<(Work, Value)> {
        let block = &subject.kind.schema().block;
        let object = ObjectAddress::from(change.address.clone());
        let (config, config_marks) = marked_config.unmark_deep();
        let config_marks = echoed(subject.kind, with_secrets(subject.kind, &config, config_marks));
        let config = match &prior {
            Some(prior) => ignore(&subject.resource.lifecycle.ignore_changes, block, &prior.value, config),
            None => config,
        };
        let proposed = propose(block, prior.as_ref().map(|p| &p.value), &config);
        let request = PlanRequest { prior: prior.as_ref(), config: &config, proposed: &proposed };
        let response = subject.session.reader().plan(subject.kind.name(), request);
        if !crate::plan::instance::report(&mut self.stage, subject, &change.address, response.findings) {
            return None;
        }
        if let Some(prior) = &prior {
            let replaced = response.requires_replace.iter().find(|path| {
                let (before, after) = (prior.value.at(path), response.planned.at(path));
                before.zip(after).is_some_and(|(b, a)| !a.raw_eq(&b))
            });
            if let Some(path) = replaced {
                let why = format!("would have to be replaced, because of {path}");
                self.stage.take_of(&change.address, no_longer(&object, &why).into());
                return None;
            }
        }
        let promised = change.after.clone().unmark_deep().0;
        // What was tried out while planning is not tried out again: what came of it is what was promised.
        let planned =
            if subject.kind.rehearses() { as_promised(block, &promised, response.planned) } else { response.planned };
        let broken = contradictions(&promised, &planned, 3);
        if !broken.is_empty() {
            let paths: Vec<String> = broken.iter().map(ToString::to_string).collect();
            let why = format!("would differ from its plan in {}", paths.join(", "));
            self.stage.take_of(&change.address, no_longer(&object, &why).into());
            return None;
        }
        let marked = mark(block, mark_paths(planned.clone(), &config_marks));
        Some((
            match prior {
                Some(prior) => Work::Update { prior, planned, config },
                None => Work::Create { planned, config },
            },
            marked,
        ))
    }

    pub(super) fn instance_data(&self, address: &Address) -> InstanceData {
        self.stage
            .evaluation
            .expansion(&address.module, &address.resource)
            .map(|e| e.data(&address.key))
            .unwrap_or_default()
    }

    /// The object that a removal removes, as it is recorded now; `None` when there is none any more.
    pub(super) fn target_of_removal(&self, change: &InstanceChange) -> Option<ObjectAddress> {
        let slot = self.state.slot(&change.address)?;
        match (&change.deposed, change.action) {
            (Some(key), _) => slot
                .deposed
                .contains_key(key)
                .then(|| ObjectAddress { address: change.address.clone(), deposed: Some(key.clone()) }),
            (None, Action::CreateThenDelete) => {
                let before = self.plan.prior.slot(&change.address);
                let new = slot.deposed.keys().find(|key| before.is_none_or(|b| !b.deposed.contains_key(*key)))?;
                Some(ObjectAddress { address: change.address.clone(), deposed: Some(new.clone()) })
            }
            (None, _) => slot.current.as_ref().map(|_| ObjectAddress::from(change.address.clone())),
        }
    }

    pub(super) fn prepare_removal(&mut self, change: &InstanceChange) -> Option<Prepared> {
        let session = self.stage.session_of(&change.provider);
        let session = session.map(|session| self.stage.session_for(&change.address, session));
        let (Some(session), Some(prior)) = (session, change.prior()) else {
            self.stage.found.push(
                Diagnostic::error(
                    "Provider configuration not present",
                    format!(
                        "To remove {}, its provider {} must be configured, and it is not. Put the provider block back, remove \
                         the object, and then remove the block.",
                        change.address, change.provider
                    ),
                )
                .for_address(&change.address),
            );
            return None;
        };
        let lanes = lanes(&*session, &change.address.resource.kind, &prior.value);
        let before = self.before_removal(change)?;
        let promised = Value::null(prior.value.type_of());
        Some(Prepared {
            work: Work::Delete { prior },
            provider: change.provider.clone(),
            session,
            promised,
            lanes,
            before,
        })
    }

    /// Sets the current object aside so that its successor can be made.
    pub(super) fn depose(&mut self, address: &Address) -> bool {
        // A key that was in use when the plan was made may be free again by now; it would be taken for the old object's.
        let slots = [self.state.slot(address), self.plan.prior.slot(address)];
        let taken = slots.into_iter().flatten().flat_map(|slot| slot.deposed.clone()).collect();
        let key = DeposedKey::unused(address, &taken);
        self.record(Change::Depose { address: address.clone(), key }, true)
    }

    /// What a data source of a `check` cannot read stops nothing.
    pub(super) fn excuse_checks(&mut self, address: &Address, problems: &mut Diagnostics) {
        let resource = self.stage.configuration.resource(&address.config());
        if let Some(check) = resource.and_then(|resource| resource.check.as_ref()) {
            self.stage.check_unread(&address.module, check, problems);
        }
    }

    /// Records what came of a step. False when that is not what was promised to be recorded.
    pub(super) fn keep(
        &mut self,
        object: &ObjectAddress,
        action: Action,
        promised: &Value,
        answer: Option<Recorded>,
        failed: bool,
        durable: bool,
    ) -> bool {
        let change = self.changes.get(&ObjectAddress::from(object.address.clone())).copied();
        match (action, answer) {
            (Action::Delete, None) => self.record(Change::Remove { object: object.clone() }, durable),
            (Action::Create, None) => {
                let settled = self.settle(object, durable);
                settled & self.restore(&object.address)
            }
            (Action::Read, None) => true,
            (_, None) => self.settle(object, durable),
            (_, Some(now)) => match change {
                Some(change) => self.keep_object(object, action, change, promised, now, failed, durable),
                None => self.settle(object, durable),
            },
        }
    }

    #[allow(clippy::too_many_arguments)] // What came of a step is these seven things.
    fn keep_object(
        &mut self,
        object: &ObjectAddress,
        action: Action,
        change: &InstanceChange,
        promised: &Value,
        now: Recorded,
        failed: bool,
        durable: bool,
    ) -> bool {
        let Some(owner) = self.stage.registry.find(&change.provider.source).cloned() else { return false };
        let Some(kind) = stage::kind_of(&*owner, &object.address.resource) else { return false };
        let paths = echoed(kind, original(kind, promised.clone().unmark_deep().1));
        let value = mark_paths(now.value.clone(), &with_secrets(kind, &now.value, paths));
        if !failed && action != Action::Read {
            self.compare(object, &owner, promised, &value);
        }
        // Nothing has to wait for the removal of a data source.
        let dependencies = if action == Action::Read { Vec::new() } else { change.dependencies.clone() };
        let own = recorded::encode(kind, &value, now.private, dependencies);
        let before = self.state.instance(&object.address).cloned();
        let tainted = match action {
            Action::Create => failed && !kind.mends(),
            _ => before.is_some_and(|b| b.tainted),
        };
        let instance = Instance { tainted, create_before_destroy: change.create_before_destroy, ..own };
        let provider = change.provider.clone();
        let put = Change::Put { object: object.clone(), provider, instance: Arc::new(instance) };
        let kept = self.record(put, durable);
        let value = mark(&kind.schema().block, value);
        self.stage.evaluation.set_instance(&object.address, value.clone());
        if failed { kept } else { kept & self.postconditions(&object.address, value) }
    }

    fn postconditions(&mut self, address: &Address, value: Value) -> bool {
        let Some(resource) = self.stage.configuration.resource(&address.config()) else { return true };
        let own = InstanceData { self_value: Some(value), ..self.instance_data(address) };
        let name = address.to_string();
        let rules = &resource.lifecycle.postconditions;
        self.stage.rules(Rule::ResourcePostcondition, &name, &address.module, &own, rules)
    }

    /// The service may answer something else than what was sent (a policy may see to that): it is recorded as it is,
    /// and said.
    fn compare(&mut self, object: &ObjectAddress, owner: &Arc<dyn Provider>, promised: &Value, now: &Value) {
        let broken = contradictions(&promised.clone().unmark_deep().0, &now.clone().unmark_deep().0, 5);
        if broken.is_empty() {
            return;
        }
        let paths: Vec<String> = broken.iter().map(ToString::to_string).collect();
        let detail = format!(
            "{object} was written as planned, but {} then reported other values for: {}. They are recorded as reported; \
             a policy may have changed them. The next plan shows whether they differ from the configuration.",
            owner.name(),
            paths.join(", ")
        );
        let differs = Diagnostic::warning("Service answered differently from what was planned", detail);
        self.stage.take_of(&object.address, differs.into());
    }

    /// The successor was not made: the object that was set aside is the current one again.
    fn restore(&mut self, address: &Address) -> bool {
        let before = self.plan.prior.slot(address);
        let deposed = self.state.slot(address).filter(|slot| slot.current.is_none()).and_then(|slot| {
            slot.deposed.keys().find(|key| before.is_none_or(|b| !b.deposed.contains_key(*key))).cloned()
        });
        match deposed {
            Some(key) => self.record(Change::Restore { address: address.clone(), key }, true),
            None => true,
        }
    }
}

/// A value in which what the service decides is as promised.
fn as_promised(block: &Block, promised: &Value, planned: Value) -> Value {
    let Some(fields) = planned.as_fields() else { return planned };
    let kept = |(name, value): (&Arc<str>, &Value)| {
        let decided = block.attributes.get(&**name).is_some_and(|attribute| attribute.computed);
        let before = promised.field(name).filter(|before| decided && before.is_known());
        (name.clone(), before.unwrap_or(value).clone())
    };
    Value::object(fields.iter().map(kept).collect())
}

fn lanes(session: &dyn Session, kind: &str, value: &Value) -> Vec<Lane> {
    session.reader().lanes(kind, value)
}

/// Everything that a step refers to has been made, and some of it is not known all the same: a function that gives what
/// is never known, such as `format("%s", null)`.
fn still_unknown(address: &crate::address::Address) -> Diagnostic {
    let detail = format!(
        "The configuration of {address} has values that are still not known, though all that it refers to is there. A \
         function that is given null may be the reason; look for it with \"bowline console\"."
    );
    Diagnostic::error("Configuration contains unknown value", detail).for_address(address)
}
