//! A second opinion: `hcl-edit` must make the same tree of every text that both read.

use hcl_edit::expr::{Expression, ForExpr, FuncCall, ObjectKey, TraversalOperator};
use hcl_edit::template::{Element, Template};
use proptest::prelude::*;

use super::shown::shown;
use super::source;
use crate::syntax::parse_expression;

/// What both make of an expression.
fn both(text: &str) -> (String, String) {
    let theirs: Expression = text.parse().unwrap_or_else(|error| panic!("hcl-edit refuses {text}: {error}"));
    // A heredoc ends with a line end for us, as in a file; hcl-edit wants none behind an expression.
    let line = format!("{text}\n");
    let (ours, diagnostics) = parse_expression(source(&line).0, &line);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    (shown(&ours), other(&theirs))
}

fn other(expression: &Expression) -> String {
    match expression {
        Expression::Null(_) => "null".to_owned(),
        Expression::Bool(flag) => flag.value().to_string(),
        Expression::Number(number) => number.value().to_string(),
        Expression::String(text) => format!("{:?}", text.value()),
        Expression::Array(items) => format!("[{}]", joined(items.iter().map(other))),
        Expression::Object(items) => {
            let item = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                let key = match key {
                    ObjectKey::Ident(name) => name.to_string(),
                    ObjectKey::Expression(key) => other(key),
                };
                format!("{}={}", key.trim(), other(value.expr()))
            };
            format!("{{{}}}", joined(items.iter().map(item)))
        }
        Expression::StringTemplate(template) => format!("(template {})", joined(template.iter().map(element))),
        Expression::HeredocTemplate(heredoc) => template(&heredoc.template),
        Expression::Parenthesis(inner) => format!("({})", other(inner.inner())),
        Expression::Variable(name) => name.value().to_string(),
        Expression::Conditional(parts) => {
            format!("(? {} {} {})", other(&parts.cond_expr), other(&parts.true_expr), other(&parts.false_expr))
        }
        Expression::FuncCall(call) => other_call(call),
        Expression::Traversal(traversal) => {
            let steps: String = traversal.operators.iter().map(|step| other_step(step.value())).collect();
            other(&traversal.expr) + &steps
        }
        Expression::UnaryOp(unary) => format!("({} {})", unary.operator.value(), other(&unary.expr)),
        Expression::BinaryOp(binary) => {
            format!("({} {} {})", binary.operator.value(), other(&binary.lhs_expr), other(&binary.rhs_expr))
        }
        Expression::ForExpr(parts) => other_for(parts),
    }
}

fn other_call(call: &FuncCall) -> String {
    let mut name: Vec<&str> = call.name.namespace.iter().map(|part| part.value().as_str()).collect();
    name.push(call.name.name.value());
    let expand = if call.args.expand_final() { "..." } else { "" };
    format!("({}() {}{expand})", name.join("::"), joined(call.args.iter().map(other)))
}

fn other_step(step: &TraversalOperator) -> String {
    match step {
        TraversalOperator::AttrSplat(_) => ".*".to_owned(),
        TraversalOperator::FullSplat(_) => "[*]".to_owned(),
        TraversalOperator::GetAttr(name) => format!(".{}", name.value()),
        TraversalOperator::Index(key) => format!("[{}]", other(key)),
        TraversalOperator::LegacyIndex(index) => format!(".{}", index.value()),
    }
}

fn other_for(parts: &ForExpr) -> String {
    let intro = &parts.intro;
    let key_name = intro.key_var.as_ref().map(|name| format!("{}, ", name.value())).unwrap_or_default();
    let key = parts.key_expr.as_ref().map(|key| format!("{} => ", other(key))).unwrap_or_default();
    let grouped = if parts.grouping { "..." } else { "" };
    let condition = parts.cond.as_ref().map(|c| format!(" if {}", other(&c.expr))).unwrap_or_default();
    let (value_name, collection) = (intro.value_var.value(), other(&intro.collection_expr));
    format!("(for {key_name}{value_name} in {collection} : {key}{}{grouped}{condition})", other(&parts.value_expr))
}

fn template(template: &Template) -> String {
    match joined(template.iter().map(element)) {
        alone if template.iter().count() == 1 && alone.starts_with('"') => alone,
        parts => format!("(template {parts})"),
    }
}

fn element(element: &Element) -> String {
    match element {
        Element::Literal(text) => format!("{:?}", text.value()),
        Element::Interpolation(inner) => other(&inner.expr),
        Element::Directive(_) => panic!("directives are not compared"),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn both_make_the_same_of_every_form() {
    for text in [
        "1 + 2 * 3 - 4 % 5 / 6",
        "a || b && c == d != e > f >= g",
        "-a.b[0] + !c ? d : e ? f : g",
        "(a ? b : c) ? d : e",
        "var.list[*].name[0].x",
        "var.list.*.name.0.x[1]",
        "azurerm_subnet.a[each.key].id",
        "f(a, [b, c]...)",
        "provider::azurerm::parse_id(x)",
        "[for k, v in m : \"${k}=${v}\" if v != null]",
        "{ for v in l : v.name => v... }",
        "{ a = 1, \"b\" : 2, (c) = 3\n d = [\n1,\n2,\n]\n}",
        r#""a\n\"\\\u00e4 $${x} %%{y} $ %""#,
        r#""${a}""#,
        r#""x-${upper("y-${z}")}-""#,
        "<<EOT\n  a\n\n ${b} c\nEOT",
        "<<-EOT\n    a\n\n      b ${c}\n    EOT",
    ] {
        let (ours, theirs) = both(text);
        assert_eq!(ours, theirs, "{text}");
    }
}

/// Texts of expressions, by the grammar.
fn expression_text() -> impl Strategy<Value = String> {
    let name = "[a-z][a-z0-9_]{0,3}".prop_filter("a keyword", |n| {
        !["for", "in", "if", "true", "false", "null", "else", "endif", "endfor"].contains(&n.as_str())
    });
    let leaf = prop_oneof![
        name.clone(),
        (0u32..1000).prop_map(|n| n.to_string()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        "[a-z ä%]{0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let inner = inner.boxed();
        let operator =
            prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"]);
        let name = name.clone();
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (name.clone(), inner.clone()).prop_map(|(n, a)| format!("{n}.{n}[{a}][*].{n}")),
            (name.clone(), prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(n, a)| format!("{n}({})", a.join(", "))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|a| format!("[{}]", a.join(","))),
            (name.clone(), inner.clone()).prop_map(|(n, a)| format!("{{ {n} = {a} }}")),
            (name.clone(), inner.clone(), inner.clone()).prop_map(|(n, a, b)| format!("[for {n} in {a} : {b}]")),
            (name, inner.clone(), inner.clone())
                .prop_map(|(n, a, b)| format!("{{for {n}, v in {a} : {n} => {b} if v}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("\"x${{{a}}}y${{{b}}}\"")),
        ]
    })
}

proptest! {
    #[test]
    fn both_make_the_same_of_any_expression(text in expression_text()) {
        let (ours, theirs) = both(&text);
        prop_assert_eq!(ours, theirs);
    }
}
