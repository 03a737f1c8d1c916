//! The rows of an application gateway. What refers to another part of the gateway does so by its name, and tells its id.

use super::super::super::wire::{
    Codec, Row, Same, block, block_set, blocks, flag, integer, integer_set, location, name, resource_group_name, tags,
    text, text_set, texts,
};

/// All of them.
pub fn all() -> Vec<Row> {
    let mut rows = vec![
        name(),
        resource_group_name(),
        location(),
        sku(),
        block(
            "autoscale_configuration",
            vec![
                integer("min_capacity").required().range(0, 100).at("minCapacity"),
                integer("max_capacity").range(2, 125).at("maxCapacity"),
            ],
        )
        .at("properties.autoscaleConfiguration"),
        text_set("zones").replaces().at("zones"),
        identity(),
        flag("fips_enabled").at("properties.enableFips"),
        flag("enable_http2").twin("http2_enabled").former().default_to(false).at("properties.enableHttp2"),
        flag("http2_enabled").twin("enable_http2").default_to(false).at("properties.enableHttp2"),
        text("firewall_policy_id").same(Same::ArmId).at("properties.firewallPolicy.id"),
        flag("force_firewall_policy_association")
            .default_to(false)
            .tacit()
            .at("properties.forceFirewallPolicyAssociation"),
        block(
            "global",
            vec![
                flag("request_buffering_enabled").required().at("enableRequestBuffering"),
                flag("response_buffering_enabled").required().at("enableResponseBuffering"),
            ],
        )
        .at("properties.globalConfiguration"),
        errors("properties.customErrorConfigurations"),
        policy().or_computed().at("properties.sslPolicy"),
        firewall(),
        block_set("private_endpoint_connection", vec![text("name").at("name"), text("id").at("id")])
            .computed_through()
            .at("properties.privateEndpointConnections"),
        tags(),
    ];
    rows.extend(front());
    rows.extend(back());
    rows.extend(rules());
    rows.extend(certificates());
    rows
}

fn id() -> Row {
    text("id").computed().same(Same::ArmId).at("id")
}

fn part_name() -> Row {
    text("name").required().at("name")
}

/// What refers to another part: its name, and its id.
fn reference(name: &'static str, id: &'static str, named: &'static str, at: &'static str) -> [Row; 2] {
    [text(name).at(named), text(id).computed().same(Same::ArmId).at(at)]
}

fn sku() -> Row {
    block(
        "sku",
        vec![
            text("name")
                .required()
                .one_of(&[
                    "Basic",
                    "Standard_Large",
                    "Standard_Medium",
                    "Standard_Small",
                    "Standard_v2",
                    "WAF_Large",
                    "WAF_Medium",
                    "WAF_v2",
                ])
                .at("name"),
            text("tier").required().one_of(&["Basic", "Standard", "Standard_v2", "WAF", "WAF_v2"]).at("tier"),
            integer("capacity").range(1, 125).at("capacity"),
        ],
    )
    .required()
    .at("properties.sku")
}

fn identity() -> Row {
    block(
        "identity",
        vec![
            text("type").required().one_of(super::super::super::wire::ANY_IDENTITIES).at("type"),
            text_set("identity_ids").same(Same::ArmId).spelled(Codec::Keys).at("userAssignedIdentities"),
            text("principal_id").computed().follows(&["identity.type"]).at("principalId"),
            text("tenant_id").computed().follows(&["identity.type"]).at("tenantId"),
        ],
    )
    .at("identity")
}

fn errors(at: &'static str) -> Row {
    blocks(
        "custom_error_configuration",
        vec![
            text("status_code").required().at("statusCode"),
            text("custom_error_page_url").required().at("customErrorPageUrl"),
            text("id").computed().at("id"),
        ],
    )
    .at(at)
}

fn policy() -> Row {
    const VERSIONS: &[&str] = &["TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3"];
    block(
        "ssl_policy",
        vec![
            texts("disabled_protocols").same(Same::Unordered).one_of(VERSIONS).at("disabledSslProtocols"),
            text("policy_type").one_of(&["Custom", "CustomV2", "Predefined"]).at("policyType"),
            text("policy_name").at("policyName"),
            texts("cipher_suites").same(Same::Unordered).at("cipherSuites"),
            text("min_protocol_version").one_of(VERSIONS).at("minProtocolVersion"),
        ],
    )
}

