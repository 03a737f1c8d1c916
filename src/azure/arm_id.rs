//! Identifiers of Azure Resource Manager, parsed into segments and compared as Azure compares them: without regard
//! to case, but printed as the user spelled them.
//!
//! An id is a root (the tenant, a subscription, a resource group) followed by any number of provider paths; each
//! provider path after the first names an *extension* of what stands before it:
//!
//! ```text
//! /subscriptions/{s}/resourceGroups/{g}
//!     /providers/Microsoft.Network/virtualNetworks/{v}/subnets/{n}
//!     /providers/Microsoft.Authorization/roleAssignments/{guid}
//! ```

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use thiserror::Error;

use crate::azure::casing::canonical;

/// The id of a resource, a resource group, a subscription, a management group or the tenant.
#[derive(Clone)]
pub struct ArmId {
    spelled: Arc<str>,
    /// The same in lower case: what is compared.
    folded: Arc<str>,
    root: Root,
    paths: Vec<ProviderPath>,
}

/// Where an id starts.
#[derive(Clone, Debug)]
enum Root {
    Tenant,
    Subscription(Arc<str>),
    ResourceGroup { subscription: Arc<str>, group: Arc<str> },
}

/// `/providers/{namespace}` and then pairs of type and name.
#[derive(Clone, Debug)]
struct ProviderPath {
    namespace: Arc<str>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Step {
    kind: Arc<str>,
    name: Arc<str>,
}

/// Why a text is not an ARM id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAnArmId {
    /// Ids start with `/`.
    #[error("it must begin with \"/\"")]
    NoSlash,
    /// Two slashes with nothing between.
    #[error("it has an empty segment")]
    EmptySegment,
    /// A type without a name after it.
    #[error("the segment {0:?} must be followed by a name")]
    MissingName(String),
    /// Not `subscriptions` or `providers` at the start.
    #[error("it must begin with \"/subscriptions/\" or \"/providers/\"")]
    UnknownRoot,
    /// After a subscription only a resource group or a provider can stand.
    #[error("the segment {0:?} is none of \"resourceGroups\" and \"providers\"")]
    UnknownSegment(String),
    /// `/providers/Microsoft.Network` without a resource.
    #[error("the provider {0:?} must be followed by a type and a name")]
    NoResource(String),
}

impl ArmId {
    /// Reads an id. Fixed words may be spelled in any case; a final slash is ignored.
    pub fn parse(text: &str) -> Result<Self, NotAnArmId> {
        let inner = text.strip_prefix('/').ok_or(NotAnArmId::NoSlash)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let segments: Vec<&str> = if inner.is_empty() { Vec::new() } else { inner.split('/').collect() };
        if segments.iter().any(|s| s.is_empty()) {
            return Err(NotAnArmId::EmptySegment);
        }
        let (root, rest) = Root::read(&segments)?;
        Ok(Self::new(Arc::from(format!("/{inner}")), root, ProviderPath::read_all(rest)?))
    }

    fn new(spelled: Arc<str>, root: Root, paths: Vec<ProviderPath>) -> Self {
        let folded = spelled.to_ascii_lowercase().into();
        Self { spelled, folded, root, paths }
    }

    /// The tenant itself: `/`.
    pub fn tenant() -> Self {
        Self::new("/".into(), Root::Tenant, Vec::new())
    }

    /// `/subscriptions/{subscription}`
    pub fn of_subscription(subscription: &str) -> Self {
        let root = Root::Subscription(subscription.into());
        Self::new(root.to_string().into(), root, Vec::new())
    }

    /// `/subscriptions/{subscription}/resourceGroups/{group}`
    pub fn of_resource_group(subscription: &str, group: &str) -> Self {
        let root = Root::ResourceGroup { subscription: subscription.into(), group: group.into() };
        Self::new(root.to_string().into(), root, Vec::new())
    }

    /// A resource in this resource group, or an extension of this resource:
    /// `{self}/providers/{namespace}/{kind}/{name}`.
    #[must_use]
    pub fn extension(&self, namespace: &str, kind: &str, name: &str) -> Self {
        let spelled = format!("{}/providers/{namespace}/{kind}/{name}", self.spelled.trim_end_matches('/'));
        let mut paths = self.paths.clone();
        paths.push(ProviderPath { namespace: namespace.into(), steps: vec![Step::new(kind, name)] });
        Self::new(spelled.into(), self.root.clone(), paths)
    }

