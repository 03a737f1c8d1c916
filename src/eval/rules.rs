//! Conditions that a team states: validations, preconditions, postconditions, asserts.

use crate::config::{CheckRule, Variable};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::fault::Problem;
use crate::eval::scope::Scope;
use crate::eval::used::{Reveal, used_values};
use crate::eval::value_of;
use crate::span::{SourceMap, Span};
use crate::syntax::tree::Expression;
use crate::value::{Marks, Type, Value};

/// The summary of what an assertion is about that is not known yet.
const KNOWN_LATER: &str = "Check block assertion known after apply";

/// What kind of condition, and so what a failure is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Of a variable.
    Validation,
    /// Of a resource or data source, before.
    ResourcePrecondition,
    /// Of a resource or data source, after.
    ResourcePostcondition,
    /// Of an output.
    OutputPrecondition,
    /// Of a `check` block.
    Assertion,
    /// Of a run of a test.
    TestAssertion,
}

/// How a rule came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not; why, in the author's words, where they can be shown.
    Fail(String),
    /// Not to be told yet.
    Unknown,
    /// It could not be evaluated; the diagnostics say why.
    Error,
}

impl Rule {
    /// What a failure is called.
    pub fn failed(self) -> &'static str {
        match self {
            Self::Validation => "Invalid value for variable",
            Self::ResourcePrecondition => "Resource precondition failed",
            Self::ResourcePostcondition => "Resource postcondition failed",
            Self::OutputPrecondition => "Module output value precondition failed",
            Self::Assertion => "Check block assertion failed",
            Self::TestAssertion => "Test assertion failed",
        }
    }

    /// What a result that is neither true nor false is called.
    fn unfit(self) -> &'static str {
        match self {
            Self::Validation => "Invalid variable validation result",
            Self::TestAssertion => "Invalid condition run",
            _ => "Invalid condition result",
        }
    }

    /// What a failure says when its message could not be made.
    fn message_missing(self) -> &'static str {
        if self == Self::Validation {
            "Failed to evaluate condition error message."
        } else {
            "This check failed, but its message could not be made: see the other diagnostics, or the message depends \
             on what is known only after apply."
        }
    }

    /// How a failure is told.
    fn diagnostic(self, detail: String) -> Diagnostic {
        if self == Self::Assertion {
            Diagnostic::warning(self.failed(), detail)
        } else {
            Diagnostic::error(self.failed(), detail)
        }
    }
}

/// Evaluates a rule. A failure is among the diagnostics too: an error on the condition, a warning for an assert.
pub fn check_rule(kind: Rule, rule: &CheckRule, scope: &dyn Scope) -> (Verdict, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let verdict = judge(kind, rule, scope, &mut diagnostics);
    (verdict, diagnostics)
}

/// Evaluates a validation of a variable. A failure is put on `place`, where the variable is declared or set, and
/// says where the rule stands.
pub fn check_validation(
    variable: &Variable,
    rule: &CheckRule,
    place: Span,
    scope: &dyn Scope,
    sources: &SourceMap,
) -> (Verdict, Diagnostics) {
    let (verdict, mut diagnostics) = check_rule(Rule::Validation, rule, scope);
    if variable.sensitive {
        // The message is hidden; that the variable's own value is in it is no mistake of the author's.
        diagnostics = diagnostics.into_iter().filter(|found| found.summary != SENSITIVE_MESSAGE).collect();
    }
    if let (Verdict::Fail(_), Some(failure)) =
        (&verdict, diagnostics.iter_mut().find(|found| found.summary == Rule::Validation.failed()))
    {
        failure.subject = Some(place);
        if let (Some(source), Some(start), Some(end)) =
            (sources.get(rule.span.source), sources.start(rule.span), sources.end(rule.span))
        {
            let (line, from, to) = (start.line, start.column, end.column);
            failure.detail = format!(
                "{}\n\nThis was checked by the validation rule at {}:{line},{from}-{to}.",
                failure.detail, source.name
            );
        }
    }
    (verdict, diagnostics)
}

