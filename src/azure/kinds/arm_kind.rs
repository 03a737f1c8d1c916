//! A kind that is an ARM resource described by a table. What the table cannot say is a hook.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Conflict, Method, Request};
use super::super::preflight::{Outlook, UNNAMED};
use super::super::session::Azure;
use super::super::wire::{
    self, Dialect, Others, PlanCase, Reading, Row, Same, Table, decode, encode, id_of, parts_of, same_text,
};
use super::hooks::{Call, Fault, Hooks};
use super::note::{Note, Undone};
use super::{AzureKind, READ, SETTLE, mentions};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Drift, Finding, Kind, Lane, PlanRequest, PlanResponse, Planned, Recorded, Schema, Sent, Settled, Stranger,
    Watch, time_limit,
};
use crate::value::Value;

/// A table and its hooks as a kind.
pub struct ArmKind {
    table: Table,
    schema: Schema,
    hooks: Box<dyn Hooks>,
}

impl ArmKind {
    /// A table with hooks.
    pub fn new(table: Table, hooks: impl Hooks + 'static) -> Self {
        Self { schema: wire::schema(&table), table, hooks: Box::new(hooks) }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The same kind with other rows.
    #[must_use]
    pub fn with_rows(mut self, change: impl FnOnce(Vec<Row>) -> Vec<Row>) -> Self {
        self.table.rows = change(self.table.rows);
        self.schema = wire::schema(&self.table);
        self
    }

    /// The same kind found by other arguments: its ARM id as they give it.
    #[must_use]
    pub fn placed(mut self, id: &'static str) -> Self {
        self.table.id = id;
        self
    }

    /// Reads what Azure has at an id, with all that belongs to it.
    pub async fn find(&self, azure: &Azure, id: &str) -> Result<Option<Json>, Diagnostics> {
        self.look(azure, id).await.map_err(|e| self.problem("read", id, &e))
    }

    /// The ARM id of an object that does not follow from its arguments alone.
    pub async fn locate(&self, azure: &Azure, arguments: &Value) -> Result<Option<String>, Diagnostics> {
        self.hooks.locate(azure, arguments).await.map_err(|fault| self.fault("find the place of", "", fault))
    }

    /// What an instance will be.
    pub fn decide(&self, subscription: &str, dialect: Dialect, prior: Option<&Value>, config: &Value) -> PlanResponse {
        let mut case = PlanCase::by_table(&self.table, subscription, dialect, prior, config);
        if let Some(id) = case.planned_at("id").and_then(Value::as_str).map(|id| self.hooks.recorded_id(id)) {
            case.set("id", Value::string(id));
        }
        self.hooks.plan(&mut case);
        case.finish()
    }

    /// What is sent to make an object.
    pub fn first_body(&self, planned: &Value) -> Json {
        let mut body = json!({});
        for (path, value) in &self.table.constants {
            wire::json::set(&mut body, path, value.clone());
        }
        encode(&self.table.rows, &mut body, planned, None);
        self.hooks.lower(&mut body, planned, true);
        body
    }

    /// Whether what was found is already as planned.
    pub fn agrees(&self, found: &Json, planned: &Value) -> bool {
        let mut before = found.clone();
        self.hooks.lift(&mut before, Some(planned));
        let mut wanted = before.clone();
        encode(&self.table.rows, &mut wanted, planned, None);
        wanted == before
    }

    /// What was found, as it is sent when nothing of it changes.
    fn unchanged_body(&self, mut found: Json, prior: &Value) -> Json {
        self.hooks.lift(&mut found, Some(prior));
        self.hooks.lower(&mut found, prior, false);
        wire::blank_identities(&mut found);
        found
    }

    /// What is sent to change an object: what was found, with what changes.
    pub fn patched_body(&self, mut found: Json, prior: &Value, planned: &Value) -> Json {
        self.hooks.lift(&mut found, Some(prior));
        encode(&self.table.rows, &mut found, planned, Some(prior));
        self.hooks.lower(&mut found, planned, false);
        wire::blank_identities(&mut found);
        found
    }

    fn id(&self, azure: &Azure, value: &Value) -> Option<String> {
        self.hooks.place(value).or_else(|| id_of(self.table.id, &azure.subscription, value))
    }

    /// Reads the object at an id; a 404 is believed when it is said twice.
    async fn look(&self, azure: &Azure, id: &str) -> Result<Option<Json>, ArmError> {
        let patience = azure.client.patience(READ);
        let found = match azure.take_ahead(id) {
            Some(answer) => Some(answer),
            None => azure.client.find(id, self.table.api_version, &patience).await?.map(|answer| answer.body),
        };
        let found = match found {
            Some(found) => Some(found),
            None => azure.client.find(id, self.table.api_version, &patience).await?.map(|answer| answer.body),
        };
        let Some(mut answer) = found else { return Ok(None) };
        self.hooks.read_more(azure, id, &mut answer).await?;
        Ok(Some(answer))
    }

    /// An answer as the kind's value.
    pub fn value_of(&self, mut answer: Json, id: &str, prior: Option<&Value>, reading: Reading) -> Value {
        self.hooks.lift(&mut answer, prior);
        self.value_lifted(&answer, id, prior, reading)
    }

    /// What changed outside, with what others have set, as far as it was noted when the object was recorded.
    pub fn held_against(&self, dialect: Dialect, recorded: &Recorded, observed: &Recorded) -> Drift {
        let before = wire::as_observed(&self.table.rows, &recorded.value, &observed.value, dialect);
        match (Note::read(&recorded.private).others, Note::read(&observed.private).others) {
            (Some(then), Some(now)) => Drift {
                before: then.laid_over(&before),
                after: now.laid_over(&observed.value),
                by_others: then.differing(&now),
            },
            _ => Drift { before, ..Drift::between(recorded, observed) },
        }
    }

    /// An answer as it is recorded, with what there is to note beside it.
    pub fn recorded_of(&self, dialect: Dialect, mut answer: Json, id: &str, prior: Option<&Value>) -> Recorded {
        let undone = Undone::of(&answer);
        self.hooks.lift(&mut answer, prior);
        let reading = if prior.is_some() { Reading::Beside } else { Reading::Anew(dialect) };
        let value = self.value_lifted(&answer, id, prior, reading);
        let whole = |_| self.value_lifted(&answer, id, prior, Reading::Whole(dialect));
        // What is read for the first time is all taken over.
        let others = prior.map(whole).map(|whole| Others::between(&value, &whole)).unwrap_or_default();
        Recorded { value, private: Note { undone, others: Some(others) }.write() }
    }

    fn value_lifted(&self, answer: &Json, id: &str, prior: Option<&Value>, reading: Reading) -> Value {
        let mut fields = decode(&self.table.rows, answer, prior, reading);
        for (name, part) in parts_of(self.table.id, id).unwrap_or_default() {
            let named = |row: &&Row| row.wire.is_none() && (row.name == name || row.twin == Some(name));
            for row in self.table.rows.iter().filter(named) {
                fields.insert(Arc::from(row.name), spelled(row, part, prior, reading));
            }
        }
        let before = prior.and_then(|prior| prior.field("id")?.as_str());
        let same = |before: &&str| {
            same_text(Same::ArmId, before, id) || same_text(Same::ArmId, &self.hooks.address(before), id)
        };
        let kept = before.filter(same).map_or_else(|| self.hooks.recorded_id(id), str::to_owned);
        fields.insert(Arc::from("id"), Value::string(kept));
        let timeouts = prior.and_then(|prior| prior.field("timeouts")).filter(|t| t.is_known());
        fields.insert(Arc::from("timeouts"), timeouts.cloned().unwrap_or_else(|| Value::null(wire::timeouts_type())));
        self.hooks.finish(&mut fields, prior);
        Value::object(fields)
    }

    /// Plans to take up an object whose last operation has not come to a good end, also where nothing else is to change.
    fn take_up_again(&self, decided: &mut PlanResponse, note: &str) {
        decided.notes.push(note.to_owned());
        let told = |row: &&Row| {
            let is_text = matches!(row.shape, wire::Shape::One(wire::Scalar::Text));
            row.presence == wire::Presence::Computed && is_text && !row.sensitive && row.wire.is_some()
        };
        let Some(row) = self.table.rows.iter().rfind(told) else { return };
        if let Some(fields) = decided.planned.as_fields() {
            let mut fields = fields.clone();
            fields.insert(Arc::from(row.name), Value::unknown(wire::type_of(row)));
            decided.planned = Value::object(fields);
        }
    }

    /// A write in the making.
    pub(super) fn call<'a>(
        &'a self,
        azure: &'a Azure,
        id: &'a str,
        value: &Value,
        verb: &str,
        watch: &'a dyn Watch,
    ) -> Call<'a> {
        let limit = time_limit(value, verb).unwrap_or(Duration::from_secs(90 * 60));
        Call {
            azure,
            id,
            api_version: self.table.api_version,
            patience: azure.client.patience(limit).watched(watch),
            passing: self.hooks.passing(),
            etag: None,
        }
    }

    async fn try_create(&self, azure: &Azure, id: &str, planned: &Value, watch: &dyn Watch) -> Result<(), Diagnostics> {
        let call = self.call(azure, id, planned, "create", watch);
        let existing = call.find_at(id).await.map_err(|e| self.problem("look for", id, &e))?;
        if existing.is_some() && !azure.overwrite_existing {
            return Err(already_exists(self.table.name, id).into());
        }
        let body = self.first_body(planned);
        self.hooks.create(&call, body, planned).await.map_err(|fault| self.fault("create", id, fault))
    }

    async fn try_update(
        &self,
        azure: &Azure,
        id: &str,
        prior: &Value,
        planned: &Value,
        watch: &dyn Watch,
    ) -> Result<(), Diagnostics> {
        let mut call = self.call(azure, id, planned, "update", watch);
        let mut attempts = 0;
        loop {
            let found = call.find_at(id).await.map_err(|e| self.problem("read", id, &e))?;
            let mut found = found.ok_or_else(|| gone(self.table.name, id))?;
            if Undone::of(&found) == Some(Undone::UnderWay) {
                found = self.seen_to_its_end(&call, id).await?;
            }
            call.etag = wire::json::get_str(&found, "eTag").map(str::to_owned);
            let mut before = self.unchanged_body(found.clone(), prior);
            if Undone::of(&found).is_some() {
                // It is written again as it is, which is no change and is needed all the same.
                wire::json::set(&mut before, "undone", json!(true));
            }
            let body = self.patched_body(found, prior, planned);
            match self.hooks.update(&call, &before, body, prior, planned).await {
                Err(Fault::Arm(error))
                    if attempts < 3 && error.service().is_some_and(|e| Conflict::Stale.matches(e)) =>
                {
                    attempts += 1;
                }
                outcome => return outcome.map_err(|fault| self.fault("update", id, fault)),
            }
        }
    }

    /// Waits until what an earlier run began has ended, and reads what came of it.
    async fn seen_to_its_end(&self, call: &Call<'_>, id: &str) -> Result<Json, Diagnostics> {
        let problem = |e: ArmError| self.problem("wait for", id, &e);
        // That it failed is said by what is read, and mended by writing it again.
        call.azure.client.see_end(id, self.table.api_version, &[], &call.patience).await.map_err(problem)?;
        let found = call.find_at(id).await.map_err(problem)?;
        found.ok_or_else(|| gone(self.table.name, id))
    }

    /// What there is after a write, whatever came of it.
    async fn read_back(&self, azure: &Azure, id: &str, beside: &Value, outcome: Result<(), Diagnostics>) -> Applied {
        let mut diagnostics = outcome.err().unwrap_or_default();
        let failed = diagnostics.has_errors();
        let recorded = match self.look(azure, id).await {
            Ok(Some(answer)) => {
                azure.note_made(&answer);
                Some(self.recorded_of(azure.dialect, answer, id, Some(beside)))
            }
            Ok(None) => {
                if !failed {
                    diagnostics.extend(gone(self.table.name, id));
                }
                None
            }
            Err(error) => {
                diagnostics.extend(self.problem("read back", id, &error));
                None
            }
        };
        Applied { recorded, diagnostics }
    }

    pub(super) fn fault(&self, doing: &str, id: &str, fault: Fault) -> Diagnostics {
        match fault {
            Fault::Arm(error) => self.problem(doing, id, &error),
            Fault::Refused(diagnostic) => diagnostic.into(),
        }
    }

    pub(super) fn problem(&self, doing: &str, id: &str, error: &ArmError) -> Diagnostics {
        error.diagnostic(&format!("{doing} {} {id}", self.table.name)).into()
    }
}

