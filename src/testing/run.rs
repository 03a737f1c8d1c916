//! One run: plan, apply where it says so, judge.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::doubles::{Doubles, misaimed};
use super::expected::{Expected, judge, too_early};
use super::given::Variables;
use super::scope::{AssertionScope, GivenScope, Level, Runs, check_names};
use super::{Bench, PlanOf, Shown, Status, module};
use crate::address::{Address, ModuleInstance};
use crate::apply::{self, Applied, Means, Stop};
use crate::config::test::{TestCommand, TestRun};
use crate::config::{CheckRule, Configuration, Endpoint};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::rules::{Rule, Verdict, check_rule, comes_of_check};
use crate::eval::templates::Surroundings as Functions;
use crate::eval::variables::Given;
use crate::graph::ConfigGraph;
use crate::plan::evaluation::{Evaluation, InstanceData};
use crate::plan::stage::Stage;
use crate::plan::{self, Mode, Options, Plan, Setting, Start, Target};
use crate::state::{Disk, Journal, JournalPlace, RunStart, State};
use crate::value::{Fields, Value};

/// A run with all that it works on, kept until what it made has been removed.
pub struct Prepared<'b> {
    configuration: Cow<'b, Configuration>,
    graph: ConfigGraph,
    doubles: Doubles,
    given: BTreeMap<Arc<str>, Given>,
}

/// What a run came to.
pub struct Outcome<'b> {
    pub status: Status,
    pub found: Diagnostics,
    pub shown: Option<Shown>,
    /// The outputs, for later runs.
    pub outputs: Value,
    /// What is recorded now, and what it was made with; `None` when nothing was applied.
    pub applied: Option<(State, Prepared<'b>)>,
}

impl Outcome<'_> {
    fn refused(found: Diagnostics) -> Self {
        let outputs = Value::object(Fields::new());
        Self { status: Status::Error, found, shown: None, outputs, applied: None }
    }
}

/// Carries a run out on a state.
pub async fn carry_out<'b>(bench: &Bench<'b>, run: &TestRun, state: State, runs: &Runs) -> Outcome<'b> {
    let (prepared, mut found) = prepare(bench, run, runs);
    let Some(prepared) = prepared.filter(|_| !found.has_errors()) else { return Outcome::refused(found) };
    let options = options(bench, run);
    let functions = bench.functions();
    let now = functions.plan_time.unwrap_or_default();
    let start = Start {
        state,
        variables: prepared.given.clone(),
        functions: functions.context(),
        timestamp: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        unfinished: Vec::new(),
        journal: String::new(),
    };
    let (plan, evaluation, problems) = plan::plan_with_values(prepared.setting(bench), start, &options, &|_| {}).await;
    let expected = Expected::of(&run.expect_failures);
    let judged = Judged { bench, run, runs, expected: &expected };
    if run.command == TestCommand::Plan {
        let mut outcome = judged.plan(&prepared, &plan, &evaluation, problems, &functions);
        found.extend(std::mem::take(&mut outcome.found));
        drop(evaluation);
        return Outcome { found, shown: Some(Shown::Plan(Box::new(plan))), ..outcome };
    }
    if plan.errored || problems.has_errors() {
        found.extend(too_early(&expected, problems));
        return Outcome::refused(found);
    }
    drop(evaluation);
    // Conditions are evaluated again while the plan is carried out.
    found.extend(problems.into_iter().filter(|problem| problem.condition.is_none() && !comes_of_check(problem)));
    if let Some(snapshot) = &run.snapshot {
        found.extend(bench.audience.snapshot(&PlanOf {
            file: bench.file,
            run: &run.name,
            snapshot,
            plan: &plan,
            setting: prepared.setting(bench),
            functions: &functions,
        }));
    }
    let snapshot_moved = found.has_errors();
    let functions = bench.functions_applying(&plan);
    let (applied, evaluation, problems) = match prepared.apply(bench, &plan, &functions, bench.stop.clone()).await {
        Ok(done) => done,
        Err(problem) => {
            found.push(problem);
            return Outcome::refused(found);
        }
    };
    let mut outcome = judged.applied(&prepared, &applied, &evaluation, problems);
    drop(evaluation);
    if snapshot_moved {
        outcome.status = outcome.status.max(Status::Fail);
    }
    for problem in std::mem::take(&mut outcome.found) {
        if !found.iter().any(|known| *known == problem) {
            found.push(problem);
        }
    }
    let shown = Some(Shown::State(Box::new(applied.state.clone())));
    Outcome { found, shown, applied: Some((applied.state, prepared)), ..outcome }
}

