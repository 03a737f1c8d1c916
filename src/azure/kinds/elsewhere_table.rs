//! The commonest kinds of azurerm that Bowline does not have, with the ARM type of each and a version of its API.
//! Source: Azure's template reference, read in 2025.

/// A kind of azurerm as ARM knows it.
#[derive(Debug, Clone, Copy)]
pub struct Elsewhere {
    /// `azurerm_redis_cache`
    pub kind: &'static str,
    /// `Microsoft.Cache/redis`
    pub arm_type: &'static str,
    /// A stable version of its API.
    pub api_version: &'static str,
    /// What it is in.
    pub within: Within,
}

/// What a resource is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// A resource group, by `resource_group_name`.
    Group,
    /// The subscription.
    Subscription,
    /// A resource, by the argument that has its id.
    Parent(&'static str),
}

const fn group(kind: &'static str, arm_type: &'static str, api_version: &'static str) -> Elsewhere {
    Elsewhere { kind, arm_type, api_version, within: Within::Group }
}

const fn child(
    kind: &'static str,
    arm_type: &'static str,
    api_version: &'static str,
    parent: &'static str,
) -> Elsewhere {
    Elsewhere { kind, arm_type, api_version, within: Within::Parent(parent) }
}

/// All of them, by kind.
#[rustfmt::skip]
pub const ELSEWHERE: &[Elsewhere] = &[
    group("azurerm_api_management", "Microsoft.ApiManagement/service", "2024-05-01"),
    group("azurerm_app_configuration", "Microsoft.AppConfiguration/configurationStores", "2024-05-01"),
    group("azurerm_app_service_plan", "Microsoft.Web/serverfarms", "2024-04-01"),
    group("azurerm_application_insights", "Microsoft.Insights/components", "2020-02-02"),
    group("azurerm_application_insights_workbook", "Microsoft.Insights/workbooks", "2023-06-01"),
    group("azurerm_application_security_group", "Microsoft.Network/applicationSecurityGroups", "2024-05-01"),
    group("azurerm_automation_account", "Microsoft.Automation/automationAccounts", "2023-11-01"),
    group("azurerm_availability_set", "Microsoft.Compute/availabilitySets", "2024-07-01"),
    group("azurerm_batch_account", "Microsoft.Batch/batchAccounts", "2024-07-01"),
    group("azurerm_cdn_frontdoor_profile", "Microsoft.Cdn/profiles", "2024-09-01"),
    child("azurerm_cdn_frontdoor_endpoint", "Microsoft.Cdn/profiles/afdEndpoints", "2024-09-01", "cdn_frontdoor_profile_id"),
    child("azurerm_cdn_frontdoor_origin_group", "Microsoft.Cdn/profiles/originGroups", "2024-09-01", "cdn_frontdoor_profile_id"),
    child("azurerm_cdn_frontdoor_origin", "Microsoft.Cdn/profiles/originGroups/origins", "2024-09-01", "cdn_frontdoor_origin_group_id"),
    child("azurerm_cdn_frontdoor_route", "Microsoft.Cdn/profiles/afdEndpoints/routes", "2024-09-01", "cdn_frontdoor_endpoint_id"),
    group("azurerm_cdn_profile", "Microsoft.Cdn/profiles", "2024-09-01"),
    group("azurerm_cognitive_account", "Microsoft.CognitiveServices/accounts", "2024-10-01"),
    child("azurerm_cognitive_deployment", "Microsoft.CognitiveServices/accounts/deployments", "2024-10-01", "cognitive_account_id"),
    Elsewhere { kind: "azurerm_consumption_budget_subscription", arm_type: "Microsoft.Consumption/budgets", api_version: "2024-08-01", within: Within::Parent("subscription_id") },
    child("azurerm_consumption_budget_resource_group", "Microsoft.Consumption/budgets", "2024-08-01", "resource_group_id"),
    group("azurerm_container_app", "Microsoft.App/containerApps", "2024-03-01"),
    group("azurerm_container_app_environment", "Microsoft.App/managedEnvironments", "2024-03-01"),
    group("azurerm_container_app_job", "Microsoft.App/jobs", "2024-03-01"),
    group("azurerm_container_group", "Microsoft.ContainerInstance/containerGroups", "2023-05-01"),
    child("azurerm_container_registry_webhook", "Microsoft.ContainerRegistry/registries/webhooks", "2023-07-01", "container_registry_id"),
    child("azurerm_container_registry_task", "Microsoft.ContainerRegistry/registries/tasks", "2019-04-01", "container_registry_id"),
    group("azurerm_cosmosdb_account", "Microsoft.DocumentDB/databaseAccounts", "2024-08-15"),
    child("azurerm_cosmosdb_sql_database", "Microsoft.DocumentDB/databaseAccounts/sqlDatabases", "2024-08-15", "account_id"),
    group("azurerm_data_factory", "Microsoft.DataFactory/factories", "2018-06-01"),
    group("azurerm_data_protection_backup_vault", "Microsoft.DataProtection/backupVaults", "2024-04-01"),
    group("azurerm_databricks_workspace", "Microsoft.Databricks/workspaces", "2024-05-01"),
    child("azurerm_eventgrid_event_subscription", "Microsoft.EventGrid/eventSubscriptions", "2022-06-15", "scope"),
    group("azurerm_eventgrid_topic", "Microsoft.EventGrid/topics", "2022-06-15"),
    group("azurerm_eventgrid_system_topic", "Microsoft.EventGrid/systemTopics", "2022-06-15"),
    group("azurerm_eventhub_namespace", "Microsoft.EventHub/namespaces", "2024-01-01"),
    child("azurerm_eventhub", "Microsoft.EventHub/namespaces/eventhubs", "2024-01-01", "namespace_id"),
    group("azurerm_express_route_circuit", "Microsoft.Network/expressRouteCircuits", "2024-05-01"),
    group("azurerm_firewall", "Microsoft.Network/azureFirewalls", "2024-05-01"),
    group("azurerm_firewall_policy", "Microsoft.Network/firewallPolicies", "2024-05-01"),
    child("azurerm_firewall_policy_rule_collection_group", "Microsoft.Network/firewallPolicies/ruleCollectionGroups", "2024-05-01", "firewall_policy_id"),
    group("azurerm_function_app_flex_consumption", "Microsoft.Web/sites", "2024-04-01"),
    group("azurerm_image", "Microsoft.Compute/images", "2024-07-01"),
    group("azurerm_ip_group", "Microsoft.Network/ipGroups", "2024-05-01"),
    group("azurerm_kubernetes_fleet_manager", "Microsoft.ContainerService/fleets", "2024-04-01"),
    child("azurerm_kubernetes_fleet_member", "Microsoft.ContainerService/fleets/members", "2024-04-01", "kubernetes_fleet_id"),
    child("azurerm_kubernetes_flux_configuration", "Microsoft.KubernetesConfiguration/fluxConfigurations", "2023-05-01", "cluster_id"),
    group("azurerm_lb", "Microsoft.Network/loadBalancers", "2024-05-01"),
    group("azurerm_linux_function_app", "Microsoft.Web/sites", "2024-04-01"),
    group("azurerm_linux_virtual_machine_scale_set", "Microsoft.Compute/virtualMachineScaleSets", "2024-07-01"),
    group("azurerm_linux_web_app", "Microsoft.Web/sites", "2024-04-01"),
    group("azurerm_load_test", "Microsoft.LoadTestService/loadTests", "2022-12-01"),
    group("azurerm_local_network_gateway", "Microsoft.Network/localNetworkGateways", "2024-05-01"),
    group("azurerm_logic_app_workflow", "Microsoft.Logic/workflows", "2019-05-01"),
    group("azurerm_machine_learning_workspace", "Microsoft.MachineLearningServices/workspaces", "2024-10-01"),
    group("azurerm_maintenance_configuration", "Microsoft.Maintenance/maintenanceConfigurations", "2023-04-01"),
    group("azurerm_managed_disk", "Microsoft.Compute/disks", "2024-03-02"),
    group("azurerm_monitor_action_group", "Microsoft.Insights/actionGroups", "2023-01-01"),
    group("azurerm_monitor_activity_log_alert", "Microsoft.Insights/activityLogAlerts", "2020-10-01"),
    group("azurerm_monitor_autoscale_setting", "Microsoft.Insights/autoscaleSettings", "2022-10-01"),
    group("azurerm_monitor_metric_alert", "Microsoft.Insights/metricAlerts", "2018-03-01"),
    group("azurerm_monitor_scheduled_query_rules_alert_v2", "Microsoft.Insights/scheduledQueryRules", "2023-12-01"),
    group("azurerm_mssql_managed_instance", "Microsoft.Sql/managedInstances", "2023-08-01"),
    child("azurerm_mssql_elasticpool", "Microsoft.Sql/servers/elasticPools", "2023-08-01", "server_id"),
    child("azurerm_mssql_firewall_rule", "Microsoft.Sql/servers/firewallRules", "2023-08-01", "server_id"),
    group("azurerm_mysql_flexible_server", "Microsoft.DBforMySQL/flexibleServers", "2023-12-30"),
    group("azurerm_network_ddos_protection_plan", "Microsoft.Network/ddosProtectionPlans", "2024-05-01"),
    group("azurerm_network_watcher", "Microsoft.Network/networkWatchers", "2024-05-01"),
    group("azurerm_notification_hub_namespace", "Microsoft.NotificationHubs/namespaces", "2023-09-01"),
    Elsewhere { kind: "azurerm_policy_definition", arm_type: "Microsoft.Authorization/policyDefinitions", api_version: "2023-04-01", within: Within::Subscription },
    child("azurerm_postgresql_flexible_server_configuration", "Microsoft.DBforPostgreSQL/flexibleServers/configurations", "2024-08-01", "server_id"),
    child("azurerm_postgresql_flexible_server_firewall_rule", "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules", "2024-08-01", "server_id"),
    group("azurerm_private_dns_resolver", "Microsoft.Network/dnsResolvers", "2022-07-01"),
    group("azurerm_private_link_service", "Microsoft.Network/privateLinkServices", "2024-05-01"),
    group("azurerm_proximity_placement_group", "Microsoft.Compute/proximityPlacementGroups", "2024-07-01"),
    group("azurerm_recovery_services_vault", "Microsoft.RecoveryServices/vaults", "2024-04-01"),
    group("azurerm_redis_cache", "Microsoft.Cache/redis", "2024-03-01"),
    group("azurerm_redis_enterprise_cluster", "Microsoft.Cache/redisEnterprise", "2024-02-01"),
    group("azurerm_search_service", "Microsoft.Search/searchServices", "2023-11-01"),
    group("azurerm_service_plan", "Microsoft.Web/serverfarms", "2024-04-01"),
    group("azurerm_servicebus_namespace", "Microsoft.ServiceBus/namespaces", "2024-01-01"),
    child("azurerm_servicebus_queue", "Microsoft.ServiceBus/namespaces/queues", "2024-01-01", "namespace_id"),
    child("azurerm_servicebus_topic", "Microsoft.ServiceBus/namespaces/topics", "2024-01-01", "namespace_id"),
    child("azurerm_servicebus_subscription", "Microsoft.ServiceBus/namespaces/topics/subscriptions", "2024-01-01", "topic_id"),
    group("azurerm_shared_image_gallery", "Microsoft.Compute/galleries", "2023-07-03"),
    group("azurerm_signalr_service", "Microsoft.SignalRService/signalR", "2024-03-01"),
    group("azurerm_snapshot", "Microsoft.Compute/snapshots", "2024-03-02"),
    group("azurerm_ssh_public_key", "Microsoft.Compute/sshPublicKeys", "2024-07-01"),
    group("azurerm_static_web_app", "Microsoft.Web/staticSites", "2024-04-01"),
    child("azurerm_storage_management_policy", "Microsoft.Storage/storageAccounts/managementPolicies", "2023-05-01", "storage_account_id"),
    child("azurerm_storage_queue", "Microsoft.Storage/storageAccounts/queueServices/queues", "2023-05-01", "storage_account_id"),
    child("azurerm_storage_share", "Microsoft.Storage/storageAccounts/fileServices/shares", "2023-05-01", "storage_account_id"),
    group("azurerm_synapse_workspace", "Microsoft.Synapse/workspaces", "2021-06-01"),
    group("azurerm_traffic_manager_profile", "Microsoft.Network/trafficManagerProfiles", "2022-04-01"),
    group("azurerm_virtual_hub", "Microsoft.Network/virtualHubs", "2024-05-01"),
    group("azurerm_virtual_network_gateway", "Microsoft.Network/virtualNetworkGateways", "2024-05-01"),
    group("azurerm_virtual_wan", "Microsoft.Network/virtualWans", "2024-05-01"),
    group("azurerm_web_application_firewall_policy", "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies", "2024-05-01"),
    group("azurerm_windows_function_app", "Microsoft.Web/sites", "2024-04-01"),
    group("azurerm_windows_virtual_machine", "Microsoft.Compute/virtualMachines", "2024-07-01"),
    group("azurerm_windows_web_app", "Microsoft.Web/sites", "2024-04-01"),
];
