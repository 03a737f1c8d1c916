//! Clusters and node pools.

use serde_json::{Value, json};

use super::{Client, assignment, assignment_id, identity, simulator};
use crate::simulator::{Faults, SUBSCRIPTION, TENANT};

const OPERATOR: &str = "f1a07417-d97a-45cb-824c-7a7467783830";

fn cluster_id(group: &str) -> String {
    format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks-shop")
}

/// A small cluster with an identity of its own.
fn cluster() -> Value {
    json!({
        "location": "West Europe",
        "identity": {"type": "SystemAssigned", "userAssignedIdentities": null},
        "properties": {
            "dnsPrefix": "shop",
            "kubernetesVersion": "1.33",
            "nodeResourceGroup": "",
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"workloadIdentity": {"enabled": true}},
            "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "", "podCidrs": []},
            "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D4s_v5", "kubeletDiskType": ""}],
        }
    })
}

/// Makes a cluster and waits for it.
async fn made(client: &mut Client, id: &str, body: &Value) -> Value {
    let accepted = client.put(id, body).await.is(201);
    assert_eq!(accepted.text("/properties/provisioningState"), "Creating");
    let (end, _) = client.follow(&accepted).await;
    assert_eq!(end.text("/status"), "Succeeded", "{end:#?}");
    client.get(id).await.is(200).body
}

#[tokio::test]
async fn a_cluster_is_filled_in_as_aks_does() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = cluster_id(&group);
    let body = made(&mut client, &id, &cluster()).await;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!(text("/properties/provisioningState"), "Succeeded");
    assert_eq!(text("/properties/currentKubernetesVersion"), "1.33.5");
    assert_eq!(text("/properties/nodeResourceGroup"), "MC_rg_aks-shop_westeurope");
    assert_eq!(text("/properties/networkProfile/podCidr"), "10.244.0.0/16");
    assert_eq!(text("/properties/networkProfile/dnsServiceIP"), "10.0.0.10");
    assert_eq!(text("/sku/tier"), "Free");
    assert!(text("/properties/fqdn").ends_with(".hcp.westeurope.azmk8s.io"));
    let issuer = text("/properties/oidcIssuerProfile/issuerURL");
    assert!(
        issuer.starts_with(&format!("https://westeurope.oic.prod-aks.azure.com/{TENANT}/")) && issuer.ends_with('/')
    );
    let pool = &body["properties"]["agentPoolProfiles"][0];
    assert_eq!((pool["maxPods"].as_i64(), pool["osDiskSizeGB"].as_i64()), (Some(110), Some(128)));
    assert_eq!(
        (pool["kubeletDiskType"].as_str(), pool["upgradeSettings"]["maxSurge"].as_str()),
        (Some("OS"), Some("10%"))
    );
    let kubelet = text("/properties/identityProfile/kubeletidentity/resourceId");
    let kubelet = client.get(&kubelet).await.is(200);
    assert_eq!(kubelet.text("/properties/clientId"), text("/properties/identityProfile/kubeletidentity/clientId"));
    let nodes = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_rg_aks-shop_westeurope");
    assert_eq!(client.get(&nodes).await.is(200).text("/managedBy"), id);

    let again = client.put(&id, &body).await.is(200);
    client.follow(&again).await;
    let mut same = client.get(&id).await.is(200).body;
    assert_ne!(same["eTag"], body["eTag"]);
    same["eTag"] = body["eTag"].clone();
    assert_eq!(same, body);

    let deleting = client.delete(&id).await.is(202);
    client.follow(&deleting).await;
    client.get(&id).await.is(404);
    client.get(&nodes).await.is(404);
}

