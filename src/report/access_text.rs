//! Access for people and for tools.

use serde_json::{Value as Json, json};

use crate::access::{Access, AccessChange, Hop, Issuer, Reach, Scope, Who};
use crate::plan::Action;
use crate::report::change_text::symbol;
use crate::report::style::{Paint, Style};

/// So many lines are shown of one kind before they are counted.
const SHOWN: usize = 40;

/// What a plan means for access; empty when nothing changes.
pub fn changes(changes: &[AccessChange], style: &Style) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "Access changes:"));
    for gained in [false, true] {
        let of_kind: Vec<&AccessChange> = changes.iter().filter(|change| change.gained == gained).collect();
        let action = if gained { Action::Create } else { Action::Delete };
        for change in of_kind.iter().take(SHOWN) {
            let warning = if gained && change.access.role.grants_access() {
                style.paint(Paint::BoldRed, " and so can get any access there")
            } else {
                String::new()
            };
            text.push_str(&format!("{} {}{warning}\n", symbol(action, style), change.access));
        }
        if of_kind.len() > SHOWN {
            text.push_str(&format!("    and {} more\n", of_kind.len() - SHOWN));
        }
    }
    text
}

/// The same for tools: `access_changes`.
pub fn changes_json(changes: &[AccessChange]) -> Json {
    let entry = |change: &AccessChange| {
        let mut entry = access_json(&change.access);
        if let Some(fields) = entry.as_object_mut() {
            fields.insert("change".into(), if change.gained { "gained" } else { "lost" }.into());
        }
        entry
    };
    changes.iter().map(entry).collect()
}

/// Somebody's access for tools.
pub fn access_json(access: &Access) -> Json {
    let scope = match &access.scope {
        Scope::Known(id) => json!(id.as_str()),
        Scope::Later(_) => Json::Null,
    };
    json!({
        "summary": access.to_string(),
        "who": who_json(&access.who),
        "can": access.role.words(),
        "through": access.through,
        "credential": access.credential.as_ref().map(ToString::to_string),
        "role": access.role.name,
        "grants_access": access.role.grants_access(),
        "scope": scope,
        "scope_name": access.scope.to_string(),
        "condition": access.condition,
        "assignment": access.assignment.to_string(),
    })
}

fn who_json(who: &Who) -> Json {
    match who {
        Who::ServiceAccount { name, cluster } => {
            let (cluster, issuer) = match cluster {
                Issuer::Cluster(name) => (Some(name), None),
                Issuer::Elsewhere(issuer) => (None, Some(issuer)),
            };
            json!({ "kind": "service_account", "name": name, "cluster": cluster, "issuer": issuer })
        }
        Who::Federated { subject, issuer } => json!({ "kind": "federated", "name": subject, "issuer": issuer }),
        Who::ControlPlane(name) => json!({ "kind": "control_plane", "name": name }),
        Who::Nodes(name) => json!({ "kind": "nodes", "name": name }),
        Who::Identity(name) => json!({ "kind": "identity", "name": name }),
        Who::Principal { id, kind } => json!({ "kind": "principal", "name": id, "principal_type": kind }),
    }
}

/// Answers to `who-can` and `what-can`, a line each.
pub fn lines<T: ToString>(found: &[T]) -> String {
    found.iter().map(|one| format!("{}\n", one.to_string())).collect()
}

/// An answer to `who-can` for tools.
pub fn reach_json(reach: &Reach) -> Json {
    let mut entry = access_json(&reach.access);
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("inherited".into(), reach.inherited.into());
    }
    entry
}

/// A way, a hop below the other.
pub fn path(from: &str, hops: &[Hop]) -> String {
    let step = |(depth, hop): (usize, &Hop)| format!("{}└─ {}  ({})\n", "   ".repeat(depth), hop.to, hop.by);
    format!("{from}\n{}", hops.iter().enumerate().map(step).collect::<String>())
}
