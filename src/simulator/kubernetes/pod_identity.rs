//! Pod-managed identity: the definitions and objects that Azure keeps in a cluster while the profile is on, and whose
//! identity a pod has by its labels. Facts: AKS's documentation of pod-managed identity and that of AAD Pod Identity.

use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{flag, text};
use crate::simulator::kubernetes::api::{drop, keep, make};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::catalog::{EXTENSIONS, Kind, custom};
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::selector;
use crate::simulator::kubernetes::store::{Spot, Store};
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// The group of the objects.
const GROUP: &str = "aadpodidentity.k8s.io";
/// The label by which a pod says which binding it wants.
const BINDING: &str = "aadpodidbinding";
/// Marks what Azure keeps, so that what others made stays.
const MANAGED: &str = "kubernetes.azure.com/managedby";

/// Whose identity a pod has when it asks the machine for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nobody answers for pods in this cluster: the machine's own identities.
    Machine,
    /// An exception lets the pod through to the machine.
    Excepted,
    /// The identities of the bindings that it fits: `(resource id, client id)` each; without a resource id a service
    /// principal.
    Identities(Vec<(String, String)>),
    /// No binding fits.
    Nothing,
}

/// Whether a cluster has the managed add-on.
fn is_on(cluster: &Resource) -> bool {
    flag(&cluster.body, "/properties/podIdentityProfile/enabled") == Some(true)
}

/// Brings the definitions and objects into line with the cluster's profile.
pub(super) fn ensure(azure: &mut Azure, cluster: &Resource) {
    let key = cluster.key();
    let definitions = kind(EXTENSIONS, "customresourcedefinitions");
    let sentinel = definitions.spot("", &format!("azureidentities.{GROUP}"));
    let is_there = azure.world().objects(&key).get(&sentinel).is_some_and(|one| is_managed(one));
    if !is_on(cluster) && !is_there {
        return;
    }
    if is_on(cluster) {
        for definition in all_definitions() {
            make(azure, &key, &definitions, definition);
        }
    }
    let wanted = if is_on(cluster) { objects(azure, cluster) } else { Vec::new() };
    for spot in present(azure.world().objects(&key)) {
        if !wanted.iter().any(|(kind, one)| {
            kind.spot(text(one, "/metadata/namespace").unwrap_or_default(), object::name(one)) == spot
        }) {
            drop(azure, &key, spot);
        }
    }
    for (kind, one) in wanted {
        put(azure, &key, &kind, one);
    }
    if !is_on(cluster) {
        let managed = azure.world().objects(&key).of_kind(EXTENSIONS, "customresourcedefinitions", "");
        let managed: Vec<Spot> = managed.filter(|(_, one)| is_managed(one)).map(|(spot, _)| spot.clone()).collect();
        for spot in managed {
            drop(azure, &key, spot);
        }
    }
}

fn is_managed(one: &Value) -> bool {
    object::label(one, MANAGED) == Some("aks")
}

/// The objects that Azure keeps.
fn present(store: &Store) -> Vec<Spot> {
    let of = |plural| store.of_kind(GROUP, plural, "");
    let all = of("azureidentities").chain(of("azureidentitybindings")).chain(of("azurepodidentityexceptions"));
    all.filter(|(_, one)| is_managed(one)).map(|(spot, _)| spot.clone()).collect()
}

fn put(azure: &mut Azure, key: &Key, kind: &Kind, one: Value) {
    let spot = kind.spot(text(&one, "/metadata/namespace").unwrap_or_default(), object::name(&one));
    let Some(found) = azure.world().objects(key).get(&spot).map(|kept| (**kept).clone()) else {
        make(azure, key, kind, one);
        return;
    };
    if found.get("spec") != one.get("spec") {
        let mut changed = found;
        crate::simulator::body::set(&mut changed, "/spec", one.get("spec").cloned().unwrap_or_default());
        keep(azure, key, spot, changed);
    }
}

/// The objects that the profile calls for, in the namespaces that there are.
fn objects(azure: &Azure, cluster: &Resource) -> Vec<(Kind, Value)> {
    let store = azure.world().objects(&cluster.key());
    let namespaces = kind("", "namespaces");
    let list = |member: &str| {
        let all = cluster.body.pointer(&format!("/properties/podIdentityProfile/{member}")).and_then(Value::as_array);
        all.cloned().unwrap_or_default()
    };
    let made = |plural: &str, name: &str, entry: &Value, spec: Value| {
        let namespace = text(entry, "/namespace").unwrap_or_default();
        store.get(&namespaces.spot("", namespace)).filter(|one| !object::is_going(one))?;
        let metadata = json!({"name": name, "namespace": namespace, "labels": {MANAGED: "aks"}});
        Some((own(plural)?, json!({"metadata": metadata, "spec": spec})))
    };
    let mut wanted = Vec::new();
    for entry in list("userAssignedIdentities") {
        let name = text(&entry, "/name").unwrap_or_default();
        let identity = json!({
            "type": 0, "resourceID": entry.pointer("/identity/resourceId"), "clientID": entry.pointer("/identity/clientId"),
        });
        let binding = json!({"azureIdentity": name, "selector": entry.get("bindingSelector")});
        wanted.extend(made("azureidentities", name, &entry, identity));
        wanted.extend(made("azureidentitybindings", &format!("{name}-binding"), &entry, binding));
    }
    for entry in list("userAssignedIdentityExceptions") {
        let name = text(&entry, "/name").unwrap_or_default();
        wanted.extend(made("azurepodidentityexceptions", name, &entry, json!({"podLabels": entry.get("podLabels")})));
    }
    wanted
}

