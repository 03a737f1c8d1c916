//! Access that is alike, told once: where hundreds of workloads gain the same, nobody reads each.

use indexmap::IndexMap;

use super::access_text::{Paragraph, listed, what};
use crate::access::{Access, Scope};

/// Up to so many paragraphs each is told.
const READABLE: usize = 20;
/// Fewer than these are not worth a fold.
const WORTHWHILE: usize = 4;

/// A paragraph that is told, with what is behind it.
pub struct Fold<'a> {
    /// What is told.
    pub told: Paragraph<'a>,
    /// The paragraphs that it was put together from, when everybody in it has the very same.
    pub parts: Vec<Paragraph<'a>>,
    /// Others like it that are not told: the same roles, each at places of its own.
    pub like: Vec<Paragraph<'a>>,
}

/// What is told of paragraphs, those first in which somebody could get any access.
pub fn folded(paragraphs: Vec<Paragraph<'_>>) -> Vec<Fold<'_>> {
    let mut folds = readable(paragraphs);
    folds.sort_by_key(|fold| !fold.told.access.iter().any(|access| access.grants_any()));
    folds
}

/// Every paragraph where they can be read; else those of the same access put together, and where that is not enough, of
/// those with the same roles the first.
fn readable(paragraphs: Vec<Paragraph<'_>>) -> Vec<Fold<'_>> {
    if paragraphs.len() <= READABLE {
        return paragraphs.into_iter().map(alone).collect();
    }
    let same = grouped(paragraphs, |paragraph| paragraph.access.iter().map(|access| what(access)).collect::<Vec<_>>());
    let put_together: Vec<Fold<'_>> = same.into_iter().flat_map(merged).collect();
    if put_together.len() <= READABLE {
        return put_together;
    }
    let (whole, single): (Vec<_>, Vec<_>) = put_together.into_iter().partition(|fold| !fold.parts.is_empty());
    let like = grouped(single.into_iter().map(|fold| fold.told).collect(), |paragraph| {
        let roles = paragraph.access.iter().map(|access| kind_of(access)).collect::<Vec<_>>();
        (paragraph.ways.len(), roles)
    });
    whole.into_iter().chain(like.into_iter().flat_map(first_of)).collect()
}

/// A paragraph that is told by itself.
pub fn alone(told: Paragraph<'_>) -> Fold<'_> {
    Fold { told, parts: Vec::new(), like: Vec::new() }
}

/// Paragraphs put together by something, in the order of the first of each.
fn grouped<'a, K: std::hash::Hash + Eq>(
    paragraphs: Vec<Paragraph<'a>>,
    key: impl Fn(&Paragraph<'a>) -> K,
) -> Vec<Vec<Paragraph<'a>>> {
    let mut groups: IndexMap<K, Vec<Paragraph<'a>>> = IndexMap::new();
    for paragraph in paragraphs {
        groups.entry(key(&paragraph)).or_default().push(paragraph);
    }
    groups.into_values().collect()
}

/// The role, what kind of place it holds at, and its condition.
fn kind_of(access: &Access) -> (&str, String, Option<&str>) {
    let place = match &access.scope {
        Scope::Known(id) => id.resource_type(),
        Scope::Later(_) => String::new(),
    };
    (&access.role.key, place, access.condition.as_deref())
}

/// One paragraph of several with the same access.
fn merged(parts: Vec<Paragraph<'_>>) -> Vec<Fold<'_>> {
    let Some(access) = parts.first().map(|first| first.access.clone()).filter(|_| parts.len() >= WORTHWHILE) else {
        return parts.into_iter().map(alone).collect();
    };
    let holders = parts.iter().flat_map(|part| part.holders.iter().copied()).collect();
    let told = Paragraph { ways: between(&parts), holders, access };
    vec![Fold { told, parts, like: Vec::new() }]
}

/// What stands between the holders of several paragraphs and their access.
fn between(parts: &[Paragraph<'_>]) -> Vec<String> {
    let ways: Vec<String> = parts.iter().map(|part| part.ways.join(" and ")).filter(|way| !way.is_empty()).collect();
    let identities: Vec<&str> = ways.iter().filter_map(|way| way.strip_prefix("identity ")).collect();
    match ways.len() {
        0 => Vec::new(),
        all if identities.len() == all && !ways.iter().any(|way| way.contains(" and group ")) => {
            vec![format!("identities {}", listed(&identities))]
        }
        _ => vec![listed(&ways)],
    }
}

/// The first of several with the same roles.
fn first_of(mut like: Vec<Paragraph<'_>>) -> Vec<Fold<'_>> {
    if like.len() < WORTHWHILE {
        return like.into_iter().map(alone).collect();
    }
    let told = like.remove(0);
    vec![Fold { told, parts: Vec::new(), like }]
}

#[cfg(test)]
mod tests {
    use super::super::access_text::paragraphs;
    use super::*;
    use crate::access::{Issuer, Role, Who};
    use crate::azure::arm_id::ArmId;

    fn access(i: usize, vault: usize) -> Option<Access> {
        let id = format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-{vault}");
        let address = crate::address::Address::parse("azurerm_role_assignment.x")?;
        Some(Access {
            who: Who::ServiceAccount { name: format!("shop/w{i:03}"), cluster: Issuer::Cluster("prod".into()) },
            through: Some(format!("id-{i:03}")),
            credential: None,
            group: None,
            role: Role::named("Key Vault Secrets User"),
            scope: Scope::Known(ArmId::parse(&id).ok()?),
            condition: None,
            assignment: address,
            principal: String::new(),
        })
    }

    fn told(vault: impl Fn(usize) -> usize, count: usize) -> Vec<(usize, usize, String)> {
        let all: Vec<Access> = (0..count).filter_map(|i| access(i, vault(i))).collect();
        let folds = folded(paragraphs(all.iter()));
        folds.iter().map(|fold| (fold.parts.len(), fold.like.len(), fold.told.ways.join(" and "))).collect()
    }

    #[test]
    fn a_few_are_told_each() {
        assert_eq!(told(|_| 0, 20).len(), 20);
    }

    #[test]
    fn those_with_the_same_access_are_put_together() {
        let many = told(|i| i % 2, 100);
        assert_eq!(many.len(), 2);
        assert_eq!(many[0], (50, 0, "identities id-000, id-002, id-004, id-006 and 46 more".to_owned()));
    }

    #[test]
    fn of_those_with_places_of_their_own_the_first_is_told() {
        let many = told(|i| if i < 10 { 0 } else { i }, 100);
        assert_eq!(many.iter().map(|(parts, like, _)| (*parts, *like)).collect::<Vec<_>>(), [(10, 0), (0, 89)]);
    }
}
