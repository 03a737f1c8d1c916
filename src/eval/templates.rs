//! What functions borrow from the evaluator: templates from files and strings, and variable files.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::functions::{FunctionContext, TemplateRenderer};
use crate::eval::references::static_references;
use crate::eval::scope::MapScope;
use crate::eval::value_of;
use crate::span::{SourceMap, Span};
use crate::syntax::{parse, parse_template};
use crate::value::{Fields, Value};

/// The surroundings in which functions run, with the evaluator behind `templatefile` and `templatestring`.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Relative file paths start here.
    pub folder: PathBuf,
    /// Whether a plan is being made: what changes with time is unknown then.
    pub planning: bool,
    /// The moment of the plan.
    pub plan_time: Option<jiff::Timestamp>,
    /// Whether the console asks.
    pub console: bool,
}

impl Surroundings {
    /// What functions are called with.
    pub fn context(&self) -> FunctionContext<'_> {
        self.context_with(self)
    }

    fn context_with<'a>(&'a self, templates: &'a dyn TemplateRenderer) -> FunctionContext<'a> {
        FunctionContext {
            folder: &self.folder,
            planning: self.planning,
            plan_time: self.plan_time,
            console: self.console,
            templates,
        }
    }
}

impl TemplateRenderer for Surroundings {
    fn render(&self, name: &str, template: &str, variables: &Value) -> Result<Value, Diagnostics> {
        let mut sources = SourceMap::default();
        let (expression, mut diagnostics) = parse_template(sources.add(name, None, template), template);
        if diagnostics.has_errors() {
            return Err(self_contained(diagnostics, &sources));
        }
        let no_names = Fields::new();
        let names = variables.as_fields().unwrap_or(&no_names);
        if let Some(bad) = names.keys().find(|name| !is_identifier(name)) {
            let detail = format!(
                "invalid template variable name \"{bad}\": must start with a letter, followed by zero or more letters, \
                 digits, and underscores"
            );
            return Err(Diagnostic::error("Invalid template variable name", detail).into());
        }
        for reference in static_references(&expression) {
            let root = &reference.reference.root;
            if !names.contains_key(&root.name) {
                let place = place(root.span, &sources);
                let detail = format!("vars map does not contain key \"{}\", referenced at {place}", root.name);
                return Err(Diagnostic::error("Missing template variable", detail).into());
            }
        }
        let inside = InsideTemplate { outer: self };
        let functions = self.context_with(&inside);
        let scope = names
            .iter()
            .fold(MapScope::new(&functions), |scope, (name, value)| scope.with(name.clone(), value.clone()));
        let value = value_of(&expression, &scope, &mut diagnostics);
        if diagnostics.has_errors() { Err(self_contained(diagnostics, &sources)) } else { Ok(value) }
    }

    fn decode_tfvars(&self, text: &str) -> Result<Value, Diagnostics> {
        let mut sources = SourceMap::default();
        let (body, mut diagnostics) = parse(sources.add("<decode_tfvars argument>", None, text), text);
        for block in &body.blocks {
            let detail = "A variable file holds names and values only.";
            diagnostics.error_at(block.header, "Unexpected block", detail);
        }
        let inside = InsideTemplate { outer: self };
        let functions = self.context_with(&inside);
        let scope = MapScope::refusing(&functions, "Variables may not be used here.");
        let fields = body
            .attributes
            .iter()
            .map(|attribute| (attribute.name.name.clone(), value_of(&attribute.value, &scope, &mut diagnostics)))
            .collect();
        if diagnostics.has_errors() { Err(self_contained(diagnostics, &sources)) } else { Ok(Value::object(fields)) }
    }
}

/// The surroundings of a template's own function calls: a template cannot render another.
struct InsideTemplate<'a> {
    outer: &'a Surroundings,
}

impl TemplateRenderer for InsideTemplate<'_> {
    fn render(&self, _name: &str, _template: &str, _variables: &Value) -> Result<Value, Diagnostics> {
        let detail = "cannot recursively call a template function from inside another template";
        Err(Diagnostic::error("Template within a template", detail).into())
    }

    fn decode_tfvars(&self, text: &str) -> Result<Value, Diagnostics> {
        self.outer.decode_tfvars(text)
    }
}

/// Diagnostics whose places are told in their words, since the text that they are about is known here alone.
fn self_contained(diagnostics: Diagnostics, sources: &SourceMap) -> Diagnostics {
    diagnostics
        .into_iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| {
            let place = diagnostic.subject.map(|span| format!("{}: ", place(span, sources))).unwrap_or_default();
            let detail = format!("{place}{}; {}", diagnostic.summary, diagnostic.detail);
            Diagnostic::error(diagnostic.summary, detail)
        })
        .collect()
}

fn place(span: Span, sources: &SourceMap) -> String {
    let name = sources.get(span.source).map(|source| source.name.clone()).unwrap_or_default();
    match (sources.start(span), sources.end(span)) {
        (Some(start), Some(end)) if start.line == end.line => {
            format!("{name}:{},{}-{}", start.line, start.column, end.column)
        }
        (Some(start), Some(end)) => {
            format!("{name}:{},{}-{},{}", start.line, start.column, end.line, end.column)
        }
        _ => name,
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
