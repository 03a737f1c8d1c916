//! A plan as JSON for tools: `show -json` of a saved plan, in Terraform's format 1.2
//! (hashicorp/terraform, internal/command/jsonplan).

use serde_json::{Map, Value as Json, json};

use super::resource_json::{ModuleTree, check, identity};
use super::{config_json, state_json, value_json};
use crate::access::AccessChange;
use crate::address::ResourceMode;
use crate::config::Configuration;
use crate::plan::{
    Action, CheckKind, CheckResult, CheckStatus, InstanceChange, OutputChange, Plan, Reason, Relevant, outputs,
    relevant_attributes,
};
use crate::provider::Registry;
use crate::state::{State, TERRAFORM_VERSION};
use crate::value::{Path, PathStep, Type, Value};

/// The whole document, with what the plan means for access. Without a configuration its part is left out.
pub fn plan(plan: &Plan, registry: &Registry, configuration: Option<&Configuration>, access: &[AccessChange]) -> Json {
    let mut document = json!({
        "format_version": "1.2",
        "terraform_version": TERRAFORM_VERSION,
        "planned_values": planned_values(plan, registry),
        "timestamp": plan.timestamp,
        "applyable": plan.is_applyable(),
        "complete": plan.options.targets.is_empty() && plan.options.excludes.is_empty(),
        "errored": plan.errored,
    });
    let Some(fields) = document.as_object_mut() else { return document };
    let changes: Vec<Json> = plan.changes.iter().filter(|change| is_listed(change)).map(resource_change).collect();
    let drift: Vec<Json> = plan.drift.iter().map(drifted).collect();
    let outputs: Map<String, Json> =
        plan.outputs.iter().map(|(name, output)| (name.to_string(), output_change(output))).collect();
    let mut variables: Map<String, Json> =
        configuration.map(|configuration| config_json::defaults(&configuration.root)).unwrap_or_default();
    variables.extend(
        plan.variables.iter().map(|(name, value)| (name.to_string(), json!({ "value": value_json::known(value) }))),
    );
    let checks: Vec<Json> = plan.checks.iter().map(check_result).collect();
    let mut put = |name: &str, value: Json| {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
        if !empty {
            fields.insert(name.into(), value);
        }
    };
    put("variables", variables.into());
    put("resource_drift", drift.into());
    put("resource_changes", changes.into());
    put("output_changes", outputs.into());
    put("checks", checks.into());
    put("access_changes", super::access_text::changes_json(access));
    let prior = prior(plan);
    if !prior.is_empty() || !prior.outputs.is_empty() {
        put("prior_state", state_json::values(&prior, registry));
    }
    if let Some(configuration) = configuration {
        let relevant = relevant_attributes(plan, configuration);
        put("relevant_attributes", relevant.iter().map(relevant_attribute).collect::<Vec<_>>().into());
        put("configuration", config_json::configuration(configuration, registry));
    }
    document
}

/// One entry of `resource_drift`, with who did it where the activity log told.
fn drifted(change: &InstanceChange) -> Json {
    let mut entry = resource_change(change);
    if let (Some(fields), Some(author)) = (entry.as_object_mut(), change.notes.first()) {
        fields.insert("changed_by".into(), author.as_str().into());
    }
    entry
}

/// What is recorded and refreshed, with what the outputs already come to.
fn prior(plan: &Plan) -> State {
    let mut prior = plan.prior.clone();
    for (name, output) in plan.outputs.iter().filter(|(_, output)| output.action != Action::Delete) {
        if output.after.is_wholly_known() {
            match outputs::recorded(&output.after, output.sensitive) {
                Some(value) => drop(prior.outputs.insert(name.clone(), value)),
                None => drop(prior.outputs.remove(name)),
            }
        }
    }
    prior
}

fn relevant_attribute(relevant: &Relevant) -> Json {
    json!({ "resource": relevant.resource, "attribute": steps(&relevant.attribute) })
}

/// Data sources that were read while planning are values, not changes.
fn is_listed(change: &InstanceChange) -> bool {
    change.address.resource.mode == ResourceMode::Managed || change.action != Action::NoOp
}

/// One entry of `resource_changes` or `resource_drift`.
pub fn resource_change(change: &InstanceChange) -> Json {
    let mut fields = identity(&change.address);
    if !change.address.module.is_root() {
        fields.insert("module_address".into(), change.address.module.to_string().into());
    }
    if let Some(previous) = &change.previous_address {
        fields.insert("previous_address".into(), previous.to_string().into());
    }
    if let Some(key) = &change.deposed {
        fields.insert("deposed".into(), key.as_str().into());
    }
    fields.insert("provider_name".into(), (&*change.provider.source).into());
    fields.insert("change".into(), value_change(change));
    if let Some(reason) = change.reason.as_ref().and_then(Reason::word) {
        fields.insert("action_reason".into(), reason.into());
    }
    Json::Object(fields)
}

