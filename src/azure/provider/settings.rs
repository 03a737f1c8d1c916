//! The arguments of the `provider "azurerm"` and `provider "azapi"` blocks, as azurerm 5.x has them; those that 4.x
//! had and 5.x has not are accepted too.

use super::super::wire::{Row, block, blocks, flag, text, text_map, text_set, texts};

/// `provider "azurerm"`
pub fn azurerm() -> Vec<Row> {
    vec![
        text("ado_pipeline_service_connection_id"),
        texts("auxiliary_tenant_ids").at_most(3),
        text("client_certificate").sensitive(),
        text("client_certificate_password").sensitive(),
        text("client_certificate_path"),
        text("client_id"),
        text("client_id_file_path"),
        text("client_secret").sensitive(),
        text("client_secret_file_path"),
        flag("disable_correlation_request_id"),
        flag("disable_terraform_partner_id"),
        text("environment"),
        block("features", features()).required(),
        text("metadata_host"),
        text("msi_api_version"),
        text("msi_endpoint"),
        text("oidc_request_token").sensitive(),
        text("oidc_request_url"),
        text("oidc_token").sensitive(),
        text("oidc_token_file_path"),
        text("partner_id"),
        text("resource_provider_registrations"),
        texts("resource_providers_to_register"),
        flag("storage_use_azuread"),
        text("subscription_id"),
        text("tenant_id"),
        flag("use_aks_workload_identity"),
        flag("use_cli"),
        flag("use_msi"),
        flag("use_oidc"),
        flag("skip_provider_registration").deprecated("resource_provider_registrations = \"none\""),
    ]
}

/// The `features` block: how single kinds behave.
fn features() -> Vec<Row> {
    let mut rows = vec![
        block("application_insights", vec![flag("disable_generated_rule")]),
        block("databricks_workspace", vec![flag("force_delete")]),
        block(
            "enhanced_validation",
            vec![
                flag("locations"),
                flag("preflight_enabled"),
                text("preflight_location_fallback"),
                flag("resource_providers"),
            ],
        ),
        flag("persist_id_on_create_before_polling_for_completion"),
        block("postgresql_flexible_server", vec![flag("restart_server_on_configuration_value_change")]),
        block("resource_group", vec![flag("prevent_deletion_if_contains_resources")]),
        block("servicebus", vec![flag("auto_delete_subscription_default_rule")]),
        flag("skip_import_check_on_create_and_allow_overwriting_existing_resources"),
        block("storage", vec![flag("data_plane_available")]),
        block("subscription", vec![flag("prevent_cancellation_on_destroy")]),
        block("template_deployment", vec![flag("delete_nested_items_during_deletion").required()]),
    ];
    rows.extend(what_is_kept());
    rows.extend(machines());
    rows
}

/// What becomes of what services keep after it is deleted.
fn what_is_kept() -> Vec<Row> {
    vec![
        block("api_management", vec![flag("purge_soft_delete_on_destroy"), flag("recover_soft_deleted")]),
        block("app_configuration", vec![flag("purge_soft_delete_on_destroy"), flag("recover_soft_deleted")]),
        block("cognitive_account", vec![flag("purge_soft_delete_on_destroy")]),
        block(
            "key_vault",
            vec![
                flag("purge_soft_delete_on_destroy"),
                flag("purge_soft_deleted_certificates_on_destroy"),
                flag("purge_soft_deleted_hardware_security_module_keys_on_destroy"),
                flag("purge_soft_deleted_hardware_security_modules_on_destroy"),
                flag("purge_soft_deleted_keys_on_destroy"),
                flag("purge_soft_deleted_secrets_on_destroy"),
                flag("recover_soft_deleted_certificates"),
                flag("recover_soft_deleted_hardware_security_module_keys"),
                flag("recover_soft_deleted_key_vaults"),
                flag("recover_soft_deleted_keys"),
                flag("recover_soft_deleted_secrets"),
            ],
        ),
        block("log_analytics_workspace", vec![flag("permanently_delete_on_destroy")]),
        block("machine_learning", vec![flag("purge_soft_deleted_workspace_on_destroy")]),
        block("netapp", vec![flag("delete_backups_on_backup_vault_destroy"), flag("prevent_volume_destruction")]),
        block(
            "recovery_service",
            vec![
                flag("purge_protected_items_from_vault_on_destroy"),
                flag("vm_backup_stop_protection_and_retain_data_on_destroy"),
                flag("vm_backup_suspend_protection_and_retain_data_on_destroy"),
            ],
        ),
        block("recovery_services_vaults", vec![flag("recover_soft_deleted_backup_protected_vm")]),
    ]
}

/// Disks and machines.
fn machines() -> Vec<Row> {
    vec![
        block("managed_disk", vec![flag("expand_without_downtime")]),
        block(
            "virtual_machine",
            vec![
                flag("delete_os_disk_on_deletion"),
                flag("detach_implicit_data_disk_on_deletion"),
                flag("skip_shutdown_and_force_delete"),
            ],
        ),
        block(
            "virtual_machine_scale_set",
            vec![
                flag("force_delete"),
                flag("reimage_on_manual_upgrade"),
                flag("roll_instances_when_required"),
                flag("scale_to_zero_before_deletion"),
            ],
        ),
    ]
}

/// `provider "bowline"`: how to sign in is said as in azurerm, and nothing else.
pub fn bowline() -> Vec<Row> {
    let own = ["features", "resource_provider_registrations", "resource_providers_to_register", "storage_use_azuread"];
    azurerm().into_iter().filter(|row| !own.contains(&row.name)).collect()
}

/// `provider "azuread"`: how to sign in is said as in azurerm.
pub fn azuread() -> Vec<Row> {
    bowline().into_iter().filter(|row| row.name != "subscription_id").collect()
}

/// `provider "azapi"`: how to sign in is said as in azurerm.
pub fn azapi() -> Vec<Row> {
    let own = ["features", "metadata_host", "resource_provider_registrations", "resource_providers_to_register"];
    let mut rows: Vec<_> = azurerm().into_iter().filter(|row| !own.contains(&row.name)).collect();
    rows.extend([
        text("default_location"),
        text("default_name"),
        text_map("default_tags"),
        text_set("disable_default_output_regex"),
        flag("disable_default_output"),
        flag("enable_preflight"),
        flag("ignore_no_op_changes"),
        flag("skip_provider_registration"),
        blocks(
            "endpoint",
            vec![
                text("active_directory_authority_host"),
                text("resource_manager_audience"),
                text("resource_manager_endpoint"),
            ],
        ),
    ]);
    rows
}
