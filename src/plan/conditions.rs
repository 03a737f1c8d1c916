//! How the conditions of a configuration came out: validations, pre- and postconditions, `check` blocks.

use std::collections::BTreeMap;

use super::{CheckKind, CheckResult, CheckStatus};

/// What has been evaluated so far, by object.
#[derive(Debug, Default)]
pub struct Conditions(BTreeMap<(CheckKind, String), Instances>);

/// How each instance came out: the worst, and what those that failed say.
type Instances = BTreeMap<String, (CheckStatus, Vec<String>)>;

impl Conditions {
    /// Names an object that has conditions, though none of its instances may exist.
    pub fn declare(&mut self, kind: CheckKind, object: &str) {
        self.0.entry((kind, object.to_owned())).or_default();
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
        let instances = self.0.entry((kind, object.to_owned())).or_default();
        let (worst, messages) = instances.entry(instance.to_owned()).or_insert((CheckStatus::Pass, Vec::new()));
        *worst = (*worst).max(status);
        messages.extend(message);
    }

    /// The results in the order of kind and object.
    pub fn into_results(self) -> Vec<CheckResult> {
        let result = |((kind, object), instances): ((CheckKind, String), Instances)| {
            let status = instances.values().map(|(status, _)| *status).max().unwrap_or(CheckStatus::Pass);
            let instances =
                instances.into_iter().map(|(address, (status, messages))| (address, status, messages)).collect();
            CheckResult { kind, object, status, instances }
        };
        self.0.into_iter().map(result).collect()
    }
}
