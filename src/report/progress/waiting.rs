//! Which steps wait for which, by what a plan says that they depend on.

use std::collections::{BTreeSet, HashMap};

use crate::address::{ConfigAddress, ModuleInstance};
use crate::plan::{Action, Plan};
use crate::state::ObjectAddress;

/// The steps of a block in a module instance and those within it, of making or of removing.
type Block = (ModuleInstance, ConfigAddress, bool);

/// What has not begun yet, and after what.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The blocks whose steps come before a step.
    after: HashMap<(ObjectAddress, bool), Vec<ConfigAddress>>,
    /// How many steps come after those of a block.
    behind: HashMap<Block, usize>,
}

impl Waiting {
    /// Nothing of a plan has begun.
    pub fn of(plan: &Plan) -> Self {
        let removes = |action: Action| action == Action::Delete || action.is_replace();
        let makes = |action: Action| matches!(action, Action::Create | Action::Update) || action.is_replace();
        // What depends on a block goes before it does.
        let mut dependents: HashMap<&ConfigAddress, BTreeSet<ConfigAddress>> = HashMap::new();
        for change in plan.changes.iter().filter(|change| removes(change.action)) {
            for needed in &change.dependencies {
                dependents.entry(needed).or_default().insert(change.address.config());
            }
        }
        let mut waiting = Self::default();
        for change in &plan.changes {
            let object = ObjectAddress { address: change.address.clone(), deposed: change.deposed.clone() };
            if makes(change.action) {
                waiting.expect(object.clone(), false, change.dependencies.clone());
            }
            if removes(change.action) {
                let before = dependents.get(&change.address.config()).into_iter().flatten().cloned().collect();
                waiting.expect(object, true, before);
            }
        }
        waiting
    }

    /// Another step, after those of some blocks.
    pub fn expect(&mut self, object: ObjectAddress, removal: bool, after: Vec<ConfigAddress>) {
        for block in &after {
            *self.behind.entry((shared(&object, block), block.clone(), removal)).or_default() += 1;
        }
        self.after.insert((object, removal), after);
    }

    /// A step begins: it waits no longer.
    pub fn begin(&mut self, object: &ObjectAddress, action: Action) {
        let removal = action == Action::Delete;
        for block in self.after.remove(&(object.clone(), removal)).into_iter().flatten() {
            if let Some(count) = self.behind.get_mut(&(shared(object, &block), block, removal)) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// How many steps wait for this one, or for others of its block in the same instances of modules.
    pub fn behind(&self, object: &ObjectAddress, action: Action) -> usize {
        let (config, removal) = (object.address.config(), action == Action::Delete);
        let mut found = 0;
        let mut around = Some(object.address.module.clone());
        while let Some(module) = around {
            around = module.parent().map(|(outer, _)| outer);
            found += self.behind.get(&(module, config.clone(), removal)).copied().unwrap_or(0);
        }
        found
    }
}

/// The innermost module instance that a step and a block that it waits for are both in.
fn shared(object: &ObjectAddress, block: &ConfigAddress) -> ModuleInstance {
    let steps = object.address.module.steps().iter().zip(block.module.names());
    let common = steps.take_while(|(step, name)| step.name == **name);
    common.fold(ModuleInstance::root(), |module, (step, _)| module.child(&step.name, step.key.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn object(text: &str) -> Option<ObjectAddress> {
        Some(Address::parse(text)?.into())
    }

    #[test]
    fn what_is_in_one_instance_of_a_module_waits_for_that_alone() {
        let (mut waiting, all) = (Waiting::default(), [0, 1, 2].map(|i| format!("module.w[{i}].b.b")));
        for step in all.iter().filter_map(|text| object(text)) {
            let after = ["a.a", "module.w.a.own"].into_iter().filter_map(ConfigAddress::parse).collect();
            waiting.expect(step, false, after);
        }
        let behind = |waiting: &Waiting, text| object(text).map(|step| waiting.behind(&step, Action::Create));
        assert_eq!(behind(&waiting, "a.a"), Some(3));
        assert_eq!(behind(&waiting, "module.w[1].a.own"), Some(1));
        if let Some(begun) = object("module.w[1].b.b") {
            waiting.begin(&begun, Action::Create);
        }
        assert_eq!((behind(&waiting, "a.a"), behind(&waiting, "module.w[1].a.own")), (Some(2), Some(0)));
    }
}
