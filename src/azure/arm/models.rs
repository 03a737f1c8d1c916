//! Azure's published models (the `azure_mgmt_*` crates) as a second opinion on bodies.
//!
//! What is sent is never a model written back: the published ones are older than the service, and would drop what
//! they do not know. A body is the JSON that Azure gave, patched; the model of its type only reads it. What it cannot
//! read was put into the wrong place or the wrong form. In debug builds, and so in every test, such a body is not
//! sent. In a release Azure has the last word: only when it refuses the body does the error say what the model says.

use std::fmt;

use azure_mgmt_authorization::models::{RoleAssignment, RoleAssignmentCreateParameters, RoleDefinition};
use azure_mgmt_containerservice::models::{AgentPool, MaintenanceConfiguration, ManagedCluster};
use azure_mgmt_msi::models::{FederatedIdentityCredential, Identity, IdentityUpdate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::super::arm_id::ArmId;
use super::request::{Method, Request};

/// A body read by a model and written back.
type View = fn(&Json) -> serde_json::Result<Json>;

/// The published model of a type of resource.
pub struct Model {
    arm_type: &'static str,
    put: View,
    patch: View,
    answer: View,
}

/// Where a body does not fit its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// `properties.agentPoolProfiles.0.count`; empty when it is missing something.
    pub path: String,
    /// What the model says.
    pub reason: String,
}

static MODELS: [Model; 7] = [
    Model {
        arm_type: "Microsoft.ContainerService/managedClusters",
        put: cluster,
        patch: view::<Json>,
        answer: cluster,
    },
    Model {
        arm_type: "Microsoft.ContainerService/managedClusters/agentPools",
        put: view::<AgentPool>,
        patch: view::<Json>,
        answer: view::<AgentPool>,
    },
    Model {
        arm_type: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
        put: view::<MaintenanceConfiguration>,
        patch: view::<Json>,
        answer: view::<MaintenanceConfiguration>,
    },
    Model {
        arm_type: "Microsoft.ManagedIdentity/userAssignedIdentities",
        put: view::<Identity>,
        patch: view::<IdentityUpdate>,
        answer: view::<Identity>,
    },
    Model {
        arm_type: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        put: view::<FederatedIdentityCredential>,
        patch: view::<Json>,
        answer: view::<FederatedIdentityCredential>,
    },
    Model {
        arm_type: "Microsoft.Authorization/roleAssignments",
        put: view::<RoleAssignmentCreateParameters>,
        patch: view::<Json>,
        answer: view::<RoleAssignment>,
    },
    Model {
        arm_type: "Microsoft.Authorization/roleDefinitions",
        put: view::<RoleDefinition>,
        patch: view::<Json>,
        answer: view::<RoleDefinition>,
    },
];

fn view<T: DeserializeOwned + Serialize>(json: &Json) -> serde_json::Result<Json> {
    serde_json::to_value(T::deserialize(json)?)
}

/// A cluster. The model demands two members of the vertical autoscaler that the service has given up since.
fn cluster(json: &Json) -> serde_json::Result<Json> {
    let given_up = [("controlledValues", "RequestsAndLimits"), ("updateMode", "Off")];
    let mut json = json.clone();
    let scaler = json.pointer_mut("/properties/workloadAutoScalerProfile/verticalPodAutoscaler");
    if let Some(scaler) = scaler.and_then(Json::as_object_mut) {
        for (name, word) in given_up {
            scaler.entry(name).or_insert_with(|| word.into());
        }
    }
    view::<ManagedCluster>(&json)
}

impl Model {
    /// The model of a type of resource, where one is published.
    pub fn of(arm_type: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.arm_type.eq_ignore_ascii_case(arm_type))
    }

    /// Where a body that is put does not fit.
    pub fn misfit(&self, body: &Json) -> Option<Misfit> {
        misfit(self.put, body)
    }

    /// Where an answer does not fit.
    pub fn misfit_in_answer(&self, answer: &Json) -> Option<Misfit> {
        misfit(self.answer, answer)
    }

    /// The members of a body that is put which the model does not have: the service is newer than the model.
    pub fn newer(&self, body: &Json) -> Vec<String> {
        let mut newer = Vec::new();
        if let Ok(kept) = (self.put)(body) {
            lost(body, &kept, "", &mut newer);
        }
        newer
    }
}

impl Request {
    /// Where the body of this request does not fit the model of what it writes.
    pub fn misfit(&self) -> Option<Misfit> {
        let id = ArmId::parse(self.path()).ok()?;
        let model = Model::of(&id.resource_type())?;
        let view = match self.method() {
            Method::Put => model.put,
            Method::Patch => model.patch,
            _ => return None,
        };
        misfit(view, self.sent_body()?)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "the body does not fit Azure's published model: {}", self.reason),
            path => write!(f, "the body does not fit Azure's published model at {path}: {}", self.reason),
        }
    }
}

fn misfit(view: View, body: &Json) -> Option<Misfit> {
    let error = view(body).err()?;
    Some(Misfit { path: culprit(view, body).join("."), reason: error.to_string() })
}

/// The way to the innermost member without which the body would fit.
fn culprit(view: View, body: &Json) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    loop {
        let here = at(body, &path);
        let members: Vec<String> = match here {
            Some(Json::Object(members)) => members.keys().cloned().collect(),
            Some(Json::Array(items)) => (0..items.len()).map(|position| position.to_string()).collect(),
            _ => return path,
        };
        let to_blame = members.into_iter().find(|member| {
            let mut without = body.clone();
            let parent = path.iter().try_fold(&mut without, |at, step| step_into(at, step));
            parent.is_some_and(|parent| remove(parent, member)) && view(&without).is_ok()
        });
        match to_blame {
            Some(member) => path.push(member),
            None => return path,
        }
    }
}

