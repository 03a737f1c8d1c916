//! What is known of a word: its meaning, where it was declared, and what to write in its stead.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::complete::{schema, trait_words};
use super::look::{Project, around};
use super::place::{range, uri_of, word_at};
use crate::address::ResourceAddress;
use crate::span::Span;

/// What the word at a byte means.
pub fn hover(project: &Project, text: &str, at: usize) -> Json {
    let (word, place) = word_at(text, at);
    match meaning(project, text, at, word) {
        Some(markdown) => {
            json!({ "contents": { "kind": "markdown", "value": markdown }, "range": range(text, place) })
        }
        None => Json::Null,
    }
}

fn meaning(project: &Project, text: &str, at: usize, word: &str) -> Option<String> {
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default().trim_start();
    if line.starts_with("resource") || line.starts_with("data") {
        let block = &project.kind(word, line.starts_with("data"))?.schema().block;
        let required: Vec<String> =
            block.attributes.iter().filter(|(_, a)| a.required).map(|(name, _)| format!("`{name}`")).collect();
        return Some(format!("**{word}**\n\n{}\n\nRequired: {}", block.description, required.join(", ")));
    }
    if let Some(block) = schema(project, &around(text, at)) {
        if let Some(attribute) = block.attributes.get(word) {
            return Some(format!("**{word}** ({})\n\n{}", trait_words(attribute), attribute.description));
        }
        if let Some(nested) = block.blocks.get(word) {
            return Some(format!("**{word}** (block)\n\n{}", nested.block.description));
        }
    }
    let name = word.strip_prefix("var.")?.split('.').next()?;
    let variable = project.module().variables.get(name)?;
    let about = variable.description.as_ref().map(|text| text.value.to_string()).unwrap_or_default();
    Some(format!("**var.{name}**\n\n{about}"))
}

/// Where what the word at a byte refers to was declared.
pub fn definition(project: &Project, text: &str, at: usize) -> Json {
    let (word, _) = word_at(text, at);
    declared(project, word).and_then(|place| project.location(place)).unwrap_or(Json::Null)
}

fn declared(project: &Project, word: &str) -> Option<Span> {
    let module = project.module();
    let parts: Vec<&str> = word.split('.').collect();
    let resource = |address: ResourceAddress| module.resources.get(&address).map(|resource| resource.header);
    match parts.as_slice() {
        ["var", name, ..] => module.variables.get(*name).map(|variable| variable.span),
        ["local", name, ..] => module.locals.get(*name).map(|local| local.span),
        ["module", name, output, ..] if module.children.get(*name).is_some_and(|m| m.outputs.contains_key(*output)) => {
            module.children.get(*name)?.outputs.get(*output).map(|output| output.span)
        }
        ["module", name, ..] => module.calls.get(*name).map(|call| call.span),
        ["data", kind, name, ..] => resource(ResourceAddress::data(kind, name)),
        [kind, name, ..] => resource(ResourceAddress::managed(kind, name)),
        _ => None,
    }
}

/// What can be done about the diagnostics that the client points at: an argument under its present name.
pub fn actions(project: &Project, path: &Path, text: &str, parameters: &Json) -> Json {
    let wanted = parameters.pointer("/context/diagnostics").and_then(Json::as_array);
    let action = |diagnostic: &Json| {
        let place = super::place::offset(text, diagnostic.pointer("/range/start")?);
        let (word, at) = word_at(text, place);
        let around = around(text, place);
        let (first, rest) = around.path.split_first()?;
        let kind = project.kind(around.labels.first()?, first == "data")?;
        let full: Vec<&str> = rest.iter().map(String::as_str).chain([word]).collect();
        let told = kind.renamed(&full)?;
        let present = told.split('"').nth(1).filter(|name| is_argument(name))?;
        let edit = json!({ "range": range(text, at), "newText": present });
        Some(json!({
            "title": format!("Rename to {present}"),
            "kind": "quickfix",
            "diagnostics": [diagnostic],
            "isPreferred": true,
            "edit": { "changes": { uri_of(path): [edit] } },
        }))
    };
    json!(wanted.into_iter().flatten().filter_map(action).collect::<Vec<_>>())
}

/// A present name, not advice in words.
fn is_argument(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
