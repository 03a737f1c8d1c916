//! The root module's outputs for people.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::eval::console;
use crate::state::OutputValue;
use crate::value::Value;

/// All recorded outputs, a `name = value` each; sensitive ones are hidden.
pub fn recorded(outputs: &BTreeMap<Arc<str>, OutputValue>) -> String {
    let line = |(name, output): (&Arc<str>, &OutputValue)| {
        let shown = if output.sensitive {
            "<sensitive>".to_owned()
        } else {
            output.decode().map_or_else(|| output.value.to_string(), |decoded| value(&decoded))
        };
        format!("{name} = {shown}\n")
    };
    outputs.iter().map(line).collect()
}

/// A value as `console` prints it.
pub fn value(value: &Value) -> String {
    console::value_text(value)
}
