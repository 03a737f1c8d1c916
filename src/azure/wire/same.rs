//! When two values mean the same to Azure.

use super::table::Same;
use crate::value::{Value, ValueKind};

/// Whether two known values are equal, whatever their marks; an unknown equals nothing.
pub fn equal(a: &Value, b: &Value) -> bool {
    same(Same::Exact, a, b)
}

/// Whether two values are the same by a row's way of comparing; applies to each element of a collection.
pub fn same(how: Same, a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (ValueKind::Unknown(..), _) | (_, ValueKind::Unknown(..)) => false,
        (ValueKind::Null(_), ValueKind::Null(_)) => true,
        (ValueKind::Bool(a), ValueKind::Bool(b)) => a == b,
        (ValueKind::Number(a), ValueKind::Number(b)) => a == b,
        (ValueKind::String(a), ValueKind::String(b)) => same_text(how, a, b),
        (ValueKind::Set(_, a), ValueKind::Set(_, b)) => same_elements(how, a, b),
        (ValueKind::List(_, a) | ValueKind::Tuple(a), ValueKind::List(_, b) | ValueKind::Tuple(b)) => {
            if how == Same::Unordered {
                same_elements(how, a, b)
            } else {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(how, a, b))
            }
        }
        (ValueKind::Map(_, a) | ValueKind::Object(a), ValueKind::Map(_, b) | ValueKind::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(how, a, b)))
        }
        _ => false,
    }
}

/// Whether two strings are the same by a row's way of comparing.
pub fn same_text(how: Same, a: &str, b: &str) -> bool {
    match how {
        Same::Exact => a == b,
        Same::Caseless | Same::Unordered => a.eq_ignore_ascii_case(b),
        Same::ArmId => a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/')),
        Same::Location => normal_location(a) == normal_location(b),
        Same::FinalSlash => a.trim_end_matches('/') == b.trim_end_matches('/'),
        Same::VersionPrefix => a == b || is_alias_of(a, b) || is_alias_of(b, a),
        Same::Instant => a == b || instant(a).is_some_and(|t| instant(b) == Some(t)),
        Same::Json => a == b || json(a).is_some_and(|a| json(b) == Some(a)),
    }
}

/// A region's name as Azure spells it: `West Europe` → `westeurope`.
pub fn normal_location(location: &str) -> String {
    location.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect()
}

/// Whether a value is what azurerm records for nothing: null, `""`, `false`, 0, empty.
pub fn is_zero(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Null(_) => true,
        ValueKind::Unknown(..) => false,
        ValueKind::Bool(b) => !b,
        ValueKind::Number(n) => n.to_string() == "0",
        ValueKind::String(s) => s.is_empty(),
        ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => items.is_empty(),
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => fields.is_empty(),
    }
}

/// `1.33` is an alias of `1.33.5`.
fn is_alias_of(alias: &str, version: &str) -> bool {
    alias.matches('.').count() == 1 && version.strip_prefix(alias).is_some_and(|rest| rest.starts_with('.'))
}

fn json(text: &str) -> Option<serde_json::Value> {
    serde_json::from_str(text).ok()
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

fn same_elements(how: Same, a: &[Value], b: &[Value]) -> bool {
    let mut left: Vec<&Value> = b.iter().collect();
    a.len() == b.len()
        && a.iter().all(|a| {
            let found = left.iter().position(|b| same(how, a, b));
            found.map(|position| left.swap_remove(position)).is_some()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_compares_in_its_own_way() {
        let cases = [
            (Same::Exact, "a", "A", false),
            (Same::Caseless, "Standard_D4s_v5", "standard_d4s_v5", true),
            (Same::ArmId, "/subscriptions/s/resourceGroups/Rg", "/subscriptions/s/resourcegroups/rg/", true),
            (Same::ArmId, "/subscriptions/s/resourceGroups/a", "/subscriptions/s/resourceGroups/b", false),
            (Same::Location, "West Europe", "westeurope", true),
            (Same::VersionPrefix, "1.33", "1.33.5", true),
            (Same::VersionPrefix, "1.3", "1.33.5", false),
            (Same::VersionPrefix, "1.33.4", "1.33.5", false),
            (Same::FinalSlash, "https://i/", "https://i", true),
            (Same::Instant, "2027-01-01T00:00:00Z", "2027-01-01T01:00:00+01:00", true),
            (Same::Json, "{\"a\":1,\"b\":2}", "{ \"b\": 2, \"a\": 1 }", true),
            (Same::Json, "{\"a\":1}", "{\"a\":2}", false),
            (Same::Json, "a", "b", false),
        ];
        for (how, a, b, expected) in cases {
            assert_eq!(same_text(how, a, b), expected, "{how:?} {a} {b}");
            assert_eq!(same_text(how, b, a), expected, "{how:?} {b} {a}");
        }
    }

    #[test]
    fn an_unknown_equals_nothing() {
        let unknown = Value::unknown(crate::value::Type::String);
        assert!(!equal(&unknown, &unknown));
        assert!(!is_zero(&unknown));
    }
}
