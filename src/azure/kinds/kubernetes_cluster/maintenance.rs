//! When a cluster may be worked on. Azure keeps each window as a child of the cluster; they are read beside it and
//! written after it.

use serde_json::{Value as Json, json};

use super::super::super::arm::{ArmError, Method, Request};
use super::super::super::session::Azure;
use super::super::super::wire::{
    Row, Rule, Same, block, block_set, encode, equal, integer, integer_set, json as at, text,
};
use super::super::hooks::Call;
use crate::value::Value;

/// The windows: the name of the child in Azure, and where it is laid in the cluster's answer.
const WINDOWS: [(&str, &str); 3] = [
    ("default", "maintenance.default"),
    ("aksManagedAutoUpgradeSchedule", "maintenance.autoUpgrade"),
    ("aksManagedNodeOSUpgradeSchedule", "maintenance.nodeOs"),
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The three blocks.
pub fn rows() -> Vec<Row> {
    vec![
        week(),
        schedule(
            "maintenance_window_auto_upgrade",
            "maintenance.autoUpgrade",
            &["Weekly", "RelativeMonthly", "AbsoluteMonthly"],
        ),
        schedule(
            "maintenance_window_node_os",
            "maintenance.nodeOs",
            &["Daily", "Weekly", "RelativeMonthly", "AbsoluteMonthly"],
        ),
    ]
}

fn week() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&["maintenance_window.allowed", "maintenance_window.not_allowed"]);
    block(
        "maintenance_window",
        vec![
            block_set(
                "allowed",
                vec![text("day").required().one_of(&DAYS).at("day"), integer_set("hours").required().at("hourSlots")],
            )
            .rule(ONE)
            .at("timeInWeek"),
            not_allowed("notAllowedTime").rule(ONE),
        ],
    )
    .switched_by("present")
    .at("maintenance.default")
}

fn not_allowed(wire: &'static str) -> Row {
    block_set(
        "not_allowed",
        vec![
            text("start").required().same(Same::Instant).at("start"),
            text("end").required().same(Same::Instant).at("end"),
        ],
    )
    .at(wire)
}

fn schedule(name: &'static str, wire: &'static str, frequencies: &'static [&'static str]) -> Row {
    block(
        name,
        vec![
            text("frequency").required().one_of(frequencies).at("frequency"),
            integer("interval").required().at("interval"),
            integer("duration").required().range(4, 24).at("durationHours"),
            text("day_of_week").one_of(&DAYS).at("dayOfWeek"),
            text("week_index").one_of(&["First", "Second", "Third", "Fourth", "Last"]).at("weekIndex"),
            integer("day_of_month").range(0, 31).at("dayOfMonth"),
            text("start_date").or_computed().same(Same::Instant).at("startDate"),
            text("start_time").at("startTime"),
            text("utc_offset").at("utcOffset"),
            not_allowed("notAllowedDates"),
        ],
    )
    .switched_by("present")
    .at(wire)
}

/// Reads the windows, all in one call, and lays them in the cluster's answer.
pub async fn read(azure: &Azure, id: &str, api_version: &str, answer: &mut Json) -> Result<(), ArmError> {
    let patience = azure.client.patience(std::time::Duration::from_secs(300));
    let list = Request::new(Method::Get, format!("{id}/maintenanceConfigurations"), api_version);
    let windows = match azure.client.list(&list, &patience).await {
        // A cluster that has gone meanwhile has no windows.
        Err(error) if error.is_not_found() => Vec::new(),
        listed => listed?,
    };
    for (name, place) in WINDOWS {
        let is_it = |window: &&Json| at::get_str(window, "name").is_some_and(|found| found.eq_ignore_ascii_case(name));
        let window = windows.iter().find(is_it);
        at::set(answer, place, window.map_or_else(|| json!({ "present": false }), flattened));
    }
    Ok(())
}

