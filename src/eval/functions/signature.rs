//! The shape of a function: parameters, result type, body.

use std::fmt;

use super::FunctionContext;
use crate::value::{Marks, Number, Type, Value};

/// One function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name, without namespace.
    pub name: &'static str,
    /// The parameters that must be given.
    pub params: &'static [Param],
    /// The parameter that takes all further arguments.
    pub variadic: Option<Param>,
    /// The type of the result.
    pub returns: Returns,
    /// Whether the result is never null.
    pub not_null: bool,
    /// What it does with arguments that its parameters take.
    pub(super) body: fn(&Arguments) -> Result<Value, FunctionError>,
}

/// A parameter, and which arguments it takes that are not plain known values.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub struct Param {
    /// Its name, as messages have it.
    pub name: &'static str,
    /// Its type.
    pub takes: Takes,
    /// Whether null is allowed.
    pub null: bool,
    /// Whether the function itself deals with an unknown argument.
    pub unknown: bool,
    /// Whether the function itself deals with an argument of which not even the type is known.
    pub dynamic: bool,
    /// Whether the function itself deals with marks.
    pub marked: bool,
}

/// The types that parameters and results have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Takes {
    Any,
    String,
    Number,
    Bool,
    Strings,
    Bools,
    Numbers,
    List,
    Set,
    Map,
    Lists,
    SetOfStrings,
    MapOfStrings,
}

/// The type of a function's result.
#[derive(Clone, Copy)]
pub enum Returns {
    /// Always the same.
    Always(Takes),
    /// By the arguments; also where arguments of wrong types are refused.
    By(fn(&[Value]) -> Result<Type, FunctionError>),
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The position of the argument that is at fault, if one is.
    pub argument: Option<usize>,
    /// What is wrong, in Terraform's words.
    pub message: String,
}

/// The arguments of one call, as the parameters take them.
#[derive(Debug)]
pub struct Arguments<'a> {
    /// All of them, in order.
    pub values: &'a [Value],
    /// The marks that they came with, where the parameters do not see to marks themselves.
    pub marks: Marks,
    /// The type that the result is to have.
    pub returns: Type,
    /// The surroundings.
    pub cx: &'a FunctionContext<'a>,
}

impl Function {
    /// A function that never gives null; see [`Function::or_null`].
    pub(super) const fn new(
        name: &'static str,
        params: &'static [Param],
        returns: Returns,
        body: fn(&Arguments) -> Result<Value, FunctionError>,
    ) -> Self {
        Self { name, params, variadic: None, returns, not_null: true, body }
    }

    /// With a parameter for any number of further arguments.
    pub(super) const fn variadic(mut self, param: Param) -> Self {
        self.variadic = Some(param);
        self
    }

    /// The result may be null.
    pub(super) const fn or_null(mut self) -> Self {
        self.not_null = false;
        self
    }
}

impl Param {
    /// A parameter for plain values.
    pub(super) const fn new(name: &'static str, takes: Takes) -> Self {
        Self { name, takes, null: false, unknown: false, dynamic: false, marked: false }
    }

    pub(super) const fn string(name: &'static str) -> Self {
        Self::new(name, Takes::String)
    }

    pub(super) const fn number(name: &'static str) -> Self {
        Self::new(name, Takes::Number)
    }

    pub(super) const fn any(name: &'static str) -> Self {
        Self::new(name, Takes::Any)
    }

    pub(super) const fn null(mut self) -> Self {
        self.null = true;
        self
    }

    pub(super) const fn unknown(mut self) -> Self {
        self.unknown = true;
        self
    }

    pub(super) const fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    pub(super) const fn marked(mut self) -> Self {
        self.marked = true;
        self
    }
}

impl Takes {
    /// The type, as a constraint.
    pub fn ty(self) -> Type {
        match self {
            Self::Any => Type::Dynamic,
            Self::String => Type::String,
            Self::Number => Type::Number,
            Self::Bool => Type::Bool,
            Self::Strings => Type::list(Type::String),
            Self::Bools => Type::list(Type::Bool),
            Self::Numbers => Type::list(Type::Number),
            Self::List => Type::list(Type::Dynamic),
            Self::Set => Type::set(Type::Dynamic),
            Self::Map => Type::map(Type::Dynamic),
            Self::Lists => Type::map(Type::list(Type::String)),
            Self::SetOfStrings => Type::set(Type::String),
            Self::MapOfStrings => Type::map(Type::String),
        }
    }
}

impl FunctionError {
    /// An argument is at fault.
    pub(super) fn at(argument: usize, message: impl Into<String>) -> Self {
        Self { argument: Some(argument), message: message.into() }
    }
}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self { argument: None, message: message.into() }
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self { argument: None, message }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FunctionError {}

impl fmt::Debug for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(takes) => takes.fmt(f),
            Self::By(_) => f.write_str("by arguments"),
        }
    }
}

/// What machine integers are asked to be.
const WHOLE_NUMBER: &str = "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

impl Arguments<'_> {
    /// The argument at a position.
    pub(super) fn get(&self, i: usize) -> Result<&Value, FunctionError> {
        self.values.get(i).ok_or_else(|| FunctionError::from("argument missing"))
    }

    /// The text of a string argument.
    pub(super) fn text(&self, i: usize) -> Result<&str, FunctionError> {
        self.get(i)?.as_str().ok_or_else(|| FunctionError::at(i, "a string is required"))
    }

    /// The number of a number argument.
    pub(super) fn number(&self, i: usize) -> Result<&Number, FunctionError> {
        self.get(i)?.as_number().ok_or_else(|| FunctionError::at(i, "a number is required"))
    }

    /// The machine integer that a number argument must be.
    pub(super) fn integer(&self, i: usize) -> Result<i64, FunctionError> {
        self.number(i)?.to_i64().ok_or_else(|| FunctionError::from(WHOLE_NUMBER))
    }

    /// Like [`Arguments::integer`], but the argument is named as the one at fault, after a few words.
    pub(super) fn integer_at(&self, i: usize, words: &str) -> Result<i64, FunctionError> {
        integer_at(self.get(i)?, i, words)
    }

    /// The elements of a known list, set or tuple.
    pub(super) fn elements(&self, i: usize) -> Result<&[Value], FunctionError> {
        self.get(i)?.as_elements().ok_or_else(|| FunctionError::at(i, "a list is required"))
    }

    /// An unknown of the result's type.
    pub(super) fn unknown(&self) -> Value {
        Value::unknown(self.returns.clone())
    }

    /// The element type of the result.
    pub(super) fn element(&self) -> Type {
        self.returns.element().cloned().unwrap_or(Type::Dynamic)
    }
}

/// The machine integer that a number must be.
pub(super) fn integer_of(value: &Value) -> Result<i64, FunctionError> {
    value.as_number().and_then(Number::to_i64).ok_or_else(|| FunctionError::from(WHOLE_NUMBER))
}

/// The machine integer that the argument at a position must be.
pub(super) fn integer_at(value: &Value, i: usize, words: &str) -> Result<i64, FunctionError> {
    let number = value.as_number().and_then(Number::to_i64);
    number.ok_or_else(|| FunctionError::at(i, format!("{words}{WHOLE_NUMBER}")))
}
