//! What a provider tells while it writes goes to the journal and to whoever looks on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diagnostic::Diagnostic;
use crate::provider::{Intent, Watch};
use crate::state::{Entry, Journal, ObjectAddress, WriteAction};

use super::{Event, Events, Stop};

/// The watch over one step.
pub struct StepWatch {
    /// The object.
    pub object: ObjectAddress,
    /// What is done to it.
    pub action: WriteAction,
    /// Where it is recorded.
    pub journal: Arc<Journal>,
    /// Who is told.
    pub events: Events,
    /// Whether the user wants to stop.
    pub stop: Stop,
    wrote: AtomicBool,
}

impl StepWatch {
    /// A watch over a step that has not begun.
    pub fn new(object: ObjectAddress, action: WriteAction, journal: Arc<Journal>, events: Events, stop: Stop) -> Self {
        Self { object, action, journal, events, stop, wrote: AtomicBool::new(false) }
    }

    /// Whether something outside was, or may have been, changed.
    pub fn wrote(&self) -> bool {
        self.wrote.load(Ordering::Relaxed)
    }
}

impl Watch for StepWatch {
    fn before_write(&self, intent: &Intent) -> Result<(), Diagnostic> {
        self.wrote.store(true, Ordering::Relaxed);
        let entry = Entry::Intent { object: self.object.clone(), action: self.action, intent: intent.clone() };
        self.journal.record(&entry)
    }

    fn operation(&self, url: &str) {
        // Without this line a crash is settled by reading the object, so a failure to write it changes nothing now;
        // the next write to the journal will fail as well, and is heeded.
        let _ = self.journal.append(&Entry::Operation { object: self.object.clone(), url: url.to_owned() });
    }

    fn progress(&self, text: &str) {
        (self.events)(Event::Progress { object: &self.object, text });
    }

    fn interrupted(&self) -> bool {
        self.stop.is_requested()
    }
}
