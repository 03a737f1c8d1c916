//! Arguments that must be known before anything is evaluated: literal texts, flags, words and references.

use crate::config::module::Text;
use crate::config::resource::ProviderRef;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::syntax::tree::{
    Attribute, Body, Expression, ExpressionKind, For, Ident, ObjectKey, Reference, Step, TemplatePart,
};
use crate::syntax::{self};
use crate::value::{Value, ValueKind};

/// A literal text; a number or a flag is taken as one.
pub fn text(expression: &Expression, diagnostics: &mut Diagnostics) -> Option<Text> {
    let value = literal(expression, diagnostics)?;
    let value = match value.kind() {
        ValueKind::String(text) => text.clone(),
        ValueKind::Bool(flag) => flag.to_string().into(),
        ValueKind::Number(number) => number.to_string().into(),
        ValueKind::Null(_) => return unsuitable(expression, "null value is not allowed", diagnostics),
        _ => return unsuitable(expression, "string required", diagnostics),
    };
    Some(Text { value, span: expression.span })
}

/// A literal flag; the words in quotes are taken as one.
pub fn flag(expression: &Expression, diagnostics: &mut Diagnostics) -> Option<bool> {
    let value = literal(expression, diagnostics)?;
    match (value.as_bool(), value.as_str()) {
        (Some(flag), _) => Some(flag),
        (_, Some("true" | "1")) => Some(true),
        (_, Some("false" | "0")) => Some(false),
        _ if value.is_null() => unsuitable(expression, "null value is not allowed", diagnostics),
        _ => unsuitable(expression, "a bool is required", diagnostics),
    }
}

fn unsuitable<T>(expression: &Expression, why: &str, diagnostics: &mut Diagnostics) -> Option<T> {
    diagnostics.error_at(expression.span, "Unsuitable value type", format!("Unsuitable value: {why}."));
    None
}

fn literal<'a>(expression: &'a Expression, diagnostics: &mut Diagnostics) -> Option<&'a Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value),
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Wrapped(inner) => literal(inner, diagnostics),
        ExpressionKind::Invalid => None,
        _ => {
            refuse_references(expression, diagnostics);
            unsuitable(expression, "value must be known", diagnostics)
        }
    }
}

/// Whether an expression is a literal, or can be nothing at all.
pub fn is_literal(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Literal(_) | ExpressionKind::Invalid => true,
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Wrapped(inner) => is_literal(inner),
        _ => false,
    }
}

/// Reports every reference and call in a value that has to stand for itself. False when there is one.
pub fn refuse_references(expression: &Expression, diagnostics: &mut Diagnostics) -> bool {
    let mut found = Culprits { named: Vec::new(), found: Diagnostics::new() };
    found.expression(expression);
    let plain = !found.found.has_errors();
    diagnostics.extend(found.found);
    plain
}

/// Looks for what is no value of its own: references, other than to the variables of a `for` around, and calls.
struct Culprits<'a> {
    named: Vec<&'a str>,
    found: Diagnostics,
}

impl<'a> Culprits<'a> {
    fn expression(&mut self, expression: &'a Expression) {
        match &expression.kind {
            ExpressionKind::Reference(reference) if !self.named.contains(&&*reference.root.name) => {
                self.found.error_at(expression.span, "Variables not allowed", "Variables may not be used here.");
            }
            ExpressionKind::Call(call) => {
                let detail = "Functions may not be called here.";
                self.found.error_at(call.name.span, "Function calls not allowed", detail);
            }
            ExpressionKind::Template(parts) => parts.iter().for_each(|part| {
                if let TemplatePart::Interpolation(inner) = part {
                    self.expression(inner);
                }
            }),
            ExpressionKind::Wrapped(inner)
            | ExpressionKind::Parenthesis(inner)
            | ExpressionKind::Unary(_, inner)
            | ExpressionKind::Access { source: inner, .. } => self.expression(inner),
            ExpressionKind::Binary(_, left, right) => [left, right].into_iter().for_each(|side| self.expression(side)),
            ExpressionKind::Conditional { condition, when_true, when_false } => {
                for part in [condition, when_true, when_false] {
                    self.expression(part);
                }
            }
            ExpressionKind::Tuple(items) => items.iter().for_each(|item| self.expression(item)),
            ExpressionKind::Object(items) => items.iter().for_each(|item| {
                if let ObjectKey::Expression(key) | ObjectKey::Property(key) = &item.key {
                    self.expression(key);
                }
                self.expression(&item.value);
            }),
            ExpressionKind::For(each) => self.comprehension(each),
            ExpressionKind::Reference(_) | ExpressionKind::Literal(_) | ExpressionKind::Invalid => {}
        }
    }

    fn comprehension(&mut self, each: &'a For) {
        self.expression(&each.collection);
        let before = self.named.len();
        self.named.extend(each.key_name.as_ref().map(|name| &*name.name));
        self.named.push(&each.value_name.name);
        each.key.iter().chain([&each.value]).chain(&each.condition).for_each(|inner| self.expression(inner));
        self.named.truncate(before);
    }
}

/// A word that stands for itself: `all`, `destroy`. Quotes around it are tolerated, as JSON syntax needs them.
pub fn word(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Reference(Reference { root, steps }) if steps.is_empty() => Some(&root.name),
        ExpressionKind::Literal(value) => value.as_str(),
        _ => None,
    }
}

