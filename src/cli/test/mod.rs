//! `bowline test`: carries out the runs of the stack's test files, against the embedded Azure unless told otherwise.

pub mod files;
mod given;
mod teller;

use std::path::{Path, PathBuf};

use clap::Args;
use indexmap::IndexMap;

use super::Exit;
use super::flags::{OutputFlags, VariableFlags, parse_bool};
use super::interrupts::Interrupts;
use super::invocation::{Invocation, runtime};
use super::loading::{self, SimulateFlags};
use super::other_states::OtherStates;
use super::snapshots::Snapshots;
use crate::apply::Stop;
use crate::config::Configuration;
use crate::config::test::TestFile;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::did_you_mean;
use crate::provider::{Mentioned, Registry, Surroundings};
use crate::report::junit;
use crate::simulator;
use crate::testing::{self, Bench, FileResult, Status};

use files::Found;
use teller::Teller;

pub use files::modules_of_runs;

/// Try the stack: carry out its test files
///
/// Test files end in .tftest.hcl or .tftest.json and lie in the stack's folder or in tests/. Their runs work on states of
/// their own, and on an embedded Azure that is empty at the beginning of each file; with -live they work on the real one,
/// and what they make is destroyed when the file ends.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline test\n  bowline test -filter=tests/network.tftest.hcl -verbose\n  bowline test -junit-xml=tests.xml\n  bowline test -accept"
)]
#[allow(clippy::struct_excessive_bools)] // Terraform's flags, independent of one another.
pub struct Arguments {
    /// Only this test file; may be repeated
    #[arg(long, value_name = "FILE")]
    filter: Vec<String>,
    /// The folder of test files beside the stack's own
    #[arg(long, value_name = "DIR")]
    test_directory: Option<PathBuf>,
    /// Print the plan or the state of each run
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    verbose: bool,
    /// Print JSON lines for tools
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    json: bool,
    /// Write the results to this file, in the XML of `JUnit`
    #[arg(long, value_name = "FILE")]
    junit_xml: Option<PathBuf>,
    /// Take plans that moved as the snapshots from now on
    #[arg(long)]
    accept: bool,
    /// Work on the real Azure
    #[arg(long, conflicts_with = "simulate")]
    live: bool,
    /// How many reads or writes go on at once
    #[arg(long, value_name = "N", default_value_t = 10)]
    parallelism: usize,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    simulate: SimulateFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    invocation.json = arguments.json;
    let _ = arguments.output.no_color;
    if arguments.json {
        invocation.print_line(&crate::report::ui_json::version().to_string());
    }
    let folder = arguments.test_directory.as_deref().unwrap_or(Path::new("tests"));
    let Found { configuration, files, modules } = files::find(folder, arguments.test_directory.is_some(), invocation)?;
    let chosen = chosen(&files, &arguments.filter)?;
    let globals = given::globals(folder, &configuration, &modules, &arguments.variables, invocation)?;
    let snapshots = Snapshots::new(arguments.accept);
    let registry = loading::registry();
    let teller = Teller::new(invocation, &registry, &snapshots, arguments.json, arguments.verbose);
    teller.begin(&chosen);
    let run = Tests {
        arguments,
        invocation,
        configuration: &configuration,
        modules: &modules,
        globals: &globals,
        registry: &registry,
        teller: &teller,
        stop: Stop::default(),
    };
    let results = runtime()?.block_on(run.carry_out(&chosen))?;
    let interrupted = run.stop.is_requested();
    if arguments.filter.is_empty() && !interrupted {
        teller.orphans(folder);
    }
    teller.conclude(&results, interrupted);
    if let Some(path) = &arguments.junit_xml {
        std::fs::write(path, junit::document(&results, &invocation.sources)).map_err(|error| {
            Diagnostic::error("File cannot be written", format!("{} cannot be written: {error}.", path.display()))
        })?;
    }
    let good = results.iter().all(|file| file.status <= Status::Pass) && !interrupted;
    Ok(if good { Exit::Success } else { Exit::Failure })
}