impl Kind for ArmKind {
    fn name(&self) -> &str {
        self.table.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn schema_told(&self, versions: Option<&str>) -> Cow<'_, Schema> {
        let rows = wire::as_told(&self.table.rows, Dialect::of_constraint(versions));
        Cow::Owned(wire::schema_of(&self.table, &rows))
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        wire::validate(&self.table, config).into_iter().chain(self.hooks.validate(config)).collect()
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        self.hooks.renamed(path)
    }

    fn id_by(&self, subscription: &str, attributes: &Value) -> Option<String> {
        id_of(self.table.id, subscription, attributes)
    }

    fn tells_of(&self, other: &str) -> bool {
        mentions::writes_anywhere(other)
            || self.table.tells_of.contains(&other)
            || (other == "azapi_resource" && !self.table.tells_of.is_empty())
    }

    fn outdated_by(&self, recorded: &[&Value], written: &[&Value]) -> Vec<usize> {
        mentions::mentioned(recorded, written)
    }

    /// A PUT of the whole body takes up what an earlier one left undone.
    fn mends(&self) -> bool {
        true
    }
}

#[async_trait]
impl AzureKind for ArmKind {
    async fn confirm(&self, azure: &Azure, planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        self.hooks.confirm(azure, planned).await
    }

    fn table(&self) -> Option<&Table> {
        Some(&self.table)
    }

    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        let prior = request.prior.map(|prior| &prior.value);
        let mut decided = self.decide(&azure.subscription, azure.dialect, prior, request.config);
        match request.prior.and_then(|prior| Note::read(&prior.private).undone) {
            Some(Undone::Failed) => {
                let note = "Azure says that the last operation on it failed; it is written again";
                self.take_up_again(&mut decided, note);
            }
            Some(Undone::UnderWay) => {
                self.take_up_again(&mut decided, "Azure is still making it; that is waited for");
            }
            None => {}
        }
        decided
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let Some(id) = self.id(azure, &recorded.value) else { return Ok(None) };
        let found = self.look(azure, &id).await.map_err(|e| self.problem("read", &id, &e))?;
        let beside = wire::reworded(&self.table.rows, &recorded.value, azure.dialect);
        Ok(found.map(|answer| self.recorded_of(azure.dialect, answer, &id, Some(&beside))))
    }

    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        let id = &self.hooks.address(id);
        if parts_of(self.table.id, id).is_none() {
            return Err(malformed_id(&self.table, id).into());
        }
        let found = self.look(azure, id).await.map_err(|e| self.problem("read", id, &e))?;
        let answer = found.ok_or_else(|| nothing_to_import(self.table.name, id))?;
        if let Some(refusal) = self.hooks.refuses(&answer) {
            return Err(refusal.into());
        }
        Ok(self.recorded_of(azure.dialect, answer, id, None))
    }

    async fn create(&self, azure: &Azure, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        let id = match self.id(azure, planned) {
            Some(id) => Ok(Some(id)),
            None => self.locate(azure, planned).await,
        };
        let id = match id {
            Ok(Some(id)) => id,
            Ok(None) => return Applied { recorded: None, diagnostics: unknown_id(self.table.name).into() },
            Err(diagnostics) => return Applied { recorded: None, diagnostics },
        };
        let outcome = self.try_create(azure, &id, planned, watch).await;
        if let Err(diagnostics) = &outcome
            && is_refused_as_existing(diagnostics)
        {
            return Applied { recorded: None, diagnostics: outcome.err().unwrap_or_default() };
        }
        self.read_back(azure, &id, planned, outcome).await
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        _config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let Some(id) = self.id(azure, &prior.value) else {
            return Applied { recorded: Some(prior.clone()), diagnostics: unknown_id(self.table.name).into() };
        };
        let outcome = self.try_update(azure, &id, &prior.value, planned, watch).await;
        let beside = if outcome.is_ok() { planned } else { &prior.value };
        self.read_back(azure, &id, beside, outcome).await
    }

    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let Some(id) = self.id(azure, &prior.value) else {
            return Applied { recorded: None, diagnostics: Diagnostics::new() };
        };
        let call = self.call(azure, &id, &prior.value, "delete", watch);
        match self.hooks.delete(&call, &prior.value).await {
            Ok(()) => Applied { recorded: None, diagnostics: Diagnostics::new() },
            Err(fault) => Applied { recorded: Some(prior.clone()), diagnostics: self.fault("delete", &id, fault) },
        }
    }

    async fn settle(&self, azure: &Azure, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        let known = recorded.and_then(|recorded| self.id(azure, &recorded.value));
        let made = || sent.iter().map(|s| s.intent.id.as_str()).find(|id| parts_of(self.table.id, id).is_some());
        let Some(id) = known.or_else(|| made().map(str::to_owned)) else {
            return Ok(Settled { recorded: recorded.cloned(), failure: None });
        };
        let patience = azure.client.patience(SETTLE);
        let failure = azure.client.see_end(&id, self.table.api_version, sent, &patience).await;
        let failure = failure.map_err(|e| self.problem("find out what became of", &id, &e))?;
        let found = self.look(azure, &id).await.map_err(|e| self.problem("read", &id, &e))?;
        let prior = recorded.map(|recorded| &recorded.value);
        let recorded = found.map(|answer| self.recorded_of(azure.dialect, answer, &id, prior));
        let failure = failure.map(|e| self.problem("make", &id, &e));
        Ok(Settled { recorded, failure })
    }

    fn drift(&self, azure: &Azure, recorded: &Recorded, observed: &Recorded) -> Drift {
        self.held_against(azure.dialect, recorded, observed)
    }

    fn minds_strangers(&self) -> bool {
        self.hooks.minds_strangers()
    }

    fn stranger(&self, answer: &Json) -> Option<Stranger> {
        let id = wire::json::get_str(answer, "id").filter(|id| parts_of(self.table.id, id).is_some())?;
        let of = id.rsplitn(3, '/').nth(2)?;
        Some(Stranger { id: id.to_owned(), of: of.to_owned(), words: self.hooks.introduce(answer) })
    }

    fn lanes(&self, value: &Value) -> Vec<Lane> {
        let lane = value.field("id").and_then(Value::as_str).and_then(|id| self.hooks.lane(id));
        lane.map(|lane| Lane(lane.to_ascii_lowercase().into())).into_iter().collect()
    }

    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        self.hooks.implied_order(planned)
    }

    fn outlook(&self, azure: &Azure, value: &Value) -> Option<Outlook> {
        let id = self.id(azure, value).or_else(|| {
            // Where it will be is known before its name, when that is derived from what is not known yet.
            let mut fields = value.as_fields()?.clone();
            let name = fields.get_mut("name").filter(|name| !name.is_known())?;
            *name = Value::string(UNNAMED);
            id_of(self.table.id, &azure.subscription, &Value::object(fields))
        });
        let id = id.filter(|id| id.starts_with('/') && !id.contains('|'))?;
        let body = self.first_body(&without_secrets(&self.table.rows, value));
        Some(Outlook { id, api_version: self.table.api_version.to_owned(), body })
    }

    async fn prefetch(&self, azure: &Azure, wanted: &[&Recorded]) {
        let mut lists: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for recorded in wanted {
            let list = self.id(azure, &recorded.value).and_then(|id| self.hooks.list_of(&id));
            *lists.entry(list.unwrap_or_default().to_ascii_lowercase()).or_default() += 1;
        }
        // A list costs as much as a single read; it pays from two objects on, or where it tells more.
        let least = if self.hooks.minds_strangers() { 1 } else { 2 };
        for (list, _) in lists.into_iter().filter(|(list, count)| !list.is_empty() && *count >= least) {
            let request = Request::new(Method::Get, &list, self.table.api_version);
            // A list that cannot be had is no fault: each object is then read by itself.
            let Ok(items) = azure.client.list(&request, &azure.client.patience(READ)).await else { continue };
            for item in items {
                if let Some(id) = wire::json::get_str(&item, "id").map(str::to_owned) {
                    azure.read_ahead(&id, item);
                }
            }
        }
    }
}

