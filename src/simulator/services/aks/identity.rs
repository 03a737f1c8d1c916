//! The identities of a cluster: its own, its nodes', its add-ons', its pods'.

use serde_json::{Map, Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::service::{Draft, Scene, TENANT};
use crate::simulator::services::aks::invalid;
use crate::simulator::services::authority::may;
use crate::simulator::target::{Key, same};
use crate::simulator::world::{Change, Principal, Resource};

/// The kind of user-assigned identities.
const IDENTITY: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// The principal of the control plane, and what of it lives with the cluster.
#[derive(Debug, Default)]
pub(super) struct ControlPlane {
    /// Its object id; nothing with a service principal.
    pub principal: Option<String>,
    /// Of a system-assigned identity.
    pub own: Vec<Principal>,
}

/// Checks `identity` and writes into it what the service knows.
pub(super) fn control_plane(draft: &Draft<'_>, body: &mut Value) -> Result<ControlPlane, Refusal> {
    let kind = body::text(body, "/identity/type").unwrap_or("None").to_owned();
    if same(&kind, "SystemAssigned") {
        let prior = draft.prior.and_then(|prior| prior.principals.first().cloned());
        let principal = prior.unwrap_or_else(|| draft.scene.new_principal(&draft.place.key(), "cluster"));
        let shown = json!({"type": "SystemAssigned", "principalId": principal.id, "tenantId": TENANT});
        body::set(body, "/identity", shown);
        return Ok(ControlPlane { principal: Some(principal.id.clone()), own: vec![principal] });
    }
    if same(&kind, "UserAssigned") {
        let sent =
            body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object).cloned().unwrap_or_default();
        let (shown, principal) = user_assigned(draft.scene, &sent)?;
        body::set(body, "/identity", json!({"type": "UserAssigned", "userAssignedIdentities": shown}));
        return Ok(ControlPlane { principal: Some(principal), own: Vec::new() });
    }
    let client = body::text(body, "/properties/servicePrincipalProfile/clientId").unwrap_or_default();
    if client.is_empty() || same(client, "msi") {
        return Err(invalid("identity", "The cluster needs an identity or a service principal."));
    }
    Ok(ControlPlane::default())
}

/// The identities by id, with their ids in the directory; and the principal of the one there must be.
fn user_assigned(scene: Scene<'_>, sent: &Map<String, Value>) -> Result<(Value, String), Refusal> {
    if sent.len() != 1 {
        return Err(invalid("identity.userAssignedIdentities", "Exactly one user-assigned identity must be given."));
    }
    let mut shown = Map::new();
    let mut principal = String::new();
    for (id, member) in sent {
        if ["clientId", "principalId"].iter().any(|name| member.get(name).is_some_and(|value| !value.is_null())) {
            let message = format!("The members of identity '{id}' are read-only: send an empty object for it.");
            return Err(Refusal::bad("InvalidIdentityValues", message));
        }
        let identity = existing(scene, id)?;
        principal = text(identity, "principalId");
        shown.insert(id.clone(), json!({"clientId": text(identity, "clientId"), "principalId": principal}));
    }
    Ok((Value::Object(shown), principal))
}

/// A user-assigned identity that somebody refers to.
fn existing<'a>(scene: Scene<'a>, id: &str) -> Result<&'a Resource, Refusal> {
    scene.world.get(&Key::of(id)).filter(|found| same(&found.kind, IDENTITY)).ok_or_else(|| {
        let message = format!(
            "Identity operation failed with error 'Failed to perform resource identity operation. Status: \
             'BadRequest'. Resource '{id}' was not found.'"
        );
        Refusal::bad("FailedIdentityOperation", message)
    })
}

fn text(identity: &Resource, name: &str) -> String {
    body::text(&identity.body, &format!("/properties/{name}")).unwrap_or_default().to_owned()
}

fn profile(identity: &Resource) -> Value {
    json!({
        "resourceId": identity.id,
        "clientId": text(identity, "clientId"),
        "objectId": text(identity, "principalId"),
    })
}

/// The nodes' identity: the one that was chosen, which the control plane must be allowed to assign, or one that is
/// made in the node resource group.
pub(super) fn kubelet(
    draft: &Draft<'_>,
    body: &mut Value,
    plane: &ControlPlane,
    group: &str,
) -> Result<Vec<Change>, Refusal> {
    let pointer = "/properties/identityProfile/kubeletidentity";
    let before =
        draft.prior_body().and_then(|prior| body::text(prior, &format!("{pointer}/resourceId"))).map(str::to_owned);
    let chosen = body::text(body, &format!("{pointer}/resourceId")).filter(|id| !id.is_empty()).map(str::to_owned);
    if plane.principal.is_none() {
        return Ok(Vec::new());
    }
    match (chosen, before) {
        (Some(chosen), before) if before.as_ref().is_none_or(|before| Key::of(before) != Key::of(&chosen)) => {
            let identity = existing(draft.scene, &chosen)?;
            check_kubelet(draft, body, plane, identity)?;
            body::set(body, pointer, profile(identity));
            Ok(Vec::new())
        }
        (_, Some(_)) => {
            let kept = draft.prior_body().and_then(|prior| prior.pointer(pointer)).cloned().unwrap_or_default();
            body::set(body, pointer, kept);
            Ok(Vec::new())
        }
        _ => {
            let identity = made(draft, group, &format!("{}-agentpool", draft.place.name));
            body::set(body, pointer, profile(&identity));
            Ok(vec![Change::Put(Box::new(identity))])
        }
    }
}

