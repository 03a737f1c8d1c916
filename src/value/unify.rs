//! The one type that values of several types can all become, by the rules of go-cty's unification.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use super::Type;
use super::convert::{Safety, convertible};

/// The type that values of all `types` can be converted to without a chance of failure, as lists, maps and
/// conditionals need it; `None` when there is none.
///
/// A part that is not yet known makes the whole unknown, since what it becomes may change the answer.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_with(types, Safety::Safe)
}

/// Like [`unify`], but also with conversions that depend on the value, such as string to number.
pub fn unify_unsafe(types: &[Type]) -> Option<Type> {
    unify_with(types, Safety::Unsafe)
}

pub(super) fn unify_with(types: &[Type], safety: Safety) -> Option<Type> {
    let types = distinct(types);
    match types.as_slice() {
        [] => return None,
        [only] => return Some((*only).clone()),
        _ => {}
    }
    let kinds = Kinds::of(&types);
    match unify_by_kind(&types, &kinds, safety) {
        Attempt::Settled(result) => result,
        Attempt::Open => by_preference(&types)
            .into_iter()
            .find(|want| types.iter().all(|got| got == want || convertible(got, want, safety)))
            .cloned(),
    }
}

/// The types, each once, in the order in which they first come.
fn distinct(types: &[Type]) -> Vec<&Type> {
    let mut seen = HashSet::with_capacity(types.len().min(64));
    types.iter().filter(|t| seen.insert(*t)).collect()
}

/// How many of each structural kind there are.
#[derive(Default)]
struct Kinds {
    maps: usize,
    lists: usize,
    sets: usize,
    objects: usize,
    tuples: usize,
    dynamic: usize,
}

impl Kinds {
    fn of(types: &[&Type]) -> Self {
        let mut kinds = Self::default();
        for t in types {
            match t {
                Type::Map(_) => kinds.maps += 1,
                Type::List(_) => kinds.lists += 1,
                Type::Set(_) => kinds.sets += 1,
                Type::Object(_) => kinds.objects += 1,
                Type::Tuple(_) => kinds.tuples += 1,
                Type::Dynamic => kinds.dynamic += 1,
                Type::Bool | Type::Number | Type::String => {}
            }
        }
        kinds
    }
}

enum Attempt {
    Settled(Option<Type>),
    Open,
}

impl From<Option<Type>> for Attempt {
    /// A type found settles the matter; none leaves it open.
    fn from(found: Option<Type>) -> Self {
        found.map_or(Self::Open, |t| Self::Settled(Some(t)))
    }
}

/// Types of one structural kind may have a type in common that is none of them.
fn unify_by_kind(types: &[&Type], kinds: &Kinds, safety: Safety) -> Attempt {
    let all = types.len() - kinds.dynamic;
    let dynamic_or = |unified: &dyn Fn() -> Option<Type>| {
        Attempt::Settled(if kinds.dynamic > 0 { Some(Type::Dynamic) } else { unified() })
    };
    match () {
        () if all == 0 => Attempt::Settled(Some(Type::Dynamic)),
        () if kinds.maps == all => dynamic_or(&|| unify_elements(types, safety).map(Type::map)),
        () if kinds.maps > 0 && kinds.maps + kinds.objects == all => objects_as_maps(types, safety).into(),
        () if kinds.lists == all => dynamic_or(&|| unify_elements(types, safety).map(Type::list)),
        () if kinds.lists > 0 && kinds.lists + kinds.tuples == all => tuples_as_lists(types, safety).into(),
        () if kinds.sets == all => dynamic_or(&|| unify_elements(types, safety).map(Type::set)),
        () if kinds.objects == all => dynamic_or(&|| unify_objects(types, safety)),
        () if kinds.tuples == all => dynamic_or(&|| unify_tuples(types, safety)),
        () if kinds.objects > 0 && kinds.tuples > 0 => Attempt::Settled(None),
        () => Attempt::Open,
    }
}

fn unify_elements(types: &[&Type], safety: Safety) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(|t| t.element().cloned()).collect();
    unify_with(&elements, safety)
}

/// Objects among maps are often maps in disguise.
fn objects_as_maps(types: &[&Type], safety: Safety) -> Option<Type> {
    let is_object = |t: &&Type| matches!(t, Type::Object(_));
    let objects: Vec<&Type> = types.iter().copied().filter(is_object).collect();
    let map = map_of_some_type(&objects, safety).or_else(|| map_of_attributes(&objects, safety))?;
    let mapped: Vec<Type> = types.iter().map(|t| if is_object(t) { map.clone() } else { (*t).clone() }).collect();
    unify_with(&mapped, safety).filter(|t| matches!(t, Type::Map(_)))
}

/// Tuples among lists are often lists in disguise.
fn tuples_as_lists(types: &[&Type], safety: Safety) -> Option<Type> {
    let is_tuple = |t: &&Type| matches!(t, Type::Tuple(_));
    let tuples: Vec<&Type> = types.iter().copied().filter(is_tuple).collect();
    let list = list_of_items(&tuples, safety)?;
    let listed: Vec<Type> = types.iter().map(|t| if is_tuple(t) { list.clone() } else { (*t).clone() }).collect();
    unify_with(&listed, safety).filter(|t| matches!(t, Type::List(_)))
}

