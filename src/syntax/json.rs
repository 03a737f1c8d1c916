//! JSON syntax (hashicorp/hcl, json/spec.md): the same tree as of native syntax. Every property is read as an argument;
//! whoever knows that it is a block takes its blocks out with [`blocks`].

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceId, Span};
use crate::syntax::cursor::Origin;
use crate::syntax::json_text::{self, Json, JsonKind, Key};
use crate::syntax::template_at;
use crate::syntax::tree::{Attribute, Block, Body, Expression, ExpressionKind, Ident, ObjectItem, ObjectKey};
use crate::value::{Number, Type, Value};

/// Reads a configuration file in JSON syntax.
pub fn parse(source: SourceId, text: &str) -> (Body, Diagnostics) {
    read(source, text, Texts::OfFile)
}

/// Reads a variable file in JSON syntax: nothing in it is a template.
pub fn parse_values(source: SourceId, text: &str) -> (Body, Diagnostics) {
    read(source, text, Texts::Literal)
}

fn read(source: SourceId, text: &str, texts: Texts) -> (Body, Diagnostics) {
    let empty = Body { span: Some(Span::new(source, 0..text.len())), json: true, ..Body::default() };
    let (root, mut diagnostics) = json_text::read(source, text);
    let span = root.span;
    match expression(root, texts, &mut diagnostics).kind {
        ExpressionKind::Object(items) => (body(items, span), diagnostics),
        ExpressionKind::Tuple(parts) => {
            let mut whole = empty;
            for part in parts {
                if let ExpressionKind::Object(items) = part.kind {
                    whole.attributes.extend(body(items, part.span).attributes);
                } else {
                    let detail = "The root of a JSON configuration is an object, or an array of objects.";
                    diagnostics.error_at(part.span, "Incorrect JSON value type", detail);
                }
            }
            (whole, diagnostics)
        }
        _ => {
            let detail = "The root of a JSON configuration is an object, or an array of objects.";
            diagnostics.error_at(span, "Root value must be object", detail);
            (empty, diagnostics)
        }
    }
}

/// Reads an argument of a JSON body as blocks of the type that its name is, with so many labels.
pub fn blocks(attribute: Attribute, labels: usize) -> (Vec<Block>, Diagnostics) {
    let mut unpacking = Unpacking { kind: attribute.name, blocks: Vec::new(), diagnostics: Diagnostics::new() };
    unpacking.labelled(attribute.value, &mut Vec::new(), labels);
    (unpacking.blocks, unpacking.diagnostics)
}

/// Blocks of one type that are being found under a property.
struct Unpacking {
    kind: Ident,
    blocks: Vec<Block>,
    diagnostics: Diagnostics,
}

impl Unpacking {
    /// Properties whose names are labels, so many levels of them, and then blocks.
    fn labelled(&mut self, value: Expression, labels: &mut Vec<Ident>, missing: usize) {
        if missing == 0 {
            return self.unpack(value, labels);
        }
        let start = Span { end: (value.span.start + 1).min(value.span.end), ..value.span };
        let items = self.properties(value);
        if items.is_empty() {
            let kind = &self.kind.name;
            let detail =
                format!("The names of an object's properties are the labels of \"{kind}\" blocks; here is none.");
            self.diagnostics.error_at(start, "Missing block label", detail);
        }
        for item in items {
            labels.push(key_ident(item.key));
            self.labelled(item.value, labels, missing - 1);
            labels.pop();
        }
    }

    /// The properties of an object, or of the objects in an array.
    fn properties(&mut self, value: Expression) -> Vec<ObjectItem> {
        match value.kind {
            ExpressionKind::Object(items) => items,
            ExpressionKind::Tuple(parts) => parts.into_iter().flat_map(|part| self.properties(part)).collect(),
            ExpressionKind::Literal(null) if null.is_null() => Vec::new(),
            _ => {
                let detail = format!(
                    "Here an object must be, the names of whose properties are the labels of \"{}\" blocks.",
                    self.kind.name
                );
                self.diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(value.span));
                Vec::new()
            }
        }
    }

    fn unpack(&mut self, value: Expression, labels: &[Ident]) {
        let span = value.span;
        match value.kind {
            ExpressionKind::Tuple(items) => {
                for item in items {
                    self.unpack(item, labels);
                }
            }
            ExpressionKind::Object(items) => {
                let header = labels.last().map_or(self.kind.span, |label| label.span);
                let body = body(items, span);
                let (kind, labels) = (self.kind.clone(), labels.to_vec());
                self.blocks.push(Block { kind, labels, body, header, span, overridden: None });
            }
            ExpressionKind::Literal(value) if value.is_null() => {}
            _ => {
                let detail = format!(
                    "Here an object or an array of objects must be, with the contents of \"{}\" blocks.",
                    self.kind.name
                );
                self.diagnostics.push(Diagnostic::error("Incorrect JSON value type", detail).at(span));
            }
        }
    }
}

