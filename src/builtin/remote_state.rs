//! `terraform_remote_state`: the outputs of another stack, read from where its state is kept.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use async_trait::async_trait;
use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, Surroundings};
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
        let backend = config.field("backend").and_then(Value::as_str);
        let refused = |name: &str| {
            let detail =
                format!("There is no backend type named {name:?} whose states can be read here; there is \"local\".");
            Finding {
                path: Path::attribute("backend"),
                diagnostic: Diagnostic::error("Invalid backend configuration", detail),
            }
        };
        backend.filter(|name| *name != "local").map(refused).into_iter().collect()
    }
}

#[async_trait]
impl LocalData for RemoteState {
    async fn read(&self, config: &Value, around: &Surroundings) -> Result<Value, Diagnostic> {
        let path = around.folder.join(state_path(config));
        let mut text = std::fs::read(&path).map_err(|_| {
            Diagnostic::error(
                "Unable to find remote state",
                "No stored state was found for the given workspace in the given backend.",
            )
        })?;
        if let Some(decrypt) = &around.remote_states {
            text = decrypt.decrypt(&text, &path.display().to_string())?;
        } else if text.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
            return Err(encrypted(&path));
        }
        // Between its lock and its first end a run has an empty file.
        let state = match text.as_slice() {
            [] => Stored::default(),
            text => serde_json::from_slice(text).map_err(|error| unreadable(&path, &error.to_string()))?,
        };
        let mut outputs: Fields = config.field("defaults").and_then(Value::as_fields).cloned().unwrap_or_default();
        for (name, output) in state.outputs {
            let value = Type::from_json(&output.ty).and_then(|ty| Value::from_json(&output.value, &ty).ok());
            let value = value.ok_or_else(|| unreadable(&path, &format!("its output {name:?} is not of its type")))?;
            outputs.insert(name.as_str().into(), value);
        }
        Ok(with(config, [("outputs", Value::object(outputs))]))
    }
}

/// Where the local backend keeps the state of a workspace: its `path`, or a folder for each other workspace.
fn state_path(config: &Value) -> PathBuf {
    let setting = |name: &str| config.field("config").and_then(|c| c.field(name)).and_then(Value::as_str);
    match config.field("workspace").and_then(Value::as_str) {
        None | Some("default") => setting("path").unwrap_or("terraform.tfstate").into(),
        Some(workspace) => {
            let folder = setting("workspace_dir").unwrap_or("terraform.tfstate.d");
            FilePath::new(folder).join(workspace).join("terraform.tfstate")
        }
    }
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

/// What an encrypted state has and no other.
const ENCRYPTED: &[u8] = b"\"encrypted_data\"";

fn encrypted(path: &FilePath) -> Diagnostic {
    let detail = format!(
        "{} is encrypted. Name the method that it was written with in the block remote_state_data_sources of the encryption \
         block.",
        path.display()
    );
    Diagnostic::error("Unable to read remote state", detail)
}

fn unreadable(path: &FilePath, why: &str) -> Diagnostic {
    Diagnostic::error("Unable to read remote state", format!("{} is no state that can be read: {why}.", path.display()))
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
