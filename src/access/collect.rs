//! From values to the parts that access is made of.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::role::{Permissions, Role};
use super::world::{Assignment, Cluster, Credential, Doors, Identity, PodIdentity, Scope, World};
use crate::address::{Address, ResourceMode};
use crate::azure::arm_id::ArmId;
use crate::config::GroupPreference;
use crate::plan::{Action, Foreseen, Plan, recorded as decoding};
use crate::provider::{Registry, Sought};
use crate::state::{Instance, ObjectAddress, ProviderAddress, State};
use crate::value::Value;

/// What is recorded.
pub fn recorded(state: &State, registry: &Registry) -> World {
    collect(&values(state, registry))
}

/// What there is before a plan, as it was observed while that was made, and what there will be after it. `traced` are
/// the plan's values with stand-ins ([`crate::plan::trace`]).
pub fn around(plan: &Plan, registry: &Registry, traced: &BTreeMap<Address, Value>) -> (World, World) {
    let mut values = values(&plan.prior, registry);
    let before = collect(&values);
    for change in &plan.changes {
        match change.action {
            Action::Delete => {
                values.remove(&change.address);
            }
            Action::Forget => {}
            _ => {
                let planned = traced.get(&change.address).unwrap_or(&change.after);
                values.insert(change.address.clone(), planned.clone().unmark_deep().0);
            }
        }
    }
    let mut after = collect(&values);
    take_leave(&before, &mut after);
    (before, after)
}

/// Those to whom a plan gives a role or takes one from, and of whom nothing but an object id is known. `groups` is what
/// a team says of its groups.
pub fn strangers(plan: &Plan, registry: &Registry, groups: &[GroupPreference]) -> Vec<Sought> {
    let grants = plan.changes.iter().filter(|change| {
        let kind = &*change.address.resource.kind;
        let is_change = !matches!(change.action, Action::NoOp | Action::Read | Action::Forget);
        is_change && (kind == "azurerm_role_assignment" || kind == "azapi_resource")
    });
    let mut assignments = Vec::new();
    for change in grants {
        for value in [&change.before, &change.after] {
            let bare = value.clone().unmark_deep().0;
            assignments.extend(collect(&BTreeMap::from([(change.address.clone(), bare)])).assignments);
        }
    }
    if assignments.is_empty() {
        return Vec::new();
    }
    let mut world = recorded(&plan.prior, registry);
    world.assignments = assignments;
    world.know_groups(groups);
    world.strangers()
}

/// What a configuration alone leads to.
pub fn foreseen(foreseen: &Foreseen) -> World {
    World { partial: !foreseen.whole, ..collect(&foreseen.values) }
}

/// Notes what there is before and not after.
fn take_leave(before: &World, after: &mut World) {
    let managed = |world: &World| -> HashSet<Arc<str>> {
        world.resources.iter().filter(|(address, _)| is_managed(address)).map(|(_, id)| id.key().clone()).collect()
    };
    let kept = managed(after);
    let goes = |id: &ArmId| !kept.contains(id.key());
    let removed: Vec<ArmId> =
        before.resources.iter().filter(|(a, id)| is_managed(a) && goes(id)).map(|(_, id)| id.clone()).collect();
    let gone: HashSet<&str> = removed.iter().map(|id| &**id.key()).collect();
    // A data source still sees what goes.
    let staying = after.principals(|id| !gone.contains(id));
    let departed = before.principals(|_| true).into_iter().filter(|(principal, _)| !staying.contains_key(principal));
    let departed: Vec<_> = departed.map(|(principal, name)| (principal.to_owned(), name)).collect();
    (after.departed, after.removed) = (departed, removed);
    // Whoever begins with pod-managed identity is told so by its kind.
    let had: HashSet<&str> = before.clusters.iter().filter(|c| c.doors.pod_identity).map(|c| &*c.id).collect();
    let began = after.clusters.iter_mut().filter(|cluster| !had.contains(&*cluster.id));
    began.for_each(|cluster| cluster.doors.pod_identity = false);
}

fn is_managed(address: &Address) -> bool {
    address.resource.mode == ResourceMode::Managed
}

/// Everything recorded that this program has the kind of.
fn values(state: &State, registry: &Registry) -> BTreeMap<Address, Value> {
    let decode = |(object, provider, instance): (ObjectAddress, &ProviderAddress, &Arc<Instance>)| {
        let owner = registry.find(&provider.source)?;
        let resource = &object.address.resource;
        let kind = match resource.mode {
            ResourceMode::Data => owner.data_source(&resource.kind),
            ResourceMode::Managed | ResourceMode::Ephemeral => owner.kind(&resource.kind),
        }?;
        let value = decoding::decode(&object.address, instance, kind).ok()?.value;
        Some((object.address, value))
    };
    state.objects().filter(|(object, ..)| object.deposed.is_none()).filter_map(decode).collect()
}