/// A value with nulls for what is sensitive.
fn without_secrets(rows: &[Row], value: &Value) -> Value {
    let Some(fields) = value.as_fields() else { return value.clone() };
    let mut fields = fields.clone();
    for row in rows {
        let Some(field) = fields.get_mut(row.name) else { continue };
        if row.sensitive || row.write_only {
            *field = Value::null(wire::type_of(row));
        } else if let (wire::Shape::Blocks(blocks), Some(items)) = (&row.shape, field.as_elements()) {
            let element = wire::element_type(&blocks.rows);
            let items = items.iter().map(|item| without_secrets(&blocks.rows, item)).collect();
            *field = if blocks.set { Value::set(element, items) } else { Value::list(element, items) };
        }
    }
    Value::object(fields)
}

const ALREADY_EXISTS: &str = "Resource already exists";

pub(super) fn record(value: Value) -> Recorded {
    Recorded { value, private: Vec::new() }
}

/// An attribute that the id holds, in the recorded spelling.
fn spelled(row: &Row, part: &str, prior: Option<&Value>, reading: Reading) -> Value {
    match prior.and_then(|prior| prior.field(row.name)) {
        Some(before) if before.is_null() && row.ours_alone() && !matches!(reading, Reading::Anew(_)) => before.clone(),
        Some(before) if before.as_str().is_some_and(|b| b.eq_ignore_ascii_case(part)) => before.clone(),
        _ => Value::string(part),
    }
}

