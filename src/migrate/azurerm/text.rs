//! Changing HCL by its places.

use crate::manifests::Edit;
use crate::span::Span;
use crate::syntax::tree::{Attribute, Expression, ExpressionKind};

/// A file's text, and what is to be changed in it.
pub struct Text<'t> {
    /// The text as it is.
    pub text: &'t str,
    /// What is to be changed.
    pub edits: Vec<Edit>,
}

impl Text<'_> {
    /// What stands at a place.
    pub fn at(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Puts something else in its place.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        let range = span.range();
        self.edits.push(Edit { start: range.start, end: range.end, text: text.into() });
    }

    /// Takes something out, with its lines when nothing else stands on them.
    pub fn remove(&mut self, span: Span) {
        let (start, end) = self.lines(span);
        self.edits.push(Edit { start, end, text: String::new() });
    }

    /// Puts whole lines in the place of something, indented as it is.
    pub fn replace_lines(&mut self, span: Span, lines: &str) {
        let text = indented(lines, &self.indent(span));
        self.replace(span, text.trim_start());
    }

    /// Adds lines behind something.
    pub fn insert_after(&mut self, span: Span, lines: &str) {
        let text = indented(lines, &self.indent(span));
        let end = span.range().end;
        let at = end + self.text.get(end..).and_then(|rest| rest.find('\n')).unwrap_or_default();
        self.edits.push(Edit { start: at, end: at, text: format!("\n{text}") });
    }

    /// The blanks at the start of the line.
    pub fn indent(&self, span: Span) -> String {
        let start = line_start(self.text, span.range().start);
        let line = self.text.get(start..).unwrap_or_default();
        line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
    }

    fn lines(&self, span: Span) -> (usize, usize) {
        let range = span.range();
        let start = line_start(self.text, range.start);
        let before = self.text.get(start..range.start).unwrap_or_default();
        let rest = self.text.get(range.end..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let alone = line.trim().is_empty() || line.trim_start().starts_with(['#', '/']);
        if before.trim().is_empty() && alone {
            let end = (range.end + line.len() + 1).min(self.text.len());
            // An empty line that parted it from what is before parts nothing at the end of a block.
            let is_last =
                self.text.get(end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('}'));
            let parted = self.text.get(..start).is_some_and(|before| before.ends_with("\n\n"));
            (if is_last && parted { start - 1 } else { start }, end)
        } else {
            (range.start, range.end)
        }
    }

    /// Gives an argument another name and the opposite of its value.
    pub fn opposite(&mut self, attribute: &Attribute, name: &str) {
        match literal(&attribute.value) {
            Some(flag) => self.rewrite(attribute, name, &(!flag).to_string()),
            None if is_operand(&attribute.value) => self.wrap(attribute, name, "!", ""),
            None => self.wrap(attribute, name, "!(", ")"),
        }
    }

    /// Gives an argument another name, and its flag one of two words.
    pub fn word(&mut self, attribute: &Attribute, name: &str, yes: &str, no: &str) {
        match literal(&attribute.value) {
            Some(flag) => self.rewrite(attribute, name, &format!("{:?}", if flag { yes } else { no })),
            None if is_operand(&attribute.value) => self.wrap(attribute, name, "", &format!(" ? {yes:?} : {no:?}")),
            None => self.wrap(attribute, name, "(", &format!(") ? {yes:?} : {no:?}")),
        }
    }

    /// Gives an argument another name, and puts something around its value.
    pub fn wrap(&mut self, attribute: &Attribute, name: &str, before: &str, after: &str) {
        let value = attribute.value.span.range();
        self.replace(attribute.name.span, name);
        if !before.is_empty() {
            self.edits.push(Edit { start: value.start, end: value.start, text: before.into() });
        }
        self.edits.push(Edit { start: value.end, end: value.end, text: after.into() });
    }

    fn rewrite(&mut self, attribute: &Attribute, name: &str, value: &str) {
        self.replace(attribute.name.span, name);
        self.replace(attribute.value.span, value);
    }
}

/// Whether an operator can stand before an expression as it is.
fn is_operand(value: &Expression) -> bool {
    use ExpressionKind::{Access, Call, Parenthesis, Reference};
    matches!(value.kind, Reference(_) | Access { .. } | Call(_) | Parenthesis(_))
}

/// A flag that is written out.
pub fn literal(value: &Expression) -> Option<bool> {
    match &value.kind {
        ExpressionKind::Literal(value) => value.as_bool(),
        _ => None,
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// Lines with an indent before each.
fn indented(lines: &str, indent: &str) -> String {
    let one = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
    lines.lines().map(one).collect::<Vec<_>>().join("\n")
}

/// Lines with what they have in common at their start taken away.
pub fn outdented(lines: &str) -> String {
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let least = lines.lines().filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0);
    lines.lines().map(|line| line.get(least..).unwrap_or_default().trim_end()).collect::<Vec<_>>().join("\n")
}
