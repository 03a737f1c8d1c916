//! Chains of reasons: a subnet is replaced because its network is, because somebody renamed that.

use std::collections::{BTreeMap, BTreeSet};

use super::headings::joined;
use crate::address::ConfigAddress;
use crate::plan::{InstanceChange, Plan, Reason};
use crate::value::Value;

/// A chain longer than this is cut.
const LONGEST: usize = 4;

/// What is replaced, and may be why something else is.
#[derive(Default)]
pub struct Causes<'p> {
    replaced: BTreeMap<ConfigAddress, Replaced<'p>>,
}

/// The instances of one block that are replaced.
struct Replaced<'p> {
    instances: Vec<&'p InstanceChange>,
    /// There is no other instance, and one reason holds for all.
    alike: bool,
}

impl<'p> Causes<'p> {
    /// Those of a plan.
    pub fn of(plan: &'p Plan) -> Self {
        if !plan.changes.iter().any(|change| change.action.is_replace()) {
            return Self::default();
        }
        let mut blocks: BTreeMap<ConfigAddress, (Vec<&'p InstanceChange>, usize)> = BTreeMap::new();
        for change in plan.changes.iter().filter(|change| change.deposed.is_none()) {
            let (instances, all) = blocks.entry(change.address.config()).or_default();
            *all += 1;
            instances.extend(change.action.is_replace().then_some(change));
        }
        let replaced = blocks.into_iter().filter(|(_, (instances, _))| !instances.is_empty());
        let replaced = replaced.map(|(block, (instances, all))| {
            let one_reason = instances.iter().map(|one| own_reason(one)).collect::<BTreeSet<_>>().len() == 1;
            (block, Replaced { alike: one_reason && instances.len() == all && all > 1, instances })
        });
        Self { replaced: replaced.collect() }
    }

    /// What a change follows from, up to the change that somebody wrote; `None` when it follows from none.
    pub fn chain(&self, change: &InstanceChange) -> Option<String> {
        let mut hops = Vec::new();
        let mut current = change;
        while hops.len() < LONGEST {
            let Some((block, among)) = self.cause(current) else { break };
            let Some(cause) = among.nearest_to(current) else { break };
            let why = if self.cause(cause).is_some() { String::new() } else { own_reason(cause) };
            // Where one thing happens to all instances, it happens to the block.
            let name = if among.alike { format!("every {block}") } else { cause.address.to_string() };
            hops.push(format!("{name} is replaced{why}"));
            current = cause;
        }
        (!hops.is_empty()).then(|| format!("which follows: {}", hops.join(", because ")))
    }

    /// The nearest of what a change depends on that is replaced, when the change takes something from it that is not
    /// known yet.
    fn cause(&self, change: &InstanceChange) -> Option<(&ConfigAddress, &Replaced<'p>)> {
        let follows = if change.action.is_replace() {
            change.replace_paths.iter().any(|path| change.after.at(path).is_some_and(|v| !v.is_wholly_known()))
        } else {
            !change.before.is_null() && taken_over(&change.before, &change.after)
        };
        if !follows {
            return None;
        }
        let own = change.address.config();
        let among: Vec<_> =
            change.dependencies.iter().filter(|d| **d != own).filter_map(|d| self.replaced.get_key_value(d)).collect();
        let is_nearest = |(address, _): &(&ConfigAddress, &Replaced<'p>)| {
            !among.iter().any(|(_, other)| other.instances.iter().any(|other| other.dependencies.contains(address)))
        };
        among.iter().find(|one| is_nearest(one)).copied()
    }
}

impl<'p> Replaced<'p> {
    /// The instance that a change most likely refers to: of its module, and of its key.
    fn nearest_to(&self, change: &InstanceChange) -> Option<&'p InstanceChange> {
        let likeness = |other: &&&InstanceChange| {
            (other.address.module == change.address.module, other.address.key == change.address.key)
        };
        // Of those that are equally alike the first.
        self.instances.iter().rev().max_by_key(likeness).copied()
    }
}

/// Whether something that was known is not known any more.
fn taken_over(before: &Value, after: &Value) -> bool {
    let (Some(before), Some(after)) = (before.as_fields(), after.as_fields()) else { return false };
    after.iter().any(|(name, value)| !value.is_wholly_known() && before.get(name).is_some_and(|was| !was.is_null()))
}

fn own_reason(change: &InstanceChange) -> String {
    match &change.reason {
        Some(Reason::CannotUpdate) => {
            let paths: Vec<String> = change.replace_paths.iter().map(ToString::to_string).collect();
            joined(&paths).map(|paths| format!(", because its {paths} cannot be changed in place")).unwrap_or_default()
        }
        Some(Reason::Tainted) => ", because it is tainted".into(),
        Some(Reason::Requested) => ", as requested".into(),
        Some(Reason::Triggered(_)) => ", by replace_triggered_by".into(),
        _ => String::new(),
    }
}
