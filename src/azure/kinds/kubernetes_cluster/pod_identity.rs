//! The switch of pod-managed identity, which azurerm lacks. The identities are resources of their own:
//! `bowline_pod_identity`.

use serde_json::{Value as Json, json};

use super::super::super::wire::{Off, PlanCase, Row, block, flag, json as at};
use super::super::pod_identity::{RETIRED, RETIREMENT};
use crate::value::Value;

const PROFILE: &str = "properties.podIdentityProfile";

/// The block `pod_identity_profile`.
pub fn profile() -> Row {
    block(
        "pod_identity_profile",
        vec![
            flag("enabled").required().at("enabled").about("Whether pods may use identities by a label."),
            flag("kubenet_allowed")
                .default_to(false)
                .at("allowNetworkPluginKubenet")
                .about("Accepts the risk of address spoofing that comes with kubenet."),
        ],
    )
    .off(Off::MembersNull)
    .at(PROFILE)
    .about("AKS pod-managed identity (retired by Microsoft); not in azurerm.")
}

/// What AKS would refuse, and what whoever begins with it should know.
pub fn plan(case: &mut PlanCase<'_>) {
    let on = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(true);
    let enabled = on(case.planned_at("pod_identity_profile.enabled"));
    if !enabled {
        return;
    }
    if !on(case.prior_at("pod_identity_profile.enabled")) {
        case.warn("pod_identity_profile", RETIRED, RETIREMENT);
    }
    let plugin = case.planned_at("network_profile.network_plugin").and_then(Value::as_str);
    if plugin == Some("kubenet") && !on(case.planned_at("pod_identity_profile.kubenet_allowed")) {
        case.refuse(
            "pod_identity_profile",
            "Pod identity is not safe with kubenet",
            "A pod on kubenet can take another's address and with it its identity, so AKS asks for consent: set \
             kubenet_allowed = true, or take another network plugin.",
        );
    }
}

/// Turned off, the profile holds no identities any more.
pub fn lower(body: &mut Json) {
    if at::get(body, "properties.podIdentityProfile.enabled") == Some(&Json::Bool(false)) {
        at::set(body, PROFILE, json!({ "enabled": false }));
    }
}
