//! What the simulator can be told to do wrong, or late, or oddly: the faults that people meet in the field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::simulator::answer::Refusal;
use crate::simulator::body;
use crate::simulator::target::same;

/// Switches for the whole simulator and rules for single requests. All off by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
// Each is a switch of its own; none excludes another.
#[allow(clippy::struct_excessive_bools)]
pub struct Faults {
    /// Ids in answers come back in changing casing, by the seed.
    pub casing: bool,
    /// Requests beyond Azure's limits get 429. When off on the virtual clock, the client is taken to have waited.
    pub throttling: bool,
    /// Object ids that the simulator did not make are no principals. When off they may be users or groups.
    pub strict_directory: bool,
    /// Whoever has a token that names it needs a role for what it asks. When off only identities that the simulator
    /// made do; everybody else is the owner.
    pub evaluate_roles: bool,
    /// Deleted vaults keep their names until they are purged, as in Azure. Off, so that a stack can be destroyed and
    /// made again.
    pub soft_delete: bool,
    /// The client stands in the networks of the clusters, so private ones answer it too.
    pub inside_networks: bool,
    /// Namespaces of providers that the subscription is not registered with, until it registers.
    pub unregistered: Vec<String>,
    /// How much of something a subscription may have, by Azure's name for it: `standardDSv5Family` or `cores` in a
    /// region, `roleAssignments`. What is not named is plentiful.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quotas: BTreeMap<String, u64>,
    /// Seconds until the authorisation service knows a new identity's principal.
    pub replication_seconds: u64,
    /// Seconds until a role assignment takes effect.
    pub propagation_seconds: u64,
    /// Seconds until a federated credential is known where tokens are given.
    pub credential_seconds: u64,
    /// How many items a page of a list has.
    pub page_size: usize,
    /// What to do to single requests, in order; the first that matches and is not used up applies.
    pub rules: Vec<Rule>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            casing: false,
            throttling: false,
            strict_directory: false,
            evaluate_roles: false,
            soft_delete: false,
            inside_networks: false,
            unregistered: Vec::new(),
            quotas: BTreeMap::new(),
            replication_seconds: 15,
            propagation_seconds: 20,
            credential_seconds: 10,
            page_size: 250,
            rules: Vec::new(),
        }
    }
}

/// A fault for the requests that match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `PUT`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// `Microsoft.ContainerService/managedClusters`, `operations`; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A part of the path, in any casing; any path when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many matching requests pass before it applies.
    #[serde(default)]
    pub skip: u32,
    /// How many requests it applies to; all that follow when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// How likely it is for each of those requests, from 0 to 1, by the seed; certain when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
    /// What happens.
    pub effect: Effect,
}

/// What a rule does to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is refused: 401, 403, 404, 409, 429, 500, or 400 with a code such as `PrincipalNotFound`.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// Azure's code.
        code: String,
        /// What to say; a plain sentence when absent.
        #[serde(default)]
        message: Option<String>,
        /// Seconds for `Retry-After`, given as they are, on the virtual clock too.
        #[serde(default)]
        retry_after: Option<u64>,
        /// In AKS's envelope without `error`.
        #[serde(default)]
        flat: bool,
    },
    /// The connection breaks before anything is done.
    Cut,
    /// All is done, and then the connection breaks instead of an answer.
    DropAnswer,
    /// It waits, before anything is done, until other faults are set.
    Hold,
    /// All is done, and the answer waits until other faults are set.
    HoldAnswer,
    /// The answer's body is changed: members laid over it, pointers taken out of it.
    Answer {
        /// A JSON merge patch; a null takes a member out.
        #[serde(default)]
        merge: Value,
        /// JSON pointers of what is missing.
        #[serde(default)]
        without: Vec<String>,
    },
    /// A long-running operation is accepted and fails later.
    FailLate {
        /// The code of its failure.
        code: String,
        /// The sentence.
        message: String,
    },
    /// A long-running operation takes this many seconds.
    Last {
        /// In simulated seconds.
        seconds: u64,
    },
    /// An operation that is still running reports this word for it.
    PollWord {
        /// `Frobnicating`
        word: String,
    },
    /// Once the request is done, somebody else edits the resource: a policy, an add-on, a second writer.
    EditAfter {
        /// A JSON merge patch of the stored body.
        merge: Value,
    },
    /// Somebody else writes the same just before, so that its etag is not the one that was read.
    ChangeEtag,
}

impl Faults {
    /// The effects for a request, using up one application of each rule that gives one.
    /// `seed` decides what chance decides.
    pub(super) fn strike(&mut self, method: &str, kind: &str, path: &str, seed: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (at, rule) in (0..).zip(&mut self.rules) {
            if !rule.matches(method, kind, path) || rule.times == Some(0) || !rule.falls(answer_seed(seed, at)) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times = rule.times.map(|times| times - 1);
            effects.push(rule.effect.clone());
        }
        effects
    }
}

impl Rule {
    /// A rule for all requests.
    pub fn new(effect: Effect) -> Self {
        Self { method: None, kind: None, path: None, skip: 0, times: None, chance: None, effect }
    }

