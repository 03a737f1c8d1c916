//! The `timeouts` of an object: how long each verb may take.

use std::time::Duration;

use super::{Finding, Kind};
use crate::diagnostic::Diagnostic;
use crate::value::{Path, Value, duration};

/// The name of the block in every kind that has one.
const TIMEOUTS: &str = "timeouts";

/// The limit that an object's `timeouts` give for a verb.
pub fn time_limit(object: &Value, verb: &str) -> Option<Duration> {
    duration::parse(limits(object)?.field(verb)?.as_str()?)
}

/// Everything about a configuration that its kind refuses, limits that are no durations too.
pub fn findings(kind: &dyn Kind, config: &Value) -> Vec<Finding> {
    let mut findings = kind.validate(config);
    if kind.schema().block.blocks.contains_key(TIMEOUTS) {
        findings.extend(wrong_limits(config));
    }
    findings
}

/// A block, or in some kinds a list of at most one.
fn limits(object: &Value) -> Option<&Value> {
    let limits = object.field(TIMEOUTS)?;
    limits.as_elements().map_or(Some(limits), |blocks| blocks.first())
}

fn wrong_limits(config: &Value) -> Vec<Finding> {
    let verbs = limits(config).and_then(Value::as_fields).into_iter().flatten();
    let wrong = |(verb, limit): (&std::sync::Arc<str>, &Value)| {
        let text = limit.as_str()?;
        let reason = match duration::nanoseconds(text) {
            Ok(nanoseconds) if nanoseconds >= 0 => return None,
            Ok(_) => "it is less than nothing".to_owned(),
            Err(reason) => reason,
        };
        Some(Finding {
            path: Path::attribute(TIMEOUTS).then_attribute(verb),
            diagnostic: Diagnostic::error(
                format!("Invalid {verb:?} timeout"),
                format!("{reason}. Write a number and its unit, such as \"30m\" or \"1h30m\"."),
            ),
        })
    };
    verbs.filter_map(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(create: &str) -> Value {
        Value::object_of([(TIMEOUTS, Value::object_of([("create", Value::string(create))]))])
    }

    #[test]
    fn a_limit_is_a_duration() {
        for (text, seconds) in [("10s", Some(10)), ("1h30m", Some(5400)), ("", None), ("5", None), ("-1s", None)] {
            assert_eq!(time_limit(&object(text), "create"), seconds.map(Duration::from_secs), "{text}");
            assert_eq!(wrong_limits(&object(text)).len(), usize::from(seconds.is_none()), "{text}");
        }
        assert!(wrong_limits(&Value::object_of([("name", Value::string("a"))])).is_empty());
    }
}
