//! Which objects a list or a watch is about: by labels, and by fields.

use serde_json::Value;

use crate::simulator::body::text;
use crate::simulator::kubernetes::status::Failure;

/// A condition on labels.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// Has one of these values, or with `false` none of them.
    In(String, Vec<String>, bool),
    /// Is there at all, or with `false` is not.
    Exists(String, bool),
}

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    labels: Vec<Condition>,
    /// `metadata.name`, its value, and whether it is to be that.
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    /// Reads `labelSelector` and `fieldSelector`.
    pub fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Failure> {
        let labels = split(labels.unwrap_or_default())
            .map(condition)
            .collect::<Option<_>>()
            .ok_or_else(|| Failure::bad(format!("unable to parse requirement: {}", labels.unwrap_or_default())))?;
        let fields = split(fields.unwrap_or_default()).map(|term| {
            let (name, value, wanted) = equation(term)?;
            Some((name.to_owned(), value.to_owned(), wanted))
        });
        let fields = fields.collect::<Option<_>>().ok_or_else(|| Failure::bad("invalid field selector"))?;
        Ok(Self { labels, fields })
    }

    /// One object by its name.
    pub fn named(name: &str) -> Self {
        Self { labels: Vec::new(), fields: vec![("metadata.name".to_owned(), name.to_owned(), true)] }
    }

    /// Whether every object is wanted.
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The fields that it goes by.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, ..)| name.as_str())
    }

    /// Whether an object is wanted.
    pub fn fits(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        let label = |name: &str| labels.and_then(|labels| labels.get(name)).and_then(Value::as_str);
        self.labels.iter().all(|condition| condition.holds(label))
            && self.fields.iter().all(|(name, value, wanted)| {
                let found = text(object, &format!("/{}", name.replace('.', "/"))).unwrap_or_default();
                (found == value) == *wanted
            })
    }
}

impl Condition {
    fn holds<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::In(name, values, wanted) => match label(name) {
                Some(value) => values.iter().any(|one| one == value) == *wanted,
                None => !wanted,
            },
            Self::Exists(name, wanted) => label(name).is_some() == *wanted,
        }
    }
}

/// Whether labels fit the `selector` of a workload or a webhook: `matchLabels` and `matchExpressions`.
pub(super) fn matches(selector: &Value, labels: &Value) -> bool {
    let label = |name: &str| labels.get(name).and_then(Value::as_str);
    let same = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    same.into_iter().all(|(name, value)| label(name) == value.as_str())
        && expressions.into_iter().all(|expression| {
            let name = text(expression, "/key").unwrap_or_default().to_owned();
            let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
            let values: Vec<String> = values.filter_map(Value::as_str).map(str::to_owned).collect();
            match text(expression, "/operator") {
                Some("In") => Condition::In(name, values, true).holds(label),
                Some("NotIn") => Condition::In(name, values, false).holds(label),
                Some("Exists") => Condition::Exists(name, true).holds(label),
                Some("DoesNotExist") => Condition::Exists(name, false).holds(label),
                _ => false,
            }
        })
}

/// Splits at the commas that are not in parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let is_comma = move |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(is_comma).map(str::trim).filter(|term| !term.is_empty())
}

/// `a=b`, `a==b`, `a!=b`
fn equation(term: &str) -> Option<(&str, &str, bool)> {
    let (name, value, wanted) = match term.split_once("!=") {
        Some((name, value)) => (name, value, false),
        None => {
            let (name, value) = term.split_once('=')?;
            (name, value.trim_start_matches('='), true)
        }
    };
    Some((name.trim(), value.trim(), wanted)).filter(|(name, ..)| !name.is_empty())
}

fn condition(term: &str) -> Option<Condition> {
    if let Some((head, list)) = term.split_once('(') {
        let mut words = head.split_whitespace();
        let (name, word) = (words.next()?, words.next()?);
        let values = list.trim_end().strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
        return match word {
            "in" => Some(Condition::In(name.to_owned(), values, true)),
            "notin" => Some(Condition::In(name.to_owned(), values, false)),
            _ => None,
        };
    }
    if let Some((name, value, wanted)) = equation(term) {
        return Some(Condition::In(name.to_owned(), vec![value.to_owned()], wanted));
    }
    let (name, wanted) = term.strip_prefix('!').map_or((term, true), |name| (name.trim(), false));
    (!name.contains(char::is_whitespace)).then(|| Condition::Exists(name.to_owned(), wanted))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_and_fields_select() {
        let object = json!({"metadata": {"name": "x", "labels": {"app": "web", "tier": "front"}}, "status": {"phase": "Running"}});
        for (labels, fits) in [
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app!=web", false),
            ("other!=web", true),
            ("app in (api, web)", true),
            ("app notin (api,web)", false),
            ("app in (api,web),tier notin (back)", true),
            ("tier", true),
            ("!tier", false),
            ("!other", true),
        ] {
            assert_eq!(Selector::parse(Some(labels), None).unwrap().fits(&object), fits, "{labels}");
        }
        for (fields, fits) in [("metadata.name=x", true), ("status.phase!=Running", false), ("metadata.name=y", false)]
        {
            assert_eq!(Selector::parse(None, Some(fields)).unwrap().fits(&object), fits, "{fields}");
        }
        assert!(Selector::parse(Some("a b"), None).is_err());
    }

    #[test]
    fn expressions_select_too() {
        let labels = json!({"app": "web"});
        let with =
            |operator: &str| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": ["web"]}]});
        assert!(matches(&with("In"), &labels));
        assert!(!matches(&with("NotIn"), &labels));
        assert!(matches(&json!({"matchLabels": {"app": "web"}}), &labels));
        assert!(matches(&json!({}), &labels));
    }
}
