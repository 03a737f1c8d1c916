//! `replace_triggered_by`: what it names, and whether that changes.

use crate::address::{Address, InstanceKey, Subject as Named};
use crate::eval::references::{Mention, mention_of};
use crate::syntax::tree::{Expression, ExpressionKind, Step};
use crate::value::{Path, Value};

use super::instance::Subject;
use super::walk::Planner;
use super::{Action, InstanceChange};

impl Planner<'_> {
    /// The references of `replace_triggered_by` whose objects are updated or replaced by this plan.
    pub(super) fn triggers(&self, subject: &Subject<'_>, address: &Address) -> Vec<String> {
        let named = |expression: &Expression| match &expression.kind {
            ExpressionKind::Reference(reference) => {
                let mention = mention_of(reference).ok()?;
                self.is_triggered(&mention, address).then(|| Self::describe(&mention, address))
            }
            _ => None,
        };
        subject.resource.lifecycle.replace_triggered_by.iter().filter_map(named).collect()
    }

    /// Why a recorded object will be gone: its service is one that this plan makes anew, by what the provider is configured
    /// from, and what is in it goes with it.
    pub(super) fn carried_off(&self, subject: &Subject<'_>) -> Option<String> {
        if subject.session.reader().is_open() {
            return None;
        }
        let id = self.stage.graph.provider_of(subject.config)?;
        let behind = self.stage.graph.resources_behind(id);
        let anew = self.changes.values().find(|change| {
            let is_made = change.action.is_replace() || change.action == Action::Create;
            is_made && behind.contains(&change.address.config())
        })?;
        let verb = if anew.action.is_replace() { "replaced, and what is in it goes with it" } else { "made anew" };
        Some(format!("{} is {verb}: this is made again in the new one", anew.address))
    }

    fn is_triggered(&self, mention: &Mention<'_>, address: &Address) -> bool {
        let Named::Resource(resource) = &mention.subject else { return false };
        let (key, rest) = Self::instance_named(mention, address);
        self.changes.values().any(|change| {
            change.address.resource == *resource
                && change.address.module == address.module
                && key.as_ref().is_none_or(|key| change.address.key == *key)
                && counts(change, &rest)
        })
    }

    /// The instance that a reference names (`each.key` and `count.index` are those of the referring instance),
    /// and the attributes after it.
    fn instance_named(mention: &Mention<'_>, address: &Address) -> (Option<InstanceKey>, Path) {
        let after = &mention.reference.steps[1.min(mention.reference.steps.len())..];
        let (key, rest) = match (after.first(), &mention.key) {
            (Some(Step::Index(_) | Step::LegacyIndex(..)), Some(key)) => (Some(key.clone()), &after[1..]),
            (Some(Step::Index(_)), None) => (Some(address.key.clone()), &after[1..]),
            _ => (mention.key.clone(), after),
        };
        let path = rest.iter().map_while(|step| match step {
            Step::Attribute(name) => Some(crate::value::PathStep::Attribute(name.name.clone())),
            Step::LegacyIndex(i, _) => Some(crate::value::PathStep::Index(Value::number(crate::value::Number::from(
                usize::try_from(*i).unwrap_or(usize::MAX),
            )))),
            Step::Index(e) => match &e.kind {
                ExpressionKind::Literal(value) => Some(crate::value::PathStep::Index(value.clone())),
                _ => None,
            },
            Step::Splat { .. } | Step::AttributeSplat { .. } => None,
        });
        (key, Path(path.collect()))
    }

    fn describe(mention: &Mention<'_>, address: &Address) -> String {
        let (key, rest) = Self::instance_named(mention, address);
        let key = key.map(|k| k.to_string()).unwrap_or_default();
        let rest = if rest.0.is_empty() { String::new() } else { format!(".{rest}") };
        format!("{}{key}{rest}", mention.subject)
    }
}

/// Making or removing something triggers nothing; updating or replacing it does, where the attribute changes.
fn counts(change: &InstanceChange, path: &Path) -> bool {
    match change.action {
        Action::DeleteThenCreate | Action::CreateThenDelete | Action::Update => {
            path.0.is_empty()
                || match (change.before.at(path), change.after.at(path)) {
                    (Some(a), Some(b)) => !a.raw_eq_unmarked(&b),
                    (None, None) => false,
                    _ => true,
                }
        }
        _ => false,
    }
}
