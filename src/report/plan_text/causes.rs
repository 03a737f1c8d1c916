//! Chains of reasons: a subnet is replaced because its network is, because somebody renamed that.

use std::collections::BTreeMap;

use super::headings::joined;
use crate::address::ConfigAddress;
use crate::plan::{InstanceChange, Plan, Reason};
use crate::value::Value;

/// A chain longer than this is cut.
const LONGEST: usize = 4;

/// What is replaced, and may be why something else is.
#[derive(Default)]
pub struct Causes<'p> {
    replaced: BTreeMap<ConfigAddress, &'p InstanceChange>,
}

impl<'p> Causes<'p> {
    /// Those of a plan.
    pub fn of(plan: &'p Plan) -> Self {
        let replaced = plan.changes.iter().filter(|change| change.action.is_replace());
        Self { replaced: replaced.map(|change| (change.address.config(), change)).collect() }
    }

    /// What a change follows from, up to the change that somebody wrote; `None` when it follows from none.
    pub fn chain(&self, change: &InstanceChange) -> Option<String> {
        let mut hops = Vec::new();
        let mut current = change;
        while hops.len() < LONGEST {
            let Some(cause) = self.cause(current) else { break };
            let why = if self.cause(cause).is_some() { String::new() } else { own_reason(cause) };
            hops.push(format!("{} is replaced{why}", cause.address));
            current = cause;
        }
        (!hops.is_empty()).then(|| format!("which follows: {}", hops.join(", because ")))
    }

    /// The nearest of what a change depends on that is replaced, when the change takes something from it that is not
    /// known yet.
    fn cause(&self, change: &InstanceChange) -> Option<&'p InstanceChange> {
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
        let is_nearest = |(address, _): &(&ConfigAddress, &&'p InstanceChange)| {
            !among.iter().any(|(_, other)| other.dependencies.contains(address))
        };
        among.iter().find(|one| is_nearest(one)).map(|(_, change)| **change)
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
