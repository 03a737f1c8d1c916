//! The canonical layout of a configuration file: that of Terraform's `fmt` (hashicorp/hcl, hclwrite/format.go).
//!
//! Line ends stay where they are. Lines are indented by the brackets that are open, spaces between tokens follow
//! from the tokens, and the `=` and the comments of neighbouring lines stand below one another.

use crate::syntax::scan::scan;
use crate::syntax::token::{Token, TokenKind};

/// The text in canonical layout. It must be free of syntax errors, or its parts may be laid out oddly.
pub fn format(text: &str) -> String {
    let mut lines = lines(text);
    indent(&mut lines);
    align_assignments(&mut lines);
    align_comments(&mut lines);
    lines.iter().map(Line::text).collect()
}

/// A token, or a heredoc as a whole.
#[derive(Debug, Clone, Copy)]
struct Item<'a> {
    kind: TokenKind,
    text: &'a str,
    spaces: usize,
}

/// One line of the result (a heredoc's text counts as part of the line that it begins in).
#[derive(Debug, Default)]
struct Line<'a> {
    /// All, or what stands before `=`.
    lead: Vec<Item<'a>>,
    /// From the `=` of a value that ends on the same line.
    assign: Vec<Item<'a>>,
    comment: Option<Item<'a>>,
    ended: bool,
}

impl Line<'_> {
    fn items(&self) -> impl Iterator<Item = &Item<'_>> {
        self.lead.iter().chain(&self.assign).chain(&self.comment)
    }

    fn text(&self) -> String {
        let items = self.items().map(|item| format!("{}{}", " ".repeat(item.spaces), item.text));
        let text: String = items.collect();
        text + if self.ended { "\n" } else { "" }
    }
}

