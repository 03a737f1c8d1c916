//! What the simulator answers: a result, or a refusal in one of ARM's envelopes.

use std::time::Duration;

use serde_json::{Value, json};

/// A response before it is written.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beyond those that every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Answer {
    /// A status with a body.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// A status alone.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Azure's code: `ResourceGroupNotFound`.
    pub code: String,
    /// Azure's sentence.
    pub message: String,
    /// AKS answers some errors without the `error` wrapper.
    pub flat: bool,
    /// How long a client should wait before it tries again; `None` when trying again is of no use.
    pub wait: Option<Duration>,
    /// Whether that wait is told in `Retry-After`.
    pub tell_wait: bool,
}

impl Refusal {
    /// A refusal in the ordinary envelope.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), flat: false, wait: None, tell_wait: false }
    }

    /// 400, `BadRequest` kinds of fault.
    pub fn bad(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// In AKS's flat envelope.
    pub fn flat(mut self) -> Self {
        self.flat = true;
        self
    }

    /// Trying again after `wait` may help.
    pub fn again_after(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// As [`Refusal::again_after`], and says so in `Retry-After`.
    pub fn telling(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self.tell_wait = true;
        self
    }

    /// The body.
    pub fn body(&self) -> Value {
        if self.flat {
            json!({"code": self.code, "message": self.message, "details": null, "subcode": ""})
        } else {
            json!({"error": {"code": self.code, "message": self.message}})
        }
    }
}

impl From<&Refusal> for Answer {
    fn from(refusal: &Refusal) -> Self {
        Self::json(refusal.status, refusal.body()).with("x-ms-error-code", refusal.code.clone())
    }
}
