//! Configured laid over Observed: the value that a provider is asked to plan from.
//!
//! The rules are Terraform's (internal/plans/objchange): what is computed and not configured keeps its prior
//! value; anything else is as configured, also when that is null; nested blocks are matched by position, key, or
//! (in a set) by what is configured of them.

use crate::config::IgnoreChanges;
use crate::provider::{Attribute, Block, NestedBlock, Nesting};
use crate::syntax::tree::{ExpressionKind, Step};
use crate::value::{Fields, Type, Value, ValueKind};

/// Lays `config` over `prior` (`None` at creation).
pub fn propose(block: &Block, prior: Option<&Value>, config: &Value) -> Value {
    let Some(configured) = config.as_fields() else { return config.clone() };
    let before = prior.and_then(Value::as_fields);
    let mut fields = Fields::new();
    for (name, attribute) in &block.attributes {
        let now = configured.get(&**name);
        let then = before.and_then(|b| b.get(&**name));
        fields.insert(name.clone(), propose_attribute(attribute, then, now));
    }
    for (name, nested) in &block.blocks {
        let now = configured.get(&**name);
        let then = before.and_then(|b| b.get(&**name));
        fields.insert(name.clone(), propose_nested(nested, then, now));
    }
    Value::object(fields)
}

fn propose_attribute(attribute: &Attribute, prior: Option<&Value>, config: Option<&Value>) -> Value {
    let null = || Value::null(attribute.ty.clone());
    match config {
        Some(config) if !(attribute.computed && config.is_null()) => config.clone(),
        _ => prior.cloned().unwrap_or_else(null),
    }
}

fn propose_nested(nested: &NestedBlock, prior: Option<&Value>, config: Option<&Value>) -> Value {
    let Some(config) = config else { return Value::null(nested.implied_type()) };
    if !config.is_known() {
        return config.clone();
    }
    if nested.computed && is_absent(config) && prior.is_some_and(|p| !p.is_null()) {
        return prior.cloned().unwrap_or_else(|| config.clone());
    }
    let block = &nested.block;
    match (nested.nesting, config.kind()) {
        (_, ValueKind::Null(_)) => config.clone(),
        (Nesting::Single | Nesting::Group, _) => propose(block, prior.filter(|p| !p.is_null()), config),
        (Nesting::List, ValueKind::List(element, items)) => {
            let before = prior.and_then(Value::as_elements).unwrap_or_default();
            let lay = |(i, item): (usize, &Value)| propose(block, before.get(i).filter(|p| !p.is_null()), item);
            Value::list(element.clone(), items.iter().enumerate().map(lay).collect())
        }
        (Nesting::Map, ValueKind::Map(element, items)) => {
            let before = prior.and_then(Value::as_fields);
            let lay = |(key, item): (&std::sync::Arc<str>, &Value)| {
                (key.clone(), propose(block, before.and_then(|b| b.get(key)), item))
            };
            Value::map(element.clone(), items.iter().map(lay).collect())
        }
        (Nesting::Set, ValueKind::Set(element, items)) => propose_set(block, element, prior, items),
        _ => config.clone(),
    }
}

/// No block was written: an empty collection or null.
fn is_absent(config: &Value) -> bool {
    config.is_null()
        || config.as_elements().is_some_and(<[Value]>::is_empty)
        || config.as_fields().is_some_and(Fields::is_empty)
}

/// Each element of the configuration takes over from the first prior element, not yet taken, that agrees with it
/// in all that is configured.
fn propose_set(block: &Block, element: &Type, prior: Option<&Value>, items: &[Value]) -> Value {
    let mut before: Vec<&Value> = prior.and_then(Value::as_elements).unwrap_or_default().iter().collect();
    let lay = |item: &Value| {
        let mate = before.iter().position(|p| agrees(block, p, item)).map(|at| before.remove(at));
        propose(block, mate, item)
    };
    Value::set(element.clone(), items.iter().map(lay).collect::<Vec<_>>())
}

fn agrees(block: &Block, prior: &Value, config: &Value) -> bool {
    let (Some(prior), Some(config)) = (prior.as_fields(), config.as_fields()) else { return false };
    let equal = |name: &str| match (prior.get(name), config.get(name)) {
        (Some(a), Some(b)) => a.raw_eq(b),
        _ => false,
    };
    block.attributes.iter().all(|(name, attribute)| {
        let left_to_provider = attribute.computed && config.get(&**name).is_none_or(Value::is_null);
        left_to_provider || equal(name)
    }) && block.blocks.iter().all(|(name, nested)| {
        let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
        match (prior.get(&**name), config.get(&**name)) {
            (Some(a), Some(b)) if single && !a.is_null() && !b.is_null() => agrees(&nested.block, a, b),
            _ => equal(name),
        }
    })
}