fn width(items: &[Item<'_>]) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    items.iter().map(|item| item.spaces + item.text.graphemes(true).count()).sum()
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut tokens = scan(text).into_iter();
    while let Some(token) = tokens.next() {
        let raw = text.get(token.start as usize..token.end as usize).unwrap_or_default();
        match token.kind {
            TokenKind::Newline => lines.push(line(std::mem::take(&mut items), true)),
            TokenKind::End => {}
            TokenKind::Comment => {
                items.push(Item { kind: token.kind, text: raw.trim_end(), spaces: 0 });
                if raw.ends_with('\n') {
                    lines.push(line(std::mem::take(&mut items), true));
                }
            }
            TokenKind::OpenHeredoc => {
                let end = end_of_heredoc(&mut tokens).unwrap_or(text.len());
                let whole = text.get(token.start as usize..end).unwrap_or_default();
                items.push(Item { kind: token.kind, text: whole, spaces: 0 });
            }
            kind => items.push(Item { kind, text: raw, spaces: 0 }),
        }
    }
    if !items.is_empty() {
        lines.push(line(items, false));
    }
    lines
}

fn end_of_heredoc(tokens: &mut impl Iterator<Item = Token>) -> Option<usize> {
    let mut depth = 1;
    for token in tokens {
        match token.kind {
            TokenKind::OpenHeredoc => depth += 1,
            TokenKind::CloseHeredoc => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(token.end as usize);
        }
    }
    None
}

/// Sets the spaces within a line and splits it into what is aligned.
fn line(mut items: Vec<Item<'_>>, ended: bool) -> Line<'_> {
    for at in 1..items.len() {
        let (head, tail) = items.split_at_mut(at);
        let before = head.len().checked_sub(2).and_then(|i| head.get(i)).map(|item| item.kind);
        if let (Some(subject), Some(after)) = (head.last(), tail.first_mut()) {
            after.spaces = usize::from(has_space(subject, before, after));
        }
    }
    let mut line = Line { lead: items, ended, ..Line::default() };
    if line.lead.len() > 1 && line.lead.last().is_some_and(|item| item.kind == TokenKind::Comment) {
        line.comment = line.lead.pop();
    }
    let equals = line.lead.iter().position(|item| item.kind == TokenKind::Equals).filter(|at| *at > 0);
    if let Some(at) = equals
        && line.lead.iter().skip(at).map(|item| bracket(item.kind)).sum::<i32>() == 0
    {
        line.assign = line.lead.split_off(at);
    }
    line
}

/// How many brackets a token opens; closing ones count below zero.
fn bracket(kind: TokenKind) -> i32 {
    match kind {
        TokenKind::OpenBrace
        | TokenKind::OpenBracket
        | TokenKind::OpenParen
        | TokenKind::OpenInterpolation
        | TokenKind::OpenDirective => 1,
        TokenKind::CloseBrace | TokenKind::CloseBracket | TokenKind::CloseParen | TokenKind::CloseSequence => -1,
        _ => 0,
    }
}

/// Whether a space stands between two tokens; `before` is the one before `subject`.
fn has_space(subject: &Item<'_>, before: Option<TokenKind>, after: &Item<'_>) -> bool {
    use TokenKind as T;
    let in_template = |kind| matches!(kind, T::QuotedText | T::PlainText);
    let is_in = |item: &Item<'_>| item.kind == T::Identifier && item.text == "in";
    match (subject.kind, after.kind) {
        (T::Identifier, T::OpenParen) | (T::DoubleColon | T::Dot, _) | (_, T::DoubleColon | T::Dot) => false,
        (_, T::Comma | T::Ellipsis) => false,
        (T::Comma, _) => true,
        (T::OpenQuote, _) | (_, T::CloseQuote) | (T::CloseSequence, T::OpenInterpolation | T::OpenDirective) => false,
        (a, b) if in_template(a) || in_template(b) => false,
        _ if is_in(subject) || is_in(after) => true,
        (T::Identifier | T::Number, T::OpenBracket) => false,
        (kind, T::OpenBracket) if bracket(kind) < 0 => false,
        (T::Bang, _) => false,
        (T::Minus, _) => before.is_some_and(ends_expression),
        (T::OpenBrace, T::CloseBrace) => false,
        (T::OpenBrace, _) | (_, T::CloseBrace) => true,
        (kind, _) if bracket(kind) > 0 => false,
        (_, kind) if bracket(kind) < 0 => false,
        _ => true,
    }
}

/// Whether a minus after this token subtracts.
fn ends_expression(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Identifier | T::Number | T::CloseQuote | T::CloseBrace | T::CloseBracket | T::CloseParen | T::CloseHeredoc
    )
}

/// Each line that opens more than it closes indents what follows by one level, however many it opens.
fn indent(lines: &mut [Line<'_>]) {
    let mut open: Vec<i32> = Vec::new();
    for line in lines {
        let net: i32 = line.items().map(|item| bracket(item.kind)).sum();
        let mut closed = -net;
        while closed > 0 {
            let Some(last) = open.last_mut() else { break };
            if closed < *last {
                *last -= closed;
                break;
            }
            closed -= *last;
            open.pop();
        }
        if let Some(first) = line.lead.first_mut() {
            first.spaces = 2 * open.len();
        }
        if net > 0 {
            open.push(net);
        }
    }
}

/// Puts the `=` of neighbouring lines below one another.
fn align_assignments(lines: &mut [Line<'_>]) {
    for chain in lines.chunk_by_mut(|a, b| !a.assign.is_empty() && !b.assign.is_empty() && !has_heredoc(a)) {
        let widest = chain.iter().map(|line| width(&line.lead)).max().unwrap_or(0);
        for line in chain {
            let own = width(&line.lead);
            if let Some(equals) = line.assign.first_mut() {
                equals.spaces = widest - own + 1;
            }
        }
    }
}

/// Puts the comments behind neighbouring lines below one another.
fn align_comments(lines: &mut [Line<'_>]) {
    for chain in lines.chunk_by_mut(|a, b| a.comment.is_some() && b.comment.is_some()) {
        let own = |line: &Line<'_>| width(&line.lead) + width(&line.assign);
        let widest = chain.iter().map(own).max().unwrap_or(0);
        for line in chain {
            let own = own(line);
            if let Some(comment) = &mut line.comment {
                comment.spaces = widest - own + 1;
            }
        }
    }
}

fn has_heredoc(line: &Line<'_>) -> bool {
    line.items().any(|item| item.kind == TokenKind::OpenHeredoc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"a=1
bb  =   2 # c
resource  "x"   "y"   {
count=2
    input={
a=1
  bbb= [1,2,
3]
  c = foo( 1,2 )  // hi
}
  nested   {
  x=!true
y = -1
zz=a?b:c
}

  s = "a${ var.x }b${var.y}${ var.z }"
  h = <<-EOT
     keep ${var.y}
  EOT
  f = [for k,v in x:v if k!=1]
  g = a[0].b[*].c - 1
  m = {for k,v in x: k=>v...}
  l = foo(
  1,
    2
  )
  n = (1+2)*3
}


locals { x=1 }
e = {}
"#;

    /// What Terraform 1.11.4 makes of it.
    const CANONICAL: &str = r#"a  = 1
bb = 2 # c
resource "x" "y" {
  count = 2
  input = {
    a = 1
    bbb = [1, 2,
    3]
    c = foo(1, 2) // hi
  }
  nested {
    x  = !true
    y  = -1
    zz = a ? b : c
  }

  s = "a${var.x}b${var.y}${var.z}"
  h = <<-EOT
     keep ${var.y}
  EOT
  f = [for k, v in x : v if k != 1]
  g = a[0].b[*].c - 1
  m = { for k, v in x : k => v... }
  l = foo(
    1,
    2
  )
  n = (1 + 2) * 3
}


locals { x = 1 }
e = {}
"#;

    #[test]
    fn files_are_laid_out_as_terraform_does() {
        assert_eq!(format(WRITTEN), CANONICAL);
    }

    #[test]
    fn what_is_canonical_stays() {
        assert_eq!(format(CANONICAL), CANONICAL);
    }
}
