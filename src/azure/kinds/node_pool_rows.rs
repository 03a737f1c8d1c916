//! What a node pool has, whether it is a cluster's default pool or a kind of its own. Paths are those of an entry of
//! the cluster's `agentPoolProfiles`, and of `properties` of the pool's own resource.

use serde_json::{Value as Json, json};

use super::super::wire::{Row, Rule, Same, block, blocks, flag, integer, json as at, text, text_map, text_set, texts};

/// The name of a pool.
pub const POOL_NAME: Rule = Rule::Pattern(
    "^[a-z][a-z0-9]{0,11}$",
    "(must begin with a lowercase letter, contain only lowercase letters and numbers and be between 1 and 12 \
     characters in length)",
);

/// Attributes whose change makes new nodes: the pool is rotated through a temporary one.
pub const ROTATING: [&str; 18] = [
    "fips_enabled",
    "host_encryption_enabled",
    "kubelet_config",
    "kubelet_disk_type",
    "linux_os_config",
    "max_pods",
    "node_public_ip_enabled",
    "only_critical_addons_enabled",
    "os_disk_size_gb",
    "os_disk_type",
    "os_sku",
    "pod_subnet_id",
    "snapshot_id",
    "ultra_ssd_enabled",
    "vm_size",
    "vnet_subnet_id",
    "zones",
    "gpu_instance",
];

/// What both kinds of pool have.
pub fn shared() -> Vec<Row> {
    let mut rows = sizing();
    rows.extend(machines());
    rows.extend(placement());
    rows.extend([
        kubelet_config(),
        linux_os_config(),
        node_network_profile(),
        text_map("node_labels").or_computed().at("nodeLabels").about("Labels of the nodes."),
        text_map("tags").at("tags").about("Tags of the machines of the pool."),
        text("orchestrator_version")
            .or_computed()
            .same(Same::VersionPrefix)
            .at("orchestratorVersion")
            .about("The Kubernetes version of the nodes; `1.33` is any patch of it."),
        text("temporary_name_for_rotation")
            .rule(POOL_NAME)
            .about("The name of the pool that carries the load while this one is rotated."),
    ]);
    rows
}

fn sizing() -> Vec<Row> {
    vec![
        flag("auto_scaling_enabled").null_as(false).at("enableAutoScaling").about("Whether the pool scales by itself."),
        integer("min_count").range(0, 1000).at("minCount").about("The fewest nodes, when the pool scales."),
        integer("max_count").range(0, 1000).at("maxCount").about("The most nodes, when the pool scales."),
        integer("node_count").or_computed().range(0, 1000).at("count").about("The number of nodes."),
        text("scale_down_mode")
            .default_to("Delete")
            .one_of(&["Deallocate", "Delete"])
            .at("scaleDownMode")
            .about("What becomes of nodes that are no longer needed."),
    ]
}

fn machines() -> Vec<Row> {
    vec![
        text("vm_size").or_computed().same(Same::Caseless).at("vmSize").about("The size of the machines."),
        integer("max_pods").or_computed().range(0, 250).at("maxPods").about("The most pods on a node."),
        integer("os_disk_size_gb").or_computed().range(1, 32767).at("osDiskSizeGB"),
        text("os_disk_type").default_to("Managed").service_fills().one_of(&["Ephemeral", "Managed"]).at("osDiskType"),
        text("os_sku")
            .or_computed()
            .one_of(&[
                "AzureLinux",
                "AzureLinux3",
                "Ubuntu",
                "Ubuntu2204",
                "Ubuntu2404",
                "Windows2019",
                "Windows2022",
                "Windows2025",
            ])
            .at("osSKU"),
        text("kubelet_disk_type").or_computed().one_of(&["OS", "Temporary"]).at("kubeletDiskType"),
        flag("fips_enabled").null_as(false).at("enableFIPS"),
        flag("host_encryption_enabled").null_as(false).at("enableEncryptionAtHost"),
        flag("ultra_ssd_enabled").default_to(false).at("enableUltraSSD"),
        text("gpu_instance").replaces().one_of(&["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"]).at("gpuInstanceProfile"),
        text("gpu_driver").newer().replaces().one_of(&["Install", "None"]).at("gpuProfile.driver"),
        text("snapshot_id").same(Same::ArmId).at("creationData.sourceResourceId"),
    ]
}

