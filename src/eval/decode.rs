//! A body and the schema of its kind to a value: arguments converted to their types, nested blocks gathered.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::fault::Problem;
use crate::eval::gather::Gathered;
use crate::eval::nearest::did_you_mean;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::provider::{self, NestedBlock, Nesting};
use crate::span::Span;
use crate::syntax::tree::{Attribute, Body, Expression, ExpressionKind};
use crate::value::{Fields, Path, Type, Value};

pub use crate::eval::locate::locate;

/// What a provider says of names that its schema does not have ([`provider::Kind::renamed`]).
pub type Renamed<'a> = dyn Fn(&[&str]) -> Option<String> + 'a;

/// Decodes a body by a schema. The value conforms to [`provider::Block::implied_type`], with null for what is not
/// configured; what could not be evaluated is unknown in it. `place` is where to point for what is missing.
pub fn decode_body(
    body: &Body,
    schema: &provider::Block,
    scope: &dyn Scope,
    place: Span,
    renamed: &Renamed<'_>,
) -> (Value, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut decoder = Decoder { renamed, path: Vec::new(), diagnostics: &mut diagnostics };
    let value = decoder.block(body, schema, scope, place);
    (value, diagnostics)
}

/// The attributes that only the provider can decide and that are configured all the same.
pub fn configured_read_only(value: &Value, schema: &provider::Block) -> Vec<Path> {
    schema
        .attributes
        .iter()
        .filter(|(_, attribute)| attribute.computed && !attribute.optional && !attribute.required)
        .filter(|(name, _)| value.field(name).is_some_and(|value| !value.is_null()))
        .map(|(name, _)| Path::attribute(name))
        .collect()
}

