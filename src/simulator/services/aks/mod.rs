//! Azure Kubernetes Service: clusters, their node pools, maintenance windows, versions.

mod access;
mod automatic;
mod checks;
mod cluster;
mod defaults;
mod identity;
mod kubeconfig;
mod maintenance;
mod pools;
mod versions;

pub(in crate::simulator) use access::{Extensions, TrustedAccess};
pub(in crate::simulator) use cluster::Clusters;
pub(in crate::simulator) use maintenance::Maintenance;
pub(in crate::simulator) use pools::Pools;
pub(in crate::simulator) use versions::{KIND as VERSIONS, UpgradeProfiles, answer as kubernetes_versions};

use std::time::Duration;

use crate::simulator::answer::Refusal;
use crate::simulator::target::Place;

/// What is said while another operation is at work on a cluster or a pool of it.
fn busy(place: &Place) -> Refusal {
    let message = format!(
        "Operation is not allowed: Another operation (PutManagedCluster - Updating) is in progress on the cluster of \
         '{}', please wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation \
         for more details.",
        place.name
    );
    Refusal::new(409, "OperationNotAllowed", message).flat().again_after(Duration::from_secs(15))
}

/// What is said of a member that cannot change.
fn immutable(property: &str) -> Refusal {
    Refusal::bad("PropertyChangeNotAllowed", format!("Changing property '{property}' is not allowed.")).flat()
}

/// What is said of a member that makes no sense.
fn invalid(target: &str, message: &str) -> Refusal {
    Refusal::bad("InvalidParameter", format!("The value of parameter {target} is invalid. Error details: {message}"))
        .flat()
}

/// Versions of the API that AKS no longer serves: previews of before 2024, and the first years' stable ones.
fn is_retired(version: &str) -> bool {
    let is_preview = version.ends_with("-preview");
    (is_preview && version < "2024-01-01") || version < "2020-09-01"
}

#[cfg(test)]
mod tests {
    use super::is_retired;

    #[test]
    fn old_versions_of_the_api_are_retired() {
        assert!(is_retired("2023-01-02-preview"));
        assert!(is_retired("2018-03-31"));
        assert!(!is_retired("2023-01-01"));
        assert!(!is_retired("2025-09-02-preview"));
    }
}
