//! What every command that plans needs first: the configuration, the values given for its variables, the providers,
//! and the surroundings of the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::flags::VariableFlags;
use super::invocation::Invocation;
use super::variables::Missing;
use crate::config::{self, Configuration};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval;
use crate::eval::variables::Given;
use crate::graph::ConfigGraph;
use crate::plan::Setting;
use crate::provider::{Mentioned, Registry, Surroundings};
use crate::simulator;

/// The embedded Azure instead of the real one.
#[derive(Debug, Clone, Args)]
pub struct SimulateFlags {
    /// Work on the embedded Azure, whose world is kept under .bowline/, or on a "bowline simulator" that runs at URL
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub simulate: Option<String>,
}

/// The configuration of a run.
pub struct Loaded {
    /// What was written.
    pub configuration: Configuration,
    /// Its graph.
    pub graph: ConfigGraph,
    /// The providers there are.
    pub registry: Registry,
    /// The root module's variables as given.
    pub variables: BTreeMap<Arc<str>, Given>,
    /// The workspace.
    pub workspace: String,
    /// What providers may look at.
    pub surroundings: Surroundings,
    /// The folder that the process works in.
    pub folder: PathBuf,
}

/// All providers.
pub fn registry() -> Registry {
    use crate::azure::provider::{azapi, azurerm, bowline};
    let azure: [Arc<dyn crate::provider::Provider>; 3] = [Arc::new(azurerm()), Arc::new(azapi()), Arc::new(bowline())];
    Registry::new(crate::builtin::providers().into_iter().chain(azure).collect())
}

/// Loads the configuration in the present folder, with the values given for its variables.
pub fn load(invocation: &mut Invocation, flags: Option<(&VariableFlags, Missing)>) -> Result<Loaded, Diagnostics> {
    let folder = PathBuf::from(".");
    let (configuration, problems) = config::load(&folder, &mut invocation.sources);
    refuse_errors(invocation, problems)?;
    let (graph, problems) = ConfigGraph::build(&configuration);
    refuse_errors(invocation, problems)?;
    let variables = match flags {
        Some((flags, missing)) => super::variables::given(invocation, &configuration, flags, missing)?,
        None => BTreeMap::new(),
    };
    let workspace = invocation.workspace()?;
    let surroundings = Surroundings {
        environment: invocation.environment.clone(),
        folder: folder.clone(),
        simulator: None,
        version_constraint: None,
        mentioned: Mentioned::default(),
    };
    let folder = std::env::current_dir().unwrap_or(folder);
    Ok(Loaded { configuration, graph, registry: registry(), variables, workspace, surroundings, folder })
}

/// Shows warnings, and gives errors back.
pub fn refuse_errors(invocation: &Invocation, problems: Diagnostics) -> Result<(), Diagnostics> {
    if problems.has_errors() {
        return Err(problems);
    }
    invocation.report(problems);
    Ok(())
}

impl Loaded {
    /// What planning and apply work on.
    pub fn setting<'c>(&'c self, invocation: &'c Invocation) -> Setting<'c> {
        Setting {
            configuration: &self.configuration,
            sources: &invocation.sources,
            graph: &self.graph,
            registry: &self.registry,
            surroundings: &self.surroundings,
            workspace: &self.workspace,
        }
    }

    /// What functions run in; with a moment, that of the plan that is being made.
    pub fn functions(&self, planning: Option<jiff::Timestamp>) -> eval::templates::Surroundings {
        eval::templates::Surroundings {
            folder: self.folder.clone(),
            planning: planning.is_some(),
            plan_time: planning,
            console: false,
        }
    }

    /// Starts the embedded Azure when that is asked for; it ends with what is returned. One that runs already is used
    /// as it is, and goes on.
    pub async fn simulate(&mut self, flags: &SimulateFlags) -> Result<Option<simulator::Running>, Diagnostics> {
        // With the bare flag, the environment may name one that serves several runs.
        let named = self.surroundings.environment.get("BOWLINE_SIMULATOR").map_or("", String::as_str);
        match flags.simulate.as_deref().map(|url| if url.is_empty() { named } else { url }) {
            None => return Ok(None),
            Some("") => {}
            Some(running) => {
                self.surroundings.simulator = Some(on_loopback(running)?);
                return Ok(None);
            }
        }
        let options = simulator::Options { world: Some(world_file(Path::new("."))), ..simulator::Options::default() };
        let running = simulator::start(options)
            .await
            .map_err(|error| Diagnostic::error("Embedded Azure cannot be started", format!("{error}.")))?;
        self.surroundings.simulator = Some(running.url());
        Ok(Some(running))
    }
}

/// A simulator's address. Anything else than this machine is refused: a token for the simulator is worth nothing, but
/// a stack that is meant for it would be sent in clear text to whoever listens.
fn on_loopback(address: &str) -> Result<String, Diagnostic> {
    let host = address.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    match host.and_then(|host| host.parse::<std::net::SocketAddr>().ok()) {
        Some(socket) if socket.ip().is_loopback() => Ok(format!("http://{socket}")),
        _ => Err(Diagnostic::error(
            "Invalid address of the simulator",
            format!(
                "\"{address}\" is not the address of a simulator on this machine. Give what \"bowline simulator\" prints, such \
                 as -simulate=http://127.0.0.1:4711, or -simulate alone for an embedded one."
            ),
        )),
    }
}

/// Where the world of a stack's embedded Azure is kept.
pub fn world_file(stack: &Path) -> PathBuf {
    stack.join(".bowline").join("world.jsonl")
}
