//! What is wrong with an object, every fault with its field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::body::{flag, text};
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::defaults::template_of;
use crate::simulator::kubernetes::status::{Cause, Failure};
use crate::simulator::kubernetes::{immutable, object, selector};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                     and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                           '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const DATA_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
                        'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/// The most that a secret or a config map holds, in bytes.
const LARGEST: usize = 1_048_576;

/// Refuses an object with all that is wrong with it. `before` is what is there now.
pub(super) fn check(kind: &Kind, sent: &Value, before: Option<&Value>) -> Result<(), Failure> {
    let mut causes = Vec::new();
    metadata(kind, sent, &mut causes);
    if kind.definition.is_some() {
        super::custom::check(kind, sent, &mut causes);
    } else {
        own(kind, sent, before, &mut causes);
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Failure::invalid(&kind.group, &kind.kind, object::name(sent), &causes))
}

fn own(kind: &Kind, sent: &Value, before: Option<&Value>, causes: &mut Vec<Cause>) {
    match kind.kind.as_ref() {
        "ConfigMap" | "Secret" => data(kind, sent, before, causes),
        "Role" | "ClusterRole" => {
            for (at, rule) in (0..).zip(sent.get("rules").and_then(Value::as_array).into_iter().flatten()) {
                if rule.get("verbs").and_then(Value::as_array).is_none_or(Vec::is_empty) {
                    causes
                        .push(Cause::required(&format!("rules[{at}].verbs"), "verbs must contain at least one value"));
                }
            }
        }
        "RoleBinding" | "ClusterRoleBinding" => {
            if text(sent, "/roleRef/name").is_none_or(str::is_empty) {
                causes.push(Cause::required("roleRef.name", ""));
            }
            let was = before.and_then(|before| before.get("roleRef"));
            if was.is_some_and(|was| Some(was) != sent.get("roleRef")) {
                let role = sent.get("roleRef").cloned().unwrap_or_default();
                causes.push(Cause::invalid("roleRef", &role, "cannot change roleRef"));
            }
        }
        "Pod" => {
            pod(sent, "/spec", "spec", causes);
            causes.extend(before.and_then(|before| immutable::of_pod(before, sent)));
        }
        "CustomResourceDefinition" => definition(sent, causes),
        word => {
            if let Some(template) = template_of(word) {
                workload(word, sent, before, template, causes);
                causes.extend(before.and_then(|before| immutable::of_workload(word, before, sent)));
            }
        }
    }
}

fn metadata(kind: &Kind, sent: &Value, causes: &mut Vec<Cause>) {
    let name = object::name(sent);
    let is_label = kind.is("", "namespaces");
    let is_free = kind.group == "rbac.authorization.k8s.io";
    let (is_good, why, longest) = if is_free {
        (!name.contains(['/', '%']) && name != "." && name != "..", "may not contain '/' or '%'", 253)
    } else if is_label {
        (is_dns_label(name), LABEL, 63)
    } else {
        (name.split('.').all(is_dns_label), SUBDOMAIN, 253)
    };
    if name.len() > longest {
        let why = format!("must be no more than {longest} characters");
        causes.push(Cause::invalid("metadata.name", &json!(name), &why));
    } else if !is_good {
        causes.push(Cause::invalid("metadata.name", &json!(name), why));
    }
    labels(sent, "/metadata/labels", "metadata.labels", causes);
    let annotations = sent.pointer("/metadata/annotations");
    for (name, value) in annotations.and_then(Value::as_object).into_iter().flatten() {
        if !is_qualified(name) {
            causes.push(Cause::invalid(
                "metadata.annotations",
                &json!(name),
                "name part must consist of alphanumeric characters, '-', '_' or '.'",
            ));
        }
        if !value.is_string() {
            causes.push(Cause::invalid(&format!("metadata.annotations.{name}"), value, "must be a string"));
        }
    }
}

fn labels(sent: &Value, pointer: &str, field: &str, causes: &mut Vec<Cause>) {
    for (name, value) in sent.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
        if !is_qualified(name) {
            causes.push(Cause::invalid(
                field,
                &json!(name),
                "name part must consist of alphanumeric characters, '-', '_' or '.'",
            ));
        }
        let is_good = value.as_str().is_some_and(|value| value.is_empty() || (value.len() <= 63 && is_word(value)));
        if !is_good {
            causes.push(Cause::invalid(field, value, LABEL_VALUE));
        }
    }
}

fn is_dns_label(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !word.is_empty() && word.chars().all(inner) && !word.starts_with('-') && !word.ends_with('-')
}

/// Letters, digits, `-_.`, with a letter or digit at both ends.
fn is_word(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    word.chars().all(inner) && is_end(word.chars().next()) && is_end(word.chars().next_back())
}

/// `name` or `prefix.example.com/name`
fn is_qualified(name: &str) -> bool {
    let (prefix, word) = name.split_once('/').map_or((None, name), |(prefix, word)| (Some(prefix), word));
    word.len() <= 63 && is_word(word) && prefix.is_none_or(|prefix| prefix.to_lowercase().split('.').all(is_dns_label))
}

