//! Why one type does not become another, for people.

use super::super::Type;
use super::{Safety, possible};

/// What `want` asks for that `got` does not have; the two are known not to be convertible.
pub fn mismatch_message(got: &Type, want: &Type) -> String {
    match (got, want) {
        (Type::Object(_), Type::Object(_)) => objects(got, want),
        (Type::Tuple(_), Type::List(t)) if **t == Type::Dynamic => "all list elements must have the same type".into(),
        (Type::Tuple(_), Type::Set(t)) if **t == Type::Dynamic => "all set elements must have the same type".into(),
        (Type::Object(_), Type::Map(t)) if **t == Type::Dynamic => "all map elements must have the same type".into(),
        (Type::Tuple(items), Type::List(want) | Type::Set(want)) => {
            let parts = items.iter().enumerate().map(|(i, t)| (i.to_string(), t));
            elements(parts, want)
        }
        (Type::Object(object), Type::Map(want)) => {
            let parts = object.attributes.iter().map(|(name, t)| (format!("{name:?}"), t));
            elements(parts, want)
        }
        (Type::List(got) | Type::Set(got), Type::List(want)) => {
            format!("incorrect list element type: {}", mismatch_message(got, want))
        }
        (Type::List(got) | Type::Set(got), Type::Set(want)) => {
            format!("incorrect set element type: {}", mismatch_message(got, want))
        }
        (Type::Map(got), Type::Map(want)) => {
            format!("incorrect map element type: {}", mismatch_message(got, want))
        }
        _ => format!("{} required", want.constraint_name()),
    }
}

/// Missing attributes before wrong ones.
fn objects(got: &Type, want: &Type) -> String {
    let (Type::Object(got), Type::Object(want)) = (got, want) else {
        return "incorrect object attributes".into();
    };
    let missing: Vec<String> = want
        .attributes
        .keys()
        .filter(|name| !got.attributes.contains_key(*name) && !want.optional.contains(*name))
        .map(|name| format!("{name:?}"))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [most @ .., last] => return format!("attributes {}, and {last} are required", most.join(", ")),
    }
    let wrong = |safety| {
        want.attributes.iter().find_map(|(name, want_type)| {
            let got_type = got.attributes.get(name)?;
            (!possible(got_type, want_type, safety))
                .then(|| format!("attribute {name:?}: {}", mismatch_message(got_type, want_type)))
        })
    };
    wrong(Safety::Unsafe).or_else(|| wrong(Safety::Safe)).unwrap_or_else(|| "incorrect object attributes".into())
}

fn elements<'a>(mut parts: impl Iterator<Item = (String, &'a Type)>, want: &Type) -> String {
    parts.find(|(_, got)| !possible(got, want, Safety::Unsafe)).map_or_else(
        || format!("all elements must be {}", want.constraint_name()),
        |(name, got)| format!("element {name}: {}", mismatch_message(got, want)),
    )
}
