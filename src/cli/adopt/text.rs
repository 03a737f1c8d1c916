//! Objects as text: resource blocks with references where an argument names another object, import blocks, modules.

use std::collections::{BTreeMap, BTreeSet};

use super::Object;
use super::labels::{Names, Target};
use super::workloads::Workload;
use crate::cli::loading;
use crate::provider::{Block, Nesting};
use crate::value::{Fields, Value, ValueKind};

/// What is to be written.
pub(super) struct Output {
    /// Names relative to the folder, with their texts.
    pub files: Vec<(String, String)>,
    /// Variables for secrets.
    pub variables: Vec<String>,
}

/// Writes everything.
pub(super) fn write(objects: &[Object], names: &Names, workloads: &[Workload]) -> Output {
    let mut writer = Writer::new(objects, names, workloads);
    let mut files = BTreeMap::new();
    let mut imports = String::new();
    for (index, object) in objects.iter().enumerate() {
        let block = writer.resource(index);
        let (file, module) = match writer.module_of(index) {
            Some(module) => (format!("modules/{module}/main.tf"), format!("module.{module}.")),
            None => ("adopted.tf".to_owned(), String::new()),
        };
        push(files.entry(file).or_insert_with(String::new), &block);
        let to = format!("{module}{}.{}", object.kind, names.label(index));
        push(&mut imports, &format!("import {{\n  to = {to}\n  id = {}\n}}\n", quoted(&object.id)));
    }
    let root = files.entry("adopted.tf".to_owned()).or_default();
    *root = settings(objects) + "\n" + root;
    for workload in workloads {
        let module = &workload.name;
        let mut call = format!("module \"{module}\" {{\n  source = \"./modules/{module}\"\n");
        let mut declared = String::new();
        for (variable, reference) in writer.passed.get(module).into_iter().flatten() {
            call += if call.lines().count() == 2 { "\n" } else { "" };
            call += &format!("  {variable} = {reference}\n");
            push(&mut declared, &format!("variable \"{variable}\" {{\n  type = string\n}}\n"));
        }
        push(root_of(&mut files), &(call + "}\n"));
        if !declared.is_empty() {
            files.insert(format!("modules/{module}/variables.tf"), declared);
        }
    }
    if !writer.variables.is_empty() {
        let mut text = String::new();
        for name in &writer.variables {
            push(&mut text, &format!("variable \"{name}\" {{\n  type      = string\n  sensitive = true\n}}\n"));
        }
        files.insert("variables.tf".to_owned(), text);
    }
    let mut files: Vec<(String, String)> =
        files.into_iter().map(|(name, text)| (name, crate::syntax::fmt::format_text(&text))).collect();
    files.push(("imports.tf".to_owned(), crate::syntax::fmt::format_text(&imports)));
    Output { files, variables: writer.variables.into_iter().collect() }
}

/// The blocks alone, each under the id that it came from, and a variable for each secret.
pub(super) fn blocks(objects: &[Object], names: &Names) -> String {
    let mut writer = Writer::new(objects, names, &[]);
    let mut text =
        "# __generated__ by Bowline\n# Please review these resources and move them into your main configuration \
                    files.\n"
            .to_owned();
    for (index, object) in objects.iter().enumerate() {
        let block = writer.resource(index);
        push(&mut text, &format!("# __generated__ by Bowline from {}\n{block}", quoted(&object.id)));
    }
    for name in &writer.variables {
        let body = "  type      = string\n  sensitive = true\n  default   = null\n";
        push(&mut text, &format!("variable \"{name}\" {{\n{body}}}\n"));
    }
    text
}

fn root_of(files: &mut BTreeMap<String, String>) -> &mut String {
    files.entry("adopted.tf".to_owned()).or_default()
}

fn push(text: &mut String, block: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(block);
}

