//! The shapes of objects, read from `schema.txt`: what merging, managed fields, validation and `OpenAPI` go by.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Bytes,
    Time,
    Quantity,
    Integer,
    /// A number or a text: `25%`
    NumberOrText,
    Boolean,
    /// Whatever it is, it is one value.
    Whole,
    /// As it looks: objects are maps, lists are wholes. Custom resources.
    Deduced,
    /// A map of values of one shape.
    Map(Box<Shape>),
    /// A list that is one value.
    Sequence(Box<Shape>),
    /// A list of different values.
    Set,
    /// A list whose items are told apart by these members.
    Keyed(Box<Shape>, Vec<String>),
    /// An object of a type of `schema.txt`.
    Struct(String),
}

/// A member of a type.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub shape: Shape,
    /// Whether it is one value, however it is made up.
    pub is_atomic: bool,
    /// Its number in protobuf.
    pub number: Option<u32>,
}

/// A type.
#[derive(Debug, Clone, Default)]
pub(super) struct Type {
    pub members: BTreeMap<&'static str, Member>,
    pub is_atomic: bool,
    /// Whether it may have any other member too.
    pub is_open: bool,
    /// A type whose members it has as its own, and the number in protobuf of the message that they are in.
    pub inline: Option<(u32, &'static str)>,
}

static TYPES: LazyLock<BTreeMap<&'static str, Type>> = LazyLock::new(|| read(include_str!("schema.txt")));

/// A type by its name.
pub(super) fn of(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

fn read(text: &'static str) -> BTreeMap<&'static str, Type> {
    let mut types = BTreeMap::new();
    let mut open: Option<(&'static str, Type)> = None;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let is_member = line.starts_with(' ');
        if !is_member {
            types.extend(open.take());
            let head = line.trim_end_matches(':');
            let (name, is_atomic) = head.strip_suffix(" atomic").map_or((head, false), |name| (name, true));
            open = Some((name, Type { is_atomic, ..Type::default() }));
            continue;
        }
        let Some((_, at)) = &mut open else { continue };
        let parts: Vec<&str> = line.split_whitespace().collect();
        match parts.as_slice() {
            ["*", _] => at.is_open = true,
            ["+", name, number] => at.inline = number_of(number).map(|number| (number, *name)),
            [name, shape, more @ ..] => {
                let is_atomic = more.contains(&"atomic");
                let number = more.iter().find_map(|word| number_of(word));
                at.members.insert(name, Member { shape: shape_of(shape, more), is_atomic, number });
            }
            _ => {}
        }
    }
    types.extend(open);
    types
}

/// `#14`
fn number_of(word: &str) -> Option<u32> {
    word.strip_prefix('#')?.parse().ok()
}

fn shape_of(word: &str, more: &[&str]) -> Shape {
    if let Some(item) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
        let item = Box::new(shape_of(item, &[]));
        return match more.first().filter(|word| !word.starts_with('#')) {
            None => Shape::Sequence(item),
            Some(&"set") => Shape::Set,
            Some(keys) => Shape::Keyed(item, keys.split(',').map(str::to_owned).collect()),
        };
    }
    if let Some(item) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
        return Shape::Map(Box::new(shape_of(item, &[])));
    }
    match word {
        "string" => Shape::Text,
        "bytes" => Shape::Bytes,
        "time" => Shape::Time,
        "quantity" => Shape::Quantity,
        "int" => Shape::Integer,
        "intstr" => Shape::NumberOrText,
        "bool" => Shape::Boolean,
        "any" => Shape::Whole,
        name => Shape::Struct(name.to_owned()),
    }
}

impl Shape {
    /// That of an object of a type.
    pub fn named(name: &str) -> Self {
        Self::Struct(name.to_owned())
    }

    /// The shape of a member of a value of this shape.
    pub fn member(&self, name: &str) -> Self {
        match self {
            Self::Struct(own) => {
                let Some(own) = of(own) else { return Self::Deduced };
                match own.members.get(name) {
                    Some(member) if member.is_atomic => Self::Whole,
                    Some(member) => member.shape.clone(),
                    None if own.is_open => Self::Deduced,
                    None => Self::Whole,
                }
            }
            Self::Map(item) => (**item).clone(),
            Self::Deduced => Self::Deduced,
            _ => Self::Whole,
        }
    }

    /// Whether a member of this name is declared, not only the key of a map.
    pub fn declares(&self, name: &str) -> bool {
        matches!(self, Self::Struct(own) if of(own).is_some_and(|own| own.members.contains_key(name)))
    }

    /// How a value of this shape is divided; `None` when it is one value.
    pub fn parts<'a>(&self, value: &'a Value) -> Option<Parts<'a>> {
        match (self, value) {
            (Self::Struct(own), Value::Object(members)) if !of(own).is_some_and(|own| own.is_atomic) => {
                Some(Parts::Members(members))
            }
            (Self::Map(_) | Self::Deduced, Value::Object(members)) => Some(Parts::Members(members)),
            (Self::Keyed(..) | Self::Set, Value::Array(items)) => Some(Parts::Items(items)),
            _ => None,
        }
    }

    /// What tells an item of a list from the others, as managed fields write it: `k:{"name":"app"}`, `v:"x"`.
    pub fn key(&self, item: &Value) -> Option<String> {
        match self {
            Self::Set => Some(format!("v:{item}")),
            Self::Keyed(_, keys) => {
                let mut found = Map::new();
                for key in keys {
                    // Ports are TCP where they do not say otherwise.
                    let usual = (key == "protocol").then(|| Value::from("TCP"));
                    found.insert(key.clone(), item.get(key).cloned().or(usual)?);
                }
                let sorted: BTreeMap<String, Value> = found.into_iter().collect();
                serde_json::to_string(&sorted).ok().map(|text| format!("k:{text}"))
            }
            _ => None,
        }
    }

    /// The shape of the items of a list.
    pub fn item(&self) -> Self {
        match self {
            Self::Keyed(item, _) | Self::Sequence(item) => (**item).clone(),
            _ => Self::Whole,
        }
    }
}

/// How a value is divided.
pub(super) enum Parts<'a> {
    Members(&'a Map<String, Value>),
    Items(&'a [Value]),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_that_is_referred_to_is_there() {
        fn referred(shape: &Shape, into: &mut Vec<String>) {
            match shape {
                Shape::Map(item) | Shape::Sequence(item) | Shape::Keyed(item, _) => referred(item, into),
                Shape::Struct(name) => into.push(name.clone()),
                _ => {}
            }
        }
        let mut names = Vec::new();
        for member in TYPES.values().flat_map(|one| one.members.values()) {
            referred(&member.shape, &mut names);
        }
        for name in names {
            assert!(of(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn shapes_are_those_of_the_file() {
        let pod = Shape::named("Pod").member("spec");
        assert_eq!(pod.member("containers").key(&json!({"name": "a", "image": "b"})).unwrap(), "k:{\"name\":\"a\"}");
        let ports = pod.member("containers").item().member("ports");
        assert_eq!(ports.key(&json!({"containerPort": 80})).unwrap(), "k:{\"containerPort\":80,\"protocol\":\"TCP\"}");
        assert_eq!(pod.member("nodeSelector"), Shape::Whole);
        assert_eq!(Shape::named("ConfigMap").member("data"), Shape::Map(Box::new(Shape::Text)));
        assert!(of("Custom").unwrap().is_open);
    }
}
