//! What the object of a manifest will be: what came of trying it out, or what is recorded, or not known.

use super::super::super::cluster::Cluster;
use super::super::super::failure::Failure;
use super::super::Rehearsal;
use super::conflict;
use super::form::{Identity, object_of, step};
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, PlanRequest, PlanResponse};
use crate::value::{Fields, Path, Type, Value, ValueKind};

/// Decides what an instance will be.
pub(super) fn plan(request: &PlanRequest<'_>, rehearsal: Option<&Rehearsal>) -> PlanResponse {
    let mut response = PlanResponse {
        planned: request.config.clone(),
        requires_replace: Vec::new(),
        notes: Vec::new(),
        findings: Vec::new(),
    };
    let null = Value::null(Type::Dynamic);
    let manifest = request.config.field("manifest").unwrap_or(&null);
    let prior = request.prior.map(|prior| &prior.value);
    let mut object = match rehearsal {
        Some(Rehearsal::Object(tried)) => object_of(tried),
        _ => unrehearsed(prior, manifest),
    };
    match rehearsal {
        Some(Rehearsal::Open(why)) => response.notes.push(why.clone()),
        Some(Rehearsal::Refused(findings)) => {
            let finding = |(path, diagnostic): &(Path, Diagnostic)| Finding {
                path: path.clone(),
                diagnostic: diagnostic.clone(),
            };
            response.findings.extend(findings.iter().map(finding));
        }
        _ => {}
    }
    if let Some(prior) = prior {
        response.requires_replace = replaced(prior, manifest);
    }
    let before = prior.and_then(|prior| prior.field("object"));
    if before.is_none_or(|before| !before.raw_eq_unmarked(&object)) {
        object = with_computed(object, request.config);
    }
    let mut fields: Fields = request.config.as_fields().cloned().unwrap_or_default();
    fields.insert("object".into(), object);
    response.planned = Value::object(fields);
    response
}

/// The object when nothing could be tried out: as recorded while the manifest is.
fn unrehearsed(prior: Option<&Value>, manifest: &Value) -> Value {
    let unchanged =
        prior.filter(|prior| prior.field("manifest").is_some_and(|before| before.raw_eq_unmarked(manifest)));
    unchanged.and_then(|prior| prior.field("object")).cloned().unwrap_or_else(Value::dynamic)
}

/// The parts of a manifest that name another object than before.
fn replaced(prior: &Value, manifest: &Value) -> Vec<Path> {
    let Some(before) = Identity::recorded(prior) else { return Vec::new() };
    match Identity::of(manifest) {
        Some(now) => before.differences(&now).into_iter().map(|part| path_in(manifest, part)).collect(),
        None if manifest.is_known() => Vec::new(),
        // A manifest of which nothing is known may be that of anything.
        None => vec![Path::attribute("manifest")],
    }
}

fn path_in(manifest: &Value, dotted: &str) -> Path {
    let mut path = Path::attribute("manifest");
    let mut value = Some(manifest);
    for name in dotted.split('.') {
        path = value.map_or_else(|| path.then_attribute(name), |value| step(value, &path, name));
        value = value.and_then(|value| value.field(name));
    }
    path
}

/// The object in which what `computed_fields` names is not known.
fn with_computed(object: Value, config: &Value) -> Value {
    let fields = config.field("computed_fields").and_then(Value::as_elements).unwrap_or_default();
    fields.iter().filter_map(Value::as_str).fold(object, |object, path| {
        let steps: Vec<&str> = path.split('.').collect();
        open(&object, &steps)
    })
}

fn open(value: &Value, steps: &[&str]) -> Value {
    let Some((name, rest)) = steps.split_first() else { return Value::dynamic() };
    match value.kind() {
        ValueKind::Object(fields) if fields.contains_key(*name) => {
            let mut fields = Fields::clone(fields);
            let inner = fields.get(*name).map_or_else(Value::dynamic, |inner| open(inner, rest));
            fields.insert((*name).into(), inner);
            Value::object(fields).marked(value.marks())
        }
        _ => value.clone(),
    }
}

