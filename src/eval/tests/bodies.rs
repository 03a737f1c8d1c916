//! Bodies and schemas.

use crate::diagnostic::Diagnostics;
use crate::eval::decode::{configured_read_only, decode_body, locate};
use crate::eval::templates::Surroundings;
use crate::eval::{MapScope, console::value_text};
use crate::provider::{Attribute, Block, NestedBlock, Nesting};
use crate::span::SourceMap;
use crate::syntax::{parse, tree::Body};
use crate::value::{Path, Type, Value};

fn nested(nesting: Nesting, min_items: usize, max_items: usize, computed: bool, block: Block) -> NestedBlock {
    NestedBlock { nesting, block, min_items, max_items, computed }
}

fn schema() -> Block {
    let rule = Block {
        attributes: [
            ("name".into(), Attribute::required(Type::String)),
            ("priority".into(), Attribute::optional(Type::Number)),
        ]
        .into_iter()
        .collect(),
        ..Block::default()
    };
    Block {
        attributes: [
            ("id".into(), Attribute::computed(Type::String)),
            ("name".into(), Attribute::required(Type::String)),
            ("tags".into(), Attribute::optional(Type::map(Type::String))),
        ]
        .into_iter()
        .collect(),
        blocks: [
            ("rule".into(), nested(Nesting::List, 0, 3, false, rule.clone())),
            ("zone".into(), nested(Nesting::Set, 0, 0, false, rule.clone())),
            ("kept".into(), nested(Nesting::List, 0, 1, true, rule.clone())),
            ("single".into(), nested(Nesting::Single, 0, 1, false, rule.clone())),
            ("by_name".into(), nested(Nesting::Map, 0, 0, false, rule)),
        ]
        .into_iter()
        .collect(),
        ..Block::default()
    }
}

struct Decoded {
    value: Value,
    diagnostics: Diagnostics,
    body: Body,
    sources: SourceMap,
}

fn decoded(text: &str) -> Decoded {
    let mut sources = SourceMap::default();
    let (body, diagnostics) = parse(sources.add("main.tf", None, text), text);
    assert!(!diagnostics.has_errors(), "{text}: {diagnostics:?}");
    let surroundings = Surroundings::default();
    let functions = surroundings.context();
    let scope = MapScope::new(&functions)
        .with("later", Value::unknown(Type::list(Type::String)))
        .with("rules", Value::object_of([("a", Value::number(1usize)), ("b", Value::number(2usize))]));
    let renamed = |path: &[&str]| match path {
        ["label"] => Some("It is called \"name\" now.".to_owned()),
        ["rule", "prio"] => Some("It is called \"priority\" now.".to_owned()),
        _ => None,
    };
    let place = body.span.unwrap();
    let (value, diagnostics) = decode_body(&body, &schema(), &scope, place, &renamed);
    Decoded { value, diagnostics, body, sources }
}

impl Decoded {
    fn summaries(&self) -> Vec<String> {
        let line = |d: &crate::diagnostic::Diagnostic| self.sources.start(d.subject.unwrap()).unwrap().line;
        self.diagnostics.iter().map(|d| format!("{}: {}", line(d), d.summary)).collect()
    }

    fn shown(&self, name: &str) -> String {
        assert!(self.diagnostics.is_empty(), "{:?}", self.diagnostics);
        value_text(self.value.field(name).unwrap())
    }
}

#[test]
fn the_value_conforms_to_the_schema() {
    let text = "name = \"a\"\ntags = { n = 1 }\nrule { name = \"r\" }\nby_name \"k\" { name = \"m\" }";
    let decoded = decoded(text);
    assert!(decoded.diagnostics.is_empty(), "{:?}", decoded.diagnostics);
    assert_eq!(decoded.value.type_of(), schema().implied_type());
    assert_eq!(decoded.shown("tags"), "tomap({\n  \"n\" = \"1\"\n})");
    assert_eq!(decoded.value.field("rule").unwrap().as_elements().unwrap().len(), 1);
    assert!(decoded.value.field("kept").unwrap().is_null(), "left to the provider");
    assert!(decoded.value.field("single").unwrap().is_null());
    assert_eq!(decoded.value.field("zone").unwrap().as_elements().unwrap().len(), 0);
    assert!(decoded.value.field("by_name").unwrap().field("k").is_some());
}

#[test]
fn dynamic_blocks_stand_among_written_ones_in_their_order() {
    let text = "name = \"a\"\nrule { name = \"first\" }\ndynamic \"rule\" {\n  for_each = rules\n  iterator = each\n  \
                content {\n    name = each.key\n    priority = each.value\n  }\n}";
    let decoded = decoded(text);
    let rules = decoded.value.field("rule").unwrap().as_elements().unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule.field("name").unwrap().as_str().unwrap()).collect();
    assert_eq!(names, ["first", "a", "b"]);
    assert!(decoded.diagnostics.is_empty(), "{:?}", decoded.diagnostics);
}

