//! The parts that access is made of, joined.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::role::Role;
use crate::address::Address;
use crate::azure::arm_id::ArmId;

/// Everything that bears on access.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// User-assigned identities.
    pub identities: Vec<Identity>,
    /// Federated credentials.
    pub credentials: Vec<Credential>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Pod identities.
    pub bindings: Vec<Binding>,
    /// Role assignments.
    pub assignments: Vec<Assignment>,
    /// The configuration's own roles.
    pub roles: Vec<(Address, Role)>,
    /// The resources that there are, for naming them on the command line: address and id.
    pub resources: Vec<(Address, ArmId)>,
}

/// A user-assigned identity.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The instance that manages or reads it.
    pub address: Address,
    /// Its own name.
    pub name: String,
    /// Its ARM id in lower case.
    pub id: Arc<str>,
    /// The object id of its service principal.
    pub principal: String,
    /// The id of its application, by which a pod asks for tokens.
    pub client: Option<String>,
}

/// A federated credential: whose tokens an identity accepts.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The instance that manages it.
    pub address: Address,
    /// The ARM id of its identity in lower case.
    pub identity: Arc<str>,
    /// Who signs the token.
    pub issuer: String,
    /// Whom the token is about.
    pub subject: String,
    /// Whom the token is for.
    pub audiences: Vec<String>,
}

/// A pod identity: pods of a namespace that may use an identity by a label.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The instance that manages it.
    pub address: Address,
    /// The ARM id of its cluster in lower case.
    pub cluster: Arc<str>,
    /// The namespace of the pods.
    pub namespace: String,
    /// The value of their label `aadpodidbinding`.
    pub selector: String,
    /// The ARM id of the identity in lower case.
    pub identity: Arc<str>,
}

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The instance that manages or reads it.
    pub address: Address,
    /// Its own name.
    pub name: String,
    /// The issuer of its service accounts' tokens; empty without one.
    pub issuer: String,
    /// The principals of its control plane.
    pub control_plane: Vec<String>,
    /// The ARM ids of the control plane's identities in lower case.
    pub control_plane_ids: Vec<Arc<str>>,
    /// The principal that its nodes use, also for pulling images.
    pub kubelet: Option<String>,
    /// The ARM id of that identity in lower case.
    pub kubelet_id: Option<Arc<str>>,
}

/// A role assignment.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The instance that manages it.
    pub address: Address,
    /// Who holds the role.
    pub principal: String,
    /// `User`, `Group`, `ServicePrincipal`, where it is known.
    pub principal_type: Option<String>,
    /// Which.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// What narrows it.
    pub condition: Option<String>,
}

/// Where a role holds.
#[derive(Debug, Clone)]
pub enum Scope {
    /// There and below.
    Known(ArmId),
    /// Not known before apply; the stand-in tells where it will come from.
    Later(String),
}

/// Who can do something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A service account of a cluster.
    ServiceAccount {
        /// `namespace/name`
        name: String,
        /// The cluster's name, or the issuer where no cluster here has it.
        cluster: Issuer,
    },
    /// Pods that use an identity by the label of pod identity.
    Pods {
        /// `namespace/selector`
        name: String,
        /// The cluster's name.
        cluster: String,
    },
    /// Another holder of tokens, such as a repository's workflow.
    Federated {
        /// Whom its token is about.
        subject: String,
        /// Who signs it.
        issuer: String,
    },
    /// What manages a cluster's resources.
    ControlPlane(String),
    /// A cluster's nodes; whatever runs on them can use their identity.
    Nodes(String),
    /// An identity that nothing here uses.
    Identity(String),
    /// Somebody known by an object id only.
    Principal {
        /// The object id.
        id: String,
        /// `User`, `Group`, `ServicePrincipal`.
        kind: Option<String>,
    },
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issuer {
    /// A cluster of that name.
    Cluster(String),
    /// None of the clusters here.
    Elsewhere(String),
}

/// Somebody can do something somewhere.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who.
    pub who: Who,
    /// The identity between, by name.
    pub through: Option<String>,
    /// The credential that leads to the identity.
    pub credential: Option<Address>,
    /// What.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// What narrows it.
    pub condition: Option<String>,
    /// What grants it.
    pub assignment: Address,
}

