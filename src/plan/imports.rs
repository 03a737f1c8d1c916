//! `import` blocks: objects that exist and are to be taken over.

use std::sync::Arc;

use crate::address::{Address, ConfigAddress, InstanceKey, ModuleInstance, ModulePath, WORKLOAD, workload_call};
use crate::config::{Configuration, Endpoint, Import, Repetition, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::declared::Place;
use crate::eval::references::step_span;
use crate::eval::{self, Scope};
use crate::graph::{NodeId, import_target};
use crate::provider::Recorded;
use crate::span::Span;
use crate::state::ObjectAddress;
use crate::syntax::tree::{ExpressionKind, Reference, Step};
use crate::value::{Type, Value};

use super::evaluation::{Expansion, InstanceData};
use super::expand::for_each_pairs;
use super::instance::Subject;
use super::stage::Stage;
use super::walk::Planner;

/// The summary of what an `import` block says of an instance that cannot be.
const WRONG_KEY: &str = "Invalid import 'to' expression";

/// An object that was read to be taken over.
#[derive(Debug, Clone)]
pub struct Imported {
    /// By which id.
    pub id: String,
    /// As it was read.
    pub recorded: Recorded,
    to: Option<Span>,
}

/// An object that is to be taken over, and where that is said.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where to.
    pub address: Address,
    /// By which id.
    pub id: String,
    /// The place of the id, if it stands in the configuration.
    pub place: Option<Span>,
    /// The place of the address, likewise.
    pub to: Option<Span>,
}

impl Planner<'_> {
    /// Begins to read what `import` blocks take over into this resource, unless that has been done. True when there
    /// is something to wait for.
    pub(super) fn begin_imports(&mut self, node: NodeId, subject: &Subject<'_>) -> Option<bool> {
        if self.imports_begun.contains(subject.config) {
            return Some(false);
        }
        self.imports_begun.insert(subject.config.clone());
        let wanted = self.wanted(subject.config)?;
        let mut waiting = false;
        for wanted in wanted {
            if self.objects.contains_key(&ObjectAddress::from(wanted.address.clone())) {
                continue;
            }
            waiting = true;
            self.import(node, subject, wanted);
        }
        Some(waiting)
    }

    /// What the `import` blocks take over into a resource; `None` with an error.
    fn wanted(&mut self, config: &ConfigAddress) -> Option<Vec<Wanted>> {
        let requested = self.options.imports.iter().filter(|(address, _)| address.config() == *config);
        let mut found: Vec<Wanted> = requested
            .map(|(address, id)| Wanted { address: address.clone(), id: id.clone(), place: None, to: None })
            .collect();
        let mut sound = true;
        let blocks: Vec<&Import> = self.stage.configuration.root.imports.iter().collect();
        for block in blocks {
            if import_target(block).as_ref() != Some(config) {
                continue;
            }
            let data = InstanceData::default();
            let root = ModuleInstance::root();
            let mut problems = Diagnostics::new();
            let each = match &block.for_each {
                None => vec![InstanceData::default()],
                Some(expression) => {
                    let scope = self.stage.evaluation.scope(&root, &data);
                    let value = problems.take(eval::evaluate(expression, &scope));
                    match for_each_pairs(&value) {
                        Ok(pairs) => pairs.into_iter().map(|(k, v)| each_of(Value::string(k), v)).collect(),
                        Err(unfit) => {
                            problems.error_at(expression.span, unfit.summary, unfit.detail);
                            Vec::new()
                        }
                    }
                }
            };
            for data in each {
                let scope = self.stage.evaluation.scope(&root, &data);
                found.extend(wanted_by(block, &scope, &mut problems));
            }
            sound &= self.stage.take(problems);
        }
        sound.then_some(found)
    }

    /// Refuses to take objects over into instances that the block does not have. False with an error.
    pub(super) fn imports_have_instances(&mut self, config: &ConfigAddress) -> bool {
        let evaluation = &self.stage.evaluation;
        let mut problems = Diagnostics::new();
        for (address, imported) in self.imported.iter().filter(|(address, _)| address.config() == *config) {
            let keys =
                evaluation.expansion(&address.module, &address.resource).map(Expansion::keys).unwrap_or_default();
            if keys.contains(&address.key) {
                continue;
            }
            let here = evaluation.instances_of(&address.module.path()).contains(&address.module);
            let misfit = self.stage.configuration.resource(config).and_then(|r| misfit(r, &address.key));
            problems.push(match misfit.filter(|_| here && imported.to.is_some()) {
                Some(why) => {
                    let detail = format!("{config} does not have the instance {address}: {why}.");
                    Diagnostic { subject: imported.to, ..Diagnostic::error(WRONG_KEY, detail) }
                }
                None => {
                    let detail =
                        format!("{config} does not have the instance {address}, so nothing can be taken over there.");
                    Diagnostic::error("Configuration for import target does not exist", detail)
                }
            });
        }
        self.stage.take(problems)
    }

    /// Takes in an object that was read to be taken over. False with an error.
    pub(super) fn take_import(&mut self, wanted: Wanted, result: Result<Recorded, Diagnostics>) -> bool {
        match result {
            Ok(recorded) => {
                self.record_found(&ObjectAddress::from(wanted.address.clone()), &recorded);
                let Wanted { address, id, to, .. } = wanted;
                self.imported.insert(address, Imported { id, recorded, to });
                true
            }
            Err(problems) => {
                let place = |mut d: Diagnostic| {
                    d.subject = d.subject.or(wanted.place);
                    d.for_address(&wanted.address)
                };
                self.stage.take(problems.into_iter().map(place).collect())
            }
        }
    }
}

