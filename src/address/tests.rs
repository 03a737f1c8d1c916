//! Addresses are read as they are printed.

use super::*;

#[test]
fn addresses_print_as_they_were_read() {
    for text in [
        "azurerm_subnet.a",
        "azurerm_subnet.a[3]",
        "azurerm_subnet.a[\"x\\\"y.z\"]",
        "data.azurerm_subnet.a",
        "module.m.module.n[\"k\"].data.azurerm_subnet.a[0]",
        "bowline_workload.api[\"k\"].azurerm_role_assignment.this[\"secrets\"]",
        "module.m.bowline_workload.api.azurerm_user_assigned_identity.this",
    ] {
        assert_eq!(Address::parse(text).map(|a| a.to_string()).as_deref(), Some(text));
    }
}

#[test]
fn provider_addresses_print_as_they_were_read() {
    for text in [
        "provider[\"terraform.io/builtin/terraform\"]",
        "provider[\"registry.terraform.io/hashicorp/azurerm\"].west",
        "module.a.module.b.provider[\"registry.terraform.io/azure/azapi\"]",
    ] {
        assert_eq!(ProviderAddress::parse(text).map(|a| a.to_string()).as_deref(), Some(text));
    }
    for text in ["", "provider", "provider.azurerm", "provider[0]", "provider[\"a\"]x"] {
        assert_eq!(ProviderAddress::parse(text), None, "{text}");
    }
}

#[test]
fn configuration_addresses_have_no_keys() {
    assert!(ConfigAddress::parse("module.a.data.azurerm_subnet.b").is_some());
    assert_eq!(ConfigAddress::parse("module.a[0].azurerm_subnet.b"), None);
    assert_eq!(ConfigAddress::parse("azurerm_subnet.b[\"x\"]"), None);
}

#[test]
fn what_is_no_address_is_refused() {
    for text in ["", "a", "a.", "module.m", "a.b[", "a.b[x]", "a.b[\"x\"", "a.b.c", ".a.b"] {
        assert_eq!(Address::parse(text), None, "{text}");
    }
}
