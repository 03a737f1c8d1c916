//! Resource groups: made at once, deleted slowly, with all that is in them.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::operations::Style;
use crate::simulator::service::{Draft, Outcome, Scene, Service};
use crate::simulator::target::{GROUPS, Place};
use crate::simulator::world::Resource;

/// `Microsoft.Resources/resourceGroups`
pub(in crate::simulator) struct Groups;

impl Service for Groups {
    fn kind(&self) -> &'static str {
        GROUPS
    }

    fn style(&self) -> Style {
        Style::Location
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        check_name(&draft.place.name)?;
        let mut body = draft.body;
        body::set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome::of(body))
    }

    fn removal(&self, scene: Scene<'_>, resource: &Resource) -> Result<Option<Duration>, Refusal> {
        // An empty group goes in seconds; what is in it takes its time.
        let filled = scene.world.beneath(&resource.key()).next().is_some();
        Ok(Some(Duration::from_secs(if filled { 90 } else { 15 })))
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(404, "ResourceGroupNotFound", format!("Resource group '{}' could not be found.", place.name))
    }
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_alphanumeric() || "-_.()".contains(c);
    if name.len() <= 90 && !name.ends_with('.') && name.chars().all(allowed) {
        return Ok(());
    }
    let message = format!(
        "The provided resource group name '{name}' has these invalid characters or is too long. The name can only \
         be a letter, digit, '-', '.', '(', ')' or '_', of at most 90 characters, and may not end with '.'."
    );
    Err(Refusal::bad("InvalidResourceGroup", message))
}
