//! The conditions of policies: `field` and its comparisons, `allOf`, `anyOf`, `not`. Of what Azure Policy can say, `count`,
//! `value` with functions and templates are left out: a condition with them never holds.

use serde_json::{Map, Value, json};

use crate::simulator::body::text;
use crate::simulator::target::same;

/// What a rule is held against: a resource as it is written, with `type`, `name` and what was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'a>(pub &'a Value);

/// The parameters of an assignment, those of the definition by default.
pub(super) type Parameters = Map<String, Value>;

/// Whether a condition holds; what was compared for that is added to `told`.
pub(super) fn holds(condition: &Value, content: Content<'_>, with: &Parameters, told: &mut Vec<Value>) -> bool {
    let list = |name: &str| condition.get(name).and_then(Value::as_array);
    if let Some(all) = list("allOf") {
        return all.iter().all(|inner| holds(inner, content, with, told));
    }
    if let Some(any) = list("anyOf") {
        return any.iter().any(|inner| holds(inner, content, with, told));
    }
    if let Some(inner) = condition.get("not") {
        return !holds(inner, content, with, told);
    }
    let (Some(field), Some((operator, target))) = (text(condition, "/field"), comparison(condition)) else {
        return false;
    };
    let (field, target) = (resolved(&Value::from(field), with), resolved(target, with));
    let field = field.as_str().unwrap_or_default();
    let path = path_of(field, content);
    let values = at(content.0, &path);
    // An array's condition holds when it holds for each of its members.
    let outcome = match values.as_slice() {
        [] => compare(operator, None, &target),
        many => many.iter().all(|value| compare(operator, Some(value), &target)),
    };
    told.push(json!({
        "result": if outcome { "True" } else { "False" },
        "expressionKind": "Field",
        "expression": field,
        "path": path,
        "expressionValue": values.first(),
        "targetValue": target,
        "operator": operator,
    }));
    outcome
}

/// The member that compares: all but `field`.
fn comparison(condition: &Value) -> Option<(&str, &Value)> {
    let mut members = condition.as_object()?.iter().filter(|(name, _)| name.as_str() != "field");
    members.next().map(|(name, target)| (name.as_str(), target))
}

/// A value with `[parameters('x')]` replaced, also within a text such as `[concat('tags[', parameters('tag'), ']')]`.
pub(super) fn resolved(value: &Value, with: &Parameters) -> Value {
    let Some(inner) = value.as_str().and_then(|text| text.strip_prefix('[')?.strip_suffix(']')) else {
        return value.clone();
    };
    let parameter = |call: &str| {
        let name = call.trim().strip_prefix("parameters('")?.strip_suffix("')")?;
        with.iter().find(|(other, _)| same(other, name)).map(|(_, value)| value.clone())
    };
    if let Some(found) = parameter(inner) {
        return found;
    }
    let Some(parts) = inner.strip_prefix("concat(").and_then(|rest| rest.strip_suffix(')')) else {
        return value.clone();
    };
    let piece = |part: &str| {
        let quoted = part.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        quoted.map(str::to_owned).or_else(|| parameter(part)?.as_str().map(str::to_owned)).unwrap_or_default()
    };
    Value::from(parts.split(',').map(piece).collect::<String>())
}

/// Where in a body a field is: aliases have the type before the path, and leave `properties` out.
fn path_of(field: &str, content: Content<'_>) -> String {
    if let Some(tag) = field.strip_prefix("tags[").and_then(|rest| rest.strip_suffix(']')) {
        return format!("tags.{}", tag.trim_matches('\''));
    }
    let kind = text(content.0, "/type").unwrap_or_default();
    let alias = field.get(..kind.len()).filter(|head| same(head, kind)).map(|head| &field[head.len()..]);
    match alias.and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !at(content.0, rest).is_empty() => rest.replace('/', "."),
        Some(rest) => format!("properties.{}", rest.replace('/', ".")),
        None => field.to_owned(),
    }
}

