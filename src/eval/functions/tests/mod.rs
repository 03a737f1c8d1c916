#![allow(clippy::unwrap_used, clippy::panic)]
//! Every line of `answers.txt` is a call of functions and what Terraform 1.11.4's console answers to it.

mod reader;

use std::path::Path;

use super::*;
use crate::eval::console::value_text;
use crate::value::{Marks, Type};

/// No test here renders templates.
struct NoTemplates;

impl TemplateRenderer for NoTemplates {
    fn render(&self, template: &Template<'_>, _: &Value) -> Result<Value, FunctionError> {
        Ok(Value::string(template.text))
    }

    fn decode_tfvars(&self, _: &str) -> Result<Value, FunctionError> {
        Ok(Value::object_of::<&str>([]))
    }
}

fn context(folder: &Path, planning: bool) -> FunctionContext<'_> {
    FunctionContext { folder, planning, plan_time: None, console: false, refused: false, templates: &NoTemplates }
}

fn call(name: &str, args: &[Value]) -> Result<Value, FunctionError> {
    lookup(name).unwrap().call(args, &context(Path::new("/nowhere"), true))
}

fn s(text: &str) -> Value {
    Value::string(text)
}

/// Errors as the evaluator words them.
fn answer(text: &str) -> String {
    match reader::evaluate(text, &context(Path::new("/nowhere"), false)) {
        Ok(value) => value_text(&value),
        Err((function, error)) => match error.argument.and_then(|i| lookup(&function).and_then(|f| f.param(i))) {
            Some(param) => format!("!! Invalid value for \"{}\" parameter: {}.", param.name, error.message),
            None => format!("!! Call to function \"{function}\" failed: {}.", error.message),
        },
    }
}

