//! What AKS refuses of a cluster.

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::service::Draft;
use crate::simulator::services::aks::{immutable, invalid};
use crate::simulator::target::same;

/// Members that cannot change once they say something.
const IMMUTABLE: &[&str] = &[
    "dnsPrefix",
    "fqdnSubdomain",
    "nodeResourceGroup",
    "enableRBAC",
    "diskEncryptionSetID",
    "apiServerAccessProfile/enablePrivateCluster",
    "apiServerAccessProfile/privateDNSZone",
    "linuxProfile/adminUsername",
    "windowsProfile/adminUsername",
    "networkProfile/networkPlugin",
    "networkProfile/networkMode",
    "networkProfile/podCidr",
    "networkProfile/serviceCidr",
    "networkProfile/dnsServiceIP",
    "networkProfile/loadBalancerSku",
    "networkProfile/ipFamilies",
];

/// Checks what was sent against itself and against what is there.
pub(super) fn check(draft: &Draft<'_>, body: &Value) -> Result<(), Refusal> {
    check_name(&draft.place.name)?;
    check_prefix(body, draft.prior_body())?;
    check_issuer(body, draft.prior_body())?;
    check_tier(body)?;
    match draft.prior_body() {
        Some(prior) => check_changes(body, prior),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if ends(name.chars().next()) && ends(name.chars().last()) && allowed && name.len() <= 63 {
        return Ok(());
    }
    Err(invalid(
        "resourceName",
        "It must be 1 to 63 letters, digits, '-' or '_', and start and end with a letter or a digit.",
    ))
}

fn check_prefix(body: &Value, prior: Option<&Value>) -> Result<(), Refusal> {
    let given = ["/properties/dnsPrefix", "/properties/fqdnSubdomain"]
        .map(|pointer| body::text(body, pointer).unwrap_or_default());
    let prefix = given.iter().find(|text| !text.is_empty());
    let allowed = |prefix: &&str| {
        let inner = prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        inner && !prefix.starts_with('-') && !prefix.ends_with('-') && prefix.len() <= 54
    };
    match prefix {
        None if prior.is_some() => Ok(()),
        Some(prefix) if allowed(prefix) => Ok(()),
        _ => Err(invalid(
            "dnsPrefix",
            "It must be 1 to 54 letters, digits or '-', and start and end with a letter or a digit.",
        )),
    }
}

/// The issuer cannot be turned off, and workload identity needs it.
fn check_issuer(body: &Value, prior: Option<&Value>) -> Result<(), Refusal> {
    let issuer = "/properties/oidcIssuerProfile/enabled";
    let now = body::flag(body, issuer);
    let before = prior.and_then(|prior| body::flag(prior, issuer)) == Some(true);
    if before && now == Some(false) {
        return Err(Refusal::bad("BadRequest", "The OIDC issuer feature cannot be disabled once it is enabled.").flat());
    }
    let workload = body::flag(body, "/properties/securityProfile/workloadIdentity/enabled") == Some(true);
    if workload && now != Some(true) && !before {
        return Err(invalid(
            "securityProfile.workloadIdentity",
            "Workload identity needs the OIDC issuer to be enabled.",
        ));
    }
    Ok(())
}

fn check_tier(body: &Value) -> Result<(), Refusal> {
    let tier = body::text(body, "/sku/tier").unwrap_or("Free");
    if !["Free", "Standard", "Premium", "Paid"].iter().any(|known| same(known, tier)) {
        return Err(invalid("sku.tier", "It must be Free, Standard or Premium."));
    }
    let is_long = body::text(body, "/properties/supportPlan").is_some_and(|plan| same(plan, "AKSLongTermSupport"));
    if is_long && !same(tier, "Premium") {
        return Err(invalid("supportPlan", "AKSLongTermSupport needs the Premium tier."));
    }
    Ok(())
}

/// What changes when a cluster of kubenet, or of Azure CNI with addresses of the network, moves to the overlay.
const MOVED: &[&str] = &["networkProfile/networkPlugin", "networkProfile/podCidr"];

/// Whether the pods move to the overlay, the one change of plug-in that AKS makes in place.
fn moves_to_overlay(body: &Value, prior: &Value) -> bool {
    let text = |cluster: &Value, member: &str| {
        body::text(cluster, &format!("/properties/networkProfile/{member}")).unwrap_or_default().to_lowercase()
    };
    text(body, "networkPlugin") == "azure"
        && text(body, "networkPluginMode") == "overlay"
        && text(prior, "networkPluginMode") != "overlay"
}

fn check_changes(body: &Value, prior: &Value) -> Result<(), Refusal> {
    let overlay = moves_to_overlay(body, prior);
    for name in IMMUTABLE.iter().filter(|name| !(overlay && MOVED.contains(name))) {
        let pointer = format!("/properties/{name}");
        if changes(body.pointer(&pointer), prior.pointer(&pointer)) {
            return Err(immutable(&name.replace('/', ".")));
        }
    }
    let mode = "/properties/networkProfile/networkPluginMode";
    if body::text(body, mode).is_some_and(str::is_empty) && body::text(prior, mode) == Some("overlay") {
        return Err(immutable("networkProfile.networkPluginMode"));
    }
    let policy = "/properties/networkProfile/networkPolicy";
    let had_policy = body::text(prior, policy).is_some_and(|policy| policy != "none");
    if had_policy && changes(body.pointer(policy), prior.pointer(policy)) {
        return Err(immutable("networkProfile.networkPolicy"));
    }
    Ok(())
}

/// Whether a member says something else than before. What says nothing changes nothing, and casing says nothing.
pub(super) fn changes(sent: Option<&Value>, before: Option<&Value>) -> bool {
    let (Some(sent), Some(before)) = (sent, before) else { return false };
    !body::is_empty(sent) && !body::is_empty(before) && !alike(sent, before)
}

/// Whether two values mean the same: text in any casing, sets in any order, what is left out or false alike.
pub(super) fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.eq_ignore_ascii_case(right),
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().all(|item| right.iter().any(|other| alike(item, other)))
        }
        (Value::Object(left), Value::Object(right)) => {
            let none = Value::Null;
            let names = left.keys().chain(right.keys());
            names.into_iter().all(|name| alike(left.get(name).unwrap_or(&none), right.get(name).unwrap_or(&none)))
        }
        (Value::Null | Value::Bool(false), other) | (other, Value::Null | Value::Bool(false)) => {
            body::is_empty(other) || *other == Value::Bool(false)
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::alike;

    #[test]
    fn what_means_the_same_is_alike() {
        assert!(alike(&json!({"a": "X", "b": false}), &json!({"a": "x", "c": null})));
        assert!(alike(&json!(["1", "2"]), &json!(["2", "1"])));
        assert!(alike(&json!(3), &json!(3.0)));
        assert!(!alike(&json!({"a": 1}), &json!({"a": 2})));
        assert!(!alike(&json!(["1"]), &json!(["1", "2"])));
        assert!(!alike(&json!(true), &json!(null)));
    }
}
