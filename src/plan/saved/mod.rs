//! Saved plans: everything that applying needs, in one file that only its owner can read.
//!
//! A compressed JSON text. It holds the plan whole, the configuration's files as they were, and the state that was
//! planned from; so it can be shown without the configuration, and applied without asking anything.

mod value;

use std::collections::BTreeMap;
use std::io::{Read, Write};

use serde_json::{Value as Json, json};

use super::{
    Action, Base, CheckKind, CheckResult, CheckStatus, InstanceChange, Mode, Options, OutputChange, Plan, Reason,
    Stranger, Target,
};
use crate::address::{Address, ConfigAddress, ProviderAddress};
use crate::diagnostic::Diagnostic;
use crate::state::{DeposedKey, ObjectAddress, State, format};
use value::{read_path, write_path};

/// A plan with the files that it was made from.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    /// The plan.
    pub plan: Plan,
    /// The configuration's files, by their absolute path when the plan was made.
    pub files: BTreeMap<String, String>,
    /// The root module's folder then.
    pub folder: String,
    /// The workspace then.
    pub workspace: String,
    /// A digest of what was recorded of each object then ([`State::digests`]).
    pub recorded: BTreeMap<String, String>,
}

const FORMAT: &str = "bowline plan";
const VERSION: u64 = 2;

/// Writes a saved plan.
pub fn write(saved: &SavedPlan) -> Result<Vec<u8>, Diagnostic> {
    let document = json!({
        "format": FORMAT,
        "version": VERSION,
        "program": env!("CARGO_PKG_VERSION"),
        "folder": saved.folder,
        "workspace": saved.workspace,
        "files": saved.files,
        "recorded": saved.recorded,
        "plan": write_plan(&saved.plan),
    });
    let fail =
        |error: std::io::Error| Diagnostic::error("Plan cannot be saved", format!("It cannot be compressed: {error}."));
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(document.to_string().as_bytes()).map_err(fail)?;
    out.finish().map_err(fail)
}

/// Reads a saved plan; `name` is what the user called the file.
pub fn read(bytes: &[u8], name: &str) -> Result<SavedPlan, Diagnostic> {
    let unreadable = |why: &str| {
        Diagnostic::error(
            "Saved plan cannot be read",
            format!(
                "{name} is not a plan that this program can read: {why}. Make it again with \"bowline plan -out={name}\"."
            ),
        )
    };
    let mut text = String::new();
    let limit = 4 << 30;
    flate2::read::GzDecoder::new(bytes)
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|_| unreadable("it is no saved plan of Bowline, or it is damaged"))?;
    let document: Json = serde_json::from_str(&text).map_err(|_| unreadable("it is damaged"))?;
    if document["format"] != FORMAT {
        return Err(unreadable("it is no saved plan of Bowline"));
    }
    if document["version"] != json!(VERSION) || document["program"] != env!("CARGO_PKG_VERSION") {
        return Err(unreadable("another release of Bowline made it"));
    }
    let read = || {
        let texts = |name: &str| -> Option<BTreeMap<String, String>> {
            document[name].as_object()?.iter().map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
        };
        Some(SavedPlan {
            plan: read_plan(&document["plan"])?,
            files: texts("files")?,
            recorded: texts("recorded")?,
            folder: document["folder"].as_str()?.to_owned(),
            workspace: document["workspace"].as_str()?.to_owned(),
        })
    };
    read().ok_or_else(|| unreadable("it is damaged"))
}

fn write_plan(plan: &Plan) -> Json {
    let values = |map: &BTreeMap<std::sync::Arc<str>, crate::value::Value>| -> Json {
        map.iter().map(|(k, v)| (k.to_string(), value::write(v))).collect()
    };
    json!({
        "changes": plan.changes.iter().map(write_change).collect::<Json>(),
        "drift": plan.drift.iter().map(write_change).collect::<Json>(),
        "strangers": plan.strangers.iter().map(|s| json!([s.beside.to_string(), s.id, s.words])).collect::<Json>(),
        "outputs": plan.outputs.iter().map(|(k, o)| (k.to_string(), write_output(o))).collect::<Json>(),
        "checks": plan.checks.iter().map(write_check).collect::<Json>(),
        "prior": String::from_utf8_lossy(&format::write(&plan.prior)),
        "settled": plan.settled.iter().map(write_object).collect::<Json>(),
        "serial": plan.base.serial,
        "journal": plan.base.journal,
        "lineage": plan.base.lineage,
        "variables": values(&plan.variables),
        "options": write_options(&plan.options),
        "timestamp": plan.timestamp,
        "order": plan.implied_order.iter().map(|(a, b)| json!([a.to_string(), b.to_string()])).collect::<Json>(),
        "directory": json!(plan.directory),
        "errored": plan.errored,
    })
}

