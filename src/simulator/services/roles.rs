//! Role definitions: the built-in ones, which are everywhere, and custom ones.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::clock::written;
use crate::simulator::service::{Draft, Listed, Outcome, Scene, Service};
use crate::simulator::services::role_table::{BUILT_IN, BuiltIn};
use crate::simulator::target::{Key, Place, same, subscription_of};
use crate::simulator::world::Resource;

/// `Microsoft.Authorization/roleDefinitions`
pub(in crate::simulator) struct Definitions;

/// The kind in Azure's spelling.
const KIND: &str = "Microsoft.Authorization/roleDefinitions";

impl Service for Definitions {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let guid = draft.place.name.to_ascii_lowercase();
        if uuid::Uuid::try_parse(&guid).is_err() {
            return Err(Refusal::bad(
                "InvalidRoleDefinitionId",
                format!("The role definition ID '{guid}' is not a valid GUID."),
            ));
        }
        if BUILT_IN.iter().any(|role| role.guid == guid) {
            return Err(Refusal::bad("RoleDefinitionCannotBeUpdated", "A built-in role definition cannot be changed."));
        }
        let name = required_name(&draft.body)?;
        let unique = format!("role|{}", name.to_lowercase());
        let held = draft.scene.world.holder(&unique).filter(|other| other.key() != draft.place.key());
        if held.is_some() || BUILT_IN.iter().any(|role| same(role.name, &name)) {
            let message = format!(
                "A custom role with the same name '{name}' already exists in this directory. Use a different name."
            );
            return Err(Refusal::new(409, "RoleDefinitionWithSameNameExists", message));
        }
        let body = completed(&draft);
        check_assignable_scopes(&body)?;
        Ok(Outcome { unique: Some(unique), found_by: Some(format!("role|{guid}")), ..Outcome::of(body) })
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<std::time::Duration>, Refusal> {
        let guid = guid_of(&resource.id);
        let used = scene.world.all_of_kind("Microsoft.Authorization/roleAssignments").any(|assignment| {
            body::text(&assignment.body, "/properties/roleDefinitionId").is_some_and(|id| guid_of(id) == guid)
        });
        if used {
            let message = "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).";
            return Err(Refusal::bad("RoleDefinitionHasAssignments", message));
        }
        Ok(None)
    }

    fn built_in(&self, scene: Scene<'_>, place: &Place) -> Option<Value> {
        definition(scene, &place.name, place.subscription())
    }

    fn list<'a>(&self, scene: Scene<'a>, parent: &str, filter: Option<&str>) -> Option<Listed<'a>> {
        Some(list(scene, parent, filter))
    }

    fn missing(&self, place: &Place) -> Refusal {
        let message =
            format!("The specified role definition with ID '{}' does not exist.", place.name.replace('-', ""));
        Refusal::new(404, "RoleDefinitionDoesNotExist", message)
    }

    fn statuses(&self) -> (u16, u16) {
        (201, 201)
    }

    fn deleted(&self) -> (u16, bool) {
        (200, true)
    }
}

/// A role definition by the last part of its id, built in or custom, as seen in a subscription.
pub(super) fn definition(scene: Scene<'_>, guid: &str, subscription: &str) -> Option<Value> {
    let guid = guid.to_ascii_lowercase();
    if let Some(role) = BUILT_IN.iter().find(|role| role.guid == guid) {
        return Some(shown(role, subscription));
    }
    scene.world.found_by(&format!("role|{guid}")).next().map(|custom| custom.body.clone())
}

/// The last segment of an id, in lower case.
pub(super) fn guid_of(id: &str) -> String {
    id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
}

fn shown(role: &BuiltIn, subscription: &str) -> Value {
    let scope = if subscription.is_empty() { String::new() } else { format!("/subscriptions/{subscription}") };
    json!({
        "id": format!("{scope}/providers/{KIND}/{}", role.guid),
        "name": role.guid,
        "type": KIND,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": format!("Built-in role {}.", role.name),
            "assignableScopes": ["/"],
            "permissions": [{
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": [],
            }],
        }
    })
}

