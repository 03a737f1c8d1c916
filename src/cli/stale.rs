//! Whether a saved plan may still be carried out: it may, unless a resource in it was changed since. What was changed
//! beside it is taken over from what is recorded now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::address::ConfigAddress;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::plan::saved::SavedPlan;
use crate::state::{Change, Loaded as Recorded, ObjectAddress};

/// So many resources are named.
const NAMED: usize = 8;

/// Brings a saved plan to what is recorded now, or refuses it.
pub fn brought_up(saved: &mut SavedPlan, recorded: &Recorded, path: &Path) -> Result<(), Diagnostic> {
    let stale = |why: String| {
        Err(Diagnostic::error("Saved plan is stale", format!("{} {why}. Plan again, and apply that.", path.display())))
    };
    let (base, state) = (&saved.plan.base, &recorded.state);
    if base.lineage != state.lineage && !base.lineage.is_empty() {
        return stale("was made from another state than the one that is recorded here".to_owned());
    }
    if base.journal != recorded.journal {
        return stale("does not know what an interrupted run has done since it was made".to_owned());
    }
    if base.serial == state.serial && base.lineage == state.lineage {
        return Ok(());
    }
    let changed = differing(&saved.recorded, &state.digests());
    let touched = touched(&saved.plan);
    let (at_stake, beside): (Vec<_>, Vec<_>) = changed.into_iter().partition(|name| touched.has(name));
    if !at_stake.is_empty() {
        let more = if at_stake.len() > NAMED { format!(" and {} more", at_stake.len() - NAMED) } else { String::new() };
        let names: Vec<&str> = at_stake.iter().take(NAMED).map(String::as_str).collect();
        return stale(format!(
            "was made from serial {} of the state, and in serial {} something else is recorded of what it changes or \
             depends on: {}{more}",
            base.serial,
            state.serial,
            names.join(", ")
        ));
    }
    take_over(&mut saved.plan, recorded, &beside);
    Ok(())
}

/// The objects of which something else is recorded, by their addresses as printed.
fn differing(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> BTreeSet<String> {
    let all = then.keys().chain(now.keys());
    all.filter(|name| then.get(*name) != now.get(*name)).cloned().collect()
}

/// What a plan changes, and what that depends on.
struct Touched {
    objects: BTreeSet<String>,
    needed: BTreeSet<ConfigAddress>,
}

fn touched(plan: &Plan) -> Touched {
    let mut touched = Touched { objects: BTreeSet::new(), needed: BTreeSet::new() };
    for change in plan.changes.iter().filter(|change| change.is_change()) {
        let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
        touched.objects.insert(object.to_string());
        touched.objects.extend(change.previous_address.as_ref().map(ToString::to_string));
        touched.needed.extend(change.dependencies.iter().cloned());
    }
    touched
}

impl Touched {
    fn has(&self, name: &str) -> bool {
        let address = || crate::address::Address::parse(name.split(" (deposed").next().unwrap_or(name));
        self.objects.contains(name) || address().is_some_and(|address| self.needed.contains(&address.config()))
    }
}

/// Records beside what the plan does what others have recorded since.
fn take_over(plan: &mut Plan, recorded: &Recorded, beside: &[String]) {
    let beside: BTreeSet<&str> = beside.iter().map(String::as_str).collect();
    let gone: Vec<ObjectAddress> =
        plan.prior.objects().map(|(object, ..)| object).filter(|o| beside.contains(o.to_string().as_str())).collect();
    for object in gone {
        plan.prior.apply(&Change::Remove { object });
    }
    let now = recorded.state.objects().filter(|(object, ..)| beside.contains(object.to_string().as_str()));
    for (object, provider, instance) in now {
        plan.prior.apply(&Change::Put { object, provider: provider.clone(), instance: instance.clone() });
    }
    (plan.prior.serial, plan.prior.lineage) = (recorded.state.serial, recorded.state.lineage.clone());
    (plan.base.serial, plan.base.lineage) = (recorded.state.serial, recorded.state.lineage.clone());
}
