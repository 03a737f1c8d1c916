//! Clusters.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body::{self, set, text};
use crate::simulator::kubernetes::certificates::Account;
use crate::simulator::service::{Acted, Draft, Outcome, Scene, Service};
use crate::simulator::services::aks::{
    automatic, busy, checks, defaults, identity, immutable, invalid, is_retired, kubeconfig, pools, versions,
};
use crate::simulator::services::nested::subnets_with;
use crate::simulator::services::quotas::{Nodes, check_clusters, check_nodes};
use crate::simulator::target::{GROUPS, Key, Place, same};
use crate::simulator::world::{Change, Resource};

/// `Microsoft.ContainerService/managedClusters`
pub(in crate::simulator) struct Clusters;

/// How long a removal takes that something holds up: longer than anybody waits.
const HELD: Duration = Duration::from_secs(100 * 60 * 60);

/// Longest name of a node resource group.
const LONGEST_GROUP: usize = 80;

impl Service for Clusters {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerService/managedClusters"
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body.clone();
        body::without_nulls(&mut body);
        automatic::complete(&mut body);
        checks::check(&draft, &body)?;
        let is_upgrade = set_version(&draft, &mut body)?;
        let group = node_group(&draft, &body)?;
        let group_id = format!("/subscriptions/{}/resourceGroups/{group}", draft.place.subscription());
        let plane = identity::control_plane(&draft, &mut body)?;
        let profiles = take_profiles(&mut body);
        defaults::complete(&draft, &mut body, &group);
        let mut also = Vec::new();
        if draft.prior.is_none() {
            also.push(made_group(&draft, &group_id));
        }
        also.extend(identity::kubelet(&draft, &mut body, &plane, &group_id)?);
        also.extend(identity::add_ons(&draft, &mut body, &group_id));
        identity::pods(&draft, &mut body, &plane)?;
        match draft.prior {
            None => also.extend(first_pools(&draft, &profiles, &body)?),
            Some(prior) => check_pools(draft.scene, prior, &profiles)?,
        }
        let seconds = if draft.prior.is_none() || is_upgrade { 240 } else { 60 };
        Ok(Outcome { principals: plane.own, owns: vec![group_id], also, ..Outcome::of(body).lasting(seconds) })
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(Some(if is_held(scene, resource) { HELD } else { Duration::from_secs(180) }))
    }

    fn show(&self, scene: Scene<'_>, resource: &Resource) -> Value {
        let mut body = resource.body.clone();
        let is_making = text(&body, "/properties/provisioningState") == Some("Creating");
        let pools = scene.world.children(&resource.key(), "agentPools").map(|pool| {
            let mut profile = pools::shown(pool);
            if is_making {
                set(&mut profile, "/provisioningState", Value::from("Creating"));
            }
            profile
        });
        let pools = pools.collect::<Vec<_>>();
        set(&mut body, "/properties/agentPoolProfiles", Value::from(pools));
        body
    }

    fn act(&self, _scene: Scene<'_>, resource: &Resource, action: &str, sent: &Value) -> Result<Acted, Refusal> {
        let done = |answer| Ok((answer, Vec::new()));
        match action.to_ascii_lowercase().as_str() {
            "listclusterusercredential" => done(kubeconfig::credentials(resource, Account::User)?),
            "listclusteradmincredential" => done(kubeconfig::credentials(resource, Account::Admin)?),
            "listclustermonitoringusercredential" => done(kubeconfig::credentials(resource, Account::Monitoring)?),
            "resetserviceprincipalprofile" => {
                let mut resource = resource.clone();
                let client = text(sent, "/clientId").unwrap_or_default();
                set(&mut resource.body, "/properties/servicePrincipalProfile", json!({"clientId": client}));
                Ok((Answer::empty(200), vec![Change::Put(Box::new(resource))]))
            }
            word @ ("start" | "stop") => {
                let mut resource = resource.clone();
                let state = if word == "start" { "Running" } else { "Stopped" };
                set(&mut resource.body, "/properties/powerState", json!({"code": state}));
                Ok((Answer::empty(204), vec![Change::Put(Box::new(resource))]))
            }
            "rotateclustercertificates" | "abort" => done(Answer::empty(204)),
            _ => Err(Refusal::new(404, "InvalidResourceType", format!("A cluster has no action '{action}'."))),
        }
    }

    fn busy(&self, place: &Place) -> Refusal {
        busy(place)
    }

    fn etag(&self) -> Option<&'static str> {
        Some("/eTag")
    }

    fn refuses_version(&self, version: &str) -> bool {
        is_retired(version)
    }
}

/// Whether a subnet elsewhere uses something in the group of the nodes: Azure then waits, and says nothing.
fn is_held(scene: Scene<'_>, cluster: &Resource) -> bool {
    let groups = cluster.owns.iter().map(|id| Key::of(id));
    let mut inside = groups.flat_map(|group| scene.world.beneath(&group).map(move |inner| (group.clone(), inner)));
    inside.any(|(group, inner)| {
        let pointer = match inner.kind.to_ascii_lowercase().as_str() {
            "microsoft.network/routetables" => "/properties/routeTable/id",
            "microsoft.network/networksecuritygroups" => "/properties/networkSecurityGroup/id",
            _ => return false,
        };
        subnets_with(scene, &inner.key(), pointer).any(|subnet| !subnet.key().within(&group))
    })
}

