//! `azurerm_kubernetes_cluster`: a table in families of blocks, and what is more than one request about a cluster:
//! its default pool, which is written as a pool; its maintenance windows; its kubeconfigs.

mod addons;
mod automatic;
mod control_plane;
mod identity;
mod kubeconfig;
mod maintenance;
mod network;
mod plan_rules;
mod pod_identity;
mod profiles;
mod removal;
mod renamed;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Conflict};
use super::super::session::Azure;
use super::super::wire::{
    self, PlanCase, Row, Same, Table, block, blocks, flag, integer, json as at, text, text_set, texts,
};
use super::arm_data::ArmData;
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::{node_pool_rows as pool_rows, pool_writes};
pub use renamed::pool as renamed_in_pool;

use crate::provider::Planned;
use crate::value::Value;

/// The api-version of `Microsoft.ContainerService`.
pub const CONTAINER_SERVICE: &str = "2025-10-01";

pub use automatic::{data as automatic_data, kind as automatic};

/// A cluster.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Cluster)
}

fn table() -> Table {
    let mut rows = control_plane::rows();
    rows.extend(identity::rows());
    rows.push(network::profile());
    rows.push(default_node_pool());
    rows.extend(addons::rows());
    rows.extend(profiles::rows());
    rows.extend(maintenance::rows());
    rows.push(pod_identity::profile());
    Table::of(
        "azurerm_kubernetes_cluster",
        "Microsoft.ContainerService/managedClusters",
        CONTAINER_SERVICE,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ContainerService/\
         managedClusters/{name}",
    )
    .about("An AKS cluster.")
    .version(2)
    .constant("sku.name", "Base")
    .rows(rows)
}

fn default_node_pool() -> Row {
    let mut rows = pool_rows::shared();
    rows.extend([
        text("name").required().rule(pool_rows::POOL_NAME).at("name"),
        text("type")
            .default_to("VirtualMachineScaleSets")
            .replaces()
            .one_of(&["VirtualMachineScaleSets", "AvailabilitySet"])
            .at("type"),
        flag("only_critical_addons_enabled").at("onlyCriticalAddons"),
        text("workload_runtime")
            .or_computed()
            .one_of(&["OCIContainer", "KataVmIsolation", "KataMshvVmIsolation"])
            .at("workloadRuntime"),
        pool_rows::upgrade_settings(text("max_surge").required()),
    ]);
    block("default_node_pool", rows).required().at("pool").about("The pool of nodes that the cluster begins with.")
}

/// A cluster that is read only. Its pools are listed under their old name and in full.
pub fn data() -> ArmData {
    let mut pool = pool_rows::shared();
    pool.retain(|row| !["node_count", "temporary_name_for_rotation"].contains(&row.name));
    pool.extend([
        text("name").at("name"),
        integer("count").at("count"),
        text("os_type").at("osType"),
        text("type").at("type"),
        texts("node_taints").at("nodeTaints"),
        pool_rows::upgrade_settings(text("max_surge")).with(text("max_unavailable").at("maxUnavailable")),
    ]);
    let pool = pool.into_iter().map(Row::computed_through).collect();
    let more = vec![
        blocks("agent_pool_profile", pool).computed().at("properties.agentPoolProfiles"),
        text_set("api_server_authorized_ip_ranges")
            .computed()
            .at("properties.apiServerAccessProfile.authorizedIPRanges"),
    ];
    // A member of older clusters that Azure does not tell of any more.
    let bridged = |row: Row| {
        if row.name == "network_profile" { row.with(text("docker_bridge_cidr").computed()) } else { row }
    };
    let kind = kind().with_rows(|rows| rows.into_iter().map(bridged).collect());
    ArmData::of(kind, &["name", "resource_group_name"], more)
}

struct Cluster;

