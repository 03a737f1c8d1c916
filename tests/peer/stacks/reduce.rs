//! What is compared of a plan, a state and a validation: all that means something, without what is random.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex::Regex;
use serde_json::{Map, Value as Json, json};

use crate::answer::tidy;

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap());
/// As long as an id is in Base64.
static ENCODED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9A-Za-z]{48}\b").unwrap());
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)").unwrap());

/// A text without random ids and times.
pub fn masked(text: &str) -> String {
    let hidden = |found: &regex::Captures<'_>| {
        let decoded = BASE64_STANDARD.decode(&found[0]).unwrap_or_default();
        let is_id = std::str::from_utf8(&decoded).is_ok_and(|text| ID.is_match(text));
        if is_id { "[encoded id]".to_owned() } else { found[0].to_owned() }
    };
    let text = ENCODED.replace_all(text, hidden);
    let text = text.as_ref();
    TIME.replace_all(&ID.replace_all(text, "[id]"), "[time]").into_owned()
}

fn masked_json(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::from(masked(text)),
        Json::Array(items) => items.iter().map(masked_json).collect(),
        Json::Object(fields) => fields.iter().map(|(k, v)| (masked(k), masked_json(v))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}

fn read(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!({ "not JSON": text }))
}

fn items(document: &Json, name: &str) -> Vec<Json> {
    document[name].as_array().cloned().unwrap_or_default()
}

/// The fields of an object that are there and not null.
fn pick(from: &Json, names: &[&str]) -> Map<String, Json> {
    let present = |name: &&&str| !from[**name].is_null() && from[**name] != json!("");
    names.iter().filter(present).map(|name| ((*name).to_owned(), from[*name].clone())).collect()
}

/// Of a plan: changes, outputs, drift, checks, variables.
pub fn plan(text: &str) -> Json {
    let document = read(text);
    let changes = |name: &str| {
        let mut found: Vec<Json> = items(&document, name).iter().map(change).collect();
        found.sort_by_key(|c| (c["address"].to_string(), c["deposed"].to_string(), masked_json(c).to_string()));
        found
    };
    masked_json(&json!({
        "changes": changes("resource_changes"),
        "drift": changes("resource_drift"),
        "outputs": document["output_changes"],
        "checks": checks_of(&document),
        "variables": document["variables"],
    }))
}

fn change(from: &Json) -> Json {
    let mut found = pick(from, &["address", "previous_address", "deposed", "action_reason"]);
    let inner = pick(&from["change"], &["actions", "before", "after", "after_unknown", "replace_paths", "importing"]);
    found.extend(inner);
    if !from["deposed"].is_null() {
        found.insert("deposed".to_owned(), json!("[key]"));
    }
    found.into()
}

/// Of a state as JSON: how its conditions came out.
pub fn checks(text: &str) -> Json {
    checks_of(&read(text)).into()
}

fn checks_of(document: &Json) -> Vec<Json> {
    let instance = |from: &Json| {
        let mut problems: Vec<String> = items(from, "problems").iter().map(|p| p["message"].to_string()).collect();
        problems.sort();
        json!({ "address": from["address"]["to_display"], "status": from["status"], "problems": problems })
    };
    let check = |from: &Json| {
        let mut instances: Vec<Json> = items(from, "instances").iter().map(instance).collect();
        instances.sort_by_key(|i| i["address"].to_string());
        json!({
            "address": from["address"]["to_display"], "kind": from["address"]["kind"],
            "status": from["status"], "instances": instances,
        })
    };
    let mut found: Vec<Json> = items(document, "checks").iter().map(check).collect();
    found.sort_by_key(|c| c["address"].to_string());
    found
}

/// Of a state: resources with their instances, and outputs.
pub fn state(text: &str) -> Json {
    if text.trim().is_empty() {
        return json!({ "resources": [], "outputs": {} });
    }
    let document = read(text);
    let instance = |from: &Json| {
        let mut found = pick(from, &["index_key", "status", "attributes", "sensitive_attributes", "dependencies"]);
        if !from["deposed"].is_null() {
            found.insert("deposed".to_owned(), json!("[key]"));
        }
        sort(&mut found, "sensitive_attributes");
        sort(&mut found, "dependencies");
        Json::from(found)
    };
    let resource = |from: &Json| {
        let mut instances: Vec<Json> = items(from, "instances").iter().map(instance).collect();
        instances.sort_by_key(|i| (i["index_key"].to_string(), i["deposed"].to_string(), masked_json(i).to_string()));
        let mut found = pick(from, &["module", "mode", "type", "name"]);
        found.insert("instances".to_owned(), instances.into());
        Json::from(found)
    };
    let mut resources: Vec<Json> = items(&document, "resources").iter().map(resource).collect();
    // Terraform leaves a resource without any instance behind when making the first one failed.
    resources.retain(|r| r["instances"].as_array().is_some_and(|i| !i.is_empty()));
    resources.sort_by_key(|r| ["module", "mode", "type", "name"].map(|part| r[part].to_string()));
    masked_json(&json!({ "resources": resources, "outputs": document["outputs"] }))
}

fn sort(found: &mut serde_json::Map<String, Json>, list: &str) {
    if let Some(Json::Array(items)) = found.get_mut(list) {
        items.sort_by_key(Json::to_string);
    }
}

/// Of a validation: the errors, as in the text for people.
pub fn validation(text: &str) -> Json {
    let document = read(text);
    let place = |from: &Json| match (from["range"]["filename"].as_str(), from["range"]["start"]["line"].as_u64()) {
        (Some(file), Some(line)) if !file.is_empty() => format!("{file}:{line}"),
        _ => String::new(),
    };
    let mut errors: Vec<(String, String)> = items(&document, "diagnostics")
        .iter()
        .filter(|d| d["severity"] == "error")
        .map(|d| (place(d), tidy(d["summary"].as_str().unwrap_or_default())))
        .collect();
    errors.sort();
    let errors: Vec<String> = errors.into_iter().map(|(at, summary)| format!("{at} {summary}")).collect();
    json!({ "valid": document["valid"], "errors": errors })
}
