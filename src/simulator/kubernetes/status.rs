//! Why the Kubernetes API does not do what it is asked: a `Status` with Kubernetes's own reasons and words.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;

/// A failure, as a `Status` tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub code: u16,
    /// `NotFound`, `Conflict`, `Invalid`; empty where Kubernetes gives none.
    pub reason: &'static str,
    pub message: String,
    /// `{"name", "group", "kind", "causes"}`
    pub details: Value,
}

/// What of an object is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cause {
    /// `FieldValueInvalid`
    pub reason: &'static str,
    pub message: String,
    /// `spec.containers[0].name`
    pub field: String,
}

impl Cause {
    /// A member that has to be there.
    pub fn required(field: &str, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self { reason: "FieldValueRequired", message, field: field.to_owned() }
    }

    /// A value that cannot be.
    pub fn invalid(field: &str, value: &Value, why: &str) -> Self {
        Self { reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}"), field: field.to_owned() }
    }

    /// A value that is none of those that there are.
    pub fn unsupported(field: &str, value: &str, supported: &[&str]) -> Self {
        let all: Vec<String> = supported.iter().map(|one| format!("\"{one}\"")).collect();
        let message = format!("Unsupported value: \"{value}\": supported values: {}", all.join(", "));
        Self { reason: "FieldValueNotSupported", message, field: field.to_owned() }
    }

    /// A member that may not be there, or not be changed.
    pub fn forbidden(field: &str, why: &str) -> Self {
        Self { reason: "FieldValueForbidden", message: format!("Forbidden: {why}"), field: field.to_owned() }
    }

    fn told(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// Which object a failure is about: its group and plural, and its name, which may be empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub group: &'a str,
    pub plural: &'a str,
    pub name: &'a str,
}

impl Subject<'_> {
    /// `deployments.apps`
    fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `deployments.apps "web"`
    fn told(&self) -> String {
        if self.name.is_empty() { self.qualified() } else { format!("{} \"{}\"", self.qualified(), self.name) }
    }

    fn details(&self) -> Value {
        let mut details = json!({"kind": self.plural});
        for (member, text) in [("name", self.name), ("group", self.group)] {
            if !text.is_empty() {
                details[member] = Value::from(text);
            }
        }
        details
    }
}

impl Failure {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    /// A refusal of which only the status is known.
    pub fn of_status(code: u16, message: impl Into<String>) -> Self {
        let reason = match code {
            400 => "BadRequest",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            410 => "Expired",
            422 => "Invalid",
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "InternalError",
        };
        Self::new(code, reason, message)
    }

    /// 400
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 403, with what is not allowed: `User "u" cannot get resource …`
    pub fn forbidden(subject: Subject<'_>, why: &str) -> Self {
        let message = format!("{} is forbidden: {why}", subject.told());
        Self { details: subject.details(), ..Self::new(403, "Forbidden", message) }
    }

    /// 404 for an object.
    pub fn not_found(subject: Subject<'_>) -> Self {
        let message = format!("{} not found", subject.told());
        Self { details: subject.details(), ..Self::new(404, "NotFound", message) }
    }

    /// 404 for a kind or a path that is not served.
    pub fn no_such_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    /// 405
    pub fn not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    /// 409, something of that name is there.
    pub fn exists(subject: Subject<'_>) -> Self {
        let message = format!("{} already exists", subject.told());
        Self { details: subject.details(), ..Self::new(409, "AlreadyExists", message) }
    }

    /// 409, it is not what the caller thinks it is.
    pub fn conflict(subject: Subject<'_>, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {}: {why}", subject.told());
        Self { details: subject.details(), ..Self::new(409, "Conflict", message) }
    }

    /// 409, fields belong to other managers: `(manager's words, field)` each.
    pub fn owned_by_others(conflicts: &[(String, String)]) -> Self {
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|(manager, field)| {
                json!({"reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": field})
            })
            .collect();
        let mut message = format!("Apply failed with {} conflict", conflicts.len());
        if let [(manager, field)] = conflicts {
            message += &format!(": conflict with {manager}: {field}");
        } else {
            message += "s: ";
            let mut managers: Vec<&String> = Vec::new();
            for (manager, _) in conflicts {
                if !managers.contains(&manager) {
                    managers.push(manager);
                }
            }
            let told = managers.iter().map(|manager| {
                let fields = conflicts.iter().filter(|(other, _)| other == *manager);
                fields.fold(format!("conflicts with {manager}:"), |text, (_, field)| text + "\n- " + field)
            });
            message += &told.collect::<Vec<_>>().join("\n");
        }
        Self { details: json!({ "causes": causes }), ..Self::new(409, "Conflict", message) }
    }

    /// 410, the history does not reach back so far.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 413
    pub fn too_large(most: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {most}"))
    }

    /// 415
    pub fn unsupported_media(accepted: &str) -> Self {
        let message =
            format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 422. `kind` is as in manifests: `ConfigMap`.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let told: Vec<String> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let all = if let [one] = told.as_slice() { one.clone() } else { format!("[{}]", told.join(", ")) };
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut details =
            json!({"name": name, "kind": kind, "causes": causes.iter().map(Cause::told).collect::<Vec<_>>()});
        if !group.is_empty() {
            details["group"] = Value::from(group);
        }
        let message = format!("{qualified} \"{name}\" is invalid: {all}");
        Self { details, ..Self::new(422, "Invalid", message) }
    }

    /// Adds a cause to what is told.
    pub fn because(mut self, cause: &Cause) -> Self {
        self.details["causes"] = json!([cause.told()]);
        self
    }

    /// The `Status`.
    pub fn body(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = Value::from(self.reason);
        }
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

impl From<&Failure> for Answer {
    fn from(failure: &Failure) -> Self {
        Self::json(failure.code, failure.body())
    }
}
