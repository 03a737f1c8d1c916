//! How one value became another, as a tree that can be laid out for people.
//!
//! Before and after are walked together. Objects and maps are compared by key, lists by their longest common
//! subsequence, sets by their elements. What is null on a side counts as absent there, except where a null was
//! written on purpose (elements, and everything whose type the schema leaves open).

pub mod lists;

use std::sync::Arc;

use crate::plan::Action;
use crate::provider::{Block, NestedBlock, Nesting};
use crate::value::{Marks, Path, PathStep, Type, Value, ValueKind};

/// A value's change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Create, update, delete or no-op.
    pub action: Action,
    /// What it is made of.
    pub node: Node,
    /// The change of exactly this value makes a replacement necessary.
    pub forces_replacement: bool,
}

/// What a change is made of.
#[derive(Debug, Clone)]
pub enum Node {
    /// A string, number, bool or null; `None` where it is absent.
    Scalar(Option<Value>, Option<Value>),
    /// It becomes known after apply; what it was.
    Unknown(Option<Box<Change>>),
    /// Its contents are not shown: whether before and after are sensitive.
    Hidden(bool, bool),
    /// Attributes by name.
    Object(Vec<(Arc<str>, Change)>),
    /// Elements by key.
    Map(Vec<(Arc<str>, Change)>),
    /// Elements in order.
    List(Vec<Change>),
    /// Elements without order.
    Set(Vec<Change>),
    /// A block's arguments and nested blocks.
    Block {
        /// Arguments by name.
        attributes: Vec<(Arc<str>, Change)>,
        /// Nested blocks in order: their type, their label if they have one.
        blocks: Vec<BlockChange>,
    },
    /// One type of value became another.
    Retyped(Box<Change>, Box<Change>),
}

/// A nested block's type, its label if it has one, and what becomes of it.
pub type BlockChange = (Arc<str>, Option<Arc<str>>, Change);

/// Where in a value, and what is known of it from outside.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a Path,
    replace_paths: &'a [Path],
    /// Below something whose type the schema leaves open: nulls were written on purpose.
    open: bool,
}

/// The change of a resource's object.
pub fn of_block(block: &Block, before: &Value, after: &Value, replace_paths: &[Path]) -> Change {
    let root = Path::default();
    block_change(block, present(before), present(after), Place { path: &root, replace_paths, open: false })
}

/// The change of a value of open type, such as an output.
pub fn of_value(before: Option<&Value>, after: Option<&Value>) -> Change {
    value_change(before, after, Place { path: &Path::default(), replace_paths: &[], open: true })
}

fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

impl Place<'_> {
    fn forces_replacement(&self) -> bool {
        // Paths have no equality of their own; printed ones tell apart all that a service can name.
        !self.replace_paths.is_empty() && {
            let here = self.path.to_string();
            self.replace_paths.iter().any(|path| path.to_string() == here)
        }
    }

    /// The path of a part. None is made where nothing is replaced: then nobody asks for it.
    fn below(&self, part: impl FnOnce(&Path) -> Path) -> Path {
        if self.replace_paths.is_empty() { Path::default() } else { part(self.path) }
    }

    fn change(&self, action: Action, node: Node) -> Change {
        let forces_replacement = action != Action::NoOp && self.forces_replacement();
        Change { action, node, forces_replacement }
    }
}

