//! Drift that a team does not want to hear of: the `drift` blocks of `bowline.hcl`.

use std::sync::Arc;

use crate::address::Address;
use crate::config::Preferences;
use crate::value::{Path, PathStep, Value};

use super::{Action, InstanceChange, Stranger};

/// Drift that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Of which instance.
    pub address: Address,
    /// Why.
    pub reason: Arc<str>,
}

/// The drift that is left when what the team ignores is taken out of it.
pub fn without_ignored(drift: Vec<InstanceChange>, preferences: &Preferences) -> (Vec<InstanceChange>, Vec<Ignored>) {
    let (mut left, mut ignored) = (Vec::new(), Vec::new());
    for mut change in drift {
        let address = change.address.to_string();
        let mut reason = None;
        for preference in preferences.drift.iter().filter(|p| fits(&p.address.value, &address)) {
            if preference.attributes.is_empty() {
                change.before = change.after.clone();
                reason = Some(preference.reason.value.clone());
            } else if change.action == Action::Update {
                let before = as_after(&change, &preference.attributes);
                if !before.raw_eq(&change.before) {
                    reason = Some(preference.reason.value.clone());
                    change.before = before;
                }
            }
        }
        match reason {
            Some(reason) if change.before.raw_eq(&change.after) => {
                ignored.push(Ignored { address: change.address, reason });
            }
            _ => left.push(change),
        }
    }
    (left, ignored)
}

/// Those that stand beside nothing that the team ignores as a whole.
pub fn not_ignored(strangers: Vec<Stranger>, preferences: &Preferences) -> Vec<Stranger> {
    let whole =
        |address: &str| preferences.drift.iter().any(|p| p.attributes.is_empty() && fits(&p.address.value, address));
    strangers.into_iter().filter(|stranger| !whole(&stranger.beside.to_string())).collect()
}

/// What was recorded, with the attributes that are ignored as they are now.
fn as_after(change: &InstanceChange, attributes: &[Arc<str>]) -> Value {
    change.before.clone().transform(&mut |path, value| {
        let name = plain(path);
        let is_ignored = attributes.iter().any(|attribute| **attribute == *name);
        match change.after.at(path).filter(|_| is_ignored) {
            Some(now) => now.clone(),
            None => value,
        }
    })
}

/// `default_node_pool.node_count`: a path without positions.
fn plain(path: &Path) -> String {
    let names: Vec<&str> = path
        .0
        .iter()
        .filter_map(|step| match step {
            PathStep::Attribute(name) => Some(&**name),
            PathStep::Index(key) => key.as_str(),
        })
        .collect();
    names.join(".")
}

/// Whether an address fits a pattern in which a star stands for any text.
fn fits(pattern: &str, address: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| address.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, address, expected) in [
            ("azurerm_subnet.a", "azurerm_subnet.a", true),
            ("azurerm_subnet.a", "azurerm_subnet.ab", false),
            ("azurerm_subnet.*", "azurerm_subnet.a[\"x\"]", true),
            ("module.*.azurerm_subnet.a", "module.m[0].azurerm_subnet.a", true),
            ("module.*.azurerm_subnet.a", "azurerm_subnet.a", false),
            ("*", "anything", true),
            ("*_a", "b_a_a", true),
        ] {
            assert_eq!(fits(pattern, address), expected, "{pattern} {address}");
        }
    }
}
