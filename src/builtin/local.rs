//! One provider and session for all kinds that need no service: a kind says what its objects are, this says how a
//! session with it goes.

use std::sync::Arc;

use async_trait::async_trait;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Block, Kind, PlanRequest, PlanResponse, Provider, Read, Recorded, Schema, Sent, Session, Settled,
    Surroundings, Watch, Write,
};
use crate::value::{Fields, Path, Value};

use super::chance::Chance;

/// A kind whose objects need no service.
#[async_trait]
pub(super) trait Local: Kind {
    /// What arguments are when they are not configured.
    fn defaults(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Arguments whose change replaces the object.
    fn replaces(&self) -> &'static [&'static str] {
        &[]
    }

    /// Decides what an object will be. Unless a kind knows better: what is computed becomes known at creation.
    fn plan(&self, request: &PlanRequest<'_>) -> PlanResponse {
        plan_by_schema(self.schema(), &self.defaults(), self.replaces(), request)
    }

    /// Makes the object.
    async fn create(&self, planned: &Value, chance: &Chance, watch: &dyn Watch) -> Result<Value, Diagnostic>;

    /// Changes the object in place.
    async fn update(&self, planned: &Value) -> Result<Value, Diagnostic> {
        Ok(planned.clone())
    }

    /// Removes what the object stands for.
    async fn delete(&self, _prior: &Value, _chance: &Chance, _watch: &dyn Watch) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// Looks at what the object stands for; `None` when it is gone.
    async fn read(&self, prior: &Value, _chance: &Chance) -> Result<Option<Value>, Diagnostic> {
        Ok(Some(prior.clone()))
    }

    /// Takes over by an id.
    fn import(&self, id: &str) -> Result<Value, Diagnostic> {
        let detail = format!("Objects of the kind {} cannot be imported (as {id:?} would be).", self.name());
        Err(Diagnostic::error("Resource Import Not Implemented", detail))
    }
}

/// A data source of this machine, or of what can be reached from it.
#[async_trait]
pub(super) trait LocalData: Kind {
    /// Reads it; what is around has the root module's folder.
    async fn read(&self, config: &Value, around: &Surroundings) -> Result<Value, Diagnostic>;
}

/// A provider of local kinds.
pub(super) struct LocalProvider {
    name: &'static str,
    source: &'static str,
    config: Schema,
    kinds: Arc<Vec<Box<dyn Local>>>,
    sources: Arc<Vec<Box<dyn LocalData>>>,
}

impl LocalProvider {
    pub(super) fn new(name: &'static str, source: &'static str, kinds: Vec<Box<dyn Local>>) -> Self {
        Self { name, source, config: Schema::default(), kinds: Arc::new(kinds), sources: Arc::default() }
    }

    /// The same with a provider block that says something.
    pub(super) fn configured_by(self, block: Block) -> Self {
        Self { config: Schema { version: 0, block }, ..self }
    }

    /// The same with data sources.
    pub(super) fn reading(self, sources: Vec<Box<dyn LocalData>>) -> Self {
        Self { sources: Arc::new(sources), ..self }
    }
}

#[async_trait]
impl Provider for LocalProvider {
    fn name(&self) -> &'static str {
        self.name
    }

    fn source(&self) -> &'static str {
        self.source
    }

    fn config_schema(&self) -> &Schema {
        &self.config
    }

    fn kinds(&self) -> Vec<&dyn Kind> {
        self.kinds.iter().map(|kind| &**kind as &dyn Kind).collect()
    }

    fn data_sources(&self) -> Vec<&dyn Kind> {
        self.sources.iter().map(|source| &**source as &dyn Kind).collect()
    }

    fn kind(&self, name: &str) -> Option<&dyn Kind> {
        self.kinds.iter().find(|kind| kind.name() == name).map(|kind| &**kind as &dyn Kind)
    }

    fn data_source(&self, name: &str) -> Option<&dyn Kind> {
        self.sources.iter().find(|source| source.name() == name).map(|source| &**source as &dyn Kind)
    }

    async fn configure(&self, _config: &Value, surroundings: &Surroundings) -> Result<Arc<dyn Session>, Diagnostics> {
        let chance = Chance::new(surroundings.simulator.is_some());
        Ok(Arc::new(LocalSession {
            kinds: self.kinds.clone(),
            sources: self.sources.clone(),
            around: surroundings.clone(),
            chance,
        }))
    }
}

struct LocalSession {
    kinds: Arc<Vec<Box<dyn Local>>>,
    sources: Arc<Vec<Box<dyn LocalData>>>,
    around: Surroundings,
    chance: Chance,
}

impl LocalSession {
    fn kind(&self, name: &str) -> Result<&dyn Local, Diagnostic> {
        let found = self.kinds.iter().find(|kind| kind.name() == name);
        found.map(|kind| &**kind).ok_or_else(|| {
            Diagnostic::error("Invalid resource type", format!("This provider has no resource type {name:?}."))
        })
    }
}

