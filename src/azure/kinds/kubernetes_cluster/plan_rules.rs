//! What the cluster's table cannot say of a plan: changes whose cost depends on both values, changes that cannot be
//! undone, and combinations that Azure refuses.

use super::super::super::wire::{Dialect, PlanCase, Same, at, same};
use super::super::pool_rules;
use crate::value::Value;

/// Goes over a cluster's plan.
pub fn apply(case: &mut PlanCase<'_>) {
    dialect(case);
    issuer(case);
    network(case);
    version(case);
    identity(case);
    default_pool(case);
    combinations(case);
}

fn dialect(case: &mut PlanCase<'_>) {
    let unwritten =
        case.planned_at("node_provisioning_profile").and_then(Value::as_elements).is_some_and(<[_]>::is_empty);
    if case.dialect == Dialect::V5 && unwritten {
        case.refuse(
            "node_provisioning_profile",
            "Insufficient node_provisioning_profile blocks",
            "azurerm 5.x asks for a \"node_provisioning_profile\" block. (The version constraint in \
             required_providers asks for 5.x.) To keep things as they are, write:\n\n  node_provisioning_profile {\n    \
             mode = \"Manual\"\n  }",
        );
    }
}

/// The issuer can be turned on, not off: what trusts its tokens would be cut off for good.
fn issuer(case: &mut PlanCase<'_>) {
    let was_on = case.prior_at("oidc_issuer_enabled").and_then(Value::as_bool) == Some(true);
    let on = |case: &PlanCase<'_>, name: &str| case.planned_at(name).and_then(Value::as_bool);
    if was_on && on(case, "oidc_issuer_enabled") == Some(false) {
        case.refuse(
            "oidc_issuer_enabled",
            "The OIDC issuer cannot be turned off",
            "Azure does not turn the OIDC issuer of a cluster off once it is on, and every federated credential that \
             trusts it would stop working. Set oidc_issuer_enabled = true; for a cluster without an issuer, make a new \
             one and say so with -replace.",
        );
    }
    if case.prior.is_some() && !was_on && on(case, "oidc_issuer_enabled") == Some(true) {
        case.warn(
            "oidc_issuer_enabled",
            "The OIDC issuer is turned on for good",
            "Azure does not turn it off again. It changes nothing for what runs; whoever trusts its tokens has to say so first.",
        );
    }
    if on(case, "workload_identity_enabled") == Some(true) {
        let issuer = case.planned_at("oidc_issuer_enabled");
        if issuer.is_none_or(|v| v.is_known() && v.as_bool() != Some(true)) {
            case.refuse(
                "workload_identity_enabled",
                "`oidc_issuer_enabled` must be set to `true` to enable Azure AD Workload Identity",
                "Workload identity hands out tokens of the cluster's issuer, so there has to be one. Set \
                 oidc_issuer_enabled = true.",
            );
        }
    }
}

/// Only a few changes of a network are made in place.
fn network(case: &mut PlanCase<'_>) {
    const PROFILE: &str = "network_profile";
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let to_overlay = text(case.planned_at("network_profile.network_plugin_mode")) == "overlay";
    let members = [
        // kubenet may become Azure CNI with overlay, and Azure CNI may become overlay.
        ("network_plugin", !to_overlay),
        ("network_plugin_mode", !to_overlay),
        ("network_policy", !text(case.prior_at("network_profile.network_policy")).is_empty()),
        ("network_data_plane", !text(case.prior_at("network_profile.network_data_plane")).is_empty()),
    ];
    for (member, replaces) in members {
        let path = format!("{PROFILE}.{member}");
        if replaces && case.changes(&path) {
            case.replace(&path);
        }
    }
    if to_overlay {
        // Pods get new addresses with the overlay, which is no reason to make a new cluster.
        case.requires_replace.retain(|path| {
            let path = path.to_string();
            path != "network_profile[0].pod_cidr" && path != "network_profile[0].pod_cidrs"
        });
    }
    let gone = |case: &PlanCase<'_>, path: &str| case.changes(path) && case.planned_at(path).is_none_or(Value::is_null);
    if gone(case, "api_server_access_profile.subnet_id") {
        case.replace("api_server_access_profile.subnet_id");
    }
}

/// An alias of the version that runs is no change, and a version that Azure raised is not lowered again.
fn version(case: &mut PlanCase<'_>) {
    for path in ["kubernetes_version", "default_node_pool.orchestrator_version"] {
        pool_rules::never_lower(case, path);
    }
    if case.changes("kubernetes_version") {
        let now = case.prior_at("current_kubernetes_version").and_then(Value::as_str).unwrap_or_default().to_owned();
        let wanted = case.planned_at("kubernetes_version").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let (Some(now_minor), Some(wanted_minor)) = (pool_rules::minor(&now), pool_rules::minor(&wanted))
            && wanted_minor > now_minor + 1
        {
            case.warn(
                "kubernetes_version",
                "Kubernetes version is skipped",
                format!("The control plane goes one minor version at a time; it runs {now}. Azure is likely to refuse {wanted}."),
            );
        }
        case.note(format!("the control plane is upgraded from {now} to {wanted}"));
    }
}

