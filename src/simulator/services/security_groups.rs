//! Network security groups, route tables, and their entries.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::nested::{Nested, WRITE, show_subnets, unused};
use crate::simulator::target::same;
use crate::simulator::world::Resource;

/// `Microsoft.Network/networkSecurityGroups`
pub(in crate::simulator) struct Groups;

/// `Microsoft.Network/routeTables`
pub(in crate::simulator) struct Tables;

/// `Microsoft.Network/networkSecurityGroups/securityRules`
pub(in crate::simulator) static RULES: Nested = Nested {
    pointer: "/properties/securityRules",
    word: "securityRules",
    kind: "Microsoft.Network/networkSecurityGroups/securityRules",
    complete: complete_rule,
};

/// `Microsoft.Network/routeTables/routes`
pub(in crate::simulator) static ROUTES: Nested = Nested {
    pointer: "/properties/routes",
    word: "routes",
    kind: "Microsoft.Network/routeTables/routes",
    complete: complete_route,
};

/// The rules that every group has: name, priority, direction, access, source, destination.
const DEFAULT_RULES: [(&str, u32, &str, &str, &str, &str); 6] = [
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
];

impl Service for Groups {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/networkSecurityGroups"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let also = RULES.take(&draft, &mut body)?;
        let defaults = DEFAULT_RULES.map(|(name, priority, direction, access, source, destination)| {
            json!({
                "id": format!("{}/defaultSecurityRules/{name}", draft.place.id),
                "name": name,
                "properties": {
                    "priority": priority, "direction": direction, "access": access, "protocol": "*",
                    "sourceAddressPrefix": source, "sourcePortRange": "*",
                    "destinationAddressPrefix": destination, "destinationPortRange": "*",
                    "provisioningState": "Succeeded",
                }
            })
        });
        set(&mut body, "/properties/defaultSecurityRules", Value::from(defaults.to_vec()));
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "group")));
        Ok(Outcome { also, ..Outcome::of(body).lasting(WRITE) })
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        RULES.show(scene, resource, &mut body);
        show_subnets(scene, resource, "/properties/networkSecurityGroup/id", &mut body);
        body
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        let code = "InUseNetworkSecurityGroupCannotBeDeleted";
        unused(scene, resource, "/properties/networkSecurityGroup/id", code)?;
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Tables {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/routeTables"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let also = ROUTES.take(&draft, &mut body)?;
        body::unset(&mut body, "/properties/subnets");
        fill(&mut body, "/properties/disableBgpRoutePropagation", false);
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "table")));
        Ok(Outcome { also, ..Outcome::of(body).lasting(WRITE) })
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        ROUTES.show(scene, resource, &mut body);
        show_subnets(scene, resource, "/properties/routeTable/id", &mut body);
        body
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        unused(scene, resource, "/properties/routeTable/id", "InUseRouteTableCannotBeDeleted")?;
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// A rule's priority is its own within a direction; lists that were not sent are answered as empty.
fn complete_rule(name: &str, body: &mut Value, others: &[Value]) -> Result<(), Refusal> {
    let priority = body.pointer("/properties/priority").and_then(Value::as_u64).unwrap_or_default();
    if !(100..=4096).contains(&priority) {
        let message =
            format!("Security rule {name} has invalid Priority. Value provided: {priority} Allowed range 100-4096.");
        return Err(Refusal::bad("SecurityRuleInvalidPriority", message));
    }
    let direction = text(body, "/properties/direction").unwrap_or_default();
    let taken = others.iter().find(|other| {
        other.pointer("/properties/priority").and_then(Value::as_u64) == Some(priority)
            && text(other, "/properties/direction").is_some_and(|way| same(way, direction))
    });
    if let Some(other) = taken {
        let other = text(other, "/name").unwrap_or_default();
        let message = format!(
            "Security rule {name} conflicts with rule {other}. Rules cannot have the same Priority and Direction."
        );
        return Err(Refusal::bad("SecurityRuleConflict", message));
    }
    for one in ["sourceAddressPrefix", "destinationAddressPrefix", "sourcePortRange", "destinationPortRange"] {
        let many = if one.ends_with('x') { format!("{one}es") } else { format!("{one}s") };
        fill(body, &format!("/properties/{many}"), json!([]));
    }
    set(body, "/properties/provisioningState", Value::from("Succeeded"));
    Ok(())
}

fn complete_route(name: &str, body: &mut Value, _others: &[Value]) -> Result<(), Refusal> {
    let is_appliance = text(body, "/properties/nextHopType").is_some_and(|kind| same(kind, "VirtualAppliance"));
    let has_address = text(body, "/properties/nextHopIpAddress").is_some_and(|address| !address.is_empty());
    if is_appliance != has_address {
        let message =
            format!("Route {name} must have a nextHopIpAddress exactly when its nextHopType is VirtualAppliance.");
        return Err(Refusal::bad("RouteInvalidNextHop", message));
    }
    set(body, "/properties/hasBgpOverride", Value::from(false));
    set(body, "/properties/provisioningState", Value::from("Succeeded"));
    Ok(())
}
