//! What the API server fills in where an object says nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::body::{fill, is_empty, set, text, unset};
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;

/// Completes an object. `before` is what is there now.
pub(super) fn fill_in(kind: &Kind, sent: &mut Value, before: Option<&Value>) {
    as_kept(kind, sent);
    if kind.definition.is_some() {
        return;
    }
    match kind.kind.as_ref() {
        "Namespace" => namespace(sent, before),
        "Secret" => fill(sent, "/type", "Opaque"),
        "Pod" => pod(sent, "/spec"),
        "Deployment" => deployment(sent),
        "ReplicaSet" => fill(sent, "/spec/replicas", 1),
        "StatefulSet" => stateful_set(sent),
        "DaemonSet" => {
            fill(
                sent,
                "/spec/updateStrategy",
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
            );
            fill_if_absent(sent, "/spec/revisionHistoryLimit", json!(10));
        }
        "Job" => job(sent, "/spec"),
        "CronJob" => cron_job(sent),
        "RoleBinding" | "ClusterRoleBinding" => binding(sent),
        "CustomResourceDefinition" => definition(sent),
        _ => {}
    }
    if let Some(template) = template_of(&kind.kind) {
        pod(sent, &format!("{template}/spec"));
        let metadata = format!("{template}/metadata");
        sent.pointer_mut(&metadata)
            .into_iter()
            .for_each(|metadata| without_empty(metadata, &["annotations", "labels"]));
        if kind.kind != "CronJob" {
            labels_of_template(sent, template);
        }
    }
}

