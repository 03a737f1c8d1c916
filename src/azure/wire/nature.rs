//! What a value must be by what its argument is: an id of the type that its name says, a range of addresses, not
//! nothing. Azure would refuse the rest, but only when half of the stack is made.

use ipnet::IpNet;

use super::super::arm_id::ArmId;
use super::table::{Presence, Row, Same, Shape};
use crate::diagnostic::Diagnostic;
use crate::value::Value;

/// Arguments that are ids, and the types of resources that they are ids of. Azure's services agree about these names.
const TYPES: &[(&[&str], &str)] = &[
    (&["container_registry_id"], "Microsoft.ContainerRegistry/registries"),
    (&["disk_encryption_set_id"], "Microsoft.Compute/diskEncryptionSets"),
    (&["kubernetes_cluster_id"], "Microsoft.ContainerService/managedClusters"),
    (&["key_vault_id"], "Microsoft.KeyVault/vaults"),
    (&["log_analytics_workspace_id"], "Microsoft.OperationalInsights/workspaces"),
    (&["nat_gateway_id"], "Microsoft.Network/natGateways"),
    (&["network_security_group_id", "security_group"], "Microsoft.Network/networkSecurityGroups"),
    (&["public_ip_address_id"], "Microsoft.Network/publicIPAddresses"),
    (&["route_table_id"], "Microsoft.Network/routeTables"),
    (&["storage_account_id"], "Microsoft.Storage/storageAccounts"),
    (
        &[
            "subnet_id",
            "vnet_subnet_id",
            "pod_subnet_id",
            "node_subnet_id",
            "system_node_subnet_id",
            "delegated_subnet_id",
        ],
        "Microsoft.Network/virtualNetworks/subnets",
    ),
    (&["user_assigned_identity_id", "identity_ids"], "Microsoft.ManagedIdentity/userAssignedIdentities"),
    (&["virtual_network_id", "remote_virtual_network_id"], "Microsoft.Network/virtualNetworks"),
];

/// Arguments that are ranges of addresses.
const RANGES: &[&str] =
    &["address_space", "address_prefixes", "pod_cidr", "pod_cidrs", "service_cidr", "service_cidrs"];

/// Characters that no tag's name may have
/// (<https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations>).
const NOT_IN_TAGS: [char; 7] = ['<', '>', '%', '&', '\\', '?', '/'];
const MOST_TAGS: usize = 50;
const LONGEST_TAG: usize = 512;
const LONGEST_TAG_VALUE: usize = 256;

/// What is wrong with a configured value, if anything.
pub(super) fn wrong(row: &Row, value: &Value) -> Option<Diagnostic> {
    match &row.shape {
        Shape::Map if row.name == "tags" => wrong_tags(value),
        Shape::One(_) | Shape::List(_) | Shape::Set(_) => {
            let texts = value.as_elements().unwrap_or(std::slice::from_ref(value));
            texts.iter().filter_map(Value::as_str).find_map(|text| wrong_text(row, text))
        }
        Shape::Map | Shape::Blocks(_) => None,
    }
}

fn wrong_text(row: &Row, text: &str) -> Option<Diagnostic> {
    let name = row.name;
    if text.is_empty() {
        let must_be = row.presence == Presence::Required && !row.sensitive;
        return must_be.then(|| {
            Diagnostic::error(
                format!("expected {name:?} to not be an empty string, got \"\""),
                format!("Give {name} a value."),
            )
        });
    }
    if RANGES.contains(&name) && text.parse::<IpNet>().is_err() {
        return Some(Diagnostic::error(
            format!("expected {name:?} to contain a valid CIDR, got {text:?}"),
            "Write a network and the length of its prefix, such as 10.0.0.0/16.",
        ));
    }
    match row.same {
        Same::ArmId => wrong_id(row, text),
        Same::Json => wrong_json(name, text),
        _ => None,
    }
}

