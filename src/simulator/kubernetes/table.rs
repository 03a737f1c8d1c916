//! Objects as the rows of a table, for people: what `kubectl get` shows.

use serde_json::{Map, Value, json};

use crate::simulator::body::text;
use crate::simulator::clock::{Moment, moment};
use crate::simulator::kubernetes::call::Call;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;

/// A column: its name, and what stands in it. Those with `true` are only in wide tables.
type Column = (&'static str, bool, fn(&Value) -> Value);

/// What a client wants objects as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Objects,
    Table,
    /// Their metadata alone.
    Metadata,
}

impl Form {
    /// The first form that a client accepts.
    pub fn of(call: &Call) -> Self {
        let first = call.accept.split(',').next().unwrap_or_default();
        if first.contains("as=Table") {
            Self::Table
        } else if first.contains("as=PartialObjectMetadata") {
            Self::Metadata
        } else {
            Self::Objects
        }
    }
}

/// Objects as a table.
pub(super) fn table(kind: &Kind, objects: &[Value], metadata: &Value, now: Moment, include: Option<&str>) -> Value {
    let custom = printed(kind);
    let mut definitions = vec![column("Name", 0)];
    let mut rest: Vec<Value> = Vec::new();
    if custom.is_empty() {
        rest.extend(columns(&kind.kind).iter().map(|(name, is_wide, _)| column(name, i32::from(*is_wide))));
    } else {
        rest.extend(custom.iter().map(|one| {
            column(
                text(one, "/name").unwrap_or_default(),
                i32::from(one.pointer("/priority").and_then(Value::as_i64).unwrap_or(0) > 0),
            )
        }));
    }
    let has_age = custom.is_empty()
        && !matches!(kind.kind.as_ref(), "Role" | "ClusterRole" | "CustomResourceDefinition" | "Event");
    let wide = rest.iter().position(|one| one.get("priority") == Some(&json!(1))).unwrap_or(rest.len());
    let after: Vec<Value> = rest.split_off(wide);
    definitions.extend(rest);
    definitions.extend(has_age.then(|| column("Age", 0)));
    definitions.extend(after);
    let rows = objects.iter().map(|one| {
        let mut cells = vec![Value::from(object::name(one))];
        let all: Vec<Value> = if custom.is_empty() {
            columns(&kind.kind).iter().map(|(_, _, cell)| cell(one)).collect()
        } else {
            custom.iter().map(|column| custom_cell(column, one, now)).collect()
        };
        let (narrow, wide) = all.split_at(wide.min(all.len()));
        cells.extend(narrow.iter().cloned());
        cells.extend(has_age.then(|| Value::from(age(one, now))));
        cells.extend(wide.iter().cloned());
        let shown = match include {
            Some("None") => Value::Null,
            Some("Object") => one.clone(),
            _ => partial(one),
        };
        json!({"cells": cells, "object": shown})
    });
    let rows: Vec<Value> = rows.collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": definitions, "rows": rows,
    })
}

/// An object's metadata alone.
pub(super) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.get("metadata")})
}

fn column(name: &str, priority: i32) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": "string", "format": format, "description": "", "priority": priority})
}

/// The columns that a definition gives its resources.
fn printed(kind: &Kind) -> Vec<Value> {
    let columns = kind.definition.as_ref().and_then(|version| version.get("additionalPrinterColumns"));
    columns.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn custom_cell(column: &Value, one: &Value, now: Moment) -> Value {
    let path = text(column, "/jsonPath").unwrap_or_default();
    if path == ".metadata.creationTimestamp" {
        return age(one, now).into();
    }
    let found = one.pointer(&path.replace('.', "/"));
    found.map_or(Value::Null, |value| if value.is_string() { value.clone() } else { value.to_string().into() })
}

/// How old an object is: `5m`, `3d4h`.
pub(super) fn age(one: &Value, now: Moment) -> String {
    let made = text(one, "/metadata/creationTimestamp").and_then(moment);
    let Some(made) = made else { return "<unknown>".to_owned() };
    let seconds = now.saturating_sub(made) / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 && seconds % 60 > 0 => format!("{minutes}m{}s", seconds % 60),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 && minutes % 60 > 0 => format!("{hours}h{}m", minutes % 60),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 && hours % 24 > 0 => format!("{days}d{}h", hours % 24),
        () => format!("{days}d"),
    }
}

fn columns(kind: &str) -> &'static [Column] {
    match kind {
        "Namespace" => &[("Status", false, |one| word(one, "/status/phase"))],
        "ConfigMap" => &[("Data", false, |one| count(one, &["/data", "/binaryData"]))],
        "Secret" => &[("Type", false, |one| word(one, "/type")), ("Data", false, |one| count(one, &["/data"]))],
        "ServiceAccount" => &[("Secrets", false, |one| count(one, &["/secrets"]))],
        "Pod" => {
            &[
                ("Ready", false, |one| fraction(&ready(one), &count(one, &["/spec/containers"]))),
                ("Status", false, |one| {
                    if object::is_going(one) { "Terminating".into() } else { word(one, "/status/phase") }
                }),
                ("Restarts", false, |_| "0".into()),
                ("IP", true, |one| or_none(one, "/status/podIP")),
                ("Node", true, |one| or_none(one, "/spec/nodeName")),
            ]
        }
        "RoleBinding" | "ClusterRoleBinding" => &[("Role", false, |one| {
            format!(
                "{}/{}",
                text(one, "/roleRef/kind").unwrap_or_default(),
                text(one, "/roleRef/name").unwrap_or_default()
            )
            .into()
        })],
        "Role" | "ClusterRole" | "CustomResourceDefinition" => {
            &[("Created At", false, |one| word(one, "/metadata/creationTimestamp"))]
        }
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => {
            &[("Webhooks", false, |one| count(one, &["/webhooks"]))]
        }
        "Event" => &[
            ("Last Seen", false, |one| word(one, "/lastTimestamp")),
            ("Type", false, |one| word(one, "/type")),
            ("Reason", false, |one| word(one, "/reason")),
            ("Object", false, |one| {
                format!(
                    "{}/{}",
                    text(one, "/involvedObject/kind").unwrap_or_default().to_lowercase(),
                    text(one, "/involvedObject/name").unwrap_or_default()
                )
                .into()
            }),
            ("Message", false, |one| word(one, "/message")),
        ],
        _ => workload_columns(kind),
    }
}

