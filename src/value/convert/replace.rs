//! Filling the `any` parts of a constraint from the type of a value.

use super::super::Type;
use super::super::unify::unify_unsafe;

/// `want` with every part that is not yet known replaced by what `got` has in its place; the two are convertible.
pub(super) fn dynamic_parts(got: &Type, want: &Type) -> Type {
    if *got == Type::Dynamic || !want.has_dynamic() {
        return want.clone();
    }
    match (got, want) {
        (_, Type::Dynamic) => got.clone(),
        (_, Type::List(element)) => Type::list(element_of(got, element)),
        (_, Type::Set(element)) => Type::set(element_of(got, element)),
        (_, Type::Map(element)) => Type::map(element_of(got, element)),
        (Type::Tuple(got), Type::Tuple(want)) => {
            Type::tuple(got.iter().zip(want.iter()).map(|(g, w)| dynamic_parts(g, w)).collect())
        }
        (Type::Object(got), Type::Object(want)) => Type::object(want.attributes.iter().map(|(name, w)| {
            let filled = got.attributes.get(name).map_or_else(|| w.clone(), |g| dynamic_parts(g, w));
            (name.clone(), filled)
        })),
        (Type::Map(element), Type::Object(want)) => {
            Type::object(want.attributes.iter().map(|(name, w)| (name.clone(), dynamic_parts(element, w))))
        }
        _ => want.clone(),
    }
}

fn element_of(got: &Type, want: &Type) -> Type {
    let element = match got {
        Type::List(t) | Type::Set(t) | Type::Map(t) => Some((**t).clone()),
        Type::Tuple(items) => unify_unsafe(items),
        Type::Object(object) => {
            let types: Vec<Type> = object.attributes.values().cloned().collect();
            unify_unsafe(&types)
        }
        Type::Dynamic | Type::Bool | Type::Number | Type::String => None,
    };
    element.map_or_else(|| want.clone(), |e| dynamic_parts(&e, want))
}
