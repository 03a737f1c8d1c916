//! An independent checker: what must hold of every plan, however it was made. It knows nothing of how plans are
//! made, so that a mistake there does not agree with itself here. Runs after every plan: it costs a few microseconds for
//! each change, and what it finds would do harm.

use rustc_hash::FxHashSet;

use crate::address::ResourceMode;
use crate::state::ObjectAddress;

use super::{Action, InstanceChange, Mode, Plan};

/// What does not hold; empty for a sound plan.
pub fn verify(plan: &Plan) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = FxHashSet::default();
    for change in &plan.changes {
        let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
        if !seen.insert(object.clone()) {
            faults.push(format!("{object} is decided twice"));
        }
        faults.extend(of_change(plan, change).into_iter().map(|fault| format!("{object}: {fault}")));
    }
    if !plan.changes.is_sorted_by(|a, b| (&a.address, &a.deposed) <= (&b.address, &b.deposed)) {
        faults.push("the changes are not in address order".into());
    }
    faults.extend(of_whole(plan, &seen));
    faults
}

fn of_change(plan: &Plan, change: &InstanceChange) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, fault: &'static str| {
        if !holds {
            faults.push(fault);
        }
    };
    let (before, after) = (!change.before.is_null(), !change.after.is_null());
    let managed = change.address.resource.mode == ResourceMode::Managed;
    match change.action {
        Action::NoOp => {
            must(before && after, "nothing happens to an object that is not there on both sides");
            must(change.before.raw_eq_unmarked(&change.after), "nothing happens, yet before and after differ");
            must(change.reason.is_none(), "nothing happens, yet there is a reason");
        }
        Action::Create => must(!before && after, "a creation needs an after and no before"),
        Action::Update => must(before && after, "an update needs both sides"),
        Action::Delete | Action::Forget => must(before && !after, "a removal needs a before and no after"),
        Action::DeleteThenCreate | Action::CreateThenDelete => {
            must(before && after, "a replacement needs both sides");
            must(change.reason.is_some(), "a replacement needs a reason");
        }
        Action::Read => {
            must(!managed, "only data sources are read");
            must(change.reason.is_some(), "a deferred read needs a reason");
        }
    }
    must(
        change.action.is_replace() || change.replace_paths.is_empty(),
        "attributes force a replacement that does not happen",
    );
    must(
        change.action != Action::CreateThenDelete || change.create_before_destroy,
        "made before the old one goes, though nothing asks for it",
    );
    must(change.before.is_wholly_known(), "what is recorded is not wholly known");
    must(
        plan.options.mode != Mode::Destroy || matches!(change.action, Action::Delete | Action::Forget | Action::NoOp),
        "a destroy plan makes or changes something",
    );
    must(change.deposed.is_none() || change.action == Action::Delete, "a deposed object can only be removed");
    faults
}

fn of_whole(plan: &Plan, decided: &FxHashSet<ObjectAddress>) -> Vec<String> {
    let mut faults = Vec::new();
    if plan.options.mode == Mode::RefreshOnly && !plan.changes.is_empty() {
        faults.push("a refresh-only plan changes something".into());
    }
    let whole = plan.options.targets.is_empty() && plan.options.excludes.is_empty() && !plan.errored;
    if whole && plan.options.mode != Mode::RefreshOnly {
        for (object, ..) in plan.prior.objects() {
            if object.address.resource.mode == ResourceMode::Managed && !decided.contains(&object) {
                faults.push(format!("{object} is recorded and not decided"));
            }
        }
    }
    for (first, then) in &plan.implied_order {
        if first == then {
            faults.push(format!("{first} is to come before itself"));
        }
    }
    faults
}
