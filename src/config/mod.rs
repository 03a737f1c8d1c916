//! Folders to [`Configuration`]: what a team has written, checked for form and joined into a tree of modules.
//! Expressions stay unevaluated.

mod call;
mod content;
mod declare;
mod encryption;
mod endpoint;
mod folder;
mod inputs;
mod installed;
mod literal;
mod load;
mod meta;
mod module;
mod overrides;
mod preferences;
mod provider_rules;
mod resource;
mod resource_block;
mod settings;
mod source;
pub mod test;
mod variable;
mod variable_block;
mod version;
mod workload;

use crate::address::{ConfigAddress, ModulePath};

pub use encryption::{EncryptionBlock, EncryptionPart, EncryptionTarget, MethodReference, part_reference};
pub use endpoint::Endpoint;
pub use inputs::{InputOption, InputOrigin, InputValue, InputValues, gather_for_tests, gather_inputs, require_inputs};
pub use installed::{Installed, installed_source};
pub use literal::text as literal_text;
pub use load::{Caller, Early, Finder, check_calls, is_local, load, load_part, load_with};
pub use module::{
    Backend, Check, EarlyTexts, Import, Local, Module, ModuleCall, Moved, Output, ProviderBlock, ProviderPass, Removed,
    RequiredProvider, Text,
};
pub use preferences::{
    CheckPreference, DriftPreference, GroupPreference, PREFERENCES, Preferences, read as read_preferences,
};
pub use provider_rules::check as check_providers;
pub use resource::{
    CheckRule, IgnoreChanges, Lifecycle, ProviderRef, Provisioner, ProvisionerFailure, ProvisionerMoment, Repetition,
    Resource,
};
pub use source::{GitModule, ModuleSource, PUBLIC_REGISTRY, RegistryModule, full_source};
pub use variable::Variable;
pub use version::{Constraint, TERRAFORM_VERSION, Version};

/// All of a stack's configuration: the root module and, below it, every module that it calls.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The module in the folder that was loaded.
    pub root: Module,
    /// What the team prefers of this program.
    pub preferences: Preferences,
}

impl Configuration {
    /// The module at a path; `None` when no call leads there.
    pub fn module(&self, path: &ModulePath) -> Option<&Module> {
        path.names().iter().try_fold(&self.root, |module, name| module.children.get(name))
    }

    /// The resource block behind an address; `None` when it is not in the configuration.
    pub fn resource(&self, address: &ConfigAddress) -> Option<&Resource> {
        self.module(&address.module)?.resources.get(&address.resource).map(AsRef::as_ref)
    }

    /// Every module, each before those that it calls.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        let mut waiting = vec![&self.root];
        std::iter::from_fn(move || {
            let module = waiting.pop()?;
            waiting.extend(module.children.values().rev());
            Some(module)
        })
    }
}
