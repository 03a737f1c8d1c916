//! Which objects others mention: what is written under a network, or with its id, has a part in what Azure says of it.

use std::collections::HashSet;

use crate::value::Value;

/// Whether objects of a kind may change any resource.
pub fn writes_anywhere(kind: &str) -> bool {
    matches!(kind, "azapi_update_resource" | "azapi_resource_action")
}

/// Positions in `recorded` of what `written` mentions by its id, or by the id of something in it.
pub fn mentioned(recorded: &[&Value], written: &[&Value]) -> Vec<usize> {
    let mut ids = HashSet::new();
    for value in written {
        gather(value, &mut ids);
    }
    let is_mentioned = |value: &Value| {
        let id = value.field("id").and_then(Value::as_str);
        id.is_some_and(|id| ids.contains(&id.to_ascii_lowercase()))
    };
    let positions = recorded.iter().enumerate().filter(|(_, value)| is_mentioned(value));
    positions.map(|(position, _)| position).collect()
}

/// All ids in a value, each with the ids of what it is in.
fn gather(value: &Value, ids: &mut HashSet<String>) {
    if let Some(text) = value.as_str() {
        for id in text.split('|').filter(|id| id.starts_with('/')) {
            let id = id.to_ascii_lowercase();
            let within = id.match_indices('/').map(|(end, _)| &id[..end]).filter(|id| !id.is_empty());
            ids.extend(within.map(str::to_owned));
            ids.insert(id);
        }
    } else if let Some(fields) = value.as_fields() {
        for field in fields.values() {
            gather(field, ids);
        }
    } else if let Some(elements) = value.as_elements() {
        for element in elements {
            gather(element, ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(id: &str) -> Value {
        Value::object([("id".into(), Value::string(id))].into_iter().collect())
    }

    #[test]
    fn what_is_in_an_object_or_has_its_id_mentions_it() {
        let network = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        let cases = [
            (network.to_owned(), true),
            (network.to_ascii_uppercase(), true),
            (format!("{network}/subnets/a"), true),
            (format!("{network}|/subscriptions/s"), true),
            (format!("/subscriptions/s|{network}/subnets/a"), true),
            (format!("{network}2"), false),
            ("/subscriptions/s/resourceGroups/g".to_owned(), false),
            ("v".to_owned(), false),
        ];
        for (written, expected) in cases {
            let found = mentioned(&[&at("/elsewhere"), &at(network)], &[&at(&written)]);
            assert_eq!(found, if expected { vec![1] } else { vec![] }, "{written}");
        }
    }
}