fn placement() -> Vec<Row> {
    vec![
        text_set("zones").at("availabilityZones").about("The availability zones of the nodes."),
        text("vnet_subnet_id").same(Same::ArmId).at("vnetSubnetID").about("The subnet of the nodes."),
        text("pod_subnet_id").same(Same::ArmId).at("podSubnetID").about("The subnet of the pods."),
        flag("node_public_ip_enabled").null_as(false).at("enableNodePublicIP"),
        text("node_public_ip_prefix_id").replaces().same(Same::ArmId).at("nodePublicIPPrefixID"),
        text("capacity_reservation_group_id").replaces().same(Same::ArmId).at("capacityReservationGroupID"),
        text("host_group_id").replaces().same(Same::ArmId).at("hostGroupID"),
        text("proximity_placement_group_id").replaces().same(Same::ArmId).at("proximityPlacementGroupID"),
    ]
}

/// How nodes are replaced in an upgrade. Azure fills in a surge of its own.
pub fn upgrade_settings(max_surge: Row) -> Row {
    block(
        "upgrade_settings",
        vec![
            max_surge.filled_as("10%").at("maxSurge"),
            integer("drain_timeout_in_minutes").newer().range(0, 1440).at("drainTimeoutInMinutes"),
            integer("node_soak_duration_in_minutes").newer().range(0, 30).at("nodeSoakDurationInMinutes"),
            text("undrainable_node_behavior").newer().one_of(&["Cordon", "Schedule"]).at("undrainableNodeBehavior"),
        ],
    )
    .service_fills()
    .at("upgradeSettings")
    .about("How nodes are replaced in an upgrade.")
}

fn kubelet_config() -> Row {
    block(
        "kubelet_config",
        vec![
            text_set("allowed_unsafe_sysctls").at("allowedUnsafeSysctls"),
            integer("container_log_max_files")
                .twin("container_log_max_line")
                .range(2, i64::MAX)
                .at("containerLogMaxFiles"),
            integer("container_log_max_line")
                .twin("container_log_max_files")
                .deprecated("container_log_max_files")
                .about("azurerm 4.x's name for container_log_max_files.")
                .at("containerLogMaxFiles"),
            integer("container_log_max_size_mb").at("containerLogMaxSizeMB"),
            flag("cpu_cfs_quota_enabled").default_to(true).at("cpuCfsQuota"),
            text("cpu_cfs_quota_period").at("cpuCfsQuotaPeriod"),
            text("cpu_manager_policy").one_of(&["none", "static"]).at("cpuManagerPolicy"),
            integer("image_gc_high_threshold").range(0, 100).at("imageGcHighThreshold"),
            integer("image_gc_low_threshold").range(0, 100).at("imageGcLowThreshold"),
            integer("pod_max_pid").at("podMaxPids"),
            text("topology_manager_policy")
                .one_of(&["none", "best-effort", "restricted", "single-numa-node"])
                .at("topologyManagerPolicy"),
        ],
    )
    .at("kubeletConfig")
}

fn linux_os_config() -> Row {
    block(
        "linux_os_config",
        vec![
            integer("swap_file_size_mb").at("swapFileSizeMB"),
            text("transparent_huge_page")
                .twin("transparent_huge_page_enabled")
                .one_of(&["always", "madvise", "never"])
                .at("transparentHugePageEnabled"),
            text("transparent_huge_page_enabled")
                .twin("transparent_huge_page")
                .deprecated("transparent_huge_page")
                .one_of(&["always", "madvise", "never"])
                .about("azurerm 4.x's name for transparent_huge_page.")
                .at("transparentHugePageEnabled"),
            text("transparent_huge_page_defrag")
                .one_of(&["always", "defer", "defer+madvise", "madvise", "never"])
                .at("transparentHugePageDefrag"),
            block("sysctl_config", sysctls()).at("sysctls"),
        ],
    )
    .at("linuxOSConfig")
}

