//! The rows of a Linux machine.

use super::super::super::wire::{
    ANY_IDENTITIES, Codec, Row, Rule, Same, block, block_set, blocks, flag, float, identity, integer, location,
    resource_group_name, tags, text, texts,
};

const FROM: Rule = Rule::ExactlyOneOf(&["os_managed_disk_id", "source_image_id", "source_image_reference"]);
const NOT_WITH_DISK: Rule = Rule::Conflicts(&["os_managed_disk_id"]);

/// All of them.
pub fn all() -> Vec<Row> {
    let mut rows = vec![
        text("name").required().replaces().about("The name of the machine.").rule(Rule::Pattern(
            r"^[A-Za-z0-9]([\w.-]{0,78}\w)?$",
            "(must be 1 to 80 letters, digits, `_`, `.` or `-`, begin with a letter or digit and end with one or `_`)",
        )),
        resource_group_name(),
        location(),
        text("size").required().same(Same::Caseless).at("properties.hardwareProfile.vmSize").about("Its VM size."),
        texts("network_interface_ids")
            .required()
            .rule(Rule::AtLeast(1))
            .same(Same::ArmId)
            .spelled(Codec::Member("id"))
            .at("properties.networkProfile.networkInterfaces")
            .about("Its interfaces, of which the first is the primary one."),
        system_disk(),
        text("os_managed_disk_id")
            .or_computed()
            .replaces()
            .same(Same::ArmId)
            .rule(FROM)
            .at("properties.storageProfile.osDisk.managedDisk.id")
            .about("A disk with a system on it that is there already."),
        identity(ANY_IDENTITIES),
        tags(),
    ];
    rows.extend(who_signs_in());
    rows.extend(system());
    rows.extend(patches());
    rows.extend(placement());
    rows.extend(security());
    rows.extend(image());
    rows.extend(extras());
    rows.extend(read());
    rows
}

fn system_disk() -> Row {
    block(
        "os_disk",
        vec![
            text("caching").required().one_of(&["None", "ReadOnly", "ReadWrite"]).at("caching"),
            text("storage_account_type")
                .or_computed()
                .replaces()
                .one_of(&["Premium_LRS", "Premium_ZRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Standard_LRS"])
                .at("managedDisk.storageAccountType"),
            block(
                "diff_disk_settings",
                vec![
                    text("option").required().replaces().one_of(&["Local"]).at("option"),
                    text("placement")
                        .default_to("CacheDisk")
                        .replaces()
                        .one_of(&["CacheDisk", "NvmeDisk", "ResourceDisk"])
                        .at("placement"),
                ],
            )
            .replaces()
            .at("diffDiskSettings")
            .about("A disk that is not kept."),
            text("disk_encryption_set_id").same(Same::ArmId).at("managedDisk.diskEncryptionSet.id"),
            integer("disk_size_gb").or_computed().range(0, 4095).at("diskSizeGB"),
            text("name").or_computed().replaces().at("name"),
            text("id").computed().same(Same::ArmId).at("managedDisk.id"),
            text("secure_vm_disk_encryption_set_id")
                .replaces()
                .same(Same::ArmId)
                .at("managedDisk.securityProfile.diskEncryptionSet.id"),
            text("security_encryption_type")
                .replaces()
                .one_of(&["DiskWithVMGuestState", "VMGuestStateOnly"])
                .at("managedDisk.securityProfile.securityEncryptionType"),
            flag("write_accelerator_enabled").default_to(false).at("writeAcceleratorEnabled"),
        ],
    )
    .required()
    .at("properties.storageProfile.osDisk")
    .about("The disk that it starts from.")
}

fn who_signs_in() -> Vec<Row> {
    let key = vec![
        text("username").required().replaces().at("username"),
        text("public_key").required().replaces().at("keyData"),
    ];
    vec![
        text("admin_username")
            .replaces()
            .rule(Rule::ExactlyOneOf(&["admin_username", "os_managed_disk_id"]))
            .at("properties.osProfile.adminUsername"),
        text("admin_password")
            .replaces()
            .sensitive()
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.adminPassword")
            .about("Azure does not give it back."),
        block_set("admin_ssh_key", key)
            .replaces()
            .at("properties.osProfile.linuxConfiguration.ssh.publicKeys")
            .about("Who may sign in, by which key."),
        flag("disable_password_authentication")
            .or_computed()
            .replaces()
            .at("properties.osProfile.linuxConfiguration.disablePasswordAuthentication"),
    ]
}

