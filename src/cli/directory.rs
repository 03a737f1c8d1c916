//! Who those are to whom a plan gives roles or takes them from: the directory is asked, where it answers.

use super::invocation::Invocation;
use super::loading::Loaded;
use crate::access;
use crate::plan::{self, Plan};
use crate::provider::Directory;
use crate::state::State;

/// The provider whose service has the directory.
const AZURERM: &str = "registry.terraform.io/hashicorp/azurerm";

/// What the directory says of those whom nothing but an object id is known of; nothing where nobody is.
pub async fn look_up(plan: &Plan, loaded: &Loaded, invocation: &Invocation, recorded: &State) -> Directory {
    let sought = access::strangers(plan, &loaded.registry, &loaded.configuration.preferences.groups);
    if sought.is_empty() {
        return Directory::default();
    }
    let functions = loaded.functions(None);
    let setting = loaded.setting(invocation);
    let (mut inspection, _) = plan::inspect(setting, functions.context(), loaded.variables.clone(), recorded);
    let Some(opening) = inspection.connect(AZURERM) else { return Directory::default() };
    match opening.await {
        Ok(session) => session.reader().directory(&sought).await,
        // The plan itself has told why.
        Err(_) => Directory::default(),
    }
}
