//! References: what is found, and what is wrong with it.

use super::parsed;
use crate::address::{ResourceAddress, Subject};
use crate::config::{Local, Module, Repetition, Resource, Variable};
use crate::eval::declared::{Declared, Place};
use crate::eval::references::{body_references, references};
use crate::provider::{Attribute, Block};
use crate::span::SourceMap;
use crate::syntax::{parse, tree::Body};
use crate::value::Type;

fn found(text: &str) -> Vec<String> {
    references(&parsed(text))
        .iter()
        .map(|mention| {
            let key = mention.key.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{}{key}+{}", mention.subject, mention.remaining.len())
        })
        .collect()
}

#[test]
fn subjects_and_keys_are_read() {
    for (text, wanted) in [
        ("var.a.b[0]", vec!["var.a+2"]),
        ("local.a", vec!["local.a+0"]),
        ("azurerm_subnet.a[\"x\"].id", vec!["azurerm_subnet.a[\"x\"]+1"]),
        ("azurerm_subnet.a[each.key].id", vec!["azurerm_subnet.a+0", "each+1"]),
        ("data.azurerm_subnet.a.id", vec!["data.azurerm_subnet.a+1"]),
        ("resource.azurerm_subnet.a.id", vec!["azurerm_subnet.a+1"]),
        ("module.m[0].out", vec!["module.m[0]+1"]),
        ("azurerm_subnet.a[*].id", vec!["azurerm_subnet.a+0"]),
        ("[for x in var.list : x.y + local.z]", vec!["var.list+0", "local.z+0"]),
        ("{for k, v in var.m : k => v if var.ok}", vec!["var.m+0", "var.ok+0"]),
        ("\"%{ for x in var.l }${x}${path.module}%{ endfor }\"", vec!["var.l+0", "path+1"]),
        ("{ a = count.index, (self.b) = f(terraform.workspace) }", vec!["count+1", "self+1", "terraform+1"]),
        ("true ? (var.a) : !var.b", vec!["var.a+0", "var.b+0"]),
    ] {
        assert_eq!(found(text), wanted, "{text}");
    }
}

#[test]
fn iterators_of_dynamic_blocks_are_no_references() {
    let text = "a = var.a\ndynamic \"b\" {\n  for_each = var.list\n  iterator = it\n  content {\n    c = it.value\n    d = \
                local.d\n    dynamic \"e\" {\n      for_each = it.value\n      content {\n        f = e.value + it.key + \
                b.value.c\n      }\n    }\n  }\n}";
    let mut sources = SourceMap::default();
    let (body, _) = parse(sources.add("main.tf", None, text), text);
    let names: Vec<String> = body_references(&body).iter().map(|m| m.subject.to_string()).collect();
    assert_eq!(names, ["var.a", "var.list", "local.d", "b.value"]);
}

fn resource(address: ResourceAddress, repetition: Repetition) -> Resource {
    let span = parsed("1").span;
    Resource {
        address,
        body: Body::default(),
        repetition,
        provider: None,
        depends_on: Vec::new(),
        lifecycle: crate::config::Lifecycle::none(),
        connection: None,
        provisioners: Vec::new(),
        check: None,
        header: span,
        span,
    }
}

fn module() -> Module {
    let mut module = Module::default();
    let span = parsed("1").span;
    let variable = Variable {
        name: "region".into(),
        ty: None,
        default: None,
        description: None,
        sensitive: false,
        nullable: true,
        ephemeral: false,
        deprecated: None,
        validations: Vec::new(),
        span,
        overridden: None,
    };
    module.variables.insert("region".into(), variable);
    module.locals.insert("prefix".into(), Local { name: "prefix".into(), value: parsed("1"), span });
    for (name, repetition) in [
        ("one", Repetition::None),
        ("counted", Repetition::Count(parsed("2"))),
        ("keyed", Repetition::ForEach(parsed("{}"))),
    ] {
        let address = ResourceAddress::managed("test_thing", name);
        module.resources.insert(address.clone(), Box::new(resource(address, repetition)));
    }
    let data = ResourceAddress::data("test_thing", "read");
    module.resources.insert(data.clone(), Box::new(resource(data, Repetition::None)));
    module
}

