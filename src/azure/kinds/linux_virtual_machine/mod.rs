//! `azurerm_linux_virtual_machine`: a machine beside the cluster, such as the one from which people reach its API.

mod rows;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{PlanCase, Table, changed, finding, json as at};
use super::READ;
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::identity::subscription_list;
use super::network::NETWORK;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// The api-version of disks.
const DISKS: &str = "2023-04-02";

/// A Linux machine.
pub fn kind() -> ArmKind {
    let table = Table::of(
        "azurerm_linux_virtual_machine",
        "Microsoft.Compute/virtualMachines",
        "2024-03-01",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Compute/\
         virtualMachines/{name}",
    )
    .about("A Linux machine.")
    .rows(rows::all());
    ArmKind::new(table, Machine)
}

/// What Azure changes only while a machine is stopped and its hardware is given back.
const WHILE_STOPPED: [&str; 10] = [
    "additional_capabilities",
    "capacity_reservation_group_id",
    "dedicated_host_group_id",
    "dedicated_host_id",
    "disk_controller_type",
    "encryption_at_host_enabled",
    "network_interface_ids",
    "os_disk.disk_encryption_set_id",
    "os_disk.disk_size_gb",
    "proximity_placement_group_id",
];

/// What a machine that is made from an image is unless it says otherwise.
const FLAGS: [&str; 3] = ["allow_extension_operations", "disable_password_authentication", "provision_vm_agent"];

/// References that are left out when they refer to nothing.
const REFERENCES: [&str; 6] = [
    "availabilitySet",
    "host",
    "hostGroup",
    "proximityPlacementGroup",
    "virtualMachineScaleSet",
    "capacityReservation",
];

const KEYS: &str = "properties.osProfile.linuxConfiguration.ssh.publicKeys";

struct Machine;