#[test]
fn functions_answer_as_terraform() {
    let mut wrong = Vec::new();
    for line in include_str!("answers.txt").lines() {
        let (call, expected) = line.split_once(" => ").unwrap();
        let expected = expected.replace('⏎', "\n");
        let given = answer(call);
        if given != expected {
            wrong.push(format!("{call}\n  expected {expected}\n  but got  {given}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn unknown_arguments_make_unknown_results_of_the_right_type() {
    let unknown = |ty: Type| Value::unknown(ty);
    let cases = [
        ("upper", vec![unknown(Type::String)], Type::String),
        ("split", vec![s(","), unknown(Type::String)], Type::list(Type::String)),
        ("distinct", vec![unknown(Type::list(Type::Number))], Type::list(Type::Number)),
        ("values", vec![unknown(Type::map(Type::Bool))], Type::list(Type::Bool)),
        ("regex", vec![s("(?P<a>.)"), unknown(Type::String)], Type::object([("a", Type::String)])),
        ("setproduct", vec![unknown(Type::set(Type::Bool)), Value::tuple(vec![s("a")])], {
            Type::set(Type::tuple(vec![Type::Bool, Type::String]))
        }),
        ("jsondecode", vec![unknown(Type::String)], Type::Dynamic),
        ("upper", vec![Value::dynamic()], Type::String),
        ("split", vec![s(","), Value::dynamic()], Type::list(Type::String)),
    ];
    for (name, args, ty) in cases {
        let result = call(name, &args).unwrap();
        assert!(!result.is_known(), "{name}");
        assert_eq!(result.type_of(), ty, "{name}");
        assert_eq!(result.is_never_null(), ty != Type::Dynamic, "{name}");
    }
}

#[test]
fn what_is_known_of_the_unknown_is_used() {
    let id = Value::unknown_with_prefix("/subscriptions/");
    assert_eq!(call("startswith", &[id.clone(), s("/sub")]).unwrap().as_bool(), Some(true));
    assert_eq!(call("startswith", &[id, s("vm-")]).unwrap().as_bool(), Some(false));
    let object = Value::unknown(Type::object([("a", Type::String), ("b", Type::String)]));
    assert_eq!(value_text(&call("keys", std::slice::from_ref(&object)).unwrap()), "[\n  \"a\",\n  \"b\",\n]");
    assert_eq!(value_text(&call("length", &[object]).unwrap()), "2");
    let list = Value::tuple(vec![Value::unknown(Type::String), s("a")]);
    assert_eq!(call("contains", &[list.clone(), s("a")]).unwrap().as_bool(), Some(true));
    assert!(!call("contains", &[list.clone(), s("b")]).unwrap().is_known());
    assert_eq!(value_text(&call("length", std::slice::from_ref(&list)).unwrap()), "2");
    let flat = call("flatten", &[Value::tuple(vec![list])]).unwrap();
    assert_eq!(flat.as_elements().map(<[Value]>::len), Some(2));
}

#[test]
fn marks_go_where_the_values_go() {
    let secret = s("x").sensitive();
    let is_secret = |value: &Value| value.marks().contains(Marks::SENSITIVE);
    assert!(is_secret(&call("upper", std::slice::from_ref(&secret)).unwrap()));
    assert!(is_secret(&call("join", &[s(","), Value::tuple(vec![secret.clone()])]).unwrap()));
    let object = Value::object_of([("a", secret.clone()), ("b", s("y"))]);
    assert!(!is_secret(&call("lookup", &[object.clone(), s("b")]).unwrap()));
    assert!(is_secret(&call("lookup", &[object.clone(), s("a")]).unwrap()));
    assert!(!is_secret(&call("length", std::slice::from_ref(&object)).unwrap()));
    let merged = call("merge", &[object.clone(), Value::object_of([("c", s("z"))])]).unwrap();
    assert!(!is_secret(&merged) && merged.field("a").is_some_and(is_secret));
    assert!(is_secret(&call("jsonencode", &[object]).unwrap()));
    assert!(is_secret(&call("contains", &[Value::tuple(vec![secret.clone()]), s("a")]).unwrap()));
    assert_eq!(call("issensitive", std::slice::from_ref(&secret)).unwrap().as_bool(), Some(true));
    assert!(!is_secret(&call("nonsensitive", std::slice::from_ref(&secret)).unwrap()));
    assert!(!is_secret(&call("flip_sensitive", std::slice::from_ref(&secret)).unwrap()));
    let error = call("tonumber", &[secret]).unwrap_err();
    assert!(!error.message.contains("\"x\""), "{error}");
    let unknown = call("upper", &[Value::unknown(Type::String).sensitive()]).unwrap();
    assert!(!unknown.is_known() && is_secret(&unknown));
}

#[test]
fn ephemeral_parts_become_null() {
    let value = Value::object_of([("a", s("x").marked(Marks::EPHEMERAL)), ("b", s("y"))]);
    let kept = call("ephemeralasnull", &[value]).unwrap();
    assert!(kept.raw_eq(&Value::object_of([("a", Value::null(Type::String)), ("b", s("y"))])));
}

#[test]
fn what_differs_at_every_call_is_unknown_while_planning() {
    for (name, args) in [("timestamp", vec![]), ("uuid", vec![]), ("bcrypt", vec![s("a")])] {
        assert!(!call(name, &args).unwrap().is_known(), "{name}");
    }
    let now = context(Path::new("/nowhere"), false);
    let hash = lookup("bcrypt").unwrap().call(&[s("a"), Value::number(4i64)], &now).unwrap();
    assert!(hash.as_str().unwrap().starts_with("$2a$04$"));
}

#[test]
fn opentofus_functions_answer() {
    let packed = call("base64gzip", &[s("hello hello hello hello")]).unwrap();
    assert_eq!(value_text(&call("base64gunzip", &[packed]).unwrap()), "\"hello hello hello hello\"");
    assert_eq!(value_text(&call("urldecode", &[s("a+b%2Fc%C3%A9")]).unwrap()), "\"a b/cé\"");
    assert!(call("urldecode", &[s("%zz")]).is_err());
    let contains = |net: &str, inner: &str| call("cidrcontains", &[s(net), s(inner)]).unwrap().as_bool();
    assert_eq!(contains("10.0.0.0/8", "10.2.3.4"), Some(true));
    assert_eq!(contains("10.0.0.0/8", "10.2.0.0/16"), Some(true));
    assert_eq!(contains("10.0.0.0/16", "10.0.0.0/8"), Some(false));
    assert!(call("cidrcontains", &[s("10.0.0.0/8"), s("fe80::1")]).is_err());
}

#[test]
fn files_are_read_relative_to_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir_all(folder.path().join("sub/deep")).unwrap();
    for (name, text) in
        [("a.txt", "hi"), ("b.json", "{}"), ("sub/c.txt", "x"), ("sub/deep/d.txt", "y"), (".hidden.txt", "")]
    {
        write(name, text.as_bytes());
    }
    write("bytes", &[0xff, 0xfe]);
    let here = context(folder.path(), false);
    let call = |name: &str, args: &[&str]| {
        let args: Vec<Value> = args.iter().map(|arg| s(arg)).collect();
        lookup(name).unwrap().call(&args, &here)
    };
    let ok = |name: &str, args: &[&str]| value_text(&call(name, args).unwrap());
    assert_eq!(ok("file", &["a.txt"]), "\"hi\"");
    assert_eq!(ok("filebase64", &["bytes"]), "\"//4=\"");
    assert_eq!(ok("filemd5", &["a.txt"]), "\"49f68a5c8493ec2c0bf489821c21fc3b\"");
    assert_eq!(ok("fileexists", &["nope"]), "false");
    assert_eq!(ok("fileset", &[".", "*.txt"]), "toset([\n  \".hidden.txt\",\n  \"a.txt\",\n])");
    assert_eq!(
        ok("fileset", &[".", "**/*.txt"]),
        "toset([\n  \".hidden.txt\",\n  \"a.txt\",\n  \"sub/c.txt\",\n  \"sub/deep/d.txt\",\n])"
    );
    assert_eq!(ok("fileset", &["sub", "{c,d}.txt"]), "toset([\n  \"c.txt\",\n])");
    assert!(call("file", &["bytes"]).unwrap_err().message.contains("are not valid UTF-8"));
    assert!(call("file", &["sub"]).unwrap_err().message.contains("is a directory"));
    assert!(call("fileexists", &["sub"]).is_err());
}

#[test]
fn names_reach_functions_in_every_namespace() {
    assert!(lookup("core::upper").is_some());
    assert!(lookup("provider::terraform::encode_expr").is_some());
    assert!(lookup("encode_expr").is_none() && lookup("provider::other::upper").is_none());
    assert!(names().is_sorted() && names().count() > 120);
}
