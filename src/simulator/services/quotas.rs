//! How much there may be of what, how much there is, and the sizes of machines that a region has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body::{set, text};
use crate::simulator::service::{Draft, Listed, Outcome, Scene, Service, short_location};
use crate::simulator::services::vm_sizes::{self, Size};
use crate::simulator::target::{Key, Place, same, subscription_of};

/// What nobody has set a limit for.
const PLENTY: u64 = 100_000;

/// The list that tells how many role assignments there are.
pub(in crate::simulator) const ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignmentsUsageMetrics";

/// `Microsoft.Compute/skus`
pub(in crate::simulator) struct Sizes;

/// `…/locations/usages` of a provider.
pub(in crate::simulator) struct Usages(pub &'static str);

/// `Microsoft.Quota`: how many clusters there may be in a region, or how many there are.
pub(in crate::simulator) struct Clusters(pub &'static str);

/// What it calls them.
const CLUSTERS: &str = "ManagedClusters";

/// What is counted one by one: the kind, Azure's word for it, and the words for people.
const COUNTED: [(&str, &str, &str); 4] = [
    ("Microsoft.Network/virtualNetworks", "VirtualNetworks", "Virtual Networks"),
    ("Microsoft.Network/networkSecurityGroups", "NetworkSecurityGroups", "Network Security Groups"),
    ("Microsoft.Network/publicIPAddresses", "PublicIPAddresses", "Public IP Addresses"),
    ("Microsoft.Storage/storageAccounts", "StorageAccounts", "Storage Accounts"),
];

/// Nodes that are wanted.
#[derive(Debug, Clone)]
pub(super) struct Nodes {
    /// `Standard_D4s_v5`
    pub size: String,
    /// How many.
    pub count: u64,
    /// Of those that can be taken away at any time.
    pub is_spot: bool,
}

impl Nodes {
    /// The nodes of a pool, by its properties.
    pub fn of(pool: &Value) -> Self {
        Self {
            size: text(pool, "/vmSize").unwrap_or_default().to_owned(),
            count: pool.pointer("/count").and_then(Value::as_u64).unwrap_or(1),
            is_spot: text(pool, "/scaleSetPriority").is_some_and(|word| same(word, "Spot")),
        }
    }
}

impl Service for Sizes {
    fn kind(&self) -> &'static str {
        "Microsoft.Compute/skus"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(read_only())
    }

    fn list<'a>(&self, _scene: Scene<'a>, _parent: &str, filter: Option<&str>) -> Option<Listed<'a>> {
        let location = filter.and_then(|filter| filter.split('\'').nth(1)).unwrap_or("westeurope").to_owned();
        let shown = vm_sizes::all().map(|size| Cow::Owned(sku(&size, &location)));
        Some(Ok(shown.collect()))
    }
}

fn sku(size: &Size, location: &str) -> Value {
    json!({
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "family": size.family,
        "locations": [location],
        "capabilities": [{ "name": "vCPUs", "value": size.cores.to_string() }],
        "restrictions": [],
    })
}

fn read_only() -> Refusal {
    Refusal::new(405, "MethodNotAllowed", "This can be read, and nothing else.")
}

impl Service for Usages {
    fn kind(&self) -> &'static str {
        self.0
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(read_only())
    }

    fn list<'a>(&self, scene: Scene<'a>, parent: &str, _filter: Option<&str>) -> Option<Listed<'a>> {
        let location = parent.rsplit('/').next().unwrap_or_default();
        let subscription = subscription_of(parent);
        let rows = if self.0.starts_with("Microsoft.Compute") {
            cores_in_use(scene, subscription, location)
                .into_iter()
                .map(|(name, used)| usage(scene, &name, &title(&name), used))
                .collect()
        } else {
            let namespace = self.0.split('/').next().unwrap_or_default();
            let own = COUNTED.iter().filter(|(kind, ..)| kind.starts_with(namespace));
            own.map(|(kind, name, title)| usage(scene, name, title, there(scene, kind, subscription, location)))
                .collect()
        };
        Some(Ok(rows))
    }
}

impl Service for Clusters {
    fn kind(&self) -> &'static str {
        self.0
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, _draft: Draft<'_>) -> Result<Outcome, Refusal> {
        Err(read_only())
    }

    fn built_in(&self, scene: Scene<'_>, place: &Place) -> Option<Value> {
        let location = place.scope.rsplit('/').next().filter(|_| same(&place.name, CLUSTERS))?;
        let mut properties = json!({
            "name": { "value": CLUSTERS, "localizedValue": "Managed Clusters" },
            "unit": "Count",
        });
        let (member, value) = if self.0.ends_with("/quotas") {
            let limit = limit(scene, CLUSTERS);
            ("/limit", json!({ "limitObjectType": "LimitValue", "limitType": "Independent", "value": limit }))
        } else {
            ("/usages", json!({ "value": clusters_in(scene, place.subscription(), location) }))
        };
        set(&mut properties, member, value);
        Some(json!({ "id": place.id, "name": CLUSTERS, "type": self.0, "properties": properties }))
    }
}

fn clusters_in(scene: Scene<'_>, subscription: &str, location: &str) -> u64 {
    there(scene, "Microsoft.ContainerService/managedClusters", subscription, location)
}

/// Refuses one cluster more than a region lets the subscription have.
pub(super) fn check_clusters(scene: Scene<'_>, subscription: &str, location: &str) -> Result<(), Refusal> {
    let limit = limit(scene, CLUSTERS);
    if clusters_in(scene, subscription, location) < limit {
        return Ok(());
    }
    let message = format!(
        "The managed cluster quota of the subscription in region {location} is used up: {limit} of {limit}. Ask for more \
         at https://aka.ms/aks-quota."
    );
    Err(Refusal::bad("QuotaExceeded", message).flat())
}