/// Objects with the same names unify attribute by attribute, others to a map.
fn unify_objects(types: &[&Type], safety: Safety) -> Option<Type> {
    let objects: Vec<_> = types.iter().filter_map(|t| if let Type::Object(o) = t { Some(o) } else { None }).collect();
    let (first, rest) = objects.split_first()?;
    if rest.iter().any(|o| !o.attributes.keys().eq(first.attributes.keys())) {
        return map_of_attributes(types, safety);
    }
    let mut attributes = BTreeMap::new();
    for name in first.attributes.keys() {
        let across: Vec<Type> = objects.iter().filter_map(|o| o.attributes.get(name).cloned()).collect();
        attributes.insert(name.clone(), unify_with(&across, safety)?);
    }
    let unified = Type::object(attributes);
    if all_convertible(types, &unified, safety) { Some(unified) } else { map_of_attributes(types, safety) }
}

/// While an attribute is of no known type yet, Terraform leaves it to the values whether they make a map.
fn map_of_some_type(objects: &[&Type], safety: Safety) -> Option<Type> {
    let attributes = attribute_types(objects);
    let open = attributes.contains(&Type::Dynamic) && unify_with(&attributes, safety) == Some(Type::Dynamic);
    open.then(|| Type::map(Type::Dynamic))
}

fn attribute_types(types: &[&Type]) -> Vec<Type> {
    let objects = types.iter().filter_map(|t| if let Type::Object(object) = t { Some(object) } else { None });
    objects.flat_map(|object| object.attributes.values().cloned()).collect()
}

fn map_of_attributes(types: &[&Type], safety: Safety) -> Option<Type> {
    let all = attribute_types(types);
    if all.is_empty() {
        return None;
    }
    let map = Type::map(unify_with(&all, safety)?);
    all_convertible(types, &map, safety).then_some(map)
}

/// Tuples of one length unify item by item, others to a list.
fn unify_tuples(types: &[&Type], safety: Safety) -> Option<Type> {
    let tuples: Vec<_> =
        types.iter().filter_map(|t| if let Type::Tuple(items) = t { Some(items) } else { None }).collect();
    let (first, rest) = tuples.split_first()?;
    if rest.iter().any(|items| items.len() != first.len()) {
        return list_of_items(types, safety);
    }
    let mut items = Vec::with_capacity(first.len());
    for i in 0..first.len() {
        let across: Vec<Type> = tuples.iter().filter_map(|items| items.get(i).cloned()).collect();
        items.push(unify_with(&across, safety)?);
    }
    let unified = Type::tuple(items);
    if all_convertible(types, &unified, safety) { Some(unified) } else { list_of_items(types, safety) }
}

fn list_of_items(types: &[&Type], safety: Safety) -> Option<Type> {
    let mut all = Vec::new();
    for t in types {
        if let Type::Tuple(items) = t {
            all.extend(items.iter().cloned());
        }
    }
    if all.is_empty() {
        return None;
    }
    let list = Type::list(unify_with(&all, safety)?);
    all_convertible(types, &list, safety).then_some(list)
}

fn all_convertible(types: &[&Type], want: &Type, safety: Safety) -> bool {
    types.iter().all(|got| *got == want || convertible(got, want, safety))
}

/// The types with the more general before the more special, otherwise in the given order.
fn by_preference<'a>(types: &[&'a Type]) -> Vec<&'a Type> {
    let mut waiting: Vec<&Type> = types.to_vec();
    let mut order = Vec::with_capacity(types.len());
    while !waiting.is_empty() {
        let best = (0..waiting.len())
            .find(|&i| waiting.iter().all(|other| generality(other, waiting[i]) != Ordering::Less))
            .unwrap_or(0);
        order.push(waiting.remove(best));
    }
    order
}

/// `Less` when `a` is the more general of the two, and so to be preferred; whether a conversion exists is not asked.
fn generality(a: &Type, b: &Type) -> Ordering {
    use Type::{Dynamic, List, Map, Object, Set, String, Tuple};
    match (a, b) {
        (Dynamic, Dynamic) | (String, String) => Ordering::Equal,
        // What is not yet known says nothing: it is the last resort.
        (_, Dynamic) => Ordering::Less,
        (Dynamic, _) => Ordering::Greater,
        (String, other) if other.is_primitive() => Ordering::Less,
        (other, String) if other.is_primitive() => Ordering::Greater,
        (List(a), List(b)) | (Set(a), Set(b)) | (Map(a), Map(b)) => generality(a, b),
        (Tuple(_) | List(_), Set(_)) | (List(_), Tuple(_)) | (Map(_), Object(_)) => Ordering::Less,
        (Set(_), Tuple(_) | List(_)) | (Tuple(_), List(_)) | (Object(_), Map(_)) => Ordering::Greater,
        (Tuple(a), Tuple(b)) if a.len() == b.len() => combined(a.iter().zip(b.iter())),
        (Object(a), Object(b)) if a.attributes.keys().eq(b.attributes.keys()) => {
            combined(a.attributes.values().zip(b.attributes.values()))
        }
        _ => Ordering::Equal,
    }
}

/// One side is the more general when it is so in some part and in no part the other.
fn combined<'a>(parts: impl Iterator<Item = (&'a Type, &'a Type)>) -> Ordering {
    let (mut less, mut greater) = (false, false);
    for (a, b) in parts {
        match generality(a, b) {
            Ordering::Less => less = true,
            Ordering::Greater => greater = true,
            Ordering::Equal => {}
        }
    }
    match (less, greater) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}
