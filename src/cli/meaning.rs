//! What a plan means beyond its changes: for access.

use super::invocation::Invocation;
use super::loading::{self, Loaded};
use super::saving;
use crate::access::{self, AccessChange, World};
use crate::config;
use crate::diagnostic::Diagnostics;
use crate::graph::ConfigGraph;
use crate::plan::saved::SavedPlan;
use crate::plan::{self, Mode, Plan};
use crate::provider::Surroundings;

/// Who gains and who loses access by a plan.
pub fn access_changes(plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> Vec<AccessChange> {
    if plan.errored || plan.options.mode == Mode::RefreshOnly || !plan.has_changes() {
        return Vec::new();
    }
    access::changes(&access::before(plan, &loaded.registry), &after(plan, loaded, invocation))
}

/// What there will be after a plan.
fn after(plan: &Plan, loaded: &Loaded, invocation: &Invocation) -> World {
    let functions = loaded.functions(plan.timestamp.parse().ok());
    let traced = plan::trace(loaded.setting(invocation), functions.context(), plan);
    access::after(plan, &loaded.registry, &traced)
}

/// What there will be after a saved plan.
pub fn after_saved(saved: &SavedPlan, invocation: &mut Invocation) -> Result<World, Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    Ok(after(&saved.plan, &loaded, invocation))
}

/// Who gains and who loses access by a saved plan.
pub fn saved_access_changes(saved: &SavedPlan, invocation: &mut Invocation) -> Result<Vec<AccessChange>, Diagnostics> {
    let (loaded, _unpacked) = unpacked(saved, invocation)?;
    Ok(access_changes(&saved.plan, &loaded, invocation))
}

/// The configuration that a saved plan holds, in a folder that lasts as long as what is returned with it.
fn unpacked(saved: &SavedPlan, invocation: &mut Invocation) -> Result<(Loaded, saving::Unpacked), Diagnostics> {
    let unpacked = saving::unpack(saved)?;
    // It was sound when the plan was made from it.
    let (configuration, _) = config::load(&unpacked.root, &mut invocation.sources);
    let (graph, _) = ConfigGraph::build(&configuration);
    let surroundings = Surroundings {
        environment: invocation.environment.clone(),
        folder: unpacked.root.clone(),
        simulator: None,
        version_constraint: None,
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
