//! From pod identity to workload identity: which pods use which identity, and the files that move them stage by stage,
//! with both ways side by side until the last.

mod stages;

use std::collections::BTreeMap;

use crate::access::World;
use crate::address::{Address, ResourceMode};
use crate::manifests::{Bound, Pods, Survey};

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
    /// The service account is there already.
    pub has_account: bool,
    /// There is such a credential already.
    pub has_credential: bool,
    /// Its ARM id, where Azure has it and the stack does not.
    pub taken_over: Option<String>,
    /// Its library knows only the instance metadata service, so that a proxy goes beside it.
    pub by_proxy: bool,
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
    /// The expression for the issuer, where the stack's root module has the cluster.
    pub issuer: Option<String>,
}

/// Works out a migration. `proxied` are workloads, `namespace/name`, that get the proxy because somebody says so.
pub fn plan(survey: &Survey, world: &World, proxied: &[String]) -> Migration {
    let mut migration = Migration { issuer: issuer(world), ..Migration::default() };
    migration.bindings = world.pod_identities.iter().map(|binding| binding.address.clone()).collect();
    let bindings = bindings(survey, world);
    for pods in &survey.pods {
        let Some(selector) = pods.selector() else {
            without_selector(pods, survey, &mut migration);
            continue;
        };
        match chosen(pods, selector, &bindings) {
            Ok(bound) => migration.moves.push(moved(pods, bound, survey, world, proxied)),
            Err(why) => migration.open.push(format!("{} (aadpodidbinding: {selector}) {why}.", pods.title())),
        }
    }
    for dangling in &survey.dangling {
        migration.open.push(format!("{dangling} names an AzureIdentity that is not in its namespace."));
    }
    known(&mut migration, survey, &bindings);
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
    let fits = |bound: &&Bound| bound.selector == selector && bound.namespace == pods.namespace;
    let mut found: Vec<&Bound> = bindings.iter().filter(fits).collect();
    found.dedup_by(|a, b| a.identity.eq_ignore_ascii_case(&b.identity));
    match found.as_slice() {
        [] => Err("has no binding in its namespace, so that it has no identity today either".into()),
        [bound] if bound.identity.is_empty() => Err(format!(
            "uses the service principal {} through AzureIdentity {}; give that application a federated credential, or the \
             workload an identity",
            bound.client, bound.name
        )),
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

fn moved(pods: &Pods, bound: &Bound, survey: &Survey, world: &World, proxied: &[String]) -> Move {
    let namespace = pods.namespace.clone().unwrap_or_default();
    // The default account is everybody's: whoever moves gets one of its own.
    let named = pods.account.clone().filter(|account| account != "default");
    let account = named.unwrap_or_else(|| pods.name.clone());
    let identity = used(bound, world);
    let subject = format!("system:serviceaccount:{namespace}:{account}");
    let credential = world
        .credentials
        .iter()
        .find(|credential| credential.subject == subject && credential.identity.eq_ignore_ascii_case(&identity.id));
    let taken_over = credential
        .filter(|credential| !is_of_stack(&credential.address))
        .map(|credential| format!("{}/federatedIdentityCredentials/{}", identity.id, credential.address.resource.name));
    Move {
        has_account: survey.accounts.iter().any(|(at, name)| *name == account && at.as_deref() == Some(&*namespace)),
        by_proxy: pods.asks_metadata || proxied.contains(&pods.full_name()),
        pods: pods.clone(),
        namespace,
        account,
        identity,
        has_credential: credential.is_some(),
        taken_over,
    }
}

fn used(bound: &Bound, world: &World) -> Used {
    let known = world.identities.iter().find(|identity| identity.id.eq_ignore_ascii_case(&bound.identity));
    let name = bound.identity.rsplit('/').next().unwrap_or_default().to_owned();
    let client = known.and_then(|known| known.client.clone()).filter(|client| !client.starts_with('<'));
    let mut roles: Vec<String> = known
        .map(|known| {
            let held = world.assignments.iter().filter(|assignment| assignment.principal == known.principal);
            held.map(|assignment| format!("{} on {}", assignment.role.name, assignment.scope)).collect()
        })
        .unwrap_or_default();
    roles.sort();
    Used {
        name: known.map_or(name, |known| known.name.clone()),
        id: bound.identity.clone(),
        client: client.unwrap_or_else(|| bound.client.clone()),
        address: known.map(|known| known.address.clone()),
        roles,
    }
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
fn known(migration: &mut Migration, survey: &Survey, bindings: &[Bound]) {
    let idle = bindings.iter().filter(|bound| {
        !survey.pods.iter().any(|pods| pods.selector() == Some(&*bound.selector) && pods.namespace == bound.namespace)
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
    for one in migration.moves.iter().filter(|one| one.identity.roles.is_empty()) {
        migration.notes.push(format!(
            "Identity {} has no role that the stack knows ({}).",
            one.identity.name,
            one.pods.title()
        ));
    }
    migration.notes.sort();
    migration.notes.dedup();
}

/// Identities that would have more credentials than Azure takes.
fn crowded(migration: &mut Migration, world: &World) {
    let mut wanted: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for one in migration.moves.iter().filter(|one| !one.has_credential) {
        let subjects = wanted.entry(one.identity.id.to_ascii_lowercase()).or_default();
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

/// The issuer of the one cluster, as an expression of the root module.
fn issuer(world: &World) -> Option<String> {
    match world.clusters.as_slice() {
        [cluster] if cluster.address.module.is_root() && is_of_stack(&cluster.address) => {
            Some(format!("{}.oidc_issuer_url", cluster.address))
        }
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
