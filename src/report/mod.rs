//! Everything that is formatted, for people and for tools. Nothing here decides anything.

pub mod access_picture;
pub mod access_text;
mod change;
mod change_text;
mod config_json;
pub mod diagnostics;
pub mod drift_text;
pub mod graph_dot;
pub mod graph_picture;
pub mod html;
pub mod kind_docs;
mod markup;
pub mod outputs;
pub mod picture;
pub mod plan_json;
pub mod plan_text;
pub mod progress;
mod resource_json;
pub mod sarif;
pub mod schema_json;
mod snippet;
pub mod state_json;
pub mod state_text;
pub mod style;
pub mod timeline;
pub mod ui_json;
mod value_json;
