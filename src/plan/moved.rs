//! `moved` blocks, and the moves that a change of `count` implies: renames in what is recorded, before anything is
//! planned.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::address::{Address, InstanceKey, ModuleInstance, ModuleStep, ResourceAddress, ResourceMode};
use crate::config::{Configuration, Module, Moved, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::state::{State, Unfinished};
use crate::syntax::tree::{ExpressionKind, Reference, Step};

/// One side of a move, relative to the module that declares it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Endpoint {
    module: Vec<ModuleStep>,
    /// A whole module call when absent.
    resource: Option<(ResourceAddress, InstanceKey)>,
    /// A key was written at the last part.
    keyed: bool,
}

/// A move as declared.
#[derive(Debug)]
struct Statement<'c> {
    declared_in: &'c Module,
    from: Endpoint,
    to: Endpoint,
    span: Span,
}

/// Where what is recorded at an address came from.
pub type Renames = BTreeMap<Address, Address>;

/// Renames in `state` what has been moved, and in `unfinished` what an interrupted run was at. Returns the former
/// address of each recorded instance.
pub fn apply(
    configuration: &Configuration,
    state: &mut State,
    unfinished: &mut [Unfinished],
) -> (Renames, Diagnostics) {
    let mut found = Diagnostics::new();
    check(configuration, &mut found);
    let statements = read(configuration, &mut Diagnostics::new());
    let mut renames = Renames::new();
    if found.has_errors() {
        return (renames, found);
    }
    let follow = |start: &Address, moves: &mut dyn FnMut(&Address, &Address) -> bool| {
        let mut at = start.clone();
        for _ in 0..=statements.len() {
            let next = statements.iter().find_map(|s| s.moved(&at)).or_else(|| implied(configuration, &at));
            match next {
                Some(next) if next != at && moves(&at, &next) => at = next,
                _ => break,
            }
        }
        at
    };
    for write in unfinished.iter_mut().filter(|write| state.slot(&write.object.address).is_none()) {
        // Nothing is recorded of what was being made: it moves wherever nothing else is.
        write.object.address = follow(&write.object.address, &mut |_, next| state.slot(next).is_none());
    }
    let recorded: Vec<Address> = state.slots().map(|(address, ..)| address).collect();
    for start in recorded {
        let at = follow(&start, &mut |at, next| state.rename(at, next));
        if at != start {
            unfinished.iter_mut().filter(|w| w.object.address == start).for_each(|w| w.object.address = at.clone());
            renames.insert(at, start);
        }
    }
    (renames, found)
}

/// Refuses statements that contradict themselves, each other, or the blocks that are there.
pub fn check(configuration: &Configuration, found: &mut Diagnostics) {
    let statements = read(configuration, found);
    contradictions(&statements, found);
    if !found.has_errors() {
        still_declared(configuration, found);
    }
}

/// Refuses a block that is still there though its objects are said to have moved away.
fn still_declared(configuration: &Configuration, found: &mut Diagnostics) {
    for module in configuration.modules() {
        for moved in &module.moved {
            let Some((from, _)) = endpoints(moved) else { continue };
            if let Some(place) = declared(module, &from) {
                let mut diagnostic = Diagnostic::error(
                    "Moved object still exists",
                    format!(
                        "This statement declares a move from {}, but that {} is still declared. Change the block that \
                         it names, or remove this statement.",
                        describe(&from),
                        if from.resource.is_some() { "resource" } else { "module call" },
                    ),
                )
                .at(moved.span);
                diagnostic.related.push((place, "declared here".into()));
                found.push(diagnostic);
            }
        }
    }
}

