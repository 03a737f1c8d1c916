//! Writes, seen through to their end. Azure accepts a write and carries it out later; there are three ways to ask
//! how it goes (learn.microsoft.com, "Track asynchronous Azure operations"):
//!
//! 1. the `Azure-AsyncOperation` header: a URL whose body has a `status`;
//! 2. the `Location` header: a URL that answers 202 until there is a result;
//! 3. neither: the resource's own `properties.provisioningState`.
//!
//! One loop serves all three, since the answers tell themselves apart. Only `Succeeded`, `Failed` and `Canceled` are
//! ends; any other word, known or not, means that it still runs. After the end of a write the resource is read, until
//! it is there and settled.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::clock::{Backoff, Patience};
use super::envelope::{AZURE_ASYNC_OPERATION, CORRELATION_ID, ErrorBody, LOCATION, OperationStatus, REQUEST_ID};
use super::error::{ArmError, ServiceError};
use super::{ArmClient, Method, Request, Response};
use crate::provider::{Intent, Sent};

/// For how long a resource that was written may still be unknown to the reader that is asked.
const READ_AFTER_WRITE: Duration = Duration::from_secs(2 * 60);

impl ArmClient {
    /// Makes or replaces a resource and gives it as it then is.
    pub async fn put(
        &self,
        id: impl fmt::Display,
        api_version: &str,
        body: Value,
        patience: &Patience<'_>,
    ) -> Result<Value, ArmError> {
        self.perform(&Request::new(Method::Put, id, api_version).body(body), patience).await
    }

    /// Changes a resource in part and gives it as it then is.
    pub async fn patch(
        &self,
        id: impl fmt::Display,
        api_version: &str,
        body: Value,
        patience: &Patience<'_>,
    ) -> Result<Value, ArmError> {
        self.perform(&Request::new(Method::Patch, id, api_version).body(body), patience).await
    }

    /// Removes a resource. One that is not there is removed already.
    pub async fn delete(
        &self,
        id: impl fmt::Display,
        api_version: &str,
        patience: &Patience<'_>,
    ) -> Result<(), ArmError> {
        self.perform(&Request::new(Method::Delete, id, api_version), patience).await.map(drop)
    }

    /// Carries out an action that changes something and gives its result. (An action that only reads, such as
    /// `listClusterUserCredential`, is sent with [`ArmClient::send`], which writes no journal.)
    pub async fn post(
        &self,
        path: impl fmt::Display,
        api_version: &str,
        body: Option<Value>,
        patience: &Patience<'_>,
    ) -> Result<Value, ArmError> {
        let request = Request::new(Method::Post, path, api_version);
        self.perform(&body.into_iter().fold(request, Request::body), patience).await
    }

    /// Carries out a write: journals the intent, sends the request, follows the operation, reads the resource.
    /// Gives the resource after PUT and PATCH, the result after POST, null after DELETE.
    pub async fn perform(&self, request: &Request, patience: &Patience<'_>) -> Result<Value, ArmError> {
        // azapi looks first whether there is something: that changes nothing, so there is nothing to recover.
        if let Some(watch) = patience.watch().filter(|_| request.method() != Method::Get) {
            watch.before_write(&request.intent()).map_err(|d| ArmError::NotJournaled(Box::new(d)))?;
        }
        let accepted = match self.send(request, patience).await {
            Err(error) if request.method() == Method::Delete && error.is_not_found() => return Ok(Value::Null),
            other => other?,
        };
        let result = match operation_url(&accepted) {
            Some(url) => self.follow(&url, accepted.retry_after(), request, patience).await?,
            None => Some(accepted.body.clone()),
        };
        let by_header = operation_url(&accepted).is_some();
        match request.method() {
            Method::Delete if accepted.status == 202 && !by_header => self.see_gone(request, patience).await,
            Method::Delete => Ok(Value::Null),
            Method::Post => self.result(&accepted, result, patience).await,
            _ => self.settle(request, patience).await,
        }
    }