fn system() -> Vec<Row> {
    let secret = vec![
        text("key_vault_id").required().same(Same::ArmId).at("sourceVault.id"),
        block_set("certificate", vec![text("url").required().at("certificateUrl")]).required().at("vaultCertificates"),
    ];
    vec![
        text("computer_name")
            .or_computed()
            .replaces()
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.computerName")
            .about("What it calls itself; its name without it."),
        text("custom_data")
            .replaces()
            .sensitive()
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.customData")
            .about("Base64. Azure does not give it back."),
        text("user_data").at("properties.userData").about("Base64."),
        flag("allow_extension_operations").or_computed().at("properties.osProfile.allowExtensionOperations"),
        flag("provision_vm_agent")
            .or_computed()
            .replaces()
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.linuxConfiguration.provisionVMAgent"),
        blocks("secret", secret).at("properties.osProfile.secrets"),
        text("license_type")
            .one_of(&[
                "RHEL_BASE",
                "RHEL_BASESAPAPPS",
                "RHEL_BASESAPHA",
                "RHEL_BYOS",
                "RHEL_EUS",
                "RHEL_SAPAPPS",
                "RHEL_SAPHA",
                "SLES_BYOS",
                "SLES_HPC",
                "SLES_SAP",
                "UBUNTU_PRO",
            ])
            .at("properties.licenseType"),
    ]
}

fn patches() -> Vec<Row> {
    const MODES: &[&str] = &["AutomaticByPlatform", "ImageDefault"];
    vec![
        text("patch_mode")
            .or_computed()
            .one_of(MODES)
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.linuxConfiguration.patchSettings.patchMode"),
        text("patch_assessment_mode")
            .or_computed()
            .one_of(MODES)
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.linuxConfiguration.patchSettings.assessmentMode"),
        text("reboot_setting")
            .one_of(&["Always", "IfRequired", "Never"])
            .rule(NOT_WITH_DISK)
            .at("properties.osProfile.linuxConfiguration.patchSettings.automaticByPlatformSettings.rebootSetting"),
        flag("bypass_platform_safety_checks_on_user_schedule_enabled")
            .default_to(false)
            .tacit()
            .at("properties.osProfile.linuxConfiguration.patchSettings.automaticByPlatformSettings.\
             bypassPlatformSafetyChecksOnUserSchedule"),
    ]
}

fn placement() -> Vec<Row> {
    vec![
        text("availability_set_id")
            .replaces()
            .same(Same::ArmId)
            .rule(Rule::Conflicts(&["capacity_reservation_group_id", "virtual_machine_scale_set_id", "zone"]))
            .at("properties.availabilitySet.id"),
        text("capacity_reservation_group_id")
            .same(Same::ArmId)
            .rule(Rule::Conflicts(&["availability_set_id", "proximity_placement_group_id"]))
            .at("properties.capacityReservation.capacityReservationGroup.id"),
        text("dedicated_host_id")
            .same(Same::ArmId)
            .rule(Rule::Conflicts(&["dedicated_host_group_id"]))
            .at("properties.host.id"),
        text("dedicated_host_group_id").same(Same::ArmId).at("properties.hostGroup.id"),
        text("proximity_placement_group_id").same(Same::ArmId).at("properties.proximityPlacementGroup.id"),
        text("virtual_machine_scale_set_id").same(Same::ArmId).at("properties.virtualMachineScaleSet.id"),
        integer("platform_fault_domain")
            .default_to(-1)
            .replaces()
            .tacit()
            .rule(Rule::With(&["virtual_machine_scale_set_id"]))
            .at("properties.platformFaultDomain"),
        text("zone").replaces().at("zone").about("The availability zone."),
        text("edge_zone").replaces().same(Same::Location).at("extendedLocation.name"),
        text("priority").default_to("Regular").replaces().one_of(&["Regular", "Spot"]).at("properties.priority"),
        text("eviction_policy").replaces().one_of(&["Deallocate", "Delete"]).at("properties.evictionPolicy"),
        float("max_bid_price").default_to(-1).tacit().at("properties.billingProfile.maxPrice"),
    ]
}

