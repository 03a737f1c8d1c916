//! A kind that is part of an ARM resource and no resource of its own: an entry of one of its lists, or a reference in
//! one of its members. It is written by reading the whole, changing the part, and writing the whole back as it was
//! read, with its etag; one writer at a time for each whole.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Conflict};
use super::super::session::Azure;
use super::super::wire::{self, Reading, parts_of};
use super::arm_kind::{ArmKind, already_exists, is_refused_as_existing, malformed_id, nothing_to_import, record};
use super::hooks::{Call, Fault};
use super::{AzureKind, READ, SETTLE};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, Lane, PlanRequest, PlanResponse, Planned, Recorded, Schema, Sent, Settled, Watch,
};
use crate::value::Value;

/// Where a part is in its whole.
#[async_trait]
pub trait Part: Send + Sync {
    /// The ARM id of the whole that the part with this id belongs to.
    fn whole(&self, id: &str) -> Option<String>;

    /// The part in its whole.
    fn find(&self, whole: &Json, id: &str) -> Option<Json>;

    /// Lays a part into its whole, in the place of what it was before.
    fn put(&self, whole: &mut Json, id: &str, part: Json);

    /// Takes a part out of its whole.
    fn take(&self, whole: &mut Json, id: &str);

    /// The lane of all writers of the whole.
    fn lane(&self, whole: &str) -> String;

    /// Completes a part that is about to be laid into its whole, or refuses it.
    async fn prepare(&self, _call: &Call<'_>, _whole: &Json, _part: &mut Json, _planned: &Value) -> Result<(), Fault> {
        Ok(())
    }

    /// Takes out of a whole what Azure does not take back though it gave it.
    fn sendable(&self, _whole: &mut Json) {}

    /// Why Azure could not do its part though the write of the whole succeeded.
    fn failure(&self, _part: &Json, _id: &str) -> Option<Diagnostic> {
        None
    }

    /// Refusals of a write that pass by themselves.
    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy]
    }

    /// Pairs of positions of which the second must wait for the first.
    fn implied_order(&self, _planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        Vec::new()
    }
}

/// A table of parts: its ids, its rows and its hooks, and the place of the parts.
pub struct PartKind {
    kind: ArmKind,
    part: Box<dyn Part>,
}

/// What a write makes of a part: of what was found, what is to be there.
type Change<'a> = &'a (dyn Fn(Option<Json>) -> Result<Option<Json>, Diagnostic> + Sync);

impl PartKind {
    /// Parts by their table. The table's API version is that of the whole.
    pub fn new(kind: ArmKind, part: impl Part + 'static) -> Self {
        Self { kind, part: Box::new(part) }
    }

    fn id<'v>(&self, value: &'v Value) -> Result<&'v str, Diagnostics> {
        let known = value.field("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        known.ok_or_else(|| {
            let name = self.name();
            Diagnostic::error("Unknown id", format!("The id of this {name} does not follow from its arguments.")).into()
        })
    }

    /// The part with this id as it is now.
    async fn look(&self, azure: &Azure, id: &str) -> Result<Option<Json>, Diagnostics> {
        if let Some(part) = azure.take_ahead(&self.ahead(id)) {
            return Ok(Some(part));
        }
        let Some(whole) = self.part.whole(id) else { return Ok(None) };
        let patience = azure.client.patience(READ);
        let found = azure.client.find(&whole, self.kind.table().api_version, &patience).await;
        let found = found.map_err(|e| self.kind.problem("read", id, &e))?;
        Ok(found.and_then(|answer| self.part.find(&answer.body, id)))
    }

    /// Under which name a part is kept that was read with its whole: its id may be that of the whole.
    fn ahead(&self, id: &str) -> String {
        format!("{}|{id}", self.name())
    }

    fn recorded(&self, azure: &Azure, part: Json, id: &str, beside: Option<&Value>) -> Recorded {
        let reading = if beside.is_some() { Reading::Beside } else { Reading::Anew(azure.dialect) };
        record(self.kind.value_of(part, id, beside, reading))
    }

    /// Reads the whole, changes the part and writes the whole back; again from the start when somebody else has
    /// written it in between.
    async fn write(&self, call: &mut Call<'_>, id: &str, planned: &Value, change: Change<'_>) -> Result<(), Fault> {
        let mut attempts = 0;
        loop {
            let Some(found) = call.find_at(call.id).await? else {
                return match change(None)? {
                    Some(_) => Err(no_whole(self.name(), id, call.id).into()),
                    None => Ok(()),
                };
            };
            let mut whole = found.clone();
            match change(self.part.find(&found, id))? {
                Some(mut part) => {
                    self.part.prepare(call, &found, &mut part, planned).await?;
                    self.part.put(&mut whole, id, part);
                }
                None => self.part.take(&mut whole, id),
            }
            if whole == found {
                return Ok(());
            }
            self.part.sendable(&mut whole);
            call.etag = wire::json::get_str(&found, "eTag").map(str::to_owned);
            match call.put(whole).await {
                Err(error) if attempts < 3 && error.service().is_some_and(|e| Conflict::Stale.matches(e)) => {
                    attempts += 1;
                }
                outcome => return Ok(outcome.map(drop)?),
            }
        }
    }

    /// Writes, and tells what is there then.
    async fn write_and_read(
        &self,
        azure: &Azure,
        id: &str,
        (doing, beside, planned): (&str, &Value, &Value),
        watch: &dyn Watch,
        change: Change<'_>,
    ) -> Applied {
        let outcome = match self.part.whole(id) {
            Some(whole) => {
                let mut call = self.kind.call(azure, &whole, planned, doing, watch);
                call.passing = self.part.passing();
                self.write(&mut call, id, planned, change).await
            }
            None => Err(malformed_id(self.kind.table(), id).into()),
        };
        let failed = outcome.is_err();
        let mut diagnostics = outcome.err().map(|fault| self.kind.fault(doing, id, fault)).unwrap_or_default();
        let recorded = match self.look(azure, id).await {
            Ok(Some(part)) => {
                diagnostics.extend(self.part.failure(&part, id).into_iter().filter(|_| !failed));
                Some(self.recorded(azure, part, id, Some(beside)))
            }
            Ok(None) => None,
            Err(problem) => {
                diagnostics.extend(problem);
                None
            }
        };
        Applied { recorded, diagnostics }
    }
}