/// The providers that are used.
fn settings(objects: &[Object]) -> String {
    let uses = |prefix: &str| objects.iter().any(|object| object.kind.starts_with(prefix));
    let mut required = String::new();
    for (prefix, source) in [("azurerm_", "hashicorp/azurerm"), ("azapi_", "azure/azapi")] {
        if uses(prefix) {
            required += &format!("    {} = {{\n      source = \"{source}\"\n    }}\n", prefix.trim_end_matches('_'));
        }
    }
    let mut text = format!("terraform {{\n  required_providers {{\n{required}  }}\n}}\n");
    if uses("azurerm_") {
        text += "\nprovider \"azurerm\" {\n  features {}\n}\n";
    }
    text
}

struct Writer<'a> {
    objects: &'a [Object],
    names: &'a Names,
    registry: crate::provider::Registry,
    /// The module of each object that is in one.
    modules: BTreeMap<usize, &'a str>,
    /// Which objects an object refers to: never in a circle.
    edges: BTreeMap<usize, BTreeSet<usize>>,
    /// What modules are given: their variables, and what is passed.
    passed: BTreeMap<String, BTreeMap<String, String>>,
    variables: BTreeSet<String>,
}

impl<'a> Writer<'a> {
    fn new(objects: &'a [Object], names: &'a Names, workloads: &'a [Workload]) -> Self {
        let modules =
            workloads.iter().flat_map(|w| w.objects.iter().map(|object| (*object, w.name.as_str()))).collect();
        let (edges, passed, variables) = Default::default();
        Self { objects, names, registry: loading::registry(), modules, edges, passed, variables }
    }

    fn module_of(&self, object: usize) -> Option<&'a str> {
        self.modules.get(&object).copied()
    }

    fn resource(&mut self, index: usize) -> String {
        let Some(object) = self.objects.get(index) else { return String::new() };
        let head = format!("resource \"{}\" \"{}\" {{\n", object.kind, self.names.label(index));
        let provider = self.registry.find(&object.provider.source);
        let block = provider.and_then(|provider| provider.kind(&object.kind)).map(|kind| kind.schema().block.clone());
        let label = self.names.label(index).replace('-', "_");
        let body = block.map(|block| self.body((index, &label), &block, &object.config, 1)).unwrap_or_default();
        format!("{head}{body}}}\n")
    }

    /// `secrets` begins the names of the variables for what is secret in the block.
    fn body(&mut self, (index, secrets): (usize, &str), block: &Block, config: &Value, depth: usize) -> String {
        let Some(fields) = config.as_fields() else { return String::new() };
        let pad = "  ".repeat(depth);
        let mut text = String::new();
        for name in in_order(block, fields) {
            let (Some(attribute), Some(value)) = (block.attributes.get(name), fields.get(name)) else { continue };
            let written = if attribute.sensitive {
                let variable = format!("{secrets}_{name}");
                self.variables.insert(variable.clone());
                format!("var.{variable}")
            } else {
                self.value(index, name, value, depth)
            };
            text += &format!("{pad}{name} = {written}\n");
        }
        for (name, nested) in &block.blocks {
            let Some(value) = fields.get(&**name).filter(|value| !value.is_null()) else { continue };
            let items = match nested.nesting {
                Nesting::List | Nesting::Set => value.as_elements().map(<[Value]>::to_vec).unwrap_or_default(),
                _ => vec![value.clone()],
            };
            for item in items {
                let secrets = format!("{secrets}_{name}{}", called(&item));
                let inner = self.body((index, &secrets), &nested.block, &item, depth + 1);
                text += if text.is_empty() { "" } else { "\n" };
                text += &format!("{pad}{name} {{\n{inner}{pad}}}\n");
            }
        }
        text
    }

    fn value(&mut self, index: usize, argument: &str, value: &Value, depth: usize) -> String {
        let pad = "  ".repeat(depth);
        match value.kind() {
            ValueKind::Bool(flag) => flag.to_string(),
            ValueKind::Number(number) => number.to_string(),
            ValueKind::String(text) => self.reference(index, argument, text).unwrap_or_else(|| quoted(text)),
            ValueKind::List(_, items) | ValueKind::Set(_, items) => self.items(index, argument, items, depth),
            ValueKind::Tuple(items) => self.items(index, argument, items, depth),
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
                if fields.is_empty() {
                    return "{}".to_owned();
                }
                let mut text = String::from("{\n");
                for (name, field) in fields.iter() {
                    let key = if is_word(name) { name.to_string() } else { quoted(name) };
                    text += &format!("{pad}  {key} = {}\n", self.value(index, name, field, depth + 1));
                }
                text + &pad + "}"
            }
            _ => "null".to_owned(),
        }
    }

    fn items(&mut self, index: usize, argument: &str, items: &[Value], depth: usize) -> String {
        let singular = argument.strip_suffix('s').unwrap_or(argument);
        let written: Vec<String> = items.iter().map(|item| self.value(index, singular, item, depth + 1)).collect();
        if written.iter().any(|item| item.contains('\n')) {
            let pad = "  ".repeat(depth);
            let lines: String = written.iter().map(|item| format!("{pad}  {item},\n")).collect();
            return format!("[\n{lines}{pad}]");
        }
        format!("[{}]", written.join(", "))
    }

    /// The object that a text names, as a reference; `None` where it names none, itself, or one that refers to this one.
    fn reference(&mut self, index: usize, argument: &str, text: &str) -> Option<String> {
        let own = self.objects.get(index)?;
        if argument == "name" || own.id.eq_ignore_ascii_case(text) {
            return None;
        }
        let target = self.names.target(argument, text)?;
        let exact = self.objects.get(target.object)?.recorded.value.field(target.attribute)?.as_str()? == text;
        if target.object == index || !exact || self.leads(target.object, index) {
            return None;
        }
        let (here, there) = (self.module_of(index), self.module_of(target.object));
        match (here, there) {
            // What is in a module is not seen from outside: the text says the same.
            (_, Some(there)) if here != Some(there) => return None,
            _ => {}
        }
        self.edges.entry(index).or_default().insert(target.object);
        let reference = self.written(&target);
        let Some(module) = here.filter(|_| there.is_none()) else { return Some(reference) };
        let variable = format!("{}_{}", self.names.label(target.object).replace('-', "_"), target.attribute);
        self.passed.entry(module.to_owned()).or_default().insert(variable.clone(), reference);
        Some(format!("var.{variable}"))
    }

    fn written(&self, target: &Target) -> String {
        let kind = self.objects.get(target.object).map_or("", |object| object.kind.as_str());
        format!("{kind}.{}.{}", self.names.label(target.object), target.attribute)
    }

    /// Whether one refers to another, directly or not.
    fn leads(&self, from: usize, to: usize) -> bool {
        let mut open = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                open.extend(self.edges.get(&at).into_iter().flatten());
            }
        }
        false
    }
}

