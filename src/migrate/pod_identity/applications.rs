//! Workloads that sign in as an application with a secret: an identity takes the application's place, with the same
//! grants. What is not known of an application is never made up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, Migration, Move, Used, is_of_stack, moved_to, roles};
use crate::access::{Assignment, Scope, World};
use crate::address::Address;
use crate::manifests::{Bound, Pods, SecretUse, Survey, is_client_secret};
use crate::provider::Principal;

/// The kind of identities.
const IDENTITY: &str = "azurerm_user_assigned_identity";

/// Service principals by the client id of their application, in lower case.
pub type Principals = BTreeMap<String, Principal>;

/// An application whose place an identity takes.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its client id.
    pub client: String,
    /// What people call it, where that is known.
    pub name: Option<String>,
    /// The label of the blocks of the identity and its grants.
    pub label: String,
    /// The name of the identity.
    pub identity: String,
    /// What it may do.
    pub grants: Vec<Grant>,
}

/// A role of an application, which its identity gets too.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The role's name.
    pub role: String,
    /// Where, as an expression of the root module.
    pub scope: String,
    /// The ARM id of a role that is known by its id only.
    pub definition: Option<String>,
    /// What narrows it.
    pub condition: Option<String>,
    /// The assignment: an address of the stack, or what only Azure has.
    pub assignment: Address,
}

impl Application {
    /// `application billing (00000000-...)`
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("application {name} ({})", self.client),
            None => format!("application {}", self.client),
        }
    }
}

/// The client ids of the applications that workloads sign in as.
pub fn signed_in(survey: &Survey) -> BTreeSet<String> {
    let by_secret =
        survey.pods.iter().flat_map(|pods| &pods.sign_ins).flat_map(|sign_in| sign_in.clients.iter().cloned());
    let bound = survey.bindings.iter().filter(|bound| bound.identity.is_empty() && !bound.client.is_empty());
    by_secret.chain(bound.map(|bound| bound.client.clone())).collect()
}

/// A workload that signs in by its environment.
pub(super) fn of_secret(pods: &Pods, known: Known<'_>, migration: &mut Migration) {
    let title = pods.title();
    let obstacles: BTreeSet<&String> = pods.sign_ins.iter().flat_map(|sign_in| &sign_in.obstacles).collect();
    if !obstacles.is_empty() {
        migration.open.extend(obstacles.into_iter().map(|obstacle| format!("{title} {obstacle}.")));
        return;
    }
    let clients: BTreeSet<&String> = pods.sign_ins.iter().flat_map(|sign_in| &sign_in.clients).collect();
    match clients.iter().collect::<Vec<_>>().as_slice() {
        [client] if pods.namespace.is_some() => replaced(pods, client, known, migration),
        [_] => migration.open.push(format!("{title} says no namespace; give it with -namespace.")),
        _ => {
            let all: Vec<&str> = clients.iter().map(|client| client.as_str()).collect();
            migration.open.push(format!(
                "{title} signs in as several applications ({}), and a service account stands for one identity: let it use one \
                 of them, or name the identity in its code.",
                all.join(", ")
            ));
        }
    }
}

/// What to say of a workload that has the secret of an application in files, where nobody sees what its code makes of it.
pub(super) fn in_files(pods: &Pods, survey: &Survey) -> Option<String> {
    let vessel = |secret: &str| survey.vessels.iter().find(|one| one.name == secret && one.namespace == pods.namespace);
    let holds_secret =
        |secret: &str| vessel(secret).is_some_and(|one| one.keys.iter().any(|key| is_client_secret(key)));
    let used = pods.secrets.iter().find(|used| used.volume.is_some() && holds_secret(&used.secret))?;
    Some(format!(
        "{} has the secret of an application in files (Secret {}, volume {}), and what its code does with it is known to the code \
         only: let it use DefaultAzureCredential, or the secrets store driver its workload identity, and give it a service \
         account by hand.",
        pods.title(),
        used.secret,
        used.volume.as_deref().unwrap_or_default()
    ))
}

/// A workload whose pod identity is a service principal.
pub(super) fn of_binding(pods: &Pods, bound: &Bound, known: Known<'_>, migration: &mut Migration) {
    if bound.client.is_empty() {
        migration.open.push(format!(
            "{} uses AzureIdentity {}, which names neither an identity nor an application.",
            pods.title(),
            bound.name
        ));
        return;
    }
    if let Some((namespace, name)) = &bound.password {
        migration.notes.push(format!(
            "The password of AzureIdentity {} stands in Secret {namespace}/{name}, which can go together with it.",
            bound.name
        ));
    }
    replaced(pods, &bound.client, known, migration);
}

/// Moves a workload to the identity that takes the place of its application.
fn replaced(pods: &Pods, client: &str, known: Known<'_>, migration: &mut Migration) {
    let is_it = |application: &&Application| application.client.eq_ignore_ascii_case(client);
    let application = match migration.applications.iter().find(is_it) {
        Some(application) => application.clone(),
        None => match known.principals.get(&client.to_ascii_lowercase()) {
            Some(principal) => {
                let application = application(client, principal, known.world);
                migration.applications.push(application.clone());
                application
            }
            None => {
                migration.strangers.entry(client.to_owned()).or_default().push(pods.title());
                return;
            }
        },
    };
    let moved = moved_to(pods, identity(&application, known), None, known);
    migration.moves.push(Move { application: Some(application.client), ..moved });
}

