//! AKS Automatic: what Azure decides for a cluster of that SKU, down to the size of its nodes.

use serde_json::{Value, json};

use crate::simulator::body::{fill, set, text};
use crate::simulator::target::same;

/// Fills in what Azure decides for an automatic cluster; any other is left as it is.
pub(super) fn complete(body: &mut Value) {
    if !text(body, "/sku/name").is_some_and(|sku| same(sku, "Automatic")) {
        return;
    }
    set(body, "/properties/oidcIssuerProfile/enabled", Value::from(true));
    set(body, "/properties/securityProfile/workloadIdentity/enabled", Value::from(true));
    set(body, "/properties/disableLocalAccounts", Value::from(true));
    fill(body, "/properties/networkProfile/networkPlugin", "azure");
    fill(body, "/properties/networkProfile/networkPluginMode", "overlay");
    fill(body, "/properties/networkProfile/networkDataplane", "cilium");
    fill(body, "/properties/networkProfile/networkPolicy", "cilium");
    fill(body, "/properties/nodeProvisioningProfile/mode", "Auto");
    fill(body, "/properties/autoUpgradeProfile/upgradeChannel", "stable");
    let routing = json!({ "enabled": true, "nginx": { "defaultIngressControllerType": "AnnotationControlled" } });
    fill(body, "/properties/ingressProfile/webAppRouting", routing);
    for profile in body.pointer_mut("/properties/agentPoolProfiles").and_then(Value::as_array_mut).into_iter().flatten()
    {
        fill(profile, "/vmSize", "Standard_D4lds_v5");
    }
}
