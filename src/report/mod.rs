//! Everything that is formatted, for people and for tools. Nothing here decides anything.

mod change;
mod change_text;
pub mod diagnostics;
pub mod outputs;
pub mod plan_text;
pub mod progress;
mod snippet;
pub mod state_json;
pub mod style;
pub mod ui_json;
