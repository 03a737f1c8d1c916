//! Type expressions: `map(object({ a = string, b = optional(number, 1) }))`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::eval::functions::FunctionContext;
use crate::eval::scope::MapScope;
use crate::eval::value_of;
use crate::span::Span;
use crate::syntax::tree::{Call, Expression, ExpressionKind, ObjectItem, ObjectKey};
use crate::value::{Defaults, ObjectType, Type};

/// A type constraint: what values must become, and what stands in for what they leave out.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// The type; its `any` parts take the value's own type.
    pub ty: Type,
    /// The defaults of optional attributes.
    pub defaults: Defaults,
}

impl Default for Constraint {
    /// Any type.
    fn default() -> Self {
        Self { ty: Type::Dynamic, defaults: Defaults::default() }
    }
}

/// Reads a type expression. What cannot be read becomes `any`.
pub fn constraint(expression: &Expression, functions: &FunctionContext<'_>) -> (Constraint, Diagnostics) {
    let mut reader = Reader { functions, diagnostics: Diagnostics::new() };
    let (ty, defaults) = reader.top(expression);
    (Constraint { ty, defaults }, reader.diagnostics)
}

const SUMMARY: &str = "Invalid type specification";

struct Reader<'a> {
    functions: &'a FunctionContext<'a>,
    diagnostics: Diagnostics,
}

type Read = (Type, Defaults);

