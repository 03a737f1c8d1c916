//! Manifests of Kubernetes: what in them keeps a pod from its identity, or gives it a secret instead; with the place,
//! the reason and, where nothing has to be guessed, the change that mends it.

mod annotation;
mod edit;
mod environment;
mod object;
mod render;
mod rule;
mod scene;
mod sign_in;
mod stack;
mod survey;
mod way_back;
mod workload;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use crate::checks;
use crate::diagnostic::Diagnostic;
use crate::span::{SourceId, SourceMap, Span};

pub use edit::{Edit, apply, lines};
pub use environment::is_client_secret;
use object::Object;
pub use render::{Rendered, helm_values, kustomize, rendered, service_accounts};
pub use rule::{RULES, Rule};
pub use scene::CLIENT_ID;
use scene::{Change, Scene};
pub use sign_in::{SecretUse, SignIn, Vessel, is_for_login};
pub use stack::{Account, Binding, Stack};
pub use survey::{ADDED, Bound, Excepted, Pods, ServiceAccount, Standstill, Survey, survey};
pub use way_back::WayBack;
use yaml::Document;

/// Something that a rule found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Where.
    pub place: Span,
    /// The object.
    pub object: String,
    /// What is wrong there.
    pub message: String,
    /// What to do besides what the rule says.
    pub advice: Option<String>,
    /// What would mend it, file by file.
    pub changes: Option<Vec<(SourceId, Edit)>>,
    /// The lines around the place may show a secret.
    pub secret: bool,
    /// Why nothing is to be done about it, if somebody said so.
    pub ignored: Option<String>,
    document: Span,
}

impl Finding {
    fn new(rule: &'static Rule, place: Span, message: String, object: Object<'_>) -> Self {
        let document = object.span(object.document);
        let object = object.title();
        Self { rule, place, object, message, advice: None, changes: None, secret: false, ignored: None, document }
    }
}

/// A file, read.
#[derive(Debug)]
pub struct Loaded {
    source: SourceId,
    documents: Vec<Document>,
}

/// What came of looking at manifests.
#[derive(Debug, Default)]
pub struct Report {
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// How many objects there were.
    pub objects: usize,
    /// How many documents were no Kubernetes objects.
    pub others: usize,
    /// Kinds that this program does not know, which make no pods that it could see.
    pub unknown: BTreeSet<String>,
}

/// Reads a text that the map holds. What cannot be read is told, document by document; the rest is there.
pub fn load(source: SourceId, sources: &SourceMap) -> (Loaded, Vec<Diagnostic>) {
    let text = sources.get(source).map_or("", |source| &source.text);
    let mut documents = Vec::new();
    let mut found = Vec::new();
    for read in yaml::read(text) {
        match read {
            Ok(document) => documents.push(document),
            Err(fault) => {
                let (summary, detail) = if fault.template {
                    (
                        "Template that is not rendered",
                        "this is a template, not YAML: an expression in {{ }} stands where a value should. Render it first, and \
                         check what comes out: helm template RELEASE CHART | bowline manifests check -"
                            .to_owned(),
                    )
                } else {
                    ("Invalid YAML", format!("this document cannot be read: {}. It was left out.", fault.why))
                };
                // The line itself is not shown: it may hold a secret.
                let place = sources.get(source).map_or_else(String::new, |source| {
                    let at = source.position(fault.at);
                    format!("{}:{}:{}", source.name, at.line, at.column)
                });
                found.push(Diagnostic::error(summary, format!("{place}: {detail}")));
            }
        }
    }
    (Loaded { source, documents }, found)
}

/// Looks at everything. `namespace` is that of objects that say none, when it is known.
pub fn check(loaded: &[Loaded], sources: &SourceMap, stack: Option<&Stack>, namespace: Option<&str>) -> Report {
    let scene = Scene::new(loaded, sources, stack, namespace);
    let documents = loaded.iter().flat_map(|file| &file.documents).filter(|document| document.root.is_some()).count();
    let mut report = Report { objects: scene.objects.len(), ..Report::default() };
    let mut homes: BTreeSet<(SourceId, usize)> = BTreeSet::new();
    for object in &scene.objects {
        homes.insert((object.source, object.document.start));
        if let Some(workload) = object.workload() {
            report.findings.extend(workload::look(&scene, workload));
        } else if object.kind == "ServiceAccount" {
            report.findings.extend(workload::service_account(&scene, *object));
        } else if !is_known(object) {
            report.unknown.insert(format!("{} ({})", object.kind, object.api));
        }
    }
    report.others = documents.saturating_sub(homes.len());
    report.findings.extend(scene.doubled());
    report.findings.extend(scene.half_moved());
    for finding in &mut report.findings {
        finding.ignored = checks::reason(finding.rule.name, finding.document, sources);
    }
    let name = |span: Span| sources.get(span.source).map_or("", |source| &*source.name);
    report
        .findings
        .sort_by(|a, b| (name(a.place), a.place.start, a.rule.name).cmp(&(name(b.place), b.place.start, b.rule.name)));
    report
}

/// Whether a kind is of Kubernetes itself, of pod identity or of the secrets' driver.
fn is_known(object: &Object<'_>) -> bool {
    let group = object.group();
    !group.contains('.')
        || group.ends_with(".k8s.io") && group != "gateway.networking.k8s.io"
        || group == "secrets-store.csi.x-k8s.io"
}

/// A service account of an identity.
pub fn service_account(name: &str, namespace: &str, client: &str) -> serde_json::Value {
    scene::account(name, Some(namespace), client)
}

/// The edits that can be made at once, file by file: of each finding all or nothing. What collides waits for the next
/// round, when everything has been looked at again.
pub fn edits(findings: &[Finding]) -> BTreeMap<SourceId, Vec<Edit>> {
    let mut taken: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.ignored.is_none()) {
        let Some(changes) = &finding.changes else { continue };
        let collides = |(source, edit): &Change| {
            taken.get(source).is_some_and(|others| others.iter().any(|other| other.collides(edit)))
        };
        if changes.iter().any(collides) {
            continue;
        }
        for (source, edit) in changes {
            let edits = taken.entry(*source).or_default();
            if !edits.contains(edit) {
                edits.push(edit.clone());
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests;
