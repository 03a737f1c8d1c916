//! Addresses that blocks name: the ends of a `moved` block, what a `removed` block removes, where an `import` block
//! takes an object over to.

use std::fmt;

use crate::address::{InstanceKey, ModuleInstance, ModuleStep, ResourceAddress, ResourceMode, WORKLOAD, workload_call};
use crate::config::literal::reference;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Ident, Reference, Step};

/// A resource, an instance of one, or a module call, relative to the module that names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The calls that lead there, with their keys.
    pub module: Vec<ModuleStep>,
    /// The resource and its key; a whole module call when absent.
    pub resource: Option<(ResourceAddress, InstanceKey)>,
    /// Whether a key was written at the last part: one instance is meant, not all.
    pub keyed: bool,
}

impl Endpoint {
    /// Whether this is a part of what another one names: of a module call, or an instance of all that are meant.
    pub fn is_within(&self, whole: &Self) -> bool {
        if let Some((resource, _)) = &whole.resource {
            let same = self.resource.as_ref().is_some_and(|(own, _)| own == resource) && self.module == whole.module;
            return same && self.keyed && !whole.keyed;
        }
        let Some((last, head)) = whole.module.split_last() else { return false };
        let instance = self.keyed && !whole.keyed;
        let inside = self.resource.is_some() || self.module.len() > whole.module.len() || instance;
        let at_last = self.module.get(head.len());
        let same_call = at_last.is_some_and(|step| step.name == last.name && (step.key == last.key || !whole.keyed));
        inside && self.module.starts_with(head) && same_call
    }
}

/// Names that begin a reference to something else than a resource.
const RESERVED: [&str; 13] =
    ["var", "local", "each", "count", "path", "self", "terraform", "template", "lazy", "arg", "run", "output", "check"];

const NO_RESOURCE: &str = "Resource specification must include a resource type and name.";

impl Endpoint {
    /// Reads `module.a["k"].kind.name[0]` or `module.a`.
    ///
    /// # Errors
    /// "Invalid address", at the step that makes it one.
    pub fn read(reference: &Reference) -> Result<Self, Diagnostic> {
        Reading::of(reference).endpoint()
    }

    /// The same for a block that says what was removed, where any name may be that of a resource type.
    fn read_removed(reference: &Reference) -> Result<Self, Diagnostic> {
        Reading { any_kind: true, ..Reading::of(reference) }.endpoint()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let module: ModuleInstance = self.module.iter().cloned().collect();
        match &self.resource {
            Some((resource, key)) => resource.instance(module, key.clone()).fmt(f),
            None => module.fmt(f),
        }
    }
}

/// A reference that is being read from its root on.
struct Reading<'a> {
    first: Option<&'a Ident>,
    steps: std::iter::Peekable<std::slice::Iter<'a, Step>>,
    end: Span,
    any_kind: bool,
}

impl<'a> Reading<'a> {
    fn of(reference: &'a Reference) -> Self {
        let end = reference.steps.last().map_or(reference.root.span, place);
        Self { first: Some(&reference.root), steps: reference.steps.iter().peekable(), end, any_kind: false }
    }

    fn endpoint(mut self) -> Result<Endpoint, Diagnostic> {
        let mut module = Vec::new();
        let mut keyed = false;
        while let Some(word) = self.word() {
            if !["module", WORKLOAD].contains(&&*word.name) {
                return self.resource(word, module);
            }
            let Some(name) = self.word() else { return Err(invalid("A module call must be named.", self.end)) };
            let key = self.key()?;
            keyed = key != InstanceKey::None;
            let name = if &*word.name == WORKLOAD { workload_call(&name.name) } else { name.name.clone() };
            module.push(ModuleStep { name, key });
        }
        match self.steps.next() {
            Some(step) => Err(invalid("This is neither a resource nor a module call.", place(step))),
            None => Ok(Endpoint { module, resource: None, keyed }),
        }
    }

    fn resource(mut self, first: &Ident, module: Vec<ModuleStep>) -> Result<Endpoint, Diagnostic> {
        if !self.any_kind && RESERVED.contains(&&*first.name) {
            let detail = format!(
                "The keyword \"{0}\" is reserved and cannot be used to target a resource address. If a resource type \
                 has that name, write \"resource.{0}\" in front.",
                first.name
            );
            return Err(invalid(detail, first.span.to(self.end)));
        }
        let whole = first.span.to(self.end);
        let missing = || invalid(NO_RESOURCE, whole);
        let (mode, kind) = match &*first.name {
            "data" => (ResourceMode::Data, self.word().ok_or_else(missing)?),
            "ephemeral" => (ResourceMode::Ephemeral, self.word().ok_or_else(missing)?),
            "resource" => (ResourceMode::Managed, self.word().ok_or_else(missing)?),
            _ => (ResourceMode::Managed, first),
        };
        let name = self.word().ok_or_else(missing)?;
        let key = self.key()?;
        if let Some(step) = self.steps.next() {
            return Err(invalid("Resource instance key must be given in square brackets.", place(step)));
        }
        let resource = ResourceAddress { mode, kind: kind.name.clone(), name: name.name.clone() };
        Ok(Endpoint { module, keyed: key != InstanceKey::None, resource: Some((resource, key)) })
    }