#[async_trait]
impl Hooks for Cluster {
    async fn delete(&self, call: &Call<'_>, prior: &Value) -> Result<(), Fault> {
        removal::delete(call, prior).await
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        renamed::cluster(path)
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        plan_rules::apply(case);
        pod_identity::plan(case);
    }

    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        let recorded = |name: &str| prior.and_then(|p| wire::at(p, &format!("default_node_pool.{name}"))?.as_str());
        let names = [recorded("name"), recorded("temporary_name_for_rotation")];
        if let Some(mut pool) = default_pool(answer, names) {
            pool_rows::lift(&mut pool);
            at::set(answer, "pool", pool);
        }
        // With a managed identity Azure says the word "msi" here.
        if at::get_str(answer, "properties.servicePrincipalProfile.clientId") == Some("msi") {
            at::remove(answer, "properties.servicePrincipalProfile");
        }
        lift_gateways(answer);
        lift_names(answer);
    }

    fn lower(&self, body: &mut Json, planned: &Value, creating: bool) {
        at::remove(body, "credentials");
        at::remove(body, "maintenance");
        at::remove(body, "properties.nodeResourceGroupId");
        if creating && let Some(pool) = at::remove(body, "pool") {
            at::set(body, "properties.agentPoolProfiles", json!([first_pool(pool)]));
        }
        lower_identity(body, planned);
        lower_gateways(body);
        pod_identity::lower(body);
        if creating {
            switch_off(body);
        } else {
            leave_old_way_out(body);
        }
        if at::get(body, "extendedLocation.name").is_some() {
            at::set(body, "extendedLocation.type", json!("EdgeZone"));
        }
        if at::get(body, "properties.addonProfiles.azurepolicy.enabled").is_some() {
            at::set(body, "properties.addonProfiles.azurepolicy.config.version", json!("v2"));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        kubeconfig::read(azure, id, CONTAINER_SERVICE, answer).await;
        maintenance::read(azure, id, CONTAINER_SERVICE, answer).await
    }

    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        mut body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        let mut before = before.clone();
        let pools = (at::remove(&mut before, "pool"), at::remove(&mut body, "pool"));
        if resets_service_principal(prior, planned) {
            reset_service_principal(call, planned).await?;
            at::remove(&mut body, "properties.servicePrincipalProfile");
            if let Some(profile) = at::get(&before, "properties.servicePrincipalProfile") {
                at::set(&mut body, "properties.servicePrincipalProfile", profile.clone());
            }
        }
        if body != before {
            call.put(body).await?;
        }
        if let (Some(before), Some(wanted)) = pools
            && before != wanted
        {
            let temporary = wire::at(planned, "default_node_pool.temporary_name_for_rotation").and_then(Value::as_str);
            pool_writes::write(call, call.id, &before, wanted, temporary).await?;
        }
        self.write_more(call, Some(prior), planned).await
    }

    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        Ok(maintenance::write(call, prior, planned).await?)
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("cluster:{id}"))
    }

    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy, Conflict::KubeletPermission]
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.ContainerService/managedClusters")
    }

    /// Azure makes a cluster with a kubelet identity only when the control plane has its role on that identity
    /// (`CustomKubeletIdentityMissingPermissionError`), which no reference between the two says.
    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (cluster, instance) in planned.iter().enumerate().filter(|(_, p)| p.kind == "azurerm_kubernetes_cluster") {
            let kubelet =
                wire::at(instance.value, "kubelet_identity.user_assigned_identity_id").and_then(Value::as_str);
            let Some(kubelet) = kubelet else { continue };
            let grants = planned.iter().enumerate().filter(|(_, p)| {
                let scope = p.value.field("scope").and_then(Value::as_str);
                p.kind == "azurerm_role_assignment"
                    && scope.is_some_and(|scope| wire::same_text(Same::ArmId, scope, kubelet))
            });
            pairs.extend(grants.map(|(grant, _)| (grant, cluster)));
        }
        pairs.extend(parts(planned));
        pairs
    }
}

/// What goes with a cluster: its pools, and what lies in the group of its nodes. Azure removes a pool more slowly than
/// the cluster with all of them, and does not let go of an address that the cluster still uses.
fn parts(planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
    let text = |value: &Value, name: &str| value.field(name).and_then(Value::as_str).map(str::to_ascii_lowercase);
    let clusters = planned.iter().enumerate().filter(|(_, p)| p.kind == "azurerm_kubernetes_cluster");
    // A cluster that is not there yet has no parts.
    let homes: Vec<(usize, String)> = clusters
        .filter_map(|(at, cluster)| {
            Some((at, text(cluster.value, "id")?, text(cluster.value, "node_resource_group_id")?))
        })
        .flat_map(|(at, id, group)| [id, group].map(|home| (at, home)))
        .filter(|(_, home)| !home.is_empty())
        .map(|(at, home)| (at, home + "/"))
        .collect();
    let mut pairs = Vec::new();
    for (at, part) in planned.iter().enumerate().filter(|_| !homes.is_empty()) {
        let Some(id) = text(part.value, "id") else { continue };
        pairs.extend(homes.iter().filter(|(_, home)| id.starts_with(home.as_str())).map(|(whole, _)| (at, *whole)));
    }
    pairs
}

/// The default pool among a cluster's pools: the one recorded, the one that stands in for it, else the first for the
/// system.
fn default_pool(answer: &Json, names: [Option<&str>; 2]) -> Option<Json> {
    let pools = at::get(answer, "properties.agentPoolProfiles")?.as_array()?;
    let named = |name: &str| pools.iter().find(|pool| at::get_str(pool, "name") == Some(name));
    let recorded = names.into_iter().flatten().find_map(named);
    let system = || pools.iter().find(|pool| at::get_str(pool, "mode") == Some("System"));
    recorded.or_else(system).or_else(|| pools.first()).cloned()
}

fn first_pool(mut pool: Json) -> Json {
    pool_rows::lower(&mut pool);
    at::set(&mut pool, "mode", json!("System"));
    at::set(&mut pool, "osType", json!("Linux"));
    pool
}