fn each_of(key: Value, value: Value) -> InstanceData {
    InstanceData { each: Some((key, value)), ..InstanceData::default() }
}

/// Checks an `import` block as far as that can be told without values.
pub fn check(stage: &mut Stage<'_>, block: &Import) {
    let root = ModulePath::root();
    let top = Place { each: block.for_each.is_some(), ..Place::top() };
    let expressions = block.id.iter().chain(&block.for_each);
    let mut problems: Diagnostics =
        expressions.flat_map(|expression| stage.check_expression(&root, expression, top)).collect();
    if let Some(target) = import_target(block)
        && stage.module(&target.module).is_none()
    {
        problems.push(no_configuration(block, &target.to_string()));
    }
    problems.extend(unfit_key(stage.configuration, block));
    if let Some(id) = block.id.as_ref().filter(|_| !problems.has_errors()) {
        let data = match &block.for_each {
            Some(_) => each_of(Value::unknown_not_null(Type::String), Value::dynamic()),
            None => InstanceData::default(),
        };
        let instance = ModuleInstance::root();
        let value = problems.take(eval::evaluate(id, &stage.evaluation.scope(&instance, &data)));
        if value.is_known() && text_of(&value).is_none() {
            problems.push(unfit_id(id.span, &value));
        }
    }
    stage.take(problems);
}

/// A key that a resource cannot have, as far as it is written out.
fn unfit_key(configuration: &Configuration, block: &Import) -> Option<Diagnostic> {
    let (_, key) = Endpoint::read(&block.to).ok()?.resource?;
    let is_evaluated = |step: &Step| match step {
        Step::Index(key) => !matches!(key.kind, ExpressionKind::Literal(_)),
        _ => false,
    };
    let target = import_target(block)?;
    let lifecycle_is_fixed = |resource: &&Resource| resource.lifecycle.enabled.is_none();
    let resource = configuration.resource(&target).filter(lifecycle_is_fixed)?;
    if block.to.steps.last().is_some_and(is_evaluated) {
        return None;
    }
    let detail = format!("{target} cannot have such an instance: {}.", misfit(resource, &key)?);
    Some(Diagnostic::error(WRONG_KEY, detail).at(place_of(&block.to)))
}

/// Why a resource cannot have an instance of such a key.
fn misfit(resource: &Resource, key: &InstanceKey) -> Option<&'static str> {
    match (&resource.repetition, key) {
        (Repetition::None, InstanceKey::Int(_)) => Some("it does not use count"),
        (Repetition::None, InstanceKey::String(_)) => Some("it does not use for_each"),
        (Repetition::Count(_), InstanceKey::None) => Some("it uses count, so its instances have an index"),
        (Repetition::Count(_), InstanceKey::String(_)) => Some("it uses count, not for_each"),
        (Repetition::ForEach(_), InstanceKey::None) => Some("it uses for_each, so its instances have a key"),
        (Repetition::ForEach(_), InstanceKey::Int(_)) => Some("it uses for_each, not count"),
        _ => None,
    }
}

