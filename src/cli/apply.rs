//! `bowline apply`: carries a plan out, one just made or one saved before. `bowline destroy` is the same with
//! `-destroy`, `bowline refresh` with `-refresh-only -auto-approve`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Exit;
use super::flags::StateFlags;
use super::interrupts::Interrupts;
use super::invocation::{Invocation, runtime};
use super::loading::{self, Loaded};
use super::meaning::Meaning;
use super::other_states::OtherStates;
use super::planning::{PlanFlags, make};
use super::variables::Missing;
use super::{saving, stale, stored};
use crate::apply::{self, Applied, Means, Stop};
use crate::checks;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::rules::comes_of_check;
use crate::graph::ConfigGraph;
use crate::plan::{Mode, Options, Plan};
use crate::report::progress::Progress;
use crate::state::{Lock, Store, Unfinished};

/// Make the world as the configuration says
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bowline apply\n  bowline apply plan.out\n  bowline apply -auto-approve -target=module.workload\n  bowline apply -timeline=apply.html"
)]
pub struct Arguments {
    #[command(flatten)]
    flags: PlanFlags,
    #[command(flatten)]
    state: PathFlags,
    /// Write to this file where the time went: one page of HTML
    #[arg(long, value_name = "FILE")]
    timeline: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// A plan that "plan -out" saved; it is carried out as it is, without asking
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
}

/// Where the state lies.
#[derive(Debug, Clone, Args)]
pub struct PathFlags {
    /// Read the state from this file, and write it there too
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// Write the state to this file instead
    #[arg(long, value_name = "PATH")]
    state_out: Option<PathBuf>,
    /// Keep the previous state in this file; "-" keeps none
    #[arg(long, value_name = "PATH")]
    backup: Option<PathBuf>,
}

impl Arguments {
    /// As `destroy`.
    #[must_use]
    pub fn destroying(mut self) -> Self {
        self.flags.destroy = true;
        self
    }

    /// As `refresh`.
    #[must_use]
    pub fn refreshing(mut self) -> Self {
        self.flags.refresh_only = true;
        self.auto_approve = true;
        self
    }
}

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let flags = &arguments.flags;
    invocation.json = flags.json;
    invocation.compact_warnings = flags.compact_warnings;
    if flags.json && !arguments.auto_approve && arguments.plan.is_none() {
        return Err(Diagnostic::error(
            "Plan file or auto-approve required",
            "With -json nobody can be asked: give a saved plan, or -auto-approve.",
        )
        .into());
    }
    match &arguments.plan {
        Some(path) => saved(path, arguments, invocation),
        None => fresh(arguments, invocation),
    }
}

/// Where the state of a run lies.
fn store_of(loaded: &Loaded, arguments: &Arguments, invocation: &Invocation) -> Result<Store, Diagnostics> {
    let PathFlags { state, state_out, backup } = arguments.state.clone();
    let flags = StateFlags { state_out, backup, ..StateFlags::of_file(state.as_ref(), &arguments.flags.lock) };
    let simulated = arguments.flags.simulate.simulate.is_some();
    stored::of_run(loaded.configuration.root.backend.as_ref(), simulated, &flags, invocation)
}

/// Plans, shows, asks, applies.
fn fresh(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let progress = Arc::new(Progress::new(invocation.out, invocation.json));
    let flags = &arguments.flags;
    let options = flags.options()?;
    let may_ask = invocation.may_ask(flags.input);
    let mut loaded = loading::load(invocation, Some((&flags.variables, Missing::of(may_ask))))?;
    let store = &store_of(&loaded, arguments, invocation)?;
    let lock = stored::lock(store, &flags.lock, "OperationTypeApply", invocation)?;
    let recorded = loaded.recorded(store, invocation)?;
    let unfinished = recorded.unfinished().to_vec();
    let exit = runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let azure = loaded.simulate(&flags.simulate).await?;
        let planning = make(&loaded, invocation, recorded, &options, &progress);
        let (plan, mut found) = interrupts.unless_stopped(planning).await?;
        let meaning = Meaning::of(&plan, &loaded, invocation);
        found.extend(checks::diagnostics(&meaning.findings, flags.checks));
        let errored = found.has_errors();
        meaning.show(&plan, &loaded, flags.detail(), &progress);
        if !errored && (arguments.auto_approve || !plan.has_changes()) {
            // Nobody is asked anything, and the checks speak once more at the end.
            found = found.into_iter().filter(|problem| !comes_of_check(problem)).collect();
        }
        invocation.report(found);
        let wanted = !errored
            && (!plan.has_changes()
                || arguments.auto_approve
                || approved(&options, invocation, may_ask, &interrupts).await?);
        let exit = if wanted {
            let timeline = arguments.timeline.as_deref();
            let run =
                Run { unfinished, loaded: &loaded, invocation, store, lock: &lock, progress, interrupts, timeline };
            run.carry_out(plan).await?
        } else {
            Exit::Failure
        };
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>(exit)
    })?;
    lock.release()?;
    Ok(exit)
}

