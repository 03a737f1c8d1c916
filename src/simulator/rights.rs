//! Whether a caller may do what it asks for. Identities that were made here may do what their roles say; whoever comes
//! from elsewhere is taken for the owner, unless roles are to decide for everybody.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::request::Request;
use crate::simulator::service::{Scene, service_of};
use crate::simulator::services::{holds_any, may, may_send, may_with_data, permissions};
use crate::simulator::target::{GROUPS, Key, Target, action_of, same};
use crate::simulator::world::{Known, Resource};

/// How long a client waits before it tries again what it was not allowed: a role may be about to take effect.
const RETRY: Duration = Duration::from_secs(10);

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    /// The object id.
    pub object: &'a str,
    /// The application's id.
    pub client: &'a str,
    /// Whether the token named it.
    pub is_named: bool,
}

impl Caller<'_> {
    /// Whether its roles decide.
    fn is_judged(&self, scene: Scene<'_>) -> bool {
        let is_ours = matches!(scene.world.principal(self.object), Known::Principal(_));
        is_ours || (self.is_named && scene.faults.evaluate_roles)
    }
}

/// Refuses what the caller has no right to.
pub(super) fn check(scene: Scene<'_>, caller: Caller<'_>, request: &Request, target: &Target) -> Result<(), Refusal> {
    if !caller.is_judged(scene) {
        return Ok(());
    }
    let Some((action, scope)) = asked(request, target) else { return Ok(()) };
    let subscriptions = same(&action, "Microsoft.Resources/subscriptions/read");
    let allowed = may_send(scene, caller.object, &action, &Key::of(&scope), &request.body)
        || (subscriptions && holds_any(scene, caller.object, &Key::of(&scope)));
    if !allowed {
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope \
             '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            caller.client, caller.object
        );
        return Err(Refusal::new(403, "AuthorizationFailed", message).again_after(RETRY));
    }
    check_linked(scene, caller, request, &action, &scope)
}

/// What everybody may list of themselves.
pub(super) const PERMISSIONS: &str = "Microsoft.Authorization/permissions";

/// What the caller may do at a scope, as the permissions of its roles.
pub(super) fn permissions_of(scene: Scene<'_>, caller: Caller<'_>, scope: &str) -> Vec<Value> {
    if caller.is_judged(scene) {
        return permissions(scene, caller.object, &Key::of(scope));
    }
    vec![json!({ "actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": [] })]
}

/// Whoever gives an identity to a resource must be allowed to assign it, and whoever puts nodes into a subnet to join it.
fn check_linked(
    scene: Scene<'_>,
    caller: Caller<'_>,
    request: &Request,
    action: &str,
    scope: &str,
) -> Result<(), Refusal> {
    const ASSIGN: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    const JOIN: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";
    let given = request.body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    // The built-in role has a star where other roles have nothing.
    let assign = [ASSIGN, "Microsoft.ManagedIdentity/userAssignedIdentities/any/assign/action"];
    let identities = given.into_iter().flat_map(serde_json::Map::keys).map(|id| (id.as_str(), assign));
    let subnets = subnets_of(&request.body).into_iter().map(|id| (id, [JOIN, JOIN]));
    for (id, forms) in identities.chain(subnets) {
        let key = Key::of(id);
        if !forms.iter().any(|form| may(scene, caller.object, form, &key)) {
            let [wanted, _] = forms;
            let message = format!(
                "The client '{}' with object id '{}' has permission to perform action '{action}' on scope '{scope}'; \
                 however, it does not have permission to perform action(s) '{wanted}' on the linked scope(s) '{id}' \
                 (respectively) or the linked scope(s) are invalid.",
                caller.client, caller.object
            );
            return Err(Refusal::new(403, "LinkedAuthorizationFailed", message).again_after(RETRY));
        }
    }
    Ok(())
}

