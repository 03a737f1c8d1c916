//! The `-json` line protocol of `plan` and `apply`: one JSON object a line, each with a type
//! (hashicorp/terraform, internal/command/views/json).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::plan_text::Counts;
use super::resource_json::key;
use crate::access::AccessChange;
use crate::address::Address;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Action, InstanceChange, Mode, OutputChange, Plan, Reason};
use crate::span::SourceMap;
use crate::state::{OutputValue, TERRAFORM_VERSION};

/// A line of the protocol.
pub fn line(level: &str, message: &str, kind: &str, fields: Json) -> Json {
    let mut object = json!({
        "@level": level,
        "@message": message,
        "@module": "terraform.ui",
        "@timestamp": format!("{:.6}", jiff::Timestamp::now()),
        "type": kind,
    });
    if let (Some(object), Json::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
    object
}

/// A diagnostic as a line.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    let (level, word) = if diagnostic.severity == Severity::Error { ("error", "Error") } else { ("warn", "Warning") };
    let message = format!("{word}: {}", diagnostic.summary);
    line(level, &message, "diagnostic", json!({ "diagnostic": super::diagnostics::json(diagnostic, sources) }))
}

/// The first line: which release, which protocol.
pub fn version() -> Json {
    let fields = json!({ "terraform": TERRAFORM_VERSION, "bowline": env!("CARGO_PKG_VERSION"), "ui": "1.2" });
    line("info", &format!("Bowline {}", env!("CARGO_PKG_VERSION")), "version", fields)
}

/// What a plan holds: drift, changes, the summary, the outputs.
pub fn plan(plan: &Plan) -> Vec<Json> {
    let drift = plan.drift.iter().map(|change| planned(change, "resource_drift", "Drift detected"));
    let changed = plan.changes.iter().filter(|change| change.is_change());
    let changes = changed.map(|change| planned(change, "planned_change", "Plan to"));
    let counts = Counts::of(plan);
    let message = format!("Plan: {} to add, {} to change, {} to destroy.", counts.add, counts.change, counts.destroy);
    let mut lines: Vec<Json> = drift.chain(changes).collect();
    lines.push(summary(&message, counts, "plan"));
    if !plan.outputs.is_empty() {
        let output = |(name, output): (&Arc<str>, &OutputChange)| {
            (name.to_string(), json!({ "sensitive": output.sensitive, "action": word(output.action) }))
        };
        let outputs: Map<String, Json> = plan.outputs.iter().map(output).collect();
        lines.push(line("info", &format!("Outputs: {}", outputs.len()), "outputs", json!({ "outputs": outputs })));
    }
    lines
}

/// Somebody gains or loses access: a line that Terraform's protocol does not have.
pub fn access_change(change: &AccessChange) -> Json {
    let sign = if change.gained { '+' } else { '-' };
    let fields = super::access_text::changes_json(std::slice::from_ref(change));
    let access = fields.get(0).cloned().unwrap_or(Json::Null);
    line("info", &format!("{sign} {}", change.access), "access_change", json!({ "access": access }))
}

fn planned(change: &InstanceChange, kind: &str, what: &str) -> Json {
    let action =
        if change.importing.is_some() && change.action == Action::NoOp { "import" } else { word(change.action) };
    let message = match kind {
        "resource_drift" => format!("{}: {what} ({action})", change.address),
        _ => format!("{}: {what} {action}", change.address),
    };
    let mut fields = json!({ "resource": resource(&change.address), "action": action });
    if let Some(fields) = fields.as_object_mut() {
        if let Some(previous) = &change.previous_address {
            fields.insert("previous_resource".into(), resource(previous));
        }
        let reason = change.reason.as_ref().and_then(Reason::word);
        if let Some(reason) = reason {
            fields.insert("reason".into(), spoken(reason).into());
        }
    }
    line("info", &message, kind, json!({ "change": fields }))
}

/// The protocol's own words for some reasons of the plan's JSON.
fn spoken(reason: &str) -> &str {
    match reason {
        "replace_because_cannot_update" => "cannot_update",
        "replace_because_tainted" => "tainted",
        "replace_by_request" => "requested",
        "replace_by_triggers" => "replace_triggered_by",
        _ => reason,
    }
}

/// How many objects come, change and go.
pub fn summary(message: &str, counts: Counts, operation: &str) -> Json {
    let changes = json!({
        "add": counts.add,
        "change": counts.change,
        "import": counts.import,
        "remove": counts.destroy,
        "operation": operation,
    });
    line("info", message, "change_summary", json!({ "changes": changes }))
}

/// The outputs after a run; the values of sensitive ones are left out.
pub fn outputs(outputs: &BTreeMap<Arc<str>, OutputValue>) -> Json {
    let output = |(name, output): (&Arc<str>, &OutputValue)| {
        let mut fields = json!({ "sensitive": output.sensitive, "type": output.ty });
        if let (Some(fields), false) = (fields.as_object_mut(), output.sensitive) {
            fields.insert("value".into(), output.value.clone());
        }
        (name.to_string(), fields)
    };
    let fields: Map<String, Json> = outputs.iter().map(output).collect();
    line("info", &format!("Outputs: {}", fields.len()), "outputs", json!({ "outputs": fields }))
}

/// A step of a run: `apply_start`, `apply_progress`, `apply_complete`, `apply_errored`.
pub fn step(
    kind: &str,
    message: &str,
    address: &Address,
    action: Action,
    id: Option<&str>,
    seconds: Option<u64>,
) -> Json {
    let mut hook = json!({ "resource": resource(address), "action": word(action) });
    if let Some(fields) = hook.as_object_mut() {
        if let Some(id) = id {
            fields.insert("id_key".into(), "id".into());
            fields.insert("id_value".into(), id.into());
        }
        if let Some(seconds) = seconds {
            fields.insert("elapsed_seconds".into(), seconds.into());
        }
    }
    line("info", message, kind, json!({ "hook": hook }))
}

/// A read of what is recorded: `refresh_start`, `refresh_complete`.
pub fn refresh(kind: &str, message: &str, address: &Address, id: Option<&str>) -> Json {
    let mut hook = json!({ "resource": resource(address) });
    if let (Some(fields), Some(id)) = (hook.as_object_mut(), id) {
        fields.insert("id_key".into(), "id".into());
        fields.insert("id_value".into(), id.into());
    }
    line("info", message, kind, json!({ "hook": hook }))
}

/// The operation's name in a summary.
pub fn operation(mode: Mode) -> &'static str {
    if mode == Mode::Destroy { "destroy" } else { "apply" }
}

fn resource(address: &Address) -> Json {
    json!({
        "addr": address.to_string(),
        "module": address.module.to_string(),
        "resource": Address { module: crate::address::ModuleInstance::root(), ..address.clone() }.to_string(),
        "implied_provider": address.resource.kind.split('_').next(),
        "resource_type": &*address.resource.kind,
        "resource_name": &*address.resource.name,
        "resource_key": key(&address.key),
    })
}

fn word(action: Action) -> &'static str {
    match action {
        Action::NoOp => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::DeleteThenCreate | Action::CreateThenDelete => "replace",
        Action::Forget => "remove",
    }
}
