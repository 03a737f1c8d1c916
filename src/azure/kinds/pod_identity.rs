//! `bowline_pod_identity` and `bowline_pod_identity_exception`: AKS pod-managed identity, which azurerm lacks. Both are
//! entries of the cluster's `podIdentityProfile` and nothing of their own: each is written with the whole cluster.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::Conflict;
use super::super::wire::{PlanCase, Rule, Same, Table, at as value_at, json as at, parts_of, text, text_map};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::kubernetes_cluster::CONTAINER_SERVICE;
use super::management_lock::is_beneath;
use super::operator_grant;
use super::part_kind::{Part, PartKind};
use crate::diagnostic::Diagnostic;
use crate::provider::Planned;
use crate::value::Value;

/// An identity that pods of a namespace may use by a label.
pub fn identity() -> PartKind {
    PartKind::new(ArmKind::new(identity_table(), Binding), Entry(&IDENTITIES))
}

/// Pods that may go on to talk to the instance metadata service directly.
pub fn exception() -> PartKind {
    PartKind::new(ArmKind::new(exception_table(), Binding), Entry(&EXCEPTIONS))
}

const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";
const IDENTITY_ID: &str = "{kubernetes_cluster_id}/podIdentities/{namespace}/{name}";
const EXCEPTION_ID: &str = "{kubernetes_cluster_id}/podIdentityExceptions/{namespace}/{name}";

/// RFC 1123, as Kubernetes asks of the objects that Azure makes from an entry.
const SUBDOMAIN: Rule = Rule::Pattern(
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    "(must be an RFC 1123 name: lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit)",
);
const LABEL: Rule = Rule::Pattern(
    r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
    "(must be a Kubernetes namespace: up to 63 lower-case letters, digits or `-`)",
);
const LABEL_VALUE: Rule = Rule::Pattern(
    r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
    "(must be a label's value: up to 63 letters, digits, `-`, `_` or `.`)",
);

fn identity_table() -> Table {
    Table::of("bowline_pod_identity", CLUSTERS, CONTAINER_SERVICE, IDENTITY_ID)
        .about("A user-assigned identity that pods with a label may use (AKS pod-managed identity).")
        .rows([
            text("kubernetes_cluster_id").required().replaces().same(Same::ArmId).about("The cluster."),
            text("namespace").required().replaces().rule(LABEL).at("namespace").about("The namespace of the pods."),
            text("name").required().replaces().rule(SUBDOMAIN).at("name").about("The name of the AzureIdentity."),
            text("user_assigned_identity_id")
                .required()
                .same(Same::ArmId)
                .at("identity.resourceId")
                .about("The identity. The cluster's control plane needs the role Managed Identity Operator on it."),
            text("binding_selector")
                .or_computed()
                .rule(LABEL_VALUE)
                .at("bindingSelector")
                .about("What the pods' label `aadpodidbinding` must say; the name, when nothing is given."),
            text("client_id")
                .or_computed()
                .same(Same::Caseless)
                .follows(&["user_assigned_identity_id"])
                .at("identity.clientId")
                .about("The identity's client id; looked up when nothing is given."),
            text("object_id")
                .or_computed()
                .same(Same::Caseless)
                .follows(&["user_assigned_identity_id"])
                .at("identity.objectId")
                .about("The identity's principal id; looked up when nothing is given."),
            text("provisioning_state")
                .computed()
                .at("provisioningState")
                .about("What has become of it: `Assigned` when pods may use it."),
        ])
}

fn exception_table() -> Table {
    Table::of("bowline_pod_identity_exception", CLUSTERS, CONTAINER_SERVICE, EXCEPTION_ID)
        .about("Pods whose calls to the instance metadata service are not intercepted (AKS pod-managed identity).")
        .rows([
            text("kubernetes_cluster_id").required().replaces().same(Same::ArmId).about("The cluster."),
            text("namespace").required().replaces().rule(LABEL).at("namespace").about("The namespace of the pods."),
            text("name").required().replaces().rule(SUBDOMAIN).at("name").about("The name of the exception."),
            text_map("pod_labels").required().at("podLabels").about("The labels that the pods have."),
        ])
}

