//! Deny assignments: what is taken from somebody, whatever roles say. Azure makes them for what it manages itself
//! (managed applications, deployment stacks, the locked node group of a cluster); nobody else can.

use std::fmt;

use super::role::Permissions;
use super::world::{Access, Scope};
use crate::azure::arm_id::ArmId;

/// A deny assignment.
#[derive(Debug, Clone)]
pub struct Denial {
    /// What Azure calls it.
    pub name: String,
    /// What is denied.
    pub permissions: Vec<Permissions>,
    /// To whom: object ids in lower case.
    pub principals: Vec<String>,
    /// To everybody but those excepted.
    pub everybody: bool,
    /// Not to these: object ids in lower case.
    pub except: Vec<String>,
    /// Where.
    pub scope: Scope,
    /// At that place only, not below.
    pub only_there: bool,
}

impl Denial {
    /// Whether it takes an action at a place from a principal who is in these groups.
    pub fn takes(&self, principal: &str, groups: &[&str], action: &str, place: &ArmId) -> bool {
        let there = if self.only_there { self.scope.key() == &**place.key() } else { self.scope.covers(place) };
        self.concerns(principal, groups) && there && self.permissions.iter().any(|permission| permission.allows(action))
    }

    fn concerns(&self, principal: &str, groups: &[&str]) -> bool {
        let is =
            |ids: &[String]| ids.iter().any(|id| id.eq_ignore_ascii_case(principal) || groups.contains(&id.as_str()));
        (self.everybody || is(&self.principals)) && !is(&self.except)
    }

    /// Whether it may take something of what somebody could do otherwise.
    pub fn bears_on(&self, access: &Access, groups: &[&str]) -> bool {
        let (Scope::Known(there), Scope::Known(held)) = (&self.scope, &access.scope) else { return false };
        self.concerns(&access.principal, groups) && (access.scope.covers(there) || self.scope.covers(held))
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = self.permissions.iter().flat_map(|one| one.actions.iter().chain(&one.data_actions));
        let (taken, not): (Vec<&str>, Vec<&str>) = (
            patterns.map(AsRef::as_ref).collect(),
            self.permissions
                .iter()
                .flat_map(|one| one.not_actions.iter().chain(&one.not_data_actions))
                .map(AsRef::as_ref)
                .collect(),
        );
        let but = if not.is_empty() { String::new() } else { format!(" (but not {})", not.join(", ")) };
        let below = if self.only_there { " itself" } else { "" };
        write!(f, "deny assignment {:?} takes away {}{but} on {}{below}", self.name, taken.join(", "), self.scope)
    }
}