/// What to say of Secrets that workloads take whole and that are not among what was given.
pub(super) fn unseen(survey: &Survey) -> Option<String> {
    let of = |pods: &Pods| {
        let place = pods.namespace.clone().unwrap_or_default();
        let is_whole = |used: &&SecretUse| used.keys.is_none() && used.volume.is_none();
        let whole = pods.secrets.iter().filter(is_whole).map(|used| used.secret.clone());
        whole.map(move |secret| (place.clone(), secret)).collect::<Vec<_>>()
    };
    let all: BTreeSet<(String, String)> = survey.pods.iter().flat_map(of).collect();
    let is_seen = |place: &str, secret: &str| {
        survey.vessels.iter().any(|one| one.name == secret && one.namespace.as_deref().unwrap_or_default() == place)
    };
    let names: Vec<String> = all
        .into_iter()
        .filter(|(place, secret)| !is_seen(place, secret))
        .map(|(place, secret)| format!("{place}/{secret}"))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "Taken whole by envFrom and not among what was given, so that an application's secret may be in them: {}.",
            names.join(", ")
        )
    })
}

/// Says of the applications what is to be decided and what is good to know.
pub(super) fn tell(migration: &mut Migration) {
    for (client, titles) in std::mem::take(&mut migration.strangers) {
        let verb = if titles.len() == 1 { "signs" } else { "sign" };
        migration.open.push(format!(
            "{} {verb} in as application {client}, whose service principal is not known, so that its grants are not either: give \
             its object id with -principal={client}=OBJECT-ID (az ad sp show --id {client} --query id).",
            titles.join(" and ")
        ));
    }
    if migration.applications.is_empty() {
        return;
    }
    migration.notes.push(
        "Of applications the roles are copied that they have themselves in the subscription. What they may do by groups, by \
         access policies of vaults, inside databases, in Microsoft Graph or in other subscriptions is not seen here."
            .to_owned(),
    );
    for application in migration.applications.iter().filter(|application| application.grants.is_empty()) {
        migration.notes.push(format!("{} has no role that is known here.", capital(&application.title())));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn application(client: &str, principal: &Principal, world: &World) -> Application {
    // Two applications may have one name; the end of the id tells them apart in every run.
    let id = client.to_lowercase();
    let end = |digits: usize| id.get(id.len().saturating_sub(digits)..).unwrap_or_default().to_owned();
    let word = principal.name.as_deref().map(slug).filter(|word| !word.is_empty());
    let word = word.map_or_else(|| format!("app-{}", end(12)), |word| format!("{word}-{}", end(4)));
    let held = |assignment: &&Assignment| assignment.principal.eq_ignore_ascii_case(&principal.object);
    let mut grants: Vec<Grant> = world.assignments.iter().filter(held).map(|one| grant(one, world)).collect();
    grants.sort_by(|a, b| (&a.scope, &a.role).cmp(&(&b.scope, &b.role)));
    Application {
        client: client.to_owned(),
        name: principal.name.clone(),
        label: format!("application_{}", word.replace('-', "_")),
        identity: format!("id-{word}"),
        grants,
    }
}

/// A name in lower-case letters, digits and single dashes.
fn slug(name: &str) -> String {
    let plain = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-").chars().take(100).collect()
}

fn grant(assignment: &Assignment, world: &World) -> Grant {
    let is_named = !assignment.role.name.eq_ignore_ascii_case(&assignment.role.key);
    let definition = format!("/providers/Microsoft.Authorization/roleDefinitions/{}", assignment.role.key);
    Grant {
        role: assignment.role.name.clone(),
        scope: scope(&assignment.scope, world),
        definition: (!is_named).then_some(definition),
        condition: assignment.condition.clone(),
        assignment: assignment.address.clone(),
    }
}

/// A scope as the root module can write it: by its address where it has one, else by its id.
fn scope(scope: &Scope, world: &World) -> String {
    let Scope::Known(id) = scope else { return format!("{:?}", scope.key()) };
    let found = world
        .resources
        .iter()
        .find(|(address, other)| other.key() == id.key() && address.module.is_root() && is_of_stack(address));
    found.map_or_else(|| format!("{:?}", id.as_str()), |(address, _)| format!("{address}.id"))
}

/// The identity that takes an application's place: it may be there from an earlier run.
fn identity(application: &Application, known: Known<'_>) -> Used {
    let address = Address::parse(&format!("{IDENTITY}.{}", application.label));
    let there = known.world.identities.iter().find(|identity| Some(&identity.address) == address.as_ref());
    let principal = known.principals.get(&application.client.to_ascii_lowercase());
    Used {
        name: application.identity.clone(),
        id: there.map(|there| there.id.to_string()).unwrap_or_default(),
        client: there
            .and_then(|there| there.client.clone())
            .filter(|client| !client.starts_with('<'))
            .unwrap_or_default(),
        address,
        roles: principal.map(|principal| roles(&principal.object, known.world)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        for (name, word) in [("Billing API (prod)", "billing-api-prod"), ("  ", ""), ("a__b", "a-b"), ("Größe", "gr-e")]
        {
            assert_eq!(slug(name), word, "{name}");
        }
    }
}