    /// A child of this resource: `{self}/{kind}/{name}`. A subscription's or group's own children belong to
    /// `Microsoft.Resources`.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Self {
        let mut paths = self.paths.clone();
        let Some(last) = paths.last_mut() else { return self.extension("Microsoft.Resources", kind, name) };
        last.steps.push(Step::new(kind, name));
        Self::new(format!("{}/{kind}/{name}", self.spelled).into(), self.root.clone(), paths)
    }

    /// The subscription's id, when it lies in one.
    pub fn subscription(&self) -> Option<&str> {
        match &self.root {
            Root::Tenant => None,
            Root::Subscription(subscription) | Root::ResourceGroup { subscription, .. } => Some(subscription),
        }
    }

    /// The resource group's name, when it lies in one.
    pub fn resource_group(&self) -> Option<&str> {
        if let Root::ResourceGroup { group, .. } = &self.root { Some(group) } else { None }
    }

    /// The management group's name, when the id is one or lies on one.
    pub fn management_group(&self) -> Option<&str> {
        let first = self.paths.first()?;
        let step = first.steps.first()?;
        let is_group = first.namespace.eq_ignore_ascii_case("Microsoft.Management")
            && step.kind.eq_ignore_ascii_case("managementGroups");
        is_group.then_some(&*step.name)
    }

    /// The provider namespace of the resource itself: `Microsoft.ContainerService`.
    pub fn namespace(&self) -> &str {
        self.paths.last().map_or("Microsoft.Resources", |p| &p.namespace)
    }

    /// The full type: `Microsoft.ContainerService/managedClusters/agentPools`; for the roots
    /// `Microsoft.Resources/tenants`, `/subscriptions` and `/resourceGroups`.
    pub fn resource_type(&self) -> String {
        let Some(last) = self.paths.last() else {
            return format!("Microsoft.Resources/{}", self.root.kind());
        };
        last.steps.iter().fold(last.namespace.to_string(), |text, step| text + "/" + &step.kind)
    }

    /// Whether it is of this full type, in whatever case.
    pub fn is_type(&self, resource_type: &str) -> bool {
        self.resource_type().eq_ignore_ascii_case(resource_type)
    }

    /// Its own name: the last segment; empty for the tenant.
    pub fn name(&self) -> &str {
        if let Some(step) = self.paths.last().and_then(|p| p.steps.last()) {
            return &step.name;
        }
        match &self.root {
            Root::Tenant => "",
            Root::Subscription(name) | Root::ResourceGroup { group: name, .. } => name,
        }
    }

    /// The name that stands after a type in the resource's own provider path: of a node pool's id,
    /// `segment("managedClusters")` is the cluster's name.
    pub fn segment(&self, kind: &str) -> Option<&str> {
        let steps = &self.paths.last()?.steps;
        steps.iter().find(|s| s.kind.eq_ignore_ascii_case(kind)).map(|s| &*s.name)
    }

    /// What holds it: the cluster of a node pool, the scope of an extension, the group of a resource, the
    /// subscription of a group, the tenant of a subscription. The tenant has no parent.
    pub fn parent(&self) -> Option<Self> {
        let last = self.paths.last();
        if last.is_some_and(|p| p.steps.len() > 1) {
            return self.shortened(2);
        }
        if last.is_some() {
            return Some(self.scope());
        }
        match &self.root {
            Root::Tenant => None,
            Root::Subscription(_) => Some(Self::tenant()),
            Root::ResourceGroup { .. } => self.shortened(2),
        }
    }

    /// What its last provider path stands on: for an extension the resource that it extends, for a resource its
    /// group; for a root the root itself.
    #[must_use]
    pub fn scope(&self) -> Self {
        let Some(last) = self.paths.last() else { return self.clone() };
        self.shortened(2 + 2 * last.steps.len()).unwrap_or_else(Self::tenant)
    }

    /// The id without its last `segments` segments.
    fn shortened(&self, segments: usize) -> Option<Self> {
        let kept = (0..segments).try_fold(&*self.spelled, |text, _| text.rsplit_once('/').map(|(head, _)| head))?;
        Self::parse(if kept.is_empty() { "/" } else { kept }).ok()
    }

    /// Whether it is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        let scope = other.folded.trim_end_matches('/');
        self.folded.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// As the user spelled it.
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// The form that is compared: lower case. A key for maps that outlive the id.
    pub fn key(&self) -> &Arc<str> {
        &self.folded
    }

    /// The same id with its fixed words, namespaces and types as Azure documents them; names keep their spelling.
    /// Types that are not known here keep theirs too.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let paths = self.paths.iter().map(|p| {
            let steps = p.steps.iter().map(|s| format!("/{}/{}", canonical(&s.kind), s.name));
            format!("/providers/{}{}", canonical(&p.namespace), steps.collect::<String>())
        });
        let text: String = std::iter::once(self.root.to_string()).chain(paths).collect();
        Self::parse(if text.is_empty() { "/" } else { &text }).unwrap_or_else(|_| self.clone())
    }
}