fn wrong(text: &str, place: Place<'_>) -> Vec<String> {
    let module = module();
    let schema = Block {
        attributes: [
            ("id".into(), Attribute::computed(Type::String)),
            ("conf".into(), Attribute::optional(Type::object([("a", Type::String)]))),
        ]
        .into_iter()
        .collect(),
        ..Block::default()
    };
    let declared = Declared { module: &module, schema: &|_| Some(&schema) };
    declared.expression(&parsed(text), place).into_iter().map(|d| d.summary).collect()
}

#[test]
fn what_is_declared_passes() {
    let inside = Place { each: true, count: true, ..Place::default() };
    for text in [
        "[var.region.x, local.prefix, test_thing.one.id, test_thing.one.conf.a, path.module, terraform.workspace]",
        "[test_thing.counted[0].id, test_thing.counted[*].id, test_thing.counted, test_thing.keyed[each.key].id]",
        "[each.value.x, count.index, data.test_thing.read.id]",
    ] {
        assert_eq!(wrong(text, inside), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_not_declared_is_told_in_terraforms_words() {
    for (text, wanted) in [
        ("var.regoin", vec!["Reference to undeclared input variable"]),
        ("local.x", vec!["Reference to undeclared local value"]),
        ("module.x.y", vec!["Reference to undeclared module"]),
        ("test_thing.nope.id", vec!["Reference to undeclared resource"]),
        ("test_thing.read.id", vec!["Reference to undeclared resource"]),
        ("output.x", vec!["Reference to undeclared resource"]),
        ("test_thing.one.nope", vec!["Unsupported attribute"]),
        ("test_thing.one.conf.b", vec!["Unsupported attribute"]),
        ("test_thing.counted.id", vec!["Missing resource instance key"]),
        ("test_thing.keyed.id", vec!["Missing resource instance key"]),
        ("test_thing.one[0].id", vec!["Unexpected resource instance key"]),
        ("each.key", vec!["Reference to \"each\" in context without for_each"]),
        ("each.value.x", vec!["each.value cannot be used in this context"]),
        ("each.id", vec!["Invalid \"each\" attribute"]),
        ("count.index", vec!["Reference to \"count\" in non-counted context"]),
        ("self.id", vec!["Invalid \"self\" reference"]),
        ("path.home", vec!["Invalid \"path\" attribute"]),
        ("terraform.env", vec!["Invalid \"terraform\" attribute"]),
        ("test_thing", vec!["Invalid reference"]),
        ("data.x", vec!["Invalid reference"]),
        ("module", vec!["Invalid reference"]),
        ("var[0]", vec!["Invalid reference", "Reference to undeclared input variable"]),
        ("template.x", vec!["Reserved symbol name"]),
        ("[for x in nope : x]", vec!["Invalid reference"]),
    ] {
        assert_eq!(wrong(text, Place::top()), wanted, "{text}");
    }
}

#[test]
fn places_allow_and_forbid() {
    let one = ResourceAddress::managed("test_thing", "one");
    let with_self = Place { self_is: Some(&one), ..Place::default() };
    assert_eq!(wrong("self.id", with_self), Vec::<String>::new());
    assert_eq!(wrong("self.nope", with_self), ["Unsupported attribute"]);
    let rule = Place { rule: true, ..Place::default() };
    assert_eq!(wrong("self.id", rule), ["Invalid \"self\" reference", "Unknown variable"]);
    let body = Place { not_itself: Some(&one), ..Place::default() };
    assert_eq!(wrong("test_thing.one.id", body), ["Self-referential block"]);
}

#[test]
fn subjects_print_as_they_are_written() {
    assert_eq!(Subject::Variable("a".into()).to_string(), "var.a");
}
