//! `moved` blocks, and the moves that a change of `count` implies: renames in what is recorded, before anything is
//! planned.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::address::{Address, InstanceKey, ModuleInstance, ModuleStep};
use crate::config::{Configuration, Endpoint, Module, Moved, Repetition};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::state::{ResourceKey, State, Unfinished};
use crate::syntax::tree::ExpressionKind;

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
    let statements = read(configuration);
    let mut renames = Renames::new();
    if found.has_errors() {
        return (renames, found);
    }
    // A change of `count` says something only of resources that were recorded under their name before.
    let addresses = state.slots().map(|(address, ..)| address);
    let known: FxHashSet<ResourceKey> = addresses
        .chain(unfinished.iter().map(|write| write.object.address.clone()))
        .map(|address| ResourceKey::of(&address))
        .collect();
    let implied = |at: &Address| implied(configuration, at).filter(|_| known.contains(&ResourceKey::of(at)));
    // What is moved out of a module goes before the module itself moves.
    let mut inner_first: Vec<&Statement<'_>> = statements.iter().collect();
    inner_first.sort_by_key(|statement| std::cmp::Reverse(statement.depth()));
    let follow = |start: &Address, moves: &mut dyn FnMut(&Address, &Address) -> bool| {
        let mut at = start.clone();
        for _ in 0..=statements.len() {
            let next = inner_first.iter().find_map(|s| s.moved(&at)).or_else(|| implied(&at));
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
    let statements = read(configuration);
    contradictions(&statements, found);
    still_declared(configuration, found);
    if !found.has_errors() {
        circles(&statements, found);
    }
}

/// Refuses a block that is still there though its objects are said to have moved away.
fn still_declared(configuration: &Configuration, found: &mut Diagnostics) {
    for module in configuration.modules() {
        for moved in &module.moved {
            let Some((from, to)) = endpoints(moved) else { continue };
            if let Some(place) = declared(module, &from).filter(|_| from != to) {
                let mut diagnostic = Diagnostic::error(
                    "Moved object still exists",
                    format!(
                        "This statement declares a move from {}, but that {} is still declared. Change the block that \
                         it names, or remove this statement.",
                        from,
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

fn read(configuration: &Configuration) -> Vec<Statement<'_>> {
    let statement = |module, moved: &Moved| {
        let (from, to) = endpoints(moved)?;
        Some(Statement { declared_in: module, from, to, span: moved.span })
    };
    configuration.modules().flat_map(|module| module.moved.iter().filter_map(move |m| statement(module, m))).collect()
}

fn endpoints(moved: &Moved) -> Option<(Endpoint, Endpoint)> {
    let (mut from, mut to) = (Endpoint::read(&moved.from).ok()?, Endpoint::read(&moved.to).ok()?);
    // With a key on either side, both name one instance.
    let keyed = from.keyed || to.keyed;
    from.keyed = keyed;
    to.keyed = keyed;
    Some((from, to))
}

fn contradictions(statements: &[Statement<'_>], found: &mut Diagnostics) {
    let mut targets: FxHashMap<(String, &Endpoint), &Statement<'_>> = FxHashMap::default();
    let mut sources: FxHashMap<(String, &Endpoint), &Statement<'_>> = FxHashMap::default();
    for statement in statements {
        if statement.from == statement.to {
            found.error_at(
                statement.span,
                "Redundant move statement",
                format!("This statement declares a move from {} to the same address.", statement.from),
            );
            continue;
        }
        let key = (statement.declared_in.path.to_string(), &statement.to);
        let source = (statement.declared_in.path.to_string(), &statement.from);
        match sources.get(&source) {
            Some(first) if first.to != statement.to => {
                let mut diagnostic = Diagnostic::error(
                    "Ambiguous move statements",
                    format!(
                        "Another statement already moves {} to {}. One object can be only at one address.",
                        first.from, first.to
                    ),
                )
                .at(statement.span);
                diagnostic.related.push((first.span, "the other statement".into()));
                found.push(diagnostic);
                continue;
            }
            _ => {
                sources.insert(source, statement);
            }
        }
        match targets.get(&key) {
            Some(first) if first.from != statement.from => {
                let mut diagnostic = Diagnostic::error(
                    "Ambiguous move statements",
                    format!(
                        "Another statement already moves {} to {}. Only one object can be at an address.",
                        first.from, statement.to
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

/// Refuses two statements of which each would have to go first: what is moved inside of a module that moves itself must
/// go before it, and what is moved into where that arrives must go after it.
fn entangled(statements: &[Statement<'_>], found: &mut Diagnostics) {
    for (outer, inner) in statements.iter().flat_map(|outer| statements.iter().map(move |inner| (outer, inner))) {
        let beside = outer.declared_in.path == inner.declared_in.path;
        if beside && inner.from.is_within(&outer.from) && inner.to.is_within(&outer.to) {
            let detail = format!(
                "Each of these statements would have to be followed before the other one:\n  - {} to {}\n  - {} to {}\n\n\
                 Remove one of them: what is in a module moves with it.",
                outer.from, outer.to, inner.from, inner.to
            );
            found.push(Diagnostic::error(CYCLIC, detail));
        }
    }
}

const CYCLIC: &str = "Cyclic dependency in move statements";

/// Refuses statements that lead in a circle: nobody could tell where an object ends up.
fn circles(statements: &[Statement<'_>], found: &mut Diagnostics) {
    entangled(statements, found);
    let next = |at: &Statement<'_>| {
        statements.iter().position(|s| s.from == at.to && s.declared_in.path == at.declared_in.path)
    };
    for (start, statement) in statements.iter().enumerate() {
        let mut circle = vec![start];
        let mut at = next(statement);
        while let Some(index) = at.filter(|index| *index > start && circle.len() <= statements.len()) {
            circle.push(index);
            at = statements.get(index).and_then(next);
        }
        if at == Some(start) && circle.len() > 1 {
            let hops: Vec<String> = circle
                .iter()
                .filter_map(|index| statements.get(*index))
                .map(|s| format!("  - {} to {}", s.from, s.to))
                .collect();
            found.push(Diagnostic::error(
                CYCLIC,
                format!(
                    "These statements lead in a circle, so no object could ever arrive:\n{}\n\nRemove one of them.",
                    hops.join("\n")
                ),
            ));
        }
    }
}

impl Statement<'_> {
    /// How far inside the tree of modules it begins.
    fn depth(&self) -> (usize, bool) {
        (self.declared_in.path.names().len() + self.from.module.len(), self.from.resource.is_some())
    }

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
