//! What others have set on an object where its configuration says nothing: a tag that a policy adds, an argument that
//! somebody turns on in the portal. It is no part of the object's value, so nothing is planned to undo it. It is noted
//! beside the record, so that the next reading can tell what has changed since.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::value::{Fields, Value, ValueKind};

/// What others have set, by attribute: of a map its further keys, of a block the members that are not ours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Others(Map<String, Json>);

impl Others {
    /// What an object has beyond what is ours of it.
    pub fn between(ours: &Value, whole: &Value) -> Self {
        match part(ours, whole) {
            Some(Json::Object(parts)) => Self(parts),
            _ => Self::default(),
        }
    }

    /// As it was noted.
    pub fn from_json(json: &Json) -> Option<Self> {
        json.as_object().cloned().map(Self)
    }

    /// As it is noted.
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.clone())
    }

    /// Whether nobody has set anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object as it is with them.
    pub fn laid_over(&self, ours: &Value) -> Value {
        laid_over(ours, &Json::Object(self.0.clone()))
    }

    /// The attributes of which they set something else than these.
    pub fn differing(&self, others: &Self) -> BTreeSet<Arc<str>> {
        let names = self.0.keys().chain(others.0.keys());
        names.filter(|name| self.0.get(*name) != others.0.get(*name)).map(|name| Arc::from(name.as_str())).collect()
    }
}

/// What the whole of a value has and ours has not; `None` where both are the same.
fn part(ours: &Value, whole: &Value) -> Option<Json> {
    // Others add; what is missing from the whole was left out of it on purpose.
    let is_nothing = whole.is_null() || whole.as_elements().is_some_and(<[Value]>::is_empty);
    if is_nothing || ours.raw_eq_unmarked(whole) {
        return None;
    }
    match (ours.kind(), whole.kind()) {
        (ValueKind::Object(ours), ValueKind::Object(whole)) => {
            let named = |(name, ours): (&Arc<str>, &Value)| Some((name.to_string(), part(ours, whole.get(name)?)?));
            some_of(ours.iter().filter_map(named).collect())
        }
        (ValueKind::Map(_, ours), ValueKind::Map(_, whole)) => {
            let further = whole.iter().filter(|(key, _)| !ours.contains_key(*key));
            some_of(further.filter_map(|(key, value)| Some((key.to_string(), noted(value)?))).collect())
        }
        (ValueKind::List(_, ours), ValueKind::List(_, whole)) if ours.len() == whole.len() => {
            let pairs = ours.iter().zip(whole.iter()).enumerate();
            some_of(pairs.filter_map(|(at, (ours, whole))| Some((at.to_string(), part(ours, whole)?))).collect())
        }
        _ => noted(whole),
    }
}

fn some_of(parts: Map<String, Json>) -> Option<Json> {
    (!parts.is_empty()).then_some(Json::Object(parts))
}

fn noted(value: &Value) -> Option<Json> {
    value.is_wholly_known().then(|| value.clone().unmark_deep().0.to_json(&value.type_of()).ok())?
}

fn laid_over(ours: &Value, others: &Json) -> Value {
    let laid = match (ours.kind(), others) {
        (ValueKind::Object(fields), Json::Object(parts)) => {
            let field = |(name, ours): (&Arc<str>, &Value)| {
                (name.clone(), parts.get(&**name).map_or_else(|| ours.clone(), |part| laid_over(ours, part)))
            };
            Value::object(fields.iter().map(field).collect())
        }
        (ValueKind::Map(element, fields), Json::Object(further)) => {
            let further = further
                .iter()
                .filter_map(|(key, json)| Some((Arc::from(key.as_str()), Value::from_json(json, element).ok()?)));
            let all: Fields = fields.iter().map(|(key, value)| (key.clone(), value.clone())).chain(further).collect();
            Value::map(element.clone(), all)
        }
        (ValueKind::List(element, items), Json::Object(parts)) => {
            let item = |(at, ours): (usize, &Value)| match parts.get(&at.to_string()) {
                Some(part) => laid_over(ours, part),
                None => ours.clone(),
            };
            Value::list(element.clone(), items.iter().enumerate().map(item).collect())
        }
        // What an older schema noted and this one cannot read is nobody's.
        _ => Value::from_json(others, &ours.type_of()).unwrap_or_else(|_| ours.clone()),
    };
    laid.marked(ours.marks())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::Type;

    fn object(tags: Option<&[&str]>, local: Option<bool>, pool: &[(&str, Option<&str>)]) -> Value {
        let tag = |key: &&str| (Arc::from(*key), Value::string("x"));
        let tags = tags.map(|keys| Value::map(Type::String, keys.iter().map(tag).collect()));
        let text = |text: Option<&str>| text.map_or_else(|| Value::null(Type::String), Value::string);
        let pool = pool
            .iter()
            .map(|(name, group)| Value::object_of([("name", Value::string(*name)), ("group", text(*group))]));
        let element = Type::object(["group", "name"].map(|name| (Arc::from(name), Type::String)));
        Value::object_of([
            ("tags", tags.unwrap_or_else(|| Value::null(Type::map(Type::String)))),
            ("local", local.map_or_else(|| Value::null(Type::Bool), Value::bool)),
            ("pool", Value::list(element, pool.collect())),
        ])
    }

    #[test]
    fn what_others_have_set_is_noted_by_itself_and_laid_back_over_what_is_ours() {
        let ours = object(Some(&["team"]), None, &[("a", None), ("b", None)]);
        let cases = [
            (ours.clone(), json!({})),
            (object(Some(&["team", "cost"]), None, &[("a", None), ("b", None)]), json!({"tags": {"cost": "x"}})),
            (object(Some(&["team"]), Some(true), &[("a", None), ("b", None)]), json!({"local": true})),
            (object(Some(&["team"]), None, &[("a", None), ("b", Some("g"))]), json!({"pool": {"1": {"group": "g"}}})),
            (object(Some(&["team"]), None, &[("a", None)]), json!({"pool": [{"group": null, "name": "a"}]})),
        ];
        for (whole, noted) in cases {
            let others = Others::between(&ours, &whole);
            assert_eq!(others.to_json(), noted);
            assert!(others.laid_over(&ours).raw_eq(&whole), "{noted}");
        }
    }

    #[test]
    fn an_attribute_of_which_nothing_is_ours_is_noted_whole() {
        let (ours, whole) = (object(None, None, &[]), object(Some(&["cost"]), None, &[("a", Some("g"))]));
        let others = Others::between(&ours, &whole);
        assert!(others.laid_over(&ours).raw_eq(&whole));
        let names: Vec<_> = others.differing(&Others::default()).into_iter().collect();
        assert_eq!(names, [Arc::from("pool"), Arc::from("tags")]);
    }
}