fn judge(kind: Rule, rule: &CheckRule, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Verdict {
    let mut found = Diagnostics::new();
    let condition = value_of(&rule.condition, scope, &mut found);
    let broken = found.has_errors();
    // The message is made whether or not it is needed: what is wrong with it is not left for the day of a failure.
    let message = Message::of(kind, &rule.error_message, scope, &mut found);
    let failed = broken || (kind != Rule::Validation && found.has_errors());
    diagnostics.extend(found);
    if failed {
        return Verdict::Error;
    }
    let unfit = if condition.is_null() {
        let what = if kind == Rule::Validation { "Validation condition" } else { "Condition" };
        format!("{what} expression must return either true or false, not null.")
    } else {
        match condition.convert(&Type::Bool).map(|value| (value.is_known(), value.as_bool())) {
            Ok((false, _)) => {
                if kind == Rule::Assertion {
                    let detail = "The condition could not be evaluated at this time, a result will be known when this \
                                  plan is applied.";
                    let warning = Diagnostic::warning(KNOWN_LATER, detail);
                    diagnostics.push(warning.at(rule.condition.span));
                }
                return Verdict::Unknown;
            }
            Ok((true, Some(true))) => return Verdict::Pass,
            Ok(_) => return fail(kind, rule, message, scope, diagnostics),
            Err(error) => {
                let what = if kind == Rule::Validation { "validation condition" } else { "condition" };
                format!("Invalid {what} result value: {error}.")
            }
        }
    };
    diagnostics.push(Problem::new(kind.unfit(), unfit).at(&rule.condition, scope));
    Verdict::Error
}

/// Whether a diagnostic tells how a `check` block came out, and nothing else.
pub fn comes_of_check(problem: &Diagnostic) -> bool {
    let object = problem.condition.as_deref().unwrap_or_default();
    object.starts_with("check.") || object.contains(".check.") || problem.summary == KNOWN_LATER
}

fn fail(kind: Rule, rule: &CheckRule, message: Message, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Verdict {
    let message = match message {
        Message::Text(text) => text,
        Message::Missing => kind.message_missing().to_owned(),
        Message::OfValidation(value) => worded(kind, &value, &rule.error_message, scope, diagnostics)
            .unwrap_or_else(|| kind.message_missing().to_owned()),
    };
    let mut diagnostic = kind.diagnostic(message.clone()).at(rule.condition.span);
    diagnostic.values = used_values(&rule.condition, scope, Reveal::default());
    diagnostics.push(diagnostic);
    Verdict::Fail(message)
}

/// What a rule says when it fails.
enum Message {
    /// This.
    Text(String),
    /// Nothing, since it could not be evaluated or is not known yet.
    Missing,
    /// The text of this value, if it is fit for one: of a validation that is looked at only when it fails.
    OfValidation(Value),
}

impl Message {
    /// A message that is none is an error, in place of how the rule comes out.
    fn of(kind: Rule, expression: &Expression, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Self {
        let mut found = Diagnostics::new();
        let value = value_of(expression, scope, &mut found);
        let failed = found.has_errors();
        diagnostics.extend(found);
        if failed {
            return Self::Missing;
        }
        if kind == Rule::Validation {
            return Self::OfValidation(value);
        }
        worded(kind, &value, expression, scope, diagnostics).map_or(Self::Missing, Self::Text)
    }
}

/// A message as it is shown; `None` where there is none. What must not be shown is replaced.
fn worded(
    kind: Rule,
    value: &Value,
    expression: &Expression,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let why = if value.is_null() {
        "must not be null".to_owned()
    } else {
        match value.convert(&Type::String) {
            Ok(value) => {
                let Some((text, complaint)) = hidden(kind, &value, expression, scope) else {
                    return value.as_str().map(|text| text.trim().to_owned());
                };
                diagnostics.push(complaint);
                return Some(text);
            }
            Err(error) => error.to_string(),
        }
    };
    if kind != Rule::Validation || !value.is_null() {
        let detail = format!("Unsuitable value for error message: {why}.");
        diagnostics.push(Problem::new("Invalid error message", detail).at(expression, scope));
    }
    None
}

const SENSITIVE_MESSAGE: &str = "Error message refers to sensitive values";

/// What is said in place of a message that must not be shown, and the complaint to its author.
fn hidden(kind: Rule, value: &Value, expression: &Expression, scope: &dyn Scope) -> Option<(String, Diagnostic)> {
    let (summary, what, advice) = if value.marks().contains(Marks::SENSITIVE) {
        let advice = "or use nonsensitive() where the message does not give the secret away";
        (SENSITIVE_MESSAGE, "a sensitive", advice)
    } else if value.marks().contains(Marks::EPHEMERAL) {
        let advice = "or use ephemeralasnull() where that serves";
        ("Error message refers to ephemeral values", "an ephemeral", advice)
    } else {
        return None;
    };
    let detail = format!(
        "The message of this condition is made of {what} value, so it will not be displayed. Leave such values out \
         of it, {advice}."
    );
    let mut complaint = Problem::new(summary, detail).at(expression, scope);
    if kind != Rule::Validation {
        complaint.severity = Severity::Warning;
    }
    let text = format!("The error message included {what} value, so it will not be displayed.");
    Some((text, complaint))
}