fn data(kind: &Kind, sent: &Value, before: Option<&Value>, causes: &mut Vec<Cause>) {
    let is_secret = kind.kind == "Secret";
    let mut size = 0;
    for member in ["data", "binaryData"] {
        for (name, value) in sent.get(member).and_then(Value::as_object).into_iter().flatten() {
            let field = format!("{member}[{name}]");
            let is_key = !name.is_empty()
                && name.len() <= 253
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
            if !is_key {
                causes.push(Cause::invalid(&field, &json!(name), DATA_KEY));
            }
            let is_bytes = is_secret || member == "binaryData";
            size += value.as_str().map_or(0, str::len);
            // What is secret is in no message.
            if !value.is_string() || (is_bytes && value.as_str().is_some_and(|text| STANDARD.decode(text).is_err())) {
                causes.push(Cause {
                    reason: "FieldValueInvalid",
                    message: "Invalid value: must be a string, of bytes in base64".to_owned(),
                    field,
                });
            }
        }
    }
    if size > LARGEST {
        let message = format!("Too long: may not be more than {LARGEST} bytes");
        causes.push(Cause { reason: "FieldValueTooLong", message, field: "data".to_owned() });
    }
    let Some(before) = before else { return };
    if is_secret && before.get("type") != sent.get("type") {
        let kind = sent.get("type").cloned().unwrap_or_default();
        causes.push(Cause::invalid("type", &kind, "field is immutable"));
    }
    if flag(before, "/immutable") == Some(true) {
        for member in ["data", "binaryData", "immutable"] {
            if before.get(member) != sent.get(member) {
                causes.push(Cause::forbidden(member, "field is immutable when `immutable` is set"));
            }
        }
    }
}

fn pod(sent: &Value, at: &str, field: &str, causes: &mut Vec<Cause>) {
    let spec = sent.pointer(at);
    let containers = spec.and_then(|spec| spec.get("containers")).and_then(Value::as_array);
    if containers.is_none_or(Vec::is_empty) {
        causes.push(Cause::required(&format!("{field}.containers"), ""));
    }
    let mut names: Vec<&str> = Vec::new();
    for (number, container) in (0..).zip(containers.into_iter().flatten()) {
        let name = text(container, "/name").unwrap_or_default();
        let of = |member: &str| format!("{field}.containers[{number}].{member}");
        if name.is_empty() {
            causes.push(Cause::required(&of("name"), ""));
        } else if !is_dns_label(name) {
            causes.push(Cause::invalid(&of("name"), &json!(name), LABEL));
        } else if names.contains(&name) {
            let message = format!("Duplicate value: \"{name}\"");
            causes.push(Cause { reason: "FieldValueDuplicate", message, field: of("name") });
        }
        if text(container, "/image").is_none_or(str::is_empty) {
            causes.push(Cause::required(&of("image"), ""));
        }
        names.push(name);
    }
}

fn workload(kind: &str, sent: &Value, before: Option<&Value>, template: &str, causes: &mut Vec<Cause>) {
    let field = template.trim_start_matches('/').replace('/', ".");
    pod(sent, &format!("{template}/spec"), &format!("{field}.spec"), causes);
    labels(sent, &format!("{template}/metadata/labels"), &format!("{field}.metadata.labels"), causes);
    let policy = text(sent, &format!("{template}/spec/restartPolicy")).unwrap_or_default();
    if matches!(kind, "Job" | "CronJob") {
        if !matches!(policy, "Never" | "OnFailure") {
            causes.push(Cause::unsupported(&format!("{field}.spec.restartPolicy"), policy, &["OnFailure", "Never"]));
        }
        if kind == "CronJob" && text(sent, "/spec/schedule").is_none_or(|schedule| !is_schedule(schedule)) {
            let schedule = sent.pointer("/spec/schedule").cloned().unwrap_or_else(|| json!(""));
            causes.push(Cause::invalid("spec.schedule", &schedule, "expected exactly 5 fields"));
        }
        return;
    }
    let chosen = sent.pointer("/spec/selector").cloned().unwrap_or_default();
    let is_empty = ["matchLabels", "matchExpressions"].iter().all(|member| chosen.get(*member).is_none());
    if is_empty {
        causes.push(Cause::required("spec.selector", ""));
    } else {
        let given = sent.pointer(&format!("{template}/metadata/labels")).cloned().unwrap_or_default();
        if !selector::matches(&chosen, &given) {
            let why = "`selector` does not match template `labels`";
            causes.push(Cause::invalid(&format!("{field}.metadata.labels"), &given, why));
        }
    }
    if before.is_some_and(|before| before.pointer("/spec/selector") != Some(&chosen)) {
        causes.push(Cause::invalid("spec.selector", &chosen, "field is immutable"));
    }
}

fn is_schedule(schedule: &str) -> bool {
    schedule.starts_with('@') || schedule.split_whitespace().count() == 5
}

fn definition(sent: &Value, causes: &mut Vec<Cause>) {
    let [group, plural] = ["/spec/group", "/spec/names/plural"].map(|pointer| text(sent, pointer).unwrap_or_default());
    let wanted = format!("{plural}.{group}");
    if object::name(sent) != wanted {
        let why = format!("must be spec.names.plural+\".\"+spec.group: \"{wanted}\"");
        causes.push(Cause::invalid("metadata.name", &json!(object::name(sent)), &why));
    }
    if !matches!(text(sent, "/spec/scope"), Some("Namespaced" | "Cluster")) {
        causes.push(Cause::unsupported(
            "spec.scope",
            text(sent, "/spec/scope").unwrap_or_default(),
            &["Cluster", "Namespaced"],
        ));
    }
    let versions = sent.pointer("/spec/versions").and_then(Value::as_array);
    let kept = versions.into_iter().flatten().filter(|version| flag(version, "/storage") == Some(true)).count();
    if kept != 1 {
        let versions = sent.pointer("/spec/versions").cloned().unwrap_or_default();
        causes.push(Cause::invalid(
            "spec.versions",
            &versions,
            "must have exactly one version marked as storage version",
        ));
    }
    for (at, version) in (0..).zip(versions.into_iter().flatten()) {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            causes
                .push(Cause::required(&format!("spec.versions[{at}].schema.openAPIV3Schema"), "schemas are required"));
        }
    }
}
