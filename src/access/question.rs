//! Questions about access.

use std::fmt;

use super::role::Plane;
use super::world::{Access, Who, World};
use crate::azure::arm_id::ArmId;

/// An answer: somebody's access, and whether it holds at the place asked for itself or comes from above.
#[derive(Debug, Clone)]
pub struct Reach {
    /// What.
    pub access: Access,
    /// The role is assigned above the place.
    pub inherited: bool,
}

/// One step from who asks to what is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What is reached by it.
    pub to: String,
    /// What leads there: an address of the configuration.
    pub by: String,
}

/// Who can do an action at a place.
pub fn who_can(world: &World, action: &str, place: &ArmId) -> Vec<Reach> {
    let plane = Plane::of(action);
    let denied = |access: &Access| world.denials.iter().any(|d| d.takes(&access.principal, action, place));
    let fits = |access: &Access| access.scope.covers(place) && access.role.allows_on(plane, action) && !denied(access);
    let mut found: Vec<Reach> = world
        .access()
        .into_iter()
        .filter(fits)
        .map(|access| Reach { inherited: access.scope.key() != &**place.key(), access })
        .collect();
    found.sort_by(|a, b| a.access.who.cmp(&b.access.who).then_with(|| a.access.scope.key().cmp(b.access.scope.key())));
    found
}

/// What somebody can do, in the order of places. `name` is a service account (`namespace/name`), pods (`namespace/selector`), the name of an
/// identity or a cluster, an object id, or the subject of a credential.
pub fn what_can(world: &World, name: &str) -> Vec<Access> {
    let mut found: Vec<Access> = world.access().into_iter().filter(|access| is_called(access, name)).collect();
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
    let to = format!("{} on {}", access.role.name, access.scope);
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
        Who::Principal { id, .. } => is(id),
    };
    own || access.through.as_deref().is_some_and(is)
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.access)?;
        if self.inherited { f.write_str(" (from above)") } else { Ok(()) }
    }
}
