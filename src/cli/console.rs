//! `bowline console`: expressions in, values out.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::Exit;
use super::flags::{OutputFlags, VariableFlags};
use super::invocation::Invocation;
use super::variables::Missing;
use super::{loading, stored};
use crate::diagnostic::Diagnostics;
use crate::plan::{self, Inspection};
use crate::syntax::token::TokenKind;
use crate::syntax::tree::Expression;
use crate::syntax::{self, scan};

/// Try expressions on the configuration and what is recorded
#[derive(Debug, Args)]
pub struct Arguments {
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<std::path::PathBuf>,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let loaded = loading::load(invocation, Some((&arguments.variables, Missing::Unknown)))?;
    let state = stored::store(invocation, arguments.state.as_ref())?.load()?.state;
    let mut functions = loaded.functions(None);
    functions.console = true;
    let setting = loaded.setting(invocation);
    let (inspection, found) = plan::inspect(setting, functions.context(), loaded.variables.clone(), &state);
    let interactive = std::io::stdin().is_terminal();
    if found.has_errors() && !interactive {
        return Err(found);
    }
    invocation.report(found);
    converse(&inspection, invocation, interactive)
}

/// Reads inputs to the end. At a terminal a fault is told and the talk goes on; elsewhere it ends the command.
fn converse(inspection: &Inspection<'_>, invocation: &Invocation, interactive: bool) -> Result<Exit, Diagnostics> {
    let mut input = String::new();
    prompt(interactive, "> ");
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if input.is_empty() && matches!(line.trim(), "exit" | "quit") {
            break;
        }
        input.push_str(&line);
        input.push('\n');
        if is_open(&input) {
            prompt(interactive, ": ");
            continue;
        }
        let exit = one(inspection, invocation, std::mem::take(&mut input).trim_end_matches('\n'));
        if exit == Exit::Failure && !interactive {
            return Ok(exit);
        }
        prompt(interactive, "> ");
    }
    if !input.trim().is_empty() {
        return Ok(one(inspection, invocation, input.trim_end_matches('\n')));
    }
    Ok(Exit::Success)
}

fn one(inspection: &Inspection<'_>, invocation: &Invocation, text: &str) -> Exit {
    if text.trim().is_empty() {
        return Exit::Success;
    }
    let mut sources = crate::span::SourceMap::default();
    let source = sources.add("<console-input>", None, text);
    let (expression, mut problems): (Expression, Diagnostics) = syntax::parse_expression(source, text);
    if !problems.has_errors() {
        match inspection.answer(&expression) {
            Ok(answer) => {
                invocation.print_line(&answer);
                return Exit::Success;
            }
            Err(found) => problems.extend(found),
        }
    }
    invocation.report_on(problems, &sources);
    Exit::Failure
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

fn prompt(interactive: bool, text: &str) {
    if interactive {
        print!("{text}");
        // Without a prompt the talk goes on all the same.
        let _ = std::io::stdout().flush();
    }
}
