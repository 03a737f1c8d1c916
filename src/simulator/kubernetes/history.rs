//! What workloads were before, which is what `kubectl rollout history` and `undo` go by: deployments keep their replica
//! sets, stateful and daemon sets a `ControllerRevision` for each template. The present template has the highest number,
//! also when it is an earlier one again.

use serde_json::{Map, Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text};
use crate::simulator::kubernetes::api::{drop, keep, make};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::workloads::{owned, owner};
use crate::simulator::kubernetes::write::suffix;
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// Which template of a deployment a replica set is for.
const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label that tells the template of an object of the history, and of a pod.
pub(super) const HASH: &str = "controller-revision-hash";

/// The number of an object of the history.
fn number(object: &Value) -> u64 {
    let of_set = || object::annotation(object, REVISION).and_then(|text| text.parse().ok());
    object.get("revision").and_then(Value::as_u64).or_else(of_set).unwrap_or_default()
}

fn number_at(azure: &Azure, key: &Key, spot: &Spot) -> u64 {
    azure.world().objects(key).get(spot).map_or(0, |object| number(object))
}

/// The highest number but this one's.
fn highest_other(azure: &Azure, key: &Key, all: &[Spot], own: &Spot) -> u64 {
    all.iter().filter(|other| *other != own).map(|other| number_at(azure, key, other)).max().unwrap_or_default()
}

/// Gives the replica set of the present template the highest number, and tells the deployment which that is.
pub(super) fn number_replica_set(azure: &mut Azure, cluster: &Resource, own: &Spot, deployment: &Spot, found: &Value) {
    let key = cluster.key();
    let all = owned(azure, &key, "apps", "replicasets", found);
    let highest = highest_other(azure, &key, &all, own);
    if number_at(azure, &key, own) <= highest {
        let mut annotations = told_of(found);
        annotations.insert(REVISION.to_owned(), Value::from((highest + 1).to_string()));
        annotate(azure, &key, own, annotations);
    }
    let number = Value::from(number_at(azure, &key, own).to_string());
    annotate(azure, &key, deployment, Map::from_iter([(REVISION.to_owned(), number)]));
    forget(azure, &key, &all, own, found);
}

/// The annotations of a workload that go into its history, such as the cause of a change.
fn told_of(workload: &Value) -> Map<String, Value> {
    let all = workload.pointer("/metadata/annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_told =
        |name: &String| !name.starts_with("kubectl.kubernetes.io/last-applied") && !name.starts_with("deprecated.");
    all.into_iter().filter(|(name, _)| is_told(name)).collect()
}

fn annotate(azure: &mut Azure, key: &Key, spot: &Spot, annotations: Map<String, Value>) {
    let Some(found) = azure.world().objects(key).get(spot).map(|kept| (**kept).clone()) else { return };
    let mut changed = found.clone();
    for (name, value) in annotations {
        set(&mut changed, &format!("/metadata/annotations/{}", name.replace('~', "~0").replace('/', "~1")), value);
    }
    if changed != found {
        keep(azure, key, spot.clone(), changed);
    }
}

/// Notes the present template of a stateful or daemon set; the name and the hash of its revision.
pub(super) fn note_template(azure: &mut Azure, cluster: &Resource, spot: &Spot, found: &Value) -> (String, String) {
    let key = cluster.key();
    let template = found.pointer("/spec/template").cloned().unwrap_or_default();
    let hash = suffix(0, &template.to_string());
    let revisions = kind("apps", "controllerrevisions");
    let own = revisions.spot(&spot.namespace, &format!("{}-{hash}", spot.name));
    let all = owned(azure, &key, "apps", "controllerrevisions", found);
    let highest = highest_other(azure, &key, &all, &own);
    match azure.world().objects(&key).get(&own).map(|kept| (**kept).clone()) {
        Some(present) if number(&present) > highest => {}
        Some(mut present) => {
            set(&mut present, "/revision", json!(highest + 1));
            keep(azure, &key, own.clone(), present);
        }
        None => {
            let mut labels = template.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
            set(&mut labels, &format!("/{HASH}"), Value::from(hash.as_str()));
            let mut kept = template;
            set(&mut kept, "/$patch", "replace".into());
            let made = json!({
                "metadata": {
                    "name": own.name, "namespace": spot.namespace, "labels": labels, "annotations": told_of(found),
                    "ownerReferences": [owner(text(found, "/kind").unwrap_or_default(), "apps/v1", found)],
                },
                // A patch that makes the workload what it was.
                "data": {"spec": {"template": kept}},
                "revision": highest + 1,
            });
            make(azure, &key, &revisions, made);
        }
    }
    forget(azure, &key, &all, &own, found);
    (own.name, hash)
}

/// Of a history only so much is kept as the workload says, beside the present.
fn forget(azure: &mut Azure, key: &Key, all: &[Spot], own: &Spot, found: &Value) {
    let limit = found.pointer("/spec/revisionHistoryLimit").and_then(Value::as_u64).unwrap_or(10);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut past: Vec<&Spot> = all.iter().filter(|spot| *spot != own).collect();
    past.sort_by_key(|spot| std::cmp::Reverse(number_at(azure, key, spot)));
    for spot in past.into_iter().skip(limit) {
        drop(azure, key, spot.clone());
    }
}
