//! Whether there is room: cores for the nodes of clusters, by the family of their size and in the region as a whole;
//! clusters; role assignments; networks, addresses and storage accounts. And whether the region has the size at all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Deed, Flight, Unanswered, Write, each, on};
use crate::azure::arm::ArmError;
use crate::azure::wire::json::get_str;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Path;

const COMPUTE: &str = "2024-07-01";
const SKUS: &str = "2021-07-01";
const ASSIGNMENTS: &str = "2019-08-01-preview";
/// Of `Microsoft.Quota`, which knows how many clusters a region lets a subscription have.
const QUOTA: &str = "2023-02-01";
const CLUSTERS: &str = "ManagedClusters";

/// Types that are counted one by one in a region: the provider that tells, and its word for them.
const COUNTED: [(&str, &str, &str, &str); 4] = [
    ("Microsoft.Network/virtualNetworks", "Microsoft.Network", "2024-05-01", "VirtualNetworks"),
    ("Microsoft.Network/networkSecurityGroups", "Microsoft.Network", "2024-05-01", "NetworkSecurityGroups"),
    ("Microsoft.Network/publicIPAddresses", "Microsoft.Network", "2024-05-01", "PublicIPAddresses"),
    ("Microsoft.Storage/storageAccounts", "Microsoft.Storage", "2023-05-01", "StorageAccounts"),
];

/// What is wanted of one limit.
struct Wanted {
    subscription: String,
    /// Empty for what a subscription has as a whole.
    location: String,
    /// The address of the list of usages.
    usages: String,
    version: &'static str,
    /// The limit's name there.
    name: String,
    /// How much more is wanted.
    more: u64,
    /// Whose wish it is, the first of them.
    at: usize,
    path: Path,
}

/// Nodes that are new.
struct Nodes {
    at: usize,
    subscription: String,
    location: String,
    size: String,
    count: u64,
    is_spot: bool,
    path: Path,
}

/// A size of virtual machines in a region.
struct Size {
    family: String,
    cores: u64,
    /// Why this subscription cannot have it there.
    restricted: Option<String>,
}

/// The sizes of a region by their names in lower case, or why they are not known.
type Sizes = BTreeMap<(String, String), Result<BTreeMap<String, Size>, ArmError>>;

/// What there is no room for.
pub(super) async fn objections(flight: &Flight<'_>) -> Vec<(usize, Finding)> {
    let mut unanswered = Unanswered::default();
    let mut found = Vec::new();
    let nodes = new_nodes(flight).await;
    let regions: BTreeSet<_> = nodes.iter().map(|n| (n.subscription.clone(), n.location.clone())).collect();
    let asked = regions.into_iter().map(|region| async move {
        let sizes = sizes(flight, &region).await;
        (region, sizes)
    });
    let sizes: Sizes = each(asked.collect()).await.into_iter().collect();
    let mut wanted = counted(flight);
    for nodes in &nodes {
        match sizes.get(&(nodes.subscription.clone(), nodes.location.clone())) {
            Some(Ok(known)) => match known.get(&nodes.size.to_ascii_lowercase()) {
                Some(Size { restricted: None, family, cores }) => wanted.extend(cores_for(nodes, family, *cores)),
                Some(Size { restricted: Some(why), .. }) => found.push(no_such_size(nodes, why)),
                None => found.push(no_such_size(nodes, "the region does not offer it")),
            },
            Some(Err(error)) => found.extend(unanswered.tell(nodes.at, "which sizes a region has", error)),
            None => {}
        }
    }
    found.extend(compared(flight, summed(wanted), &mut unanswered).await);
    found
}

