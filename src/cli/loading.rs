//! What every command that plans needs first: the configuration, the values given for its variables, the providers,
//! and the surroundings of the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::flags::VariableFlags;
use super::invocation::Invocation;
use super::other_states::OtherStates;
use super::variables::Missing;
use crate::checks;
use crate::config::{self, Configuration};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval;
use crate::eval::constant::{Constants, Gather};
use crate::eval::variables::Given;
use crate::graph::ConfigGraph;
use crate::plan::{self, Plan, Setting};
use crate::provider::{Holdups, Mentioned, Registry, Surroundings};
use crate::simulator;
use crate::span::SourceMap;
use crate::state::{self, Store};

/// The embedded Azure instead of the real one.
#[derive(Debug, Clone, Args)]
pub struct SimulateFlags {
    /// Work on the embedded Azure, whose world is kept under .bowline/, or on a "bowline simulator" that runs at URL
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub simulate: Option<String>,
}

impl SimulateFlags {
    /// The running simulator that is named, by the flag or by the environment; `None` without the flag, or where an
    /// embedded one is meant.
    pub fn address(&self, environment: &BTreeMap<String, String>) -> Result<Option<String>, Diagnostic> {
        let named = environment.get("BOWLINE_SIMULATOR").map_or("", String::as_str);
        match self.simulate.as_deref().map(|url| if url.is_empty() { named } else { url }) {
            None | Some("") => Ok(None),
            Some(running) => on_loopback(running).map(Some),
        }
    }
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
    /// [`Loaded::refuse_invalid`] refused nothing.
    pub validated: bool,
}

/// All providers.
pub fn registry() -> Registry {
    use crate::azure::provider::{azapi, azuread, azurerm, bowline};
    use crate::kubernetes::KubernetesProvider;
    let remote: [Arc<dyn crate::provider::Provider>; 5] = [
        Arc::new(azurerm()),
        Arc::new(azapi()),
        Arc::new(azuread()),
        Arc::new(bowline()),
        Arc::new(KubernetesProvider::new()),
    ];
    Registry::new(crate::builtin::providers().into_iter().chain(remote).collect())
}

/// Reads the configuration in a folder and checks each module on its own. What is given for variables is gathered only
/// when the source of a module needs it.
pub fn read(folder: &Path, sources: &mut SourceMap, given: Gather<'_>) -> (Configuration, Diagnostics) {
    let functions = eval::templates::Surroundings::default();
    let context = functions.context();
    config::load(folder, sources, &mut Constants::new(&context, given))
}

/// [`read`] for whoever has no command line and no environment at hand.
pub fn read_alone(folder: &Path, sources: &mut SourceMap) -> (Configuration, Diagnostics) {
    let (environment, flags) = (BTreeMap::new(), VariableFlags::default());
    read(folder, sources, super::variables::early(&environment, &flags))
}

/// The configuration that a saved plan holds, in the folder where it was unpacked.
pub fn read_saved(folder: &Path, sources: &mut SourceMap, plan: &Plan) -> (Configuration, Diagnostics) {
    read(folder, sources, Box::new(|_, _| (super::variables::planned(plan), Diagnostics::new())))
}

/// Loads the configuration in the present folder, with the values given for its variables. Shows warnings.
pub fn load(invocation: &mut Invocation, flags: Option<(&VariableFlags, Missing)>) -> Result<Loaded, Diagnostics> {
    let (loaded, warnings) = load_quietly(invocation, flags)?;
    invocation.report(warnings);
    Ok(loaded)
}

