//! Bowline: declarative provisioning of the identity side of Azure Kubernetes Service.
//!
//! The modules stand in the order in which the program runs; each may use only those above it.

pub mod address;
pub mod diagnostic;
mod side_by_side;
pub mod span;

pub mod value;

pub mod syntax;

pub mod config;

pub mod eval;

pub mod provider;

pub mod builtin;

pub mod azure;

pub mod kubernetes;

pub mod state;

pub mod graph;

pub mod plan;

pub mod apply;

pub mod testing;

pub mod access;

pub mod checks;

pub mod manifests;

pub mod migrate;

pub mod report;

pub mod cli;

pub mod simulator;