struct Binding;

impl Hooks for Binding {
    /// Whoever binds anew is told that there is no future in it; what is bound already is left in peace.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let unselected = case.planned_at("binding_selector").is_some_and(|selector| !selector.is_known());
        if unselected && !case.is_configured("binding_selector") {
            let name = case.planned_at("name").cloned();
            if let Some(name) = name {
                case.set("binding_selector", name);
            }
        }
        if case.prior.is_none() {
            case.warn("kubernetes_cluster_id", RETIRED, RETIREMENT);
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        for told in ["provisioningState", "provisioningInfo"] {
            at::remove(body, told);
        }
    }
}

/// The summary of the warning that AKS pod-managed identity has no future.
pub(super) const RETIRED: &str = "AKS pod-managed identity is retired";

/// What there is to know before somebody begins with it. Source: Microsoft's page on pod-managed identities.
pub(super) const RETIREMENT: &str = "Microsoft deprecated pod-managed identity in October 2022, and its AKS add-on is \
    without patches since September 2025. A cluster takes it only in a subscription in which the feature is \
    registered:\n\n  az feature register --namespace Microsoft.ContainerService --name EnablePodIdentityPreview\n\n\
    Workload identity (oidc_issuer_enabled, workload_identity_enabled and azurerm_federated_identity_credential) takes \
    its place: modules/workload-identity.";

/// One of the two lists of a cluster's profile.
struct Entries {
    id: &'static str,
    list: &'static str,
    what: &'static str,
}

static IDENTITIES: Entries =
    Entries { id: IDENTITY_ID, list: "properties.podIdentityProfile.userAssignedIdentities", what: "pod identities" };
static EXCEPTIONS: Entries = Entries {
    id: EXCEPTION_ID,
    list: "properties.podIdentityProfile.userAssignedIdentityExceptions",
    what: "pod identity exceptions",
};

/// How many entries of a list AKS takes.
const MOST: usize = 200;

struct Entry(&'static Entries);

impl Entry {
    fn part<'i>(&self, id: &'i str, name: &str) -> Option<&'i str> {
        parts_of(self.0.id, id)?.into_iter().find_map(|(part, value)| (part == name).then_some(value))
    }

    /// Whether an entry is the one with this id. Kubernetes' names have no capitals.
    fn is(&self, entry: &Json, id: &str) -> bool {
        let same = |name: &str| {
            let here = at::get_str(entry, name).unwrap_or_default();
            self.part(id, name).is_some_and(|there| there.eq_ignore_ascii_case(here))
        };
        same("namespace") && same("name")
    }

    fn entries<'w>(&self, whole: &'w Json) -> &'w [Json] {
        at::get(whole, self.0.list).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

#[async_trait]
impl Part for Entry {
    fn whole(&self, id: &str) -> Option<String> {
        self.part(id, "kubernetes_cluster_id").map(str::to_owned)
    }

    fn find(&self, whole: &Json, id: &str) -> Option<Json> {
        self.entries(whole).iter().find(|entry| self.is(entry, id)).cloned()
    }

    fn put(&self, whole: &mut Json, id: &str, part: Json) {
        let mut entries = self.entries(whole).to_vec();
        match entries.iter_mut().find(|entry| self.is(entry, id)) {
            Some(entry) => *entry = part,
            None => entries.push(part),
        }
        at::set(whole, self.0.list, Json::Array(entries));
    }

    fn take(&self, whole: &mut Json, id: &str) {
        let mut entries = self.entries(whole).to_vec();
        let before = entries.len();
        entries.retain(|entry| !self.is(entry, id));
        if entries.len() < before {
            at::set(whole, self.0.list, Json::Array(entries));
        }
    }