fn security() -> Vec<Row> {
    vec![
        flag("encryption_at_host_enabled").at("properties.securityProfile.encryptionAtHost"),
        flag("secure_boot_enabled").replaces().at("properties.securityProfile.uefiSettings.secureBootEnabled"),
        flag("vtpm_enabled").replaces().at("properties.securityProfile.uefiSettings.vTpmEnabled"),
    ]
}

fn image() -> Vec<Row> {
    let part = |name: &'static str| text(name).required().replaces().at(name);
    vec![
        text("source_image_id")
            .replaces()
            .same(Same::ArmId)
            .rule(FROM)
            .at("properties.storageProfile.imageReference.id"),
        block("source_image_reference", vec![part("publisher"), part("offer"), part("sku"), part("version")])
            .replaces()
            .rule(FROM)
            .at("properties.storageProfile.imageReference")
            .about("An image of the market place."),
        block("plan", vec![part("name"), part("product"), part("publisher")]).replaces().at("plan"),
    ]
}

fn extras() -> Vec<Row> {
    let application = vec![
        text("version_id").required().same(Same::ArmId).at("packageReferenceId"),
        flag("automatic_upgrade_enabled").default_to(false).at("enableAutomaticUpgrade"),
        text("configuration_blob_uri").at("configurationReference"),
        integer("order").default_to(0).at("order"),
        text("tag").at("tags"),
        flag("treat_failure_as_deployment_failure_enabled").default_to(false).at("treatFailureAsDeploymentFailure"),
    ];
    vec![
        block(
            "additional_capabilities",
            vec![
                flag("hibernation_enabled").default_to(false).at("hibernationEnabled"),
                flag("ultra_ssd_enabled").default_to(false).at("ultraSSDEnabled"),
            ],
        )
        .at("properties.additionalCapabilities"),
        block("boot_diagnostics", vec![text("storage_account_uri").same(Same::FinalSlash).at("storageUri")])
            .switched_by("enabled")
            .at("properties.diagnosticsProfile.bootDiagnostics"),
        text("disk_controller_type")
            .or_computed()
            .one_of(&["NVMe", "SCSI"])
            .at("properties.storageProfile.diskControllerType"),
        text("extensions_time_budget").default_to("PT1H30M").at("properties.extensionsTimeBudget"),
        blocks("gallery_application", application).at_most(100).at("properties.applicationProfile.galleryApplications"),
        block(
            "os_image_notification",
            vec![text("timeout").default_to("PT15M").one_of(&["PT15M"]).at("notBeforeTimeout")],
        )
        .switched_by("enable")
        .at("properties.scheduledEventsProfile.osImageNotificationProfile"),
        block(
            "termination_notification",
            vec![flag("enabled").required().at("enable"), text("timeout").default_to("PT5M").at("notBeforeTimeout")],
        )
        .at("properties.scheduledEventsProfile.terminateNotificationProfile"),
    ]
}

fn read() -> Vec<Row> {
    const INTERFACES: &[&str] = &["network_interface_ids"];
    vec![
        text("private_ip_address").computed().follows(INTERFACES).at("addresses.private.0"),
        texts("private_ip_addresses").computed().follows(INTERFACES).at("addresses.private"),
        text("public_ip_address").computed().follows(INTERFACES).at("addresses.public.0"),
        texts("public_ip_addresses").computed().follows(INTERFACES).at("addresses.public"),
        text("virtual_machine_id").computed().at("properties.vmId"),
        flag("vm_agent_platform_updates_enabled")
            .computed()
            .at("properties.osProfile.linuxConfiguration.enableVMAgentPlatformUpdates"),
    ]
}