fn list<'a>(scene: Scene<'a>, parent: &str, filter: Option<&str>) -> Listed<'a> {
    let subscription = subscription_of(parent);
    let scope = Key::of(parent);
    let customs = scene.world.all_of_kind(KIND).filter(|custom| can_be_assigned(custom, &scope));
    let mut all: Vec<Cow<'a, Value>> = BUILT_IN.iter().map(|role| Cow::Owned(shown(role, subscription))).collect();
    all.extend(customs.map(|custom| Cow::Borrowed(&custom.body)));
    let Some(filter) = filter else { return Ok(all) };
    for condition in filter.split(" and ") {
        let condition = condition.trim();
        let pointer = match condition.split_once(" eq ") {
            Some(("roleName", _)) => "/properties/roleName",
            Some(("type", _)) => "/properties/type",
            _ if condition.starts_with("atScope") => continue,
            _ => return Err(Refusal::bad("UnsupportedQuery", format!("The filter '{filter}' is not supported."))),
        };
        let wanted = condition.split_once(" eq ").map_or("", |(_, text)| text.trim());
        let wanted = wanted.trim_matches('\'').replace("''", "'");
        all.retain(|role| body::text(role, pointer).is_some_and(|text| same(text, &wanted)));
    }
    Ok(all)
}

/// Whether a custom role may be assigned at a scope: one of its assignable scopes is the scope or above it.
fn can_be_assigned(custom: &Resource, scope: &Key) -> bool {
    let scopes = custom.body.pointer("/properties/assignableScopes").and_then(Value::as_array);
    scopes.into_iter().flatten().filter_map(Value::as_str).any(|above| scope.within(&Key::of(above)))
}

fn required_name(body: &Value) -> Result<String, Refusal> {
    match body::text(body, "/properties/roleName") {
        Some(name) if !name.is_empty() && name.len() <= 512 => Ok(name.to_owned()),
        _ => Err(Refusal::bad(
            "InvalidRoleDefinitionName",
            "The role definition must have a roleName of 1 to 512 characters.",
        )),
    }
}

fn completed(draft: &Draft<'_>) -> Value {
    let sent = draft.body.get("properties").cloned().unwrap_or_default();
    let scope = if draft.place.scope.is_empty() { "/" } else { draft.place.scope.as_str() };
    let mut body = json!({ "properties": sent });
    body::fill(&mut body, "/properties/assignableScopes", json!([scope]));
    body::fill(&mut body, "/properties/description", "");
    body::set(&mut body, "/properties/type", Value::from("CustomRole"));
    let permissions = body.pointer_mut("/properties/permissions").and_then(Value::as_array_mut);
    for permission in permissions.into_iter().flatten() {
        for name in ["actions", "notActions", "dataActions", "notDataActions"] {
            body::fill(permission, &format!("/{name}"), json!([]));
        }
    }
    let now = written(draft.scene.now);
    let created = draft.prior_body().and_then(|prior| body::text(prior, "/properties/createdOn")).unwrap_or(&now);
    body::set(&mut body, "/properties/createdOn", Value::from(created));
    body::set(&mut body, "/properties/updatedOn", Value::from(now));
    body::set(&mut body, "/properties/createdBy", Value::from(draft.scene.caller));
    body::set(&mut body, "/properties/updatedBy", Value::from(draft.scene.caller));
    body
}

fn check_assignable_scopes(body: &Value) -> Result<(), Refusal> {
    let scopes = body.pointer("/properties/assignableScopes").and_then(Value::as_array);
    let wrong = scopes.into_iter().flatten().filter_map(Value::as_str).find(|scope| {
        !same(scope.get(..15).unwrap_or_default(), "/subscriptions/")
            && !scope.to_lowercase().contains("/managementgroups/")
    });
    match wrong {
        Some("/") => {
            Err(Refusal::bad("AssignableScopeNotAllowed", "A custom role cannot be assignable at the root scope."))
        }
        Some(scope) => {
            Err(Refusal::bad("InvalidAssignableScope", format!("The assignable scope '{scope}' is not valid.")))
        }
        None => Ok(()),
    }
}
