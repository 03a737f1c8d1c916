//! Which service account a workload has afterwards. An account stands for one identity, so workloads with different
//! identities cannot share one, and one that stands for somebody else already is not taken.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, Migration, Move, Trust, Used, is_of_stack, moved_to, stages, trust};
use crate::access::Credential;
use crate::manifests::{Pods, ServiceAccount, Survey};

/// What a migration does to a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It makes it.
    Account,
    /// It gives it the client id.
    ClientId,
    /// Nothing: it is there, with its client id.
    Nothing,
}

impl Added {
    /// As the annotation of the account tells it; `None` where there is nothing to tell.
    pub fn mark(self) -> Option<&'static str> {
        match self {
            Self::Account => Some("account"),
            Self::ClientId => Some("client-id"),
            Self::Nothing => None,
        }
    }
}

/// A service account whose workloads have moved in an earlier run, and have nothing of the old way any more.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub account: String,
    /// Its identity.
    pub identity: Used,
    /// What was added to it.
    pub added: Added,
}

/// The service account that a workload names. The default account is everybody's: whoever moves gets one of its own.
pub(super) fn named(pods: &Pods) -> Option<&str> {
    pods.account.as_deref().filter(|account| *account != "default")
}

fn find<'s>(survey: &'s Survey, namespace: &str, name: &str) -> Option<&'s ServiceAccount> {
    survey.accounts.iter().find(|one| one.name == name && one.namespace.as_deref() == Some(namespace))
}

/// What is added to an account. What an earlier run has added is told by its annotation.
pub(super) fn added(survey: &Survey, namespace: &str, name: &str, client: &str) -> Added {
    match find(survey, namespace, name) {
        None => Added::Account,
        Some(found) if found.added.as_deref() == Added::Account.mark() => Added::Account,
        Some(found) if found.added.is_none() && !client.is_empty() && found.client.as_deref() == Some(client) => {
            Added::Nothing
        }
        Some(_) => Added::ClientId,
    }
}

/// The client id of somebody else that an account stands for.
fn foreign<'s>(survey: &'s Survey, namespace: &str, name: &str, identity: &Used) -> Option<&'s str> {
    let found = find(survey, namespace, name)?.client.as_deref()?;
    (!found.eq_ignore_ascii_case(&identity.client)).then_some(found)
}

/// Sees to it that each account stands for one identity: workloads without an account of their own get another one, and
/// those that name one are told.
pub(super) fn divide(known: Known<'_>, migration: &mut Migration) {
    let mut taken: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut of_account: BTreeMap<(String, String), Vec<Move>> = BTreeMap::new();
    let (own, by_name): (Vec<Move>, Vec<Move>) =
        std::mem::take(&mut migration.moves).into_iter().partition(|one| named(&one.pods).is_none());
    for one in by_name {
        of_account.entry((one.namespace.clone(), one.account.clone())).or_default().push(one);
    }
    for (place, moves) in of_account {
        taken.insert(place.clone(), moves.first().map(|one| key(&one.identity)).unwrap_or_default());
        match shared(&moves, known.survey) {
            Some(why) => migration.open.push(why),
            None => migration.moves.extend(moves),
        }
    }
    for one in own {
        let is_free = |account: &str| {
            let place = (one.namespace.clone(), account.to_owned());
            let is_others = taken.get(&place).is_some_and(|other| *other != key(&one.identity));
            !is_others && foreign(known.survey, &one.namespace, account, &one.identity).is_none()
        };
        let with_kind = format!("{}-{}", one.pods.name, one.pods.kind.to_lowercase());
        let account = if is_free(&one.account) { one.account.clone() } else { with_kind };
        taken.insert((one.namespace.clone(), account.clone()), key(&one.identity));
        let application = one.application.clone();
        migration.moves.push(Move { application, ..moved_to(&one.pods, one.identity, Some(account), known) });
    }
    migration.moves.sort_by_key(|one| (one.namespace.clone(), one.pods.kind.clone(), one.pods.name.clone()));
}

/// What tells identities apart: one that is yet to be made has no id.
fn key(identity: &Used) -> String {
    if identity.id.is_empty() { identity.name.clone() } else { identity.id.to_ascii_lowercase() }
}

/// Why the workloads that name an account cannot all have it.
fn shared(moves: &[Move], survey: &Survey) -> Option<String> {
    let first = moves.first()?;
    let place = format!("{}/{}", first.namespace, first.account);
    let identities: BTreeSet<&str> = moves.iter().map(|one| one.identity.name.as_str()).collect();
    let titles: Vec<String> = moves.iter().map(|one| one.pods.title()).collect();
    let titles = titles.join(" and ");
    if moves.iter().any(|one| key(&one.identity) != key(&first.identity)) {
        let names: Vec<&str> = identities.into_iter().collect();
        return Some(format!(
            "{titles} run as one service account, {place}, with different identities ({}), and a service account stands for one: \
             give all but one of them an account of their own.",
            names.join(", ")
        ));
    }
    let client = foreign(survey, &first.namespace, &first.account, &first.identity)?;
    let verb = if moves.len() == 1 { "runs" } else { "run" };
    Some(format!(
        "{titles} {verb} as service account {place}, which stands for the client id {client} already, and not for identity {}: \
         give what moves an account of its own, or correct the annotation.",
        first.identity.name
    ))
}

/// Service accounts that an earlier run has given credentials, and whose workloads have left the old way since: what was
/// written for them is written again, so that the files stay whole.
pub(super) fn done(known: Known<'_>, migration: &Migration) -> Vec<Done> {
    if migration.cluster.is_none() {
        return Vec::new();
    }
    let of = |credential: &Credential| {
        let (namespace, account) = credential.subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
        let address = &credential.address;
        let is_ours = is_of_stack(address)
            && address.module.is_root()
            && *address.resource.name == *stages::label(namespace, account);
        let moves = migration.moves.iter().any(|one| one.namespace == namespace && one.account == account);
        let identity = known.world.identities.iter().find(|one| one.id == credential.identity)?;
        let used = Used {
            name: identity.name.clone(),
            id: identity.id.to_string(),
            client: identity.client.clone().filter(|client| !client.starts_with('<')).unwrap_or_default(),
            address: Some(identity.address.clone()),
            roles: Vec::new(),
        };
        let is_written = trust(&used, namespace, account, known.world) == Trust::Written;
        let (namespace, account) = (namespace.to_owned(), account.to_owned());
        let added = added(known.survey, &namespace, &account, &used.client);
        (is_ours && is_written && !moves).then_some(Done { namespace, account, identity: used, added })
    };
    known.world.credentials.iter().filter_map(of).collect()
}
