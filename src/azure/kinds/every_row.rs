//! For each attribute of each table: whatever Azure makes of it in its answers (ids in other letters, sets in another
//! order, nothing at all, its own words everywhere else), the next plan has nothing to do.

#![allow(clippy::unwrap_used)]

use serde_json::{Map, Value as Json, json};

use super::super::arm::Model;
use super::super::wire::{Blocks, Codec, Dialect, Off, Presence, Row, Rule, Same, Scalar, Shape, json as at};
use super::arm_kind::ArmKind;
use super::testing::{SUBSCRIPTION, change, created, creation, differences, refreshed, replacing};
use super::{
    application_gateway, bastion_host, dashboard_grafana, data_collection, data_collection_rule, identity, key_vault,
    kubernetes_cluster, linux_virtual_machine, log_analytics_solution, monitor_workspace, network, network_interface,
    policy_assignment, prometheus_rule_group, resource_group, role_assignment, role_definition, storage,
};
use crate::value::Value;

/// One attribute in one configuration.
pub struct Case {
    /// Its dotted path.
    pub path: String,
    /// Its row.
    pub row: Row,
    /// Where it stands in the body, through the blocks around it.
    pub wire: Option<String>,
    /// It, or a block around it, is newer than the published model.
    pub newer: bool,
    /// A configuration that gives it.
    pub given: Json,
}

/// The kinds, and what each needs to be planned at all.
pub fn kinds() -> Vec<(ArmKind, Json)> {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-quay");
    let cluster = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks-quay");
    let identity = format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-quay");
    let vault = "22222222-2222-4222-8222-222222222222";
    vec![
        (resource_group::kind(), json!({"name": "rg-quay"})),
        (network::virtual_network(), json!({"name": "vnet", "address_space": ["10.0.0.0/16"]})),
        (network::subnet(), json!({"name": "snet", "address_prefixes": ["10.0.0.0/24"]})),
        (identity::user_assigned_identity(), json!({"name": "id-quay"})),
        (
            identity::federated_identity_credential(),
            json!({"name": "orders", "parent_id": identity, "issuer": "https://i/", "subject": "s", "audience": ["a"]}),
        ),
        (
            kubernetes_cluster::kind(),
            json!({"name": "aks-quay", "dns_prefix": "quay", "identity": [{"type": "SystemAssigned"}],
                "default_node_pool": [{"name": "system", "vm_size": "Standard_D4s_v5"}]}),
        ),
        (
            super::kubernetes_cluster_node_pool::kind(),
            json!({"name": "work", "kubernetes_cluster_id": cluster, "vm_size": "Standard_D4s_v5"}),
        ),
        (
            role_assignment::kind(),
            json!({"scope": group, "principal_id": "d0000000-0000-4000-8000-000000000001",
                "role_definition_name": "AcrPull"}),
        ),
        (data_collection::endpoint(), json!({"name": "dce-quay"})),
        (data_collection::association(), json!({"target_resource_id": cluster, "data_collection_rule_id": group})),
        (
            data_collection_rule::kind(),
            json!({"name": "dcr-quay", "data_flow": [{"streams": ["s"], "destinations": ["d"]}],
                "destinations": [{"azure_monitor_metrics": [{"name": "d"}]}]}),
        ),
        (monitor_workspace::kind(), json!({"name": "amw-quay"})),
        (
            prometheus_rule_group::kind(),
            json!({"name": "rules", "scopes": [group], "rule": [{"expression": "up", "record": "r"}]}),
        ),
        (
            log_analytics_solution::kind(),
            json!({"solution_name": "ContainerInsights", "workspace_name": "log", "workspace_resource_id": group,
                "plan": [{"publisher": "Microsoft", "product": "OMSGallery/ContainerInsights"}]}),
        ),
        (role_definition::kind(), json!({"name": "Quay Master", "scope": group})),
        (storage::account(), json!({"name": "stquay", "account_tier": "Standard", "account_replication_type": "LRS"})),
        (
            storage::container(),
            json!({"name": "ledger",
                "storage_account_id": format!("{group}/providers/Microsoft.Storage/storageAccounts/stquay")}),
        ),
        (key_vault::kind(), json!({"name": "kv-quay", "tenant_id": vault, "sku_name": "standard"})),
    ]
    .into_iter()
    .chain(neighbours(&group))
    .collect()
}

