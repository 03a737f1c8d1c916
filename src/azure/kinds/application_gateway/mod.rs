//! `azurerm_application_gateway`: the way in from outside, which the ingress controller of a cluster may write its rules
//! into. To Azure its parts refer to each other by ids; azurerm writes names.

mod rows;

use serde_json::{Map, Value as Json, json};

use super::super::wire::{Table, finding, json as at};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::Value;

/// An application gateway.
pub fn kind() -> ArmKind {
    let table = Table::of(
        "azurerm_application_gateway",
        "Microsoft.Network/applicationGateways",
        "2024-05-01",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/\
         applicationGateways/{name}",
    )
    .about("The way in from outside, which decides by host and path where a request goes.")
    .rows(rows::all());
    ArmKind::new(table, Gateway)
}

/// Members that refer to another part, and the list that the part is in.
const REFERENCES: [(&str, &str); 16] = [
    ("frontendIPConfiguration", "frontendIPConfigurations"),
    ("frontendPort", "frontendPorts"),
    ("sslCertificate", "sslCertificates"),
    ("sslProfile", "sslProfiles"),
    ("probe", "probes"),
    ("httpListener", "httpListeners"),
    ("targetListener", "httpListeners"),
    ("backendAddressPool", "backendAddressPools"),
    ("defaultBackendAddressPool", "backendAddressPools"),
    ("backendHttpSettings", "backendHttpSettingsCollection"),
    ("defaultBackendHttpSettings", "backendHttpSettingsCollection"),
    ("urlPathMap", "urlPathMaps"),
    ("redirectConfiguration", "redirectConfigurations"),
    ("defaultRedirectConfiguration", "redirectConfigurations"),
    ("rewriteRuleSet", "rewriteRuleSets"),
    ("defaultRewriteRuleSet", "rewriteRuleSets"),
];

/// Members of a part that list references; at the top the same names list the parts themselves.
const LISTS: [&str; 3] = ["authenticationCertificates", "trustedRootCertificates", "trustedClientCertificates"];

/// Members that refer to something outside, and are left out when they refer to nothing.
const OUTSIDE: [&str; 3] = ["subnet", "publicIPAddress", "firewallPolicy"];

const POOLS: &str = "backendAddressPools";
const ADDRESSES: &str = "properties.backendAddresses";
/// The names and the numbers of a pool, which are one list to Azure.
const HALVES: [(&str, &str); 2] = [("properties.fqdnAddresses", "fqdn"), ("properties.ipAddresses", "ipAddress")];

struct Gateway;

impl Hooks for Gateway {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let mut found = Vec::new();
        for (block, parts, references) in NAMED {
            let names = names_in(config, parts);
            let Some(names) = names else { continue };
            for item in config.field(block).and_then(Value::as_elements).unwrap_or_default() {
                for reference in references {
                    let wanted = item.field(reference).and_then(Value::as_str).filter(|name| !name.is_empty());
                    if let Some(wanted) = wanted.filter(|wanted| !names.contains(wanted)) {
                        let detail = format!("`{reference}` is {wanted:?}, and no `{parts}` block has that name.");
                        found.push(finding(block, Diagnostic::error("Unknown part of the gateway", detail)));
                    }
                }
            }
        }
        let sku = config.field("sku").and_then(Value::as_elements).and_then(<[Value]>::first);
        let is_null = |name: &str| sku.and_then(|sku| sku.field(name)).is_none_or(Value::is_null);
        let scales = config.field("autoscale_configuration").and_then(Value::as_elements);
        if sku.is_some_and(Value::is_known) && is_null("capacity") && scales.is_some_and(<[Value]>::is_empty) {
            let detail = "Give `capacity` in the `sku` block, or an `autoscale_configuration`.";
            found.push(finding("sku", Diagnostic::error("No capacity", detail)));
        }
        found
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        let Some(properties) = at::slot(answer, "properties").as_object_mut() else { return };
        if let Some(link) = properties.get_mut("frontendIPConfigurations").and_then(Json::as_array_mut) {
            for front in link {
                name_one(front, "properties.privateLinkConfiguration");
            }
        }
        for part in properties.values_mut() {
            name_parts(part);
        }
        for pool in properties.get_mut(POOLS).and_then(Json::as_array_mut).into_iter().flatten() {
            split_addresses(pool);
        }
    }

    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        let Some(id) = planned.field("id").and_then(Value::as_str).map(str::to_owned) else { return };
        let Some(properties) = at::slot(body, "properties").as_object_mut() else { return };
        for part in properties.values_mut() {
            refer(part, &id);
        }
        for pool in properties.get_mut(POOLS).and_then(Json::as_array_mut).into_iter().flatten() {
            join_addresses(pool);
        }
        drop_empty(properties);
    }

    fn lane(&self, id: &str) -> Option<String> {
        Some(format!("network:{id}"))
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Network/applicationGateways")
    }
}

