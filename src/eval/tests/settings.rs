//! Types, variables, rules, templates.

use super::parsed;
use crate::config::{CheckRule, Variable};
use crate::diagnostic::{Diagnostics, Severity};
use crate::eval::console::{type_text, value_text};
use crate::eval::functions::{Template, TemplateRenderer};
use crate::eval::rules::{Rule, Verdict, check_rule, check_validation};
use crate::eval::templates::Surroundings;
use crate::eval::types::constraint;
use crate::eval::variables::{Given, prepare, value_of_variable};
use crate::eval::{MapScope, evaluate};
use crate::span::SourceMap;
use crate::value::{Marks, Value};

fn summaries(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics.iter().map(|d| d.summary.as_str()).collect()
}

fn value(text: &str) -> Value {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    evaluate(&parsed(text), &MapScope::new(&functions)).0
}

#[test]
fn type_expressions_are_read() {
    let surroundings = Surroundings::default();
    for (text, wanted) in [
        ("string", "string"),
        ("any", "dynamic"),
        ("list", "list(dynamic)"),
        ("map", "map(dynamic)"),
        ("set(number)", "set(number)"),
        ("tuple([string, bool])", "tuple([\n    string,\n    bool,\n])"),
        ("object({ a = string, b = optional(number, 1) })", "object({\n    a: string,\n    b: number,\n})"),
    ] {
        let (constraint, diagnostics) = constraint(&parsed(text), &surroundings.context());
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        assert_eq!(type_text(&constraint.ty), wanted, "{text}");
    }
}

#[test]
fn what_is_no_type_is_refused() {
    const SUMMARY: &str = "Invalid type specification";
    let surroundings = Surroundings::default();
    for (text, wanted) in [
        ("foo", SUMMARY),
        ("set", SUMMARY),
        ("list(string, number)", SUMMARY),
        ("list()", SUMMARY),
        ("string()", SUMMARY),
        ("list(list)", SUMMARY),
        ("optional(string)", SUMMARY),
        ("object({ a = optional(string, 5, 6) })", SUMMARY),
        ("object([])", SUMMARY),
        ("tuple({})", SUMMARY),
        ("1 + 2", SUMMARY),
        ("vector(string)", SUMMARY),
        ("object({ a = optional(number, \"x\") })", "Invalid default value for optional attribute"),
        ("\"string\"", "Invalid quoted type constraints"),
        ("\"foo\"", "Invalid legacy variable type hint"),
    ] {
        let (_, diagnostics) = constraint(&parsed(text), &surroundings.context());
        assert_eq!(summaries(&diagnostics), [wanted], "{text}");
    }
}

fn variable(ty: Option<&str>, default: Option<&str>) -> Variable {
    Variable {
        name: "v".into(),
        ty: ty.map(parsed),
        default: default.map(parsed),
        description: None,
        sensitive: false,
        nullable: true,
        ephemeral: false,
        deprecated: None,
        validations: Vec::new(),
        span: parsed("1").span,
        overridden: None,
    }
}

fn given(text: &str) -> Option<Given> {
    Some(Given { value: value(text), origin: "set using -var=\"v=...\"".to_owned(), span: None })
}

fn taken(variable: &Variable, given: Option<Given>) -> (Value, Vec<String>) {
    let surroundings = Surroundings::default();
    let (prepared, mut diagnostics) = prepare(variable, &surroundings.context());
    let value = diagnostics.take(value_of_variable(variable, &prepared, given));
    (value, diagnostics.into_iter().map(|d| d.summary).collect())
}

#[test]
fn variables_take_what_is_given_else_their_default() {
    let object = Some("object({ a = string, b = optional(number, 1), c = optional(list(string)) })");
    for (ty, default, text, wanted) in [
        (Some("number"), None, Some("\"5\""), "5"),
        (Some("number"), Some("3"), None, "3"),
        (Some("number"), Some("3"), Some("null"), "tonumber(null)"),
        (None, Some("[1]"), None, "[\n  1,\n]"),
        (Some("list(any)"), Some("[1, \"a\"]"), None, "tolist([\n  \"1\",\n  \"a\",\n])"),
        (object, None, Some("{ a = 1 }"), "{\n  \"a\" = \"1\"\n  \"b\" = 1\n  \"c\" = tolist(null) /* of string */\n}"),
        (
            Some("map(object({ a = optional(string, \"d\") }))"),
            Some("{ k = {} }"),
            None,
            "tomap({\n  \"k\" = {\n    \"a\" = \"d\"\n  }\n})",
        ),
    ] {
        let (value, found) = taken(&variable(ty, default), text.and_then(given));
        assert_eq!(found, Vec::<String>::new(), "{ty:?} {default:?} {text:?}");
        assert_eq!(value_text(&value), wanted, "{ty:?} {default:?} {text:?}");
    }
}

#[test]
fn variables_that_may_not_be_null_fall_back() {
    let strict = Variable { nullable: false, ..variable(Some("string"), Some("\"d\"")) };
    assert_eq!(taken(&strict, given("null")).0.as_str(), Some("d"));
    let required = Variable { nullable: false, ..variable(Some("string"), None) };
    assert_eq!(taken(&required, given("null")).1, ["Required variable not set"]);
    let wrong = Variable { nullable: false, ..variable(Some("string"), Some("null")) };
    assert_eq!(taken(&wrong, None).1, ["Invalid default value for variable"]);
}

#[test]
fn unfit_values_for_variables_are_refused() {
    for (ty, default, text, wanted) in [
        (Some("number"), None, None, "No value for required variable"),
        (Some("number"), None, Some("\"x\""), "Invalid value for input variable"),
        (Some("object({ a = string })"), None, Some("{}"), "Invalid value for input variable"),
        (Some("number"), Some("\"x\""), None, "Invalid default value for variable"),
        (Some("number"), Some("var.other"), None, "Variables not allowed"),
    ] {
        let (value, found) = taken(&variable(ty, default), text.and_then(given));
        assert_eq!(found, [wanted], "{ty:?} {default:?} {text:?}");
        assert!(!value.is_known());
    }
}

