//! Strings that hold more than a word: several lines, or JSON.

use super::{Layout, indent};
use crate::eval::console::quoted;
use crate::plan::Action;
use crate::report::change::{Change, lists, of_value};
use crate::value::Value;

impl Layout<'_> {
    /// A string or its absence.
    pub(super) fn string(&self, change: &Change, before: Option<&str>, after: Option<&str>, depth: usize) -> String {
        let forces = self.forces(change);
        let shown = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), quoted);
        let before_json = before.and_then(json);
        let after_json = after.and_then(json);
        match change.action {
            Action::Create => match (after, &after_json) {
                (_, Some(json)) => self.json(change, None, Some(json), depth),
                (Some(text), _) if text.contains('\n') => self.heredoc(change, &lists::lines(text, text), depth),
                _ => format!("{}{forces}", shown(after)),
            },
            Action::NoOp => match (after, &after_json) {
                (_, Some(json)) => self.json(change, Some(json), Some(json), depth),
                (Some(text), _) if text.contains('\n') => self.heredoc(change, &lists::lines(text, text), depth),
                _ => format!("{}{forces}", shown(after)),
            },
            Action::Delete => match (before, &before_json) {
                (_, Some(json)) => self.json(change, Some(json), None, depth),
                (Some(text), _) if text.contains('\n') => self.heredoc(change, &lists::lines(text, text), depth),
                _ => format!("{}{}{forces}", shown(before), self.null(change.action)),
            },
            _ => match (before, after) {
                _ if before_json.is_some() && after_json.is_some() => {
                    self.json(change, before_json.as_ref(), after_json.as_ref(), depth)
                }
                (Some(old), Some(new)) if old.contains('\n') || new.contains('\n') => {
                    self.heredoc(change, &lists::lines(old, new), depth)
                }
                _ => format!("{} {} {}{forces}", shown(before), self.arrow(), shown(after)),
            },
        }
    }

    fn heredoc(&self, change: &Change, lines: &[(Action, &str)], depth: usize) -> String {
        let line = |(action, text): &(Action, &str)| format!("{}{}{text}\n", indent(depth + 1), self.symbol(*action));
        let body: String = lines.iter().map(line).collect();
        let end = format!("{}{}EOT", indent(depth), self.symbol(Action::NoOp));
        format!("<<-EOT{}\n{body}{end}{}", self.forces(change), self.null(change.action))
    }

    /// JSON in a string is compared as what it stands for.
    fn json(&self, change: &Change, before: Option<&Value>, after: Option<&Value>, depth: usize) -> String {
        let inner = of_value(before, after);
        let only_spaces = inner.action == Action::NoOp && change.action == Action::Update;
        let (note, forces) = match (only_spaces, change.forces_replacement) {
            (true, true) => (" # whitespace changes force replacement", String::new()),
            (true, false) => (" # whitespace changes", String::new()),
            _ => ("", self.forces(change)),
        };
        let layout = Self { no_null: true, show_unchanged: self.show_unchanged || only_spaces, ..*self };
        let text = layout.render(&inner, depth + 1);
        let null = self.null(change.action);
        if !text.contains('\n') {
            return format!("jsonencode({text}){note}{forces}{null}");
        }
        let action =
            if matches!(change.action, Action::Create | Action::Delete) { Action::NoOp } else { change.action };
        format!(
            "jsonencode({note}\n{}{}{text}{forces}\n{}{}){null}",
            indent(depth + 1),
            self.symbol(action),
            indent(depth),
            self.symbol(Action::NoOp),
        )
    }
}

/// The object or array that a string holds, when it holds one.
fn json(text: &str) -> Option<Value> {
    let opens = text.trim_start().starts_with(['{', '[']);
    let parsed: serde_json::Value = opens.then(|| serde_json::from_str(text).ok()).flatten()?;
    Some(Value::from_plain_json(&parsed))
}
