//! Before a run of ten minutes: whether Azure would take what is about to be written. Four questions, each of which
//! Azure answers without doing anything: may we ([`permissions`]), does a policy forbid it ([`policy`]), is there room
//! for it ([`quota`]), and are the names that must be unique in all of Azure still free ([`names`]).
//!
//! The answers hold for this moment, and are about what is known by then: whatever waits for a value that only apply
//! brings is left out. A question that Azure does not answer is a warning, never a refusal.

mod names;
mod permissions;
mod policy;
mod quota;

use std::collections::BTreeSet;
use std::future::Future;

use futures::StreamExt;
use serde_json::Value as Json;

use super::arm::{ArmError, Method, Request};
use super::arm_id::ArmId;
use super::kinds::{READ, Registry};
use super::session::Azure;
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, Intended};
use crate::value::{Path, Value};

/// How many questions are asked at once.
const AT_ONCE: usize = 10;

/// What a kind says of an object that it is about to write.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// Where it is.
    pub id: String,
    /// The version of the API in which it is written.
    pub api_version: String,
    /// What is sent, as far as it is known, without secrets.
    pub body: Json,
}

/// The name in the id of an object that gets its own only when it is made.
pub const UNNAMED: &str = "(known after apply)";

/// What is going to happen to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Create,
    Change,
    Delete,
}

/// One object that is about to be written or removed.
struct Write<'a> {
    /// Its position among what is intended.
    at: usize,
    kind: &'a str,
    deed: Deed,
    id: ArmId,
    api_version: String,
    body: Json,
    /// What was sent for it, as far as that is recorded; null for a new one.
    before: Json,
}

/// What is wrong with what is intended, by position.
pub async fn preflight(azure: &Azure, registry: &Registry, intended: &[Intended<'_>]) -> Vec<(usize, Finding)> {
    let writes: Vec<Write<'_>> =
        intended.iter().enumerate().filter_map(|(at, one)| write_of(azure, registry, at, one)).collect();
    let flight = Flight { azure, registry, writes: &writes };
    let (allowed, policies, room, names) = futures::join!(
        permissions::objections(&flight),
        policy::objections(&flight),
        quota::objections(&flight),
        names::objections(&flight),
    );
    // What is not known yet may still turn out as a policy wants it.
    let is_known = |(at, finding): &(usize, Finding)| {
        let value = intended.get(*at).and_then(|one| one.after.at(&finding.path));
        finding.path.0.is_empty() || value.is_none_or(|value| value.is_wholly_known())
    };
    let policies = policies.into_iter().filter(is_known);
    let mut found: Vec<_> = allowed.into_iter().chain(policies).chain(room).chain(names).collect();
    found.sort_by_key(|(at, _)| *at);
    found
}

/// What the questions look at.
struct Flight<'a> {
    azure: &'a Azure,
    registry: &'a Registry,
    writes: &'a [Write<'a>],
}

fn write_of<'a>(azure: &Azure, registry: &Registry, at: usize, one: &Intended<'a>) -> Option<Write<'a>> {
    let kind = registry.kind(one.kind)?;
    let there = |value: &Value| if value.is_null() { None } else { kind.outlook(azure, value) };
    let (before, after) = (there(one.before), there(one.after));
    let deed = match (one.before.is_null(), one.after.is_null()) {
        (true, _) => Deed::Create,
        (false, true) => Deed::Delete,
        (false, false) => Deed::Change,
    };
    let shown = after.as_ref().or(before.as_ref())?;
    let (id, api_version, body) = (ArmId::parse(&shown.id).ok()?, shown.api_version.clone(), shown.body.clone());
    let before = before.map_or(Json::Null, |before| before.body);
    Some(Write { at, kind: one.kind, deed, id, api_version, body, before })
}

impl Flight<'_> {
    /// Whether an object is going to be made by this very run.
    fn is_to_be_made(&self, id: &ArmId) -> bool {
        self.writes.iter().any(|write| write.deed == Deed::Create && write.id.key() == id.key())
    }

    /// Whether what is made takes the place of something of its name that this run removes.
    fn is_given_back(&self, write: &Write<'_>) -> bool {
        self.writes.iter().any(|other| {
            other.deed == Deed::Delete
                && other.id.is_type(&write.id.resource_type())
                && other.id.name().eq_ignore_ascii_case(write.id.name())
        })
    }

    /// The innermost scope around an object that is there already: its group, or else its subscription.
    fn ground(&self, write: &Write<'_>) -> Option<ArmId> {
        let subscription = write.id.subscription()?;
        let group = write.id.resource_group().map(|group| ArmId::of_resource_group(subscription, group));
        let is_group = write.id.is_type("Microsoft.Resources/resourceGroups");
        let there = group.filter(|group| !is_group && !self.is_to_be_made(group));
        Some(there.unwrap_or_else(|| ArmId::of_subscription(subscription)))
    }

    /// The argument of a write that stands at a path of its body: `properties.minimumTlsVersion`.
    fn argument(&self, write: &Write<'_>, path: &str) -> Path {
        let rows = self.registry.kind(write.kind).and_then(|kind| kind.table()).map(|table| table.rows.as_slice());
        let stands_there = |wire: &str| wire.eq_ignore_ascii_case(path) || within(path, wire);
        let row = rows.into_iter().flatten().find(|row| row.wire.is_some_and(stands_there));
        row.map_or_else(Path::default, |row| Path::attribute(row.name))
    }

    async fn get(&self, path: &str, version: &str) -> Result<Json, ArmError> {
        let request = Request::new(Method::Get, path, version);
        Ok(self.azure.client.send(&request, &self.azure.client.patience(READ)).await?.body)
    }

    async fn list(&self, path: &str, version: &str, filter: Option<&str>) -> Result<Vec<Json>, ArmError> {
        let request = Request::new(Method::Get, path, version);
        let request = filter.map_or_else(|| request.clone(), |filter| request.clone().query("$filter", filter));
        self.azure.client.list(&request, &self.azure.client.patience(READ)).await
    }

    async fn post(&self, path: &str, version: &str, body: Json) -> Result<Json, ArmError> {
        let request = Request::new(Method::Post, path, version).body(body);
        Ok(self.azure.client.send(&request, &self.azure.client.patience(READ)).await?.body)
    }
}

/// Whether a dotted path lies beneath another.
fn within(path: &str, above: &str) -> bool {
    let Some((head, rest)) = path.split_at_checked(above.len()) else { return false };
    !above.is_empty() && head.eq_ignore_ascii_case(above) && rest.starts_with(['.', '['])
}

/// Asks many questions, a few at a time; the answers in their order.
async fn each<Asked: Future>(questions: Vec<Asked>) -> Vec<Asked::Output> {
    futures::stream::iter(questions).buffered(AT_ONCE).collect().await
}

/// A word on a whole object.
fn on(at: usize, diagnostic: Diagnostic) -> (usize, Finding) {
    (at, Finding { path: Path::default(), diagnostic })
}

/// What could not be found out, told once for each reason.
#[derive(Default)]
struct Unanswered(BTreeSet<String>);

impl Unanswered {
    /// A warning about a question that Azure did not answer, the first time that it did not for this reason.
    fn tell(&mut self, at: usize, question: &str, error: &ArmError) -> Option<(usize, Finding)> {
        let said = error.diagnostic(&format!("ask {question}"));
        let reason = if error.code().is_empty() { said.detail.clone() } else { error.code().to_owned() };
        self.0.insert(reason).then(|| {
            let detail = format!("Azure could not be asked {question}, so that was not checked. {}", said.detail);
            on(at, Diagnostic::warning("Preflight is not complete", detail))
        })
    }
}