#[async_trait]
impl Read for LocalSession {
    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse {
        match self.kind(kind) {
            Ok(kind) => kind.plan(&request),
            Err(diagnostic) => PlanResponse {
                planned: request.proposed.clone(),
                requires_replace: Vec::new(),
                notes: Vec::new(),
                findings: vec![crate::provider::Finding { path: Path::default(), diagnostic }],
            },
        }
    }

    async fn read(&self, kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let now = self.kind(kind)?.read(&recorded.value, &self.chance).await?;
        Ok(now.map(|value| Recorded { value, private: recorded.private.clone() }))
    }

    async fn read_data(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics> {
        if let Some(source) = self.sources.iter().find(|source| source.name() == kind) {
            return Ok(source.read(config, &self.around).await?);
        }
        let detail = format!("This provider has no data source {kind:?}.");
        Err(Diagnostic::error("Invalid data source", detail).into())
    }

    async fn import(&self, kind: &str, id: &str) -> Result<Recorded, Diagnostics> {
        Ok(Recorded { value: self.kind(kind)?.import(id)?, private: Vec::new() })
    }

    /// Nothing local runs on after the process: what was begun and not recorded was not made.
    async fn settle(&self, _: &str, _: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        Ok(Settled { recorded: recorded.cloned(), failure: None })
    }
}

#[async_trait]
impl Write for LocalSession {
    async fn create(&self, kind: &str, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        let made = match self.kind(kind) {
            Ok(kind) => kind.create(planned, &self.chance, watch).await,
            Err(diagnostic) => Err(diagnostic),
        };
        applied(made, None)
    }

    async fn update(&self, kind: &str, prior: &Recorded, planned: &Value, _: &Value, _: &dyn Watch) -> Applied {
        let changed = match self.kind(kind) {
            Ok(kind) => kind.update(planned).await,
            Err(diagnostic) => Err(diagnostic),
        };
        applied(changed, Some(prior))
    }

    async fn delete(&self, kind: &str, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let removed = match self.kind(kind) {
            Ok(kind) => kind.delete(&prior.value, &self.chance, watch).await,
            Err(diagnostic) => Err(diagnostic),
        };
        match removed {
            Ok(()) => Applied { recorded: None, diagnostics: Diagnostics::new() },
            Err(diagnostic) => Applied { recorded: Some(prior.clone()), diagnostics: diagnostic.into() },
        }
    }
}

/// What came of a write: with an error, what was there before.
fn applied(outcome: Result<Value, Diagnostic>, prior: Option<&Recorded>) -> Applied {
    match outcome {
        Ok(value) => {
            Applied { recorded: Some(Recorded { value, private: Vec::new() }), diagnostics: Diagnostics::new() }
        }
        Err(diagnostic) => Applied { recorded: prior.cloned(), diagnostics: diagnostic.into() },
    }
}

/// The usual plan: defaults are filled in, what is computed becomes known at creation, and some arguments replace.
pub(super) fn plan_by_schema(
    schema: &Schema,
    defaults: &[(&str, Value)],
    replaces: &[&str],
    request: &PlanRequest<'_>,
) -> PlanResponse {
    let mut fields = request.proposed.as_fields().cloned().unwrap_or_default();
    let unset = |name: &str| request.config.field(name).is_none_or(Value::is_null);
    for (name, default) in defaults.iter().filter(|(name, _)| unset(name)) {
        fields.insert((*name).into(), default.clone());
    }
    if request.prior.is_none() {
        for (name, attribute) in &schema.block.attributes {
            if attribute.computed && fields.get(&**name).is_none_or(Value::is_null) {
                fields.insert(name.clone(), Value::unknown_not_null(attribute.ty.clone()));
            }
        }
    }
    let prior = request.prior.and_then(|prior| prior.value.as_fields());
    let requires_replace = replaces.iter().filter(|name| differs(prior, &fields, name)).map(|n| Path::attribute(n));
    let requires_replace = requires_replace.collect();
    PlanResponse { planned: Value::object(fields), requires_replace, notes: Vec::new(), findings: Vec::new() }
}

/// Whether an argument changes; what is unknown may.
fn differs(prior: Option<&Fields>, planned: &Fields, name: &str) -> bool {
    match (prior.and_then(|p| p.get(name)), planned.get(name)) {
        (Some(before), Some(after)) => !before.raw_eq_unmarked(after),
        _ => false,
    }
}

/// The planned object with some attributes as they turned out.
pub(super) fn with<'a>(planned: &Value, known: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut fields = planned.as_fields().cloned().unwrap_or_default();
    fields.extend(known.into_iter().map(|(name, value)| (name.into(), value)));
    Value::object(fields)
}
