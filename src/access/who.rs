//! Those who can do something.

use std::sync::Arc;

/// Who can do something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A service account of a cluster.
    ServiceAccount {
        /// `namespace/name`
        name: String,
        /// The cluster's name, or the issuer where no cluster here has it.
        cluster: Issuer,
    },
    /// Another holder of tokens, such as a repository's workflow.
    Federated {
        /// Whom its token is about.
        subject: String,
        /// Who signs it.
        issuer: String,
    },
    /// The pods of a namespace with a label, by pod-managed identity.
    Pods {
        /// The namespace.
        namespace: String,
        /// What the label says.
        selector: String,
        /// The cluster's name.
        cluster: String,
    },
    /// What manages a cluster's resources.
    ControlPlane(String),
    /// A cluster's nodes; whatever runs on them can use their identity.
    Nodes(String),
    /// An identity that nothing here uses.
    Identity(String),
    /// A group of the directory.
    Group {
        /// What people call it.
        name: Option<String>,
        /// The object id.
        id: String,
        /// Who is in it.
        roll: Roll,
    },
    /// Somebody known by an object id.
    Principal {
        /// The object id.
        id: String,
        /// `User`, `ServicePrincipal`.
        kind: Option<String>,
        /// What the directory calls it.
        name: Option<String>,
    },
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issuer {
    /// A cluster of that name.
    Cluster(String),
    /// None of the clusters here.
    Elsewhere(String),
}

/// Who is in a group, beside those whose access is told by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Roll {
    /// It is not known.
    Unknown,
    /// The directory does not say, for this reason.
    Untold(Arc<str>),
    /// It has no members.
    Nobody,
    /// These, by name.
    Of(Arc<[Person]>),
}

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// What people call it.
    pub name: Option<String>,
    /// The object id.
    pub id: String,
    /// `User`, `ServicePrincipal`.
    pub kind: Option<String>,
}

impl Who {
    /// The same, whoever is in a group: who it is does not change with that.
    #[must_use]
    pub fn without_roll(&self) -> Self {
        match self {
            Self::Group { id, .. } => Self::Group { name: None, id: id.clone(), roll: Roll::Unknown },
            other => other.clone(),
        }
    }
}

impl Who {
    /// In few words: those in a group have lines of their own.
    pub fn brief(&self) -> String {
        match self {
            Self::Group { name, id, roll: Roll::Of(_) } => format!("group {}", name.as_ref().unwrap_or(id)),
            other => other.to_string(),
        }
    }
}

impl Person {
    /// Its name, or else its object id.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