fn collect(values: &BTreeMap<Address, Value>) -> World {
    let mut world = World::default();
    let customs = custom_roles(values, &mut world.roles);
    for (address, value) in values {
        if let Some(id) = text(value, "id").and_then(|id| ArmId::parse(id).ok()) {
            world.resources.push((address.clone(), id));
        }
        let lent = texts(first(value.field("identity")).and_then(|identity| identity.field("identity_ids")));
        world.lent.extend(lent.iter().map(|id| folded(id)));
        match &*address.resource.kind {
            "azurerm_user_assigned_identity" => world.identities.extend(identity(address, value)),
            "azurerm_federated_identity_credential" => world.credentials.extend(credential(address, value)),
            "bowline_pod_identity" => world.pod_identities.extend(pod_identity(address, value)),
            "azurerm_kubernetes_cluster" | "azurerm_kubernetes_automatic_cluster" => {
                world.clusters.extend(cluster(address, value));
            }
            "azurerm_role_assignment" => world.assignments.extend(assignment(address, value, &customs)),
            "azapi_resource" => any(&mut world, address, value, &customs),
            _ => {}
        }
    }
    world
}

fn identity(address: &Address, value: &Value) -> Option<Identity> {
    Some(Identity {
        address: address.clone(),
        name: text(value, "name")?.to_owned(),
        id: folded(text(value, "id")?),
        principal: text(value, "principal_id")?.to_owned(),
        client: text(value, "client_id").map(str::to_owned),
    })
}

fn credential(address: &Address, value: &Value) -> Option<Credential> {
    let owner = text(value, "user_assigned_identity_id").or_else(|| text(value, "parent_id"))?;
    Some(Credential {
        address: address.clone(),
        identity: folded(owner),
        issuer: text(value, "issuer")?.to_owned(),
        subject: text(value, "subject")?.to_owned(),
        audiences: texts(value.field("audience")),
    })
}

fn cluster(address: &Address, value: &Value) -> Option<Cluster> {
    let own = first(value.field("identity"));
    let kubelet = first(value.field("kubelet_identity"));
    Some(Cluster {
        address: address.clone(),
        name: text(value, "name")?.to_owned(),
        issuer: text(value, "oidc_issuer_url").unwrap_or_default().to_owned(),
        hosts: ["fqdn", "private_fqdn"]
            .iter()
            .filter_map(|name| text(value, name).filter(|host| !host.is_empty()).map(str::to_owned))
            .collect(),
        control_plane: own.and_then(|own| text(own, "principal_id")).map(str::to_owned).into_iter().collect(),
        control_plane_ids: texts(own.and_then(|own| own.field("identity_ids"))).iter().map(|id| folded(id)).collect(),
        kubelet: kubelet.and_then(|kubelet| text(kubelet, "object_id")).map(str::to_owned),
        kubelet_id: kubelet.and_then(|kubelet| text(kubelet, "user_assigned_identity_id")).map(folded),
        id: folded(text(value, "id")?),
        doors: if is_managed(address) && &*address.resource.kind == "azurerm_kubernetes_cluster" {
            doors(value)
        } else {
            Doors::default()
        },
    })
}

/// What is not known yet is taken to be shut.
fn doors(value: &Value) -> Doors {
    let off = |name: &str| value.field(name).is_none_or(|v| v.is_null() || v.as_bool() == Some(false));
    let on = |value: Option<&Value>| value.and_then(Value::as_bool) == Some(true);
    let any = |ranges: Option<&Value>| match ranges {
        None => true,
        Some(ranges) if ranges.is_null() => true,
        Some(ranges) => ranges
            .as_elements()
            .is_some_and(|all| all.is_empty() || all.iter().any(|range| range.as_str() == Some("0.0.0.0/0"))),
    };
    let profile = value.field("api_server_access_profile");
    let ranges = first(profile).and_then(|profile| profile.field("authorized_ip_ranges"));
    let profile_is_open = profile.is_none_or(Value::is_known);
    let entra = first(value.field("azure_active_directory_role_based_access_control")).is_some();
    Doors {
        public: off("private_cluster_enabled")
            && profile_is_open
            && any(ranges)
            && any(value.field("api_server_authorized_ip_ranges")),
        local_accounts: entra && off("local_account_disabled"),
        pod_identity: on(first(value.field("pod_identity_profile")).and_then(|profile| profile.field("enabled"))),
        tokenless: on(value.field("oidc_issuer_enabled")) && off("workload_identity_enabled"),
    }
}

fn pod_identity(address: &Address, value: &Value) -> Option<PodIdentity> {
    Some(PodIdentity {
        address: address.clone(),
        cluster: folded(text(value, "kubernetes_cluster_id")?),
        namespace: text(value, "namespace")?.to_owned(),
        selector: text(value, "binding_selector").or_else(|| text(value, "name"))?.to_owned(),
        identity: folded(text(value, "user_assigned_identity_id")?),
    })
}