fn identity(case: &mut PlanCase<'_>) {
    let kind = case.planned_at("identity.type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ids = case.planned_at("identity.identity_ids").cloned();
    let no_ids = ids.as_ref().is_none_or(|ids| ids.is_known() && ids.as_elements().is_none_or(<[_]>::is_empty));
    if kind == "UserAssigned" && no_ids {
        case.refuse(
            "identity.identity_ids",
            "Missing required argument",
            "An identity of the type \"UserAssigned\" needs identity_ids: the id of one user-assigned identity.",
        );
    }
    if case.changes("identity.type") && kind == "UserAssigned" {
        // A user-assigned control plane has no principal of the cluster's own.
        for path in ["identity.principal_id", "identity.tenant_id"] {
            case.set(path, Value::string(""));
        }
    }
    let leaves_identity = |value: Option<&Value>| value.and_then(Value::as_elements).is_some_and(|v| !v.is_empty());
    let had = leaves_identity(case.prior_at("identity"));
    if case.prior.is_some() && had && leaves_identity(case.planned_at("service_principal")) {
        case.replace("service_principal");
    }
}

fn default_pool(case: &mut PlanCase<'_>) {
    const POOL: &str = "default_node_pool";
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let temporary = text(case.planned_at("default_node_pool.temporary_name_for_rotation"))
        .or_else(|| text(case.prior_at("default_node_pool.temporary_name_for_rotation")));
    let recorded = text(case.prior_at("default_node_pool.name"));
    if case.changes("default_node_pool.name") {
        // Recorded under its temporary name, the pool is where an earlier rotation stopped.
        if recorded.is_some() && recorded == temporary {
            case.note("the rotation of the default node pool that stopped half way goes on");
        } else {
            case.replace("default_node_pool.name");
        }
    }
    pool_rules::scaling(case, POOL);
    pool_rules::rotation(case, POOL);
    let unwritten = |name: &str| at(case.config, &format!("{POOL}.{name}")).is_none_or(Value::is_null);
    if case.prior.is_none() && unwritten("vm_size") && case.dialect == Dialect::V4 {
        case.refuse("default_node_pool.vm_size", "Missing required argument", "The default node pool needs a vm_size.");
    }
}

fn combinations(case: &mut PlanCase<'_>) {
    let says =
        |case: &PlanCase<'_>, path: &str, word: &str| case.planned_at(path).and_then(Value::as_str) == Some(word);
    let on = |case: &PlanCase<'_>, path: &str| case.planned_at(path).and_then(Value::as_bool) == Some(true);
    if says(case, "network_profile.outbound_type", "none") && !says(case, "bootstrap_profile.artifact_source", "Cache")
    {
        case.refuse(
            "network_profile.outbound_type",
            "when `network_profile.0.outbound_type` is set to `none`, `bootstrap_profile.0.artifact_source` must be set to `Cache`",
            "Without a way out the nodes cannot fetch what they start from, unless it comes from a cache.",
        );
    }
    if says(case, "sku_tier", "Free") && on(case, "cost_analysis_enabled") {
        case.refuse(
            "cost_analysis_enabled",
            "`sku_tier` must be either `Standard` or `Premium` when cost analysis is enabled",
            "Set sku_tier = \"Standard\".",
        );
    }
    if says(case, "automatic_upgrade_channel", "node-image") && !says(case, "node_os_upgrade_channel", "NodeImage") {
        case.refuse(
            "node_os_upgrade_channel",
            "`node_os_upgrade_channel` cannot be set to a value other than `NodeImage` if `automatic_upgrade_channel` is set to `node-image`",
            "Set node_os_upgrade_channel = \"NodeImage\" or leave it out.",
        );
    }
    if says(case, "support_plan", "AKSLongTermSupport") && !says(case, "sku_tier", "Premium") {
        case.refuse("support_plan", "Long term support needs the Premium tier", "Set sku_tier = \"Premium\".");
    }
    let local_off = on(case, "local_account_disabled");
    let directory = "azure_active_directory_role_based_access_control";
    if local_off && case.planned_at(directory).and_then(Value::as_elements).is_some_and(<[_]>::is_empty) {
        case.refuse(
            "local_account_disabled",
            "Local accounts cannot be disabled without Entra sign-in",
            "Nobody could sign in to the cluster. Add an azure_active_directory_role_based_access_control block.",
        );
    }
    keep_azures_default_sku(case);
}

/// `Paid` was the word for the standard tier.
fn keep_azures_default_sku(case: &mut PlanCase<'_>) {
    let paid = Value::string("Paid");
    if case.prior_at("sku_tier").is_some_and(|tier| same(Same::Caseless, tier, &paid))
        && case.planned_at("sku_tier").and_then(Value::as_str) == Some("Standard")
        && let Some(prior) = case.prior_at("sku_tier").cloned()
    {
        case.set("sku_tier", prior);
    }
}
