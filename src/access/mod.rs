//! Who can do what: from a service account over its federated credential to an identity, over role assignments to roles
//! and scopes. Computed from what is recorded or planned, so that a plan can tell what it means for access.
//!
//! Azure's rules, from Microsoft's documentation of role-based access control: an assignment holds at its scope and at
//! everything below; a role allows what one of its permissions names among `actions` (or `dataActions`) and does not
//! take away among `notActions` (or `notDataActions`); a condition narrows data actions, and is shown rather than
//! evaluated. Deny assignments are not managed by any kind, so they are unknown here.

mod changes;
mod collect;
mod question;
mod role;
mod world;

pub use changes::{AccessChange, changes};
pub use collect::{around, recorded};
pub use question::{Hop, Reach, path, what_can, who_can};
pub use role::{Permissions, Role, matches};
pub use world::{Access, Assignment, Binding, Cluster, Credential, Identity, Issuer, Scope, Who, World};

#[cfg(test)]
mod tests;