    /// The next step when it is a name.
    fn word(&mut self) -> Option<&'a Ident> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        match self.steps.next_if(|step| matches!(step, Step::Attribute(_))) {
            Some(Step::Attribute(name)) => Some(name),
            _ => None,
        }
    }

    /// The next step when it is an index; no key otherwise, or when it is an expression.
    fn key(&mut self) -> Result<InstanceKey, Diagnostic> {
        let key = |step: &Step| match step {
            Step::LegacyIndex(at, _) => Ok(InstanceKey::Int(*at)),
            Step::Index(index) => literal_key(index),
            _ => Ok(InstanceKey::None),
        };
        let index = |step: &&Step| matches!(step, Step::LegacyIndex(..) | Step::Index(_));
        self.steps.next_if(index).map_or(Ok(InstanceKey::None), key)
    }
}

fn literal_key(index: &Expression) -> Result<InstanceKey, Diagnostic> {
    let ExpressionKind::Literal(value) = &index.kind else { return Ok(InstanceKey::None) };
    match value.as_str() {
        Some(text) => Ok(InstanceKey::String(text.into())),
        None => value.as_number().and_then(|n| n.to_string().parse().ok()).map(InstanceKey::Int).ok_or_else(|| {
            invalid("Invalid resource instance key: value must be a string or a whole number.", index.span)
        }),
    }
}

/// An address written plainly: names and literal keys. In quotes only where JSON syntax needs them.
pub fn endpoint_reference(expression: Expression, json: bool, found: &mut Diagnostics) -> Option<Reference> {
    let span = expression.span;
    let quoted = matches!(expression.kind, ExpressionKind::Literal(_)) && !json;
    if quoted {
        found.push(not_plain(span));
        return None;
    }
    let reference = reference(expression, found)?;
    let plain = |step: &Step| match step {
        Step::Attribute(_) | Step::LegacyIndex(..) => true,
        Step::Index(key) => matches!(key.kind, ExpressionKind::Literal(_)),
        Step::Splat { .. } | Step::AttributeSplat { .. } => false,
    };
    if !reference.steps.iter().all(plain) {
        found.push(not_plain(span));
        return None;
    }
    Some(reference)
}

/// What is no address as it stands.
pub fn not_plain(span: Span) -> Diagnostic {
    let detail = "A single static variable reference is required: only attribute access and indexing with constant keys. \
                  No calculations, function calls or templates are allowed here.";
    Diagnostic::error("Invalid expression", detail).at(span)
}

/// Where an `import` block takes an object over to: keys may be expressions when it has `for_each`.
pub fn import_target(expression: Expression, json: bool, repeated: bool, found: &mut Diagnostics) -> Option<Reference> {
    let reference = if repeated { reference(expression, found)? } else { endpoint_reference(expression, json, found)? };
    match Endpoint::read(&reference) {
        Ok(Endpoint { resource: Some((resource, _)), .. }) if resource.mode == ResourceMode::Managed => Some(reference),
        Ok(_) => None,
        Err(problem) => {
            found.push(problem);
            None
        }
    }
}

/// Whether an address is one that a `removed` block may name: a whole managed resource or module call.
///
/// # Errors
/// When a key is written, or a data source is named.
pub fn whole_target(reference: &Reference) -> Result<(), Diagnostic> {
    let endpoint = Endpoint::read_removed(reference);
    let key = reference.steps.iter().find(|step| !matches!(step, Step::Attribute(_)));
    let in_module = endpoint.as_ref().is_ok_and(|e| e.module.iter().any(|step| step.key != InstanceKey::None));
    match (&endpoint, key) {
        (_, Some(key)) if in_module => {
            let detail = "A module is removed with all its instances: write module.foo, not module.foo[1].";
            return Err(Diagnostic::error("Module instance keys not allowed", detail).at(place(key)));
        }
        (Ok(_), Some(key)) => return Err(no_instance(place(key))),
        (Err(_), _) if reference.steps.len() > 1 && &*reference.root.name != "module" => {
            return Err(no_instance(reference.steps.last().map_or(reference.root.span, place)));
        }
        _ => {}
    }
    match endpoint?.resource {
        Some((resource, _)) if resource.mode != ResourceMode::Managed => {
            let detail = "Only what is managed can be removed without its block; a data source leaves nothing behind.";
            Err(Diagnostic::error("Data source address not allowed", detail).at(reference.root.span))
        }
        _ => Ok(()),
    }
}

fn no_instance(span: Span) -> Diagnostic {
    let detail = "A resource is removed with all its instances: write kind.name, not kind.name[1].";
    Diagnostic::error("Resource instance keys not allowed", detail).at(span)
}

fn invalid(detail: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error("Invalid address", detail).at(span)
}

fn place(step: &Step) -> Span {
    match step {
        Step::Attribute(name) => name.span,
        Step::Index(key) => key.span,
        Step::LegacyIndex(_, span) | Step::Splat { span, .. } | Step::AttributeSplat { span, .. } => *span,
    }
}
