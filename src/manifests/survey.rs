//! What a cluster's manifests say of pods and their identities, for whoever moves them.

use std::collections::BTreeMap;

use super::Loaded;
use super::object::{Object, Workload};
use super::scene::{BINDING, Scene, USE};
use super::yaml::Node;
use crate::span::{SourceMap, Span};

/// What makes pods.
#[derive(Debug, Clone)]
pub struct Pods {
    /// Where it is written.
    pub place: Span,
    /// `apps/v1`
    pub api: String,
    /// `Deployment`
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace, where that is known.
    pub namespace: Option<String>,
    /// The service account that it names.
    pub account: Option<String>,
    /// The labels of its pods.
    pub labels: BTreeMap<String, String>,
    /// How many there are to be, where that is written.
    pub replicas: Option<u64>,
    /// It speaks to the instance metadata service by its address, or by a library that knows no other way.
    pub asks_metadata: bool,
    /// The way from the object to the pod's `metadata`.
    pub way: &'static [&'static str],
}

/// A binding of a selector to an identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// Where its pods are.
    pub namespace: Option<String>,
    /// The value of their label.
    pub selector: String,
    /// The ARM id of the identity; empty for a service principal.
    pub identity: String,
    /// Its client id.
    pub client: String,
    /// The name of the `AzureIdentity`.
    pub name: String,
}

/// Pods that reach the instance metadata service without pod identity between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excepted {
    /// Where they are.
    pub namespace: Option<String>,
    /// The exception's name.
    pub name: String,
    /// The labels that they have.
    pub labels: BTreeMap<String, String>,
}

/// What the manifests say.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Everything that makes pods.
    pub pods: Vec<Pods>,
    /// The bindings.
    pub bindings: Vec<Bound>,
    /// Bindings whose `AzureIdentity` is not there: `namespace/name`.
    pub dangling: Vec<String>,
    /// The exceptions.
    pub exceptions: Vec<Excepted>,
    /// The service accounts: namespace and name.
    pub accounts: Vec<(Option<String>, String)>,
}

impl Pods {
    /// `Deployment shop/cart`
    pub fn title(&self) -> String {
        format!("{} {}", self.kind, self.full_name())
    }

    /// `shop/cart`
    pub fn full_name(&self) -> String {
        self.namespace.as_ref().map_or_else(|| self.name.clone(), |namespace| format!("{namespace}/{}", self.name))
    }

    /// The value of the label of pod identity.
    pub fn selector(&self) -> Option<&str> {
        self.labels.get(BINDING).map(String::as_str)
    }

    /// Whether the webhook of workload identity changes its pods.
    pub fn is_moved(&self) -> bool {
        self.labels.get(USE).is_some_and(|value| value == "true")
    }
}

/// Surveys what was read.
pub fn survey(loaded: &[Loaded], sources: &SourceMap, namespace: Option<&str>) -> Survey {
    let scene = Scene::new(loaded, sources, None, namespace);
    let mut survey = Survey::default();
    for object in &scene.objects {
        let here = scene.namespace(object).map(str::to_owned);
        match object.kind {
            "AzureIdentityBinding" => match bound(&scene, object, here) {
                Some(bound) => survey.bindings.push(bound),
                None => survey.dangling.push(object.title()),
            },
            "AzurePodIdentityException" => survey.exceptions.push(Excepted {
                namespace: here,
                name: object.name().to_owned(),
                labels: texts(object.root.at(&["spec", "podLabels"])),
            }),
            "ServiceAccount" => survey.accounts.push((here, object.name().to_owned())),
            _ => survey.pods.extend(object.workload().map(|workload| pods(&scene, &workload, here))),
        }
    }
    survey.pods.sort_by_key(|pods| (pods.namespace.clone(), pods.kind.clone(), pods.name.clone()));
    survey
}

fn bound(scene: &Scene<'_>, object: &Object<'_>, namespace: Option<String>) -> Option<Bound> {
    let spec = object.root.get("spec")?;
    let name = spec.get("azureIdentity")?.text()?;
    let identity = scene.beside(object, "AzureIdentity", name)?.root.get("spec")?;
    let text = |names: [&str; 2]| names.iter().find_map(|name| identity.get(name)).and_then(Node::text);
    Some(Bound {
        namespace,
        selector: spec.get("selector")?.text()?.to_owned(),
        identity: text(["resourceID", "resourceId"]).unwrap_or_default().to_owned(),
        client: text(["clientID", "clientId"]).unwrap_or_default().to_owned(),
        name: name.to_owned(),
    })
}

fn pods(scene: &Scene<'_>, workload: &Workload<'_>, namespace: Option<String>) -> Pods {
    let object = workload.object;
    let text = scene.text(object.source).get(object.root.range.clone()).unwrap_or_default();
    let metadata = ["169.254.169.254", "MSI_ENDPOINT", "RunAs=App"];
    Pods {
        place: object.place(),
        api: object.api.to_owned(),
        kind: object.kind.to_owned(),
        name: object.name().to_owned(),
        namespace,
        account: workload.account().and_then(Node::text).map(str::to_owned),
        labels: texts(workload.template.at(&["metadata", "labels"])),
        replicas: object.root.at(&["spec", "replicas"]).and_then(Node::text).and_then(|text| text.parse().ok()),
        asks_metadata: metadata.iter().any(|word| text.contains(word)),
        way: workload.way,
    }
}

fn texts(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned()))).collect()
}
