//! The root module's outputs: recorded against planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{ModuleInstance, ModulePath};
use crate::graph::ConfigNode;
use crate::state::OutputValue;
use crate::value::{Type, Value};

use super::walk::Planner;
use super::{Action, Mode, OutputChange};

impl Planner<'_> {
    /// What becomes of the root module's outputs.
    pub(super) fn outputs(&self) -> BTreeMap<Arc<str>, OutputChange> {
        let mut changes = BTreeMap::new();
        if self.options.mode == Mode::Destroy && self.selection.is_partial() {
            return changes;
        }
        let destroying = self.options.mode == Mode::Destroy;
        for (name, output) in &self.stage.configuration.root.outputs {
            let node = self.stage.graph.find(&ConfigNode::Output(ModulePath::root(), name.clone()));
            if !destroying && !node.is_some_and(|node| self.selection.has_node(node)) {
                continue;
            }
            let after = self.stage.evaluation.output(&ModuleInstance::root(), name).cloned();
            let after = after.filter(|_| !destroying).unwrap_or_else(|| Value::null(Type::Dynamic));
            let before = self.prior.outputs.get(name);
            if before.is_some() || !destroying {
                changes.insert(name.clone(), change(before, after, output.sensitive, destroying));
            }
        }
        for (name, before) in &self.prior.outputs {
            if !self.stage.configuration.root.outputs.contains_key(name) && !self.selection.is_partial() {
                changes.insert(name.clone(), change(Some(before), Value::null(Type::Dynamic), false, true));
            }
        }
        changes
    }
}

/// One that stays declared is updated even when it has no value any more.
fn change(recorded: Option<&OutputValue>, after: Value, sensitive: bool, going: bool) -> OutputChange {
    let before_sensitive = recorded.is_some_and(|o| o.sensitive);
    let before = recorded.and_then(value_of).unwrap_or_else(|| Value::null(Type::Dynamic));
    let action = match (before.is_null(), after.is_null()) {
        (true, true) => Action::NoOp,
        // What never became known is recorded all the same.
        (true, false) if recorded.is_some() => Action::Update,
        (true, false) => Action::Create,
        (false, true) if going => Action::Delete,
        (false, false) if before.raw_eq_unmarked(&after) && before_sensitive == sensitive => Action::NoOp,
        (false, _) => Action::Update,
    };
    let hide = |value: Value, hidden: bool| if hidden { value.sensitive() } else { value };
    OutputChange {
        action,
        before: hide(before, before_sensitive),
        after: hide(after, sensitive),
        before_sensitive,
        sensitive,
    }
}

/// The recorded value of an output.
pub fn value_of(recorded: &OutputValue) -> Option<Value> {
    Value::from_json(&recorded.value, &Type::from_json(&recorded.ty)?).ok()
}

/// What is recorded of an output; nothing of a null one. What never becomes known is recorded as null.
pub fn recorded(value: &Value, sensitive: bool) -> Option<OutputValue> {
    if value.is_null() {
        return None;
    }
    let (bare, _) = value.clone().unmark_deep();
    let bare = bare.transform(&mut |_, part| if part.is_known() { part } else { Value::null(part.type_of()) });
    let ty = bare.type_of();
    Some(OutputValue { value: bare.to_json(&ty).ok()?, ty: ty.to_json(), sensitive })
}
