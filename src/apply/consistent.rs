//! Whether what came is what was promised: the final plan against the plan, the object against the final plan.

use crate::value::{Path, Value};

/// The first places where `later` contradicts what `earlier` knew, at most `most`.
pub fn contradictions(earlier: &Value, later: &Value, most: usize) -> Vec<Path> {
    let mut found = Vec::new();
    compare(earlier, later, &Path::default(), most, &mut found);
    found
}

fn compare(earlier: &Value, later: &Value, path: &Path, most: usize, found: &mut Vec<Path>) {
    if found.len() >= most || !earlier.is_known() || earlier.raw_eq_unmarked(later) {
        return;
    }
    if let (Some(before), Some(after)) = (earlier.as_fields(), later.as_fields()) {
        for (name, value) in before {
            match after.get(name) {
                Some(now) => compare(value, now, &path.then_attribute(name), most, found),
                None => found.push(path.then_attribute(name)),
            }
        }
        if after.keys().any(|name| !before.contains_key(name)) {
            found.push(path.clone());
        }
        return;
    }
    if let (Some(before), Some(after)) = (ordered(earlier), ordered(later))
        && before.len() == after.len()
    {
        for (i, (value, now)) in before.iter().zip(after).enumerate() {
            compare(value, now, &path.then_position(i), most, found);
        }
        return;
    }
    // The elements of a set with unknowns cannot be told apart.
    if is_set(earlier) && !earlier.is_wholly_known() {
        return;
    }
    found.push(path.clone());
}

fn ordered(value: &Value) -> Option<&[Value]> {
    if is_set(value) { None } else { value.as_elements() }
}

fn is_set(value: &Value) -> bool {
    matches!(value.kind(), crate::value::ValueKind::Set(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    #[test]
    fn what_was_unknown_may_become_anything_and_what_was_known_may_not() {
        let promised = Value::object_of([("id", Value::unknown(Type::String)), ("name", Value::string("a"))]);
        let kept = Value::object_of([("id", Value::string("1")), ("name", Value::string("a"))]);
        let broken = Value::object_of([("id", Value::string("1")), ("name", Value::string("b"))]);
        assert!(contradictions(&promised, &kept, 3).is_empty());
        let found: Vec<String> = contradictions(&promised, &broken, 3).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["name"]);
    }
}
