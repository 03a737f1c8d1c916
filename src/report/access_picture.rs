//! Who reaches what, as a picture: holders, identities, places.

use std::collections::{BTreeMap, BTreeSet};

use super::access_text::{holders, listed};
use super::picture::{Edge, Node, Picture, READABLE, Tone};
use crate::access::{Access, AccessChange, Issuer, Who};

/// Ways of access as arrows: from who over the identity to the place, with the role on the last.
pub fn of_access<'a>(access: impl Iterator<Item = &'a Access>) -> Picture {
    drawn(access.map(|access| (access, Tone::Plain)))
}

/// What a plan means for access: what is gained in the colour of what comes, what is lost in that of what goes.
pub fn of_changes(changes: &[AccessChange]) -> Picture {
    let tone = |change: &AccessChange| if change.gained { Tone::Create } else { Tone::Delete };
    drawn(changes.iter().map(|change| (&change.access, tone(change))))
}

/// A role at a place, with what stands in the box.
type Grant = (String, String, Tone);

/// Those who go the same way to the same places.
#[derive(Default)]
struct Way<'a> {
    holders: BTreeSet<&'a Who>,
    grants: BTreeSet<Grant>,
}

fn drawn<'a>(access: impl Iterator<Item = (&'a Access, Tone)>) -> Picture {
    let mut ways: BTreeMap<Vec<String>, Way<'a>> = BTreeMap::new();
    for (access, tone) in access {
        // Without anything between, everybody goes a way of their own.
        let between = access.ways();
        let key = if between.is_empty() { vec![access.who.to_string()] } else { between };
        let way = ways.entry(key).or_default();
        let condition = if access.condition.is_some() { " (under a condition)" } else { "" };
        way.holders.insert(&access.who);
        way.grants.insert((format!("{}{condition}", access.role.name), access.scope.to_string(), tone));
    }
    let mut drawing = Drawing::default();
    // A box for who, and one for each identity or group between.
    if ways.len() * 2 <= READABLE {
        for (between, way) in ways {
            let people = holders(&way.holders.iter().copied().collect::<Vec<_>>());
            drawing.way(&people, &between.into_iter().filter(|name| *name != people).collect::<Vec<_>>(), &way.grants);
        }
    } else {
        for (grants, ways) in alike(ways) {
            let identities: Vec<String> = ways.iter().map(|(between, _)| between.join(", ")).collect();
            let people: Vec<&Who> = ways.iter().flat_map(|(_, way)| way.holders.iter().copied()).collect();
            drawing.way(&counted(&people), &[named(&identities)], &grants);
        }
    }
    drawing.finish()
}

/// The ways that lead to the same.
fn alike(ways: BTreeMap<Vec<String>, Way<'_>>) -> BTreeMap<BTreeSet<Grant>, Vec<(Vec<String>, Way<'_>)>> {
    let mut alike: BTreeMap<BTreeSet<Grant>, Vec<_>> = BTreeMap::new();
    for (between, way) in ways {
        alike.entry(way.grants.clone()).or_default().push((between, way));
    }
    alike
}

/// `24 service accounts of cluster prod`; a few are named.
fn counted(people: &[&Who]) -> String {
    if let [_, _] | [_] = people {
        return holders(people);
    }
    let kind = |who: &&Who| match who {
        Who::ServiceAccount { cluster: Issuer::Cluster(cluster), .. } => {
            format!("service accounts of cluster {cluster}")
        }
        Who::ServiceAccount { cluster: Issuer::Elsewhere(issuer), .. } => {
            format!("service accounts of issuer {issuer}")
        }
        Who::Federated { issuer, .. } => format!("holders of tokens of {issuer}"),
        Who::Pods { cluster, .. } => format!("kinds of pods of cluster {cluster}"),
        Who::Group { .. } => "groups".into(),
        _ => "others".into(),
    };
    let mut kinds: BTreeMap<String, Vec<&Who>> = BTreeMap::new();
    for who in people {
        kinds.entry(kind(who)).or_default().push(*who);
    }
    let told = kinds.iter().map(|(kind, all)| match all.as_slice() {
        [only] => holders(&[*only]),
        all => format!("{} {kind}", all.len()),
    });
    listed(&told.collect::<Vec<_>>())
}

/// The name of the only one; else their number, with some names as the detail.
fn named(names: &[String]) -> String {
    let identities: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("identity ")).collect();
    match names {
        [only] => only.clone(),
        many if identities.len() == many.len() => format!("{} identities\n{}", many.len(), listed(&identities)),
        many => format!("{} ways\n{}", many.len(), listed(many)),
    }
}

#[derive(Default)]
struct Drawing {
    nodes: Vec<Node>,
    places: BTreeMap<(u8, String), usize>,
    edges: BTreeSet<Edge>,
}

impl Drawing {
    fn way(&mut self, people: &str, between: &[String], grants: &BTreeSet<Grant>) {
        // As many others may go another way: a box of people belongs to its way.
        let mut from = self.node(0, &people.replacen(" (", "\n(", 1), &between.join(", "), Tone::Plain);
        for name in between {
            from = self.arrow(from, 1, name, Tone::Plain);
        }
        for (role, place, tone) in grants {
            self.arrow(from, 2, &format!("{role}\n{place}"), *tone);
        }
    }

    /// An arrow to a box, which is made where there is none yet.
    fn arrow(&mut self, from: usize, rank: u8, name: &str, tone: Tone) -> usize {
        let to = self.node(rank, name, "", tone);
        self.edges.insert(Edge { from, to, label: String::new() });
        to
    }

    /// The box of a name, and of what else tells it from others of that name; made where there is none yet.
    fn node(&mut self, rank: u8, name: &str, of: &str, tone: Tone) -> usize {
        let next = self.nodes.len();
        let at = *self.places.entry((rank, format!("{name}\n{of}"))).or_insert(next);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Roll;

    fn way(i: usize, place: &str) -> (Vec<String>, BTreeSet<Grant>) {
        (vec![format!("identity id-{i}")], [("Reader".to_owned(), place.to_owned(), Tone::Create)].into())
    }

    #[test]
    fn ways_that_lead_to_the_same_are_one() {
        let ways = (0..500).map(|i| way(i, if i % 2 == 0 { "vault a" } else { "vault b" }));
        let ways = ways.map(|(key, grants)| (key, Way { holders: BTreeSet::new(), grants })).collect();
        let alike = alike(ways);
        assert_eq!(alike.values().map(Vec::len).collect::<Vec<_>>(), [250, 250]);
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(named(&names), "5 ways\na, b, c, d and 1 more");
        assert_eq!(named(&names[..1]), "a");
        assert_eq!(named(&["identity a", "identity b"].map(str::to_owned)), "2 identities\na and b");
    }

    #[test]
    fn many_are_counted_by_what_they_are() {
        let accounts: Vec<Who> = (0..3)
            .map(|i| Who::ServiceAccount { name: format!("n/{i}"), cluster: Issuer::Cluster("prod".into()) })
            .chain([Who::Group { name: None, id: "g".into(), roll: Roll::Unknown }])
            .collect();
        let all: Vec<&Who> = accounts.iter().collect();
        assert_eq!(counted(&all), "group g (whose members are not known here) and 3 service accounts of cluster prod");
        assert_eq!(counted(&all[..2]), "service accounts n/0 and n/1 (cluster prod)");
    }
}
