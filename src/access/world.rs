//! The parts that access is made of, joined.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::denial::Denial;
use super::groups::Group;
use super::role::Role;
use super::who::{Issuer, Person, Who};
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
    /// Role assignments.
    pub assignments: Vec<Assignment>,
    /// Identities that pods may use by a label (AKS pod-managed identity).
    pub pod_identities: Vec<PodIdentity>,
    /// The ids, in lower case, of identities that are lent to something other than a cluster: a gateway, a machine.
    pub lent: BTreeSet<Arc<str>>,
    /// The configuration's own roles.
    pub roles: Vec<(Address, Role)>,
    /// The resources that there are, for naming them on the command line: address and id.
    pub resources: Vec<(Address, ArmId)>,
    /// Principals that a plan takes away, with what each was called.
    pub departed: Vec<(String, String)>,
    /// The resources that a plan takes away.
    pub removed: Vec<ArmId>,
    /// What gives access to something here and is recorded nowhere: whom it concerns, its id, and what it is.
    pub strangers: Vec<(Address, String, String)>,
    /// Something could not be told yet: what is not here may come all the same.
    pub partial: bool,
    /// What is denied to somebody, whatever roles say. No kind manages these; they are known of live Azure only.
    pub denials: Vec<Denial>,
    /// Groups of which more is known than their ids, by their object id in lower case.
    pub groups: BTreeMap<String, Group>,
    /// Others of whom the directory tells more than their ids, by their object id in lower case.
    pub people: BTreeMap<String, Person>,
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

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The instance that manages or reads it.
    pub address: Address,
    /// Its own name.
    pub name: String,
    /// Its ARM id in lower case.
    pub id: Arc<str>,
    /// The issuer of its service accounts' tokens; empty without one.
    pub issuer: String,
    /// The names of its API server, as far as they are known.
    pub hosts: Vec<String>,
    /// The principals of its control plane.
    pub control_plane: Vec<String>,
    /// The ARM ids of the control plane's identities in lower case.
    pub control_plane_ids: Vec<Arc<str>>,
    /// The principal that its nodes use, also for pulling images.
    pub kubelet: Option<String>,
    /// The ARM id of that identity in lower case.
    pub kubelet_id: Option<Arc<str>>,
    /// What it lets pass.
    pub doors: Doors,
}

/// What a cluster lets pass, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // Azure's own switches, independent of one another.
pub struct Doors {
    /// Its API server answers any address.
    pub public: bool,
    /// Local accounts get in beside those of Entra.
    pub local_accounts: bool,
    /// Pods use identities by a label.
    pub pod_identity: bool,
    /// Its service accounts have an issuer, but pods are not handed tokens of it.
    pub tokenless: bool,
}

/// An identity that pods of a namespace may use by a label.
#[derive(Debug, Clone)]
pub struct PodIdentity {
    /// The instance that manages it.
    pub address: Address,
    /// The ARM id of the cluster in lower case.
    pub cluster: Arc<str>,
    /// The namespace.
    pub namespace: String,
    /// What the label says.
    pub selector: String,
    /// The ARM id of the identity in lower case.
    pub identity: Arc<str>,
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

/// Somebody can do something somewhere.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who.
    pub who: Who,
    /// The identity between, by name.
    pub through: Option<String>,
    /// The credential that leads to the identity.
    pub credential: Option<Address>,
    /// The group between, by what it is called, when the role is a group's.
    pub group: Option<String>,
    /// What.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// What narrows it.
    pub condition: Option<String>,
    /// What grants it.
    pub assignment: Address,
    /// The object id that it is granted to.
    pub principal: String,
}

impl World {
    /// Everybody's access, one entry for each way. Those in groups of whom nothing else is known stand on the rolls of
    /// their groups.
    pub fn access(&self) -> Vec<Access> {
        self.ways(false)
    }

    /// The same with an entry for each who is in a group.
    pub fn everybodys_access(&self) -> Vec<Access> {
        self.ways(true)
    }

