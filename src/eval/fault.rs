//! Diagnostics about expressions.

use crate::diagnostic::Diagnostic;
use crate::eval::scope::Scope;
use crate::eval::used::{Reveal, used_values};
use crate::syntax::tree::Expression;

/// What is wrong with a value, before it is known where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Terraform's summary.
    pub summary: &'static str,
    /// Sentences.
    pub detail: String,
}

impl Problem {
    /// A problem with its sentences.
    pub fn new(summary: &'static str, detail: impl Into<String>) -> Self {
        Self { summary, detail: detail.into() }
    }

    /// An error at `subject`, telling what the names in it stand for.
    pub fn at(self, subject: &Expression, scope: &dyn Scope) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.summary, self.detail).at(subject.span);
        diagnostic.values = used_values(subject, scope, Reveal::default());
        diagnostic
    }

    /// [`Problem::at`], with the expression around the subject.
    pub fn within(self, subject: &Expression, whole: &Expression, scope: &dyn Scope) -> Diagnostic {
        self.at(subject, scope).within(whole.span)
    }
}
