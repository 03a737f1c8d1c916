//! Where names get their values: what an expression can see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::InstanceKey;
use crate::diagnostic::Diagnostic;
use crate::eval::functions::FunctionContext;
use crate::eval::nearest::did_you_mean;
use crate::syntax::tree::{Ident, Reference};
use crate::value::Value;

/// How many steps after the root name a [`Scope`] is offered at most: `data.kind.name["key"]`.
pub const OFFERED_STEPS: usize = 3;

/// A step of a reference whose key is known: what a [`Scope`] may use to find a part without building the whole.
#[derive(Debug, Clone)]
pub enum ResolvedStep {
    /// `.name`
    Attribute(Arc<str>),
    /// `[key]`: a known string, number or bool without marks.
    Index(Value),
}

impl ResolvedStep {
    /// The name, for an attribute step.
    pub fn attribute(&self) -> Option<&Arc<str>> {
        if let Self::Attribute(name) = self { Some(name) } else { None }
    }

    /// The instance that an index step names: a whole number or a string.
    pub fn instance_key(&self) -> Option<InstanceKey> {
        let Self::Index(key) = self else { return None };
        if let Some(text) = key.as_str() {
            return Some(InstanceKey::String(text.into()));
        }
        key.as_number()?.to_string().parse().ok().map(InstanceKey::Int)
    }
}

/// What an expression can refer to and call.
pub trait Scope {
    /// Answers the longest prefix of a reference that it can answer cheaply: the root name and the first of its
    /// `steps`, of which at most [`OFFERED_STEPS`] are given. Returns the value and how many of `steps` it stands
    /// for; the evaluator takes the remaining steps itself. A step it cannot use (a string key where instances are
    /// numbered) is left to the evaluator, which knows how to convert it or what to say.
    ///
    /// # Errors
    /// When there is no such thing. A diagnostic without a place is put on the reference.
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic>;

    /// The functions that may be called, and what they need to know.
    fn functions(&self) -> &FunctionContext<'_>;

    /// Whether a side of `&&` and `||` that decides does so though the other side is unknown. In Terraform 1.11 it
    /// does not.
    fn decides_early(&self) -> bool {
        false
    }

    /// Whether a local name of a provider stands for Terraform's own, whose functions can then be called by it.
    fn names_terraform(&self, provider: &str) -> bool {
        provider == "terraform"
    }
}

/// A scope in which a side of `&&` and `||` decides also where the other one is unknown.
pub struct DecidingScope<'a>(pub &'a dyn Scope);

impl Scope for DecidingScope<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        self.0.resolve(reference, steps)
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.0.functions()
    }

    fn names_terraform(&self, provider: &str) -> bool {
        self.0.names_terraform(provider)
    }

    fn decides_early(&self) -> bool {
        true
    }
}

/// A scope with a few more names in front of another: the variables of a `for`, the iterator of a dynamic block.
pub struct LocalScope<'a> {
    parent: &'a dyn Scope,
    names: [Option<(Arc<str>, Value)>; 2],
}

impl<'a> LocalScope<'a> {
    /// One name.
    pub fn one(parent: &'a dyn Scope, name: &Arc<str>, value: Value) -> Self {
        Self { parent, names: [Some((name.clone(), value)), None] }
    }

    /// The value variable of a `for`, and its key variable when it has one. The value hides a key of the same name.
    pub fn pair(parent: &'a dyn Scope, key: Option<(&Ident, Value)>, value: (&Ident, Value)) -> Self {
        let own = |(ident, value): (&Ident, Value)| (ident.name.clone(), value);
        Self { parent, names: [Some(own(value)), key.map(own)] }
    }
}

impl Scope for LocalScope<'_> {
    fn resolve(&self, reference: &Reference, steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        for (name, value) in self.names.iter().flatten() {
            if *name == reference.root.name {
                return Ok((value.clone(), 0));
            }
        }
        self.parent.resolve(reference, steps)
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.parent.functions()
    }

    fn names_terraform(&self, provider: &str) -> bool {
        self.parent.names_terraform(provider)
    }

    fn decides_early(&self) -> bool {
        self.parent.decides_early()
    }
}

/// A scope of given values by root name: templates, variable files, tests.
pub struct MapScope<'a> {
    functions: &'a FunctionContext<'a>,
    names: BTreeMap<Arc<str>, Value>,
    refusal: Option<&'static str>,
}

impl<'a> MapScope<'a> {
    /// Without any name.
    pub fn new(functions: &'a FunctionContext) -> Self {
        Self { functions, names: BTreeMap::new(), refusal: None }
    }

    /// One that refuses every name with a sentence, where references make no sense.
    pub fn refusing(functions: &'a FunctionContext<'a>, why: &'static str) -> Self {
        Self { functions, names: BTreeMap::new(), refusal: Some(why) }
    }

    /// Adds a name.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: Value) -> Self {
        self.names.insert(name.into(), value);
        self
    }
}

impl Scope for MapScope<'_> {
    fn resolve(&self, reference: &Reference, _steps: &[ResolvedStep]) -> Result<(Value, usize), Diagnostic> {
        let name = &reference.root.name;
        if let Some(value) = self.names.get(name) {
            return Ok((value.clone(), 0));
        }
        let diagnostic = match self.refusal {
            Some(why) => Diagnostic::error("Variables not allowed", why),
            None => Diagnostic::error(
                "Unknown variable",
                format!(
                    "There is no variable named \"{name}\".{}",
                    did_you_mean(name, self.names.keys().map(|known| &**known))
                ),
            ),
        };
        Err(diagnostic.at(reference.root.span))
    }

    fn functions(&self) -> &FunctionContext<'_> {
        self.functions
    }
}