/// Azure refuses its own echo inside the map of identities, and wants the word "msi" where there is no service
/// principal.
fn lower_identity(body: &mut Json, planned: &Value) {
    let Some(kind) = at::get_str(body, "identity.type").map(str::to_owned) else { return };
    for member in ["identity.principalId", "identity.tenantId"] {
        at::remove(body, member);
    }
    if kind == "SystemAssigned" {
        at::remove(body, "identity.userAssignedIdentities");
    } else if let Some(Json::Object(identities)) = at::remove(body, "identity.userAssignedIdentities") {
        let blank = identities.into_iter().map(|(id, _)| (id, json!({}))).collect();
        at::set(body, "identity.userAssignedIdentities", Json::Object(blank));
    }
    let principal = planned.field("service_principal").and_then(Value::as_elements).is_some_and(|p| !p.is_empty());
    if principal {
        at::remove(body, "identity");
    } else {
        at::set(body, "properties.servicePrincipalProfile", json!({ "clientId": "msi" }));
    }
}

/// What AKS tells in other words than azurerm: the id of the group of the nodes, which it only names, and the words
/// for a zone that it keeps itself.
fn lift_names(answer: &mut Json) {
    const ZONE: &str = "properties.apiServerAccessProfile.privateDNSZone";
    let subscription = at::get_str(answer, "id").and_then(|id| id.split('/').nth(2)).map(str::to_owned);
    let group = at::get_str(answer, "properties.nodeResourceGroup").filter(|group| !group.is_empty());
    if let (Some(subscription), Some(group)) = (subscription, group) {
        let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        at::set(answer, "properties.nodeResourceGroupId", json!(id));
    }
    let word = at::get_str(answer, ZONE).map(str::to_owned);
    if let Some(word) = word.and_then(|zone| ["System", "None"].into_iter().find(|w| w.eq_ignore_ascii_case(&zone))) {
        at::set(answer, ZONE, json!(word));
    }
}

/// What azurerm turns off expressly when a cluster is made, whatever its default comes to be.
fn switch_off(body: &mut Json) {
    const ADVANCED: &str = "properties.networkProfile.advancedNetworking";
    if at::get(body, "properties.azureMonitorProfile.metrics.enabled").is_none() {
        at::set(body, "properties.azureMonitorProfile.metrics.enabled", json!(false));
    }
    if at::get(body, "properties.networkProfile").is_some() && at::get(body, ADVANCED).is_none() {
        let off = json!({ "enabled": false });
        at::set(body, ADVANCED, json!({ "enabled": false, "observability": off, "security": off }));
    }
}

/// With another way out of the network, what was said of the former one is left out: Azure refuses it.
fn leave_old_way_out(body: &mut Json) {
    let way = at::get_str(body, "properties.networkProfile.outboundType").unwrap_or_default().to_ascii_lowercase();
    if !way.is_empty() && !way.ends_with("natgateway") {
        at::remove(body, "properties.networkProfile.natGatewayProfile");
    }
    if !way.is_empty() && way != "loadbalancer" {
        at::remove(body, "properties.networkProfile.loadBalancerProfile");
    }
}

const GATEWAYS: &str = "properties.serviceMeshProfile.istio.components.ingressGateways";
const GATEWAY_SWITCHES: [(&str, &str); 2] = [
    ("Internal", "properties.serviceMeshProfile.istio.internalGateway"),
    ("External", "properties.serviceMeshProfile.istio.externalGateway"),
];

/// The list of the mesh's gateways as a switch for each.
fn lift_gateways(answer: &mut Json) {
    let gateways = at::get(answer, GATEWAYS).and_then(Json::as_array).cloned().unwrap_or_default();
    for gateway in gateways {
        let mode = at::get_str(&gateway, "mode").unwrap_or_default();
        let place = GATEWAY_SWITCHES.iter().find(|(name, _)| name.eq_ignore_ascii_case(mode));
        if let (Some((_, place)), Some(enabled)) = (place, at::get(&gateway, "enabled")) {
            at::set(answer, place, enabled.clone());
        }
    }
}

fn lower_gateways(body: &mut Json) {
    let mut gateways = at::get(body, GATEWAYS).and_then(Json::as_array).cloned().unwrap_or_default();
    for (mode, place) in GATEWAY_SWITCHES {
        let Some(enabled) = at::remove(body, place) else { continue };
        match gateways.iter_mut().find(|g| at::get_str(g, "mode").is_some_and(|m| m.eq_ignore_ascii_case(mode))) {
            Some(gateway) => at::set(gateway, "enabled", enabled),
            None => gateways.push(json!({ "enabled": enabled, "mode": mode })),
        }
    }
    if !gateways.is_empty() && at::get(body, "properties.serviceMeshProfile.istio").is_some() {
        at::set(body, GATEWAYS, Json::Array(gateways));
    }
}

fn resets_service_principal(prior: &Value, planned: &Value) -> bool {
    let stays = [prior, planned].iter().all(|v| wire::at(v, "service_principal.client_id").is_some());
    stays && wire::changed(prior, planned, "service_principal")
}

/// A service principal is changed by an action of its own; a PUT does not take it.
async fn reset_service_principal(call: &Call<'_>, planned: &Value) -> Result<(), ArmError> {
    let text = |path: &str| wire::at(planned, path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let body = json!({
        "clientId": text("service_principal.client_id"),
        "secret": text("service_principal.client_secret"),
    });
    call.post("resetServicePrincipalProfile", body).await.map(drop)
}
