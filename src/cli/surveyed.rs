//! What a stack will be, without asking Azure: what is recorded, and what its configuration adds to it.

use std::path::Path;

use super::flags::VariableFlags;
use super::invocation::{Invocation, runtime};
use super::variables::Missing;
use super::{loading, meaning, planning, stored};
use crate::access::World;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Options;
use crate::simulator;

/// Everything that bears on access in the stack of a folder. What needs Azure to be known is left out, and told by the
/// diagnostics, which are no fault of the stack.
pub fn world(
    folder: &Path,
    variables: &VariableFlags,
    invocation: &mut Invocation,
) -> Result<(World, Diagnostics), Diagnostics> {
    let home = std::env::current_dir()
        .map_err(|error| Diagnostic::error("Unknown folder", format!("The present folder cannot be told: {error}.")))?;
    invocation.change_folder(folder)?;
    let result = here(variables, invocation);
    invocation.change_folder(&home)?;
    result
}

fn here(variables: &VariableFlags, invocation: &mut Invocation) -> Result<(World, Diagnostics), Diagnostics> {
    let (mut loaded, mut found) = loading::load_quietly(invocation, Some((variables, Missing::Refuse)))?;
    loaded.refuse_invalid(invocation)?;
    let recorded = stored::of_workspace(&loaded.workspace, invocation)?.load()?;
    let options = Options { refresh: false, ..Options::default() };
    let (plan, told) = runtime()?.block_on(async {
        // An embedded Azure with nothing in it answers what would be asked of the real one; nothing is signed in to.
        let running = simulator::start(simulator::Options::default())
            .await
            .map_err(|error| Diagnostic::error("Embedded Azure cannot be started", format!("{error}.")))?;
        loaded.surroundings.simulator = Some(running.url());
        let planned = planning::make_telling(&loaded, invocation, recorded, &options, &|_| ()).await;
        running.shutdown().await;
        Ok::<_, Diagnostics>(planned)
    })?;
    let (_, after) = meaning::around(&plan, &loaded, invocation);
    found.extend(told);
    Ok((after, found))
}