fn usage<'a>(scene: Scene<'_>, name: &str, title: &str, used: u64) -> Cow<'a, Value> {
    Cow::Owned(json!({
        "name": { "value": name, "localizedValue": title },
        "currentValue": used,
        "limit": limit(scene, name),
        "unit": "Count",
    }))
}

fn title(name: &str) -> String {
    match name {
        "cores" => "Total Regional vCPUs".to_owned(),
        "lowPriorityCores" => "Total Regional Low-priority vCPUs".to_owned(),
        family => format!("{family} vCPUs"),
    }
}

fn limit(scene: Scene<'_>, name: &str) -> u64 {
    let named = scene.faults.quotas.iter().find(|(other, _)| same(other, name));
    named.map_or(PLENTY, |(_, limit)| *limit)
}

fn there(scene: Scene<'_>, kind: &str, subscription: &str, location: &str) -> u64 {
    let here = scene.world.all_of_kind(kind).filter(|resource| {
        same(subscription_of(&resource.id), subscription)
            && text(&resource.body, "/location").is_some_and(|at| short_location(at) == short_location(location))
    });
    here.count() as u64
}

/// The cores that nodes use in a region: of each family, of the region, of what can be taken away.
fn cores_in_use(scene: Scene<'_>, subscription: &str, location: &str) -> BTreeMap<String, u64> {
    let mut used: BTreeMap<String, u64> = vm_sizes::all().map(|size| (size.family.to_owned(), 0)).collect();
    used.extend([("cores".to_owned(), 0), ("lowPriorityCores".to_owned(), 0)]);
    let pools = scene.world.all_of_kind("Microsoft.ContainerService/managedClusters/agentPools");
    for pool in pools.filter(|pool| same(subscription_of(&pool.id), subscription)) {
        let cluster = Key::of(pool.id.rsplitn(3, '/').nth(2).unwrap_or_default());
        let at = scene.world.get(&cluster).and_then(|cluster| text(&cluster.body, "/location"));
        if at.is_some_and(|at| short_location(at) == short_location(location)) {
            let properties = pool.body.get("properties").cloned().unwrap_or_default();
            add(&mut used, &Nodes::of(&properties));
        }
    }
    used
}

fn add(used: &mut BTreeMap<String, u64>, nodes: &Nodes) {
    let Some(size) = vm_sizes::named(&nodes.size) else { return };
    let names = if nodes.is_spot { vec!["lowPriorityCores"] } else { vec![size.family, "cores"] };
    for name in names {
        *used.entry(name.to_owned()).or_default() += nodes.count.saturating_mul(size.cores);
    }
}

/// Refuses nodes of a size that there is not, and more cores than the subscription may have in a region.
pub(super) fn check_nodes(
    scene: Scene<'_>,
    subscription: &str,
    location: &str,
    wanted: &[Nodes],
) -> Result<(), Refusal> {
    let is_strange = |nodes: &&Nodes| !nodes.size.is_empty() && vm_sizes::named(&nodes.size).is_none();
    if let Some(other) = wanted.iter().find(is_strange) {
        let message = format!(
            "The VM size of {} is not allowed in your subscription in location '{location}'. For more details, please \
             visit https://aka.ms/cpu-quota.",
            other.size
        );
        return Err(Refusal::bad("BadRequest", message).flat());
    }
    if scene.faults.quotas.is_empty() {
        return Ok(());
    }
    let used = cores_in_use(scene, subscription, location);
    let mut more = BTreeMap::new();
    for nodes in wanted {
        add(&mut more, nodes);
    }
    for (name, more) in more {
        let left = limit(scene, &name).saturating_sub(used.get(&name).copied().unwrap_or_default());
        if more > left {
            let what = if name == "cores" { String::new() } else { format!(" for family {name}") };
            let message = format!(
                "Insufficient vcpu quota requested {more}, remaining {left}{what} for region {location}. Surge nodes \
                 would also consume vcpu quota."
            );
            return Err(Refusal::bad("ErrCode_InsufficientVCPUQuota", message).flat());
        }
    }
    Ok(())
}

/// `GET …/roleAssignmentsUsageMetrics`
pub(in crate::simulator) fn assignments(scene: Scene<'_>, parent: &str) -> Value {
    let limit = limit(scene, "roleAssignments");
    let used = assignments_in(scene, subscription_of(parent));
    json!({
        "roleAssignmentsLimit": limit,
        "roleAssignmentsCurrentCount": used,
        "roleAssignmentsRemainingCount": limit.saturating_sub(used),
    })
}

fn assignments_in(scene: Scene<'_>, subscription: &str) -> u64 {
    let all = scene.world.all_of_kind("Microsoft.Authorization/roleAssignments");
    all.filter(|assignment| same(subscription_of(&assignment.id), subscription)).count() as u64
}

/// Refuses one role assignment more than the subscription may have.
pub(super) fn check_assignments(scene: Scene<'_>, subscription: &str) -> Result<(), Refusal> {
    let is_full = || assignments_in(scene, subscription) >= limit(scene, "roleAssignments");
    if scene.faults.quotas.contains_key("roleAssignments") && is_full() {
        let message = "No more role assignments can be created: the subscription has as many as it may.";
        return Err(Refusal::bad("RoleAssignmentLimitExceeded", message));
    }
    Ok(())
}
