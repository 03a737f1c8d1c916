//! The cluster itself: names, versions, switches, and who may reach its API server.

use super::super::super::wire::{
    Codec, Off, Row, Rule, Same, block, blocks, flag, integer, location, resource_group_name, tags, text, text_set,
    texts,
};

/// The attributes at the top of a cluster.
pub fn rows() -> Vec<Row> {
    let mut rows = identity_of_the_cluster();
    rows.extend(versions());
    rows.extend(switches());
    rows.extend(addresses());
    rows.extend(credentials());
    rows.extend([api_server_access_profile(), upgrade_override(), bootstrap_profile(), node_provisioning_profile()]);
    rows
}

fn identity_of_the_cluster() -> Vec<Row> {
    vec![
        text("name").required().replaces().about("The name of the cluster.").rule(CLUSTER_NAME),
        resource_group_name(),
        location(),
        text("dns_prefix")
            .replaces()
            .rule(DNS_PREFIX)
            .rule(Rule::ExactlyOneOf(&["dns_prefix", "dns_prefix_private_cluster"]))
            .at("properties.dnsPrefix")
            .about("The beginning of the API server's name."),
        text("dns_prefix_private_cluster")
            .replaces()
            .rule(DNS_PREFIX)
            .rule(Rule::ExactlyOneOf(&["dns_prefix", "dns_prefix_private_cluster"]))
            .at("properties.fqdnSubdomain")
            .about("The same for a private cluster with a DNS zone of its own."),
        text("node_resource_group")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .at("properties.nodeResourceGroup")
            .about("The group that Azure makes for the nodes."),
        text("node_resource_group_id").computed().same(Same::ArmId).at("properties.nodeResourceGroupId"),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        text("disk_encryption_set_id").replaces().same(Same::ArmId).at("properties.diskEncryptionSetID"),
        tags(),
    ]
}

/// What a cluster may be called.
pub const CLUSTER_NAME: Rule = Rule::Pattern(
    "^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$",
    "(must be 1 to 63 letters, digits, `-` or `_`, and begin and end with a letter or digit)",
);

const DNS_PREFIX: Rule = Rule::Pattern(
    "^[a-zA-Z0-9]$|^[a-zA-Z0-9][-a-zA-Z0-9]{0,52}[a-zA-Z0-9]$",
    "(must be 1 to 54 letters, digits or `-`, and begin and end with a letter or digit)",
);

fn versions() -> Vec<Row> {
    vec![
        text("kubernetes_version")
            .or_computed()
            .same(Same::VersionPrefix)
            .at("properties.kubernetesVersion")
            .about("The version of the control plane; `1.33` is any patch of it."),
        text("current_kubernetes_version")
            .computed()
            .follows(&["kubernetes_version"])
            .at("properties.currentKubernetesVersion")
            .about("The version that runs."),
        text("automatic_upgrade_channel")
            .one_of(&["rapid", "stable", "patch", "node-image"])
            .null_as("none")
            .at("properties.autoUpgradeProfile.upgradeChannel"),
        text("node_os_upgrade_channel")
            .default_to("NodeImage")
            .one_of(&["Unmanaged", "SecurityPatch", "NodeImage", "None"])
            .at("properties.autoUpgradeProfile.nodeOSUpgradeChannel"),
        text("sku_tier").default_to("Free").one_of(&["Free", "Standard", "Premium"]).at("sku.tier"),
        text("support_plan")
            .newer()
            .default_to("KubernetesOfficial")
            .one_of(&["KubernetesOfficial", "AKSLongTermSupport"])
            .at("properties.supportPlan"),
    ]
}