impl Root {
    /// Splits the root off the segments.
    fn read<'a>(segments: &'a [&'a str]) -> Result<(Self, &'a [&'a str]), NotAnArmId> {
        match segments {
            [] => Ok((Self::Tenant, segments)),
            [word, ..] if is(word, "providers") => Ok((Self::Tenant, segments)),
            [word] if is(word, "subscriptions") => Err(NotAnArmId::MissingName((*word).to_owned())),
            [word, subscription, rest @ ..] if is(word, "subscriptions") => match rest {
                [word] if is(word, "resourceGroups") => Err(NotAnArmId::MissingName((*word).to_owned())),
                [word, group, rest @ ..] if is(word, "resourceGroups") => {
                    Ok((Self::ResourceGroup { subscription: (*subscription).into(), group: (*group).into() }, rest))
                }
                _ => Ok((Self::Subscription((*subscription).into()), rest)),
            },
            _ => Err(NotAnArmId::UnknownRoot),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Tenant => "tenants",
            Self::Subscription(_) => "subscriptions",
            Self::ResourceGroup { .. } => "resourceGroups",
        }
    }
}

impl ProviderPath {
    fn read_all(mut segments: &[&str]) -> Result<Vec<Self>, NotAnArmId> {
        let mut paths = Vec::new();
        while let [word, rest @ ..] = segments {
            if !is(word, "providers") {
                return Err(NotAnArmId::UnknownSegment((*word).to_owned()));
            }
            let [namespace, rest @ ..] = rest else { return Err(NotAnArmId::MissingName((*word).to_owned())) };
            let end = next_provider(rest);
            let (own, after) = rest.split_at(end);
            if own.is_empty() {
                return Err(NotAnArmId::NoResource((*namespace).to_owned()));
            }
            paths.push(Self { namespace: (*namespace).into(), steps: Step::read_all(own)? });
            segments = after;
        }
        Ok(paths)
    }
}

/// Where the next `providers` stands in a row of types and names. Only a type's place counts: a resource may be
/// named "providers".
fn next_provider(segments: &[&str]) -> usize {
    (0..segments.len())
        .step_by(2)
        .find(|i| segments.get(*i).is_some_and(|s| is(s, "providers")))
        .unwrap_or(segments.len())
}

impl Step {
    fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }

    fn read_all(segments: &[&str]) -> Result<Vec<Self>, NotAnArmId> {
        let pairs = segments.chunks(2).map(|pair| match pair {
            [kind, name] => Ok(Self::new(kind, name)),
            other => Err(NotAnArmId::MissingName(other.concat())),
        });
        pairs.collect()
    }
}

fn is(word: &str, expected: &str) -> bool {
    word.eq_ignore_ascii_case(expected)
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => Ok(()),
            Self::Subscription(subscription) => write!(f, "/subscriptions/{subscription}"),
            Self::ResourceGroup { subscription, group } => {
                write!(f, "/subscriptions/{subscription}/resourceGroups/{group}")
            }
        }
    }
}

impl fmt::Display for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl fmt::Debug for ArmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for ArmId {}

