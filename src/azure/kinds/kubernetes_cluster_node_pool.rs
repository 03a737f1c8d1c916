//! `azurerm_kubernetes_cluster_node_pool`

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::wire::{self, Codec, PlanCase, Rule, Same, Table, block, flag, float, json as at, text, texts};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::kubernetes_cluster::CONTAINER_SERVICE;
use super::{node_pool_rows as pool_rows, pool_rules, pool_writes};
use crate::value::Value;

/// A node pool of its own.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Pool)
}

fn table() -> Table {
    let mut rows = pool_rows::shared();
    rows.extend([
        text("name").required().replaces().rule(pool_rows::POOL_NAME).about("The name of the pool."),
        text("kubernetes_cluster_id").required().replaces().same(Same::ArmId).about("The cluster of the pool."),
        text("mode").default_to("User").one_of(&["System", "User", "Gateway"]).at("mode"),
        texts("node_taints").same(Same::Unordered).at("nodeTaints").about("Taints of the nodes."),
        text("node_image_version").computed().follows(&["orchestrator_version"]).at("nodeImageVersion"),
        text("os_type").default_to("Linux").replaces().one_of(&["Linux", "Windows"]).at("osType"),
        text("priority").default_to("Regular").replaces().one_of(&["Regular", "Spot"]).at("scaleSetPriority"),
        text("eviction_policy").replaces().one_of(&["Deallocate", "Delete"]).at("scaleSetEvictionPolicy"),
        float("spot_max_price").default_to(-1).replaces().at("spotMaxPrice"),
        text("workload_runtime")
            .one_of(&["OCIContainer", "WasmWasi", "KataVmIsolation", "KataMshvVmIsolation"])
            .at("workloadRuntime"),
        block(
            "windows_profile",
            vec![
                flag("outbound_nat_enabled")
                    .default_to(true)
                    .replaces()
                    .spelled(Codec::Inverted)
                    .at("disableOutboundNat"),
            ],
        )
        .replaces()
        .at("windowsProfile"),
        pool_rows::upgrade_settings(text("max_surge").rule(Rule::Conflicts(&["upgrade_settings.max_unavailable"])))
            .with(
                text("max_unavailable")
                    .filled_as("0")
                    .rule(Rule::Conflicts(&["upgrade_settings.max_surge"]))
                    .at("maxUnavailable"),
            ),
    ]);
    Table::of(
        "azurerm_kubernetes_cluster_node_pool",
        "Microsoft.ContainerService/managedClusters/agentPools",
        CONTAINER_SERVICE,
        "{kubernetes_cluster_id}/agentPools/{name}",
    )
    .about("A node pool of an AKS cluster.")
    .version(1)
    .constant("type", "VirtualMachineScaleSets")
    .rows(rows)
}

struct Pool;

const SPOT_TAINT: &str = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";

#[async_trait]
impl Hooks for Pool {
    fn renamed(&self, path: &[&str]) -> Option<String> {
        super::kubernetes_cluster::renamed_in_pool(path)
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        pool_rules::never_lower(case, "orchestrator_version");
        pool_rules::scaling(case, "");
        pool_rules::rotation(case, "");
        let spot = case.planned_at("priority").and_then(Value::as_str) == Some("Spot");
        for name in ["eviction_policy", "spot_max_price"] {
            if !spot && case.planned_at("priority").is_some_and(Value::is_known) && case.is_configured(name) {
                case.refuse(
                    name,
                    format!("`{name}` can only be set when `priority` is set to `Spot`"),
                    "Only Spot nodes are evicted and have a price to bid.",
                );
            }
        }
    }

    /// The members of the pool side by side with nothing around them, as in the cluster's list of pools.
    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        let name = at::get(answer, "name").cloned().unwrap_or_default();
        let mut pool = at::remove(answer, "properties").unwrap_or_else(|| json!({}));
        at::set(&mut pool, "name", name);
        // Azure taints Spot nodes by itself; whoever writes the taint too is told of it, nobody else.
        let ours = prior.and_then(|prior| prior.field("node_taints")?.as_elements());
        let written = ours.is_some_and(|taints| taints.iter().any(|t| t.as_str() == Some(SPOT_TAINT)));
        if let (false, Some(Json::Array(taints))) = (written, pool.get_mut("nodeTaints")) {
            taints.retain(|taint| taint.as_str() != Some(SPOT_TAINT));
        }
        pool_rows::lift(&mut pool);
        at::remove(&mut pool, "onlyCriticalAddons");
        *answer = pool;
    }

    fn lower(&self, body: &mut Json, planned: &Value, creating: bool) {
        if planned.field("priority").and_then(Value::as_str) != Some("Spot") {
            at::remove(body, "spotMaxPrice");
            at::remove(body, "scaleSetEvictionPolicy");
        }
        if creating {
            pool_rows::lower(body);
            at::remove(body, "name");
            *body = json!({ "properties": body.take() });
        } else {
            at::set(body, "name", planned.field("name").and_then(Value::as_str).into());
        }
    }

    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        body: Json,
        _prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        let Some((cluster, _)) = call.id.rsplit_once("/agentPools/") else { return Ok(()) };
        if body == *before {
            return Ok(());
        }
        let temporary = wire::at(planned, "temporary_name_for_rotation").and_then(Value::as_str);
        pool_writes::write(call, cluster, before, body, temporary).await
    }

    fn lane(&self, id: &str) -> Option<String> {
        let (cluster, _) = id.rsplit_once("/agentPools/")?;
        Some(format!("cluster:{cluster}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
