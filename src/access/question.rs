//! Questions about access.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::condition::{Condition, Left};
use super::denial::Denial;
use super::role::Plane;
use super::who::{Roll, Who};
use super::world::{Access, World};
use crate::azure::arm_id::ArmId;

/// Who can do something somewhere.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Those who can.
    pub can: Vec<Reach>,
    /// Those who hold a role for it and are denied it, and by which deny assignment.
    pub denied: Vec<(Access, String)>,
}

/// Somebody's access, and whether it holds at the place asked for itself or comes from above.
#[derive(Debug, Clone)]
pub struct Reach {
    /// What.
    pub access: Access,
    /// The role is assigned above the place.
    pub inherited: bool,
    /// What must hold beside it, as far as the action and the place do not tell.
    pub only_if: Option<String>,
}

/// One step from who asks to what is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What is reached by it.
    pub to: String,
    /// What leads there: an address of the configuration.
    pub by: String,
}

/// Who can do an action at a place, and who cannot though they have a role for it.
pub fn who_can(world: &World, action: &str, place: &ArmId) -> Answer {
    let plane = Plane::of(action);
    let mut answer = Answer::default();
    let memberships = world.memberships();
    for access in world.everybodys_access() {
        if !access.scope.covers(place) || !access.role.allows_on(plane, action) {
            continue;
        }
        let only_if = match access.condition.as_deref().map(|text| left(text, action, place)) {
            None | Some(Left::Nothing) => None,
            Some(Left::Refusal) => continue,
            Some(Left::If(condition)) => Some(condition.to_string()),
        };
        let groups = groups_of(&memberships, &access);
        match world.denials.iter().find(|denial| denial.takes(&access.principal, groups, action, place)) {
            Some(denial) => answer.denied.push((access, denial.name.clone())),
            None => {
                answer.can.push(Reach { inherited: access.scope.key() != &**place.key(), only_if, access });
            }
        }
    }
    let order = |a: &Access, b: &Access| a.who.cmp(&b.who).then_with(|| a.scope.key().cmp(b.scope.key()));
    answer.can.sort_by(|a, b| order(&a.access, &b.access));
    answer.denied.sort_by(|a, b| order(&a.0, &b.0));
    answer
}

/// What is left of a condition; one that cannot be read stands as it is written.
fn left(text: &str, action: &str, place: &ArmId) -> Left {
    match Condition::read(text) {
        Ok(condition) => condition.left(action, place),
        Err(_) => Left::If(Condition::Unread(text.trim().to_owned())),
    }
}

/// The groups that the holder of an access is in.
fn groups_of<'m>(memberships: &'m HashMap<String, Vec<&str>>, access: &Access) -> &'m [&'m str] {
    memberships.get(&access.principal.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
}

/// Why the directory does not tell who is in some groups, each reason once.
pub fn untold<'a>(found: impl Iterator<Item = &'a Access>) -> BTreeSet<&'a str> {
    let reason = |access: &'a Access| match &access.who {
        Who::Group { roll: Roll::Untold(why), .. } => Some(&**why),
        _ => None,
    };
    found.filter_map(reason).collect()
}

/// What is denied of what these could do otherwise.
pub fn denials<'w>(world: &'w World, found: &[Access]) -> Vec<&'w Denial> {
    let memberships = world.memberships();
    let concerned =
        |denial: &&Denial| found.iter().any(|access| denial.bears_on(access, groups_of(&memberships, access)));
    world.denials.iter().filter(concerned).collect()
}

/// What somebody can do, in the order of places. `name` is a service account (`namespace/name`), pods (`namespace/selector`), the name of an
/// identity, a group or a cluster, an object id, or the subject of a credential.
pub fn what_can(world: &World, name: &str) -> Vec<Access> {
    let mut found: Vec<Access> =
        world.everybodys_access().into_iter().filter(|access| is_called(access, name)).collect();
    found.sort_by(|a, b| a.scope.key().cmp(b.scope.key()).then_with(|| a.role.name.cmp(&b.role.name)));
    found
}

/// Every way from somebody to a place.
pub fn path(world: &World, name: &str, place: &ArmId) -> Vec<Vec<Hop>> {
    let reaching = what_can(world, name).into_iter().filter(|access| access.scope.covers(place));
    reaching.map(|access| hops(&access)).collect()
}

fn hops(access: &Access) -> Vec<Hop> {
    let mut hops = Vec::new();
    if let Some(identity) = &access.through {
        let by = access.credential.as_ref().map_or_else(|| access.who.to_string(), ToString::to_string);
        hops.push(Hop { to: format!("identity {identity}"), by });
    }
    if let Some(group) = &access.group {
        hops.push(Hop { to: format!("group {group}"), by: "as a member".to_owned() });
    }
    let condition = access.condition_words().map(|words| format!(", under the condition: {words}")).unwrap_or_default();
    let to = format!("{} on {}{condition}", access.role.name, access.scope);
    hops.push(Hop { to, by: access.assignment.to_string() });
    hops
}

fn is_called(access: &Access, name: &str) -> bool {
    let is = |text: &str| text.eq_ignore_ascii_case(name);
    let own = match &access.who {
        Who::ServiceAccount { name, .. } => {
            is(name) || is(&format!("system:serviceaccount:{}", name.replace('/', ":")))
        }
        Who::Federated { subject, .. } => is(subject),
        Who::Pods { namespace, selector, .. } => is(&format!("{namespace}/{selector}")),
        Who::ControlPlane(cluster) | Who::Nodes(cluster) => is(cluster),
        Who::Identity(identity) => is(identity),
        Who::Group { name, id, .. } | Who::Principal { name, id, .. } => is(id) || name.as_deref().is_some_and(is),
    };
    own || access.through.as_deref().is_some_and(is) || is(&access.principal)
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.access.sentence())?;
        if self.inherited {
            f.write_str(" (from above)")?;
        }
        self.only_if.as_ref().map_or(Ok(()), |condition| write!(f, ", only if {condition}"))
    }
}
