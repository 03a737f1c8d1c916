//! From pod identity, and from applications with secrets, to workload identity: which pods use which, and the files that
//! move them stage by stage, with both ways side by side until the last.

mod accounts;
mod applications;
mod farewell;
mod patches;
mod runbook;
mod stages;

use std::collections::BTreeMap;

use crate::access::World;
use crate::address::{Address, ResourceMode};
use crate::manifests::{Bound, Pods, Standstill, Survey};

pub use accounts::{Added, Done};
pub use applications::{Application, Grant, Principals, signed_in};
pub use farewell::{Farewell, Fate};
pub use stages::{Written, write};

/// The most credentials that Azure takes for one identity.
const MOST_CREDENTIALS: usize = 20;

/// An identity that pods use.
#[derive(Debug, Clone)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Its ARM id, as it is known.
    pub id: String,
    /// Its client id; empty where it is not known yet.
    pub client: String,
    /// The instance of the stack that manages or reads it.
    pub address: Option<Address>,
    /// What it can do, in words.
    pub roles: Vec<String>,
}

/// A workload and how it moves.
#[derive(Debug, Clone)]
pub struct Move {
    /// The workload.
    pub pods: Pods,
    /// Its namespace.
    pub namespace: String,
    /// The service account that it has afterwards.
    pub account: String,
    /// Its identity.
    pub identity: Used,
    /// What is added to the service account.
    pub added: Added,
    /// Whether the identity trusts the service account already.
    pub trust: Trust,
    /// The client id of the application that its identity takes the place of.
    pub application: Option<String>,
    /// Its library knows only the instance metadata service, so that a proxy goes beside it.
    pub by_proxy: bool,
}

/// Whether an identity trusts a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Not yet.
    Missing,
    /// By a credential that an earlier run of this migration wrote.
    Written,
    /// By another credential of the stack.
    Stack,
    /// By a credential that only Azure has, of this ARM id.
    Azure(String),
}

/// Everything that is known of a migration.
#[derive(Debug, Clone, Default)]
pub struct Migration {
    /// The workloads that move.
    pub moves: Vec<Move>,
    /// What stands in the way of a workload, or must be decided: a sentence each.
    pub open: Vec<String>,
    /// What is good to know: a sentence each.
    pub notes: Vec<String>,
    /// The stack's own pod identities, which go in the last stage.
    pub bindings: Vec<Address>,
    /// The applications whose place identities take.
    pub applications: Vec<Application>,
    /// Workloads of applications of which too little is known, by the applications' client ids.
    pub(super) strangers: BTreeMap<String, Vec<String>>,
    /// What becomes of the Secrets with their secrets.
    pub farewells: Vec<Farewell>,
    /// Pod identity is an installation of one's own, not the add-on of AKS.
    pub own_installation: bool,
    /// Service accounts whose workloads have left the old way already.
    pub done: Vec<Done>,
    /// The address of the cluster, where the stack's root module has it.
    pub cluster: Option<Address>,
}

/// What is known of a migration before it is worked out.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// What runs in the cluster.
    pub survey: &'k Survey,
    /// Who can do what in Azure.
    pub world: &'k World,
    /// Workloads, `namespace/name`, that get the proxy because somebody says so.
    pub proxied: &'k [String],
    /// The service principals of applications.
    pub principals: &'k Principals,
}

/// Works out a migration.
pub fn plan(known: Known<'_>) -> Migration {
    let Known { survey, world, .. } = known;
    let mut migration = Migration { cluster: cluster(world), ..Migration::default() };
    migration.bindings = world.pod_identities.iter().map(|binding| binding.address.clone()).collect();
    migration.own_installation = survey.own_installation && world.pod_identities.is_empty();
    let bindings = bindings(survey, world);
    for pods in &survey.pods {
        match pods.selector() {
            Some(selector) => match chosen(pods, selector, &bindings) {
                Ok(bound) if bound.identity.is_empty() => applications::of_binding(pods, bound, known, &mut migration),
                Ok(bound) => migration.moves.push(moved(pods, bound, known)),
                Err(why) => migration.open.push(format!("{} (aadpodidbinding: {selector}) {why}.", pods.title())),
            },
            None if !pods.sign_ins.is_empty() => applications::of_secret(pods, known, &mut migration),
            None => {
                migration.open.extend(applications::in_files(pods, survey));
                without_selector(pods, survey, &mut migration);
            }
        }
    }
    accounts::divide(known, &mut migration);
    migration.done = accounts::done(known, &migration);
    farewell::bid(&mut migration, survey);
    applications::tell(&mut migration);
    for dangling in &survey.dangling {
        migration.open.push(format!("{dangling} names an AzureIdentity that is not in its namespace."));
    }
    good_to_know(&mut migration, survey, &bindings);
    crowded(&mut migration, world);
    migration
}

