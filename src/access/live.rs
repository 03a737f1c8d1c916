//! Access as Azure has it now: role assignments, roles, identities, their credentials and clusters, listed with the
//! rights of a reader.

use std::borrow::Cow;
use std::collections::HashMap;

use futures::future::join_all;
use serde_json::Value as Json;

use super::collect::{folded, guid, scope};
use super::denial::Denial;
use super::role::{Permissions, Role};
use super::world::{Assignment, Cluster, Credential, Doors, Identity, PodIdentity, World};
use crate::address::{Address, InstanceKey, ModuleInstance, ResourceAddress};
use crate::azure::arm_id::ArmId;
use crate::azure::kinds::CONTAINER_SERVICE;
use crate::diagnostic::Diagnostics;
use crate::provider::Read;

/// The path of a subscription's deny assignments.
pub const DENY_ASSIGNMENTS: &str = "providers/Microsoft.Authorization/denyAssignments";
const ASSIGNMENTS: &str = "providers/Microsoft.Authorization/roleAssignments";
const DEFINITIONS: &str = "providers/Microsoft.Authorization/roleDefinitions";
const IDENTITIES: &str = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
const CLUSTERS: &str = "providers/Microsoft.ContainerService/managedClusters";
const AUTHORIZATION: &str = "2022-04-01";
const MANAGED_IDENTITY: &str = "2023-01-31";
/// Stands for every principal in a deny assignment (Microsoft's documentation of deny assignments).
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Reads everything that bears on access in a session's subscription. `known` are the addresses by which a stack
/// calls what has these ids; anything else is called by its type and name.
pub async fn survey(reader: &dyn Read, known: &[(Address, ArmId)]) -> Result<World, Diagnostics> {
    let names = Names(known.iter().map(|(address, id)| (&**id.key(), address)).collect());
    let of = |path, version| reader.list(path, version, None);
    let custom = reader.list(DEFINITIONS, AUTHORIZATION, Some("type eq 'CustomRole'"));
    let (assignments, customs, identities, clusters, denials) = futures::try_join!(
        of(ASSIGNMENTS, AUTHORIZATION),
        custom,
        of(IDENTITIES, MANAGED_IDENTITY),
        of(CLUSTERS, CONTAINER_SERVICE),
        of(DENY_ASSIGNMENTS, AUTHORIZATION)
    )?;
    let mut world = World::default();
    let customs: HashMap<String, Role> =
        customs.iter().filter_map(|json| Some((guid(text(json, "/id")?).to_lowercase(), role(json)?))).collect();
    world.identities = identities.iter().filter_map(|json| identity(json, &names)).collect();
    let lists = identities.iter().filter_map(|json| text(json, "/id")).map(|id| async move {
        reader.list(&format!("{id}/federatedIdentityCredentials"), MANAGED_IDENTITY, None).await
    });
    for credentials in join_all(lists).await {
        world.credentials.extend(credentials?.iter().filter_map(|json| credential(json, &names)));
    }
    for json in &clusters {
        world.clusters.extend(cluster(json, &names));
        world.pod_identities.extend(pods(json, &names));
    }
    world.assignments = assignments.iter().filter_map(|json| assignment(json, &customs, &names)).collect();
    world.denials = denials.iter().filter_map(denial).collect();
    let all = [&identities, &clusters].into_iter().flatten().filter_map(|json| text(json, "/id"));
    world.know_directory(&reader.directory(&world.strangers()).await);
    world.resources = known.to_vec();
    world.resources.extend(all.filter_map(|id| Some((names.of(id)?, ArmId::parse(id).ok()?))));
    Ok(world)
}

/// How a stack calls objects of Azure.
struct Names<'a>(HashMap<&'a str, &'a Address>);

impl Names<'_> {
    /// The address of an object; one made of its type and name where no stack has it.
    fn of(&self, id: &str) -> Option<Address> {
        let id = ArmId::parse(id).ok()?;
        if let Some(known) = self.0.get(&**id.key()) {
            return Some((*known).clone());
        }
        let resource = ResourceAddress::managed(&id.resource_type(), id.name());
        Some(resource.instance(ModuleInstance::root(), InstanceKey::None))
    }
}

fn text<'j>(json: &'j Json, pointer: &str) -> Option<&'j str> {
    json.pointer(pointer).and_then(Json::as_str).filter(|text| !text.is_empty())
}

