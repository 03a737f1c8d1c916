//! Groups of the directory: who is in them, by what the directory says and by what a team says.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::who::{Person, Roll, Who};
use super::world::World;
use crate::config::{GroupPreference, Text};
use crate::provider::{Directory, Members, Sought};

/// A group of the directory.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// What people call it.
    pub name: Option<String>,
    /// The object ids of its members, which may be groups themselves.
    pub members: Members,
}

impl World {
    /// Takes in what the directory says.
    pub fn know_directory(&mut self, directory: &Directory) {
        for (id, entry) in &directory.entries {
            if entry.kind.as_deref() == Some("Group") {
                let group = Group { name: entry.name.clone(), members: entry.members.clone() };
                self.groups.insert(id.clone(), group);
            } else {
                let person = Person { name: entry.name.clone(), id: id.clone(), kind: entry.kind.clone() };
                self.people.insert(id.clone(), person);
            }
        }
    }

    /// Takes in what a team says of its groups, which counts more than what the directory says. A member is an object
    /// id, or the address of an identity.
    pub fn know_groups(&mut self, groups: &[GroupPreference]) {
        let identities: HashMap<String, &str> =
            self.identities.iter().map(|identity| (identity.address.to_string(), &*identity.principal)).collect();
        let said = groups.iter().map(|group| {
            // An identity that is not there has no part in a group.
            let is_id = |text: &str| uuid::Uuid::try_parse(text).is_ok();
            let principal = |member: &Text| match identities.get(&*member.value) {
                Some(principal) => Some((*principal).to_owned()),
                None => is_id(&member.value).then(|| member.value.to_string()),
            };
            let members = group.members.as_ref().map(|members| members.iter().filter_map(principal).collect());
            let name = group.name.as_ref().map(|name| name.value.to_string());
            (group.id.value.to_ascii_lowercase(), name, members)
        });
        for (id, name, members) in said.collect::<Vec<_>>() {
            let group = self.groups.entry(id).or_default();
            group.name = name.or_else(|| group.name.take());
            if let Some(members) = members {
                group.members = Members::Known(members);
            }
        }
    }

    /// Those to whom roles are given and of whom nothing is known here but an object id.
    pub fn strangers(&self) -> Vec<Sought> {
        let known: HashSet<&str> = self.principals(|_| true).into_keys().collect();
        let kubelets: HashSet<&str> = self.clusters.iter().filter_map(|c| c.kubelet.as_deref()).collect();
        let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for assignment in &self.assignments {
            let id = assignment.principal.as_str();
            let kind = assignment.principal_type.as_deref();
            let is_ours = known.contains(id) || kubelets.contains(id) || self.is_told(id);
            if !is_ours && uuid::Uuid::try_parse(id).is_ok() {
                let known = found.entry(id).or_default();
                *known = known.or(kind);
            }
        }
        let concerned = self.denials.iter().flat_map(|denial| denial.principals.iter().chain(&denial.except));
        for id in concerned.filter(|id| !known.contains(id.as_str())) {
            found.entry(id).or_default();
        }
        let sought = |(id, kind): (&str, Option<&str>)| Sought { id: id.to_owned(), kind: kind.map(str::to_owned) };
        found.into_iter().map(sought).collect()
    }

    /// Everybody in a group, also by other groups.
    pub(super) fn members<'w>(&'w self, group: &'w Group) -> BTreeSet<&'w str> {
        let mut found = BTreeSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            let Members::Known(members) = &group.members else { continue };
            for member in members {
                if found.insert(member.as_str()) {
                    open.extend(self.group(member));
                }
            }
        }
        found
    }

    /// A group, by its object id in any casing.
    pub(super) fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(&id.to_ascii_lowercase())
    }

    /// Somebody known by an object id only. `ours` are those whose access is told by itself: a group's roll is without
    /// them.
    pub(super) fn stranger(&self, id: &str, kind: Option<&str>, is_ours: &dyn Fn(&str) -> bool) -> Who {
        match (self.group(id), kind) {
            (Some(group), _) => {
                Who::Group { name: group.name.clone(), id: id.to_owned(), roll: self.roll(group, is_ours) }
            }
            (None, Some("Group")) => Who::Group { name: None, id: id.to_owned(), roll: Roll::Unknown },
            (None, kind) => {
                let person = self.people.get(&id.to_ascii_lowercase());
                let known = |person: &Person| person.kind.clone();
                Who::Principal {
                    id: id.to_owned(),
                    kind: kind.map(str::to_owned).or_else(|| person.and_then(known)),
                    name: person.and_then(|person| person.name.clone()),
                }
            }
        }
    }

    fn roll(&self, group: &Group, is_ours: &dyn Fn(&str) -> bool) -> Roll {
        match &group.members {
            Members::Unknown => Roll::Unknown,
            Members::Untold(why) => Roll::Untold(why.as_str().into()),
            Members::Known(members) if members.is_empty() => Roll::Nobody,
            Members::Known(_) => {
                let all = self.members(group).into_iter().filter(|id| !is_ours(id) && !self.is_told(id));
                let unnamed = |id: &str| Person { name: None, id: id.to_owned(), kind: None };
                let person =
                    |id: &str| self.people.get(&id.to_ascii_lowercase()).cloned().unwrap_or_else(|| unnamed(id));
                let mut people: Vec<Person> = all.map(person).collect();
                people.sort();
                Roll::Of(Arc::from(people))
            }
        }
    }

    /// Whether this is a group of which everybody is known: it needs no mention beside its members.
    pub(super) fn is_told(&self, id: &str) -> bool {
        self.group(id).is_some_and(|group| matches!(group.members, Members::Known(_)))
    }

    /// The groups that everybody is in, by object id, all in lower case.
    pub(super) fn memberships(&self) -> HashMap<String, Vec<&str>> {
        let mut found: HashMap<String, Vec<&str>> = HashMap::new();
        for (id, group) in &self.groups {
            for member in self.members(group) {
                found.entry(member.to_ascii_lowercase()).or_default().push(id);
            }
        }
        found
    }
}
