//! What others have in a cluster: `azurerm_kubernetes_cluster_trusted_access_role_binding` and
//! `azurerm_kubernetes_cluster_extension`

use serde_json::{Value as Json, json};

use super::super::wire::{Rule, Same, Table, block, blocks, json as at, text, text_map, texts};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::kubernetes_cluster::CONTAINER_SERVICE;
use crate::value::Value;

/// Roles that another Azure service has in a cluster.
pub fn trusted_access() -> ArmKind {
    ArmKind::new(binding_table(), Binding)
}

/// Software that Azure installs in a cluster and keeps up to date.
pub fn extension() -> ArmKind {
    ArmKind::new(extension_table(), Extension)
}

fn binding_table() -> Table {
    Table::of(
        "azurerm_kubernetes_cluster_trusted_access_role_binding",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
        CONTAINER_SERVICE,
        "{kubernetes_cluster_id}/trustedAccessRoleBindings/{name}",
    )
    .about("Roles that another Azure service has in an AKS cluster.")
    .rows([
        text("name")
            .required()
            .replaces()
            .about("The name of the binding.")
            .rule(Rule::Pattern("^[a-zA-Z0-9-]{1,24}$", "(must be 1 to 24 letters, digits or `-`)")),
        text("kubernetes_cluster_id").required().replaces().same(Same::ArmId).about("The cluster."),
        texts("roles")
            .required()
            .same(Same::Unordered)
            .rule(Rule::AtLeast(1))
            .at("properties.roles")
            .about("Such as Microsoft.MachineLearningServices/workspaces/mlworkload."),
        text("source_resource_id")
            .required()
            .replaces()
            .same(Same::ArmId)
            .at("properties.sourceResourceId")
            .about("The resource that has the roles."),
    ])
}

fn extension_table() -> Table {
    Table::of(
        "azurerm_kubernetes_cluster_extension",
        "Microsoft.KubernetesConfiguration/extensions",
        "2022-11-01",
        "{cluster_id}/providers/Microsoft.KubernetesConfiguration/extensions/{name}",
    )
    .about("An extension of an AKS cluster.")
    .rows([
        text("name").required().replaces().about("The name of the extension.").rule(Rule::Pattern(
            r"^[a-zA-Z0-9][-.a-zA-Z0-9]{0,252}$",
            "(must be 1 to 253 letters, digits, `-` or `.`, and begin with a letter or digit)",
        )),
        text("cluster_id").required().replaces().same(Same::ArmId).about("The cluster."),
        text("extension_type").required().replaces().same(Same::Caseless).at("properties.extensionType"),
        text_map("configuration_settings").at("properties.configurationSettings"),
        text_map("configuration_protected_settings")
            .hidden()
            .at("properties.configurationProtectedSettings")
            .about("Azure does not give them back: what is recorded is what was written last."),
        block(
            "plan",
            vec![
                text("name").required().replaces().at("name"),
                text("product").required().replaces().at("product"),
                text("publisher").required().replaces().at("publisher"),
                text("promotion_code").replaces().at("promotionCode"),
                text("version").replaces().at("version"),
            ],
        )
        .replaces()
        .at("plan"),
        text("release_namespace")
            .or_computed()
            .replaces()
            .rule(Rule::Conflicts(&["target_namespace"]))
            .at("properties.scope.cluster.releaseNamespace"),
        text("target_namespace")
            .or_computed()
            .replaces()
            .rule(Rule::Conflicts(&["release_namespace"]))
            .at("properties.scope.namespace.targetNamespace"),
        text("release_train")
            .or_computed()
            .replaces()
            .rule(Rule::Conflicts(&["version"]))
            .at("properties.releaseTrain"),
        text("version")
            .replaces()
            .rule(Rule::Conflicts(&["release_train"]))
            .at("properties.version")
            .about("Kept at this version; Azure takes the newest when nothing is given."),
        text("current_version").computed().at("properties.currentVersion"),
        blocks(
            "aks_assigned_identity",
            vec![
                text("type").computed().at("type"),
                text("principal_id").computed().at("principalId"),
                text("tenant_id").computed().at("tenantId"),
            ],
        )
        .computed()
        .at("aksIdentity"),
    ])
}

struct Binding;

impl Hooks for Binding {
    fn lane(&self, id: &str) -> Option<String> {
        let (cluster, _) = id.rsplit_once("/trustedAccessRoleBindings/")?;
        Some(format!("cluster:{cluster}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}

struct Extension;

impl Hooks for Extension {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        // Azure answers the names of the protected settings, and nothing in the place of what they say.
        at::remove(answer, "properties.configurationProtectedSettings");
        if let Some(identity) = at::get(answer, "properties.aksAssignedIdentity").cloned() {
            at::set(answer, "aksIdentity", json!([identity]));
        }
    }

    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        at::remove(body, "aksIdentity");
        let pinned = planned.field("version").and_then(Value::as_str).is_some_and(|version| !version.is_empty());
        at::set(body, "properties.autoUpgradeMinorVersion", json!(!pinned));
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}