impl Reader<'_> {
    /// The whole: here alone the short forms `list` and `map` of old are understood.
    fn top(&mut self, expression: &Expression) -> Read {
        if let ExpressionKind::Literal(text) = &expression.kind
            && let Some(text) = text.as_str()
        {
            self.quoted(text, expression.span);
            return any();
        }
        match keyword(expression) {
            Some("list") => (Type::list(Type::Dynamic), Defaults::default()),
            Some("map") => (Type::map(Type::Dynamic), Defaults::default()),
            _ => self.read(expression),
        }
    }

    fn quoted(&mut self, text: &str, span: Span) {
        let instead = match text {
            "string" => "string",
            "list" => "list(string)",
            "map" => "map(string)",
            _ => {
                let detail = "To provide a full type expression, remove the surrounding quotes and give the type \
                              expression directly.";
                self.diagnostics.error_at(span, "Invalid legacy variable type hint", detail);
                return;
            }
        };
        let detail = format!("Types are no longer written in quotes. Write {instead} in place of \"{text}\".");
        self.diagnostics.error_at(span, "Invalid quoted type constraints", detail);
    }

    fn read(&mut self, expression: &Expression) -> Read {
        if let ExpressionKind::Call(call) = &expression.kind {
            return self.call(call, expression.span);
        }
        let detail = match keyword(expression) {
            Some("bool") => return (Type::Bool, Defaults::default()),
            Some("string") => return (Type::String, Defaults::default()),
            Some("number") => return (Type::Number, Defaults::default()),
            Some("any") => return any(),
            Some(name @ ("list" | "set" | "map")) => {
                format!("The {name} type constructor requires one argument specifying the element type.")
            }
            Some("object") => "The object type constructor requires one argument specifying the attribute types and \
                               values as a map."
                .to_owned(),
            Some("tuple") => {
                "The tuple type constructor requires one argument specifying the element types as a list.".to_owned()
            }
            Some("optional") => OPTIONAL_OUT_OF_PLACE.to_owned(),
            Some(word) => format!("The keyword \"{word}\" is not a valid type specification."),
            None => "A type specification is either a primitive type keyword (bool, number, string) or a complex type \
                     constructor call, like list(string)."
                .to_owned(),
        };
        self.fail(expression.span, detail)
    }

    fn fail(&mut self, span: Span, detail: impl Into<String>) -> Read {
        self.diagnostics.error_at(span, SUMMARY, detail);
        any()
    }

    fn call(&mut self, call: &Call, whole: Span) -> Read {
        let name = &*call.name.name;
        match name {
            "bool" | "string" | "number" | "any" => {
                let kind = if name == "any" { "Type constraint" } else { "Primitive type" };
                return self.fail(call.parentheses, format!("{kind} keyword \"{name}\" does not expect arguments."));
            }
            "optional" => return self.fail(whole, OPTIONAL_OUT_OF_PLACE),
            "list" | "set" | "map" | "object" | "tuple" => {}
            _ => {
                let detail = format!("Keyword \"{name}\" is not a valid type constructor.");
                return self.fail(whole, detail);
            }
        }
        let [argument] = call.arguments.as_slice() else {
            let what = match name {
                "object" => "the attribute types and values as a map",
                "tuple" => "the element types as a list",
                _ => "the element type",
            };
            let extra = call.arguments.get(1).zip(call.arguments.last());
            let at = extra.map_or(call.parentheses, |(first, last)| first.span.to(last.span));
            return self.fail(at, format!("The {name} type constructor requires one argument specifying {what}."));
        };
        match name {
            "object" => self.object(argument),
            "tuple" => self.tuple(argument),
            _ => {
                let (element, defaults) = self.read(argument);
                let make = match name {
                    "list" => Type::list,
                    "set" => Type::set,
                    _ => Type::map,
                };
                let elements = (!defaults.is_empty()).then(|| Box::new(defaults));
                (make(element), Defaults { elements, ..Defaults::default() })
            }
        }
    }

    fn tuple(&mut self, argument: &Expression) -> Read {
        let ExpressionKind::Tuple(items) = &argument.kind else {
            return self.fail(argument.span, "Tuple type constructor requires a list of element types.");
        };
        let mut types = Vec::new();
        let mut parts = BTreeMap::new();
        for (i, item) in items.iter().enumerate() {
            let (ty, defaults) = self.read(item);
            types.push(ty);
            if !defaults.is_empty() {
                parts.insert(Arc::from(i.to_string()), defaults);
            }
        }
        (Type::tuple(types), Defaults { parts, ..Defaults::default() })
    }

    fn object(&mut self, argument: &Expression) -> Read {
        let ExpressionKind::Object(items) = &argument.kind else {
            let detail = "Object type constructor requires a map whose keys are attribute names and whose values are \
                          the corresponding attribute types.";
            return self.fail(argument.span, detail);
        };
        let mut object = ObjectType { attributes: litemap::LiteMap::new(), optional: BTreeSet::new() };
        let mut defaults = Defaults::default();
        for item in items {
            self.attribute(item, &mut object, &mut defaults);
        }
        (Type::Object(Arc::new(object)), defaults)
    }

    fn attribute(&mut self, item: &ObjectItem, object: &mut ObjectType, defaults: &mut Defaults) {
        let name: Arc<str> = match &item.key {
            ObjectKey::Name(name) => name.name.clone(),
            ObjectKey::Expression(key) | ObjectKey::Property(key) => {
                let literal = match &key.kind {
                    ExpressionKind::Literal(text) => text.as_str().map(Arc::from),
                    _ => None,
                };
                let Some(name) = literal else {
                    self.fail(key.span, "Object constructor map keys must be attribute names.");
                    return;
                };
                name
            }
        };
        let ty = match &item.value.kind {
            ExpressionKind::Call(call) if &*call.name.name == "optional" => {
                object.optional.insert(name.clone());
                self.optional(&name, call, defaults)
            }
            _ => {
                let (ty, inner) = self.read(&item.value);
                keep(defaults, &name, inner);
                ty
            }
        };
        if object.attributes.insert(name, ty).is_some() {
            let place = match &item.key {
                ObjectKey::Name(name) => name.span,
                ObjectKey::Expression(key) | ObjectKey::Property(key) => key.span,
            };
            self.fail(place, "Object constructor map keys must be unique.");
        }
    }

    /// `optional(type)` and `optional(type, default)`
    fn optional(&mut self, name: &Arc<str>, call: &Call, defaults: &mut Defaults) -> Type {
        let Some((first, rest)) = call.arguments.split_first() else {
            let detail = "Optional attribute modifier requires the attribute type as its argument.";
            return self.fail(call.parentheses, detail).0;
        };
        let (ty, inner) = self.read(first);
        if rest.len() > 1 {
            let detail = "Optional attribute modifier expects at most two arguments: the attribute type, and a \
                          default value.";
            self.fail(call.parentheses, detail);
        }
        if let Some(given) = rest.first() {
            let why = "A default is a value of its own and cannot refer to anything.";
            let scope = MapScope::refusing(self.functions, why);
            let value = value_of(given, &scope, &mut self.diagnostics);
            match inner.apply(&value).convert(&ty) {
                Ok(value) => drop(defaults.attributes.insert(name.clone(), value)),
                Err(error) => self.diagnostics.error_at(
                    given.span,
                    "Invalid default value for optional attribute",
                    format!("This default value is not compatible with the attribute's type constraint: {error}."),
                ),
            }
        }
        keep(defaults, name, inner);
        ty
    }
}

const OPTIONAL_OUT_OF_PLACE: &str = "Keyword \"optional\" is valid only as a modifier for object type attributes.";

fn any() -> Read {
    (Type::Dynamic, Defaults::default())
}

fn keep(defaults: &mut Defaults, name: &Arc<str>, inner: Defaults) {
    if !inner.is_empty() {
        defaults.parts.insert(name.clone(), inner);
    }
}

/// A bare word.
fn keyword(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Reference(reference) if reference.steps.is_empty() => Some(&reference.root.name),
        _ => None,
    }
}
