//! Kubernetes objects among documents, and the pods that they make.

use std::ops::Range;

use super::yaml::{Entry, Node};
use crate::span::{SourceId, Span};

/// A Kubernetes object.
#[derive(Debug, Clone, Copy)]
pub struct Object<'m> {
    /// Its file.
    pub source: SourceId,
    /// The bytes of its document.
    pub document: &'m Range<usize>,
    /// What it says.
    pub root: &'m Node,
    /// `apiVersion`.
    pub api: &'m str,
    /// `kind`.
    pub kind: &'m str,
}

/// An object that makes pods, or is one.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'m> {
    /// The object.
    pub object: Object<'m>,
    /// The way from the object to what holds the pod's `metadata` and `spec`.
    pub way: &'static [&'static str],
    /// What is there.
    pub template: &'m Node,
    /// The pod's `spec`.
    pub spec: &'m Node,
}

/// The objects of a document: itself, or the items of a list.
pub fn objects<'m>(source: SourceId, document: &'m Range<usize>, root: &'m Node) -> Vec<Object<'m>> {
    let text = |node: &'m Node, key: &str| node.get(key).and_then(Node::text);
    let object = |root: &'m Node| {
        Some(Object { source, document, root, api: text(root, "apiVersion")?, kind: text(root, "kind")? })
    };
    match object(root) {
        Some(list) if list.kind.ends_with("List") => {
            root.get("items").map(Node::items).unwrap_or_default().iter().filter_map(object).collect()
        }
        other => other.into_iter().collect(),
    }
}

impl<'m> Object<'m> {
    /// Its name; empty without one.
    pub fn name(&self) -> &'m str {
        self.root.at(&["metadata", "name"]).and_then(Node::text).unwrap_or_default()
    }

    /// Its namespace, where it says one.
    pub fn namespace(&self) -> Option<&'m str> {
        self.root.at(&["metadata", "namespace"]).and_then(Node::text).filter(|name| !name.is_empty())
    }

    /// How people name it: `Deployment shop/checkout`.
    pub fn title(&self) -> String {
        match self.namespace() {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name()),
            None => format!("{} {}", self.kind, self.name()),
        }
    }

    /// The API group.
    pub fn group(&self) -> &'m str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }

    /// A place in its file.
    pub fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.source, range.clone())
    }

    /// Where it says what it is.
    pub fn place(&self) -> Span {
        let name = self.root.at(&["metadata", "name"]).or_else(|| self.root.get("kind"));
        self.span(&name.map_or_else(|| self.root.range.start..self.root.range.start, |node| node.range.clone()))
    }

    /// The pod in it or that it makes.
    pub fn workload(self) -> Option<Workload<'m>> {
        let ways: [&'static [&'static str]; 3] =
            [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &[]];
        let way = match self.kind {
            "Pod" if self.group().is_empty() => &[],
            _ => ways.into_iter().find(|way| !way.is_empty() && self.root.at(way).is_some_and(is_template))?,
        };
        let template = self.root.at(way)?;
        Some(Workload { object: self, way, template, spec: template.get("spec")? })
    }
}

/// Whether it is the template of pods, also in a kind that is not Kubernetes' own.
fn is_template(node: &Node) -> bool {
    node.at(&["spec", "containers"]).is_some_and(|containers| !containers.items().is_empty())
}

impl<'m> Workload<'m> {
    /// Every container with the key that lists it.
    pub fn containers(&self) -> impl Iterator<Item = &'m Node> + use<'m> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |key| spec.get(key).map(Node::items).unwrap_or_default())
    }

    /// The service account that it names.
    pub fn account(&self) -> Option<&'m Node> {
        let named = self.spec.get("serviceAccountName").or_else(|| self.spec.get("serviceAccount"));
        named.filter(|node| node.text().is_some_and(|name| !name.is_empty()))
    }

    /// The name of its service account; `default` where it names none.
    pub fn account_name(&self) -> &'m str {
        self.account().and_then(Node::text).unwrap_or("default")
    }

    /// A label or annotation of the pod.
    pub fn metadata(&self, field: &str, key: &str) -> Option<&'m Entry> {
        self.template.at(&["metadata", field])?.entry(key)
    }

    /// The way from the object's root to something of the pod.
    pub fn path<'p>(&self, below: &[&'p str]) -> Vec<&'p str> {
        self.way.iter().copied().chain(below.iter().copied()).collect()
    }
}
