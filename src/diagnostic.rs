//! What went wrong, for the person who can do something about it: a list that is added to, not a first failure.

use crate::span::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The run fails.
    Error,
    /// The run goes on.
    Warning,
}

/// A value that an expression under the diagnostic used, in words ("is a string, known only after apply").
/// Whoever makes one must already have hidden what is sensitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedValue {
    /// The reference as written: `var.region`, `each.key`.
    pub traversal: String,
    /// What it is: `is "westeurope"`, `has a sensitive value`.
    pub statement: String,
}

/// One thing to tell a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line, no full stop: "Unsupported argument".
    pub summary: String,
    /// Sentences: what was wrong and what to do.
    pub detail: String,
    /// The text at fault.
    pub subject: Option<Span>,
    /// A wider range that helps to understand the subject, such as the whole expression.
    pub context: Option<Span>,
    /// The resource instance at work when it happened, as printed: `module.a.azurerm_subnet.b["x"]`.
    pub address: Option<String>,
    /// Values that the expression used.
    pub values: Vec<UsedValue>,
    /// The function being called, if the fault is in a call.
    pub function: Option<String>,
    /// Other places that belong to it, each with what is there: the hops of a cycle, the first declaration.
    pub related: Vec<(Span, String)>,
    /// The object a condition of which failed, when this tells of that: `var.x`, `check.health`, `azurerm_subnet.a[0]`.
    pub condition: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary, detail)
    }

    /// A warning without a place.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary, detail)
    }

    fn new(severity: Severity, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity,
            summary: summary.into(),
            detail: detail.into(),
            subject: None,
            context: None,
            address: None,
            values: Vec::new(),
            function: None,
            related: Vec::new(),
            condition: None,
        }
    }

    /// Points at the text at fault.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.subject = Some(span);
        self
    }

    /// Adds the wider range.
    #[must_use]
    pub fn within(mut self, span: Span) -> Self {
        self.context = Some(span);
        self
    }

    /// Names the object a condition of which failed.
    #[must_use]
    pub fn of_condition(mut self, object: &str) -> Self {
        self.condition.get_or_insert_with(|| object.to_owned());
        self
    }

    /// Names the resource instance.
    #[must_use]
    pub fn for_address(mut self, address: &(impl ToString + ?Sized)) -> Self {
        self.address.get_or_insert_with(|| address.to_string());
        self
    }
}

/// What a step found, in the order in which it found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing found.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds an error at a place.
    pub fn error_at(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::error(summary, detail).at(span));
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// One after the other, to be changed in place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.0.iter_mut()
    }

    /// Moves `result`'s diagnostics here and keeps its value.
    pub fn take<T>(&mut self, (value, found): (T, Diagnostics)) -> T {
        self.extend(found);
        value
    }
}

impl<'a> IntoIterator for &'a mut Diagnostics {
    type Item = &'a mut Diagnostic;
    type IntoIter = std::slice::IterMut<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// An error's sentence and those of its causes, each once.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    text
}
