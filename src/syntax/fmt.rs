//! The canonical layout of a configuration file: that of Terraform's `fmt` (hashicorp/hcl, hclwrite/format.go).
//!
//! Line ends stay where they are. Lines are indented by the brackets that are open, spaces between tokens follow
//! from the tokens, and the `=` and the comments of neighbouring lines stand below one another.

mod idiom;

use std::borrow::Cow;

use crate::syntax::scan::scan;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Body;

/// The text in canonical layout and with today's words, given the body that was read from it. It must be free of syntax
/// errors, or its parts may be laid out oddly.
pub fn format(text: &str, body: &Body) -> String {
    let mut items = items(text);
    idiom::renew(&mut items, body);
    let mut lines = lines(items);
    indent(&mut lines);
    align_assignments(&mut lines);
    align_comments(&mut lines);
    lines.iter().map(Line::text).collect()
}

/// [`format`] for a text that nobody has read yet.
pub fn format_text(text: &str) -> String {
    let source = crate::span::SourceMap::default().add("text", None, text);
    let (body, _) = crate::syntax::parse(source, text);
    format(text, &body)
}

/// A token with the spaces before it.
#[derive(Debug, Clone)]
struct Item<'a> {
    kind: TokenKind,
    text: Cow<'a, str>,
    spaces: usize,
    /// Where it was written; what is put in its place has the same.
    start: u32,
}

impl Item<'_> {
    fn ends_line(&self) -> bool {
        self.kind == TokenKind::Newline || self.kind == TokenKind::Comment && self.text.ends_with('\n')
    }
}

fn items(text: &str) -> Vec<Item<'_>> {
    let mut end = 0;
    let item = |token: crate::syntax::token::Token| {
        let spaces = token.start.saturating_sub(end) as usize;
        end = token.end;
        Item { kind: token.kind, text: token.text(text).into(), spaces, start: token.start }
    };
    scan(text).into_iter().map(item).collect()
}

/// One line of the result (a heredoc's text counts as part of the line that it begins in).
#[derive(Debug, Default)]
struct Line<'a> {
    /// All, or what stands before `=`.
    lead: Vec<Item<'a>>,
    /// From the `=` of a value that ends on the same line.
    assign: Vec<Item<'a>>,
    comment: Option<Item<'a>>,
}

impl Line<'_> {
    fn text(&self) -> String {
        let items = self.lead.iter().chain(&self.assign).chain(&self.comment);
        items.map(|item| format!("{}{}", " ".repeat(item.spaces), item.text)).collect()
    }

    /// How many brackets it opens more than it closes. What comes after a heredoc's begin counts only in a value.
    fn opened(&self) -> i32 {
        let heredoc = self.lead.iter().position(|item| item.kind == TokenKind::OpenHeredoc);
        let lead = self.lead.iter().take(heredoc.unwrap_or(self.lead.len()));
        lead.chain(&self.assign).map(|item| bracket(item.kind)).sum()
    }
}