fn own(plural: &str) -> Option<Kind> {
    let definition = all_definitions().into_iter().find(|one| text(one, "/spec/names/plural") == Some(plural))?;
    custom(&definition).into_iter().next()
}

fn all_definitions() -> Vec<Value> {
    let text_of = json!({"type": "string"});
    let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let rows = [
        (
            "AzureIdentity",
            "azureidentities",
            json!({
                "type": {"type": "integer"}, "resourceID": text_of, "clientID": text_of, "tenantID": text_of,
                "adEndpoint": text_of, "adResourceID": text_of, "auxiliaryTenantIDs": {"type": "array", "items": text_of},
                "clientPassword": free, "replicas": {"type": "integer"}, "metadata": free,
            }),
        ),
        (
            "AzureIdentityBinding",
            "azureidentitybindings",
            json!({
                "azureIdentity": text_of, "selector": text_of, "weight": {"type": "integer"}, "metadata": free,
            }),
        ),
        (
            "AzurePodIdentityException",
            "azurepodidentityexceptions",
            json!({
                "podLabels": {"type": "object", "additionalProperties": text_of}, "metadata": free,
            }),
        ),
        (
            "AzureAssignedIdentity",
            "azureassignedidentities",
            json!({
                "azureIdentityRef": free, "azureBindingRef": free, "pod": text_of, "podNamespace": text_of,
                "nodename": text_of, "availability": text_of, "metadata": free,
            }),
        ),
    ];
    let definition = |(word, plural, spec): (&str, &str, Value)| {
        let schema = json!({"type": "object", "properties": {
            "apiVersion": text_of, "kind": text_of, "metadata": {"type": "object"},
            "spec": {"type": "object", "properties": spec}, "status": free,
        }});
        json!({
            "metadata": {"name": format!("{plural}.{GROUP}"), "labels": {MANAGED: "aks"}},
            "spec": {
                "group": GROUP, "scope": "Namespaced",
                "names": {"kind": word, "listKind": format!("{word}List"), "plural": plural, "singular": word.to_lowercase()},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
            },
        })
    };
    rows.into_iter().map(definition).collect()
}

/// Whose identity a pod has, by its labels.
pub(super) fn holds(azure: &Azure, cluster: &Resource, pod: &Value) -> Holds {
    let store = azure.world().objects(&cluster.key());
    if !is_on(cluster) && !has_own_installation(store) {
        return Holds::Machine;
    }
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let labels = pod.pointer("/metadata/labels").cloned().unwrap_or_default();
    let excepted = store.of_kind(GROUP, "azurepodidentityexceptions", namespace).any(|(_, one)| {
        let wanted = one.pointer("/spec/podLabels").cloned().unwrap_or_default();
        wanted.as_object().is_some_and(|all| !all.is_empty())
            && selector::matches(&json!({ "matchLabels": wanted }), &labels)
    });
    if excepted {
        return Holds::Excepted;
    }
    let Some(wanted) = object::label(pod, BINDING) else { return Holds::Nothing };
    // The add-on goes by namespaces; an installation of one's own does where it is told to.
    let goes_by_namespace = is_on(cluster) || is_told_namespaces(store);
    let all = store.of_kind(GROUP, "azureidentitybindings", "");
    let fitting = all.filter(|(_, one)| text(one, "/spec/selector") == Some(wanted));
    let identities = fitting.filter_map(|(at, binding)| {
        let name = text(binding, "/spec/azureIdentity")?;
        let mut beside = store.of_kind(GROUP, "azureidentities", &at.namespace);
        let (_, identity) = beside.find(|(spot, _)| spot.name == name)?;
        let behaviour = object::annotation(identity, "aadpodidentity.k8s.io/Behavior").unwrap_or_default();
        let is_far = at.namespace != namespace;
        if is_far && (goes_by_namespace || behaviour.eq_ignore_ascii_case("namespaced")) {
            return None;
        }
        let word = |member: &str| text(identity, &format!("/spec/{member}")).unwrap_or_default().to_owned();
        match identity.pointer("/spec/type").and_then(Value::as_u64).unwrap_or_default() {
            0 => Some((word("resourceID"), word("clientID"))),
            // A service principal, whose password NMI takes from a Secret.
            1 => Some((String::new(), word("clientID"))),
            _ => None,
        }
    });
    let identities: Vec<(String, String)> = identities.collect();
    if identities.is_empty() { Holds::Nothing } else { Holds::Identities(identities) }
}

/// Whether the daemon set of an installation is told to go by namespaces.
fn is_told_namespaces(store: &Store) -> bool {
    let sets = store.of_kind("apps", "daemonsets", "").filter(|(spot, _)| spot.name.ends_with("nmi"));
    sets.into_iter().any(|(_, one)| one.to_string().contains("--forceNamespaced"))
}

/// Whether somebody has installed AAD Pod Identity: its daemon set runs.
fn has_own_installation(store: &Store) -> bool {
    store.of_kind("apps", "daemonsets", "").any(|(spot, one)| {
        spot.name == "nmi"
            || spot.name.ends_with("-nmi")
            || object::label(one, "app.kubernetes.io/component") == Some("nmi")
    })
}
