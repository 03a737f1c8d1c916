//! Faults: the lines and summaries are those that `terraform validate` 1.11.4 prints, except where a comment says
//! otherwise.

use proptest::prelude::*;

use super::{listed, source};
use crate::syntax::{parse, parse_expression, parse_template};

fn faults(text: &str) -> Vec<String> {
    let (id, sources) = source(text);
    listed(&parse(id, text).1, &sources)
}

#[test]
fn faults_of_blocks_and_arguments() {
    for (text, expected) in [
        ("locals {\n a = 1 b = 2\n}\n", vec!["2: Missing newline after argument"]),
        ("locals {\n a = 1,\n b = 2\n}\n", vec!["2: Unexpected comma after argument"]),
        ("locals {\n a\n}\n", vec!["2: Argument or block definition required"]),
        ("foo\n", vec!["1: Argument or block definition required"]),
        ("locals\n{\n}\n", vec!["1: Argument or block definition required"]),
        ("\"locals\" {\n}\n", vec!["1: Invalid argument name"]),
        ("locals \"a\" = {\n}\n", vec!["1: Invalid block definition"]),
        ("locals \"a${1}\" {\n}\n", vec!["1: Invalid string literal"]),
        ("locals {} locals {}\n", vec!["1: Missing newline after block definition"]),
        ("locals { a = 1, b = 2 }\n", vec!["1: Invalid single-argument block definition"]),
        ("locals { b }\n", vec!["1: Argument or block definition required"]),
        ("locals { b {} }\n", vec!["1: Argument definition required"]),
        ("locals {\n a = 1\n a = 2\n}\n", vec!["3: Attribute redefined"]),
        ("resource \"a\" \"b\" {\n  x = 1\n", vec!["1: Unclosed configuration block"]),
        ("locals {\n  a = {\n    x = 1\n  b = 3\n}\n", vec!["1: Unclosed configuration block"]),
        ("locals {\n a = 1\n}}\n", vec!["3: Missing newline after block definition"]),
    ] {
        assert_eq!(faults(text), expected, "{text}");
    }
}

#[test]
fn faults_of_expressions() {
    for (value, expected) in [
        ("", "2: Invalid expression"),
        ("[1, 2\n b = 3", "3: Missing item separator"),
        ("{a=1 b=2}", "2: Missing attribute separator"),
        ("{a}", "2: Missing key/value separator"),
        ("{a,b}", "2: Missing attribute value"),
        ("f(1 2)", "2: Missing argument separator"),
        ("f(x..., y)", "2: Missing closing parenthesis"),
        ("a::1()", "2: Missing function name"),
        ("a::b", "2: Missing open parenthesis"),
        ("(1", "3: Unbalanced parentheses"),
        ("x.0.1", "2: Invalid legacy index syntax"),
        ("x.*.*", "2: Nested splat expression not allowed"),
        ("x.", "2: Invalid attribute name"),
        ("1.2.3", "2: Invalid number literal"),
        ("true ? 1", "2: Missing false expression in conditional"),
        ("[for x]", "2: Invalid 'for' expression"),
        ("{for x in []: x}", "2: Invalid 'for' expression"),
        ("[for x in []: x => 1]", "2: Invalid 'for' expression"),
        ("[for x in []: x...]", "2: Invalid 'for' expression"),
        ("\"\\q\"", "2: Invalid escape sequence"),
        ("\"\\u12\"", "2: Invalid escape sequence"),
        ("\"${1 2}\"", "2: Extra characters after interpolation expression"),
        ("\"%{ if true }a\"", "2: Unexpected end of template"),
        ("\"%{ endif }\"", "2: Unexpected endif directive"),
        ("\"%{ fi }\"", "2: Invalid template control keyword"),
        ("\"%{ if true 1 }a%{ endif }\"", "2: Extra characters in if marker"),
    ] {
        assert_eq!(faults(&format!("locals {{\n a = {value}\n}}\n")), [expected], "{value}");
    }
}