/// The files that `-filter` names; all without one.
fn chosen<'f>(files: &'f [TestFile], filter: &[String]) -> Result<Vec<&'f TestFile>, Diagnostics> {
    let normal = |name: &str| name.trim_start_matches("./").to_owned();
    let mut found = Diagnostics::new();
    for name in filter.iter().map(|name| normal(name)) {
        if !files.iter().any(|file| file.name == name) {
            let known = || files.iter().map(|file| &*file.name);
            let hint = did_you_mean(&name, known());
            let list = known().collect::<Vec<_>>().join(", ");
            let detail =
                format!("The -filter option names {name}, which is no test file here.{hint} There are: {list}.");
            found.push(Diagnostic::error("Unknown test file", detail));
        }
    }
    if found.has_errors() {
        return Err(found);
    }
    let wanted = |file: &&TestFile| filter.is_empty() || filter.iter().any(|name| normal(name) == file.name);
    Ok(files.iter().filter(wanted).collect())
}

/// What carrying test files out needs.
struct Tests<'t> {
    arguments: &'t Arguments,
    invocation: &'t Invocation,
    configuration: &'t Configuration,
    modules: &'t IndexMap<String, IndexMap<std::sync::Arc<str>, Configuration>>,
    globals: &'t given::Globals,
    registry: &'t Registry,
    teller: &'t Teller<'t>,
    stop: Stop,
}

impl Tests<'_> {
    async fn carry_out(&self, files: &[&TestFile]) -> Result<Vec<FileResult>, Diagnostics> {
        let interrupts = Interrupts::listen();
        let scratch = tempfile::tempdir().map_err(|error| {
            Diagnostic::error("Folder cannot be made", format!("No temporary folder can be made: {error}."))
        })?;
        let work = Box::pin(async {
            let mut results = Vec::new();
            for file in files {
                results.push(self.carry_out_one(file, scratch.path()).await?);
            }
            Ok(results)
        });
        interrupts.during_tests(&self.stop, || self.teller.what_is_left(), work).await
    }

    async fn carry_out_one(&self, file: &TestFile, scratch: &Path) -> Result<FileResult, Diagnostics> {
        let nothing = IndexMap::new();
        let modules = self.modules.get(&file.name).unwrap_or(&nothing);
        let all = || std::iter::once(self.configuration).chain(modules.values());
        let azure = self.simulator(all().any(touches_azure)).await?;
        let given = self.arguments.simulate.address(&self.invocation.environment)?;
        let surroundings = Surroundings {
            environment: self.invocation.environment.clone(),
            folder: PathBuf::from("."),
            simulator: azure.as_ref().map(simulator::Running::url).or(given),
            version_constraint: None,
            mentioned: Mentioned::default(),
            holdups: crate::provider::Holdups::default(),
            remote_states: Some(OtherStates::of(self.invocation)?),
        };
        let workspace = self.invocation.workspace()?;
        let bench = Bench {
            file,
            configuration: self.configuration,
            modules,
            sources: &self.invocation.sources,
            registry: self.registry,
            surroundings: &surroundings,
            workspace: &workspace,
            folder: &std::env::current_dir().unwrap_or_default(),
            scratch,
            globals: self.globals.of(file),
            audience: self.teller,
            stop: &self.stop,
            parallelism: self.arguments.parallelism.max(1),
        };
        let result = testing::run_file(&bench).await;
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok(result)
    }

    /// An empty Azure of the file's own, unless it is to work on another one, or has nothing to do with Azure.
    async fn simulator(&self, needed: bool) -> Result<Option<simulator::Running>, Diagnostics> {
        if self.arguments.live || !needed || self.arguments.simulate.simulate.is_some() {
            return Ok(None);
        }
        let running = simulator::start(simulator::Options::default())
            .await
            .map_err(|error| Diagnostic::error("Embedded Azure cannot be started", format!("{error}.")))?;
        Ok(Some(running))
    }
}

/// Whether a configuration has anything of Azure's.
fn touches_azure(configuration: &Configuration) -> bool {
    let is_azure = |kind: &str| ["azurerm_", "azapi_", "bowline_"].iter().any(|prefix| kind.starts_with(prefix));
    configuration.modules().any(|module| {
        module.resources.keys().any(|resource| is_azure(&resource.kind))
            || module.providers.iter().any(|block| matches!(&*block.name, "azurerm" | "azapi" | "azuread" | "bowline"))
    })
}