fn assignment(address: &Address, value: &Value, customs: &HashMap<String, Role>) -> Option<Assignment> {
    let definition = text(value, "role_definition_id").map(guid);
    let name = text(value, "role_definition_name");
    Some(Assignment {
        address: address.clone(),
        principal: text(value, "principal_id")?.to_owned(),
        principal_type: text(value, "principal_type").filter(|kind| !kind.starts_with('<')).map(str::to_owned),
        role: role(definition, name, customs)?,
        scope: scope(text(value, "scope")?),
        condition: text(value, "condition").map(str::to_owned),
    })
}

/// An object of any type: what is in its body bears on access when its type does.
fn any(world: &mut World, address: &Address, value: &Value, customs: &HashMap<String, Role>) {
    let Some((kind, _)) = text(value, "type").and_then(|kind| kind.split_once('@')) else { return };
    let properties = value.field("body").and_then(|body| body.field("properties"));
    let written = |name: &str| properties.and_then(|properties| text(properties, name)).map(str::to_owned);
    let parent = text(value, "parent_id");
    if kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments") {
        let definition = written("roleDefinitionId");
        let (Some(principal), Some(parent)) = (written("principalId"), parent) else { return };
        let Some(role) = role(definition.as_deref().map(guid), None, customs) else { return };
        world.assignments.push(Assignment {
            address: address.clone(),
            principal,
            principal_type: written("principalType"),
            role,
            scope: scope(parent),
            condition: written("condition"),
        });
    } else if kind.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials")
    {
        let (Some(issuer), Some(subject), Some(parent)) = (written("issuer"), written("subject"), parent) else {
            return;
        };
        let audiences = texts(properties.and_then(|properties| properties.field("audiences")));
        world.credentials.push(Credential {
            address: address.clone(),
            identity: folded(parent),
            issuer,
            subject,
            audiences,
        });
    } else if kind.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities") {
        let output = value.field("output").and_then(|output| output.field("properties"));
        let (Some(name), Some(id)) = (text(value, "name"), text(value, "id")) else { return };
        let Some(principal) = output.and_then(|output| text(output, "principalId")) else { return };
        world.identities.push(Identity {
            address: address.clone(),
            name: name.to_owned(),
            id: folded(id),
            principal: principal.to_owned(),
            client: output.and_then(|output| text(output, "clientId")).map(str::to_owned),
        });
    }
}

/// The roles of the configuration, by GUID and by name, both in lower case.
fn custom_roles(values: &BTreeMap<Address, Value>, managed: &mut Vec<(Address, Role)>) -> HashMap<String, Role> {
    let mut found = HashMap::new();
    for (address, value) in values {
        if &*address.resource.kind != "azurerm_role_definition" {
            continue;
        }
        let Some(name) = text(value, "name").filter(|name| !name.starts_with('<')) else { continue };
        let key = text(value, "role_definition_id").map_or_else(|| name.to_lowercase(), |id| guid(id).to_owned());
        let permissions = value.field("permissions").and_then(Value::as_elements).unwrap_or_default();
        let role = Role {
            name: name.to_owned(),
            key: key.clone(),
            permissions: permissions.iter().map(permission).collect(),
            built_in: crate::azure::roles::by_name(name).is_some(),
        };
        if address.resource.mode == ResourceMode::Managed {
            managed.push((address.clone(), role.clone()));
        }
        found.insert(name.to_lowercase(), role.clone());
        found.insert(key, role);
    }
    found
}

fn permission(value: &Value) -> Permissions {
    let list = |name: &str| texts(value.field(name)).into_iter().map(Cow::Owned).collect();
    Permissions {
        actions: list("actions"),
        not_actions: list("not_actions"),
        data_actions: list("data_actions"),
        not_data_actions: list("not_data_actions"),
    }
}

/// The role of a definition's id, or of a name: one of the configuration's, or one of Azure's own.
fn role(definition: Option<&str>, name: Option<&str>, customs: &HashMap<String, Role>) -> Option<Role> {
    let known = |text: &&str| !text.starts_with('<');
    let (definition, name) = (definition.filter(known), name.filter(known));
    let custom = [definition, name].into_iter().flatten().find_map(|text| customs.get(&text.to_lowercase()));
    custom.cloned().or_else(|| {
        let by_id = definition.map(Role::named).filter(|role| role.built_in);
        by_id.or_else(|| name.or(definition).map(Role::named))
    })
}

pub(super) fn scope(text: &str) -> Scope {
    ArmId::parse(text).map_or_else(|_| Scope::Later(text.to_owned()), Scope::Known)
}

/// The GUID at the end of a definition's id; `azurerm_role_definition` puts a scope after a bar.
pub(super) fn guid(id: &str) -> &str {
    let id = id.split('|').next().unwrap_or(id);
    id.rsplit('/').next().unwrap_or(id)
}

pub(super) fn folded(id: &str) -> Arc<str> {
    id.to_ascii_lowercase().into()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.field(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let elements = value.and_then(Value::as_elements).unwrap_or_default();
    elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn first(value: Option<&Value>) -> Option<&Value> {
    value.and_then(Value::as_elements).and_then(<[Value]>::first)
}
