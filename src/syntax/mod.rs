//! Text to syntax tree: the only place that names the HCL crates.

pub mod tree;
