//! All manifests of a run together: what one says of another.

use std::collections::{BTreeMap, HashMap};

use super::edit::{self, Edit};
use super::object::{Object, Workload, objects};
use super::rule;
use super::stack::{Account, Stack};
use super::yaml::Node;
use super::{Finding, Loaded};
use crate::span::{SourceId, SourceMap};

/// The annotation that names an identity.
pub const CLIENT_ID: &str = "azure.workload.identity/client-id";
/// The label that lets the webhook change a pod.
pub const USE: &str = "azure.workload.identity/use";
/// The label of pod identity.
pub const BINDING: &str = "aadpodidbinding";

/// Everything there is.
pub struct Scene<'m> {
    /// The texts.
    pub sources: &'m SourceMap,
    /// All objects in the order of their files.
    pub objects: Vec<Object<'m>>,
    /// What a stack knows.
    pub stack: Option<&'m Stack>,
    namespace: Option<&'m str>,
    /// By kind and name; bindings by their selector.
    named: HashMap<(&'m str, &'m str), Vec<Object<'m>>>,
    /// The namespaces of the pods with the label, by service account.
    users: HashMap<&'m str, Vec<Option<&'m str>>>,
}

/// The service account that a pod is meant to have.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The client id of its identity, once that is known.
    pub client: Option<String>,
}

/// What is to be written where.
pub type Change = (SourceId, Edit);

impl<'m> Scene<'m> {
    /// Of what was read.
    pub fn new(
        loaded: &'m [Loaded],
        sources: &'m SourceMap,
        stack: Option<&'m Stack>,
        namespace: Option<&'m str>,
    ) -> Self {
        let mut all = Vec::new();
        for file in loaded {
            for document in &file.documents {
                let root = document.root.as_ref();
                all.extend(root.map(|root| objects(file.source, &document.range, root)).unwrap_or_default());
            }
        }
        let mut named: HashMap<_, Vec<Object<'m>>> = HashMap::new();
        let mut users: HashMap<_, Vec<Option<&'m str>>> = HashMap::new();
        for object in &all {
            if ["ServiceAccount", "Secret", "ConfigMap", "AzureIdentity"].contains(&object.kind) {
                named.entry((object.kind, object.name())).or_default().push(*object);
            } else if object.kind == "AzureIdentityBinding" {
                let selector = object.root.at(&["spec", "selector"]).and_then(Node::text).unwrap_or_default();
                named.entry((object.kind, selector)).or_default().push(*object);
            } else if let Some(workload) = object.workload()
                && workload.metadata("labels", USE).is_some()
            {
                users.entry(workload.account_name()).or_default().push(object.namespace().or(namespace));
            }
        }
        Self { sources, objects: all, stack, namespace, named, users }
    }

    /// The text of a file.
    pub fn text(&self, source: SourceId) -> &'m str {
        self.sources.get(source).map_or("", |source| &source.text)
    }

    /// The namespace of an object: what it says, or what was given for all that say none.
    pub fn namespace(&self, object: &Object<'m>) -> Option<&'m str> {
        object.namespace().or(self.namespace)
    }

    /// An object of a kind and name that may be in the namespace of another.
    pub fn beside(&self, object: &Object<'m>, kind: &'static str, name: &str) -> Option<Object<'m>> {
        let here = self.namespace(object);
        let candidates = self.named.get(&(kind, name))?;
        let fits = |candidate: &&Object<'m>| match (self.namespace(candidate), here) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => true,
        };
        candidates.iter().find(fits).copied()
    }

    /// The stack's service accounts that a workload may be meant to have by its own words.
    fn declared(&self, workload: &Workload<'m>) -> Option<Target> {
        let name = workload.account_name();
        let namespace = self.namespace(&workload.object);
        let of_stack: Vec<&Account> =
            self.stack.map(|stack| stack.named(namespace, name).collect()).unwrap_or_default();
        match of_stack.as_slice() {
            [account] => return Some(Target { name: name.to_owned(), client: account.client.clone() }),
            // Several identities trust it, so that the annotation alone tells which is meant.
            [_, ..] => {}
            [] if self.stack.is_some() && workload.account().is_some() => return None,
            [] => {}
        }
        let account = self.beside(&workload.object, "ServiceAccount", name)?;
        let client = account.root.at(&["metadata", "annotations", CLIENT_ID])?.text()?;
        Some(Target { name: name.to_owned(), client: Some(client.to_owned()) })
    }

    /// The service account that a workload is meant to have: the one that it names, else the only one in its namespace
    /// whose identity has one of these client ids, else the only one, or the one of its own name. Nothing is guessed
    /// beyond that.
    pub fn target(&self, workload: &Workload<'m>, clients: &[String]) -> Option<Target> {
        if let Some(target) = self.declared(workload) {
            return Some(target);
        }
        if workload.account().is_some() {
            return None;
        }
        let here: Vec<&Account> = self.stack?.of_namespace(self.namespace(&workload.object)).collect();
        let only = |found: Vec<&Account>| match found.as_slice() {
            [account] => Some(Target { name: account.name.clone(), client: account.client.clone() }),
            _ => None,
        };
        let with = |fits: &dyn Fn(&Account) -> bool| here.iter().copied().filter(|account| fits(account)).collect();
        only(with(&|account| account.client.as_ref().is_some_and(|client| clients.contains(client))))
            .or_else(|| only(here.clone()))
            .or_else(|| only(with(&|account| account.name == workload.object.name())))
    }

    /// What lets a workload use workload identity as a service account: the label, the account's name, and the account.
    pub fn enable(&self, workload: &Workload<'m>, target: &Target) -> Option<Vec<Change>> {
        let object = &workload.object;
        let file = self.text(object.source);
        let mut changes = Vec::new();
        let labelled = workload.metadata("labels", USE).and_then(|entry| entry.value.string()) == Some("true");
        if !labelled {
            let way = workload.path(&["metadata", "labels", USE]);
            changes.push((object.source, edit::set(file, object.root, &way, "true")?));
        }
        if workload.account_name() != target.name {
            let way = workload.path(&["spec", "serviceAccountName"]);
            changes.push((object.source, edit::set(file, object.root, &way, &target.name)?));
        }
        changes.extend(self.provide(object, target)?);
        Some(changes)
    }

    /// The service account with its client id.
    pub fn provide(&self, object: &Object<'m>, target: &Target) -> Option<Vec<Change>> {
        let Some(account) = self.beside(object, "ServiceAccount", &target.name) else {
            let content = account(&target.name, self.namespace(object), target.client.as_deref()?);
            let edit = edit::append_document(self.text(object.source), object.document, &content)?;
            return Some(vec![(object.source, edit)]);
        };
        let annotated = account.root.at(&["metadata", "annotations", CLIENT_ID]).and_then(Node::text);
        match &target.client {
            None if annotated.is_some() => Some(Vec::new()),
            None => None,
            Some(client) if annotated == Some(client) => Some(Vec::new()),
            Some(client) => {
                let way = ["metadata", "annotations", CLIENT_ID];
                let edit = edit::set(self.text(account.source), account.root, &way, client)?;
                Some(vec![(account.source, edit)])
            }
        }
    }
}