    /// Only requests by this method for this kind.
    #[must_use]
    pub fn on(mut self, method: &str, kind: &str) -> Self {
        self.method = Some(method.to_owned());
        self.kind = Some(kind.to_owned());
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after so many have passed.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Whether chance lets it apply: `seed` is spread evenly.
    fn falls(&self, seed: u64) -> bool {
        const STEPS: u32 = 1 << 20;
        let drawn = u32::try_from(seed >> 44).unwrap_or(0);
        self.chance.is_none_or(|chance| f64::from(drawn) < chance * f64::from(STEPS))
    }

    fn matches(&self, method: &str, kind: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| same(wanted, method))
            && self.kind.as_deref().is_none_or(|wanted| same(wanted, kind))
            && self.path.as_deref().is_none_or(|part| path.to_lowercase().contains(&part.to_lowercase()))
    }
}

impl Effect {
    /// A refusal with a code and no more.
    pub fn refuse(status: u16, code: &str) -> Self {
        Self::Refuse { status, code: code.to_owned(), message: None, retry_after: None, flat: false }
    }

    /// The refusal that this is, and the `Retry-After` to send with it.
    pub(super) fn refusal(&self) -> Option<(Refusal, Option<u64>)> {
        let Self::Refuse { status, code, message, retry_after, flat } = self else { return None };
        let sentence = message.clone().unwrap_or_else(|| format!("The request was refused with {code}."));
        let refusal = Refusal::new(*status, code, sentence);
        Some((if *flat { refusal.flat() } else { refusal }, *retry_after))
    }

    /// Changes an answer's body.
    pub(super) fn alter(&self, answered: &mut Value) {
        let Self::Answer { merge, without } = self else { return };
        if !merge.is_null() {
            body::merge(answered, merge);
        }
        for pointer in without {
            body::unset(answered, pointer);
        }
    }
}

/// Gives ids in a body another casing, as Azure's services do, chosen by `seed`: every id keeps its meaning.
pub(super) fn recase(value: &mut Value, seed: u64) {
    match value {
        Value::String(text) if is_id(text) => *text = recased(text, seed),
        Value::Array(items) => items.iter_mut().for_each(|item| recase(item, seed.rotate_left(7))),
        Value::Object(members) => {
            for (at, (name, mut member)) in std::mem::take(members).into_iter().enumerate() {
                let seed = seed.rotate_left(u32::try_from(at % 64).unwrap_or(0));
                recase(&mut member, seed);
                let name = if is_id(&name) { recased(&name, seed) } else { name };
                members.insert(name, member);
            }
        }
        _ => {}
    }
}

fn is_id(text: &str) -> bool {
    text.get(..15).is_some_and(|start| same(start, "/subscriptions/")) && !text.contains('?')
}

fn recased(id: &str, seed: u64) -> String {
    match seed % 4 {
        0 => id.to_owned(),
        1 => id.replace("/resourceGroups/", "/resourcegroups/"),
        2 => id.to_lowercase(),
        _ => id.replace("/providers/Microsoft.", "/providers/microsoft."),
    }
}

/// The seed of one answer: changes from answer to answer, the same in each run.
pub(super) fn answer_seed(seed: u64, answers: u64) -> u64 {
    // The multiplier of Knuth's MMIX generator spreads neighbouring numbers.
    (seed ^ answers).wrapping_mul(6_364_136_223_846_793_005).rotate_right(29)
}

/// The faults as the control address tells them.
pub(super) fn told(faults: &Faults) -> Value {
    serde_json::to_value(faults).unwrap_or_else(|_| json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_skips_then_applies_then_is_used_up() {
        let rule = Rule::new(Effect::Cut).on("PUT", "a.b/cs").after(1).times(2);
        let mut faults = Faults { rules: vec![rule], ..Faults::default() };
        let struck: Vec<bool> = (0..5).map(|n| !faults.strike("put", "A.B/cs", "/x", n).is_empty()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(faults.strike("GET", "A.B/cs", "/x", 9).is_empty());
    }

    #[test]
    fn chance_is_kept_to_and_follows_the_seed() {
        let mut faults =
            Faults { rules: vec![Rule { chance: Some(0.2), ..Rule::new(Effect::Cut) }], ..Faults::default() };
        let mut strikes = |seed| -> Vec<bool> {
            (0..10_000).map(|n| !faults.strike("PUT", "k", "/x", answer_seed(seed, n)).is_empty()).collect()
        };
        let first = strikes(1);
        let struck = first.iter().filter(|struck| **struck).count();
        assert!((1_800..2_200).contains(&struck), "{struck}");
        assert_eq!(strikes(1), first);
        assert_ne!(strikes(2), first);
    }

    #[test]
    fn recasing_changes_ids_and_keys_only_in_case() {
        let id = "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.A/bs/C";
        let original = json!({"id": id, "name": "C", "map": {(id): {}}});
        let changed = (0..8).filter(|seed| {
            let mut body = original.clone();
            recase(&mut body, *seed);
            assert_eq!(body.to_string().to_lowercase(), original.to_string().to_lowercase());
            assert_eq!(body["name"], "C");
            body != original
        });
        assert!(changed.count() > 3);
    }

    #[test]
    fn faults_are_read_from_json() {
        let text = r#"{"casing": true, "rules": [{"method": "GET", "times": 1, "effect": {"refuse": {"status": 404, "code": "ResourceNotFound"}}}, {"effect": "cut"}]}"#;
        let faults: Faults = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(faults.rules.len(), 2);
        assert_eq!(faults.page_size, 250);
        assert!(serde_json::from_str::<Faults>(r#"{"casings": true}"#).is_err());
    }
}