fn firewall() -> Row {
    block(
        "waf_configuration",
        vec![
            flag("enabled").required().at("enabled"),
            text("firewall_mode").required().one_of(&["Detection", "Prevention"]).at("firewallMode"),
            text("rule_set_type")
                .default_to("OWASP")
                .one_of(&["Microsoft_BotManagerRuleSet", "Microsoft_DefaultRuleSet", "OWASP"])
                .at("ruleSetType"),
            text("rule_set_version").required().at("ruleSetVersion"),
            integer("file_upload_limit_mb").default_to(100).range(1, 750).at("fileUploadLimitInMb"),
            flag("request_body_check").default_to(true).at("requestBodyCheck"),
            integer("max_request_body_size_kb").default_to(128).range(1, 128).at("maxRequestBodySizeInKb"),
            blocks(
                "disabled_rule_group",
                vec![text("rule_group_name").required().at("ruleGroupName"), integer_set("rules").at("rules")],
            )
            .at("disabledRuleGroups"),
            blocks(
                "exclusion",
                vec![
                    text("match_variable").required().at("matchVariable"),
                    text("selector_match_operator").at("selectorMatchOperator"),
                    text("selector").at("selector"),
                ],
            )
            .at("exclusions"),
        ],
    )
    .at("properties.webApplicationFirewallConfiguration")
}

/// Where requests come in.
fn front() -> Vec<Row> {
    let mut address = vec![
        part_name(),
        text("subnet_id").same(Same::ArmId).at("properties.subnet.id"),
        text("private_ip_address").or_computed().at("properties.privateIPAddress"),
        text("public_ip_address_id").same(Same::ArmId).at("properties.publicIPAddress.id"),
        text("private_ip_address_allocation")
            .default_to("Dynamic")
            .one_of(&["Dynamic", "Static"])
            .at("properties.privateIPAllocationMethod"),
        id(),
    ];
    address.extend(reference(
        "private_link_configuration_name",
        "private_link_configuration_id",
        "properties.privateLinkConfigurationName",
        "properties.privateLinkConfiguration.id",
    ));
    let link = vec![
        part_name(),
        text("subnet_id").required().same(Same::ArmId).at("properties.subnet.id"),
        text("private_ip_address").or_computed().at("properties.privateIPAddress"),
        text("private_ip_address_allocation")
            .required()
            .one_of(&["Dynamic", "Static"])
            .at("properties.privateIPAllocationMethod"),
        flag("primary").required().at("properties.primary"),
    ];
    vec![
        blocks("frontend_ip_configuration", address).required().at("properties.frontendIPConfigurations"),
        block_set(
            "frontend_port",
            vec![part_name(), integer("port").required().range(1, 65535).at("properties.port"), id()],
        )
        .required()
        .at("properties.frontendPorts"),
        blocks(
            "gateway_ip_configuration",
            vec![part_name(), text("subnet_id").required().same(Same::ArmId).at("properties.subnet.id"), id()],
        )
        .required()
        .at_most(2)
        .at("properties.gatewayIPConfigurations"),
        block_set("http_listener", listener()).required().at("properties.httpListeners"),
        block_set(
            "private_link_configuration",
            vec![part_name(), blocks("ip_configuration", link).required().at("properties.ipConfigurations"), id()],
        )
        .at("properties.privateLinkConfigurations"),
    ]
}

fn listener() -> Vec<Row> {
    let mut rows = vec![
        part_name(),
        text("protocol").required().one_of(&["Http", "Https"]).at("properties.protocol"),
        text("host_name").at("properties.hostName"),
        text_set("host_names").at("properties.hostNames"),
        flag("require_sni").at("properties.requireServerNameIndication"),
        text("firewall_policy_id").same(Same::ArmId).at("properties.firewallPolicy.id"),
        errors("properties.customErrorConfigurations"),
        id(),
    ];
    for (name, id, named, at) in [
        (
            "frontend_ip_configuration_name",
            "frontend_ip_configuration_id",
            "properties.frontendIPConfigurationName",
            "properties.frontendIPConfiguration.id",
        ),
        ("frontend_port_name", "frontend_port_id", "properties.frontendPortName", "properties.frontendPort.id"),
        ("ssl_certificate_name", "ssl_certificate_id", "properties.sslCertificateName", "properties.sslCertificate.id"),
        ("ssl_profile_name", "ssl_profile_id", "properties.sslProfileName", "properties.sslProfile.id"),
    ] {
        let [named, told] = reference(name, id, named, at);
        rows.push(if name.starts_with("frontend") { named.required() } else { named });
        rows.push(told);
    }
    rows
}

