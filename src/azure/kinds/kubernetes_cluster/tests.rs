//! Plans, bodies and answers of a cluster.

#![allow(clippy::unwrap_used)]

use serde_json::{Value as Json, json};

use super::super::super::wire::{Dialect, Reading, at};
use super::super::testing::{UNKNOWN, altered, change, config, created, creation, differences, refreshed, replacing};
use super::kind;
use crate::provider::{Kind, Planned};
use crate::value::Value;

const GROUP: &str = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-harbour";

fn harbour() -> Json {
    json!({
        "name": "aks-harbour", "location": "West Europe", "resource_group_name": "rg-harbour", "dns_prefix": "harbour",
        "kubernetes_version": "1.33", "tags": {"team": "harbour"}, "oidc_issuer_enabled": true,
        "default_node_pool": {"name": "system", "vm_size": "Standard_D4s_v5", "node_count": 2},
        "identity": {"type": "SystemAssigned"},
        "network_profile": {"network_plugin": "azure", "network_plugin_mode": "overlay"},
        "node_provisioning_profile": {"mode": "Manual"},
    })
}

fn answer() -> Json {
    serde_json::from_str(ANSWER).unwrap()
}

/// A cluster as Azure answers it, and what is read beside it.
const ANSWER: &str = r#"{
        "id": "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-harbour/providers/Microsoft.ContainerService/managedClusters/aks-harbour",
        "name": "aks-harbour", "location": "westeurope", "eTag": "e1", "tags": {"team": "harbour"},
        "sku": {"name": "Base", "tier": "Free"},
        "identity": {"type": "SystemAssigned", "principalId": "d0000000-0000-4000-8000-000000000001", "tenantId": "t1"},
        "properties": {
            "provisioningState": "Succeeded", "powerState": {"code": "Running"},
            "kubernetesVersion": "1.33", "currentKubernetesVersion": "1.33.5", "dnsPrefix": "harbour",
            "fqdn": "harbour-1.hcp.westeurope.azmk8s.io", "azurePortalFQDN": "harbour-1.portal.hcp.westeurope.azmk8s.io",
            "nodeResourceGroup": "MC_rg-harbour_aks-harbour_westeurope", "enableRBAC": true, "supportPlan": "KubernetesOfficial",
            "disableLocalAccounts": false, "maxAgentPools": 100,
            "agentPoolProfiles": [{
                "name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D4s_v5", "osDiskSizeGB": 128,
                "osDiskType": "Managed", "kubeletDiskType": "OS", "maxPods": 110, "type": "VirtualMachineScaleSets",
                "orchestratorVersion": "1.33", "currentOrchestratorVersion": "1.33.5", "enableAutoScaling": false,
                "osType": "Linux", "osSKU": "Ubuntu", "scaleDownMode": "Delete", "enableFIPS": false, "enableUltraSSD": false,
                "nodeLabels": {}, "provisioningState": "Succeeded", "powerState": {"code": "Running"},
                "nodeImageVersion": "AKSUbuntu-1", "eTag": "p1"
            }],
            "servicePrincipalProfile": {"clientId": "msi"},
            "identityProfile": {"kubeletidentity": {
                "clientId": "c1", "objectId": "o1",
                "resourceId": "/subscriptions/4/resourcegroups/MC_x/providers/Microsoft.ManagedIdentity/userAssignedIdentities/k"}},
            "networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "azure", "networkPolicy": "none",
                "loadBalancerSku": "Standard", "outboundType": "loadBalancer", "podCidr": "10.244.0.0/16",
                "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10", "ipFamilies": ["IPv4"],
                "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}, "backendPoolType": "NodeIPConfiguration"}},
            "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": "none"},
            "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://westeurope.oic.prod-aks.azure.com/t1/u1/"},
            "securityProfile": {}, "storageProfile": {"diskCSIDriver": {"enabled": true}, "fileCSIDriver": {"enabled": true}},
            "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"},
            "bootstrapProfile": {"artifactSource": "Direct"},
            "windowsProfile": {"adminUsername": "azureuser"}
        },
        "maintenance": {"default": {"present": false}, "autoUpgrade": {"present": false}, "nodeOs": {"present": false}},
        "credentials": {"user": [{"host": "https://h"}], "userRaw": "apiVersion: v1", "admin": [], "adminRaw": ""}
    }"#;