fn check_kubelet(draft: &Draft<'_>, body: &Value, plane: &ControlPlane, identity: &Resource) -> Result<(), Refusal> {
    if !plane.own.is_empty() {
        let code = "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster";
        return Err(
            Refusal::bad(code, "A custom kubelet identity needs a user-assigned control plane identity.").flat()
        );
    }
    for (sent, known) in [("clientId", "clientId"), ("objectId", "principalId")] {
        let pointer = format!("/properties/identityProfile/kubeletidentity/{sent}");
        if body::text(body, &pointer).is_some_and(|text| !text.is_empty() && !same(text, &self::text(identity, known)))
        {
            return Err(invalid(&format!("identityProfile.kubeletidentity.{sent}"), "It is not that of the identity."));
        }
    }
    let principal = plane.principal.as_deref().unwrap_or_default();
    if may_assign(draft.scene, principal, &identity.key()) {
        return Ok(());
    }
    let message = format!(
        "The cluster user assigned identity must be given permission to assign kubelet identity {}. Check access \
         result not allowed for action Microsoft.ManagedIdentity/userAssignedIdentities/assign/action.",
        identity.id
    );
    let refusal = Refusal::bad("CustomKubeletIdentityMissingPermissionError", message).flat();
    Err(refusal.again_after(std::time::Duration::from_secs(10)))
}

/// Whether a principal may assign an identity. The built-in role has a star where other roles have nothing.
fn may_assign(scene: Scene<'_>, principal: &str, identity: &Key) -> bool {
    [
        "Microsoft.ManagedIdentity/userAssignedIdentities/any/assign/action",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    ]
    .iter()
    .any(|action| may(scene, principal, action, identity))
}

/// An identity that the service makes in the node resource group.
fn made(draft: &Draft<'_>, group: &str, name: &str) -> Resource {
    let id = format!("{group}/providers/{IDENTITY}/{name}");
    let principal = draft.scene.new_principal(&Key::of(&id), "identity");
    let body = json!({
        "location": draft.location(),
        "properties": {
            "principalId": principal.id,
            "clientId": principal.client,
            "tenantId": TENANT,
            "isolationScope": "None",
            "provisioningState": "Succeeded",
        }
    });
    Resource { principals: vec![principal], ..Resource::new(id, IDENTITY, body, draft.scene.now) }
}

/// Gives each add-on that is on its identity.
pub(super) fn add_ons(draft: &Draft<'_>, body: &mut Value, group: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let Some(add_ons) = body.pointer_mut("/properties/addonProfiles").and_then(Value::as_object_mut) else {
        return changes;
    };
    for (name, add_on) in add_ons {
        let without =
            ["httpApplicationRouting", "ACCSGXDevicePlugin", "openServiceMesh"].iter().any(|known| same(known, name));
        if add_on.get("enabled").and_then(Value::as_bool) != Some(true) || without {
            body::unset(add_on, "/identity");
            continue;
        }
        let identity = format!("{}-{}", name.to_lowercase(), draft.place.name);
        let key = Key::of(&format!("{group}/providers/{IDENTITY}/{identity}"));
        let present = draft.scene.world.get(&key).cloned();
        let identity = present.unwrap_or_else(|| {
            let identity = made(draft, group, &identity);
            changes.push(Change::Put(Box::new(identity.clone())));
            identity
        });
        body::set(add_on, "/identity", profile(&identity));
    }
    changes
}

/// Pod identities are checked all together whenever the cluster is written, and shown as assigned.
pub(super) fn pods(draft: &Draft<'_>, body: &mut Value, plane: &ControlPlane) -> Result<(), Refusal> {
    if body::flag(body, "/properties/podIdentityProfile/enabled") != Some(true) {
        return Ok(());
    }
    let is_kubenet =
        body::text(body, "/properties/networkProfile/networkPlugin").is_some_and(|plugin| same(plugin, "kubenet"));
    if is_kubenet && body::flag(body, "/properties/podIdentityProfile/allowNetworkPluginKubenet") != Some(true) {
        let message = "Pod identity with network plugin kubenet needs allowNetworkPluginKubenet.";
        return Err(invalid("podIdentityProfile.allowNetworkPluginKubenet", message));
    }
    let entries =
        body.pointer_mut("/properties/podIdentityProfile/userAssignedIdentities").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten() {
        let id = body::text(entry, "/identity/resourceId").unwrap_or_default().to_owned();
        let identity = existing(draft.scene, &id)?;
        let principal = plane.principal.as_deref().unwrap_or_default();
        if !may_assign(draft.scene, principal, &identity.key()) {
            let message = format!(
                "The client '{principal}' does not have permission to perform action \
                 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '{id}'."
            );
            return Err(
                Refusal::new(403, "LinkedAuthorizationFailed", message).again_after(std::time::Duration::from_secs(10))
            );
        }
        body::set(entry, "/identity", profile(identity));
        body::set(entry, "/provisioningState", Value::from("Assigned"));
        let name = body::text(entry, "/name").unwrap_or_default().to_owned();
        body::fill(entry, "/bindingSelector", name);
    }
    Ok(())
}