/// Warns of references in quotes in arguments of these names; native syntax needs none.
pub fn discourage_quotes(body: &Body, names: &[&str], diagnostics: &mut Diagnostics) {
    let meant = |argument: &&Attribute| !body.json && names.contains(&&*argument.name.name);
    for argument in body.attributes.iter().filter(meant) {
        let items = match &argument.value.kind {
            ExpressionKind::Tuple(items) => items.as_slice(),
            _ => std::slice::from_ref(&argument.value),
        };
        let quoted = |item: &&Expression| match &item.kind {
            ExpressionKind::Literal(value) => value.as_str().is_some_and(|text| text != "*"),
            _ => false,
        };
        diagnostics.extend(items.iter().filter(quoted).map(|item| needless_quotes(item.span)));
    }
}

fn needless_quotes(span: Span) -> Diagnostic {
    let detail = "In this context, references are expected literally rather than in quotes. Terraform 0.11 and earlier \
                  required quotes, but quoted references are now deprecated. Remove the quotes around this reference to \
                  silence this warning.";
    Diagnostic::warning("Quoted references are deprecated", detail).at(span)
}

/// The items of a list that is written out.
pub fn list(expression: Expression, diagnostics: &mut Diagnostics) -> Vec<Expression> {
    match expression.kind {
        ExpressionKind::Tuple(items) => items,
        ExpressionKind::Invalid => Vec::new(),
        _ => {
            diagnostics.error_at(expression.span, "Invalid expression", "A static list expression is required.");
            Vec::new()
        }
    }
}

/// The entries of an object that is written out: keys that are names or literal texts, and their values.
pub fn entries(expression: Expression, diagnostics: &mut Diagnostics) -> Vec<(Ident, Expression)> {
    let ExpressionKind::Object(items) = expression.kind else {
        if !matches!(expression.kind, ExpressionKind::Invalid) {
            diagnostics.error_at(expression.span, "Invalid expression", "A static map expression is required.");
        }
        return Vec::new();
    };
    let entry = |(key, value)| match key {
        ObjectKey::Name(name) => Some((name, value)),
        ObjectKey::Expression(key) | ObjectKey::Property(key) => {
            let Text { value: name, span } = text(&key, diagnostics)?;
            Some((Ident { name, span }, value))
        }
    };
    items.into_iter().map(|item| (item.key, item.value)).filter_map(entry).collect()
}

/// A reference by names, attributes and literal indexes; in quotes too, as JSON syntax needs it.
pub fn reference(expression: Expression, diagnostics: &mut Diagnostics) -> Option<Reference> {
    let span = expression.span;
    match expression.kind {
        ExpressionKind::Reference(reference) => Some(reference),
        ExpressionKind::Wrapped(inner) => self::reference(*inner, diagnostics),
        ExpressionKind::Literal(value) if value.as_str().is_some() => diagnostics.take(syntax::parse_traversal_at(
            Span { start: span.start + 1, ..span },
            value.as_str().unwrap_or_default(),
        )),
        ExpressionKind::Invalid => None,
        _ => {
            diagnostics.push(not_static(span));
            None
        }
    }
}

fn not_static(span: Span) -> Diagnostic {
    let detail = "A single static variable reference is required: only attribute access and indexing with constant keys. \
                  No calculations, function calls or templates are allowed here.";
    Diagnostic::error("Invalid expression", detail).at(span)
}

/// The references of a list that is written out.
pub fn references(expression: Expression, diagnostics: &mut Diagnostics) -> Vec<Reference> {
    list(expression, diagnostics).into_iter().filter_map(|item| reference(item, diagnostics)).collect()
}

const NO_PROVIDER: &str = "Invalid provider configuration reference";

const PROVIDER_FORM: &str = "The provider argument requires a provider type name, optionally followed by a period and \
                             then a configuration alias.";

/// `name`, `name.alias` or `name.alias[key]`.
pub fn provider(expression: Expression, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let span = expression.span;
    let mut found = Diagnostics::new();
    let Some(Reference { root, steps }) = reference(expression, &mut found) else {
        if found.has_errors() {
            diagnostics.error_at(span, NO_PROVIDER, PROVIDER_FORM);
        }
        return None;
    };
    let mut steps = steps.into_iter();
    let (alias, key) = match (steps.next(), steps.next(), steps.next()) {
        (None, ..) => (None, None),
        (Some(Step::Attribute(alias)), None, _) => (Some(alias.name), None),
        (Some(Step::Attribute(alias)), Some(Step::Index(key)), None) => (Some(alias.name), Some(*key)),
        _ => {
            diagnostics.error_at(span, NO_PROVIDER, PROVIDER_FORM);
            return None;
        }
    };
    Some(ProviderRef { name: root.name, alias, key, span })
}

/// An expression that JSON syntax puts in quotes: `"list(string)"` there is `list(string)`.
pub fn unquoted(expression: Expression, json: bool, diagnostics: &mut Diagnostics) -> Expression {
    let span = expression.span;
    match &expression.kind {
        ExpressionKind::Literal(value) if json => match value.as_str() {
            Some(text) => diagnostics.take(syntax::parse_expression_at(Span { start: span.start + 1, ..span }, text)),
            None => expression,
        },
        _ => expression,
    }
}