#[test]
fn dynamic_blocks_of_unknown_number_make_the_whole_unknown() {
    let text = "name = \"a\"\ndynamic \"rule\" {\n  for_each = later\n  content {\n    name = rule.value\n  }\n}\ndynamic \
                \"by_name\" {\n  for_each = rules\n  labels = [by_name.key]\n  content {\n    name = \"x\"\n  }\n}";
    let decoded = decoded(text);
    assert_eq!(decoded.shown("rule"), "(known after apply)");
    assert_eq!(decoded.value.field("by_name").unwrap().as_fields().unwrap().len(), 2);
}

#[test]
fn an_argument_may_stand_for_blocks_that_the_provider_fills() {
    let decoded = decoded("name = \"a\"\nkept = []");
    assert_eq!(decoded.shown("kept"), "tolist([])");
}

#[test]
fn what_does_not_fit_is_told_at_its_place() {
    let text = "nam = \"a\"\nlabel = 1\ntags = \"x\"\nrule {\n  prio = 1\n}\nruel {\n}\nrule = []\ntags2 {\n}\nname {\n}\ndynamic \
                \"nope\" {\n  for_each = []\n  content {}\n}";
    let found = decoded(text).summaries();
    for wanted in [
        "1: Missing required argument",
        "1: Unsupported argument",
        "2: Unsupported argument",
        "3: Incorrect attribute value type",
        "4: Missing required argument",
        "5: Unsupported argument",
        "7: Unsupported block type",
        "9: Unsupported argument",
        "10: Unsupported block type",
        "12: Unsupported block type",
        "14: Unsupported block type",
    ] {
        assert!(found.iter().any(|line| line == wanted), "{wanted} in {found:#?}");
    }
    assert_eq!(found.len(), 11, "{found:#?}");
}

#[test]
fn hints_name_what_was_probably_meant() {
    let text = "name = \"a\"\nlabel = 1\nrule {\n  name = \"x\"\n  prio = 1\n}\nrule2 {\n}\ntags {\n}\nzone = 1";
    let details: Vec<String> = decoded(text).diagnostics.into_iter().map(|d| d.detail).collect();
    for wanted in [
        "It is called \"name\" now.",
        "It is called \"priority\" now.",
        "Did you mean \"rule\"?",
        "define argument \"tags\"",
        "define a block of type \"zone\"",
    ] {
        assert!(details.iter().any(|detail| detail.contains(wanted)), "{wanted} in {details:#?}");
    }
}

#[test]
fn numbers_of_blocks_are_checked() {
    let text = "name = \"a\"\nsingle { name = \"1\" }\nsingle { name = \"2\" }\nrule { name = \"1\" }\nrule { name = \"2\" \
                }\nrule { name = \"3\" }\nrule { name = \"4\" }\nby_name { name = \"x\" }\nrule \"label\" { name = \"5\" }";
    let found = decoded(text).summaries();
    for wanted in [
        "3: Duplicate single block",
        "7: Too many rule blocks",
        "8: Missing name for by_name",
        "9: Extraneous label for rule",
    ] {
        assert!(found.iter().any(|line| line == wanted), "{wanted} in {found:#?}");
    }
}

#[test]
fn paths_lead_back_to_arguments() {
    let text = "name = \"a\"\ntags = {\n  x = \"1\"\n  y = [2,\n    3]\n}\nrule { name = \"1\" }\nrule {\n  name = \
                \"2\"\n}\ndynamic \"zone\" {\n  for_each = []\n  content {\n    name = \"z\"\n  }\n}";
    let decoded = decoded(text);
    let line = |path: Path| {
        let fallback = crate::span::Span::new(decoded.body.span.unwrap().source, 0..0);
        decoded.sources.start(locate(&decoded.body, &path, fallback)).unwrap().line
    };
    let tags = Path::attribute("tags");
    let rules = Path::attribute("rule");
    for (path, wanted) in [
        (Path::attribute("name"), 1),
        (tags.clone(), 2),
        (tags.then_index(Value::string("x")), 3),
        (tags.then_attribute("y").then_position(1), 5),
        (tags.then_attribute("gone"), 2),
        (rules.then_position(1).then_attribute("name"), 9),
        (rules.then_position(1).then_attribute("priority"), 8),
        (Path::attribute("zone").then_position(0).then_attribute("name"), 14),
        (Path::attribute("id"), 1),
    ] {
        assert_eq!(line(path.clone()), wanted, "{path}");
    }
}

#[test]
fn what_only_the_provider_decides_is_found() {
    let decoded = decoded("name = \"a\"\nid = \"x\"");
    let found = configured_read_only(&decoded.value, &schema());
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["id"]);
}
