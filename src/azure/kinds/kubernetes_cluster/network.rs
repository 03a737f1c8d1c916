//! The network of a cluster.

use super::super::super::wire::{Codec, Row, Rule, Same, block, flag, integer, text, text_set, texts};

/// The `network_profile` block. Which of its changes Azure makes in place depends on both values: see
/// [`super::plan_rules`].
pub fn profile() -> Row {
    let mut rows = vec![
        text("network_plugin").required().one_of(&["azure", "kubenet", "none"]).at("networkPlugin"),
        text("network_plugin_mode").same(Same::Caseless).one_of(&["overlay"]).at("networkPluginMode"),
        text("network_mode").or_computed().replaces().one_of(&["bridge", "transparent"]).at("networkMode"),
        text("network_policy").or_computed().one_of(&["azure", "calico", "cilium"]).at("networkPolicy"),
        text("network_data_plane").newer().default_to("azure").one_of(&["azure", "cilium"]).at("networkDataplane"),
        text("outbound_type")
            .default_to("loadBalancer")
            .one_of(&[
                "loadBalancer",
                "userDefinedRouting",
                "managedNATGateway",
                "userAssignedNATGateway",
                "none",
                "block",
            ])
            .at("outboundType"),
        text("load_balancer_sku")
            .default_to("standard")
            .replaces()
            .same(Same::Caseless)
            .one_of(&["basic", "standard"])
            .at("loadBalancerSku"),
        load_balancer_profile(),
        nat_gateway_profile(),
        advanced_networking(),
    ];
    rows.extend(ranges());
    block("network_profile", rows)
        .or_computed()
        .replaces()
        .at("properties.networkProfile")
        .about("The network of the cluster.")
}

fn ranges() -> Vec<Row> {
    vec![
        text("dns_service_ip").or_computed().replaces().at("dnsServiceIP"),
        texts("ip_versions").or_computed().replaces().at("ipFamilies"),
        text("pod_cidr").or_computed().replaces().at("podCidr"),
        texts("pod_cidrs").or_computed().replaces().at("podCidrs"),
        text("service_cidr").or_computed().replaces().at("serviceCidr"),
        texts("service_cidrs").or_computed().replaces().at("serviceCidrs"),
    ]
}

/// With another way out there is another profile of it.
const WAY: &[&str] = &["network_profile.outbound_type"];

fn load_balancer_profile() -> Row {
    const IPS: &[&str] = &[
        "network_profile.load_balancer_profile.outbound_ip_prefix_ids",
        "network_profile.load_balancer_profile.outbound_ip_address_ids",
    ];
    const MOVES: &[&str] = &[
        "network_profile.load_balancer_profile.managed_outbound_ip_count",
        "network_profile.load_balancer_profile.managed_outbound_ipv6_count",
        "network_profile.load_balancer_profile.outbound_ip_prefix_ids",
        "network_profile.load_balancer_profile.outbound_ip_address_ids",
        "network_profile.outbound_type",
    ];
    block(
        "load_balancer_profile",
        vec![
            text("backend_pool_type")
                .default_to("NodeIPConfiguration")
                .one_of(&["NodeIP", "NodeIPConfiguration"])
                .at("backendPoolType"),
            // AKS tells only what was set; azurerm records 0 for that.
            integer("idle_timeout_in_minutes").default_to(30).unsaid(0).range(4, 100).at("idleTimeoutInMinutes"),
            integer("outbound_ports_allocated").default_to(0).range(0, 64000).at("allocatedOutboundPorts"),
            integer("managed_outbound_ip_count")
                .or_computed()
                .range(1, 100)
                .rule(Rule::Conflicts(IPS))
                .at("managedOutboundIPs.count"),
            integer("managed_outbound_ipv6_count")
                .or_computed()
                .range(1, 100)
                .rule(Rule::Conflicts(IPS))
                .at("managedOutboundIPs.countIPv6"),
            text_set("outbound_ip_prefix_ids")
                .same(Same::ArmId)
                .spelled(Codec::Member("id"))
                .rule(Rule::Conflicts(&["network_profile.load_balancer_profile.outbound_ip_address_ids"]))
                .at("outboundIPPrefixes.publicIPPrefixes"),
            text_set("outbound_ip_address_ids")
                .same(Same::ArmId)
                .spelled(Codec::Member("id"))
                .rule(Rule::Conflicts(&["network_profile.load_balancer_profile.outbound_ip_prefix_ids"]))
                .at("outboundIPs.publicIPs"),
            effective_outbound_ips(MOVES),
        ],
    )
    .or_computed()
    .replaces()
    .follows(WAY)
    .at("loadBalancerProfile")
}

/// The addresses that Azure uses in the end, which change with these arguments.
fn effective_outbound_ips(with: &'static [&'static str]) -> Row {
    text_set("effective_outbound_ips")
        .computed()
        .same(Same::ArmId)
        .follows(with)
        .spelled(Codec::Member("id"))
        .at("effectiveOutboundIPs")
}

fn nat_gateway_profile() -> Row {
    const MOVES: &[&str] =
        &["network_profile.nat_gateway_profile.managed_outbound_ip_count", "network_profile.outbound_type"];
    block(
        "nat_gateway_profile",
        vec![
            integer("idle_timeout_in_minutes").default_to(4).range(4, 120).at("idleTimeoutInMinutes"),
            integer("managed_outbound_ip_count").or_computed().range(1, 100).at("managedOutboundIPProfile.count"),
            effective_outbound_ips(MOVES),
        ],
    )
    .or_computed()
    .replaces()
    .follows(WAY)
    .at("natGatewayProfile")
}

fn advanced_networking() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&[
        "network_profile.advanced_networking.observability_enabled",
        "network_profile.advanced_networking.security_enabled",
    ]);
    block(
        "advanced_networking",
        vec![
            flag("observability_enabled").default_to(false).rule(ONE).at("observability.enabled"),
            flag("security_enabled").default_to(false).rule(ONE).at("security.enabled"),
        ],
    )
    .newer()
    .switched_by("enabled")
    .at("advancedNetworking")
}