#[tokio::test]
async fn what_aks_refuses() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = cluster_id(&group);
    let with = |pointer: &str, value: Value| {
        let mut body = cluster();
        crate::simulator::body::set(&mut body, pointer, value);
        body
    };
    for (body, code) in [
        (with("/properties/kubernetesVersion", json!("1.11")), "K8sVersionNotSupported"),
        (with("/properties/agentPoolProfiles", json!([])), "InvalidParameter"),
        (with("/properties/agentPoolProfiles/0", json!(null)), "InvalidParameter"),
        (with("/properties/dnsPrefix", json!("-x")), "InvalidParameter"),
        (with("/properties/oidcIssuerProfile/enabled", json!(false)), "InvalidParameter"),
        (with("/identity", json!({"type": "None"})), "InvalidParameter"),
    ] {
        let got = client.put(&id, &body).await.is(400);
        assert_eq!((got.code(), got.body.get("error")), (code, None), "{got:#?}");
    }
    let retired = client.put(&format!("{id}?api-version=2023-01-02-preview"), &cluster()).await.is(400);
    assert_eq!(retired.code(), "NoRegisteredProviderFound");

    let body = made(&mut client, &id, &cluster()).await;
    for (pointer, value, code) in [
        ("/properties/oidcIssuerProfile/enabled", json!(false), "BadRequest"),
        ("/properties/networkProfile/serviceCidr", json!("10.1.0.0/16"), "PropertyChangeNotAllowed"),
        ("/properties/dnsPrefix", json!("other"), "PropertyChangeNotAllowed"),
        ("/properties/enableRBAC", json!(false), "PropertyChangeNotAllowed"),
        ("/properties/agentPoolProfiles/0/count", json!(5), "PropertyChangeNotAllowed"),
        ("/properties/kubernetesVersion", json!("1.35"), "OperationNotAllowed"),
    ] {
        let mut changed = body.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        let got = client.put(&id, &changed).await.is(400);
        assert_eq!(got.code(), code, "{pointer}: {got:#?}");
    }
}

#[tokio::test]
async fn a_chosen_kubelet_identity_must_be_assignable_by_the_control_plane() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let (plane, plane_body) = identity(&mut client, &group, "id-plane").await;
    let (kubelet, kubelet_body) = identity(&mut client, &group, "id-kubelet").await;
    let of = |name: &str| kubelet_body["properties"][name].clone();
    let mut body = cluster();
    body["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {(plane.clone()): {}}});
    body["properties"]["identityProfile"] =
        json!({"kubeletidentity": {"resourceId": kubelet, "clientId": of("clientId"), "objectId": of("principalId")}});
    let id = cluster_id(&group);
    let refused = client.put(&id, &body).await.is(400);
    assert_eq!(refused.body["code"], "CustomKubeletIdentityMissingPermissionError");

    let mut grant = assignment(OPERATOR, &plane_body["properties"]["principalId"]);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    client.put(&assignment_id(&kubelet, 1), &grant).await.is(201);
    // The grant takes a while to take effect.
    client.put(&id, &body).await.is(400);
    client.send("POST", "/simulator/clock", &json!({"advance": 60})).await.is(200);
    let made = made(&mut client, &id, &body).await;
    assert_eq!(
        made["identity"]["userAssignedIdentities"][&plane]["principalId"],
        plane_body["properties"]["principalId"]
    );
    let echoed = client.put(&id, &made).await.is(400);
    assert_eq!(echoed.code(), "InvalidIdentityValues");
    let mut blanked = made.clone();
    blanked["identity"]["userAssignedIdentities"][&plane] = json!({});
    client.put(&id, &blanked).await.is(200);
}

#[tokio::test]
async fn one_operation_at_a_time_on_a_cluster_and_its_pools() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = cluster_id(&group);
    let accepted = client.put(&id, &cluster()).await.is(201);
    let pool = format!("{id}/agentPools/work");
    let body = json!({"properties": {"vmSize": "Standard_D8s_v5", "count": 3}});
    let busy = client.put(&pool, &body).await.is(409);
    assert_eq!(busy.code(), "OperationNotAllowed");
    client.follow(&accepted).await;

    let accepted = client.put(&pool, &body).await.is(201);
    assert_eq!(client.put(&format!("{id}/agentPools/other"), &body).await.is(409).code(), "OperationNotAllowed");
    client.follow(&accepted).await;
    let read = client.get(&pool).await.is(200);
    assert_eq!((read.text("/properties/mode"), read.text("/properties/provisioningState")), ("User", "Succeeded"));
    assert_eq!(client.get(&id).await.body["properties"]["agentPoolProfiles"].as_array().unwrap().len(), 2);
    assert_eq!(client.get(&id).await.text("/properties/provisioningState"), "Succeeded");
    let mut bigger = read.body.clone();
    bigger["properties"]["vmSize"] = json!("Standard_D16s_v5");
    assert_eq!(client.put(&pool, &bigger).await.is(400).code(), "PropertyChangeNotAllowed");

    client.headers.push(("if-match".to_owned(), "\"stale\"".to_owned()));
    client.put(&pool, &read.body).await.is(412);
    client.headers.pop();
    client.headers.push(("if-match".to_owned(), read.text("/properties/eTag").to_owned()));
    let accepted = client.put(&pool, &read.body).await.is(200);
    client.headers.pop();
    client.follow(&accepted).await;

    let last = client.delete(&format!("{id}/agentPools/system")).await.is(400);
    assert_eq!(last.code(), "LastSystemPoolNotAllowed");
    let deleting = client.delete(&pool).await.is(202);
    client.follow(&deleting).await;
    assert_eq!(client.get(&pool).await.is(404).code(), "NotFound");
}

