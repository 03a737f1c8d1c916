//! Access for people and for tools.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use crate::access::{self, Access, AccessChange, Denial, Hop, Issuer, Person, Reach, Roll, Scope, Who};
use crate::plan::Action;
use crate::report::access_fold;
use crate::report::change_text::symbol;
use crate::report::plan_text::Detail;
use crate::report::style::{Paint, Style};

/// So many holders are named before they are counted.
const SHOWN: usize = 4;

/// What a plan means for access, a paragraph for each who gains or loses the same; empty when nothing changes. Where
/// there are many, those that are alike are told once, unless everything is wanted.
pub fn changes(changes: &[AccessChange], detail: Detail, style: &Style) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "Access changes:"));
    for (gained, action) in [(false, Action::Delete), (true, Action::Create)] {
        let of_kind = paragraphs(changes.iter().filter(|change| change.gained == gained).map(|change| &change.access));
        let folds = if detail == Detail::Verbose {
            of_kind.into_iter().map(access_fold::alone).collect()
        } else {
            access_fold::folded(of_kind)
        };
        for fold in folds {
            text.push_str(&format!("{} {}\n", symbol(action, style), fold.told.heading(gained)));
            for access in &fold.told.access {
                text.push_str(&format!("      {}\n", grant(access, gained, style)));
            }
            if let Some(like) = also(&fold.like) {
                text.push_str(&format!("      {}\n", style.paint(Paint::Faint, like)));
            }
        }
    }
    text + &untold(changes.iter().map(|change| &change.access))
}

/// What is said below a paragraph of those like it.
fn also(like: &[Paragraph<'_>]) -> Option<String> {
    let people: Vec<&Who> = like.iter().flat_map(|paragraph| paragraph.holders.iter().copied()).collect();
    (!like.is_empty()).then(|| {
        format!(
            "# (the same roles for {} more, each at places of its own: {}; -verbose shows each)",
            people.len(),
            holders(&people)
        )
    })
}

/// Those who have the same access through the same identity and group.
pub struct Paragraph<'a> {
    /// The identity and the group between.
    pub ways: Vec<String>,
    /// Who.
    pub holders: Vec<&'a Who>,
    /// What.
    pub access: Vec<&'a Access>,
}

impl Paragraph<'_> {
    /// `service accounts a/b and a/c (cluster prod), through identity api, can`
    pub fn heading(&self, gained: bool) -> String {
        let ways = self.ways.join(" and ");
        let through = if ways.is_empty() { ways } else { format!(", through {ways},") };
        let can = if gained { "can" } else { "can no longer" };
        format!("{}{through} {can}", holders(&self.holders))
    }
}

/// Access put together by who has the same.
pub fn paragraphs<'a>(found: impl Iterator<Item = &'a Access>) -> Vec<Paragraph<'a>> {
    let mut by_holder: BTreeMap<(Vec<String>, &Who), Vec<&Access>> = BTreeMap::new();
    for access in found {
        by_holder.entry((access.ways(), &access.who)).or_default().push(access);
    }
    let mut paragraphs: BTreeMap<(Vec<String>, Vec<Grant<'_>>), Paragraph<'_>> = BTreeMap::new();
    for ((ways, who), access) in by_holder {
        let grants = access.iter().map(|access| what(access)).collect();
        let empty = || Paragraph { ways: ways.clone(), holders: Vec::new(), access };
        paragraphs.entry((ways.clone(), grants)).or_insert_with(empty).holders.push(who);
    }
    paragraphs.into_values().collect()
}

/// Where, which role, under which condition.
pub type Grant<'a> = (&'a str, &'a str, Option<&'a str>);

/// What an access is about.
pub fn what(access: &Access) -> Grant<'_> {
    (access.scope.key(), &access.role.key, access.condition.as_deref())
}

/// `read secrets of vault kv-prod (Key Vault Secrets User)`
pub fn grant_text(access: &Access) -> String {
    let condition = access.condition_words().map(|words| format!(", under the condition: {words}")).unwrap_or_default();
    format!("{} {} ({}){condition}", access.role.words(), access.scope, access.role.name)
}

fn grant(access: &Access, gained: bool, style: &Style) -> String {
    let warning = if gained && access.grants_any() {
        style.paint(Paint::BoldRed, " and so can get any access there")
    } else {
        String::new()
    };
    format!("{}{warning}", grant_text(access))
}

/// `service accounts a/b and a/c (cluster prod)`
pub fn holders(holders: &[&Who]) -> String {
    let mut accounts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut others = Vec::new();
    for who in holders {
        match who {
            Who::ServiceAccount { name, cluster } => accounts.entry(of_issuer(cluster)).or_default().push(name),
            who => others.push(who.to_string()),
        }
    }
    let of_one = |(issuer, names): (String, Vec<&str>)| {
        let word = if names.len() == 1 { "service account" } else { "service accounts" };
        format!("{word} {} ({issuer})", listed(&names))
    };
    let all: Vec<String> = accounts.into_iter().map(of_one).chain(others).collect();
    listed(&all)
}

fn of_issuer(issuer: &Issuer) -> String {
    match issuer {
        Issuer::Cluster(name) => format!("cluster {name}"),
        Issuer::Elsewhere(issuer) => format!("of issuer {issuer}"),
    }
}

