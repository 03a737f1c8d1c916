//! `terraform_remote_state`: the outputs of another stack, read from where its state is kept.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use async_trait::async_trait;
use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, StatePlace, Surroundings};
use crate::value::{Fields, Path, Type, Value};

use super::block;
use super::local::{LocalData, with};

/// The data source.
pub(super) struct RemoteState {
    schema: Schema,
}

impl RemoteState {
    pub(super) fn new() -> Self {
        let block = block([
            ("backend", Attribute::required(Type::String)),
            ("config", Attribute::optional(Type::Dynamic)),
            ("defaults", Attribute::optional(Type::Dynamic)),
            ("outputs", Attribute::computed(Type::Dynamic)),
            ("workspace", Attribute::optional(Type::String)),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for RemoteState {
    fn name(&self) -> &'static str {
        "terraform_remote_state"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let refused = |attribute: &str, detail: String| Finding {
            path: Path::attribute(attribute),
            diagnostic: Diagnostic::error("Invalid backend configuration", detail),
        };
        let Some(backend) = config.field("backend").and_then(Value::as_str) else { return Vec::new() };
        if !BACKENDS.contains(&backend) {
            let detail = format!(
                "There is no backend type named {backend:?} whose states can be read here; there are {}.",
                BACKENDS.join(", ")
            );
            return vec![refused("backend", detail)];
        }
        let settings = config.field("config").filter(|given| given.is_known() && !given.is_null());
        let why = settings.and_then(|given| unfit_settings(backend, given));
        why.map(|why| refused("config", why)).into_iter().collect()
    }
}

/// The backends whose states can be read.
const BACKENDS: [&str; 4] = ["azurerm", "http", "local", "pg"];

/// What the local backend can be told.
const LOCAL_SETTINGS: [&str; 2] = ["path", "workspace_dir"];

/// Why a backend cannot be told so.
fn unfit_settings(backend: &str, given: &Value) -> Option<String> {
    let Some(settings) = given.as_fields() else {
        return Some("The settings of a backend are an object: { path = \"...\" }.".into());
    };
    settings.iter().find_map(|(name, value)| {
        let known = backend != "local" || LOCAL_SETTINGS.contains(&&**name);
        if !known {
            return Some(format!(
                "The backend \"local\" has no setting named {name:?}; it has {}.",
                LOCAL_SETTINGS.join(", ")
            ));
        }
        let is_text = value.convert(&Type::String).is_ok();
        (!is_text)
            .then(|| format!("The setting {name:?} of the backend {backend:?} must be a string, a number or a bool."))
    })
}

#[async_trait]
impl LocalData for RemoteState {
    async fn read(&self, config: &Value, around: &Surroundings) -> Result<Value, Diagnostic> {
        let place = place(config);
        let (found, name) = kept(&place, around).await?;
        let Some(mut text) = found else {
            return Err(Diagnostic::error(
                "Unable to find remote state",
                "No stored state was found for the given workspace in the given backend.",
            ));
        };
        if let Some(states) = &around.remote_states {
            text = states.decrypt(text, &name)?;
        }
        // Between its lock and its first end a run has an empty file.
        let state = match text.as_slice() {
            [] => Stored::default(),
            text => serde_json::from_slice(text).map_err(|error| unreadable(&name, &error.to_string()))?,
        };
        let mut outputs: Fields = config.field("defaults").and_then(Value::as_fields).cloned().unwrap_or_default();
        for (name, output) in state.outputs {
            let value = Type::from_json(&output.ty).and_then(|ty| Value::from_json(&output.value, &ty).ok());
            let value = value.ok_or_else(|| unreadable(&name, &format!("its output {name:?} is not of its type")))?;
            outputs.insert(name.as_str().into(), value);
        }
        Ok(with(config, [("outputs", Value::object(outputs))]))
    }
}

/// What is kept there, and what to call it.
async fn kept(place: &StatePlace, around: &Surroundings) -> Result<(Option<Vec<u8>>, String), Diagnostic> {
    if place.backend == "local" {
        let path = around.folder.join(state_path(place));
        return Ok((std::fs::read(&path).ok(), path.display().to_string()));
    }
    let name = format!("The state in the backend {:?}", place.backend);
    let (Some(states), place) = (around.remote_states.clone(), place.clone()) else { return Ok((None, name)) };
    let fetched = tokio::task::spawn_blocking(move || states.fetch(&place)).await;
    match fetched {
        Ok(found) => Ok((found?, name)),
        Err(error) => Err(unreadable(&name, &format!("reading it was ended: {error}"))),
    }
}

/// What the arguments say. What a setting is not told is not there.
fn place(config: &Value) -> StatePlace {
    let text = |value: &Value| value.convert(&Type::String).ok().and_then(|text| text.as_str().map(str::to_owned));
    let given = |name: &str| config.field(name).and_then(text);
    let settings = config.field("config").and_then(Value::as_fields).into_iter().flat_map(Fields::iter);
    StatePlace {
        backend: given("backend").unwrap_or_default(),
        settings: settings.filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect(),
        workspace: given("workspace").unwrap_or_else(|| "default".to_owned()),
    }
}

/// Where the local backend keeps the state of a workspace: its `path`, or a folder for each other workspace.
fn state_path(place: &StatePlace) -> PathBuf {
    let setting = |name: &str| place.settings.get(name).map(String::as_str);
    if place.workspace == "default" {
        return setting("path").unwrap_or("terraform.tfstate").into();
    }
    let folder = setting("workspace_dir").unwrap_or("terraform.tfstate.d");
    FilePath::new(folder).join(&place.workspace).join("terraform.tfstate")
}

/// What is read of a state file.
#[derive(Default, Deserialize)]
struct Stored {
    #[serde(default)]
    outputs: BTreeMap<String, StoredOutput>,
}

#[derive(Deserialize)]
struct StoredOutput {
    value: serde_json::Value,
    #[serde(rename = "type")]
    ty: serde_json::Value,
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error("Unable to read remote state", format!("{name} is no state that can be read: {why}."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(folder: &FilePath, workspace: &str) -> Value {
        let path = Value::string(folder.join("s.tfstate").to_string_lossy().into_owned());
        let spaces = Value::string(folder.join("spaces").to_string_lossy().into_owned());
        Value::object_of([
            ("backend", Value::string("local")),
            ("config", Value::object_of([("path", path), ("workspace_dir", spaces)])),
            ("defaults", Value::object_of([("a", Value::string("default")), ("b", Value::string("default"))])),
            ("workspace", Value::string(workspace)),
        ])
    }

    #[tokio::test]
    async fn outputs_are_laid_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let state = r#"{"version": 4, "outputs": {"a": {"value": ["x"], "type": ["list", "string"]}}}"#;
        std::fs::write(folder.path().join("s.tfstate"), state).unwrap();
        let read = RemoteState::new().read(&config(folder.path(), "default"), &Surroundings::default()).await.unwrap();
        let outputs = read.field("outputs").unwrap();
        assert!(outputs.field("a").unwrap().raw_eq(&Value::list(Type::String, vec![Value::string("x")])));
        assert_eq!(outputs.field("b").unwrap().as_str(), Some("default"));
        let missing =
            RemoteState::new().read(&config(folder.path(), "other"), &Surroundings::default()).await.unwrap_err();
        assert_eq!(missing.summary, "Unable to find remote state");
    }
}