/// Kernel settings, with the ranges that AKS allows. The two ends of the port range are one string in Azure; see
/// [`split_port_range`] and [`join_port_range`].
fn sysctls() -> Vec<Row> {
    vec![
        integer("fs_aio_max_nr").range(65536, 6_553_500).at("fsAioMaxNr"),
        integer("fs_file_max").range(8192, 12_000_500).at("fsFileMax"),
        integer("fs_inotify_max_user_watches").range(781_250, 2_097_152).at("fsInotifyMaxUserWatches"),
        integer("fs_nr_open").range(8192, 20_000_500).at("fsNrOpen"),
        integer("kernel_threads_max").range(20, 513_785).at("kernelThreadsMax"),
        integer("net_core_netdev_max_backlog").range(1000, 3_240_000).at("netCoreNetdevMaxBacklog"),
        integer("net_core_optmem_max").range(20480, 4_194_304).at("netCoreOptmemMax"),
        integer("net_core_rmem_default").range(212_992, 134_217_728).at("netCoreRmemDefault"),
        integer("net_core_rmem_max").range(212_992, 134_217_728).at("netCoreRmemMax"),
        integer("net_core_somaxconn").range(4096, 3_240_000).at("netCoreSomaxconn"),
        integer("net_core_wmem_default").range(212_992, 134_217_728).at("netCoreWmemDefault"),
        integer("net_core_wmem_max").range(212_992, 134_217_728).at("netCoreWmemMax"),
        integer("net_ipv4_ip_local_port_range_max").range(32768, 65535).at("portRangeMax"),
        integer("net_ipv4_ip_local_port_range_min").range(1024, 60999).at("portRangeMin"),
        integer("net_ipv4_neigh_default_gc_thresh1").range(128, 80000).at("netIpv4NeighDefaultGcThresh1"),
        integer("net_ipv4_neigh_default_gc_thresh2").range(512, 90000).at("netIpv4NeighDefaultGcThresh2"),
        integer("net_ipv4_neigh_default_gc_thresh3").range(1024, 100_000).at("netIpv4NeighDefaultGcThresh3"),
        integer("net_ipv4_tcp_fin_timeout").range(5, 120).at("netIpv4TcpFinTimeout"),
        integer("net_ipv4_tcp_keepalive_intvl").range(10, 90).at("netIpv4TcpkeepaliveIntvl"),
        integer("net_ipv4_tcp_keepalive_probes").range(1, 15).at("netIpv4TcpKeepaliveProbes"),
        integer("net_ipv4_tcp_keepalive_time").range(30, 432_000).at("netIpv4TcpKeepaliveTime"),
        integer("net_ipv4_tcp_max_syn_backlog").range(128, 3_240_000).at("netIpv4TcpMaxSynBacklog"),
        integer("net_ipv4_tcp_max_tw_buckets").range(8000, 1_440_000).at("netIpv4TcpMaxTwBuckets"),
        flag("net_ipv4_tcp_tw_reuse").at("netIpv4TcpTwReuse"),
        integer("net_netfilter_nf_conntrack_buckets").range(65536, 524_288).at("netNetfilterNfConntrackBuckets"),
        integer("net_netfilter_nf_conntrack_max").range(131_072, 2_097_152).at("netNetfilterNfConntrackMax"),
        integer("vm_max_map_count").range(65530, 262_144).at("vmMaxMapCount"),
        integer("vm_swappiness").range(0, 100).at("vmSwappiness"),
        integer("vm_vfs_cache_pressure").range(0, 100).at("vmVfsCachePressure"),
    ]
}

