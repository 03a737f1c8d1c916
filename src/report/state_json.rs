//! The recorded state as JSON for tools: `output -json`, `show -json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::resource_json::{ModuleTree, check, identity};
use super::value_json;
use crate::address::{Address, ConfigAddress, ResourceMode};
use crate::plan::recorded;
use crate::provider::Registry;
use crate::state::checks::CheckStatus;
use crate::state::{
    CheckResult, Instance, ObjectAddress, OutputValue, ProviderAddress, State, TERRAFORM_VERSION, format,
};

/// The whole state, as in `show -json` (hashicorp/terraform, internal/command/jsonstate).
pub fn state(state: &State, registry: &Registry) -> Json {
    let mut document = values(state, registry);
    let checks: Vec<Json> = state.check_results.iter().flatten().map(check_result).collect();
    if let (Some(fields), false) = (document.as_object_mut(), checks.is_empty()) {
        fields.insert("checks".into(), checks.into());
    }
    document
}

/// The state without how its checks came out, as a plan holds it.
pub fn values(state: &State, registry: &Registry) -> Json {
    let mut tree = ModuleTree::default();
    for (object, provider, instance) in state.objects() {
        tree.add(&object.address.module, resource(&object, provider, instance, registry));
    }
    let mut values = json!({ "root_module": tree.into_json() });
    let outputs = output_fields(&state.outputs);
    if let (Some(fields), false) = (values.as_object_mut(), outputs.is_empty()) {
        fields.insert("outputs".into(), outputs.into());
    }
    json!({ "format_version": "1.0", "terraform_version": TERRAFORM_VERSION, "values": values })
}

/// The document of a stack of which nothing is recorded.
pub fn nothing() -> Json {
    json!({ "format_version": "1.0" })
}

fn resource(object: &ObjectAddress, provider: &ProviderAddress, instance: &Instance, registry: &Registry) -> Json {
    let mut fields = identity(&object.address);
    fields.insert("provider_name".into(), (&*provider.source).into());
    fields.insert("schema_version".into(), instance.schema_version.into());
    let (values, sensitive) = contents(&object.address, provider, instance, registry);
    fields.insert("values".into(), values);
    fields.insert("sensitive_values".into(), sensitive);
    if !instance.dependencies.is_empty() {
        let mut names: Vec<String> = instance.dependencies.iter().map(ConfigAddress::to_string).collect();
        names.sort();
        fields.insert("depends_on".into(), names.into());
    }
    if instance.tainted {
        fields.insert("tainted".into(), true.into());
    }
    if let Some(key) = &object.deposed {
        fields.insert("deposed_key".into(), key.as_str().into());
    }
    Json::Object(fields)
}

/// The attributes, and which of them are sensitive. What does not fit this program's schema is shown as recorded.
fn contents(address: &Address, provider: &ProviderAddress, instance: &Instance, registry: &Registry) -> (Json, Json) {
    let kind = registry.find(&provider.source).and_then(|provider| match address.resource.mode {
        ResourceMode::Data => provider.data_source(&address.resource.kind),
        ResourceMode::Managed | ResourceMode::Ephemeral => provider.kind(&address.resource.kind),
    });
    let decoded = kind.and_then(|kind| {
        let value = recorded::decode(address, instance, kind).ok()?;
        Some(recorded::marked(kind, &value, &instance.sensitive_paths))
    });
    match decoded {
        Some(value) => (value_json::known(&value).unwrap_or(Json::Null), value_json::sensitive(&value)),
        None => (instance.attributes.to_json(), json!({})),
    }
}

fn check_result(result: &CheckResult) -> Json {
    let word = |status| match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
        CheckStatus::Unknown => "unknown",
    };
    let kind = if result.kind == "output" { "output_value" } else { &result.kind };
    let instances = result.objects.iter().flatten();
    let instances = instances.map(|o| (o.address.as_str(), word(o.status), o.failures.as_slice()));
    check(kind, &result.config, word(result.status), instances)
}

/// All outputs: `{"name": {"sensitive": .., "type": .., "value": ..}}`, indented.
pub fn outputs(outputs: &BTreeMap<Arc<str>, OutputValue>) -> String {
    indented(&output_fields(outputs))
}

fn output_fields(outputs: &BTreeMap<Arc<str>, OutputValue>) -> Map<String, Json> {
    outputs
        .iter()
        .map(|(name, output)| {
            (name.to_string(), json!({ "sensitive": output.sensitive, "type": output.ty, "value": output.value }))
        })
        .collect()
}

/// One value by itself, on one line.
pub fn plain(value: &Json) -> String {
    format!("{value}\n")
}

/// JSON as Terraform's commands indent and escape it.
pub fn indented(value: &impl serde::Serialize) -> String {
    String::from_utf8_lossy(&format::write_json(value)).into_owned()
}
