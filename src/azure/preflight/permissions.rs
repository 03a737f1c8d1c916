//! Whether we may do what is about to be done. Azure tells what the caller may do at a scope; what holds at a scope holds
//! for everything beneath it, so the widest scope is asked first, and a narrower one only where that was not enough.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Deed, Flight, Unanswered, Write, each};
use crate::azure::arm_id::ArmId;
use crate::azure::roles::matches;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Path;

/// The version in which permissions are listed at a scope.
const VERSION: &str = "2022-04-01";

const ASSIGN: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
const JOIN: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";

/// Something that we must be allowed to do.
struct Need {
    at: usize,
    action: String,
    /// On what.
    target: ArmId,
    path: Path,
    doing: &'static str,
    /// Where it can be allowed, the widest first.
    scopes: Vec<ArmId>,
}

/// What Azure says of the caller at each scope.
type Told = BTreeMap<String, Vec<Permission>>;

struct Permission {
    actions: Vec<String>,
    not_actions: Vec<String>,
}

/// What Azure would not let us do.
pub(super) async fn objections(flight: &Flight<'_>) -> Vec<(usize, Finding)> {
    let mut open: Vec<Need> = flight.writes.iter().flat_map(|write| needs(flight, write)).collect();
    let mut found = Vec::new();
    let mut unanswered = Unanswered::default();
    let mut told = Told::new();
    for depth in 0.. {
        let scopes: BTreeSet<&str> = open.iter().filter_map(|need| Some(&**need.scopes.get(depth)?.key())).collect();
        if scopes.is_empty() {
            break;
        }
        let ask = |scope: &str| {
            let scope = scope.to_owned();
            async move {
                let answer = permissions(flight, &scope).await;
                (scope, answer)
            }
        };
        let answers = each(scopes.into_iter().map(ask).collect()).await;
        for (scope, answer) in answers {
            match answer {
                Ok(permissions) => {
                    told.insert(scope, permissions);
                }
                Err(error) => {
                    let first = open.iter().find(|need| need.scopes.get(depth).is_some_and(|at| **at.key() == *scope));
                    let at = first.map_or(0, |need| need.at);
                    found.extend(unanswered.tell(at, "what you may do", &error));
                }
            }
        }
        open.retain(|need| !need.scopes.iter().take(depth + 1).any(|scope| allows(&told, scope, &need.action)));
    }
    let who = caller(flight).await;
    // Where Azure did not say what we may do, nothing follows.
    let refused = open.iter().filter(|need| need.scopes.iter().all(|scope| told.contains_key(&**scope.key())));
    found.extend(refused.map(|need| objection(need, &who)));
    found
}

/// What a write takes: the right to it, and to link what it refers to.
fn needs(flight: &Flight<'_>, write: &Write<'_>) -> Vec<Need> {
    let (verb, doing) = match write.deed {
        Deed::Create => ("write", "make it"),
        Deed::Change => ("write", "change it"),
        Deed::Delete => ("delete", "remove it"),
    };
    let need = |action: String, target: &ArmId, path: Path, doing: &'static str| {
        let scopes = scopes(flight, target);
        Need { at: write.at, action, target: target.clone(), path, doing, scopes }
    };
    let mut needs = vec![need(format!("{}/{verb}", action_type(&write.id)), &write.id, Path::default(), doing)];
    if write.deed != Deed::Delete {
        let had = linked(&write.before);
        for (action, id) in linked(&write.body) {
            let Ok(target) = ArmId::parse(&id) else { continue };
            let is_new = !had.iter().any(|(before, other)| *before == action && other.eq_ignore_ascii_case(&id));
            if is_new {
                let path = if action == ASSIGN { Path::attribute("identity") } else { Path::default() };
                let doing = if action == ASSIGN { "give it that identity" } else { "put it into that subnet" };
                needs.push(need(action.to_owned(), &target, path, doing));
            }
        }
    }
    needs
}

/// A type as actions have it.
fn action_type(id: &ArmId) -> String {
    if id.is_type("Microsoft.Resources/resourceGroups") {
        return "Microsoft.Resources/subscriptions/resourceGroups".to_owned();
    }
    id.normalised().resource_type()
}

/// The scopes at which something can be allowed that exist already, the widest first.
fn scopes(flight: &Flight<'_>, target: &ArmId) -> Vec<ArmId> {
    let above = std::iter::successors(Some(target.clone()), ArmId::parent);
    let mut scopes: Vec<ArmId> = above.filter(|scope| **scope.key() != *"/" && !flight.is_to_be_made(scope)).collect();
    scopes.reverse();
    scopes
}

/// What a body refers to that its writer must have a right to, with that right.
fn linked(body: &Json) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let given = body.pointer("/identity/userAssignedIdentities").and_then(Json::as_object);
    found.extend(given.into_iter().flat_map(serde_json::Map::keys).map(|id| (ASSIGN, id.clone())));
    subnets(body, &mut found);
    found
}

fn subnets(json: &Json, found: &mut BTreeSet<(&'static str, String)>) {
    const NAMES: [&str; 2] = ["vnetSubnetID", "podSubnetID"];
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(id) if NAMES.contains(&name.as_str()) && !id.is_empty() => {
                        found.insert((JOIN, id.to_owned()));
                    }
                    _ => subnets(member, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| subnets(item, found)),
        _ => {}
    }
}

async fn permissions(flight: &Flight<'_>, scope: &str) -> Result<Vec<Permission>, crate::azure::arm::ArmError> {
    let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
    let listed = flight.list(&path, VERSION, None).await?;
    let texts = |json: &Json, name: &str| {
        let items = json.get(name).and_then(Json::as_array);
        items.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let permission =
        |json: &Json| Permission { actions: texts(json, "actions"), not_actions: texts(json, "notActions") };
    Ok(listed.iter().map(permission).collect())
}

fn allows(told: &Told, scope: &ArmId, action: &str) -> bool {
    // The built-in role has a star where the action's own name has nothing.
    let starred = "Microsoft.ManagedIdentity/userAssignedIdentities/any/assign/action";
    let forms = [action, if action == ASSIGN { starred } else { action }];
    let any = |patterns: &[String], form: &str| patterns.iter().any(|pattern| matches(pattern, form));
    told.get(&**scope.key()).into_iter().flatten().any(|permission| {
        forms.iter().any(|form| any(&permission.actions, form) && !any(&permission.not_actions, form))
    })
}

/// Who we are, as whoever hands out roles has to know it.
async fn caller(flight: &Flight<'_>) -> String {
    match flight.azure.client.claims().await {
        Ok(claims) if !claims.object_id.is_empty() => format!("The principal {}", claims.object_id),
        _ => "Whoever is signed in".to_owned(),
    }
}

fn objection(need: &Need, who: &str) -> (usize, Finding) {
    let widest = need.scopes.last().map_or_else(|| need.target.as_str(), |scope| scope.as_str());
    let detail = format!(
        "{who} has no role that allows {} on {}, so Azure would refuse to {}. Have a role assigned that allows it at {widest} \
         or above; one that was assigned within the last minutes may not have taken effect yet.",
        need.action,
        need.target.as_str(),
        need.doing
    );
    (need.at, Finding { path: need.path.clone(), diagnostic: Diagnostic::error("Not allowed", detail) })
}
