//! `modtm`: how often Azure Verified Modules are used. They all ask for it; here its objects are recorded as they are
//! there, and nobody is told anything.

use async_trait::async_trait;

use crate::config::installed_source;
use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Block, Kind, Schema, Surroundings, Watch};
use crate::value::{Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, LocalData, with};

/// What the provider block may say: whom to tell, and of which modules.
pub(super) fn settings() -> Block {
    block([
        ("enabled", Attribute::optional(Type::Bool)),
        ("endpoint", Attribute::optional(Type::String)),
        ("module_source_regex", Attribute::optional(Type::list(Type::String))),
    ])
}

/// `modtm_telemetry`
pub(super) struct Telemetry {
    schema: Schema,
}

impl Telemetry {
    pub(super) fn new() -> Self {
        let block = block([
            ("id", Attribute::computed(Type::String)),
            ("endpoint", Attribute::optional(Type::String)),
            ("ephemeral_number", Attribute::computed(Type::Number)),
            ("nonce", Attribute::optional(Type::Number)),
            ("tags", Attribute::optional(Type::map(Type::String))),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for Telemetry {
    fn name(&self) -> &'static str {
        "modtm_telemetry"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl Local for Telemetry {
    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let id =
            uuid::Builder::from_random_bytes(rand::Rng::random(&mut chance.dice(self.name(), planned))).into_uuid();
        Ok(with(planned, [("id", Value::string(id.to_string())), ("ephemeral_number", Value::number(0_i64))]))
    }
}

/// `data "modtm_module_source"`: where a module comes from, as `init` has noted it.
pub(super) struct ModuleSource {
    schema: Schema,
}

impl ModuleSource {
    pub(super) fn new() -> Self {
        let block = block([
            ("module_path", Attribute::required(Type::String)),
            ("module_source", Attribute::computed(Type::String)),
            ("module_version", Attribute::computed(Type::String)),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for ModuleSource {
    fn name(&self) -> &'static str {
        "modtm_module_source"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl LocalData for ModuleSource {
    async fn read(&self, config: &Value, around: &Surroundings) -> Result<Value, Diagnostic> {
        let path = config.field("module_path").and_then(Value::as_str).unwrap_or_default();
        let (source, version) = installed_source(&around.folder, path.as_ref()).unwrap_or_default();
        Ok(with(config, [("module_source", Value::string(source)), ("module_version", Value::string(version))]))
    }
}
