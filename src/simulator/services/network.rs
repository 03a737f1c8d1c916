//! Virtual networks and their subnets. A subnet is a resource of its own; the network shows all of them.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text, unset};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Network/virtualNetworks`
pub(in crate::simulator) struct Networks;

/// `Microsoft.Network/virtualNetworks/subnets`
pub(in crate::simulator) struct Subnets;

/// The kind of subnets in Azure's spelling.
const SUBNETS: &str = "Microsoft.Network/virtualNetworks/subnets";

/// How long a write to a network takes, in seconds.
const WRITE: u64 = 5;

impl Service for Networks {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/virtualNetworks"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let sent = body.pointer("/properties/subnets").and_then(Value::as_array).cloned();
        unset(&mut body, "/properties/subnets");
        let spaces = ranges(&body, "/properties/addressSpace/addressPrefixes")?;
        if spaces.is_empty() {
            return Err(Refusal::bad("InvalidRequestFormat", "A virtual network needs at least one address prefix."));
        }
        let also = match sent {
            Some(sent) => changed_subnets(&draft, &sent, &body)?,
            None => Vec::new(),
        };
        fill(&mut body, "/properties/enableDdosProtection", false);
        fill(&mut body, "/properties/virtualNetworkPeerings", json!([]));
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "network")));
        Ok(Outcome { also, ..Outcome::of(body).lasting(WRITE) })
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        for subnet in scene.world.children(&resource.key(), "subnets") {
            check_unused(scene, subnet)?;
        }
        Ok(Some(Duration::from_secs(10)))
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        let subnets = scene.world.children(&resource.key(), "subnets").map(|subnet| subnet.body.clone());
        set(&mut body, "/properties/subnets", Value::from(subnets.collect::<Vec<_>>()));
        body
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Subnets {
    fn kind(&self) -> &'static str {
        SUBNETS
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let network = Key::of(&draft.place.parent);
        let parent = draft.scene.world.get(&network).map_or(&Value::Null, |network| &network.body);
        let others: Vec<&Resource> =
            draft.scene.world.children(&network, "subnets").filter(|other| other.key() != draft.place.key()).collect();
        let mut body = draft.body;
        body::without_nulls(&mut body);
        complete_subnet(&draft.place.name, &mut body, parent, &others)?;
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        check_unused(scene, resource)?;
        Ok(Some(Duration::from_secs(10)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(404, "NotFound", format!("Resource {} not found.", place.id))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// The ranges at a pointer.
fn ranges(body: &Value, pointer: &str) -> Result<Vec<IpNet>, Refusal> {
    let texts = body.pointer(pointer).and_then(Value::as_array);
    let parse = |text: &str| {
        let net: Option<IpNet> = text.parse().ok();
        let fault = "it must be an address range in CIDR notation that starts at its first address";
        net.filter(|net| net.trunc() == *net).ok_or_else(|| {
            let message = format!("Address prefix {text} is not formatted correctly: {fault}.");
            Refusal::bad("InvalidAddressPrefixFormat", message)
        })
    };
    texts.into_iter().flatten().filter_map(Value::as_str).map(parse).collect()
}

/// A subnet's ranges: `addressPrefixes`, or `addressPrefix` alone.
fn subnet_ranges(body: &Value) -> Result<Vec<IpNet>, Refusal> {
    let many = ranges(body, "/properties/addressPrefixes")?;
    let Some(one) = text(body, "/properties/addressPrefix").filter(|_| many.is_empty()) else { return Ok(many) };
    ranges(&json!({ "one": [one] }), "/one")
}

fn complete_subnet(name: &str, body: &mut Value, network: &Value, others: &[&Resource]) -> Result<(), Refusal> {
    let own = subnet_ranges(body)?;
    if own.is_empty() {
        return Err(Refusal::bad("InvalidRequestFormat", format!("Subnet {name} needs an address prefix.")));
    }
    let spaces = ranges(network, "/properties/addressSpace/addressPrefixes")?;
    if let Some(outside) = own.iter().find(|range| !spaces.iter().any(|space| space.contains(*range))) {
        let message = format!(
            "Subnet '{name}' is not valid because its IP address range {outside} is outside the IP address range of its virtual network."
        );
        return Err(Refusal::bad("NetcfgSubnetRangeOutsideVnet", message));
    }
    for other in others {
        let taken = subnet_ranges(&other.body)?;
        if own.iter().any(|range| taken.iter().any(|taken| overlap(range, taken))) {
            let message = format!(
                "Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet '{}'.",
                text(&other.body, "/name").unwrap_or_default()
            );
            return Err(Refusal::bad("NetcfgSubnetRangesOverlap", message));
        }
    }
    // A single prefix is told in the singular, as the service has always done.
    if let [one] = own.as_slice() {
        let one = one.to_string();
        unset(body, "/properties/addressPrefixes");
        set(body, "/properties/addressPrefix", Value::from(one));
    }
    fill(body, "/properties/privateEndpointNetworkPolicies", "Disabled");
    fill(body, "/properties/privateLinkServiceNetworkPolicies", "Enabled");
    fill(body, "/properties/delegations", json!([]));
    set(body, "/properties/provisioningState", Value::from("Succeeded"));
    Ok(())
}

fn overlap(left: &IpNet, right: &IpNet) -> bool {
    let holds = |range: &IpNet, address: IpAddr| range.contains(&address);
    holds(left, right.network()) || holds(right, left.network())
}

/// Subnets sent with the network: those not sent go, unless something is in them.
fn changed_subnets(draft: &Draft<'_>, sent: &[Value], network: &Value) -> Result<Vec<Change>, Refusal> {
    let mut made: Vec<Resource> = Vec::new();
    for subnet in sent {
        let name = text(subnet, "/name").unwrap_or_default();
        let mut body = subnet.clone();
        complete_subnet(name, &mut body, network, &made.iter().collect::<Vec<_>>())?;
        let id = format!("{}/subnets/{name}", draft.place.id);
        let before = draft.scene.world.get(&Key::of(&id));
        let mut subnet = Resource::new(id, SUBNETS, body, draft.scene.now);
        subnet.revision = before.map_or(0, |before| before.revision) + 1;
        let etag = draft.scene.guid(&subnet.key(), &format!("etag {}", subnet.revision));
        set(&mut subnet.body, "/etag", Value::from(etag));
        made.push(subnet);
    }
    let mut changes = Vec::new();
    for present in draft.scene.world.children(&draft.place.key(), "subnets") {
        if made.iter().all(|subnet| subnet.key() != present.key()) {
            check_unused(draft.scene, present)?;
            changes.push(Change::Remove(present.key()));
        }
    }
    changes.extend(made.into_iter().map(|subnet| Change::Put(Box::new(subnet))));
    Ok(changes)
}

/// A subnet with nodes in it cannot go.
fn check_unused(scene: Scene<'_>, subnet: &Resource) -> Result<(), Refusal> {
    let key = subnet.key();
    let refers = |pool: &Resource, pointer: &str| text(&pool.body, pointer).is_some_and(|id| Key::of(id) == key);
    let mut pools = scene.world.all_of_kind("Microsoft.ContainerService/managedClusters/agentPools");
    let user = pools.find(|pool| refers(pool, "/properties/vnetSubnetID") || refers(pool, "/properties/podSubnetID"));
    let Some(user) = user else { return Ok(()) };
    let message = format!(
        "Subnet {} is in use by {} and cannot be deleted. In order to delete the subnet, delete all the resources \
         within the subnet. See aka.ms/deletesubnet.",
        text(&subnet.body, "/name").unwrap_or_default(),
        user.id
    );
    Err(Refusal::bad("InUseSubnetCannotBeDeleted", message))
}
