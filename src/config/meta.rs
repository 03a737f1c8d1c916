//! Meta-arguments and meta-blocks that several kinds of block share.

use crate::config::content::{Content, Shape};
use crate::config::resource::{CheckRule, Repetition};
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Block, Expression, ExpressionKind};

const CHECK_RULE: Shape = Shape { arguments: &["condition!", "error_message!"], blocks: &[] };

/// `validation`, `precondition`, `postcondition` and `assert` blocks. In place of an argument that is missing, which is
/// told, stands what cannot be read.
pub fn read_check_rules(blocks: Vec<Block>, diagnostics: &mut Diagnostics) -> Vec<CheckRule> {
    let read = |block: Block| {
        let span = block.header;
        let mut content = CHECK_RULE.content(block.body, span, diagnostics);
        let mut part = |name| content.value(name).unwrap_or(Expression { kind: ExpressionKind::Invalid, span });
        CheckRule { condition: part("condition"), error_message: part("error_message"), span }
    };
    blocks.into_iter().map(read).collect()
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
