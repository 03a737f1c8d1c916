//! Node pools. A pool is a resource of its own; the cluster shows all of them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{self, absent, fill, set, text};
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::services::aks::checks::{alike, changes};
use crate::simulator::services::aks::defaults::has_own_pod_range;
use crate::simulator::services::aks::versions::{DEFAULT, Version, resolve};
use crate::simulator::services::aks::{busy, immutable, invalid, is_retired};
use crate::simulator::services::quotas::{Nodes, check_nodes};
use crate::simulator::target::{Key, Place, same};
use crate::simulator::world::Resource;

/// `Microsoft.ContainerService/managedClusters/agentPools`
pub(in crate::simulator) struct Pools;

/// The kind in Azure's spelling.
pub(super) const KIND: &str = "Microsoft.ContainerService/managedClusters/agentPools";

/// What of a pool cannot change: another pool has to take its place.
const IMMUTABLE: &[&str] = &[
    "vmSize",
    "osType",
    "type",
    "osDiskSizeGB",
    "osDiskType",
    "kubeletDiskType",
    "maxPods",
    "vnetSubnetID",
    "podSubnetID",
    "availabilityZones",
    "scaleSetPriority",
    "enableNodePublicIP",
    "nodePublicIPPrefixID",
    "enableEncryptionAtHost",
    "enableUltraSSD",
    "enableFIPS",
    "gpuInstanceProfile",
    "proximityPlacementGroupID",
    "hostGroupID",
    "capacityReservationGroupID",
    "kubeletConfig",
    "linuxOSConfig",
    "workloadRuntime",
];

/// What only the service says of a pool.
const READ_ONLY: &[&str] =
    &["provisioningState", "currentOrchestratorVersion", "nodeImageVersion", "eTag", "powerState"];

impl Service for Pools {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let key = Key::of(&draft.place.parent);
        let cluster = draft.scene.world.get(&key).map_or(&Value::Null, |cluster| &cluster.body);
        let mut body = draft.body;
        let properties = body.get("properties").cloned().unwrap_or_default();
        let prior = draft.prior.and_then(|prior| prior.body.get("properties"));
        let completed = complete(draft.scene, &draft.place.name, properties, prior, cluster)?;
        let at = text(cluster, "/location").unwrap_or_default();
        check_nodes(draft.scene, draft.place.subscription(), at, &[more(&completed, prior)])?;
        body = json!({ "properties": completed });
        let seconds = if draft.prior.is_some() { 60 } else { 120 };
        Ok(Outcome::of(body).lasting(seconds))
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        let cluster = Key::of(resource.id.rsplitn(3, '/').nth(2).unwrap_or_default());
        let is_system =
            |pool: &&Resource| text(&pool.body, "/properties/mode").is_some_and(|mode| same(mode, "System"));
        let mut others = scene.world.children(&cluster, "agentPools").filter(|pool| pool.id != resource.id);
        if is_system(&resource) && !others.any(|pool| is_system(&pool)) {
            let message = "There has to be at least one system node pool in the cluster.";
            return Err(Refusal::bad("LastSystemPoolNotAllowed", message).flat());
        }
        Ok(Some(Duration::from_secs(90)))
    }

    fn occupies(&self, place: &Place) -> String {
        place.parent.clone()
    }

    fn busy(&self, place: &Place) -> Refusal {
        busy(place)
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(404, "NotFound", format!("Could not find the agent pool {}.", place.name)).flat()
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/properties/eTag")
    }

    fn refuses_version(&self, version: &str) -> bool {
        is_retired(version)
    }
}

/// The nodes that a pool is going to have more than before.
fn more(pool: &Value, prior: Option<&Value>) -> Nodes {
    let had = prior.map_or(0, |prior| Nodes::of(prior).count);
    let wanted = Nodes::of(pool);
    Nodes { count: wanted.count.saturating_sub(had), ..wanted }
}

/// Checks and completes the properties of a pool of a cluster.
pub(super) fn complete(
    scene: Scene<'_>,
    name: &str,
    mut pool: Value,
    prior: Option<&Value>,
    cluster: &Value,
) -> Result<Value, Refusal> {
    for member in READ_ONLY {
        body::unset(&mut pool, &format!("/{member}"));
    }
    body::without_nulls(&mut pool);
    check_name(name, &pool)?;
    for member in IMMUTABLE {
        let pointer = format!("/{member}");
        if changes(pool.pointer(&pointer), prior.and_then(|prior| prior.pointer(&pointer))) {
            return Err(immutable(&format!("properties.{member}")));
        }
        body::keep(&mut pool, prior, &pointer);
    }
    if text(&pool, "/vmSize").is_none_or(str::is_empty) {
        return Err(invalid("agentPoolProfile.vmSize", "The VM size must be given."));
    }
    check_counts(&pool)?;
    check_subnets(scene, &pool)?;
    set_version(&mut pool, prior, cluster)?;
    fill_in(&mut pool, cluster);
    Ok(pool)
}

fn check_name(name: &str, pool: &Value) -> Result<(), Refusal> {
    let is_windows = text(pool, "/osType").is_some_and(|system| same(system, "Windows"));
    let longest = if is_windows { 6 } else { 12 };
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    let allowed = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if starts && allowed && name.len() <= longest {
        return Ok(());
    }
    let message = format!("'{name}' must be 1 to {longest} lower-case letters and digits, starting with a letter.");
    Err(invalid("agentPoolProfile.name", &message))
}

