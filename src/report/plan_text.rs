//! A plan for people, laid out as Terraform's users know it, with the reason for every change.

mod causes;
mod concise;
mod folded;
mod headings;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::address::Address;
use crate::plan::{Action, InstanceChange, Mode, OutputChange, Plan};
use crate::provider::{Block, Registry};
use crate::report::change::{self, Change};
use crate::report::change_text::{Layout, symbol};
use crate::report::style::{Paint, Style, wrap};
use crate::side_by_side;
use crate::value::Value;

use causes::Causes;
use headings::{drift_heading, heading};

/// How much of each change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// A line, by module and workload.
    Concise,
    /// What changes, in Terraform's layout.
    #[default]
    Usual,
    /// What does not change, too.
    Verbose,
}

/// The whole plan. `workloads` says which instances belong to which identity's workload.
pub fn plan(
    plan: &Plan,
    registry: &Registry,
    workloads: &BTreeMap<Address, String>,
    detail: Detail,
    style: &Style,
) -> String {
    let shown: Vec<&InstanceChange> = plan.changes.iter().filter(|change| change.is_change()).collect();
    // What could not be planned leaves outputs without a value; that is no change of theirs.
    let outputs = if plan.errored { String::new() } else { outputs(plan, style) };
    let mut text = drift(plan, registry, style);
    if plan.errored {
        text +=
            &prose(style, &["Planning failed. What could be planned before the error follows; nothing will be done."]);
    }
    if shown.is_empty() && outputs.is_empty() {
        return text + &no_changes(plan, style);
    }
    if !shown.is_empty() {
        text += &legend(&shown, style);
        text += "\nBowline will perform the following actions:\n";
        let causes = Causes::of(plan);
        if detail == Detail::Concise {
            text += &concise::by_module(&shown, registry, workloads, &causes, style);
        } else {
            let folds = folded::folded(&shown, registry, detail);
            let told = side_by_side::each(&folds, |(change, alike)| {
                changed(change, registry, style, detail, &causes) + &folded::also(alike, style)
            });
            for one in told {
                text.push('\n');
                text += &one;
            }
        }
        text += &concise::taken_away(&shown, registry, detail, &causes, style);
        let _ = write!(text, "\n{}\n", summary(plan, style));
    }
    if !outputs.is_empty() {
        let _ = write!(text, "\nChanges to Outputs:\n{outputs}");
        if shown.is_empty() {
            text += &prose(
                style,
                &[
                    "You can apply this plan to save these new output values to the state, without changing any real infrastructure.",
                ],
            );
        }
    }
    text
}

/// What changes, one instance after the other, the summary and the outputs, without a word around it.
pub fn changes(plan: &Plan, registry: &Registry, style: &Style) -> String {
    let mut text = String::new();
    for change in plan.changes.iter().filter(|change| change.is_change()) {
        let _ = write!(text, "\n{}", instance(change, registry, style, Detail::Usual));
    }
    let _ = write!(text, "\n{}\n", summary(plan, style));
    let outputs = outputs(plan, style);
    if !outputs.is_empty() {
        let _ = write!(text, "\nChanges to Outputs:\n{outputs}");
    }
    text
}

/// `Plan: 1 to add, 0 to change, 0 to destroy.`
pub fn summary(plan: &Plan, style: &Style) -> String {
    let counts = Counts::of(plan);
    let import = if counts.import > 0 { format!("{} to import, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} to forget", counts.forget) } else { String::new() };
    format!(
        "{} {import}{} to add, {} to change, {} to destroy{forget}.",
        style.paint(Paint::Bold, "Plan:"),
        counts.add,
        counts.change,
        counts.destroy
    )
}

/// How many objects come, change and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Made, also as part of a replacement.
    pub add: usize,
    /// Changed in place.
    pub change: usize,
    /// Removed, also as part of a replacement.
    pub destroy: usize,
    /// Taken over.
    pub import: usize,
    /// No longer managed.
    pub forget: usize,
}

impl Counts {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Self {
        let replaced = [Action::DeleteThenCreate, Action::CreateThenDelete];
        Self {
            add: plan.count(&[Action::Create]) + plan.count(&replaced),
            change: plan.count(&[Action::Update]),
            destroy: plan.count(&[Action::Delete]) + plan.count(&replaced),
            import: plan.changes.iter().filter(|change| change.importing.is_some()).count(),
            forget: plan.count(&[Action::Forget]),
        }
    }
}