    fn lane(&self, whole: &str) -> String {
        format!("cluster:{whole}")
    }

    async fn prepare(&self, call: &Call<'_>, whole: &Json, part: &mut Json, planned: &Value) -> Result<(), Fault> {
        if at::get(whole, "properties.podIdentityProfile.enabled") != Some(&Json::Bool(true)) {
            return Err(not_enabled(call.id).into());
        }
        if self.entries(whole).len() >= MOST && !self.has_like(whole, part) {
            return Err(full(call.id, self.0.what).into());
        }
        let Some(identity) = at::get_str(part, "identity.resourceId").map(str::to_owned) else { return Ok(()) };
        complete_identity(call, &identity, part, planned).await?;
        operator_grant::check(call, whole, &identity).await
    }

    /// Azure gives the ids of the identities with what follows from them, and does not take that back.
    fn sendable(&self, whole: &mut Json) {
        for member in ["identity.principalId", "identity.tenantId"] {
            at::remove(whole, member);
        }
        if let Some(Json::Object(identities)) = at::remove(whole, "identity.userAssignedIdentities") {
            let blank = identities.into_iter().map(|(id, _)| (id, json!({}))).collect();
            at::set(whole, "identity.userAssignedIdentities", Json::Object(blank));
        }
    }

    /// The write of a cluster succeeds though an identity of it does not: only its entry says so.
    fn failure(&self, part: &Json, id: &str) -> Option<Diagnostic> {
        if !at::get_str(part, "provisioningState")?.eq_ignore_ascii_case("Failed") {
            return None;
        }
        let told = |member: &str| at::get_str(part, &format!("provisioningInfo.error.error.{member}"));
        let name = format!("{}/{}", self.part(id, "namespace")?, self.part(id, "name")?);
        let because = match (told("code"), told("message")) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            _ => "it does not say why.".to_owned(),
        };
        Some(Diagnostic::error(
            format!("Pod identity {name} could not be assigned"),
            format!("AKS wrote the cluster, but not this identity of it: {because}"),
        ))
    }

    /// A role that was granted a moment ago does not work everywhere at once.
    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy, Conflict::NotYetAllowed]
    }

    /// The operator's grant goes before, which no reference says.
    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (binding, instance) in planned.iter().enumerate().filter(|(_, p)| p.kind == "bowline_pod_identity") {
            let identity = value_at(instance.value, "user_assigned_identity_id").and_then(Value::as_str);
            let Some(identity) = identity.filter(|_| self.0.id == IDENTITY_ID) else { continue };
            let grants = planned.iter().enumerate().filter(|(_, p)| {
                let scope = p.value.field("scope").and_then(Value::as_str);
                p.kind == "azurerm_role_assignment" && scope.is_some_and(|scope| is_beneath(identity, scope))
            });
            pairs.extend(grants.map(|(grant, _)| (grant, binding)));
        }
        pairs
    }
}

impl Entry {
    fn has_like(&self, whole: &Json, part: &Json) -> bool {
        let names = |entry: &Json| ["namespace", "name"].map(|name| at::get_str(entry, name).map(str::to_owned));
        self.entries(whole).iter().any(|entry| names(entry) == names(part))
    }
}

/// The client and principal ids of an entry's identity, where the configuration does not give them.
async fn complete_identity(call: &Call<'_>, identity: &str, part: &mut Json, planned: &Value) -> Result<(), Fault> {
    let given = |name: &str| planned.field(name).and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    if given("client_id") && given("object_id") {
        return Ok(());
    }
    let found = call.azure.client.find(identity, "2024-11-30", &call.patience).await?;
    let found = found.ok_or_else(|| {
        Diagnostic::error(
            "Resource not found",
            format!("The identity {identity} does not exist, so no pod can use it."),
        )
    })?;
    for (name, wire, source) in [
        ("client_id", "identity.clientId", "properties.clientId"),
        ("object_id", "identity.objectId", "properties.principalId"),
    ] {
        if let Some(id) = at::get(&found.body, source).filter(|_| !given(name)) {
            at::set(part, wire, id.clone());
        }
    }
    Ok(())
}