/// What stands beside a cluster for people: machines, and the ways in.
fn neighbours(group: &str) -> Vec<(ArmKind, Json)> {
    let network = format!("{group}/providers/Microsoft.Network");
    let subnet = format!("{network}/virtualNetworks/vnet/subnets/AzureBastionSubnet");
    vec![
        (
            network_interface::kind(),
            json!({"name": "nic", "ip_configuration": [
                {"name": "main", "subnet_id": subnet, "private_ip_address_allocation": "Dynamic"}]}),
        ),
        (bastion_host::kind(), json!({"name": "bas"})),
        (
            policy_assignment::on_group(),
            json!({"name": "allowed", "resource_group_id": group, "location": "westeurope",
                "policy_definition_id": "/providers/Microsoft.Authorization/policyDefinitions/allowed"}),
        ),
        (dashboard_grafana::kind(), json!({"name": "graf", "grafana_major_version": "11"})),
        (
            linux_virtual_machine::kind(),
            json!({"name": "vm", "size": "Standard_B2s", "admin_username": "ops", "os_disk": [{"caching": "None"}],
                "network_interface_ids": [format!("{network}/networkInterfaces/nic")],
                "source_image_reference": [{"publisher": "p", "offer": "o", "sku": "s", "version": "latest"}]}),
        ),
        (
            application_gateway::kind(),
            json!({"name": "agw", "sku": [{"name": "Standard_v2", "tier": "Standard_v2", "capacity": 2}]}),
        ),
    ]
}

/// A case for each attribute of a kind.
pub fn cases(kind: &ArmKind, base: &Json) -> Vec<Case> {
    let mut cases = variants(&kind.table().rows, Some(""), "");
    for case in &mut cases {
        let mut given = case.given.as_object().unwrap().clone();
        for (name, value) in base.as_object().unwrap().iter().filter(|(name, _)| !excludes(kind, &case.path, name)) {
            lay_below(&mut given, name, value, &case.path);
        }
        case.given = Json::Object(given);
    }
    cases
}

/// Whether a configuration with this attribute cannot have that one.
fn excludes(kind: &ArmKind, path: &str, other: &str) -> bool {
    let top = path.split('.').next().unwrap();
    let row = kind.table().rows.iter().find(|row| row.name == top).unwrap();
    let excluded = |rule: &Rule| match rule {
        Rule::ExactlyOneOf(names) | Rule::Conflicts(names) => names.contains(&other),
        _ => false,
    };
    top != other && row.rules.iter().any(excluded)
}

/// What the base says, unless the case itself is about it.
fn lay_below(given: &mut Map<String, Json>, name: &str, value: &Json, path: &str) {
    let about = |what: &str| path == what || path.starts_with(&format!("{what}."));
    match (given.get_mut(name).and_then(|blocks| blocks.get_mut(0)).and_then(Json::as_object_mut), value.get(0)) {
        (Some(block), Some(Json::Object(members))) => {
            for (member, value) in members {
                if !about(&format!("{name}.{member}")) {
                    block.insert(member.clone(), value.clone());
                }
            }
        }
        _ if about(name) => {}
        _ => drop(given.insert(name.to_owned(), value.clone())),
    }
}

