//! What others have in a cluster: trusted access of other services, extensions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service, TENANT};
use crate::simulator::services::aks::{busy, invalid, is_retired};
use crate::simulator::target::Place;
use crate::simulator::world::Resource;

/// `Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings`
pub(in crate::simulator) struct TrustedAccess;

/// `Microsoft.KubernetesConfiguration/extensions`
pub(in crate::simulator) struct Extensions;

impl Service for TrustedAccess {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let source = text(&body, "/properties/sourceResourceId").unwrap_or_default();
        let roles = body.pointer("/properties/roles").and_then(Value::as_array);
        if roles.is_none_or(Vec::is_empty) || source.is_empty() {
            return Err(invalid("properties", "A binding needs roles and a source resource."));
        }
        let before = draft.prior_body().and_then(|prior| text(prior, "/properties/sourceResourceId"));
        if before.is_some_and(|before| !before.eq_ignore_ascii_case(source)) {
            return Err(invalid("properties.sourceResourceId", "The source resource of a binding cannot be changed."));
        }
        Ok(Outcome::of(body).lasting(5))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(5)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }

    fn busy(&self, place: &Place) -> Refusal {
        busy(place)
    }

    fn refuses_version(&self, version: &str) -> bool {
        is_retired(version)
    }
}

impl Service for Extensions {
    fn kind(&self) -> &'static str {
        "Microsoft.KubernetesConfiguration/extensions"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    /// Protected settings are kept by name: what they say is never told.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let Some(kind) = text(&body, "/properties/extensionType").map(str::to_owned) else {
            return Err(invalid("properties.extensionType", "The type of the extension must be given."));
        };
        let is_pinned = text(&body, "/properties/version").is_some();
        if body::flag(&body, "/properties/autoUpgradeMinorVersion") == Some(true) && is_pinned {
            let message = "A version cannot be given together with autoUpgradeMinorVersion.";
            return Err(invalid("properties.version", message));
        }
        if body::absent(&body, "/properties/scope/namespace") {
            let short = kind.rsplit('.').next().unwrap_or_default().to_lowercase();
            fill(&mut body, "/properties/scope/cluster/releaseNamespace", format!("{short}-system"));
        }
        let version = text(&body, "/properties/version").unwrap_or("1.14.3").to_owned();
        set(&mut body, "/properties/currentVersion", Value::from(version));
        if !is_pinned {
            fill(&mut body, "/properties/releaseTrain", "Stable");
        }
        let secrets = body.pointer_mut("/properties/configurationProtectedSettings").and_then(Value::as_object_mut);
        secrets.into_iter().flatten().for_each(|(_, secret)| *secret = Value::from(""));
        let principal = draft.scene.guid(&draft.place.key(), "extension principal");
        let identity = json!({ "type": "SystemAssigned", "principalId": principal, "tenantId": TENANT });
        set(&mut body, "/properties/aksAssignedIdentity", identity);
        set(&mut body, "/properties/isSystemExtension", Value::from(false));
        Ok(Outcome::of(body).lasting(20))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(20)))
    }
}
