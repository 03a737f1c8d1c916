//! Moving what exists to what is supported: configurations of older azurerm, and pod identity to workload identity.

pub mod azurerm;
pub mod pod_identity;
