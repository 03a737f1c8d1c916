//! Boxes of a graph that are alike, drawn as one: what leads to the same and from the same, and is of one kind.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::picture::{Picture, Tone};

/// What makes two boxes alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'a> {
    sort: &'a str,
    tone: Tone,
    needs: BTreeSet<usize>,
    needed_by: BTreeSet<usize>,
}

/// For each box of a picture, by its label, the name of the box that it becomes a part of. Boxes that stay alone are
/// left out. `sort` tells what a label is: its kind, its module; `plain` tells the name that all boxes of a sort share.
pub fn names<'a>(
    picture: &'a Picture,
    sort: impl Fn(&'a str) -> &'a str,
    plain: impl Fn(&'a str) -> String,
) -> HashMap<&'a str, String> {
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); picture.nodes.len()];
    let mut needed_by = needs.clone();
    for edge in &picture.edges {
        if let (Some(needs), Some(needed_by)) = (needs.get_mut(edge.from), needed_by.get_mut(edge.to)) {
            needs.insert(edge.to);
            needed_by.insert(edge.from);
        }
    }
    let mut alike: BTreeMap<Likeness<'_>, Vec<&'a str>> = BTreeMap::new();
    for ((node, needs), needed_by) in picture.nodes.iter().zip(needs).zip(needed_by) {
        let likeness = Likeness { sort: sort(&node.label), tone: node.tone, needs, needed_by };
        alike.entry(likeness).or_default().push(&node.label);
    }
    let mut of_plain: HashMap<String, usize> = HashMap::new();
    for node in &picture.nodes {
        *of_plain.entry(plain(&node.label)).or_default() += 1;
    }
    let mut found = HashMap::new();
    for labels in alike.into_values().filter(|labels| labels.len() > 1) {
        let name = together(&labels, &plain, &of_plain);
        found.extend(labels.into_iter().map(|label| (label, name.clone())));
    }
    found
}

/// The plain name where these are all that have it; else the first of their names.
fn together<'a>(labels: &[&'a str], plain: impl Fn(&'a str) -> String, of_plain: &HashMap<String, usize>) -> String {
    let shared: BTreeSet<String> = labels.iter().map(|label| plain(label)).collect();
    let whole = |name: &String| of_plain.get(name) == Some(&labels.len());
    match shared.first() {
        Some(only) if shared.len() == 1 && whole(only) => only.clone(),
        _ => match labels.iter().map(|label| label.strip_prefix("workload ")).collect::<Option<Vec<_>>>() {
            Some(identities) => format!("workloads {}", first_of(&identities)),
            None => first_of(labels),
        },
    }
}

/// `a, b and 20 more`: a box is not wide.
fn first_of(names: &[&str]) -> String {
    match names {
        [first, second, rest @ ..] if !rest.is_empty() => format!("{first}, {second} and {} more", rest.len()),
        few => few.join(" and "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::picture::{Edge, Node};

    /// Boxes, and arrows between them, by their labels.
    fn picture(arrows: &[(&str, &str)]) -> Picture {
        let labels: BTreeSet<&str> = arrows.iter().flat_map(|(from, to)| [*from, *to]).collect();
        let at = |label: &str| labels.iter().position(|other| *other == label).unwrap_or_default();
        let node = |label: &&str| Node {
            label: (*label).to_owned(),
            detail: String::new(),
            frame: String::new(),
            tone: Tone::Create,
            is_person: false,
        };
        let edge = |(from, to): &(&str, &str)| Edge { from: at(from), to: at(to), label: String::new() };
        Picture { nodes: labels.iter().map(node).collect(), edges: arrows.iter().map(edge).collect() }
    }

    fn named(arrows: &[(&str, &str)]) -> BTreeSet<String> {
        let block = |label: &str| label.split('[').next().unwrap_or(label).to_owned();
        names(&picture(arrows), |label| label.split(['.', ' ']).next().unwrap_or(label), block).into_values().collect()
    }

    #[test]
    fn what_leads_to_the_same_is_one() {
        let workloads = ["workload a", "workload b", "workload c"].map(|from| (from, "vault.x"));
        let others = [("workload d", "vault.y"), ("workload e", "vault.y"), ("vault.y", "group.main")];
        let found = named(&[workloads.as_slice(), others.as_slice()].concat());
        assert_eq!(found, ["workloads a, b and 1 more", "workloads d and e"].map(str::to_owned).into());
    }

    #[test]
    fn all_instances_of_a_block_are_called_like_it() {
        assert_eq!(named(&[("m.w[1]", "k.a"), ("m.w[2]", "k.a")]), ["m.w".to_owned()].into());
        let some = named(&[("m.w[1]", "k.a"), ("m.w[2]", "k.a"), ("m.w[3]", "k.b"), ("k.b", "k.c")]);
        assert_eq!(some, ["m.w[1] and m.w[2]".to_owned()].into());
    }
}
