//! Private endpoints with the interfaces that they make, private DNS zones, and what ties the two.

use std::time::Duration;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Network/privateEndpoints`
pub(in crate::simulator) struct Endpoints;

/// `Microsoft.Network/privateEndpoints/privateDnsZoneGroups`
pub(in crate::simulator) struct ZoneGroups;

/// `Microsoft.Network/privateDnsZones`
pub(in crate::simulator) struct Zones;

/// `Microsoft.Network/privateDnsZones/virtualNetworkLinks`
pub(in crate::simulator) struct Links;

/// The records of one type: `Microsoft.Network/privateDnsZones/A`
pub(in crate::simulator) struct Records(pub &'static str);

const INTERFACES: &str = "Microsoft.Network/networkInterfaces";
const WRITE: u64 = 10;

impl Service for Endpoints {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/privateEndpoints"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let subnet = text(&body, "/properties/subnet/id").unwrap_or_default().to_owned();
        let Some(subnet) = draft.scene.world.get(&Key::of(&subnet)) else {
            let message = format!("Resource {subnet} referenced by resource {} was not found.", draft.place.id);
            return Err(Refusal::bad("InvalidResourceReference", message));
        };
        for list in ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"] {
            let is_manual = list.starts_with("manual");
            fill(&mut body, &format!("/properties/{list}"), json!([]));
            let connections = body.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
            connections.into_iter().flatten().for_each(|connection| connect(connection, is_manual));
        }
        fill(&mut body, "/properties/customNetworkInterfaceName", "");
        fill(&mut body, "/properties/ipConfigurations", json!([]));
        fill(&mut body, "/properties/customDnsConfigs", json!([]));
        let interface = interface(&draft, &body, subnet);
        set(&mut body, "/properties/networkInterfaces", json!([{ "id": interface.id }]));
        let also = if draft.prior.is_none() { vec![Change::Put(Box::new(interface.clone()))] } else { Vec::new() };
        Ok(Outcome { also, owns: vec![interface.id], ..Outcome::of(body).lasting(WRITE) })
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// A connection to what is one's own is approved at once.
fn connect(connection: &mut Value, is_manual: bool) {
    let (status, description) =
        if is_manual { ("Pending", "Awaiting Approval") } else { ("Approved", "Auto-Approved") };
    let state = json!({ "status": status, "description": description, "actionsRequired": "None" });
    fill(connection, "/properties/privateLinkServiceConnectionState", state);
    set(connection, "/properties/provisioningState", Value::from("Succeeded"));
}

/// The interface of an endpoint, with the address that was asked for or the next free one of its subnet.
fn interface(draft: &Draft<'_>, body: &Value, subnet: &Resource) -> Resource {
    let present = draft.prior_body().and_then(|prior| text(prior, "/properties/networkInterfaces/0/id"));
    if let Some(present) = present.and_then(|id| draft.scene.world.get(&Key::of(id))) {
        return present.clone();
    }
    let given = text(body, "/properties/customNetworkInterfaceName").filter(|name| !name.is_empty());
    let usual = format!("{}.nic.{}", draft.place.name, draft.scene.guid(&draft.place.key(), "interface"));
    let name = given.map_or(usual, str::to_owned);
    let id = format!("{}/providers/{INTERFACES}/{name}", draft.place.group().unwrap_or_default());
    let asked = text(body, "/properties/ipConfigurations/0/properties/privateIPAddress");
    let address = asked.map(str::to_owned).or_else(|| next_address(draft.scene, subnet)).unwrap_or_default();
    let configuration = json!({
        "name": "privateEndpointIpConfig",
        "properties": { "privateIPAddress": address, "subnet": { "id": subnet.id }, "primary": true },
    });
    let body = json!({
        "location": draft.location(),
        "properties": { "ipConfigurations": [configuration], "privateEndpoint": { "id": draft.place.id },
                        "provisioningState": "Succeeded" },
    });
    Resource::new(id, INTERFACES, body, draft.scene.now)
}

/// Azure keeps the first four addresses of a subnet.
pub(super) fn next_address(scene: Scene<'_>, subnet: &Resource) -> Option<String> {
    let one = text(&subnet.body, "/properties/addressPrefix");
    let range: IpNet = one.or_else(|| text(&subnet.body, "/properties/addressPrefixes/0"))?.parse().ok()?;
    let interfaces = scene.world.all_of_kind(INTERFACES);
    let taken: Vec<&str> = interfaces
        .filter_map(|i| text(&i.body, "/properties/ipConfigurations/0/properties/privateIPAddress"))
        .collect();
    range.hosts().skip(3).map(|host| host.to_string()).find(|host| !taken.contains(&host.as_str()))
}

impl Service for ZoneGroups {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    /// Each zone gets a record for what the endpoint stands for.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let endpoint = draft.scene.world.get(&Key::of(&draft.place.parent));
        let address = endpoint.and_then(|endpoint| {
            let interface = text(&endpoint.body, "/properties/networkInterfaces/0/id")?;
            let interface = draft.scene.world.get(&Key::of(interface))?;
            text(&interface.body, "/properties/ipConfigurations/0/properties/privateIPAddress").map(str::to_owned)
        });
        let target = endpoint.and_then(|endpoint| {
            let service =
                text(&endpoint.body, "/properties/privateLinkServiceConnections/0/properties/privateLinkServiceId")?;
            service.rsplit('/').next().map(str::to_owned)
        });
        let record = target.unwrap_or_else(|| draft.place.name.clone());
        let configs = body.pointer_mut("/properties/privateDnsZoneConfigs").and_then(Value::as_array_mut);
        for config in configs.into_iter().flatten() {
            let zone = text(config, "/properties/privateDnsZoneId").unwrap_or_default().to_owned();
            if draft.scene.world.get(&Key::of(&zone)).is_none() {
                let message = format!("Private DNS zone {zone} was not found.");
                return Err(Refusal::bad("PrivateDnsZoneNotFound", message));
            }
            let domain = zone.rsplit('/').next().unwrap_or_default();
            let set_of_records = json!([{ "recordType": "A", "recordSetName": record, "ttl": 10,
                "fqdn": format!("{record}.{domain}"), "ipAddresses": [address], "provisioningState": "Succeeded" }]);
            set(config, "/properties/recordSets", set_of_records);
        }
        Ok(Outcome::of(body).lasting(WRITE))
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

impl Service for Zones {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/privateDnsZones"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        set(&mut body, "/properties/maxNumberOfRecordSets", Value::from(25_000));
        set(&mut body, "/properties/maxNumberOfVirtualNetworkLinks", Value::from(1_000));
        set(&mut body, "/properties/maxNumberOfVirtualNetworkLinksWithRegistration", Value::from(100));
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        // The zone's own SOA record counts.
        let of_type = |word| scene.world.children(&resource.key(), word).count();
        let records = of_type("A") + of_type("CNAME") + 1;
        let links = scene.world.children(&resource.key(), "virtualNetworkLinks").count();
        set(&mut body, "/properties/numberOfRecordSets", Value::from(records));
        set(&mut body, "/properties/numberOfVirtualNetworkLinks", Value::from(links));
        body
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        if scene.world.children(&resource.key(), "virtualNetworkLinks").next().is_some() {
            let message = format!(
                "Can't delete resource {} because it has nested resources: delete its virtual network links first.",
                resource.id
            );
            return Err(Refusal::new(409, "CannotDeleteResource", message));
        }
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Links {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let network = text(&body, "/properties/virtualNetwork/id").unwrap_or_default();
        if draft.scene.world.get(&Key::of(network)).is_none() {
            let message = format!("The virtual network {network} was not found.");
            return Err(Refusal::bad("BadRequest", message));
        }
        fill(&mut body, "/properties/registrationEnabled", false);
        fill(&mut body, "/properties/resolutionPolicy", "Default");
        set(&mut body, "/properties/virtualNetworkLinkState", Value::from("Completed"));
        Ok(Outcome::of(body).lasting(WRITE))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(WRITE)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Records {
    fn kind(&self) -> &'static str {
        self.0
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let zone = draft.place.parent.rsplit('/').next().unwrap_or_default();
        set(&mut body, "/properties/fqdn", Value::from(format!("{}.{zone}.", draft.place.name)));
        set(&mut body, "/properties/isAutoRegistered", Value::from(false));
        body::unset(&mut body, "/properties/provisioningState");
        Ok(Outcome::of(body))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}
