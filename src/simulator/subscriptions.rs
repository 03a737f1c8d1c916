//! Subscriptions, the providers registered in them, and the regions they may use. Any subscription id is taken.

use serde_json::{Value, json};

use crate::simulator::service::TENANT;

/// The subscription that lists begin with.
pub const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";

/// The namespaces that a subscription can use.
const NAMESPACES: &[&str] = &[
    "Microsoft.AlertsManagement",
    "Microsoft.Authorization",
    "Microsoft.Cache",
    "Microsoft.Compute",
    "Microsoft.ContainerRegistry",
    "Microsoft.ContainerService",
    "Microsoft.CostManagement",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.Dashboard",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.MarketplaceOrdering",
    "Microsoft.Monitor",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.OperationsManagement",
    "Microsoft.Resources",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Subscription",
];

/// Regions: the name, and the name for people.
const REGIONS: &[(&str, &str)] = &[
    ("australiaeast", "Australia East"),
    ("centralus", "Central US"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("northeurope", "North Europe"),
    ("southeastasia", "Southeast Asia"),
    ("swedencentral", "Sweden Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("uksouth", "UK South"),
    ("westeurope", "West Europe"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
];

/// `GET /subscriptions/{id}`
pub(super) fn subscription(id: &str) -> Value {
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": TENANT,
        "displayName": "Simulated subscription",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// `GET …/providers`
pub(super) fn providers(scope: &str, unregistered: &[String]) -> Vec<Value> {
    NAMESPACES.iter().map(|namespace| provider(scope, namespace, unregistered)).collect()
}

/// `GET …/providers/{namespace}`; registering gives the same.
pub(super) fn provider(scope: &str, namespace: &str, unregistered: &[String]) -> Value {
    let is_registered = !unregistered.iter().any(|other| other.eq_ignore_ascii_case(namespace));
    let known = NAMESPACES.iter().find(|known| known.eq_ignore_ascii_case(namespace)).unwrap_or(&namespace);
    json!({
        "id": format!("{scope}/providers/{known}"),
        "namespace": known,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": if is_registered { "Registered" } else { "NotRegistered" },
        "resourceTypes": [],
    })
}

/// `GET /subscriptions/{id}/locations`
pub(super) fn locations(id: &str) -> Vec<Value> {
    let region = |(name, display): &(&str, &str)| {
        json!({
            "id": format!("/subscriptions/{id}/locations/{name}"),
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": display,
        })
    };
    REGIONS.iter().map(region).collect()
}