fn switches() -> Vec<Row> {
    vec![
        flag("ai_toolchain_operator_enabled")
            .newer()
            .default_to(false)
            .tacit()
            .at("properties.aiToolchainOperatorProfile.enabled"),
        flag("cost_analysis_enabled").newer().null_as(false).at("properties.metricsProfile.costAnalysis.enabled"),
        texts("custom_ca_trust_certificates_base64")
            .at_most(10)
            .at("properties.securityProfile.customCATrustCertificates"),
        flag("image_cleaner_enabled").at("properties.securityProfile.imageCleaner.enabled"),
        integer("image_cleaner_interval_hours")
            .range(24, 2160)
            .at("properties.securityProfile.imageCleaner.intervalHours"),
        flag("local_account_disabled")
            .null_as(false)
            .at("properties.disableLocalAccounts")
            .about("Whether only Entra identities may sign in."),
        // azurerm 5 turns the issuer on unless told otherwise; 4 leaves it off.
        flag("oidc_issuer_enabled")
            .default_in_v5(true)
            .service_fills()
            .at("properties.oidcIssuerProfile.enabled")
            .about("Whether the cluster issues tokens that Entra can trust. It cannot be turned off again."),
        text("oidc_issuer_url")
            .computed()
            .same(Same::FinalSlash)
            .follows(&["oidc_issuer_enabled"])
            .at("properties.oidcIssuerProfile.issuerURL")
            .about("Who issues the tokens."),
        flag("workload_identity_enabled")
            .default_to(false)
            .tacit()
            .at("properties.securityProfile.workloadIdentity.enabled")
            .about("Whether pods get the tokens that their service account's identity needs."),
        flag("private_cluster_enabled")
            .default_to(false)
            .replaces()
            .at("properties.apiServerAccessProfile.enablePrivateCluster"),
        flag("private_cluster_public_fqdn_enabled")
            .default_to(false)
            .at("properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN"),
        text("private_dns_zone_id")
            .or_computed()
            .replaces()
            .same(Same::ArmId)
            .at("properties.apiServerAccessProfile.privateDNSZone"),
        flag("role_based_access_control_enabled").default_to(true).replaces().at("properties.enableRBAC"),
        flag("run_command_enabled")
            .default_to(true)
            .spelled(Codec::Inverted)
            .at("properties.apiServerAccessProfile.disableRunCommand"),
    ]
}

fn addresses() -> Vec<Row> {
    vec![
        text("fqdn").computed().at("properties.fqdn").about("The API server's name."),
        text("private_fqdn").computed().at("properties.privateFQDN").about("The API server's name inside the network."),
        text("portal_fqdn").computed().at("properties.azurePortalFQDN"),
        text("http_application_routing_zone_name")
            .computed()
            .follows(&["http_application_routing_enabled"])
            .at("properties.addonProfiles.httpApplicationRouting.config.HTTPApplicationRoutingZoneName"),
    ]
}

/// How to reach the cluster. [`super::kubeconfig`] lays them into the answer.
/// The kubeconfigs.
pub fn credentials() -> Vec<Row> {
    const FOLLOW: &[&str] = &["local_account_disabled", "azure_active_directory_role_based_access_control"];
    let entry = || {
        ["host", "username", "password", "client_certificate", "client_key", "cluster_ca_certificate"]
            .map(|name| text(name).computed().sensitive().at(name))
            .to_vec()
    };
    vec![
        blocks("kube_config", entry()).computed().sensitive().follows(FOLLOW).at("credentials.user"),
        text("kube_config_raw").computed().sensitive().follows(FOLLOW).at("credentials.userRaw"),
        blocks("kube_admin_config", entry()).computed().sensitive().follows(FOLLOW).at("credentials.admin"),
        text("kube_admin_config_raw").computed().sensitive().follows(FOLLOW).at("credentials.adminRaw"),
    ]
}

fn api_server_access_profile() -> Row {
    block(
        "api_server_access_profile",
        vec![
            text_set("authorized_ip_ranges").at("authorizedIPRanges"),
            text("subnet_id").same(Same::ArmId).at("subnetId"),
            flag("virtual_network_integration_enabled").default_to(false).at("enableVnetIntegration"),
        ],
    )
    .at("properties.apiServerAccessProfile")
    .off(Off::MembersNull)
    .about("Who may reach the API server.")
}

fn upgrade_override() -> Row {
    block(
        "upgrade_override",
        vec![
            flag("force_upgrade_enabled").newer().required().at("forceUpgrade"),
            text("effective_until").same(Same::Instant).at("until"),
        ],
    )
    .at("properties.upgradeSettings.overrideSettings")
}

fn bootstrap_profile() -> Row {
    block(
        "bootstrap_profile",
        vec![
            text("artifact_source").default_to("Direct").one_of(&["Cache", "Direct"]).at("artifactSource"),
            text("container_registry_id").same(Same::ArmId).at("containerRegistryId"),
        ],
    )
    .newer()
    .or_computed()
    .service_fills()
    .at("properties.bootstrapProfile")
}

/// Required in azurerm 5; 4 does not ask for it.
fn node_provisioning_profile() -> Row {
    block(
        "node_provisioning_profile",
        vec![
            text("mode").default_to("Manual").one_of(&["Auto", "Manual"]).at("mode"),
            text("default_node_pools").default_to("Auto").one_of(&["Auto", "None"]).at("defaultNodePools"),
        ],
    )
    .newer()
    .service_fills()
    .asked_in_v5()
    .off(Off::MembersNull)
    .at("properties.nodeProvisioningProfile")
}
