//! What collects the metrics and logs of clusters: endpoints, rules, what they hold for, workspaces for metrics, and
//! solutions on workspaces for logs.

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Service};
use crate::simulator::target::Key;

/// `Microsoft.Insights/dataCollectionEndpoints`
pub(in crate::simulator) struct Endpoints;

/// `Microsoft.Insights/dataCollectionRules`
pub(in crate::simulator) struct Rules;

/// `Microsoft.Insights/dataCollectionRuleAssociations`
pub(in crate::simulator) struct Associations;

/// `Microsoft.Monitor/accounts`
pub(in crate::simulator) struct Accounts;

/// `Microsoft.OperationsManagement/solutions`
pub(in crate::simulator) struct Solutions;

/// `Microsoft.AlertsManagement/prometheusRuleGroups`
pub(in crate::simulator) struct RuleGroups;

impl Service for Endpoints {
    fn kind(&self) -> &'static str {
        "Microsoft.Insights/dataCollectionEndpoints"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/networkAcls/publicNetworkAccess", "Enabled");
        let id = draft.scene.guid(&draft.place.key(), "endpoint");
        let host = format!("{}-{}", draft.place.name, id.get(..4).unwrap_or_default());
        let region = draft.location();
        for (pointer, part) in [
            ("configurationAccess", "handler.control"),
            ("logsIngestion", "ingest"),
            ("metricsIngestion", "metrics.ingest"),
        ] {
            let address = format!("https://{host}.{region}-1.{part}.monitor.azure.com");
            set(&mut body, &format!("/properties/{pointer}/endpoint"), Value::from(address));
        }
        set(&mut body, "/properties/immutableId", immutable("dce", &id));
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome::of(body))
    }

    fn statuses(&self) -> (u16, u16) {
        (200, 200)
    }
}

impl Service for Rules {
    fn kind(&self) -> &'static str {
        "Microsoft.Insights/dataCollectionRules"
    }

    /// A flow may send only to what is among the destinations.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let known = names_of_destinations(&body);
        let flows = body.pointer("/properties/dataFlows").and_then(Value::as_array).into_iter().flatten();
        let mut wanted = flows.flat_map(|flow| flow["destinations"].as_array().into_iter().flatten());
        if let Some(missing) = wanted.find(|name| !name.as_str().is_some_and(|name| known.contains(&name.to_owned()))) {
            let message = format!("Data flow refers to the destination {missing}, which the rule does not have.");
            return Err(Refusal::bad("InvalidPayload", message));
        }
        let id = draft.scene.guid(&draft.place.key(), "rule");
        set(&mut body, "/properties/immutableId", immutable("dcr", &id));
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        for pointer in ["/properties/destinations/logAnalytics", "/properties/destinations/monitoringAccounts"] {
            for target in body.pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten() {
                fill_account(&draft, target);
            }
        }
        Ok(Outcome::of(body))
    }

    fn statuses(&self) -> (u16, u16) {
        (200, 200)
    }
}

impl Service for Associations {
    fn kind(&self) -> &'static str {
        "Microsoft.Insights/dataCollectionRuleAssociations"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let target = ["dataCollectionRuleId", "dataCollectionEndpointId"]
            .into_iter()
            .find_map(|name| text(&body, &format!("/properties/{name}")));
        let Some(target) = target else {
            return Err(Refusal::bad("InvalidPayload", "An association needs a rule or an endpoint."));
        };
        if draft.scene.world.get(&Key::of(target)).is_none() {
            return Err(Refusal::bad(
                "InvalidAssociation",
                format!("The data collection rule {target} was not found."),
            ));
        }
        Ok(Outcome::of(body))
    }

    fn statuses(&self) -> (u16, u16) {
        (200, 200)
    }
}

impl Service for Accounts {
    fn kind(&self) -> &'static str {
        "Microsoft.Monitor/accounts"
    }

    /// A workspace brings an endpoint and a rule of its own, in a group that Azure makes.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/publicNetworkAccess", "Enabled");
        let (name, region) = (&draft.place.name, draft.location());
        let id = draft.scene.guid(&draft.place.key(), "account");
        let subscription = draft.place.id.split('/').nth(2).unwrap_or_default();
        let managed = format!(
            "/subscriptions/{subscription}/resourceGroups/MA_{name}_{region}_managed/providers/Microsoft.Insights"
        );
        let settings = json!({
            "dataCollectionEndpointResourceId": format!("{managed}/dataCollectionEndpoints/{name}"),
            "dataCollectionRuleResourceId": format!("{managed}/dataCollectionRules/{name}"),
        });
        let query = format!("https://{name}-{}.{region}.prometheus.monitor.azure.com", id.get(..4).unwrap_or_default());
        set(&mut body, "/properties/accountId", Value::from(id));
        set(&mut body, "/properties/defaultIngestionSettings", settings);
        set(&mut body, "/properties/metrics/prometheusQueryEndpoint", Value::from(query));
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome::of(body))
    }
}

impl Service for Solutions {
    fn kind(&self) -> &'static str {
        "Microsoft.OperationsManagement/solutions"
    }

    /// A solution is called by what it is and by its workspace.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let workspace = text(&body, "/properties/workspaceResourceId").unwrap_or_default().to_owned();
        if draft.scene.world.get(&Key::of(&workspace)).is_none() {
            return Err(Refusal::bad("InvalidParameter", format!("The workspace '{workspace}' was not found.")));
        }
        let named = text(&body, "/plan/name").unwrap_or_default();
        if named != draft.place.name {
            let message = format!("The plan's name '{named}' is not the name of the solution, '{}'.", draft.place.name);
            return Err(Refusal::bad("InvalidPlanName", message));
        }
        fill(&mut body, "/plan/promotionCode", "");
        set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome::of(body))
    }
}

impl Service for RuleGroups {
    fn kind(&self) -> &'static str {
        "Microsoft.AlertsManagement/prometheusRuleGroups"
    }

    /// A rule records or tells, never both.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/properties/enabled", true);
        fill(&mut body, "/properties/interval", "PT1M");
        let rules = body.pointer_mut("/properties/rules").and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            if text(rule, "/alert").is_some() == text(rule, "/record").is_some() {
                let message = "A rule needs either an alert or a record, and not both.";
                return Err(Refusal::bad("InvalidRule", message));
            }
            fill(rule, "/enabled", true);
        }
        Ok(Outcome::of(body))
    }
}

/// `dcr-` and an id without its hyphens.
fn immutable(kind: &str, id: &str) -> Value {
    Value::from(format!("{kind}-{}", id.replace('-', "")))
}

fn names_of_destinations(body: &Value) -> Vec<String> {
    let destinations = body.pointer("/properties/destinations").and_then(Value::as_object);
    let named = |target: &Value| text(target, "/name").map(str::to_owned);
    destinations
        .into_iter()
        .flat_map(serde_json::Map::values)
        .flat_map(|target| {
            target.as_array().map_or_else(|| vec![named(target)], |many| many.iter().map(named).collect())
        })
        .flatten()
        .collect()
}

/// Azure tells the own id of a workspace beside its ARM id.
fn fill_account(draft: &Draft<'_>, target: &mut Value) {
    for (from, own, member) in [
        ("/workspaceResourceId", "/properties/customerId", "/workspaceId"),
        ("/accountResourceId", "/properties/accountId", "/accountId"),
    ] {
        let found = text(target, from).and_then(|id| draft.scene.world.get(&Key::of(id)));
        if let Some(id) = found.and_then(|resource| text(&resource.body, own)).map(str::to_owned) {
            set(target, member, Value::from(id));
        }
    }
}
