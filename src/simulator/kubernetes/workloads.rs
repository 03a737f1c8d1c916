//! Workloads: deployments have their replica set, sets and jobs their pods, and all of them tell how far they are. What a
//! real cluster does over a while is done here at once.

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text, unset};
use crate::simulator::kubernetes::api::{drop, keep, make};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::write::suffix;
use crate::simulator::kubernetes::{history, object, pods};
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

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
            let ready = keep_pods(azure, cluster, spot, &found, &Crew::of(Names::Any(wanted))).ready;
            let status = json!({"replicas": wanted, "fullyLabeledReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready});
            put_status(azure, &key, spot, status);
        }
        "statefulsets" => stateful_set(azure, cluster, spot, &found),
        "daemonsets" => daemon_set(azure, cluster, spot, &found),
        "jobs" => job(azure, cluster, spot, &found),
        _ => {}
    }
}

fn replicas(found: &Value) -> usize {
    let wanted = found.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    usize::try_from(wanted).unwrap_or_default()
}

/// A stateful set has pods with numbers. Those below its partition stay as they are, and all do where they are replaced by
/// hand only.
fn stateful_set(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) {
    let wanted = replicas(found);
    let (revision, _) = history::note_template(azure, cluster, spot, found);
    let partition = found.pointer("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_u64);
    let crew = Crew {
        names: Names::Fixed((0..wanted).map(|number| format!("{}-{number}", spot.name)).collect()),
        labels: vec![(history::HASH, revision.clone())],
        stay: if is_by_hand(found) { usize::MAX } else { usize::try_from(partition.unwrap_or(0)).unwrap_or_default() },
    };
    let told = keep_pods(azure, cluster, spot, found, &crew);
    let before = text(found, "/status/currentRevision").filter(|_| told.updated < wanted);
    let current = before.unwrap_or(&revision).to_owned();
    let status = json!({
        "replicas": wanted, "readyReplicas": told.ready, "availableReplicas": told.ready,
        "currentReplicas": if current == revision { told.updated } else { wanted - told.updated.min(wanted) },
        "updatedReplicas": told.updated, "currentRevision": current, "updateRevision": revision, "collisionCount": 0,
    });
    put_status(azure, &cluster.key(), spot, status);
}

/// A daemon set has a pod on each node.
fn daemon_set(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) {
    let nodes = nodes(azure, &cluster.key());
    let (_, hash) = history::note_template(azure, cluster, spot, found);
    let crew = Crew {
        names: Names::Any(nodes),
        labels: vec![(history::HASH, hash)],
        stay: if is_by_hand(found) { usize::MAX } else { 0 },
    };
    let told = keep_pods(azure, cluster, spot, found, &crew);
    let status = json!({
        "desiredNumberScheduled": nodes, "currentNumberScheduled": nodes, "numberReady": told.ready,
        "numberAvailable": told.ready, "updatedNumberScheduled": told.updated, "numberMisscheduled": 0,
    });
    put_status(azure, &cluster.key(), spot, status);
}

/// Whether pods get a new template only when somebody takes the old ones away.
fn is_by_hand(found: &Value) -> bool {
    text(found, "/spec/updateStrategy/type") == Some("OnDelete")
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

/// A deployment has a replica set for its template; those of earlier templates have no pods any more. One that is paused
/// goes on with the template that it had.
fn deployment(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) {
    let key = cluster.key();
    let template = found.pointer("/spec/template").cloned().unwrap_or_default();
    let hash = suffix(0, &template.to_string());
    let sets = kind("apps", "replicasets");
    let own = sets.spot(&spot.namespace, &format!("{}-{hash}", spot.name));
    let wanted = replicas(found);
    let others: Vec<Spot> =
        owned(azure, &key, "apps", "replicasets", found).into_iter().filter(|other| *other != own).collect();
    let is_paused = found.pointer("/spec/paused") == Some(&json!(true));
    if is_paused && azure.world().objects(&key).get(&own).is_none() {
        let running = others
            .into_iter()
            .find(|other| azure.world().objects(&key).get(other).is_some_and(|set| replicas(set) > 0));
        let ready = running.map_or(0, |running| {
            scale(azure, cluster, &running, wanted);
            ready_of(azure, &key, &running)
        });
        put_status(azure, &key, spot, deployed(azure, wanted, ready, &Rollout::Paused));
        return;
    }
    for other in others {
        scale(azure, cluster, &other, 0);
    }
    let mut template = template;
    set(&mut template, "/metadata/labels/pod-template-hash", Value::from(hash.as_str()));
    let mut chosen = found.pointer("/spec/selector").cloned().unwrap_or_default();
    set(&mut chosen, "/matchLabels/pod-template-hash", Value::from(hash.as_str()));
    let made = json!({
        "metadata": {
            "name": own.name, "namespace": spot.namespace, "generation": 1,
            "labels": template.pointer("/metadata/labels"), "ownerReferences": [owner("Deployment", "apps/v1", found)],
        },
        "spec": {"replicas": wanted, "selector": chosen, "template": template},
    });
    make(azure, &key, &sets, made);
    history::number_replica_set(azure, cluster, &own, spot, found);
    scale(azure, cluster, &own, wanted);
    let ready = ready_of(azure, &key, &own);
    put_status(azure, &key, spot, deployed(azure, wanted, ready, &Rollout::To(own.name)));
}

/// How many pods of a set are ready.
fn ready_of(azure: &Azure, key: &Key, set: &Spot) -> usize {
    let ready = azure.world().objects(key).get(set).and_then(|set| set.pointer("/status/readyReplicas")?.as_u64());
    usize::try_from(ready.unwrap_or_default()).unwrap_or_default()
}

/// Where a deployment is on its way to a new template.
enum Rollout {
    /// Its pods are those of this replica set.
    To(String),
    /// It does not go there.
    Paused,
}

/// The status of a deployment.
fn deployed(azure: &Azure, wanted: usize, ready: usize, rollout: &Rollout) -> Value {
    let is_available = ready >= wanted;
    let time = object::time(azure.now());
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message, "lastUpdateTime": time,
            "lastTransitionTime": time,
        })
    };
    let available = if is_available {
        condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    let (updated, progressing) = match rollout {
        Rollout::Paused => (0, condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")),
        Rollout::To(set) => {
            let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
            let (status, reason) =
                if is_available { ("True", "NewReplicaSetAvailable") } else { ("False", "FailedCreate") };
            (wanted, condition("Progressing", status, reason, &message))
        }
    };
    let mut status = json!({
        "replicas": wanted, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready,
        "conditions": [available, progressing],
    });
    if !is_available {
        set(&mut status, "/unavailableReplicas", json!(wanted));
    }
    status
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
    let done = keep_pods(azure, cluster, spot, &found, &Crew::of(Names::Any(wanted))).ready;
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

/// What a workload wants of its pods.
struct Crew {
    names: Names,
    /// Labels that they have beside those of the template.
    labels: Vec<(&'static str, String)>,
    /// How many of the first stay though their template is an earlier one.
    stay: usize,
}

/// Which pods a workload wants.
enum Names {
    /// So many, whatever they are called.
    Any(usize),
    /// These.
    Fixed(Vec<String>),
}

impl Crew {
    /// These pods, all of the present template.
    fn of(names: Names) -> Self {
        Self { names, labels: Vec::new(), stay: 0 }
    }

    /// Whether a pod is one of those that are wanted, when there are so many already.
    fn wants(&self, pod: &str, kept: usize) -> bool {
        match &self.names {
            Names::Any(count) => kept < *count,
            Names::Fixed(names) => names.iter().any(|name| name == pod),
        }
    }

    /// Whether a pod of an earlier template stays.
    fn keeps(&self, pod: &str) -> bool {
        match &self.names {
            Names::Any(_) => self.stay > 0,
            Names::Fixed(names) => names.iter().take(self.stay).any(|name| name == pod),
        }
    }
}

/// How many pods there are, and how many of them are of the present template.
#[derive(Default)]
struct Told {
    ready: usize,
    updated: usize,
}

/// Makes the pods of a workload that are missing, and takes away those that are too many or of another template.
fn keep_pods(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value, crew: &Crew) -> Told {
    let key = cluster.key();
    let template = found.pointer("/spec/template").cloned().unwrap_or_default();
    let mark = suffix(1, &template.to_string());
    let mut kept: Vec<String> = Vec::new();
    let mut told = Told::default();
    for pod in owned(azure, &key, "", "pods", found) {
        let present = azure.world().objects(&key).get(&pod).cloned().unwrap_or_default();
        let is_new = object::annotation(&present, pods::TEMPLATE) == Some(&mark);
        if crew.wants(&pod.name, kept.len()) && (is_new || crew.keeps(&pod.name)) {
            told.updated += usize::from(is_new);
            kept.push(pod.name);
        } else {
            drop(azure, &key, pod);
        }
    }
    told.ready = kept.len();
    let missing: Vec<Option<&String>> = match &crew.names {
        Names::Any(count) => vec![None; count.saturating_sub(kept.len())],
        Names::Fixed(names) => names.iter().filter(|name| !kept.contains(name)).map(Some).collect(),
    };
    for name in missing {
        let number = azure.world().objects(&key).revision();
        let name = name.cloned().unwrap_or_else(|| format!("{}-{}", spot.name, suffix(number, &spot.name)));
        let is_made = make_pod(azure, cluster, spot, found, &name, &crew.labels);
        told.ready += usize::from(is_made);
        told.updated += usize::from(is_made);
    }
    told
}

/// Makes a pod of a workload, unless it is not let in.
fn make_pod(
    azure: &mut Azure,
    cluster: &Resource,
    spot: &Spot,
    found: &Value,
    name: &str,
    labels: &[(&'static str, String)],
) -> bool {
    let key = cluster.key();
    let version = text(found, "/apiVersion").unwrap_or_default().to_owned();
    let word = text(found, "/kind").unwrap_or_default().to_owned();
    let mut pod = found.pointer("/spec/template").cloned().unwrap_or_default();
    let mark = suffix(1, &pod.to_string());
    unset(&mut pod, "/metadata/creationTimestamp");
    set(&mut pod, "/metadata/name", Value::from(name));
    set(&mut pod, "/metadata/namespace", Value::from(spot.namespace.as_str()));
    set(&mut pod, "/metadata/ownerReferences", json!([owner(&word, &version, found)]));
    set(&mut pod, &format!("/metadata/annotations/{}", pods::TEMPLATE.replace('/', "~1")), Value::from(mark));
    for (label, value) in labels {
        set(&mut pod, &format!("/metadata/labels/{label}"), Value::from(value.as_str()));
    }
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
pub(super) fn owned(azure: &Azure, key: &Key, group: &str, plural: &str, owner: &Value) -> Vec<Spot> {
    let namespace = text(owner, "/metadata/namespace").unwrap_or_default();
    let all = azure.world().objects(key).of_kind(group, plural, namespace);
    let is_owned = |one: &Value| {
        let owners = one.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.into_iter().flatten().any(|reference| text(reference, "/uid") == Some(object::uid(owner)))
    };
    all.filter(|(_, one)| is_owned(one)).map(|(spot, _)| spot.clone()).collect()
}

/// The reference by which an object belongs to a workload.
pub(super) fn owner(kind: &str, version: &str, owner: &Value) -> Value {
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