/// What a failure to try it out means: a fault of the manifest, or nothing that could be told now.
pub(super) fn refusal(cluster: &Cluster, identity: &Identity, failure: &Failure) -> Rehearsal {
    if let Some(conflict) = conflict::diagnostic(identity, failure) {
        return Rehearsal::Refused(vec![(Path::default(), conflict)]);
    }
    match failure {
        Failure::UnknownKind(_) => Rehearsal::Open(format!(
            "the cluster does not know the kind {} of {} yet: it is planned from the configuration alone",
            identity.kind, identity.api_version
        )),
        Failure::Unreachable(_) | Failure::Broken(_) | Failure::TimedOut(_) => Rehearsal::Open(format!(
            "the cluster at {} could not be reached to try it out: it is planned from the configuration alone",
            cluster.host()
        )),
        failure if failure.lacks_namespace() => Rehearsal::Open(format!(
            "its namespace {} does not exist yet, so it could not be tried out",
            identity.place()
        )),
        failure if failure.is_forbidden() => Rehearsal::Open(
            "who plans may not try it out at the cluster (patch): it is planned from the configuration alone"
                .to_owned(),
        ),
        failure => Rehearsal::Refused(invalid(cluster, identity, failure)),
    }
}

/// A refusal, on the parts of the manifest that it names.
fn invalid(cluster: &Cluster, identity: &Identity, failure: &Failure) -> Vec<(Path, Diagnostic)> {
    let whole = cluster.problem(&format!("try out the {identity}"), failure);
    let causes = failure.status().and_then(|status| status.details.as_ref()).map(|details| &details.causes);
    let named = causes.into_iter().flatten().filter(|cause| !cause.field.is_empty() && !cause.message.is_empty());
    let found: Vec<_> = named
        .map(|cause| {
            let detail = format!("The API server at {} says of {}: {}.", cluster.host(), cause.field, cause.message);
            (field_path(&cause.field), Diagnostic::error("Object is not valid", detail))
        })
        .collect();
    if found.is_empty() { vec![(Path::default(), whole)] } else { found }
}

/// `spec.containers[0].image` as a path into the manifest.
fn field_path(field: &str) -> Path {
    let mut path = Path::attribute("manifest");
    for part in field.split('.').filter(|part| !part.is_empty()) {
        let mut pieces = part.split('[');
        if let Some(name) = pieces.next().filter(|name| !name.is_empty()) {
            path = path.then_attribute(name);
        }
        for index in pieces {
            let index = index.trim_end_matches(']');
            path = match index.parse::<usize>() {
                Ok(position) => path.then_position(position),
                Err(_) => path.then_attribute(index),
            };
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(manifest: &serde_json::Value, object: Value, computed: &[&str]) -> Value {
        let computed = computed.iter().map(|path| Value::string(*path)).collect();
        Value::object_of([
            ("manifest", Value::from_plain_json(manifest)),
            ("object", object),
            ("computed_fields", Value::list(Type::String, computed)),
        ])
    }

    fn manifest(name: &str, data: &str) -> serde_json::Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": data}})
    }

    fn planned(prior: Option<&Value>, config: &Value, rehearsal: Option<&Rehearsal>) -> PlanResponse {
        let prior = prior.map(|value| crate::provider::Recorded { value: value.clone(), private: Vec::new() });
        plan(&PlanRequest { prior: prior.as_ref(), config, proposed: config }, rehearsal)
    }

    #[test]
    fn without_the_cluster_an_unchanged_manifest_stays_as_it_is() {
        let null = Value::null(Type::Dynamic);
        let made = value(&manifest("x", "1"), object_of(&manifest("x", "1")), &[]);
        let same = planned(Some(&made), &value(&manifest("x", "1"), null.clone(), &[]), None);
        assert!(same.planned.raw_eq(&made) && same.requires_replace.is_empty());
        let changed = planned(Some(&made), &value(&manifest("x", "2"), null.clone(), &[]), None);
        assert!(changed.planned.field("object").is_some_and(|object| !object.is_known()));
        let renamed = planned(Some(&made), &value(&manifest("y", "1"), null, &[]), None);
        let paths: Vec<_> = renamed.requires_replace.iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["manifest.metadata.name"]);
    }

    #[test]
    fn what_was_tried_out_is_promised_but_for_computed_fields() {
        let config = value(&manifest("x", "2"), Value::null(Type::Dynamic), &["data.a"]);
        let tried = Rehearsal::Object(manifest("x", "2"));
        let object = planned(None, &config, Some(&tried)).planned.field("object").cloned();
        let data = object.as_ref().and_then(|object| object.field("data")?.field("a"));
        assert!(data.is_some_and(|data| !data.is_known()));
        let name = object.as_ref().and_then(|object| object.field("metadata")?.field("name")?.as_str());
        assert_eq!(name, Some("x"));
    }

    #[test]
    fn fields_are_found_in_the_manifest() {
        assert_eq!(field_path("spec.containers[0].image").to_string(), "manifest.spec.containers[0].image");
        assert_eq!(field_path("metadata.labels[app]").to_string(), "manifest.metadata.labels.app");
    }
}
