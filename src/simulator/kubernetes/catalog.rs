//! Which kinds of objects a cluster serves: those that are built in, and those that its custom resource definitions make.

use std::borrow::Cow;

use serde_json::Value;

use crate::simulator::body::{flag, set, text};
use crate::simulator::kubernetes::call::{Asked, api_version};
use crate::simulator::kubernetes::status::Subject;
use crate::simulator::kubernetes::store::{Spot, Store};

type Text = Cow<'static, str>;

/// A kind of objects.
#[derive(Debug, Clone)]
// "kind" is Kubernetes's own word for the name in manifests.
#[allow(clippy::struct_field_names)]
pub(super) struct Kind {
    /// Empty for the core group.
    pub group: Text,
    pub version: Text,
    pub plural: Text,
    pub singular: Text,
    /// As in manifests: `ConfigMap`.
    pub kind: Text,
    pub is_namespaced: bool,
    pub short: Vec<Text>,
    pub categories: Vec<Text>,
    /// `status`, `scale`, `token`
    pub subresources: Vec<Text>,
    /// The definition that makes it, for custom resources.
    pub definition: Option<Value>,
}

/// A row of the table of built-in kinds.
#[derive(Clone, Copy)]
struct Row {
    group: &'static str,
    plural: &'static str,
    kind: &'static str,
    is_namespaced: bool,
    short: &'static [&'static str],
    subresources: &'static [&'static str],
    is_in_all: bool,
}

const APPS: &str = "apps";
const BATCH: &str = "batch";
const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
/// The group of definitions.
pub(super) const EXTENSIONS: &str = "apiextensions.k8s.io";

const fn row(
    group: &'static str,
    plural: &'static str,
    kind: &'static str,
    is_namespaced: bool,
    short: &'static [&'static str],
    subresources: &'static [&'static str],
) -> Row {
    Row { group, plural, kind, is_namespaced, short, subresources, is_in_all: false }
}

const fn in_all(row: Row) -> Row {
    Row { is_in_all: true, ..row }
}

/// All built-in kinds; each is of version v1.
#[rustfmt::skip] // A table: a line for each.
static BUILT_IN: &[Row] = &[
    row("", "configmaps", "ConfigMap", true, &["cm"], &[]),
    row("", "events", "Event", true, &["ev"], &[]),
    row("", "namespaces", "Namespace", false, &["ns"], &["status", "finalize"]),
    in_all(row("", "pods", "Pod", true, &["po"], &["status"])),
    row("", "secrets", "Secret", true, &[], &[]),
    row("", "serviceaccounts", "ServiceAccount", true, &["sa"], &["token"]),
    row(APPS, "controllerrevisions", "ControllerRevision", true, &[], &[]),
    in_all(row(APPS, "daemonsets", "DaemonSet", true, &["ds"], &["status"])),
    in_all(row(APPS, "deployments", "Deployment", true, &["deploy"], &["status", "scale"])),
    in_all(row(APPS, "replicasets", "ReplicaSet", true, &["rs"], &["status", "scale"])),
    in_all(row(APPS, "statefulsets", "StatefulSet", true, &["sts"], &["status", "scale"])),
    in_all(row(BATCH, "cronjobs", "CronJob", true, &["cj"], &["status"])),
    in_all(row(BATCH, "jobs", "Job", true, &[], &["status"])),
    row(RBAC, "clusterrolebindings", "ClusterRoleBinding", false, &[], &[]),
    row(RBAC, "clusterroles", "ClusterRole", false, &[], &[]),
    row(RBAC, "rolebindings", "RoleBinding", true, &[], &[]),
    row(RBAC, "roles", "Role", true, &[], &[]),
    row(ADMISSION, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false, &[], &[]),
    row(ADMISSION, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false, &[], &[]),
    row(EXTENSIONS, "customresourcedefinitions", "CustomResourceDefinition", false, &["crd", "crds"], &["status"]),
];

impl Row {
    fn kind(&self) -> Kind {
        Kind {
            group: self.group.into(),
            version: "v1".into(),
            plural: self.plural.into(),
            singular: self.kind.to_lowercase().into(),
            kind: self.kind.into(),
            is_namespaced: self.is_namespaced,
            short: self.short.iter().map(|word| (*word).into()).collect(),
            categories: if self.is_in_all { vec!["all".into()] } else { Vec::new() },
            subresources: self.subresources.iter().map(|word| (*word).into()).collect(),
            definition: None,
        }
    }
}

