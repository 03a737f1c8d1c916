//! A plan in lines: by module and workload, what takes something away first.

use std::collections::BTreeMap;

use super::causes::Causes;
use super::headings::why;
use super::{Detail, diff, schema, weight};
use crate::address::{Address, InstanceKey, ModuleInstance, ModulePath, ResourceAddress};
use crate::plan::{Action, InstanceChange};
use crate::provider::Registry;
use crate::report::change_text::symbol;
use crate::report::style::{Paint, Style};

/// A plan with fewer changes shows at a glance what goes.
const AT_A_GLANCE: usize = 10;
/// So many of what goes are listed.
const LISTED: usize = 30;
/// From so many instances or modules on that are alike, one stands for them.
const ALIKE: usize = 4;

/// One module's changes, or one workload's in it.
struct Group<'a> {
    module: &'a ModuleInstance,
    workload: Option<&'a str>,
    weight: u8,
    lines: String,
    count: usize,
}

/// Every change as a line below its module.
pub fn by_module(
    shown: &[&InstanceChange],
    registry: &Registry,
    workloads: &BTreeMap<Address, String>,
    causes: &Causes<'_>,
    style: &Style,
) -> String {
    let mut groups: BTreeMap<(&ModuleInstance, Option<&str>), Vec<&InstanceChange>> = BTreeMap::new();
    for change in shown {
        let workload = workloads.get(&change.address).map(String::as_str);
        groups.entry((&change.address.module, workload)).or_default().push(change);
    }
    let group = |((module, workload), mut changes): ((_, _), Vec<&InstanceChange>)| {
        changes.sort_by_key(|change| weight(change.action));
        let weight = changes.first().map_or(u8::MAX, |change| weight(change.action));
        Group { module, workload, weight, count: changes.len(), lines: lines(&changes, registry, causes, style) }
    };
    let mut groups: Vec<Group<'_>> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| group.weight);
    // Modules that are called alike and in which the same happens are told once.
    let mut alike: BTreeMap<(ModulePath, &str), (usize, usize)> = BTreeMap::new();
    for group in &groups {
        let (modules, changes) = alike.entry((group.module.path(), group.lines.as_str())).or_default();
        (*modules, *changes) = (*modules + 1, *changes + group.count);
    }
    let mut text = String::new();
    for group in &groups {
        let Some(like) = alike.get_mut(&(group.module.path(), group.lines.as_str())) else { continue };
        let (modules, changes) = *like;
        if modules == 0 {
            continue;
        }
        text += &format!("\n  {}\n{}", style.paint(Paint::Bold, title(group)), group.lines);
        if modules >= ALIKE {
            let told = format!("# (the same in {} more: {} changes)", modules - 1, changes - group.count);
            text += &format!("    {}\n", style.paint(Paint::Faint, told));
            *like = (0, 0);
        }
    }
    text
}

fn title(group: &Group<'_>) -> String {
    let module = if group.module.is_root() { "root module".to_owned() } else { group.module.to_string() };
    match group.workload {
        Some(identity) => format!("{module}, workload {identity}"),
        None => module,
    }
}

/// Instances of one block to which the same happens for the same reason share a line.
fn lines(changes: &[&InstanceChange], registry: &Registry, causes: &Causes<'_>, style: &Style) -> String {
    let mut alike: indexmap::IndexMap<(&ResourceAddress, Action, String), Vec<&InstanceKey>> =
        indexmap::IndexMap::new();
    for change in changes {
        let key = (&change.address.resource, change.action, reason(change, registry, causes));
        alike.entry(key).or_default().push(&change.address.key);
    }
    let line = |((resource, action, reason), keys): ((&ResourceAddress, Action, String), Vec<&InstanceKey>)| {
        if keys.len() < ALIKE {
            let one = |key: &&InstanceKey| format!("  {} {resource}{key}{reason}\n", symbol(action, style));
            return keys.iter().map(one).collect();
        }
        let first = keys.first().map(ToString::to_string).unwrap_or_default();
        format!("  {} {resource}{first} and {} more instances{reason}\n", symbol(action, style), keys.len() - 1)
    };
    alike.into_iter().map(line).collect()
}

/// The reason in brackets; empty where it is plain.
fn reason(change: &InstanceChange, registry: &Registry, causes: &Causes<'_>) -> String {
    let why = why(change, &diff(change, registry), schema(change, registry));
    let told: Vec<String> = why.into_iter().chain(causes.chain(change)).collect();
    if told.is_empty() { String::new() } else { format!("  ({})", told.join("; ")) }
}

/// Before the sum of a long plan: what goes or is replaced, so that nobody has to look for it.
pub fn taken_away(
    shown: &[&InstanceChange],
    registry: &Registry,
    detail: Detail,
    causes: &Causes<'_>,
    style: &Style,
) -> String {
    let mut going: Vec<&InstanceChange> = shown.iter().filter(|change| weight(change.action) <= 1).copied().collect();
    let is_plain = shown.len() <= AT_A_GLANCE || going.len() == shown.len() || detail == Detail::Concise;
    if going.is_empty() || is_plain {
        return String::new();
    }
    going.sort_by_key(|change| weight(change.action));
    let line = |change: &&InstanceChange| {
        let reason = reason(change, registry, causes);
        format!("{} {}{reason}\n", symbol(change.action, style), change.address)
    };
    let mut text = format!("\n{}\n", style.paint(Paint::Bold, "Destroyed or replaced by this plan:"));
    text.extend(going.iter().take(LISTED).map(line));
    if going.len() > LISTED {
        text += &format!("    and {} more\n", going.len() - LISTED);
    }
    text
}