fn not_enabled(cluster: &str) -> Diagnostic {
    Diagnostic::error(
        "Pod identity is not enabled",
        format!(
            "The cluster {cluster} has no pod-managed identity. Enable it in the cluster's block:\n\n  \
             pod_identity_profile {{\n    enabled = true\n  }}"
        ),
    )
}

fn full(cluster: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Too many {what}"),
        format!("The cluster {cluster} has {MOST} {what} already, which is as many as AKS allows."),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CLUSTER: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";

    fn id(namespace: &str, name: &str) -> String {
        format!("{CLUSTER}/podIdentities/{namespace}/{name}")
    }

    fn cluster() -> Json {
        json!({ "id": CLUSTER, "identity": { "principalId": "p", "userAssignedIdentities": { "/i": { "clientId": "c" } } },
                "properties": { "podIdentityProfile": { "enabled": true, "userAssignedIdentities": [
                    { "name": "api", "namespace": "shop", "bindingSelector": "by-hand" } ] } } })
    }

    #[test]
    fn an_entry_is_found_changed_and_taken_by_namespace_and_name() {
        let (entry, mut whole) = (Entry(&IDENTITIES), cluster());
        assert_eq!(entry.whole(&id("shop", "api")).as_deref(), Some(CLUSTER));
        assert!(entry.find(&whole, &id("shop", "api")).is_some());
        assert!(entry.find(&whole, &id("front", "api")).is_none());
        entry.put(&mut whole, &id("front", "api"), json!({ "name": "api", "namespace": "front" }));
        assert_eq!(entry.entries(&whole).len(), 2);
        entry.take(&mut whole, &id("shop", "api"));
        assert_eq!(entry.entries(&whole), [json!({ "name": "api", "namespace": "front" })]);
        let before = whole.clone();
        entry.take(&mut whole, &id("shop", "nothing"));
        assert_eq!(whole, before);
    }

    #[test]
    fn what_azure_does_not_take_back_is_not_sent() {
        let mut whole = cluster();
        Entry(&IDENTITIES).sendable(&mut whole);
        assert_eq!(whole["identity"], json!({ "userAssignedIdentities": { "/i": {} } }));
    }

    #[test]
    fn a_failed_identity_is_told_by_name_with_azures_reason() {
        let failed = json!({ "provisioningState": "Failed", "provisioningInfo": { "error": { "error": {
            "code": "IdentityNotFound", "message": "The identity has gone." } } } });
        let told = Entry(&IDENTITIES).failure(&failed, &id("shop", "api")).unwrap();
        assert_eq!(told.summary, "Pod identity shop/api could not be assigned");
        assert!(told.detail.ends_with("IdentityNotFound: The identity has gone."), "{}", told.detail);
        let assigned = json!({ "provisioningState": "Assigned" });
        assert!(Entry(&IDENTITIES).failure(&assigned, &id("shop", "api")).is_none());
    }

    #[test]
    fn grants_at_the_identity_or_above_it_go_before_its_binding() {
        let identity =
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
        let at = |scope: &str| Value::object_of([("scope", Value::string(scope))]);
        let binding = Value::object_of([("user_assigned_identity_id", Value::string(identity))]);
        let (here, above, beside) =
            (at(identity), at("/subscriptions/S/resourceGroups/RG"), at(&format!("{identity}-2")));
        let grant = |value| Planned { kind: "azurerm_role_assignment", value };
        let planned =
            [Planned { kind: "bowline_pod_identity", value: &binding }, grant(&here), grant(&above), grant(&beside)];
        assert_eq!(Entry(&IDENTITIES).implied_order(&planned), [(1, 0), (2, 0)]);
    }
}