/// The arguments that are set: what must be there first, then by the schema's order.
fn in_order<'b>(block: &'b Block, fields: &Fields) -> Vec<&'b str> {
    // What is secret and must be written is so also where the service does not give it back.
    let is_asked = |name: &str| block.attributes.get(name).is_some_and(|one| one.required && one.sensitive);
    let is_set =
        |name: &&std::sync::Arc<str>| fields.get(&***name).is_some_and(|value| !value.is_null()) || is_asked(name);
    let rank = |name: &str| match name {
        "type" => 0,
        "name" => 1,
        "resource_group_name" | "parent_id" => 2,
        "location" => 3,
        "tags" => 6,
        _ if block.attributes.get(name).is_some_and(|attribute| attribute.required) => 4,
        _ => 5,
    };
    let mut names: Vec<&str> = block.attributes.keys().filter(is_set).map(|name| &**name).collect();
    names.sort_by_key(|name| rank(name));
    names
}

/// What a block is called among others of its type, as the end of a variable's name.
fn called(block: &Value) -> String {
    let name = block.field("name").and_then(Value::as_str).unwrap_or_default();
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    if name.is_empty() { String::new() } else { "_".chars().chain(name.chars().map(letter)).collect() }
}

fn is_word(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// A text as HCL writes it.
fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => {
                written.push(letter);
                written.push(letter);
            }
            letter if letter.is_control() => written.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => written.push(letter),
        }
    }
    written + "\""
}
