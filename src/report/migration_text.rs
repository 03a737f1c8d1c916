//! What a migration from pod identity comes to, for people.

use crate::migrate::pod_identity::Migration;

/// Which workloads use which identity, what is open, and what is good to know.
pub fn report(migration: &Migration) -> String {
    let mut out = format!("{} workloads use pod identity and can be moved:\n", migration.moves.len());
    for one in &migration.moves {
        out.push_str(&format!(
            "  {} as service account {}/{}, identity {}\n",
            one.pods.title(),
            one.namespace,
            one.account,
            one.identity.name
        ));
        for role in &one.identity.roles {
            out.push_str(&format!("      {role}\n"));
        }
        if one.by_proxy {
            out.push_str("      with the proxy, since it speaks to the instance metadata service\n");
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
