//! The arguments that describe an object: everything that may be written and is not null, without what a plan finds the
//! same either way. What is left out is only what equals a default.

use crate::diagnostic::Severity;
use crate::plan::propose::propose;
use crate::provider::{Block, Kind, Nesting, PlanRequest, Read, Recorded};
use crate::value::{Fields, Value, ValueKind};

/// The arguments, and what a plan with them would change all the same: names of arguments, and errors.
pub(super) fn narrowed(kind: &dyn Kind, reader: &dyn Read, recorded: &Recorded) -> (Value, Vec<String>) {
    let block = &kind.schema().block;
    let trial = Trial { kind, reader, recorded, block };
    let mut config = configurable(block, &recorded.value);
    let paths = droppable(block, &config);
    let mut faults = trial.faults(&config);
    // First what contradicts, the smallest parts before the larger ones: of two names of one setting either will do.
    for (path, _) in paths.iter().rev() {
        if faults == 0 {
            break;
        }
        let without = dropped(block, &config, path);
        let fewer = trial.faults(&without);
        if fewer < faults && trial.changes(&without).len() <= trial.changes(&config).len() {
            (config, faults) = (without, fewer);
        }
    }
    let mut changes = trial.changes(&config);
    for (path, _) in paths.iter().filter(|(_, is_default)| *is_default) {
        let without = dropped(block, &config, path);
        let left = trial.changes(&without);
        if left.len() <= changes.len() && trial.faults(&without) <= faults {
            (config, changes) = (without, left);
        }
    }
    changes.extend(trial.errors(&config));
    (config, changes)
}

struct Trial<'a> {
    kind: &'a dyn Kind,
    reader: &'a dyn Read,
    recorded: &'a Recorded,
    block: &'a Block,
}

impl Trial<'_> {
    /// How many errors there are.
    fn faults(&self, config: &Value) -> usize {
        self.errors(config).len() + missing(self.block, config)
    }

    fn errors(&self, config: &Value) -> Vec<String> {
        let found = self.kind.validate(config).into_iter().chain(self.plan(config).findings);
        let errors = found.filter(|finding| finding.diagnostic.severity == Severity::Error);
        errors.map(|finding| format!("{}: {}", finding.path, finding.diagnostic.summary)).collect()
    }

    /// The arguments that a plan would change.
    fn changes(&self, config: &Value) -> Vec<String> {
        let planned = self.plan(config).planned;
        let (Some(before), Some(after)) = (self.recorded.value.as_fields(), planned.as_fields()) else {
            return Vec::new();
        };
        let differs = |name: &&std::sync::Arc<str>| match (before.get(&***name), after.get(&***name)) {
            (Some(before), Some(after)) => !before.raw_eq(after),
            (before, after) => before.is_some() != after.is_some(),
        };
        after.keys().filter(differs).map(ToString::to_string).collect()
    }

    fn plan(&self, config: &Value) -> crate::provider::PlanResponse {
        let proposed = propose(self.block, Some(&self.recorded.value), config);
        let request = PlanRequest { prior: Some(self.recorded), config, proposed: &proposed };
        self.reader.plan(self.kind.name(), request)
    }
}

/// What of a value may be written, and is not null.
fn configurable(block: &Block, value: &Value) -> Value {
    let Some(present) = value.as_fields() else { return value.clone() };
    let mut fields = Fields::new();
    for (name, attribute) in &block.attributes {
        let null = || Value::null(attribute.ty.clone());
        let may = (attribute.required || attribute.optional) && !attribute.write_only && &**name != "id";
        let deprecated = attribute.deprecated.is_some();
        let kept = present.get(&**name).filter(|_| may && !deprecated).cloned();
        fields.insert(name.clone(), kept.unwrap_or_else(null));
    }
    for (name, nested) in &block.blocks {
        let inner = &nested.block;
        let value = present.get(&**name).cloned().unwrap_or_else(|| Value::null(nested.implied_type()));
        let value = match value.kind() {
            ValueKind::List(ty, items) => {
                Value::list(ty.clone(), items.iter().map(|i| configurable(inner, i)).collect())
            }
            ValueKind::Set(ty, items) => Value::set(ty.clone(), items.iter().map(|i| configurable(inner, i)).collect()),
            ValueKind::Object(_) if matches!(nested.nesting, Nesting::Single | Nesting::Group) => {
                configurable(inner, &value)
            }
            _ => value,
        };
        fields.insert(name.clone(), value);
    }
    Value::object(fields)
}

