//! Maintenance windows of a cluster.

use serde_json::Value;

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::service::{Draft, Outcome, Service};
use crate::simulator::services::aks::{invalid, is_retired};
use crate::simulator::target::Place;

/// The names that a window may have.
const NAMES: &[&str] = &["default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"];

/// `Microsoft.ContainerService/managedClusters/maintenanceConfigurations`
pub(in crate::simulator) struct Maintenance;

impl Service for Maintenance {
    fn kind(&self) -> &'static str {
        "Microsoft.ContainerService/managedClusters/maintenanceConfigurations"
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        if !NAMES.contains(&draft.place.name.as_str()) {
            let message = format!("The name must be one of {}.", NAMES.join(", "));
            return Err(invalid("maintenanceConfiguration.name", &message));
        }
        let mut body = draft.body;
        body::without_nulls(&mut body);
        let has_window = !body::absent(&body, "/properties/maintenanceWindow");
        if has_window == (draft.place.name == "default") {
            return Err(invalid(
                "maintenanceConfiguration.properties",
                "Only 'default' is given by timeInWeek; the others by maintenanceWindow.",
            ));
        }
        if has_window {
            body::fill(&mut body, "/properties/maintenanceWindow/startDate", "2026-01-01");
            body::fill(&mut body, "/properties/maintenanceWindow/utcOffset", "+00:00");
            check_duration(&body)?;
        }
        Ok(Outcome::of(body))
    }

    fn missing(&self, place: &Place) -> Refusal {
        Refusal::new(404, "NotFound", format!("The maintenance configuration '{}' could not be found.", place.name))
            .flat()
    }

    fn refuses_version(&self, version: &str) -> bool {
        is_retired(version)
    }
}

fn check_duration(body: &Value) -> Result<(), Refusal> {
    let hours = body.pointer("/properties/maintenanceWindow/durationHours").and_then(Value::as_u64);
    if hours.is_some_and(|hours| (4..=24).contains(&hours)) {
        return Ok(());
    }
    Err(invalid("maintenanceWindow.durationHours", "The window must last 4 to 24 hours."))
}