/// Where a kind has the template of its pods.
pub(super) fn template_of(kind: &str) -> Option<&'static str> {
    match kind {
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" => Some("/spec/template"),
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

/// Text of a secret is kept with its data.
pub(super) fn as_kept(kind: &Kind, sent: &mut Value) {
    if !kind.is("", "secrets") {
        return;
    }
    let words = sent.get("stringData").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in &words {
        let data = STANDARD.encode(value.as_str().unwrap_or_default());
        set(sent, &format!("/data/{}", name.replace('~', "~0").replace('/', "~1")), Value::from(data));
    }
    unset(sent, "/stringData");
}

fn fill_if_absent(sent: &mut Value, pointer: &str, value: Value) {
    if sent.pointer(pointer).is_none_or(Value::is_null) {
        set(sent, pointer, value);
    }
}

fn namespace(sent: &mut Value, before: Option<&Value>) {
    let name = object::name(sent).to_owned();
    set(sent, "/metadata/labels/kubernetes.io~1metadata.name", Value::from(name));
    if before.is_none() {
        set(sent, "/spec/finalizers", json!(["kubernetes"]));
        set(sent, "/status", json!({"phase": "Active"}));
    } else if let Some(held) = before.and_then(|before| before.pointer("/spec/finalizers")) {
        fill(sent, "/spec/finalizers", held.clone());
    }
}

fn pod(sent: &mut Value, at: &str) {
    if sent.pointer(at).is_none() {
        return;
    }
    for (member, usual) in [
        ("restartPolicy", json!("Always")),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("terminationGracePeriodSeconds", json!(30)),
    ] {
        fill_if_absent(sent, &format!("{at}/{member}"), usual);
    }
    if sent.pointer(&format!("{at}/securityContext")).is_none_or(Value::is_null) {
        set(sent, &format!("{at}/securityContext"), json!({}));
    }
    // The older name of the same member.
    let names = [format!("{at}/serviceAccountName"), format!("{at}/serviceAccount")];
    let account = names.iter().find_map(|name| text(sent, name)).filter(|name| !name.is_empty()).map(str::to_owned);
    if let Some(account) = account {
        for name in &names {
            set(sent, name, Value::from(account.as_str()));
        }
    }
    let lists = ["volumes", "initContainers", "imagePullSecrets", "tolerations", "hostAliases"];
    sent.pointer_mut(at).into_iter().for_each(|spec| without_empty(spec, &lists));
    for list in ["containers", "initContainers"] {
        let containers = sent.pointer_mut(&format!("{at}/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter(|container| container.is_object()) {
            self::container(container);
        }
    }
}

fn container(container: &mut Value) {
    let image = text(container, "/image").unwrap_or_default();
    let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map_or("latest", |(_, tag)| tag);
    let policy = if tag == "latest" && !image.contains('@') { "Always" } else { "IfNotPresent" };
    fill(container, "/imagePullPolicy", policy);
    fill(container, "/terminationMessagePath", "/dev/termination-log");
    fill(container, "/terminationMessagePolicy", "File");
    if container.get("resources").is_none_or(Value::is_null) {
        set(container, "/resources", json!({}));
    }
    without_empty(container, &["args", "command", "env", "envFrom", "ports", "volumeDevices", "volumeMounts"]);
    let ports = container.get_mut("ports").and_then(Value::as_array_mut);
    ports.into_iter().flatten().filter(|port| port.is_object()).for_each(|port| fill(port, "/protocol", "TCP"));
}

/// Lists and maps with nothing in them are as good as none.
fn without_empty(value: &mut Value, names: &[&str]) {
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|name, member| !(names.contains(&name.as_str()) && is_empty(member)));
}

fn deployment(sent: &mut Value) {
    fill_if_absent(sent, "/spec/replicas", json!(1));
    fill_if_absent(sent, "/spec/revisionHistoryLimit", json!(10));
    fill_if_absent(sent, "/spec/progressDeadlineSeconds", json!(600));
    fill(sent, "/spec/strategy/type", "RollingUpdate");
    if text(sent, "/spec/strategy/type") == Some("RollingUpdate") {
        fill_if_absent(sent, "/spec/strategy/rollingUpdate/maxSurge", json!("25%"));
        fill_if_absent(sent, "/spec/strategy/rollingUpdate/maxUnavailable", json!("25%"));
    }
}

fn stateful_set(sent: &mut Value) {
    fill_if_absent(sent, "/spec/replicas", json!(1));
    fill_if_absent(sent, "/spec/revisionHistoryLimit", json!(10));
    fill(sent, "/spec/podManagementPolicy", "OrderedReady");
    fill(sent, "/spec/updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}));
}

fn job(sent: &mut Value, at: &str) {
    let unbounded =
        sent.pointer(&format!("{at}/completions")).is_none() && sent.pointer(&format!("{at}/parallelism")).is_none();
    if unbounded {
        set(sent, &format!("{at}/completions"), json!(1));
    }
    fill_if_absent(sent, &format!("{at}/parallelism"), json!(1));
    fill_if_absent(sent, &format!("{at}/backoffLimit"), json!(6));
    fill(sent, &format!("{at}/completionMode"), "NonIndexed");
    fill_if_absent(sent, &format!("{at}/suspend"), json!(false));
}

fn cron_job(sent: &mut Value) {
    fill(sent, "/spec/concurrencyPolicy", "Allow");
    fill_if_absent(sent, "/spec/suspend", json!(false));
    fill_if_absent(sent, "/spec/successfulJobsHistoryLimit", json!(3));
    fill_if_absent(sent, "/spec/failedJobsHistoryLimit", json!(1));
}

fn labels_of_template(sent: &mut Value, template: &str) {
    // The time that nobody gave is written as null, as everywhere in templates.
    fill_if_absent(sent, &format!("{template}/metadata/creationTimestamp"), Value::Null);
}

fn binding(sent: &mut Value) {
    fill(sent, "/roleRef/apiGroup", "rbac.authorization.k8s.io");
    let subjects = sent.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten().filter(|subject| subject.is_object()) {
        if text(subject, "/kind") != Some("ServiceAccount") {
            fill(subject, "/apiGroup", "rbac.authorization.k8s.io");
        }
    }
}

fn definition(sent: &mut Value) {
    let kind = text(sent, "/spec/names/kind").unwrap_or_default().to_owned();
    fill(sent, "/spec/names/singular", kind.to_lowercase());
    fill(sent, "/spec/names/listKind", format!("{kind}List"));
    fill(sent, "/spec/conversion/strategy", "None");
    let names = sent.pointer("/spec/names").cloned().unwrap_or_default();
    let versions = sent.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let kept: Vec<Value> = versions
        .into_iter()
        .filter(|one| one.get("storage") == Some(&json!(true)))
        .filter_map(|one| one.get("name").cloned())
        .collect();
    let conditions = [
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ];
    let conditions = conditions
        .map(|(kind, reason, message)| json!({"type": kind, "status": "True", "reason": reason, "message": message}));
    set(sent, "/status", json!({"acceptedNames": names, "conditions": conditions, "storedVersions": kept}));
}