/// Carries a saved plan out, if what it was made from is still recorded.
fn saved(path: &Path, arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let progress = Arc::new(Progress::new(invocation.out, invocation.json));
    let flags = &arguments.flags;
    let mut saved = saving::read(path, invocation)?;
    if saved.plan.errored {
        let detail = "Planning ended with errors, and so this plan holds only what could be planned before. Such a plan can be \
                      shown, but not applied: mend what the errors tell, and plan again.";
        return Err(Diagnostic::error("Cannot apply incomplete plan", detail).into());
    }
    let unpacked = saving::unpack(&saved)?;
    let (configuration, problems) = loading::read_saved(&unpacked.root, &mut invocation.sources, &saved.plan);
    loading::refuse_errors(invocation, problems)?;
    let (graph, problems) = ConfigGraph::build(&configuration);
    loading::refuse_errors(invocation, problems)?;
    super::variables::refuse_other_values(invocation, &configuration, &flags.variables, &saved.plan)?;
    let mut variables = super::variables::ephemeral(invocation, &configuration, &flags.variables)?;
    variables.extend(super::variables::planned(&saved.plan));
    let mut loaded = Loaded {
        configuration,
        graph,
        registry: loading::registry(),
        variables,
        workspace: saved.workspace.clone(),
        surroundings: crate::provider::Surroundings {
            environment: invocation.environment.clone(),
            folder: PathBuf::from("."),
            simulator: None,
            version_constraint: None,
            mentioned: crate::provider::Mentioned::default(),
            remote_states: Some(OtherStates::of(invocation)?),
            holdups: crate::provider::Holdups::default(),
        },
        folder: std::env::current_dir().unwrap_or_default(),
        validated: false,
    };
    let store = &store_of(&loaded, arguments, invocation)?;
    let lock = stored::lock(store, &flags.lock, "OperationTypeApply", invocation)?;
    let recorded = store.load()?;
    stale::brought_up(&mut saved, &recorded, path)?;
    let unfinished = recorded.unfinished().to_vec();
    let mut plan = saved.plan;
    plan.options.parallelism = flags.parallelism.max(1);
    let exit = runtime()?.block_on(async {
        let interrupts = Interrupts::listen();
        let azure = loaded.simulate(&flags.simulate).await?;
        let timeline = arguments.timeline.as_deref();
        let run = Run { unfinished, loaded: &loaded, invocation, store, lock: &lock, progress, interrupts, timeline };
        let exit = run.carry_out(plan).await?;
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        Ok::<_, Diagnostics>(exit)
    })?;
    lock.release()?;
    Ok(exit)
}

