//! Values of the Terraform language: what an expression evaluates to.
//!
//! A value knows its [`Type`], may be null or unknown (with what is known about it all the same: a [`Refinement`]),
//! and carries [`Marks`]. Values are immutable and cheap to clone: everything larger than a word is shared.
//!
//! Invariants, kept by the constructors:
//! - strings are in Unicode normal form C;
//! - a set holds its elements in [`Value::canonical_order`], known ones only once, and no element of a set has
//!   marks (they move to the set);
//! - all elements of a list, set or map have its element type, unless that is [`Type::Dynamic`];
//! - an unknown value of a type with exactly one possible value does not exist (an unknown list of length 2..=2
//!   is a known list of two unknowns).

mod convert;
mod defaults;
pub mod duration;
mod equal;
mod json;
mod marks;
mod number;
mod path;
mod refine;
mod set;
#[cfg(test)]
mod tests;
mod types;
mod unify;
mod walk;

use std::fmt;
use std::sync::{Arc, LazyLock};

use litemap::LiteMap;
use unicode_normalization::{UnicodeNormalization, is_nfc};

pub use convert::{ConversionError, Safety, convertible, mismatch_message};
pub use defaults::Defaults;
pub use json::JsonError;
pub use marks::Marks;
pub use number::{NotANumber, Number};
pub use path::{Path, PathStep};
pub use types::{ObjectType, Type};
pub use unify::{unify, unify_unsafe};

/// Attributes of an object or elements of a map, in byte order of their keys. One sorted vector of just its length:
/// most objects are small, there are many, and they are built once and then only read.
pub type Fields = LiteMap<Arc<str>, Value>;

/// A value with its marks. Its `Debug` form does not show what is sensitive.
#[derive(Clone)]
pub struct Value {
    kind: ValueKind,
    marks: Marks,
}

/// What a value is, apart from its marks.
#[derive(Clone, Debug)]
pub enum ValueKind {
    /// No value, of a type ([`Type::Dynamic`] for a bare `null`).
    Null(Type),
    /// A value to be known after apply.
    Unknown(Type, Arc<Refinement>),
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string in NFC.
    String(Arc<str>),
    /// A list and its element type.
    List(Type, Arc<Vec<Value>>),
    /// A set and its element type.
    Set(Type, Arc<Vec<Value>>),
    /// A map and its element type.
    Map(Type, Arc<Fields>),
    /// A tuple.
    Tuple(Arc<Vec<Value>>),
    /// An object.
    Object(Arc<Fields>),
}

/// What is known of an unknown value (go-cty docs/refinements.md).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinement {
    /// It will not be null.
    pub not_null: bool,
    /// The string will start with this.
    pub prefix: Option<Arc<str>>,
    /// The number will not be below (true: or equal is allowed).
    pub lower: Option<(Number, bool)>,
    /// The number will not be above (true: or equal is allowed).
    pub upper: Option<(Number, bool)>,
    /// The collection will have at least so many elements.
    pub min_length: Option<u64>,
    /// The collection will have at most so many elements.
    pub max_length: Option<u64>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.marks.contains(Marks::SENSITIVE) {
            return f.write_str("(sensitive value)");
        }
        if self.marks.is_empty() {
            return self.kind.fmt(f);
        }
        write!(f, "{:?}: {:?}", self.marks, self.kind)
    }
}

impl From<ValueKind> for Value {
    fn from(kind: ValueKind) -> Self {
        Self { kind, marks: Marks::NONE }
    }
}

impl Value {
    /// `true` or `false`.
    pub fn bool(b: bool) -> Self {
        ValueKind::Bool(b).into()
    }

    /// A string, brought to NFC.
    pub fn string(s: impl AsRef<str> + Into<Arc<str>>) -> Self {
        let text = if s.as_ref().is_ascii() || is_nfc(s.as_ref()) {
            s.into()
        } else {
            s.as_ref().nfc().collect::<String>().into()
        };
        ValueKind::String(text).into()
    }

    /// A number.
    pub fn number(n: impl Into<Number>) -> Self {
        ValueKind::Number(n.into()).into()
    }

    /// The null of a type.
    pub fn null(ty: Type) -> Self {
        ValueKind::Null(ty).into()
    }

    /// An unknown of a type, of which nothing else is known.
    pub fn unknown(ty: Type) -> Self {
        static NOTHING: LazyLock<Arc<Refinement>> = LazyLock::new(Arc::default);
        ValueKind::Unknown(ty, NOTHING.clone()).into()
    }

    /// The unknown of unknown type.
    pub fn dynamic() -> Self {
        Self::unknown(Type::Dynamic)
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        ValueKind::Tuple(Arc::new(items)).into()
    }

    /// An object.
    pub fn object(fields: Fields) -> Self {
        ValueKind::Object(Arc::new(fields)).into()
    }

    /// An object from pairs.
    pub fn object_of<K: Into<Arc<str>>>(fields: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::object(fields.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// A list; the caller sees to it that all elements have the element type.
    pub fn list(element: Type, items: Vec<Value>) -> Self {
        ValueKind::List(element, Arc::new(items)).into()
    }

    /// A map; the caller sees to it that all elements have the element type.
    pub fn map(element: Type, fields: Fields) -> Self {
        ValueKind::Map(element, Arc::new(fields)).into()
    }

    /// What it is, marks aside.
    pub fn kind(&self) -> &ValueKind {
        &self.kind
    }

    /// The marks on the value itself, not those inside.
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// Adds marks.
    #[must_use]
    pub fn marked(mut self, marks: Marks) -> Self {
        self.marks = self.marks | marks;
        self
    }

    /// Adds the sensitive mark.
    #[must_use]
    pub fn sensitive(self) -> Self {
        self.marked(Marks::SENSITIVE)
    }

    /// The value without its own marks, and these.
    #[must_use]
    pub fn unmark(mut self) -> (Self, Marks) {
        let marks = std::mem::replace(&mut self.marks, Marks::NONE);
        (self, marks)
    }

    /// Whether it is null (an unknown is not).
    pub fn is_null(&self) -> bool {
        matches!(self.kind, ValueKind::Null(_))
    }

    /// Whether it is known itself; elements may be unknown all the same.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, ValueKind::Unknown(..))
    }

    /// The string, when it is a known one.
    pub fn as_str(&self) -> Option<&str> {
        if let ValueKind::String(s) = &self.kind { Some(s) } else { None }
    }

    /// The bool, when it is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        if let ValueKind::Bool(b) = self.kind { Some(b) } else { None }
    }

    /// The number, when it is a known one.
    pub fn as_number(&self) -> Option<&Number> {
        if let ValueKind::Number(n) = &self.kind { Some(n) } else { None }
    }

    /// The elements of a known list, set or tuple.
    pub fn as_elements(&self) -> Option<&[Value]> {
        match &self.kind {
            ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The fields of a known map or object.
    pub fn as_fields(&self) -> Option<&Fields> {
        match &self.kind {
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// An attribute of a known object or an element of a known map.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.as_fields()?.get(name)
    }
}
