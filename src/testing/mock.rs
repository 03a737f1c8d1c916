//! A provider that answers what a test says, and touches nothing.

use std::sync::Arc;

use async_trait::async_trait;

use super::fill::{Gaps, Misfit, complete};
use crate::config::test::Moment;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, PlanRequest, PlanResponse, Provider, Read, Recorded, Sent, Settled, Watch, Write,
};
use crate::value::{Path, Value};

/// What one kind, or one object, is said to be.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// An object: what its computed attributes are.
    pub values: Option<Value>,
    /// When they are known.
    pub moment: Moment,
    /// Where that is written, for people.
    pub place: String,
}

/// A session that answers by itself.
pub struct MockSession {
    /// Whose kinds it knows.
    pub provider: Arc<dyn Provider>,
    /// What it answers for a managed kind or a data source.
    pub answer: Answer,
    /// What made-up values follow from.
    pub seed: String,
}

impl MockSession {
    fn filled(&self, kind: &dyn Kind, object: &Value) -> (Value, Diagnostics) {
        let mut misfits = Vec::new();
        let gaps = Gaps::Filled { values: self.answer.values.as_ref(), seed: &self.seed };
        let value = complete(&kind.schema().block, object, gaps, &mut misfits);
        (value, misfits.iter().map(|misfit| self.misfit(misfit)).collect())
    }

    fn misfit(&self, misfit: &Misfit) -> Diagnostic {
        let detail = format!(
            "Bowline could not compute a value for the target type {} with the mocked data defined at {} with the \
             attribute \"{}\": {}.",
            misfit.wanted.friendly_name(),
            self.answer.place,
            misfit.path,
            misfit.why
        );
        Diagnostic::error("Failed to compute attribute", detail)
    }

    /// An object as it is once it has been made.
    fn made(&self, kind: &str, planned: &Value) -> Applied {
        let Some(kind) = self.provider.kind(kind) else { return nothing_known(kind) };
        let (value, diagnostics) = self.filled(kind, planned);
        let recorded = (!diagnostics.has_errors()).then(|| Recorded { value, private: Vec::new() });
        Applied { recorded, diagnostics }
    }
}

fn nothing_known(kind: &str) -> Applied {
    let detail = format!("The mocked provider does not have the kind {kind}.");
    Applied { recorded: None, diagnostics: Diagnostic::error("Invalid resource type", detail).into() }
}

#[async_trait]
impl Read for MockSession {
    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse {
        let mut planned = request.proposed.clone();
        let mut findings = Vec::new();
        if let Some(kind) = self.provider.kind(kind).filter(|_| request.prior.is_none()) {
            // What does not fit is told with the plan, whenever it is to be known.
            let (value, found) = self.filled(kind, &planned);
            findings.extend(found.into_iter().map(|d| Finding { path: Path::default(), diagnostic: d }));
            planned = match self.answer.moment {
                Moment::Apply => complete(&kind.schema().block, &planned, Gaps::Unknown, &mut Vec::new()),
                Moment::Plan => value,
            };
        }
        PlanResponse { planned, requires_replace: Vec::new(), notes: Vec::new(), findings }
    }

    async fn read(&self, _kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        Ok(Some(recorded.clone()))
    }

    async fn read_data(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics> {
        let Some(kind) = self.provider.data_source(kind) else { return Err(nothing_known(kind).diagnostics) };
        let (value, found) = self.filled(kind, config);
        if found.has_errors() { Err(found) } else { Ok(value) }
    }

    async fn import(&self, _kind: &str, _id: &str) -> Result<Recorded, Diagnostics> {
        let detail = "Cannot import resources from mock providers. Use an `override_resource` block targeting the \
                      specific resource being imported instead.";
        Err(Diagnostic::error("Invalid import request", detail).into())
    }

    async fn settle(&self, _kind: &str, _: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        Ok(Settled { recorded: recorded.cloned(), failure: None })
    }
}

#[async_trait]
impl Write for MockSession {
    async fn create(&self, kind: &str, planned: &Value, _config: &Value, _watch: &dyn Watch) -> Applied {
        self.made(kind, planned)
    }

    async fn update(
        &self,
        kind: &str,
        _prior: &Recorded,
        planned: &Value,
        _config: &Value,
        _watch: &dyn Watch,
    ) -> Applied {
        self.made(kind, planned)
    }

    async fn delete(&self, _kind: &str, _prior: &Recorded, _watch: &dyn Watch) -> Applied {
        Applied { recorded: None, diagnostics: Diagnostics::new() }
    }
}
