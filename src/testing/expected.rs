//! Failures that a run expects: `expect_failures`.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::span::Span;
use crate::syntax::tree::{ExpressionKind, Reference, Step};

/// What a run expects to fail.
pub struct Expected {
    /// As the objects of conditions are named: `var.x`, `azurerm_subnet.a`.
    name: String,
    span: Span,
}

impl Expected {
    /// What a list of references names.
    pub fn of(references: &[(Reference, Span)]) -> Vec<Self> {
        references.iter().map(|(of, span)| Self { name: written(of), span: *span }).collect()
    }

    /// Whether it is this object; without a key, any of its instances.
    fn covers(&self, object: &str) -> bool {
        object.strip_prefix(&*self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }
}

/// A reference as addresses are printed.
fn written(reference: &Reference) -> String {
    let mut text = reference.root.name.to_string();
    for step in &reference.steps {
        match step {
            Step::Attribute(name) => text.extend([".", &name.name]),
            Step::LegacyIndex(key, _) => text += &format!("[{key}]"),
            Step::Index(key) => {
                if let ExpressionKind::Literal(value) = &key.kind {
                    let number = value.as_number().map(ToString::to_string);
                    let quoted = || value.as_str().map(|text| serde_json::Value::from(text).to_string());
                    text += &format!("[{}]", number.or_else(quoted).unwrap_or_default());
                }
            }
            Step::Splat { .. } | Step::AttributeSplat { .. } => {}
        }
    }
    text
}

/// Takes expected failures out; one that did not come is an error. A check that fails and was not expected to is one too.
pub fn judge(expected: &[Expected], found: Diagnostics) -> Diagnostics {
    let mut came = vec![false; expected.len()];
    let mut kept = Diagnostics::new();
    for mut diagnostic in found {
        let Some(object) = &diagnostic.condition else {
            kept.push(diagnostic);
            continue;
        };
        let mut wanted = false;
        for (came, _) in came.iter_mut().zip(expected).filter(|(_, expected)| expected.covers(object)) {
            (*came, wanted) = (true, true);
        }
        if !wanted {
            diagnostic.severity = Severity::Error;
            kept.push(diagnostic);
        }
    }
    for expected in came.iter().zip(expected).filter(|(came, _)| !**came).map(|(_, expected)| expected) {
        let detail = format!("The checkable object, {}, was expected to report an error but did not.", expected.name);
        kept.push(Diagnostic::error("Missing expected failure", detail).at(expected.span));
    }
    kept
}

/// Of the plan that an apply could not do without: an expected failure is not what the run is about.
pub fn too_early(expected: &[Expected], found: Diagnostics) -> Diagnostics {
    let mut told = Diagnostics::new();
    for diagnostic in found {
        let object = diagnostic.condition.as_deref();
        if diagnostic.severity == Severity::Warning && object.is_some() {
            continue;
        }
        if let Some(early) = expected.iter().find(|expected| object.is_some_and(|object| expected.covers(object))) {
            let detail = format!(
                "A custom condition within {} failed during the planning stage and prevented the requested apply \
                 operation. While this was an expected failure, the apply operation could not be executed and so the \
                 overall test case will be marked as a failure and the original diagnostic included in the test report.",
                early.name
            );
            told.push(Diagnostic::warning("Expected failure while planning", detail).at(early.span));
        }
        told.push(diagnostic);
    }
    told
}
