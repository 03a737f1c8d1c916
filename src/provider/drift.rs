//! An object as it was recorded, held against the object as it is now.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Recorded;
use crate::value::Value;

/// Both sides of what may have changed outside, in the same words.
#[derive(Debug, Clone)]
pub struct Drift {
    /// As recorded.
    pub before: Value,
    /// As observed.
    pub after: Value,
    /// Attributes of which others have set or taken back something that no configuration speaks of. Nothing is planned
    /// to undo that, so that it is only here that a person hears of it.
    pub by_others: BTreeSet<Arc<str>>,
}

/// Something that gives access to or through an object, in a list that was read, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Its id.
    pub id: String,
    /// The id of what it belongs to.
    pub of: String,
    /// What it is: "the federated credential ci, by which ... signs in".
    pub words: String,
}

impl Drift {
    /// One value against the other.
    pub fn between(recorded: &Recorded, observed: &Recorded) -> Self {
        Self { before: recorded.value.clone(), after: observed.value.clone(), by_others: BTreeSet::new() }
    }
}