/// For each row inside, an object with it and with what is required.
fn variants(rows: &[Row], wire: Option<&str>, path: &str) -> Vec<Case> {
    let required = required(rows);
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.configurable() && !row.write_only) {
        let path = if path.is_empty() { row.name.to_owned() } else { format!("{path}.{}", row.name) };
        let own_wire = wire.zip(row.wire).map(|(outer, own)| joined(outer, own));
        let mut with = |case: Case| {
            let mut given = required.clone();
            let value = if matches!(row.shape, Shape::Blocks(_)) { json!([case.given]) } else { case.given };
            given.insert(row.name.to_owned(), value);
            found.push(Case { given: Json::Object(given), newer: case.newer || row.newer, ..case });
        };
        match &row.shape {
            Shape::Blocks(blocks) => {
                let inner = variants(&blocks.rows, own_wire.as_deref().filter(|_| reachable(row, blocks)), &path);
                inner.into_iter().for_each(&mut with);
            }
            _ => with(Case { path, row: row.clone(), wire: own_wire, newer: false, given: sample(row, 1) }),
        }
    }
    found
}

fn joined(outer: &str, own: &str) -> String {
    match (outer, own) {
        ("", own) => own.to_owned(),
        (outer, "") => outer.to_owned(),
        (outer, own) => format!("{outer}.{own}"),
    }
}

/// Whether a path leads on into a block: not through an array.
fn reachable(row: &Row, blocks: &Blocks) -> bool {
    blocks.max == 1 && !matches!(row.codec, Codec::Single)
}

fn required(rows: &[Row]) -> Map<String, Json> {
    let required = rows.iter().filter(|row| row.presence == Presence::Required);
    required.map(|row| (row.name.to_owned(), sample(row, 0))).collect()
}

/// A value for a row, the `n`th of several.
fn sample(row: &Row, n: i64) -> Json {
    match &row.shape {
        Shape::One(scalar) => one(row, *scalar, n),
        Shape::List(scalar) | Shape::Set(scalar) => {
            let single = row.rules.iter().any(|rule| matches!(rule, Rule::AtMost(1)));
            if single { json!([one(row, *scalar, n)]) } else { json!([one(row, *scalar, n), one(row, *scalar, n + 1)]) }
        }
        Shape::Map => json!({"one": format!("value {n}"), "two": ""}),
        Shape::Blocks(blocks) => json!([Json::Object(required(&blocks.rows))]),
    }
}

fn one(row: &Row, scalar: Scalar, n: i64) -> Json {
    let allowed = row.rules.iter().find_map(|rule| match rule {
        Rule::OneOf(words) => Some(*words),
        _ => None,
    });
    let lowest = row.rules.iter().find_map(|rule| match rule {
        Rule::Range(lowest, _) => Some(*lowest),
        _ => None,
    });
    match (scalar, allowed, row.same) {
        (Scalar::Bool, ..) => json!(row.default != Some(true.into())),
        (Scalar::Integer | Scalar::Float, ..) => json!(lowest.unwrap_or(1) + n),
        (Scalar::Text, Some(words), _) => json!(words[usize::try_from(n).unwrap() % words.len()]),
        (Scalar::Text, None, Same::ArmId) => {
            json!(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-Quay/providers/Microsoft.Quay/things/Thing{n}"
            ))
        }
        (Scalar::Text, None, Same::Location) => json!("westeurope"),
        (Scalar::Text, None, Same::Json) => json!(format!("{{\"a\":{n}}}")),
        (Scalar::Text, None, Same::Instant) => json!(format!("2027-01-0{}T00:00:00Z", n + 1)),
        (Scalar::Text, None, Same::VersionPrefix) => json!("1.33"),
        (Scalar::Text, None, _) => json!(format!("text{n}")),
    }
}

/// What Azure answers to a body: the body, and who it is.
fn echo(kind: &ArmKind, given: &Json) -> Json {
    let planned = creation(kind, Dialect::V4, given).planned;
    let mut answer = kind.first_body(&planned);
    at::set(&mut answer, "properties.provisioningState", json!("Succeeded"));
    answer
}