#[test]
fn characters_without_a_meaning() {
    for (value, expected) in [
        ("1 & 2", vec!["2: Unsupported operator", "2: Missing newline after argument"]),
        ("'x'", vec!["2: Invalid character", "2: Invalid expression"]),
        ("a; b", vec!["2: Invalid character", "2: Missing newline after argument"]),
    ] {
        assert_eq!(faults(&format!("locals {{\n a = {value}\n}}\n")), expected, "{value}");
    }
    assert_eq!(
        faults("locals {\n  a = \"abc\n  b = 3\n}\n"),
        [
            "2: Invalid multi-line string",
            "3: Invalid multi-line string",
            "4: Invalid multi-line string",
            "2: Unterminated template string"
        ]
    );
    assert_eq!(faults("locals {\n  a = <<EOT\nfoo\n}\n"), ["5: Unterminated template string"]);
}

/// Terraform reports the first of these only.
#[test]
fn every_top_level_block_reports_its_first_fault() {
    assert_eq!(
        faults("locals {\n a = [1 2]\n b = )\n}\nlocals {\n c = ]\n}\nlocals {\n d = 1\n}\n"),
        ["2: Missing item separator", "6: Invalid expression"]
    );
    let unclosed = "resource \"a\" \"b\" {\n x = {\n}\n\nvariable \"v\" {\n type = = string\n}\noutput \"o\" {\n";
    assert_eq!(
        faults(unclosed),
        ["1: Unclosed configuration block", "6: Invalid expression", "8: Unclosed configuration block"]
    );
}

#[test]
fn what_could_be_read_is_kept() {
    let text = "locals {\n a = 1\n b = )\n c = 3\n}\nlocals {\n d = 4\n}\n";
    let (body, _) = parse(source(text).0, text);
    let names: Vec<_> = body.blocks.iter().flat_map(|b| &b.body.attributes).map(|a| &*a.name.name).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[test]
fn depth_ends_in_a_diagnostic() {
    let deep = 100_000;
    for text in [
        "(".repeat(deep),
        "[".repeat(deep),
        "{a=".repeat(deep),
        "-".repeat(deep),
        "\"${".repeat(deep),
        "a[".repeat(deep),
        "f(".repeat(deep),
        "x ? y : ".repeat(deep),
        format!("1{}", " + 1".repeat(deep)),
        format!("a{}", "[*]".repeat(deep)),
    ] {
        let (_, diagnostics) = parse_expression(source(&text).0, &text);
        let summaries: Vec<_> = diagnostics.iter().map(|d| &*d.summary).collect();
        assert_eq!(summaries, ["Configuration nested too deeply"], "{}", &text[..8]);
    }
    let blocks = "b {\n".repeat(deep);
    assert!(parse(source(&blocks).0, &blocks).1.has_errors());
    let directives = "%{ if true }".repeat(deep);
    assert!(parse_template(source(&directives).0, &directives).1.has_errors());
}

/// Texts made of the words of the language, so that they get past the scanner.
fn soup() -> impl Strategy<Value = String> {
    let words = vec![
        "a", "resource", "\"", "${", "%{", "}", "{", "[", "]", "(", ")", "\n", " ", "=", "=>", "...", ".", "*", "0",
        "1.5", "if", "for", "in", "endif", "endfor", "else", "<<EOT\n", "<<-E\n", "EOT\n", "E\n", "\\", "~", "$", "%",
        "#", "//", "/*", "*/", ",", ":", "?", "&&", "!", "-", "ä", "\u{feff}", "\r\n", "::", "'", "null",
    ];
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![".{0,80}", soup()]) {
        let (id, sources) = source(&text);
        let (_, diagnostics) = parse(id, &text);
        for diagnostic in &diagnostics {
            let span = diagnostic.subject.unwrap();
            prop_assert!(text.get(span.range()).is_some(), "{diagnostic:?}");
            prop_assert!(sources.start(span).is_some());
        }
        parse_expression(id, &text);
        parse_template(id, &text);
        crate::syntax::json::parse(id, &text);
    }
}
