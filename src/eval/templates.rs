//! What functions borrow from the evaluator: templates from files and strings, and variable files.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostics, Severity};
use crate::eval::functions::{FunctionContext, FunctionError, Template, TemplateRenderer};
use crate::eval::references::static_references;
use crate::eval::scope::MapScope;
use crate::eval::value_of;
use crate::span::{SourceMap, Span};
use crate::syntax::tree::Expression;
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
            refused: false,
            templates,
        }
    }
}

impl TemplateRenderer for Surroundings {
    fn render(&self, template: &Template<'_>, variables: &Value) -> Result<Value, FunctionError> {
        let mut sources = SourceMap::default();
        let (expression, mut diagnostics) =
            parse_template(sources.add(template.name, None, template.text), template.text);
        if diagnostics.has_errors() {
            return Err(match template.function {
                "templatestring" => FunctionError {
                    argument: Some(0),
                    message: format!("invalid template: {}", told(diagnostics, &sources)),
                },
                _ => told(diagnostics, &sources).into(),
            });
        }
        let Some(names) = variables.as_fields() else {
            let message = "invalid vars value: must be a map".to_owned();
            return Err(FunctionError { argument: Some(1), message });
        };
        check_names(&expression, names, &sources).map_err(|message| FunctionError { argument: Some(1), message })?;
        let inside = InsideTemplate { outer: self };
        let functions = self.context_with(&inside);
        let scope = names
            .iter()
            .fold(MapScope::new(&functions), |scope, (name, value)| scope.with(name.clone(), value.clone()));
        let value = value_of(&expression, &scope, &mut diagnostics);
        if value.is_null() && !diagnostics.has_errors() {
            let detail = "The result of the template is null, which is not a valid result for a templatestring call.";
            diagnostics.error_at(expression.span, "Template result is null", detail);
        }
        if diagnostics.has_errors() { Err(told(diagnostics, &sources).into()) } else { Ok(value) }
    }

    fn decode_tfvars(&self, text: &str) -> Result<Value, FunctionError> {
        let mut sources = SourceMap::default();
        let (body, mut diagnostics) = parse(sources.add("<decode_tfvars argument>", None, text), text);
        if diagnostics.has_errors() {
            return Err(format!("invalid tfvars syntax: {}", told(diagnostics, &sources)).into());
        }
        for block in &body.blocks {
            let summary = format!("Unexpected \"{}\" block", block.kind.name);
            diagnostics.error_at(block.kind.span, summary, "Blocks are not allowed here.");
        }
        if diagnostics.has_errors() {
            return Err(format!("invalid tfvars content: {}", told(diagnostics, &sources)).into());
        }
        let functions = FunctionContext { refused: true, ..self.context() };
        let scope = MapScope::refusing(&functions, "Variables may not be used here.");
        let mut fields = Fields::new();
        for attribute in &body.attributes {
            let name = &attribute.name.name;
            let value = value_of(&attribute.value, &scope, &mut diagnostics);
            if diagnostics.has_errors() {
                let told = told(diagnostics, &sources);
                return Err(format!("invalid expression for variable \"{name}\": {told}").into());
            }
            fields.insert(name.clone(), value);
        }
        Ok(Value::object(fields))
    }
}

/// Whether all variables have names that a template can use, and whether those that it uses are there.
fn check_names(template: &Expression, names: &Fields, sources: &SourceMap) -> Result<(), String> {
    if let Some(bad) = names.keys().find(|name| !is_identifier(name)) {
        return Err(format!(
            "invalid template variable name {bad:?}: must start with a letter, followed by zero or more letters, \
             digits, and underscores"
        ));
    }
    for reference in static_references(template) {
        let root = &reference.reference.root;
        if !names.contains_key(&root.name) {
            let place = place(root.span, sources);
            return Err(format!("vars map does not contain key \"{}\", referenced at {place}", root.name));
        }
    }
    Ok(())
}

/// The surroundings of a template's own function calls: a template cannot render another.
struct InsideTemplate<'a> {
    outer: &'a Surroundings,
}

impl TemplateRenderer for InsideTemplate<'_> {
    fn render(&self, template: &Template<'_>, _variables: &Value) -> Result<Value, FunctionError> {
        let name = template.function;
        Err(format!("cannot recursively call {name} from inside another template function").into())
    }

    fn decode_tfvars(&self, text: &str) -> Result<Value, FunctionError> {
        self.outer.decode_tfvars(text)
    }
}

/// The first error with its place in words, since the text that it is about is known here alone, and how many more
/// there are.
fn told(diagnostics: Diagnostics, sources: &SourceMap) -> String {
    let mut errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let Some(first) = errors.next() else { return String::new() };
    let place = first.subject.map(|span| format!("{}: ", place(span, sources))).unwrap_or_default();
    let text = format!("{place}{}; {}", first.summary, first.detail);
    match errors.count() {
        0 => text,
        more => format!("{text}, and {more} other diagnostic(s)"),
    }
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
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