    /// Sees requests to their end that a process which is no more had sent: follows their operations, then reads the
    /// resource until it is no longer in motion. Gives the failure when Azure could not carry them out.
    pub async fn see_end(
        &self,
        id: &str,
        api_version: &str,
        sent: &[Sent],
        patience: &Patience<'_>,
    ) -> Result<Option<ArmError>, ArmError> {
        let mut failure = None;
        for Sent { intent, operation } in sent {
            let Some(url) = operation else { continue };
            let request = Request::new(Method::Get, &intent.id, &intent.version);
            match self.follow(url, None, &request, patience).await {
                Ok(_) => {}
                Err(error) if error.is_failed_operation() => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
        let read = Request::new(Method::Get, id, api_version);
        let mut pace = Pace::new(patience);
        loop {
            let wait = match self.send(&read, patience).await {
                Ok(answer) => match Progress::of(&answer, &read) {
                    Progress::Ended(_) => return Ok(failure),
                    Progress::Failed(error) => return Ok(failure.or(Some(ArmError::Service(error)))),
                    Progress::Running(_) => answer.retry_after(),
                },
                Err(error) if error.is_not_found() => return Ok(failure),
                Err(error) => return Err(error),
            };
            pace.pause(wait).await?;
        }
    }

    /// Asks how an operation goes until it has ended. `None` when nobody remembers the operation: then the resource
    /// itself has to tell.
    async fn follow(
        &self,
        url: &str,
        first_wait: Option<Duration>,
        request: &Request,
        patience: &Patience<'_>,
    ) -> Result<Option<Value>, ArmError> {
        if let Some(watch) = patience.watch() {
            watch.operation(url);
        }
        let mut pace = Pace::new(patience);
        let mut wait = first_wait;
        loop {
            pace.pause(wait).await?;
            let answer = match self.send(&Request::follow(url), patience).await {
                Err(error) if error.is_not_found() || error.service().is_some_and(|e| e.status == 410) => {
                    return Ok(None);
                }
                other => other?,
            };
            match Progress::of(&answer, request) {
                Progress::Ended(result) => return Ok(Some(result)),
                Progress::Failed(error) => return Err(ArmError::Service(error)),
                Progress::Running(word) => pace.tell(&word),
            }
            wait = answer.retry_after();
        }
    }

    /// Reads the resource until it is there and no longer in motion.
    async fn settle(&self, request: &Request, patience: &Patience<'_>) -> Result<Value, ArmError> {
        let read = request.read_back();
        let unseen = patience.at_most(READ_AFTER_WRITE);
        let mut pace = Pace::new(patience);
        loop {
            let wait = match self.send(&read, patience).await {
                Ok(answer) => match Progress::of(&answer, request) {
                    Progress::Ended(resource) => return Ok(resource),
                    Progress::Failed(error) => return Err(ArmError::Service(error)),
                    Progress::Running(word) => {
                        pace.tell(&word);
                        answer.retry_after()
                    }
                },
                Err(error) if error.is_not_found() && !unseen.left().is_zero() => None,
                Err(error) => return Err(error),
            };
            pace.pause(wait).await?;
        }
    }

    /// Reads the resource until it is gone.
    async fn see_gone(&self, request: &Request, patience: &Patience<'_>) -> Result<Value, ArmError> {
        let read = request.read_back();
        let mut pace = Pace::new(patience);
        loop {
            let wait = match self.send(&read, patience).await {
                Ok(answer) => match Progress::of(&answer, request) {
                    Progress::Failed(error) => return Err(ArmError::Service(error)),
                    Progress::Ended(_) | Progress::Running(_) => answer.retry_after(),
                },
                Err(error) if error.is_not_found() => return Ok(Value::Null),
                Err(error) => return Err(error),
            };
            pace.pause(wait).await?;
        }
    }

    /// The result of an action: at its `Location` when it was followed elsewhere.
    async fn result(
        &self,
        accepted: &Response,
        followed: Option<Value>,
        patience: &Patience<'_>,
    ) -> Result<Value, ArmError> {
        match (accepted.header(AZURE_ASYNC_OPERATION), accepted.header(LOCATION)) {
            (Some(_), Some(location)) => Ok(self.send(&Request::follow(location), patience).await?.body),
            _ => Ok(followed.unwrap_or_default()),
        }
    }
}

impl Request {
    /// What is about to be done, for the journal.
    fn intent(&self) -> Intent {
        let digest = self.sent_body().map(|body| {
            let bytes = Sha256::digest(body.to_string());
            bytes.iter().map(|b| format!("{b:02x}")).collect()
        });
        Intent {
            method: self.method().as_str(),
            id: self.path().to_owned(),
            version: self.version().to_owned(),
            digest: digest.unwrap_or_default(),
        }
    }
}

/// Where to ask for the end of what was accepted. A `Location` beside 200 or 201 names the resource, not an operation.
fn operation_url(accepted: &Response) -> Option<String> {
    let location = || accepted.header(LOCATION).filter(|_| accepted.status == 202);
    accepted.header(AZURE_ASYNC_OPERATION).or_else(location).map(str::to_owned)
}

/// How an operation goes, read from any of the three kinds of answers.
enum Progress {
    /// With the word that Azure uses.
    Running(String),
    /// With the result.
    Ended(Value),
    Failed(Box<ServiceError>),
}

impl Progress {
    fn of(answer: &Response, request: &Request) -> Self {
        let status = answer.body.get("status").and_then(Value::as_str);
        let state = answer.body.pointer("/properties/provisioningState").and_then(Value::as_str);
        let Some(word) = status.or(state) else {
            if answer.status == 202 {
                return Self::Running("Accepted".to_owned());
            }
            return Self::Ended(answer.body.clone());
        };
        match word.to_ascii_lowercase().as_str() {
            "succeeded" => Self::Ended(answer.body.clone()),
            "failed" | "canceled" | "cancelled" => Self::Failed(Box::new(failure(word, answer, request))),
            _ => Self::Running(word.to_owned()),
        }
    }
}

/// Why an operation failed, as far as Azure says.
fn failure(word: &str, answer: &Response, request: &Request) -> ServiceError {
    let told = serde_json::from_value::<OperationStatus>(answer.body.clone()).ok().and_then(|s| s.error);
    let mut body = told.unwrap_or_else(|| ErrorBody {
        code: format!("Operation{word}"),
        message: format!("Azure accepted the request, and the resource is now in the state {word:?}"),
        ..ErrorBody::default()
    });
    if body.code.is_empty() {
        body.code = format!("Operation{word}");
    }
    let mut error = ServiceError::from_body(request.title(), answer.status, body);
    error.correlation_id = answer.header(CORRELATION_ID).map(str::to_owned);
    error.request_id = answer.header(REQUEST_ID).map(str::to_owned);
    error
}

/// How often to ask.
struct Pace<'a> {
    patience: &'a Patience<'a>,
    backoff: Backoff,
    word: String,
}

impl<'a> Pace<'a> {
    fn new(patience: &'a Patience<'a>) -> Self {
        // Most operations on identities and roles end within a second, those on clusters after minutes.
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20));
        Self { patience, backoff, word: String::new() }
    }

    /// Waits as long as Azure asked for, or ever longer.
    async fn pause(&mut self, asked: Option<Duration>) -> Result<(), ArmError> {
        let wait = asked.unwrap_or_else(|| self.backoff.next().unwrap_or_default());
        self.patience.pause(wait).await
    }

    /// Tells a new word once.
    fn tell(&mut self, word: &str) {
        if self.word != word {
            word.clone_into(&mut self.word);
            if let Some(watch) = self.patience.watch() {
                watch.progress(word);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;
    use crate::azure::arm::Clock;
    use crate::azure::arm::test_server::{Answer, TestServer};
    use crate::diagnostic::Diagnostic;
    use crate::provider::Watch;

    const ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t";
    const ASYNC: &[(&str, &str)] = &[("azure-asyncoperation", "{base}/operations/1?t=signed"), ("retry-after", "30")];
    const PLACE: &[(&str, &str)] = &[("location", "{base}/results/1"), ("retry-after", "5")];
    const NONE: &[(&str, &str)] = &[];

    fn thing(state: &str) -> Value {
        json!({"id": ID, "properties": {"provisioningState": state}})
    }

    async fn put(answers: impl IntoIterator<Item = Answer>) -> (TestServer, Result<Value, ArmError>) {
        let server = TestServer::start(answers).await;
        let result = server.client.put(ID, "1", json!({"a": 1}), &server.patience()).await;
        (server, result)
    }

    #[tokio::test]
    async fn an_async_operation_is_followed_whatever_its_words() {
        let (server, result) = put([
            (201, ASYNC, thing("Creating")),
            (200, &[("retry-after", "10")], json!({"status": "ReticulatingSplines"})),
            (200, NONE, json!({"status": "Succeeded"})),
            (200, NONE, thing("Succeeded")),
        ])
        .await;
        assert_eq!(result.unwrap(), thing("Succeeded"));
        assert_eq!(server.clock.now(), Duration::from_secs(40));
        assert_eq!(server.requests()[1], "GET /operations/1?t=signed");
        assert_eq!(server.requests()[3], format!("GET {ID}?api-version=1"));
    }

    #[tokio::test]
    async fn a_location_is_followed_while_it_answers_202() {
        let (server, result) = put([
            (202, PLACE, Value::Null),
            (202, PLACE, Value::Null),
            (200, NONE, thing("Succeeded")),
            (200, NONE, thing("Succeeded")),
        ])
        .await;
        assert!(result.is_ok());
        assert_eq!(server.clock.now(), Duration::from_secs(10));
    }

    #[tokio::test]
    async fn without_a_header_the_resource_tells() {
        let now = &[("retry-after", "0")];
        let (server, result) = put([
            (201, NONE, thing("Accepted")),
            (404, now, Value::Null),
            (200, now, thing("Whatever")),
            (200, NONE, thing("succeeded")),
        ])
        .await;
        assert_eq!(result.unwrap(), thing("succeeded"));
        assert_eq!(server.requests().len(), 4);
    }

    #[tokio::test]
    async fn a_late_failure_says_why() {
        let failed = json!({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more cores"}});
        for (answers, code) in [
            (vec![(201, ASYNC, thing("Creating")), (200, NONE, failed)], "QuotaExceeded"),
            (vec![(201, NONE, thing("Creating")), (200, NONE, thing("Canceled"))], "OperationCanceled"),
            (vec![(202, PLACE, Value::Null), (409, NONE, json!({"code": "Conflict"}))], "Conflict"),
        ] {
            let (_, result) = put(answers).await;
            let error = result.unwrap_err();
            assert_eq!(error.code(), code);
            assert!(!format!("{:?}", error.diagnostic("x")).contains("signed"));
        }
    }

    #[tokio::test]
    async fn an_operation_that_nobody_remembers_is_told_by_the_resource() {
        let server = TestServer::start([(404, NONE, Value::Null), (200, NONE, thing("Succeeded"))]).await;
        assert!(see_end(&server, "/operations/9").await.unwrap().is_none());
        assert_eq!(server.requests().len(), 2);
    }

    #[tokio::test]
    async fn what_an_earlier_run_sent_is_seen_to_its_end() {
        let failed = json!({"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no more cores"}});
        let running = json!({"status": "Running"});
        for (answers, code) in [
            (
                vec![
                    (200, NONE, running.clone()),
                    (200, NONE, json!({"status": "Succeeded"})),
                    (200, NONE, thing("Succeeded")),
                ],
                None,
            ),
            (vec![(200, NONE, running), (200, NONE, failed), (200, NONE, thing("Failed"))], Some("QuotaExceeded")),
            (vec![(404, NONE, Value::Null), (200, NONE, thing("Deleting")), (404, NONE, Value::Null)], None),
        ] {
            let count = answers.len();
            let server = TestServer::start(answers).await;
            let failure = see_end(&server, "/operations/9").await.unwrap();
            assert_eq!(failure.as_ref().map(ArmError::code), code);
            assert_eq!(server.requests().len(), count);
        }
    }

    async fn see_end(server: &TestServer, path: &str) -> Result<Option<ArmError>, ArmError> {
        let intent = Intent { method: "PUT", id: ID.into(), version: "1".into(), digest: String::new() };
        let sent = Sent { intent, operation: Some(format!("{}{path}", server.base())) };
        server.client.see_end(ID, "1", &[sent], &server.patience()).await
    }

    #[tokio::test]
    async fn what_is_removed_already_is_removed() {
        for (answers, calls) in [
            (vec![(404, NONE, Value::Null)], 1),
            (vec![(204, NONE, Value::Null)], 1),
            (vec![(202, PLACE, Value::Null), (204, NONE, Value::Null)], 2),
            (vec![(202, NONE, Value::Null), (200, NONE, thing("Deleting")), (404, NONE, Value::Null)], 3),
        ] {
            let server = TestServer::start(answers).await;
            server.client.delete(ID, "1", &server.patience()).await.unwrap();
            assert_eq!(server.requests().len(), calls);
        }
    }

    #[tokio::test]
    async fn an_action_gives_its_result() {
        let both = &[("azure-asyncoperation", "{base}/operations/1"), ("location", "{base}/results/1")];
        let server = TestServer::start([
            (202, &both[..], Value::Null),
            (200, NONE, json!({"status": "Succeeded"})),
            (200, NONE, json!({"answer": 42})),
        ])
        .await;
        let result = server.client.post(format!("{ID}/act"), "1", None, &server.patience()).await;
        assert_eq!(result.unwrap(), json!({"answer": 42}));
    }

    #[derive(Default)]
    struct Journal(Mutex<Vec<String>>, bool);

    impl Watch for Journal {
        fn before_write(&self, intent: &Intent) -> Result<(), Diagnostic> {
            self.0.lock().unwrap().push(format!("{} {} {}", intent.method, intent.id, &intent.digest[..8]));
            if self.1 { Err(Diagnostic::error("Disk full", "No space left.")) } else { Ok(()) }
        }
        fn operation(&self, url: &str) {
            self.0.lock().unwrap().push(url.rsplit('/').next().unwrap().to_owned());
        }
        fn progress(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    #[tokio::test]
    async fn the_journal_hears_of_a_write_before_azure_does() {
        let answers = || {
            [
                (201, ASYNC, thing("Creating")),
                (200, NONE, json!({"status": "Running"})),
                (200, NONE, json!({"status": "Succeeded"})),
                (200, NONE, thing("Succeeded")),
            ]
        };
        let (server, journal) = (TestServer::start(answers()).await, Journal::default());
        let patience = server.patience();
        server.client.put(ID, "1", json!({"a": 1}), &patience.watched(&journal)).await.unwrap();
        let digest = "015abd7f";
        assert_eq!(*journal.0.lock().unwrap(), [&format!("PUT {ID} {digest}"), "1?t=signed", "Running"]);

        let (server, journal) = (TestServer::start(answers()).await, Journal(Mutex::default(), true));
        let patience = server.patience();
        let error = server.client.put(ID, "1", json!({"a": 1}), &patience.watched(&journal)).await.unwrap_err();
        assert!(matches!(error, ArmError::NotJournaled(_)));
        assert!(server.requests().is_empty());
    }
}
