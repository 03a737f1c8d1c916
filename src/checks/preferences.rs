//! How much each rule matters in a stack: the `check` blocks of `bowline.hcl`; and what is wrong in the file.

use super::rules::RULES;
use super::{Level, Rule};
use crate::address::Address;
use crate::config::{CheckPreference, Configuration, GroupPreference, Preferences, Text};
use crate::diagnostic::Diagnostics;

/// How much a rule matters, and whether the run is to stop at what it finds; `None` when it is turned off. The last
/// block for a rule decides.
pub(super) fn level(rule: &Rule, preferences: &Preferences) -> Option<(Level, bool)> {
    let preferred = preferences.checks.iter().rev().find(|preference| &*preference.rule.value == rule.name);
    match preferred.map(|preference| &*preference.level.value) {
        Some("off") => None,
        Some("note") => Some((Level::Note, false)),
        Some("warning") => Some((Level::Warning, false)),
        Some("error") => Some((Level::Error, true)),
        _ => Some((rule.level, false)),
    }
}

/// Refuses blocks for rules that there are not, levels that there are not, rules turned off without a reason, and groups
/// and members that nobody is.
pub fn refuse_unknown(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    let preferences = &configuration.preferences;
    for GroupPreference { id, members, .. } in &preferences.groups {
        if !is_object_id(&id.value) {
            let detail = "A group is named by its object id in the directory, a GUID: \"az ad group show\" tells it.";
            found.error_at(id.span, "Invalid object id", detail);
        }
        let unknown = |member: &&Text| !is_object_id(&member.value) && !is_declared(&member.value, configuration);
        for member in members.iter().flatten().filter(unknown) {
            let detail = format!(
                "\"{}\" is neither an object id (a GUID) nor the address of an identity in this stack, such as \
                 azurerm_user_assigned_identity.api.",
                member.value
            );
            found.error_at(member.span, "Unknown member", detail);
        }
    }
    for CheckPreference { rule, level, reason } in &preferences.checks {
        if !RULES.iter().any(|known| known.name == &*rule.value) {
            let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
            let detail = format!("There is no check \"{}\". The checks are: {}.", rule.value, names.join(", "));
            found.error_at(rule.span, "Unknown check", detail);
        }
        let said = reason.as_ref().is_some_and(|reason| !reason.value.trim().is_empty());
        match &*level.value {
            "off" if !said => {
                let detail = "A check that is turned off for the whole stack needs a reason: reason = \"...\".";
                found.error_at(level.span, "Missing reason", detail);
            }
            "off" | "note" | "warning" | "error" => {}
            _ => found.error_at(level.span, "Unknown level", "A level is \"off\", \"note\", \"warning\" or \"error\"."),
        }
    }
    found
}

fn is_object_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

fn is_declared(text: &str, configuration: &Configuration) -> bool {
    Address::parse(text).is_some_and(|address| configuration.resource(&address.config()).is_some())
}