/// Writes the windows that the plan changes.
pub async fn write(call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), ArmError> {
    let mut wanted = json!({});
    encode(&rows(), &mut wanted, planned, None);
    for ((name, place), row) in WINDOWS.into_iter().zip(rows()) {
        let (before, after) = (prior.and_then(|p| p.field(row.name)), planned.field(row.name));
        let untouched = matches!((before, after), (Some(before), Some(after)) if equal(before, after));
        let id = format!("{}/maintenanceConfigurations/{name}", call.id);
        if untouched {
            continue;
        }
        if let Some(window) = at::get(&wanted, place) {
            call.put_at(&id, json!({ "properties": properties(window) })).await?;
        } else if before.and_then(Value::as_elements).is_some_and(|items| !items.is_empty()) {
            call.delete_at(&id).await?;
        }
    }
    Ok(())
}

/// The members of a window side by side, whatever its frequency.
fn flattened(body: &Json) -> Json {
    let mut flat = at::get(body, "properties").cloned().unwrap_or_else(|| json!({}));
    at::set(&mut flat, "present", json!(true));
    let Some(window) = at::remove(&mut flat, "maintenanceWindow") else { return flat };
    let kinds = [
        ("daily", "Daily", "intervalDays"),
        ("weekly", "Weekly", "intervalWeeks"),
        ("absoluteMonthly", "AbsoluteMonthly", "intervalMonths"),
        ("relativeMonthly", "RelativeMonthly", "intervalMonths"),
    ];
    for (member, frequency, interval) in kinds {
        let Some(schedule) = at::get(&window, &format!("schedule.{member}")) else { continue };
        at::set(&mut flat, "frequency", json!(frequency));
        for (name, path) in [
            ("interval", interval),
            ("dayOfWeek", "dayOfWeek"),
            ("weekIndex", "weekIndex"),
            ("dayOfMonth", "dayOfMonth"),
        ] {
            if let Some(value) = at::get(schedule, path) {
                at::set(&mut flat, name, value.clone());
            }
        }
    }
    for name in BESIDE {
        if let Some(value) = at::get(&window, name) {
            at::set(&mut flat, name, value.clone());
        }
    }
    flat
}

const BESIDE: [&str; 5] = ["durationHours", "startDate", "startTime", "utcOffset", "notAllowedDates"];

/// The same as Azure takes it.
fn properties(flat: &Json) -> Json {
    let Some(frequency) = at::get_str(flat, "frequency") else {
        let mut properties = flat.clone();
        at::remove(&mut properties, "present");
        return properties;
    };
    let (member, members): (&str, &[(&str, &str)]) = match frequency {
        "Daily" => ("daily", &[("interval", "intervalDays")]),
        "Weekly" => ("weekly", &[("interval", "intervalWeeks"), ("dayOfWeek", "dayOfWeek")]),
        "AbsoluteMonthly" => ("absoluteMonthly", &[("interval", "intervalMonths"), ("dayOfMonth", "dayOfMonth")]),
        _ => (
            "relativeMonthly",
            &[("interval", "intervalMonths"), ("dayOfWeek", "dayOfWeek"), ("weekIndex", "weekIndex")],
        ),
    };
    let mut window = json!({});
    for (from, to) in members {
        if let Some(value) = at::get(flat, from) {
            at::set(&mut window, &format!("schedule.{member}.{to}"), value.clone());
        }
    }
    for name in BESIDE {
        if let Some(value) = at::get(flat, name) {
            at::set(&mut window, name, value.clone());
        }
    }
    json!({ "maintenanceWindow": window })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_each_frequency_goes_to_azure_and_back() {
        let windows = [
            json!({"daily": {"intervalDays": 1}}),
            json!({"weekly": {"intervalWeeks": 2, "dayOfWeek": "Sunday"}}),
            json!({"absoluteMonthly": {"intervalMonths": 1, "dayOfMonth": 3}}),
            json!({"relativeMonthly": {"intervalMonths": 1, "dayOfWeek": "Monday", "weekIndex": "First"}}),
        ];
        for schedule in windows {
            let body = json!({"properties": {"maintenanceWindow": {
                "schedule": schedule, "durationHours": 4, "startTime": "03:00", "utcOffset": "+00:00"}}});
            assert_eq!(json!({"properties": properties(&flattened(&body))}), body);
        }
        let week = json!({"properties": {"timeInWeek": [{"day": "Sunday", "hourSlots": [1, 2]}]}});
        assert_eq!(json!({"properties": properties(&flattened(&week))}), week);
    }
}
