//! What a migration to workload identity comes to, for people.

use crate::migrate::pod_identity::{Application, Fate, Migration, Move};

/// Which workloads use which identity or application, what is open, and what is good to know.
pub fn report(migration: &Migration) -> String {
    let (by_secret, bound): (Vec<&Move>, Vec<&Move>) =
        migration.moves.iter().partition(|one| one.application.is_some());
    let mut out = String::new();
    if !bound.is_empty() || by_secret.is_empty() {
        let verb = if bound.len() == 1 { "uses" } else { "use" };
        out.push_str(&format!("{} {verb} pod identity and can be moved:\n", count(bound.len())));
        out.extend(bound.iter().map(|one| workload(one, migration)));
    }
    if !by_secret.is_empty() {
        let gap = if out.is_empty() { "" } else { "\n" };
        let verb = if by_secret.len() == 1 { "signs" } else { "sign" };
        out.push_str(&format!(
            "{gap}{} {verb} in as an application with a secret and can be moved:\n",
            count(by_secret.len())
        ));
        out.extend(by_secret.iter().map(|one| workload(one, migration)));
    }
    if !migration.farewells.is_empty() {
        out.push_str("\nSecrets at the end:\n");
        for farewell in &migration.farewells {
            let fate = match &farewell.fate {
                Fate::Goes => "goes".to_owned(),
                Fate::Loses(keys) => {
                    format!("loses {}", keys.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
                }
                Fate::Stays(why) => format!("stays: {}", why.join("; ")),
            };
            out.push_str(&format!("  {}/{} {fate}\n", farewell.namespace, farewell.secret));
        }
    }
    for (title, sentences) in [("To be decided first:", &migration.open), ("Good to know:", &migration.notes)] {
        if !sentences.is_empty() {
            out.push_str(&format!("\n{title}\n"));
            out.push_str(&sentences.iter().map(|sentence| format!("  - {sentence}\n")).collect::<String>());
        }
    }
    out
}

fn count(number: usize) -> String {
    if number == 1 { "1 workload".to_owned() } else { format!("{number} workloads") }
}

fn workload(one: &Move, migration: &Migration) -> String {
    let is_its = |application: &&Application| Some(&application.client) == one.application.as_ref();
    let instead = migration.applications.iter().find(is_its).map(|application| {
        let secrets: Vec<&str> =
            one.pods.sign_ins.iter().flat_map(|sign_in| sign_in.held.keys()).map(String::as_str).collect();
        let held = match secrets.first() {
            Some(first) => format!(" (Secret {first}{})", if secrets.len() > 1 { " and others" } else { "" }),
            None if one.pods.sign_ins.is_empty() => String::new(),
            None => " (the secret stands in the manifest)".to_owned(),
        };
        format!(" in place of {}{held}", application.title())
    });
    let mut out = format!(
        "  {} as service account {}/{}, identity {}{}\n",
        one.pods.title(),
        one.namespace,
        one.account,
        one.identity.name,
        instead.unwrap_or_default()
    );
    out.extend(one.identity.roles.iter().map(|role| format!("      {role}\n")));
    if one.by_proxy {
        out.push_str("      with the proxy, since it speaks to the instance metadata service\n");
    }
    out
}