fn check_counts(pool: &Value) -> Result<(), Refusal> {
    let number = |name: &str| pool.pointer(name).and_then(Value::as_i64);
    let scales = body::flag(pool, "/enableAutoScaling") == Some(true);
    match (scales, number("/minCount"), number("/maxCount")) {
        (true, Some(least), Some(most)) if least > most => {
            Err(invalid("agentPoolProfile.minCount", "It must not be greater than maxCount."))
        }
        (true, None, _) | (true, _, None) => {
            Err(invalid("agentPoolProfile.enableAutoScaling", "Autoscaling needs minCount and maxCount."))
        }
        (false, Some(_), _) | (false, _, Some(_)) => {
            Err(invalid("agentPoolProfile.minCount", "minCount and maxCount need enableAutoScaling."))
        }
        _ if number("/count").is_some_and(|count| !(0..=1000).contains(&count)) => {
            Err(invalid("agentPoolProfile.count", "It must be from 0 to 1000."))
        }
        _ => Ok(()),
    }
}

fn check_subnets(scene: Scene<'_>, pool: &Value) -> Result<(), Refusal> {
    for pointer in ["/vnetSubnetID", "/podSubnetID"] {
        let Some(id) = text(pool, pointer).filter(|id| !id.is_empty()) else { continue };
        if scene.world.get(&Key::of(id)).is_none() {
            let message = format!("Subnet '{id}' could not be found.");
            return Err(Refusal::bad("VnetSubnetNotFound", message).flat());
        }
    }
    Ok(())
}

/// A pool follows the cluster's version unless it names one, which must not be newer.
fn set_version(pool: &mut Value, prior: Option<&Value>, cluster: &Value) -> Result<(), Refusal> {
    let of_cluster = text(cluster, "/properties/kubernetesVersion").unwrap_or(DEFAULT).to_owned();
    let before = prior
        .and_then(|prior| Some((text(prior, "/orchestratorVersion")?, text(prior, "/currentOrchestratorVersion")?)));
    let wanted = text(pool, "/orchestratorVersion").filter(|version| !version.is_empty()).map(str::to_owned);
    let wanted = wanted.or_else(|| before.map(|(alias, _)| alias.to_owned())).unwrap_or(of_cluster);
    let control_plane = text(cluster, "/properties/currentKubernetesVersion").and_then(Version::parse);
    let full = match text(cluster, "/properties/currentKubernetesVersion") {
        Some(current)
            if before.is_none() && text(cluster, "/properties/kubernetesVersion") == Some(wanted.as_str()) =>
        {
            current.to_owned()
        }
        _ => resolve(&wanted, before)?,
    };
    if let (Some(pool), Some(control_plane)) = (Version::parse(&full), control_plane)
        && (pool.minor, pool.patch) > (control_plane.minor, control_plane.patch)
    {
        let message = format!(
            "Node pool version {full} and control plane version are incompatible: the pool must not be newer than the control plane."
        );
        return Err(Refusal::bad("NodePoolMcVersionIncompatible", message).flat());
    }
    set(pool, "/orchestratorVersion", Value::from(wanted));
    set(pool, "/currentOrchestratorVersion", Value::from(full));
    Ok(())
}

fn fill_in(pool: &mut Value, cluster: &Value) {
    fill(pool, "/count", 1);
    fill(pool, "/mode", "User");
    fill(pool, "/osType", "Linux");
    fill(pool, "/osSKU", if text(pool, "/osType") == Some("Windows") { "Windows2022" } else { "Ubuntu" });
    fill(pool, "/osDiskSizeGB", 128);
    fill(pool, "/osDiskType", "Managed");
    fill(pool, "/kubeletDiskType", "OS");
    fill(pool, "/maxPods", if has_own_pod_range(cluster) { 110 } else { 30 });
    fill(pool, "/type", "VirtualMachineScaleSets");
    fill(pool, "/scaleDownMode", "Delete");
    fill(pool, "/enableFIPS", false);
    fill(pool, "/enableNodePublicIP", false);
    // Since Kubernetes 1.28 a pool that does not say otherwise is upgraded a tenth at a time.
    fill(pool, "/upgradeSettings/maxSurge", "10%");
    fill(pool, "/upgradeSettings/maxUnavailable", "0");
    if text(pool, "/scaleSetPriority") == Some("Spot") {
        fill(pool, "/scaleSetEvictionPolicy", "Delete");
        if absent(pool, "/spotMaxPrice") {
            set(pool, "/spotMaxPrice", json!(-1));
        }
    }
    set(pool, "/powerState", json!({"code": "Running"}));
    let image = format!("AKS{}-2204gen2containerd-202601.01.0", text(pool, "/osSKU").unwrap_or_default());
    set(pool, "/nodeImageVersion", Value::from(image));
    set(pool, "/provisioningState", Value::from("Succeeded"));
}

/// A pool as its cluster shows it.
pub(super) fn shown(pool: &Resource) -> Value {
    let mut profile = pool.body.get("properties").cloned().unwrap_or_default();
    set(&mut profile, "/name", pool.body.get("name").cloned().unwrap_or_default());
    profile
}

/// Whether a profile sent with the cluster says something else of a pool than what is there.
pub(super) fn differs(sent: &Value, pool: &Resource) -> Option<String> {
    let properties = pool.body.get("properties")?;
    let scales = body::flag(properties, "/enableAutoScaling") == Some(true);
    let members = sent.as_object()?.iter();
    let mut told = members.filter(|(name, value)| {
        let moves = scales && name.as_str() == "count";
        !moves && name.as_str() != "name" && !READ_ONLY.contains(&name.as_str()) && !body::is_empty(value)
    });
    told.find(|(name, value)| !alike(value, properties.get(name.as_str()).unwrap_or(&Value::Null)))
        .map(|(name, _)| name.clone())
}
