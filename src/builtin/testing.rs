//! A bench for tests of local kinds: plans and applies as the engine does.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Intent, PlanRequest, PlanResponse, Provider, Recorded, Schema, Session, Surroundings, Watch,
};
use crate::value::{Fields, Value};

/// A session with one kind's provider.
pub(super) struct Bench {
    kind: &'static str,
    provider: Arc<dyn Provider>,
    session: Arc<dyn Session>,
}

/// Hears nothing.
pub(super) struct Nobody;

impl Watch for Nobody {
    fn before_write(&self, _: &Intent) -> Result<(), Diagnostic> {
        Ok(())
    }
    fn operation(&self, _: &str) {}
    fn progress(&self, _: &str) {}
}

impl Bench {
    /// In a simulation, so that results are the same in each run.
    pub(super) async fn new(kind: &'static str) -> Self {
        Self::within(kind, true).await
    }

    pub(super) async fn within(kind: &'static str, simulated: bool) -> Self {
        let provider = super::providers().into_iter().find(|p| p.kind(kind).is_some()).unwrap();
        let simulator = simulated.then(|| "http://127.0.0.1:1".to_owned());
        let surroundings = Surroundings { simulator, ..Surroundings::default() };
        let session = provider.configure(&Value::object_of::<&str>([]), &surroundings).await.unwrap();
        Self { kind, provider, session }
    }

    fn schema(&self) -> &Schema {
        self.provider.kind(self.kind).unwrap().schema()
    }

    /// The configuration with nulls where nothing was written.
    pub(super) fn config(&self, written: &Value) -> Value {
        let attributes = self.schema().block.attributes.iter();
        let fields: Fields = attributes
            .map(|(n, a)| (n.clone(), written.field(n).cloned().unwrap_or(Value::null(a.ty.clone()))))
            .collect();
        Value::object(fields)
    }

    /// What is wrong with a configuration.
    pub(super) fn validate(&self, written: &Value) -> Vec<String> {
        let findings = self.provider.kind(self.kind).unwrap().validate(&self.config(written));
        findings.into_iter().map(|f| format!("{}: {}", f.path, f.diagnostic.detail)).collect()
    }

    pub(super) fn plan(&self, prior: Option<&Value>, written: &Value) -> PlanResponse {
        let config = self.config(written);
        let lay = |(name, configured): (&Arc<str>, &Value)| {
            let computed = self.schema().block.attributes[&**name].computed;
            let before = prior.and_then(|p| p.field(name)).filter(|_| computed && configured.is_null());
            (name.clone(), before.unwrap_or(configured).clone())
        };
        let proposed = Value::object(config.as_fields().unwrap().iter().map(lay).collect());
        let prior = prior.map(|value| Recorded { value: value.clone(), private: Vec::new() });
        let request = PlanRequest { prior: prior.as_ref(), config: &config, proposed: &proposed };
        self.session.reader().plan(self.kind, request)
    }

    pub(super) async fn apply(&self, planned: &Value) -> Applied {
        self.session.writer().create(self.kind, planned, planned, &Nobody).await
    }

    pub(super) async fn create(&self, written: &Value) -> Value {
        let applied = self.apply(&self.plan(None, written).planned).await;
        assert!(applied.diagnostics.is_empty(), "{:?}", applied.diagnostics);
        let value = applied.recorded.unwrap().value;
        assert!(value.is_wholly_known());
        value
    }

    pub(super) async fn read(&self, value: &Value) -> Option<Value> {
        let recorded = Recorded { value: value.clone(), private: Vec::new() };
        self.session.reader().read(self.kind, &recorded).await.unwrap().map(|r| r.value)
    }

    pub(super) async fn import(&self, id: &str) -> Result<Value, Diagnostics> {
        self.session.reader().import(self.kind, id).await.map(|r| r.value)
    }
}

/// A string attribute.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.field(name).and_then(Value::as_str).unwrap()
}
