//! What there is at a scope: every resource of a resource group or a subscription, with the kind that manages it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value as Json;

use super::arm::{ArmError, Method, Request};
use super::kinds::Registry;
use super::session::Azure;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::Found;

/// How long one list may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// How many lists are read at once.
const AT_ONCE: usize = 8;

/// The version of Resource Manager's own API.
const RESOURCES: &str = "2021-04-01";

/// What is written inside of what it belongs to: the rules of a group, the routes of a table.
const WRITTEN_INSIDE: [&str; 2] = ["azurerm_network_security_rule", "azurerm_route"];

/// One resource as a list tells it.
#[derive(Debug, Clone)]
struct Listed {
    id: String,
    arm_type: String,
    body: Json,
}

/// Everything at a scope, parents before what is in them.
pub async fn discover(azure: &Azure, registry: &Registry, scope: &str) -> Result<Vec<Found>, Diagnostics> {
    let scope = scope.trim_end_matches('/');
    let mut found: Vec<Listed> = Vec::new();
    for group in groups(azure, scope).await? {
        let contents = list(azure, &format!("{}/resources", group.id), RESOURCES).await;
        let contents = contents.map_err(|error| problem(&group.id, &error))?;
        found.push(group);
        found.extend(contents.iter().filter_map(listed));
    }
    let mut next = found.clone();
    while !next.is_empty() {
        next = beneath(azure, registry, &next).await?;
        found.extend(next.clone());
    }
    let scopes: Vec<String> = if is_group(scope) { vec![scope.to_owned()] } else { vec![subscription_of(scope)] };
    for scope in &scopes {
        for (arm_type, version) in extensions(registry) {
            let path = format!("{scope}/providers/{arm_type}");
            let Some(entries) = list_if_any(azure, &path, version).await? else { continue };
            found.extend(entries.iter().filter_map(listed).filter(|entry| is_at_or_in(&entry.id, scope)));
        }
    }
    assign(azure, registry, found).await
}

/// The resource group that a scope is, or those of a subscription. What a cluster keeps for itself is left out.
async fn groups(azure: &Azure, scope: &str) -> Result<Vec<Listed>, Diagnostics> {
    let listed = if is_group(scope) {
        let request = Request::new(Method::Get, scope, RESOURCES);
        let patience = azure.client.patience(PATIENCE);
        let answer = azure.client.send(&request, &patience).await.map_err(|error| problem(scope, &error))?;
        vec![answer.body]
    } else {
        let path = format!("{}/resourcegroups", subscription_of(scope));
        list(azure, &path, RESOURCES).await.map_err(|error| problem(&path, &error))?
    };
    let own = listed.iter().filter(|group| group.get("managedBy").and_then(Json::as_str).is_none_or(str::is_empty));
    Ok(own
        .filter_map(|group| {
            let id = group.get("id")?.as_str()?.to_owned();
            Some(Listed { id, arm_type: "Microsoft.Resources/resourceGroups".to_owned(), body: group.clone() })
        })
        .collect())
}

/// What is in these resources, of the kinds that there are.
async fn beneath(azure: &Azure, registry: &Registry, parents: &[Listed]) -> Result<Vec<Listed>, Diagnostics> {
    let mut wanted = BTreeSet::new();
    for parent in parents {
        for table in registry.kinds().filter_map(|kind| kind.table()) {
            let Some(rest) = inside(&parent.arm_type, table.arm_type) else { continue };
            if !WRITTEN_INSIDE.contains(&table.name) {
                // What stands between is one of a kind, and called so: `blobServices/default`.
                wanted.insert((format!("{}/{}", parent.id, rest.replace('/', "/default/")), table.api_version));
            }
        }
    }
    let wanted: Vec<(String, &str)> = wanted.into_iter().collect();
    let mut found = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        let mut lists = Vec::new();
        for (path, version) in some {
            lists.push(list_if_any(azure, path, version));
        }
        for entries in join_all(lists).await {
            found.extend(entries?.unwrap_or_default().iter().filter_map(listed));
        }
    }
    Ok(found)
}

/// The segments of a type below its parent's: one, or two of which the first is one of a kind.
fn inside<'t>(parent: &str, arm_type: &'t str) -> Option<&'t str> {
    let head = arm_type.get(..parent.len()).filter(|head| head.eq_ignore_ascii_case(parent))?;
    let rest = arm_type.get(head.len()..)?.strip_prefix('/')?;
    let is_one_of_a_kind = rest.starts_with("blobServices/") && rest.matches('/').count() == 1;
    (!rest.contains('/') || is_one_of_a_kind).then_some(rest)
}

/// The types that sit on other resources, with the version that they are asked in.
fn extensions(registry: &Registry) -> Vec<(&'static str, &'static str)> {
    let tables = registry.kinds().filter_map(|kind| kind.table());
    tables
        .filter(|table| table.arm_type.starts_with("Microsoft.Authorization/") && table.id.starts_with("{scope}"))
        .map(|table| (table.arm_type, table.api_version))
        .collect()
}

