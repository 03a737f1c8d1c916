//! What azurerm 5 calls what 2.x, 3.x and 4.x called otherwise. Source: the provider's upgrade guides to 3.0, 4.0, 5.0.

/// What becomes of an argument or a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Successor {
    /// It has another name.
    Named(&'static str),
    /// A flag that says the opposite.
    Opposite(&'static str),
    /// A flag that is a word now: for true, for false.
    Words(&'static str, &'static str, &'static str),
    /// It takes a list now.
    List(&'static str),
    /// It stands in a block now.
    Into(&'static str, &'static str),
    /// A reference to the name of an object becomes one to its id.
    Id(&'static str),
    /// A list of words becomes a block for each, with the word as this argument.
    Blocks(&'static str, &'static str),
    /// It has none, for this reason.
    Gone(&'static str),
    /// Nobody but a person can tell: what to do.
    Person(&'static str),
}

use Successor::{Blocks, Gone, Id, Into, List, Named, Opposite, Person, Words};

/// A kind, the way to an argument or a block of it, and what becomes of that.
pub type Rule = (&'static [&'static str], &'static str, Successor);

const CLUSTER: &[&str] = &["azurerm_kubernetes_cluster"];
const POOL: &[&str] = &["azurerm_kubernetes_cluster_node_pool"];
const SUBNET: &[&str] = &["azurerm_subnet"];
const SETTING: &[&str] = &["azurerm_monitor_diagnostic_setting"];
const SIGN_IN: &str = "sign-in is always managed by AKS";

/// All of them. A way through `default_node_pool` is told by the pool's own rules.
pub const RULES: &[Rule] = &[
    (CLUSTER, "api_server_authorized_ip_ranges", Into("api_server_access_profile", "authorized_ip_ranges")),
    (CLUSTER, "api_server_access_profile.vnet_integration_enabled", Named("virtual_network_integration_enabled")),
    (CLUSTER, "automatic_channel_upgrade", Named("automatic_upgrade_channel")),
    (CLUSTER, "node_os_channel_upgrade", Named("node_os_upgrade_channel")),
    (CLUSTER, "azure_active_directory_role_based_access_control.managed", Gone(SIGN_IN)),
    (CLUSTER, "azure_active_directory_role_based_access_control.client_app_id", Gone(SIGN_IN)),
    (CLUSTER, "azure_active_directory_role_based_access_control.server_app_id", Gone(SIGN_IN)),
    (CLUSTER, "azure_active_directory_role_based_access_control.server_app_secret", Gone(SIGN_IN)),
    (CLUSTER, "custom_ca_trust_enabled", Gone("the certificates alone decide")),
    (CLUSTER, "enable_pod_security_policy", Gone("Kubernetes has no pod security policies any more")),
    (CLUSTER, "image_cleaner", Person("write image_cleaner_enabled and image_cleaner_interval_hours")),
    (CLUSTER, "public_network_access_enabled", Person("use private_cluster_enabled or api_server_access_profile")),
    (CLUSTER, "identity.user_assigned_identity_id", List("identity_ids")),
    (CLUSTER, "network_profile.docker_bridge_cidr", Gone("nodes have no Docker bridge any more")),
    (CLUSTER, "network_profile.ebpf_data_plane", Named("network_data_plane")),
    (CLUSTER, "network_profile.outbound_ip_prefix_ids", Into("load_balancer_profile", "outbound_ip_prefix_ids")),
    (CLUSTER, "service_mesh_profile.external_ingress_gateway", Named("external_ingress_gateway_enabled")),
    (CLUSTER, "service_mesh_profile.internal_ingress_gateway", Named("internal_ingress_gateway_enabled")),
    (CLUSTER, "storage_profile.disk_driver_version", Gone("Azure chooses the driver's version")),
    (CLUSTER, "web_app_routing.dns_zone_id", List("dns_zone_ids")),
    (POOL, "availability_zones", Named("zones")),
    (POOL, "custom_ca_trust_enabled", Gone("the cluster's certificates serve all pools")),
    (POOL, "enable_auto_scaling", Named("auto_scaling_enabled")),
    (POOL, "enable_host_encryption", Named("host_encryption_enabled")),
    (POOL, "enable_node_public_ip", Named("node_public_ip_enabled")),
    (POOL, "message_of_the_day", Gone("azurerm 4 took it away")),
    (POOL, "kubelet_config.container_log_max_line", Named("container_log_max_files")),
    (POOL, "linux_os_config.transparent_huge_page_enabled", Named("transparent_huge_page")),
    (&["azurerm_federated_identity_credential"], "parent_id", Named("user_assigned_identity_id")),
    (&["azurerm_federated_identity_credential"], "resource_group_name", Gone("the identity's id tells it")),
    (SUBNET, "address_prefix", List("address_prefixes")),
    (SUBNET, "service_endpoints", Blocks("service_endpoint", "service")),
    (
        SUBNET,
        "private_endpoint_network_policies_enabled",
        Words("private_endpoint_network_policies", "Enabled", "Disabled"),
    ),
    (
        SUBNET,
        "enforce_private_link_endpoint_network_policies",
        Words("private_endpoint_network_policies", "Disabled", "Enabled"),
    ),
    (
        SUBNET,
        "enforce_private_link_service_network_policies",
        Opposite("private_link_service_network_policies_enabled"),
    ),
    (&["azurerm_route_table"], "disable_bgp_route_propagation", Opposite("bgp_route_propagation_enabled")),
    (&["azurerm_key_vault"], "enable_rbac_authorization", Named("rbac_authorization_enabled")),
    (&["azurerm_key_vault"], "soft_delete_enabled", Gone("Azure always keeps deleted vaults for a time")),
    (&["azurerm_storage_account"], "enable_https_traffic_only", Named("https_traffic_only_enabled")),
    (&["azurerm_storage_account"], "allow_blob_public_access", Named("allow_nested_items_to_be_public")),
    (&["azurerm_storage_account"], "enable_blob_encryption", Gone("storage is always encrypted")),
    (&["azurerm_storage_account"], "enable_file_encryption", Gone("storage is always encrypted")),
    (&["azurerm_storage_container"], "storage_account_name", Id("storage_account_id")),
    (&["azurerm_container_registry"], "trust_policy", Gone("Azure has taken content trust away")),
    (&["azurerm_container_registry"], "trust_policy_enabled", Gone("Azure has taken content trust away")),
    (&["azurerm_container_registry"], "retention_policy", Person("write retention_policy_in_days")),
    (
        &["azurerm_log_analytics_workspace"],
        "internet_ingestion_enabled",
        Words("internet_ingestion_access_type", "Enabled", "Disabled"),
    ),
    (
        &["azurerm_log_analytics_workspace"],
        "internet_query_enabled",
        Words("internet_query_access_type", "Enabled", "Disabled"),
    ),
    (&["azurerm_log_analytics_workspace"], "local_authentication_disabled", Opposite("local_authentication_enabled")),
    (SETTING, "log", Person("write an enabled_log block for each category that is enabled")),
    (SETTING, "metric", Person("write an enabled_metric block for each category that is enabled")),
    (SETTING, "enabled_log.retention_policy", Gone("a storage account's own management policy keeps and deletes")),
];

/// What becomes of something in a kind. `way` are the blocks around it and its own name.
pub fn successor(kind: &str, way: &[&str]) -> Option<Successor> {
    let (kinds, way) = match way {
        ["default_node_pool", rest @ ..] if kind == "azurerm_kubernetes_cluster" => (POOL, rest),
        _ => (&[][..], way),
    };
    let path = way.join(".");
    let fits = |(of, at, _): &&Rule| *at == path && if kinds.is_empty() { of.contains(&kind) } else { *of == kinds };
    RULES.iter().find(fits).map(|(_, _, successor)| *successor)
}

/// Arguments that a new major version decides otherwise when nothing is written: with what they were.
pub fn kept(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "azurerm_kubernetes_cluster" => &[
            ("oidc_issuer_enabled", "oidc_issuer_enabled = false"),
            ("node_provisioning_profile", "node_provisioning_profile {\n  mode = \"Manual\"\n}"),
        ],
        _ => &[],
    }
}
