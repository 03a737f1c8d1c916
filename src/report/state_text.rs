//! The recorded state for people.

use std::sync::Arc;

use crate::address::ResourceMode;
use crate::plan::recorded;
use crate::provider::{Kind, Registry};
use crate::report::change::{self, Change};
use crate::report::change_text::Layout;
use crate::report::style::{Paint, Style};
use crate::state::{Instance, ObjectAddress, OutputValue, ProviderAddress, State};
use crate::value::{Path, PathStep, Value};

/// Every object, then the outputs.
pub fn state(state: &State, registry: &Registry, style: &Style) -> String {
    let mut text = String::new();
    let mut module = None;
    for (address, provider, instance) in state.objects() {
        if let Some(before) = module.replace(address.address.module.clone()) {
            text.push_str(if before == address.address.module { "\n" } else { "\n\n" });
        }
        text += &object(&address, provider, instance, registry, style);
    }
    if !state.outputs.is_empty() {
        text += &format!("\n\nOutputs:\n\n{}", outputs(state, style));
    }
    text
}

/// The outputs as the objects are laid out.
fn outputs(state: &State, style: &Style) -> String {
    let line = |(name, output): (&Arc<str>, &OutputValue)| {
        let value = output.decode().unwrap_or_else(|| Value::from_plain_json(&output.value));
        let value = if output.sensitive { value.sensitive() } else { value };
        let shown = Layout::whole(style).render(&change::of_value(Some(&value), Some(&value)), 0);
        format!("{name} = {shown}\n")
    };
    state.outputs.iter().map(line).collect()
}

/// One object as a block.
pub fn object(
    object: &ObjectAddress,
    provider: &ProviderAddress,
    instance: &Instance,
    registry: &Registry,
    style: &Style,
) -> String {
    let resource = &object.address.resource;
    let (word, kind) = match (resource.mode, registry.find(&provider.source)) {
        (ResourceMode::Data, found) => ("data", found.and_then(|provider| provider.data_source(&resource.kind))),
        (_, found) => ("resource", found.and_then(|provider| provider.kind(&resource.kind))),
    };
    let tainted = if instance.tainted { " (tainted)" } else { "" };
    let deposed = object.deposed.as_ref().map(|key| format!(" (deposed object {key})")).unwrap_or_default();
    let heading = style.paint(Paint::Bold, format!("# {}:{tainted}{deposed}", object.address));
    let body = Layout::whole(style).render(&contents(object, instance, kind), 0);
    format!("{heading}\n{word} \"{}\" \"{}\" {body}\n", resource.kind, resource.name)
}

/// The object as no change at all. What does not fit this program's schema is shown as recorded, unless parts of it
/// are sensitive that cannot be told apart then.
fn contents(object: &ObjectAddress, instance: &Instance, kind: Option<&dyn Kind>) -> Change {
    let decoded = kind.and_then(|kind| {
        let value = recorded::decode(&object.address, instance, kind).ok()?;
        let value = recorded::marked(kind, &value, &instance.sensitive_paths);
        Some(change::of_block(&kind.schema().block, &value, &value, &[]))
    });
    decoded.unwrap_or_else(|| {
        let plain = hide(Value::from_plain_json(&instance.attributes.to_json()), &instance.sensitive_paths);
        change::of_value(Some(&plain), Some(&plain))
    })
}

/// Without a schema every attribute with something sensitive in it is hidden whole.
fn hide(value: Value, sensitive: &[Path]) -> Value {
    let Some(fields) = value.as_fields() else { return value };
    let is_sensitive = |name: &str| {
        sensitive.iter().any(|path| {
            matches!(path.0.first(), Some(PathStep::Attribute(first)) if **first == *name) || path.0.is_empty()
        })
    };
    Value::object_of(fields.iter().map(|(name, field)| {
        let field = field.clone();
        (name.clone(), if is_sensitive(name) { field.sensitive() } else { field })
    }))
}