/// Refuses `import` blocks into what the configuration does not have.
pub fn refuse_homeless(configuration: &Configuration, found: &mut Diagnostics) {
    for block in &configuration.root.imports {
        if let Some(target) = import_target(block)
            && configuration.resource(&target).is_none()
        {
            found.push(no_configuration(block, &target.to_string()));
        }
    }
}

fn no_configuration(block: &Import, target: &str) -> Diagnostic {
    let detail = format!(
        "The configuration for the given import target {target} does not exist. Every object that is taken over needs a \
         resource block; \"bowline plan -generate-config-out=FILE\" writes a first version of it."
    );
    Diagnostic::error("Configuration for import target does not exist", detail).at(place_of(&block.to))
}

fn unfit_id(place: Span, value: &Value) -> Diagnostic {
    if value.is_known() && value.convert(&Type::String).is_err() {
        return Diagnostic::error("Incorrect value type", "The import ID value must be a string.").at(place);
    }
    let detail = "The import ID value must be a string that is not empty, and known when planning.";
    Diagnostic::error("Invalid import id argument", detail).at(place)
}

fn text_of(value: &Value) -> Option<Arc<str>> {
    let text = value.convert(&Type::String).ok()?;
    text.as_str().filter(|text| !text.is_empty()).map(Arc::from)
}

fn place_of(to: &Reference) -> Span {
    to.steps.last().map_or(to.root.span, |last| to.root.span.to(step_span(last)))
}

/// The one object that a block names in a scope.
fn wanted_by(block: &Import, scope: &dyn Scope, problems: &mut Diagnostics) -> Option<Wanted> {
    let id = block.id.as_ref()?;
    let value = problems.take(eval::evaluate(id, scope));
    let Some(text) = text_of(&value) else {
        if !problems.has_errors() {
            problems.push(unfit_id(id.span, &value));
        }
        return None;
    };
    let address = target_instance(block, scope, problems)?;
    Some(Wanted { address, id: text.to_string(), place: Some(id.span), to: Some(place_of(&block.to)) })
}

/// The instance that `to` names: its keys may be expressions such as `each.key`.
fn target_instance(block: &Import, scope: &dyn Scope, problems: &mut Diagnostics) -> Option<Address> {
    let mut module = Vec::new();
    let mut steps = block.to.steps.iter().peekable();
    let mut word = block.to.root.name.clone();
    let mut key = |steps: &mut std::iter::Peekable<std::slice::Iter<'_, Step>>| match steps.peek() {
        Some(Step::Index(expression)) => {
            steps.next();
            let value = match &expression.kind {
                ExpressionKind::Literal(value) => value.clone(),
                _ => problems.take(eval::evaluate(expression, scope)),
            };
            match value.as_str() {
                Some(text) => InstanceKey::String(text.into()),
                None => value
                    .as_number()
                    .and_then(|n| n.to_string().parse().ok())
                    .map_or(InstanceKey::None, InstanceKey::Int),
            }
        }
        Some(Step::LegacyIndex(i, _)) => {
            steps.next();
            InstanceKey::Int(*i)
        }
        _ => InstanceKey::None,
    };
    while ["module", WORKLOAD].contains(&&*word) {
        let Some(Step::Attribute(name)) = steps.next() else { return None };
        let key = key(&mut steps);
        let name = if &*word == WORKLOAD { workload_call(&name.name) } else { name.name.clone() };
        module.push(crate::address::ModuleStep { name, key });
        let Some(Step::Attribute(next)) = steps.next() else { return None };
        word = next.name.clone();
    }
    let Some(Step::Attribute(name)) = steps.next() else { return None };
    let resource = crate::address::ResourceAddress::managed(&word, &name.name);
    Some(resource.instance(module.into_iter().collect(), key(&mut steps)))
}