fn text(value: &Value, path: &str) -> String {
    at(value, path).and_then(Value::as_str).unwrap_or("<none>").to_owned()
}

#[test]
fn a_creation_sends_what_is_configured_and_the_defaults() {
    let kind = kind();
    let plan = creation(&kind, Dialect::V5, &harbour());
    assert!(plan.findings.is_empty(), "{:?}", plan.findings);
    let body = kind.first_body(&plan.planned);
    let pool = json!({
        "name": "system", "count": 2, "vmSize": "Standard_D4s_v5", "mode": "System", "osType": "Linux",
        "osDiskType": "Managed", "scaleDownMode": "Delete", "type": "VirtualMachineScaleSets", "enableUltraSSD": false,
        "enableAutoScaling": false, "enableFIPS": false, "enableEncryptionAtHost": false, "enableNodePublicIP": false,
    });
    assert_eq!(body["properties"]["agentPoolProfiles"], json!([pool]));
    for (pointer, expected) in [
        ("/location", json!("westeurope")),
        ("/sku", json!({"name": "Base", "tier": "Free"})),
        ("/identity", json!({"type": "SystemAssigned"})),
        ("/properties/servicePrincipalProfile", json!({"clientId": "msi"})),
        ("/properties/oidcIssuerProfile", json!({"enabled": true})),
        ("/properties/apiServerAccessProfile/disableRunCommand", json!(false)),
        ("/properties/autoUpgradeProfile", json!({"nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": "none"})),
        ("/properties/addonProfiles", json!({"azurepolicy": {"enabled": false, "config": {"version": "v2"}}})),
        ("/properties/nodeProvisioningProfile", json!({"mode": "Manual", "defaultNodePools": "Auto"})),
        ("/properties/networkProfile/networkPluginMode", json!("overlay")),
        ("/tags", json!({"team": "harbour"})),
    ] {
        assert_eq!(body.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn what_only_azure_knows_is_unknown_at_creation_and_the_id_is_not() {
    let planned = creation(&kind(), Dialect::V4, &harbour()).planned;
    assert!(text(&planned, "id").ends_with("/managedClusters/aks-harbour"));
    for path in [
        "oidc_issuer_url",
        "identity.principal_id",
        "fqdn",
        "kube_config_raw",
        "kubelet_identity",
        "node_resource_group",
        "default_node_pool.max_pods",
        "network_profile.pod_cidr",
        "windows_profile",
    ] {
        assert!(!at(&planned, path).unwrap().is_known(), "{path}");
    }
}

/// What Azure may answer to the same cluster, from the field and from its own documents.
fn manners() -> Vec<(&'static str, Json)> {
    vec![
        ("location", json!("West Europe")),
        ("name", json!("AKS-Harbour")),
        ("tags", Json::Null),
        ("tags.aks-managed", json!("x")),
        ("sku.tier", json!("Paid")),
        ("sku", Json::Null),
        ("identity.principalId", Json::Null),
        ("properties.kubernetesVersion", json!("1.33.5")),
        ("properties.currentKubernetesVersion", Json::Null),
        ("properties.oidcIssuerProfile", Json::Null),
        ("properties.oidcIssuerProfile.issuerURL", json!("https://westeurope.oic.prod-aks.azure.com/t1/u1")),
        ("properties.networkProfile", Json::Null),
        ("properties.networkProfile.outboundType", Json::Null),
        ("properties.networkProfile.networkPluginMode", json!("Overlay")),
        ("properties.autoUpgradeProfile", Json::Null),
        ("properties.autoScalerProfile", json!({"expander": "random", "scan-interval": "10s"})),
        ("properties.supportPlan", Json::Null),
        (
            "properties.securityProfile.defender",
            json!({"securityMonitoring": {"enabled": true}, "logAnalyticsWorkspaceResourceId": "/w"}),
        ),
        ("properties.securityProfile.imageCleaner", json!({"enabled": false, "intervalHours": 168})),
        (
            "properties.workloadAutoScalerProfile",
            json!({"keda": {"enabled": false}, "verticalPodAutoscaler": {"enabled": false}}),
        ),
        ("properties.azureMonitorProfile", json!({"metrics": {"enabled": false}})),
        ("properties.serviceMeshProfile", json!({"mode": "Disabled"})),
        ("properties.httpProxyConfig", json!({"httpProxy": "", "noProxy": []})),
        ("properties.upgradeSettings", json!({"overrideSettings": {"forceUpgrade": false}})),
        ("properties.nodeProvisioningProfile", Json::Null),
        ("properties.podIdentityProfile", json!({"enabled": true})),
        (
            "properties.addonProfiles",
            json!({"omsAgent": {"enabled": true, "config": {"logAnalyticsWorkspaceResourceID": "/w"}}}),
        ),
        ("properties.storageProfile", Json::Null),
        ("properties.enableRBAC", Json::Null),
        ("properties.identityProfile", Json::Null),
        ("credentials", Json::Null),
        ("maintenance", Json::Null),
    ]
}

fn pool_manners() -> Vec<(&'static str, Json)> {
    vec![
        ("upgradeSettings", json!({"maxSurge": "10%"})),
        ("upgradeSettings", json!({"drainTimeoutInMinutes": 0, "nodeSoakDurationInMinutes": 0})),
        ("vmSize", json!("standard_d4s_v5")),
        ("orchestratorVersion", json!("1.33.5")),
        ("osSKU", Json::Null),
        ("nodeLabels", json!({"kubernetes.azure.com/x": "y"})),
        ("nodeTaints", json!(["CriticalAddonsOnly=true:NoSchedule"])),
        ("osDiskType", json!("Ephemeral")),
        ("osDiskSizeGB", json!(256)),
        ("scaleDownMode", Json::Null),
        ("kubeletConfig", json!({})),
        ("networkProfile", json!({})),
        ("mode", json!("User")),
    ]
}

#[test]
fn no_manner_of_azure_plans_a_change_that_nobody_asked_for() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let mut answers: Vec<_> = manners().into_iter().map(|c| (format!("{c:?}"), altered(&answer(), &[c]))).collect();
    for change in pool_manners() {
        let mut answer = answer();
        let pool = altered(&answer["properties"]["agentPoolProfiles"][0], std::slice::from_ref(&change));
        answer["properties"]["agentPoolProfiles"][0] = pool;
        answers.push((format!("pool {change:?}"), answer));
    }
    for (what, answer) in answers {
        let observed = refreshed(&kind, &recorded, &answer);
        let plan = change(&kind, Dialect::V4, &observed, &harbour());
        assert_eq!(differences(&observed, &plan.planned), Vec::<String>::new(), "{what}");
        assert!(plan.findings.is_empty() && plan.requires_replace.is_empty(), "{what}");
    }
}

#[test]
fn what_is_recorded_survives_the_state_file() {
    let kind = kind();
    let window = json!({"frequency": "Weekly", "interval": 1, "duration": 4, "day_of_week": "Sunday"});
    let wanted = altered(
        &harbour(),
        &[
            ("maintenance_window_auto_upgrade", window),
            ("default_node_pool.upgrade_settings", json!({"max_surge": "33%"})),
            ("default_node_pool.temporary_name_for_rotation", json!("tmp")),
            ("key_vault_secrets_provider", json!({"secret_rotation_enabled": true})),
            ("azure_policy_enabled", json!(true)),
        ],
    );
    let provider = json!({"enabled": true, "config": {"enableSecretRotation": "true", "rotationPollInterval": "2m"},
                          "identity": {"clientId": "c", "objectId": "o", "resourceId": "r"}});
    let weekly =
        json!({"present": true, "frequency": "Weekly", "interval": 1, "durationHours": 4, "dayOfWeek": "Sunday"});
    let answer = altered(
        &answer(),
        &[
            ("maintenance.autoUpgrade", weekly),
            (
                "properties.addonProfiles",
                json!({"azureKeyvaultSecretsProvider": provider, "azurepolicy": {"enabled": true}}),
            ),
        ],
    );
    let recorded = created(&kind, Dialect::V4, &wanted, &answer);
    let ty = kind.schema().block.implied_type();
    let loaded = Value::from_json(&recorded.to_json(&ty).unwrap(), &ty).unwrap();
    assert_eq!(differences(&recorded, &loaded), Vec::<String>::new());
    let plan = change(&kind, Dialect::V4, &loaded, &wanted);
    assert_eq!(differences(&loaded, &plan.planned), Vec::<String>::new());
}

#[test]
fn an_imported_cluster_plans_no_replacement() {
    let kind = kind();
    let id = answer()["id"].as_str().unwrap().to_owned();
    let imported = kind.value_of(answer(), &id, None, Reading::Anew(Dialect::V4));
    let unwritten = altered(&harbour(), &[("node_provisioning_profile", Json::Null)]);
    let plan = change(&kind, Dialect::V4, &imported, &unwritten);
    assert_eq!(replacing(&plan), Vec::<String>::new());
    assert_eq!(differences(&imported, &plan.planned), Vec::<String>::new());
}

#[test]
fn tags_and_scale_change_in_place_and_leave_the_rest_known() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let wanted = altered(&harbour(), &[("tags.stage", json!("prod")), ("default_node_pool.node_count", json!(3))]);
    let plan = change(&kind, Dialect::V4, &recorded, &wanted);
    assert_eq!(differences(&recorded, &plan.planned), ["default_node_pool", "tags"]);
    assert!(plan.planned.is_wholly_known());
    let body = kind.patched_body(altered(&answer(), &[("properties.future", json!(1))]), &recorded, &plan.planned);
    assert_eq!(body["pool"]["count"], json!(3));
    assert_eq!(body["properties"]["agentPoolProfiles"][0]["count"], json!(2));
    assert_eq!((&body["properties"]["future"], &body["tags"]["stage"]), (&json!(1), &json!("prod")));
}

#[test]
fn changes_take_the_way_that_azure_allows() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let none: &[&str] = &[];
    let cases: Vec<(&str, Json, &[&str])> = vec![
        ("location", json!("northeurope"), &["location"]),
        ("dns_prefix", json!("pier"), &["dns_prefix"]),
        ("network_profile.network_data_plane", json!("cilium"), &["network_profile[0].network_data_plane"]),
        ("network_profile.network_plugin_mode", Json::Null, &["network_profile[0].network_plugin_mode"]),
        ("network_profile.service_cidr", json!("10.1.0.0/16"), &["network_profile[0].service_cidr"]),
        ("network_profile.outbound_type", json!("userDefinedRouting"), none),
        ("private_cluster_enabled", json!(true), &["private_cluster_enabled"]),
        ("role_based_access_control_enabled", json!(false), &["role_based_access_control_enabled"]),
        ("default_node_pool.name", json!("other"), &["default_node_pool[0].name"]),
        (
            "linux_profile",
            json!({"admin_username": "a", "ssh_key": {"key_data": "k"}}),
            &["linux_profile[0].admin_username", "linux_profile[0].ssh_key[0].key_data"],
        ),
        ("sku_tier", json!("Standard"), none),
        ("kubernetes_version", json!("1.34"), none),
        ("workload_identity_enabled", json!(true), none),
        ("azure_policy_enabled", json!(true), none),
    ];
    for (path, value, expected) in cases {
        let plan = change(&kind, Dialect::V4, &recorded, &altered(&harbour(), &[(path, value)]));
        assert_eq!(replacing(&plan), expected, "{path}");
    }
}

