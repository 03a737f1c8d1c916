//! What a write of a manifest waits for: the block `wait`.

use std::fmt;

use regex::Regex;
use serde_json::Value as Json;

use super::super::super::failure::Failure;
use crate::azure::wire::at;
use crate::value::{Fields, Value};

/// Everything that must hold.
pub(super) struct Wanted(Vec<Want>);

enum Want {
    /// The value at a path fits.
    Field(String, Regex),
    /// A condition of the status says so.
    Condition(String, String),
    /// A workload is rolled out.
    Rollout,
}

/// What is to be waited for.
pub(super) fn wanted(planned: &Value) -> Result<Wanted, Failure> {
    let mut wanted = Vec::new();
    let fields = ["wait.fields", "wait_for.fields"].iter().filter_map(|path| at(planned, path)?.as_fields());
    for (path, pattern) in fields.flat_map(Fields::iter) {
        let pattern = pattern.as_str().filter(|pattern| *pattern != "*").unwrap_or(".*");
        let unfit = |_| Failure::Other(format!("the pattern {pattern:?} for {path} is no regular expression"));
        wanted.push(Want::Field(path.to_string(), Regex::new(pattern).map_err(unfit)?));
    }
    for condition in at(planned, "wait.condition").and_then(Value::as_elements).unwrap_or_default() {
        let text = |name: &str| condition.field(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        wanted.push(Want::Condition(text("type"), text("status")));
    }
    if at(planned, "wait.rollout").and_then(Value::as_bool) == Some(true) {
        wanted.push(Want::Rollout);
    }
    Ok(Wanted(wanted))
}

impl Wanted {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object has all that is wanted. A rollout that has given up is an error.
    pub fn holds(&self, object: &Json) -> Result<bool, Failure> {
        for want in &self.0 {
            let holds = match want {
                Want::Field(path, pattern) => text_at(object, path).is_some_and(|text| pattern.is_match(&text)),
                Want::Condition(name, status) => condition(object, name).is_some_and(|now| now["status"] == **status),
                Want::Rollout => is_rolled_out(object)?,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|want| match want {
                Want::Field(path, pattern) => format!("{path} to be {pattern}"),
                Want::Condition(name, status) => format!("the condition {name} to be {status}"),
                Want::Rollout => "the rollout to end".to_owned(),
            })
            .collect();
        f.write_str(&words.join(" and "))
    }
}

fn condition<'j>(object: &'j Json, name: &str) -> Option<&'j Json> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == name)
}

/// The text at a path such as `status.loadBalancer.ingress[0].ip` or `metadata.annotations["a.b/c"]`.
fn text_at(object: &Json, path: &str) -> Option<String> {
    let mut at = object;
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.trim_start_matches('.');
        if let Some(inside) = rest.strip_prefix("[\"") {
            let (key, after) = inside.split_once("\"]")?;
            (at, rest) = (at.get(key)?, after);
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (position, after) = inside.split_once(']')?;
            (at, rest) = (at.get(position.parse::<usize>().ok()?)?, after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            (at, rest) = (at.get(key)?, after);
        }
    }
    match at {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// As `kubectl rollout status` has it.
fn is_rolled_out(object: &Json) -> Result<bool, Failure> {
    let status = &object["status"];
    let count = |value: &Json| value.as_i64().unwrap_or_default();
    if count(&status["observedGeneration"]) < count(&object["metadata"]["generation"]) {
        return Ok(false);
    }
    let replicas = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let strategy = &object["spec"]["updateStrategy"];
    if strategy["type"] == "OnDelete" {
        return Err(Failure::Other(
            "with the update strategy OnDelete pods are replaced by hand only, so that there is no rollout to wait for"
                .to_owned(),
        ));
    }
    Ok(match object["kind"].as_str() {
        Some("Deployment") => {
            if condition(object, "Progressing").is_some_and(|now| now["reason"] == "ProgressDeadlineExceeded") {
                return Err(Failure::Other("the rollout did not end before its progressDeadlineSeconds".to_owned()));
            }
            let updated = count(&status["updatedReplicas"]);
            updated >= replicas
                && count(&status["replicas"]) <= updated
                && count(&status["availableReplicas"]) >= updated
        }
        Some("DaemonSet") => {
            let desired = count(&status["desiredNumberScheduled"]);
            count(&status["updatedNumberScheduled"]) >= desired && count(&status["numberAvailable"]) >= desired
        }
        Some("StatefulSet") => {
            let partition = count(&strategy["rollingUpdate"]["partition"]);
            let is_new = if partition > 0 {
                count(&status["updatedReplicas"]) >= replicas - partition
            } else {
                status["updateRevision"] == status["currentRevision"]
            };
            count(&status["observedGeneration"]) > 0 && count(&status["readyReplicas"]) >= replicas && is_new
        }
        _ => true,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_lists_and_quoted_keys() {
        let object = json!({"status": {"ingress": [{"ip": "10.0.0.1"}], "n": 3}, "a": {"b.c/d": "x"}});
        for (path, expected) in [
            ("status.ingress[0].ip", Some("10.0.0.1")),
            ("status.n", Some("3")),
            ("a[\"b.c/d\"]", Some("x")),
            ("status.ingress[1].ip", None),
            ("status.none", None),
        ] {
            assert_eq!(text_at(&object, path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_deployment_is_rolled_out_when_all_replicas_are_new_and_available() {
        let deployment = |updated: i64, available: i64, reason: &str| {
            json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": {
                "observedGeneration": 2, "replicas": 2, "updatedReplicas": updated, "availableReplicas": available,
                "conditions": [{"type": "Progressing", "reason": reason}]}})
        };
        assert!(is_rolled_out(&deployment(2, 2, "")).unwrap());
        assert!(!is_rolled_out(&deployment(1, 2, "")).unwrap());
        assert!(!is_rolled_out(&deployment(2, 1, "")).unwrap());
        assert!(is_rolled_out(&deployment(1, 1, "ProgressDeadlineExceeded")).is_err());
    }

    #[test]
    fn a_stateful_set_is_rolled_out_down_to_its_partition() {
        let set = |partition: i64, updated: i64, current: &str| {
            json!({"kind": "StatefulSet", "metadata": {"generation": 1},
                "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}},
                "status": {"observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": updated,
                    "currentRevision": current, "updateRevision": "new"}})
        };
        for (set, done) in
            [(set(0, 3, "new"), true), (set(0, 2, "old"), false), (set(2, 1, "old"), true), (set(1, 1, "old"), false)]
        {
            assert_eq!(is_rolled_out(&set).unwrap(), done, "{set}");
        }
        let by_hand = json!({"kind": "DaemonSet", "spec": {"updateStrategy": {"type": "OnDelete"}}});
        assert!(is_rolled_out(&by_hand).is_err());
    }
}
