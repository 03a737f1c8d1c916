//! Values for the root module's variables: from the environment, variable files and the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::folder::read_source;
use crate::config::literal::{refuse_references, word};
use crate::config::module::Module;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Body, Expression, ExpressionKind};
use crate::value::Value;

/// A value for a variable, not yet converted to the variable's type.
#[derive(Debug, Clone)]
pub struct InputValue {
    /// The value: a literal or an expression of literals.
    pub value: Expression,
    /// Where it was given.
    pub origin: InputOrigin,
}

/// Where a value for a variable was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputOrigin {
    /// `TF_VAR_name`
    Environment,
    /// A variable file, by the name that people see.
    File(Arc<str>),
    /// `-var`
    CommandLine,
}

/// A `-var` or `-var-file` of the command line. Their order matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputOption {
    /// `-var name=value`
    Var(String),
    /// `-var-file path`
    VarFile(PathBuf),
}

/// The values by variable; only of variables that the root module declares.
pub type InputValues = IndexMap<Arc<str>, InputValue>;

/// Gathers the values for the root module's variables. Of several for one variable the last counts: environment,
/// `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, then the options in
/// their order. `environment` holds all of the process's variables or just `TF_VAR_*`. An error where something cannot
/// be read at all: what is missing then may well be in it.
pub fn gather_inputs(
    root: &Module,
    environment: impl IntoIterator<Item = (String, String)>,
    options: &[InputOption],
    sources: &mut SourceMap,
) -> Result<(InputValues, Diagnostics), Diagnostics> {
    let mut gathering = Gathering::begun(root, environment, sources);
    for option in options {
        match option {
            InputOption::Var(assignment) => gathering.assignment(assignment),
            InputOption::VarFile(path) => gathering.file(path, path),
        }
    }
    if gathering.is_partial {
        return Err(gathering.diagnostics);
    }
    gathering.report_undeclared();
    Ok((gathering.read(), gathering.diagnostics))
}

/// Gathers what test files are given: as [`gather_inputs`], and of tests in a folder of their own the variable files
/// there, which count most. Values for variables that are not declared are left aside.
pub fn gather_for_tests(
    declared: &Module,
    tests: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    options: &[InputOption],
    sources: &mut SourceMap,
) -> (InputValues, Diagnostics) {
    let mut gathering = Gathering::begun(declared, environment, sources);
    for option in options {
        match option {
            InputOption::Var(assignment) => {
                let name = assignment.split_once('=').map_or(&**assignment, |(name, _)| name.trim());
                if declared.variables.contains_key(name) {
                    gathering.assignment(assignment);
                }
            }
            InputOption::VarFile(path) => gathering.file(path, path),
        }
    }
    if let Some(tests) = tests {
        gathering.automatic(tests);
    }
    (gathering.read(), gathering.diagnostics)
}

/// Reports every variable of the root module that needs a value and has none.
pub fn require_inputs(root: &Module, values: &InputValues) -> Diagnostics {
    let missing = root.variables.values().filter(|v| v.default.is_none() && !values.contains_key(&v.name));
    missing
        .map(|variable| {
            let detail = format!(
                "The root module input variable \"{}\" is not set, and has no default value. Use a -var or -var-file \
                 command line argument to provide a value for this variable.",
                variable.name
            );
            Diagnostic::error("No value for required variable", detail).at(variable.span)
        })
        .collect()
}

/// The variable files that are read without being asked for, in the order in which they count.
fn automatic_files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok());
    let mut automatic: Vec<String> =
        names.filter(|name| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")).collect();
    automatic.sort();
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"].map(str::to_owned);
    fixed.into_iter().filter(|name| folder.join(name).is_file()).chain(automatic).collect()
}

struct Gathering<'a> {
    root: &'a Module,
    sources: &'a mut SourceMap,
    written: IndexMap<Arc<str>, Written>,
    undeclared_in_files: Vec<(Arc<str>, Arc<str>)>,
    /// A file or an option could not be read.
    is_partial: bool,
    diagnostics: Diagnostics,
}

/// A value as it was written. Only the last one for a variable is read, so that faults of the others do not matter.
enum Written {
    Text(String, InputOrigin),
    Expression(Expression, InputOrigin),
}

impl<'a> Gathering<'a> {
    /// What is given without being asked for: by the environment, and by the files beside the module.
    fn begun(
        root: &'a Module,
        environment: impl IntoIterator<Item = (String, String)>,
        sources: &'a mut SourceMap,
    ) -> Self {
        let (written, diagnostics) = (IndexMap::new(), Diagnostics::new());
        let mut gathering =
            Self { root, sources, written, undeclared_in_files: Vec::new(), is_partial: false, diagnostics };
        for (variable, text) in environment {
            if let Some(name) = variable.strip_prefix("TF_VAR_") {
                gathering.text(name, &text, InputOrigin::Environment);
            }
        }
        gathering.automatic(Path::new(""));
        gathering
    }

    /// The files of a folder below the module that are read without being asked for.
    fn automatic(&mut self, below: &Path) {
        for name in automatic_files(&self.root.folder.join(below)) {
            let shown = below.join(&name);
            self.file(&self.root.folder.join(&shown), &shown);
        }
    }