/// The subnets that nodes and pods of a cluster or a pool are put into.
fn subnets_of(body: &Value) -> Vec<&str> {
    let pools = body.pointer("/properties/agentPoolProfiles").and_then(Value::as_array);
    let pools = pools.into_iter().flatten().chain(body.get("properties"));
    pools.flat_map(|pool| ["/vnetSubnetID", "/podSubnetID"].map(|name| body::text(pool, name))).flatten().collect()
}

/// The action that a request is, and its scope; `None` where nobody is asked for a right.
fn asked(request: &Request, target: &Target) -> Option<(String, String)> {
    let verb = match request.method.as_str() {
        "GET" | "HEAD" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        _ => "action",
    };
    if verb == "action" {
        let (place, action) = action_of(&request.path)?;
        return Some((format!("{}/{action}/action", spelled(&place.kind)), place.id));
    }
    match target {
        Target::Resource(place) => Some((format!("{}/{verb}", spelled(&place.kind)), place.id.clone())),
        Target::Collection { kind, .. } if same(kind, PERMISSIONS) => None,
        Target::Collection { parent, kind } => Some((format!("{}/{verb}", spelled(kind)), parent.clone())),
        Target::Contents(scope) => Some(("Microsoft.Resources/subscriptions/resources/read".to_owned(), scope.clone())),
        Target::Subscription(id) => {
            Some(("Microsoft.Resources/subscriptions/read".to_owned(), format!("/subscriptions/{id}")))
        }
        Target::Subscriptions | Target::Locations(_) | Target::Providers(..) | Target::Operation(..) => None,
    }
}

/// A kind as actions have it: groups are beneath subscriptions there.
fn spelled(kind: &str) -> String {
    if same(kind, GROUPS) {
        return "Microsoft.Resources/subscriptions/resourceGroups".to_owned();
    }
    let known = service_of(kind).kind();
    if known.is_empty() { kind.to_owned() } else { known.to_owned() }
}

/// Refuses what the caller may not do with a vault's secrets: by its roles, or by the vault's own policies.
pub(super) fn check_secret(
    scene: Scene<'_>,
    caller: Caller<'_>,
    vault: &Resource,
    name: &str,
    verb: &Verb,
) -> Result<(), Refusal> {
    if !caller.is_judged(scene) {
        return Ok(());
    }
    let scope = if name.is_empty() { vault.id.clone() } else { format!("{}/secrets/{name}", vault.id) };
    let action = format!("Microsoft.KeyVault/vaults/secrets/{}", verb.action);
    let by_roles = body::flag(&vault.body, "/properties/enableRbacAuthorization") == Some(true);
    let (allowed, why) = if by_roles {
        (may_with_data(scene, caller.object, &action, &Key::of(&scope)), "ForbiddenByRbac")
    } else {
        (by_policy(vault, caller.object, verb.permission), "AccessDenied")
    };
    if allowed {
        return Ok(());
    }
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
         definitions were changed recently, please observe propagation time.\r\nCaller: appid={};oid={}\r\nAction: \
         '{action}'\r\nResource: '{scope}'\r\nAssignment: (not found)\r\nInner error: {why}",
        caller.client, caller.object
    );
    Err(Refusal::new(403, "Forbidden", message).again_after(RETRY))
}

/// What is done with a secret: the word of roles, and that of policies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    /// `getSecret/action`
    pub action: &'static str,
    /// `get`
    pub permission: &'static str,
}

fn by_policy(vault: &Resource, object: &str, permission: &str) -> bool {
    let policies = vault.body.pointer("/properties/accessPolicies").and_then(Value::as_array);
    policies.into_iter().flatten().any(|policy| {
        let words = policy.pointer("/permissions/secrets").and_then(Value::as_array);
        let allows = |word: &Value| word.as_str().is_some_and(|word| same(word, permission) || same(word, "all"));
        body::text(policy, "/objectId").is_some_and(|given| same(given, object))
            && words.into_iter().flatten().any(allows)
    })
}
