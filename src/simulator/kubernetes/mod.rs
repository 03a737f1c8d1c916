//! The Kubernetes API of the simulated clusters, at the addresses that their kubeconfigs name: a tunnel through the
//! simulator's one address (`CONNECT fqdn:443`), TLS with a certificate of the cluster's own authority, and behind it the
//! objects of the cluster, in the same world as Azure's.
//!
//! A request comes through [`tunnel`], is read into a [`call::Call`], and answered by [`api`]: who asks
//! ([`authenticate`]), whether they may ([`authorise`]), then [`read`], [`watch`] or [`write`]. What clusters do by
//! themselves is in [`controllers`]. The shapes of kinds are in `schema.txt`.

mod api;
mod apply;
pub(super) mod as_pod;
mod authenticate;
mod authorise;
mod bootstrap;
mod call;
mod catalog;
pub(super) mod certificates;
mod controllers;
mod custom;
mod defaults;
mod delete;
mod discovery;
mod environment;
mod fields;
mod history;
mod immutable;
mod object;
mod openapi;
mod patch;
mod pod_identity;
mod pods;
mod protobuf;
mod read;
mod reviews;
mod scale;
mod schema;
mod selector;
mod status;
mod store;
mod strategic;
mod table;
mod token_request;
pub(super) mod tunnel;
mod unknown;
mod validate;
mod watch;
mod webhook;
mod workloads;
mod write;

pub(super) use api::as_operator;
pub(super) use store::{ObjectChange, Store};
