//! One run of the program: where it works, what the environment says, and what its screen can do.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::encryption::{self, Settled};
use crate::config::Module;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::variables::Given;
use crate::report::diagnostics;
use crate::report::style::{DEFAULT_WIDTH, Style};
use crate::span::SourceMap;
use crate::state::Workspaces;

/// What every command is given.
#[derive(Debug)]
pub struct Invocation {
    /// The process's environment.
    pub environment: BTreeMap<String, String>,
    /// Every text that was read, for diagnostics.
    pub sources: SourceMap,
    /// How standard output looks.
    pub out: Style,
    /// How standard error looks.
    pub err: Style,
    /// Show warnings as one list.
    pub compact_warnings: bool,
    /// Diagnostics go to standard output as JSON lines.
    pub json: bool,
    /// A simulator that runs already, as the command line or the environment names it.
    pub simulator: Option<String>,
    /// How states and plans are encrypted, once that is known.
    encryption: OnceLock<Settled>,
}

impl Invocation {
    /// The present process.
    pub fn new(without_color: bool) -> Self {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let colorless = without_color || environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        let style = |terminal: bool| Style {
            color: terminal && !colorless,
            framed: !without_color,
            width: if terminal { terminal_width() } else { DEFAULT_WIDTH },
        };
        Self {
            sources: SourceMap::default(),
            out: style(std::io::stdout().is_terminal()),
            err: style(std::io::stderr().is_terminal()),
            simulator: environment.get("BOWLINE_SIMULATOR").filter(|address| !address.is_empty()).cloned(),
            environment,
            compact_warnings: false,
            json: false,
            encryption: OnceLock::new(),
        }
    }

    /// How states and plans are encrypted: as a command that loaded the configuration settled it, else as the root module
    /// in the present folder says.
    pub fn encryption(&self) -> Result<&Settled, Diagnostics> {
        if let Some(settled) = self.encryption.get() {
            return Ok(settled);
        }
        let settled = encryption::of_folder(self)?;
        Ok(self.encryption.get_or_init(|| settled))
    }

    /// Settles it from a root module with the values of its variables.
    pub fn settle_encryption(&mut self, root: &Module, given: &BTreeMap<Arc<str>, Given>) -> Result<(), Diagnostics> {
        let mut sources = std::mem::take(&mut self.sources);
        let settled = encryption::of_module(root, given, self, &mut sources);
        self.sources = sources;
        self.encryption = OnceLock::from(settled?);
        Ok(())
    }

    /// A variable of the environment; an empty one counts as not set.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Works in another folder from here on.
    #[expect(clippy::unused_self, reason = "who holds an invocation may touch what belongs to the whole process")]
    pub fn change_folder(&self, folder: &Path) -> Result<(), Diagnostic> {
        std::env::set_current_dir(folder).map_err(|error| {
            Diagnostic::error(
                "Folder not found",
                format!("The folder {} that -chdir names cannot be entered: {error}.", folder.display()),
            )
        })
    }

    /// Where Terraform and Bowline keep what belongs to this copy of the stack: `.terraform`.
    pub fn data_folder(&self) -> PathBuf {
        self.variable("TF_DATA_DIR").unwrap_or(".terraform").into()
    }

    /// The workspaces of the stack in the present folder.
    pub fn workspaces(&self) -> Workspaces {
        Workspaces::new(Path::new(""), &self.data_folder())
    }

    /// The selected workspace.
    pub fn workspace(&self) -> Result<String, Diagnostic> {
        self.variable("TF_WORKSPACE").map_or_else(|| self.workspaces().selected(), |name| Ok(name.to_owned()))
    }

    /// Whether the user may be asked: `-input` and `TF_INPUT` allow it.
    pub fn may_ask(&self, flag: bool) -> bool {
        let denied = self.variable("TF_INPUT").is_some_and(|value| matches!(value, "0" | "false" | "FALSE" | "False"));
        flag && !denied && !self.json
    }

    /// Shows diagnostics: errors on standard error, warnings on standard output.
    pub fn report(&self, found: Diagnostics) {
        self.report_on(found, &self.sources);
    }

    /// The same for diagnostics on other texts.
    pub fn report_on(&self, found: Diagnostics, sources: &SourceMap) {
        if found.is_empty() {
            return;
        }
        let found = diagnostics::consolidated(diagnostics::sorted(found, sources));
        if self.json {
            for diagnostic in &found {
                self.print_line(&crate::report::ui_json::diagnostic(diagnostic, sources).to_string());
            }
            return;
        }
        if self.compact_warnings && !found.has_errors() {
            self.print(&diagnostics::compact(&found, sources, &self.out));
            return;
        }
        for diagnostic in &found {
            if diagnostic.severity == Severity::Error {
                let text = diagnostics::text(diagnostic, sources, &self.err);
                // Nobody can be told that standard error is closed.
                let _ = std::io::stderr().write_all(text.as_bytes());
            } else {
                self.print(&diagnostics::text(diagnostic, sources, &self.out));
            }
        }
    }

    /// Writes to standard output. A reader that went away (`bowline show | head`) is no error.
    #[expect(clippy::unused_self, reason = "who holds an invocation may touch what belongs to the whole process")]
    pub fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// [`Invocation::print`] with a line end.
    pub fn print_line(&self, line: &str) {
        self.print(&format!("{line}\n"));
    }

    /// Reads a line that the user types; `None` at the end of input.
    pub fn ask(&self, prompt: &str) -> Option<String> {
        self.print(prompt);
        read_line()
    }

    /// The same, while an interrupt can still be heard: nobody waits for the thread that reads.
    pub async fn ask_aside(&self, prompt: &str) -> Option<String> {
        self.print(prompt);
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || drop(tell.send(read_line())));
        told.await.ok().flatten()
    }
}

fn read_line() -> Option<String> {
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(length) if length > 0 => Some(line.trim_end_matches(['\n', '\r']).to_owned()),
        _ => None,
    }
}

/// The columns of the terminal; `COLUMNS` of the environment decides where it is set.
fn terminal_width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let measured = || terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
    asked.or_else(measured).filter(|width| *width > 20).unwrap_or(DEFAULT_WIDTH)
}

/// The threads that network and disk are waited for on; made only by commands that need them.
pub fn runtime() -> Result<tokio::runtime::Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Diagnostic::error("Threads not started", format!("The operating system refused to start threads: {error}."))
    })
}
