//! `azurerm_kubernetes_automatic_cluster`: a cluster of which Azure decides all but a few things. It is the same ARM
//! type under another SKU.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::super::arm::ArmError;
use super::super::super::session::Azure;
use super::super::super::wire::{
    Codec, ONE_IDENTITY, Off, PlanCase, Row, Rule, Same, Table, block, flag, identity, json as at, location,
    resource_group_name, tags, text, text_set, texts,
};
use super::super::arm_data::ArmData;
use super::super::arm_kind::ArmKind;
use super::super::hooks::Hooks;
use super::super::identity::subscription_list;
use super::{CONTAINER_SERVICE, control_plane, kubeconfig, lift_gateways, lower_gateways, lower_identity};
use crate::value::Value;

/// An automatic cluster.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Automatic)
}

/// An automatic cluster that is read only.
pub fn data() -> ArmData {
    let identity = vec![
        text("client_id").at("clientId"),
        text("object_id").at("objectId"),
        text("user_assigned_identity_id").at("resourceId"),
    ];
    let more = vec![
        text("dns_prefix").computed().at("properties.dnsPrefix"),
        text("kubernetes_version").computed().at("properties.kubernetesVersion"),
        text("node_resource_group").computed().at("properties.nodeResourceGroup"),
        block("kubelet_identity", identity).computed_through().at("properties.identityProfile.kubeletidentity"),
    ];
    ArmData::of(kind(), &["name", "resource_group_name"], more)
}

fn table() -> Table {
    Table::of(
        "azurerm_kubernetes_automatic_cluster",
        "Microsoft.ContainerService/managedClusters",
        CONTAINER_SERVICE,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ContainerService/\
         managedClusters/{name}",
    )
    .about("An AKS Automatic cluster: Azure decides how it is made up and keeps it so.")
    .constant("sku.name", "Automatic")
    .constant("sku.tier", "Standard")
    .rows([
        text("name").required().replaces().about("The name of the cluster.").rule(control_plane::CLUSTER_NAME),
        resource_group_name(),
        location(),
        identity(ONE_IDENTITY).required(),
        api_server_access(),
        block(
            "private_cluster",
            vec![
                text("private_dns_zone_id").default_to("System").replaces().same(Same::ArmId).at("privateDNSZone"),
                flag("public_fully_qualified_domain_name_enabled")
                    .default_to(false)
                    .at("enablePrivateClusterPublicFQDN"),
            ],
        )
        .switched_by("enablePrivateCluster")
        .off(Off::MembersNull)
        .at("properties.apiServerAccessProfile")
        .about("A cluster whose API server has no address outside its network."),
        hosted_system(),
        service_mesh(),
        ingress(),
        text("current_kubernetes_version").computed().at("properties.currentKubernetesVersion"),
        text("fully_qualified_domain_name").computed().at("properties.fqdn"),
        text("private_fully_qualified_domain_name").computed().at("properties.privateFQDN"),
        text("portal_fully_qualified_domain_name").computed().at("properties.azurePortalFQDN"),
        text("node_resource_group_id").computed().same(Same::ArmId).at("properties.nodeResourceGroupId"),
        text("oidc_issuer_url").computed().same(Same::FinalSlash).at("properties.oidcIssuerProfile.issuerURL"),
        tags(),
    ])
    .rows(control_plane::credentials().into_iter().filter(|row| row.name.starts_with("kube_config")))
}

fn api_server_access() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&["api_server_access.authorized_ip_ranges", "api_server_access.subnet_id"]);
    block(
        "api_server_access",
        vec![
            text_set("authorized_ip_ranges")
                .rule(ONE)
                .rule(Rule::Conflicts(&["private_cluster"]))
                .at("authorizedIPRanges"),
            text("subnet_id").same(Same::ArmId).rule(ONE).at("subnetId"),
        ],
    )
    .off(Off::MembersNull)
    .at("properties.apiServerAccessProfile")
}

fn hosted_system() -> Row {
    block(
        "hosted_system",
        vec![
            text("node_subnet_id").required().replaces().same(Same::ArmId).at("nodeSubnetID"),
            text("system_node_subnet_id").required().replaces().same(Same::ArmId).at("systemNodeSubnetID"),
        ],
    )
    .or_computed()
    .at("properties.hostedSystemProfile")
    .about("Subnets of one's own, for the nodes and for what Azure runs in the cluster.")
}