#[test]
fn turning_the_issuer_on_makes_its_address_unknown() {
    let kind = kind();
    let off = altered(&harbour(), &[("oidc_issuer_enabled", json!(false))]);
    let without = altered(&answer(), &[("properties.oidcIssuerProfile", json!({"enabled": false}))]);
    let recorded = created(&kind, Dialect::V4, &off, &without);
    assert_eq!(text(&recorded, "oidc_issuer_url"), "");
    let plan = change(&kind, Dialect::V4, &recorded, &harbour());
    assert!(!at(&plan.planned, "oidc_issuer_url").unwrap().is_known());
    assert!(at(&plan.planned, "fqdn").unwrap().is_known());
}

#[test]
fn another_kind_of_identity_has_another_principal() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let user = json!({"type": "UserAssigned", "identity_ids": ["/subscriptions/4/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a"]});
    let wanted = altered(&harbour(), &[("identity", user)]);
    let plan = change(&kind, Dialect::V4, &recorded, &wanted);
    assert_eq!(text(&plan.planned, "identity.principal_id"), "");
    let body = kind.patched_body(answer(), &recorded, &plan.planned);
    assert_eq!(body["identity"]["userAssignedIdentities"].as_object().unwrap().len(), 1);
    let plan_back = change(&kind, Dialect::V4, &plan.planned, &harbour());
    assert!(!at(&plan_back.planned, "identity.principal_id").unwrap().is_known());
}

