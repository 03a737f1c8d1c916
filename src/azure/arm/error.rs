//! What goes wrong on the way to Azure and back, and what a person can do about it. No error holds a body that was
//! sent, a token, or the signed part of a URL.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

use super::envelope::{AdditionalInfo, CORRELATION_ID, ErrorBody, ErrorEnvelope, REQUEST_ID};
use super::models::Misfit;
use super::request::Response;
use crate::diagnostic::Diagnostic;

/// Why a call did not give what it should.
#[derive(Debug, Clone, Error)]
pub enum ArmError {
    /// Azure answered that it will not or cannot.
    #[error("{0}")]
    Service(Box<ServiceError>),
    /// No answer came.
    #[error("{host} could not be reached: {reason}")]
    Unreachable {
        /// Whom we called.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// No token could be had, or it must not be sent there.
    #[error("{0}")]
    Login(String),
    /// The time allowed was not enough.
    #[error("it was not done within {}{}", words(*.after), last.as_ref().map(|e| format!("; the last answer was: {e}")).unwrap_or_default())]
    TimedOut {
        /// How long was waited for.
        after: Duration,
        /// What was being tried again.
        last: Option<Box<ArmError>>,
    },
    /// The user wanted to stop.
    #[error("it was interrupted")]
    Interrupted,
    /// The answer was not what the protocol says.
    #[error("the answer to {request} could not be understood: {reason}")]
    Malformed {
        /// Method and path.
        request: String,
        /// What was wrong with it.
        reason: String,
    },
    /// The body was not sent: it is not as Azure's published model says.
    #[error("{0}")]
    Misfit(Misfit),
    /// The journal could not be written, so nothing was sent.
    #[error("{}: {}", .0.summary, .0.detail)]
    NotJournaled(Box<Diagnostic>),
}

/// An error as Azure tells it.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// Method and path of the request, without its query.
    pub request: String,
    /// The HTTP status; 200 for an operation that was accepted and failed later.
    pub status: u16,
    /// A word for programs: `RoleAssignmentExists`.
    pub code: String,
    /// AKS's finer word, when it gave one.
    pub subcode: Option<String>,
    /// Azure's sentence.
    pub message: String,
    /// The property or resource at fault.
    pub target: Option<String>,
    /// Causes, as `code: message`.
    pub details: Vec<String>,
    /// Names of the policies that refused the request.
    pub policies: Vec<String>,
    /// For support.
    pub request_id: Option<String>,
    /// For support: the one that they ask for.
    pub correlation_id: Option<String>,
}

impl ArmError {
    /// Azure's error, when it is one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::TimedOut { last: Some(last), .. } => last.service(),
            _ => None,
        }
    }

    /// Azure's word for it; empty when the error is not Azure's.
    pub fn code(&self) -> &str {
        self.service().map_or("", |e| &e.code)
    }

    /// The HTTP status of a refusal; `None` when no answer came, or no refusal.
    pub fn status(&self) -> Option<u16> {
        if let Self::Service(error) = self { Some(error.status) } else { None }
    }

    /// Whether the thing asked for is not there. A missing parent counts: what it held is gone with it.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Service(e) if e.status == 404)
    }

    /// Whether Azure accepted the request and could not carry it out.
    pub fn is_failed_operation(&self) -> bool {
        let refused = [401, 403, 404, 408, 410, 429];
        matches!(self, Self::Service(e) if e.status < 300 || (400..500).contains(&e.status) && !refused.contains(&e.status))
    }

    /// The same error; when Azure refused a body as bad, with what is known to be wrong with it.
    #[must_use]
    pub fn with(mut self, misfit: Option<Misfit>) -> Self {
        if let (Self::Service(error), Some(misfit)) = (&mut self, misfit)
            && error.status == 400
        {
            error.details.push(misfit.to_string());
        }
        self
    }

    /// Tells a person, under the summary "Could not {doing}": `error.diagnostic("create the identity \"id-app\"")`.
    pub fn diagnostic(&self, doing: &str) -> Diagnostic {
        let mut detail = self.to_string();
        if !detail.ends_with('.') {
            detail.push('.');
        }
        if let Some(error) = self.service() {
            error.describe(&mut detail);
        }
        if let Some(advice) = self.advice() {
            let _ = write!(detail, "\n\n{advice}");
        }
        Diagnostic::error(format!("Could not {doing}"), detail)
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Service(error) => error.advice(),
            // What was refused until the end is not under way: the refusal's remedy is the one.
            Self::TimedOut { last: Some(last), .. } if last.service().is_some() => last.advice(),
            Self::TimedOut { .. } => Some(
                "What was asked for may still be under way in Azure. Run apply again: it finds what was begun and \
                 goes on from there. A \"timeouts\" block allows more time."
                    .to_owned(),
            ),
            Self::Unreachable { .. } => Some("Check the network, its proxy and its name resolution.".to_owned()),
            Self::Interrupted => Some(
                "Azure goes on with what it was asked to do. Run apply again: it finds what was begun and goes on \
                 from there."
                    .to_owned(),
            ),
            Self::Login(_) | Self::Malformed { .. } | Self::Misfit(_) | Self::NotJournaled(_) => None,
        }
    }
}