/// The bindings of the manifests, and those of the stack, which Azure turns into the same objects.
fn bindings(survey: &Survey, world: &World) -> Vec<Bound> {
    let mut all = survey.bindings.clone();
    for binding in &world.pod_identities {
        let identity = world.identities.iter().find(|identity| identity.id == binding.identity);
        let bound = Bound {
            namespace: Some(binding.namespace.clone()),
            selector: binding.selector.clone(),
            identity: binding.identity.to_string(),
            client: identity.and_then(|identity| identity.client.clone()).unwrap_or_default(),
            name: binding.selector.clone(),
            everywhere: false,
            password: None,
        };
        let same = |other: &Bound| {
            other.namespace == bound.namespace
                && other.selector == bound.selector
                && other.identity.eq_ignore_ascii_case(&bound.identity)
        };
        if !all.iter().any(same) {
            all.push(bound);
        }
    }
    all
}

/// The one identity of a workload.
fn chosen<'b>(pods: &Pods, selector: &str, bindings: &'b [Bound]) -> Result<&'b Bound, String> {
    let mut found: Vec<&Bound> = bindings.iter().filter(|bound| bound.fits(pods, selector)).collect();
    found.dedup_by(|a, b| a.identity.eq_ignore_ascii_case(&b.identity) && a.client == b.client);
    match found.as_slice() {
        [] => Err(unbound(selector, bindings)),
        [_] if !pods.sign_ins.is_empty() => Err(
            "has an application's secret in its environment too, and which of the two it uses is known to its code only: take \
             one of them out first"
                .into(),
        ),
        [_] if pods.namespace.is_none() => Err("says no namespace; give it with -namespace".into()),
        [bound] => Ok(bound),
        several => {
            let names: Vec<&str> = several.iter().map(|bound| &*bound.name).collect();
            Err(format!(
                "has several identities ({}), and what it asks for is known to its code only",
                names.join(", ")
            ))
        }
    }
}

/// Why no binding fits.
fn unbound(selector: &str, bindings: &[Bound]) -> String {
    let nothing = "has no binding in its namespace, so that it has no identity today either";
    let elsewhere = bindings.iter().find(|bound| bound.selector == selector).and_then(|bound| bound.namespace.as_ref());
    match elsewhere {
        Some(namespace) => format!(
            "{nothing}. The one in {namespace} is for its own namespace, as long as no installation of AAD Pod Identity that goes \
             without namespaces (mic and nmi) is among what was given"
        ),
        None => nothing.to_owned(),
    }
}

fn moved(pods: &Pods, bound: &Bound, known: Known<'_>) -> Move {
    moved_to(pods, used(bound, known.world), None, known)
}

/// How a workload moves to an identity: with the account that it names, or else this one, or else one of its own name.
fn moved_to(pods: &Pods, identity: Used, account: Option<String>, known: Known<'_>) -> Move {
    let namespace = pods.namespace.clone().unwrap_or_default();
    let named = accounts::named(pods).map(str::to_owned);
    let account = named.or(account).unwrap_or_else(|| pods.name.clone());
    let by_key = pods.sign_ins.iter().any(|sign_in| sign_in.asks_metadata);
    Move {
        added: accounts::added(known.survey, &namespace, &account, &identity.client),
        by_proxy: pods.asks_metadata || by_key || known.proxied.contains(&pods.full_name()),
        trust: trust(&identity, &namespace, &account, known.world),
        pods: pods.clone(),
        namespace,
        account,
        identity,
        application: None,
    }
}

fn trust(identity: &Used, namespace: &str, account: &str, world: &World) -> Trust {
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let mut all = world.credentials.iter();
    let is_it = |credential: &&crate::access::Credential| {
        credential.subject == subject && credential.identity.eq_ignore_ascii_case(&identity.id)
    };
    let Some(credential) = all.find(is_it) else { return Trust::Missing };
    let address = &credential.address;
    if !is_of_stack(address) {
        return Trust::Azure(format!("{}/federatedIdentityCredentials/{}", identity.id, address.resource.name));
    }
    let ours = format!("azurerm_federated_identity_credential.{}", stages::label(namespace, account));
    if address.to_string() == ours { Trust::Written } else { Trust::Stack }
}

fn used(bound: &Bound, world: &World) -> Used {
    let known = world.identities.iter().find(|identity| identity.id.eq_ignore_ascii_case(&bound.identity));
    let name = bound.identity.rsplit('/').next().unwrap_or_default().to_owned();
    let client = known.and_then(|known| known.client.clone()).filter(|client| !client.starts_with('<'));
    let roles = known.map(|known| roles(&known.principal, world)).unwrap_or_default();
    Used {
        name: known.map_or(name, |known| known.name.clone()),
        id: bound.identity.clone(),
        client: client.unwrap_or_else(|| bound.client.clone()),
        address: known.map(|known| known.address.clone()),
        roles,
    }
}

/// What a principal can do, in words.
fn roles(principal: &str, world: &World) -> Vec<String> {
    let held = world.assignments.iter().filter(|assignment| assignment.principal.eq_ignore_ascii_case(principal));
    let mut roles: Vec<String> =
        held.map(|assignment| format!("{} on {}", assignment.role.name, assignment.scope)).collect();
    roles.sort();
    roles
}