#[test]
fn new_nodes_come_through_the_temporary_pool_or_not_at_all() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let larger = altered(&harbour(), &[("default_node_pool.vm_size", json!("Standard_D8s_v5"))]);
    let refused = change(&kind, Dialect::V4, &recorded, &larger);
    assert!(refused.findings[0].diagnostic.summary.starts_with("`temporary_name_for_rotation` must be specified"));
    let rotated = altered(&larger, &[("default_node_pool.temporary_name_for_rotation", json!("tmp"))]);
    let plan = change(&kind, Dialect::V4, &recorded, &rotated);
    assert!(plan.findings.is_empty() && plan.requires_replace.is_empty());
    assert_eq!(plan.notes, ["nodes of the pool system are rotated through tmp: vm_size"]);
}

#[test]
fn a_rotation_that_stopped_half_way_goes_on() {
    let kind = kind();
    let with_name = altered(&harbour(), &[("default_node_pool.temporary_name_for_rotation", json!("tmp"))]);
    let recorded = created(&kind, Dialect::V4, &with_name, &answer());
    let mut halfway = answer();
    halfway["properties"]["agentPoolProfiles"][0]["name"] = json!("tmp");
    let observed = refreshed(&kind, &recorded, &halfway);
    assert_eq!(text(&observed, "default_node_pool.name"), "tmp");
    let plan = change(&kind, Dialect::V4, &observed, &with_name);
    assert!(plan.requires_replace.is_empty(), "{:?}", replacing(&plan));
    assert_eq!(plan.notes.len(), 1);
}