/// The place of the block that an endpoint names, if the configuration has it with the same repetition.
fn declared(module: &Module, endpoint: &Endpoint) -> Option<Span> {
    let (calls, last) = match &endpoint.resource {
        Some(_) => (endpoint.module.as_slice(), None),
        None => endpoint.module.split_last().map(|(last, head)| (head, Some(last)))?,
    };
    let inner = calls.iter().try_fold(module, |m, step| m.children.get(&step.name))?;
    let (repetition, key, span) = match (&endpoint.resource, last) {
        (Some((resource, key)), _) => {
            let block = inner.resources.get(resource)?;
            (&block.repetition, key, block.header)
        }
        (None, Some(step)) => {
            let call = inner.calls.get(&step.name)?;
            (&call.repetition, &step.key, call.span)
        }
        (None, None) => return None,
    };
    let same = match (repetition, key) {
        _ if !endpoint.keyed => true,
        (Repetition::None, InstanceKey::None) => true,
        (Repetition::Count(expression), InstanceKey::Int(i)) => match &expression.kind {
            ExpressionKind::Literal(n) => n
                .as_number()
                .and_then(crate::value::Number::to_i64)
                .is_none_or(|n| i64::try_from(*i).is_ok_and(|i| i < n)),
            _ => false,
        },
        _ => false,
    };
    same.then_some(span)
}

fn read<'c>(configuration: &'c Configuration, found: &mut Diagnostics) -> Vec<Statement<'c>> {
    let mut statements = Vec::new();
    for module in configuration.modules() {
        for moved in &module.moved {
            match endpoints(moved) {
                Some((from, to)) => {
                    statements.push(Statement { declared_in: module, from, to, span: moved.span });
                }
                None => found.error_at(
                    moved.span,
                    "Invalid move endpoints",
                    "Both \"from\" and \"to\" must be addresses of the same sort: two resources, two resource instances, \
                     or two module calls.",
                ),
            }
        }
    }
    statements
}

fn endpoints(moved: &Moved) -> Option<(Endpoint, Endpoint)> {
    let (mut from, mut to) = (endpoint(&moved.from)?, endpoint(&moved.to)?);
    if from.resource.is_some() != to.resource.is_some() {
        return None;
    }
    // With a key on either side, both name one instance.
    let keyed = from.keyed || to.keyed;
    from.keyed = keyed;
    to.keyed = keyed;
    Some((from, to))
}

/// Reads `module.a["k"].kind.name[0]` or `module.a`.
fn endpoint(reference: &Reference) -> Option<Endpoint> {
    let mut words = std::iter::once(Word::Name(reference.root.name.as_ref().into()))
        .chain(reference.steps.iter().filter_map(word))
        .peekable();
    let mut module = Vec::new();
    let mut keyed = false;
    loop {
        let Some(Word::Name(first)) = words.next() else {
            return Some(Endpoint { module, resource: None, keyed });
        };
        if first == "module" {
            let Some(Word::Name(name)) = words.next() else { return None };
            let key = next_key(&mut words);
            keyed = key != InstanceKey::None;
            module.push(ModuleStep { name: name.as_str().into(), key });
            if words.peek().is_none() {
                return Some(Endpoint { module, resource: None, keyed });
            }
            continue;
        }
        let (mode, kind) = if first == "data" {
            let Some(Word::Name(kind)) = words.next() else { return None };
            (ResourceMode::Data, kind)
        } else {
            (ResourceMode::Managed, first)
        };
        let Some(Word::Name(name)) = words.next() else { return None };
        let key = next_key(&mut words);
        let resource = ResourceAddress { mode, kind: kind.as_str().into(), name: name.as_str().into() };
        keyed = key != InstanceKey::None;
        return words.next().is_none().then_some(Endpoint { module, resource: Some((resource, key)), keyed });
    }
}

enum Word {
    Name(String),
    Key(InstanceKey),
}

fn word(step: &Step) -> Option<Word> {
    match step {
        Step::Attribute(ident) => Some(Word::Name(ident.name.to_string())),
        Step::LegacyIndex(i, _) => Some(Word::Key(InstanceKey::Int(*i))),
        Step::Index(expression) => match &expression.kind {
            ExpressionKind::Literal(value) => match value.as_str() {
                Some(text) => Some(Word::Key(InstanceKey::String(text.into()))),
                None => value.as_number()?.to_string().parse().ok().map(|i| Word::Key(InstanceKey::Int(i))),
            },
            _ => None,
        },
        Step::Splat { .. } | Step::AttributeSplat { .. } => None,
    }
}