#[async_trait]
impl Hooks for Machine {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let field = |name: &str| config.field(name);
        let is_known = |name: &str| field(name).is_none_or(Value::is_known);
        let has = |name: &str| field(name).is_some_and(|value| !value.is_null());
        let keys = field("admin_ssh_key").and_then(Value::as_elements).is_some_and(|keys| !keys.is_empty());
        let without_password = field("disable_password_authentication").and_then(Value::as_bool).unwrap_or(true);
        let mut found = Vec::new();
        let mut refuse = |name: &str, summary: &str, detail: &str| {
            found.push(finding(name, Diagnostic::error(summary, detail)));
        };
        if is_known("disable_password_authentication") && is_known("admin_ssh_key") && !has("os_managed_disk_id") {
            if without_password && !keys {
                let detail = "At least one `admin_ssh_key` must be specified when `disable_password_authentication` is \
                              set to `true`, as it is without it.";
                refuse("admin_ssh_key", "Nobody could sign in", detail);
            } else if without_password && has("admin_password") {
                let detail = "When an `admin_password` is specified `disable_password_authentication` must be set to \
                              `false`.";
                refuse("admin_password", "The password would not be taken", detail);
            } else if !without_password && !has("admin_password") {
                let detail =
                    "An `admin_password` must be specified if `disable_password_authentication` is set to `false`.";
                refuse("disable_password_authentication", "Missing password", detail);
            }
        }
        if has("eviction_policy") && field("priority").is_none_or(|p| p.is_known() && p.as_str() != Some("Spot")) {
            let detail = "An `eviction_policy` can only be specified when `priority` is set to `Spot`.";
            refuse("eviction_policy", "Not a spot machine", detail);
        }
        let by_platform = |name: &str| {
            field(name).is_none_or(|mode| !mode.is_known() || mode.as_str() == Some("AutomaticByPlatform"))
        };
        if has("reboot_setting") && (!has("patch_mode") || !by_platform("patch_mode")) {
            let detail = "`reboot_setting` can only be set when `patch_mode` is set to `AutomaticByPlatform`.";
            refuse("reboot_setting", "Not with this way of patching", detail);
        }
        found
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        keep_keys(case);
        if case.prior.is_none() || !case.requires_replace.is_empty() {
            keep_imported_secrets(case);
        }
        if case.prior.is_none() || !case.requires_replace.is_empty() {
            say_defaults(case);
            return;
        }
        let stopping: Vec<_> = WHILE_STOPPED.into_iter().filter(|path| case.changes(path)).collect();
        if !stopping.is_empty() {
            case.note(format!("the machine is stopped and started again for {}", stopping.join(", ")));
        } else if case.changes("size") {
            case.note("the machine starts again in its new size");
        }
    }

    /// A key's path says whose it is; one that is the same but for blanks around it is kept as it is written.
    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        let written = prior.and_then(|prior| prior.field("admin_ssh_key")?.as_elements()).unwrap_or_default();
        let written: Vec<_> = written.iter().filter_map(|key| key.field("public_key")?.as_str()).collect();
        for key in at::slot_if(answer, KEYS).and_then(Json::as_array_mut).into_iter().flatten() {
            let user = at::get_str(key, "path").and_then(|path| path.strip_prefix("/home/")?.split('/').next());
            let user = user.map(str::to_owned);
            at::set(key, "username", json!(user));
            let text = at::get_str(key, "keyData").unwrap_or_default().trim().to_owned();
            if let Some(same) = written.iter().find(|other| other.trim() == text) {
                at::set(key, "keyData", json!(same));
            }
            at::remove(key, "path");
        }
        let zone = at::get_str(answer, "zones.0").map(str::to_owned);
        at::set(answer, "zone", json!(zone));
        at::remove(answer, "zones");
    }

    fn lower(&self, body: &mut Json, planned: &Value, creating: bool) {
        for key in at::slot_if(body, KEYS).and_then(Json::as_array_mut).into_iter().flatten() {
            let user = at::remove(key, "username");
            let user = user.as_ref().and_then(Json::as_str).unwrap_or_default();
            at::set(key, "path", json!(format!("/home/{user}/.ssh/authorized_keys")));
        }
        if let Some(zone) = at::remove(body, "zone").filter(|zone| !zone.is_null()) {
            at::set(body, "zones", json!([zone]));
        }
        let interfaces = at::slot(body, "properties.networkProfile.networkInterfaces").as_array_mut();
        for (position, interface) in interfaces.into_iter().flatten().enumerate() {
            at::set(interface, "properties.primary", json!(position == 0));
        }
        for reference in REFERENCES {
            let path = format!("properties.{reference}");
            let is_empty = |json: &Json| json.as_object().is_some_and(serde_json::Map::is_empty);
            if at::get(body, &path)
                .is_some_and(|json| is_empty(json) || json.as_object().is_some_and(|o| o.values().all(is_empty)))
            {
                at::remove(body, &path);
            }
        }
        for laid in ["addresses", "resources"] {
            at::remove(body, laid);
        }
        complete(body, planned, creating);
    }

    fn refuses(&self, answer: &Json) -> Option<Diagnostic> {
        let system = at::get_str(answer, "properties.storageProfile.osDisk.osType")?;
        (!system.eq_ignore_ascii_case("Linux")).then(|| {
            let detail = format!("It is a machine with {system}, and azurerm_linux_virtual_machine is for Linux only.");
            Diagnostic::error("No Linux machine", detail)
        })
    }

    async fn read_more(&self, azure: &Azure, _id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let interfaces = at::get(answer, "properties.networkProfile.networkInterfaces").and_then(Json::as_array);
        let ids: Vec<_> = interfaces.into_iter().flatten().filter_map(|one| at::get_str(one, "id")).collect();
        let (mut private, mut public) = (Vec::new(), Vec::new());
        for id in ids {
            let found = azure.client.find(id, NETWORK, &azure.client.patience(READ)).await?;
            let Some(found) = found else { continue };
            for one in
                at::get(&found.body, "properties.ipConfigurations").and_then(Json::as_array).into_iter().flatten()
            {
                private.extend(at::get(one, "properties.privateIPAddress").cloned());
                let Some(address) = at::get_str(one, "properties.publicIPAddress.id") else { continue };
                let address = azure.client.find(address, NETWORK, &azure.client.patience(READ)).await?;
                public.extend(address.and_then(|found| at::get(&found.body, "properties.ipAddress").cloned()));
            }
        }
        at::set(answer, "addresses", json!({ "private": private, "public": public }));
        Ok(())
    }

    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        let size = at::get_str(&body, "properties.hardwareProfile.vmSize").unwrap_or_default();
        let stops = WHILE_STOPPED.iter().any(|path| changed(prior, planned, path))
            || (changed(prior, planned, "size") && !can_become(call, size).await?);
        let restart = stops && is_running(call).await?;
        if restart {
            call.post("deallocate", Json::Null).await?;
        }
        change_disk(call, &body, prior, planned).await?;
        if body != *before {
            call.put(body).await?;
        }
        if restart {
            call.post("start", Json::Null).await?;
        }
        Ok(())
    }

    /// The disk was made with the machine, and goes with it unless the provider's features say otherwise.
    async fn delete(&self, call: &Call<'_>, prior: &Value) -> Result<(), Fault> {
        let machines = call.azure.machines;
        let mut request = Request::new(Method::Delete, call.id, call.api_version);
        if machines.force_delete {
            request = request.query("forceDeletion", "true");
        }
        call.azure.client.perform(&request, &call.patience).await?;
        let disk = super::super::wire::at(prior, "os_disk.id").and_then(Value::as_str).filter(|id| id.starts_with('/'));
        if let Some(disk) = disk.filter(|_| machines.delete_os_disk) {
            call.azure.client.perform(&Request::new(Method::Delete, disk, DISKS), &call.patience).await?;
        }
        Ok(())
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Compute/virtualMachines")
    }
}

/// Blanks around a key are none of its letters.
fn keep_keys(case: &mut PlanCase<'_>) {
    let trimmed = |keys: Option<&Value>| {
        let text = |key: &Value, name: &str| key.field(name)?.as_str().map(|text| text.trim().to_owned());
        let pair = |key: &Value| Some((text(key, "username")?, text(key, "public_key")?));
        let mut all: Vec<_> = keys?.as_elements()?.iter().map(pair).collect::<Option<_>>()?;
        all.sort();
        Some(all)
    };
    let (before, after) = (case.prior_at("admin_ssh_key"), case.planned_at("admin_ssh_key"));
    if let (Some(before), true) = (before.cloned(), trimmed(before).is_some() && trimmed(before) == trimmed(after)) {
        case.set("admin_ssh_key", before);
        case.requires_replace.retain(|path| path.to_string() != "admin_ssh_key");
        keep_id(case);
    }
}

