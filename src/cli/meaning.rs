//! What a plan means beyond its changes: for access, and for the checks.

use super::invocation::Invocation;
use super::loading::{self, Loaded};
use super::saving;
use crate::access::{self, AccessChange, World};
use crate::checks::{self, Finding};
use crate::diagnostic::Diagnostics;
use crate::graph::ConfigGraph;
use crate::plan::saved::SavedPlan;
use crate::plan::{self, Mode, Plan};
use crate::provider::Surroundings;

/// What a plan means.
#[derive(Debug, Default)]
pub struct Meaning {
    /// Who gains and who loses access.
    pub access: Vec<AccessChange>,
    /// What the checks find in what it leads to.
    pub findings: Vec<Finding>,
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
        Self { access, findings: checks::run(&after, &loaded.configuration, &invocation.sources) }
    }
}

/// What there is before a plan and what there will be after it.
fn around(plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> (World, World) {
    let functions = loaded.functions(plan.timestamp.parse().ok());
    // Where everything is known already, nothing has to be traced.
    let traced = if plan.has_changes() {
        plan::trace(loaded.setting(invocation), functions.context(), plan)
    } else {
        std::collections::BTreeMap::new()
    };
    access::around(plan, &loaded.registry, &traced)
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
        variables: std::collections::BTreeMap::new(),
        workspace: saved.workspace.clone(),
        surroundings,
        folder: unpacked.root.clone(),
    };
    Ok((loaded, unpacked))
}
