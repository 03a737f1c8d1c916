//! What a request's path points at: a resource, a collection, an action, an operation.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// An ARM id as Azure compares it: in lower case, without a final slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(super) struct Key(pub Arc<str>);

impl Key {
    /// The key of an id in any casing.
    pub fn of(id: &str) -> Self {
        Self(id.trim_end_matches('/').to_lowercase().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `scope` or lies beneath it.
    pub fn within(&self, scope: &Key) -> bool {
        self.0.strip_prefix(&*scope.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl From<String> for Key {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0.as_ref().to_owned()
    }
}

/// Where a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// As written in the request.
    pub id: String,
    /// `Microsoft.Network/virtualNetworks/subnets`, as written.
    pub kind: String,
    /// The last segment.
    pub name: String,
    /// The id before the last pair of segments: the parent resource, or the scope.
    pub parent: String,
    /// What is before the last `/providers/`: a resource group, a subscription, or what an extension sits on.
    pub scope: String,
    /// Whether the parent is a resource of the same provider, not a scope.
    pub is_child: bool,
}

impl Place {
    /// How the id is compared.
    pub fn key(&self) -> Key {
        Key::of(&self.id)
    }

    /// The subscription's id, or nothing for a resource of the tenant.
    pub fn subscription(&self) -> &str {
        subscription_of(&self.id)
    }

    /// The id of the resource group that this is in (not the group itself).
    pub fn group(&self) -> Option<&str> {
        group_of(&self.id).filter(|group| group.len() < self.id.len())
    }

    /// The group's or resource's own name as the fourth segment has it.
    pub fn group_name(&self) -> &str {
        group_of(&self.id).and_then(|group| group.rsplit('/').next()).unwrap_or_default()
    }
}

/// What a path points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/subscriptions`
    Subscriptions,
    /// `/subscriptions/{s}`
    Subscription(String),
    /// `/subscriptions/{s}/locations`
    Locations(String),
    /// `…/providers`, or one of them by namespace.
    Providers(String, Option<String>),
    /// `…/resources` of a subscription or a group.
    Contents(String),
    /// The end of a long-running operation, by its id; `true` for its result (`Location`).
    Operation(String, bool),
    /// One resource.
    Resource(Place),
    /// All resources of a kind in a parent or scope.
    Collection {
        /// `/subscriptions/…`
        parent: String,
        /// `Microsoft.Network/virtualNetworks`
        kind: String,
    },
}

/// The kind of resource groups.
pub(super) const GROUPS: &str = "Microsoft.Resources/resourceGroups";

impl Target {
    /// Reads a path; `None` when ARM has no such route.
    pub fn parse(path: &str) -> Option<Self> {
        let decoded = percent_decode_str(path).decode_utf8().ok()?;
        let segments: Vec<&str> = decoded.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [subscriptions] if same(subscriptions, "subscriptions") => return Some(Self::Subscriptions),
            [subscriptions, id] if same(subscriptions, "subscriptions") => {
                return Some(Self::Subscription((*id).to_owned()));
            }
            [_, id, word] if same(word, "locations") => return Some(Self::Locations((*id).to_owned())),
            [.., word] if same(word, "resources") && segments.len() <= 5 => {
                return Some(Self::Contents(join(&segments[..segments.len() - 1])));
            }
            [subscriptions, _, groups] if same(subscriptions, "subscriptions") && same(groups, "resourceGroups") => {
                return Some(Self::Collection { parent: join(&segments[..2]), kind: GROUPS.to_owned() });
            }
            [subscriptions, _, groups, name]
                if same(subscriptions, "subscriptions") && same(groups, "resourceGroups") =>
            {
                return Some(Self::Resource(Place {
                    id: join(&segments),
                    kind: GROUPS.to_owned(),
                    name: (*name).to_owned(),
                    parent: join(&segments[..2]),
                    scope: join(&segments[..2]),
                    is_child: false,
                }));
            }
            _ => {}
        }
        Self::parse_provider(&segments)
    }

    /// Reads what follows the last `/providers/`.
    fn parse_provider(segments: &[&str]) -> Option<Self> {
        let at = segments.iter().rposition(|segment| same(segment, "providers"))?;
        let scope = join(&segments[..at]);
        let (namespace, rest) = match &segments[at + 1..] {
            [] => return Some(Self::Providers(scope, None)),
            [namespace] => return Some(Self::Providers(scope, Some((*namespace).to_owned()))),
            [namespace, rest @ ..] => (*namespace, rest),
        };
        if let [locations, _, word, id] = rest
            && same(locations, "locations")
        {
            match word.to_ascii_lowercase().as_str() {
                "operations" => return Some(Self::Operation((*id).to_owned(), false)),
                "operationresults" => return Some(Self::Operation((*id).to_owned(), true)),
                _ => {}
            }
        }
        let types: Vec<&str> = rest.iter().step_by(2).copied().collect();
        let kind = format!("{namespace}/{}", types.join("/"));
        if rest.len() % 2 == 1 {
            return Some(
                Self::Collection { parent: join(&segments[..segments.len() - 1]), kind }.of_scope(&scope, rest),
            );
        }
        let is_child = rest.len() > 2;
        Some(Self::Resource(Place {
            id: join(segments),
            kind,
            name: (*segments.last()?).to_owned(),
            parent: if is_child { join(&segments[..segments.len() - 2]) } else { scope.clone() },
            scope,
            is_child,
        }))
    }

    /// A collection of top-level kinds hangs on the scope, not on the namespace.
    fn of_scope(self, scope: &str, rest: &[&str]) -> Self {
        match self {
            Self::Collection { kind, .. } if rest.len() == 1 => Self::Collection { parent: scope.to_owned(), kind },
            other => other,
        }
    }

    /// The word under which requests are counted.
    pub fn kind(&self) -> &str {
        match self {
            Self::Subscriptions | Self::Subscription(_) => "subscriptions",
            Self::Locations(_) => "locations",
            Self::Providers(..) => "providers",
            Self::Contents(_) => "resources",
            Self::Operation(..) => "operations",
            Self::Resource(place) => &place.kind,
            Self::Collection { kind, .. } => kind,
        }
    }
}

/// Splits `…/managedClusters/a/listClusterUserCredential` into the resource and the action.
pub(super) fn action_of(path: &str) -> Option<(Place, String)> {
    let (resource, action) = path.trim_end_matches('/').rsplit_once('/')?;
    match Target::parse(resource)? {
        Target::Resource(place) => Some((place, action.to_owned())),
        _ => None,
    }
}

/// The subscription of an id, or nothing.
pub(super) fn subscription_of(id: &str) -> &str {
    let mut segments = id.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some(word), Some(subscription)) if same(word, "subscriptions") => subscription,
        _ => "",
    }
}