/// The properties of an object as arguments. `//` is a comment.
fn body(items: Vec<ObjectItem>, span: Span) -> Body {
    let attribute = |item: ObjectItem| {
        let name = key_ident(item.key);
        let span = name.span.to(item.value.span);
        Attribute { name, value: item.value, span }
    };
    let attributes = items.into_iter().map(attribute).filter(|attribute| &*attribute.name.name != "//").collect();
    Body { attributes, blocks: Vec::new(), span: Some(span), json: true }
}

fn key_ident(key: ObjectKey) -> Ident {
    match key {
        ObjectKey::Name(name) => name,
        ObjectKey::Expression(key) | ObjectKey::Property(key) => {
            let name = if let ExpressionKind::Literal(value) = &key.kind { value.as_str() } else { None };
            Ident { name: name.unwrap_or_default().into(), span: key.span }
        }
    }
}

/// What the texts in a JSON value are. Terraform takes them for templates only where it evaluates them later.
#[derive(Debug, Clone, Copy)]
enum Texts {
    /// Templates.
    Template,
    /// Themselves.
    Literal,
    /// What the names of the root's properties say: settings and variables stand for themselves.
    OfFile,
    /// Under `variable`, above the label.
    OfVariables,
    /// What the arguments' names say: only validations are evaluated.
    OfVariable,
}

impl Texts {
    /// What they are in the property of a name.
    fn under(self, name: &str) -> Self {
        match self {
            Self::OfFile if name == "variable" => Self::OfVariables,
            Self::OfFile if name == "terraform" => Self::Literal,
            Self::OfVariables => Self::OfVariable,
            Self::OfVariable if name != "validation" => Self::Literal,
            Self::OfFile | Self::OfVariable | Self::Template => Self::Template,
            Self::Literal => Self::Literal,
        }
    }
}

/// A JSON value as an expression.
fn expression(json: Json, texts: Texts, diagnostics: &mut Diagnostics) -> Expression {
    let span = json.span;
    let kind = match json.kind {
        JsonKind::Invalid => ExpressionKind::Invalid,
        JsonKind::Null => ExpressionKind::Literal(Value::null(Type::Dynamic)),
        JsonKind::Bool(flag) => ExpressionKind::Literal(Value::bool(flag)),
        JsonKind::Number(digits) => match Number::parse(&digits) {
            Some(number) => ExpressionKind::Literal(Value::number(number)),
            None => ExpressionKind::Invalid,
        },
        JsonKind::String(text) => self::text(&text, span, texts, diagnostics).kind,
        JsonKind::Array(items) => {
            ExpressionKind::Tuple(items.into_iter().map(|item| expression(item, texts, diagnostics)).collect())
        }
        JsonKind::Object(properties) => {
            let item = |(Key { name, span }, value)| ObjectItem {
                value: expression(value, texts.under(&name), diagnostics),
                key: ObjectKey::Property(text(&name, span, texts, diagnostics).into()),
            };
            ExpressionKind::Object(properties.into_iter().map(item).collect())
        }
    };
    Expression { kind, span }
}

fn text(text: &str, span: Span, texts: Texts, diagnostics: &mut Diagnostics) -> Expression {
    match texts {
        Texts::Template => template(text, span, diagnostics),
        _ => Expression { kind: ExpressionKind::Literal(Value::string(text)), span },
    }
}

/// The text between quotes at `span` as a template.
fn template(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Expression {
    let inner = Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1), ..span };
    let mut read = diagnostics.take(template_at(Origin { span: inner }, text));
    read.span = span;
    read
}
