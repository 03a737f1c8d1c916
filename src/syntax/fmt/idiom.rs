//! What was written for Terraform 0.11 in the words of today, as Terraform's `fmt` puts it (hashicorp/terraform,
//! internal/command/fmt.go): `"${x}"` as `x`, `type = "list"` as `list(string)`, bare labels in quotes.

use super::Item;
use crate::span::Span;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::{Block, Body};

/// Puts today's words in the place of older ones.
pub fn renew<'a>(items: &mut Vec<Item<'a>>, body: &Body) {
    let mut edits = Vec::new();
    collect(items, body, None, &mut edits);
    // From the back, so that the places of those still to come stay true.
    edits.sort_by_key(|edit: &Edit<'a>| std::cmp::Reverse(edit.from));
    for Edit { from, to, items: new } in edits {
        items.splice(from..to, new);
    }
}

/// Tokens that take the place of others.
struct Edit<'a> {
    from: usize,
    to: usize,
    items: Vec<Item<'a>>,
}

/// The edits of a body; `parent` is the type of the block that it is of, when that stands in no other.
fn collect<'a>(items: &[Item<'a>], body: &Body, parent: Option<&str>, edits: &mut Vec<Edit<'a>>) {
    for attribute in &body.attributes {
        let (from, to) = range(items, attribute.value.span);
        let value = items.get(from..to).unwrap_or_default();
        let is_type = parent == Some("variable") && &*attribute.name.name == "type";
        let renewed = if is_type { type_of_today(value) } else { unwrapped(value) };
        edits.extend(renewed.map(|items| Edit { from, to, items }));
    }
    for block in &body.blocks {
        edits.extend(labels(items, block));
        let kind = if parent.is_none() { &*block.kind.name } else { "" };
        collect(items, &block.body, Some(kind), edits);
    }
}

/// The tokens within a place.
fn range(items: &[Item<'_>], span: Span) -> (usize, usize) {
    let before = |offset: usize| items.partition_point(|item| (item.start as usize) < offset);
    (before(span.start as usize), before(span.end as usize))
}

fn item<'a>(kind: TokenKind, text: impl Into<std::borrow::Cow<'a, str>>, start: u32) -> Item<'a> {
    Item { kind, text: text.into(), spaces: 0, start }
}

/// `x` for `"${x}"`, in parentheses where it has several lines.
fn unwrapped<'a>(value: &[Item<'a>]) -> Option<Vec<Item<'a>>> {
    use TokenKind as T;
    let [quote, open, inside @ .., close, end] = value else { return None };
    let kinds = [quote.kind, open.kind, close.kind, end.kind];
    if kinds != [T::OpenQuote, T::OpenInterpolation, T::CloseSequence, T::CloseQuote] || !is_single(inside) {
        return None;
    }
    let first = inside.iter().position(|item| item.kind != T::Newline)?;
    let last = inside.iter().rposition(|item| item.kind != T::Newline)?;
    let trimmed = inside.get(first..=last)?;
    let enclosed = trimmed.first().is_some_and(|i| i.kind == T::OpenParen)
        && trimmed.last().is_some_and(|i| i.kind == T::CloseParen);
    let mut items = trimmed.to_vec();
    if !enclosed && trimmed.iter().any(|item| item.kind == T::Newline) {
        items.insert(0, item(T::OpenParen, "(", quote.start));
        items.push(item(T::CloseParen, ")", end.start));
    }
    Some(items)
}

/// Whether these tokens are one interpolation's: none of another one, and no text, outside of quotes.
fn is_single(inside: &[Item<'_>]) -> bool {
    use TokenKind as T;
    let mut quotes = 0;
    for item in inside {
        match item.kind {
            T::OpenQuote => quotes += 1,
            T::CloseQuote => quotes -= 1,
            T::OpenInterpolation | T::CloseSequence | T::QuotedText if quotes <= 0 => return false,
            _ => {}
        }
    }
    !inside.is_empty()
}

/// The type that an older notation meant.
fn type_of_today<'a>(value: &[Item<'a>]) -> Option<Vec<Item<'a>>> {
    use TokenKind as T;
    let (name, element, start) = match value {
        [name] if name.kind == T::Identifier => (name.text.clone(), "any", name.start),
        [open, name, close] if [open.kind, name.kind, close.kind] == [T::OpenQuote, T::QuotedText, T::CloseQuote] => {
            (name.text.clone(), "string", name.start)
        }
        _ => return None,
    };
    let collection = || {
        let parts = [(T::OpenParen, "("), (T::Identifier, element), (T::CloseParen, ")")];
        let parts = parts.into_iter().map(|(kind, text)| item(kind, text, start));
        std::iter::once(item(T::Identifier, name.clone(), start)).chain(parts).collect()
    };
    match (&*name, value.len()) {
        ("list" | "map", _) | ("set", 1) => Some(collection()),
        ("string", 3) => Some(vec![item(T::Identifier, name.clone(), start)]),
        _ => None,
    }
}

/// The labels in quotes, without comments between them.
fn labels<'a>(items: &[Item<'a>], block: &Block) -> Option<Edit<'a>> {
    let (first, last) = (block.labels.first()?, block.labels.last()?);
    let (kind, _) = range(items, block.kind.span);
    let (_, to) = range(items, last.span);
    let start = first.span.start;
    let quoted = block.labels.iter().flat_map(|label| {
        let text = escaped(&label.name);
        let text = Some(item(TokenKind::QuotedText, text, start)).filter(|item| !item.text.is_empty());
        let (open, close) = (item(TokenKind::OpenQuote, "\"", start), item(TokenKind::CloseQuote, "\"", start));
        std::iter::once(open).chain(text).chain([close])
    });
    Some(Edit { from: kind + 1, to, items: quoted.collect() })
}

/// A text as it stands between quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
