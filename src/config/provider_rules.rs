//! Which provider configurations modules need, get and may have of their own, as Terraform checks it before it plans.

use std::sync::Arc;

use crate::config::Configuration;
use crate::config::module::{Module, ModuleCall, ProviderBlock, ProviderPass};
use crate::config::resource::{ProviderRef, Repetition};
use crate::config::source::{PUBLIC_REGISTRY, full_source};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Refuses what names a configuration that is nowhere, and calls that do not give what the called module needs.
pub fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    for module in configuration.modules() {
        let passed = passed_to(configuration, module);
        let known = |named: &ProviderRef| match &named.alias {
            None => true,
            Some(alias) => {
                has_block(module, &named.name, Some(alias))
                    || expects(module, named)
                    || passed.iter().any(|pass| same(&pass.child, named))
            }
        };
        let named = module.resources.values().filter_map(|resource| resource.provider.as_ref());
        let handed_down = module.calls.values().flat_map(|call| call.providers.iter().map(|pass| &pass.parent));
        for provider in named.chain(handed_down).filter(|named| !known(named)) {
            found.push(not_present(provider));
        }
        for call in module.calls.values() {
            if let Some(child) = module.children.get(&call.name) {
                check_call(call, child, module, &mut found);
            }
        }
        let named = module.resources.values().filter_map(|resource| resource.provider.as_ref());
        let handed_down = module.calls.values().flat_map(|call| call.providers.iter().map(|pass| &pass.parent));
        found.extend(named.chain(handed_down).filter_map(|named| key_fault(module, named)));
        found.extend(module.imports.iter().filter_map(|import| key_fault(module, import.provider.as_ref()?)));
    }
    found
}

/// A configuration with `for_each` is named with a key, any other one without.
fn key_fault(module: &Module, named: &ProviderRef) -> Option<Diagnostic> {
    let block = block(module, &named.name, named.alias.as_ref());
    let repeated = block.is_some_and(|block| block.for_each.is_some());
    let written = written(named);
    let (summary, detail) = match (&named.key, repeated) {
        (None, true) => (
            "Provider instance key required",
            format!(
                "The provider block of {written} has for_each, so a key says which one is meant: {written}[each.key]."
            ),
        ),
        (Some(_), false) => (
            "Unexpected provider instance key",
            format!(
                "{written} is one provider configuration without for_each, so it has no keys. Write {written} alone."
            ),
        ),
        _ => return None,
    };
    Some(Diagnostic::error(summary, detail).at(named.span))
}

fn check_call(call: &ModuleCall, child: &Module, caller: &Module, found: &mut Diagnostics) {
    let expected = child.required_providers.values().flat_map(|required| &required.configuration_aliases);
    for expected in expected {
        let given = call.providers.iter().any(|pass| same(&pass.child, expected));
        if !given && !has_block(child, &expected.name, expected.alias.as_ref()) {
            let named = written(expected);
            let detail = format!(
                "The called module requires an additional configuration for provider {}, with the local name \"{named}\". \
                 Give it in the module block: providers = {{ {named} = ... }}.",
                expected.name
            );
            found.error_at(call.span, "Missing required provider configuration", detail);
        }
    }
    for pass in &call.providers {
        let (given, wanted) = (source(caller, &pass.parent.name), source(child, &pass.child.name));
        if given != wanted {
            let detail = format!(
                "\"{}\" here is the provider {given}, but \"{}\" in {} is {wanted}. Each provider has its own \
                 configuration, so only one of {wanted} can be given there.",
                pass.parent.name, pass.child.name, child.path
            );
            found.error_at(pass.parent.span, "Provider type mismatch", detail);
        }
        if has_block(child, &pass.child.name, pass.child.alias.as_ref()) {
            let detail = format!(
                "The called module has its own configuration for {}, so it cannot be given another one. Remove the \
                 provider block from the module.",
                written(&pass.child)
            );
            found.error_at(pass.child.span, "Cannot override provider configuration", detail);
        }
    }
    let repetition = match &call.repetition {
        Repetition::None => None,
        Repetition::Count(expression) | Repetition::ForEach(expression) => Some(expression.span),
    };
    let place = repetition.or_else(|| call.depends_on.first().map(|reference| reference.root.span));
    if let Some(place) = place.filter(|_| configures(child)) {
        let detail = format!(
            "The module called \"{}\" has its own provider blocks, and may therefore be neither repeated nor made to wait: \
             what configures its providers would be gone before its objects. Configure the providers in the calling \
             module.",
            call.name
        );
        found.error_at(place, "Module is incompatible with count, for_each, and depends_on", detail);
    }
}

/// The provider that a local name stands for in a module.
fn source(module: &Module, name: &str) -> String {
    let source = module.required_providers.get(name).and_then(|required| required.source.as_ref());
    let full = full_source(source.map_or(name, |source| &*source.value));
    full.strip_prefix(PUBLIC_REGISTRY).and_then(|path| path.strip_prefix('/')).unwrap_or(&full).to_owned()
}

/// What the call of a module gives it.
fn passed_to<'c>(configuration: &'c Configuration, module: &Module) -> &'c [ProviderPass] {
    let call = module.path.parent().and_then(|(parent, name)| configuration.module(&parent)?.calls.get(name));
    call.map_or(&[], |call| call.providers.as_slice())
}

fn has_block(module: &Module, name: &str, alias: Option<&Arc<str>>) -> bool {
    block(module, name, alias).is_some()
}

fn block<'m>(module: &'m Module, name: &str, alias: Option<&Arc<str>>) -> Option<&'m ProviderBlock> {
    module.providers.iter().find(|block| &*block.name == name && block.alias.as_ref().map(|a| &a.value) == alias)
}

/// Whether the module declares that it is given this configuration.
fn expects(module: &Module, named: &ProviderRef) -> bool {
    let required = module.required_providers.get(&named.name);
    required.is_some_and(|required| required.configuration_aliases.iter().any(|alias| same(alias, named)))
}

/// Whether a module, or one that it calls, has provider blocks that say something.
fn configures(module: &Module) -> bool {
    let says_something = |body: &crate::syntax::tree::Body| !body.attributes.is_empty() || !body.blocks.is_empty();
    module.providers.iter().any(|block| says_something(&block.body)) || module.children.values().any(configures)
}

fn same(one: &ProviderRef, other: &ProviderRef) -> bool {
    one.name == other.name && one.alias == other.alias
}

fn written(provider: &ProviderRef) -> String {
    match &provider.alias {
        Some(alias) => format!("{}.{alias}", provider.name),
        None => provider.name.to_string(),
    }
}

fn not_present(provider: &ProviderRef) -> Diagnostic {
    let (named, name) = (written(provider), &provider.name);
    let alias = provider.alias.as_deref().unwrap_or_default();
    Diagnostic::error(
        "Provider configuration not present",
        format!(
            "No provider configuration {named} is declared in this module, nor given to it. Add provider \"{name}\" {{ alias \
             = \"{alias}\" }}, or let the module be given it: configuration_aliases = [{named}]."
        ),
    )
    .at(provider.span)
}
