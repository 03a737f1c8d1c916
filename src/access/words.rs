//! Who, where and what in words.

use std::borrow::Cow;
use std::fmt;

use super::condition::{Condition, limits_grants};
use super::who::{Issuer, Person, Roll, Who};
use super::world::{Access, Scope};

/// So many of those in a group are named before they are counted.
const NAMED: usize = 4;

/// What a kind manages, where a scope has nothing but its address.
#[rustfmt::skip]
const NOUNS: &[(&str, &str)] = &[
    ("azurerm_container_registry", "registry"),
    ("azurerm_key_vault", "vault"),
    ("azurerm_kubernetes_cluster", "cluster"),
    ("azurerm_management_group", "management group"),
    ("azurerm_private_dns_zone", "zone"),
    ("azurerm_resource_group", "resource group"),
    ("azurerm_storage_account", "storage account"),
    ("azurerm_storage_container", "container"),
    ("azurerm_subnet", "subnet"),
    ("azurerm_subscription", "subscription"),
    ("azurerm_user_assigned_identity", "identity"),
    ("azurerm_virtual_network", "network"),
];

/// `vault data.azurerm_key_vault.prod (which one is known after apply)`
fn later(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let source = text.trim_matches(['<', '>']);
    let address = source.strip_suffix(".id").unwrap_or(source);
    let noun = NOUNS.iter().find(|(kind, _)| address.split(['.', '[']).any(|part| part == *kind));
    let noun = noun.map(|(_, noun)| format!("{noun} ")).unwrap_or_default();
    write!(f, "{noun}{address} (which one is known after apply)")
}

/// `kv-${random_id.suffix.hex} (known after apply)` for a name that is not known yet.
fn open_name(name: &str) -> Cow<'_, str> {
    if !name.contains('<') {
        return Cow::Borrowed(name);
    }
    format!("{} (known after apply)", name.replace('<', "${").replace('>', "}")).into()
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match self {
            Self::Known(id) => id,
            Self::Later(text) => return later(text, f),
        };
        let kind = id.resource_type().to_lowercase();
        let name = &*open_name(id.name());
        match kind.as_str() {
            "microsoft.resources/tenants" => f.write_str("the whole tenant"),
            "microsoft.resources/subscriptions" => write!(f, "subscription {name}"),
            "microsoft.resources/resourcegroups" => write!(f, "resource group {name}"),
            "microsoft.management/managementgroups" => write!(f, "management group {name}"),
            "microsoft.keyvault/vaults" => write!(f, "vault {name}"),
            "microsoft.containerregistry/registries" => write!(f, "registry {name}"),
            "microsoft.containerservice/managedclusters" => write!(f, "cluster {name}"),
            "microsoft.managedidentity/userassignedidentities" => write!(f, "identity {name}"),
            "microsoft.storage/storageaccounts" => write!(f, "storage account {name}"),
            "microsoft.storage/storageaccounts/blobservices/containers" => {
                write!(f, "container {name} of {}", open_name(id.segment("storageAccounts").unwrap_or_default()))
            }
            "microsoft.network/virtualnetworks" => write!(f, "network {name}"),
            "microsoft.network/virtualnetworks/subnets" => {
                write!(f, "subnet {name} of {}", open_name(id.segment("virtualNetworks").unwrap_or_default()))
            }
            "microsoft.network/privatednszones" | "microsoft.network/dnszones" => write!(f, "zone {name}"),
            _ => write!(f, "{} {name}", id.resource_type()),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceAccount { name, cluster: Issuer::Cluster(cluster) } => {
                write!(f, "service account {name} (cluster {cluster})")
            }
            Self::ServiceAccount { name, cluster: Issuer::Elsewhere(issuer) } => {
                write!(f, "service account {name} (of issuer {issuer})")
            }
            Self::Federated { subject, issuer } => write!(f, "{subject} (of issuer {issuer})"),
            Self::Pods { namespace, selector, cluster } => {
                write!(f, "pods labelled {selector} in namespace {namespace} (cluster {cluster})")
            }
            Self::ControlPlane(cluster) => write!(f, "control plane of cluster {cluster}"),
            Self::Nodes(cluster) => write!(f, "nodes of cluster {cluster}"),
            Self::Identity(name) => write!(f, "identity {name} (used by nothing here)"),
            Self::Group { name, id, roll } => match name {
                Some(name) => write!(f, "group {name} ({id}{})", members(roll, ": ", ", ")),
                None => match members(roll, "", "").as_str() {
                    "" => write!(f, "group {id}"),
                    told => write!(f, "group {id} ({told})"),
                },
            },
            Self::Principal { id, kind, name } => {
                let kind = match kind.as_deref() {
                    Some("User") => "user",
                    Some("ServicePrincipal") => "service principal",
                    _ => "principal",
                };
                match name {
                    Some(name) => write!(f, "{kind} {name} ({id})"),
                    None => write!(f, "{kind} {id}"),
                }
            }
        }
    }
}

/// Who is in a group, as far as it is to be told: those on its roll after one sign, what else there is to say after
/// another.
fn members(roll: &Roll, before_names: &str, before_words: &str) -> String {
    match roll {
        Roll::Unknown => format!("{before_words}whose members are not known here"),
        Roll::Untold(_) => format!("{before_words}whose members could not be read"),
        Roll::Nobody => format!("{before_words}which has no members"),
        Roll::Of(people) if people.is_empty() => String::new(),
        Roll::Of(people) => {
            let names: Vec<&str> = people.iter().take(NAMED).map(Person::called).collect();
            match people.len().saturating_sub(NAMED) {
                0 => format!("{before_names}{}", names.join(", ")),
                more => format!("{before_names}{} and {more} more", names.join(", ")),
            }
        }
    }
}

impl Access {
    /// Whether it lets its holder hand out any role there.
    pub fn grants_any(&self) -> bool {
        self.role.grants_access() && !limits_grants(self.condition.as_deref())
    }

    /// What must hold beside the role, in words; as it is written where it cannot be read.
    pub fn condition_words(&self) -> Option<String> {
        let text = self.condition.as_ref()?;
        Some(Condition::read(text).map_or_else(|_| text.trim().to_owned(), |condition| condition.to_string()))
    }

    /// `service account payments/api (cluster prod) can read secrets of vault kv, through identity api and Key Vault
    /// Secrets User`
    pub fn sentence(&self) -> String {
        let ways = self.ways().into_iter().chain([self.role.name.clone()]).collect::<Vec<_>>();
        format!("{} can {} {}, through {}", self.who, self.role.words(), self.scope, ways.join(" and "))
    }

    /// The identity and the group between.
    pub fn ways(&self) -> Vec<String> {
        let identity = self.through.as_ref().map(|name| format!("identity {name}"));
        identity.into_iter().chain(self.group.as_ref().map(|name| format!("group {name}"))).collect()
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        match self.condition_words() {
            Some(words) => write!(f, ", under the condition: {words}"),
            None => Ok(()),
        }
    }
}