    fn ways(&self, each: bool) -> Vec<Access> {
        let users = self.users();
        let is_ours = |id: &str| users.contains_key(id);
        let stranger = |id: &str, kind: Option<&str>| {
            vec![User { who: self.stranger(id, kind, &is_ours), through: None, credential: None }]
        };
        let mut found = Vec::with_capacity(self.assignments.len());
        for assignment in &self.assignments {
            let principal = assignment.principal.as_str();
            let kind = assignment.principal_type.as_deref();
            let holders = users.get(principal).cloned().unwrap_or_else(|| stranger(principal, kind));
            found.extend(holders.into_iter().map(|user| granted(assignment, user, principal, None)));
            let Some(group) = self.group(principal) else { continue };
            let name = group.name.clone().unwrap_or_else(|| principal.to_owned());
            for member in self.members(group).into_iter().filter(|member| !self.is_told(member)) {
                let holders = match users.get(member) {
                    Some(holders) => holders.clone(),
                    None if each || self.group(member).is_some() => stranger(member, None),
                    None => continue,
                };
                found.extend(holders.into_iter().map(|user| granted(assignment, user, member, Some(&name))));
            }
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
        self.pods(&mut by_id);
        let managed: HashSet<&str> = self.identities.iter().map(|identity| &*identity.id).collect();
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
            for principal in cluster.control_plane.iter().filter(|_| cluster.control_plane_ids.is_empty()) {
                let user = User { who: Who::ControlPlane(cluster.name.clone()), through: None, credential: None };
                users.entry(principal).or_default().push(user);
            }
            if let Some(principal) = cluster
                .kubelet
                .as_ref()
                .filter(|_| !cluster.kubelet_id.as_ref().is_some_and(|id| managed.contains(&**id)))
            {
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

    /// The pods that use identities by a label.
    fn pods<'w>(&'w self, by_id: &mut HashMap<&'w str, Vec<User>>) {
        let clusters: HashMap<&str, &str> = self.clusters.iter().map(|c| (&*c.id, c.name.as_str())).collect();
        for pod in &self.pod_identities {
            let last = || pod.cluster.rsplit('/').next().unwrap_or_default();
            let who = Who::Pods {
                namespace: pod.namespace.clone(),
                selector: pod.selector.clone(),
                cluster: clusters.get(&*pod.cluster).copied().unwrap_or_else(last).to_owned(),
            };
            let user = User { who, through: None, credential: Some(pod.address.clone()) };
            by_id.entry(&pod.identity).or_default().push(user);
        }
    }

    /// What makes up each workload: the blocks of an identity that pods use, of its credentials and of its grants,
    /// under the identity's name.
    pub fn workloads(&self) -> BTreeMap<Address, String> {
        let pods = self.pod_identities.iter().map(|pod| (&pod.identity, &pod.address));
        let ways: Vec<_> = self.credentials.iter().map(|c| (&c.identity, &c.address)).chain(pods).collect();
        let used: HashSet<&Arc<str>> = ways.iter().map(|(identity, _)| *identity).collect();
        let mine: Vec<&Identity> = self.identities.iter().filter(|identity| used.contains(&identity.id)).collect();
        let by_id: HashMap<&str, &str> = mine.iter().map(|i| (&*i.id, i.name.as_str())).collect();
        let by_principal: HashMap<&str, &str> = mine.iter().map(|i| (i.principal.as_str(), i.name.as_str())).collect();
        let ways = ways.into_iter().filter_map(|(id, address)| Some((address, *by_id.get(&**id)?)));
        let grants =
            self.assignments.iter().filter_map(|a| Some((&a.address, *by_principal.get(a.principal.as_str())?)));
        let own = mine.iter().map(|identity| (&identity.address, identity.name.as_str()));
        ways.chain(grants).chain(own).map(|(address, name)| (address.clone(), name.to_owned())).collect()
    }

    /// Every principal that is known by more than its id, with what it is called, of the objects whose ids (in lower
    /// case) are wanted.
    pub(super) fn principals(&self, wanted: impl Fn(&str) -> bool) -> HashMap<&str, String> {
        let identities = self.identities.iter().filter(|identity| wanted(&identity.id));
        let identities =
            identities.map(|identity| (identity.principal.as_str(), format!("identity {}", identity.name)));
        let clusters = self.clusters.iter().filter(|cluster| wanted(&cluster.id)).flat_map(|cluster| {
            let own = cluster.control_plane.iter().filter(|_| cluster.control_plane_ids.is_empty());
            own.map(|principal| (principal.as_str(), format!("the control plane of cluster {}", cluster.name)))
        });
        clusters.chain(identities).collect()
    }
}

fn granted(assignment: &Assignment, user: User, principal: &str, group: Option<&str>) -> Access {
    Access {
        who: user.who,
        through: user.through,
        credential: user.credential,
        group: group.map(str::to_owned),
        role: assignment.role.clone(),
        scope: assignment.scope.clone(),
        condition: assignment.condition.clone(),
        assignment: assignment.address.clone(),
        principal: principal.to_owned(),
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

    /// Whether a part of it is not known before apply, and has a stand-in.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Known(id) => id.as_str().contains('<'),
            Self::Later(_) => true,
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
