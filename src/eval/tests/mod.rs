//! Expressions against the answers of Terraform 1.11.4, recorded.
#![allow(clippy::unwrap_used)]

mod bodies;
mod names;
mod random;
mod settings;

use crate::diagnostic::Diagnostics;
use crate::eval::console::answer;
use crate::eval::templates::Surroundings;
use crate::eval::{LocalScope, MapScope, Scope, evaluate, used_values};
use crate::span::SourceMap;
use crate::syntax::parse_expression;
use crate::syntax::tree::Expression;
use crate::value::{Marks, Type, Value};

pub(super) fn parsed(text: &str) -> Expression {
    let mut sources = SourceMap::default();
    let (expression, diagnostics) = parse_expression(sources.add("<console>", None, text), text);
    assert!(!diagnostics.has_errors(), "{text}: {diagnostics:?}");
    expression
}

/// What the console answers where some names are known.
fn console(text: &str) -> Result<String, Diagnostics> {
    let surroundings = Surroundings { console: true, ..Surroundings::default() };
    let functions = surroundings.context();
    let variables = Value::object_of([
        ("s", Value::unknown(Type::String)),
        ("n", Value::unknown(Type::Number)),
        ("l", Value::unknown(Type::list(Type::String))),
        ("o", Value::unknown(Type::object([("a", Type::String)]))),
        ("x", Value::dynamic()),
        ("secret", Value::string("p").sensitive()),
    ]);
    let scope = MapScope::new(&functions).with("var", variables);
    answer(&parsed(text), &scope)
}