/// All kinds that a cluster serves: groups in the order of their names, the core group first.
pub(super) fn kinds(store: &Store) -> Vec<Kind> {
    let mut all: Vec<Kind> = BUILT_IN.iter().map(Row::kind).collect();
    all.extend(store.of_kind(EXTENSIONS, "customresourcedefinitions", "").flat_map(|(_, made)| custom(made)));
    all.sort_by(|a, b| (&a.group, &a.version, &a.plural).cmp(&(&b.group, &b.version, &b.plural)));
    all
}

/// The kind that a path asks for.
pub(super) fn find(store: &Store, asked: &Asked) -> Option<Kind> {
    let built_in = BUILT_IN.iter().find(|row| row.group == asked.group && row.plural == asked.plural);
    if let Some(row) = built_in {
        return Some(row.kind()).filter(|kind| kind.version == asked.version);
    }
    let name = format!("{}.{}", asked.plural, asked.group);
    let [group, plural] = [EXTENSIONS, "customresourcedefinitions"].map(str::to_owned);
    let definition = store.get(&Spot { group, plural, namespace: String::new(), name })?;
    custom(definition).into_iter().find(|kind| kind.version == asked.version)
}

/// The kinds that a definition makes: one for each version that it serves.
pub(super) fn custom(definition: &Value) -> Vec<Kind> {
    let word = |pointer: &str| text(definition, pointer).unwrap_or_default().to_owned();
    let words = |pointer: &str| -> Vec<Text> {
        let all = definition.pointer(pointer).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).map(|word| word.to_owned().into()).collect()
    };
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let served = versions.into_iter().flatten().filter(|version| flag(version, "/served") == Some(true));
    let kind = |version: &Value| {
        let subresources = version.get("subresources").and_then(Value::as_object);
        Kind {
            group: word("/spec/group").into(),
            version: text(version, "/name").unwrap_or_default().to_owned().into(),
            plural: word("/spec/names/plural").into(),
            singular: word("/spec/names/singular").into(),
            kind: word("/spec/names/kind").into(),
            is_namespaced: text(definition, "/spec/scope") != Some("Cluster"),
            short: words("/spec/names/shortNames"),
            categories: words("/spec/names/categories"),
            subresources: subresources.into_iter().flatten().map(|(name, _)| name.clone().into()).collect(),
            definition: Some(version.clone()),
        }
    };
    served.map(kind).collect()
}

impl Kind {
    /// `apps/v1`
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// `v1/ConfigMap`, `apps/v1/Deployment`
    pub fn schema_name(&self) -> &str {
        if self.definition.is_some() { "Custom" } else { &self.kind }
    }

    /// The place of one of this kind.
    pub fn spot(&self, namespace: &str, name: &str) -> Spot {
        let namespace = if self.is_namespaced { namespace } else { "" };
        Spot {
            group: self.group.to_string(),
            plural: self.plural.to_string(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// What a failure about one of this kind names.
    pub fn subject<'a>(&'a self, name: &'a str) -> Subject<'a> {
        Subject { group: &self.group, plural: &self.plural, name }
    }

    /// Whether it is this one.
    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    /// Whether its objects can be chosen by a field.
    pub fn selects_by(&self, field: &str) -> bool {
        let more: &[&str] = match (self.group.as_ref(), self.plural.as_ref()) {
            ("", "pods") => &[
                "spec.hostNetwork",
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.nominatedNodeName",
                "status.phase",
                "status.podIP",
                "status.podIPs",
            ],
            ("", "secrets") => &["type"],
            ("", "namespaces") => &["status.phase"],
            ("", "events") => &["action", "reason", "reportingComponent", "source", "type"],
            ("apps", "replicasets") => &["status.replicas"],
            ("batch", "jobs") => &["status.successful"],
            _ => &[],
        };
        let of_event = self.is("", "events") && field.starts_with("involvedObject.");
        matches!(field, "metadata.name" | "metadata.namespace") || more.contains(&field) || of_event
    }

    /// An object of the kind as this version of it shows it.
    pub fn shown(&self, mut object: Value) -> Value {
        if self.definition.is_some() {
            set(&mut object, "/apiVersion", self.api_version().into());
        }
        object
    }

    /// What can be done with it.
    pub fn verbs(&self) -> Vec<&'static str> {
        let mut verbs = vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
        if self.is("", "namespaces") {
            verbs.retain(|verb| *verb != "deletecollection");
        }
        verbs
    }
}

impl Kind {
    /// A kind that nothing is known of but its names.
    pub fn unknown(asked: &Asked) -> Self {
        let word = |text: &str| -> Text { text.to_owned().into() };
        Self {
            group: word(&asked.group),
            version: word(&asked.version),
            plural: word(&asked.plural),
            singular: word(&asked.plural),
            kind: word(&asked.plural),
            is_namespaced: true,
            short: Vec::new(),
            categories: Vec::new(),
            subresources: Vec::new(),
            definition: None,
        }
    }
}
