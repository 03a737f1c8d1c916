//! What can stand at a place.

use serde_json::{Value as Json, json};

use super::look::{Around, Project, around};
use super::place::word_at;
use crate::azure::roles;
use crate::provider::{Attribute, Block};

/// The protocol's numbers for what an item is.
const FIELD: u8 = 5;
const VARIABLE: u8 = 6;
const MODULE: u8 = 9;
const VALUE: u8 = 12;
const STRUCT: u8 = 22;

/// Everything that can stand at a byte of a text.
pub fn at(project: &Project, text: &str, at: usize) -> Json {
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let around = around(text, at);
    if let Some(items) = in_quotes(project, line, &around) {
        return json!(items);
    }
    let only_a_name = line.trim_start().chars().all(|c| c.is_alphanumeric() || c == '_');
    if only_a_name {
        return json!(names(project, &around));
    }
    let (word, place) = word_at(text, at);
    let typed = word.get(..at - place.start).unwrap_or_default();
    json!(references(project, typed))
}

/// Kinds in a block's first label, roles where a role is named.
fn in_quotes(project: &Project, line: &str, around: &Around) -> Option<Vec<Json>> {
    let (before, typed) = line.rsplit_once('"')?;
    // An even number of quotes before: the text goes on outside.
    if before.matches('"').count() % 2 == 1 || typed.contains('}') {
        return None;
    }
    let start = before.trim();
    if start == "resource" || start == "data" {
        let names = project.registry.kind_names(start == "data");
        return Some(names.iter().map(|name| item(name, STRUCT, "", "")).collect());
    }
    // A module that takes a role mostly calls it so.
    let names_role = ["role_definition_name", "role"].iter().any(|name| argument(start) == Some(name));
    let finds_role =
        around.labels.first().is_some_and(|kind| kind == "azurerm_role_definition") && argument(start) == Some("name");
    if names_role || finds_role {
        return Some(roles::names().map(|name| item(name, VALUE, "built-in role", "")).collect());
    }
    None
}

/// The argument, or the key of an object, that a line gives a value to.
fn argument(before: &str) -> Option<&str> {
    let name = before.strip_suffix('=')?.trim_end();
    name.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()
}

/// The arguments and blocks of the block around.
fn names(project: &Project, around: &Around) -> Vec<Json> {
    let Some(block) = schema(project, around) else {
        let blocks = [
            "resource",
            "data",
            "module",
            "variable",
            "output",
            "locals",
            "provider",
            "terraform",
            "moved",
            "import",
            "removed",
            "check",
        ];
        return if around.path.is_empty() {
            blocks.map(|name| item(name, STRUCT, "", "")).to_vec()
        } else {
            Vec::new()
        };
    };
    let given = block.attributes.iter().filter(|(_, attribute)| attribute.required || attribute.optional);
    let arguments = given.map(|(name, attribute)| item(name, FIELD, &trait_words(attribute), &attribute.description));
    let blocks = block.blocks.iter().map(|(name, nested)| item(name, STRUCT, "block", &nested.block.description));
    arguments.chain(blocks).collect()
}

/// The schema of the block around.
pub fn schema<'p>(project: &'p Project, around: &Around) -> Option<&'p Block> {
    let (first, rest) = around.path.split_first()?;
    let kind = project.kind(around.labels.first()?, first == "data")?;
    rest.iter()
        .try_fold(&kind.schema().block, |block, name| block.blocks.get(name.as_str()).map(|nested| &nested.block))
}

/// `required string`
pub fn trait_words(attribute: &Attribute) -> String {
    let word = match (attribute.required, attribute.computed) {
        (true, _) => "required ",
        (false, true) if !attribute.optional => "decided by Azure, ",
        _ => "",
    };
    format!("{word}{}", attribute.ty.constraint_name())
}

/// What a reference that has been begun can go on with.
fn references(project: &Project, typed: &str) -> Vec<Json> {
    let module = project.module();
    let parts: Vec<&str> = typed.split('.').collect();
    let resource = |is_data: bool, kind: &str| {
        let of_kind = module.resources.keys().filter(move |address| {
            let data = address.mode == crate::address::ResourceMode::Data;
            data == is_data && &*address.kind == kind
        });
        of_kind.map(|address| item(&address.name, VARIABLE, &address.kind, "")).collect::<Vec<_>>()
    };
    let attributes = |is_data: bool, kind: &str| {
        let block = project.kind(kind, is_data).map(|kind| &kind.schema().block);
        let all = block.into_iter().flat_map(|block| &block.attributes);
        all.map(|(name, attribute)| item(name, FIELD, &trait_words(attribute), &attribute.description)).collect()
    };
    match parts.as_slice() {
        ["var", _] => module.variables.keys().map(|name| item(name, VARIABLE, "variable", "")).collect(),
        ["local", _] => module.locals.keys().map(|name| item(name, VARIABLE, "local value", "")).collect(),
        ["module", _] => module.calls.keys().map(|name| item(name, MODULE, "module", "")).collect(),
        ["module", name, _] => {
            let child = module.children.get(*name);
            let outputs = child.into_iter().flat_map(|child| child.outputs.keys());
            outputs.map(|name| item(name, FIELD, "output", "")).collect()
        }
        ["data", _] => kinds(project, true),
        ["data", kind, _] => resource(true, kind),
        ["data", kind, _, _] => attributes(true, kind),
        [_] => {
            let roots = ["var", "local", "module", "data", "path", "each", "count"];
            roots.map(|name| item(name, MODULE, "", "")).into_iter().chain(kinds(project, false)).collect()
        }
        [kind, _] => resource(false, kind),
        [kind, _, _] => attributes(false, kind),
        _ => Vec::new(),
    }
}

/// The kinds that the module has something of.
fn kinds(project: &Project, is_data: bool) -> Vec<Json> {
    let of_mode =
        |address: &&crate::address::ResourceAddress| (address.mode == crate::address::ResourceMode::Data) == is_data;
    let names: std::collections::BTreeSet<&str> =
        project.module().resources.keys().filter(of_mode).map(|address| &*address.kind).collect();
    names.into_iter().map(|name| item(name, STRUCT, "", "")).collect()
}

fn item(label: &str, kind: u8, detail: &str, documentation: &str) -> Json {
    let mut item = json!({ "label": label, "kind": kind });
    if let Some(fields) = item.as_object_mut() {
        for (name, text) in [("detail", detail), ("documentation", documentation)] {
            if !text.is_empty() {
                fields.insert(name.to_owned(), text.into());
            }
        }
    }
    item
}
