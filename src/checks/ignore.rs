//! `# bowline:ignore RULE REASON`, in the comments right above a block or anywhere in it. Without a reason it ignores
//! nothing.

use crate::span::{SourceMap, Span};

const MARK: &str = "bowline:ignore";

/// The reason why a rule is ignored for a block.
pub fn reason(rule: &str, block: Span, sources: &SourceMap) -> Option<String> {
    let text = &sources.get(block.source)?.text;
    let (before, inside) = (text.get(..block.range().start)?, text.get(block.range())?);
    let above = before.lines().rev().take_while(|line| is_comment(line));
    above.chain(inside.lines()).find_map(|line| given(rule, line))
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//")
}

fn given(rule: &str, line: &str) -> Option<String> {
    let (before, after) = line.split_once(MARK)?;
    if !before.contains('#') && !before.contains("//") {
        return None;
    }
    let (name, reason) = after.trim().split_once(char::is_whitespace)?;
    (name == rule).then(|| reason.trim().to_owned()).filter(|reason| !reason.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_reason_counts_above_the_block_and_inside() {
        let text = "# bowline:ignore far too far\n\n# bowline:ignore owner-granted break-glass group\n# text\nresource \"a\" \"b\" {\n  \
                    x = 1 // bowline:ignore broad-scope by design\n  y = \"bowline:ignore no-comment text\"\n  # bowline:ignore \
                    bare\n}\n";
        let mut sources = SourceMap::default();
        let id = sources.add("main.tf", None, text);
        let block = Span::new(id, text.find("resource").unwrap()..text.len());
        let ignored = |rule| reason(rule, block, &sources);
        assert_eq!(ignored("owner-granted").as_deref(), Some("break-glass group"));
        assert_eq!(ignored("broad-scope").as_deref(), Some("by design"));
        for rule in ["far", "no-comment", "bare"] {
            assert_eq!(ignored(rule), None, "{rule}");
        }
    }
}
