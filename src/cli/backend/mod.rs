//! Which backend keeps the state of the stack in the present folder: what `init` settled stands in the data folder, in
//! the file that Terraform writes there too, so that no other command has to be told again.

mod azurerm;
mod http;
mod postgres;

pub use http::no_workspaces;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use crate::config::{Backend as Block, literal_text};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::state::{Backend as _, TERRAFORM_VERSION};
use crate::syntax::tree::Body;

/// The variables of the process.
pub type Environment = BTreeMap<String, String>;

/// A backend with its settings, all of them texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// `local`, `azurerm`, `pg`, `http`
    pub kind: String,
    /// By name; what is not set is not there.
    pub settings: BTreeMap<String, String>,
}

/// The kinds that there are.
const KINDS: [&str; 4] = ["local", "azurerm", "pg", "http"];

impl Chosen {
    /// What a `backend` block says, with what `-backend-config` adds: `NAME=VALUE`, or a file of such lines.
    pub fn configured(block: &Block, additions: &[String]) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::new();
        if !KINDS.contains(&&*block.kind) {
            return Err(unsupported(&block.kind).at(block.block.header).into());
        }
        let mut settings = BTreeMap::new();
        read(&block.block.body, &mut settings, &mut found);
        for addition in additions {
            match added(addition) {
                Ok(more) => settings.extend(more),
                Err(problem) => found.push(problem),
            }
        }
        if found.has_errors() { Err(found) } else { Ok(Self { kind: block.kind.to_string(), settings }) }
    }

    /// What `init` settled; `None` when it never did.
    pub fn settled(data: &Path) -> Result<Option<Self>, Diagnostic> {
        let path = file(data);
        let failed = |why: String| {
            let detail = format!("{} {why}. Run \"bowline init -reconfigure\" to write it anew.", path.display());
            Diagnostic::error("Unreadable backend settings", detail)
        };
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| failed(format!("cannot be read: {error}")))?,
        };
        let json: Json = serde_json::from_slice(&text).map_err(|error| failed(format!("is damaged: {error}")))?;
        let Some(kind) = json.pointer("/backend/type").and_then(Json::as_str) else { return Ok(None) };
        let settings = json.pointer("/backend/config").and_then(Json::as_object).into_iter().flatten();
        let text = |value: &Json| match value {
            Json::String(text) => Some(text.clone()),
            Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
            _ => None,
        };
        let settings = settings.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect();
        Ok(Some(Self { kind: kind.to_owned(), settings }))
    }

    /// Settles it for the commands that follow. The file may hold credentials: it is its owner's alone.
    pub fn settle(&self, data: &Path) -> Result<(), Diagnostic> {
        let config: Map<String, Json> = self.settings.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
        let document = json!({
            "version": 3,
            "terraform_version": TERRAFORM_VERSION,
            "backend": { "type": self.kind, "config": config, "hash": 0 },
        });
        let path = file(data);
        let written = || -> std::io::Result<()> {
            std::fs::create_dir_all(data)?;
            let mut temporary = tempfile::NamedTempFile::new_in(data)?;
            std::io::Write::write_all(&mut temporary, &crate::state::format::write_json(&document))?;
            temporary.persist(&path).map(drop).map_err(|error| error.error)
        };
        written().map_err(|error| {
            Diagnostic::error("Backend settings not written", format!("{} cannot be written: {error}.", path.display()))
        })
    }

    /// Forgets what was settled: the state lies in the default file again.
    pub fn forget(data: &Path) -> Result<(), Diagnostic> {
        match std::fs::remove_file(file(data)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let detail = format!("{} cannot be removed: {error}.", file(data).display());
                Err(Diagnostic::error("Backend settings not written", detail))
            }
            _ => Ok(()),
        }
    }

    /// Whether what was settled is still what a block says; what `-backend-config` added does not stand in it.
    pub fn fits(&self, block: &Block) -> Result<bool, Diagnostics> {
        let written = Self::configured(block, &[])?;
        let kept = |(name, value): (&String, &String)| self.settings.get(name) == Some(value);
        Ok(written.kind == self.kind && written.settings.iter().all(kept))
    }

    fn text(&self, name: &str, environment: &Environment, variables: &[&str]) -> Option<String> {
        let set = self.settings.get(name).filter(|text| !text.is_empty()).cloned();
        set.or_else(|| {
            variables.iter().find_map(|variable| environment.get(*variable).filter(|text| !text.is_empty())).cloned()
        })
    }

    fn flag(&self, name: &str, environment: &Environment, variable: &str) -> bool {
        self.text(name, environment, &[variable]).is_some_and(|text| matches!(text.as_str(), "true" | "1" | "True"))
    }

    fn required(&self, name: &str) -> Result<&str, Diagnostic> {
        self.settings.get(name).map(String::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
            let detail = format!(
                "The backend \"{}\" needs the argument \"{name}\": write it into the block, or give \
                 -backend-config=\"{name}=...\".",
                self.kind
            );
            Diagnostic::error("Missing backend argument", detail)
        })
    }

    /// What a backend other than the local one keeps of a workspace; `None` when it is nothing.
    pub fn kept(&self, workspace: &str, environment: &Environment) -> Result<Option<Vec<u8>>, Diagnostics> {
        Ok(match self.kind.as_str() {
            "azurerm" => self.blob(workspace, environment)?.read(),
            "pg" => self.only_reading().row(workspace, environment)?.read(),
            "http" => self.address(workspace, environment)?.read(),
            other => Err(unsupported(other)),
        }?)
    }

    /// The same, where nothing is made that is not there.
    fn only_reading(&self) -> Self {
        let mut settings = self.settings.clone();
        let skips = ["skip_schema_creation", "skip_table_creation", "skip_index_creation"];
        settings.extend(skips.map(|name| (name.to_owned(), "true".to_owned())));
        Self { kind: self.kind.clone(), settings }
    }

    /// Where the state of a workspace lies for the local backend.
    pub fn local_path(&self, workspace: &str) -> PathBuf {
        let setting = |name: &str, default: &str| self.settings.get(name).map_or(default, String::as_str).to_owned();
        if workspace == "default" {
            setting("path", "terraform.tfstate").into()
        } else {
            Path::new(&setting("workspace_dir", "terraform.tfstate.d")).join(workspace).join("terraform.tfstate")
        }
    }

    /// Where the journal of a workspace lies whose state is somewhere else.
    fn journal(workspace: &str) -> PathBuf {
        let file = if workspace == "default" { "journal.jsonl".into() } else { format!("{workspace}.journal.jsonl") };
        Path::new(".bowline").join(file)
    }
}

