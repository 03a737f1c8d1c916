//! What is in a cluster from the beginning: its own namespaces and roles; and what Azure puts in as long as a feature of
//! the cluster is on.

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::kubernetes::api::make;
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::{self, Kind};
use crate::simulator::kubernetes::store::Store;
use crate::simulator::kubernetes::{controllers, pod_identity, webhook};
use crate::simulator::world::Resource;

const RBAC: &str = "rbac.authorization.k8s.io";

/// Puts into a cluster what belongs there.
pub(super) fn ensure(azure: &mut Azure, cluster: &Resource) {
    begin(azure, cluster);
    webhook::ensure(azure, cluster);
    pod_identity::ensure(azure, cluster);
}

fn begin(azure: &mut Azure, cluster: &Resource) {
    let key = cluster.key();
    let namespaces = kind("", "namespaces");
    if azure.world().objects(&key).get(&namespaces.spot("", "default")).is_some() {
        return;
    }
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let namespace = json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        });
        make(azure, &key, &namespaces, namespace);
        controllers::furnish(azure, cluster, name);
    }
    for role in roles() {
        make(azure, &key, &kind(RBAC, "clusterroles"), role);
    }
    for (name, role, group) in
        [("cluster-admin", "cluster-admin", "system:masters"), ("system:monitoring", "view", "system:monitoring")]
    {
        let binding = json!({
            "metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group}],
        });
        make(azure, &key, &kind(RBAC, "clusterrolebindings"), binding);
    }
}

/// A built-in kind.
pub(super) fn kind(group: &str, plural: &str) -> Kind {
    let [group, plural] = [group, plural].map(str::to_owned);
    let empty = String::new;
    let asked =
        Asked { group, version: "v1".to_owned(), namespace: empty(), plural, name: empty(), subresource: empty() };
    catalog::find(&Store::default(), &asked).unwrap_or_else(|| Kind::unknown(&asked))
}

/// The roles that users are given. Facts: Kubernetes's documentation of its user-facing roles.
fn roles() -> Vec<Value> {
    const READ: [&str; 3] = ["get", "list", "watch"];
    const WRITE: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let rule = |groups: &[&str], resources: &[&str], verbs: &[&str]| json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
    let workloads = [
        "deployments",
        "daemonsets",
        "replicasets",
        "statefulsets",
        "deployments/scale",
        "replicasets/scale",
        "statefulsets/scale",
    ];
    let seen = |verbs: &[&str]| {
        vec![
            rule(&["apps"], &["controllerrevisions"], &READ),
            rule(&[""], &["configmaps", "events", "pods", "serviceaccounts", "pods/status"], verbs),
            rule(&["apps"], &workloads, verbs),
            rule(&["batch"], &["jobs", "cronjobs"], verbs),
            rule(&[""], &["namespaces"], &READ),
        ]
    };
    let mut edit = seen(&WRITE);
    edit.push(rule(&[""], &["secrets"], &WRITE));
    edit.push(rule(&[""], &["serviceaccounts/token"], &["create"]));
    let mut admin = edit.clone();
    admin.push(rule(&[RBAC], &["roles", "rolebindings"], &WRITE));
    let role = |name: &str, rules: Vec<Value>| json!({"metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}, "rules": rules});
    let everything = json!({"nonResourceURLs": ["*"], "verbs": ["*"]});
    vec![
        role("cluster-admin", vec![rule(&["*"], &["*"], &["*"]), everything]),
        role("admin", admin),
        role("edit", edit),
        role("view", seen(&READ)),
    ]
}