/// Where requests go.
fn back() -> Vec<Row> {
    let mut settings = vec![
        part_name(),
        text("path").at("properties.path"),
        integer("port").required().range(1, 65535).at("properties.port"),
        text("protocol").required().one_of(&["Http", "Https"]).at("properties.protocol"),
        text("cookie_based_affinity").required().one_of(&["Disabled", "Enabled"]).at("properties.cookieBasedAffinity"),
        text("affinity_cookie_name").at("properties.affinityCookieName"),
        text("host_name").at("properties.hostName"),
        flag("pick_host_name_from_backend_address").default_to(false).at("properties.pickHostNameFromBackendAddress"),
        integer("request_timeout").default_to(30).range(1, 86_400).at("properties.requestTimeout"),
        flag("dedicated_backend_connection_enabled")
            .default_to(false)
            .tacit()
            .at("properties.dedicatedBackendConnection"),
        blocks("authentication_certificate", vec![part_name(), id()]).at("properties.authenticationCertificates"),
        texts("trusted_root_certificate_names")
            .same(Same::Unordered)
            .spelled(Codec::Member("name"))
            .at("properties.trustedRootCertificates"),
        block(
            "connection_draining",
            vec![
                flag("enabled").required().at("enabled"),
                integer("drain_timeout_sec").required().range(1, 3600).at("drainTimeoutInSec"),
            ],
        )
        .at("properties.connectionDraining"),
        id(),
    ];
    settings.extend(reference("probe_name", "probe_id", "properties.probeName", "properties.probe.id"));
    vec![
        block_set(
            "backend_address_pool",
            vec![
                part_name(),
                text_set("fqdns").spelled(Codec::Member("fqdn")).at("properties.fqdnAddresses"),
                text_set("ip_addresses").spelled(Codec::Member("ipAddress")).at("properties.ipAddresses"),
                id(),
            ],
        )
        .required()
        .at("properties.backendAddressPools"),
        block_set("backend_http_settings", settings).required().at("properties.backendHttpSettingsCollection"),
        block_set("probe", probe()).at("properties.probes"),
    ]
}

fn probe() -> Vec<Row> {
    vec![
        part_name(),
        text("protocol").required().one_of(&["Http", "Https"]).at("properties.protocol"),
        text("path").required().at("properties.path"),
        text("host").at("properties.host"),
        integer("interval").required().range(1, 86_400).at("properties.interval"),
        integer("timeout").required().range(1, 86_400).at("properties.timeout"),
        integer("unhealthy_threshold").required().range(1, 20).at("properties.unhealthyThreshold"),
        integer("port").range(1, 65535).at("properties.port"),
        flag("pick_host_name_from_backend_http_settings")
            .default_to(false)
            .at("properties.pickHostNameFromBackendHttpSettings"),
        integer("minimum_servers").default_to(0).at("properties.minServers"),
        block("match", vec![texts("status_code").required().at("statusCodes"), text("body").at("body")])
            .at("properties.match"),
        id(),
    ]
}

/// What goes where.
fn rules() -> Vec<Row> {
    let mut rule = vec![
        part_name(),
        text("rule_type").required().one_of(&["Basic", "PathBasedRouting"]).at("properties.ruleType"),
        integer("priority").range(1, 20_000).at("properties.priority"),
        id(),
    ];
    let [listener, told] = reference(
        "http_listener_name",
        "http_listener_id",
        "properties.httpListenerName",
        "properties.httpListener.id",
    );
    rule.extend([listener.required(), told]);
    rule.extend(targets());
    rule.extend(reference(
        "url_path_map_name",
        "url_path_map_id",
        "properties.urlPathMapName",
        "properties.urlPathMap.id",
    ));
    let mut path_rule = vec![
        part_name(),
        texts("paths").required().at("properties.paths"),
        text("firewall_policy_id").same(Same::ArmId).at("properties.firewallPolicy.id"),
        id(),
    ];
    path_rule.extend(targets());
    let mut redirect = vec![
        part_name(),
        text("redirect_type")
            .required()
            .one_of(&["Found", "Permanent", "SeeOther", "Temporary"])
            .at("properties.redirectType"),
        text("target_url").at("properties.targetUrl"),
        flag("include_path").at("properties.includePath"),
        flag("include_query_string").at("properties.includeQueryString"),
        id(),
    ];
    redirect.extend(reference(
        "target_listener_name",
        "target_listener_id",
        "properties.targetListenerName",
        "properties.targetListener.id",
    ));
    let mut map = vec![part_name(), blocks("path_rule", path_rule).required().at("properties.pathRules"), id()];
    map.extend(default_targets());
    vec![
        block_set("request_routing_rule", rule).required().at("properties.requestRoutingRules"),
        block_set("redirect_configuration", redirect).at("properties.redirectConfigurations"),
        block_set("url_path_map", map).at("properties.urlPathMaps"),
        block_set(
            "rewrite_rule_set",
            vec![part_name(), blocks("rewrite_rule", rewrite()).at("properties.rewriteRules"), id()],
        )
        .at("properties.rewriteRuleSets"),
    ]
}