fn block_change(block: &Block, before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Change {
    if let Some(special) = hidden_or_unknown(before, after, place) {
        return special;
    }
    let mut action = from_presence(before, after);
    let mut attributes: Vec<(Arc<str>, Change)> = Vec::new();
    for (name, attribute) in &block.attributes {
        let (old, new) = (field(before, name), field(after, name));
        // Old providers cannot tell an empty string from none.
        let (old, new) = (old.filter(|v| !is_empty_string(v)), new.filter(|v| !is_empty_string(v)));
        if old.is_none() && new.is_none() {
            continue;
        }
        let path = place.below(|path| path.then_attribute(name));
        let open = attribute.ty == Type::Dynamic;
        let change = value_change(old, new, Place { path: &path, open, ..place });
        action = joined(action, change.action);
        attributes.push((name.clone(), change));
    }
    attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut blocks = Vec::new();
    let mut names: Vec<_> = block.blocks.iter().collect();
    names.sort_by_key(|(name, _)| *name);
    for (name, nested) in names {
        let path = place.below(|path| path.then_attribute(name));
        for (label, change) in
            nested_changes(nested, field(before, name), field(after, name), Place { path: &path, ..place })
        {
            action = joined(action, change.action);
            blocks.push((name.clone(), label, change));
        }
    }
    place.change(action, Node::Block { attributes, blocks })
}

fn nested_changes(
    nested: &NestedBlock,
    before: Option<&Value>,
    after: Option<&Value>,
    place: Place<'_>,
) -> Vec<(Option<Arc<str>>, Change)> {
    if before.is_none() && after.is_none() {
        return Vec::new();
    }
    if let Some(special) = hidden_or_unknown(before, after, place) {
        return vec![(None, special)];
    }
    let one = |old: Option<&Value>, new: Option<&Value>, path: &Path| {
        let inherited = place.forces_replacement();
        let mut change = block_change(&nested.block, old, new, Place { path, ..place });
        change.forces_replacement |= inherited && change.action != Action::NoOp;
        change
    };
    match nested.nesting {
        Nesting::Single | Nesting::Group => vec![(None, one(before, after, place.path))],
        Nesting::List => {
            let pairs = lists::pairs(elements(before), elements(after), |_| true);
            let change = |(i, (old, new))| (None, one(old, new, &place.below(|path| path.then_position(i))));
            pairs.into_iter().enumerate().map(change).collect()
        }
        Nesting::Set => {
            let pairs = lists::set_pairs(elements(before), elements(after));
            let index = |value: Option<&Value>| {
                place.below(|path| path.then_index(value.cloned().unwrap_or_else(Value::dynamic)))
            };
            pairs.into_iter().map(|(old, new)| (None, one(old, new, &index(new.or(old))))).collect()
        }
        Nesting::Map => keys(before, after)
            .into_iter()
            .map(|key| {
                let path = place.below(|path| path.then_index(Value::string(Arc::clone(&key))));
                let change = one(field(before, &key), field(after, &key), &path);
                (Some(key), change)
            })
            .collect(),
    }
}

fn value_change(before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Change {
    if let Some(special) = hidden_or_unknown(before, after, place) {
        return special;
    }
    let shape = |value: Option<&Value>| value.filter(|v| !v.is_null()).map(|v| Shape::of(v, place.open));
    let (old, new) = (shape(before), shape(after));
    match (old, new) {
        (Some(old), Some(new)) if old != new => retyped(before, after, place),
        (Some(Shape::Scalar) | None, Some(Shape::Scalar) | None) => scalar(before, after, place),
        // A null that was written is a value of its own, not the absence of a collection.
        (None, Some(_)) if before.is_some() && place.open => retyped(before, after, place),
        (Some(_), None) if after.is_some() && place.open => retyped(before, after, place),
        (Some(shape), _) | (None, Some(shape)) => collection(shape, before, after, place),
    }
}

fn scalar(before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Change {
    let action = match (before, after) {
        (Some(old), Some(new)) if old.raw_eq_unmarked(new) || (old.is_null() && new.is_null()) => Action::NoOp,
        (None, None) => Action::NoOp,
        (None, _) => Action::Create,
        (_, None) => Action::Delete,
        _ => Action::Update,
    };
    place.change(action, Node::Scalar(before.cloned(), after.cloned()))
}

fn collection(shape: Shape, before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Change {
    let mut action = from_presence(before, after);
    let below = |old: Option<&Value>, new: Option<&Value>, path: &Path| value_change(old, new, Place { path, ..place });
    let node = match shape {
        Shape::Scalar => return scalar(before, after, place),
        Shape::Object | Shape::Map => {
            let map = shape == Shape::Map;
            let mut fields = Vec::new();
            for key in keys(before, after) {
                let step = || {
                    if map {
                        PathStep::Index(Value::string(Arc::clone(&key)))
                    } else {
                        PathStep::Attribute(Arc::clone(&key))
                    }
                };
                let path = place.below(|path| then(path, step()));
                let find = |value: Option<&Value>| {
                    value.and_then(|v| v.field(&key)).filter(|v| map || place.open || !v.is_null()).cloned()
                };
                let (old, new) = (find(before), find(after));
                if old.is_none() && new.is_none() {
                    continue;
                }
                let change = below(old.as_ref(), new.as_ref(), &path);
                action = joined(action, change.action);
                fields.push((key, change));
            }
            if map { Node::Map(fields) } else { Node::Object(fields) }
        }
        Shape::List => {
            let alike = |value: &Value| place.open || matches!(value.kind(), ValueKind::Object(_));
            let pairs = lists::pairs(elements(before), elements(after), alike);
            let changes: Vec<_> = (0..)
                .zip(pairs)
                .map(|(i, (old, new))| below(old, new, &place.below(|path| path.then_position(i))))
                .inspect(|change| action = joined(action, change.action))
                .collect();
            Node::List(changes)
        }
        Shape::Set => {
            let changes = lists::set_pairs(elements(before), elements(after))
                .into_iter()
                .map(|(old, new)| below(old, new, place.path))
                .inspect(|change| action = joined(action, change.action))
                .collect();
            Node::Set(changes)
        }
    };
    place.change(action, node)
}

fn retyped(before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Change {
    let old = value_change(before, None, place);
    let new = value_change(None, after, place);
    place.change(Action::Update, Node::Retyped(Box::new(old), Box::new(new)))
}

/// The change of something sensitive or unknown; `None` when it is neither.
fn hidden_or_unknown(before: Option<&Value>, after: Option<&Value>, place: Place<'_>) -> Option<Change> {
    let sensitive = |value: Option<&Value>| value.is_some_and(|v| v.marks().contains(Marks::SENSITIVE));
    let (old, new) = (sensitive(before), sensitive(after));
    if old || new {
        let action = match (before, after) {
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            (Some(a), Some(b)) if a.raw_eq_unmarked(b) && old == new => Action::NoOp,
            _ => Action::Update,
        };
        // Of what is not known yet nobody can tell which part is the sensitive one: nothing became sensitive by that.
        let part = |value: &Value| value.deep_marks().contains(Marks::SENSITIVE);
        let old = old || after.is_some_and(|v| !v.is_known()) && before.is_some_and(part);
        return Some(place.change(action, Node::Hidden(old, new)));
    }
    let is_unknown = after.is_some_and(|value| !value.is_known());
    is_unknown.then(|| {
        let was = before.map(|value| Box::new(value_change(Some(value), None, Place { replace_paths: &[], ..place })));
        let action = if was.is_some() { Action::Update } else { Action::Create };
        place.change(action, Node::Unknown(was))
    })
}

/// What kinds of values can be compared part by part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Scalar,
    Object,
    Map,
    List,
    Set,
}

impl Shape {
    /// Where the type is open only JSON's shapes are told apart, since nothing else is recorded.
    fn of(value: &Value, open: bool) -> Self {
        match value.kind() {
            ValueKind::Object(_) => Self::Object,
            ValueKind::Map(..) if open => Self::Object,
            ValueKind::Map(..) => Self::Map,
            ValueKind::Set(..) if !open => Self::Set,
            ValueKind::List(..) | ValueKind::Tuple(_) | ValueKind::Set(..) => Self::List,
            _ => Self::Scalar,
        }
    }
}

fn from_presence(before: Option<&Value>, after: Option<&Value>) -> Action {
    match (before, after) {
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Delete,
        _ => Action::NoOp,
    }
}

/// The action of a whole whose parts so far make `whole`, with another part.
fn joined(whole: Action, part: Action) -> Action {
    if part == Action::NoOp || whole == part { whole } else { Action::Update }
}

fn field<'a>(value: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    value?.field(name).filter(|field| !field.is_null())
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_elements).unwrap_or_default()
}

/// The keys of both sides, in order.
fn keys(before: Option<&Value>, after: Option<&Value>) -> Vec<Arc<str>> {
    let of = |value: Option<&Value>| {
        value.and_then(Value::as_fields).into_iter().flat_map(|f| f.keys().cloned()).collect::<Vec<_>>()
    };
    let (mut keys, others) = (of(before), of(after));
    if keys.is_empty() {
        return others;
    }
    keys.extend(others);
    keys.sort();
    keys.dedup();
    keys
}

fn then(path: &Path, step: PathStep) -> Path {
    let mut steps = path.0.clone();
    steps.push(step);
    Path(steps)
}

fn is_empty_string(value: &Value) -> bool {
    value.as_str() == Some("")
}
