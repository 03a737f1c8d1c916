//! One step: what is sent to the provider, and what is recorded of the answer.

use std::sync::{Arc, Mutex};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{self, Recorded, Sent, Session};
use crate::state::{ObjectAddress, WriteAction};
use crate::value::Value;

use super::watch::StepWatch;
use super::{Event, Events, Stop};
use crate::address::ProviderAddress;
use crate::plan::Action;
use crate::state::Journal;

/// What a task is to do. It owns all that it needs.
pub enum Work {
    /// Make an object.
    Create {
        /// What it will be.
        planned: Value,
        /// As configured.
        config: Value,
    },
    /// Change an object in place.
    Update {
        /// As it is.
        prior: Recorded,
        /// What it will be.
        planned: Value,
        /// As configured.
        config: Value,
    },
    /// Remove an object.
    Delete {
        /// As it is.
        prior: Recorded,
    },
    /// Read a data source.
    Read {
        /// As configured.
        config: Value,
        /// Whether a `check` asks for it, which fails without it and stops nothing.
        in_check: bool,
    },
}

/// What a task came to.
pub struct Answer {
    /// What the provider said; for a data source the value read.
    pub applied: provider::Applied,
    /// Something outside was, or may have been, changed: what came of it must reach the disk.
    pub durable: bool,
    /// What came of it could not be found out: the journal keeps the question for the next run.
    pub open: bool,
}

impl Answer {
    /// The step was not begun: everything is as it was.
    pub fn refused(work: Work, diagnostics: Diagnostics) -> Self {
        let recorded = match work {
            Work::Update { prior, .. } | Work::Delete { prior } => Some(prior),
            Work::Create { .. } | Work::Read { .. } => None,
        };
        Self { applied: provider::Applied { recorded, diagnostics }, durable: false, open: false }
    }
}

/// What every task is given.
#[derive(Clone)]
pub struct Surroundings {
    /// Where steps are recorded.
    pub journal: Arc<Journal>,
    /// Who is told.
    pub events: Events,
    /// Whether the user wants to stop.
    pub stop: Stop,
}

impl Work {
    /// What it does, for people.
    pub fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Delete { .. } => Action::Delete,
            Self::Read { .. } => Action::Read,
        }
    }

    /// The id of the object that is there before.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Update { prior, .. } | Self::Delete { prior } => id_of(&prior.value),
            Self::Create { .. } | Self::Read { .. } => None,
        }
    }

    /// Does it.
    pub async fn run(
        self,
        object: ObjectAddress,
        provider: ProviderAddress,
        session: Arc<dyn Session>,
        around: Surroundings,
    ) -> Answer {
        let kind = object.address.resource.kind.clone();
        let action = match &self {
            Self::Create { .. } | Self::Read { .. } => WriteAction::Create,
            Self::Update { .. } => WriteAction::Update,
            Self::Delete { .. } => WriteAction::Delete,
        };
        let Surroundings { journal, events, .. } = around;
        (events)(Event::Started { object: &object, action: self.action(), id: self.id() });
        let watch = StepWatch { object, provider, action, journal, events, sent: Mutex::default() };
        let writer = session.writer();
        let prior = match &self {
            Self::Update { prior, .. } | Self::Delete { prior } => Some(prior.clone()),
            Self::Create { .. } | Self::Read { .. } => None,
        };
        let applied = match self {
            Self::Create { planned, config } => writer.create(&kind, &planned, &config, &watch).await,
            Self::Update { prior, planned, config } => writer.update(&kind, &prior, &planned, &config, &watch).await,
            Self::Delete { prior } => writer.delete(&kind, &prior, &watch).await,
            Self::Read { config, in_check } => read(&*session, &kind, config, in_check).await,
        };
        let sent = watch.into_sent();
        // Of a removal a record stays where it is not known to be done; of all else none does.
        let unclear = applied.recorded.is_some() == (action == WriteAction::Delete);
        if applied.diagnostics.has_errors() && unclear && !sent.is_empty() {
            return look_again(&*session, &kind, &sent, prior.as_ref(), applied).await;
        }
        Answer { applied, durable: !sent.is_empty(), open: false }
    }
}

/// A write failed, and its provider could not tell what there is now. Nothing may be forgotten that exists, and nothing
/// kept that is gone.
async fn look_again(
    session: &dyn Session,
    kind: &str,
    sent: &[Sent],
    prior: Option<&Recorded>,
    mut applied: provider::Applied,
) -> Answer {
    if let Ok(settled) = session.reader().settle(kind, sent, prior).await {
        applied.recorded = settled.recorded;
        return Answer { applied, durable: true, open: false };
    }
    let id = sent.first().map(|s| s.intent.id.as_str()).unwrap_or_default();
    let detail = format!(
        "What became of {id} could not be found out. The journal keeps the question; the next plan answers it."
    );
    applied.diagnostics.push(Diagnostic::warning("Outcome not known", detail));
    Answer { applied, durable: true, open: true }
}

async fn read(session: &dyn Session, kind: &str, config: Value, in_check: bool) -> provider::Applied {
    match session.reader().read_data(kind, &config).await {
        Ok(value) => provider::Applied {
            recorded: Some(Recorded { value, private: Vec::new() }),
            diagnostics: Diagnostics::new(),
        },
        Err(diagnostics) => {
            let asked = Recorded { value: config, private: Vec::new() };
            provider::Applied { recorded: in_check.then_some(asked), diagnostics }
        }
    }
}

/// The id of an object.
pub fn id_of(value: &Value) -> Option<&str> {
    value.field("id").and_then(Value::as_str)
}

/// Says that a step can no longer be done as planned.
pub fn no_longer(object: &ObjectAddress, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Plan no longer holds",
        format!(
            "With the values that are known now, {object} {why}. Nothing was done to it. Plan again, and apply that."
        ),
    )
}
