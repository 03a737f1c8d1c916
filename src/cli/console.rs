//! `bowline console`: expressions in, values out.

use std::io::{BufRead, IsTerminal};

use clap::Args;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::Exit;
use super::flags::{OutputFlags, VariableFlags, parse_bool};
use super::interrupts::Interrupts;
use super::invocation::{Invocation, runtime};
use super::loading::SimulateFlags;
use super::planning::evaluate;
use super::variables::Missing;
use super::{loading, stored};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::templates::Surroundings;
use crate::plan::{self, Inspection, Options};
use crate::span::SourceMap;
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Expression;
use crate::syntax::{self, scan};

/// Try expressions on the configuration and what is recorded
#[derive(Debug, Args)]
pub struct Arguments {
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<std::path::PathBuf>,
    /// Make a plan first, and answer with what it comes to
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    plan: bool,
    #[command(flatten)]
    simulate: SimulateFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    if arguments.plan {
        return planned(arguments, invocation);
    }
    let loaded = loading::load(invocation, Some((&arguments.variables, Missing::Unknown)))?;
    let state = stored::store(invocation, arguments.state.as_ref())?.load()?.state;
    let mut functions = loaded.functions(None);
    functions.console = true;
    let setting = loaded.setting(invocation);
    let (inspection, found) = plan::inspect(setting, functions.context(), loaded.variables.clone(), &state);
    if found.has_errors() && !std::io::stdin().is_terminal() {
        return Err(found);
    }
    invocation.report(found);
    talk(&inspection, invocation)
}

/// Answers with what is planned.
fn planned(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let mut loaded = loading::load(invocation, Some((&arguments.variables, Missing::of(false))))?;
    let store = stored::store(invocation, arguments.state.as_ref())?;
    let recorded = loaded.recorded(&store, invocation)?;
    let options = Options::default();
    let functions = Surroundings { console: true, ..loaded.functions(Some(jiff::Timestamp::now())) };
    let runtime = runtime()?;
    let azure = runtime.block_on(loaded.simulate(&arguments.simulate))?;
    let (evaluation, found) = runtime.block_on(async {
        let interrupts = Interrupts::listen();
        interrupts.unless_stopped(evaluate(&loaded, invocation, recorded, &options, functions.context())).await
    })?;
    if let Some(azure) = azure {
        runtime.block_on(azure.shutdown());
    }
    if found.has_errors() {
        return Err(found);
    }
    invocation.report(found);
    let setting = loaded.setting(invocation);
    talk(&plan::inspect_planned(setting, functions.context(), loaded.variables.clone(), evaluation), invocation)
}

fn talk(inspection: &Inspection<'_>, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    if std::io::stdin().is_terminal() {
        Ok(converse(inspection, invocation)?)
    } else {
        Ok(read_through(inspection, invocation))
    }
}

/// Where what was typed in this stack's folder is kept, for its owner only.
const HISTORY: &str = ".bowline/console_history";

/// Talks to a person until they leave. What is still open after a line goes on with the next one; what was asked in
/// earlier talks can be had back with the arrow keys.
fn converse(inspection: &Inspection<'_>, invocation: &Invocation) -> Result<Exit, Diagnostic> {
    let mut editor = DefaultEditor::new().map_err(|error| unusable(&error))?;
    // Without a history, or with one that cannot be read, the talk goes on all the same.
    let _ = editor.load_history(HISTORY);
    let mut input = String::new();
    loop {
        let line = match editor.readline(if input.is_empty() { "> " } else { ": " }) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) if !input.is_empty() => {
                input.clear();
                continue;
            }
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => break,
            Err(error) => return Err(unusable(&error)),
        };
        if input.is_empty() && line.trim() == "exit" {
            break;
        }
        input.push_str(&line);
        input.push('\n');
        if is_open(&input) {
            continue;
        }
        let asked = std::mem::take(&mut input);
        let asked = asked.trim_end_matches('\n');
        if !asked.trim().is_empty() {
            let _ = editor.add_history_entry(asked);
        }
        match answer(inspection, asked) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => invocation.print_line(&text),
            Err((problems, sources)) => invocation.report_on(problems, &sources),
        }
    }
    let _ = std::fs::create_dir_all(".bowline").map(|()| editor.save_history(HISTORY));
    Ok(Exit::Success)
}

fn unusable(error: &ReadlineError) -> Diagnostic {
    Diagnostic::error("Terminal cannot be used", format!("{error}. Expressions can be piped in as well."))
}

/// Reads what another program says, as Terraform does: every line is an expression, the first fault ends it all, and
/// the answer to the last one is what is printed.
fn read_through(inspection: &Inspection<'_>, invocation: &Invocation) -> Exit {
    let mut last = String::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if line.trim() == "exit" {
            return Exit::Success;
        }
        match answer(inspection, line.trim()) {
            Ok(text) => last = text,
            Err((problems, sources)) => {
                invocation.report_on(problems, &sources);
                return Exit::Failure;
            }
        }
    }
    invocation.print_line(&last);
    Exit::Success
}

const HELP: &str = "\
Every expression of the language can be tried here: it is answered with its value, from the configuration in this
folder and what the state records. For instance:

  > upper(\"a\")
  > var.region
  > azurerm_user_assigned_identity.app.client_id

An expression may go on over several lines while a bracket or a heredoc is open. The arrow keys bring back what was
asked before. Leave with \"exit\", Control-C or
Control-D.";

/// The answer to one input; nothing to none.
fn answer(inspection: &Inspection<'_>, text: &str) -> Result<String, (Diagnostics, SourceMap)> {
    match text.trim() {
        "" => return Ok(String::new()),
        "help" => return Ok(HELP.to_owned()),
        _ => {}
    }
    let mut sources = SourceMap::default();
    let source = sources.add("<console-input>", None, text);
    let (expression, mut problems): (Expression, Diagnostics) = syntax::parse_expression(source, text);
    if !problems.has_errors() {
        match inspection.answer(&expression) {
            Ok(answer) => return Ok(answer),
            Err(found) => problems.extend(found),
        }
    }
    Err((problems, sources))
}

/// Whether a bracket, an interpolation or a heredoc is still open: then the next line belongs to it.
fn is_open(text: &str) -> bool {
    let mut open: Vec<TokenKind> = Vec::new();
    for token in scan::scan(text) {
        if let Some(closer) = token.kind.closer() {
            open.push(closer);
        } else if open.last() == Some(&token.kind) {
            open.pop();
        }
    }
    // A quoted string ends with its line, whether it was closed or not.
    open.iter().any(|closer| *closer != TokenKind::CloseQuote)
}
