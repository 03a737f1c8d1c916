//! Everything that is formatted, for people and for tools. Nothing here decides anything.

pub mod access_text;
mod change;
mod change_text;
mod config_json;
pub mod diagnostics;
mod function_words;
pub mod graph_dot;
pub mod outputs;
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
pub mod ui_json;
mod value_json;