impl World {
    /// Everybody's access, one entry for each way.
    pub fn access(&self) -> Vec<Access> {
        let users = self.users();
        let mut found = Vec::with_capacity(self.assignments.len());
        for assignment in &self.assignments {
            let stranger = || User {
                who: Who::Principal { id: assignment.principal.clone(), kind: assignment.principal_type.clone() },
                through: None,
                credential: None,
            };
            let holders = users.get(assignment.principal.as_str()).cloned().unwrap_or_else(|| vec![stranger()]);
            found.extend(holders.into_iter().map(|user| Access {
                who: user.who,
                through: user.through,
                credential: user.credential,
                role: assignment.role.clone(),
                scope: assignment.scope.clone(),
                condition: assignment.condition.clone(),
                assignment: assignment.address.clone(),
            }));
        }
        found
    }

    /// Who acts as which principal.
    fn users(&self) -> HashMap<&str, Vec<User>> {
        let issuers: HashMap<&str, &str> =
            self.clusters.iter().map(|cluster| (cluster.issuer.as_str(), cluster.name.as_str())).collect();
        let mut by_id: HashMap<&str, Vec<User>> = HashMap::new();
        for credential in &self.credentials {
            let user =
                User { who: who(credential, &issuers), through: None, credential: Some(credential.address.clone()) };
            by_id.entry(&credential.identity).or_default().push(user);
        }
        for binding in &self.bindings {
            by_id.entry(&binding.identity).or_default().push(self.pods(binding));
        }
        let mut users: HashMap<&str, Vec<User>> = HashMap::new();
        for cluster in &self.clusters {
            let parts = [
                (Who::ControlPlane(cluster.name.clone()), cluster.control_plane_ids.iter().collect::<Vec<_>>()),
                (Who::Nodes(cluster.name.clone()), cluster.kubelet_id.iter().collect()),
            ];
            for (who, ids) in parts {
                for id in ids {
                    by_id.entry(id).or_default().push(User { who: who.clone(), through: None, credential: None });
                }
            }
            let managed =
                |id: &Option<Arc<str>>| id.as_ref().is_some_and(|id| self.identities.iter().any(|i| i.id == *id));
            for principal in cluster.control_plane.iter().filter(|_| cluster.control_plane_ids.is_empty()) {
                let user = User { who: Who::ControlPlane(cluster.name.clone()), through: None, credential: None };
                users.entry(principal).or_default().push(user);
            }
            if let Some(principal) = cluster.kubelet.as_ref().filter(|_| !managed(&cluster.kubelet_id)) {
                let user = User { who: Who::Nodes(cluster.name.clone()), through: None, credential: None };
                users.entry(principal).or_default().push(user);
            }
        }
        for identity in &self.identities {
            let unused = || vec![User { who: Who::Identity(identity.name.clone()), through: None, credential: None }];
            let holders = by_id.get(&*identity.id).cloned().unwrap_or_else(unused);
            let through = |user: User| {
                let through = (!matches!(user.who, Who::Identity(_))).then(|| identity.name.clone());
                User { through, ..user }
            };
            users.insert(&identity.principal, holders.into_iter().map(through).collect());
        }
        users
    }

    /// The pods of a pod identity.
    fn pods(&self, binding: &Binding) -> User {
        let folded = binding.cluster.rsplit('/').next().unwrap_or_default();
        let cluster = self.clusters.iter().map(|cluster| &*cluster.name).find(|name| name.eq_ignore_ascii_case(folded));
        let name = format!("{}/{}", binding.namespace, binding.selector);
        let who = Who::Pods { name, cluster: cluster.unwrap_or(folded).to_owned() };
        User { who, through: None, credential: Some(binding.address.clone()) }
    }
}

#[derive(Debug, Clone)]
struct User {
    who: Who,
    through: Option<String>,
    credential: Option<Address>,
}

