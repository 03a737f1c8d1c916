//! Layouts as Terraform 1.11.4 printed them for the same values.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::provider::{Attribute, Block, NestedBlock, Nesting};
use crate::report::change::{of_block, of_value};
use crate::value::{Path, Type};

fn plain(json: &str) -> Value {
    Value::from_plain_json(&serde_json::from_str(json).unwrap())
}

fn shown(before: Option<&Value>, after: Option<&Value>) -> String {
    Layout::new(&Style::PLAIN).render(&of_value(before, after), 0)
}

#[test]
fn values_of_open_type() {
    let before = plain(
        r#"{"json": "{\"a\":\"1\",\"b\":[1,2],\"c\":{\"d\":1}}", "list": [1,2,3,4,5,6,"1",7,8], "n": null, "el": [],
            "obj": [{"a":1,"b":"1"},{"a":2,"b":"c"}], "some times": "x", "text": "line1\nline2 1\nline3\n", "typ": "x"}"#,
    );
    let after = plain(
        r#"{"json": "{\"a\":\"2\",\"b\":[1,2],\"c\":{\"d\":1}}", "list": [1,2,3,4,5,6,"2",7,8], "n": null, "el": [],
            "obj": [{"a":1,"b":"2"},{"a":2,"b":"c"}], "some times": null, "text": "line1\nline2 2\nline3\n", "typ": [1]}"#,
    );
    let expected = r#"{
      ~ json         = jsonencode(
          ~ {
              ~ a = "1" -> "2"
                # (2 unchanged attributes hidden)
            }
        )
      ~ list         = [
            # (5 unchanged elements hidden)
            6,
          ~ "1" -> "2",
            7,
            # (1 unchanged element hidden)
        ]
      ~ obj          = [
          ~ {
              ~ b = "1" -> "2"
                # (1 unchanged attribute hidden)
            },
            {
                a = 2
                b = "c"
            },
        ]
      ~ "some times" = "x" -> null
      ~ text         = <<-EOT
            line1
          - line2 1
          + line2 2
            line3
        EOT
      ~ typ          = "x" -> [
          + 1,
        ]
        # (2 unchanged attributes hidden)
    }"#;
    assert_eq!(shown(Some(&before), Some(&after)), expected);
}

#[test]
fn what_comes_and_what_goes() {
    let value = plain(r#"{"el": [], "empty": {}, "json": "{\"a\":1}", "l": [1,null], "n": null, "text": "a\nb\n"}"#);
    let expected = r"{
      + el    = []
      + empty = {}
      + json  = jsonencode(
            {
              + a = 1
            }
        )
      + l     = [
          + 1,
          + null,
        ]
      + n     = null
      + text  = <<-EOT
            a
            b
        EOT
    }";
    assert_eq!(shown(None, Some(&value)), expected);
    let gone = expected.replace("+ ", "- ");
    assert_eq!(shown(Some(&value), None), format!("{gone} -> null"));
    let unknown = Value::dynamic();
    assert_eq!(shown(Some(&value), Some(&unknown)), format!("{gone} -> (known after apply)"));
}

#[test]
fn what_is_sensitive_is_hidden_at_any_depth() {
    let secret = Value::string("hush").sensitive();
    let before = Value::object_of([("a", secret.clone()), ("b", Value::tuple(vec![secret.clone()]))]);
    let after = Value::object_of([("a", Value::string("now plain").sensitive()), ("b", Value::tuple(vec![]))]);
    let text = shown(Some(&before), Some(&after));
    assert_eq!(
        text,
        "{\n      ~ a = (sensitive value)\n      ~ b = [\n          - (sensitive value),\n        ]\n    }"
    );
    assert!(!text.contains("hush"));
}

fn cluster() -> Block {
    let mut pool = Block::default();
    pool.attributes.insert("name".into(), Attribute::required(Type::String));
    pool.attributes.insert("count".into(), Attribute::optional(Type::Number));
    pool.attributes.insert("zones".into(), Attribute::optional(Type::list(Type::String)));
    let mut block = Block::default();
    block.attributes.insert("id".into(), Attribute::computed(Type::String));
    block.attributes.insert("location".into(), Attribute::required(Type::String));
    block.attributes.insert("note".into(), Attribute::optional(Type::String));
    block.attributes.insert("tags".into(), Attribute::optional(Type::map(Type::String)));
    let nested = |nesting| NestedBlock { nesting, block: pool.clone(), min_items: 0, max_items: 0, computed: false };
    block.blocks.insert("pool".into(), nested(Nesting::List));
    block.blocks.insert("rule".into(), nested(Nesting::Set));
    block
}

fn pool(name: &str, count: i64, zones: &[&str]) -> Value {
    let zones = Value::list(Type::String, zones.iter().map(|zone| Value::string(*zone)).collect());
    Value::object_of([("name", Value::string(name)), ("count", Value::number(count)), ("zones", zones)])
}

fn object(location: &str, tag: &str, pools: Vec<Value>, rules: Vec<Value>) -> Value {
    let tags = [("a".into(), Value::string(tag)), ("b".into(), Value::string("same"))];
    Value::object_of([
        ("id", Value::string("/x")),
        ("location", Value::string(location)),
        ("note", Value::string("")),
        ("tags", Value::map(Type::String, tags.into_iter().collect())),
        ("pool", Value::list(Type::Dynamic, pools)),
        ("rule", Value::set(Type::Dynamic, rules)),
    ])
}

#[test]
fn nested_blocks_and_forced_replacements() {
    let before = object("west", "1", vec![pool("p", 1, &["1", "2"]), pool("q", 1, &[])], vec![pool("r", 1, &[])]);
    let after = object(
        "north",
        "2",
        vec![pool("p", 2, &["1", "3"]), pool("q", 1, &[])],
        vec![pool("r", 1, &[]), pool("s", 1, &[])],
    );
    let paths = [Path::attribute("location"), Path::attribute("pool").then_position(0).then_attribute("count")];
    let expected = r#"{
        id       = "/x"
      ~ location = "west" -> "north" # forces replacement
      ~ tags     = {
          ~ "a" = "1" -> "2"
            # (1 unchanged element hidden)
        }

      ~ pool {
          ~ count = 1 -> 2 # forces replacement
            name  = "p"
          ~ zones = [
                "1",
              - "2",
              + "3",
            ]
        }

      + rule {
          + count = 1
          + name  = "s"
          + zones = []
        }

        # (2 unchanged blocks hidden)
    }"#;
    let change = of_block(&cluster(), &before, &after, &paths);
    assert_eq!(Layout::new(&Style::PLAIN).render(&change, 0), expected);
}

#[test]
fn an_object_as_it_is_has_no_symbols() {
    let object = object("west", "1", vec![pool("p", 1, &["1"])], vec![]);
    let expected = r#"{
    id       = "/x"
    location = "west"
    tags     = {
        "a" = "1"
        "b" = "same"
    }

    pool {
        count = 1
        name  = "p"
        zones = [
            "1",
        ]
    }
}"#;
    let change = of_block(&cluster(), &object, &object, &[]);
    assert_eq!(Layout::whole(&Style::PLAIN).render(&change, 0), expected);
}
