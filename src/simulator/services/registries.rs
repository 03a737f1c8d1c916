//! Container registries.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::clock::written;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service, TENANT};
use crate::simulator::target::{Key, same};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.ContainerRegistry/registries`
pub(in crate::simulator) struct Registries;

/// `Microsoft.ContainerRegistry/registries/replications`
pub(in crate::simulator) struct Replications;

const REPLICATIONS: &str = "Microsoft.ContainerRegistry/registries/replications";

/// Refuses what can be no registry's name.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    if (5..=50).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let message = format!("The specified resource name {name} is not valid: it must be 5 to 50 letters and digits.");
    Err(Refusal::bad("InvalidResourceName", message))
}

impl Service for Registries {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerRegistry/registries"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let name = &draft.place.name;
        check_name(name)?;
        let unique = format!("registry|{}", name.to_lowercase());
        if draft.scene.world.holder(&unique).is_some_and(|holder| holder.key() != draft.place.key()) {
            return Err(Refusal::new(
                409,
                "AlreadyInUse",
                format!("The registry DNS name {name}.azurecr.io is already in use."),
            ));
        }
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let Some(sku) = text(&body, "/sku/name").map(str::to_owned) else {
            return Err(Refusal::bad("InvalidRequest", "The sku of the registry must be given."));
        };
        set(&mut body, "/sku/tier", Value::from(sku));
        fill(&mut body, "/properties/adminUserEnabled", false);
        fill(&mut body, "/properties/publicNetworkAccess", "Enabled");
        fill(&mut body, "/properties/networkRuleBypassOptions", "AzureServices");
        fill(&mut body, "/properties/zoneRedundancy", "Disabled");
        fill(&mut body, "/properties/dataEndpointEnabled", false);
        fill(&mut body, "/properties/policies/retentionPolicy", json!({"days": 7, "status": "disabled"}));
        set(&mut body, "/properties/loginServer", Value::from(format!("{}.azurecr.io", name.to_lowercase())));
        set(
            &mut body,
            "/properties/creationDate",
            Value::from(written(draft.prior.map_or(draft.scene.now, |prior| prior.created))),
        );
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        let principals = own_identity(&draft, &mut body);
        let also = home(&draft, &body).into_iter().collect();
        let outcome = Outcome { unique: Some(unique), principals, also, ..Outcome::of(body) };
        Ok(if draft.prior.is_none() { outcome.lasting(15) } else { outcome })
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(10)))
    }

    fn act(&self, scene: Scene<'_>, resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        if !action.eq_ignore_ascii_case("listCredentials") {
            return Err(Refusal::new(404, "InvalidResourceType", format!("A registry has no action '{action}'.")));
        }
        if body::flag(&resource.body, "/properties/adminUserEnabled") != Some(true) {
            let message = "The admin user of the registry is disabled, so it has no credentials.";
            return Err(Refusal::bad("UnAuthorizedForCredentialOperations", message));
        }
        let name = text(&resource.body, "/name").unwrap_or_default();
        let password = |name: &str| json!({"name": name, "value": scene.guid(&resource.key(), name)});
        let told = json!({"username": name, "passwords": [password("password"), password("password2")]});
        Ok((Answer::json(200, told), Vec::new()))
    }
}

impl Service for Replications {
    fn kind(&self) -> &'static str {
        REPLICATIONS
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let registry = draft.scene.world.get(&Key::of(&draft.place.parent));
        if !registry.is_some_and(|registry| is_premium(&registry.body)) {
            let message = "Replications are only available for registries of the Premium SKU.";
            return Err(Refusal::bad("ReplicationNotSupported", message));
        }
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/regionEndpointEnabled", true);
        fill(&mut body, "/properties/zoneRedundancy", "Disabled");
        set(&mut body, "/properties/status", json!({"displayStatus": "Ready"}));
        Ok(Outcome::of(body).lasting(10))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(10)))
    }
}

fn is_premium(registry: &Value) -> bool {
    text(registry, "/sku/name").is_some_and(|sku| same(sku, "Premium"))
}

/// A Premium registry lists its own region among its replicas.
fn home(draft: &Draft<'_>, body: &Value) -> Option<Change> {
    let location = draft.location();
    let id = format!("{}/replications/{location}", draft.place.id);
    if !is_premium(body) || draft.scene.world.get(&Key::of(&id)).is_some() {
        return None;
    }
    let body = json!({
        "location": location,
        "properties": {"provisioningState": "Succeeded", "regionEndpointEnabled": true, "zoneRedundancy": "Disabled",
                       "status": {"displayStatus": "Ready"}},
    });
    Some(Change::Put(Box::new(Resource::new(id, REPLICATIONS, body, draft.scene.now))))
}

/// The principal of a system-assigned identity, which lives and dies with its resource.
pub(super) fn own_identity(draft: &Draft<'_>, body: &mut Value) -> Vec<crate::simulator::world::Principal> {
    if !text(body, "/identity/type").is_some_and(|kind| same(kind, "SystemAssigned")) {
        return Vec::new();
    }
    let prior = draft.prior.and_then(|prior| prior.principals.first().cloned());
    let principal = prior.unwrap_or_else(|| draft.scene.new_principal(&draft.place.key(), "resource"));
    set(body, "/identity/principalId", Value::from(principal.id.as_str()));
    set(body, "/identity/tenantId", Value::from(TENANT));
    vec![principal]
}
