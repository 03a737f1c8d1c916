//! What a plan means beyond its changes: for access, and for the checks.

use std::collections::BTreeMap;

use super::invocation::Invocation;
use super::loading::{self, Loaded};
use super::saving;
use crate::access::{self, AccessChange, World};
use crate::checks::{self, Finding};
use crate::diagnostic::Diagnostics;
use crate::eval::functions::FunctionContext;
use crate::graph::ConfigGraph;
use crate::plan::saved::SavedPlan;
use crate::plan::{self, Mode, Plan, Setting};
use crate::provider::Surroundings;
use crate::report::html;
use crate::report::plan_text::Detail;
use crate::report::progress::Progress;

/// What a plan means.
#[derive(Debug, Default)]
pub struct Meaning {
    /// Who gains and who loses access.
    pub access: Vec<AccessChange>,
    /// What the checks find in what it leads to.
    pub findings: Vec<Finding>,
    /// What there will be.
    pub after: World,
}

impl Meaning {
    /// That of a plan; nothing for one that failed or only takes in what changed outside.
    pub fn of(plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> Self {
        // Without anything of Azure's there is nothing to look for.
        let is_azure = |kind: &str| kind.starts_with("azurerm_") || kind.starts_with("azapi_");
        let concerned = plan.changes.iter().any(|change| is_azure(&change.address.resource.kind));
        if plan.errored || plan.options.mode == Mode::RefreshOnly || !concerned {
            return Self::default();
        }
        let (before, after) = around(plan, loaded, invocation);
        let access = access::changes(&before, &after);
        Self { access, findings: checks::run(&after, &loaded.configuration, &invocation.sources), after }
    }
}

impl Meaning {
    /// Shows a plan with what it means.
    pub fn show(&self, plan: &Plan, loaded: &Loaded, detail: Detail, progress: &Progress) {
        // Only lines by workload need to know them.
        let workloads = if detail == Detail::Concise { self.after.workloads() } else { BTreeMap::new() };
        progress.show_plan(plan, &loaded.registry, &self.access, &workloads, detail);
    }

    /// The report on a plan, for people who were not there.
    pub fn report(&self, plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> String {
        html::report(&html::Judged {
            plan,
            registry: &loaded.registry,
            access: &self.access,
            findings: &self.findings,
            sources: &invocation.sources,
            graph: &super::graph::of_plan(&loaded.graph, plan, None, &self.after),
            workspace: &loaded.workspace,
        })
    }
}

/// Who gains and who loses access by a plan that a test made.
pub fn access_of(plan: &Plan, setting: Setting<'_>, functions: FunctionContext<'_>) -> Vec<AccessChange> {
    let is_azure = |kind: &str| kind.starts_with("azurerm_") || kind.starts_with("azapi_");
    if plan.errored || !plan.changes.iter().any(|change| is_azure(&change.address.resource.kind)) {
        return Vec::new();
    }
    let traced = plan::trace(setting, functions, plan);
    let (before, after) = access::around(plan, setting.registry, &traced);
    access::changes(&before, &after)
}

/// What there is before a plan and what there will be after it.
pub fn around(plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> (World, World) {
    let functions = loaded.functions(plan.timestamp.parse().ok());
    // Where everything is known already, nothing has to be traced.
    let traced = if plan.has_changes() {
        plan::trace(loaded.setting(invocation), functions.context(), plan)
    } else {
        BTreeMap::new()
    };
    let (mut before, mut after) = access::around(plan, &loaded.registry, &traced);
    let groups = &loaded.configuration.preferences.groups;
    after.strangers = plan.strangers.iter().map(|s| (s.beside.clone(), s.id.clone(), s.words.clone())).collect();
    for world in [&mut before, &mut after] {
        world.know_directory(&plan.directory);
        world.know_groups(groups);
    }
    (before, after)
}

/// What the checks find in a configuration alone.
pub fn foreseen(loaded: &Loaded, invocation: &Invocation) -> Vec<Finding> {
    checks::run(&leading_to(loaded, invocation), &loaded.configuration, &invocation.sources)
}

/// What a configuration alone leads to.
pub fn leading_to(loaded: &Loaded, invocation: &Invocation) -> World {
    let functions = loaded.functions(Some(jiff::Timestamp::now()));
    let setting = loaded.setting(invocation);
    let mut world = access::foreseen(&plan::foresee(setting, functions.context(), loaded.variables.clone()));
    world.know_groups(&loaded.configuration.preferences.groups);
    world
}

/// What there will be after a saved plan.
pub fn after_saved(saved: &SavedPlan, invocation: &mut Invocation) -> Result<World, Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    Ok(around(&saved.plan, &loaded, invocation).1)
}

/// What a saved plan means.
pub fn of_saved(saved: &SavedPlan, invocation: &mut Invocation) -> Result<Meaning, Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    Ok(Meaning::of(&saved.plan, &loaded, invocation))
}

/// What a saved plan means, with the graph of its configuration.
pub fn drawn(saved: &SavedPlan, invocation: &mut Invocation) -> Result<(ConfigGraph, Meaning), Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    let meaning = Meaning::of(&saved.plan, &loaded, invocation);
    Ok((loaded.graph, meaning))
}

/// The report on a saved plan.
pub fn report_saved(saved: &SavedPlan, invocation: &mut Invocation) -> Result<String, Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    Ok(Meaning::of(&saved.plan, &loaded, invocation).report(&saved.plan, &loaded, invocation))
}

/// The configuration that a saved plan holds, in a folder that lasts as long as what is returned with it.
fn unpacked(saved: &SavedPlan, invocation: &mut Invocation) -> Result<(Loaded, saving::Unpacked), Diagnostics> {
    let unpacked = saving::unpack(saved)?;
    // It was sound when the plan was made from it.
    let (configuration, _) = loading::read_saved(&unpacked.root, &mut invocation.sources, &saved.plan);
    let (graph, _) = ConfigGraph::build(&configuration);
    let surroundings = Surroundings {
        environment: invocation.environment.clone(),
        folder: unpacked.root.clone(),
        ..Surroundings::default()
    };
    let loaded = Loaded {
        configuration,
        graph,
        registry: loading::registry(),
        variables: BTreeMap::new(),
        workspace: saved.workspace.clone(),
        surroundings,
        folder: unpacked.root.clone(),
        validated: false,
    };
    Ok((loaded, unpacked))
}
