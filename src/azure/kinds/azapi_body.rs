//! The body of an `azapi_resource`: free-form, and compared only where the configuration speaks.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::super::wire::{Same, same_text};
use super::azapi_lists::Lists;
use crate::value::{Type, Value, ValueKind};

/// How a body is compared with what Azure answers.
#[derive(Debug, Clone)]
pub struct How {
    /// Letters that differ only in case are the same (`ignore_casing`).
    caseless: bool,
    /// What Azure does not answer is as it was (`ignore_missing_property`).
    missing_is_kept: bool,
    lists: Lists,
}

impl Default for How {
    fn default() -> Self {
        Self { caseless: false, missing_is_kept: true, lists: Lists::default() }
    }
}

impl How {
    /// As an object's own arguments say.
    pub fn of(object: &Value) -> Self {
        let flag = |name: &str| object.field(name).and_then(Value::as_bool);
        Self {
            caseless: flag("ignore_casing") == Some(true),
            missing_is_kept: flag("ignore_missing_property") != Some(false),
            lists: Lists::of(object),
        }
    }
}

/// The configured body as Azure now has it: each configured key with Azure's value, and no other key. What Azure does
/// not answer (secrets, what it calls by default) is as it was, unless that is to count.
pub fn observed(before: &Value, answer: Option<&Json>, how: &How) -> Value {
    observed_at("", before, answer, how)
}

/// The part at a path, which leads through lists without saying at which item.
fn observed_at(path: &str, before: &Value, answer: Option<&Json>, how: &How) -> Value {
    let Some(answer) = answer.filter(|answer| !answer.is_null()) else {
        let gone = !how.missing_is_kept && !before.is_null() && before.is_known();
        return if gone { Value::null(Type::Dynamic).marked(before.marks()) } else { before.clone() };
    };
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let field = |name: &Arc<str>, value: &Value, members: &Map<String, Json>| {
        observed_at(&below(name), value, member(members, name), how)
    };
    let observed = match (before.kind(), answer) {
        (ValueKind::Null(_) | ValueKind::Unknown(..), _) => return before.clone(),
        (ValueKind::Object(fields), Json::Object(members)) => {
            Value::object(fields.iter().map(|(k, v)| (k.clone(), field(k, v, members))).collect())
        }
        (ValueKind::Map(element, fields), Json::Object(members)) => {
            // A map's elements are of one type: one that is gone is left out.
            let fields = fields.iter().map(|(k, v)| (k.clone(), field(k, v, members)));
            Value::map(element.clone(), fields.filter(|(_, v)| !v.is_null()).collect())
        }
        (ValueKind::Tuple(items) | ValueKind::List(_, items), Json::Array(answers)) => {
            let answers = how.lists.in_our_order(path, items, answers);
            if items.len() == answers.len() {
                let pairs = items.iter().zip(answers);
                let each = pairs.map(|(item, answer)| observed_at(path, item, Some(answer), how)).collect();
                match before.kind() {
                    ValueKind::List(element, _) => Value::list(element.clone(), each),
                    _ => Value::tuple(each),
                }
            } else {
                Value::from_plain_json(&answers.into_iter().cloned().collect())
            }
        }
        _ if is_same(before, answer, how.caseless) => return before.clone(),
        _ => Value::from_plain_json(answer),
    };
    observed.marked(before.marks())
}

