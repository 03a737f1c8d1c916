//! Roles: what they allow, and in words.

use std::borrow::Cow;

use crate::azure::roles::{self, BuiltInRole};

pub use crate::azure::roles::matches;

/// A role that is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// As people call it: `Key Vault Secrets User`.
    pub name: String,
    /// Tells it from others, in lower case: the definition's GUID, or its name where that is not known.
    pub key: String,
    /// What it allows; empty where that is not known.
    pub permissions: Vec<Permissions>,
    /// Azure's own, or somebody's.
    pub built_in: bool,
}

/// One permission of a role. A star stands for any text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// On resources, through Azure Resource Manager.
    pub actions: Vec<Cow<'static, str>>,
    /// What of it is not allowed.
    pub not_actions: Vec<Cow<'static, str>>,
    /// On what resources hold.
    pub data_actions: Vec<Cow<'static, str>>,
    /// What of it is not allowed.
    pub not_data_actions: Vec<Cow<'static, str>>,
}

impl Role {
    /// One of Azure's own.
    pub fn built_in(role: BuiltInRole) -> Self {
        let known = |list: &[&'static str]| list.iter().copied().map(Cow::Borrowed).collect();
        let permissions = role.permission().map(|permission| Permissions {
            actions: known(permission.actions),
            not_actions: known(permission.not_actions),
            data_actions: known(permission.data_actions),
            not_data_actions: known(permission.not_data_actions),
        });
        Self {
            name: role.name.to_owned(),
            key: role.guid.to_owned(),
            permissions: permissions.into_iter().collect(),
            built_in: true,
        }
    }

    /// A role of which only the name or the GUID is known: one of Azure's own, if it has that.
    pub fn named(text: &str) -> Self {
        roles::by_name(text).or_else(|| roles::by_guid(text)).map_or_else(
            || Self { name: text.to_owned(), key: text.to_lowercase(), permissions: Vec::new(), built_in: false },
            Self::built_in,
        )
    }

    /// Whether it allows an action, on resources or on their data.
    pub fn allows(&self, action: &str) -> bool {
        self.permissions.iter().any(|permission| permission.allows(action))
    }

    /// [`Role::allows`] for an action of which it is known already what it is on.
    pub fn allows_on(&self, plane: Plane, action: &str) -> bool {
        self.permissions.iter().any(|permission| permission.allows_on(plane, action))
    }

    /// What whoever holds it can do, before the name of the scope: `read secrets of`.
    pub fn words(&self) -> String {
        let known = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.name));
        known.map_or_else(|| format!("use the role {:?} on", self.name), |(_, words)| (*words).to_owned())
    }

    /// Whether it lets its holder change resources of whatever kind.
    pub fn manages_everything(&self) -> bool {
        ["Microsoft.Compute/virtualMachines/write", "Microsoft.KeyVault/vaults/delete"].iter().all(|a| self.allows(a))
    }

    /// Whether it lets its holder hand out access: with it, every other role is within reach.
    pub fn grants_access(&self) -> bool {
        self.allows("Microsoft.Authorization/roleAssignments/write")
    }
}

impl Permissions {
    /// Whether it names an action, on resources or on their data.
    pub fn allows(&self, action: &str) -> bool {
        self.allows_on(Plane::of(action), action)
    }

    fn allows_on(&self, plane: Plane, action: &str) -> bool {
        let any = |patterns: &[Cow<'static, str>]| patterns.iter().any(|pattern| matches(pattern, action));
        let on_data = plane != Plane::Management && any(&self.data_actions) && !any(&self.not_data_actions);
        on_data || plane != Plane::Data && any(&self.actions) && !any(&self.not_actions)
    }
}

/// What an action is on. Azure tells the two apart by the operation, not by its name; so do roles, which list them
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// On resources, through Azure Resource Manager: the star of Contributor reaches it.
    Management,
    /// On what resources hold: the star of Contributor does not reach it.
    Data,
    /// No built-in role tells.
    Either,
}

impl Plane {
    /// That of an action: as built-in roles list it. `Microsoft.KeyVault/vaults/*` and its like are too wide to tell,
    /// and reading, writing or deleting a resource of the first level is always management.
    pub fn of(action: &str) -> Self {
        let telling = |pattern: &&str| !pattern.contains('*') || pattern.split('/').count() > 3;
        if roles::data_actions().filter(telling).any(|pattern| matches(pattern, action)) {
            return Self::Data;
        }
        let parts: Vec<&str> = action.split('/').collect();
        let is_verb = |verb: &str| ["read", "write", "delete"].iter().any(|known| known.eq_ignore_ascii_case(verb));
        let first_level = matches!(parts.as_slice(), [_, _, verb] if is_verb(verb));
        let listed = || roles::actions().any(|listed| listed.eq_ignore_ascii_case(action));
        if first_level || listed() { Self::Management } else { Self::Either }
    }
}

