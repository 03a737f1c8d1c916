//! How a state changes, one object at a time. The same changes are journal lines, so what is folded in after a
//! crash is what would have been recorded without one.

use std::fmt;
use std::sync::Arc;

use super::{DeposedKey, Instance, Resource, ResourceKey, Slot, State};
use crate::address::{Address, InstanceKey, ProviderAddress};

/// One object of an instance: the current one, or a deposed one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectAddress {
    /// The instance.
    pub address: Address,
    /// Which deposed object; `None` for the current one.
    pub deposed: Option<DeposedKey>,
}

/// One change of what is recorded.
#[derive(Debug, Clone)]
pub enum Change {
    /// An object was made, changed or read anew.
    Put {
        /// Which.
        object: ObjectAddress,
        /// The provider configuration that wrote it.
        provider: ProviderAddress,
        /// What it now is.
        instance: Arc<Instance>,
    },
    /// An object is gone.
    Remove {
        /// Which.
        object: ObjectAddress,
    },
    /// The current object is about to be replaced and waits for its destruction.
    Depose {
        /// The instance.
        address: Address,
        /// What to call the object from now on.
        key: DeposedKey,
    },
    /// The replacement was never made: the deposed object is current again.
    Restore {
        /// The instance.
        address: Address,
        /// The deposed object.
        key: DeposedKey,
    },
}

impl From<Address> for ObjectAddress {
    fn from(address: Address) -> Self {
        Self { address, deposed: None }
    }
}

impl fmt::Display for ObjectAddress {
    /// As Terraform prints it: `azurerm_subnet.a[0] (deposed object 0a1b2c3d)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.deposed.as_ref().map_or(Ok(()), |key| write!(f, " (deposed object {key})"))
    }
}

