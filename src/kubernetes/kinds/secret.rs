//! `kubernetes_secret_v1`, also without its version. What is in `data_wo` and `binary_data_wo` is sent and never
//! recorded; their revisions say when to send them again.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};

use super::super::cluster::Resource;
use super::super::failure::Failure;
use super::config_map::{immutable_body, immutable_value, replace_immutable};
use super::metadata::{map_of, strings};
use super::object_kind::{Call, Contents, ObjectKind};
use super::wait::until;
use crate::azure::wire::{PlanCase, Row, Rule, flag, integer, text, text_map};
use crate::value::{Type, Value};

/// Its names.
pub(super) const NAMES: [&str; 2] = ["kubernetes_secret_v1", "kubernetes_secret"];

/// How long a token may take to come (Terraform's provider: one minute).
const TOKEN: Duration = Duration::from_secs(60);

/// A secret.
pub(super) fn kind(name: &'static str) -> ObjectKind {
    let written = |name| text_map(name).write_only();
    let rows = vec![
        text_map("binary_data").sensitive().about("Contents in base64."),
        written("binary_data_wo")
            .rule(Rule::Conflicts(&["binary_data"]))
            .about("Contents in base64 that are never recorded."),
        integer("binary_data_wo_revision")
            .range(1, i64::from(i32::MAX))
            .rule(Rule::With(&["binary_data_wo"]))
            .about("What to raise so that binary_data_wo is sent again."),
        text_map("data").or_computed().sensitive().about("Contents."),
        written("data_wo").rule(Rule::Conflicts(&["data"])).about("Contents that are never recorded."),
        integer("data_wo_revision")
            .range(1, i64::from(i32::MAX))
            .rule(Rule::With(&["data_wo"]))
            .about("What to raise so that data_wo is sent again."),
        flag("immutable").about("Whether the contents never change. A change then replaces the object."),
        text("type").default_to("Opaque").replaces().about("The type of the secret."),
        flag("wait_for_service_account_token")
            .default_to(true)
            .about("Whether making a token's secret ends only when the token is there."),
    ];
    ObjectKind::new(name, "secret", Resource::core("Secret", "secrets", true), rows, &["create"], Secret)
}

struct Secret;

/// Whether something is sent that is not recorded.
fn is_written_only(value: &Value) -> bool {
    ["data_wo_revision", "binary_data_wo_revision"]
        .iter()
        .any(|name| value.field(name).is_some_and(|revision| revision.is_known() && !revision.is_null()))
}

/// The contents in base64: of each pair the recorded or the written-only argument.
fn contents(value: &Value, config: Option<&Value>) -> BTreeMap<String, String> {
    let either = |name: &str, written: &str| {
        let written = config.map(|config| strings(config.field(written))).filter(|written| !written.is_empty());
        written.unwrap_or_else(|| strings(value.field(name)))
    };
    let plain = either("data", "data_wo").into_iter().map(|(key, text)| (key, BASE64_STANDARD.encode(text)));
    plain.chain(either("binary_data", "binary_data_wo")).collect()
}

#[async_trait]
impl Contents for Secret {
    fn body(&self, planned: &Value) -> Map<String, Json> {
        let mut body = immutable_body(planned);
        let kind = planned.field("type").and_then(Value::as_str).unwrap_or("Opaque");
        body.insert("type".to_owned(), json!(kind));
        let contents = contents(planned, None);
        if !contents.is_empty() {
            body.insert("data".to_owned(), json!(contents));
        }
        body
    }

    fn values(&self, object: &Json, beside: Option<&Value>) -> Vec<(&'static str, Value)> {
        let kind = object["type"].as_str().unwrap_or("Opaque");
        let mut values = vec![("type", Value::string(kind)), ("immutable", immutable_value(object, beside))];
        for name in ["binary_data_wo", "data_wo"] {
            values.push((name, Value::null(Type::map(Type::String))));
        }
        if beside.is_some_and(is_written_only) {
            for name in ["binary_data", "data"] {
                values.push((name, Value::null(Type::map(Type::String))));
            }
            return values;
        }
        let (binary, data) = split(object, beside);
        values.push(("binary_data", map_of(binary, beside.and_then(|b| b.field("binary_data")))));
        let before = beside.and_then(|beside| beside.field("data")).filter(|before| before.is_known());
        values.push(("data", map_of(data, before)));
        values
    }

