//! What AKS fills in where a cluster says nothing, and what it never gives back.

use serde_json::{Value, json};

use crate::simulator::body::{absent, fill, flag, keep, set, text, unset};
use crate::simulator::service::{Draft, TENANT};
use crate::simulator::services::aks::versions::Version;
use crate::simulator::target::same;

/// What a cluster keeps when a later write leaves it out.
const KEPT: &[&str] = &[
    "/properties/kubernetesVersion",
    "/properties/powerState",
    "/properties/dnsPrefix",
    "/properties/fqdnSubdomain",
    "/properties/fqdn",
    "/properties/privateFQDN",
    "/properties/azurePortalFQDN",
    "/properties/nodeResourceGroup",
    "/properties/enableRBAC",
    "/properties/oidcIssuerProfile",
    "/properties/networkProfile",
    "/properties/identityProfile",
    "/properties/windowsProfile",
    "/properties/linuxProfile",
    "/properties/servicePrincipalProfile",
    "/properties/resourceUID",
    "/properties/autoUpgradeProfile",
    "/properties/storageProfile",
    "/properties/aadProfile",
    "/sku",
];

/// Secrets that are taken and never told.
const SECRETS: &[&str] = &[
    "/properties/servicePrincipalProfile/secret",
    "/properties/windowsProfile/adminPassword",
    "/properties/aadProfile/serverAppSecret",
];

/// Completes a cluster's body. `group` is the name of the node resource group.
pub(super) fn complete(draft: &Draft<'_>, body: &mut Value, group: &str) {
    for pointer in KEPT {
        keep(body, draft.prior_body(), pointer);
    }
    for pointer in SECRETS {
        unset(body, pointer);
    }
    let has_identity = text(body, "/identity/type").is_some_and(|kind| !same(kind, "None"));
    if has_identity {
        set(body, "/properties/servicePrincipalProfile", json!({"clientId": "msi"}));
    }
    fill(body, "/sku/name", "Base");
    fill(body, "/sku/tier", "Free");
    set(body, "/properties/nodeResourceGroup", Value::from(group));
    fill(body, "/properties/powerState", json!({"code": "Running"}));
    set(body, "/properties/maxAgentPools", json!(100));
    fill(body, "/properties/resourceUID", draft.scene.guid(&draft.place.key(), "resource uid").replace('-', ""));
    fill(body, "/properties/supportPlan", "KubernetesOfficial");
    fill(body, "/properties/enableRBAC", true);
    fill(body, "/properties/disableLocalAccounts", false);
    fill(body, "/properties/autoUpgradeProfile/nodeOSUpgradeChannel", "NodeImage");
    fill(body, "/properties/metricsProfile/costAnalysis/enabled", false);
    fill(body, "/properties/bootstrapProfile/artifactSource", "Direct");
    fill(body, "/properties/nodeProvisioningProfile/mode", "Manual");
    fill(body, "/properties/nodeProvisioningProfile/defaultNodePools", "Auto");
    fill(body, "/properties/securityProfile", json!({}));
    for (driver, is_on) in [("diskCSIDriver", true), ("fileCSIDriver", true), ("snapshotController", true)] {
        fill(body, &format!("/properties/storageProfile/{driver}/enabled"), is_on);
    }
    if !absent(body, "/properties/aadProfile") {
        fill(body, "/properties/aadProfile/tenantID", TENANT);
        fill(body, "/properties/aadProfile/managed", true);
    }
    names(draft, body);
    issuer(draft, body);
    network(draft, body, group);
    add_ons(draft, body, group);
    // Windows nodes need another plug-in than kubenet.
    if text(body, "/properties/networkProfile/networkPlugin").is_some_and(|plugin| !same(plugin, "kubenet")) {
        fill(body, "/properties/windowsProfile/adminUsername", "azureuser");
        fill(body, "/properties/windowsProfile/enableCSIProxy", true);
    }
}

/// What add-ons that are on tell of what they have made.
fn add_ons(draft: &Draft<'_>, body: &mut Value, group: &str) {
    const ROUTING: &str = "/properties/addonProfiles/httpApplicationRouting";
    const GATEWAY: &str = "/properties/addonProfiles/ingressApplicationGateway";
    if flag(body, &format!("{ROUTING}/enabled")) == Some(true) {
        let uid = draft.scene.guid(&draft.place.key(), "dns");
        let zone = format!("{}.{}.aksapp.io", uid.get(..8).unwrap_or_default(), draft.location());
        fill(body, &format!("{ROUTING}/config/HTTPApplicationRoutingZoneName"), zone);
    } else {
        unset(body, &format!("{ROUTING}/config"));
    }
    if flag(body, &format!("{GATEWAY}/enabled")) == Some(true) {
        let given = text(body, &format!("{GATEWAY}/config/applicationGatewayId")).map(str::to_owned);
        let name = text(body, &format!("{GATEWAY}/config/applicationGatewayName")).unwrap_or("applicationgateway");
        let made = format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.Network/applicationGateways/{name}",
            draft.place.subscription()
        );
        let gateway = given.unwrap_or(made);
        set(body, &format!("{GATEWAY}/config/effectiveApplicationGatewayId"), Value::from(gateway));
    }
}