/// Evaluates what a run is given and checks its module with it.
fn prepare<'b>(bench: &Bench<'b>, run: &TestRun, runs: &Runs) -> (Option<Prepared<'b>>, Diagnostics) {
    let functions = bench.functions();
    let context = functions.context();
    let written = module::written(bench, run);
    let (variables, mut found) = Variables::of(bench, run, written, runs, &context);
    let plain = variables.plain();
    let scope = GivenScope { level: Level::Provider, variables: &plain, runs, functions: &context };
    let (configuration, mocks, problems) = module::configuration(bench, run, &scope);
    found.extend(problems);
    let given = found.take(variables.for_module(&configuration, run));
    found.extend(run.overrides.iter().filter_map(|own| misaimed(own, [&*configuration])));
    let overrides = run.overrides.iter().chain(&bench.file.overrides);
    let (doubles, problems) =
        Doubles::new(&bench.file.name, overrides, &mocks, &configuration, bench.registry, context, bench.sources);
    found.extend(problems);
    found.extend(crate::config::check_calls(&configuration));
    let (graph, problems) = ConfigGraph::build(&configuration);
    found.extend(problems);
    if found.has_errors() {
        return (None, found);
    }
    let prepared = Prepared { configuration, graph, doubles, given };
    found.extend(plan::validate(prepared.setting(bench), functions.context()));
    (Some(prepared), found)
}

fn options(bench: &Bench<'_>, run: &TestRun) -> Options {
    let wanted = &run.options;
    let name = |of: &crate::syntax::tree::Reference| Endpoint::read(of).ok().map(|end| end.to_string());
    Options {
        mode: if wanted.refresh_only { Mode::RefreshOnly } else { Mode::Normal },
        refresh: wanted.refresh,
        targets: wanted.targets.iter().filter_map(|(of, _)| Target::parse(&name(of)?)).collect(),
        replace: wanted.replace.iter().filter_map(|(of, _)| Address::parse(&name(of)?)).collect(),
        parallelism: bench.parallelism,
        ..Options::default()
    }
}

/// What came of a run, held against what it says.
struct Judged<'a, 'b> {
    bench: &'a Bench<'b>,
    run: &'a TestRun,
    runs: &'a Runs,
    expected: &'a [Expected],
}

impl Judged<'_, '_> {
    fn plan<'o>(
        &self,
        prepared: &Prepared<'_>,
        plan: &Plan,
        evaluation: &Evaluation<'_>,
        problems: Diagnostics,
        functions: &Functions,
    ) -> Outcome<'o> {
        let mut outcome = self.outcome(prepared, evaluation, problems);
        if let (Some(snapshot), false) = (&self.run.snapshot, plan.errored) {
            let found = self.bench.audience.snapshot(&PlanOf {
                file: self.bench.file,
                run: &self.run.name,
                snapshot,
                plan,
                setting: prepared.setting(self.bench),
                functions,
            });
            if found.has_errors() {
                outcome.status = outcome.status.max(Status::Fail);
            }
            outcome.found.extend(found);
        }
        outcome
    }

    fn applied<'o>(
        &self,
        prepared: &Prepared<'_>,
        applied: &Applied,
        evaluation: &Evaluation<'_>,
        mut problems: Diagnostics,
    ) -> Outcome<'o> {
        if applied.stopped && !problems.has_errors() {
            let detail = "The run was interrupted before everything was done that it was to do.";
            problems.push(Diagnostic::error("Test interrupted", detail));
        }
        self.outcome(prepared, evaluation, problems)
    }

    fn outcome<'o>(&self, prepared: &Prepared<'_>, evaluation: &Evaluation<'_>, problems: Diagnostics) -> Outcome<'o> {
        let mut found = judge(self.expected, problems);
        let mut outcome = Outcome::refused(Diagnostics::new());
        let names = prepared.configuration.root.outputs.keys();
        let output = |name: &Arc<str>| {
            let value = evaluation.output(&ModuleInstance::root(), name).cloned();
            (name.clone(), value.unwrap_or_else(Value::dynamic))
        };
        outcome.outputs = Value::object(names.map(output).collect());
        if !found.has_errors() {
            outcome.status = self.assertions(prepared, evaluation, &mut found);
        }
        outcome.found = found;
        outcome
    }

    /// Evaluates the assertions: an error where one cannot be, a failure where one does not hold.
    fn assertions(&self, prepared: &Prepared<'_>, evaluation: &Evaluation<'_>, found: &mut Diagnostics) -> Status {
        let functions = self.bench.functions();
        let stage = Stage::new(prepared.setting(self.bench), functions.context(), BTreeMap::new(), false);
        let (root, nothing) = (ModuleInstance::root(), InstanceData::default());
        let scope = AssertionScope::new(evaluation, &root, &nothing, self.runs);
        let mut status = Status::Pass;
        for rule in &self.run.asserts {
            status = status.max(assertion(rule, &stage, &scope, self.runs, found));
        }
        status
    }
}