fn listed(entry: &Json) -> Option<Listed> {
    let id = entry.get("id")?.as_str()?.to_owned();
    let arm_type = super::arm_id::ArmId::parse(&id).ok()?.resource_type();
    Some(Listed { id, arm_type, body: entry.clone() })
}

/// The kind of each, and for those that have none the newest version of their API.
async fn assign(azure: &Azure, registry: &Registry, found: Vec<Listed>) -> Result<Vec<Found>, Diagnostics> {
    let mut seen = BTreeSet::new();
    let mut versions: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut all = Vec::new();
    for entry in found {
        if !seen.insert(entry.id.to_ascii_lowercase()) || is_inherited(&entry) {
            continue;
        }
        if let Some(kind) = kind_of(registry, &entry) {
            all.push(Found { kind: kind.to_owned(), id: entry.id });
            continue;
        }
        let Some((namespace, rest)) = entry.arm_type.split_once('/') else { continue };
        let namespace = namespace.to_ascii_lowercase();
        if !versions.contains_key(&namespace) {
            versions.insert(namespace.clone(), newest_versions(azure, &namespace).await?);
        }
        let version = versions.get(&namespace).and_then(|known| known.get(&rest.to_ascii_lowercase()));
        if let Some(version) = version {
            all.push(Found { kind: "azapi_resource".to_owned(), id: format!("{}?api-version={version}", entry.id) });
        }
    }
    Ok(all)
}

fn kind_of(registry: &Registry, entry: &Listed) -> Option<&'static str> {
    let sku = entry.body.pointer("/sku/name").and_then(Json::as_str).unwrap_or_default();
    let is_automatic = sku.eq_ignore_ascii_case("Automatic");
    let mut tables = registry
        .kinds()
        .filter_map(|kind| kind.table())
        .filter(|table| table.arm_type.eq_ignore_ascii_case(&entry.arm_type) && table.name.starts_with("azurerm_"));
    // A list does not tell which system a machine has.
    let is_told = |name: &str| name != "azurerm_linux_virtual_machine";
    tables
        .find(|table| table.name.contains("_automatic_") == is_automatic && is_told(table.name))
        .map(|table| table.name)
}

/// A built-in role, and what a scope only inherits.
fn is_inherited(entry: &Listed) -> bool {
    entry.body.pointer("/properties/type").and_then(Json::as_str) == Some("BuiltInRole")
}

/// The newest released version of each type of a namespace, by the type's name in lower case.
async fn newest_versions(azure: &Azure, namespace: &str) -> Result<BTreeMap<String, String>, Diagnostics> {
    let path = format!("/subscriptions/{}/providers/{namespace}", azure.subscription);
    let request = Request::new(Method::Get, &path, RESOURCES);
    let patience = azure.client.patience(PATIENCE);
    let answer = azure.client.send(&request, &patience).await.map_err(|error| problem(&path, &error))?;
    let types = answer.body.get("resourceTypes").and_then(Json::as_array).cloned().unwrap_or_default();
    let newest = |of: &Json| {
        let mut versions: Vec<&str> = of.get("apiVersions")?.as_array()?.iter().filter_map(Json::as_str).collect();
        versions.sort_unstable();
        let released = versions.iter().rev().find(|version| !version.contains("preview"));
        Some((of.get("resourceType")?.as_str()?.to_ascii_lowercase(), (*released.or(versions.last())?).to_owned()))
    };
    Ok(types.iter().filter_map(newest).collect())
}

async fn list(azure: &Azure, path: &str, version: &str) -> Result<Vec<Json>, ArmError> {
    let patience = azure.client.patience(PATIENCE);
    azure.client.list(&Request::new(Method::Get, path, version), &patience).await
}

/// A list that a resource may not have: a registry without the feature answers with a refusal.
async fn list_if_any(azure: &Azure, path: &str, version: &str) -> Result<Option<Vec<Json>>, Diagnostics> {
    match list(azure, path, version).await {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if matches!(error.status(), Some(400 | 404 | 405 | 409)) => Ok(None),
        Err(error) => Err(problem(path, &error)),
    }
}

fn problem(path: &str, error: &ArmError) -> Diagnostics {
    error.diagnostic(&format!("list what there is at {path}")).into()
}

fn is_group(scope: &str) -> bool {
    scope.to_ascii_lowercase().contains("/resourcegroups/")
}

fn subscription_of(scope: &str) -> String {
    scope.split('/').take(3).collect::<Vec<_>>().join("/")
}

fn is_at_or_in(id: &str, scope: &str) -> bool {
    let (id, scope) = (id.to_ascii_lowercase(), scope.to_ascii_lowercase());
    id.strip_prefix(&scope).is_some_and(|rest| rest.starts_with('/'))
}

/// What to say when a scope is none.
pub fn invalid_scope(scope: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid scope",
        format!(
            "{scope:?} is neither a subscription nor a resource group: write /subscriptions/ID or \
             /subscriptions/ID/resourceGroups/NAME."
        ),
    )
}
