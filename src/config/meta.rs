//! Meta-arguments and meta-blocks that several kinds of block share.

use crate::config::content::{Content, Shape};
use crate::config::resource::{CheckRule, Repetition};
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::Block;

const CHECK_RULE: Shape = Shape { arguments: &["condition!", "error_message!"], blocks: &[] };

/// `validation`, `precondition`, `postcondition` and `assert` blocks.
pub fn read_check_rules(blocks: Vec<Block>, diagnostics: &mut Diagnostics) -> Vec<CheckRule> {
    let read = |block: Block| {
        let mut content = CHECK_RULE.content(block.body, block.header, diagnostics);
        let (condition, error_message) = (content.value("condition")?, content.value("error_message")?);
        Some(CheckRule { condition, error_message, span: block.header })
    };
    blocks.into_iter().filter_map(read).collect()
}

/// `count` or `for_each`, not both.
pub fn read_repetition(content: &mut Content, diagnostics: &mut Diagnostics) -> Repetition {
    match (content.take("count"), content.take("for_each")) {
        (None, None) => Repetition::None,
        (Some(count), None) => Repetition::Count(count.value),
        (None, Some(for_each)) => Repetition::ForEach(for_each.value),
        (Some(_), Some(for_each)) => {
            let detail = "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive: only one of them can \
                          say how many objects there are to be.";
            let summary = "Invalid combination of \"count\" and \"for_each\"";
            diagnostics.error_at(for_each.name.span, summary, detail);
            Repetition::ForEach(for_each.value)
        }
    }
}
