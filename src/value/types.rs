//! Types of the Terraform language.

use std::collections::BTreeSet;
use std::sync::Arc;

use litemap::LiteMap;

/// A type. Equality is structural.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Not yet known; in a type constraint: any type (`any`).
    Dynamic,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Arc<Type>),
    /// `set(T)`
    Set(Arc<Type>),
    /// `map(T)`
    Map(Arc<Type>),
    /// `tuple([T, ...])`
    Tuple(Arc<Vec<Type>>),
    /// `object({a = T, ...})`
    Object(Arc<ObjectType>),
}

/// The attributes of an object type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ObjectType {
    /// In byte order of their names.
    pub attributes: LiteMap<Arc<str>, Type>,
    /// Those that may be left out; only in type constraints (`optional(T)`).
    pub optional: BTreeSet<Arc<str>>,
}

impl Type {
    /// `list(element)`
    pub fn list(element: Type) -> Self {
        Self::List(Arc::new(element))
    }

    /// `set(element)`
    pub fn set(element: Type) -> Self {
        Self::Set(Arc::new(element))
    }

    /// `map(element)`
    pub fn map(element: Type) -> Self {
        Self::Map(Arc::new(element))
    }

    /// `tuple([...])`
    pub fn tuple(items: Vec<Type>) -> Self {
        Self::Tuple(Arc::new(items))
    }

    /// `object({...})` without optional attributes.
    pub fn object<K: Into<Arc<str>>>(attributes: impl IntoIterator<Item = (K, Type)>) -> Self {
        Self::Object(Arc::new(ObjectType {
            attributes: attributes.into_iter().map(|(k, t)| (k.into(), t)).collect(),
            optional: BTreeSet::new(),
        }))
    }
}

impl Type {
    /// The name for people: `list of string`, `object`, `dynamic`.
    pub fn friendly_name(&self) -> String {
        self.name(false)
    }

    /// The name for people of a type that is asked for, where a dynamic part means "any": `list of any single type`.
    pub fn constraint_name(&self) -> String {
        self.name(true)
    }

    fn name(&self, constraint: bool) -> String {
        let element = |element: &Type| match element {
            Self::Dynamic if constraint => "any single type".to_owned(),
            _ => element.name(constraint),
        };
        match self {
            Self::Dynamic => if constraint { "any type" } else { "dynamic" }.into(),
            Self::Bool => "bool".into(),
            Self::Number => "number".into(),
            Self::String => "string".into(),
            Self::List(t) => format!("list of {}", element(t)),
            Self::Set(t) => format!("set of {}", element(t)),
            Self::Map(t) => format!("map of {}", element(t)),
            Self::Tuple(_) => "tuple".into(),
            Self::Object(_) => "object".into(),
        }
    }

    /// Whether it is `bool`, `number` or `string`.
    pub fn is_primitive(&self) -> bool {
        matches!(self, Self::Bool | Self::Number | Self::String)
    }

    /// Whether it is a list, set or map.
    pub fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Set(_) | Self::Map(_))
    }

    /// The element type of a list, set or map.
    pub fn element(&self) -> Option<&Type> {
        match self {
            Self::List(t) | Self::Set(t) | Self::Map(t) => Some(t),
            _ => None,
        }
    }

    /// Whether any part of it is not yet known.
    pub fn has_dynamic(&self) -> bool {
        match self {
            Self::Dynamic => true,
            Self::Bool | Self::Number | Self::String => false,
            Self::List(t) | Self::Set(t) | Self::Map(t) => t.has_dynamic(),
            Self::Tuple(items) => items.iter().any(Self::has_dynamic),
            Self::Object(object) => object.attributes.values().any(Self::has_dynamic),
        }
    }

    /// Whether any attribute in it may be left out.
    pub fn has_optional(&self) -> bool {
        match self {
            Self::Dynamic | Self::Bool | Self::Number | Self::String => false,
            Self::List(t) | Self::Set(t) | Self::Map(t) => t.has_optional(),
            Self::Tuple(items) => items.iter().any(Self::has_optional),
            Self::Object(object) => !object.optional.is_empty() || object.attributes.values().any(Self::has_optional),
        }
    }

    /// The type of the values that a constraint lets through: the same without its optional marks.
    #[must_use]
    pub fn without_optional(&self) -> Self {
        if !self.has_optional() {
            return self.clone();
        }
        match self {
            Self::List(t) => Self::list(t.without_optional()),
            Self::Set(t) => Self::set(t.without_optional()),
            Self::Map(t) => Self::map(t.without_optional()),
            Self::Tuple(items) => Self::tuple(items.iter().map(Self::without_optional).collect()),
            Self::Object(object) => {
                Self::object(object.attributes.iter().map(|(name, t)| (name.clone(), t.without_optional())))
            }
            Self::Dynamic | Self::Bool | Self::Number | Self::String => self.clone(),
        }
    }
}
