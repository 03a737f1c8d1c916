//! What is recorded of the root module's outputs at the end of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::ModuleInstance;
use crate::plan::{Action, Mode, outputs};
use crate::state::OutputValue;

use super::run::Runner;

impl Runner<'_> {
    /// The root module's outputs as they now are.
    pub(super) fn keep_outputs(&mut self) {
        let mode = self.plan.options.mode;
        if mode == Mode::Destroy {
            if !self.selection.is_partial() {
                self.state.outputs.clear();
            }
            return;
        }
        let mut kept: BTreeMap<Arc<str>, OutputValue> = BTreeMap::new();
        for (name, change) in &self.plan.outputs {
            let now = self.stage.evaluation.output(&ModuleInstance::root(), name);
            // What was known when planning is kept, though the output's precondition fails now.
            let planned = (change.action != Action::Delete).then_some(&change.after);
            // What failed is not known either, and stays as it was recorded.
            let never_known = now.filter(|value| value.is_known() || !self.stage.found.has_errors());
            match planned.into_iter().chain(now).find(|value| value.is_wholly_known()).or(never_known) {
                Some(value) => {
                    if let Some(output) = outputs::recorded(value, change.sensitive) {
                        kept.insert(name.clone(), output);
                    }
                }
                None if change.action == Action::Delete => {}
                None => kept.extend(self.state.outputs.get(name).map(|o| (name.clone(), o.clone()))),
            }
        }
        for (name, output) in &self.state.outputs {
            if !self.plan.outputs.contains_key(name) {
                kept.insert(name.clone(), output.clone());
            }
        }
        self.state.outputs = kept;
    }
}
