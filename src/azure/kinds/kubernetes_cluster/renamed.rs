//! Arguments of azurerm 2.x, 3.x and 4.x under their present names.

/// Old names at the top of a cluster, or in one of its blocks.
const CLUSTER: &[(&str, &str)] = &[
    (
        "addon_profile",
        "a block or argument of its own for each addon: oms_agent, azure_policy_enabled, \
      key_vault_secrets_provider, ingress_application_gateway, aci_connector_linux, http_application_routing_enabled",
    ),
    ("api_server_authorized_ip_ranges", "api_server_access_profile { authorized_ip_ranges = [...] }"),
    ("automatic_channel_upgrade", "automatic_upgrade_channel"),
    ("custom_ca_trust_enabled", "custom_ca_trust_certificates_base64"),
    ("enable_pod_security_policy", "nothing: Kubernetes has no pod security policies any more"),
    ("image_cleaner", "image_cleaner_enabled and image_cleaner_interval_hours"),
    ("node_os_channel_upgrade", "node_os_upgrade_channel"),
    ("public_network_access_enabled", "private_cluster_enabled or api_server_access_profile"),
    (
        "role_based_access_control",
        "role_based_access_control_enabled, and for Entra sign-in \
      azure_active_directory_role_based_access_control",
    ),
    ("api_server_access_profile.vnet_integration_enabled", "virtual_network_integration_enabled"),
    ("azure_active_directory_role_based_access_control.managed", "nothing: sign-in is always managed by AKS"),
    ("azure_active_directory_role_based_access_control.client_app_id", "nothing: sign-in is always managed by AKS"),
    ("azure_active_directory_role_based_access_control.server_app_id", "nothing: sign-in is always managed by AKS"),
    ("azure_active_directory_role_based_access_control.server_app_secret", "nothing: sign-in is always managed by AKS"),
    ("identity.user_assigned_identity_id", "identity_ids, a set of one id"),
    ("network_profile.docker_bridge_cidr", "nothing: nodes have no Docker bridge any more"),
    ("network_profile.ebpf_data_plane", "network_data_plane"),
    ("network_profile.outbound_ip_prefix_ids", "load_balancer_profile { outbound_ip_prefix_ids = [...] }"),
    ("service_mesh_profile.external_ingress_gateway", "external_ingress_gateway_enabled"),
    ("service_mesh_profile.internal_ingress_gateway", "internal_ingress_gateway_enabled"),
    ("storage_profile.disk_driver_version", "nothing: Azure chooses the driver's version"),
    ("web_app_routing.dns_zone_id", "dns_zone_ids, a list of one id"),
    ("windows_profile.gmsa.enabled", "the presence of the gmsa block"),
];

/// Old names in a node pool.
const POOL: &[(&str, &str)] = &[
    ("availability_zones", "zones"),
    ("custom_ca_trust_enabled", "nothing: the cluster's custom_ca_trust_certificates_base64 serves all pools"),
    ("enable_auto_scaling", "auto_scaling_enabled"),
    ("enable_host_encryption", "host_encryption_enabled"),
    ("enable_node_public_ip", "node_public_ip_enabled"),
    ("message_of_the_day", "nothing: azurerm 4 took it away"),
    ("node_taints", "only_critical_addons_enabled for the default pool, or a node pool of its own"),
    ("vm_set_type", "type"),
];

/// What to say of an argument that a cluster does not have.
pub fn cluster(path: &[&str]) -> Option<String> {
    match path {
        ["default_node_pool", rest @ ..] => pool(rest),
        _ => look_up(CLUSTER, path),
    }
}

/// What to say of an argument that a node pool does not have.
pub fn pool(path: &[&str]) -> Option<String> {
    look_up(POOL, path)
}

fn look_up(names: &[(&str, &str)], path: &[&str]) -> Option<String> {
    let old = path.join(".");
    let (_, new) = names.iter().find(|(name, _)| *name == old)?;
    let short = path.last()?;
    Some(match new.strip_prefix("nothing: ") {
        Some(why) => format!("\"{short}\" is an argument of an older azurerm and has no successor: {why}."),
        None if new.contains(' ') => format!("\"{short}\" is an argument of an older azurerm; use {new} instead."),
        None => format!("This argument is named \"{new}\" since azurerm 4; \"{short}\" is its older name."),
    })
}