fn read_stranger(json: &Json) -> Option<Stranger> {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    Some(Stranger { beside: address(&json[0])?, id: text(&json[1])?, words: text(&json[2])? })
}

fn read_plan(json: &Json) -> Option<Plan> {
    let prior: State = format::read(json["prior"].as_str()?.as_bytes(), "the saved plan").ok()?;
    let pair = |json: &Json| Some((address(&json[0])?, address(&json[1])?));
    Some(Plan {
        changes: list(&json["changes"], read_change)?,
        drift: list(&json["drift"], read_change)?,
        strangers: list(&json["strangers"], read_stranger)?,
        outputs: map(&json["outputs"], read_output)?,
        checks: list(&json["checks"], read_check)?,
        prior,
        settled: list(&json["settled"], read_object)?,
        base: Base {
            serial: json["serial"].as_u64()?,
            lineage: text(&json["lineage"])?,
            journal: text(&json["journal"])?,
        },
        variables: map(&json["variables"], value::read)?,
        options: read_options(&json["options"])?,
        timestamp: text(&json["timestamp"])?,
        implied_order: list(&json["order"], pair)?,
        directory: serde_json::from_value(json["directory"].clone()).ok()?,
        errored: json["errored"].as_bool()?,
    })
}

fn write_object(object: &ObjectAddress) -> Json {
    json!([object.address.to_string(), object.deposed.as_ref().map(ToString::to_string)])
}

fn read_object(json: &Json) -> Option<ObjectAddress> {
    Some(ObjectAddress { address: address(&json[0])?, deposed: json[1].as_str().and_then(DeposedKey::parse) })
}

fn write_change(change: &InstanceChange) -> Json {
    json!({
        "address": change.address.to_string(),
        "previous": change.previous_address.as_ref().map(ToString::to_string),
        "deposed": change.deposed.as_ref().map(ToString::to_string),
        "provider": change.provider.to_string(),
        "action": word_of(change.action),
        "reason": change.reason.as_ref().map(write_reason),
        "before": value::write(&change.before),
        "private": change.private,
        "after": value::write(&change.after),
        "replace": change.replace_paths.iter().map(write_path).collect::<Json>(),
        "importing": change.importing,
        "notes": change.notes,
        "create_before_destroy": change.create_before_destroy,
        "dependencies": change.dependencies.iter().map(|d| json!(d.to_string())).collect::<Json>(),
    })
}

fn read_change(json: &Json) -> Option<InstanceChange> {
    let optional = |json: &Json| json.as_str().map(str::to_owned);
    let byte = |json: &Json| json.as_u64().and_then(|n| u8::try_from(n).ok());
    Some(InstanceChange {
        address: address(&json["address"])?,
        previous_address: json["previous"].as_str().and_then(Address::parse),
        deposed: json["deposed"].as_str().and_then(DeposedKey::parse),
        provider: ProviderAddress::parse(json["provider"].as_str()?)?,
        action: action_of(json["action"].as_str()?)?,
        reason: if json["reason"].is_null() { None } else { Some(read_reason(&json["reason"])?) },
        before: value::read(&json["before"])?,
        private: list(&json["private"], byte)?,
        after: value::read(&json["after"])?,
        replace_paths: list(&json["replace"], read_path)?,
        importing: optional(&json["importing"]),
        notes: list(&json["notes"], text)?,
        create_before_destroy: json["create_before_destroy"].as_bool()?,
        dependencies: list(&json["dependencies"], |d| ConfigAddress::parse(d.as_str()?))?,
    })
}

const ACTIONS: [(&str, Action); 8] = [
    ("no-op", Action::NoOp),
    ("create", Action::Create),
    ("read", Action::Read),
    ("update", Action::Update),
    ("delete", Action::Delete),
    ("delete-create", Action::DeleteThenCreate),
    ("create-delete", Action::CreateThenDelete),
    ("forget", Action::Forget),
];

fn word_of(action: Action) -> &'static str {
    ACTIONS.iter().find(|(_, a)| *a == action).map_or("no-op", |(word, _)| word)
}

fn action_of(word: &str) -> Option<Action> {
    ACTIONS.iter().find(|(w, _)| *w == word).map(|(_, action)| *action)
}

