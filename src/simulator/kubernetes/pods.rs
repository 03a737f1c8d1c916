//! Pods on their way in: their account, the volume with its token, and what webhooks add; and once they run.

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{flag, set, text, unset};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::defaults;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::webhook;
use crate::simulator::kubernetes::write::suffix;
use crate::simulator::world::Resource;

/// The annotation that tells the template which a pod was made from.
pub(super) const TEMPLATE: &str = "simulator.bowline~1template";

/// Where a pod finds the token of its account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Completes a new pod, as admission does. A failure says why it is not let in.
pub(super) fn admit(azure: &Azure, cluster: &Resource, pod: &mut Value) -> Result<(), Failure> {
    let pods = kind("", "pods");
    if text(pod, "/spec/serviceAccountName").is_none_or(str::is_empty) {
        let older = text(pod, "/spec/serviceAccount").filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
        set(pod, "/spec/serviceAccountName", Value::from(older));
    }
    defaults::fill_in(&pods, pod, None);
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default().to_owned();
    let name = text(pod, "/spec/serviceAccountName").unwrap_or_default().to_owned();
    let spot = kind("", "serviceaccounts").spot(&namespace, &name);
    let Some(account) = azure.world().objects(&cluster.key()).get(&spot).cloned() else {
        let why = format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found");
        return Err(Failure::forbidden(pods.subject(object::name(pod)), &why));
    };
    let mounts = flag(pod, "/spec/automountServiceAccountToken").or(flag(&account, "/automountServiceAccountToken"));
    if mounts != Some(false) {
        mount_account(pod, &pods_name(pod));
    }
    if webhook::is_on(cluster) && object::label(pod, webhook::USE) == Some("true") {
        webhook::mutate(&account, pod);
    }
    defaults::fill_in(&pods, pod, None);
    Ok(())
}

fn pods_name(pod: &Value) -> String {
    text(pod, "/metadata/name").unwrap_or_default().to_owned()
}

/// The token for the cluster's own API, in every container.
fn mount_account(pod: &mut Value, name: &str) {
    let volume = format!("kube-api-access-{}", suffix(2, name));
    let has_one = pod.pointer("/spec/volumes").and_then(Value::as_array).is_some_and(|all| {
        all.iter().any(|one| text(one, "/name").is_some_and(|name| name.starts_with("kube-api-access-")))
    });
    if has_one {
        return;
    }
    add_volume(
        pod,
        json!({"name": volume, "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ]}}),
    );
    for_each_container(pod, &mut |container| {
        add(container, "/volumeMounts", json!({"name": volume, "mountPath": ACCOUNT, "readOnly": true}));
    });
}

/// Adds a volume.
pub(super) fn add_volume(pod: &mut Value, volume: Value) {
    add(pod, "/spec/volumes", volume);
}

/// Adds an item to a list, which is made if there is none.
pub(super) fn add(value: &mut Value, pointer: &str, item: Value) {
    if !value.pointer(pointer).is_some_and(Value::is_array) {
        set(value, pointer, json!([]));
    }
    if let Some(items) = value.pointer_mut(pointer).and_then(Value::as_array_mut) {
        items.push(item);
    }
}

/// Does something to each container, those that come first included.
pub(super) fn for_each_container(pod: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    for list in ["/spec/initContainers", "/spec/containers"] {
        let containers = pod.pointer_mut(list).and_then(Value::as_array_mut);
        containers.into_iter().flatten().filter(|one| one.is_object()).for_each(&mut *change);
    }
}

/// A pod that was let in runs at once; that of a job has done its work at once.
pub(super) fn begin(azure: &Azure, pod: &mut Value, ends: bool) {
    let time = object::time(azure.now());
    let name = text(pod, "/metadata/name").unwrap_or_default().to_owned();
    let number = name.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let address = format!("10.244.{}.{}", (number >> 8) % 250, 2 + number % 250);
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let state = |_: &Value| {
        if ends {
            json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": time, "finishedAt": time}})
        } else {
            json!({"running": {"startedAt": time}})
        }
    };
    let statuses: Vec<Value> = containers
        .into_iter()
        .map(|container| {
            json!({
                "name": container.get("name"), "image": container.get("image"), "imageID": "", "ready": !ends,
                "started": !ends, "restartCount": 0, "state": state(container),
            })
        })
        .collect();
    let condition = |kind: &str, is_true: bool| json!({"type": kind, "status": if is_true { "True" } else { "False" }, "lastTransitionTime": time});
    let conditions = [
        condition("PodScheduled", true),
        condition("Initialized", true),
        condition("ContainersReady", !ends),
        condition("Ready", !ends),
    ];
    unset(pod, "/status");
    set(pod, "/spec/nodeName", Value::from("aks-nodes-00000000-vmss000000"));
    set(
        pod,
        "/status",
        json!({
            "phase": if ends { "Succeeded" } else { "Running" }, "podIP": address, "podIPs": [{"ip": address}],
            "hostIP": "10.224.0.4", "startTime": time, "qosClass": "BestEffort", "containerStatuses": statuses,
            "conditions": conditions,
        }),
    );
}
