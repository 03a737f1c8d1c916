//! Network interfaces, and the bastions by which machines are reached.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::private_links::next_address;
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// `Microsoft.Network/networkInterfaces`
pub(in crate::simulator) struct Interfaces;

/// `Microsoft.Network/bastionHosts`
pub(in crate::simulator) struct Bastions;

const MACHINES: &str = "Microsoft.Compute/virtualMachines";
const WRITE: u64 = 3;

/// Refuses a reference to what is not there.
pub(super) fn check_reference<'s>(draft: &Draft<'s>, id: &str) -> Result<&'s Resource, Refusal> {
    draft.scene.world.get(&Key::of(id)).ok_or_else(|| {
        let message = format!("Resource {id} referenced by resource {} was not found.", draft.place.id);
        Refusal::bad("InvalidResourceReference", message)
    })
}

impl Service for Interfaces {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/networkInterfaces"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let mut all =
            body.pointer("/properties/ipConfigurations").and_then(Value::as_array).cloned().unwrap_or_default();
        if all.is_empty() {
            return Err(Refusal::bad("NetworkInterfaceMustHaveIpConfiguration", "There is no IP configuration."));
        }
        let has_primary = all.iter().any(|one| body::flag(one, "/properties/primary") == Some(true));
        for (position, one) in all.iter_mut().enumerate() {
            configure(&draft, one, position == 0 && !has_primary)?;
        }
        set(&mut body, "/properties/ipConfigurations", Value::from(all));
        for name in ["enableAcceleratedNetworking", "enableIPForwarding", "disableTcpStateTracking"] {
            fill(&mut body, &format!("/properties/{name}"), false);
        }
        for (name, value) in [("auxiliaryMode", "None"), ("auxiliarySku", "None"), ("nicType", "Standard")] {
            fill(&mut body, &format!("/properties/{name}"), value);
        }
        fill(&mut body, "/properties/dnsSettings/dnsServers", json!([]));
        let servers = body.pointer("/properties/dnsSettings/dnsServers").cloned().unwrap_or_default();
        set(&mut body, "/properties/dnsSettings/appliedDnsServers", servers);
        let guid = draft.scene.guid(&draft.place.key(), "interface");
        let domain = format!("{}.internal.cloudapp.net", guid.replace('-', "").get(..25).unwrap_or_default());
        set(&mut body, "/properties/dnsSettings/internalDomainNameSuffix", Value::from(domain));
        set(&mut body, "/properties/macAddress", Value::from(hardware_address(&guid)));
        set(&mut body, "/properties/resourceGuid", Value::from(guid));
        body::unset(&mut body, "/properties/virtualMachine");
        Ok(Outcome::of(body).lasting(WRITE))
    }

    /// The machine that uses it is told with it.
    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        if let Some(machine) = user_of(scene, resource) {
            set(&mut body, "/properties/virtualMachine", json!({ "id": machine }));
        }
        body
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        let Some(machine) = user_of(scene, resource) else { return Ok(Some(Duration::from_secs(WRITE))) };
        let message = format!(
            "Network Interface {} is used by existing resource {machine}. In order to delete the network interface, it \
             must be dissociated from the resource.",
            resource.id
        );
        Err(Refusal::bad("NicInUse", message))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// Completes one configuration: with the address that was asked for, that it has, or that is free in its subnet.
fn configure(draft: &Draft<'_>, one: &mut Value, is_primary: bool) -> Result<(), Refusal> {
    fill(one, "/properties/privateIPAddressVersion", "IPv4");
    fill(one, "/properties/privateIPAllocationMethod", "Dynamic");
    fill(one, "/properties/primary", is_primary);
    if let Some(address) = text(one, "/properties/publicIPAddress/id") {
        check_reference(draft, address)?;
    }
    if let Some(subnet) = text(one, "/properties/subnet/id").map(str::to_owned) {
        let subnet = check_reference(draft, &subnet)?;
        if body::absent(one, "/properties/privateIPAddress") {
            let address = next_address(draft.scene, subnet).unwrap_or_default();
            set(one, "/properties/privateIPAddress", Value::from(address));
        }
    }
    let name = text(one, "/name").unwrap_or_default().to_owned();
    set(one, "/id", Value::from(format!("{}/ipConfigurations/{name}", draft.place.id)));
    set(one, "/properties/provisioningState", Value::from("Succeeded"));
    Ok(())
}

/// The machine that an interface is of.
fn user_of<'s>(scene: Scene<'s>, interface: &Resource) -> Option<&'s str> {
    let key = interface.key();
    let has = |machine: &&Resource| {
        let all = machine.body.pointer("/properties/networkProfile/networkInterfaces").and_then(Value::as_array);
        all.into_iter().flatten().filter_map(|one| text(one, "/id")).any(|id| Key::of(id) == key)
    };
    scene.world.all_of_kind(MACHINES).find(has).map(|machine| machine.id.as_str())
}

fn hardware_address(guid: &str) -> String {
    let digits: Vec<char> = guid.chars().filter(char::is_ascii_hexdigit).take(6).collect();
    let last: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect::<String>().to_uppercase()).collect();
    format!("00-0D-3A-{}", last.join("-"))
}

impl Service for Bastions {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/bastionHosts"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        fill(&mut body, "/sku/name", "Standard");
        if let Some(prior) = draft.prior_body() {
            check_sku(text(prior, "/sku/name").unwrap_or_default(), text(&body, "/sku/name").unwrap_or_default())?;
        }
        fill(&mut body, "/properties/scaleUnits", 2);
        let all = body.pointer("/properties/ipConfigurations").and_then(Value::as_array).cloned().unwrap_or_default();
        for one in &all {
            for pointer in ["/properties/subnet/id", "/properties/publicIPAddress/id"] {
                check_reference(&draft, text(one, pointer).unwrap_or_default())?;
            }
        }
        let guid = draft.scene.guid(&draft.place.key(), "bastion");
        set(&mut body, "/properties/dnsName", Value::from(format!("bst-{guid}.bastion.azure.com")));
        Ok(Outcome::of(body).lasting(300))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(180)))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

fn check_sku(before: &str, after: &str) -> Result<(), Refusal> {
    let rank = |sku: &str| ["Developer", "Basic", "Standard", "Premium"].iter().position(|known| *known == sku);
    if rank(after) >= rank(before) {
        return Ok(());
    }
    let message = format!("Bastion Host SKU downgrade from {before} to {after} is not supported.");
    Err(Refusal::bad("BastionSkuDowngradeNotSupported", message))
}
