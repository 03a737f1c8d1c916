//! Application gateways: parts that refer to each other by ids, of which Azure gives no certificate back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::interfaces::check_reference;
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// `Microsoft.Network/applicationGateways`
pub(in crate::simulator) struct Gateways;

/// The lists of parts.
const LISTS: [&str; 17] = [
    "authenticationCertificates",
    "backendAddressPools",
    "backendHttpSettingsCollection",
    "frontendIPConfigurations",
    "frontendPorts",
    "gatewayIPConfigurations",
    "httpListeners",
    "privateLinkConfigurations",
    "probes",
    "redirectConfigurations",
    "requestRoutingRules",
    "rewriteRuleSets",
    "sslCertificates",
    "sslProfiles",
    "trustedClientCertificates",
    "trustedRootCertificates",
    "urlPathMaps",
];

impl Service for Gateways {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/applicationGateways"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        for list in LISTS {
            fill(&mut body, &format!("/properties/{list}"), json!([]));
        }
        check_references(&draft, &body, &body)?;
        check_priorities(&body)?;
        for list in LISTS {
            let parts = body.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
            for part in parts.into_iter().flatten() {
                complete_part(&draft, list, part);
            }
        }
        fill(&mut body, "/properties/enableHttp2", false);
        let policy = json!({ "policyType": "Predefined", "policyName": "AppGwSslPolicy20220101" });
        fill(&mut body, "/properties/defaultPredefinedSslPolicy", "AppGwSslPolicy20220101");
        if body.pointer("/properties/sslPolicy").is_some_and(Value::is_null) {
            set(&mut body, "/properties/sslPolicy", policy);
        }
        set(&mut body, "/properties/operationalState", Value::from("Running"));
        let guid = draft.scene.guid(&draft.place.key(), "gateway");
        set(&mut body, "/properties/resourceGuid", Value::from(guid));
        Ok(Outcome::of(body).lasting(300))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(240)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// Each id that is mentioned is of a part that is there, or of something outside that is.
fn check_references(draft: &Draft<'_>, whole: &Value, json: &Value) -> Result<(), Refusal> {
    match json {
        Value::Array(items) => items.iter().try_for_each(|item| check_references(draft, whole, item)),
        Value::Object(members) => {
            let only_id = members.len() == 1;
            if let Some(id) = text(json, "/id").filter(|_| only_id) {
                check_id(draft, whole, id)?;
            }
            members.values().try_for_each(|member| check_references(draft, whole, member))
        }
        _ => Ok(()),
    }
}

fn check_id(draft: &Draft<'_>, whole: &Value, id: &str) -> Result<(), Refusal> {
    let own = format!("{}/", draft.place.key().as_str());
    let key = Key::of(id);
    let Some(inside) = key.as_str().strip_prefix(&own) else {
        // A web application firewall's policy is nothing that is looked at here.
        let is_looked_at = key.as_str().contains("/subnets/") || key.as_str().contains("/publicipaddresses/");
        return if is_looked_at { check_reference(draft, id).map(drop) } else { Ok(()) };
    };
    let (list, name) = inside.split_once('/').unwrap_or((inside, ""));
    let list = LISTS.iter().find(|known| known.eq_ignore_ascii_case(list)).copied().unwrap_or(list);
    let parts = whole.pointer(&format!("/properties/{list}")).and_then(Value::as_array);
    let is_there =
        parts.into_iter().flatten().any(|part| text(part, "/name").is_some_and(|n| n.eq_ignore_ascii_case(name)));
    if is_there {
        return Ok(());
    }
    let message = format!("Resource {id} referenced by resource {} was not found.", draft.place.id);
    Err(Refusal::bad("InvalidResourceReference", message))
}

/// The second generation takes no rule without a priority of its own.
fn check_priorities(body: &Value) -> Result<(), Refusal> {
    let rules = body.pointer("/properties/requestRoutingRules").and_then(Value::as_array);
    let is_second = text(body, "/properties/sku/tier").is_some_and(|tier| tier.ends_with("_v2"));
    let lacking = rules.into_iter().flatten().find(|rule| rule.pointer("/properties/priority").is_none());
    let Some(lacking) = lacking.filter(|_| is_second) else { return Ok(()) };
    let message = format!(
        "The field 'Priority' cannot be null for request routing rule '{}' with this SKU.",
        text(lacking, "/name").unwrap_or_default()
    );
    Err(Refusal::bad("ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty", message))
}

/// What Azure fills into a part, and what it keeps to itself.
fn complete_part(draft: &Draft<'_>, list: &str, part: &mut Value) {
    let name = text(part, "/name").unwrap_or_default().to_owned();
    set(part, "/id", Value::from(format!("{}/{list}/{name}", draft.place.id)));
    set(part, "/type", Value::from(format!("Microsoft.Network/applicationGateways/{list}")));
    set(part, "/properties/provisioningState", Value::from("Succeeded"));
    match list {
        "backendHttpSettingsCollection" => {
            fill(part, "/properties/requestTimeout", 30);
            fill(part, "/properties/pickHostNameFromBackendAddress", false);
        }
        "backendAddressPools" => fill(part, "/properties/backendAddresses", json!([])),
        "frontendIPConfigurations" => {
            fill(part, "/properties/privateIPAllocationMethod", "Dynamic");
        }
        "httpListeners" => {
            fill(part, "/properties/hostNames", json!([]));
            fill(part, "/properties/requireServerNameIndication", false);
        }
        "probes" => {
            fill(part, "/properties/minServers", 0);
            fill(part, "/properties/pickHostNameFromBackendHttpSettings", false);
            fill(part, "/properties/match", json!({}));
        }
        "sslCertificates" if part.pointer("/properties/data").is_some() => {
            set(part, "/properties/publicCertData", Value::from("MIIB-public-half"));
        }
        "urlPathMaps" => {
            let id = format!("{}/{list}/{name}", draft.place.id);
            let rules = part.pointer_mut("/properties/pathRules").and_then(Value::as_array_mut);
            for rule in rules.into_iter().flatten() {
                let name = text(rule, "/name").unwrap_or_default().to_owned();
                set(rule, "/id", Value::from(format!("{id}/pathRules/{name}")));
            }
        }
        _ => {}
    }
    if list.ends_with("Certificates") {
        for secret in ["data", "password"] {
            body::unset(part, &format!("/properties/{secret}"));
        }
    }
}