/// The configuration in which what `ignore_changes` names is as it was, so that no change is seen there.
pub fn ignore(changes: &IgnoreChanges, block: &Block, prior: &Value, config: Value) -> Value {
    match changes {
        IgnoreChanges::None => config,
        IgnoreChanges::All => settable(block, prior),
        IgnoreChanges::Paths(paths) => paths.iter().fold(config, |config, steps| keep(prior, config, steps)),
    }
}

/// The prior value as a configuration could have said it: without what only the provider decides.
fn settable(block: &Block, prior: &Value) -> Value {
    let Some(before) = prior.as_fields() else { return prior.clone() };
    let attributes = block.attributes.iter().map(|(name, attribute)| {
        let decided = attribute.computed && !attribute.optional;
        let value = before.get(&**name).filter(|_| !decided).cloned();
        (name.clone(), value.unwrap_or_else(|| Value::null(attribute.ty.clone())))
    });
    let blocks = block.blocks.iter().map(|(name, nested)| {
        let value = before.get(&**name).cloned().unwrap_or_else(|| Value::null(nested.implied_type()));
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks).collect())
}

/// `config` with the prior value at the path, as far as both have it.
fn keep(prior: &Value, config: Value, steps: &[Step]) -> Value {
    let Some((first, rest)) = steps.split_first() else { return prior.clone() };
    let (bare, marks) = config.unmark();
    let is_index = matches!(first, Step::Index(_));
    let changed = match (bare.kind(), step_key(first)) {
        (ValueKind::Map(element, fields), Some(Key::Name(name))) if is_index => {
            keep_entry(prior, fields, &name, rest).map(|f| Value::map(element.clone(), f))
        }
        // As in Terraform, only a map's entries are ignored one by one; `input["x"]` of anything else ignores all of it.
        (_, Some(Key::Name(_))) if is_index && rest.is_empty() => return prior.clone(),
        // Nor does a step of one kind lead into what has parts of the other kind.
        (ValueKind::Object(fields), Some(Key::Name(name))) if !is_index => {
            keep_field(prior, fields, &name, rest).map(Value::object)
        }
        (ValueKind::List(element, items), Some(Key::Position(at))) => {
            keep_item(prior, items, at, rest).map(|i| Value::list(element.clone(), i))
        }
        (ValueKind::Tuple(items), Some(Key::Position(at))) => keep_item(prior, items, at, rest).map(Value::tuple),
        _ => None,
    };
    changed.unwrap_or(bare).marked(marks)
}

fn keep_field(prior: &Value, fields: &Fields, name: &str, rest: &[Step]) -> Option<Fields> {
    let before = prior.field(name)?;
    let mut fields = fields.clone();
    let now = fields.get(name)?.clone();
    fields.insert(name.into(), keep(before, now, rest));
    Some(fields)
}

/// A map's entry may have come or gone: then it goes or comes back.
fn keep_entry(prior: &Value, fields: &Fields, name: &str, rest: &[Step]) -> Option<Fields> {
    let mut fields = fields.clone();
    match (prior.as_fields()?.get(name), fields.get(name).cloned()) {
        (Some(before), Some(now)) => fields.insert(name.into(), keep(before, now, rest)),
        (Some(before), None) if rest.is_empty() => fields.insert(name.into(), before.clone()),
        (None, Some(_)) if rest.is_empty() => fields.remove(name),
        _ => None,
    };
    Some(fields)
}

fn keep_item(prior: &Value, items: &[Value], at: usize, rest: &[Step]) -> Option<Vec<Value>> {
    let before = prior.as_elements()?.get(at)?;
    let mut items = items.to_vec();
    let now = items.get(at)?.clone();
    items[at] = keep(before, now, rest);
    Some(items)
}

enum Key {
    Name(std::sync::Arc<str>),
    Position(usize),
}

/// `ignore_changes` allows constant steps only; both index spellings mean the same.
fn step_key(step: &Step) -> Option<Key> {
    match step {
        Step::Attribute(ident) => Some(Key::Name(ident.name.clone())),
        Step::LegacyIndex(at, _) => usize::try_from(*at).ok().map(Key::Position),
        Step::Index(expression) => match &expression.kind {
            ExpressionKind::Literal(value) => match value.as_str() {
                Some(name) => Some(Key::Name(name.into())),
                None => value.as_number()?.to_string().parse().ok().map(Key::Position),
            },
            _ => None,
        },
        Step::Splat { .. } | Step::AttributeSplat { .. } => None,
    }
}