fn wrong_id(row: &Row, text: &str) -> Option<Diagnostic> {
    let name = row.name;
    let is_named = |names: &[&str]| names.contains(&name) || row.twin.is_some_and(|twin| names.contains(&twin));
    let of_type = TYPES.iter().find(|(names, _)| is_named(names)).map(|(_, of_type)| *of_type)?;
    let what = match ArmId::parse(text) {
        Ok(id) if id.is_type(of_type) => return None,
        Ok(id) => format!("It is the id of a resource of type {:?}.", id.resource_type()),
        Err(problem) => format!("{text:?} is no ARM id: {problem}."),
    };
    Some(Diagnostic::error(
        format!("{name} is not the id of a {of_type}"),
        format!("{what} Give the id of a resource of type {of_type:?}, best by reference to it."),
    ))
}

fn wrong_json(name: &str, text: &str) -> Option<Diagnostic> {
    let problem = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    // The parser's own words may quote what is written, which may be secret; the place is safe.
    let place = format!("line {}, column {}", problem.line(), problem.column());
    Some(Diagnostic::error(
        format!("{name:?} contains an invalid JSON"),
        format!("It is not valid at {place}. jsonencode(...) writes JSON that is."),
    ))
}

fn wrong_tags(value: &Value) -> Option<Diagnostic> {
    let tags = value.as_fields()?;
    let invalid = |detail: String| Some(Diagnostic::error("Invalid tags", detail));
    if tags.len() > MOST_TAGS {
        return invalid(format!(
            "a maximum of {MOST_TAGS} tags can be applied to each ARM resource, not {}.",
            tags.len()
        ));
    }
    for (name, text) in tags.iter() {
        let length = name.chars().count();
        if length > LONGEST_TAG {
            return invalid(format!(
                "the maximum length for a tag key is {LONGEST_TAG} characters: {name:?} is {length}."
            ));
        }
        if let Some(found) = name.chars().find(|c| NOT_IN_TAGS.contains(c)) {
            return invalid(format!("Azure allows no {found:?} in a tag's name, as in {name:?}."));
        }
        let length = text.as_str().map_or(0, |text| text.chars().count());
        if length > LONGEST_TAG_VALUE {
            return invalid(format!(
                "the maximum length for a tag value is {LONGEST_TAG_VALUE} characters: the value for {name:?} is {length}."
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::rows::{tags, text, text_set, texts};
    use super::*;
    use crate::value::Type;

    const IDENTITY: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/\
                            microsoft.managedidentity/userAssignedIdentities/id-api";

    #[test]
    fn values_are_what_their_arguments_are() {
        let list = |text: &str| Value::list(Type::String, vec![Value::string(text)]);
        let id = || text("user_assigned_identity_id").required().same(Same::ArmId);
        for (row, value, fits) in [
            (text("subject").required(), Value::string(""), false),
            (text("subject"), Value::string(""), true),
            (texts("address_space"), list("10.0.0.0/8"), true),
            (texts("address_space"), list("fd00::/48"), true),
            (texts("address_space"), list("10.0.0.0/33"), false),
            (text("pod_cidr"), Value::string("banana"), false),
            (id(), Value::string(IDENTITY), true),
            (id(), Value::string("id-api"), false),
            (id(), Value::string("/subscriptions/1/resourceGroups/rg"), false),
            (id(), Value::unknown(Type::String), true),
            (text_set("identity_ids").same(Same::ArmId), list("/subscriptions/1"), false),
            (text("settings").same(Same::Json), Value::string("{ \"a\": 1 }"), true),
            (text("settings").same(Same::Json), Value::string("{ a: 1 }"), false),
            (tags(), Value::map(Type::String, [("a".into(), Value::string("b"))].into_iter().collect()), true),
            (tags(), Value::map(Type::String, [("a/b".into(), Value::string("b"))].into_iter().collect()), false),
            (
                tags(),
                Value::map(Type::String, [("a".into(), Value::string("b".repeat(257)))].into_iter().collect()),
                false,
            ),
        ] {
            assert_eq!(wrong(&row, &value).is_none(), fits, "{} = {value:?}", row.name);
        }
    }
}
