//! Public DNS zones with their records.

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, set};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{Key, Place};
use crate::simulator::world::Resource;

/// `Microsoft.Network/dnsZones`
pub(in crate::simulator) struct Zones;

/// `Microsoft.Network/dnsZones/SOA`: each zone has one, whether anybody wrote it or not.
pub(in crate::simulator) struct Authority;

/// The records of one type: `Microsoft.Network/dnsZones/A`
pub(in crate::simulator) struct Records(pub &'static str);

const SERVERS: [&str; 4] =
    ["ns1-01.azure-dns.com.", "ns2-01.azure-dns.net.", "ns3-01.azure-dns.org.", "ns4-01.azure-dns.info."];

impl Service for Zones {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/dnsZones"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        if !draft.place.name.contains('.') {
            let message = format!("The zone name '{}' does not have enough labels.", draft.place.name);
            return Err(Refusal::bad("BadRequest", message));
        }
        set(&mut body, "/properties/maxNumberOfRecordSets", Value::from(10_000));
        set(&mut body, "/properties/nameServers", json!(SERVERS));
        set(&mut body, "/properties/zoneType", Value::from("Public"));
        Ok(Outcome::of(body))
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        // The zone's own records of authority and of name servers count.
        let of_type = |word| scene.world.children(&resource.key(), word).count();
        let records = of_type("A") + of_type("CNAME") + 2;
        set(&mut body, "/properties/numberOfRecordSets", Value::from(records));
        body
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

impl Service for Authority {
    fn kind(&self) -> &'static str {
        "Microsoft.Network/dnsZones/SOA"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn built_in(&self, scene: Scene<'_>, place: &Place) -> Option<Value> {
        scene.world.get(&Key::of(&place.parent)).filter(|_| place.name == "@")?;
        let properties = json!({
            "TTL": 3600,
            "fqdn": fqdn(place),
            "SOARecord": {
                "host": SERVERS[0],
                "email": "azuredns-hostmaster.microsoft.com",
                "serialNumber": 1,
                "refreshTime": 3600,
                "retryTime": 300,
                "expireTime": 2_419_200,
                "minimumTTL": 300,
            },
        });
        Some(json!({"id": place.id, "name": place.name, "type": self.kind(), "properties": properties}))
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        set(&mut body, "/properties/fqdn", Value::from(fqdn(draft.place)));
        set(&mut body, "/properties/SOARecord/host", Value::from(SERVERS[0]));
        body::unset(&mut body, "/properties/provisioningState");
        Ok(Outcome::of(body))
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
        let has = |pointer: &str| body.pointer(pointer).is_some();
        let has_own = has("/properties/ARecords/0") || has("/properties/CNAMERecord/cname");
        if has_own && has("/properties/targetResource/id") {
            let message = "A record set has either records or a target resource, not both.";
            return Err(Refusal::bad("BadRequest", message));
        }
        set(&mut body, "/properties/fqdn", Value::from(fqdn(draft.place)));
        body::unset(&mut body, "/properties/provisioningState");
        Ok(Outcome::of(body))
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/etag")
    }
}

/// The whole name of a record; the zone's own record has the zone's.
fn fqdn(place: &Place) -> String {
    let zone = place.parent.rsplit('/').next().unwrap_or_default();
    if place.name == "@" { format!("{zone}.") } else { format!("{}.{zone}.", place.name) }
}
