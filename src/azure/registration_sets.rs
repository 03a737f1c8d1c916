//! The sets of resource providers that azurerm's `resource_provider_registrations` names.

use crate::diagnostic::Diagnostic;

/// A set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// What the plainest of stacks needs.
    Core,
    /// What most stacks need.
    Extended,
    /// Whatever azurerm has kinds for.
    All,
    /// What azurerm registered before it could be told which.
    Legacy,
    /// None.
    Nothing,
}

impl Set {
    /// By its word.
    pub fn of(word: &str) -> Result<Self, Diagnostic> {
        match word {
            "core" => Ok(Self::Core),
            "extended" => Ok(Self::Extended),
            "all" => Ok(Self::All),
            "legacy" => Ok(Self::Legacy),
            "none" => Ok(Self::Nothing),
            unknown => Err(Diagnostic::error(
                "Unknown set of resource providers",
                format!(
                    "resource_provider_registrations is {unknown:?}; it must be \"core\", \"extended\", \"all\", \
                     \"legacy\" or \"none\"."
                ),
            )),
        }
    }

    /// The namespaces in it, without the publisher.
    fn names(self) -> Vec<&'static str> {
        let mut names = match self {
            Self::Nothing => Vec::new(),
            Self::Core => CORE.to_vec(),
            Self::Extended => [&CORE[..], &EXTENDED].concat(),
            Self::All => [&CORE[..], &EXTENDED, &MORE, &NEWER].concat(),
            Self::Legacy => [&CORE[..], &EXTENDED, &MORE, &FORMER].concat(),
        };
        names.sort_unstable();
        names
    }

    /// The namespaces in it.
    pub fn namespaces(self) -> Vec<String> {
        let mut all: Vec<String> = self.names().iter().map(|name| format!("Microsoft.{name}")).collect();
        if self == Self::All {
            all.push("Github.Network".to_owned());
        }
        all
    }
}

/// In every set.
const CORE: [&str; 8] = [
    "Authorization",
    "Compute",
    "CostManagement",
    "ManagedIdentity",
    "MarketplaceOrdering",
    "Network",
    "Resources",
    "Storage",
];

/// Beside them in all sets but the smallest.
const EXTENDED: [&str; 42] = [
    "ApiManagement",
    "AppConfiguration",
    "AppPlatform",
    "Automation",
    "Cache",
    "Cdn",
    "ContainerInstance",
    "ContainerRegistry",
    "ContainerService",
    "DBforMySQL",
    "DBforPostgreSQL",
    "DataFactory",
    "DataLakeAnalytics",
    "DataLakeStore",
    "DataMigration",
    "DataProtection",
    "Databricks",
    "DevTestLab",
    "Devices",
    "DocumentDB",
    "EventGrid",
    "EventHub",
    "HDInsight",
    "Insights",
    "KeyVault",
    "Kusto",
    "Logic",
    "Maintenance",
    "Management",
    "NotificationHubs",
    "OperationalInsights",
    "OperationsManagement",
    "PowerBIDedicated",
    "Relay",
    "Security",
    "SecurityInsights",
    "ServiceBus",
    "ServiceFabric",
    "SignalRService",
    "Sql",
    "StreamAnalytics",
    "Web",
];

/// In the largest set, and in the former one.
const MORE: [&str; 15] = [
    "AVS",
    "Blueprint",
    "BotService",
    "CognitiveServices",
    "CustomProviders",
    "DesktopVirtualization",
    "GuestConfiguration",
    "HealthcareApis",
    "MachineLearningServices",
    "ManagedServices",
    "Maps",
    "MixedReality",
    "PolicyInsights",
    "RecoveryServices",
    "Search",
];

/// In the largest set alone.
const NEWER: [&str; 4] = ["AlertsManagement", "Dashboard", "IoTCentral", "Monitor"];

/// In the former set alone; some of these services are gone.
const FORMER: [&str; 3] = ["DBforMariaDB", "Media", "TimeSeriesInsights"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_set_holds_the_smaller_ones() {
        let of = |word| Set::of(word).unwrap().namespaces();
        let (core, extended, all, legacy) = (of("core"), of("extended"), of("all"), of("legacy"));
        assert_eq!((core.len(), extended.len(), all.len(), legacy.len()), (8, 50, 70, 68));
        assert!(core.iter().all(|name| extended.contains(name)));
        assert!(extended.iter().all(|name| all.contains(name) && legacy.contains(name)));
        assert!(of("none").is_empty());
        assert!(Set::of("most").is_err());
    }
}
