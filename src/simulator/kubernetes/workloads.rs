//! Workloads: deployments have their replica set, sets and jobs their pods, and all of them tell how far they are. What a
//! real cluster does over a while is done here at once.

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text, unset};
use crate::simulator::kubernetes::api::{drop, keep, make};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::write::suffix;
use crate::simulator::kubernetes::{object, pods};
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// Which template of a deployment a replica set is for, the last one being the highest.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Brings what a workload makes into line with it.
pub(super) fn reconcile(azure: &mut Azure, cluster: &Resource, spot: &Spot) {
    let key = cluster.key();
    let Some(found) = azure.world().objects(&key).get(spot).map(|kept| (**kept).clone()) else { return };
    if object::is_going(&found) {
        return;
    }
    match spot.plural.as_str() {
        "deployments" => deployment(azure, cluster, spot, &found),
        "replicasets" => {
            let wanted = replicas(&found);
            let ready = keep_pods(azure, cluster, spot, &found, &Names::Any(wanted));
            let status = json!({"replicas": wanted, "fullyLabeledReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready});
            put_status(azure, &key, spot, status);
        }
        "statefulsets" => {
            let wanted = replicas(&found);
            let names = (0..wanted).map(|number| format!("{}-{number}", spot.name)).collect();
            let ready = keep_pods(azure, cluster, spot, &found, &Names::Fixed(names));
            let status = json!({
                "replicas": wanted, "readyReplicas": ready, "availableReplicas": ready, "currentReplicas": wanted,
                "updatedReplicas": wanted,
            });
            put_status(azure, &key, spot, status);
        }
        "daemonsets" => {
            let nodes = nodes(azure, &key);
            let ready = keep_pods(azure, cluster, spot, &found, &Names::Any(nodes));
            let status = json!({
                "desiredNumberScheduled": nodes, "currentNumberScheduled": nodes, "numberReady": ready,
                "numberAvailable": ready, "updatedNumberScheduled": nodes, "numberMisscheduled": 0,
            });
            put_status(azure, &key, spot, status);
        }
        "jobs" => job(azure, cluster, spot, &found),
        _ => {}
    }
}

fn replicas(found: &Value) -> usize {
    let wanted = found.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    usize::try_from(wanted).unwrap_or_default()
}

/// Brings all workloads of a namespace into line: an account has come that their pods may have waited for.
pub(super) fn reconcile_all(azure: &mut Azure, cluster: &Resource, namespace: &str) {
    let store = azure.world().objects(&cluster.key());
    let kinds = [("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs")];
    let all = kinds.iter().flat_map(|(group, plural)| store.of_kind(group, plural, namespace));
    let all: Vec<Spot> = all.map(|(spot, _)| spot.clone()).collect();
    for spot in &all {
        reconcile(azure, cluster, spot);
    }
}

/// How many nodes there are: those of the pools.
fn nodes(azure: &Azure, key: &Key) -> usize {
    let pools = azure.world().children(key, "agentPools");
    let count = |pool: &Resource| pool.body.pointer("/properties/count").and_then(Value::as_u64).unwrap_or_default();
    usize::try_from(pools.map(count).sum::<u64>()).unwrap_or_default()
}

/// A deployment has a replica set for its template; those of earlier templates have no pods any more.
fn deployment(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) {
    let key = cluster.key();
    let template = found.pointer("/spec/template").cloned().unwrap_or_default();
    let hash = suffix(0, &template.to_string());
    let sets = kind("apps", "replicasets");
    let own = sets.spot(&spot.namespace, &format!("{}-{hash}", spot.name));
    for other in owned(azure, &key, "replicasets", found).into_iter().filter(|other| *other != own) {
        scale(azure, cluster, &other, 0);
    }
    let mut template = template;
    set(&mut template, "/metadata/labels/pod-template-hash", Value::from(hash.as_str()));
    let mut chosen = found.pointer("/spec/selector").cloned().unwrap_or_default();
    set(&mut chosen, "/matchLabels/pod-template-hash", Value::from(hash.as_str()));
    let wanted = replicas(found);
    let made = json!({
        "metadata": {
            "name": own.name, "namespace": spot.namespace, "generation": 1,
            "labels": template.pointer("/metadata/labels"), "ownerReferences": [owner("Deployment", "apps/v1", found)],
            "annotations": {REVISION: "1"},
        },
        "spec": {"replicas": wanted, "selector": chosen, "template": template},
    });
    make(azure, &key, &sets, made);
    revise(azure, &key, &own, found);
    scale(azure, cluster, &own, wanted);
    let ready = azure.world().objects(&key).get(&own).and_then(|set| set.pointer("/status/readyReplicas")?.as_u64());
    let ready = ready.unwrap_or_default();
    let is_available = usize::try_from(ready).unwrap_or_default() >= wanted;
    let time = object::time(azure.now());
    let condition = |kind: &str, is_true: bool, reason: &str, message: &str| {
        json!({
            "type": kind, "status": if is_true { "True" } else { "False" }, "reason": reason, "message": message,
            "lastUpdateTime": time, "lastTransitionTime": time,
        })
    };
    let progress = format!("ReplicaSet \"{}\" has successfully progressed.", own.name);
    let mut status = json!({
        "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready,
        "conditions": [
            condition("Available", is_available, if is_available { "MinimumReplicasAvailable" } else { "MinimumReplicasUnavailable" }, if is_available { "Deployment has minimum availability." } else { "Deployment does not have minimum availability." }),
            condition("Progressing", is_available, if is_available { "NewReplicaSetAvailable" } else { "FailedCreate" }, &progress),
        ],
    });
    if !is_available {
        set(&mut status, "/unavailableReplicas", json!(wanted));
    }
    put_status(azure, &key, spot, status);
}

/// The set of the present template has the highest revision, also when it is an earlier one again: that is what
/// `kubectl rollout undo` goes by.
fn revise(azure: &mut Azure, key: &Key, own: &Spot, deployment: &Value) {
    let number =
        |set: &Value| object::annotation(set, REVISION).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let of = |azure: &Azure, spot: &Spot| azure.world().objects(key).get(spot).map_or(0, |set| number(set));
    let others = owned(azure, key, "replicasets", deployment).into_iter().filter(|other| other != own);
    let highest = others.map(|other| of(azure, &other)).max().unwrap_or_default();
    if of(azure, own) > highest {
        return;
    }
    let Some(mut set) = azure.world().objects(key).get(own).map(|kept| (**kept).clone()) else { return };
    self::set(
        &mut set,
        "/metadata/annotations/deployment.kubernetes.io~1revision",
        Value::from((highest + 1).to_string()),
    );
    keep(azure, key, own.clone(), set);
}

/// Sets how many pods a set has, and brings them into line.
fn scale(azure: &mut Azure, cluster: &Resource, spot: &Spot, wanted: usize) {
    let key = cluster.key();
    let Some(found) = azure.world().objects(&key).get(spot).map(|kept| (**kept).clone()) else { return };
    if replicas(&found) != wanted {
        let mut changed = found;
        set(&mut changed, "/spec/replicas", json!(wanted));
        keep(azure, &key, spot.clone(), changed);
    }
    reconcile(azure, cluster, spot);
}

/// A job's pods do their work and end.
fn job(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) {
    let key = cluster.key();
    if found.pointer("/spec/suspend") == Some(&json!(true)) {
        return;
    }
    let mut found = found.clone();
    if found.pointer("/spec/selector").is_none() {
        let uid = object::uid(&found).to_owned();
        for (name, value) in [
            ("batch.kubernetes.io~1controller-uid", uid.as_str()),
            ("batch.kubernetes.io~1job-name", &spot.name),
            ("job-name", &spot.name),
        ] {
            set(&mut found, &format!("/spec/template/metadata/labels/{name}"), Value::from(value));
        }
        set(&mut found, "/spec/selector/matchLabels/batch.kubernetes.io~1controller-uid", Value::from(uid));
        found = keep(azure, &key, spot.clone(), found);
    }
    let wanted = found.pointer("/spec/completions").and_then(Value::as_u64).unwrap_or(1);
    let wanted = usize::try_from(wanted).unwrap_or_default();
    let done = keep_pods(azure, cluster, spot, &found, &Names::Any(wanted));
    let time = object::time(azure.now());
    let mut status = json!({"startTime": time, "succeeded": done});
    if done >= wanted {
        let condition =
            json!({"type": "Complete", "status": "True", "lastProbeTime": time, "lastTransitionTime": time});
        set(&mut status, "/conditions", json!([condition]));
        set(&mut status, "/completionTime", Value::from(time.as_str()));
    }
    put_status(azure, &key, spot, status);
}

/// Which pods a workload wants.
enum Names {
    /// So many, whatever they are called.
    Any(usize),
    /// These.
    Fixed(Vec<String>),
}

/// Makes the pods of a workload that are missing, and takes away those that are too many or of another template; how many
/// there are then.
fn keep_pods(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value, wanted: &Names) -> usize {
    let key = cluster.key();
    let template = found.pointer("/spec/template").cloned().unwrap_or_default();
    let mark = suffix(1, &template.to_string());
    let mut kept: Vec<String> = Vec::new();
    for pod in owned(azure, &key, "pods", found) {
        let present = azure.world().objects(&key).get(&pod).cloned().unwrap_or_default();
        let is_wanted = match wanted {
            Names::Any(count) => kept.len() < *count,
            Names::Fixed(names) => names.contains(&pod.name),
        };
        if is_wanted && object::annotation(&present, pods::TEMPLATE) == Some(&mark) {
            kept.push(pod.name);
        } else {
            drop(azure, &key, pod);
        }
    }
    let missing: Vec<Option<&String>> = match wanted {
        Names::Any(count) => vec![None; count.saturating_sub(kept.len())],
        Names::Fixed(names) => names.iter().filter(|name| !kept.contains(name)).map(Some).collect(),
    };
    let mut ready = kept.len();
    for name in missing {
        let number = azure.world().objects(&key).revision();
        let name = name.cloned().unwrap_or_else(|| format!("{}-{}", spot.name, suffix(number, &spot.name)));
        ready += usize::from(make_pod(azure, cluster, spot, found, name, &mark));
    }
    ready
}

/// Makes a pod of a workload, unless it is not let in.
fn make_pod(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value, name: String, mark: &str) -> bool {
    let key = cluster.key();
    let version = text(found, "/apiVersion").unwrap_or_default().to_owned();
    let word = text(found, "/kind").unwrap_or_default().to_owned();
    let mut pod = found.pointer("/spec/template").cloned().unwrap_or_default();
    unset(&mut pod, "/metadata/creationTimestamp");
    set(&mut pod, "/metadata/name", Value::from(name));
    set(&mut pod, "/metadata/namespace", Value::from(spot.namespace.as_str()));
    set(&mut pod, "/metadata/ownerReferences", json!([owner(&word, &version, found)]));
    set(&mut pod, &format!("/metadata/annotations/{}", pods::TEMPLATE.replace('/', "~1")), Value::from(mark));
    if let Err(failure) = pods::admit(azure, cluster, &mut pod) {
        failed(azure, &key, spot, &word, &failure.message);
        return false;
    }
    pods::begin(azure, &mut pod, word == "Job");
    make(azure, &key, &kind("", "pods"), pod);
    true
}

/// A pod that cannot be made is told of in an event.
fn failed(azure: &mut Azure, key: &Key, spot: &Spot, word: &str, why: &str) {
    let time = object::time(azure.now());
    let name = format!("{}.{}", spot.name, suffix(0, why));
    let event = json!({
        "metadata": {"name": name, "namespace": spot.namespace},
        "involvedObject": {"kind": word, "namespace": spot.namespace, "name": spot.name},
        "type": "Warning", "reason": "FailedCreate", "message": format!("Error creating: {why}"), "count": 1,
        "firstTimestamp": time, "lastTimestamp": time, "source": {"component": "controller"},
    });
    make(azure, key, &kind("", "events"), event);
}

/// What a workload owns of a kind.
fn owned(azure: &Azure, key: &Key, plural: &str, owner: &Value) -> Vec<Spot> {
    let group = if plural == "pods" { "" } else { "apps" };
    let namespace = text(owner, "/metadata/namespace").unwrap_or_default();
    let all = azure.world().objects(key).of_kind(group, plural, namespace);
    let is_owned = |one: &Value| {
        let owners = one.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.into_iter().flatten().any(|reference| text(reference, "/uid") == Some(object::uid(owner)))
    };
    all.filter(|(_, one)| is_owned(one)).map(|(spot, _)| spot.clone()).collect()
}

fn owner(kind: &str, version: &str, owner: &Value) -> Value {
    json!({
        "apiVersion": version, "kind": kind, "name": object::name(owner), "uid": object::uid(owner), "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// Writes the status of a workload, if it is another one.
fn put_status(azure: &mut Azure, key: &Key, spot: &Spot, mut status: Value) {
    let Some(found) = azure.world().objects(key).get(spot).map(|kept| (**kept).clone()) else { return };
    if let Some(generation) = found.pointer("/metadata/generation") {
        set(&mut status, "/observedGeneration", generation.clone());
    }
    let timeless = |status: Option<&Value>| {
        let mut status = status.cloned().unwrap_or_default();
        for member in ["startTime", "completionTime"] {
            unset(&mut status, &format!("/{member}"));
        }
        let conditions = status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten();
        for condition in conditions {
            for time in ["/lastUpdateTime", "/lastTransitionTime", "/lastProbeTime"] {
                unset(condition, time);
            }
        }
        status
    };
    if timeless(found.get("status")) == timeless(Some(&status)) {
        return;
    }
    let mut changed = found;
    set(&mut changed, "/status", status);
    keep(azure, key, spot.clone(), changed);
}