fn workload_columns(kind: &str) -> &'static [Column] {
    match kind {
        "Deployment" => &[
            ("Ready", false, |one| fraction(&number(one, "/status/readyReplicas"), &number(one, "/spec/replicas"))),
            ("Up-to-date", false, |one| number(one, "/status/updatedReplicas")),
            ("Available", false, |one| number(one, "/status/availableReplicas")),
            ("Containers", true, |one| containers(one, "/spec/template/spec", "name")),
            ("Images", true, |one| containers(one, "/spec/template/spec", "image")),
            ("Selector", true, selector),
        ],
        "ControllerRevision" => {
            &[("Controller", false, controller), ("Revision", false, |one| number(one, "/revision"))]
        }
        "ReplicaSet" => &[
            ("Desired", false, |one| number(one, "/spec/replicas")),
            ("Current", false, |one| number(one, "/status/replicas")),
            ("Ready", false, |one| number(one, "/status/readyReplicas")),
        ],
        "StatefulSet" => {
            &[("Ready", false, |one| fraction(&number(one, "/status/readyReplicas"), &number(one, "/spec/replicas")))]
        }
        "DaemonSet" => &[
            ("Desired", false, |one| number(one, "/status/desiredNumberScheduled")),
            ("Current", false, |one| number(one, "/status/currentNumberScheduled")),
            ("Ready", false, |one| number(one, "/status/numberReady")),
        ],
        "Job" => &[
            ("Status", false, |one| {
                if number(one, "/status/succeeded") == "0" { "Running".into() } else { "Complete".into() }
            }),
            ("Completions", false, |one| {
                fraction(&number(one, "/status/succeeded"), &number(one, "/spec/completions"))
            }),
        ],
        "CronJob" => &[
            ("Schedule", false, |one| word(one, "/spec/schedule")),
            ("Timezone", false, |one| or_none(one, "/spec/timeZone")),
            ("Suspend", false, |one| {
                if one.pointer("/spec/suspend") == Some(&json!(true)) { "True".into() } else { "False".into() }
            }),
        ],
        _ => &[],
    }
}

fn word(one: &Value, pointer: &str) -> Value {
    text(one, pointer).unwrap_or_default().into()
}

/// `statefulset.apps/store`
fn controller(one: &Value) -> Value {
    let of = |member: &str| text(one, &format!("/metadata/ownerReferences/0/{member}")).unwrap_or_default();
    let group = of("apiVersion").split_once('/').map_or("", |(group, _)| group);
    format!("{}.{group}/{}", of("kind").to_lowercase(), of("name")).into()
}

fn or_none(one: &Value, pointer: &str) -> Value {
    text(one, pointer).unwrap_or("<none>").into()
}

fn number(one: &Value, pointer: &str) -> Value {
    one.pointer(pointer).and_then(Value::as_u64).unwrap_or_default().to_string().into()
}

fn count(one: &Value, pointers: &[&str]) -> Value {
    let size = |value: &Value| value.as_object().map(Map::len).or(value.as_array().map(Vec::len)).unwrap_or_default();
    let sum: usize = pointers.iter().filter_map(|pointer| one.pointer(pointer)).map(size).sum();
    sum.to_string().into()
}

fn fraction(part: &Value, whole: &Value) -> Value {
    format!("{}/{}", part.as_str().unwrap_or_default(), whole.as_str().unwrap_or_default()).into()
}

fn ready(pod: &Value) -> Value {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array).into_iter().flatten();
    statuses.into_iter().filter(|one| one.get("ready") == Some(&json!(true))).count().to_string().into()
}

fn containers(one: &Value, at: &str, member: &str) -> Value {
    let all = one.pointer(&format!("{at}/containers")).and_then(Value::as_array).into_iter().flatten();
    let words: Vec<&str> = all.into_iter().filter_map(|container| container.get(member)?.as_str()).collect();
    words.join(",").into()
}

fn selector(one: &Value) -> Value {
    let labels = one.pointer("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten();
    let terms: Vec<String> =
        labels.into_iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    terms.join(",").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_as_kubectl_tells_them() {
        let one = json!({"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}});
        for (seconds, told) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (3600, "60m"),
            (4 * 3600 + 60, "4h1m"),
            (30 * 3600, "30h"),
            (3 * 86_400 + 4 * 3600, "3d4h"),
            (30 * 86_400, "30d"),
        ] {
            assert_eq!(age(&one, seconds * 1000), told);
        }
    }
}