/// A workload without the label: it may speak to the metadata service all the same.
fn without_selector(pods: &Pods, survey: &Survey, migration: &mut Migration) {
    if !pods.asks_metadata || pods.is_moved() {
        return;
    }
    let excepted = survey.exceptions.iter().find(|exception| {
        exception.namespace == pods.namespace
            && !exception.labels.is_empty()
            && exception.labels.iter().all(|(key, value)| pods.labels.get(key) == Some(value))
    });
    match excepted {
        Some(exception) => migration.notes.push(format!(
            "{} speaks to the instance metadata service under the exception {}; it goes on as it is, with the nodes' identity.",
            pods.title(),
            exception.name
        )),
        None => migration.open.push(format!(
            "{} speaks to the instance metadata service without the label and without an exception: pod identity refuses it \
             today. Once pod identity is off, it gets the nodes' identity.",
            pods.title()
        )),
    }
}

/// What is good to know of the whole.
fn good_to_know(migration: &mut Migration, survey: &Survey, bindings: &[Bound]) {
    let idle = bindings.iter().filter(|bound| {
        !survey.pods.iter().any(|pods| pods.selector().is_some_and(|selector| bound.fits(pods, selector)))
    });
    for bound in idle {
        let place = bound.namespace.clone().unwrap_or_default();
        migration
            .notes
            .push(format!("No workload in {place} has the selector {}; nothing moves for it.", bound.selector));
    }
    for one in migration.moves.iter().filter(|one| one.pods.replicas == Some(0)) {
        migration.notes.push(format!("{} is scaled to zero; it is moved too.", one.pods.title()));
    }
    for one in &migration.moves {
        let title = one.pods.title();
        migration.notes.extend(one.pods.standstill.map(|standstill| match standstill {
            Standstill::ByHand => format!("{title} replaces its pods only when they are deleted (OnDelete): delete them after each patch."),
            Standstill::Below(partition) => format!(
                "{title} keeps its pods below number {partition} as they are (partition): lower the partition after each patch, or they \
                 stay on the old way."
            ),
            Standstill::Paused => format!("{title} is paused: its pods stay as they are until it is resumed (kubectl rollout resume)."),
        }));
    }
    if !migration.done.is_empty() {
        let names: Vec<String> =
            migration.done.iter().map(|one| format!("{}/{}", one.namespace, one.account)).collect();
        migration.notes.push(format!(
            "Kept in the files of stage 1, since their workloads have left the old way already: {}.",
            names.join(", ")
        ));
    }
    for one in migration.moves.iter().filter(|one| one.identity.roles.is_empty()) {
        migration.notes.push(format!(
            "Identity {} has no role that the stack knows ({}).",
            one.identity.name,
            one.pods.title()
        ));
    }
    migration.notes.extend(applications::unseen(survey));
    migration.notes.sort();
    migration.notes.dedup();
}

/// Identities that would have more credentials than Azure takes.
fn crowded(migration: &mut Migration, world: &World) {
    let mut wanted: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for one in migration.moves.iter().filter(|one| one.trust == Trust::Missing) {
        // An identity that is yet to be made has no id.
        let id = if one.identity.id.is_empty() { &one.identity.name } else { &one.identity.id };
        let subjects = wanted.entry(id.to_ascii_lowercase()).or_default();
        let subject = (one.namespace.clone(), one.account.clone());
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    for (id, subjects) in wanted {
        let present = world.credentials.iter().filter(|credential| *credential.identity == *id).count();
        let count = present + subjects.len();
        if count > MOST_CREDENTIALS {
            let name = id.rsplit('/').next().unwrap_or_default();
            migration.open.push(format!(
                "Identity {name} would have {count} federated credentials, and Azure takes {MOST_CREDENTIALS}: let workloads \
                 share a service account, or give some of them an identity of their own."
            ));
        }
    }
}

/// The one cluster, where the root module has it.
fn cluster(world: &World) -> Option<Address> {
    match world.clusters.as_slice() {
        [cluster] if cluster.address.module.is_root() && is_of_stack(&cluster.address) => Some(cluster.address.clone()),
        _ => None,
    }
}

/// Whether an address is one of a stack: what no stack has is called by its type in Azure.
fn is_of_stack(address: &Address) -> bool {
    !address.resource.kind.contains('/')
}

/// An identity's id as an expression of the root module.
fn id_expression(identity: &Used) -> String {
    match &identity.address {
        Some(address)
            if is_of_stack(address) && address.module.is_root() && address.resource.mode != ResourceMode::Ephemeral =>
        {
            let is_azapi = &*address.resource.kind == "azapi_resource";
            if is_azapi { format!("{:?}", identity.id) } else { format!("{address}.id") }
        }
        _ => format!("{:?}", identity.id),
    }
}

#[cfg(test)]
mod tests;
