//! Changes that are alike, shown once: at thousands of changes nobody reads each.

use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::headings::changed_arguments;
use super::{Detail, diff, schema};
use crate::plan::InstanceChange;
use crate::provider::Registry;
use crate::report::style::{Paint, Style};
use crate::side_by_side;

/// Up to so many changes each is shown.
const READABLE: usize = 200;
/// Fewer than these are not worth a fold.
const WORTHWHILE: usize = 4;
/// So many of those that are not shown are named.
const NAMED: usize = 3;

/// A change that is shown, and those that are like it and are not.
pub type Fold<'a> = (&'a InstanceChange, Vec<&'a InstanceChange>);

/// Changes of instances of one block are alike when the same is done to them, for the same reason, by the same
/// arguments; where that leaves too many, so are those of all blocks of one kind.
pub fn folded<'a>(shown: &[&'a InstanceChange], registry: &Registry, detail: Detail) -> Vec<Fold<'a>> {
    if shown.len() <= READABLE || detail == Detail::Verbose {
        return shown.iter().map(|change| (*change, Vec::new())).collect();
    }
    let described = side_by_side::each(shown, |change| (*change, arguments(change, registry)));
    let by_block = put_together(&described, |change| change.address.config());
    if by_block.len() <= READABLE {
        return by_block;
    }
    put_together(&described, |change| (change.address.resource.mode, change.address.resource.kind.clone()))
}

/// What is done to an instance: how, why and by which arguments.
type Deed = (&'static [&'static str], Option<&'static str>, Vec<String>);

fn arguments(change: &InstanceChange, registry: &Registry) -> Deed {
    let reason = change.reason.as_ref().and_then(crate::plan::Reason::word);
    (change.action.words(), reason, changed_arguments(&diff(change, registry), schema(change, registry)))
}

fn put_together<'a, K: Hash + Eq>(
    described: &[(&'a InstanceChange, Deed)],
    key: impl Fn(&InstanceChange) -> K,
) -> Vec<Fold<'a>> {
    let mut alike: IndexMap<_, Vec<&InstanceChange>, FxBuildHasher> = IndexMap::default();
    for (change, deed) in described {
        alike.entry((key(change), deed)).or_default().push(change);
    }
    let fold = |mut changes: Vec<&'a InstanceChange>| -> Vec<Fold<'a>> {
        if changes.len() < WORTHWHILE {
            return changes.into_iter().map(|change| (change, Vec::new())).collect();
        }
        let first = changes.remove(0);
        vec![(first, changes)]
    };
    alike.into_values().flat_map(fold).collect()
}

/// What is said below a change of those like it.
pub fn also(alike: &[&InstanceChange], style: &Style) -> String {
    if alike.is_empty() {
        return String::new();
    }
    let names: Vec<String> = alike.iter().take(NAMED).map(|change| change.address.to_string()).collect();
    let more = if alike.len() > NAMED { format!(" and {} more", alike.len() - NAMED) } else { String::new() };
    let text = format!("# (the same for {} more: {}{more}; -verbose shows each)", alike.len(), names.join(", "));
    format!("  {}\n", style.paint(Paint::Faint, text))
}