/// `a`, `a and b`, `a, b, c, d and 5 more`
pub fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let mut shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    if names.len() > SHOWN {
        return format!("{} and {} more", shown.join(", "), names.len() - SHOWN);
    }
    match (shown.pop(), shown.as_slice()) {
        (None, _) => String::new(),
        (Some(last), []) => last.to_owned(),
        (Some(last), first) => format!("{} and {last}", first.join(", ")),
    }
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
        Scope::Known(id) if !access.scope.is_open() => json!(id.as_str()),
        _ => Json::Null,
    };
    json!({
        "summary": access.to_string(),
        "who": who_json(&access.who),
        "can": access.role.words(),
        "through": access.through,
        "credential": access.credential.as_ref().map(ToString::to_string),
        "group": access.group,
        "role": access.role.name,
        "grants_access": access.role.grants_access(),
        "scope": scope,
        "scope_name": access.scope.to_string(),
        "condition": access.condition,
        "condition_in_words": access.condition_words(),
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
        Who::Pods { namespace, selector, cluster } => {
            json!({ "kind": "pods", "name": format!("{namespace}/{selector}"), "cluster": cluster })
        }
        Who::ControlPlane(name) => json!({ "kind": "control_plane", "name": name }),
        Who::Nodes(name) => json!({ "kind": "nodes", "name": name }),
        Who::Identity(name) => json!({ "kind": "identity", "name": name }),
        Who::Group { name, id, roll } => group_json(name.as_ref().unwrap_or(id), id, roll),
        Who::Principal { id, kind, name } => json!({
            "kind": "principal", "name": name.as_ref().unwrap_or(id), "id": id, "principal_type": kind,
        }),
    }
}

fn group_json(name: &str, id: &str, roll: &Roll) -> Json {
    let mut group = json!({ "kind": "group", "name": name, "id": id, "members_known": false });
    let Some(fields) = group.as_object_mut() else { return group };
    let mut known = |members: Json| {
        fields.insert("members_known".into(), true.into());
        fields.insert("members".into(), members);
    };
    match roll {
        Roll::Unknown => {}
        Roll::Untold(why) => {
            fields.insert("members_unknown_because".into(), (&**why).into());
        }
        Roll::Nobody => known(json!([])),
        Roll::Of(people) => {
            let person =
                |person: &Person| json!({ "id": person.id, "name": person.name, "principal_type": person.kind });
            known(people.iter().map(person).collect());
        }
    }
    group
}

/// That the directory does not tell who is in some groups, and what to do about it.
pub fn untold<'a>(found: impl Iterator<Item = &'a Access>) -> String {
    let line = |why: &str| {
        format!(
            "Who is in some groups is not known: {why}. With GroupMember.Read.All in Microsoft Graph the directory tells \
             it, or bowline.hcl names the members.\n"
        )
    };
    access::untold(found).into_iter().map(line).collect()
}

/// Answers to `who-can` and `what-can`, a line each.
pub fn lines<T: ToString>(found: &[T]) -> String {
    found.iter().map(|one| format!("{}\n", one.to_string())).collect()
}

/// The same in columns.
pub fn table<'a>(found: impl Iterator<Item = &'a Access>) -> String {
    let heads = ["WHO", "THROUGH", "ROLE", "SCOPE", "GRANTED BY"].map(str::to_owned);
    let row = |access: &Access| {
        let condition = if access.condition.is_some() { " (under a condition)" } else { "" };
        let ways: Vec<&str> = access.through.iter().chain(&access.group).map(String::as_str).collect();
        [
            access.who.brief(),
            if ways.is_empty() { "-".to_owned() } else { ways.join(", ") },
            format!("{}{condition}", access.role.name),
            access.scope.to_string(),
            access.assignment.to_string(),
        ]
    };
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(found.map(row)).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// An answer to `who-can` for tools.
pub fn reach_json(reach: &Reach) -> Json {
    let mut entry = access_json(&reach.access);
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("inherited".into(), reach.inherited.into());
        fields.insert("only_if".into(), json!(reach.only_if));
    }
    entry
}

/// Those who hold a role for it and are denied it all the same.
pub fn denied(denied: &[(Access, String)]) -> String {
    let line = |(access, by): &(Access, String)| {
        format!(
            "Not {}, who holds {} on {}: deny assignment {by:?} forbids it.\n",
            access.who, access.role.name, access.scope
        )
    };
    denied.iter().map(line).collect()
}

/// The same for tools.
pub fn denied_json(denied: &[(Access, String)]) -> Json {
    let entry = |(access, by): &(Access, String)| {
        let mut entry = access_json(access);
        if let Some(fields) = entry.as_object_mut() {
            fields.insert("denied_by".into(), by.as_str().into());
        }
        entry
    };
    denied.iter().map(entry).collect()
}

/// What is denied of what somebody could do otherwise.
pub fn denials(denials: &[&Denial]) -> String {
    denials.iter().map(|denial| format!("But {denial}.\n")).collect()
}

/// The same for tools.
pub fn denials_json(denials: &[&Denial]) -> Json {
    let entry = |denial: &&Denial| json!({ "name": denial.name, "summary": denial.to_string() });
    denials.iter().map(entry).collect()
}

/// A way, a hop below the other.
pub fn path(from: &str, hops: &[Hop]) -> String {
    let step = |(depth, hop): (usize, &Hop)| format!("{}└─ {}  ({})\n", "   ".repeat(depth), hop.to, hop.by);
    format!("{from}\n{}", hops.iter().enumerate().map(step).collect::<String>())
}