fn service_mesh() -> Row {
    block(
        "service_mesh",
        vec![
            texts("revisions").required().at_most(2).rule(Rule::AtLeast(1)).at("istio.revisions"),
            flag("internal_ingress_gateway_enabled").default_to(false).at("istio.internalGateway"),
            flag("external_ingress_gateway_enabled").default_to(false).at("istio.externalGateway"),
            text("proxy_redirect_mechanism")
                .default_to("InitContainers")
                .one_of(&["CNIChaining", "InitContainers"])
                .at("istio.components.proxyRedirectionMechanism"),
            block(
                "certificate_authority",
                vec![
                    text("key_vault_id").required().same(Same::ArmId).at("keyVaultId"),
                    text("root_certificate_object_name").required().at("rootCertObjectName"),
                    text("certificate_chain_object_name").required().at("certChainObjectName"),
                    text("certificate_object_name").required().at("certObjectName"),
                    text("key_object_name").required().at("keyObjectName"),
                ],
            )
            .at("istio.certificateAuthority.plugin"),
        ],
    )
    .off(Off::Says("mode", "Disabled"))
    .at("properties.serviceMeshProfile")
}

fn ingress() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&[
        "web_app_routing_ingress.default_nginx_controller",
        "web_app_routing_ingress.istio_enabled",
    ]);
    block(
        "web_app_routing_ingress",
        vec![
            text("default_nginx_controller")
                .one_of(&["AnnotationControlled", "External", "Internal", "None"])
                .rule(ONE)
                .at("nginx.defaultIngressControllerType"),
            flag("istio_enabled")
                .default_to(false)
                .rule(ONE)
                .spelled(Codec::Words("Enabled", "Disabled"))
                .at("gatewayAPIImplementations.appRoutingIstio.mode"),
            texts("dns_zone_ids").same(Same::Unordered).at("dnsZoneResourceIds"),
            block(
                "web_app_routing_identity",
                vec![
                    text("client_id").at("clientId"),
                    text("object_id").at("objectId"),
                    text("user_assigned_identity_id").at("resourceId"),
                ],
            )
            .computed_through()
            .at("identity"),
        ],
    )
    .or_computed()
    .switched_by("enabled")
    .at("properties.ingressProfile.webAppRouting")
}

struct Automatic;

#[async_trait]
impl Hooks for Automatic {
    fn plan(&self, case: &mut PlanCase<'_>) {
        let is_private = |value: Option<&Value>| value.and_then(Value::as_elements).is_some_and(|b| !b.is_empty());
        let (before, after) =
            (is_private(case.prior_at("private_cluster")), is_private(case.planned_at("private_cluster")));
        if case.prior.is_some() && before != after {
            case.replace("private_cluster");
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        lift_gateways(answer);
        // Azure says nothing of an API server that may be reached from anywhere.
        let profile = "properties.apiServerAccessProfile";
        if at::get(answer, &format!("{profile}.enablePrivateCluster")).is_none() && at::get(answer, profile).is_some() {
            at::set(answer, &format!("{profile}.enablePrivateCluster"), json!(false));
        }
    }

    fn lower(&self, body: &mut Json, planned: &Value, creating: bool) {
        at::remove(body, "credentials");
        lower_identity(body, planned);
        lower_gateways(body);
        at::remove(body, "properties.servicePrincipalProfile");
        if at::get(body, "properties.serviceMeshProfile.istio").is_some() {
            at::set(body, "properties.serviceMeshProfile.mode", json!("Istio"));
        }
        if at::get(body, "properties.hostedSystemProfile.nodeSubnetID").is_some() {
            at::set(body, "properties.hostedSystemProfile.enabled", json!(true));
        }
        if creating {
            // The pool of the system, whose nodes Azure chooses.
            let pool = json!({ "name": "systempool", "mode": "System", "count": 3 });
            at::set(body, "properties.agentPoolProfiles", json!([pool]));
            let name = planned.field("name").and_then(Value::as_str).unwrap_or_default();
            at::set(body, "properties.dnsPrefix", json!(dns_prefix(name)));
        }
    }

    async fn read_more(&self, azure: &Azure, id: &str, answer: &mut Json) -> Result<(), ArmError> {
        kubeconfig::read(azure, id, CONTAINER_SERVICE, answer).await;
        Ok(())
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("cluster:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.ContainerService/managedClusters")
    }
}

/// The beginning of the API server's name, which follows from the cluster's.
fn dns_prefix(name: &str) -> String {
    let kept: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(45).collect();
    format!("{}-dns", kept.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::dns_prefix;

    #[test]
    fn the_prefix_is_a_name_that_azure_takes() {
        assert_eq!(dns_prefix("aks_main"), "aksmain-dns");
        assert!(dns_prefix(&"a".repeat(63)).len() <= 54);
    }
}