fn node_network_profile() -> Row {
    block(
        "node_network_profile",
        vec![
            blocks(
                "allowed_host_ports",
                vec![
                    integer("port_start").range(1, 65535).at("portStart"),
                    integer("port_end").range(1, 65535).at("portEnd"),
                    text("protocol").one_of(&["TCP", "UDP"]).at("protocol"),
                ],
            )
            .at("allowedHostPorts"),
            texts("application_security_group_ids").same(Same::Unordered).at("applicationSecurityGroups"),
            text_map("node_public_ip_tags").replaces().at("publicIPTags"),
        ],
    )
    .at("networkProfile")
}

/// Takes apart what Azure says in one string or list, so that each row finds its own.
pub fn lift(pool: &mut Json) {
    if let Some(range) = at::get_str(pool, PORT_RANGE).map(str::to_owned) {
        let mut ends = range.split_whitespace().filter_map(|end| end.parse::<u32>().ok());
        for (path, end) in [(PORT_MIN, ends.next()), (PORT_MAX, ends.next())] {
            if let Some(end) = end {
                at::set(pool, path, json!(end));
            }
        }
    }
    if let Some(tags) = at::get(pool, "networkProfile.nodePublicIPTags").and_then(Json::as_array).cloned() {
        let pairs = tags.iter().filter_map(|t| Some((at::get_str(t, "ipTagType")?.to_owned(), t.get("tag")?.clone())));
        at::set(pool, "networkProfile.publicIPTags", Json::Object(pairs.collect()));
    }
    // A scale set's taint of the switch that azurerm made of it.
    let critical = at::get(pool, "nodeTaints").and_then(Json::as_array).map(|taints| {
        taints.iter().any(|taint| taint.as_str().is_some_and(|t| t.eq_ignore_ascii_case(CRITICAL_ADDONS)))
    });
    if let Some(critical) = critical {
        at::set(pool, "onlyCriticalAddons", json!(critical));
    }
}

/// Puts together again what [`lift`] took apart.
pub fn lower(pool: &mut Json) {
    // A pool that scales by itself begins with its fewest nodes, and not with a number of Azure's.
    let scales = at::get(pool, "enableAutoScaling") == Some(&Json::Bool(true));
    if let (true, None, Some(fewest)) = (scales, at::get(pool, "count"), at::get(pool, "minCount").cloned()) {
        at::set(pool, "count", fewest);
    }
    // Nodes swap only where a swap file is asked for, and the kubelet would not start then.
    if at::get(pool, "kubeletConfig").is_some_and(Json::is_object) {
        at::set(pool, "kubeletConfig.failSwapOn", json!(false));
    }
    let ends = (at::remove(pool, PORT_MIN), at::remove(pool, PORT_MAX));
    if let (Some(lowest), Some(highest)) = ends {
        at::set(pool, PORT_RANGE, json!(format!("{lowest} {highest}")));
    }
    if let Some(Json::Object(tags)) = at::remove(pool, "networkProfile.publicIPTags") {
        let tags: Json = tags.into_iter().map(|(kind, tag)| json!({ "ipTagType": kind, "tag": tag })).collect();
        at::set(pool, "networkProfile.nodePublicIPTags", tags);
    }
    let Some(critical) = at::remove(pool, "onlyCriticalAddons") else { return };
    let taints = at::get(pool, "nodeTaints").and_then(Json::as_array).cloned().unwrap_or_default();
    let mut taints: Vec<_> = taints.into_iter().filter(|t| t.as_str() != Some(CRITICAL_ADDONS)).collect();
    if critical == Json::Bool(true) {
        taints.push(json!(CRITICAL_ADDONS));
    }
    if !taints.is_empty() || at::get(pool, "nodeTaints").is_some() {
        at::set(pool, "nodeTaints", Json::Array(taints));
    }
}

const CRITICAL_ADDONS: &str = "CriticalAddonsOnly=true:NoSchedule";
const PORT_RANGE: &str = "linuxOSConfig.sysctls.netIpv4IpLocalPortRange";
const PORT_MIN: &str = "linuxOSConfig.sysctls.portRangeMin";
const PORT_MAX: &str = "linuxOSConfig.sysctls.portRangeMax";
