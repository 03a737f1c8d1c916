//! Who reaches what, as a picture: holders, identities, places.

use std::collections::{BTreeMap, BTreeSet};

use super::picture::{Edge, Node, Picture, Tone};
use crate::access::{Access, AccessChange};

/// Ways of access as arrows: from who over the identity to the place, with the role on the last.
pub fn of_access<'a>(access: impl Iterator<Item = &'a Access>) -> Picture {
    let mut drawing = Drawing::default();
    for access in access {
        drawing.add(access, Tone::Plain);
    }
    drawing.finish()
}

/// What a plan means for access: what is gained in the colour of what comes, what is lost in that of what goes.
pub fn of_changes(changes: &[AccessChange]) -> Picture {
    let mut drawing = Drawing::default();
    for change in changes {
        drawing.add(&change.access, if change.gained { Tone::Create } else { Tone::Delete });
    }
    drawing.finish()
}

#[derive(Default)]
struct Drawing {
    nodes: Vec<Node>,
    places: BTreeMap<(u8, String), usize>,
    edges: BTreeSet<Edge>,
}

impl Drawing {
    fn add(&mut self, access: &Access, tone: Tone) {
        let mut from = self.node(0, &access.who.to_string(), Tone::Plain);
        if let Some(identity) = &access.through {
            let identity = self.node(1, &format!("identity {identity}"), Tone::Plain);
            self.edges.insert(Edge { from, to: identity, label: String::new() });
            from = identity;
        }
        let condition = if access.condition.is_some() { " (under a condition)" } else { "" };
        let role = self.node(2, &format!("{}{condition}\n{}", access.role.name, access.scope), tone);
        self.edges.insert(Edge { from, to: role, label: String::new() });
    }

    fn node(&mut self, rank: u8, name: &str, tone: Tone) -> usize {
        let next = self.nodes.len();
        let at = *self.places.entry((rank, name.to_owned())).or_insert(next);
        if at == next {
            let (label, detail) = name.split_once('\n').unwrap_or((name, ""));
            self.nodes.push(Node {
                label: label.to_owned(),
                detail: detail.to_owned(),
                frame: String::new(),
                tone,
                is_person: rank == 0,
            });
        }
        at
    }

    fn finish(self) -> Picture {
        Picture { nodes: self.nodes, edges: self.edges.into_iter().collect() }
    }
}
