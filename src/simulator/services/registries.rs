//! Container registries.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::clock::written;
use crate::simulator::service::{Draft, Outcome, Scene, Service, TENANT};
use crate::simulator::target::same;
use crate::simulator::world::Resource;

/// `Microsoft.ContainerRegistry/registries`
pub(in crate::simulator) struct Registries;

impl Service for Registries {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerRegistry/registries"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let name = &draft.place.name;
        if !(5..=50).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message =
                format!("The specified resource name {name} is not valid: it must be 5 to 50 letters and digits.");
            return Err(Refusal::bad("InvalidResourceName", message));
        }
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
        let outcome = Outcome { unique: Some(unique), principals, ..Outcome::of(body) };
        Ok(if draft.prior.is_none() { outcome.lasting(15) } else { outcome })
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(10)))
    }
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
