//! How the conditions of a configuration came out: validations, pre- and postconditions, `check` blocks.

use std::collections::BTreeMap;

use super::{CheckKind, CheckResult, CheckStatus, Mode, Plan};
use crate::address::ModulePath;
use crate::config::Configuration;

/// What has been evaluated so far, by object; nothing where it is not known yet which instances there are.
#[derive(Debug, Default)]
pub struct Conditions(BTreeMap<(CheckKind, String), Option<Instances>>);

/// How each instance came out, where that is known by now.
type Instances = BTreeMap<String, Option<Outcome>>;

/// The worst of an instance's conditions, and what those that failed say.
type Outcome = (CheckStatus, Vec<String>);

impl Conditions {
    /// Names every object of a configuration that has conditions, whether or not the run comes to it.
    pub fn foresee(&mut self, configuration: &Configuration) {
        for module in configuration.modules() {
            let path = &module.path;
            let mut name = |kind, object: String, none: bool| {
                if !none {
                    self.0.entry((kind, within(path, &object))).or_default();
                }
            };
            for variable in module.variables.values() {
                name(CheckKind::InputVariable, format!("var.{}", variable.name), variable.validations.is_empty());
            }
            for resource in module.resources.values() {
                let lifecycle = &resource.lifecycle;
                let none = lifecycle.preconditions.is_empty() && lifecycle.postconditions.is_empty();
                name(CheckKind::Resource, resource.address.to_string(), none);
            }
            for output in module.outputs.values() {
                name(CheckKind::OutputValue, format!("output.{}", output.name), output.preconditions.is_empty());
            }
            for check in module.checks.values() {
                name(CheckKind::Check, format!("check.{}", check.name), check.asserts.is_empty());
            }
        }
    }

    /// Names an object that has conditions and of which the instances are known, though there may be none.
    pub fn declare(&mut self, kind: CheckKind, object: &str) {
        self.0.entry((kind, object.to_owned())).or_default().get_or_insert_default();
    }

    /// Names the instances that a plan came by. What it said of them is not known any more, unless nothing is done.
    pub fn expect(&mut self, plan: &Plan) {
        if plan.options.mode == Mode::Destroy {
            return;
        }
        let nothing_is_done = plan.options.mode == Mode::RefreshOnly;
        let come_by = |result: &&CheckResult| result.status != CheckStatus::Unknown || !result.instances.is_empty();
        for result in plan.checks.iter().filter(come_by) {
            let instances = self.0.entry((result.kind, result.object.clone())).or_default().get_or_insert_default();
            for (instance, status, messages) in &result.instances {
                instances.insert(instance.clone(), nothing_is_done.then(|| (*status, messages.clone())));
            }
        }
    }

    /// Takes in how one condition of an instance came out; `message` is what a failed one says.
    pub fn note(
        &mut self,
        kind: CheckKind,
        object: &str,
        instance: &str,
        status: CheckStatus,
        message: Option<String>,
    ) {
        let instances = self.0.entry((kind, object.to_owned())).or_default().get_or_insert_default();
        let outcome = instances.entry(instance.to_owned()).or_default();
        let (worst, messages) = outcome.get_or_insert((CheckStatus::Pass, Vec::new()));
        *worst = (*worst).max(status);
        messages.extend(message);
    }

    /// Whether an instance has failed already.
    pub fn has_failed(&self, kind: CheckKind, object: &str, instance: &str) -> bool {
        let instances = self.0.get(&(kind, object.to_owned())).and_then(Option::as_ref);
        let came_out = instances.and_then(|instances| instances.get(instance)?.as_ref());
        came_out.is_some_and(|(status, _)| *status == CheckStatus::Fail)
    }

    /// The results in the order of their names, as Terraform lists them.
    pub fn into_results(self) -> Vec<CheckResult> {
        let result = |((kind, object), instances): ((CheckKind, String), Option<Instances>)| {
            let none = if instances.is_some() { CheckStatus::Pass } else { CheckStatus::Unknown };
            let outcome = |(address, outcome): (String, Option<Outcome>)| {
                let (status, messages) = outcome.unwrap_or((CheckStatus::Unknown, Vec::new()));
                (address, status, messages)
            };
            let instances: Vec<_> = instances.unwrap_or_default().into_iter().map(outcome).collect();
            let status = instances.iter().map(|(_, status, _)| *status).max().unwrap_or(none);
            CheckResult { kind, object, status, instances }
        };
        let mut results: Vec<CheckResult> = self.0.into_iter().map(result).collect();
        results.sort_by(|a, b| a.object.cmp(&b.object));
        results
    }
}

/// `module.m.var.x`
pub fn within(module: &ModulePath, object: &str) -> String {
    if module.is_root() { object.to_owned() } else { format!("{module}.{object}") }
}