fn targets() -> Vec<Row> {
    [
        (
            "backend_address_pool_name",
            "backend_address_pool_id",
            "properties.backendAddressPoolName",
            "properties.backendAddressPool.id",
        ),
        (
            "backend_http_settings_name",
            "backend_http_settings_id",
            "properties.backendHttpSettingsName",
            "properties.backendHttpSettings.id",
        ),
        (
            "redirect_configuration_name",
            "redirect_configuration_id",
            "properties.redirectConfigurationName",
            "properties.redirectConfiguration.id",
        ),
        (
            "rewrite_rule_set_name",
            "rewrite_rule_set_id",
            "properties.rewriteRuleSetName",
            "properties.rewriteRuleSet.id",
        ),
    ]
    .into_iter()
    .flat_map(|(name, id, named, at)| reference(name, id, named, at))
    .collect()
}

fn default_targets() -> Vec<Row> {
    [
        (
            "default_backend_address_pool_name",
            "default_backend_address_pool_id",
            "properties.defaultBackendAddressPoolName",
            "properties.defaultBackendAddressPool.id",
        ),
        (
            "default_backend_http_settings_name",
            "default_backend_http_settings_id",
            "properties.defaultBackendHttpSettingsName",
            "properties.defaultBackendHttpSettings.id",
        ),
        (
            "default_redirect_configuration_name",
            "default_redirect_configuration_id",
            "properties.defaultRedirectConfigurationName",
            "properties.defaultRedirectConfiguration.id",
        ),
        (
            "default_rewrite_rule_set_name",
            "default_rewrite_rule_set_id",
            "properties.defaultRewriteRuleSetName",
            "properties.defaultRewriteRuleSet.id",
        ),
    ]
    .into_iter()
    .flat_map(|(name, id, named, at)| reference(name, id, named, at))
    .collect()
}

fn rewrite() -> Vec<Row> {
    let header =
        || vec![text("header_name").required().at("headerName"), text("header_value").required().at("headerValue")];
    vec![
        part_name(),
        integer("rule_sequence").required().range(1, 1000).at("ruleSequence"),
        blocks(
            "condition",
            vec![
                text("variable").required().at("variable"),
                text("pattern").required().at("pattern"),
                flag("ignore_case").default_to(false).at("ignoreCase"),
                flag("negate").default_to(false).at("negate"),
            ],
        )
        .at("conditions"),
        blocks("request_header_configuration", header()).at("actionSet.requestHeaderConfigurations"),
        blocks("response_header_configuration", header()).at("actionSet.responseHeaderConfigurations"),
        block(
            "url",
            vec![
                text("path").at("modifiedPath"),
                text("query_string").at("modifiedQueryString"),
                text("components").one_of(&["path_only", "query_string_only"]),
                flag("reroute").default_to(false).at("reroute"),
            ],
        )
        .at("actionSet.urlConfiguration"),
    ]
}

/// What is shown and what is trusted. Azure gives none of the contents back.
fn certificates() -> Vec<Row> {
    let data = || text("data").sensitive().at("properties.data");
    let mut profile = vec![
        part_name(),
        texts("trusted_client_certificate_names")
            .same(Same::Unordered)
            .spelled(Codec::Member("name"))
            .at("properties.trustedClientCertificates"),
        flag("verify_client_cert_issuer_dn")
            .default_to(false)
            .at("properties.clientAuthConfiguration.verifyClientCertIssuerDN"),
        text("verify_client_certificate_revocation")
            .one_of(&["OCSP"])
            .null_as("None")
            .at("properties.clientAuthConfiguration.verifyClientRevocation"),
        id(),
    ];
    profile.push(policy().at("properties.sslPolicy"));
    vec![
        blocks("authentication_certificate", vec![part_name(), data().required(), id()])
            .at("properties.authenticationCertificates"),
        blocks(
            "trusted_root_certificate",
            vec![part_name(), data(), text("key_vault_secret_id").at("properties.keyVaultSecretId"), id()],
        )
        .at("properties.trustedRootCertificates"),
        block_set("trusted_client_certificate", vec![part_name(), data().required(), id()])
            .at("properties.trustedClientCertificates"),
        block_set(
            "ssl_certificate",
            vec![
                part_name(),
                data(),
                text("password").sensitive().at("properties.password"),
                text("key_vault_secret_id").at("properties.keyVaultSecretId"),
                text("public_cert_data").computed().at("properties.publicCertData"),
                id(),
            ],
        )
        .at("properties.sslCertificates"),
        block_set("ssl_profile", profile).at("properties.sslProfiles"),
    ]
}
