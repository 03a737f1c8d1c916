//! `kubernetes_config_map_v1`, also without its version.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};

use super::super::cluster::Resource;
use super::metadata::{map_of, strings};
use super::object_kind::{Contents, ObjectKind};
use crate::azure::wire::{PlanCase, Row, flag, text_map};
use crate::value::{Type, Value};

/// Its names.
pub(super) const NAMES: [&str; 2] = ["kubernetes_config_map_v1", "kubernetes_config_map"];

/// A config map.
pub(super) fn kind(name: &'static str) -> ObjectKind {
    let rows = vec![
        text_map("binary_data").about("Contents in base64."),
        text_map("data").about("Contents."),
        flag("immutable").about("Whether the contents never change. A change then replaces the object."),
    ];
    ObjectKind::new(name, "config map", Resource::core("ConfigMap", "configmaps", true), rows, &[], ConfigMap)
}

struct ConfigMap;

#[async_trait]
impl Contents for ConfigMap {
    fn body(&self, planned: &Value) -> Map<String, Json> {
        let mut body = immutable_body(planned);
        for (name, member) in [("data", "data"), ("binary_data", "binaryData")] {
            let contents = strings(planned.field(name));
            if !contents.is_empty() {
                body.insert(member.to_owned(), json!(contents));
            }
        }
        body
    }

    fn values(&self, object: &Json, beside: Option<&Value>) -> Vec<(&'static str, Value)> {
        let contents = |name: &str, member: &str| {
            let now = object[member].as_object().into_iter().flatten();
            let now = now.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
            map_of(now, beside.and_then(|beside| beside.field(name)))
        };
        vec![
            ("binary_data", contents("binary_data", "binaryData")),
            ("data", contents("data", "data")),
            ("immutable", immutable_value(object, beside)),
        ]
    }

    fn data_rows(&self) -> Vec<Row> {
        vec![text_map("binary_data").computed(), text_map("data").computed(), flag("immutable").computed()]
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        replace_immutable(case, &["data", "binary_data"]);
    }
}

/// What is immutable is replaced when its contents change, or when it is no longer to be so.
pub(super) fn replace_immutable(case: &mut PlanCase<'_>, contents: &[&str]) {
    if case.prior_at("immutable").and_then(Value::as_bool) != Some(true) {
        return;
    }
    for name in contents.iter().copied().chain(["immutable"]) {
        if case.changes(name) {
            case.replace(name);
        }
    }
}

/// The member `immutable`, which is sent only where it is asked for.
pub(super) fn immutable_body(planned: &Value) -> Map<String, Json> {
    let asked = planned.field("immutable").and_then(Value::as_bool);
    asked
        .filter(|immutable| *immutable)
        .map(|immutable| ("immutable".to_owned(), json!(immutable)))
        .into_iter()
        .collect()
}

/// The argument `immutable`: nothing and false are the same.
pub(super) fn immutable_value(object: &Json, beside: Option<&Value>) -> Value {
    if object["immutable"].as_bool() == Some(true) {
        return Value::bool(true);
    }
    let before = beside.and_then(|beside| beside.field("immutable"));
    let same = before.filter(|before| before.is_null() || before.as_bool() == Some(false));
    same.cloned().unwrap_or_else(|| Value::null(Type::Bool))
}
