//! Types of the Terraform language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    pub attributes: BTreeMap<Arc<str>, Type>,
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
