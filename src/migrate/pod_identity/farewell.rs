//! What becomes of the Secrets that hold applications' secrets, once the workloads that move use them no more.

use std::collections::{BTreeMap, BTreeSet};

use super::{Migration, Move};
use crate::manifests::{Pods, SecretUse, Survey, is_for_login};

/// A Secret and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub secret: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes: there is nothing else in it.
    Goes,
    /// Only these keys go.
    Loses(BTreeSet<String>),
    /// It stays as it is, because of these.
    Stays(Vec<String>),
}

/// Works out what becomes of each Secret that a moved workload signs in with.
pub(super) fn bid(migration: &mut Migration, survey: &Survey) {
    let mut held: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for one in &migration.moves {
        for (secret, keys) in one.pods.sign_ins.iter().flat_map(|sign_in| &sign_in.held) {
            held.entry((one.namespace.clone(), secret.clone())).or_default().extend(keys.iter().cloned());
        }
    }
    let farewells = held.into_iter().map(|((namespace, secret), keys)| {
        let fate = fate(&namespace, &secret, &keys, &migration.moves, survey);
        Farewell { namespace, secret, fate }
    });
    migration.farewells = farewells.collect();
}

fn fate(namespace: &str, secret: &str, keys: &BTreeSet<String>, moves: &[Move], survey: &Survey) -> Fate {
    let users = survey.pods.iter().filter(|pods| pods.namespace.as_deref() == Some(namespace));
    let uses =
        users.flat_map(|pods| pods.secrets.iter().filter(|used| used.secret == secret).map(move |used| (pods, used)));
    let left: Vec<(&Pods, &SecretUse)> = uses.filter(|(pods, used)| !ends(pods, used, moves)).collect();
    let mut stays: Vec<String> =
        left.iter().filter(|(_, used)| touches(used, keys)).map(|(pods, used)| told(pods, used)).collect();
    stays.dedup();
    if !stays.is_empty() {
        return Fate::Stays(stays);
    }
    let vessel = survey.vessels.iter().find(|one| one.name == secret && one.namespace.as_deref() == Some(namespace));
    let is_spent = |key: &String| keys.contains(key) || is_for_login(key);
    match vessel {
        Some(vessel) if left.is_empty() && vessel.keys.iter().all(is_spent) => Fate::Goes,
        Some(_) => Fate::Loses(keys.clone()),
        None => Fate::Stays(vec!["what else it holds is not among what was given".to_owned()]),
    }
}

/// Whether a use of a Secret ends with the move of its workload.
fn ends(pods: &Pods, used: &SecretUse, moves: &[Move]) -> bool {
    let moves = moves.iter().any(|one| one.pods.kind == pods.kind && one.pods.full_name() == pods.full_name());
    let is_taken_out = |variable: &String| {
        let mut entries = pods.sign_ins.iter().flat_map(|sign_in| &sign_in.env);
        entries.any(|entry| entry["name"] == **variable)
    };
    moves && used.volume.is_none() && used.variable.as_ref().is_none_or(is_taken_out)
}

/// Whether what is used is, or has with it, one of these keys. A volume needs the whole Secret.
fn touches(used: &SecretUse, keys: &BTreeSet<String>) -> bool {
    used.volume.is_some() || used.keys.as_ref().is_none_or(|used| used.iter().any(|key| keys.contains(key)))
}

fn told(pods: &Pods, used: &SecretUse) -> String {
    match (&used.volume, &used.variable) {
        (Some(volume), _) => format!("{} has it in the volume {volume}", pods.title()),
        (None, Some(variable)) => format!("{} uses it for {variable}", pods.title()),
        (None, None) => format!("{} uses it", pods.title()),
    }
}
