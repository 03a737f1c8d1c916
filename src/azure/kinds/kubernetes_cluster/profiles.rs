//! How a cluster scales, stores, logs in to nodes and reaches the outside.

use super::super::super::wire::{Codec, Off, Row, Same, block, flag, float, integer, text, text_set};

/// The profile blocks.
pub fn rows() -> Vec<Row> {
    vec![
        auto_scaler_profile(),
        workload_autoscaler_profile(),
        storage_profile(),
        http_proxy_config(),
        key_management_service(),
        linux_profile(),
        windows_profile(),
    ]
}

/// The cluster autoscaler's settings; all are strings in Azure.
fn auto_scaler_profile() -> Row {
    block(
        "auto_scaler_profile",
        vec![
            flag("balance_similar_node_groups")
                .default_to(false)
                .spelled(Codec::Stringly)
                .at("balance-similar-node-groups"),
            flag("daemonset_eviction_for_empty_nodes_enabled")
                .newer()
                .default_to(false)
                .at("daemonset-eviction-for-empty-nodes"),
            flag("daemonset_eviction_for_occupied_nodes_enabled")
                .newer()
                .default_to(true)
                .at("daemonset-eviction-for-occupied-nodes"),
            text("empty_bulk_delete_max").or_computed().at("max-empty-bulk-delete"),
            text("expander")
                .default_to("random")
                .one_of(&["least-waste", "most-pods", "priority", "random"])
                .at("expander"),
            flag("ignore_daemonsets_utilization_enabled").newer().default_to(false).at("ignore-daemonsets-utilization"),
            text("max_graceful_termination_sec").or_computed().at("max-graceful-termination-sec"),
            text("max_node_provisioning_time").default_to("15m").at("max-node-provision-time"),
            integer("max_unready_nodes")
                .default_to(3)
                .range(0, i64::MAX)
                .spelled(Codec::Stringly)
                .at("ok-total-unready-count"),
            float("max_unready_percentage")
                .default_to(45)
                .range(0, 100)
                .spelled(Codec::Stringly)
                .at("max-total-unready-percentage"),
            text("new_pod_scale_up_delay").or_computed().at("new-pod-scale-up-delay"),
            text("scale_down_delay_after_add").or_computed().at("scale-down-delay-after-add"),
            text("scale_down_delay_after_delete").or_computed().at("scale-down-delay-after-delete"),
            text("scale_down_delay_after_failure").or_computed().at("scale-down-delay-after-failure"),
            text("scale_down_unneeded").or_computed().at("scale-down-unneeded-time"),
            text("scale_down_unready").or_computed().at("scale-down-unready-time"),
            text("scale_down_utilization_threshold").or_computed().at("scale-down-utilization-threshold"),
            text("scan_interval").or_computed().at("scan-interval"),
            flag("skip_nodes_with_local_storage").spelled(Codec::Stringly).at("skip-nodes-with-local-storage"),
            flag("skip_nodes_with_system_pods")
                .default_to(true)
                .spelled(Codec::Stringly)
                .at("skip-nodes-with-system-pods"),
        ],
    )
    .or_computed()
    .at("properties.autoScalerProfile")
}

fn workload_autoscaler_profile() -> Row {
    block(
        "workload_autoscaler_profile",
        vec![
            flag("keda_enabled").default_to(false).at("keda.enabled"),
            flag("vertical_pod_autoscaler_enabled").default_to(false).at("verticalPodAutoscaler.enabled"),
        ],
    )
    .off(Off::MembersNull)
    .at("properties.workloadAutoScalerProfile")
}

fn storage_profile() -> Row {
    block(
        "storage_profile",
        vec![
            flag("blob_driver_enabled").default_to(false).at("blobCSIDriver.enabled"),
            flag("disk_driver_enabled").default_to(true).at("diskCSIDriver.enabled"),
            flag("file_driver_enabled").default_to(true).at("fileCSIDriver.enabled"),
            flag("snapshot_controller_enabled").default_to(true).at("snapshotController.enabled"),
        ],
    )
    .off(Off::MembersNull)
    .at("properties.storageProfile")
}

fn http_proxy_config() -> Row {
    block(
        "http_proxy_config",
        vec![
            text("http_proxy").at("httpProxy"),
            text("https_proxy").at("httpsProxy"),
            text_set("no_proxy").at("noProxy"),
            text("trusted_ca").sensitive().at("trustedCa"),
        ],
    )
    .at("properties.httpProxyConfig")
}

fn key_management_service() -> Row {
    block(
        "key_management_service",
        vec![
            text("key_vault_key_id").required().at("keyId"),
            text("key_vault_network_access")
                .default_to("Public")
                .one_of(&["Public", "Private"])
                .at("keyVaultNetworkAccess"),
        ],
    )
    .switched_by("enabled")
    .at("properties.securityProfile.azureKeyVaultKms")
}

fn linux_profile() -> Row {
    block(
        "linux_profile",
        vec![
            text("admin_username").required().replaces().at("adminUsername"),
            block("ssh_key", vec![text("key_data").required().replaces().at("keyData")])
                .required()
                .spelled(Codec::Single)
                .at("ssh.publicKeys"),
        ],
    )
    .at("properties.linuxProfile")
}

/// Azure says one for every cluster, configured or not.
fn windows_profile() -> Row {
    block(
        "windows_profile",
        vec![
            text("admin_username").required().replaces().at("adminUsername"),
            text("admin_password").required().sensitive().at("adminPassword"),
            text("license").one_of(&["Windows_Server"]).null_as("None").at("licenseType"),
            block(
                "gmsa",
                vec![
                    text("dns_server").required().same(Same::Exact).at("dnsServer"),
                    text("root_domain").required().at("rootDomainName"),
                ],
            )
            .switched_by("enabled")
            .at("gmsaProfile"),
        ],
    )
    .or_computed()
    .at("properties.windowsProfile")
}