#[test]
fn what_cannot_be_is_refused_at_plan() {
    let kind = kind();
    let recorded = created(&kind, Dialect::V4, &harbour(), &answer());
    let off = change(&kind, Dialect::V4, &recorded, &altered(&harbour(), &[("oidc_issuer_enabled", json!(false))]));
    assert_eq!(off.findings[0].diagnostic.summary, "The OIDC issuer cannot be turned off");
    let cases = [
        (
            vec![("oidc_issuer_enabled", json!(false)), ("workload_identity_enabled", json!(true))],
            "`oidc_issuer_enabled` must be set",
        ),
        (
            vec![("network_profile.outbound_type", json!("none"))],
            "when `network_profile.0.outbound_type` is set to `none`",
        ),
        (vec![("default_node_pool.min_count", json!(1))], "`min_count` must be set to `null`"),
        (vec![("cost_analysis_enabled", json!(true))], "`sku_tier` must be either"),
        (vec![("identity", json!({"type": "UserAssigned"}))], "Missing required argument"),
    ];
    for (changes, summary) in cases {
        let plan = creation(&kind, Dialect::V4, &altered(&harbour(), &changes));
        assert!(
            plan.findings.iter().any(|f| f.diagnostic.summary.starts_with(summary)),
            "{summary}: {:?}",
            plan.findings
        );
    }
    let five = creation(&kind, Dialect::V5, &altered(&harbour(), &[("node_provisioning_profile", Json::Null)]));
    assert_eq!(five.findings.len(), 1);
}

