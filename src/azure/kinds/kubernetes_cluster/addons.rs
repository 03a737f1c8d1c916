//! What runs in a cluster besides what its users put there.

use super::super::super::wire::{Codec, Off, Row, Rule, Same, block, flag, text, texts};

/// Addons, service mesh, ingress, monitoring.
pub fn rows() -> Vec<Row> {
    let mut rows = vec![
        flag("azure_policy_enabled").null_as(false).at("properties.addonProfiles.azurepolicy.enabled"),
        flag("http_application_routing_enabled").at("properties.addonProfiles.httpApplicationRouting.enabled"),
        flag("open_service_mesh_enabled").at("properties.addonProfiles.openServiceMesh.enabled"),
        confidential_computing(),
        aci_connector_linux(),
        ingress_application_gateway(),
        key_vault_secrets_provider(),
        oms_agent(),
        web_app_routing(),
        service_mesh_profile(),
    ];
    rows.extend(monitoring());
    rows
}

/// The identity that an addon runs as.
fn addon_identity(name: &'static str) -> Row {
    block(
        name,
        vec![
            text("client_id").computed().at("clientId"),
            text("object_id").computed().at("objectId"),
            text("user_assigned_identity_id").computed().same(Same::ArmId).at("resourceId"),
        ],
    )
    .computed()
    .at("identity")
}

fn confidential_computing() -> Row {
    block(
        "confidential_computing",
        vec![
            flag("sgx_quote_helper_enabled").required().spelled(Codec::Stringly).at("config.ACCSGXQuoteHelperEnabled"),
        ],
    )
    .switched_by("enabled")
    .at("properties.addonProfiles.ACCSGXDevicePlugin")
}

fn aci_connector_linux() -> Row {
    block(
        "aci_connector_linux",
        vec![text("subnet_name").required().at("config.SubnetName"), addon_identity("connector_identity")],
    )
    .switched_by("enabled")
    .at("properties.addonProfiles.aciConnectorLinux")
}

fn ingress_application_gateway() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&[
        "ingress_application_gateway.gateway_id",
        "ingress_application_gateway.subnet_cidr",
        "ingress_application_gateway.subnet_id",
    ]);
    const NOT_SUBNET: Rule =
        Rule::Conflicts(&["ingress_application_gateway.subnet_cidr", "ingress_application_gateway.subnet_id"]);
    const NOT_BOTH: Rule = Rule::Conflicts(&["ingress_application_gateway.subnet_id"]);
    block(
        "ingress_application_gateway",
        vec![
            text("gateway_id").same(Same::ArmId).rule(ONE).rule(NOT_SUBNET).at("config.applicationGatewayId"),
            text("gateway_name").at("config.applicationGatewayName"),
            text("subnet_cidr").rule(NOT_BOTH).at("config.subnetCIDR"),
            text("subnet_id").same(Same::ArmId).at("config.subnetId"),
            text("effective_gateway_id").computed().same(Same::ArmId).at("config.effectiveApplicationGatewayId"),
            addon_identity("ingress_application_gateway_identity"),
        ],
    )
    .switched_by("enabled")
    .at("properties.addonProfiles.ingressApplicationGateway")
}

fn key_vault_secrets_provider() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&[
        "key_vault_secrets_provider.secret_rotation_enabled",
        "key_vault_secrets_provider.secret_rotation_interval",
    ]);
    block(
        "key_vault_secrets_provider",
        vec![
            flag("secret_rotation_enabled")
                .default_to(false)
                .rule(ONE)
                .spelled(Codec::Stringly)
                .at("config.enableSecretRotation"),
            text("secret_rotation_interval").default_to("2m").at("config.rotationPollInterval"),
            addon_identity("secret_identity"),
        ],
    )
    .switched_by("enabled")
    .at("properties.addonProfiles.azureKeyvaultSecretsProvider")
}

fn oms_agent() -> Row {
    block(
        "oms_agent",
        vec![
            text("log_analytics_workspace_id")
                .required()
                .same(Same::ArmId)
                .at("config.logAnalyticsWorkspaceResourceID"),
            flag("msi_auth_for_monitoring_enabled").spelled(Codec::Stringly).at("config.useAADAuth"),
            addon_identity("oms_agent_identity"),
        ],
    )
    .switched_by("enabled")
    .at("properties.addonProfiles.omsagent")
}

fn web_app_routing() -> Row {
    block(
        "web_app_routing",
        vec![
            texts("dns_zone_ids").newer().required().same(Same::Unordered).at("dnsZoneResourceIds"),
            text("default_nginx_controller")
                .newer()
                .default_to("AnnotationControlled")
                .one_of(&["AnnotationControlled", "External", "Internal", "None"])
                .at("nginx.defaultIngressControllerType"),
            addon_identity("web_app_routing_identity"),
        ],
    )
    .switched_by("enabled")
    .at("properties.ingressProfile.webAppRouting")
}

fn service_mesh_profile() -> Row {
    block(
        "service_mesh_profile",
        vec![
            text("mode").required().one_of(&["Istio"]).at("mode"),
            texts("revisions").required().at_most(2).rule(Rule::AtLeast(1)).at("istio.revisions"),
            // One list of gateways in Azure; the cluster's hooks take it apart.
            flag("internal_ingress_gateway_enabled").at("istio.internalGateway"),
            flag("external_ingress_gateway_enabled").at("istio.externalGateway"),
            block(
                "certificate_authority",
                vec![
                    text("key_vault_id").required().same(Same::ArmId).at("keyVaultId"),
                    text("root_cert_object_name").required().at("rootCertObjectName"),
                    text("cert_chain_object_name").required().at("certChainObjectName"),
                    text("cert_object_name").required().at("certObjectName"),
                    text("key_object_name").required().at("keyObjectName"),
                ],
            )
            .at("istio.certificateAuthority.plugin"),
        ],
    )
    .newer()
    .off(Off::Says("mode", "Disabled"))
    .at("properties.serviceMeshProfile")
}

fn monitoring() -> Vec<Row> {
    vec![
        block(
            "microsoft_defender",
            vec![text("log_analytics_workspace_id").required().same(Same::ArmId).at("logAnalyticsWorkspaceResourceId")],
        )
        .switched_by("securityMonitoring.enabled")
        .at("properties.securityProfile.defender"),
        block(
            "monitor_metrics",
            vec![
                text("annotations_allowed").at("kubeStateMetrics.metricAnnotationsAllowList"),
                text("labels_allowed").at("kubeStateMetrics.metricLabelsAllowlist"),
            ],
        )
        .switched_by("enabled")
        .at("properties.azureMonitorProfile.metrics"),
    ]
}