impl From<ServiceError> for ArmError {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

impl ServiceError {
    /// Reads a failed answer.
    pub(super) fn of(request: String, response: &Response) -> Self {
        let header = |name: &str| response.header(name).map(str::to_owned);
        let mut error = Self::from_body(request, response.status, read_body(&response.body));
        if error.code.is_empty() {
            error.code = format!("HTTP {}", response.status);
        }
        if error.message.is_empty() {
            "Azure gave no reason".clone_into(&mut error.message);
        }
        error.request_id = header(REQUEST_ID);
        error.correlation_id = header(CORRELATION_ID);
        error
    }

    pub(super) fn from_body(request: String, status: u16, body: ErrorBody) -> Self {
        let mut policies = Vec::new();
        name_policies(&body, &mut policies);
        Self {
            request,
            status,
            code: body.code,
            subcode: body.subcode.filter(|s| !s.is_empty()),
            message: body.message,
            target: body.target.filter(|t| !t.is_empty()),
            details: body.details.iter().map(|d| format!("{}: {}", d.code, d.message)).collect(),
            policies,
            request_id: None,
            correlation_id: None,
        }
    }

    /// What Azure said beside its sentence.
    fn describe(&self, out: &mut String) {
        for line in &self.details {
            let _ = write!(out, "\n  - {line}");
        }
        if let Some(target) = &self.target {
            let _ = write!(out, "\nTarget: {target}");
        }
        if !self.policies.is_empty() {
            let _ = write!(out, "\nPolicies: {}", self.policies.join(", "));
        }
        let _ = write!(out, "\n\nRequest: {}", self.request);
        let ids = [("Correlation id", &self.correlation_id), ("Request id", &self.request_id)];
        for (name, id) in ids {
            if let Some(id) = id {
                let _ = write!(out, "\n{name}: {id}");
            }
        }
    }

    /// What a person can do, for the codes that have a known remedy.
    fn advice(&self) -> Option<String> {
        let text = match self.code.as_str() {
            "MissingSubscriptionRegistration" => match namespace_in(&self.message) {
                Some(name) => format!(
                    "Register the resource provider once for the subscription: az provider register --namespace {name}"
                ),
                None => "Register the resource provider once for the subscription: az provider register".to_owned(),
            },
            "SubscriptionNotRegisteredForFeature" | "FeatureNotRegistered" => {
                "Register the preview feature for the subscription: az feature register --namespace <provider> \
                 --name <feature>, wait until its state is Registered, then register the provider again."
                    .to_owned()
            }
            "ScopeLocked" => "A management lock at this scope or above it forbids the change. Remove the lock first: \
                              az lock list shows it."
                .to_owned(),
            "RequestDisallowedByPolicy" => {
                "Change the configuration so that it meets the policy, or ask the policy's owner for an exemption."
                    .to_owned()
            }
            "AuthorizationFailed" => "The account that runs this lacks a role at that scope. A role that was granted \
                                      just now can take some minutes to work."
                .to_owned(),
            "LinkedAuthorizationFailed" => {
                "The account that runs this lacks a permission on a resource that this one refers to: for an identity \
                 the role \"Managed Identity Operator\" on it, for a subnet the role \"Network Contributor\" on it."
                    .to_owned()
            }
            "PrincipalNotFound" => {
                "Check that principal_id is the object id (principal_id) of the identity, not its client id. If the \
                 principal was created moments ago by somebody else, run apply again, or set principal_type."
                    .to_owned()
            }
            "RoleAssignmentLimitExceeded" => "A subscription holds at most 4000 role assignments. Grant to a group, \
                                              or at a wider scope, and remove assignments of deleted principals."
                .to_owned(),
            "RoleAssignmentUpdateNotPermitted" => {
                "A role assignment's principal, role and scope cannot be changed under the same name. Leave \"name\" \
                 out, so that it is derived from them."
                    .to_owned()
            }
            "CustomKubeletIdentityMissingPermissionError" => {
                "Give the cluster's identity the role \"Managed Identity Operator\" on the kubelet identity, and let \
                 the cluster depend on that role assignment."
                    .to_owned()
            }
            "PropertyChangeNotAllowed" => "Azure does not change this property of an existing resource: the resource \
                                           has to be replaced."
                .to_owned(),
            "SubscriptionNotFound" | "InvalidSubscriptionId" => {
                "Check subscription_id, and that the account that runs this may see the subscription.".to_owned()
            }
            "InvalidAuthenticationTokenTenant" => {
                "The account belongs to another tenant than the subscription: set tenant_id, or log in there: az \
                 login --tenant <tenant>"
                    .to_owned()
            }
            "NoRegisteredProviderFound" | "InvalidApiVersionParameter" => {
                "This cloud or region does not offer the API version that is used.".to_owned()
            }
            _ => return None,
        };
        Some(text)
    }
}

/// The error in a body, in whichever of the ways providers write it.
pub(super) fn read_body(body: &Value) -> ErrorBody {
    let bare = || serde_json::from_value::<ErrorBody>(body.clone());
    match serde_json::from_value::<ErrorEnvelope>(body.clone()) {
        Ok(envelope) => envelope.error,
        Err(_) => bare().unwrap_or_default(),
    }
}

fn name_policies(body: &ErrorBody, names: &mut Vec<String>) {
    names.extend(body.additional_info.iter().filter_map(policy_name));
    for detail in &body.details {
        name_policies(detail, names);
    }
}

/// `Require tags (assignment "corp-tags")`, of what a refusing policy says of itself.
fn policy_name(info: &AdditionalInfo) -> Option<String> {
    if !info.kind.eq_ignore_ascii_case("PolicyViolation") {
        return None;
    }
    let field = |names: [&str; 3]| names.iter().find_map(|n| info.info.get(*n)?.as_str()).map(str::to_owned);
    let definition = field(["policyDefinitionDisplayName", "policySetDefinitionDisplayName", "policyDefinitionName"])?;
    let assignment = field(["policyAssignmentDisplayName", "policyAssignmentName", "policyAssignmentId"]);
    Some(match assignment {
        Some(assignment) => format!("{definition} (assignment {assignment:?})"),
        None => definition,
    })
}

/// The first `Microsoft.Something` in a message.
fn namespace_in(message: &str) -> Option<&str> {
    let mut words = message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).map(|w| w.trim_matches('.'));
    words.find(|w| w.len() > 10 && w.get(..10).is_some_and(|head| head.eq_ignore_ascii_case("microsoft.")))
}

