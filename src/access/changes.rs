//! What a plan means for access.

use std::collections::BTreeMap;

use super::who::Who;
use super::world::{Access, World};

/// Access that somebody gains or loses.
#[derive(Debug, Clone)]
pub struct AccessChange {
    /// Gained, or lost.
    pub gained: bool,
    /// What.
    pub access: Access,
}

/// The difference between two worlds: what is lost first, then what is gained, each by who and where. Access that
/// remains, be it through another assignment, is no change.
pub fn changes(before: &World, after: &World) -> Vec<AccessChange> {
    let (before, after) = (keyed(before), keyed(after));
    let lost = before.iter().filter(|(key, _)| !after.contains_key(key)).map(|(_, access)| (false, access));
    let gained = after.iter().filter(|(key, _)| !before.contains_key(key)).map(|(_, access)| (true, access));
    lost.chain(gained).map(|(gained, access)| AccessChange { gained, access: access.clone() }).collect()
}

/// Who, where, what, through which identity and group, under which condition.
type Key = (Who, String, String, [Option<String>; 2], Option<String>);

fn keyed(world: &World) -> BTreeMap<Key, Access> {
    let key = |access: &Access| {
        (
            access.who.without_roll(),
            access.scope.key().to_owned(),
            access.role.key.to_lowercase(),
            [access.through.clone(), access.group.clone()],
            access.condition.clone(),
        )
    };
    world.access().into_iter().map(|access| (key(&access), access)).collect()
}