/// A service account of an identity.
pub fn account(name: &str, namespace: Option<&str>, client: &str) -> serde_json::Value {
    let mut object = serde_json::json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": name, "annotations": { CLIENT_ID: client } },
    });
    if let (Some(namespace), Some(metadata)) = (namespace, object.get_mut("metadata").and_then(|m| m.as_object_mut())) {
        metadata.insert("namespace".into(), namespace.into());
    }
    object
}

impl<'m> Scene<'m> {
    /// The pod identity bindings with a selector, in a namespace.
    pub fn bindings<'s>(
        &'s self,
        namespace: Option<&'s str>,
        selector: &'s str,
    ) -> impl Iterator<Item = Object<'m>> + use<'s, 'm> {
        let named = self.named.get(&("AzureIdentityBinding", selector)).map(Vec::as_slice).unwrap_or_default();
        named.iter().copied().filter(move |binding| match (self.namespace(binding), namespace) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => true,
        })
    }

    /// Whether a pod with the label runs as this service account.
    pub fn is_used(&self, account: &Object<'m>) -> bool {
        self.users.get(account.name()).is_some_and(|users| {
            users.iter().any(|namespace| match (self.namespace(account), namespace) {
                (Some(theirs), Some(ours)) => theirs == *ours,
                _ => true,
            })
        })
    }

    /// The service account of the stack that is most like one that it does not have.
    pub fn nearest(&self, namespace: Option<&str>, name: &str) -> Option<String> {
        let wanted = format!("{}/{name}", namespace.unwrap_or_default());
        let all = self.stack?.accounts.iter().map(|account| format!("{}/{}", account.namespace, account.name));
        let near = all.map(|candidate| (strsim::damerau_levenshtein(&wanted, &candidate), candidate)).min()?;
        let same_name = near.1.ends_with(&format!("/{name}"));
        (near.0 <= 3 || same_name).then_some(near.1)
    }

    /// Selectors that several bindings of a namespace have.
    pub fn doubled(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let bindings = self.objects.iter().filter(|object| object.kind == "AzureIdentityBinding");
        for binding in bindings {
            let Some(selector) = binding.root.at(&["spec", "selector"]) else { continue };
            let text = selector.text().unwrap_or_default();
            let first = self.bindings(self.namespace(binding), text).next();
            if let Some(first) = first.filter(|first| !std::ptr::eq(first.root, binding.root)) {
                let message = format!("{} has the selector {text}, as has {}.", binding.title(), first.title());
                found.push(Finding::new(&rule::BINDINGS, binding.span(&selector.range), message, *binding));
            }
        }
        found
    }

    /// Namespaces in which some pods use pod identity and some workload identity.
    pub fn half_moved(&self) -> Vec<Finding> {
        let mut ways: BTreeMap<&str, [Vec<Object<'m>>; 2]> = BTreeMap::new();
        for workload in self.objects.iter().filter_map(|object| object.workload()) {
            let [left, moved] = ways.entry(self.namespace(&workload.object).unwrap_or_default()).or_default();
            if workload.metadata("labels", BINDING).is_some() {
                left.push(workload.object);
            }
            if workload.metadata("labels", USE).is_some() {
                moved.push(workload.object);
            }
        }
        let mut found = Vec::new();
        for (namespace, [left, moved]) in ways {
            let (Some(first), false) = (left.first(), moved.is_empty()) else { continue };
            let title =
                if namespace.is_empty() { "one namespace".to_owned() } else { format!("namespace {namespace}") };
            let message = format!(
                "In {title}, pods with the label {BINDING}: {} (the first: {}); with workload identity: {}.",
                left.len(),
                first.title(),
                moved.len()
            );
            found.push(Finding::new(&rule::BOTH_WAYS, first.place(), message, *first));
        }
        found
    }
}