/// Asks; only "yes" is a yes.
async fn approved(
    options: &Options,
    invocation: &Invocation,
    may_ask: bool,
    interrupts: &Interrupts,
) -> Result<bool, Diagnostic> {
    if !may_ask {
        return Err(Diagnostic::error(
            "Approval needed",
            "The plan has changes, and nobody can be asked. Run with -auto-approve, or apply a saved plan.",
        ));
    }
    let question = match options.mode {
        Mode::Normal => {
            "Do you want to perform these actions?\n  Bowline will perform the actions described above.\n  Only 'yes' will be \
             accepted to approve."
        }
        Mode::Destroy => {
            "Do you really want to destroy all resources?\n  Bowline will destroy all your managed infrastructure, as shown \
             above.\n  There is no undo. Only 'yes' will be accepted to confirm."
        }
        Mode::RefreshOnly => {
            "Would you like to update the state to reflect these detected changes?\n  Bowline will write these changes to the \
             state without modifying any real infrastructure.\n  There is no undo. Only 'yes' will be accepted to confirm."
        }
    };
    let prompt = format!("\n{question}\n\n  Enter a value: ");
    let answer = interrupts.unless_stopped(invocation.ask_aside(&prompt)).await?;
    let yes = answer.as_deref() == Some("yes");
    if !yes {
        let what = if options.mode == Mode::Destroy { "Destroy" } else { "Apply" };
        invocation.print_line(&format!("\n{what} cancelled."));
    }
    Ok(yes)
}

/// What carrying a plan out needs.
struct Run<'r> {
    unfinished: Vec<Unfinished>,
    loaded: &'r Loaded,
    invocation: &'r Invocation,
    store: &'r Store,
    lock: &'r Lock,
    progress: Arc<Progress>,
    interrupts: Interrupts,
    /// Where to write where the time went.
    timeline: Option<&'r Path>,
}

impl Run<'_> {
    /// Carries a plan out, records what came of it, and says so.
    async fn carry_out(&self, mut plan: Plan) -> Result<Exit, Diagnostics> {
        let (invocation, loaded) = (self.invocation, self.loaded);
        let open: Vec<_> = self.unfinished.iter().filter(|u| !plan.settled.contains(&u.object)).cloned().collect();
        let digest = plan.timestamp.clone();
        let journal = Arc::new(self.store.begin(self.lock, &mut plan.prior, &digest, &open)?);
        let stop = Stop::default();
        let functions = loaded.functions_applying(&plan);
        let shown = self.progress.clone();
        let means = Means {
            variables: loaded.variables.clone(),
            functions: functions.context(),
            journal: journal.clone(),
            events: Arc::new(move |event: apply::Event<'_>| shown.applying(&event)),
            stop: stop.clone(),
        };
        if self.timeline.is_some() {
            self.progress.keep_time();
        }
        self.progress.hear(&loaded.surroundings.holdups);
        self.progress.begin_applying(&plan);
        let applying = apply::apply(loaded.setting(invocation), &plan, means);
        let (mut applied, found) = self.interrupts.passed_on(&stop, applying).await;
        applied.state.check_results = crate::plan::recorded::check_results(&applied.checks);
        let recorded = self.store.finish(self.lock, &mut applied.state, &journal);
        self.progress.applied(&applied, &plan);
        if let Some((path, page)) = self.timeline.zip(self.progress.timeline())
            && let Err(problem) = saving::text(path, &page)
        {
            invocation.report(problem.into());
        }
        let sound = !found.has_errors() && !applied.stopped;
        invocation.report(found);
        if let Err(problem) = recorded {
            invocation.report(problem.into());
            self.rescue(&applied);
            return Ok(Exit::Failure);
        }
        Ok(if sound { Exit::Success } else { Exit::Failure })
    }

    /// The state that could not be recorded is put where the user finds it.
    fn rescue(&self, applied: &Applied) {
        let path = Path::new("errored.tfstate");
        let written = match self.store.written(&applied.state) {
            Ok(bytes) => write_for_owner(path, &bytes),
            Err(problem) => Err(std::io::Error::other(problem.detail)),
        };
        let told = match written {
            Ok(()) => Diagnostic::error(
                "State could not be recorded",
                "What was done is in the file errored.tfstate, and in the journal. When the cause is gone, record it with \
             \"bowline state push errored.tfstate\".",
            ),
            Err(error) => Diagnostic::error(
                "State could not be recorded",
                format!(
                    "errored.tfstate cannot be written either: {error}. The journal holds what was done; run plan to take it in."
                ),
            ),
        };
        self.invocation.report(told.into());
    }
}

/// A state holds secrets.
fn write_for_owner(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(".")?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