#[tokio::test]
async fn an_accepted_cluster_can_fail_later_and_report_strange_words() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let kind = "Microsoft.ContainerService/managedClusters";
    let fail = json!({"method": "PUT", "kind": kind, "times": 1, "effect": {"fail_late": {"code": "Quota", "message": "No cores left."}}});
    let word = json!({"kind": "operations", "times": 2, "effect": {"poll_word": {"word": "Frobnicating"}}});
    client.send("POST", "/simulator/faults", &json!({"rules": [fail, word]})).await.is(200);
    let id = cluster_id(&group);
    let accepted = client.put(&id, &cluster()).await.is(201);
    let url = accepted.headers["azure-asyncoperation"].clone();
    assert_eq!(client.get(&url).await.is(200).text("/status"), "Frobnicating");
    client.get(&url).await.is(200);
    let (end, _) = client.follow(&accepted).await;
    assert_eq!((end.text("/status"), end.text("/error/code")), ("Failed", "Quota"));
    assert_eq!(client.get(&id).await.is(200).text("/properties/provisioningState"), "Failed");
    let again = client.put(&id, &cluster()).await.is(200);
    client.follow(&again).await;
    assert_eq!(client.get(&id).await.text("/properties/provisioningState"), "Succeeded");
}

#[tokio::test]
async fn what_hangs_on_a_cluster() {
    let (_running, mut client) = simulator(Faults::default()).await;
    let group = client.group().await;
    let id = cluster_id(&group);
    made(&mut client, &id, &cluster()).await;
    let got = client.send("POST", &format!("{id}/listClusterUserCredential"), &Value::Null).await.is(200);
    assert_eq!(got.text("/kubeconfigs/0/name"), "clusterUser");
    let window = format!("{id}/maintenanceConfigurations/aksManagedAutoUpgradeSchedule");
    client.get(&window).await.is(404);
    let schedule = json!({"weekly": {"intervalWeeks": 1, "dayOfWeek": "Friday"}});
    let body =
        json!({"properties": {"maintenanceWindow": {"schedule": schedule, "durationHours": 4, "startTime": "01:00"}}});
    let made = client.put(&window, &body).await.is(201);
    assert_eq!(made.text("/properties/maintenanceWindow/utcOffset"), "+00:00");
    client.put(&window.replace("aksManagedAutoUpgradeSchedule", "mine"), &body).await.is(400);
    client.delete(&window).await.is(200);
    let versions = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions"
    );
    let versions = client.get(&versions).await.is(200);
    assert!(versions.body["values"].as_array().unwrap().iter().any(|version| version["isDefault"] == true));
    let upgrades = client.get(&format!("{id}/upgradeProfiles/default")).await.is(200);
    assert_eq!(upgrades.text("/properties/controlPlaneProfile/upgrades/0/kubernetesVersion"), "1.34.1");
    let listed = client
        .get(&format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerService/managedClusters"))
        .await;
    assert_eq!(listed.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(listed.text("/value/0/properties/agentPoolProfiles/0/name"), "system");
}

#[tokio::test]
async fn pod_identities_are_kept_and_all_checked_at_each_write() {
    let (_running, mut client) = simulator(Faults { propagation_seconds: 0, ..Faults::default() }).await;
    let group = client.group().await;
    let id = cluster_id(&group);
    let body = made(&mut client, &id, &cluster()).await;
    let (pod, _) = identity(&mut client, &group, "id-pod").await;
    let mut with_pod = body.clone();
    let entry = json!({"name": "shop", "namespace": "shop", "identity": {"resourceId": pod}});
    with_pod["properties"]["podIdentityProfile"] = json!({"enabled": true, "userAssignedIdentities": [entry]});
    assert_eq!(client.put(&id, &with_pod).await.is(403).code(), "LinkedAuthorizationFailed");
    let mut grant = assignment(OPERATOR, &body["identity"]["principalId"]);
    grant["properties"]["principalType"] = json!("ServicePrincipal");
    client.put(&assignment_id(&pod, 1), &grant).await.is(201);
    let accepted = client.put(&id, &with_pod).await.is(200);
    client.follow(&accepted).await;
    let read = client.get(&id).await.is(200);
    assert_eq!(read.text("/properties/podIdentityProfile/userAssignedIdentities/0/bindingSelector"), "shop");
    client.delete(&assignment_id(&pod, 1)).await.is(200);
    assert_eq!(client.put(&id, &read.body).await.is(403).code(), "LinkedAuthorizationFailed");
}
