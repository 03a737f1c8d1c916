//! Whether a user may do what it asks for: by the roles that are bound to it in the cluster, and by Azure's roles where
//! the cluster goes by them.

use serde_json::Value;

use crate::simulator::arm::Azure;
use crate::simulator::body::{flag, text};
use crate::simulator::kubernetes::authenticate::{MASTERS, User};
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::{Spot, Store};
use crate::simulator::services::may_with_data;
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

const RBAC: &str = "rbac.authorization.k8s.io";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// `get`, `deletecollection`
    pub verb: &'a str,
    pub group: &'a str,
    pub plural: &'a str,
    pub subresource: &'a str,
    /// Empty at the cluster scope.
    pub namespace: &'a str,
    pub name: &'a str,
}

/// Refuses what the user has no right to.
pub(super) fn check(
    azure: &Azure,
    cluster: &Resource,
    user: &User,
    kind: &Kind,
    attempt: Attempt<'_>,
) -> Result<(), Failure> {
    if may(azure, cluster, user, attempt) {
        return Ok(());
    }
    let what = if attempt.subresource.is_empty() {
        attempt.plural.to_owned()
    } else {
        format!("{}/{}", attempt.plural, attempt.subresource)
    };
    let place = if attempt.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", attempt.namespace)
    };
    let why = format!(
        "User \"{}\" cannot {} resource \"{what}\" in API group \"{}\" {place}",
        user.name, attempt.verb, attempt.group
    );
    Err(Failure::forbidden(kind.subject(attempt.name), &why))
}

/// Whether the user has the right.
pub(super) fn may(azure: &Azure, cluster: &Resource, user: &User, attempt: Attempt<'_>) -> bool {
    user.is_of(MASTERS)
        || by_bindings(azure.world().objects(&cluster.key()), user, attempt)
        || by_azure(azure, cluster, user, attempt)
}

fn by_bindings(store: &Store, user: &User, attempt: Attempt<'_>) -> bool {
    let everywhere = store.of_kind(RBAC, "clusterrolebindings", "");
    let here = store.of_kind(RBAC, "rolebindings", attempt.namespace).filter(|_| !attempt.namespace.is_empty());
    everywhere.chain(here).any(|(spot, binding)| {
        let subjects = binding.get("subjects").and_then(Value::as_array).into_iter().flatten();
        subjects.into_iter().any(|subject| is_subject(subject, user))
            && role(store, spot, binding).is_some_and(|role| allows(role, attempt))
    })
}

fn is_subject(subject: &Value, user: &User) -> bool {
    let name = text(subject, "/name").unwrap_or_default();
    match text(subject, "/kind") {
        Some("User") => user.name == name,
        Some("Group") => user.is_of(name),
        Some("ServiceAccount") => {
            let namespace = text(subject, "/namespace").unwrap_or_default();
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn role<'a>(store: &'a Store, binding: &Spot, body: &Value) -> Option<&'a Value> {
    let is_of_cluster = text(body, "/roleRef/kind") == Some("ClusterRole");
    let (plural, namespace) = if is_of_cluster { ("clusterroles", "") } else { ("roles", binding.namespace.as_str()) };
    let [group, plural, namespace] = [RBAC, plural, namespace].map(str::to_owned);
    let name = text(body, "/roleRef/name")?.to_owned();
    store.get(&Spot { group, plural, namespace, name }).map(|role| &**role)
}

fn allows(role: &Value, attempt: Attempt<'_>) -> bool {
    let rules = role.get("rules").and_then(Value::as_array).into_iter().flatten();
    rules.into_iter().any(|rule| {
        let has = |member: &str, wanted: &[&str]| {
            let words = rule.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            words.into_iter().any(|word| word == "*" || wanted.contains(&word))
        };
        let of_sub = format!("{}/{}", attempt.plural, attempt.subresource);
        let any_sub = format!("*/{}", attempt.subresource);
        let resources =
            if attempt.subresource.is_empty() { vec![attempt.plural] } else { vec![of_sub.as_str(), any_sub.as_str()] };
        let names = rule.get("resourceNames").and_then(Value::as_array).filter(|names| !names.is_empty());
        has("verbs", &[attempt.verb])
            && has("apiGroups", &[attempt.group])
            && has("resources", &resources)
            && names.is_none_or(|names| names.iter().any(|name| name == attempt.name && !attempt.name.is_empty()))
    })
}

/// Azure's data actions: `Microsoft.ContainerService/managedClusters/apps/deployments/read`, at the cluster or at one of
/// its namespaces.
fn by_azure(azure: &Azure, cluster: &Resource, user: &User, attempt: Attempt<'_>) -> bool {
    let Some(object) = &user.object else { return false };
    if flag(&cluster.body, "/properties/aadProfile/enableAzureRBAC") != Some(true) {
        return false;
    }
    let verb = match attempt.verb {
        "get" | "list" | "watch" => "read",
        "delete" | "deletecollection" => "delete",
        _ => "write",
    };
    let group = if attempt.group.is_empty() { String::new() } else { format!("{}/", attempt.group) };
    let action = format!("Microsoft.ContainerService/managedClusters/{group}{}/{verb}", attempt.plural);
    let scope = if attempt.namespace.is_empty() {
        cluster.id.clone()
    } else {
        format!("{}/namespaces/{}", cluster.id, attempt.namespace)
    };
    may_with_data(azure.scene(), object, &action, &Key::of(&scope))
}