/// Roles in words. A role that is not listed is called by its name.
#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    ("AcrDelete", "delete images of"),
    ("AcrPull", "pull images from"),
    ("AcrPush", "pull and push images of"),
    ("App Configuration Data Owner", "read and change configuration values of"),
    ("App Configuration Data Reader", "read configuration values of"),
    ("Azure Event Hubs Data Owner", "do everything with events of"),
    ("Azure Event Hubs Data Receiver", "receive events from"),
    ("Azure Event Hubs Data Sender", "send events to"),
    ("Azure Kubernetes Service Cluster Admin Role", "get administrator credentials of"),
    ("Azure Kubernetes Service Cluster User Role", "get user credentials of"),
    ("Azure Kubernetes Service Contributor Role", "manage"),
    ("Azure Kubernetes Service RBAC Admin", "administer the namespaces of"),
    ("Azure Kubernetes Service RBAC Cluster Admin", "administer everything inside"),
    ("Azure Kubernetes Service RBAC Reader", "see most objects inside"),
    ("Azure Kubernetes Service RBAC Writer", "change most objects inside"),
    ("Azure Service Bus Data Owner", "do everything with messages of"),
    ("Azure Service Bus Data Receiver", "receive messages from"),
    ("Azure Service Bus Data Sender", "send messages to"),
    ("Contributor", "manage everything, but not hand out access, in"),
    ("DNS Zone Contributor", "change DNS records of"),
    ("Key Vault Administrator", "do everything with keys, secrets and certificates of"),
    ("Key Vault Certificate User", "read certificates with their private keys of"),
    ("Key Vault Certificates Officer", "manage certificates of"),
    ("Key Vault Contributor", "manage, but not read the contents of,"),
    ("Key Vault Crypto Officer", "manage and use keys of"),
    ("Key Vault Crypto Service Encryption User", "encrypt storage with keys of"),
    ("Key Vault Crypto User", "encrypt, decrypt and sign with keys of"),
    ("Key Vault Reader", "list keys, secrets and certificates, without their values, of"),
    ("Key Vault Secrets Officer", "read and change secrets of"),
    ("Key Vault Secrets User", "read secrets of"),
    ("Managed Identity Contributor", "make, change and delete identities in"),
    ("Managed Identity Operator", "let resources use"),
    ("Monitoring Metrics Publisher", "publish metrics to"),
    ("Monitoring Reader", "read monitoring data of"),
    ("Network Contributor", "manage"),
    ("Owner", "do everything, also hand out access, in"),
    ("Private DNS Zone Contributor", "change DNS records of"),
    ("Reader", "see, but not change, everything in"),
    ("Role Based Access Control Administrator", "hand out access in"),
    ("Storage Account Contributor", "manage, also with its keys,"),
    ("Storage Blob Data Contributor", "read, write and delete blobs of"),
    ("Storage Blob Data Owner", "do everything with blobs of"),
    ("Storage Blob Data Reader", "read blobs of"),
    ("Storage Blob Delegator", "sign access to blobs of"),
    ("Storage File Data SMB Share Contributor", "read, write and delete files of"),
    ("Storage File Data SMB Share Reader", "read files of"),
    ("Storage Queue Data Contributor", "read, write and delete messages of"),
    ("Storage Queue Data Message Processor", "receive and delete messages of"),
    ("Storage Queue Data Message Sender", "send messages to"),
    ("Storage Queue Data Reader", "read messages of"),
    ("Storage Table Data Contributor", "read, write and delete rows of"),
    ("Storage Table Data Reader", "read rows of"),
    ("User Access Administrator", "hand out access in"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, action, fits) in [
            ("*", "Microsoft.KeyVault/vaults/read", true),
            ("*/read", "Microsoft.KeyVault/vaults/read", true),
            ("*/read", "Microsoft.KeyVault/vaults/readMetadata/action", false),
            ("microsoft.keyvault/VAULTS/*/read", "Microsoft.KeyVault/vaults/keys/read", true),
            ("Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/read", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("a**", "a", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, action), fits, "{pattern} {action}");
        }
    }

    #[test]
    fn what_is_taken_away_is_not_allowed() {
        let contributor = Role::named("contributor");
        assert!(contributor.allows("Microsoft.Compute/virtualMachines/write"));
        assert!(!contributor.allows("microsoft.authorization/roleassignments/write"));
        assert!(!contributor.allows("Microsoft.KeyVault/vaults/secrets/getSecret/action"));
        assert!(contributor.allows("Microsoft.KeyVault/vaults/read"));
        assert!(Role::named("Owner").grants_access());
        let secrets = Role::named("4633458b-17de-408a-b874-0445c86b69e6");
        assert_eq!(secrets.words(), "read secrets of");
        assert!(secrets.allows("Microsoft.KeyVault/vaults/secrets/getSecret/action"));
        assert!(!secrets.allows("Microsoft.KeyVault/vaults/secrets/setSecret/action"));
    }

    #[test]
    fn the_words_belong_to_roles_that_there_are() {
        for (name, _) in WORDS {
            assert!(roles::by_name(name).is_some(), "{name}");
        }
    }
}
