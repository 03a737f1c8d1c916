//! From the state's JSON to a typed object and back.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::address::{Address, ConfigAddress};
use crate::diagnostic::Diagnostic;
use crate::provider::{Block, Kind, NestedBlock, Nesting, Recorded};
use crate::state::{Attributes, Instance, checks};
use crate::value::{Marks, Path, Value};

use super::marks::{echoed, mark, mark_paths, original, with_secrets};

/// The object behind a recorded instance, brought to the kind's present schema.
pub fn decode(address: &Address, instance: &Instance, kind: &dyn Kind) -> Result<Recorded, Diagnostic> {
    let schema = kind.schema();
    if instance.schema_version > schema.version {
        return Err(Diagnostic::error(
            "Resource instance managed by newer provider version",
            format!(
                "The current state of {address} was written with version {} of the schema of {}; this program knows version \
                 {}. Use a newer release of Bowline.",
                instance.schema_version,
                kind.name(),
                schema.version
            ),
        ));
    }
    let mut attributes = instance.attributes.to_json();
    if instance.schema_version < schema.version {
        attributes = kind.upgrade(instance.schema_version, attributes)?;
    }
    conform(&schema.block, &mut attributes);
    let value = Value::from_json(&attributes, &schema.block.implied_type()).map_err(|error| {
        Diagnostic::error(
            "Recorded object cannot be read",
            format!(
                "What the state records of {address} does not fit the schema of {}: {error}. If the state was edited by hand, \
                 restore it from its backup; else run with -refresh-only after removing the object with \"bowline state rm\" \
                 and importing it again.",
                kind.name()
            ),
        )
    })?;
    Ok(Recorded { value, private: instance.private.clone() })
}

/// The object with the marks that its schema and its record demand.
pub fn marked(kind: &dyn Kind, recorded: &Recorded, sensitive_paths: &[Path]) -> Value {
    let paths: Vec<(Path, Marks)> = sensitive_paths.iter().map(|p| (p.clone(), Marks::SENSITIVE)).collect();
    let paths = with_secrets(kind, &recorded.value, echoed(kind, paths));
    mark(&kind.schema().block, mark_paths(recorded.value.clone(), &paths))
}

/// An instance to record. `value` has the marks of its configuration, which are recorded as paths.
pub fn encode(kind: &dyn Kind, value: &Value, private: Vec<u8>, dependencies: Vec<ConfigAddress>) -> Instance {
    let (bare, paths) = value.clone().unmark_deep();
    let paths = original(kind, paths);
    Instance {
        attributes: attributes_of(kind, &bare),
        schema_version: kind.schema().version,
        sensitive_paths: paths
            .into_iter()
            .filter(|(_, marks)| marks.contains(Marks::SENSITIVE))
            .map(|(path, _)| path)
            .collect(),
        private,
        dependencies,
        ..Instance::default()
    }
}

/// The same instance with other attributes, as a refresh finds them.
pub fn refreshed(kind: &dyn Kind, before: &Instance, observed: &Recorded) -> Arc<Instance> {
    Arc::new(Instance {
        attributes: attributes_of(kind, &observed.value),
        schema_version: kind.schema().version,
        private: observed.private.clone(),
        attributes_flat: None,
        ..before.clone()
    })
}

/// What is recorded is wholly known, so it has a form in JSON.
fn attributes_of(kind: &dyn Kind, value: &Value) -> Attributes {
    let ty = kind.schema().block.implied_type();
    // What is still unknown now will never be known: an object is rather recorded without it than not at all.
    let encoded = if value.is_wholly_known() {
        Attributes::encode(value, &ty)
    } else {
        let settle = &mut |_: &Path, part: Value| if part.is_known() { part } else { Value::null(part.type_of()) };
        Attributes::encode(&value.clone().transform(settle), &ty)
    };
    encoded.unwrap_or_default()
}

/// How the state records what conditions came to; nothing when there are none.
pub fn check_results(results: &[super::CheckResult]) -> Option<Vec<checks::CheckResult>> {
    use super::{CheckKind, CheckStatus};
    let status = |status: CheckStatus| match status {
        CheckStatus::Pass => checks::CheckStatus::Pass,
        CheckStatus::Unknown => checks::CheckStatus::Unknown,
        CheckStatus::Fail => checks::CheckStatus::Fail,
        CheckStatus::Error => checks::CheckStatus::Error,
    };
    let kind = |kind: CheckKind| match kind {
        CheckKind::Resource => "resource",
        CheckKind::OutputValue => "output",
        CheckKind::Check => "check",
        CheckKind::InputVariable => "var",
    };
    let object = |(address, worst, failures): &(String, CheckStatus, Vec<String>)| checks::ObjectCheck {
        address: address.clone(),
        status: status(*worst),
        failures: failures.clone(),
    };
    let result = |result: &super::CheckResult| checks::CheckResult {
        kind: kind(result.kind).into(),
        config: result.object.clone(),
        status: status(result.status),
        // Nothing is known of what the run did not come to.
        objects: (result.status != CheckStatus::Unknown || !result.instances.is_empty())
            .then(|| result.instances.iter().map(object).collect()),
    };
    (!results.is_empty()).then(|| results.iter().map(result).collect())
}

/// Makes an object that another release wrote fit the schema: what it lacks is null, what it has in addition goes.
fn conform(block: &Block, object: &mut Json) {
    let Json::Object(fields) = object else { return };
    fields.retain(|name, _| block.attributes.contains_key(name.as_str()) || block.blocks.contains_key(name.as_str()));
    for name in block.attributes.keys().chain(block.blocks.keys()) {
        if !fields.contains_key(&**name) {
            fields.insert(name.to_string(), Json::Null);
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(value) = fields.get_mut(&**name) {
            conform_nested(nested, value);
        }
    }
}

fn conform_nested(nested: &NestedBlock, value: &mut Json) {
    match (nested.nesting, value) {
        (Nesting::List | Nesting::Set, value @ Json::Null) => *value = Json::Array(Vec::new()),
        (Nesting::Map, value @ Json::Null) => *value = Json::Object(serde_json::Map::new()),
        (_, Json::Array(items)) => items.iter_mut().for_each(|item| conform(&nested.block, item)),
        (Nesting::Map, Json::Object(items)) => items.values_mut().for_each(|item| conform(&nested.block, item)),
        (_, value) => conform(&nested.block, value),
    }
}