fn next_key(words: &mut std::iter::Peekable<impl Iterator<Item = Word>>) -> InstanceKey {
    match words.next_if(|w| matches!(w, Word::Key(_))) {
        Some(Word::Key(key)) => key,
        _ => InstanceKey::None,
    }
}

fn contradictions(statements: &[Statement<'_>], found: &mut Diagnostics) {
    let mut targets: FxHashMap<(String, &Endpoint), &Statement<'_>> = FxHashMap::default();
    for statement in statements {
        if statement.from == statement.to {
            found.error_at(
                statement.span,
                "Redundant move statement",
                format!("This statement declares a move from {} to the same address.", describe(&statement.from)),
            );
            continue;
        }
        let key = (statement.declared_in.path.to_string(), &statement.to);
        match targets.get(&key) {
            Some(first) if first.from != statement.from => {
                let mut diagnostic = Diagnostic::error(
                    "Ambiguous move statements",
                    format!(
                        "Another statement already moves {} to {}. Only one object can be at an address.",
                        describe(&first.from),
                        describe(&statement.to)
                    ),
                )
                .at(statement.span);
                diagnostic.related.push((first.span, "the other statement".into()));
                found.push(diagnostic);
            }
            _ => {
                targets.insert(key, statement);
            }
        }
    }
}

fn describe(endpoint: &Endpoint) -> String {
    let module: ModuleInstance = endpoint.module.iter().cloned().collect();
    match &endpoint.resource {
        Some((resource, key)) => resource.instance(module, key.clone()).to_string(),
        None => module.to_string(),
    }
}

impl Statement<'_> {
    /// Where an object at `address` belongs by this statement, if it concerns it.
    fn moved(&self, address: &Address) -> Option<Address> {
        let depth = self.declared_in.path.names().len();
        let steps = address.module.steps();
        let (outer, inner) = (steps.get(..depth)?, steps.get(depth..)?);
        if !outer.iter().zip(self.declared_in.path.names()).all(|(step, name)| step.name == *name) {
            return None;
        }
        match (&self.from.resource, &self.to.resource) {
            (Some((from, from_key)), Some((to, to_key))) => {
                if inner != self.from.module.as_slice() || address.resource != *from {
                    return None;
                }
                let key = match self.from.keyed {
                    true if address.key == *from_key => to_key.clone(),
                    true => return None,
                    false => address.key.clone(),
                };
                let module = outer.iter().chain(&self.to.module).cloned().collect();
                Some(to.instance(module, key))
            }
            (None, None) => {
                let module = self.moved_call(outer, inner)?;
                Some(Address { module, ..address.clone() })
            }
            _ => None,
        }
    }

    fn moved_call(&self, outer: &[ModuleStep], inner: &[ModuleStep]) -> Option<ModuleInstance> {
        let (call, calls) = self.from.module.split_last()?;
        let (target, targets) = self.to.module.split_last()?;
        let (head, rest) = (inner.get(..calls.len())?, inner.get(calls.len()..)?);
        let (at, below) = rest.split_first()?;
        if head != calls || at.name != call.name || (self.from.keyed && at.key != call.key) {
            return None;
        }
        let key = if self.from.keyed { target.key.clone() } else { at.key.clone() };
        let moved = ModuleStep { name: target.name.clone(), key };
        Some(outer.iter().chain(targets).cloned().chain([moved]).chain(below.iter().cloned()).collect())
    }
}

/// `x` becomes `x[0]` when `count` was added, and `x[0]` becomes `x` when it was removed.
fn implied(configuration: &Configuration, address: &Address) -> Option<Address> {
    let resource = configuration.resource(&address.config())?;
    let key = match (&resource.repetition, &address.key) {
        (Repetition::Count(_), InstanceKey::None) => InstanceKey::Int(0),
        (Repetition::None, InstanceKey::Int(0)) => InstanceKey::None,
        _ => return None,
    };
    Some(Address { key, ..address.clone() })
}
