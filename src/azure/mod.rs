//! Azure: the kinds `azurerm_*` and `azapi_*`, and how they reach Azure Resource Manager.

pub mod activity;
pub mod arm;
pub mod arm_id;
pub mod blob;
mod casing;
mod directory;
pub mod discover;
pub mod guid;
pub mod kinds;
mod preflight;
pub mod provider;
pub mod registration;
mod registration_sets;
pub mod roles;
pub mod session;
pub mod wire;