fn write_reason(reason: &Reason) -> Json {
    let further: Vec<String> = match reason {
        Reason::Triggered(by) => by.clone(),
        Reason::DependencyPending(on) => on.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    json!([reason.word().unwrap_or("deposed"), further])
}

fn read_reason(json: &Json) -> Option<Reason> {
    Some(match json[0].as_str()? {
        "replace_because_cannot_update" => Reason::CannotUpdate,
        "replace_because_tainted" => Reason::Tainted,
        "replace_by_request" => Reason::Requested,
        "replace_by_triggers" => Reason::Triggered(list(&json[1], text)?),
        "delete_because_no_resource_config" => Reason::NoResourceConfig,
        "delete_because_wrong_repetition" => Reason::WrongRepetition,
        "delete_because_count_index" => Reason::CountIndex,
        "delete_because_each_key" => Reason::EachKey,
        "delete_because_no_module" => Reason::NoModule,
        "delete_because_no_move_target" => Reason::NoMoveTarget,
        "read_because_config_unknown" => Reason::ConfigUnknown,
        "read_because_dependency_pending" => {
            Reason::DependencyPending(list(&json[1], |d| ConfigAddress::parse(d.as_str()?))?)
        }
        "read_because_check_nested" => Reason::CheckNested,
        "deposed" => Reason::Deposed,
        _ => return None,
    })
}

fn write_output(output: &OutputChange) -> Json {
    json!({
        "action": word_of(output.action),
        "before": value::write(&output.before),
        "after": value::write(&output.after),
        "before_sensitive": output.before_sensitive,
        "sensitive": output.sensitive,
    })
}

fn read_output(json: &Json) -> Option<OutputChange> {
    Some(OutputChange {
        action: action_of(json["action"].as_str()?)?,
        before: value::read(&json["before"])?,
        after: value::read(&json["after"])?,
        before_sensitive: json["before_sensitive"].as_bool()?,
        sensitive: json["sensitive"].as_bool()?,
    })
}

const KINDS: [(&str, CheckKind); 4] = [
    ("resource", CheckKind::Resource),
    ("output", CheckKind::OutputValue),
    ("check", CheckKind::Check),
    ("var", CheckKind::InputVariable),
];

const STATUSES: [(&str, CheckStatus); 4] = [
    ("pass", CheckStatus::Pass),
    ("unknown", CheckStatus::Unknown),
    ("fail", CheckStatus::Fail),
    ("error", CheckStatus::Error),
];

fn write_check(check: &CheckResult) -> Json {
    let status = |status: CheckStatus| STATUSES.iter().find(|(_, s)| *s == status).map(|(word, _)| *word);
    let kind = KINDS.iter().find(|(_, k)| *k == check.kind).map(|(word, _)| *word);
    let instances: Json = check.instances.iter().map(|(a, s, m)| json!([a, status(*s), m])).collect();
    json!({ "kind": kind, "object": check.object, "status": status(check.status), "instances": instances })
}

fn read_check(json: &Json) -> Option<CheckResult> {
    let status = |json: &Json| STATUSES.iter().find(|(word, _)| json == word).map(|(_, status)| *status);
    let instance = |json: &Json| Some((text(&json[0])?, status(&json[1])?, list(&json[2], text)?));
    Some(CheckResult {
        kind: KINDS.iter().find(|(word, _)| json["kind"] == *word).map(|(_, kind)| *kind)?,
        object: text(&json["object"])?,
        status: status(&json["status"])?,
        instances: list(&json["instances"], instance)?,
    })
}

fn write_options(options: &Options) -> Json {
    let texts = |targets: &[Target]| targets.iter().map(|t| json!(t.to_string())).collect::<Json>();
    json!({
        "mode": match options.mode { Mode::Normal => "normal", Mode::Destroy => "destroy", Mode::RefreshOnly => "refresh-only" },
        "refresh": options.refresh,
        "targets": texts(&options.targets),
        "excludes": texts(&options.excludes),
        "replace": options.replace.iter().map(|a| json!(a.to_string())).collect::<Json>(),
        "parallelism": options.parallelism,
        "preflight": options.preflight,
    })
}

fn read_options(json: &Json) -> Option<Options> {
    let target = |json: &Json| Target::parse(json.as_str()?);
    Some(Options {
        mode: match json["mode"].as_str()? {
            "normal" => Mode::Normal,
            "destroy" => Mode::Destroy,
            "refresh-only" => Mode::RefreshOnly,
            _ => return None,
        },
        refresh: json["refresh"].as_bool()?,
        targets: list(&json["targets"], target)?,
        excludes: list(&json["excludes"], target)?,
        replace: list(&json["replace"], address)?,
        imports: Vec::new(),
        parallelism: json["parallelism"].as_u64().and_then(|n| usize::try_from(n).ok())?,
        preflight: json["preflight"].as_bool()?,
    })
}

fn address(json: &Json) -> Option<Address> {
    Address::parse(json.as_str()?)
}

fn text(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn list<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    json.as_array()?.iter().map(read).collect()
}

fn map<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<BTreeMap<std::sync::Arc<str>, T>> {
    json.as_object()?.iter().map(|(k, v)| Some((k.as_str().into(), read(v)?))).collect()
}
