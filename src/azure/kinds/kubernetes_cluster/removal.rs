//! Removing a cluster. Azure removes the group of its nodes with it, and waits without a word while something outside
//! uses what lies there: a subnet that somebody has given the cluster's route table by hand.

use serde_json::Value as Json;

use super::super::super::arm::{ArmError, Request};
use super::super::super::arm_id::ArmId;
use super::super::super::wire::json as at;
use super::super::READ;
use super::super::hooks::{Call, Fault};
use super::super::network::NETWORK;
use crate::azure::arm::Method;
use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// What subnets can use: the type, and the words for it.
const USED_BY_SUBNETS: [(&str, &str); 2] =
    [("routeTables", "route table"), ("networkSecurityGroups", "network security group")];

/// Removes the cluster; when the time for it is over, says what holds it up.
pub(super) async fn delete(call: &Call<'_>, prior: &Value) -> Result<(), Fault> {
    let Err(error) = call.delete().await else { return Ok(()) };
    let group = prior.field("node_resource_group_id").and_then(Value::as_str).unwrap_or_default();
    let (ArmError::TimedOut { .. }, Ok(group)) = (&error, ArmId::parse(group)) else { return Err(error.into()) };
    let holding = holding(call, &group).await;
    if holding.is_empty() {
        return Err(error.into());
    }
    let detail = format!(
        "Azure removes the cluster {} with its node resource group, and waits: {}. Take that away from the subnet, and run \
         this again: the removal goes on by itself.\n\nBeyond that, {error}.",
        call.id,
        holding.join("; ")
    );
    Err(Fault::Refused(Diagnostic::error("Cluster is held up by what uses its network", detail)))
}

/// What subnets outside of the group use of what is in it. What cannot be listed is not told of.
async fn holding(call: &Call<'_>, group: &ArmId) -> Vec<String> {
    let mut holding = Vec::new();
    for (kind, words) in USED_BY_SUBNETS {
        let list = format!("{}/providers/Microsoft.Network/{kind}", group.as_str());
        let request = Request::new(Method::Get, list, NETWORK);
        let Ok(all) = call.azure.client.list(&request, &call.azure.client.patience(READ)).await else { continue };
        for used in all {
            let subnets = at::get(&used, "properties.subnets").and_then(Json::as_array);
            let ids = subnets.into_iter().flatten().filter_map(|subnet| at::get_str(subnet, "id"));
            let outside = ids.filter(|id| ArmId::parse(id).is_ok_and(|id| !id.is_within(group)));
            let name = at::get_str(&used, "name").unwrap_or_default();
            holding.extend(outside.map(|id| format!("the subnet {id} uses the {words} {name} there")));
        }
    }
    holding
}