/// Sets the version that runs; tells whether it changes.
fn set_version(draft: &Draft<'_>, body: &mut Value) -> Result<bool, Refusal> {
    let before = draft.prior_body().and_then(|prior| {
        Some((text(prior, "/properties/kubernetesVersion")?, text(prior, "/properties/currentKubernetesVersion")?))
    });
    let sent = text(body, "/properties/kubernetesVersion").filter(|version| !version.is_empty());
    let wanted = sent.or(before.map(|(alias, _)| alias)).unwrap_or(versions::DEFAULT).to_owned();
    let full = versions::resolve(&wanted, before)?;
    let is_upgrade = before.is_some_and(|(_, current)| current != full);
    set(body, "/properties/kubernetesVersion", Value::from(wanted));
    set(body, "/properties/currentKubernetesVersion", Value::from(full));
    Ok(is_upgrade)
}

/// The name of the group for the nodes, which the service makes and which must not be there yet.
fn node_group(draft: &Draft<'_>, body: &Value) -> Result<String, Refusal> {
    let before = draft.prior_body().and_then(|prior| text(prior, "/properties/nodeResourceGroup"));
    if let Some(before) = before {
        return Ok(before.to_owned());
    }
    let sent = text(body, "/properties/nodeResourceGroup").filter(|name| !name.is_empty());
    let usual = format!("MC_{}_{}_{}", draft.place.group_name(), draft.place.name, draft.location());
    let name = sent.map_or(usual, str::to_owned);
    let name: String = name.chars().take(LONGEST_GROUP).collect();
    let key = Key::of(&format!("/subscriptions/{}/resourceGroups/{name}", draft.place.subscription()));
    if draft.scene.world.get(&key).is_some() {
        let message = format!("The node resource group '{name}' must not exist before the cluster.");
        return Err(invalid("nodeResourceGroup", &message));
    }
    Ok(name)
}

fn made_group(draft: &Draft<'_>, id: &str) -> Change {
    let cluster = &draft.place.id;
    let body = json!({
        "location": draft.location(),
        "managedBy": cluster,
        "tags": {"aks-managed-cluster-name": draft.place.name, "aks-managed-cluster-rg": draft.place.group_name()},
        "properties": {"provisioningState": "Succeeded"},
    });
    Change::Put(Box::new(Resource::new(id.to_owned(), GROUPS, body, draft.scene.now)))
}

/// Takes the pools out of what was sent: they are resources of their own.
fn take_profiles(body: &mut Value) -> Vec<Value> {
    let profiles = body.pointer("/properties/agentPoolProfiles").and_then(Value::as_array).cloned();
    body::unset(body, "/properties/agentPoolProfiles");
    profiles.unwrap_or_default()
}

/// The pools with which a cluster begins.
fn first_pools(draft: &Draft<'_>, profiles: &[Value], cluster: &Value) -> Result<Vec<Change>, Refusal> {
    let is_system = |profile: &Value| text(profile, "/mode").is_some_and(|mode| same(mode, "System"));
    if !profiles.iter().any(is_system) {
        return Err(invalid("agentPoolProfiles", "There has to be at least one system node pool."));
    }
    if draft.prior.is_none() {
        check_clusters(draft.scene, draft.place.subscription(), &draft.location())?;
    }
    let wanted: Vec<Nodes> = profiles.iter().map(Nodes::of).collect();
    check_nodes(draft.scene, draft.place.subscription(), &draft.location(), &wanted)?;
    let mut changes = Vec::new();
    for profile in profiles {
        let name = text(profile, "/name").unwrap_or_default();
        let mut properties = profile.clone();
        body::unset(&mut properties, "/name");
        let properties = pools::complete(draft.scene, name, properties, None, cluster)?;
        let id = format!("{}/agentPools/{name}", draft.place.id);
        let mut pool = Resource::new(id, pools::KIND, json!({ "properties": properties }), draft.scene.now);
        let etag = draft.scene.guid(&pool.key(), "first etag");
        set(&mut pool.body, "/properties/eTag", Value::from(etag));
        changes.push(Change::Put(Box::new(pool)));
    }
    Ok(changes)
}

/// Later, pools are written by themselves: a cluster may only repeat what they are.
fn check_pools(scene: Scene<'_>, prior: &Resource, profiles: &[Value]) -> Result<(), Refusal> {
    if profiles.is_empty() {
        return Ok(());
    }
    let pools: Vec<&Resource> = scene.world.children(&prior.key(), "agentPools").collect();
    let named = |profile: &Value, pool: &Resource| text(profile, "/name") == text(&pool.body, "/name");
    for profile in profiles {
        let name = text(profile, "/name").unwrap_or_default();
        let Some(pool) = pools.iter().find(|pool| named(profile, pool)) else {
            return Err(immutable(&format!("agentPoolProfiles[{name}]")));
        };
        if let Some(member) = pools::differs(profile, pool) {
            return Err(immutable(&format!("agentPoolProfiles[{name}].{member}")));
        }
    }
    match pools.iter().find(|pool| !profiles.iter().any(|profile| named(profile, pool))) {
        Some(missing) => {
            Err(immutable(&format!("agentPoolProfiles[{}]", text(&missing.body, "/name").unwrap_or_default())))
        }
        None => Ok(()),
    }
}