    fn assignment(&mut self, assignment: &str) {
        let Some((name, text)) = assignment.split_once('=') else {
            // The text may hold a secret, so it is not repeated.
            let detail = "A -var option is a variable's name and value with an equals sign between them, like \
                          -var=\"key=value\".";
            return self.unreadable("Invalid -var option", detail);
        };
        if name.ends_with(' ') {
            let detail = format!("Variable name \"{name}\" is invalid due to trailing space.");
            return self.unreadable("Invalid -var option", detail);
        }
        if !self.root.variables.contains_key(name) {
            let detail = format!(
                "A variable named \"{name}\" was assigned on the command line, but the root module does not declare a \
                 variable of that name. To use this value, add a \"variable\" block to the configuration."
            );
            return self.diagnostics.push(Diagnostic::error("Value for undeclared variable", detail));
        }
        self.text(name, text, InputOrigin::CommandLine);
    }

    fn unreadable(&mut self, summary: &str, detail: impl Into<String>) {
        self.is_partial = true;
        self.diagnostics.push(Diagnostic::error(summary, detail));
    }

    fn text(&mut self, name: &str, text: &str, origin: InputOrigin) {
        if self.root.variables.contains_key(name) {
            self.written.insert(name.into(), Written::Text(text.to_owned(), origin));
        }
    }

    fn file(&mut self, path: &Path, shown: &Path) {
        if !path.exists() {
            let detail = format!("Given variables file {} does not exist.", shown.display());
            return self.unreadable("Failed to read variables file", detail);
        }
        let Some((source, text)) = read_source(path, shown, self.sources, &mut self.diagnostics) else {
            self.is_partial = true;
            return;
        };
        let json = path.extension().is_some_and(|extension| extension == "json");
        let parse = if json { syntax::json::parse_values } else { syntax::parse };
        let (body, problems): (Body, Diagnostics) = parse(source, &text);
        self.is_partial |= problems.has_errors() || !body.blocks.is_empty();
        self.diagnostics.extend(problems);
        for block in &body.blocks {
            let kind = &block.kind.name;
            let detail = format!(
                "A .tfvars file assigns values (name = value) to variables that are declared elsewhere; it has no \
                 \"{kind}\" blocks."
            );
            let summary = match &**kind {
                "variable" => "Variable declaration in .tfvars file".to_owned(),
                _ => format!("Unexpected \"{kind}\" block"),
            };
            self.diagnostics.error_at(block.header, summary, detail);
        }
        if !body.blocks.is_empty() {
            return;
        }
        let file: Arc<str> = shown.to_string_lossy().into();
        for attribute in body.attributes {
            let name = attribute.name.name;
            if self.root.variables.contains_key(&name) {
                self.written.insert(name, Written::Expression(attribute.value, InputOrigin::File(file.clone())));
            } else {
                self.undeclared_in_files.push((name, file.clone()));
            }
        }
    }

    /// Reads what was written last for each variable; what cannot be read is told, and is no value.
    fn read(&mut self) -> InputValues {
        let mut values = InputValues::new();
        for (name, written) in std::mem::take(&mut self.written) {
            let (value, origin) = match written {
                Written::Text(text, origin) => (self.value_of_text(&name, &text), origin),
                Written::Expression(value, origin) => {
                    (refuse_references(&value, &mut self.diagnostics).then_some(value), origin)
                }
            };
            values.extend(value.map(|value| (name, InputValue { value, origin })));
        }
        values
    }

    /// A text: for a variable of a primitive type or without a type the value itself, else an expression.
    fn value_of_text(&mut self, name: &str, text: &str) -> Option<Expression> {
        let variable = self.root.variables.get(name)?;
        let source = self.sources.add(format!("<value for var.{name}>"), None, text);
        if takes_text(variable.ty.as_ref()) {
            let kind = ExpressionKind::Literal(Value::string(text));
            return Some(Expression { kind, span: Span::new(source, 0..text.len()) });
        }
        let (value, problems) = syntax::parse_expression(source, text);
        let readable = !problems.has_errors();
        self.diagnostics.extend(problems);
        (readable && refuse_references(&value, &mut self.diagnostics)).then_some(value)
    }

    /// The first two by name, the others by their number.
    fn report_undeclared(&mut self) {
        let warning = |(name, file): &(Arc<str>, Arc<str>)| {
            let detail = format!(
                "The root module does not declare a variable named \"{name}\" but a value was found in file \"{file}\". \
                 If you meant to use this value, add a \"variable\" block to the configuration."
            );
            Diagnostic::warning("Value for undeclared variable", detail)
        };
        self.diagnostics.extend(self.undeclared_in_files.iter().take(2).map(warning));
        let others = self.undeclared_in_files.len().saturating_sub(2);
        if others > 0 {
            let detail = format!("Values for {others} more variables that are not declared were found in files.");
            self.diagnostics.push(Diagnostic::warning("Values for undeclared variables", detail));
        }
    }
}

/// Whether a value in text form is the value itself: for variables of a primitive type and for those without a type.
fn takes_text(ty: Option<&Expression>) -> bool {
    ty.is_none_or(|ty| matches!(word(ty), Some("string" | "number" | "bool")))
}
