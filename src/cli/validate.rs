//! `bowline validate`: whether the configuration is right, without anybody's values, state or Azure.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::{loading, meaning, saving, test};
use crate::checks;
use crate::config::test::TestFolder;
use crate::diagnostic::{Diagnostics, Severity};
use crate::plan;
use crate::report::diagnostics;

/// Check the configuration
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline validate\n  bowline validate -json\n  bowline validate -checks=error -sarif=findings.sarif"
)]
pub struct Arguments {
    /// What becomes of what the checks find: nothing, warnings, warnings also of notes, or errors
    #[arg(long, value_name = "MODE", value_enum, default_value_t = checks::Mode::Warn)]
    checks: checks::Mode,
    /// Write what the checks find to this file, in SARIF
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
    /// Leave the test files alone
    #[arg(long)]
    no_tests: bool,
    /// The folder of test files beside the stack's own
    #[arg(long, value_name = "DIR")]
    test_directory: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
}

impl Arguments {
    /// What is wrong with the form of the test files.
    fn tests(&self, invocation: &mut Invocation) -> Diagnostics {
        if self.no_tests {
            return Diagnostics::new();
        }
        let path = self.test_directory.as_deref().unwrap_or(Path::new("tests"));
        let folder = TestFolder { path, named: self.test_directory.is_some() };
        test::files::read(Path::new("."), &folder, &mut invocation.sources).1
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let mut findings = Vec::new();
    let mut found = match loading::load_quietly(invocation, None) {
        Ok((loaded, mut found)) => {
            let functions = loaded.functions(Some(jiff::Timestamp::now()));
            found.extend(plan::validate(loaded.setting(invocation), functions.context()));
            if !found.has_errors() {
                findings = meaning::foreseen(&loaded, invocation);
                found.extend(checks::diagnostics(&findings, arguments.checks));
            }
            found
        }
        Err(found) => found,
    };
    found.extend(arguments.tests(invocation));
    if let Some(path) = &arguments.sarif {
        saving::sarif(path, &findings, invocation)?;
    }
    let exit = if found.has_errors() { Exit::Failure } else { Exit::Success };
    if arguments.json {
        let found = diagnostics::sorted(found, &invocation.sources);
        invocation.print_line(&validation(&found, invocation));
        return Ok(exit);
    }
    let (sound, silent) = (!found.has_errors(), found.is_empty());
    invocation.report(found);
    if sound {
        let also = if silent { "" } else { ", but there were some validation warnings as shown above" };
        invocation.print_line(&format!("Success! The configuration is valid{also}.\n"));
    }
    Ok(exit)
}

/// Terraform's JSON for tools.
fn validation(found: &Diagnostics, invocation: &Invocation) -> String {
    let count = |severity: Severity| found.iter().filter(|d| d.severity == severity).count();
    let document = serde_json::json!({
        "format_version": "1.0",
        "valid": !found.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": found.iter().map(|d| diagnostics::json(d, &invocation.sources)).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