/// Every id in lowercase, as services answer now and then, also where it is a key.
fn recased(json: &Json) -> Json {
    let lower = |text: &str| if text.starts_with("/subscriptions/") { text.to_lowercase() } else { text.to_owned() };
    match json {
        Json::String(text) => json!(lower(text)),
        Json::Array(items) => items.iter().map(recased).collect(),
        Json::Object(members) => members.iter().map(|(key, value)| (lower(key), recased(value))).collect(),
        other => other.clone(),
    }
}

/// Azure's own words wherever the configuration has none.
fn talkative(rows: &[Row], given: &Json, answer: &mut Json) {
    for row in rows.iter().filter(|row| row.configurable() && !row.write_only) {
        let Some(wire) = row.wire.filter(|wire| !wire.is_empty()) else { continue };
        let written = given.get(row.name).is_some();
        match &row.shape {
            Shape::Blocks(blocks) if written && reachable(row, blocks) => {
                if let Some(inner) = given[row.name].get(0) {
                    talkative(&blocks.rows, inner, at::slot(answer, wire));
                }
            }
            Shape::Blocks(blocks) if !written && reachable(row, blocks) => say_of_block(row, blocks, wire, answer),
            Shape::Map if row.presence != Presence::OptionalComputed => {
                at::set(answer, &format!("{wire}.added-by-policy"), json!("yes"));
            }
            _ if written || at::get(answer, wire).is_some() || matches!(row.codec, Codec::Keys) => {}
            _ => {
                if let Some(value) = own_word(row) {
                    at::set(answer, wire, value);
                }
            }
        }
    }
}

fn say_of_block(row: &Row, blocks: &Blocks, wire: &str, answer: &mut Json) {
    if row.presence == Presence::OptionalComputed || at::get(answer, wire).is_some() {
        return;
    }
    match (row.switch, row.off) {
        (_, Off::Says(member, word)) => at::set(answer, wire, json!({ member: word })),
        (Some(switch), _) => at::set(answer, &format!("{wire}.{switch}"), json!(false)),
        _ => talkative(&blocks.rows, &json!({}), at::slot(answer, wire)),
    }
}

/// What Azure says of an attribute that is not configured.
fn own_word(row: &Row) -> Option<Json> {
    use super::super::wire::Literal;
    let literal = |literal: Literal| match literal {
        Literal::Bool(b) => json!(b),
        Literal::Integer(n) => json!(n),
        Literal::Text(text) => json!(text),
    };
    match (row.null_as.or(row.default).map(literal), row.codec) {
        (Some(Json::Bool(b)), Codec::Inverted) => Some(json!(!b)),
        (Some(Json::Bool(b)), Codec::Words(yes, no)) => Some(json!(if b { yes } else { no })),
        (Some(Json::Bool(_) | Json::Number(_)), Codec::Stringly) => None,
        (Some(value), _) => Some(value),
        (None, Codec::Plain) => Some(sample(row, 2)),
        (None, _) => None,
    }
}

/// What Azure may make of a case in its answers, by name.
fn answers(kind: &ArmKind, case: &Case) -> Vec<(&'static str, Json)> {
    let echo = echo(kind, &case.given);
    let mut talkative_answer = echo.clone();
    talkative(&kind.table().rows, &case.given, &mut talkative_answer);
    let mut found =
        vec![("ids in lowercase", recased(&echo)), ("words of its own", talkative_answer), ("the same", echo.clone())];
    let Some(wire) = &case.wire else { return found };
    let altered = |change: &dyn Fn(&Json) -> Option<Json>| {
        let now = at::get(&echo, wire)?;
        let mut answer = echo.clone();
        match change(now) {
            Some(value) => at::set(&mut answer, wire, value),
            None => drop(at::remove(&mut answer, wire)),
        }
        Some(answer)
    };
    let unordered = matches!(case.row.shape, Shape::Set(_)) || case.row.same == Same::Unordered;
    let mut add = |name, answer: Option<Json>| found.extend(answer.map(|answer| (name, answer)));
    add("left out", altered(&|_| None));
    add("null", altered(&|_| Some(Json::Null)));
    if unordered {
        add("in another order", altered(&|now| Some(now.as_array()?.iter().rev().cloned().collect())));
    }
    if case.row.same == Same::Caseless {
        add("in capitals", altered(&|now| Some(json!(now.as_str()?.to_uppercase()))));
    }
    found
}

