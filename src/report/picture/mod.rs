//! Pictures of what needs what and of who reaches what: boxes and arrows, drawn as DOT, Mermaid or SVG.

mod dot;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::plan::Action;

/// More boxes than these cannot be read at once.
pub const READABLE: usize = 40;

/// Boxes and arrows.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The arrows, each from one box to another, by their positions.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub label: String,
    /// More of it, in small letters.
    pub detail: String,
    /// The frame around it, by its title; empty for none.
    pub frame: String,
    /// What happens to it.
    pub tone: Tone,
    /// It is somebody, not something.
    pub is_person: bool,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it points.
    pub to: usize,
    /// What it says.
    pub label: String,
}

/// What happens to a box, as its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// It is read.
    Read,
    /// It comes.
    Create,
    /// It changes.
    Update,
    /// It goes and comes.
    Replace,
    /// It goes.
    Delete,
}

impl Tone {
    /// Every tone that says something.
    pub const TELLING: [Self; 5] = [Self::Read, Self::Create, Self::Update, Self::Replace, Self::Delete];

    /// That of an action.
    pub fn of(action: Action) -> Self {
        match action {
            Action::NoOp | Action::Forget => Self::Plain,
            Action::Read => Self::Read,
            Action::Create => Self::Create,
            Action::Update => Self::Update,
            Action::DeleteThenCreate | Action::CreateThenDelete => Self::Replace,
            Action::Delete => Self::Delete,
        }
    }

    /// The word for it, also the name of its class.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }

    /// Line and ground on white, for formats without a style of their own.
    pub fn colors(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("#57606a", "#f6f8fa"),
            Self::Read => ("#0969da", "#ddf4ff"),
            Self::Create => ("#1a7f37", "#dafbe1"),
            Self::Update => ("#9a6700", "#fff8c5"),
            Self::Replace => ("#bc4c00", "#fff1e5"),
            Self::Delete => ("#cf222e", "#ffebe9"),
        }
    }
}

impl Picture {
    /// The picture with all boxes that have the same name drawn as one. What is said of each is counted.
    #[must_use]
    pub fn folded(&self, name: impl Fn(&Node) -> String) -> Self {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, node) in self.nodes.iter().enumerate() {
            places.entry(name(node)).or_default().push(at);
        }
        let mut moved: HashMap<usize, usize> = HashMap::new();
        let mut nodes = Vec::with_capacity(places.len());
        for (label, members) in places {
            moved.extend(members.iter().map(|at| (*at, nodes.len())));
            let members: Vec<&Node> = members.iter().filter_map(|at| self.nodes.get(*at)).collect();
            nodes.push(match members.as_slice() {
                [only] => (*only).clone(),
                many => together(label, many),
            });
        }
        let ends = |edge: &Edge| Some((*moved.get(&edge.from)?, *moved.get(&edge.to)?));
        let between = self.edges.iter().filter_map(ends).filter(|(from, to)| from != to);
        let pairs: BTreeSet<(usize, usize)> = between.collect();
        let edges = pairs.into_iter().map(|(from, to)| Edge { from, to, label: String::new() }).collect();
        Self { nodes, edges }
    }
}

impl Picture {
    /// The picture without arrows that say nothing new: where others lead to the same box.
    #[must_use]
    pub fn reduced(mut self) -> Self {
        let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.nodes.len()];
        for edge in &self.edges {
            if let Some(after) = after.get_mut(edge.from) {
                after.insert(edge.to);
            }
        }
        self.edges.retain(|edge| {
            let needless = edge.label.is_empty() && leads_around(&after, edge.from, edge.to);
            if let Some(after) = after.get_mut(edge.from).filter(|_| needless) {
                after.remove(&edge.to);
            }
            !needless
        });
        self
    }
}

/// Whether arrows lead from one box to another also without the one between them.
fn leads_around(after: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let next = |at: usize| after.get(at).into_iter().flatten().copied();
    let mut open: Vec<usize> = next(from).filter(|at| *at != to).collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().chain([from]).collect();
    while let Some(at) = open.pop() {
        for reached in next(at) {
            if reached == to {
                return true;
            }
            if seen.insert(reached) {
                open.push(reached);
            }
        }
    }
    false
}

/// Several boxes as one.
fn together(label: String, members: &[&Node]) -> Node {
    let mut counts: BTreeMap<Tone, usize> = BTreeMap::new();
    for member in members {
        *counts.entry(member.tone).or_default() += 1;
    }
    let told: Vec<String> = counts
        .iter()
        .filter(|(tone, _)| **tone != Tone::Plain)
        .map(|(tone, count)| format!("{count} to {}", tone.word()))
        .collect();
    let detail = match told.as_slice() {
        [only] if counts.len() == 1 => only.clone(),
        told => format!("{} resources{}", members.len(), told.iter().map(|t| format!(", {t}")).collect::<String>()),
    };
    let tone = counts.keys().next_back().copied().unwrap_or_default();
    Node { label, detail, frame: String::new(), tone, is_person: false }
}