/// A duration in the words of a "timeouts" block: `30m`, `1h30m`, `2s`.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let text: String = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if text.is_empty() { format!("{}ms", time.as_millis()) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(body: &Value) -> ServiceError {
        ServiceError::from_body("PUT /x".to_owned(), 409, read_body(body))
    }

    #[test]
    fn both_envelopes_are_read() {
        for body in [
            json!({"error": {"code": "Conflict", "message": "busy", "details": [{"code": "A", "message": "b"}]}}),
            json!({"code": "Conflict", "message": "busy", "details": [{"code": "A", "message": "b"}]}),
        ] {
            let error = error(&body);
            assert_eq!((error.code.as_str(), error.message.as_str()), ("Conflict", "busy"));
            assert_eq!(error.details, ["A: b"]);
        }
        let odd = error(&json!({"code": "X", "details": null, "message": "m", "additionalInfo": {}}));
        assert_eq!(odd.code, "X");
        assert_eq!(error(&json!("no json object")).code, "");
    }

    #[test]
    fn policies_are_named() {
        let error = error(&json!({"error": {"code": "RequestDisallowedByPolicy", "message": "no", "additionalInfo": [
            {"type": "PolicyViolation", "info": {"policyDefinitionDisplayName": "Require tags",
             "policyAssignmentName": "corp"}}]}}));
        assert_eq!(error.policies, ["Require tags (assignment \"corp\")"]);
    }

    #[test]
    fn a_diagnostic_says_what_to_do_and_what_support_asks_for() {
        let mut error = error(&json!({"error": {"code": "MissingSubscriptionRegistration",
            "message": "The subscription is not registered to use namespace 'Microsoft.ContainerService'."}}));
        error.correlation_id = Some("c-1".to_owned());
        let diagnostic = ArmError::from(error).diagnostic("create the cluster \"a\"");
        assert_eq!(diagnostic.summary, "Could not create the cluster \"a\"");
        assert!(diagnostic.detail.contains("az provider register --namespace Microsoft.ContainerService"));
        assert!(diagnostic.detail.contains("Correlation id: c-1"));
    }

    #[test]
    fn durations_read_as_in_a_timeouts_block() {
        for (seconds, text) in [(5400, "1h30m"), (1800, "30m"), (2, "2s"), (0, "0ms")] {
            assert_eq!(words(Duration::from_secs(seconds)), text);
        }
    }
}
