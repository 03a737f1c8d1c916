//! Faults in identities and in the federated credentials that lead to them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::is_managed;
use crate::access::{Identity, Who, World};
use crate::checks::Found;

const AUDIENCE: &str = "api://AzureADTokenExchange";

/// An audience that no token for Entra has.
pub fn audience(world: &World, found: &mut Found) {
    for credential in &world.credentials {
        let is_account = credential.subject.starts_with("system:serviceaccount:");
        if is_account && credential.audiences.iter().any(|audience| audience != AUDIENCE) {
            let message = format!("The audience is {:?}.", credential.audiences.join(", "));
            found.at(&credential.address, "audience", message);
        }
    }
}

/// A credential beside those that are recorded.
pub fn unrecorded(world: &World, found: &mut Found) {
    for (beside, id, words) in &world.strangers {
        found.on(beside, format!("Azure also has {words} ({id})."));
    }
}

/// An issuer that differs from a cluster's by case or by its end.
pub fn issuer(world: &World, found: &mut Found) {
    let plain = |issuer: &str| issuer.trim_end_matches('/').to_lowercase();
    let issuers: HashMap<String, &str> =
        world.clusters.iter().filter(|c| !c.issuer.is_empty()).map(|c| (plain(&c.issuer), c.issuer.as_str())).collect();
    for credential in &world.credentials {
        let near = issuers.get(&plain(&credential.issuer)).filter(|exact| **exact != credential.issuer);
        if let Some(exact) = near {
            let message = format!("The issuer is {:?}, and the cluster's is {exact:?}.", credential.issuer);
            found.at(&credential.address, "issuer", message);
        }
    }
}

/// A service account whose issuer none of the stack's clusters has.
pub fn elsewhere(world: &World, found: &mut Found) {
    let issuers: HashSet<&str> = world.clusters.iter().map(|cluster| cluster.issuer.as_str()).collect();
    if issuers.is_empty() || world.partial {
        return;
    }
    for credential in &world.credentials {
        let is_account = credential.subject.starts_with("system:serviceaccount:");
        if is_account && !issuers.contains(credential.issuer.as_str()) {
            let message = if credential.issuer.starts_with('<') {
                "The cluster that it refers to has no issuer.".to_owned()
            } else {
                format!("The issuer is {:?}, which no cluster of this stack has.", credential.issuer)
            };
            found.at(&credential.address, "issuer", message);
        }
    }
}

/// More credentials on an identity than Azure takes.
pub fn credential_limit(world: &World, found: &mut Found) {
    const MOST: usize = 20;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for credential in &world.credentials {
        *counts.entry(&credential.identity).or_default() += 1;
    }
    for identity in &world.identities {
        if let Some(count) = counts.get(&*identity.id).filter(|count| **count > MOST) {
            found.on(&identity.address, format!("Identity {} is to have {count}.", identity.name));
        }
    }
}

/// A subject that is nearly one of a service account.
pub fn subject(world: &World, found: &mut Found) {
    for credential in &world.credentials {
        let subject = credential.subject.as_str();
        let folded = subject.trim().to_lowercase();
        if !folded.starts_with("system:serviceaccount") || subject.contains('<') {
            continue;
        }
        let parts: Vec<&str> = subject.split(':').collect();
        let name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
        };
        let sound = matches!(parts.as_slice(), ["system", "serviceaccount", namespace, account] if name(namespace) && name(account));
        if !sound {
            found.at(&credential.address, "subject", format!("The subject is {subject:?}."));
        }
    }
}

/// Two credentials of an identity for one subject.
pub fn credential_twice(world: &World, found: &mut Found) {
    let mut seen = HashMap::new();
    for credential in &world.credentials {
        let key = (&credential.identity, &credential.issuer, &credential.subject);
        if let Some(first) = seen.insert(key, &credential.address) {
            let message = format!("{first} already trusts {:?} of this issuer.", credential.subject);
            found.at(&credential.address, "subject", message);
        }
    }
}

/// An identity with roles that nobody acts as.
pub fn unused(world: &World, found: &mut Found) {
    if world.partial {
        return;
    }
    let mut seen = HashSet::new();
    let by_name: HashMap<&str, &Identity> = world.identities.iter().map(|i| (i.name.as_str(), i)).collect();
    for access in world.access() {
        if let Who::Identity(name) = &access.who
            && let Some(identity) = by_name.get(name.as_str())
            && is_managed(&identity.address)
            && !world.lent.contains(&identity.id)
            && seen.insert(&identity.address)
        {
            found.on(&identity.address, format!("Identity {name} holds {}.", access.role.name));
        }
    }
}