/// Blocks whose arguments name blocks of another type.
const NAMED: [(&str, &str, &[&str]); 10] = [
    ("http_listener", "frontend_ip_configuration", &["frontend_ip_configuration_name"]),
    ("http_listener", "frontend_port", &["frontend_port_name"]),
    ("http_listener", "ssl_certificate", &["ssl_certificate_name"]),
    ("backend_http_settings", "probe", &["probe_name"]),
    ("request_routing_rule", "http_listener", &["http_listener_name"]),
    ("request_routing_rule", "backend_address_pool", &["backend_address_pool_name"]),
    ("request_routing_rule", "backend_http_settings", &["backend_http_settings_name"]),
    ("request_routing_rule", "url_path_map", &["url_path_map_name"]),
    ("request_routing_rule", "redirect_configuration", &["redirect_configuration_name"]),
    ("url_path_map", "backend_address_pool", &["default_backend_address_pool_name"]),
];

/// The names of all blocks of a type; `None` when not all are known.
fn names_in<'v>(config: &'v Value, block: &str) -> Option<Vec<&'v str>> {
    let blocks = config.field(block).filter(|blocks| blocks.is_known())?;
    blocks.as_elements()?.iter().map(|one| one.field("name")?.as_str()).collect()
}

/// Lays the name beside each reference, through all parts of a part.
fn name_parts(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(name_parts),
        Json::Object(_) => {
            for (member, _) in REFERENCES {
                name_one(json, &format!("properties.{member}"));
            }
            for list in LISTS {
                for entry in
                    at::slot_if(json, &format!("properties.{list}")).and_then(Json::as_array_mut).into_iter().flatten()
                {
                    let name = at::get_str(entry, "id").and_then(|id| id.rsplit('/').next()).map(str::to_owned);
                    at::set(entry, "name", json!(name));
                }
            }
            if let Some(rules) = at::slot_if(json, "properties.pathRules") {
                name_parts(rules);
            }
        }
        _ => {}
    }
}

fn name_one(json: &mut Json, path: &str) {
    let name = at::get_str(json, &format!("{path}.id")).and_then(|id| id.rsplit('/').next()).map(str::to_owned);
    if let Some(name) = name {
        at::set(json, &format!("{path}Name"), json!(name));
    }
}

/// Puts the reference in the place of each name.
fn refer(json: &mut Json, gateway: &str) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| refer(item, gateway)),
        Json::Object(_) => {
            let link = ("privateLinkConfiguration", "privateLinkConfigurations");
            for (member, list) in REFERENCES.into_iter().chain([link]) {
                let path = format!("properties.{member}");
                let name = at::remove(json, &format!("{path}Name"));
                match name.as_ref().and_then(Json::as_str).filter(|name| !name.is_empty()) {
                    Some(name) => at::set(json, &path, json!({ "id": format!("{gateway}/{list}/{name}") })),
                    None => drop(at::remove(json, &path)),
                }
            }
            for list in LISTS {
                for entry in
                    at::slot_if(json, &format!("properties.{list}")).and_then(Json::as_array_mut).into_iter().flatten()
                {
                    let name = at::get_str(entry, "name").unwrap_or_default().to_owned();
                    *entry = json!({ "id": format!("{gateway}/{list}/{name}") });
                }
            }
            if let Some(rules) = at::slot_if(json, "properties.pathRules") {
                refer(rules, gateway);
            }
            if let Some(properties) = at::slot_if(json, "properties").and_then(Json::as_object_mut) {
                drop_empty(properties);
            }
        }
        _ => {}
    }
}

fn split_addresses(pool: &mut Json) {
    let all = at::remove(pool, ADDRESSES).and_then(|all| all.as_array().cloned()).unwrap_or_default();
    for (half, member) in HALVES {
        let of_half: Vec<_> = all.iter().filter(|one| at::get(one, member).is_some()).cloned().collect();
        at::set(pool, half, json!(of_half));
    }
}

fn join_addresses(pool: &mut Json) {
    let mut all = Vec::new();
    for (half, _) in HALVES {
        all.extend(at::remove(pool, half).and_then(|half| half.as_array().cloned()).unwrap_or_default());
    }
    at::set(pool, ADDRESSES, json!(all));
}

/// Leaves out what refers to nothing.
fn drop_empty(properties: &mut Map<String, Json>) {
    for member in OUTSIDE {
        let refers = properties.get(member).and_then(|outside| at::get_str(outside, "id"));
        if refers.is_none_or(str::is_empty) {
            properties.remove(member);
        }
    }
}