impl Kind for PartKind {
    fn name(&self) -> &str {
        self.kind.table().name
    }

    fn schema(&self) -> &Schema {
        self.kind.schema()
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        self.kind.validate(config)
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        self.kind.renamed(path)
    }
}

#[async_trait]
impl AzureKind for PartKind {
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        self.kind.plan(azure, request)
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let id = self.id(&recorded.value)?;
        let found = self.look(azure, id).await?;
        Ok(found.map(|part| Recorded {
            private: recorded.private.clone(),
            ..self.recorded(azure, part, id, Some(&recorded.value))
        }))
    }

    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        if parts_of(self.kind.table().id, id).is_none() && self.part.whole(id).is_none() {
            return Err(malformed_id(self.kind.table(), id).into());
        }
        let part = self.look(azure, id).await?.ok_or_else(|| nothing_to_import(self.name(), id))?;
        Ok(self.recorded(azure, part, id, None))
    }

    async fn create(&self, azure: &Azure, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        let id = match self.id(planned) {
            Ok(id) => id,
            Err(diagnostics) => return Applied { recorded: None, diagnostics },
        };
        let made = |present: Option<Json>| match present {
            Some(part) if self.kind.agrees(&part, planned) => Ok(Some(part)),
            Some(_) if !azure.overwrite_existing => Err(already_exists(self.name(), id)),
            _ => Ok(Some(self.kind.first_body(planned))),
        };
        let mut applied = self.write_and_read(azure, id, ("create", planned, planned), watch, &made).await;
        // What was there before is not ours.
        if applied.diagnostics.has_errors() && is_refused_as_existing(&applied.diagnostics) {
            applied.recorded = None;
        }
        applied
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        _config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let id = match self.id(&prior.value) {
            Ok(id) => id,
            Err(diagnostics) => return Applied { recorded: Some(prior.clone()), diagnostics },
        };
        let patched = |present: Option<Json>| {
            Ok(Some(self.kind.patched_body(present.unwrap_or_else(|| json!({})), &prior.value, planned)))
        };
        let mut applied = self.write_and_read(azure, id, ("update", planned, planned), watch, &patched).await;
        if let Some(recorded) = &mut applied.recorded {
            recorded.private.clone_from(&prior.private);
        }
        applied
    }

    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let Ok(id) = self.id(&prior.value) else {
            return Applied { recorded: None, diagnostics: Diagnostics::new() };
        };
        self.write_and_read(azure, id, ("delete", &prior.value, &prior.value), watch, &|_| Ok(None)).await
    }

    /// The operation is the whole's; the part is looked for once that has ended. One that was being made is not
    /// recorded and so not known by name: making it again finds it as it was to be, and is content.
    async fn settle(&self, azure: &Azure, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        let mut failure = None;
        if let Some(whole) = sent.first().map(|sent| sent.intent.id.as_str()) {
            let patience = azure.client.patience(SETTLE);
            let ended = azure.client.see_end(whole, self.kind.table().api_version, sent, &patience).await;
            failure = ended.map_err(|e| self.kind.problem("find out what became of", whole, &e))?;
        }
        let failure = failure.map(|e| self.kind.problem("make a part of", self.name(), &e));
        let recorded = match recorded {
            Some(recorded) => self.read(azure, recorded).await?,
            None => None,
        };
        Ok(Settled { recorded, failure })
    }

    fn lanes(&self, value: &Value) -> Vec<Lane> {
        let whole = value.field("id").and_then(Value::as_str).and_then(|id| self.part.whole(id));
        let lane = whole.map(|whole| self.part.lane(&whole).to_ascii_lowercase());
        lane.map(|lane| Lane(lane.into())).into_iter().collect()
    }

    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        self.part.implied_order(planned)
    }

    /// Each whole is read once for all its parts.
    async fn prefetch(&self, azure: &Azure, wanted: &[&Recorded]) {
        let mut wholes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for id in wanted.iter().filter_map(|recorded| recorded.value.field("id")?.as_str()) {
            if let Some(whole) = self.part.whole(id) {
                wholes.entry(whole.to_ascii_lowercase()).or_default().push(id);
            }
        }
        for (whole, ids) in wholes.into_iter().filter(|(_, ids)| ids.len() > 1) {
            let patience = azure.client.patience(READ);
            // A whole that cannot be read is no fault here: each part is then looked for by itself.
            let read: Result<_, ArmError> = azure.client.find(&whole, self.kind.table().api_version, &patience).await;
            let Ok(Some(answer)) = read else { continue };
            for id in ids {
                if let Some(part) = self.part.find(&answer.body, id) {
                    azure.read_ahead(&self.ahead(id), part);
                }
            }
        }
    }
}

fn no_whole(kind: &str, id: &str, whole: &str) -> Diagnostic {
    Diagnostic::error(
        "Resource not found",
        format!("{kind} {id} is part of {whole}, which does not exist. Check its id, and that it is made before."),
    )
}