/// Takes away every member that is null.
pub fn without_nulls(body: &mut Json) {
    match body {
        Json::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Json::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

fn member<'a>(members: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    members.get(name).or_else(|| members.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

fn is_same(before: &Value, answer: &Json, caseless: bool) -> bool {
    let (Some(before), Some(answer)) = (before.as_str(), answer.as_str()) else {
        return before.clone().unmark_deep().0.to_plain_json().is_ok_and(|before| before == *answer);
    };
    before == answer
        || (caseless && before.eq_ignore_ascii_case(answer))
        || (before.starts_with('/') && same_text(Same::ArmId, before, answer))
}

/// One body laid over another, member by member.
pub fn lay_over(below: &mut Json, above: Json) {
    match (below, above) {
        (Json::Object(below), Json::Object(above)) => {
            for (name, value) in above {
                lay_over(below.entry(name).or_insert(Json::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

/// What `output` holds: the paths of `response_export_values`, as a list of paths (their shape is kept) or as a map
/// of names and paths; all that the body does not say, when there is none.
pub fn exported(wanted: &Value, body: &Json, answer: &Json) -> Value {
    if let Some(paths) = wanted.as_elements() {
        let mut output = Json::Object(Map::new());
        for path in paths.iter().filter_map(Value::as_str) {
            if path == "*" {
                return Value::from_plain_json(answer);
            }
            if let Some(found) = pick(answer, path) {
                lay_over(&mut output, wrapped(path, found.clone()));
            }
        }
        return Value::from_plain_json(&output);
    }
    if let Some(names) = wanted.as_fields() {
        let read = |path: &Value| path.as_str().and_then(|path| pick(answer, path)).map(Value::from_plain_json);
        let fields = names.iter().map(|(name, path)| (name.clone(), read(path).unwrap_or(Value::null(Type::Dynamic))));
        return Value::object(fields.collect());
    }
    Value::from_plain_json(&unsaid(answer, body).unwrap_or_else(|| Json::Object(Map::new())))
}

/// The members of an answer that a body does not have.
fn unsaid(answer: &Json, body: &Json) -> Option<Json> {
    const OWN: [&str; 8] = ["id", "name", "type", "location", "tags", "identity", "etag", "systemData"];
    let Json::Object(members) = answer else { return None };
    let said = body.as_object();
    let rest: Map<String, Json> = members
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()))
        .filter_map(|(name, value)| match said.and_then(|said| member(said, name)) {
            None => Some((name.clone(), value.clone())),
            Some(below) => unsaid(value, below).map(|rest| (name.clone(), rest)),
        })
        .collect();
    (!rest.is_empty()).then_some(Json::Object(rest))
}

/// What stands at `properties.hosts[0].name`.
fn pick<'a>(answer: &'a Json, path: &str) -> Option<&'a Json> {
    let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.clone().try_fold(answer, |at, step| match at {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        Json::Object(members) => member(members, step),
        _ => None,
    })
}

/// A value inside the objects that a path names.
fn wrapped(path: &str, value: Json) -> Json {
    let names = path.split(['.', '[', ']']).filter(|step| !step.is_empty() && step.parse::<usize>().is_err());
    names.rev().fold(value, |inner, name| Json::Object(Map::from_iter([(name.to_owned(), inner)])))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_body_says_is_compared() {
        let body = Value::from_plain_json(&json!({"sku": {"name": "Standard"}, "properties": {
            "subnet": "/subscriptions/s/resourceGroups/g", "secret": "x", "list": [{"a": 1}], "n": 1}}));
        let answer = json!({"sku": {"name": "Standard", "tier": "T"}, "extra": 1, "properties": {
            "subnet": "/subscriptions/s/resourcegroups/G", "list": [{"a": 1, "b": 2}], "n": 1}});
        assert!(observed(&body, Some(&answer), &How::default()).raw_eq(&body));
        let drifted = observed(&body, Some(&json!({"sku": {"name": "Basic"}})), &How::default());
        assert_eq!(drifted.field("sku").unwrap().field("name").unwrap().as_str(), Some("Basic"));
        let recased = json!({"sku": {"name": "STANDARD"}});
        assert!(!observed(&body, Some(&recased), &How::default()).raw_eq(&body));
        let strict = observed(&body, Some(&recased), &How { missing_is_kept: false, ..How::default() });
        assert!(strict.field("properties").unwrap().is_null());
        assert!(observed(&body, Some(&recased), &How { caseless: true, ..How::default() }).raw_eq(&body));
        let longer = observed(&body, Some(&json!({"properties": {"list": [1, 2]}})), &How::default());
        assert_eq!(longer.field("properties").unwrap().field("list").unwrap().as_elements().unwrap().len(), 2);
    }

    #[test]
    fn the_output_holds_what_was_asked_for() {
        let answer = json!({"id": "i", "properties": {"a": {"b": 1}, "c": [{"d": "e"}], "said": true}});
        let body = json!({"properties": {"said": true}});
        let export = |wanted: Json| exported(&Value::from_plain_json(&wanted), &body, &answer).to_plain_json().unwrap();
        assert_eq!(export(json!(["properties.a.b"])), json!({"properties": {"a": {"b": 1}}}));
        assert_eq!(export(json!(["*"])), answer);
        assert_eq!(export(json!({"d": "properties.c[0].d", "none": "x"})), json!({"d": "e", "none": null}));
        assert_eq!(export(Json::Null), json!({"properties": {"a": {"b": 1}, "c": [{"d": "e"}]}}));
    }
}