fn at<'a>(json: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(json, |at, step| match at {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn step_into<'a>(json: &'a mut Json, step: &str) -> Option<&'a mut Json> {
    match json {
        Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        other => other.get_mut(step),
    }
}

fn remove(parent: &mut Json, member: &str) -> bool {
    match parent {
        Json::Object(members) => members.remove(member).is_some(),
        Json::Array(items) => member.parse::<usize>().is_ok_and(|position| {
            let there = position < items.len();
            if there {
                items.remove(position);
            }
            there
        }),
        _ => false,
    }
}

/// The paths that the first has and the second has not.
fn lost(body: &Json, kept: &Json, path: &str, found: &mut Vec<String>) {
    let below = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    match body {
        Json::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                match kept.get(name) {
                    Some(kept) => lost(value, kept, &below(name), found),
                    None => found.push(below(name)),
                }
            }
        }
        Json::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                match kept.get(position) {
                    Some(kept) => lost(item, kept, &below(&position.to_string()), found),
                    None => found.push(below(&position.to_string())),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn cluster_of(properties: &Json) -> Json {
        json!({"location": "westeurope", "properties": properties})
    }

    fn clusters() -> &'static Model {
        Model::of("microsoft.containerservice/MANAGEDCLUSTERS").unwrap()
    }

    #[test]
    fn a_body_in_the_wrong_form_is_named_by_its_path() {
        let misfit = |body: Json| clusters().misfit(&body).map(|misfit| misfit.path);
        assert_eq!(misfit(cluster_of(&json!({"oidcIssuerProfile": {"enabled": true}}))), None);
        assert_eq!(
            misfit(cluster_of(&json!({"oidcIssuerProfile": {"enabled": "yes"}}))),
            Some("properties.oidcIssuerProfile.enabled".to_owned())
        );
        assert_eq!(
            misfit(cluster_of(&json!({"agentPoolProfiles": [{"name": "a"}, {"name": "b", "count": "2"}]}))),
            Some("properties.agentPoolProfiles.1.count".to_owned())
        );
        let nowhere = clusters().misfit(&json!({"properties": {}})).unwrap();
        assert!(nowhere.path.is_empty() && nowhere.reason.contains("location"), "{nowhere}");
    }

    #[test]
    fn what_is_newer_than_the_model_is_told_apart() {
        let body = cluster_of(&json!({"supportPlan": "KubernetesOfficial", "dnsPrefix": "d",
            "agentPoolProfiles": [{"name": "a", "count": 1, "gpuProfile": {"driver": "None"}}]}));
        assert_eq!(clusters().newer(&body), ["properties.agentPoolProfiles.0.gpuProfile", "properties.supportPlan"]);
    }

    /// The paths that the hooks of the kinds name by themselves, beside the model's own members: a member that is
    /// renamed or gone does not compile, a path that is misspelled does not reach it.
    #[test]
    fn the_paths_of_the_hooks_are_members_of_the_models() {
        type Reached = fn(&ManagedCluster) -> Option<Json>;
        let paths: [(&str, Reached); 12] = [
            ("properties.oidcIssuerProfile.enabled", |c| Some(json!(issuer(c)?.enabled?))),
            ("properties.oidcIssuerProfile.issuerURL", |c| Some(json!(issuer(c)?.issuer_url.as_ref()?))),
            ("properties.securityProfile.workloadIdentity.enabled", |c| {
                Some(json!(c.properties.as_ref()?.security_profile.as_ref()?.workload_identity.as_ref()?.enabled?))
            }),
            ("properties.servicePrincipalProfile.clientId", |c| {
                Some(json!(c.properties.as_ref()?.service_principal_profile.as_ref()?.client_id))
            }),
            ("properties.agentPoolProfiles", |c| {
                c.properties.as_ref()?.agent_pool_profiles.first().map(|pool| json!([{"name": pool.name}]))
            }),
            ("properties.addonProfiles.omsagent", |c| {
                c.properties.as_ref()?.addon_profiles.as_ref()?.get("omsagent").cloned()
            }),
            ("properties.identityProfile.kubeletidentity", |c| {
                c.properties.as_ref()?.identity_profile.as_ref()?.get("kubeletidentity").cloned()
            }),
            ("properties.podIdentityProfile.enabled", |c| {
                Some(json!(c.properties.as_ref()?.pod_identity_profile.as_ref()?.enabled?))
            }),
            ("properties.podIdentityProfile.allowNetworkPluginKubenet", |c| {
                Some(json!(c.properties.as_ref()?.pod_identity_profile.as_ref()?.allow_network_plugin_kubenet?))
            }),
            ("properties.disableLocalAccounts", |c| Some(json!(c.properties.as_ref()?.disable_local_accounts?))),
            ("properties.nodeResourceGroup", |c| Some(json!(c.properties.as_ref()?.node_resource_group.as_ref()?))),
            ("identity.userAssignedIdentities", |c| c.identity.as_ref()?.user_assigned_identities.clone()),
        ];
        for (path, reached) in paths {
            let values = [json!(true), json!("text"), json!({"resourceId": "r"}), json!([{"name": "a"}])];
            let found = values.into_iter().any(|value| {
                let mut body = cluster_of(&json!({}));
                let slot = path.split('.').fold(&mut body, |at, step| &mut at[step]);
                *slot = value.clone();
                ManagedCluster::deserialize(&body).is_ok_and(|cluster| reached(&cluster) == Some(value))
            });
            assert!(found, "{path}");
        }
    }

    fn issuer(
        cluster: &ManagedCluster,
    ) -> Option<&azure_mgmt_containerservice::models::ManagedClusterOidcIssuerProfile> {
        cluster.properties.as_ref()?.oidc_issuer_profile.as_ref()
    }
}
