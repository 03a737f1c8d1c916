//! `import` blocks: objects that exist and are to be taken over.

use crate::address::{Address, ConfigAddress, InstanceKey, ModuleInstance};
use crate::config::Import;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{self, Scope};
use crate::graph::NodeId;
use crate::provider::Recorded;
use crate::span::Span;
use crate::state::ObjectAddress;
use crate::syntax::tree::{ExpressionKind, Step};
use crate::value::Value;

use super::evaluation::InstanceData;
use super::expand::for_each_pairs;
use super::instance::Subject;
use super::walk::Planner;

/// An object that is to be taken over, and where that is said.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where to.
    pub address: Address,
    /// By which id.
    pub id: String,
    /// The place of the id, if it stands in the configuration.
    pub place: Option<Span>,
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
        let mut found: Vec<Wanted> =
            requested.map(|(address, id)| Wanted { address: address.clone(), id: id.clone(), place: None }).collect();
        let mut sound = true;
        let blocks: Vec<&Import> = self.stage.configuration.root.imports.iter().collect();
        for block in blocks {
            if target_config(block).as_ref() != Some(config) {
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
                        Err(why) => {
                            problems.error_at(expression.span, "Invalid for_each argument", why);
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

    /// Takes in an object that was read to be taken over. False with an error.
    pub(super) fn take_import(&mut self, wanted: Wanted, result: Result<Recorded, Diagnostics>) -> bool {
        match result {
            Ok(recorded) => {
                self.record_found(&ObjectAddress::from(wanted.address.clone()), &recorded);
                self.imported.insert(wanted.address.clone(), (wanted.id, recorded));
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

/// The block that an `import` block takes over into.
pub fn target_config(block: &Import) -> Option<ConfigAddress> {
    let mut path = crate::address::ModulePath::root();
    let mut words = std::iter::once(&*block.to.root.name).chain(block.to.steps.iter().filter_map(|s| match s {
        Step::Attribute(name) => Some(&*name.name),
        _ => None,
    }));
    loop {
        match words.next()? {
            "module" => path = path.child(words.next()?),
            kind => {
                let resource = crate::address::ResourceAddress::managed(kind, words.next()?);
                return Some(ConfigAddress { module: path, resource });
            }
        }
    }
}

/// The one object that a block names in a scope.
fn wanted_by(block: &Import, scope: &dyn Scope, problems: &mut Diagnostics) -> Option<Wanted> {
    let id = block.id.as_ref()?;
    let value = problems.take(eval::evaluate(id, scope));
    let Some(text) = value.as_str().filter(|t| !t.is_empty()) else {
        problems.error_at(
            id.span,
            "Invalid import id argument",
            "The import ID value must be a string that is not empty, and known when planning.",
        );
        return None;
    };
    let address = target_instance(block, scope, problems)?;
    Some(Wanted { address, id: text.to_owned(), place: Some(id.span) })
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
    while &*word == "module" {
        let Some(Step::Attribute(name)) = steps.next() else { return None };
        let key = key(&mut steps);
        module.push(crate::address::ModuleStep { name: name.name.clone(), key });
        let Some(Step::Attribute(next)) = steps.next() else { return None };
        word = next.name.clone();
    }
    let Some(Step::Attribute(name)) = steps.next() else { return None };
    let resource = crate::address::ResourceAddress::managed(&word, &name.name);
    Some(resource.instance(module.into_iter().collect(), key(&mut steps)))
}