/// [`load`] for whoever shows warnings with others, later.
pub fn load_quietly(
    invocation: &mut Invocation,
    flags: Option<(&VariableFlags, Missing)>,
) -> Result<(Loaded, Diagnostics), Diagnostics> {
    let folder = PathBuf::from(".");
    let mut found = Diagnostics::new();
    let written = flags.map(|(flags, _)| flags.clone()).unwrap_or_default();
    let given = super::variables::early(&invocation.environment, &written);
    let configuration = sound(&mut found, read(&folder, &mut invocation.sources, given))?;
    sound(&mut found, ((), checks::refuse_unknown(&configuration)))?;
    let variables = match flags {
        Some((flags, missing)) => super::variables::given(invocation, &configuration, flags, missing)?,
        None => BTreeMap::new(),
    };
    if flags.is_some() {
        invocation.settle_encryption(&configuration.root, &variables)?;
    }
    sound(&mut found, ((), config::check_calls(&configuration)))?;
    let graph = sound(&mut found, ConfigGraph::build(&configuration))?;
    let workspace = invocation.workspace()?;
    let surroundings = Surroundings {
        environment: invocation.environment.clone(),
        folder: folder.clone(),
        simulator: None,
        version_constraint: None,
        mentioned: Mentioned::default(),
        remote_states: Some(OtherStates::of(invocation)?),
        holdups: Holdups::default(),
    };
    let folder = std::env::current_dir().unwrap_or(folder);
    let loaded = Loaded {
        configuration,
        graph,
        registry: registry(),
        variables,
        workspace,
        surroundings,
        folder,
        validated: false,
    };
    Ok((loaded, found))
}

/// A step's result, or with an error everything that was found up to it.
fn sound<T>(found: &mut Diagnostics, step: (T, Diagnostics)) -> Result<T, Diagnostics> {
    let value = found.take(step);
    if found.has_errors() { Err(std::mem::take(found)) } else { Ok(value) }
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
    /// For what needs to know only which providers there are.
    pub fn without_values(configuration: Configuration) -> Self {
        // A circle does not matter before anything is evaluated.
        let (graph, _) = ConfigGraph::build(&configuration);
        let folder = std::env::current_dir().unwrap_or_default();
        let (variables, workspace, surroundings) = Default::default();
        Self {
            configuration,
            graph,
            registry: registry(),
            variables,
            workspace,
            surroundings,
            folder,
            validated: false,
        }
    }

    /// What planning and apply work on.
    pub fn setting<'c>(&'c self, invocation: &'c Invocation) -> Setting<'c> {
        Setting {
            configuration: &self.configuration,
            sources: &invocation.sources,
            graph: &self.graph,
            registry: &self.registry,
            surroundings: &self.surroundings,
            workspace: &self.workspace,
            stand_ins: None,
            validated: self.validated,
        }
    }

    /// Refuses what [`plan::validate`] refuses, as is done before every plan. Warnings come again with the plan.
    pub fn refuse_invalid(&mut self, invocation: &Invocation) -> Result<(), Diagnostics> {
        let functions = self.functions(Some(jiff::Timestamp::now()));
        let found = plan::validate(self.setting(invocation), functions.context());
        self.validated = !found.has_errors();
        if self.validated { Ok(()) } else { Err(found) }
    }

    /// What is recorded, read while the configuration is validated. As in Terraform both come after the lock.
    pub fn recorded(&mut self, store: &Store, invocation: &Invocation) -> Result<state::Loaded, Diagnostics> {
        let (recorded, valid) = std::thread::scope(|scope| {
            let reading = scope.spawn(|| store.load());
            let valid = self.refuse_invalid(invocation);
            (reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), valid)
        });
        valid?;
        Ok(recorded?)
    }

    /// What functions run in while a plan is carried out: the moment of the plan stays what it was.
    pub fn functions_applying(&self, plan: &plan::Plan) -> eval::templates::Surroundings {
        eval::templates::Surroundings { plan_time: plan.timestamp.parse().ok(), ..self.functions(None) }
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
        let (address, running) = start_simulator(flags, &self.surroundings.environment).await?;
        if address.is_some() {
            self.surroundings.simulator = address;
        }
        Ok(running)
    }
}

/// The address of the embedded Azure when that is asked for, and what runs it when it was started for this run. With the
/// bare flag, the environment may name one that serves several runs.
pub async fn start_simulator(
    flags: &SimulateFlags,
    environment: &BTreeMap<String, String>,
) -> Result<(Option<String>, Option<simulator::Running>), Diagnostics> {
    if flags.simulate.is_none() {
        return Ok((None, None));
    }
    if let Some(running) = flags.address(environment)? {
        return Ok((Some(running), None));
    }
    let options = simulator::Options { world: Some(world_file(Path::new("."))), ..simulator::Options::default() };
    let running = simulator::start(options)
        .await
        .map_err(|error| Diagnostic::error("Embedded Azure cannot be started", format!("{error}.")))?;
    Ok((Some(running.url()), Some(running)))
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