fn texts(json: Option<&Json>) -> Vec<String> {
    json.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn permissions(json: Option<&Json>) -> Vec<Permissions> {
    let one = |json: &Json| {
        let list = |name: &str| texts(json.get(name)).into_iter().map(Cow::Owned).collect();
        Permissions {
            actions: list("actions"),
            not_actions: list("notActions"),
            data_actions: list("dataActions"),
            not_data_actions: list("notDataActions"),
        }
    };
    json.and_then(Json::as_array).into_iter().flatten().map(one).collect()
}

fn role(json: &Json) -> Option<Role> {
    Some(Role {
        name: text(json, "/properties/roleName")?.to_owned(),
        key: guid(text(json, "/id")?).to_lowercase(),
        permissions: permissions(json.pointer("/properties/permissions")),
        built_in: false,
    })
}

fn identity(json: &Json, names: &Names<'_>) -> Option<Identity> {
    let id = text(json, "/id")?;
    Some(Identity {
        address: names.of(id)?,
        name: text(json, "/name")?.to_owned(),
        id: folded(id),
        principal: text(json, "/properties/principalId")?.to_owned(),
        client: text(json, "/properties/clientId").map(str::to_owned),
    })
}

fn credential(json: &Json, names: &Names<'_>) -> Option<Credential> {
    let id = text(json, "/id")?;
    Some(Credential {
        address: names.of(id)?,
        identity: folded(ArmId::parse(id).ok()?.parent()?.as_str()),
        issuer: text(json, "/properties/issuer")?.to_owned(),
        subject: text(json, "/properties/subject")?.to_owned(),
        audiences: texts(json.pointer("/properties/audiences")),
    })
}

fn cluster(json: &Json, names: &Names<'_>) -> Option<Cluster> {
    let id = text(json, "/id")?;
    let own = json.pointer("/identity/userAssignedIdentities").and_then(Json::as_object);
    Some(Cluster {
        address: names.of(id)?,
        name: text(json, "/name")?.to_owned(),
        id: folded(id),
        issuer: text(json, "/properties/oidcIssuerProfile/issuerURL").unwrap_or_default().to_owned(),
        hosts: ["fqdn", "privateFQDN"]
            .iter()
            .filter_map(|name| text(json, &format!("/properties/{name}")).map(str::to_owned))
            .collect(),
        control_plane: text(json, "/identity/principalId").map(str::to_owned).into_iter().collect(),
        control_plane_ids: own.into_iter().flatten().map(|(id, _)| folded(id)).collect(),
        kubelet: text(json, "/properties/identityProfile/kubeletidentity/objectId").map(str::to_owned),
        kubelet_id: text(json, "/properties/identityProfile/kubeletidentity/resourceId").map(folded),
        doors: Doors::default(),
    })
}

fn pods(json: &Json, names: &Names<'_>) -> Vec<PodIdentity> {
    let bound = json.pointer("/properties/podIdentityProfile/userAssignedIdentities").and_then(Json::as_array);
    let one = |bound: &Json| {
        let id = text(json, "/id")?;
        Some(PodIdentity {
            address: names.of(id)?,
            cluster: folded(id),
            namespace: text(bound, "/namespace")?.to_owned(),
            selector: text(bound, "/bindingSelector").or_else(|| text(bound, "/name"))?.to_owned(),
            identity: folded(text(bound, "/identity/resourceId")?),
        })
    };
    bound.into_iter().flatten().filter_map(one).collect()
}

fn assignment(json: &Json, customs: &HashMap<String, Role>, names: &Names<'_>) -> Option<Assignment> {
    let definition = guid(text(json, "/properties/roleDefinitionId")?).to_lowercase();
    Some(Assignment {
        address: names.of(text(json, "/id")?)?,
        principal: text(json, "/properties/principalId")?.to_owned(),
        principal_type: text(json, "/properties/principalType").map(str::to_owned),
        role: customs.get(&definition).cloned().unwrap_or_else(|| Role::named(&definition)),
        scope: scope(text(json, "/properties/scope")?),
        condition: text(json, "/properties/condition").map(str::to_owned),
    })
}

fn denial(json: &Json) -> Option<Denial> {
    let ids = |pointer: &str| -> Vec<String> {
        let listed = json.pointer(pointer).and_then(Json::as_array).into_iter().flatten();
        listed.filter_map(|principal| text(principal, "/id")).map(str::to_lowercase).collect()
    };
    let principals = ids("/properties/principals");
    Some(Denial {
        name: text(json, "/properties/denyAssignmentName")?.to_owned(),
        permissions: permissions(json.pointer("/properties/permissions")),
        everybody: principals.iter().any(|id| id == EVERYBODY),
        principals,
        except: ids("/properties/excludePrincipals"),
        scope: scope(text(json, "/properties/scope").unwrap_or("/")),
        only_there: json.pointer("/properties/doNotApplyToChildScopes") == Some(&Json::Bool(true)),
    })
}
