//! Which elements of two lists belong together.

use crate::plan::Action;
use crate::value::Value;

/// An element before and the one that it became.
pub type Pair<'a> = (Option<&'a Value>, Option<&'a Value>);

/// Beyond this many cells the table of common subsequences would cost more than a nicer picture is worth.
const MOST_CELLS: usize = 4_000_000;

/// Pairs up the elements of two lists along their longest common subsequence. Between two common elements those that
/// `alike` says can become one another are paired in order; others go or come.
pub fn pairs<'a>(before: &'a [Value], after: &'a [Value], alike: impl Fn(&Value) -> bool) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    let mut common = common(before, after).into_iter().peekable();
    let (mut old, mut new) = (0, 0);
    loop {
        let (until_old, until_new) = common.peek().copied().unwrap_or((before.len(), after.len()));
        while old < until_old {
            let partner = after.get(new).filter(|other| new < until_new && alike(other));
            match (before.get(old), partner) {
                (Some(element), Some(partner)) if alike(element) => {
                    pairs.push((Some(element), Some(partner)));
                    new += 1;
                }
                (element, _) => pairs.push((element, None)),
            }
            old += 1;
        }
        pairs.extend(after.get(new..until_new).unwrap_or_default().iter().map(|element| (None, Some(element))));
        new = until_new;
        if common.next().is_none() {
            return pairs;
        }
        pairs.push((before.get(old), after.get(new)));
        old += 1;
        new += 1;
    }
}

/// Pairs up equal elements of two sets; the others go or come. In the order of both.
pub fn set_pairs<'a>(before: &'a [Value], after: &'a [Value]) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; after.len()];
    for element in before {
        let partner = after.iter().zip(&mut taken).find(|(other, taken)| !**taken && element.raw_eq_unmarked(other));
        if let Some((_, taken)) = partner {
            *taken = true;
            pairs.push((Some(element), Some(element)));
        } else {
            pairs.push((Some(element), None));
        }
    }
    pairs.extend(after.iter().zip(taken).filter(|(_, taken)| !taken).map(|(element, _)| (None, Some(element))));
    pairs.sort_by(|a, b| match (a.0.or(a.1), b.0.or(b.1)) {
        (Some(a), Some(b)) => a.canonical_order(b),
        _ => std::cmp::Ordering::Equal,
    });
    pairs
}

/// The lines of two texts, each unchanged, gone or new. The line end at the end of a text makes no line of its own.
pub fn lines<'a>(before: &'a str, after: &'a str) -> Vec<(Action, &'a str)> {
    let split = |text: &'a str| text.strip_suffix('\n').unwrap_or(text).split('\n').collect::<Vec<_>>();
    let (old, new) = (split(before), split(after));
    let operations = similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new);
    let changes = operations.iter().flat_map(|operation| operation.iter_changes(&old, &new));
    changes
        .map(|change| {
            let action = match change.tag() {
                similar::ChangeTag::Equal => Action::NoOp,
                similar::ChangeTag::Delete => Action::Delete,
                similar::ChangeTag::Insert => Action::Create,
            };
            (action, change.value())
        })
        .collect()
}

/// The positions of a longest common subsequence in both lists.
fn common(before: &[Value], after: &[Value]) -> Vec<(usize, usize)> {
    let same = |(a, b): (&Value, &Value)| a.raw_eq_unmarked(b);
    let head = before.iter().zip(after).take_while(|pair| same(*pair)).count();
    let (old, new) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|pair| same(*pair)).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let ends = (before.len() - tail, after.len() - tail);
    let middle = if old.len().saturating_mul(new.len()) > MOST_CELLS { Vec::new() } else { subsequence(old, new) };
    let first = (0..head).map(|i| (i, i));
    let middle = middle.into_iter().map(|(i, j)| (head + i, head + j));
    first.chain(middle).chain((0..tail).map(|i| (ends.0 + i, ends.1 + i))).collect()
}

fn subsequence(before: &[Value], after: &[Value]) -> Vec<(usize, usize)> {
    let width = after.len() + 1;
    let mut longest = vec![0u32; (before.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            longest[at(i, j)] = if before[i].raw_eq_unmarked(&after[j]) {
                longest[at(i + 1, j + 1)] + 1
            } else {
                longest[at(i + 1, j)].max(longest[at(i, j + 1)])
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < before.len() && j < after.len() {
        if before[i].raw_eq_unmarked(&after[j]) {
            found.push((i, j));
            i += 1;
            j += 1;
        } else if longest[at(i + 1, j)] >= longest[at(i, j + 1)] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Value> {
        text.chars().map(|c| Value::string(c.to_string())).collect()
    }

    fn shown(pairs: &[Pair<'_>]) -> String {
        let name = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("-").to_owned();
        pairs.iter().map(|(old, new)| format!("{}{} ", name(*old), name(*new))).collect()
    }

    #[test]
    fn lists_are_paired_along_what_they_have_in_common() {
        for (before, after, alike, expected) in [
            ("", "", true, ""),
            ("abc", "abc", true, "aa bb cc "),
            ("abc", "ac", false, "aa b- cc "),
            ("abc", "axc", true, "aa bx cc "),
            ("abc", "axc", false, "aa b- -x cc "),
            ("abcd", "bxd", true, "a- bb cx dd "),
            ("ab", "abcd", true, "aa bb -c -d "),
        ] {
            assert_eq!(shown(&pairs(&list(before), &list(after), |_| alike)), expected, "{before} {after}");
        }
    }

    #[test]
    fn sets_are_paired_by_equality() {
        assert_eq!(shown(&set_pairs(&list("abd"), &list("bcd"))), "a- bb -c dd ");
    }
}