/// A place in a configuration: names, and positions in lists.
type Place = Vec<Step>;

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Position(usize),
}

/// What can be left out, and whether only where that is the default. Whole blocks come before what is in them.
fn droppable(block: &Block, config: &Value) -> Vec<(Place, bool)> {
    let mut found = Vec::new();
    gather(block, config, &mut Vec::new(), &mut found);
    found
}

fn gather(block: &Block, config: &Value, at: &mut Place, found: &mut Vec<(Place, bool)>) {
    let Some(fields) = config.as_fields() else { return };
    for (name, nested) in &block.blocks {
        let Some(value) = fields.get(&**name).filter(|value| !value.is_null()) else { continue };
        at.push(Step::Name(name.to_string()));
        let is_empty = value.as_elements().is_some_and(<[Value]>::is_empty);
        if !is_empty {
            found.push((at.clone(), !nested.computed));
        }
        match value.kind() {
            ValueKind::List(_, items) => {
                for (index, item) in items.iter().enumerate() {
                    at.push(Step::Position(index));
                    gather(&nested.block, item, at, found);
                    at.pop();
                }
            }
            ValueKind::Object(_) => gather(&nested.block, value, at, found),
            _ => {}
        }
        at.pop();
    }
    for (name, attribute) in &block.attributes {
        let Some(value) = fields.get(&**name).filter(|value| !value.is_null()) else { continue };
        if !attribute.required {
            at.push(Step::Name(name.to_string()));
            found.push((at.clone(), !attribute.computed || is_nothing(value)));
            at.pop();
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    value.as_str() == Some("")
        || value.as_elements().is_some_and(<[Value]>::is_empty)
        || matches!(value.kind(), ValueKind::Map(_, fields) if fields.is_empty())
}

/// The configuration without what is at a place.
fn dropped(block: &Block, config: &Value, place: &[Step]) -> Value {
    let (Some((Step::Name(name), rest)), Some(fields)) = (place.split_first(), config.as_fields()) else {
        return config.clone();
    };
    let mut fields = fields.clone();
    if let Some(attribute) = block.attributes.get(name.as_str()) {
        fields.insert(name.as_str().into(), Value::null(attribute.ty.clone()));
    } else if let (Some(nested), Some(value)) = (block.blocks.get(name.as_str()), fields.get(name.as_str()).cloned()) {
        let value = match (rest.split_first(), value.kind()) {
            (None, ValueKind::List(ty, _)) => Value::list(ty.clone(), Vec::new()),
            (None, ValueKind::Set(ty, _)) => Value::set(ty.clone(), Vec::new()),
            (None, _) => Value::null(nested.implied_type()),
            (Some((Step::Position(at), rest)), ValueKind::List(ty, items)) => {
                let without = |(i, item): (usize, &Value)| {
                    if i == *at { dropped(&nested.block, item, rest) } else { item.clone() }
                };
                Value::list(ty.clone(), items.iter().enumerate().map(without).collect())
            }
            (Some(_), _) => dropped(&nested.block, &value, rest),
        };
        fields.insert(name.as_str().into(), value);
    }
    Value::object(fields)
}

/// How many arguments and blocks are missing that must be there.
fn missing(block: &Block, config: &Value) -> usize {
    let Some(fields) = config.as_fields() else { return 0 };
    let absent = |name: &str| fields.get(name).is_none_or(Value::is_null);
    let mut count = block.attributes.iter().filter(|(name, attribute)| attribute.required && absent(name)).count();
    for (name, nested) in &block.blocks {
        let Some(value) = fields.get(&**name).filter(|value| !value.is_null()) else {
            count += nested.min_items;
            continue;
        };
        match value.as_elements() {
            Some(items) => {
                count += nested.min_items.saturating_sub(items.len());
                count += items.iter().map(|item| missing(&nested.block, item)).sum::<usize>();
            }
            None => count += missing(&nested.block, value),
        }
    }
    count
}
