//! What a service's directory says of those who hold its roles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Somebody to whom a role is given and of whom nothing but an object id is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The object id.
    pub id: String,
    /// `User`, `Group`, `ServicePrincipal`, as far as whoever asks knows.
    pub kind: Option<String>,
}

/// The service principal of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its object id, by which roles are assigned to it.
    pub object: String,
    /// What people call it, where that is known.
    pub name: Option<String>,
}

/// What a directory says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Those whom it knows, and those in groups, by object id in lower case.
    pub entries: BTreeMap<String, Entry>,
}

/// Somebody in a directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `User`, `Group`, `ServicePrincipal`, where it is known.
    pub kind: Option<String>,
    /// What people call it; not everybody may be told.
    pub name: Option<String>,
    /// Who is in it.
    pub members: Members,
}

/// Who is in a group, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// Nobody was asked, or it is no group.
    #[default]
    Unknown,
    /// The directory does not say, for this reason.
    Untold(String),
    /// These object ids, in lower case.
    Known(Vec<String>),
}

impl Entry {
    /// A group of which nothing but its name is known.
    pub fn of_group(name: Option<String>) -> Self {
        Self { kind: Some("Group".to_owned()), name, members: Members::Unknown }
    }
}
