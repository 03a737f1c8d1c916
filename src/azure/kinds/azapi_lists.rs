//! Lists in the body of an `azapi_resource`: which item of Azure's is which of ours, and which are none of ours.
//!
//! azapi tells items apart by the members that `list_unique_id_property` names for a path, else by `name`, else by where
//! they stand. Paths lead through lists without saying at which item: `properties.subnets.delegations`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::super::wire::json;
use crate::value::Value;

/// What tells items apart where nothing else is said.
const NAME: [&str; 1] = ["name"];

/// What an object's own arguments say of its lists.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    /// The members that tell items apart, by path.
    ids: BTreeMap<String, Vec<String>>,
    /// Where items that are not configured are left alone.
    shared: BTreeSet<String>,
}

/// What an item is told from others by, member by member.
type Id = Vec<Option<String>>;

impl Lists {
    /// By `list_unique_id_property` and `ignore_other_items_in_list`.
    pub fn of(object: &Value) -> Self {
        let ids = object.field("list_unique_id_property").and_then(Value::as_fields).into_iter().flatten();
        let members = |text: &str| text.split(',').map(|member| member.trim().to_owned()).collect();
        let shared = object.field("ignore_other_items_in_list").and_then(Value::as_elements).unwrap_or_default();
        Self {
            ids: ids.filter_map(|(path, text)| Some((path.to_string(), members(text.as_str()?)))).collect(),
            shared: shared.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// Whether others may have items in some list.
    pub fn are_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    /// Azure's items in the order of ours, then those that only Azure has, unless they are to be left alone.
    pub fn in_our_order<'a>(&self, path: &str, ours: &[Value], answers: &'a [Json]) -> Vec<&'a Json> {
        let is_shared = self.shared.contains(path);
        let Some(ids) = self.ids_of_ours(path, ours) else {
            let most = if is_shared { ours.len() } else { answers.len() };
            return answers.iter().take(most).collect();
        };
        let named: Vec<Option<Id>> =
            answers.iter().map(|answer| self.id(path, |member| text_in(answer, member))).collect();
        let at = |id: &Id| named.iter().position(|other| other.as_ref() == Some(id));
        let found: Vec<usize> = ids.iter().filter_map(at).collect();
        let others = (0..answers.len()).filter(|at| !is_shared && !found.contains(at));
        found.iter().copied().chain(others).filter_map(|at| answers.get(at)).collect()
    }

    /// Puts what others have in shared lists beside what is sent: each item of ours in the place of its former self.
    pub fn keep_others(&self, sent: &mut Json, now: &Json) {
        for path in &self.shared {
            let Some(there) = json::get(now, path).and_then(Json::as_array) else { continue };
            let mut ours = json::get(sent, path).and_then(Json::as_array).cloned().unwrap_or_default();
            let mut kept = Vec::with_capacity(there.len() + ours.len());
            for item in there {
                let id = self.id(path, |member| text_in(item, member));
                let is_it = |own: &Json| id.is_some() && self.id(path, |member| text_in(own, member)) == id;
                kept.push(ours.iter().position(is_it).map_or_else(|| item.clone(), |at| ours.remove(at)));
            }
            kept.append(&mut ours);
            json::set(sent, path, Json::Array(kept));
        }
    }

    /// What tells our items apart, where each has that and no two have the same.
    fn ids_of_ours(&self, path: &str, ours: &[Value]) -> Option<Vec<Id>> {
        let plain = |value: &Value| value.clone().unmark_deep().0.to_plain_json().ok();
        let id = |item: &Value| self.id(path, |member| text(&plain(item.field(member)?)?));
        let ids: Vec<Id> = ours.iter().map(id).collect::<Option<_>>()?;
        let distinct: BTreeSet<&Id> = ids.iter().collect();
        (distinct.len() == ids.len()).then_some(ids)
    }

    /// What tells an item from others; `None` where it has nothing of the kind.
    fn id(&self, path: &str, member: impl Fn(&str) -> Option<String>) -> Option<Id> {
        let id: Id = match self.ids.get(path) {
            Some(members) => members.iter().map(|name| member(name)).collect(),
            None => NAME.iter().map(|name| member(name)).collect(),
        };
        id.iter().any(Option::is_some).then_some(id)
    }
}

fn text_in(item: &Json, member: &str) -> Option<String> {
    json::get(item, member).and_then(text)
}

/// A member as text, in which letters that differ only in case are the same, as in Azure's names.
fn text(member: &Json) -> Option<String> {
    match member {
        Json::String(text) => Some(text.to_lowercase()),
        Json::Number(_) | Json::Bool(_) => Some(member.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lists(ids: &Json, shared: &Json) -> Lists {
        Lists::of(&Value::from_plain_json(&json!({
            "list_unique_id_property": ids, "ignore_other_items_in_list": shared
        })))
    }

    #[test]
    fn items_are_told_apart_by_what_is_said_and_else_by_name_and_place() {
        let answers = json!([{"name": "B", "k": 1}, {"name": "other", "k": 2}, {"name": "a", "k": 3}]);
        let cases = [
            (json!({}), json!([]), json!([{"name": "a"}, {"name": "b"}]), json!([3, 1, 2])),
            (json!({}), json!(["p"]), json!([{"name": "a"}, {"name": "b"}]), json!([3, 1])),
            (json!({"p": "k"}), json!(["p"]), json!([{"k": 2}]), json!([2])),
            (json!({"p": "name, k"}), json!(["p"]), json!([{"name": "a", "k": 3}, {"name": "a", "k": 1}]), json!([3])),
            (json!({}), json!(["p"]), json!([{"x": 1}]), json!([1])),
            (json!({}), json!([]), json!([{"x": 1}]), json!([1, 2, 3])),
            (json!({}), json!(["p"]), json!([]), json!([])),
        ];
        for (ids, shared, ours, expected) in cases {
            let ours = Value::from_plain_json(&ours);
            let found = lists(&ids, &shared);
            let found =
                found.in_our_order("p", ours.as_elements().unwrap_or_default(), answers.as_array().map_or(&[], |a| a));
            let found: Json = found.iter().map(|item| item["k"].clone()).collect();
            assert_eq!(found, expected, "{ours:?}");
        }
    }

    #[test]
    fn what_others_have_is_sent_with_ours() {
        let now = json!({"properties": {"routes": [{"name": "theirs", "hop": 1}, {"name": "ours", "hop": 1}]}});
        let shared = lists(&json!({}), &json!(["properties.routes", "properties.none"]));
        let mut sent = json!({"properties": {"routes": [{"name": "new"}, {"name": "ours", "hop": 2}]}});
        shared.keep_others(&mut sent, &now);
        assert_eq!(
            sent,
            json!({"properties": {"routes": [{"name": "theirs", "hop": 1}, {"name": "ours", "hop": 2}, {"name": "new"}]}})
        );
        let mut nothing = json!({});
        shared.keep_others(&mut nothing, &now);
        assert_eq!(nothing, now, "a list of which nothing is ours");
    }
}
