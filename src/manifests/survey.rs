//! What a cluster's manifests say of pods and their identities, for whoever moves them.

use std::collections::BTreeMap;

use super::Loaded;
use super::object::{Object, Workload};
use super::scene::{BINDING, CLIENT_ID, Scene, USE};
use super::sign_in::{self, SecretUse, SignIn, Vessel};
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
    /// How its containers sign in as applications with secrets.
    pub sign_ins: Vec<SignIn>,
    /// What it refers to of Secrets.
    pub secrets: Vec<SecretUse>,
    /// The way from the object to the pod's `metadata`.
    pub way: &'static [&'static str],
    /// Why its pods do not become new ones by themselves when it changes.
    pub standstill: Option<Standstill>,
}

/// Why the pods of a workload stay as they are when it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standstill {
    /// They are replaced when somebody deletes them.
    ByHand,
    /// Those with a number below this stay.
    Below(u64),
    /// It is paused.
    Paused,
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The client id that it stands for.
    pub client: Option<String>,
    /// What a migration has added: [`ADDED`].
    pub added: Option<String>,
}

/// The annotation that tells what a migration has added, so that it can be taken back: `account` for the whole, or
/// `client-id`.
pub const ADDED: &str = "bowline.migration/added";

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
    /// It is for pods of every namespace: the open source installation goes by namespaces only where it is told to.
    pub everywhere: bool,
    /// The Secret with a service principal's password: namespace and name.
    pub password: Option<(String, String)>,
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
    /// The service accounts.
    pub accounts: Vec<ServiceAccount>,
    /// The Secrets.
    pub vessels: Vec<Vessel>,
    /// There is an installation of pod identity that is not the add-on of AKS.
    pub own_installation: bool,
}

impl Bound {
    /// Whether it is for pods with this label in this namespace.
    pub fn fits(&self, pods: &Pods, selector: &str) -> bool {
        self.selector == selector && (self.everywhere || self.namespace == pods.namespace)
    }
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
    let installation = scene.objects.iter().filter_map(|object| installed(&scene, object)).reduce(Installation::and);
    let mut survey = Survey { own_installation: installation.is_some(), ..Survey::default() };
    let everywhere = installation.is_some_and(|installation| !installation.by_namespace);
    for object in &scene.objects {
        let here = scene.namespace(object).map(str::to_owned);
        match object.kind {
            "AzureIdentityBinding" => match bound(&scene, object, here, everywhere) {
                Some(bound) => survey.bindings.push(bound),
                None => survey.dangling.push(object.title()),
            },
            "AzurePodIdentityException" => survey.exceptions.push(Excepted {
                namespace: here,
                name: object.name().to_owned(),
                labels: texts(object.root.at(&["spec", "podLabels"])),
            }),
            "Secret" => survey.vessels.push(sign_in::vessel(&scene, object)),
            "ServiceAccount" => survey.accounts.push(account(object, here)),
            _ => {
                let own = object.workload().filter(|workload| !is_part(object, workload));
                survey.pods.extend(own.map(|workload| pods(&scene, &workload, here)));
            }
        }
    }
    survey.pods.sort_by_key(|pods| (pods.namespace.clone(), pods.kind.clone(), pods.name.clone()));
    survey
}

