//! Networks, storage, vaults, workspaces, registries.

use serde_json::{Value, json};

use super::simulator;
use crate::simulator::{Faults, SUBSCRIPTION, TENANT};

#[tokio::test]
async fn subnets_in_a_network_and_by_themselves() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet");
    let body = json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    let accepted = client.put(&id, &body).await.is(201);
    client.follow(&accepted).await;
    let subnet = |prefix: &str| json!({"properties": {"addressPrefixes": [prefix]}});
    let at = |name: &str| format!("{id}/subnets/{name}");
    let accepted = client.put(&at("a"), &subnet("10.0.0.0/24")).await.is(201);
    assert_eq!(client.put(&at("b"), &subnet("10.0.1.0/24")).await.is(409).code(), "AnotherOperationInProgress");
    client.follow(&accepted).await;
    for (prefix, code) in [
        ("10.0.0.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.1.0.0/24", "NetcfgSubnetRangeOutsideVnet"),
        ("10.0.1.1/24", "InvalidAddressPrefixFormat"),
        ("ten", "InvalidAddressPrefixFormat"),
    ] {
        assert_eq!(client.put(&at("b"), &subnet(prefix)).await.is(400).code(), code, "{prefix}");
    }
    let read = client.get(&id).await.is(200);
    assert_eq!(read.text("/properties/subnets/0/properties/addressPrefix"), "10.0.0.0/24");

    let mut other = body.clone();
    other["properties"]["subnets"] = json!([{"name": "c", "properties": {"addressPrefix": "10.0.9.0/24"}}]);
    let accepted = client.put(&id, &other).await.is(200);
    client.follow(&accepted).await;
    client.get(&at("a")).await.is(404);
    client.get(&at("c")).await.is(200);
    let deleting = client.delete(&id).await.is(202);
    client.follow(&deleting).await;
    assert_eq!(client.get(&at("c")).await.is(404).code(), "ParentResourceNotFound");
}

#[tokio::test]
async fn a_subnet_with_nodes_stays() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let network = format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet");
    let subnets = json!([{"name": "nodes", "properties": {"addressPrefix": "10.0.0.0/24"}}]);
    let body = json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}});
    let accepted = client.put(&network, &body).await.is(201);
    client.follow(&accepted).await;
    let pool = |subnet: String| json!([{"name": "system", "mode": "System", "vmSize": "Standard_D2s_v5", "vnetSubnetID": subnet}]);
    let cluster = |subnet| json!({"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": {"dnsPrefix": "x", "agentPoolProfiles": pool(subnet)}});
    let id = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
    let lost = client.put(&id, &cluster(format!("{network}/subnets/lost"))).await.is(400);
    assert_eq!(lost.code(), "VnetSubnetNotFound");
    let nodes = format!("{network}/subnets/nodes");
    let accepted = client.put(&id, &cluster(nodes.to_lowercase())).await.is(201);
    client.follow(&accepted).await;
    assert_eq!(client.delete(&nodes).await.is(400).code(), "InUseSubnetCannotBeDeleted");
    assert_eq!(client.delete(&network).await.is(400).code(), "InUseSubnetCannotBeDeleted");
}

#[tokio::test]
async fn a_storage_account_comes_by_location_with_its_services() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = format!("{group}/providers/Microsoft.Storage/storageAccounts/stshop");
    let body =
        json!({"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}});
    let accepted = client.put(&id, &body).await.is(202);
    assert_eq!(accepted.body, Value::Null);
    let (end, polls) = client.follow(&accepted).await;
    assert!(polls >= 1);
    assert_eq!(end.is(200).text("/properties/primaryEndpoints/blob"), "https://stshop.blob.core.windows.net/");
    let container = format!("{id}/blobServices/default/containers/ledger");
    let made = client.put(&container, &json!({"properties": {}})).await.is(201);
    assert_eq!(made.text("/properties/publicAccess"), "None");
    let keys = client.send("POST", &format!("{id}/listKeys"), &Value::Null).await.is(200);
    assert_eq!(keys.body["keys"].as_array().unwrap().len(), 2);
    let elsewhere = id.replace("/stshop", "/St_Shop");
    assert_eq!(client.put(&elsewhere, &body).await.is(400).code(), "AccountNameInvalid");
    client.put(&id, &body).await.is(200);
    client.delete(&id).await.is(200);
    client.get(&container).await.is(404);
}

#[tokio::test]
async fn a_deleted_vault_keeps_its_name_if_told_to() {
    let (_running, mut client) = simulator(Faults { soft_delete: true, ..Faults::default() }).await;
    let group = client.group().await;
    let id = format!("{group}/providers/Microsoft.KeyVault/vaults/kv-shop");
    let properties = json!({"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}});
    let body = json!({"location": "westeurope", "properties": properties});
    client.put(&id, &body).await.is(200);
    let read = client.get(&id).await.is(200);
    assert_eq!(read.text("/properties/vaultUri"), "https://kv-shop.vault.azure.net/");
    client.delete(&id).await.is(200);
    assert_eq!(client.put(&id, &body).await.is(409).code(), "ConflictError");
    let mut recovered = body.clone();
    recovered["properties"]["createMode"] = json!("recover");
    client.put(&id, &recovered).await.is(200);
    let deleting = client.delete(&group).await.is(202);
    client.follow(&deleting).await;
    client.group().await;
    assert_eq!(client.put(&id, &body).await.is(409).code(), "ConflictError");
    let remains = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-shop"
    );
    assert_eq!(client.get(&remains).await.is(200).text("/properties/vaultId"), id);
    client.send("POST", &format!("{remains}/purge"), &Value::Null).await.is(200);
    client.put(&id, &body).await.is(200);
}

#[tokio::test]
async fn workspaces_and_registries_are_filled_in() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let logs = format!("{group}/providers/Microsoft.OperationalInsights/workspaces/log");
    client.put(&logs, &json!({"location": "westeurope"})).await.is(201);
    let read = client.get(&logs).await.is(200);
    assert_eq!(read.text("/properties/provisioningState"), "Succeeded");
    assert!(uuid::Uuid::try_parse(read.text("/properties/customerId")).is_ok());
    let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/crShop");
    let body = json!({"location": "westeurope", "sku": {"name": "Standard"}, "identity": {"type": "SystemAssigned"}});
    let accepted = client.put(&registry, &body).await.is(201);
    client.follow(&accepted).await;
    let read = client.get(&registry).await.is(200);
    assert_eq!(read.text("/properties/loginServer"), "crshop.azurecr.io");
    assert!(!read.text("/identity/principalId").is_empty());
}
