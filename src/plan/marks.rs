//! Marks that a schema demands: what a kind calls sensitive is marked wherever a value of it is looked at.

use crate::provider::{Block, Kind, NestedBlock, Nesting};
use crate::value::{Fields, Marks, Path, PathStep, Value, ValueKind};

/// A value of a block with its sensitive attributes marked.
pub fn mark(block: &Block, value: Value) -> Value {
    if !has_sensitive(block) {
        return value;
    }
    let (bare, marks) = value.unmark();
    let ValueKind::Object(fields) = bare.kind() else { return bare.marked(marks) };
    let mut fields: Fields = (**fields).clone();
    for (name, attribute) in &block.attributes {
        if attribute.sensitive
            && let Some(value) = fields.get_mut(&**name)
        {
            *value = value.clone().sensitive();
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(value) = fields.get_mut(&**name) {
            *value = mark_nested(nested, value.clone());
        }
    }
    Value::object(fields).marked(marks)
}

fn has_sensitive(block: &Block) -> bool {
    block.attributes.values().any(|a| a.sensitive) || block.blocks.values().any(|n| has_sensitive(&n.block))
}

fn mark_nested(nested: &NestedBlock, value: Value) -> Value {
    if !has_sensitive(&nested.block) {
        return value;
    }
    let (bare, marks) = value.unmark();
    let one = |v: &Value| mark(&nested.block, v.clone());
    let marked = match (nested.nesting, bare.kind()) {
        (Nesting::Single | Nesting::Group, _) => one(&bare),
        (_, ValueKind::List(element, items)) => Value::list(element.clone(), items.iter().map(one).collect()),
        // The elements of a set have no marks of their own: the set is sensitive as a whole.
        (_, ValueKind::Set(..)) => bare.sensitive(),
        (_, ValueKind::Map(element, items)) => {
            Value::map(element.clone(), items.iter().map(|(k, v)| (k.clone(), one(v))).collect())
        }
        _ => bare,
    };
    marked.marked(marks)
}

/// Marks at paths, also on what the kind calls secret in this value, and not on what is never recorded.
pub fn with_secrets(kind: &dyn Kind, value: &Value, mut paths: Vec<(Path, Marks)>) -> Vec<(Path, Marks)> {
    let is_marked = |path: &Path, paths: &[(Path, Marks)]| {
        paths.iter().any(|(p, marks)| p.to_string() == path.to_string() && marks.contains(Marks::SENSITIVE))
    };
    let is_kept = |path: &Path| match path.0.first() {
        Some(PathStep::Attribute(name)) => !kind.schema().block.attributes.get(&**name).is_some_and(|a| a.write_only),
        _ => true,
    };
    paths.retain(|(path, _)| is_kept(path));
    for path in kind.secrets(value) {
        if !is_marked(&path, &paths) {
            paths.push((path, Marks::SENSITIVE));
        }
    }
    paths
}

/// A value with marks at paths; paths that it does not have are passed over.
pub fn mark_paths(value: Value, paths: &[(Path, Marks)]) -> Value {
    if paths.is_empty() { value } else { value.with_marks_at(paths) }
}

/// Marks at paths that the kind does not itself repeat from somewhere else: what is recorded and what is compared.
pub fn original(kind: &dyn Kind, mut paths: Vec<(Path, Marks)>) -> Vec<(Path, Marks)> {
    let repeated = |path: &Path| match path.0.first() {
        Some(PathStep::Attribute(first)) => kind.echoes().iter().any(|(_, to)| **to == **first),
        _ => false,
    };
    paths.retain(|(path, _)| !repeated(path));
    paths
}

/// Marks at paths, also where the kind repeats what is there.
pub fn echoed(kind: &dyn Kind, mut paths: Vec<(Path, Marks)>) -> Vec<(Path, Marks)> {
    for (from, to) in kind.echoes() {
        let repeated: Vec<(Path, Marks)> = paths
            .iter()
            .filter_map(|(path, marks)| match path.0.split_first() {
                Some((PathStep::Attribute(first), rest)) if **first == **from => {
                    let steps = std::iter::once(PathStep::Attribute((*to).into())).chain(rest.iter().cloned());
                    Some((Path(steps.collect()), *marks))
                }
                _ => None,
            })
            .collect();
        paths.extend(repeated);
    }
    paths
}