/// What is at a dotted path, in any casing; `[*]` goes into each member of an array.
fn at(body: &Value, path: &str) -> Vec<Value> {
    let mut places = vec![body];
    for step in path.split('.') {
        let (name, each) = step.strip_suffix("[*]").map_or((step, false), |name| (name, true));
        let next = places.iter().filter_map(|place| {
            let members = place.as_object()?;
            members.iter().find(|(other, _)| same(other, name)).map(|(_, value)| value)
        });
        places = if each { next.filter_map(Value::as_array).flatten().collect() } else { next.collect() };
    }
    places.into_iter().filter(|value| !value.is_null()).cloned().collect()
}

fn compare(operator: &str, value: Option<&Value>, target: &Value) -> bool {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let equal = |one: &Value, other: &Value| same(&word(one), &word(other));
    let among = |value: &Value| target.as_array().is_some_and(|all| all.iter().any(|one| equal(one, value)));
    let has = |value: &Value| match value {
        Value::Array(items) => items.iter().any(|item| equal(item, target)),
        other => word(other).to_lowercase().contains(&word(target).to_lowercase()),
    };
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let ordered = |keep: fn(f64, f64) -> bool| {
        value.and_then(number).zip(number(target)).is_some_and(|(left, right)| keep(left, right))
    };
    match operator.to_ascii_lowercase().as_str() {
        "exists" => value.is_some() == same(&word(target), "true"),
        "equals" => value.is_some_and(|value| equal(value, target)),
        "notequals" => !value.is_some_and(|value| equal(value, target)),
        "in" => value.is_some_and(among),
        "notin" => !value.is_some_and(among),
        "like" => value.is_some_and(|value| like(&word(target), &word(value))),
        "notlike" => !value.is_some_and(|value| like(&word(target), &word(value))),
        "contains" => value.is_some_and(has),
        "notcontains" => !value.is_some_and(has),
        "containskey" => value.and_then(Value::as_object).is_some_and(|all| all.keys().any(|k| same(k, &word(target)))),
        "greater" => ordered(|left, right| left > right),
        "greaterorequals" => ordered(|left, right| left >= right),
        "less" => ordered(|left, right| left < right),
        "lessorequals" => ordered(|left, right| left <= right),
        _ => false,
    }
}

/// Whether a text is as a pattern with one star says, in any casing.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    match pattern.split_once('*') {
        Some((head, tail)) => text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail),
        None => pattern == text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_or_not() {
        let body = json!({
            "type": "Microsoft.Storage/storageAccounts", "name": "st1", "location": "westus2",
            "tags": { "owner": "a" }, "sku": { "name": "Standard_LRS" },
            "properties": { "minimumTlsVersion": "TLS1_0", "rules": [{ "port": 22 }, { "port": 443 }] },
        });
        let alias = |rest: &str| format!("Microsoft.Storage/storageAccounts/{rest}");
        let with: Parameters =
            [("places".to_owned(), json!(["westeurope"])), ("tag".to_owned(), json!("owner"))].into_iter().collect();
        for (condition, expected) in [
            (json!({ "field": "location", "notIn": "[parameters('places')]" }), true),
            (json!({ "not": { "field": "location", "in": ["WestUS2"] } }), false),
            (json!({ "field": "tags['owner']", "exists": "false" }), false),
            (json!({ "field": "[concat('tags[', parameters('tag'), ']')]", "exists": true }), true),
            (json!({ "field": alias("minimumTlsVersion"), "equals": "tls1_0" }), true),
            (json!({ "field": alias("sku.name"), "like": "Standard_*" }), true),
            (json!({ "field": alias("rules[*].port"), "greater": 100 }), false),
            (json!({ "field": alias("rules[*].port"), "greater": 20 }), true),
            (json!({ "field": alias("absent"), "notEquals": "x" }), true),
            (
                json!({ "allOf": [{ "field": "type", "equals": "microsoft.storage/STORAGEACCOUNTS" }, { "anyOf": [] }] }),
                false,
            ),
            (json!({ "value": "[field('tags')]", "equals": "x" }), false),
        ] {
            assert_eq!(holds(&condition, Content(&body), &with, &mut Vec::new()), expected, "{condition}");
        }
    }
}