fn keep_id(case: &mut PlanCase<'_>) {
    if let Some(id) = case.prior_at("id").filter(|_| case.requires_replace.is_empty()).cloned() {
        case.set("id", id);
    }
}

/// Azure gives back neither: a machine that was taken over is not made anew for want of them.
fn keep_imported_secrets(case: &mut PlanCase<'_>) {
    for name in ["admin_password", "custom_data"] {
        if case.prior_at(name).is_some_and(Value::is_null) {
            case.requires_replace.retain(|path| path.to_string() != name);
        }
    }
    keep_id(case);
}

/// What a machine from an image will be is known before it is made.
fn say_defaults(case: &mut PlanCase<'_>) {
    if case.is_configured("os_managed_disk_id") {
        return;
    }
    for name in FLAGS {
        if !case.is_configured(name) {
            case.set(name, Value::bool(true));
        }
    }
    for name in ["patch_mode", "patch_assessment_mode"] {
        if !case.is_configured(name) {
            case.set(name, Value::string("ImageDefault"));
        }
    }
    let name = case.planned_at("name").filter(|name| name.is_known()).cloned();
    if let Some(name) = name.filter(|_| !case.is_configured("computer_name")) {
        case.set("computer_name", name);
    }
}

/// What follows from the rest of a body.
fn complete(body: &mut Json, planned: &Value, creating: bool) {
    let is_given = |name: &str| planned.field(name).and_then(Value::as_bool) == Some(true);
    if creating {
        let from_disk = at::get_str(body, "properties.storageProfile.osDisk.managedDisk.id").is_some();
        at::set(
            body,
            "properties.storageProfile.osDisk.createOption",
            json!(if from_disk { "Attach" } else { "FromImage" }),
        );
        at::set(body, "properties.storageProfile.osDisk.osType", json!("Linux"));
        if from_disk {
            at::remove(body, "properties.osProfile");
        }
        let is_confidential =
            at::get_str(body, "properties.storageProfile.osDisk.managedDisk.securityProfile.securityEncryptionType")
                .is_some();
        let kind = match (is_confidential, is_given("secure_boot_enabled") || is_given("vtpm_enabled")) {
            (true, _) => Some("ConfidentialVM"),
            (false, true) => Some("TrustedLaunch"),
            (false, false) => None,
        };
        if let Some(kind) = kind {
            at::set(body, "properties.securityProfile.securityType", json!(kind));
        }
    } else {
        // Neither can be written again.
        for once in ["adminPassword", "customData"] {
            at::remove(body, &format!("properties.osProfile.{once}"));
        }
    }
}

/// Whether a machine can be had in this size on the hardware where it is.
async fn can_become(call: &Call<'_>, size: &str) -> Result<bool, ArmError> {
    let request = Request::new(Method::Get, format!("{}/vmSizes", call.id), call.api_version);
    let sizes = call.azure.client.list(&request, &call.patience).await?;
    Ok(sizes.iter().filter_map(|one| at::get_str(one, "name")).any(|name| name.eq_ignore_ascii_case(size)))
}

async fn is_running(call: &Call<'_>) -> Result<bool, ArmError> {
    let view = call.azure.client.get(format!("{}/instanceView", call.id), call.api_version, &call.patience).await?;
    let states = at::get(&view.body, "statuses").and_then(Json::as_array);
    let codes = states.into_iter().flatten().filter_map(|state| at::get_str(state, "code"));
    Ok(codes.into_iter().any(|code| code.eq_ignore_ascii_case("PowerState/running")))
}

/// Size and key are the disk's own.
async fn change_disk(call: &Call<'_>, body: &Json, prior: &Value, planned: &Value) -> Result<(), ArmError> {
    let disk = |member: &str| at::get(body, &format!("properties.storageProfile.osDisk.{member}"));
    let mut properties = json!({});
    if changed(prior, planned, "os_disk.disk_size_gb") {
        at::set(&mut properties, "diskSizeGB", disk("diskSizeGB").cloned().unwrap_or_default());
    }
    if changed(prior, planned, "os_disk.disk_encryption_set_id") {
        let encryption = match disk("managedDisk.diskEncryptionSet.id") {
            Some(set) => json!({ "type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": set }),
            None => json!({ "type": "EncryptionAtRestWithPlatformKey" }),
        };
        at::set(&mut properties, "encryption", encryption);
    }
    let id = disk("managedDisk.id").and_then(Json::as_str);
    let Some(id) = id.filter(|_| properties.as_object().is_some_and(|members| !members.is_empty())) else {
        return Ok(());
    };
    let request = Request::new(Method::Patch, id, DISKS).body(json!({ "properties": properties }));
    call.azure.client.perform(&request, &call.patience).await.map(drop)
}
