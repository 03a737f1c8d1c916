//! Random expressions: evaluation ends, and never by a panic.

use proptest::prelude::*;

use crate::eval::console::value_text;
use crate::eval::references::{references, static_references};
use crate::eval::templates::Surroundings;
use crate::eval::{MapScope, evaluate};
use crate::span::SourceMap;
use crate::syntax::parse_expression;
use crate::value::{Type, Value};

/// Expressions of all forms, most of them wrong in some way.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null", "true", "1", "-1", "0.5", "\"a\"", "\"0\"", "\"\"", "[]", "{}", "var.s", "var.d", "var.l", "var.o",
        "var.k", "x", "nope",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 4, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||"]);
        prop_oneof![
            (two.clone(), operator).prop_map(|((a, b), o)| format!("({a} {o} {b})")),
            three.clone().prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            two.clone().prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a}).a")),
            inner.clone().prop_map(|a| format!("({a})[*].a[0]")),
            inner.clone().prop_map(|a| format!("({a}).*.a")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("{{ a = {a}, ({b}) = 1 }}")),
            three.clone().prop_map(|(a, b, c)| format!("[for x in {a} : {b} if {c}]")),
            three.prop_map(|(a, b, c)| format!("{{for k, x in {a} : {b} => {c}}}")),
            two.clone().prop_map(|(a, b)| format!("{{for k, x in {a} : k => {b}...}}")),
            two.clone().prop_map(|(a, b)| format!("\"${{{a}}}-${{{b}}}\"")),
            two.clone().prop_map(|(a, b)| format!("\"%{{ if {a} }}x%{{ else }}${{{b}}}%{{ endif }}\"")),
            two.clone().prop_map(|(a, b)| format!("\"%{{ for x in {a} }}${{{b}}}%{{ endfor }}\"")),
            two.clone().prop_map(|(a, b)| format!("try({a}, {b})")),
            two.prop_map(|(a, b)| format!("merge({a}, {b}...)")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.prop_map(|a| format!("can({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_never_panics(text in expressions()) {
        let mut sources = SourceMap::default();
        let (expression, _) = parse_expression(sources.add("random", None, text.as_str()), &text);
        let surroundings = Surroundings::default();
        let functions = surroundings.context();
        let variables = Value::object_of([
            ("s", Value::unknown(Type::String)),
            ("d", Value::dynamic()),
            ("l", Value::unknown(Type::list(Type::object([("a", Type::list(Type::Number))])))),
            ("o", Value::object_of([("a", Value::tuple(vec![Value::string("q").sensitive()]))])),
            ("k", Value::null(Type::list(Type::String))),
        ]);
        let scope = MapScope::new(&functions).with("var", variables);
        let (value, diagnostics) = evaluate(&expression, &scope);
        let _ = value_text(&value);
        for diagnostic in &diagnostics {
            prop_assert!(diagnostic.subject.is_some());
            prop_assert!(!diagnostic.detail.contains("\"q\""), "a secret in {:?}", diagnostic);
            prop_assert!(diagnostic.values.iter().all(|used| !used.statement.contains("\"q\"")));
        }
        prop_assert!(references(&expression).len() <= static_references(&expression).len());
    }
}

#[test]
fn what_the_parser_lets_nest_can_be_evaluated() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(40), close.repeat(40));
    for text in [
        deep("(", ")"),
        deep("[", "]"),
        deep("{ a = ", "}"),
        deep("-", ""),
        deep("[for x in [1] : ", "]"),
        deep("true ? ", " : 2"),
        deep("try(", ")"),
        deep("\"${", "}x\""),
        format!("1{}", " + 1".repeat(190)),
    ] {
        let mut sources = SourceMap::default();
        let (expression, found) = parse_expression(sources.add("deep", None, text.as_str()), &text);
        assert!(!found.has_errors(), "{found:?}");
        let surroundings = Surroundings::default();
        let functions = surroundings.context();
        let (value, diagnostics) = evaluate(&expression, &MapScope::new(&functions));
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        let _ = value_text(&value);
    }
}
