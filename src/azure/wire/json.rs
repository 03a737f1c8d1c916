//! Reading and changing JSON by dotted path, as leniently about the case of keys as Azure is.

use serde_json::{Map, Value as Json};

/// What stands at a path, in which a number is a position in an array; null counts as nothing.
pub fn get<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    let found = steps(path).try_fold(json, |at, key| match at {
        Json::Object(object) => object.get(spelling(object, key)?.as_str()),
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })?;
    (!found.is_null()).then_some(found)
}

/// A string at a path.
pub fn get_str<'a>(json: &'a Json, path: &str) -> Option<&'a str> {
    get(json, path)?.as_str()
}

/// Puts a value at a path, making the objects on the way.
pub fn set(json: &mut Json, path: &str, value: Json) {
    *slot(json, path) = value;
}

/// The place at a path, made (null) when it is not there.
pub fn slot<'a>(json: &'a mut Json, path: &str) -> &'a mut Json {
    steps(path).fold(json, |at, key| {
        if !at.is_object() {
            *at = Json::Object(Map::new());
        }
        let spelled = at.as_object().and_then(|object| spelling(object, key));
        &mut at[spelled.as_deref().unwrap_or(key)]
    })
}

/// What stands at a path, to be changed; nothing is made on the way.
pub fn slot_if<'a>(json: &'a mut Json, path: &str) -> Option<&'a mut Json> {
    steps(path).try_fold(json, |at, key| {
        let object = at.as_object_mut()?;
        let key = spelling(object, key)?;
        object.get_mut(key.as_str())
    })
}

/// Takes away what stands at a path; its surroundings stay.
pub fn remove(json: &mut Json, path: &str) -> Option<Json> {
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let at = steps(parent).try_fold(json, |at, key| {
        let object = at.as_object_mut()?;
        let key = spelling(object, key)?;
        object.get_mut(key.as_str())
    })?;
    let object = at.as_object_mut()?;
    let key = spelling(object, last)?;
    object.remove(key.as_str())
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|key| !key.is_empty())
}

/// The key as the object spells it.
fn spelling(object: &Map<String, Json>, key: &str) -> Option<String> {
    if object.contains_key(key) {
        return Some(key.to_owned());
    }
    object.keys().find(|k| k.eq_ignore_ascii_case(key)).cloned()
}