#[test]
fn azurerms_words_for_wrong_values_are_ours() {
    let kind = kind();
    let cases = [
        ("sku_tier", json!("Gold"), r#"expected sku_tier to be one of ["Free" "Standard" "Premium"], got Gold"#),
        ("dns_prefix_private_cluster", json!("other"), "Invalid combination of arguments"),
        ("default_node_pool.name", json!("System"), "invalid value for name (must begin with a lowercase letter"),
        ("default_node_pool.max_pods", json!(900), "expected max_pods to be in the range (0 - 250), got 900"),
    ];
    for (path, value, summary) in cases {
        let findings = kind.validate(&config(&kind, &altered(&harbour(), &[(path, value)])));
        assert!(findings.iter().any(|f| f.diagnostic.summary.starts_with(summary)), "{path}: {findings:?}");
    }
    assert!(kind.validate(&config(&kind, &harbour())).is_empty());
    assert!(kind.renamed(&["default_node_pool", "enable_auto_scaling"]).unwrap().contains("auto_scaling_enabled"));
    assert!(kind.renamed(&["addon_profile"]).unwrap().contains("oms_agent"));
}

#[test]
fn the_default_that_differs_between_dialects_shows_as_a_change() {
    let kind = kind();
    let unwritten = altered(&harbour(), &[("oidc_issuer_enabled", Json::Null)]);
    let off = altered(&answer(), &[("properties.oidcIssuerProfile.enabled", json!(false))]);
    let recorded = created(&kind, Dialect::V4, &unwritten, &off);
    assert!(at(&recorded, "oidc_issuer_enabled").unwrap().is_null());
    assert_eq!(
        differences(&recorded, &change(&kind, Dialect::V4, &recorded, &unwritten).planned),
        Vec::<String>::new()
    );
    let five = change(&kind, Dialect::V5, &recorded, &unwritten);
    assert_eq!(differences(&recorded, &five.planned), ["oidc_issuer_enabled", "oidc_issuer_url"]);
}

#[test]
fn a_role_on_the_kubelet_identity_comes_before_the_cluster() {
    let kind = kind();
    let id = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet");
    let kubelet = json!({"client_id": UNKNOWN, "object_id": UNKNOWN, "user_assigned_identity_id": id});
    let cluster = creation(&kind, Dialect::V4, &altered(&harbour(), &[("kubelet_identity", kubelet)])).planned;
    let grant = Value::object_of([("scope", Value::string(id.replace("resourceGroups", "resourcegroups")))]);
    let other = Value::object_of([("scope", Value::string(GROUP))]);
    let planned = [
        Planned { kind: "azurerm_kubernetes_cluster", value: &cluster },
        Planned { kind: "azurerm_role_assignment", value: &other },
        Planned { kind: "azurerm_role_assignment", value: &grant },
    ];
    assert_eq!(super::super::AzureKind::implied_order(&kind, &planned), [(2, 0)]);
}