/// What to say of a backend that is not there.
pub fn unsupported(kind: &str) -> Diagnostic {
    Diagnostic::error(
        "Unsupported backend type",
        format!(
            "There is no backend type named \"{kind}\" in this release of Bowline, which keeps states in local files \
             (\"local\"), in Azure Blob Storage (\"azurerm\"), in PostgreSQL (\"pg\") and behind an HTTP address (\"http\"). \
             \"terraform init -migrate-state\" takes a state from any other backend to one of these."
        ),
    )
}

fn file(data: &Path) -> PathBuf {
    data.join("terraform.tfstate")
}

/// One `-backend-config`.
fn added(addition: &str) -> Result<BTreeMap<String, String>, Diagnostic> {
    let is_file = Path::new(addition).is_file();
    if let Some((name, value)) = addition.split_once('=').filter(|_| !is_file) {
        return Ok([(name.trim().to_owned(), value.to_owned())].into());
    }
    let invalid = |why: String| Diagnostic::error("Invalid backend configuration argument", why);
    let text = std::fs::read_to_string(addition).map_err(|error| {
        invalid(format!(
            "The -backend-config argument {addition:?} must be NAME=VALUE or a file of such settings; no such file can be \
             read: {error}."
        ))
    })?;
    let mut sources = crate::span::SourceMap::default();
    let source = sources.add(addition, Some(Path::new(addition)), text.as_str());
    let (body, mut found) = crate::syntax::parse(source, &text);
    let mut settings = BTreeMap::new();
    read(&body, &mut settings, &mut found);
    match found.into_iter().find(|problem| problem.severity == Severity::Error) {
        Some(problem) => Err(invalid(format!("{addition}: {}. {}", problem.summary, problem.detail))),
        None => Ok(settings),
    }
}

/// The attributes of a body, which must be literal.
fn read(body: &Body, settings: &mut BTreeMap<String, String>, found: &mut Diagnostics) {
    for attribute in &body.attributes {
        if let Some(text) = literal_text(&attribute.value, found) {
            settings.insert(attribute.name.name.to_string(), text.value.to_string());
        }
    }
}