/// Where the API server is found.
fn names(draft: &Draft<'_>, body: &mut Value) {
    let prefix = text(body, "/properties/dnsPrefix").or_else(|| text(body, "/properties/fqdnSubdomain"));
    let prefix = prefix.unwrap_or_default().to_lowercase();
    let location = draft.location();
    let uid = draft.scene.guid(&draft.place.key(), "dns");
    let short = uid.get(..8).unwrap_or_default();
    let is_private = flag(body, "/properties/apiServerAccessProfile/enablePrivateCluster") == Some(true);
    let is_public_too = flag(body, "/properties/apiServerAccessProfile/enablePrivateClusterPublicFQDN") == Some(true);
    if is_private {
        fill(body, "/properties/privateFQDN", format!("{prefix}-{short}.{uid}.privatelink.{location}.azmk8s.io"));
        fill(body, "/properties/apiServerAccessProfile/privateDNSZone", "system");
    }
    if is_private && !is_public_too {
        unset(body, "/properties/fqdn");
    } else {
        fill(body, "/properties/fqdn", format!("{prefix}-{short}.hcp.{location}.azmk8s.io"));
    }
    fill(body, "/properties/azurePortalFQDN", format!("{prefix}-{short}.portal.hcp.{location}.azmk8s.io"));
}

/// The issuer is on by default for clusters that begin with 1.34, and its address never changes.
fn issuer(draft: &Draft<'_>, body: &mut Value) {
    let version = text(body, "/properties/currentKubernetesVersion").and_then(Version::parse);
    let by_default = draft.prior.is_none() && version.is_some_and(|version| version.minor >= 34);
    if absent(body, "/properties/oidcIssuerProfile/enabled") {
        set(body, "/properties/oidcIssuerProfile/enabled", json!(by_default));
    }
    if flag(body, "/properties/oidcIssuerProfile/enabled") == Some(true) {
        let guid = draft.scene.guid(&draft.place.key(), "issuer");
        let url = format!("https://{}.oic.prod-aks.azure.com/{TENANT}/{guid}/", draft.location());
        set(body, "/properties/oidcIssuerProfile/issuerURL", Value::from(url));
    }
}

fn network(draft: &Draft<'_>, body: &mut Value, group: &str) {
    const PROFILE: &str = "/properties/networkProfile";
    for member in
        ["networkPlugin", "networkPluginMode", "podCidr", "serviceCidr", "dnsServiceIP", "ipFamilies", "networkPolicy"]
    {
        let pointer = format!("{PROFILE}/{member}");
        if text(body, &pointer).is_some_and(str::is_empty) {
            unset(body, &pointer);
        }
        keep(body, draft.prior_body(), &pointer);
    }
    fill(body, &format!("{PROFILE}/networkPlugin"), "kubenet");
    fill(body, &format!("{PROFILE}/networkPolicy"), "none");
    fill(body, &format!("{PROFILE}/networkDataplane"), "azure");
    fill(body, &format!("{PROFILE}/loadBalancerSku"), "standard");
    fill(body, &format!("{PROFILE}/outboundType"), "loadBalancer");
    fill(body, &format!("{PROFILE}/ipFamilies"), json!(["IPv4"]));
    fill(body, &format!("{PROFILE}/serviceCidr"), "10.0.0.0/16");
    fill(body, &format!("{PROFILE}/dnsServiceIP"), "10.0.0.10");
    for empty in ["networkMode", "networkPluginMode"] {
        let pointer = format!("{PROFILE}/{empty}");
        if text(body, &pointer).is_some_and(str::is_empty) {
            unset(body, &pointer);
        }
    }
    if has_own_pod_range(body) {
        fill(body, &format!("{PROFILE}/podCidr"), "10.244.0.0/16");
    }
    for (one, many) in [("podCidr", "podCidrs"), ("serviceCidr", "serviceCidrs")] {
        if let Some(range) = text(body, &format!("{PROFILE}/{one}")).map(str::to_owned) {
            fill(body, &format!("{PROFILE}/{many}"), json!([range]));
        }
    }
    outbound(draft, body, group);
}

/// Whether pods have addresses of their own range: with overlay, kubenet and no plug-in.
pub(super) fn has_own_pod_range(cluster: &Value) -> bool {
    let plugin = text(cluster, "/properties/networkProfile/networkPlugin").unwrap_or_default();
    let mode = text(cluster, "/properties/networkProfile/networkPluginMode").unwrap_or_default();
    same(plugin, "kubenet") || same(mode, "overlay")
}

/// The way out: addresses that the service makes unless they were given.
fn outbound(draft: &Draft<'_>, body: &mut Value, group: &str) {
    let kind = text(body, "/properties/networkProfile/outboundType").unwrap_or_default().to_owned();
    let (profile, counted) = match kind.as_str() {
        "loadBalancer" => ("/properties/networkProfile/loadBalancerProfile", "managedOutboundIPs"),
        "managedNATGateway" => ("/properties/networkProfile/natGatewayProfile", "managedOutboundIPProfile"),
        _ => return,
    };
    let own = ["outboundIPs", "outboundIPPrefixes"].iter().any(|name| !absent(body, &format!("{profile}/{name}")));
    if !own {
        fill(body, &format!("{profile}/{counted}/count"), 1);
    }
    if kind == "loadBalancer" {
        fill(body, &format!("{profile}/backendPoolType"), "nodeIPConfiguration");
    } else {
        fill(body, &format!("{profile}/idleTimeoutInMinutes"), 4);
    }
    let address = format!(
        "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/{}",
        draft.place.subscription(),
        draft.scene.guid(&draft.place.key(), "outbound address")
    );
    set(body, &format!("{profile}/effectiveOutboundIPs"), json!([{ "id": address }]));
}
