//! The labels and annotations of workload identity: their names, their values, and where they are read.

use super::Finding;
use super::edit;
use super::object::Object;
use super::rule;
use super::workload::Look;
use super::yaml::{Entry, Node};

const PREFIX: &str = "azure.workload.identity/";
const EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";
const POD_LABELS: &[&str] = &["use"];
const POD_ANNOTATIONS: &[&str] =
    &["service-account-token-expiration", "skip-containers", "inject-proxy-sidecar", "proxy-sidecar-port"];
const ACCOUNT_ANNOTATIONS: &[&str] = &["client-id", "tenant-id", "service-account-token-expiration"];

/// Those of a pod.
pub fn of_pod(look: &mut Look<'_, '_>) {
    let (object, template) = (look.workload.object, look.workload.template);
    let mut found = of(object, template, "labels", POD_LABELS, "a pod's labels");
    found.extend(of(object, template, "annotations", POD_ANNOTATIONS, "a pod's annotations"));
    look.extend(found);
}

/// Those of a service account.
pub fn of_account(object: Object<'_>) -> Vec<Finding> {
    let mut found = of(object, object.root, "annotations", ACCOUNT_ANNOTATIONS, "a service account's annotations");
    // azwi before 1.0 put the label there; it has no effect and does no harm.
    found.extend(of(object, object.root, "labels", POD_LABELS, "a service account's labels"));
    found
}

fn of(object: Object<'_>, owner: &Node, field: &str, known: &[&str], where_: &str) -> Vec<Finding> {
    let entries = owner.at(&["metadata", field]).map(Node::entries).unwrap_or_default();
    let mut found = Vec::new();
    for entry in entries {
        let Some(key) = entry.key.text() else { continue };
        found.extend(not_text(object, entry, field));
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        if !known.contains(&name) {
            // The label as an annotation is told by its own rule.
            if name != "use" {
                found.push(unknown(object, entry, name, known, where_));
            }
        } else if key == EXPIRATION {
            found.extend(expiration(object, entry));
        }
    }
    found
}

fn not_text(object: Object<'_>, entry: &Entry, field: &str) -> Option<Finding> {
    let text = entry.value.text()?;
    if entry.value.string().is_some() || entry.value.range.is_empty() {
        return None;
    }
    let key = entry.key.text().unwrap_or_default();
    let message = format!("{key} among the {field} of {} is {text} without quotes.", object.title());
    let mut finding = Finding::new(&rule::NOT_TEXT, object.span(&entry.value.range), message, object);
    finding.changes = edit::replace(&entry.value, text).map(|edit| vec![(object.source, edit)]);
    Some(finding)
}

fn unknown(object: Object<'_>, entry: &Entry, name: &str, known: &[&str], where_: &str) -> Finding {
    let near = known
        .iter()
        .filter(|k| strsim::damerau_levenshtein(k, name) <= 3)
        .min_by_key(|k| strsim::damerau_levenshtein(k, name));
    let hint = near.map(|near| format!(" Did you mean {PREFIX}{near}?")).unwrap_or_default();
    let message = format!("{PREFIX}{name} is not among {where_} that are read.{hint}");
    Finding::new(&rule::UNKNOWN, object.span(&entry.key.range), message, object)
}

fn expiration(object: Object<'_>, entry: &Entry) -> Option<Finding> {
    let text = entry.value.text()?;
    let fits = text.parse::<u32>().is_ok_and(|seconds| (3_600..=86_400).contains(&seconds));
    let message = || format!("{} asks for tokens that last {text:?} seconds.", object.title());
    (!fits).then(|| Finding::new(&rule::EXPIRATION, object.span(&entry.value.range), message(), object))
}
