//! The lines above an instance: what will happen to it, and why.

use super::causes::Causes;
use crate::address::InstanceKey;
use crate::plan::{Action, InstanceChange, Reason};
use crate::provider::Block;
use crate::report::change::{Change, Node};
use crate::report::style::{Paint, Style};
use crate::state::ObjectAddress;

/// What will happen, the reason, and what a person should know.
pub fn heading(
    change: &InstanceChange,
    diff: &Change,
    block: Option<&Block>,
    causes: &Causes<'_>,
    style: &Style,
) -> String {
    // What only moves is told by the name that it has had.
    let left = change.previous_address.as_ref().filter(|_| change.action == Action::NoOp);
    let object = ObjectAddress { address: left.unwrap_or(&change.address).clone(), deposed: change.deposed.clone() };
    let name = style.paint(Paint::Bold, format!("# {object}"));
    let mut lines = vec![format!("{name} {}", what(change, style))];
    lines.extend(why(change, diff, block).map(|reason| format!("# ({reason})")));
    lines.extend(causes.chain(change).map(|chain| format!("# ({chain})")));
    if let Some(previous) = change.previous_address.as_ref().filter(|_| change.action != Action::NoOp) {
        lines.push(format!("# (moved from {previous})"));
    }
    if let Some(id) = change.importing.as_ref().filter(|_| change.action != Action::NoOp) {
        lines.push(format!("# (imported from {id:?})"));
    }
    lines.extend(change.notes.iter().map(|note| format!("# ({note})")));
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// What happened outside.
pub fn drift_heading(change: &InstanceChange, style: &Style, stays: bool) -> String {
    let name = style.paint(Paint::Bold, format!("# {}", change.address));
    if let (Action::NoOp, Some(previous)) = (change.action, &change.previous_address) {
        let name = style.paint(Paint::Bold, format!("# {previous}"));
        return format!("  {name} has moved to {}\n", change.address);
    }
    let what = if change.action == Action::Delete { "has been deleted" } else { "has changed" };
    let notes: String = change.notes.iter().map(|note| format!("  # ({note})\n")).collect();
    let stays = if stays { "  # (this plan leaves it as it is)\n" } else { "" };
    format!("  {name} {what}\n{notes}{stays}")
}

fn what(change: &InstanceChange, style: &Style) -> String {
    let replaced = style.paint(Paint::BoldRed, "replaced");
    match (change.action, &change.reason) {
        (Action::Create, _) => "will be created".into(),
        (Action::Read, _) => "will be read during apply".into(),
        (Action::Update, _) => "will be updated in-place".into(),
        (Action::Delete, _) => format!("will be {}", style.paint(Paint::BoldRed, "destroyed")),
        (Action::Forget, _) => "will no longer be managed by Bowline, but will not be destroyed".into(),
        (Action::DeleteThenCreate | Action::CreateThenDelete, reason) => match reason {
            Some(Reason::Tainted) => format!("is tainted, so must be {replaced}"),
            Some(Reason::Requested) => format!("will be {replaced}, as requested"),
            Some(Reason::Triggered(_)) => format!("will be {replaced} due to changes in replace_triggered_by"),
            _ => format!("must be {replaced}"),
        },
        (Action::NoOp, _) => match (&change.previous_address, &change.importing) {
            (Some(_), _) => format!("has moved to {}", change.address),
            (None, Some(_)) => "will be imported".into(),
            (None, None) => "does not change".into(),
        },
    }
}

/// Why, in a few words; `None` where that is plain.
pub fn why(change: &InstanceChange, diff: &Change, block: Option<&Block>) -> Option<String> {
    let resource = &change.address.resource;
    let key = &change.address.key;
    if change.action == Action::Forget {
        return Some("destroy = false is set in the configuration".into());
    }
    Some(match change.reason.as_ref() {
        None if change.action == Action::Update => {
            let names = changed_arguments(diff, block);
            let verb = if names.len() == 1 { "changes" } else { "change" };
            format!("because {} {verb}", joined(&names)?)
        }
        None => return None,
        Some(Reason::CannotUpdate) => {
            let paths: Vec<String> = change.replace_paths.iter().map(ToString::to_string).collect();
            format!("because {} cannot be changed in place", joined(&paths)?)
        }
        Some(Reason::Tainted) => "because an earlier run left it half made, or it was marked by hand".into(),
        Some(Reason::Requested) => return None,
        Some(Reason::Triggered(_)) if change.action == Action::Create => return None,
        Some(Reason::Triggered(triggers)) => format!("because of {}", joined(triggers)?),
        Some(Reason::NoResourceConfig) => format!("because {resource} is not in configuration"),
        Some(Reason::WrongRepetition) => match key {
            InstanceKey::None => "because resource uses count or for_each".into(),
            InstanceKey::Int(_) => "because resource does not use count".into(),
            InstanceKey::String(_) => "because resource does not use for_each".into(),
        },
        Some(Reason::CountIndex) => format!("because index {key} is out of range for count"),
        Some(Reason::EachKey) => format!("because key {key} is not in for_each map"),
        Some(Reason::NoModule) => format!("because {} is not in configuration", change.address.module),
        Some(Reason::NoMoveTarget) => match &change.previous_address {
            Some(previous) => {
                format!("because {previous} was moved to {}, which is not in configuration", change.address)
            }
            None => format!("because {} is not in configuration", change.address),
        },
        Some(Reason::Deposed) => "left over from a partially-failed replacement of this instance".into(),
        Some(Reason::ConfigUnknown) => "config refers to values not yet known".into(),
        Some(Reason::DependencyPending(resources)) => {
            let names: Vec<String> = resources.iter().map(ToString::to_string).collect();
            format!("depends on changes pending in {}", joined(&names).unwrap_or_else(|| "a module".into()))
        }
        Some(Reason::CheckNested) => "config will be reloaded to verify a check block".into(),
    })
}

/// The arguments and blocks that the configuration can decide and that change.
pub fn changed_arguments(diff: &Change, block: Option<&Block>) -> Vec<String> {
    let Node::Block { attributes, blocks } = &diff.node else { return Vec::new() };
    let configurable = |name: &str| {
        block
            .and_then(|block| block.attributes.get(name))
            .is_none_or(|attribute| attribute.required || attribute.optional)
    };
    let attributes = attributes.iter().filter(|(name, change)| change.action != Action::NoOp && configurable(name));
    let mut names: Vec<String> = attributes.map(|(name, _)| name.to_string()).collect();
    names.extend(blocks.iter().filter(|(.., change)| change.action != Action::NoOp).map(|(name, ..)| name.to_string()));
    names.dedup();
    names
}

/// `a`, `a and b`, `a, b, c and 2 more`; `None` for nothing.
pub fn joined(names: &[String]) -> Option<String> {
    const SHOWN: usize = 4;
    let (last, first) = names.split_last()?;
    if first.is_empty() {
        return Some(last.clone());
    }
    if names.len() > SHOWN {
        let shown = names.get(..SHOWN - 1)?.join(", ");
        return Some(format!("{shown} and {} more", names.len() - (SHOWN - 1)));
    }
    Some(format!("{} and {last}", first.join(", ")))
}