fn account(object: &Object<'_>, namespace: Option<String>) -> ServiceAccount {
    let annotation = |name: &str| {
        let text = object.root.at(&["metadata", "annotations", name]).and_then(Node::text);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    ServiceAccount {
        namespace,
        name: object.name().to_owned(),
        client: annotation(CLIENT_ID),
        added: annotation(ADDED),
    }
}

/// Why pods stay as they are when their workload changes.
fn standstill(object: &Object<'_>) -> Option<Standstill> {
    let text = |way: &[&str]| object.root.at(way).and_then(Node::text);
    if text(&["spec", "updateStrategy", "type"]) == Some("OnDelete") {
        return Some(Standstill::ByHand);
    }
    if object.kind == "Deployment" && text(&["spec", "paused"]) == Some("true") {
        return Some(Standstill::Paused);
    }
    let partition = text(&["spec", "updateStrategy", "rollingUpdate", "partition"])?.parse().ok()?;
    (partition > 0).then_some(Standstill::Below(partition))
}

/// An installation of AAD Pod Identity of one's own.
#[derive(Debug, Clone, Copy)]
struct Installation {
    /// Bindings are for pods of their own namespace only.
    by_namespace: bool,
}

impl Installation {
    fn and(self, other: Self) -> Self {
        Self { by_namespace: self.by_namespace || other.by_namespace }
    }
}

/// What an object tells of an installation: its MIC, which assigns, and its NMI, which answers for the machine.
fn installed(scene: &Scene<'_>, object: &Object<'_>) -> Option<Installation> {
    let workload = object.workload()?;
    let of_aks = ["kubernetes.azure.com/managedby", "addonmanager.kubernetes.io/mode"];
    let by_aks = of_aks.iter().any(|label| object.root.at(&["metadata", "labels", label]).is_some());
    if by_aks || !is_part(object, &workload) {
        return None;
    }
    let text = scene.text(object.source).get(object.root.range.clone()).unwrap_or_default();
    let forced = text.contains("--forceNamespaced") && !text.contains("--forceNamespaced=false");
    Some(Installation { by_namespace: forced || text.contains("FORCENAMESPACED") })
}

/// Whether it is a part of pod identity itself.
fn is_part(object: &Object<'_>, workload: &Workload<'_>) -> bool {
    ["mic", "nmi"].iter().any(|part| {
        let name = object.name();
        let component = workload.metadata("labels", "app.kubernetes.io/component").and_then(|entry| entry.value.text());
        name == *part || name.ends_with(&format!("-{part}")) || component == Some(part)
    })
}

fn bound(scene: &Scene<'_>, object: &Object<'_>, namespace: Option<String>, everywhere: bool) -> Option<Bound> {
    let spec = object.root.get("spec")?;
    let name = spec.get("azureIdentity")?.text()?;
    let whole = scene.beside(object, "AzureIdentity", name)?;
    let behaviour = whole.root.at(&["metadata", "annotations", "aadpodidentity.k8s.io/Behavior"]).and_then(Node::text);
    let identity = whole.root.get("spec")?;
    let password = identity.get("clientPassword").and_then(|reference| {
        let own = scene.namespace(&whole).unwrap_or_default();
        let namespace = reference.get("namespace").and_then(Node::text).unwrap_or(own);
        Some((namespace.to_owned(), reference.get("name")?.text()?.to_owned()))
    });
    let text = |names: [&str; 2]| names.iter().find_map(|name| identity.get(name)).and_then(Node::text);
    Some(Bound {
        namespace,
        selector: spec.get("selector")?.text()?.to_owned(),
        identity: text(["resourceID", "resourceId"]).unwrap_or_default().to_owned(),
        client: text(["clientID", "clientId"]).unwrap_or_default().to_owned(),
        name: name.to_owned(),
        everywhere: everywhere && !behaviour.is_some_and(|word| word.eq_ignore_ascii_case("namespaced")),
        password,
    })
}

fn pods(scene: &Scene<'_>, workload: &Workload<'_>, namespace: Option<String>) -> Pods {
    let object = workload.object;
    let text = scene.text(object.source).get(object.root.range.clone()).unwrap_or_default();
    let metadata = ["169.254.169.254", "MSI_ENDPOINT", "RunAs=App"];
    let sign_ins = sign_in::sign_ins(scene, workload);
    let by_key = sign_ins.iter().any(|sign_in| sign_in.asks_metadata);
    Pods {
        place: object.place(),
        api: object.api.to_owned(),
        kind: object.kind.to_owned(),
        name: object.name().to_owned(),
        namespace,
        account: workload.account().and_then(Node::text).map(str::to_owned),
        labels: texts(workload.template.at(&["metadata", "labels"])),
        replicas: object.root.at(&["spec", "replicas"]).and_then(Node::text).and_then(|text| text.parse().ok()),
        // With a key in its connection string the older library asks nobody else.
        asks_metadata: !by_key && metadata.iter().any(|word| text.contains(word)),
        sign_ins,
        secrets: sign_in::uses(workload),
        way: workload.way,
        standstill: standstill(&object),
    }
}

fn texts(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned()))).collect()
}
