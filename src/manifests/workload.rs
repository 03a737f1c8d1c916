//! What is looked at in one workload.

use super::edit;
use super::environment;
use super::object::Workload;
use super::rule::{self, Rule};
use super::scene::{BINDING, CLIENT_ID, Change, Scene, Target, USE};
use super::yaml::{Entry, Node};
use super::{Finding, annotation};

/// A look at one workload.
pub struct Look<'s, 'm> {
    /// Everything else.
    pub scene: &'s Scene<'m>,
    /// The workload.
    pub workload: Workload<'m>,
    /// The service account that it is meant to have.
    pub target: Option<Target>,
    found: Vec<Finding>,
}

/// A finding that is being described.
pub struct Described<'f>(Option<&'f mut Finding>);

impl Described<'_> {
    /// The lines around it show a secret.
    pub fn secret(mut self) -> Self {
        if let Some(finding) = &mut self.0 {
            finding.secret = true;
        }
        self
    }

    /// What would mend it.
    pub fn fixed(mut self, changes: Option<Vec<Change>>) -> Self {
        if let Some(finding) = &mut self.0 {
            finding.changes = changes;
        }
        self
    }

    /// What to do besides.
    pub fn advised(mut self, advice: Option<String>) -> Self {
        if let Some(finding) = &mut self.0 {
            finding.advice = advice;
        }
        self
    }
}

impl<'s, 'm> Look<'s, 'm> {
    fn new(scene: &'s Scene<'m>, workload: Workload<'m>) -> Self {
        let mut look = Self { scene, workload, target: None, found: Vec::new() };
        let mut clients = environment::clients(&look);
        clients.extend(look.bound_clients());
        look.target = scene.target(&workload, &clients);
        look
    }

    /// Adds a finding at a node.
    pub fn find(&mut self, rule: &'static Rule, node: &Node, message: String) -> Described<'_> {
        let place = self.workload.object.span(&node.range);
        self.found.push(Finding::new(rule, place, message, self.workload.object));
        Described(self.found.last_mut())
    }

    /// Adds what was found elsewhere.
    pub fn extend(&mut self, found: Vec<Finding>) {
        self.found.extend(found);
    }

    /// What lets the workload use workload identity as the account that it is meant to have.
    pub fn enabled(&self) -> Option<Vec<Change>> {
        self.scene.enable(&self.workload, self.target.as_ref()?)
    }

    fn title(&self) -> String {
        self.workload.object.title()
    }

    fn labelled(&self) -> bool {
        self.workload.metadata("labels", USE).and_then(|entry| entry.value.text()) == Some("true")
    }

    fn selector(&self) -> Option<&'m Entry> {
        self.workload.metadata("labels", BINDING)
    }

    /// The client ids of the pod identities that its label names.
    fn bound_clients(&self) -> Vec<String> {
        let Some(selector) = self.selector().and_then(|entry| entry.value.text()) else { return Vec::new() };
        let object = &self.workload.object;
        let here = self.scene.namespace(object);
        let of_stack = self.scene.stack.into_iter().flat_map(|stack| &stack.bindings);
        let stack = of_stack.filter(|b| b.selector == selector && here.is_none_or(|here| here == b.namespace));
        let files = self.scene.bindings(here, selector).filter_map(|binding| {
            let name = binding.root.at(&["spec", "azureIdentity"])?.text()?;
            let identity = self.scene.beside(object, "AzureIdentity", name)?;
            let spec = identity.root.get("spec")?;
            Some(spec.get("clientID").or_else(|| spec.get("clientId"))?.text()?.to_owned())
        });
        stack.filter_map(|binding| binding.client.clone()).chain(files).collect()
    }
}

/// Everything that is found in a workload.
pub fn look(scene: &Scene<'_>, workload: Workload<'_>) -> Vec<Finding> {
    let mut look = Look::new(scene, workload);
    environment::look(&mut look);
    identity_blocks(&mut look);
    label(&mut look);
    account(&mut look);
    pod_identity(&mut look);
    annotation::of_pod(&mut look);
    token_volumes(&mut look);
    look.found
}

