//! Tests for people, in Terraform's lines.

use super::style::{Paint, Style, wrap};
use crate::testing::{FileResult, Status};

/// `pass`, `fail`, `skip`
pub fn status(status: Status, style: &Style) -> String {
    match status {
        Status::Pass => style.paint(Paint::Green, "pass"),
        Status::Fail | Status::Error => style.paint(Paint::Red, "fail"),
        Status::Skip => style.paint(Paint::Faint, "skip"),
        Status::Pending => style.paint(Paint::Faint, "pending"),
    }
}

/// How many runs came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As they should be.
    pub passed: usize,
    /// With an assertion that does not hold.
    pub failed: usize,
    /// That could not be carried out.
    pub errored: usize,
    /// Left out.
    pub skipped: usize,
}

impl Counts {
    /// Those of all files.
    pub fn of(files: &[FileResult]) -> Self {
        let mut counts = Self::default();
        for run in files.iter().flat_map(|file| &file.runs) {
            match run.status {
                Status::Pass => counts.passed += 1,
                Status::Fail => counts.failed += 1,
                Status::Error => counts.errored += 1,
                Status::Skip => counts.skipped += 1,
                Status::Pending => {}
            }
        }
        counts
    }
}

/// `Success! 3 passed, 0 failed.`, with the first word painted.
pub fn conclusion(good: bool, counts: Counts, style: &Style) -> String {
    let word = if good { style.paint(Paint::Green, "Success!") } else { style.paint(Paint::Red, "Failure!") };
    let skipped = if counts.skipped > 0 { format!(", {} skipped", counts.skipped) } else { String::new() };
    format!("{word} {} passed, {} failed{skipped}.", counts.passed, counts.failed + counts.errored)
}

/// Before what went wrong while something was removed.
pub fn cannot_destroy(file: &str, run: &str, style: &Style) -> String {
    let text = format!("Bowline encountered an error destroying resources created while executing {file}/{run}.");
    wrap(&text, style.width.saturating_sub(1)) + "\n"
}

/// What is left after a file.
pub fn left_behind(file: &str, run: &str, left: &[String], style: &Style) -> String {
    let text = format!(
        "Bowline left the following resources in state after executing {file}/{run}, and they need to be cleaned up \
         manually:"
    );
    let list: String = left.iter().map(|object| format!("  - {object}\n")).collect();
    format!("\n{}\n{list}", wrap(&text, style.width.saturating_sub(1)))
}