/// Nodes that clusters and pools are going to have and do not have yet.
async fn new_nodes(flight: &Flight<'_>) -> Vec<Nodes> {
    let written = flight.writes.iter().filter(|write| write.deed != Deed::Delete && !flight.is_given_back(write));
    let pools = written.filter(|write| {
        write.id.is_type("Microsoft.ContainerService/managedClusters")
            || write.id.is_type("Microsoft.ContainerService/managedClusters/agentPools")
    });
    let located = pools.map(|write| async move { (write, location_of(flight, write).await) });
    let located: Vec<(&Write<'_>, Option<String>)> = each(located.collect()).await;
    let new = located.iter().filter_map(|(write, location)| Some(nodes_of(write, location.as_deref()?)));
    new.flatten().collect()
}

/// The new nodes of a cluster or a pool.
fn nodes_of(write: &Write<'_>, location: &str) -> Vec<Nodes> {
    let is_cluster = write.id.is_type("Microsoft.ContainerService/managedClusters");
    let pools = |body: &Json| -> Vec<Json> {
        let profiles = || body.pointer("/properties/agentPoolProfiles").and_then(Json::as_array).cloned();
        let own = || body.get("properties").cloned().map(|pool| vec![pool]);
        if is_cluster { profiles() } else { own() }.unwrap_or_default()
    };
    let (before, after) = (pools(&write.before), pools(&write.body));
    let path = if is_cluster { "default_node_pool" } else { "vm_size" };
    let more = after.iter().filter_map(|pool| more_nodes(pool, &before, is_cluster));
    let nodes = more.map(|(size, count, is_spot)| Nodes {
        at: write.at,
        subscription: write.id.subscription().unwrap_or_default().to_owned(),
        location: location.to_owned(),
        size,
        count,
        is_spot,
        path: Path::attribute(path),
    });
    nodes.collect()
}

/// The nodes that a pool has more than before, with their size. Other nodes than before are all new: for a while both are
/// there.
fn more_nodes(pool: &Json, before: &[Json], by_name: bool) -> Option<(String, u64, bool)> {
    let size = get_str(pool, "vmSize")?;
    let count = |pool: &Json| {
        let given = |name: &str| pool.get(name).and_then(Json::as_u64);
        // What is scaled begins with the fewest.
        given("count").or_else(|| given("minCount")).unwrap_or(1)
    };
    let is_same = |other: &&Json| {
        (!by_name || get_str(other, "name") == get_str(pool, "name"))
            && get_str(other, "vmSize").is_some_and(|other| other.eq_ignore_ascii_case(size))
    };
    let had = before.iter().find(is_same).map_or(0, count);
    let more = count(pool).saturating_sub(had);
    let is_spot = get_str(pool, "scaleSetPriority").is_some_and(|word| word.eq_ignore_ascii_case("Spot"));
    (more > 0).then(|| (size.to_owned(), more, is_spot))
}

/// Where an object is: by its own body, by the cluster's that a pool belongs to, whether planned or there.
async fn location_of(flight: &Flight<'_>, write: &Write<'_>) -> Option<String> {
    if let Some(location) = get_str(&write.body, "location") {
        return Some(short(location));
    }
    let parent = write.id.parent()?;
    let planned = flight.writes.iter().find(|other| other.id.key() == parent.key());
    if let Some(location) = planned.and_then(|planned| get_str(&planned.body, "location")) {
        return Some(short(location));
    }
    // A cluster that cannot be read is told of when its pool is written.
    let cluster = flight.get(parent.as_str(), &write.api_version).await.ok()?;
    get_str(&cluster, "location").map(short)
}

/// `West Europe` as `westeurope`.
fn short(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

async fn sizes(flight: &Flight<'_>, region: &(String, String)) -> Result<BTreeMap<String, Size>, ArmError> {
    let (subscription, location) = region;
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Compute/skus");
    let listed = flight.list(&path, SKUS, Some(&format!("location eq '{location}'"))).await?;
    let machines = listed.iter().filter(|sku| get_str(sku, "resourceType") == Some("virtualMachines"));
    Ok(machines.filter_map(|sku| Some((get_str(sku, "name")?.to_ascii_lowercase(), size(sku)?))).collect())
}

fn size(sku: &Json) -> Option<Size> {
    let capabilities = sku.get("capabilities").and_then(Json::as_array);
    let mut cores = capabilities.into_iter().flatten().filter(|c| get_str(c, "name") == Some("vCPUs"));
    let cores = cores.next().and_then(|c| get_str(c, "value")?.parse().ok())?;
    let restrictions = sku.get("restrictions").and_then(Json::as_array);
    // A restriction of single zones leaves the others.
    let mut barred = restrictions.into_iter().flatten().filter(|r| get_str(r, "type") == Some("Location"));
    let restricted = barred.next().map(|r| match get_str(r, "reasonCode") {
        Some("NotAvailableForSubscription") => "it is not available to this subscription there".to_owned(),
        other => format!("it is restricted there ({})", other.unwrap_or("no reason given")),
    });
    Some(Size { family: get_str(sku, "family")?.to_owned(), cores, restricted })
}

/// What new nodes take: cores of their family and of the region, or of those that can be taken away at any time.
fn cores_for(nodes: &Nodes, family: &str, cores: u64) -> Vec<Wanted> {
    let names = if nodes.is_spot { vec!["lowPriorityCores"] } else { vec![family, "cores"] };
    let wanted = names.into_iter().map(|name| Wanted {
        subscription: nodes.subscription.clone(),
        location: nodes.location.clone(),
        usages: usages_of(&nodes.subscription, "Microsoft.Compute", &nodes.location),
        version: COMPUTE,
        name: name.to_owned(),
        more: nodes.count.saturating_mul(cores),
        at: nodes.at,
        path: nodes.path.clone(),
    });
    wanted.collect()
}

fn usages_of(subscription: &str, namespace: &str, location: &str) -> String {
    format!("/subscriptions/{subscription}/providers/{namespace}/locations/{location}/usages")
}

/// What new objects take of limits that count them one by one.
fn counted(flight: &Flight<'_>) -> Vec<Wanted> {
    let new = flight.writes.iter().filter(|write| write.deed == Deed::Create && !flight.is_given_back(write));
    new.filter_map(|write| {
        let subscription = write.id.subscription()?.to_owned();
        let wanted = |location: String, usages: String, version: &'static str, name: &str| Wanted {
            subscription: subscription.clone(),
            location,
            usages,
            version,
            name: name.to_owned(),
            more: 1,
            at: write.at,
            path: Path::default(),
        };
        if write.id.is_type("Microsoft.Authorization/roleAssignments") {
            let path =
                format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignmentsUsageMetrics");
            return Some(wanted(String::new(), path, ASSIGNMENTS, "roleAssignments"));
        }
        if write.id.is_type("Microsoft.ContainerService/managedClusters") {
            let location = short(get_str(&write.body, "location")?);
            let region =
                format!("/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}");
            return Some(wanted(location, format!("{region}/providers/Microsoft.Quota"), QUOTA, CLUSTERS));
        }
        let (_, namespace, version, name) = COUNTED.iter().find(|(kind, ..)| write.id.is_type(kind))?;
        let location = short(get_str(&write.body, "location")?);
        let usages = usages_of(&subscription, namespace, &location);
        Some(wanted(location, usages, version, name))
    })
    .collect()
}

/// One wish for each limit.
fn summed(wanted: Vec<Wanted>) -> Vec<Wanted> {
    let mut sums: BTreeMap<(String, String), Wanted> = BTreeMap::new();
    for one in wanted {
        match sums.get_mut(&(one.usages.clone(), one.name.clone())) {
            Some(sum) => sum.more = sum.more.saturating_add(one.more),
            None => {
                sums.insert((one.usages.clone(), one.name.clone()), one);
            }
        }
    }
    sums.into_values().collect()
}

async fn compared(flight: &Flight<'_>, wanted: Vec<Wanted>, unanswered: &mut Unanswered) -> Vec<(usize, Finding)> {
    let lists: BTreeSet<(String, &'static str)> = wanted.iter().map(|w| (w.usages.clone(), w.version)).collect();
    let asked = lists.into_iter().map(|(path, version)| async move {
        let answer = usages(flight, &path, version).await;
        (path, answer)
    });
    let answers: BTreeMap<String, Result<Vec<Usage>, ArmError>> = each(asked.collect()).await.into_iter().collect();
    let mut found = Vec::new();
    for one in &wanted {
        match answers.get(&one.usages) {
            Some(Ok(usages)) => {
                let usage = usages.iter().find(|usage| usage.name.eq_ignore_ascii_case(&one.name));
                let full = usage.filter(|usage| usage.used.saturating_add(one.more) > usage.limit);
                found.extend(full.map(|usage| objection(one, usage)));
            }
            Some(Err(error)) => found.extend(unanswered.tell(one.at, "how much room is left", error)),
            None => {}
        }
    }
    found
}

/// How much of something is used, and how much there may be.
struct Usage {
    name: String,
    /// For people.
    title: String,
    used: u64,
    limit: u64,
}

async fn usages(flight: &Flight<'_>, path: &str, version: &str) -> Result<Vec<Usage>, ArmError> {
    if version == ASSIGNMENTS {
        let told = flight.get(path, version).await?;
        let number = |name: &str| told.get(name).and_then(Json::as_u64);
        let usage = number("roleAssignmentsLimit").map(|limit| Usage {
            name: "roleAssignments".to_owned(),
            title: "Role assignments".to_owned(),
            used: number("roleAssignmentsCurrentCount").unwrap_or_default(),
            limit,
        });
        return Ok(usage.into_iter().collect());
    }
    if version == QUOTA {
        return clusters(flight, path).await;
    }
    let usage = |json: &Json| {
        let name = get_str(json, "name.value")?.to_owned();
        Some(Usage {
            title: get_str(json, "name.localizedValue").unwrap_or(&name).to_owned(),
            name,
            used: json.get("currentValue").and_then(Json::as_u64)?,
            limit: json.get("limit").and_then(Json::as_u64)?,
        })
    };
    Ok(flight.list(path, version, None).await?.iter().filter_map(usage).collect())
}

/// How many clusters there may be in a region. Nobody has to be registered with who tells it; then it is not told.
async fn clusters(flight: &Flight<'_>, path: &str) -> Result<Vec<Usage>, ArmError> {
    let told = async |list: &str| match flight.get(&format!("{path}/{list}/{CLUSTERS}"), QUOTA).await {
        Err(error) if error.is_not_found() || error.code() == "MissingSubscriptionRegistration" => Ok(Json::Null),
        other => other,
    };
    let (limit, used) = (told("quotas").await?, told("usages").await?);
    let number = |json: &Json, pointer: &str| json.pointer(pointer).and_then(Json::as_u64);
    let usage = number(&limit, "/properties/limit/value").map(|most| Usage {
        name: CLUSTERS.to_owned(),
        title: get_str(&limit, "properties.name.localizedValue").unwrap_or("Managed Clusters").to_owned(),
        used: number(&used, "/properties/usages/value").unwrap_or_default(),
        limit: most,
    });
    Ok(usage.into_iter().collect())
}

fn objection(wanted: &Wanted, usage: &Usage) -> (usize, Finding) {
    let place = match wanted.location.as_str() {
        "" => format!("subscription {}", wanted.subscription),
        location => format!("{location} (subscription {})", wanted.subscription),
    };
    let detail = format!(
        "This plan needs {} more of \"{}\" in {place}, where {} of {} are in use. Ask for a higher limit, or plan for less.",
        wanted.more, usage.title, usage.used, usage.limit
    );
    let diagnostic = Diagnostic::error("Not enough quota", detail);
    (wanted.at, Finding { path: wanted.path.clone(), diagnostic })
}

fn no_such_size(nodes: &Nodes, why: &str) -> (usize, Finding) {
    let detail = format!(
        "There can be no nodes of size {} in {}: {why}. Choose another size, or another region.",
        nodes.size, nodes.location
    );
    let (at, finding) = on(nodes.at, Diagnostic::error("Size not available", detail));
    (at, Finding { path: nodes.path.clone(), ..finding })
}