fn value_change(change: &InstanceChange) -> Json {
    // What a data source said before is no value of Terraform's.
    let nothing = Value::null(Type::Dynamic);
    let before = if change.action == Action::Read { &nothing } else { &change.before };
    let unknown = if change.after.is_wholly_known() { json!({}) } else { value_json::unknown(&change.after) };
    let mut fields = json!({
        "actions": change.action.words(),
        "before": value_json::known(before),
        "after": value_json::known(&change.after),
        "after_unknown": unknown,
        "before_sensitive": value_json::sensitive(before),
        "after_sensitive": value_json::sensitive(&change.after),
    });
    if let Some(fields) = fields.as_object_mut() {
        if !change.replace_paths.is_empty() {
            fields.insert("replace_paths".into(), change.replace_paths.iter().map(path).collect());
        }
        if let Some(id) = &change.importing {
            fields.insert("importing".into(), json!({ "id": id }));
        }
    }
    fields
}

/// `["default_node_pool", 0, "name"]`
fn path(path: &Path) -> Json {
    steps(&path.0)
}

fn steps(steps: &[PathStep]) -> Json {
    let step = |step: &PathStep| match step {
        PathStep::Attribute(name) => Json::from(&**name),
        PathStep::Index(index) => value_json::known(index).unwrap_or(Json::Null),
    };
    steps.iter().map(step).collect()
}

fn output_change(output: &OutputChange) -> Json {
    let known = output.after.is_wholly_known();
    let sensitive = output.sensitive || output.before_sensitive;
    let mut fields = json!({
        "actions": output.action.words(),
        "before": value_json::known(&output.before),
        "after_unknown": if known { Json::Bool(false) } else { value_json::unknown(&output.after) },
        "before_sensitive": sensitive,
        "after_sensitive": sensitive,
    });
    if let (Some(fields), Some(after)) = (fields.as_object_mut(), value_json::known(&output.after)) {
        fields.insert("after".into(), after);
    }
    fields
}

/// What there will be, as far as it is known.
fn planned_values(plan: &Plan, registry: &Registry) -> Json {
    let outputs: Map<String, Json> = plan
        .outputs
        .iter()
        .filter(|(_, output)| output.action != Action::Delete)
        .map(|(name, output)| (name.to_string(), planned_output(output)))
        .collect();
    let mut tree = ModuleTree::default();
    for change in plan.changes.iter().filter(|change| is_listed(change) && will_exist(change)) {
        let mut fields = identity(&change.address);
        fields.insert("provider_name".into(), (&*change.provider.source).into());
        fields.insert("schema_version".into(), schema_version(change, registry).into());
        if change.action == Action::Forget {
            // It will be there, but nobody says any more what it is.
            fields.insert("sensitive_values".into(), false.into());
        } else {
            fields.insert("values".into(), value_json::known(&change.after).unwrap_or(Json::Null));
            fields.insert("sensitive_values".into(), value_json::sensitive(&change.after));
        }
        tree.add(&change.address.module, Json::Object(fields));
    }
    let mut values = json!({ "root_module": tree.into_json() });
    if let (Some(fields), false) = (values.as_object_mut(), outputs.is_empty()) {
        fields.insert("outputs".into(), outputs.into());
    }
    values
}

fn will_exist(change: &InstanceChange) -> bool {
    change.deposed.is_none() && change.action != Action::Delete
}

fn planned_output(output: &OutputChange) -> Json {
    let mut fields = json!({ "sensitive": output.sensitive || output.before_sensitive });
    if let (Some(fields), true) = (fields.as_object_mut(), output.after.is_wholly_known()) {
        let ty = if output.after.is_null() { Type::Dynamic } else { output.after.type_of() };
        fields.insert("type".into(), ty.to_json());
        fields.insert("value".into(), value_json::known(&output.after).unwrap_or(Json::Null));
    }
    fields
}

fn schema_version(change: &InstanceChange, registry: &Registry) -> u64 {
    let kind = registry.find(&change.provider.source).and_then(|provider| match change.address.resource.mode {
        ResourceMode::Data => provider.data_source(&change.address.resource.kind),
        ResourceMode::Managed | ResourceMode::Ephemeral => provider.kind(&change.address.resource.kind),
    });
    kind.map_or(0, |kind| kind.schema().version)
}

fn check_result(result: &CheckResult) -> Json {
    let kind = match result.kind {
        CheckKind::Resource => "resource",
        CheckKind::OutputValue => "output_value",
        CheckKind::Check => "check",
        CheckKind::InputVariable => "var",
    };
    let instances = result
        .instances
        .iter()
        .map(|(address, status, problems)| (address.as_str(), status_word(*status), problems.as_slice()));
    check(kind, &result.object, status_word(result.status), instances)
}

fn status_word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Unknown => "unknown",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
    }
}
