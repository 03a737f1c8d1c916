//! What a table cannot say of a kind, and what the hooks work with: one object being written.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::arm::{ArmError, Conflict, Method, Patience, Request, retry_while};
use super::super::session::Azure;
use super::super::wire::PlanCase;
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, Planned};
use crate::value::{Fields, Value};

/// Why a write did not come to its end.
#[derive(Debug)]
pub enum Fault {
    /// Azure or the way to it.
    Arm(ArmError),
    /// We refuse.
    Refused(Diagnostic),
}

impl From<ArmError> for Fault {
    fn from(error: ArmError) -> Self {
        Self::Arm(error)
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Refused(diagnostic)
    }
}

/// What a table cannot say of its kind. Each hook has a plain answer.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Finds more than the rows' rules do.
    fn validate(&self, _config: &Value) -> Vec<Finding> {
        Vec::new()
    }

    /// The present name of an argument of an older azurerm.
    fn renamed(&self, _path: &[&str]) -> Option<String> {
        None
    }

    /// Goes over what the table planned.
    fn plan(&self, _case: &mut PlanCase<'_>) {}

    /// Rearranges what Azure answered, before the rows read it.
    fn lift(&self, _answer: &mut Json, _prior: Option<&Value>) {}

    /// Rearranges what is sent, after the rows have written it.
    fn lower(&self, _body: &mut Json, _planned: &Value, _creating: bool) {}

    /// Reads what belongs to the object but is not in its answer, and lays it there.
    async fn read_more(&self, _azure: &Azure, _id: &str, _answer: &mut Json) -> Result<(), ArmError> {
        Ok(())
    }

    /// Goes over what was read.
    fn finish(&self, _fields: &mut Fields, _prior: Option<&Value>) {}

    /// Why what Azure has at an id is none of this kind, though its type is the same.
    fn refuses(&self, _answer: &Json) -> Option<Diagnostic> {
        None
    }

    /// Makes the object; by default with one PUT.
    async fn create(&self, call: &Call<'_>, body: Json, planned: &Value) -> Result<(), Fault> {
        call.put(body).await?;
        self.write_more(call, None, planned).await
    }

    /// Changes the object. `before` is what Azure has, as it would be sent back if nothing changed, and `body` the same
    /// with what changes; by default it is sent with one PUT when there is anything to send.
    async fn update(
        &self,
        call: &Call<'_>,
        before: &Json,
        body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        if body != *before {
            call.put(body).await?;
        }
        self.write_more(call, Some(prior), planned).await
    }

    /// Writes what belongs to the object and is not in its body, once that is written. `prior` is what it was; `None`
    /// for a new object.
    async fn write_more(&self, _call: &Call<'_>, _prior: Option<&Value>, _planned: &Value) -> Result<(), Fault> {
        Ok(())
    }

    /// Removes the object; by default with one DELETE.
    async fn delete(&self, call: &Call<'_>, _prior: &Value) -> Result<(), Fault> {
        Ok(call.delete().await?)
    }

    /// The lane that a write of the object with this id occupies.
    fn lane(&self, _id: &str) -> Option<String> {
        None
    }

    /// Pairs of positions of which the second must wait for the first.
    fn implied_order(&self, _planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// Positions of what Azure would refuse, and why, as far as it says so without being written to.
    async fn confirm(&self, _azure: &Azure, _planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        Vec::new()
    }

    /// Refusals of a write that pass by themselves.
    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy]
    }

    /// The ARM id in an id as azurerm records it, which for some kinds goes on after a bar.
    fn address(&self, recorded: &str) -> String {
        recorded.split_once('|').map_or(recorded, |(id, _)| id).to_owned()
    }

    /// The ARM id of an object that is recorded.
    fn place(&self, value: &Value) -> Option<String> {
        let id = value.field("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
        Some(self.address(id))
    }

    /// The ARM id of a new object that does not follow from its arguments alone: Azure has to be asked.
    async fn locate(&self, _azure: &Azure, _planned: &Value) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// How azurerm records an ARM id of this kind.
    fn recorded_id(&self, address: &str) -> String {
        address.to_owned()
    }

    /// Where many objects are listed at once: the list that holds the object with this id.
    fn list_of(&self, _id: &str) -> Option<String> {
        None
    }

    /// Whether the list is read even for a single object, because what else is in it gives access.
    fn minds_strangers(&self) -> bool {
        false
    }

    /// What something in the list is, to whoever hears of it for the first time.
    fn introduce(&self, _answer: &Json) -> String {
        String::new()
    }
}

/// No hooks.
pub struct Plain;

impl Hooks for Plain {}

/// One object being written: where it is, and who watches.
pub struct Call<'a> {
    /// The connection.
    pub azure: &'a Azure,
    /// The object's ARM id.
    pub id: &'a str,
    /// The version of its API.
    pub api_version: &'a str,
    /// How long all of it may take.
    pub patience: Patience<'a>,
    /// Refusals that are waited out.
    pub passing: &'static [Conflict],
    /// The etag that the object must still have.
    pub etag: Option<String>,
}

impl Call<'_> {
    /// Writes the whole object.
    pub async fn put(&self, body: Json) -> Result<Json, ArmError> {
        let request = Request::new(Method::Put, self.id, self.api_version).body(body);
        let request = match &self.etag {
            Some(etag) => request.header("if-match", etag.clone()),
            None => request,
        };
        self.send(request).await
    }

    /// Writes a whole object elsewhere: a child, a companion.
    pub async fn put_at(&self, id: &str, body: Json) -> Result<Json, ArmError> {
        self.send(Request::new(Method::Put, id, self.api_version).body(body)).await
    }

    /// Carries out an action.
    pub async fn post(&self, action: &str, body: Json) -> Result<Json, ArmError> {
        self.send(Request::new(Method::Post, format!("{}/{action}", self.id), self.api_version).body(body)).await
    }

    /// Carries out an action elsewhere.
    pub async fn post_at(&self, id: &str, action: &str, body: Json) -> Result<Json, ArmError> {
        let request = Request::new(Method::Post, format!("{id}/{action}"), self.api_version);
        self.send(if body.is_null() { request } else { request.body(body) }).await
    }

    /// Removes the object.
    pub async fn delete(&self) -> Result<(), ArmError> {
        self.delete_at(self.id).await
    }

    /// Removes an object elsewhere.
    pub async fn delete_at(&self, id: &str) -> Result<(), ArmError> {
        self.send(Request::new(Method::Delete, id, self.api_version)).await.map(drop)
    }

    /// Reads an object elsewhere, which may not be there.
    pub async fn find_at(&self, id: &str) -> Result<Option<Json>, ArmError> {
        Ok(self.azure.client.find(id, self.api_version, &self.patience).await?.map(|answer| answer.body))
    }

    async fn send(&self, request: Request) -> Result<Json, ArmError> {
        let misfit = request.misfit();
        if cfg!(debug_assertions)
            && let Some(misfit) = misfit
        {
            return Err(ArmError::Misfit(misfit));
        }
        let (client, registrations) = (&self.azure.client, &self.azure.registrations);
        registrations.see_to(client, &self.azure.subscription, &self.patience).await?;
        let sent = match self.try_send(&request).await {
            Err(error) => {
                let mended = registrations.mend(client, request.path(), &error, &self.patience).await?;
                if mended { self.try_send(&request).await } else { Err(error) }
            }
            sent => sent,
        };
        sent.map_err(|error| error.with(misfit))
    }

    async fn try_send(&self, request: &Request) -> Result<Json, ArmError> {
        retry_while(self.passing, &self.patience, || self.azure.client.perform(request, &self.patience)).await
    }
}
