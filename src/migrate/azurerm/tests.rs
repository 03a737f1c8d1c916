#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

/// The text after the rewrite, and how many things are left to a person.
fn rewritten(text: &str) -> (String, usize) {
    let mut sources = SourceMap::default();
    let id = sources.add("main.tf", None, text);
    let (files, found) = rewrite(&[id], &sources);
    assert!(!found.has_errors(), "{found:?}");
    (files.into_iter().next().map_or_else(|| text.to_owned(), |file| file.text), found.len())
}

#[test]
fn names_values_and_references_follow() {
    for (kind, before, after) in [
        (
            "azurerm_route_table",
            "disable_bgp_route_propagation = true # off",
            "bgp_route_propagation_enabled = false # off",
        ),
        ("azurerm_route_table", "disable_bgp_route_propagation = var.off", "bgp_route_propagation_enabled = !var.off"),
        (
            "azurerm_route_table",
            "disable_bgp_route_propagation = var.a || var.b",
            "bgp_route_propagation_enabled = !(var.a || var.b)",
        ),
        ("azurerm_subnet", "address_prefix = var.prefix", "address_prefixes = [var.prefix]"),
        (
            "azurerm_subnet",
            "enforce_private_link_endpoint_network_policies = var.on",
            "private_endpoint_network_policies = var.on ? \"Disabled\" : \"Enabled\"",
        ),
        (
            "azurerm_subnet",
            "service_endpoints = [\"Microsoft.Storage\", \"Microsoft.Sql\"]",
            "service_endpoint {\n    service = \"Microsoft.Storage\"\n  }\n\n  service_endpoint {\n    service = \"Microsoft.Sql\"\n  }",
        ),
        (
            "azurerm_subnet",
            "service_endpoints = var.endpoints",
            "dynamic \"service_endpoint\" {\n    for_each = var.endpoints\n\n    content {\n      service = service_endpoint.value\n    }\n  }",
        ),
        (
            "azurerm_storage_container",
            "storage_account_name = azurerm_storage_account.a[\"x\"].name",
            "storage_account_id = azurerm_storage_account.a[\"x\"].id",
        ),
        (
            "azurerm_kubernetes_cluster_node_pool",
            "enable_auto_scaling = true\n  lifecycle {\n    ignore_changes = [enable_auto_scaling, node_count]\n  }",
            "auto_scaling_enabled = true\n  lifecycle {\n    ignore_changes = [auto_scaling_enabled, node_count]\n  }",
        ),
        (
            "terraform_data",
            "input = azurerm_federated_identity_credential.a.parent_id",
            "input = azurerm_federated_identity_credential.a.user_assigned_identity_id",
        ),
        ("azurerm_route_table", "name = \"disable_bgp_route_propagation\"", "name = \"disable_bgp_route_propagation\""),
    ] {
        let text = |content: &str| format!("resource \"{kind}\" \"a\" {{\n  {content}\n}}\n");
        assert_eq!(rewritten(&text(before)), (text(after), 0), "{before}");
    }
}

#[test]
fn a_cluster_of_2_x_becomes_one_of_5_x() {
    let before = r#"terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 2.99" }
  }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                            = "aks"
  api_server_authorized_ip_ranges = ["10.0.0.0/8"]

  default_node_pool {
    name                = "default"
    availability_zones  = ["1"] # one is enough
    enable_auto_scaling = true
  }

  # Metrics and policy.
  addon_profile {
    oms_agent {
      enabled                    = true
      log_analytics_workspace_id = var.workspace # shared
    }
    azure_policy {
      enabled = var.policy
    }
    kube_dashboard {
      enabled = false
    }
  }

  role_based_access_control {
    enabled = true
    azure_active_directory {
      managed                = true
      admin_group_object_ids = var.admins
    }
  }
}
"#;
    let after = r#"terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks"
  oidc_issuer_enabled = false

  node_provisioning_profile {
    mode = "Manual"
  }
  api_server_access_profile {
    authorized_ip_ranges = ["10.0.0.0/8"]
  }

  default_node_pool {
    name                 = "default"
    zones                = ["1"] # one is enough
    auto_scaling_enabled = true
  }

  # Metrics and policy.
  oms_agent {
    log_analytics_workspace_id = var.workspace # shared
  }

  azure_policy_enabled = var.policy

  role_based_access_control_enabled = true

  azure_active_directory_role_based_access_control {
    admin_group_object_ids = var.admins
  }
}
"#;
    assert_eq!(rewritten(before), (after.to_owned(), 0));
    assert_eq!(rewritten(after), (after.to_owned(), 0), "what is new already stays");
}

#[test]
fn what_cannot_be_told_is_left_and_told() {
    for content in [
        "dynamic \"addon_profile\" {\n    for_each = var.addons\n    content {}\n  }",
        "addon_profile {\n    oms_agent {\n      enabled = var.on\n    }\n  }",
        "image_cleaner = true",
    ] {
        let text = format!(
            "resource \"azurerm_kubernetes_cluster\" \"a\" {{\n  oidc_issuer_enabled = true\n  {content}\n  node_provisioning_profile {{\n    mode = \"Manual\"\n  }}\n}}\n"
        );
        assert_eq!(rewritten(&text), (text.clone(), 1), "{content}");
    }
}

#[test]
fn each_rule_leads_to_what_the_kind_has() {
    use crate::provider::Provider;
    let provider = crate::azure::provider::azurerm();
    for (kinds, path, successor) in rules::RULES {
        let (Successor::Named(new)
        | Successor::Opposite(new)
        | Successor::Words(new, ..)
        | Successor::List(new)
        | Successor::Id(new)
        | Successor::Into(new, _)
        | Successor::Blocks(new, _)) = successor
        else {
            continue;
        };
        for kind in *kinds {
            let mut block = &provider.kind(kind).unwrap_or_else(|| panic!("{kind}")).schema().block;
            let (way, _) = path.rsplit_once('.').unwrap_or(("", path));
            for name in way.split('.').filter(|name| !name.is_empty()) {
                block = &block.blocks.get(name).unwrap_or_else(|| panic!("{kind}: {name}")).block;
            }
            let is_there = block.attributes.contains_key(*new) || block.blocks.contains_key(*new);
            assert!(is_there, "{kind} has no {new} for {path}");
        }
    }
}
