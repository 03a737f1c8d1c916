//! Log Analytics workspaces.

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, fill, set};
use crate::simulator::operations::Style;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service};
use crate::simulator::world::Resource;

/// `Microsoft.OperationalInsights/workspaces`
pub(in crate::simulator) struct Workspaces;

impl Service for Workspaces {
    fn kind(&self) -> &'static str {
        "Microsoft.OperationalInsights/workspaces"
    }

    fn style(&self) -> Style {
        Style::State
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/sku/name", "PerGB2018");
        fill(&mut body, "/properties/retentionInDays", 30);
        fill(&mut body, "/properties/workspaceCapping/dailyQuotaGb", -1);
        fill(&mut body, "/properties/features/enableLogAccessUsingOnlyResourcePermissions", true);
        fill(&mut body, "/properties/publicNetworkAccessForIngestion", "Enabled");
        fill(&mut body, "/properties/publicNetworkAccessForQuery", "Enabled");
        set(&mut body, "/properties/customerId", Value::from(draft.scene.guid(&draft.place.key(), "workspace")));
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        let outcome = Outcome::of(body);
        Ok(if draft.prior.is_none() { outcome.lasting(10) } else { outcome })
    }

    fn act(&self, scene: Scene<'_>, resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        if !action.eq_ignore_ascii_case("sharedKeys") {
            return Err(Refusal::new(404, "InvalidResourceType", format!("A workspace has no action '{action}'.")));
        }
        let key = |name: &str| scene.guid(&resource.key(), name);
        let keys = json!({"primarySharedKey": key("primary key"), "secondarySharedKey": key("secondary key")});
        Ok((Answer::json(200, keys), Vec::new()))
    }
}
