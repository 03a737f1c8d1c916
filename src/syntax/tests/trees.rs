//! Trees of templates and heredocs (values as Terraform 1.11.4 evaluates them), spans, and JSON syntax.

use super::shown::shown;
use super::source;
use crate::syntax::{json, parse, parse_expression, parse_template, parse_traversal};

fn tree(text: &str) -> String {
    let (expression, diagnostics) = parse_expression(source(text).0, text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    shown(&expression)
}

#[test]
fn doubled_signs_are_text() {
    for (text, expected) in [
        (r#""$${a}""#, r#""${a}""#),
        (r#""$$${1}""#, r#""$${1}""#),
        (r#""$$$${1}""#, r#""$$${1}""#),
        (r#""%%{x} 100% $ $$""#, r#""%{x} 100% $ $$""#),
        (r#""\u00e9\U0001F600""#, "\"é😀\""),
    ] {
        assert_eq!(tree(text), expected, "{text}");
    }
}

#[test]
fn strip_markers_trim_the_text_beside_them() {
    assert_eq!(tree(r#""a  ${~ b ~}  c""#), r#"(template "a" b "c")"#);
    assert_eq!(tree(r#""${b ~}  ""#), r#"(template b "")"#, "still a template");
    assert_eq!(tree(r#""%{ if a ~} x %{~ else }y%{ endif }""#), r#"(template (if a ["x"] ["y"]))"#);
    let text = "a %{ for x in y ~}\n   x${x}\n  %{ endfor ~}\n  end\n";
    let (template, diagnostics) = parse_template(source(text).0, text);
    assert!(diagnostics.is_empty());
    assert_eq!(shown(&template), r#"(template "a " (for x in y ["   x" x "\n  "]) "  end\n")"#);
}

#[test]
fn heredocs_lose_their_common_indentation() {
    for (text, expected) in [
        ("<<EOT\n  a\n b\nEOT\n", r#""  a\n b\n""#),
        ("<<-EOT\n\t  a\n\t b\n EOT\n", r#"" a\nb\n""#),
        ("<<EOT\nEOT\n", r#""""#),
        ("<<-EOT\n  \n    EOT\n", r#""  \n""#),
        ("<<-EOT\n  ${a}\n    EOT\n", r#"(template "" a "\n")"#),
        ("<<-EOT\n${a}\n  b\n  EOT\n", r#"(template a "\n  b\n")"#),
        ("<<-EOT\n    x ${a ~}\n    y\n    z\n  EOT\n", r#"(template "x " a "    y\nz\n")"#),
        ("<<-EOT\r\n    a\r\n\r\n      b\r\n    EOT\r\n", r#""a\r\n\r\n  b\r\n""#),
        ("<<EOT\n\\n $${x}\nEOT\n", r#""\\n ${x}\n""#),
    ] {
        assert_eq!(tree(text), expected, "{text:?}");
    }
}

#[test]
fn what_other_parsers_refuse() {
    assert_eq!(tree("{ a = 1, a = 2 }"), "{a=1 a=2}", "a key twice is for the evaluator");
    assert_eq!(tree("x.0[1]"), "x.0[1]");
    assert_eq!(tree(&format!("1{}", " + 1".repeat(150))).matches('+').count(), 150);
    let text = "\u{feff}a = 1 # c\r\nb = 2";
    let (body, diagnostics) = parse(source(text).0, text);
    assert!(diagnostics.is_empty());
    assert_eq!(body.attributes.len(), 2);
}

#[test]
fn spans_hold_what_was_written() {
    let text = "resource \"a\" \"b\" {\n  x = f(1, [2])\n  y {}\n}\n";
    let (id, sources) = source(text);
    let (body, _) = parse(id, text);
    let block = &body.blocks[0];
    assert_eq!(sources.text(block.header), "resource \"a\" \"b\"");
    assert_eq!(sources.text(block.span), text.trim_end());
    assert_eq!(sources.text(block.labels[1].span), "\"b\"");
    assert_eq!(sources.text(block.body.attributes[0].span), "x = f(1, [2])");
    assert_eq!(sources.text(block.body.attributes[0].value.span), "f(1, [2])");
    assert_eq!(sources.text(block.body.blocks[0].span), "y {}");
}

#[test]
fn traversals_name_things() {
    let name = |text: &str| parse_traversal(source(text).0, text).0.is_some();
    assert!(name("module.a[\"x\"].azurerm_subnet.b[0]"));
    assert!(!name("1 + 2") && !name("f(x)") && !name("a b") && !name(""));
}

#[test]
fn json_is_read_like_native_syntax() {
    let text = r#"{"resource": {"t": {"a": {"x": "p-${var.q}", "n": 1.50, "l": [true, null], "//": "no"}}}}"#;
    let (body, diagnostics) = json::parse(source(text).0, text);
    assert!(diagnostics.is_empty());
    let (blocks, diagnostics) = json::blocks(body.attributes.into_iter().next().unwrap(), 2);
    assert!(diagnostics.is_empty());
    let labels: Vec<_> = blocks[0].labels.iter().map(|l| &*l.name).collect();
    assert_eq!(labels, ["t", "a"]);
    let shown: Vec<_> =
        blocks[0].body.attributes.iter().map(|a| format!("{} {}", a.name.name, shown(&a.value))).collect();
    assert_eq!(shown, [r#"x (template "p-" var.q)"#, "n 1.5", "l [true null]"]);
}

#[test]
fn faults_in_json_point_into_the_text() {
    for (text, summary, at) in [
        (r#"{"a": }"#, "Missing JSON value", "}"),
        (r#"{"a": tru}"#, "Invalid JSON keyword", "tru"),
        (r#"{"a": 1,}"#, "Trailing comma in object", ","),
        (r#"{"a" 1}"#, "Missing property value colon", "1"),
        (r#"{"a": "${b"}"#, "Unclosed template interpolation sequence", "${"),
        ("[1, 2", "Unclosed object", "["),
    ] {
        let (id, sources) = source(text);
        let (_, diagnostics) = json::parse(id, text);
        let first = diagnostics.iter().next().unwrap();
        assert_eq!((&*first.summary, sources.text(first.subject.unwrap())), (summary, at), "{text}");
    }
}