/// One instance: why, and what of it changes.
pub fn instance(change: &InstanceChange, registry: &Registry, style: &Style, detail: Detail) -> String {
    changed(change, registry, style, detail, &Causes::default())
}

fn changed(change: &InstanceChange, registry: &Registry, style: &Style, detail: Detail, causes: &Causes<'_>) -> String {
    let diff = diff(change, registry);
    let block = schema(change, registry);
    let layout = if detail == Detail::Verbose { Layout::verbose(style) } else { Layout::new(style) };
    format!(
        "{}{} {} {}\n",
        heading(change, &diff, block, causes, style),
        symbol(change.action, style),
        declaration(change),
        layout.render(&diff, 0)
    )
}

/// Whether nothing is planned for what changed outside: what others have set where nothing is configured is told, and left.
pub fn stays(drifted: &InstanceChange, plan: &Plan) -> bool {
    let untouched = |change: &InstanceChange| {
        change.action == Action::NoOp && change.address == drifted.address && change.deposed == drifted.deposed
    };
    drifted.action == Action::Update && plan.options.mode == Mode::Normal && plan.changes.iter().any(untouched)
}

/// One instance as it changed outside. `stays` says that nothing is planned for it.
pub fn drifted(change: &InstanceChange, registry: &Registry, style: &Style, stays: bool) -> String {
    let diff = diff(change, registry);
    format!(
        "{}{} {} {}\n",
        drift_heading(change, style, stays),
        symbol(change.action, style),
        declaration(change),
        Layout::new(style).render(&diff, 0)
    )
}

/// The order in which things matter: what goes before what changes before what comes.
pub fn weight(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::DeleteThenCreate | Action::CreateThenDelete => 1,
        Action::Forget => 2,
        Action::Update => 3,
        Action::Create => 4,
        Action::Read => 5,
        Action::NoOp => 6,
    }
}

/// `resource "azurerm_subnet" "a"`
fn declaration(change: &InstanceChange) -> String {
    use crate::address::ResourceMode;
    let word = match change.address.resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    format!("{word} \"{}\" \"{}\"", change.address.resource.kind, change.address.resource.name)
}

fn diff(change: &InstanceChange, registry: &Registry) -> Change {
    // What is let go stays as it is.
    let after = if change.action == Action::Forget { &change.before } else { &change.after };
    match schema(change, registry) {
        Some(block) => change::of_block(block, &change.before, after, &change.replace_paths),
        None => {
            let present = |value: &'_ Value| (!value.is_null()).then(|| value.clone());
            change::of_value(present(&change.before).as_ref(), present(after).as_ref())
        }
    }
}

/// What the kind looks like; `None` for a kind that this program does not have (its objects are only forgotten).
fn schema<'a>(change: &InstanceChange, registry: &'a Registry) -> Option<&'a Block> {
    use crate::address::ResourceMode;
    let provider = registry.find(&change.provider.source)?;
    let kind = match change.address.resource.mode {
        ResourceMode::Data => provider.data_source(&change.address.resource.kind),
        ResourceMode::Managed | ResourceMode::Ephemeral => provider.kind(&change.address.resource.kind),
    };
    kind.map(|kind| &kind.schema().block)
}

fn legend(shown: &[&InstanceChange], style: &Style) -> String {
    let mut text = wrap(
        "Bowline compared your configuration with what is recorded and what exists, and made the following execution plan. \
         Resource actions are indicated with the following symbols:",
        style.width.saturating_sub(1),
    );
    text.insert(0, '\n');
    text.push('\n');
    for (action, meaning) in [
        (Action::Create, "create"),
        (Action::Update, "update in-place"),
        (Action::Delete, "destroy"),
        (Action::DeleteThenCreate, "destroy and then create replacement"),
        (Action::CreateThenDelete, "create replacement and then destroy"),
        (Action::Read, "read (data resources)"),
        (Action::Forget, "forget, leaving it as it is"),
    ] {
        if shown.iter().any(|change| change.action == action) {
            let _ = writeln!(text, "{} {meaning}", symbol(action, style));
        }
    }
    text
}

