//! Public addresses, NAT gateways and peerings of networks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::nested::{show_subnets, unused};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::Resource;

/// `Microsoft.Network/publicIPAddresses`
pub(in crate::simulator) struct PublicAddresses;

/// `Microsoft.Network/publicIPPrefixes`
pub(in crate::simulator) struct Prefixes;

/// `Microsoft.Network/natGateways`
pub(in crate::simulator) struct NatGateways;

/// `Microsoft.Network/virtualNetworks/virtualNetworkPeerings`
pub(in crate::simulator) struct Peerings;

const GATEWAYS: &str = "Microsoft.Network/natGateways";
const WRITE: u64 = 3;

impl Service for PublicAddresses {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/publicIPAddresses"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/sku/name", "Basic");
        fill(&mut body, "/sku/tier", "Regional");
        fill(&mut body, "/properties/publicIPAllocationMethod", "Dynamic");
        let is_static = text(&body, "/properties/publicIPAllocationMethod") == Some("Static");
        if !is_static && text(&body, "/sku/name") != Some("Basic") {
            let message = "Standard sku publicIp must have AllocationMethod set to Static.";
            return Err(Refusal::bad("StandardSkuPublicIPAddressesMustBeStatic", message));
        }
        fill(&mut body, "/properties/publicIPAddressVersion", "IPv4");
        fill(&mut body, "/properties/idleTimeoutInMinutes", 4);
        fill(&mut body, "/properties/ipTags", json!([]));
        fill(&mut body, "/properties/ddosSettings/protectionMode", "VirtualNetworkInherited");
        if is_static {
            let is_v6 = text(&body, "/properties/publicIPAddressVersion") == Some("IPv6");
            set(&mut body, "/properties/ipAddress", Value::from(address(&draft, is_v6)));
        }
        if let Some(label) = text(&body, "/properties/dnsSettings/domainNameLabel").map(str::to_owned) {
            let name = format!("{label}.{}.cloudapp.azure.com", draft.location());
            set(&mut body, "/properties/dnsSettings/fqdn", Value::from(name));
        } else {
            body::unset(&mut body, "/properties/dnsSettings/fqdn");
        }
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "address")));
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        let key = resource.key();
        let user = scene.world.all_of_kind(GATEWAYS).find(|gateway| addresses(gateway).any(|id| Key::of(id) == key));
        let Some(user) = user else { return Ok(Some(Duration::from_secs(WRITE))) };
        let message = format!(
            "Public IP address {} can not be deleted since it is still allocated to resource {}.",
            resource.id, user.id
        );
        Err(Refusal::bad("PublicIPAddressCannotBeDeleted", message))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// An address that follows from the resource: one of those kept for documentation.
fn address(draft: &Draft<'_>, is_v6: bool) -> String {
    let id = draft.scene.guid(&draft.place.key(), "public address");
    let digits = id.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok()).unwrap_or(1);
    if is_v6 { format!("2001:db8::{digits:x}") } else { format!("203.0.113.{}", digits % 254 + 1) }
}

fn addresses(gateway: &Resource) -> impl Iterator<Item = &str> {
    let list = gateway.body.pointer("/properties/publicIpAddresses").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|entry| text(entry, "/id"))
}

impl Service for Prefixes {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/publicIPPrefixes"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/sku/name", "Standard");
        fill(&mut body, "/sku/tier", "Regional");
        fill(&mut body, "/properties/publicIPAddressVersion", "IPv4");
        let is_v6 = text(&body, "/properties/publicIPAddressVersion") == Some("IPv6");
        let length = body.pointer("/properties/prefixLength").and_then(Value::as_u64).unwrap_or(28);
        let allowed = if is_v6 { 124..=127 } else { 21..=31 };
        if !allowed.contains(&length) {
            let message = format!("The prefix length {length} is not allowed for a public IP prefix of this version.");
            return Err(Refusal::bad("InvalidPublicIPPrefixLength", message));
        }
        let range = format!("{}/{length}", address(&draft, is_v6)).parse::<ipnet::IpNet>();
        let range = range.map(|range| range.trunc().to_string()).unwrap_or_default();
        set(&mut body, "/properties/ipPrefix", Value::from(range));
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "prefix")));
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for NatGateways {
    fn kind(&self) -> &'static str {
        GATEWAYS
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        if text(&body, "/sku/name").is_none() {
            return Err(Refusal::bad("InvalidRequestFormat", "A NAT gateway needs a sku."));
        }
        body::unset(&mut body, "/properties/subnets");
        fill(&mut body, "/sku/tier", "Regional");
        fill(&mut body, "/properties/idleTimeoutInMinutes", 4);
        let wanted = body.pointer("/properties/publicIpAddresses").and_then(Value::as_array);
        let missing = wanted.into_iter().flatten().filter_map(|entry| text(entry, "/id"));
        if let Some(missing) = missing.into_iter().find(|id| draft.scene.world.get(&Key::of(id)).is_none()) {
            let message = format!("Resource {missing} referenced by resource {} was not found.", draft.place.id);
            return Err(Refusal::bad("InvalidResourceReference", message));
        }
        set(&mut body, "/properties/resourceGuid", Value::from(draft.scene.guid(&draft.place.key(), "gateway")));
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        show_subnets(scene, resource, "/properties/natGateway/id", &mut body);
        body
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        unused(scene, resource, "/properties/natGateway/id", "InUseNatGatewayCannotBeDeleted")?;
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Peerings {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let remote = text(&body, "/properties/remoteVirtualNetwork/id").unwrap_or_default();
        if draft.scene.world.get(&Key::of(remote)).is_none() {
            let message = format!("Resource {remote} referenced by resource {} was not found.", draft.place.id);
            return Err(Refusal::bad("InvalidResourceReference", message));
        }
        fill(&mut body, "/properties/peerCompleteVnets", true);
        fill(&mut body, "/properties/doNotVerifyRemoteGateways", false);
        body::unset(&mut body, "/properties/peeringState");
        Ok(Outcome::of(body).lasting(WRITE))
    }

    /// A peering is connected once the other network has one back.
    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        let remote = Key::of(text(&body, "/properties/remoteVirtualNetwork/id").unwrap_or_default());
        let own = resource.id.split("/virtualNetworkPeerings/").next().map(Key::of);
        let back = scene
            .world
            .children(&remote, "virtualNetworkPeerings")
            .any(|other| text(&other.body, "/properties/remoteVirtualNetwork/id").map(Key::of) == own);
        let state = if back { "Connected" } else { "Initiated" };
        set(&mut body, "/properties/peeringState", Value::from(state));
        set(&mut body, "/properties/peeringSyncLevel", Value::from("FullyInSync"));
        if let Some(network) = scene.world.get(&remote) {
            let space = network.body.pointer("/properties/addressSpace").cloned().unwrap_or_default();
            set(&mut body, "/properties/remoteAddressSpace", space);
        }
        body
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}