fn width(items: &[Item<'_>]) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    items.iter().map(|item| item.spaces + item.text.graphemes(true).count()).sum()
}

fn lines(items: Vec<Item<'_>>) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut open = Vec::new();
    for item in items {
        if item.kind == TokenKind::End {
            // What stands before the end of the text stays.
            lines.push(line(std::mem::take(&mut open)));
            lines.push(Line { lead: vec![item], ..Line::default() });
            break;
        }
        let ends = item.ends_line();
        open.push(item);
        if ends {
            lines.push(line(std::mem::take(&mut open)));
        }
    }
    lines
}

/// Splits a line into what is aligned, and sets the spaces within each part.
fn line(mut lead: Vec<Item<'_>>) -> Line<'_> {
    let comment = if lead.len() > 1 { lead.pop_if(|item| item.kind == TokenKind::Comment) } else { None };
    let equals = lead.iter().skip(1).position(|item| item.kind == TokenKind::Equals).map(|at| at + 1);
    let whole = |at: &usize| lead.iter().skip(*at).map(|item| bracket(item.kind)).sum::<i32>() == 0;
    let mut assign = equals.filter(whole).map(|at| lead.split_off(at)).unwrap_or_default();
    space(&mut lead);
    space(&mut assign);
    Line { lead, assign, comment }
}

fn space(items: &mut [Item<'_>]) {
    for at in 1..items.len() {
        let (head, tail) = items.split_at_mut(at);
        let before = head.len().checked_sub(2).and_then(|i| head.get(i)).map(|item| item.kind);
        if let (Some(subject), Some(after)) = (head.last(), tail.first_mut()) {
            after.spaces = usize::from(has_space(subject, before, after));
        }
    }
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
    let is_in = subject.kind == T::Identifier && subject.text == "in" && before == Some(T::Identifier);
    match (subject.kind, after.kind) {
        (_, T::Newline) => false,
        (T::Identifier, T::OpenParen | T::DoubleColon) | (T::DoubleColon, T::Identifier) => false,
        (T::Dot, _) | (_, T::Dot | T::Comma | T::Ellipsis) => false,
        (T::Comma, _) => true,
        (T::OpenQuote | T::OpenHeredoc, _) | (_, T::CloseQuote | T::CloseHeredoc) => false,
        (a, b) if in_template(a) || in_template(b) => false,
        _ if is_in => true,
        (T::Identifier | T::Number, T::OpenBracket) => false,
        (kind, T::OpenBracket) if bracket(kind) < 0 => false,
        (T::Bang, _) => false,
        (T::Minus, _) => before.is_some_and(subtracts),
        (T::OpenBrace, T::CloseBrace) => false,
        (T::OpenBrace, _) | (_, T::CloseBrace) => true,
        (T::OpenInterpolation | T::OpenDirective, T::OpenBrace) | (T::CloseBrace, T::CloseSequence) => true,
        (T::CloseSequence, T::OpenInterpolation | T::OpenDirective) => false,
        (kind, _) if bracket(kind) > 0 => false,
        (_, kind) if bracket(kind) < 0 => false,
        _ => true,
    }
}

/// Whether a minus after this token is taken to subtract. As in Terraform `=>` counts as the end of an expression.
fn subtracts(before: TokenKind) -> bool {
    use TokenKind as T;
    !matches!(
        before,
        T::OpenParen
            | T::OpenBrace
            | T::OpenBracket
            | T::Equals
            | T::Colon
            | T::Comma
            | T::Question
            | T::Plus
            | T::Star
            | T::Slash
            | T::Percent
            | T::Minus
            | T::EqualTo
            | T::NotEqualTo
            | T::Greater
            | T::GreaterOrEqual
            | T::Less
            | T::LessOrEqual
            | T::And
            | T::Or
            | T::Bang
    )
}

/// Each line that opens more than it closes indents what follows by one level, however many it opens.
fn indent(lines: &mut [Line<'_>]) {
    let mut open: Vec<i32> = Vec::new();
    for line in lines {
        let net = line.opened();
        let Some(first) = line.lead.first_mut() else { continue };
        match first.kind {
            TokenKind::Newline => first.spaces = 0,
            TokenKind::End => {}
            _ => {
                close(&mut open, -net);
                first.spaces = 2 * open.len();
                if net > 0 {
                    open.push(net);
                }
            }
        }
    }
}

/// Takes so many brackets from what is open.
fn close(open: &mut Vec<i32>, mut brackets: i32) {
    while brackets > 0 {
        let Some(last) = open.last_mut() else { break };
        if brackets < *last {
            *last -= brackets;
            break;
        }
        brackets -= *last;
        open.pop();
    }
}

/// Puts the `=` of neighbouring lines below one another.
fn align_assignments(lines: &mut [Line<'_>]) {
    for chain in lines.chunk_by_mut(|a, b| !a.assign.is_empty() && !b.assign.is_empty()) {
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

#[cfg(test)]
mod tests {

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

    fn format(text: &str) -> String {
        let source = crate::span::SourceMap::default().add("main.tf", None, text);
        let (body, found) = crate::syntax::parse(source, text);
        assert!(!found.has_errors(), "{found:?}");
        super::format(text, &body)
    }

    #[test]
    fn files_are_laid_out_as_terraform_does() {
        assert_eq!(format(WRITTEN), CANONICAL);
    }

    #[test]
    fn what_is_canonical_stays() {
        assert_eq!(format(CANONICAL), CANONICAL);
    }

    /// What Terraform 1.11.4 makes of old words, line ends, blanks at line ends, comments and minus signs.
    #[test]
    fn what_is_said_in_an_old_way_is_said_in_todays() {
        for (written, canonical) in [
            ("  ", "  "),
            ("a = 1\r\n b=2\r\n", "a = 1\r\nb = 2\r\n"),
            ("# c  \n", "# c  \n"),
            ("a=1 /* x */\nbb=22 # y\n", "a  = 1 /* x */\nbb = 22 # y\n"),
            ("a = { for k, v in x : k => -1 }\n", "a = { for k, v in x : k => - 1 }\n"),
            ("a = <<E\n ${ x } y\nE\n", "a = <<E\n ${x} y\nE\n"),
            ("a = \"${ {} }\"\n", "a = {}\n"),
            ("a = \"x${ {} }\"\n", "a = \"x${ {} }\"\n"),
            ("a = \"${ var.x }\"\n", "a = var.x\n"),
            ("a = \"${x}${y}\"\n", "a = \"${x}${y}\"\n"),
            ("a = \"${f(\"${x}\")}\"\n", "a = f(\"${x}\")\n"),
            ("a = [\"${x}\"]\n", "a = [\"${x}\"]\n"),
            ("a = \"${\n x ?\n 1 : 2\n}\"\n", "a = (x ?\n1 : 2)\n"),
            ("a = \"${\n (x\n)\n}\"\n", "a = (x\n)\n"),
            ("variable v {\n type = \"map\"\n}\n", "variable \"v\" {\n  type = map(string)\n}\n"),
            ("variable \"v\" { type = list }\n", "variable \"v\" { type = list(any) }\n"),
            ("variable \"v\" { type = \"set\" }\n", "variable \"v\" { type = \"set\" }\n"),
            ("output \"v\" { type = \"string\" }\n", "output \"v\" { type = \"string\" }\n"),
            ("b /* c */ x /* d */ \"y\" /* e */ {}\n", "b \"x\" \"y\" /* e */ {}\n"),
        ] {
            assert_eq!(format(written), canonical, "{written:?}");
        }
    }
}
