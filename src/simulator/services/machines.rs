//! Virtual machines with the disks that they start from.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, fill, set, text};
use crate::simulator::service::{Acted, Draft, Listed, Outcome, Scene, Service};
use crate::simulator::services::interfaces::check_reference;
use crate::simulator::services::registries::own_identity;
use crate::simulator::target::{Key, same};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.Compute/virtualMachines`
pub(in crate::simulator) struct Machines;

/// `Microsoft.Compute/virtualMachines/vmSizes`: what a machine can become where it is.
pub(in crate::simulator) struct Sizes;

/// `Microsoft.Compute/disks`
pub(in crate::simulator) struct Disks;

const DISKS: &str = "Microsoft.Compute/disks";

/// Where it is kept whether a machine runs; it is not told with the machine itself.
const POWER: &str = "/power";

/// What is asked for the state of a machine.
pub(in crate::simulator) const VIEW: &str = "Microsoft.Compute/virtualMachines/instanceView";

/// Sizes that are on the same hardware.
const SAME_HARDWARE: [[&str; 3]; 2] =
    [["Standard_B2s", "Standard_B2ms", "Standard_B4ms"], ["Standard_D2s_v5", "Standard_D4s_v5", "Standard_D8s_v5"]];

impl Service for Machines {
    fn kind(&self) -> &'static str {
        "Microsoft.Compute/virtualMachines"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let interfaces = body.pointer("/properties/networkProfile/networkInterfaces").and_then(Value::as_array);
        for interface in interfaces.into_iter().flatten() {
            check_reference(&draft, text(interface, "/id").unwrap_or_default())?;
        }
        if let Some(prior) = draft.prior_body() {
            check_stopped(prior, &body)?;
            check_fixed(prior, &body)?;
        }
        let power = draft.prior_body().and_then(|prior| text(prior, POWER)).unwrap_or("running").to_owned();
        set(&mut body, POWER, Value::from(power));
        system(&draft, &mut body);
        let disk = disk(&draft, &mut body);
        set(&mut body, "/properties/vmId", Value::from(draft.scene.guid(&draft.place.key(), "machine")));
        let principals = own_identity(&draft, &mut body);
        let also = disk.filter(|_| draft.prior.is_none()).map(|disk| Change::Put(Box::new(disk))).into_iter().collect();
        Ok(Outcome { principals, also, ..Outcome::of(body).lasting(90) })
    }

    fn show(&self, _scene: Scene<'_>, resource: &Resource) -> Value {
        let mut shown = resource.body.clone();
        body::unset(&mut shown, POWER);
        shown
    }

    fn act(&self, _scene: Scene<'_>, resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        let power = match action.to_ascii_lowercase().as_str() {
            "deallocate" => "deallocated",
            "poweroff" => "stopped",
            "start" | "restart" => "running",
            _ => return Err(Refusal::new(404, "InvalidResourceType", format!("A machine has no action '{action}'."))),
        };
        let mut changed = resource.clone();
        set(&mut changed.body, POWER, Value::from(power));
        Ok((Answer::empty(200), vec![Change::Put(Box::new(changed))]))
    }

    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(Duration::from_secs(60)))
    }
}

/// The state of a machine, as it is told beside it.
pub(in crate::simulator) fn view(scene: Scene<'_>, machine: &str) -> Result<Answer, Refusal> {
    let Some(machine) = scene.world.get(&Key::of(machine)) else {
        return Err(Refusal::new(404, "ResourceNotFound", format!("The machine '{machine}' was not found.")));
    };
    let power = text(&machine.body, POWER).unwrap_or("running");
    let statuses = json!([
        { "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded" },
        { "code": format!("PowerState/{power}"), "level": "Info", "displayStatus": format!("VM {power}") },
    ]);
    Ok(Answer::json(200, json!({ "computerName": text(&machine.body, "/name"), "statuses": statuses })))
}

/// What is changed only while no hardware is bound to the machine.
fn check_stopped(prior: &Value, body: &Value) -> Result<(), Refusal> {
    if text(prior, POWER) == Some("deallocated") {
        return Ok(());
    }
    let size = |body: &Value| text(body, "/properties/hardwareProfile/vmSize").unwrap_or_default().to_owned();
    let (before, after) = (size(prior), size(body));
    if !same(&before, &after) && !neighbours(&before).any(|other| same(other, &after)) {
        let message = format!(
            "Unable to resize the VM since the requested size {after} is not available in the current hardware cluster. \
             Deallocate the VM first."
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message));
    }
    for pointer in [
        "/properties/additionalCapabilities/ultraSSDEnabled",
        "/properties/host/id",
        "/properties/networkProfile/networkInterfaces",
        "/properties/proximityPlacementGroup/id",
        "/properties/securityProfile/encryptionAtHost",
        "/properties/storageProfile/osDisk/diskSizeGB",
    ] {
        let said = |body: &Value| body.pointer(pointer).filter(|value| **value != json!(false)).cloned();
        if said(prior) != said(body) {
            let message = format!("Changing '{pointer}' of a running machine is not allowed. Deallocate the VM first.");
            return Err(Refusal::new(409, "OperationNotAllowed", message));
        }
    }
    Ok(())
}

/// What is said once, when a machine is made.
fn check_fixed(prior: &Value, body: &Value) -> Result<(), Refusal> {
    for pointer in ["adminUsername", "adminPassword", "customData", "computerName"] {
        let pointer = format!("/properties/osProfile/{pointer}");
        let sent = body.pointer(&pointer);
        if sent.is_some() && sent != prior.pointer(&pointer) {
            let message = format!("Changing property '{}' is not allowed.", pointer.trim_start_matches("/properties/"));
            return Err(Refusal::new(409, "PropertyChangeNotAllowed", message));
        }
    }
    Ok(())
}

/// What Azure fills in of the system, and what it does not give back.
fn system(draft: &Draft<'_>, body: &mut Value) {
    fill(body, "/properties/priority", "Regular");
    if body.pointer("/properties/osProfile").is_none() {
        return;
    }
    for secret in ["adminPassword", "customData"] {
        body::unset(body, &format!("/properties/osProfile/{secret}"));
    }
    body::unset(body, "/properties/userData");
    fill(body, "/properties/osProfile/computerName", draft.place.name.as_str());
    fill(body, "/properties/osProfile/allowExtensionOperations", true);
    fill(body, "/properties/osProfile/requireGuestProvisionSignal", true);
    fill(body, "/properties/osProfile/secrets", json!([]));
    let linux = "/properties/osProfile/linuxConfiguration";
    fill(body, &format!("{linux}/disablePasswordAuthentication"), false);
    fill(body, &format!("{linux}/provisionVMAgent"), true);
    fill(body, &format!("{linux}/enableVMAgentPlatformUpdates"), false);
    fill(body, &format!("{linux}/patchSettings/patchMode"), "ImageDefault");
    fill(body, &format!("{linux}/patchSettings/assessmentMode"), "ImageDefault");
}

/// Completes the disk that a machine starts from; that disk, when it is a new one.
fn disk(draft: &Draft<'_>, body: &mut Value) -> Option<Resource> {
    let pointer = "/properties/storageProfile/osDisk";
    let unique = draft.scene.guid(&draft.place.key(), "disk").replace('-', "");
    fill(body, &format!("{pointer}/name"), format!("{}_OsDisk_1_{unique}", draft.place.name));
    for (member, value) in [("osType", "Linux"), ("createOption", "FromImage"), ("deleteOption", "Detach")] {
        fill(body, &format!("{pointer}/{member}"), value);
    }
    fill(body, &format!("{pointer}/diskSizeGB"), 30);
    fill(body, &format!("{pointer}/managedDisk/storageAccountType"), "Standard_LRS");
    fill(body, "/properties/storageProfile/dataDisks", json!([]));
    fill(body, "/properties/storageProfile/diskControllerType", "SCSI");
    let present = text(body, &format!("{pointer}/managedDisk/id")).is_some();
    let name = text(body, &format!("{pointer}/name")).unwrap_or_default().to_owned();
    if present {
        return None;
    }
    let id = format!("{}/providers/{DISKS}/{name}", draft.place.group().unwrap_or_default());
    set(body, &format!("{pointer}/managedDisk/id"), Value::from(id.as_str()));
    if body.pointer(&format!("{pointer}/diffDiskSettings")).is_some() {
        return None;
    }
    let size = body.pointer(&format!("{pointer}/diskSizeGB")).cloned().unwrap_or_default();
    let made = json!({
        "location": draft.location(), "managedBy": draft.place.id,
        "properties": { "diskSizeGB": size, "osType": "Linux", "diskState": "Attached", "provisioningState": "Succeeded",
                        "creationData": { "createOption": "FromImage" } },
    });
    Some(Resource::new(id, DISKS, made, draft.scene.now))
}

fn neighbours(size: &str) -> impl Iterator<Item = &'static str> {
    let group = SAME_HARDWARE.iter().find(|group| group.iter().any(|one| same(one, size)));
    group.into_iter().flatten().copied()
}

impl Service for Sizes {
    fn kind(&self) -> &'static str {
        "Microsoft.Compute/virtualMachines/vmSizes"
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(Refusal::new(405, "MethodNotAllowed", "The sizes of a machine are Azure's."))
    }

    fn list<'a>(&self, scene: Scene<'a>, parent: &str, _filter: Option<&str>) -> Option<Listed<'a>> {
        let machine = scene.world.get(&Key::of(parent))?;
        let size = text(&machine.body, "/properties/hardwareProfile/vmSize")?;
        Some(Ok(neighbours(size).map(|name| Cow::Owned(json!({ "name": name }))).collect()))
    }
}

impl Service for Disks {
    fn kind(&self) -> &'static str {
        DISKS
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        let size = |body: &Value| body.pointer("/properties/diskSizeGB").and_then(Value::as_u64);
        let before = draft.prior_body().and_then(size);
        if before > size(&body) {
            let message = "Shrinking a disk is not allowed.";
            return Err(Refusal::bad("BadRequest", message));
        }
        Ok(Outcome::of(body).lasting(5))
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        let user = text(&resource.body, "/managedBy").filter(|user| scene.world.get(&Key::of(user)).is_some());
        let Some(user) = user else { return Ok(Some(Duration::from_secs(5))) };
        let message = format!("Disk {} is attached to VM {user}.", resource.id);
        Err(Refusal::new(409, "OperationNotAllowed", message))
    }
}