/// Whether an object was not made because there is one already, which is not ours.
pub(super) fn is_refused_as_existing(diagnostics: &Diagnostics) -> bool {
    diagnostics.iter().any(|d| d.summary == ALREADY_EXISTS)
}

pub(super) fn already_exists(kind: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        ALREADY_EXISTS,
        format!(
            "Azure already has {id}. To manage it here, take it over with:\n\n  import {{\n    to = {kind}.NAME\n    id = \"{id}\"\n  }}\n\n\
             where NAME is the name of your resource block."
        ),
    )
}

fn gone(kind: &str, id: &str) -> Diagnostics {
    Diagnostic::error(
        "Resource has gone",
        format!("{kind} {id} was there when it was planned, and is not any more. Run plan again."),
    )
    .into()
}

pub(super) fn nothing_to_import(kind: &str, id: &str) -> Diagnostics {
    Diagnostic::error(
        "Cannot import non-existent remote object",
        format!("Azure has no {kind} with the id {id}. Check the id; only what exists can be imported."),
    )
    .into()
}

pub(super) fn malformed_id(table: &Table, id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid import id",
        format!("{id:?} is no id of a {}. It has the form {}.", table.name, table.id),
    )
}

fn unknown_id(kind: &str) -> Diagnostic {
    Diagnostic::error(
        "Unknown ARM id",
        format!(
            "The id of this {kind} does not follow from its arguments. Check that the provider has a subscription_id \
             (or ARM_SUBSCRIPTION_ID is set)."
        ),
    )
}