#[test]
fn expressions_are_answered_as_terraform_answers_them() {
    for (text, wanted) in [
        ("1 + 2 * 3", "7"),
        ("\"5\" + 3", "8"),
        ("7 % -3", "1"),
        ("!false && 2 > 1", "true"),
        ("1 == \"1\"", "false"),
        ("null == null", "true"),
        ("true ? \"a\" : 1", "\"a\""),
        ("true ? null : \"a\"", "tostring(null)"),
        ("false ? 1 : \"a\"", "\"a\""),
        ("true ? { a = 1 } : { b = 2 }", "tomap({\n  \"a\" = 1\n})"),
        ("{ a = 1, \"b c\" = [] }", "{\n  \"a\" = 1\n  \"b c\" = []\n}"),
        ("[for i, x in [\"p\", \"q\"] : \"${i}${x}\" if i > 0]", "[\n  \"1q\",\n]"),
        ("{for k, v in { a = 1 } : v => k}", "{\n  \"1\" = \"a\"\n}"),
        ("{for x in [\"a\", \"a\"] : x => 1...}", "{\n  \"a\" = [\n    1,\n    1,\n  ]\n}"),
        ("[{ a = [1, 2] }, { a = [3] }][*].a[0]", "[\n  1,\n  3,\n]"),
        ("[{ a = [1, 2] }, { a = [3] }].*.a[0]", "[\n  1,\n  2,\n]"),
        ("null[*]", "[]"),
        ("\"x\"[*]", "[\n  \"x\",\n]"),
        ("[{ a = 1 }].0.a", "1"),
        ("{ a = 1 }[\"a\"]", "1"),
        ("\"%{ for x in [1, 2] }<${x}>%{ endfor }\"", "\"<1><2>\""),
        ("\"%{ if 1 > 2 }a%{ else }b%{ endif }\"", "\"b\""),
        ("\"${[1]}\"", "[\n  1,\n]"),
        ("\"a\\nb\"", "<<EOT\na\nb\nEOT"),
        ("[\"a\\nb\"]", "[\n  <<-EOT\n  a\n  b\n  EOT,\n]"),
        ("\"tab\\t\\u0007é\"", "\"tab\\t\\aé\""),
        ("try(1[\"a\"], 2)", "2"),
        ("can([][0])", "false"),
        ("type([1, { a = null }])", "tuple([\n    number,\n    object({\n        a: dynamic,\n    }),\n])"),
    ] {
        assert_eq!(console(text).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn what_is_not_known_stays_so_and_what_is_known_of_it_counts() {
    for (text, wanted) in [
        ("var.s", "(known after apply)"),
        ("\"a${var.s}\" == null", "false"),
        ("type(var.l[*])", "list(string)"),
        ("type(var.o[*].a)", "dynamic"),
        ("type(try(var.s, 1))", "dynamic"),
        ("type(try({ a = 1, b = var.s }.a, 2))", "number"),
        ("can(var.l[0])", "(known after apply)"),
        ("type({ (var.s) = 1 })", "dynamic"),
        ("type([for x in var.l : x])", "dynamic"),
        ("type(var.x ? 1 : 2)", "number"),
        ("(var.x ? 1 : 2) > 0", "true"),
        ("[var.s]", "[\n  (known after apply),\n]"),
        ("var.secret", "(sensitive value)"),
        ("true ? 1 : var.secret", "(sensitive value)"),
        ("[var.secret == \"p\"]", "[\n  (sensitive value),\n]"),
        ("\"${var.secret}x\"", "(sensitive value)"),
    ] {
        assert_eq!(console(text).as_deref(), Ok(wanted), "{text}");
    }
}

#[test]
fn either_side_of_a_logical_operator_decides() {
    for (text, wanted) in [
        ("false && null[0]", "false"),
        ("null[0] || true", "true"),
        ("var.x && false", "(known after apply)"),
        ("true || var.x", "(known after apply)"),
        ("true && var.x", "(known after apply)"),
    ] {
        assert_eq!(console(text).as_deref(), Ok(wanted), "{text}");
    }
    assert!(console("true && null[0]").is_err());
    assert!(console("false && null").is_err(), "null is no operand, whatever the other side");
}

#[test]
fn faults_have_terraforms_summaries() {
    for (text, wanted) in [
        ("\"a\" + 1", "Invalid operand"),
        ("-\"a\"", "Invalid operand"),
        ("null > 1", "Operation failed"),
        ("!null", "Operation failed"),
        ("null ? 1 : 2", "Null condition"),
        ("\"q\" ? 1 : 2", "Incorrect condition type"),
        ("true ? \"a\" : [\"a\"]", "Inconsistent conditional result types"),
        ("null.a", "Attempt to get attribute from null value"),
        ("null[0]", "Attempt to index null value"),
        ("{ a = 1 }.b", "Unsupported attribute"),
        ("\"a\".b", "Unsupported attribute"),
        ("[1][1]", "Invalid index"),
        ("[1][null]", "Invalid index"),
        ("[1][0.5]", "Invalid index"),
        ("{ a = 1 }[0]", "Invalid index"),
        ("var.o.b", "Unsupported attribute"),
        ("{ (null) = 1 }", "Null value as key"),
        ("{ ([]) = 1 }", "Incorrect key type"),
        ("{ var.s = 1 }", "Ambiguous attribute key"),
        ("[for x in null : x]", "Iteration over null value"),
        ("[for x in 5 : x]", "Iteration over non-iterable value"),
        ("[for x in [1] : x if \"q\"]", "Invalid 'for' condition"),
        ("[for x in [1] : x if null]", "Condition is null"),
        ("{for x in [1] : null => x}", "Invalid object key"),
        ("{for x in [1, 2] : \"k\" => x}", "Duplicate object key"),
        ("\"${null}x\"", "Invalid template interpolation value"),
        ("\"${[]}x\"", "Invalid template interpolation value"),
        ("nosuch(1)", "Call to unknown function"),
        ("provider::a::b()", "Unknown provider function"),
        ("[type(1)]", "Invalid use of type function"),
        ("try()", "Error in function call"),
        ("nope", "Unknown variable"),
    ] {
        let found = console(text).unwrap_err();
        assert_eq!(found.iter().map(|d| d.summary.as_str()).collect::<Vec<_>>(), [wanted], "{text}");
        assert!(found.iter().all(|d| d.subject.is_some() && !d.detail.is_empty()), "{text}");
    }
}

#[test]
fn one_fault_gives_one_diagnostic() {
    for text in ["[for x in null.a : x.b][0] + 1", "\"${null[0]}${1}\"", "{ a = null.x }.a.b.c"] {
        assert_eq!(console(text).unwrap_err().len(), 1, "{text}");
    }
}

#[test]
fn a_conditional_names_where_its_branches_differ() {
    for (text, wanted) in [
        ("true ? { a = 1, b = { c = 1 } } : { a = 1, b = { c = [] } }", "attribute \"b\""),
        ("true ? { a = 1, b = [] } : { a = 1 }", "\"b\", which is absent in the 'false' value"),
        ("true ? [1, {}] : [1]", "'true' tuple has length 2"),
        ("true ? \"a\" : {}", "The 'true' value is string, but the 'false' value is object"),
    ] {
        let found = console(text).unwrap_err();
        assert!(found.iter().any(|d| d.detail.contains(wanted)), "{text}: {found:?}");
    }
}

#[test]
fn the_words_about_values_hide_what_is_sensitive() {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let variables = Value::object_of([
        ("region", Value::string("westeurope")),
        ("later", Value::unknown(Type::String)),
        ("secret", Value::string("p4ss").sensitive()),
        ("zones", Value::tuple(vec![Value::number(1usize)])),
    ]);
    let scope = MapScope::new(&functions).with("var", variables);
    let expression = parsed("[var.secret, var.zones[0], var.region.x, var.later, [for z in var.zones : z]]");
    let told: Vec<String> = used_values(&expression, &scope, crate::eval::Reveal::default())
        .into_iter()
        .map(|used| format!("{} {}", used.traversal, used.statement))
        .collect();
    assert_eq!(
        told,
        [
            "var.later is a string",
            "var.region is \"westeurope\"",
            "var.zones is tuple with 1 element",
            "var.zones[0] is 1"
        ]
    );
    let reveal = crate::eval::Reveal { sensitive: true, unknown: true };
    let told = used_values(&expression, &scope, reveal);
    assert!(told.iter().any(|used| used.statement == "has a sensitive value"));
    assert!(told.iter().any(|used| used.statement == "is a string, known only after apply"));
}

/// A scope that counts what it is asked for.
struct Counting<'a> {
    inner: MapScope<'a>,
    offered: std::cell::Cell<usize>,
}

impl Scope for Counting<'_> {
    fn resolve(
        &self,
        reference: &crate::syntax::tree::Reference,
        steps: &[crate::eval::ResolvedStep],
    ) -> Result<(Value, usize), crate::diagnostic::Diagnostic> {
        self.offered.set(steps.len());
        match steps {
            [crate::eval::ResolvedStep::Attribute(_), key, ..] if key.instance_key().is_some() => {
                Ok((Value::object_of([("id", Value::string("only this one"))]), 2))
            }
            _ => self.inner.resolve(reference, steps),
        }
    }

    fn functions(&self) -> &crate::eval::functions::FunctionContext<'_> {
        self.inner.functions()
    }
}

#[test]
fn one_instance_is_asked_for_alone() {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let scope = Counting { inner: MapScope::new(&functions), offered: std::cell::Cell::new(0) };
    let local = LocalScope::one(&scope, &"k".into(), Value::string("a"));
    let (value, diagnostics) = evaluate(&parsed("azurerm_subnet.b[k].id"), &local);
    assert!(diagnostics.is_empty());
    assert_eq!(value.as_str(), Some("only this one"));
    assert_eq!(scope.offered.get(), 3);
}

#[test]
fn marks_of_keys_and_conditions_reach_the_result() {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let scope = MapScope::new(&functions).with("secret", Value::string("k").sensitive());
    for text in ["{ (secret) = 1 }", "[for x in [1] : x if secret == \"k\"]", "{for x in [1] : secret => x}"] {
        let (value, diagnostics) = evaluate(&parsed(text), &scope);
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        assert!(value.marks().contains(Marks::SENSITIVE), "{text}");
    }
}
