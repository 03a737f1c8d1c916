//! Expressions in a form in which two trees compare: everything in parentheses, operators first.

use crate::syntax::tree::{
    BinaryOperator, Expression, ExpressionKind, Ident, ObjectKey, Step, TemplateFor, TemplatePart, UnaryOperator,
};
use crate::value::ValueKind;

/// The whole tree in one line.
pub fn shown(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Literal(value) => match value.kind() {
            ValueKind::Null(_) => "null".to_owned(),
            ValueKind::Bool(flag) => flag.to_string(),
            ValueKind::Number(number) => number.to_string(),
            ValueKind::String(text) => format!("{text:?}"),
            other => panic!("no literal: {other:?}"),
        },
        ExpressionKind::Template(parts) => format!("(template {})", all(parts, part)),
        ExpressionKind::Wrapped(inner) => format!("(template {})", shown(inner)),
        ExpressionKind::Tuple(items) => format!("[{}]", all(items, shown)),
        ExpressionKind::Object(items) => format!(
            "{{{}}}",
            all(items, |item| {
                let key = match &item.key {
                    ObjectKey::Name(name) => name.name.to_string(),
                    ObjectKey::Expression(key) | ObjectKey::Property(key) => shown(key),
                };
                format!("{key}={}", shown(&item.value))
            })
        ),
        ExpressionKind::Reference(reference) => format!("{}{}", reference.root.name, steps(&reference.steps)),
        ExpressionKind::Access { source, steps: taken } => format!("{}{}", shown(source), steps(taken)),
        ExpressionKind::Call(call) => {
            let expand = if call.expand_last { "..." } else { "" };
            format!("({}() {}{expand})", call.name.name, all(&call.arguments, shown))
        }
        ExpressionKind::For(parts) => {
            let key = parts.key.as_ref().map(|key| format!("{} => ", shown(key))).unwrap_or_default();
            let grouped = if parts.grouped { "..." } else { "" };
            let condition = parts.condition.as_ref().map(|c| format!(" if {}", shown(c))).unwrap_or_default();
            let (names, collection) = (names(parts.key_name.as_ref(), &parts.value_name), shown(&parts.collection));
            format!("(for {names} in {collection} : {key}{}{grouped}{condition})", shown(&parts.value))
        }
        ExpressionKind::Unary(operator, operand) => format!("({} {})", unary(*operator), shown(operand)),
        ExpressionKind::Binary(operator, left, right) => {
            format!("({} {} {})", binary(*operator), shown(left), shown(right))
        }
        ExpressionKind::Conditional { condition, when_true, when_false } => {
            format!("(? {} {} {})", shown(condition), shown(when_true), shown(when_false))
        }
        ExpressionKind::Parenthesis(inner) => format!("({})", shown(inner)),
        ExpressionKind::Invalid => "invalid".to_owned(),
    }
}

fn all<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn names(key: Option<&Ident>, value: &Ident) -> String {
    key.map(|key| format!("{}, ", key.name)).unwrap_or_default() + &value.name
}

fn part(part: &TemplatePart) -> String {
    match part {
        TemplatePart::Literal(text, _) => format!("{text:?}"),
        TemplatePart::Interpolation(inner) => shown(inner),
        TemplatePart::If { condition, when_true, when_false, .. } => {
            format!("(if {} [{}] [{}])", shown(condition), all(when_true, self::part), all(when_false, self::part))
        }
        TemplatePart::For(repeated) => {
            let TemplateFor { key_name, value_name, collection, body, .. } = &**repeated;
            let names = names(key_name.as_ref(), value_name);
            format!("(for {names} in {} [{}])", shown(collection), all(body, self::part))
        }
    }
}

fn steps(taken: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Attribute(name) => format!(".{}", name.name),
        Step::Index(key) => format!("[{}]", shown(key)),
        Step::LegacyIndex(index, _) => format!(".{index}"),
        Step::Splat { each, .. } => format!("[*]{}", steps(each)),
        Step::AttributeSplat { each, .. } => format!(".*{}", steps(each)),
    };
    taken.iter().map(step).collect()
}

/// The sign of an operator.
pub fn unary(operator: UnaryOperator) -> &'static str {
    match operator {
        UnaryOperator::Negate => "-",
        UnaryOperator::Not => "!",
    }
}

fn binary(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::And => "&&",
        BinaryOperator::Or => "||",
    }
}