/// The outputs that change; empty when none does. Whether one is sensitive is no change of what it says.
pub fn outputs(plan: &Plan, style: &Style) -> String {
    let changed: Vec<_> = plan.outputs.iter().filter(|(_, output)| output_action(output) != Action::NoOp).collect();
    // Also those that do not change decide the column, as in Terraform.
    let width = plan.outputs.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(name, output): &(&std::sync::Arc<str>, &OutputChange)| {
        let diff = output_diff(output);
        format!("{} {name:width$} = {}\n", symbol(output_action(output), style), Layout::new(style).render(&diff, 0))
    };
    changed.iter().map(line).collect()
}

/// What becomes of an output's value, as it is shown: one that becomes null goes.
fn output_action(output: &OutputChange) -> Action {
    match output.action {
        Action::Update if output.before.raw_eq_unmarked(&output.after) => Action::NoOp,
        Action::Update if output.after.is_null() => Action::Delete,
        action => action,
    }
}

fn output_diff(output: &OutputChange) -> Change {
    let side = |value: &Value, sensitive: bool, absent: bool| {
        (!absent).then(|| if sensitive { value.clone().sensitive() } else { value.clone() })
    };
    let before = side(&output.before, output.before_sensitive, output.action == Action::Create);
    let after = side(&output.after, output.sensitive, output_action(output) == Action::Delete);
    change::of_value(before.as_ref(), after.as_ref())
}

/// What changed outside, and what that means for this plan.
fn drift(plan: &Plan, registry: &Registry, style: &Style) -> String {
    if plan.drift.is_empty() {
        return String::new();
    }
    let note = style.paint(Paint::Cyan, "Note:");
    let title = style.paint(Paint::Bold, "Objects have changed outside of Bowline");
    let mut text = format!("\n{note} {title}\n");
    text += &prose(style, &["The following changed since it was last recorded, by other means than Bowline:"]);
    for change in &plan.drift {
        let _ = write!(text, "\n{}", drifted(change, registry, style, stays(change, plan)));
    }
    text += "\n";
    text += &prose(
        style,
        &[match plan.options.mode {
            Mode::RefreshOnly => {
                "This is a refresh-only plan, so Bowline will not take any actions to undo these. If you were expecting these \
                 changes then you can apply this plan to record the updated values in the state without changing any remote \
                 objects."
            }
            _ => {
                "Unless you have made equivalent changes to your configuration, or ignored the relevant attributes using \
                 ignore_changes, the following plan may include actions to undo or respond to these changes."
            }
        }],
    );
    // Nothing follows in a plan that only takes in what changed.
    if plan.options.mode == Mode::RefreshOnly { text } else { text + &rule(style) }
}

fn no_changes(plan: &Plan, style: &Style) -> String {
    let (title, detail) = match plan.options.mode {
        Mode::RefreshOnly if !plan.drift.is_empty() => return String::new(),
        Mode::RefreshOnly => (
            "Your infrastructure still matches the configuration.",
            "Bowline has checked that the real remote objects still match the result of your most recent changes, and found no \
             differences.",
        ),
        Mode::Destroy => (
            "No objects need to be destroyed.",
            "Either you have not created any objects yet or the existing objects were already deleted outside of Bowline.",
        ),
        Mode::Normal => (
            "Your infrastructure matches the configuration.",
            "Bowline has compared your real infrastructure against your configuration and found no differences, so no changes \
             are needed.",
        ),
    };
    if plan.errored {
        return String::new();
    }
    let title = format!("{} {}", style.paint(Paint::BoldGreen, "No changes."), style.paint(Paint::Bold, title));
    format!("\n{title}\n{}", prose(style, &[detail]))
}

/// Paragraphs, each after an empty line.
pub fn prose(style: &Style, paragraphs: &[&str]) -> String {
    paragraphs.iter().map(|text| format!("\n{}\n", wrap(text, style.width.saturating_sub(1)))).collect()
}

/// A line across the screen.
pub fn rule(style: &Style) -> String {
    format!("\n{}\n", style.paint(Paint::Faint, "─".repeat(style.width.saturating_sub(1))))
}