/// The id of the resource group that an id starts with.
pub(super) fn group_of(id: &str) -> Option<&str> {
    let mut ends = id.match_indices('/').map(|(at, _)| at).skip(4);
    let words: Vec<&str> = id.splitn(6, '/').collect();
    let is_group = words.len() >= 5 && same(words[1], "subscriptions") && same(words[3], "resourceGroups");
    is_group.then(|| ends.next().map_or(id, |end| &id[..end]))
}

/// Whether two words are the same to ARM.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

fn join(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |path, segment| path + "/" + segment)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const GROUP: &str = "/subscriptions/s/resourceGroups/rg";

    #[test]
    fn a_child_knows_its_parent_and_its_group() {
        let id = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/n");
        let Some(Target::Resource(place)) = Target::parse(&id) else { panic!("no resource") };
        assert_eq!(place.kind, "Microsoft.Network/virtualNetworks/subnets");
        assert_eq!(place.parent, format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/v"));
        assert_eq!(place.group(), Some(GROUP));
        assert_eq!(place.group_name(), "rg");
        assert_eq!(place.subscription(), "s");
        assert!(place.is_child);
    }

    #[test]
    fn an_extension_sits_on_its_scope() {
        let id = format!(
            "{GROUP}/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/g"
        );
        let Some(Target::Resource(place)) = Target::parse(&id) else { panic!("no resource") };
        assert_eq!(place.kind, "Microsoft.Authorization/roleAssignments");
        assert_eq!(place.scope, format!("{GROUP}/providers/Microsoft.KeyVault/vaults/v"));
        assert_eq!(place.parent, place.scope);
    }

    #[test]
    fn collections_hang_on_scope_or_parent() {
        let of = |path: String| match Target::parse(&path).unwrap() {
            Target::Collection { parent, kind } => (parent, kind),
            other => panic!("{other:?}"),
        };
        assert_eq!(of(format!("{GROUP}/providers/A.B/cs")), (GROUP.to_owned(), "A.B/cs".to_owned()));
        assert_eq!(
            of(format!("{GROUP}/providers/A.B/cs/c/ds")),
            (format!("{GROUP}/providers/A.B/cs/c"), "A.B/cs/ds".to_owned())
        );
        assert_eq!(
            of("/subscriptions/s/resourcegroups".to_owned()),
            ("/subscriptions/s".to_owned(), GROUPS.to_owned())
        );
    }

    #[test]
    fn operations_and_actions() {
        let path = "/subscriptions/s/providers/A.B/locations/westeurope/operations/1";
        assert_eq!(Target::parse(path), Some(Target::Operation("1".to_owned(), false)));
        let (place, action) = action_of(&format!("{GROUP}/providers/A.B/cs/c/listKeys")).unwrap();
        assert_eq!((place.name.as_str(), action.as_str()), ("c", "listKeys"));
    }

    #[test]
    fn keys_compare_by_whole_segments() {
        assert!(Key::of("/Subscriptions/S/resourceGroups/A").within(&Key::of("/subscriptions/s")));
        assert!(!Key::of("/subscriptions/s2").within(&Key::of("/subscriptions/s")));
    }
}