/// A decoding at work.
pub(super) struct Decoder<'a> {
    renamed: &'a Renamed<'a>,
    /// The names of the blocks around.
    path: Vec<String>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Decoder<'_> {
    /// The object of a body; `place` is its header, or what stands for one.
    pub(super) fn block(&mut self, body: &Body, schema: &provider::Block, scope: &dyn Scope, place: Span) -> Value {
        let mut gathered = self.gather(body, schema, scope);
        let attributes: FxHashMap<&str, &Attribute> =
            body.attributes.iter().map(|attribute| (&*attribute.name.name, attribute)).collect();
        let mut fields = Fields::new();
        for (name, of) in &schema.attributes {
            let value = if let Some(attribute) = attributes.get(&**name) {
                self.attribute(attribute, of, scope)
            } else {
                if of.required {
                    self.missing(name, body.span.unwrap_or(place));
                }
                Value::null(of.ty.clone())
            };
            fields.insert(name.clone(), value);
        }
        for (name, nested) in &schema.blocks {
            let value = match attributes.get(&**name) {
                Some(attribute) if nested.computed && (!body.json || is_empty_list(&attribute.value)) => {
                    self.blocks_as_attribute(attribute, nested, scope)
                }
                _ => {
                    let blocks = gathered.remove(&**name).unwrap_or_default();
                    self.nested(name, nested, blocks, body.span.unwrap_or(place))
                }
            };
            fields.insert(name.clone(), value);
        }
        self.duplicate_arguments(body, schema);
        self.unexpected_arguments(body, schema);
        Value::object(fields)
    }

    /// The object of one of the blocks of a type.
    pub(super) fn inner(
        &mut self,
        body: &Body,
        name: &str,
        nested: &NestedBlock,
        scope: &dyn Scope,
        header: Span,
    ) -> Value {
        self.path.push(name.to_owned());
        let value = self.block(body, &nested.block, scope, header);
        self.path.pop();
        value
    }

    fn missing(&mut self, name: &str, place: Span) {
        self.diagnostics.error_at(
            start_of(place),
            "Missing required argument",
            format!("The argument \"{name}\" is required, but no definition was found."),
        );
    }

    fn attribute(&mut self, attribute: &Attribute, of: &provider::Attribute, scope: &dyn Scope) -> Value {
        let value = value_of(&attribute.value, scope, self.diagnostics);
        if of.required && value.is_null() {
            self.diagnostics.error_at(
                attribute.value.span,
                "Missing required argument",
                format!(
                    "The argument \"{}\" is required, but its value is null. Set it, or make sure that the \
                     expression cannot become null.",
                    attribute.name.name
                ),
            );
        }
        // Modules pass on what nobody has given them.
        if let Some(instead) = of.deprecated.as_ref().filter(|_| !value.is_null()) {
            let warning = Diagnostic::warning("Argument is deprecated", instead.clone());
            self.diagnostics.push(warning.at(attribute.name.span));
        }
        self.converted(attribute, &value, &of.ty, scope)
    }

    fn converted(&mut self, attribute: &Attribute, value: &Value, ty: &Type, scope: &dyn Scope) -> Value {
        match value.convert(ty) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("Inappropriate value for attribute \"{}\": {error}.", attribute.name.name);
                let mut diagnostic = Problem::new("Incorrect attribute value type", detail).at(&attribute.value, scope);
                diagnostic.context = Some(attribute.span);
                self.diagnostics.push(diagnostic);
                Value::unknown(ty.clone())
            }
        }
    }

    /// Blocks whose absence the provider fills, written as an argument: `kubelet_identity = []` means none.
    fn blocks_as_attribute(&mut self, attribute: &Attribute, nested: &NestedBlock, scope: &dyn Scope) -> Value {
        let value = value_of(&attribute.value, scope, self.diagnostics);
        self.converted(attribute, &value, &nested.implied_type(), scope)
    }

    /// The value of all blocks of a type.
    fn nested(&mut self, name: &str, nested: &NestedBlock, blocks: Gathered, place: Span) -> Value {
        if blocks.unknown {
            return Value::unknown(nested.implied_type()).marked(blocks.marks);
        }
        self.check_count(name, nested, &blocks, place);
        let marks = blocks.marks;
        let element = || nested.block.implied_type();
        let mut values = blocks.values.into_iter();
        let value = match nested.nesting {
            Nesting::Single => values.next().unwrap_or_else(|| Value::null(element())),
            Nesting::Group => values.next().unwrap_or_else(|| absent_group(&nested.block)),
            Nesting::List | Nesting::Set if blocks.headers.is_empty() && nested.computed => {
                Value::null(nested.implied_type())
            }
            Nesting::List => Value::list(element(), values.collect()),
            Nesting::Set => Value::set(element(), values.collect()),
            Nesting::Map => Value::map(element(), blocks.labels.into_iter().zip(values).collect()),
        };
        value.marked(marks)
    }

    fn check_count(&mut self, name: &str, nested: &NestedBlock, blocks: &Gathered, place: Span) {
        let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
        if blocks.headers.len() < nested.min_items {
            let (summary, detail) = if single {
                (format!("Missing {name} block"), format!("A {name} block is required here."))
            } else {
                let least = nested.min_items;
                (format!("Insufficient {name} blocks"), format!("At least {least} \"{name}\" blocks are required."))
            };
            self.diagnostics.error_at(start_of(place), summary, detail);
        }
        let most = if single { 1 } else { nested.max_items };
        if let Some(first_too_many) = blocks.headers.get(most).filter(|_| most > 0) {
            let (summary, detail) = if single {
                (format!("Duplicate {name} block"), format!("Only one block of type \"{name}\" is allowed."))
            } else {
                (format!("Too many {name} blocks"), format!("No more than {most} \"{name}\" blocks are allowed."))
            };
            self.diagnostics.error_at(*first_too_many, summary, detail);
        }
    }

    /// Arguments of a JSON body that stand twice. In native syntax that is a fault of syntax.
    fn duplicate_arguments(&mut self, body: &Body, schema: &provider::Block) {
        let mut seen = FxHashSet::default();
        let arguments = body.attributes.iter().filter(|a| body.json && schema.attributes.contains_key(&a.name.name));
        for argument in arguments.filter(|argument| !seen.insert(&argument.name.name)) {
            let name = &argument.name.name;
            let detail = format!("The argument \"{name}\" was already set. Each argument may be set only once.");
            self.diagnostics.error_at(argument.name.span, "Duplicate argument", detail);
        }
    }

    /// Arguments that the schema does not have.
    fn unexpected_arguments(&mut self, body: &Body, schema: &provider::Block) {
        for attribute in &body.attributes {
            let name = &*attribute.name.name;
            let as_block = schema.blocks.get(name);
            let fits = as_block.is_some_and(|nested| nested.computed || body.json);
            let of_json = body.json && matches!(name, "//" | "dynamic");
            if schema.attributes.contains_key(name) || fits || of_json {
                continue;
            }
            let hint = if as_block.is_some() {
                format!(" Did you mean to define a block of type \"{name}\"?")
            } else {
                self.hint(name, schema.attributes.keys())
            };
            let detail = format!("An argument named \"{name}\" is not expected here.{hint}");
            self.diagnostics.error_at(attribute.name.span, "Unsupported argument", detail);
        }
    }

    /// A block of a type that the schema does not have.
    pub(super) fn unexpected_block(&mut self, name: &str, place: Span, schema: &provider::Block) {
        let hint = if schema.attributes.contains_key(name) {
            format!(" Did you mean to define argument \"{name}\"? If so, use the equals sign to assign it a value.")
        } else {
            self.hint(name, schema.blocks.keys())
        };
        let detail = format!("Blocks of type \"{name}\" are not expected here.{hint}");
        self.diagnostics.error_at(place, "Unsupported block type", detail);
    }

    /// What the provider knows of a name, else the name that was probably meant.
    fn hint<'s>(&self, name: &str, known: impl Iterator<Item = &'s Arc<str>>) -> String {
        let path: Vec<&str> = self.path.iter().map(String::as_str).chain([name]).collect();
        match (self.renamed)(&path) {
            Some(text) => format!(" {text}"),
            None => did_you_mean(name, known.map(|known| &**known)),
        }
    }
}

fn is_empty_list(expression: &Expression) -> bool {
    matches!(&expression.kind, ExpressionKind::Tuple(items) if items.is_empty())
}

/// The very start of a place, where what is missing would stand.
fn start_of(place: Span) -> Span {
    let start = place.range().start;
    Span::new(place.source, start..start)
}

/// A group without a block is an object of nulls.
fn absent_group(schema: &provider::Block) -> Value {
    let attributes = schema.attributes.iter().map(|(name, of)| (name.clone(), Value::null(of.ty.clone())));
    let blocks = schema.blocks.iter().map(|(name, nested)| {
        let value = match nested.nesting {
            Nesting::Single => Value::null(nested.implied_type()),
            Nesting::Group => absent_group(&nested.block),
            Nesting::List => Value::list(nested.block.implied_type(), Vec::new()),
            Nesting::Set => Value::set(nested.block.implied_type(), Vec::new()),
            Nesting::Map => Value::map(nested.block.implied_type(), Fields::new()),
        };
        (name.clone(), value)
    });
    Value::object(attributes.chain(blocks).collect())
}
