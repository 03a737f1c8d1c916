//! What is in clusters: the provider `kubernetes` and its kinds, on kube-rs. Objects are JSON, typed by nothing but
//! their group, version and kind.

mod cluster;
mod connection;
mod entra;
mod failure;
mod kinds;
mod made_up;
mod provider;
mod session;
mod settings;

pub use connection::server_of;
pub use provider::KubernetesProvider;
