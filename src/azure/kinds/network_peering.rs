//! `azurerm_virtual_network_peering`

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::arm::{Method, Request};
use super::super::wire::{self, Row, Same, Table, flag, name, resource_group_name, text, text_map, texts};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::network::NETWORK;
use crate::value::Value;

/// One side of a peering of two networks.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Peering)
}

fn table() -> Table {
    Table::of(
        "azurerm_virtual_network_peering",
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        NETWORK,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         virtualNetworks/{virtual_network_name}/virtualNetworkPeerings/{name}",
    )
    .about("One side of a peering of two virtual networks.")
    .rows([name(), resource_group_name(), text("virtual_network_name").required().replaces().same(Same::Caseless)])
    .rows(settings())
    .rows([
        texts("local_subnet_names").at("properties.localSubnetNames"),
        texts("remote_subnet_names").at("properties.remoteSubnetNames"),
        text_map("triggers").about("A change of these lets this side learn the other's address ranges anew."),
    ])
}

fn settings() -> Vec<Row> {
    vec![
        text("remote_virtual_network_id")
            .required()
            .replaces()
            .same(Same::ArmId)
            .at("properties.remoteVirtualNetwork.id")
            .about("The other network."),
        flag("allow_virtual_network_access").default_to(true).at("properties.allowVirtualNetworkAccess"),
        flag("allow_forwarded_traffic").default_to(false).at("properties.allowForwardedTraffic"),
        flag("allow_gateway_transit").default_to(false).at("properties.allowGatewayTransit"),
        flag("use_remote_gateways").default_to(false).at("properties.useRemoteGateways"),
        flag("only_ipv6_peering_enabled").replaces().at("properties.enableOnlyIPv6Peering"),
        flag("peer_complete_virtual_networks_enabled").default_to(true).replaces().at("properties.peerCompleteVnets"),
    ]
}

struct Peering;

#[async_trait]
impl Hooks for Peering {
    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        if wire::changed(prior, planned, "triggers") {
            let request =
                Request::new(Method::Put, call.id, call.api_version).query("syncRemoteAddressSpace", "true").body(body);
            call.azure.client.perform(&request, &call.patience).await?;
        } else if body != *before {
            call.put(body).await?;
        }
        Ok(())
    }

    /// Azure changes one peering of a network at a time.
    fn lane(&self, id: &str) -> Option<String> {
        let (network, _) = id.rsplit_once("/virtualNetworkPeerings/")?;
        Some(format!("network:{network}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
