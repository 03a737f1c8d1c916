//! Who can do what: from a service account over its federated credential to an identity, over role assignments to roles
//! and scopes. Computed from what is recorded or planned, so that a plan can tell what it means for access.
//!
//! Azure's rules, from Microsoft's documentation of role-based access control: an assignment holds at its scope and at
//! everything below; a role allows what one of its permissions names among `actions` (or `dataActions`) and does not
//! take away among `notActions` (or `notDataActions`); a condition narrows data actions, and is shown rather than
//! evaluated. Deny assignments are not managed by any kind: they are known of live Azure only ([`survey`]).

mod changes;
mod collect;
mod condition;
mod denial;
mod groups;
mod live;
mod question;
mod role;
mod who;
mod words;
mod world;

pub use changes::{AccessChange, changes};
pub use collect::{around, foreseen, recorded, strangers};
pub use condition::{Condition, Left, limits_grants};
pub use denial::Denial;
pub use groups::Group;
pub use live::{DENY_ASSIGNMENTS, survey};
pub use question::{Answer, Hop, Reach, denials, path, untold, what_can, who_can};
pub use role::{Permissions, Plane, Role, matches};
pub use who::{Issuer, Person, Roll, Who};
pub use world::{Access, Assignment, Cluster, Credential, Doors, Identity, PodIdentity, Scope, World};

#[cfg(test)]
mod tests;