/// `identity:` at any level where somebody may have put it.
fn identity_blocks(look: &mut Look<'_, '_>) {
    let workload = look.workload;
    let object = workload.object.root;
    let owners =
        [Some(object), object.get("spec"), object.get("metadata"), Some(workload.template), Some(workload.spec)];
    let owners = owners.into_iter().flatten().chain(workload.containers());
    let mut seen: Vec<usize> = Vec::new();
    for owner in owners {
        let Some(entry) = owner.entry("identity") else { continue };
        if seen.contains(&entry.key.range.start) {
            continue;
        }
        seen.push(entry.key.range.start);
        let kind =
            entry.value.get("type").and_then(Node::text).map(|kind| format!(" (type {kind})")).unwrap_or_default();
        let message = format!("{} has an identity block{kind}, which Kubernetes drops or refuses.", look.title());
        let source = workload.object.source;
        let removal = edit::remove(look.scene.text(source), owner, "identity").map(|edit| (source, edit));
        let changes = removal.and_then(|removal| Some([vec![removal], look.enabled()?].concat()));
        look.find(&rule::IDENTITY_BLOCK, &entry.key, message).fixed(changes);
    }
}

/// The label is missing where the account says that it is needed, or it stands where nothing reads it.
fn label(look: &mut Look<'_, '_>) {
    let workload = look.workload;
    if look.labelled() {
        return;
    }
    let changes = look.enabled();
    let as_annotation = workload.metadata("annotations", USE);
    let on_object = workload.object.root.at(&["metadata", "labels"]).and_then(|labels| labels.entry(USE));
    let wrong = workload.metadata("labels", USE).filter(|entry| entry.value.string().is_some());
    let (node, why) = if let Some(entry) = wrong {
        (&entry.key, "the label must be \"true\"")
    } else if let Some(entry) = as_annotation {
        (&entry.key, "it is an annotation there, and must be a label")
    } else if let Some(entry) = on_object.filter(|_| !workload.way.is_empty()) {
        (&entry.key, "it labels the object, and must label the pod template")
    } else {
        let Some(name) = workload.account().filter(|_| look.target.is_some()) else { return };
        (name, "its service account stands for an identity, but the pod has no label")
    };
    let message = format!("{} gets no token: {why}.", look.title());
    look.find(&rule::LABEL, node, message).fixed(changes);
}

/// The service account of a pod that has the label.
fn account(look: &mut Look<'_, '_>) {
    let (workload, scene) = (look.workload, look.scene);
    let name = workload.account_name();
    let namespace = scene.namespace(&workload.object);
    let full = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    if !look.labelled() {
        return;
    }
    let entry = workload.metadata("labels", USE).map(|entry| &entry.key);
    let Some(node) = workload.account().or(entry) else { return };
    let trusted = scene.stack.is_none_or(|stack| stack.named(namespace, name).next().is_some());
    if !trusted {
        let near = scene.nearest(namespace, name).map(|near| format!(" The stack has {near}.")).unwrap_or_default();
        let message =
            format!("{} runs as {full}, which no federated credential of the stack names.{near}", look.title());
        let changes = if workload.account().is_none() { look.enabled() } else { None };
        look.find(&rule::CREDENTIAL, node, message).fixed(changes);
        return;
    }
    // What the environment says wins over the service account.
    if !environment::clients(look).is_empty() {
        return;
    }
    if scene.beside(&workload.object, "ServiceAccount", name).is_none() {
        let message = format!("{} runs as {full}, which is in none of these files.", look.title());
        let provided = look.target.as_ref().and_then(|target| scene.provide(&workload.object, target));
        let provided = provided.filter(|changes| !changes.is_empty());
        look.find(&rule::ACCOUNT, node, message).fixed(provided);
    }
}

