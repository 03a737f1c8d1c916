//! One object of the `azapi_` kinds at work: its requests with their headers and parameters, what is tried again, and
//! what must not be written at the same time.

use std::time::Duration;

use regex::Regex;
use serde_json::Value as Json;

use super::super::arm::{ArmError, Backoff, Conflict, Method, Patience, Request, retry_while};
use super::super::arm_id::ArmId;
use super::super::session::Azure;
use super::azapi_plan::ResourceType;
use crate::diagnostic::Diagnostics;
use crate::provider::{Lane, Watch, time_limit};
use crate::value::Value;

/// How long a write may take unless a `timeouts` block says otherwise (azapi's 30 minutes).
const WRITE: Duration = Duration::from_secs(30 * 60);

/// One object at work.
pub struct Call<'a> {
    /// The connection.
    pub azure: &'a Azure,
    /// The object's ARM id.
    pub id: &'a str,
    /// The version of its API.
    pub api_version: String,
    /// How long all of it may take.
    pub patience: Patience<'a>,
    value: &'a Value,
    retry: Retry,
}

/// What the `retry` argument says: errors whose message matches are tried again.
struct Retry {
    patterns: Vec<Regex>,
    first: Duration,
    longest: Duration,
}

impl<'a> Call<'a> {
    /// A call about the object that a value describes.
    pub fn new(azure: &'a Azure, id: &'a str, value: &'a Value, patience: Patience<'a>) -> Self {
        let kind = value.field("type").and_then(Value::as_str).and_then(ResourceType::parse);
        let api_version = kind.map(|kind| kind.api_version.to_owned()).unwrap_or_default();
        Self { azure, id, api_version, patience, value, retry: Retry::of(value) }
    }

    /// The object, when it is there.
    pub async fn find(&self) -> Result<Option<Json>, ArmError> {
        let request = self.dressed(Request::new(Method::Get, self.id, &self.api_version), "read");
        match self.tried(&request).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The object, when it is there; that it is not is believed when it is said twice.
    pub async fn find_for_certain(&self) -> Result<Option<Json>, ArmError> {
        match self.find().await? {
            Some(found) => Ok(Some(found)),
            None => self.find().await,
        }
    }

    /// Writes or removes the object, with the headers and parameters of a verb.
    pub async fn write(&self, method: Method, verb: &str, body: Option<Json>) -> Result<Json, ArmError> {
        let request = Request::new(method, self.id, &self.api_version);
        self.tried(&self.dressed(body.into_iter().fold(request, Request::body), verb)).await
    }

    /// Carries out an action on the object; an empty name is the object itself.
    pub async fn act(&self, method: Method, action: &str, body: Option<Json>) -> Result<Json, ArmError> {
        let path = if action.is_empty() { self.id.to_owned() } else { format!("{}/{action}", self.id) };
        let request = Request::new(method, path, &self.api_version);
        self.tried(&self.dressed(body.into_iter().fold(request, Request::body), "")).await
    }

    /// With the headers and query parameters that the configuration has for a verb: `create_headers`,
    /// `create_query_parameters`.
    fn dressed(&self, mut request: Request, verb: &str) -> Request {
        let name = |what: &str| if verb.is_empty() { what.to_owned() } else { format!("{verb}_{what}") };
        let given = |what: &str| self.value.field(&name(what)).and_then(Value::as_fields).into_iter().flatten();
        for (header, value) in given("headers") {
            request = request.header(header.to_string(), value.as_str().unwrap_or_default());
        }
        for (parameter, values) in given("query_parameters") {
            for value in values.as_elements().unwrap_or_default() {
                request = request.query(parameter.to_string(), value.as_str().unwrap_or_default());
            }
        }
        request
    }

    /// Whether the subscription has been registered with the provider for want of which a request was refused.
    async fn registers_for(&self, request: &Request, refusal: &ArmError) -> Result<bool, ArmError> {
        self.azure.registrations.mend(&self.azure.client, request.path(), refusal, &self.patience).await
    }

    /// Sends a request until it succeeds or fails with something that does not pass.
    async fn tried(&self, request: &Request) -> Result<Json, ArmError> {
        let passing = [Conflict::Busy, Conflict::FederatedCredentialWrites];
        let mut registered = false;
        let mut backoff = Backoff::new(self.retry.first, self.retry.longest);
        loop {
            let sent =
                retry_while(&passing, &self.patience, || self.azure.client.perform(request, &self.patience)).await;
            match sent {
                Err(error) if !registered && self.registers_for(request, &error).await? => registered = true,
                Err(error) if self.retry.covers(&error) => {
                    self.patience.pause(backoff.next().unwrap_or_default()).await.map_err(|_| error)?;
                }
                outcome => return outcome,
            }
        }
    }
}

impl Retry {
    fn of(value: &Value) -> Self {
        let settings = value.field("retry").filter(|retry| retry.is_wholly_known() && !retry.is_null());
        let field = |name: &str| settings.and_then(|settings| settings.field(name));
        let seconds = |name: &str, default: u64| {
            let given = field(name).and_then(Value::as_number).and_then(crate::value::Number::to_i64);
            Duration::from_secs(given.and_then(|given| u64::try_from(given).ok()).unwrap_or(default))
        };
        let patterns = field("error_message_regex").and_then(Value::as_elements).unwrap_or_default();
        Self {
            patterns: patterns.iter().filter_map(Value::as_str).filter_map(|text| Regex::new(text).ok()).collect(),
            first: seconds("interval_seconds", 10),
            longest: seconds("max_interval_seconds", 180),
        }
    }

    fn covers(&self, error: &ArmError) -> bool {
        let text = error.to_string();
        error.service().is_some() && self.patterns.iter().any(|pattern| pattern.is_match(&text))
    }
}

/// How long a verb may take, and who watches.
pub fn patience<'a>(azure: &'a Azure, value: &Value, verb: &str, watch: &'a dyn Watch) -> Patience<'a> {
    azure.client.patience(time_limit(value, verb).unwrap_or(WRITE)).watched(watch)
}

/// An error as a person is told of it.
pub fn problem(kind: &str, doing: &str, id: &str, error: &ArmError) -> Diagnostics {
    error.diagnostic(&format!("{doing} {kind} {id}")).into()
}

/// What a write of this object must not be done beside: what `locks` names, and the lanes of the kinds that have a
/// name of their own, so that both ways to write one thing take turns.
pub fn lanes(id: &str, value: &Value) -> Vec<Lane> {
    let locks = value.field("locks").and_then(Value::as_elements).unwrap_or_default();
    let locks = locks.iter().filter_map(Value::as_str).map(|lock| format!("lock:{lock}"));
    let own = ArmId::parse(id).ok().and_then(|id| own_lane(&id));
    own.into_iter().chain(locks).map(|lane| Lane(lane.to_ascii_lowercase().into())).collect()
}

fn own_lane(id: &ArmId) -> Option<String> {
    let kind = id.resource_type().to_ascii_lowercase();
    if kind.ends_with("/federatedidentitycredentials") {
        return id.parent().map(|identity| format!("identity:{identity}"));
    }
    if kind.starts_with("microsoft.containerservice/managedclusters") {
        let mut chain = std::iter::successors(Some(id.clone()), ArmId::parent);
        let cluster = chain.find(|id| id.is_type("Microsoft.ContainerService/managedClusters"));
        return cluster.map(|cluster| format!("cluster:{cluster}"));
    }
    None
}
