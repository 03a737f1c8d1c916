//! Role assignments: who holds which role where.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::clock::written;
use crate::simulator::graph::principal_type;
use crate::simulator::service::{Draft, Listed, Outcome, Scene, Service};
use crate::simulator::services::quotas::check_assignments;
use crate::simulator::services::roles::{definition, guid_of};
use crate::simulator::target::{Key, Place, same};
use crate::simulator::world::{Known, Resource};

/// `Microsoft.Authorization/roleAssignments`
pub(in crate::simulator) struct Assignments;

/// The kind in Azure's spelling.
const KIND: &str = "Microsoft.Authorization/roleAssignments";

impl Service for Assignments {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        if uuid::Uuid::try_parse(&draft.place.name).is_err() {
            let message = format!(
                "The role assignment ID '{}' is not valid. The role assignment ID must be a GUID.",
                draft.place.name
            );
            return Err(Refusal::bad("InvalidRoleAssignmentId", message));
        }
        let principal = required(&draft.body, "principalId")?.to_ascii_lowercase();
        if uuid::Uuid::try_parse(&principal).is_err() {
            let message =
                format!("A principal ID that is not a GUID was found: '{principal}'. The principal ID must be a GUID.");
            return Err(Refusal::bad("InvalidPrincipalId", message));
        }
        let role = guid_of(required(&draft.body, "roleDefinitionId")?);
        let Some(found) = definition(draft.scene, &role, draft.place.subscription()) else {
            let message = format!("The specified role definition with ID '{}' does not exist.", role.replace('-', ""));
            return Err(Refusal::new(404, "RoleDefinitionDoesNotExist", message));
        };
        let unique = format!("assignment|{}|{principal}|{role}", Key::of(&draft.place.scope).as_str());
        check_identity(&draft, &unique)?;
        check_principal(&draft, &principal)?;
        if draft.prior.is_none() {
            check_assignments(draft.scene, draft.place.subscription())?;
        }
        let body = completed(&draft, &principal, &found);
        Ok(Outcome { unique: Some(unique), found_by: Some(format!("principal|{principal}")), ..Outcome::of(body) })
    }

    fn list<'a>(&self, scene: Scene<'a>, parent: &str, filter: Option<&str>) -> Option<Listed<'a>> {
        Some(list(scene, parent, filter))
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(404, "RoleAssignmentNotFound", format!("The role assignment '{}' is not found.", place.name))
    }

    fn deleted(&self) -> (u16, bool) {
        (200, true)
    }
}

fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    body::text(body, &format!("/properties/{name}")).filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("The request was incorrectly formatted: '{name}' is missing.");
        Refusal::bad("InvalidCreateRoleAssignmentRequest", message)
    })
}

/// The name, and the triple of scope, principal and role, belong to one assignment each.
fn check_identity(draft: &Draft<'_>, unique: &str) -> Result<(), Refusal> {
    if let Some(prior) = draft.prior
        && prior.unique.as_deref() != Some(unique)
    {
        let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(Refusal::bad("RoleAssignmentUpdateNotPermitted", message));
    }
    match draft.scene.world.holder(unique) {
        Some(holder) if holder.key() != draft.place.key() => {
            let id = guid_of(&holder.id).replace('-', "");
            let message =
                format!("The role assignment already exists. The ID of the existing role assignment is {id}.");
            Err(Refusal::new(409, "RoleAssignmentExists", message))
        }
        _ => Ok(()),
    }
}

/// The principal must be known to the authorisation service, unless its type is given: then it is not looked for.
fn check_principal(draft: &Draft<'_>, principal: &str) -> Result<(), Refusal> {
    if body::text(&draft.body, "/properties/principalType").is_some_and(|text| !text.is_empty())
        || draft.prior.is_some()
    {
        return Ok(());
    }
    let known = match draft.scene.world.principal(principal) {
        Known::Principal(from) => from <= draft.scene.now,
        Known::NotAPrincipal => false,
        Known::Elsewhere => {
            !draft.scene.faults.strict_directory
                || principal == draft.scene.caller
                || principal_type(draft.scene.world, principal).is_some()
        }
    };
    if known {
        return Ok(());
    }
    let message = format!(
        "Principal {} does not exist in the directory {}. Check that you have the correct principal ID. If you are \
         creating this principal and then immediately assigning a role, this error might be related to a replication \
         delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, \
         User, or Group.  See https://aka.ms/docs-principaltype",
        principal.replace('-', ""),
        crate::simulator::service::TENANT
    );
    Err(Refusal::bad("PrincipalNotFound", message).again_after(Duration::from_secs(5)))
}

fn completed(draft: &Draft<'_>, principal: &str, role: &Value) -> Value {
    let sent = |name: &str| draft.body.pointer(&format!("/properties/{name}")).cloned().unwrap_or_default();
    let is_service =
        matches!(draft.scene.world.principal(principal), Known::Principal(_)) || principal == draft.scene.caller;
    let kind = body::text(&draft.body, "/properties/principalType").filter(|text| !text.is_empty());
    let elsewhere = if is_service { "ServicePrincipal" } else { "User" };
    let found = principal_type(draft.scene.world, principal).unwrap_or(elsewhere);
    let now = written(draft.scene.now);
    let created = draft.prior_body().and_then(|prior| body::text(prior, "/properties/createdOn")).unwrap_or(&now);
    json!({
        "properties": {
            "roleDefinitionId": role.get("id"),
            "principalId": principal,
            "principalType": kind.unwrap_or(found),
            "scope": if draft.place.scope.is_empty() { "/" } else { draft.place.scope.as_str() },
            "condition": sent("condition"),
            "conditionVersion": sent("conditionVersion"),
            "description": sent("description"),
            "delegatedManagedIdentityResourceId": sent("delegatedManagedIdentityResourceId"),
            "createdOn": created,
            "updatedOn": now,
            "createdBy": draft.scene.caller,
            "updatedBy": draft.scene.caller,
        }
    })
}

/// What a list request asks for.
#[derive(Debug, Default)]
struct Wanted {
    principal: Option<String>,
    /// Only at the scope and above, not beneath it.
    at_scope: bool,
}

fn list<'a>(scene: Scene<'a>, parent: &str, filter: Option<&str>) -> Listed<'a> {
    let wanted = wanted(filter)?;
    let scope = Key::of(parent);
    let candidates: Box<dyn Iterator<Item = &'a Resource>> = match &wanted.principal {
        Some(principal) => Box::new(scene.world.found_by(&format!("principal|{principal}"))),
        None => Box::new(scene.world.all_of_kind(KIND)),
    };
    let here = candidates.filter(|assignment| {
        let at = Key::of(body::text(&assignment.body, "/properties/scope").unwrap_or_default());
        scope.within(&at) || (!wanted.at_scope && at.within(&scope))
    });
    Ok(here.map(|assignment| Cow::Borrowed(&assignment.body)).collect())
}

fn wanted(filter: Option<&str>) -> Result<Wanted, Refusal> {
    let mut wanted = Wanted::default();
    for condition in filter.into_iter().flat_map(|filter| filter.split(" and ")).map(str::trim) {
        let quoted = || condition.split('\'').nth(1).map(str::to_ascii_lowercase);
        if same(condition, "atScope()") {
            wanted.at_scope = true;
        } else if condition.starts_with("principalId eq ") || condition.starts_with("assignedTo(") {
            wanted.principal = quoted();
        } else {
            let message = format!("The filter condition '{condition}' is not supported.");
            return Err(Refusal::bad("UnsupportedQuery", message));
        }
    }
    Ok(wanted)
}