impl State {
    /// Makes a change. One that does not fit (nothing there to remove, depose or restore) changes nothing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Put { object, provider, instance } => self.put(object, provider, instance),
            Change::Remove { object } => self.remove(object),
            Change::Depose { address, key } => {
                if let Some(slot) = self.slot_mut(address)
                    && let Some(instance) = slot.current.take()
                {
                    slot.deposed.insert(key.clone(), instance);
                }
            }
            Change::Restore { address, key } => {
                if let Some(slot) = self.slot_mut(address)
                    && slot.current.is_none()
                {
                    slot.current = slot.deposed.remove(key);
                }
            }
        }
    }

    fn put(&mut self, object: &ObjectAddress, provider: &ProviderAddress, instance: &Arc<Instance>) {
        let resource = self
            .resources
            .entry(ResourceKey::of(&object.address))
            .or_insert_with(|| Resource { provider: provider.block(), instances: std::collections::BTreeMap::new() });
        let is_one_of_several = provider.key != InstanceKey::None;
        if is_one_of_several {
            resource.provider = provider.block();
        } else if resource.provider != *provider {
            resource.provider = provider.clone();
        }
        let slot = resource.instances.entry(object.address.key.clone()).or_default();
        slot.provider = is_one_of_several.then(|| provider.clone());
        match &object.deposed {
            None => slot.current = Some(Arc::clone(instance)),
            Some(key) => {
                slot.deposed.insert(key.clone(), Arc::clone(instance));
            }
        }
    }

    fn remove(&mut self, object: &ObjectAddress) {
        let Some(slot) = self.slot_mut(&object.address) else { return };
        match &object.deposed {
            None => slot.current = None,
            Some(key) => {
                slot.deposed.remove(key);
            }
        }
        if slot.current.is_none() && slot.deposed.is_empty() {
            self.take(&object.address);
        }
    }

    /// Takes an instance with all its objects out.
    pub fn take(&mut self, address: &Address) -> Option<Slot> {
        let key = ResourceKey::of(address);
        let resource = self.resources.get_mut(&key)?;
        let slot = resource.instances.remove(&address.key);
        if resource.instances.is_empty() {
            self.resources.remove(&key);
        }
        slot
    }

    /// Gives an instance with all its objects another address. `false`, and nothing changes, when `from` is not
    /// recorded or `to` already is.
    pub fn rename(&mut self, from: &Address, to: &Address) -> bool {
        self.slot(to).is_none()
            && self.provider(from).cloned().is_some_and(|provider| {
                let slot = self.take(from);
                slot.map(|slot| self.insert(to, &provider, slot)).is_some()
            })
    }

    /// Gives an instance with all its objects to another state. `false`, and nothing changes, when `from` is not
    /// recorded here or `to` is there.
    pub fn hand_over(&mut self, from: &Address, other: &mut Self, to: &Address) -> bool {
        other.slot(to).is_none()
            && self.provider(from).cloned().is_some_and(|provider| {
                let slot = self.take(from);
                slot.map(|slot| other.insert(to, &provider, slot)).is_some()
            })
    }

    fn insert(&mut self, address: &Address, provider: &ProviderAddress, slot: Slot) {
        self.resources
            .entry(ResourceKey::of(address))
            .or_insert_with(|| Resource { provider: provider.block(), instances: std::collections::BTreeMap::new() })
            .instances
            .insert(address.key.clone(), slot);
    }

    fn slot_mut(&mut self, address: &Address) -> Option<&mut Slot> {
        self.resources.get_mut(&ResourceKey::of(address))?.instances.get_mut(&address.key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::state::Attributes;

    fn named(id: &str) -> Arc<Instance> {
        Arc::new(Instance {
            attributes: Attributes::from_json(&serde_json::json!({ "id": id })),
            ..Instance::default()
        })
    }

    fn put(object: ObjectAddress, id: &str) -> Change {
        Change::Put { object, provider: ProviderAddress::default_of("p"), instance: named(id) }
    }

    fn ids(state: &State) -> Vec<String> {
        state
            .objects()
            .map(|(object, _, instance)| format!("{object} {}", instance.attributes.to_json()["id"]))
            .collect()
    }

    #[test]
    fn a_replacement_that_makes_the_new_object_first_goes_through_a_deposed_one() {
        let address = Address::parse("a.b[0]").unwrap();
        let key = DeposedKey::parse("0000000a").unwrap();
        let old = ObjectAddress { address: address.clone(), deposed: Some(key.clone()) };
        let mut state = State::new();
        for (change, expected) in [
            (put(address.clone().into(), "1"), vec!["a.b[0] \"1\""]),
            (
                Change::Depose { address: address.clone(), key: key.clone() },
                vec!["a.b[0] (deposed object 0000000a) \"1\""],
            ),
            (put(address.clone().into(), "2"), vec!["a.b[0] \"2\"", "a.b[0] (deposed object 0000000a) \"1\""]),
            (
                Change::Restore { address: address.clone(), key },
                vec!["a.b[0] \"2\"", "a.b[0] (deposed object 0000000a) \"1\""],
            ),
            (Change::Remove { object: old }, vec!["a.b[0] \"2\""]),
            (Change::Remove { object: address.into() }, vec![]),
        ] {
            state.apply(&change);
            assert_eq!(ids(&state), expected, "{change:?}");
        }
        assert!(state.is_empty());
    }

    #[test]
    fn renaming_moves_every_object_and_never_overwrites() {
        let [a, b] = ["a.b", "module.m[\"k\"].a.c[1]"].map(|text| Address::parse(text).unwrap());
        let mut state = State::new();
        state.apply(&put(a.clone().into(), "1"));
        assert!(state.rename(&a, &b));
        assert_eq!(ids(&state), ["module.m[\"k\"].a.c[1] \"1\""]);
        state.apply(&put(a.clone().into(), "2"));
        assert!(!state.rename(&a, &b));
        assert_eq!(ids(&state).len(), 2);
    }

    #[test]
    fn a_new_deposed_key_is_not_one_that_is_taken() {
        let address = Address::parse("a.b").unwrap();
        let first = DeposedKey::unused(&address, &std::collections::BTreeMap::new());
        let second = DeposedKey::unused(&address, &[(first.clone(), named("1"))].into());
        assert_ne!(first, second);
        assert_eq!(DeposedKey::parse(second.as_str()), Some(second));
    }
}