#[test]
fn marks_of_variables_are_on_their_values() {
    let secret = Variable { sensitive: true, ephemeral: true, ..variable(None, None) };
    assert!(taken(&secret, given("1")).0.marks().contains(Marks::SENSITIVE | Marks::EPHEMERAL));
}

fn rule(condition: &str, message: &str) -> CheckRule {
    CheckRule { condition: parsed(condition), error_message: parsed(message), span: parsed("condition").span }
}

fn judged(kind: Rule, rule: &CheckRule) -> (Verdict, Vec<(Severity, String)>) {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let variables = Value::object_of([
        ("d", Value::number(1usize)),
        ("secret", Value::string("s").sensitive()),
        ("later", Value::unknown(crate::value::Type::String)),
    ]);
    let scope = MapScope::new(&functions).with("var", variables);
    let (verdict, diagnostics) = check_rule(kind, rule, &scope);
    (verdict, diagnostics.into_iter().map(|d| (d.severity, d.summary)).collect())
}

#[test]
fn rules_pass_fail_or_wait() {
    let precondition = Rule::ResourcePrecondition;
    assert_eq!(judged(precondition, &rule("var.d == 1", "\"x\"")), (Verdict::Pass, vec![]));
    assert_eq!(judged(precondition, &rule("var.later == \"\"", "\"x\"")), (Verdict::Unknown, vec![]));
    let error = |summary: &str| (Severity::Error, summary.to_owned());
    let warning = |summary: &str| (Severity::Warning, summary.to_owned());
    for (kind, condition, message, verdict, wanted) in [
        (
            precondition,
            "var.d == 2",
            "\"Oh ${var.d}\"",
            Verdict::Fail("Oh 1".into()),
            vec![error("Resource precondition failed")],
        ),
        (
            Rule::Assertion,
            "var.d == 2",
            "\"Oh\"",
            Verdict::Fail("Oh".into()),
            vec![warning("Check block assertion failed")],
        ),
        (precondition, "null", "\"Oh\"", Verdict::Error, vec![error("Invalid condition result")]),
        (Rule::Validation, "[]", "\"Oh\"", Verdict::Error, vec![error("Invalid variable validation result")]),
        (precondition, "var.d == 2", "null", Verdict::Error, vec![error("Invalid error message")]),
        (precondition, "var.d == 2", "[]", Verdict::Error, vec![error("Invalid error message")]),
        (precondition, "var.d.x", "\"Oh\"", Verdict::Error, vec![error("Unsupported attribute")]),
    ] {
        assert_eq!(judged(kind, &rule(condition, message)), (verdict, wanted), "{condition} {message}");
    }
}

#[test]
fn sensitive_messages_are_not_shown() {
    for kind in [Rule::ResourcePrecondition, Rule::Validation] {
        let (verdict, found) = judged(kind, &rule("var.d == 2", "\"it is ${var.secret}\""));
        let Verdict::Fail(message) = verdict else { unreachable!("{verdict:?}") };
        assert!(!message.contains("it is"), "{message}");
        assert_eq!(found.len(), 2);
    }
}

#[test]
fn a_failed_validation_is_told_where_the_variable_stands() {
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let text = "validation {";
    let mut sources = SourceMap::default();
    let source = sources.add("main.tf", None, text);
    let place = crate::span::Span::new(source, 3..5);
    let rule = CheckRule { span: crate::span::Span::new(source, 0..10), ..rule("v == 2", "\"Two, please.\"") };
    let scope = MapScope::new(&functions).with("v", Value::number(1usize));
    let (_, diagnostics) = check_validation(&variable(None, None), &rule, place, &scope, &sources);
    let failure = diagnostics.iter().next().unwrap();
    assert_eq!(failure.subject, Some(place));
    assert_eq!(failure.detail, "Two, please.\n\nThis was checked by the validation rule at main.tf:1,1-11.");
}

#[test]
fn templates_render_with_given_names_alone() {
    let surroundings = Surroundings::default();
    let variables = Value::object_of([("name", Value::string("Bo")), ("n", Value::number(5usize))]);
    let render =
        |text, variables| surroundings.render(&Template { function: "templatefile", name: "a.tpl", text }, variables);
    assert_eq!(render("Hello, ${name}!\n", &variables).unwrap().as_str(), Some("Hello, Bo!\n"));
    assert_eq!(value_text(&render("${n}", &variables).unwrap()), "5");
    for (text, bad, argument) in [
        ("${x}", "referenced at a.tpl:1,3-4", Some(1)),
        ("${", "a.tpl:1", None),
        ("${n.x}y", "a.tpl:1,4-6", None),
        ("${n.x}${[]}", "and 1 other diagnostic(s)", None),
    ] {
        let found = render(text, &variables).unwrap_err();
        assert!(found.message.contains(bad) && found.argument == argument, "{text}: {found:?}");
    }
    let names = Value::object_of([("bad name", Value::bool(true))]);
    assert!(render("", &names).is_err());
}

#[test]
fn variable_files_are_read_as_objects() {
    let surroundings = Surroundings::default();
    let read = surroundings.decode_tfvars("a = 1\nb = [true]\n").unwrap();
    assert_eq!(value_text(&read), "{\n  \"a\" = 1\n  \"b\" = [\n    true,\n  ]\n}");
    for text in ["a = var.b", "a {}", "a =", "a = upper(\"x\")"] {
        assert!(surroundings.decode_tfvars(text).is_err(), "{text}");
    }
}