    fn data_rows(&self) -> Vec<Row> {
        vec![
            text_map("binary_data").sensitive().about("Keys whose contents are wanted in base64, with any value."),
            text_map("data").computed().sensitive(),
            flag("immutable").computed(),
            text("type").computed(),
        ]
    }

    fn data_values(&self, object: &Json, config: &Value) -> Vec<(&'static str, Value)> {
        self.values(
            object,
            Some(&Value::object_of(config.field("binary_data").map(|keys| ("binary_data", keys.clone())))),
        )
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        // Read back, it would be recorded.
        if is_written_only(&case.planned) {
            case.set("data", Value::null(Type::map(Type::String)));
        }
        replace_immutable(case, &["data", "binary_data", "data_wo_revision", "binary_data_wo_revision"]);
    }

    fn complete(&self, body: &mut Json, config: &Value) {
        let contents = contents(config, Some(config));
        if !contents.is_empty() {
            body["data"] = json!(contents);
        }
    }

    /// What was written only and is to go is not recorded, so it is looked up.
    async fn patch(&self, call: &Call<'_>, prior: &Value, planned: &Value, config: &Value) -> Result<Json, Failure> {
        let mut patch = call.kind.difference(prior, planned);
        let written = ["data_wo_revision", "binary_data_wo_revision"];
        let raised = written.iter().any(|name| match (prior.field(name), planned.field(name)) {
            (Some(before), Some(after)) => !before.raw_eq_unmarked(after),
            _ => false,
        });
        let changed = raised || (is_written_only(planned) && patch.get("data").is_some());
        if !changed {
            return Ok(patch);
        }
        let wanted = contents(planned, Some(config));
        let found = call.cluster.find(call.object()).await?.unwrap_or_default();
        let there = found["data"].as_object().into_iter().flat_map(Map::keys);
        let mut data: Map<String, Json> =
            there.filter(|key| !wanted.contains_key(*key)).map(|key| (key.clone(), Json::Null)).collect();
        data.extend(wanted.into_iter().map(|(key, value)| (key, json!(value))));
        patch["data"] = Json::Object(data);
        Ok(patch)
    }

    async fn made(&self, call: &Call<'_>, object: Json, planned: &Value) -> Result<Json, Failure> {
        let waits = planned.field("wait_for_service_account_token").and_then(Value::as_bool) != Some(false);
        if !waits || object["type"] != "kubernetes.io/service-account-token" {
            return Ok(object);
        }
        let limit = call.limit.unwrap_or(TOKEN);
        until(call.cluster, limit, call.watch, "the service account's token", || async {
            Ok(call.cluster.find(call.object()).await?.filter(|object| object["data"]["token"].is_string()))
        })
        .await
    }
}

/// The contents, in base64 and as text: what was in `binary_data` stays there, and so does what is no text.
fn split(object: &Json, beside: Option<&Value>) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let keys = strings(beside.and_then(|beside| beside.field("binary_data")));
    let (mut binary, mut data) = (BTreeMap::new(), BTreeMap::new());
    for (key, value) in object["data"].as_object().into_iter().flatten() {
        let encoded = value.as_str().unwrap_or_default();
        let text = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text.filter(|_| !keys.contains_key(key)) {
            Some(text) => data.insert(key.clone(), text),
            None => binary.insert(key.clone(), encoded.to_owned()),
        };
    }
    (binary, data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_stays_in_base64() {
        let object = json!({"data": {"text": "aGk=", "bytes": "/w==", "asked": "aGk="}});
        let beside = Value::object_of([(
            "binary_data",
            Value::map(Type::String, [("asked".into(), Value::string(""))].into_iter().collect()),
        )]);
        let (binary, data) = split(&object, Some(&beside));
        assert_eq!(data, BTreeMap::from([("text".to_owned(), "hi".to_owned())]));
        assert_eq!(binary.keys().collect::<Vec<_>>(), ["asked", "bytes"]);
    }
}