/// The label of pod identity.
fn pod_identity(look: &mut Look<'_, '_>) {
    let Some(entry) = look.selector() else { return };
    let selector = entry.value.text().unwrap_or_default();
    let namespace = look.scene.namespace(&look.workload.object);
    let bound = look.scene.bindings(namespace, selector).next().is_some()
        || look.scene.stack.is_some_and(|stack| {
            stack.bindings.iter().any(|b| b.selector == selector && namespace.is_none_or(|n| n == b.namespace))
        });
    if bound {
        let message = format!("{} uses pod identity with the selector {selector}.", look.title());
        look.find(&rule::POD_IDENTITY, &entry.key, message);
    } else {
        let message =
            format!("{} has the label {BINDING}: {selector}, and no binding here has that selector.", look.title());
        look.find(&rule::BINDING, &entry.value, message);
    }
}

/// Projected tokens for Entra.
fn token_volumes(look: &mut Look<'_, '_>) {
    let volumes = look.workload.spec.get("volumes").map(Node::items).unwrap_or_default();
    for volume in volumes {
        let name = volume.get("name").and_then(Node::text).unwrap_or_default();
        for source in volume.at(&["projected", "sources"]).map(Node::items).unwrap_or_default() {
            let Some(token) = source.get("serviceAccountToken") else { continue };
            let Some(audience) = token.get("audience") else { continue };
            let text = audience.text().unwrap_or_default();
            let path = token.get("path").and_then(Node::text).unwrap_or_default();
            let for_entra = name.contains("azure") || path.contains("azure") || is_nearly_the_audience(text);
            if for_entra && text != AUDIENCE {
                let message = format!("The volume {name} of {} asks for a token for {text:?}.", look.title());
                let source = look.workload.object.source;
                let changes = edit::replace(audience, AUDIENCE).map(|edit| vec![(source, edit)]);
                look.find(&rule::AUDIENCE, audience, message).fixed(changes);
            }
        }
    }
}

const AUDIENCE: &str = "api://AzureADTokenExchange";

fn is_nearly_the_audience(text: &str) -> bool {
    text != AUDIENCE && text.to_ascii_lowercase().contains("azureadtokenexchange")
}

/// The service accounts themselves: the client id against the stack, and its annotations.
pub fn service_account(scene: &Scene<'_>, object: super::object::Object<'_>) -> Vec<Finding> {
    let mut found = annotation::of_account(object);
    let annotation = object.root.at(&["metadata", "annotations"]).and_then(|all| all.entry(CLIENT_ID));
    let namespace = scene.namespace(&object);
    let expected: Vec<&str> = scene
        .stack
        .into_iter()
        .flat_map(|stack| stack.named(namespace, object.name()))
        .filter_map(|account| account.client.as_deref())
        .collect();
    let written = annotation.and_then(|entry| entry.value.text()).unwrap_or_default();
    let wrong = !written.is_empty() && !expected.is_empty() && !expected.contains(&written);
    let missing = written.is_empty() && (!expected.is_empty() || scene.is_used(&object));
    if wrong || missing {
        let place = annotation.map_or_else(|| object.place(), |entry| object.span(&entry.value.range));
        let message = match expected.as_slice() {
            [client] if wrong => format!("{} names {written}, and its credential belongs to {client}.", object.title()),
            [client] => format!("{} has no client id; its credential belongs to {client}.", object.title()),
            _ if wrong => {
                format!("{} names {written}, which no credential of this account belongs to.", object.title())
            }
            _ => format!("{} has no client id, and pods use it for workload identity.", object.title()),
        };
        let mut finding = Finding::new(&rule::CLIENT_ID, place, message, object);
        if let [client] = expected.as_slice() {
            let way = ["metadata", "annotations", CLIENT_ID];
            let edit = edit::set(scene.text(object.source), object.root, &way, client);
            finding.changes = edit.map(|edit| vec![(object.source, edit)]);
        }
        found.push(finding);
    }
    found
}
