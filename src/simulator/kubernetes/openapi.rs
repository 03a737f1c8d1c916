//! The shapes of kinds as `OpenAPI` 3: what `kubectl explain` tells and `kubectl apply` asks before it sends anything.

use serde_json::{Map, Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::body::set;
use crate::simulator::kubernetes::call::{Call, api_version};
use crate::simulator::kubernetes::catalog::{Kind, kinds};
use crate::simulator::kubernetes::schema::{self, Shape};
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::Store;

/// Answers a path beneath `/openapi`; `None` for others.
pub(super) fn answer(store: &Store, call: &Call) -> Option<Result<Answer, Failure>> {
    let path = call.path.trim_matches('/').strip_prefix("openapi/")?;
    let all = kinds(store);
    let Some(wanted) = path.strip_prefix("v3") else { return Some(Err(Failure::no_such_resource())) };
    let wanted = wanted.trim_matches('/');
    if wanted.is_empty() {
        let mut paths = Map::new();
        for kind in &all {
            let path = path_of(kind);
            let address = format!("/openapi/v3/{path}?hash={}", store.revision());
            paths.insert(path, json!({"serverRelativeURL": address}));
        }
        return Some(Ok(Answer::json(200, json!({ "paths": paths }))));
    }
    let of_path: Vec<&Kind> = all.iter().filter(|kind| path_of(kind) == wanted).collect();
    if of_path.is_empty() {
        return Some(Err(Failure::no_such_resource()));
    }
    Some(Ok(Answer::json(200, document(&of_path))))
}

/// `api/v1`, `apis/apps/v1`
fn path_of(kind: &Kind) -> String {
    let root = if kind.group.is_empty() { "api" } else { "apis" };
    format!("{root}/{}", api_version(&kind.group, &kind.version))
}

fn document(kinds: &[&Kind]) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for kind in kinds {
        let (collection, one) = paths_of(kind);
        paths.insert(collection, operations(kind, &["get", "post"]));
        paths.insert(one, operations(kind, &["get", "put", "patch", "delete"]));
        let mut shown = match &kind.definition {
            Some(version) => custom(version),
            None => {
                add_types(&kind.kind, &mut schemas);
                schemas.get(&*name_of(&kind.kind)).cloned().unwrap_or_default()
            }
        };
        set(&mut shown, "/x-kubernetes-group-version-kind", json!([meaning(kind)]));
        schemas.insert(name_of(&kind.kind), shown);
    }
    add_types("ObjectMeta", &mut schemas);
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "simulated"}, "paths": paths,
        "components": {"schemas": schemas},
    })
}

fn meaning(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

fn name_of(kind: &str) -> String {
    format!("io.k8s.api.{kind}")
}

fn paths_of(kind: &Kind) -> (String, String) {
    let namespace = if kind.is_namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("/{}{namespace}/{}", path_of(kind), kind.plural);
    let one = format!("{collection}/{{name}}");
    (collection, one)
}

fn operations(kind: &Kind, methods: &[&str]) -> Value {
    let parameter =
        |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let mut operations = Map::new();
    for method in methods {
        let is_write = matches!(*method, "post" | "put" | "patch");
        let mut parameters = Vec::new();
        if is_write || *method == "delete" {
            parameters.push(parameter("dryRun"));
        }
        if is_write {
            parameters.extend(["fieldManager", "fieldValidation"].map(parameter));
        }
        let reference = json!({"$ref": format!("#/components/schemas/{}", name_of(&kind.kind))});
        operations.insert(
            (*method).to_owned(),
            json!({
                "parameters": parameters,
                "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": reference}}}},
                "x-kubernetes-action": method, "x-kubernetes-group-version-kind": meaning(kind),
            }),
        );
    }
    Value::Object(operations)
}

/// Adds a type of `schema.txt` and all that it is made of.
fn add_types(name: &str, into: &mut Map<String, Value>) {
    let Some(own) = schema::of(name) else { return };
    if into.contains_key(&name_of(name)) {
        return;
    }
    let mut members = Map::new();
    for (name, member) in &own.members {
        members.insert((*name).to_owned(), shape_of(&member.shape));
    }
    into.insert(name_of(name), json!({"type": "object", "properties": members}));
    for member in own.members.values() {
        let mut shape = &member.shape;
        while let Shape::Map(item) | Shape::Sequence(item) | Shape::Keyed(item, _) = shape {
            shape = item;
        }
        if let Shape::Struct(name) = shape {
            add_types(name, into);
        }
    }
}

fn shape_of(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Quantity => json!({"type": "string"}),
        Shape::Bytes => json!({"type": "string", "format": "byte"}),
        Shape::Time => json!({"type": "string", "format": "date-time"}),
        Shape::Integer => json!({"type": "integer", "format": "int64"}),
        Shape::NumberOrText => {
            json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": true})
        }
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Whole | Shape::Deduced => json!({"x-kubernetes-preserve-unknown-fields": true}),
        Shape::Map(item) => json!({"type": "object", "additionalProperties": shape_of(item)}),
        Shape::Sequence(item) => {
            json!({"type": "array", "items": shape_of(item), "x-kubernetes-list-type": "atomic"})
        }
        Shape::Set => json!({
            "type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set",
            "x-kubernetes-patch-strategy": "merge",
        }),
        Shape::Keyed(item, keys) => json!({
            "type": "array", "items": shape_of(item), "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": keys, "x-kubernetes-patch-strategy": "merge",
            "x-kubernetes-patch-merge-key": keys.first(),
        }),
        Shape::Struct(name) => json!({"allOf": [{"$ref": format!("#/components/schemas/{}", name_of(name))}]}),
    }
}

fn custom(version: &Value) -> Value {
    let mut shown = version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_else(|| json!({"type": "object"}));
    set(&mut shown, "/properties/apiVersion", json!({"type": "string"}));
    set(&mut shown, "/properties/kind", json!({"type": "string"}));
    let metadata = json!({"allOf": [{"$ref": format!("#/components/schemas/{}", name_of("ObjectMeta"))}]});
    set(&mut shown, "/properties/metadata", metadata);
    shown
}
