//! Blocks of an older azurerm that became others: `addon_profile` and `role_based_access_control` of a cluster, `log` and
//! `metric` of a diagnostic setting.

use super::text::{Text, literal, outdented};
use crate::syntax::tree::{Block, Body};

/// The addons of 2.x: their names now, and whether they are a flag or a block.
const ADDONS: &[(&str, &str, bool)] = &[
    ("aci_connector_linux", "aci_connector_linux", false),
    ("azure_keyvault_secrets_provider", "key_vault_secrets_provider", false),
    ("azure_policy", "azure_policy_enabled", true),
    ("http_application_routing", "http_application_routing_enabled", true),
    ("ingress_application_gateway", "ingress_application_gateway", false),
    ("oms_agent", "oms_agent", false),
    ("open_service_mesh", "open_service_mesh_enabled", true),
];

/// What stands for `addon_profile`; `None` where it cannot be told without a person.
pub fn addons(file: &Text<'_>, profile: &Block) -> Option<String> {
    if !profile.body.attributes.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    for addon in &profile.body.blocks {
        let name = &*addon.kind.name;
        // Azure has taken the dashboard away.
        if name == "kube_dashboard" {
            continue;
        }
        let (_, new, is_flag) = ADDONS.iter().find(|(old, ..)| *old == name)?;
        let enabled = addon.body.attribute("enabled");
        if *is_flag {
            lines.push(format!("{new} = {}", enabled.map_or("true", |enabled| file.at(enabled.value.span))));
            continue;
        }
        match enabled.map(|enabled| literal(&enabled.value)) {
            Some(Some(true)) | None => lines.push(block(new, &without(file, &addon.body, &["enabled"]))),
            Some(Some(false)) => {}
            Some(None) => return None,
        }
    }
    Some(lines.join("\n\n"))
}

/// What stands for `role_based_access_control`.
pub fn access_control(file: &Text<'_>, control: &Block) -> Option<String> {
    let enabled = control.body.attribute("enabled").map_or("true", |enabled| file.at(enabled.value.span));
    let mut lines = vec![format!("role_based_access_control_enabled = {enabled}")];
    for directory in &control.body.blocks {
        if &*directory.kind.name != "azure_active_directory" {
            return None;
        }
        let left = ["managed", "client_app_id", "server_app_id", "server_app_secret"];
        lines.push(block("azure_active_directory_role_based_access_control", &without(file, &directory.body, &left)));
    }
    Some(lines.join("\n\n"))
}

/// What stands for a block that could be switched off: one that is there when it is on.
pub fn switched(file: &Text<'_>, entry: &Block, new: &str) -> Option<String> {
    let category = entry.body.attribute("category")?;
    let content = format!("category = {}", file.at(category.value.span));
    let enabled = entry.body.attribute("enabled");
    match enabled.map(|enabled| (literal(&enabled.value), file.at(enabled.value.span))) {
        None | Some((Some(true), _)) => Some(block(new, &content)),
        Some((Some(false), _)) => Some(String::new()),
        Some((None, condition)) => {
            let lines = format!("for_each = {condition} ? [1] : []\n\n{}", block("content", &content));
            Some(block(&format!("dynamic {new:?}"), lines.trim_end()))
        }
    }
}

fn block(name: &str, content: &str) -> String {
    let content: String =
        content.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("  {line}\n") }).collect();
    format!("{name} {{\n{content}}}")
}

/// What stands in a block, without some arguments.
fn without(file: &Text<'_>, body: &Body, names: &[&str]) -> String {
    let Some(span) = body.span else { return String::new() };
    let range = span.range();
    let mut text = file.text.get(range.clone()).unwrap_or_default().to_owned();
    let mut gone: Vec<_> = names.iter().filter_map(|name| body.attribute(name)).map(|a| a.span.range()).collect();
    gone.sort_by_key(|place| std::cmp::Reverse(place.start));
    for place in gone {
        let (from, to) = (place.start.saturating_sub(range.start), place.end.saturating_sub(range.start));
        let line = text.get(..from).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = text.get(to..).and_then(|rest| rest.find('\n')).map_or(text.len(), |newline| to + newline + 1);
        text.replace_range(line..end, "");
    }
    outdented(text.trim_matches('\n').trim_end())
}
