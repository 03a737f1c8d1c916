//! What a stack knows of the service accounts of its clusters.

use crate::access::World;

/// The service accounts that a stack's federated credentials trust, and the selectors of its pod identities.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// One for each service account and identity.
    pub accounts: Vec<Account>,
    /// Pod identities.
    pub bindings: Vec<Binding>,
}

/// A service account that an identity trusts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The client id of the identity, once that exists.
    pub client: Option<String>,
    /// The identity's name.
    pub identity: String,
    /// The address of the credential.
    pub credential: String,
}

/// A pod identity of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where its pods are.
    pub namespace: String,
    /// The value of their label `aadpodidbinding`.
    pub selector: String,
    /// The client id of the identity, once that exists.
    pub client: Option<String>,
}

impl Stack {
    /// From everything that bears on access.
    pub fn of(world: &World) -> Self {
        let identity = |id: &str| world.identities.iter().find(|identity| &*identity.id == id);
        let client = |id: &str| identity(id)?.client.clone().filter(|client| !client.starts_with('<'));
        let mut accounts: Vec<Account> = world
            .credentials
            .iter()
            .filter_map(|credential| {
                let (namespace, name) = credential.subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
                Some(Account {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    client: client(&credential.identity),
                    identity: identity(&credential.identity).map_or_else(
                        || credential.identity.rsplit('/').next().unwrap_or_default().to_owned(),
                        |identity| identity.name.clone(),
                    ),
                    credential: credential.address.to_string(),
                })
            })
            .collect();
        // One account is trusted in several clusters by as many credentials.
        accounts.sort();
        accounts.dedup_by(|a, b| (&a.namespace, &a.name, &a.identity) == (&b.namespace, &b.name, &b.identity));
        let bindings = world.pod_identities.iter().map(|binding| Binding {
            namespace: binding.namespace.clone(),
            selector: binding.selector.clone(),
            client: client(&binding.identity),
        });
        Self { accounts, bindings: bindings.collect() }
    }

    /// The accounts of a namespace; of every namespace where it is not known.
    pub fn of_namespace<'s>(&'s self, namespace: Option<&'s str>) -> impl Iterator<Item = &'s Account> {
        self.accounts.iter().filter(move |account| namespace.is_none_or(|namespace| namespace == account.namespace))
    }

    /// The accounts that go by a name in a namespace.
    pub fn named<'s>(&'s self, namespace: Option<&'s str>, name: &'s str) -> impl Iterator<Item = &'s Account> {
        self.of_namespace(namespace).filter(move |account| account.name == name)
    }
}