fn assertion(
    rule: &CheckRule,
    stage: &Stage<'_>,
    scope: &AssertionScope<'_>,
    runs: &Runs,
    found: &mut Diagnostics,
) -> Status {
    let mut wrong = check_names(&rule.condition, stage, runs);
    wrong.extend(check_names(&rule.error_message, stage, runs));
    if wrong.has_errors() {
        found.extend(wrong);
        return Status::Error;
    }
    let (verdict, problems) = check_rule(Rule::TestAssertion, rule, scope);
    found.extend(problems);
    match verdict {
        Verdict::Pass => Status::Pass,
        Verdict::Fail(_) => Status::Fail,
        Verdict::Error => Status::Error,
        Verdict::Unknown => {
            let detail = "Condition expression could not be evaluated at this time. This means you have executed a `run` \
                          block with `command = plan` and one of the values your condition depended on is not known until \
                          after the plan has been applied. Either remove this value from your condition, or execute an \
                          `apply` command from this `run` block. Alternatively, if there is an override for this value, you \
                          can make it available during the plan phase by setting `override_during = plan` in the \
                          `override_` block.";
            let mut diagnostic = Diagnostic::error("Unknown condition value", detail).at(rule.condition.span);
            diagnostic.values = crate::eval::used_values(&rule.condition, scope, crate::eval::Reveal::default());
            found.push(diagnostic);
            Status::Error
        }
    }
}

impl Bench<'_> {
    /// What functions run in while a plan is made, now.
    fn functions(&self) -> Functions {
        Functions {
            folder: self.folder.to_path_buf(),
            planning: true,
            plan_time: Some(jiff::Timestamp::now()),
            console: false,
        }
    }

    /// The same while a plan is carried out.
    fn functions_applying(&self, plan: &Plan) -> Functions {
        Functions { planning: false, plan_time: plan.timestamp.parse().ok(), ..self.functions() }
    }
}

impl Prepared<'_> {
    fn setting<'s>(&'s self, bench: &'s Bench<'_>) -> Setting<'s> {
        Setting {
            configuration: &self.configuration,
            sources: bench.sources,
            graph: &self.graph,
            registry: bench.registry,
            surroundings: bench.surroundings,
            workspace: bench.workspace,
            stand_ins: Some(&self.doubles),
            validated: false,
        }
    }

    async fn apply<'s>(
        &'s self,
        bench: &'s Bench<'_>,
        plan: &'s Plan,
        functions: &'s Functions,
        stop: Stop,
    ) -> Result<(Applied, Evaluation<'s>, Diagnostics), Diagnostic> {
        let folder = tempfile::tempdir_in(bench.scratch).map_err(|error| {
            Diagnostic::error("Journal cannot be written", format!("A folder for it cannot be made: {error}."))
        })?;
        let start = RunStart::new(&plan.timestamp, &plan.base.lineage, plan.base.serial);
        let journal =
            Journal::create(&JournalPlace::new(&folder.path().join("journal"), &Disk::default()), &start, &[])?;
        let means = Means {
            variables: self.given.clone(),
            functions: functions.context(),
            journal: Arc::new(journal),
            events: Arc::new(|_| {}),
            stop,
        };
        Ok(apply::apply_with_values(self.setting(bench), plan, means).await)
    }

    /// Destroys all that a state records. What is left comes back, with what went wrong.
    pub async fn destroy(&self, bench: &Bench<'_>, state: State) -> (State, Diagnostics) {
        let options = Options { mode: Mode::Destroy, parallelism: bench.parallelism, ..Options::default() };
        let functions = bench.functions();
        let start = Start {
            state: state.clone(),
            variables: self.given.clone(),
            functions: functions.context(),
            timestamp: functions.plan_time.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            unfinished: Vec::new(),
            journal: String::new(),
        };
        let (plan, mut found) = plan::plan(self.setting(bench), start, &options, &|_| {}).await;
        if plan.errored || found.has_errors() {
            return (state, found);
        }
        let functions = bench.functions_applying(&plan);
        let left = match self.apply(bench, &plan, &functions, Stop::default()).await {
            Ok((applied, _, problems)) => {
                found.extend(problems);
                applied.state
            }
            Err(problem) => {
                found.push(problem);
                state
            }
        };
        (left, found)
    }
}