#[test]
fn no_answer_of_azure_makes_a_change_that_nobody_asked_for() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (kind, base) in kinds() {
        for case in cases(&kind, &base) {
            let recorded = created(&kind, Dialect::V4, &case.given, &echo(&kind, &case.given));
            for (name, answer) in answers(&kind, &case) {
                count += 1;
                let observed = refreshed(&kind, &recorded, &answer);
                let plan = change(&kind, Dialect::V4, &observed, &case.given);
                let changed = differences(&observed, &plan.planned);
                if !changed.is_empty() || !plan.requires_replace.is_empty() {
                    let replaced = replacing(&plan);
                    wrong.push(format!("{} {}, {name}: {changed:?} {replaced:?}", kind.table().name, case.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "of {count}:\n{}", wrong.join("\n"));
    assert!(count > 1000, "only {count}");
}

/// Somebody sets each attribute in turn on an object that was made without it.
#[test]
fn what_others_set_is_told_and_their_secrets_are_not() {
    let (mut untold, mut told) = (Vec::new(), 0);
    for (kind, base) in kinds() {
        let planned = creation(&kind, Dialect::V4, &base).planned;
        let id = planned.field("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let recorded = kind.recorded_of(Dialect::V4, echo(&kind, &base), &id, Some(&planned));
        for case in cases(&kind, &base) {
            let answer = echo(&kind, &case.given);
            let observed = kind.recorded_of(Dialect::V4, answer, &id, Some(&recorded.value));
            let place = format!("{} {}", kind.table().name, case.path);
            let drift = kind.held_against(Dialect::V4, &recorded, &observed);
            if case.row.sensitive {
                let noted = String::from_utf8_lossy(&observed.private).into_owned();
                assert!(!noted.contains("text1"), "{place}: {noted}");
            } else if drift.before.raw_eq(&drift.after) {
                untold.push(place);
            } else {
                told += 1;
                assert!(kind.held_against(Dialect::V4, &observed, &observed).by_others.is_empty(), "{place}");
            }
        }
    }
    // Names, what is never sent, and what Azure takes for nothing.
    assert!(untold.len() * 8 < told, "of {told}:\n{}", untold.join("\n"));
}

/// A path of the default pool, as it stands in the body.
fn in_body(wire: &str) -> String {
    wire.strip_prefix("pool.").map_or(wire.to_owned(), |pool| format!("properties.agentPoolProfiles.0.{pool}"))
}

#[test]
fn every_body_fits_its_published_model() {
    let mut wrong = Vec::new();
    for (kind, base) in kinds() {
        let Some(model) = Model::of(kind.table().arm_type) else { continue };
        for case in cases(&kind, &base) {
            let mut body = kind.first_body(&creation(&kind, Dialect::V4, &case.given).planned);
            if case.path == "role_definition_name" {
                // The name of a role is looked up before it is sent.
                at::set(&mut body, "properties.roleDefinitionId", json!("looked up"));
            }
            let place = format!("{} {}", kind.table().name, case.path);
            if let Some(misfit) = model.misfit(&body) {
                wrong.push(format!("{place}: {misfit}"));
                continue;
            }
            let Some(wire) = case.wire.as_deref().map(in_body) else { continue };
            if at::get(&body, &wire).is_none() {
                continue;
            }
            let is_newer = model.newer(&body).iter().any(|path| wire == *path || wire.starts_with(&format!("{path}.")));
            if is_newer != case.newer {
                let says = if is_newer { "does not know" } else { "knows" };
                wrong.push(format!("{place}: the model {says} {wire}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