impl Hash for ArmId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl PartialOrd for ArmId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ArmId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUBNET: &str =
        "/subscriptions/5e0/resourcegroups/RG-a/providers/microsoft.network/virtualNetworks/v/subnets/s";

    #[test]
    fn segments_are_found_in_any_case() {
        let id = ArmId::parse(SUBNET).unwrap();
        assert_eq!(id.subscription(), Some("5e0"));
        assert_eq!(id.resource_group(), Some("RG-a"));
        assert_eq!(id.segment("virtualnetworks"), Some("v"));
        assert_eq!(id.name(), "s");
        assert!(id.is_type("Microsoft.Network/virtualNetworks/subnets"));
        assert_eq!(id.to_string(), SUBNET);
        assert_eq!(
            id.normalised().as_str(),
            "/subscriptions/5e0/resourceGroups/RG-a/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
        );
    }

    #[test]
    fn an_extension_knows_its_scope() {
        let subnet = ArmId::parse(SUBNET).unwrap();
        let assignment = subnet.extension("Microsoft.Authorization", "roleAssignments", "g");
        assert_eq!(assignment.scope(), subnet);
        assert_eq!(assignment.parent(), Some(subnet));
        for scope in ["/", "/subscriptions/5e0", "/providers/Microsoft.Management/managementGroups/m"] {
            let scope = ArmId::parse(scope).unwrap();
            assert_eq!(scope.extension("Microsoft.Authorization", "roleAssignments", "g").scope(), scope);
        }
    }

    #[test]
    fn parents_lead_to_the_tenant() {
        let mut chain = vec![];
        let mut next = ArmId::parse(SUBNET).ok();
        while let Some(id) = next {
            chain.push(id.resource_type().to_ascii_lowercase());
            next = id.parent();
        }
        let expected = [
            "microsoft.network/virtualnetworks/subnets",
            "microsoft.network/virtualnetworks",
            "microsoft.resources/resourcegroups",
            "microsoft.resources/subscriptions",
            "microsoft.resources/tenants",
        ];
        assert_eq!(chain, expected);
    }

    #[test]
    fn management_groups_are_known() {
        let id = ArmId::parse("/providers/microsoft.management/managementgroups/Corp").unwrap();
        assert_eq!(id.management_group(), Some("Corp"));
        assert_eq!(ArmId::parse(SUBNET).unwrap().management_group(), None);
    }

    #[test]
    fn a_resource_may_be_named_providers() {
        let id = ArmId::parse("/subscriptions/s/resourceGroups/providers/providers/A.B/c/providers").unwrap();
        assert_eq!((id.resource_group(), id.name()), (Some("providers"), "providers"));
    }

    #[test]
    fn what_is_no_id_is_refused_with_a_reason() {
        let missing = |s: &str| NotAnArmId::MissingName(s.to_owned());
        for (text, why) in [
            ("", NotAnArmId::NoSlash),
            ("subscriptions/x", NotAnArmId::NoSlash),
            ("/subscriptions", missing("subscriptions")),
            ("/subscriptions/x/resourceGroups", missing("resourceGroups")),
            ("/subscriptions/x//y", NotAnArmId::EmptySegment),
            ("/resourceGroups/x", NotAnArmId::UnknownRoot),
            ("/subscriptions/x/tagNames/y", NotAnArmId::UnknownSegment("tagNames".to_owned())),
            ("/providers", missing("providers")),
            ("/providers/A.B", NotAnArmId::NoResource("A.B".to_owned())),
            ("/providers/A.B/c", missing("c")),
        ] {
            assert_eq!(ArmId::parse(text).err(), Some(why), "{text}");
        }
    }

    fn any_id() -> impl Strategy<Value = ArmId> {
        let name = "[a-zA-Z0-9][a-zA-Z0-9_.()-]{0,8}";
        let root = prop_oneof![
            Just(ArmId::tenant()),
            name.prop_map(|s| ArmId::of_subscription(&s)),
            (name, name).prop_map(|(s, g)| ArmId::of_resource_group(&s, &g)),
        ];
        let paths = prop::collection::vec((name, prop::collection::vec((name, name), 1..4)), 0..4);
        (root, paths).prop_map(|(root, paths)| {
            paths.iter().fold(root, |id, (namespace, steps)| {
                let mut steps = steps.iter();
                let first = steps.next().map_or_else(|| id.clone(), |(k, n)| id.extension(namespace, k, n));
                steps.fold(first, |id, (k, n)| id.child(k, n))
            })
        })
    }

    proptest! {
        #[test]
        fn ids_read_back_at_any_depth(id in any_id()) {
            let read = ArmId::parse(id.as_str()).unwrap();
            prop_assert_eq!(read.as_str(), id.as_str());
            prop_assert_eq!(read.resource_type(), id.resource_type());
            prop_assert_eq!(read.scope(), id.scope());
            prop_assert_eq!(read.parent(), id.parent());
            prop_assert!(id.parent().is_none_or(|p| id.is_within(&p) && !p.is_within(&id)));
        }

        #[test]
        fn case_never_matters(id in any_id()) {
            let upper = ArmId::parse(&id.as_str().to_ascii_uppercase()).unwrap();
            prop_assert_eq!(&upper, &id);
            prop_assert_eq!(upper.key(), id.key());
            prop_assert_eq!(id.normalised(), id);
        }
    }
}
