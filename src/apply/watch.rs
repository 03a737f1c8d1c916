//! What a provider tells while it writes goes to the journal and to whoever looks on.

use std::sync::{Arc, Mutex, PoisonError};

use crate::address::ProviderAddress;
use crate::diagnostic::Diagnostic;
use crate::provider::{Intent, Sent, Watch};
use crate::state::{Entry, Journal, ObjectAddress, WriteAction};

use super::{Event, Events};

/// The watch over one step.
pub struct StepWatch {
    /// The object.
    pub object: ObjectAddress,
    /// Whose it is.
    pub provider: ProviderAddress,
    /// What is done to it.
    pub action: WriteAction,
    /// Where it is recorded.
    pub journal: Arc<Journal>,
    /// Who is told.
    pub events: Events,
    /// What was sent so far.
    pub sent: Mutex<Vec<Sent>>,
}

impl StepWatch {
    /// What was sent, or was about to be: outside something was, or may have been, changed.
    pub fn into_sent(self) -> Vec<Sent> {
        self.sent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for StepWatch {
    fn before_write(&self, intent: &Intent) -> Result<(), Diagnostic> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(Sent { intent: intent.clone(), operation: None });
        drop(sent);
        self.journal.record(&Entry::Intent {
            object: self.object.clone(),
            action: self.action,
            provider: self.provider.clone(),
            intent: intent.clone(),
        })
    }

    fn operation(&self, url: &str) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = sent.last_mut() {
            last.operation = Some(url.to_owned());
        }
        drop(sent);
        // Without this line a crash is settled by reading the object, so a failure to write it changes nothing now;
        // the next write to the journal will fail as well, and is heeded.
        let _ = self.journal.append(&Entry::Operation { object: self.object.clone(), url: url.to_owned() });
    }

    fn progress(&self, text: &str) {
        (self.events)(Event::Progress { object: &self.object, text });
    }

    // The user who wants to stop wants what runs to be finished: a wait that were given up would leave an object
    // half-made. Who cannot wait interrupts again.
}