fn who(credential: &Credential, issuers: &HashMap<&str, &str>) -> Who {
    let account = credential.subject.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let Some((namespace, name)) = account else {
        return Who::Federated { subject: credential.subject.clone(), issuer: credential.issuer.clone() };
    };
    let cluster = issuers
        .get(credential.issuer.as_str())
        .map_or_else(|| Issuer::Elsewhere(credential.issuer.clone()), |cluster| Issuer::Cluster((*cluster).to_owned()));
    Who::ServiceAccount { name: format!("{namespace}/{name}"), cluster }
}

impl Scope {
    /// What is compared.
    pub fn key(&self) -> &str {
        match self {
            Self::Known(id) => id.key(),
            Self::Later(text) => text,
        }
    }

    /// Whether what holds here also holds at `id`. Which subscriptions a management group has is not known here, so
    /// that it is taken to have any.
    pub fn covers(&self, id: &ArmId) -> bool {
        match self {
            Self::Known(scope) if scope.resource_type() == "Microsoft.Management/managementGroups" => true,
            Self::Known(scope) => id.is_within(scope),
            Self::Later(_) => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match self {
            Self::Known(id) => id,
            Self::Later(text) => return write!(f, "{} (known after apply)", text.trim_matches(['<', '>'])),
        };
        let kind = id.resource_type().to_lowercase();
        let name = id.name();
        match kind.as_str() {
            "microsoft.resources/tenants" => f.write_str("the whole tenant"),
            "microsoft.resources/subscriptions" => write!(f, "subscription {name}"),
            "microsoft.resources/resourcegroups" => write!(f, "resource group {name}"),
            "microsoft.management/managementgroups" => write!(f, "management group {name}"),
            "microsoft.keyvault/vaults" => write!(f, "vault {name}"),
            "microsoft.containerregistry/registries" => write!(f, "registry {name}"),
            "microsoft.containerservice/managedclusters" => write!(f, "cluster {name}"),
            "microsoft.managedidentity/userassignedidentities" => write!(f, "identity {name}"),
            "microsoft.storage/storageaccounts" => write!(f, "storage account {name}"),
            "microsoft.storage/storageaccounts/blobservices/containers" => {
                write!(f, "container {name} of {}", id.segment("storageAccounts").unwrap_or_default())
            }
            "microsoft.network/virtualnetworks" => write!(f, "network {name}"),
            "microsoft.network/virtualnetworks/subnets" => {
                write!(f, "subnet {name} of {}", id.segment("virtualNetworks").unwrap_or_default())
            }
            "microsoft.network/privatednszones" | "microsoft.network/dnszones" => write!(f, "zone {name}"),
            _ => write!(f, "{} {name}", id.resource_type()),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceAccount { name, cluster: Issuer::Cluster(cluster) } => {
                write!(f, "service account {name} (cluster {cluster})")
            }
            Self::ServiceAccount { name, cluster: Issuer::Elsewhere(issuer) } => {
                write!(f, "service account {name} (of issuer {issuer})")
            }
            Self::Pods { name, cluster } => {
                let (namespace, selector) = name.split_once('/').unwrap_or(("", name));
                write!(f, "pods of {namespace} with aadpodidbinding: {selector} (cluster {cluster})")
            }
            Self::Federated { subject, issuer } => write!(f, "{subject} (of issuer {issuer})"),
            Self::ControlPlane(cluster) => write!(f, "control plane of cluster {cluster}"),
            Self::Nodes(cluster) => write!(f, "nodes of cluster {cluster}"),
            Self::Identity(name) => write!(f, "identity {name} (used by nothing here)"),
            Self::Principal { id, kind } => {
                let kind = match kind.as_deref() {
                    Some("User") => "user",
                    Some("Group") => "group",
                    Some("ServicePrincipal") => "service principal",
                    _ => "principal",
                };
                write!(f, "{kind} {id}")
            }
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} can {} {}, through ", self.who, self.role.words(), self.scope)?;
        if let Some(identity) = &self.through {
            write!(f, "identity {identity} and ")?;
        }
        f.write_str(&self.role.name)?;
        if self.condition.is_some() { f.write_str(", under a condition") } else { Ok(()) }
    }
}
