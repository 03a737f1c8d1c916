//! Arguments that must be known before anything is evaluated: literal texts, flags, words and references.

use crate::config::module::Text;
use crate::config::resource::ProviderRef;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Ident, ObjectKey, Reference, Step, TemplatePart};
use crate::syntax::{self};
use crate::value::{Value, ValueKind};

/// A literal text; a number or a flag is taken as one.
pub fn text(expression: &Expression, diagnostics: &mut Diagnostics) -> Option<Text> {
    let value = literal(expression, diagnostics)?;
    let value = match value.kind() {
        ValueKind::String(text) => text.clone(),
        ValueKind::Bool(flag) => flag.to_string().into(),
        ValueKind::Number(number) => number.to_string().into(),
        ValueKind::Null(_) => return None,
        _ => return unsuitable(expression, "string", diagnostics),
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
        _ if value.is_null() => None,
        _ => unsuitable(expression, "bool", diagnostics),
    }
}

fn unsuitable<T>(expression: &Expression, wanted: &str, diagnostics: &mut Diagnostics) -> Option<T> {
    let detail = format!("Unsuitable value: a {wanted} is required.");
    diagnostics.error_at(expression.span, "Unsuitable value type", detail);
    None
}

fn literal<'a>(expression: &'a Expression, diagnostics: &mut Diagnostics) -> Option<&'a Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value),
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Wrapped(inner) => literal(inner, diagnostics),
        ExpressionKind::Invalid => None,
        _ => {
            diagnostics.push(not_literal(expression));
            None
        }
    }
}

/// What to say of an expression that had to be literal.
fn not_literal(expression: &Expression) -> Diagnostic {
    match first_variable(expression) {
        Some(Culprit::Variable(span)) => {
            Diagnostic::error("Variables not allowed", "Variables may not be used here.").at(span)
        }
        Some(Culprit::Call(span)) => {
            Diagnostic::error("Function calls not allowed", "Functions may not be called here.").at(span)
        }
        None => Diagnostic::error("Unsuitable value type", "A literal value is required here.").at(expression.span),
    }
}

/// Reports the first reference or call in a value that has to stand for itself.
pub fn refuse_references(expression: &Expression, diagnostics: &mut Diagnostics) {
    if first_variable(expression).is_some() {
        diagnostics.push(not_literal(expression));
    }
}

enum Culprit {
    Variable(Span),
    Call(Span),
}

/// The first reference or call in an expression, as far as it is written plainly.
fn first_variable(expression: &Expression) -> Option<Culprit> {
    match &expression.kind {
        ExpressionKind::Reference(_) => Some(Culprit::Variable(expression.span)),
        ExpressionKind::Call(call) => Some(Culprit::Call(call.name.span)),
        ExpressionKind::Template(parts) => parts.iter().find_map(|part| match part {
            TemplatePart::Interpolation(inner) => first_variable(inner),
            _ => None,
        }),
        ExpressionKind::Wrapped(inner)
        | ExpressionKind::Parenthesis(inner)
        | ExpressionKind::Unary(_, inner)
        | ExpressionKind::Access { source: inner, .. } => first_variable(inner),
        ExpressionKind::Binary(_, left, right) => first_variable(left).or_else(|| first_variable(right)),
        ExpressionKind::Conditional { condition, when_true, when_false } => {
            [condition, when_true, when_false].into_iter().find_map(|part| first_variable(part))
        }
        ExpressionKind::Tuple(items) => items.iter().find_map(first_variable),
        ExpressionKind::Object(items) => items.iter().find_map(|item| first_variable(&item.value)),
        ExpressionKind::For(parts) => first_variable(&parts.collection),
        ExpressionKind::Literal(_) | ExpressionKind::Invalid => None,
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
        ObjectKey::Expression(key) => {
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

/// A reference that is not in quotes.
pub fn bare_reference(expression: Expression, diagnostics: &mut Diagnostics) -> Option<Reference> {
    if matches!(expression.kind, ExpressionKind::Literal(_)) {
        diagnostics.push(not_static(expression.span));
        return None;
    }
    reference(expression, diagnostics)
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

/// `name`, `name.alias` or `name.alias[key]`.
pub fn provider(expression: Expression, diagnostics: &mut Diagnostics) -> Option<ProviderRef> {
    let span = expression.span;
    let Reference { root, steps } = reference(expression, diagnostics)?;
    let mut steps = steps.into_iter();
    let (alias, key) = match (steps.next(), steps.next(), steps.next()) {
        (None, ..) => (None, None),
        (Some(Step::Attribute(alias)), None, _) => (Some(alias.name), None),
        (Some(Step::Attribute(alias)), Some(Step::Index(key)), None) => (Some(alias.name), Some(key)),
        _ => {
            let detail = "The provider argument requires a provider type name, optionally followed by a period and \
                          then a configuration alias.";
            diagnostics.error_at(span, "Invalid provider configuration reference", detail);
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
