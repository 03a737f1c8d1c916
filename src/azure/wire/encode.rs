//! What a planned value asks for, patched into the JSON that Azure gave last: what is not modelled, or not
//! changed, stays as it is.

use serde_json::{Map, Value as Json, json};

use super::json as at;
use super::same::equal;
use super::scalar::{literal, literal_json, to_json};
use super::table::{Blocks, Codec, Off, Row, Scalar, Shape};
use crate::value::Value;

/// Patches `body` so that it asks for `planned`. With `prior`, only what differs from it is touched.
pub fn encode(rows: &[Row], body: &mut Json, planned: &Value, prior: Option<&Value>) {
    for row in rows.iter().filter(|row| row.configurable()) {
        let Some(path) = row.wire else { continue };
        let Some(want) = planned.field(row.name) else { continue };
        let had = prior.and_then(|prior| prior.field(row.name));
        if had.is_some_and(|had| equal(had, want)) {
            continue;
        }
        if had.is_none() && row.tacit && row.default.is_some_and(|default| equal(want, &literal(default))) {
            continue;
        }
        match &row.shape {
            Shape::Blocks(blocks) => encode_blocks(row, blocks, path, body, want, had),
            Shape::Map => encode_map(path, body, want, had),
            _ => encode_attribute(row, path, body, want, had),
        }
    }
}

fn encode_attribute(row: &Row, path: &str, body: &mut Json, want: &Value, had: Option<&Value>) {
    match (to_json(row, want), row.null_as) {
        (Some(value), _) => {
            let value = if matches!(row.codec, Codec::Keys) { keep_members(at::get(body, path), value) } else { value };
            at::set(body, path, value);
        }
        (None, Some(null)) if want.is_null() => at::set(body, path, literal_json(null)),
        (None, _) if want.is_null() && had.is_some_and(|had| !had.is_null()) => reset(row, path, body),
        _ => {}
    }
}

/// What was configured and no longer is goes back to what it is without: its default, `false`, or nothing.
fn reset(row: &Row, path: &str, body: &mut Json) {
    let without = match (row.default, &row.shape) {
        (Some(default), _) => Some(literal(default)),
        (None, Shape::One(Scalar::Bool)) => Some(Value::bool(false)),
        _ => None,
    };
    match without.and_then(|value| to_json(row, &value)) {
        Some(json) => at::set(body, path, json),
        None => {
            at::remove(body, path);
        }
    }
}

/// Identity maps: keys in the spelling that Azure has already, values empty, since Azure refuses its own echo.
fn keep_members(now: Option<&Json>, wanted: Json) -> Json {
    let (Some(now), Json::Object(wanted)) = (now.and_then(Json::as_object), &wanted) else { return wanted };
    let spelled = wanted.keys().map(|key| now.keys().find(|k| k.eq_ignore_ascii_case(key)).unwrap_or(key).clone());
    Json::Object(spelled.map(|key| (key, json!({}))).collect())
}

/// Sets the keys that are wanted and takes away those that were ours; others' keys stay.
fn encode_map(path: &str, body: &mut Json, want: &Value, had: Option<&Value>) {
    if !want.is_known() || (want.is_null() && had.is_none_or(Value::is_null)) {
        return;
    }
    let mut object = at::get(body, path).and_then(Json::as_object).cloned().unwrap_or_default();
    for key in had.and_then(Value::as_fields).into_iter().flat_map(crate::value::Fields::keys) {
        object.retain(|k, _| !k.eq_ignore_ascii_case(key));
    }
    for (key, value) in want.as_fields().into_iter().flatten() {
        object.retain(|k, _| k == key.as_ref() || !k.eq_ignore_ascii_case(key));
        object.insert(key.to_string(), json!(value.as_str().unwrap_or_default()));
    }
    at::set(body, path, Json::Object(object));
}

fn encode_blocks(row: &Row, blocks: &Blocks, path: &str, body: &mut Json, want: &Value, had: Option<&Value>) {
    let Some(items) = want.as_elements() else { return };
    let old = had.and_then(Value::as_elements).unwrap_or_default();
    if blocks.max != 1 {
        if items.is_empty() && old.is_empty() {
            return;
        }
        return encode_many(&blocks.rows, path, body, items, old);
    }
    match (items.first(), old.first()) {
        (Some(item), before) => {
            let place = place(row, path, body);
            if let Some(member) = row.switch {
                at::set(place, member, Json::Bool(true));
            }
            encode(&blocks.rows, place, item, before);
        }
        (None, Some(before)) => turn_off(row, path, body, before),
        (None, None) => {}
    }
}

/// The object that a block which may be there once is written into.
fn place<'a>(row: &Row, path: &str, body: &'a mut Json) -> &'a mut Json {
    let mut place = if path.is_empty() { body } else { at::slot(body, path) };
    if matches!(row.codec, Codec::Single) {
        if place.get(0).is_none() {
            *place = json!([{}]);
        }
        place = &mut place[0];
    }
    if !place.is_object() {
        *place = Json::Object(Map::new());
    }
    place
}

fn turn_off(row: &Row, path: &str, body: &mut Json, before: &Value) {
    match (row.off, row.switch) {
        (Off::SwitchedOff, Some(member)) => {
            let mut object = json!({});
            at::set(&mut object, member, Json::Bool(false));
            at::set(body, path, object);
        }
        (Off::Empty, _) => at::set(body, path, json!({})),
        (Off::Says(member, word), _) => at::set(body, path, json!({ member: word })),
        (Off::MembersNull, _) => {
            let nothing =
                Value::object_of(row.inner().iter().map(|r| (r.name, Value::null(super::schema::type_of(r)))));
            encode(row.inner(), place(row, path, body), &nothing, Some(before));
        }
        _ => {
            at::remove(body, path);
        }
    }
}

/// An array: each element is patched into the one of the same name that Azure has, if any.
fn encode_many(rows: &[Row], path: &str, body: &mut Json, items: &[Value], old: &[Value]) {
    let now = at::get(body, path).and_then(Json::as_array).cloned().unwrap_or_default();
    let named = |name: &str| now.iter().find(|j| at::get_str(j, "name").is_some_and(|n| n.eq_ignore_ascii_case(name)));
    let encoded = items.iter().map(|item| {
        let name = item.field("name").and_then(Value::as_str);
        let before = name.and_then(|name| old.iter().find(|o| o.field("name").and_then(Value::as_str) == Some(name)));
        let mut json = before.and(name).and_then(named).cloned().unwrap_or_else(|| json!({}));
        encode(rows, &mut json, item, before);
        json
    });
    let encoded: Json = encoded.collect();
    at::set(body, path, encoded);
}

/// Azure refuses its own echo of what it says of each identity that is lent to a resource: only their ids are sent.
pub fn blank_identities(body: &mut Json) {
    let identities = at::slot_if(body, "identity.userAssignedIdentities").and_then(Json::as_object_mut);
    for said in identities.into_iter().flat_map(Map::values_mut) {
        *said = json!({});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_identities_is_not_sent_back() {
        let mut body = json!({"identity": {"type": "UserAssigned",
            "userAssignedIdentities": {"/one": {"clientId": "c", "principalId": "p"}, "/two": {}}}});
        blank_identities(&mut body);
        assert_eq!(body["identity"]["userAssignedIdentities"], json!({"/one": {}, "/two": {}}));
        let mut without = json!({"identity": {"type": "SystemAssigned"}});
        blank_identities(&mut without);
        assert_eq!(without, json!({"identity": {"type": "SystemAssigned"}}));
    }
}
