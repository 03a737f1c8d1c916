//! The attributes of a recorded object: JSON text, decoded only when somebody asks.
//!
//! Text rather than a tree, because most objects of a large state are only carried from one file to the next: this
//! way they cost a scan, and come out as they were.

use std::sync::Arc;

use serde_json::value::RawValue;

/// A valid JSON text, of any indentation.
#[derive(Clone)]
pub struct Attributes(Arc<RawValue>);

impl Attributes {
    /// Takes a JSON value over.
    pub fn from_json(value: &serde_json::Value) -> Self {
        // A `serde_json::Value` has only string keys, so it can always be written.
        serde_json::value::to_raw_value(value).map(|raw| Self(raw.into())).unwrap_or_default()
    }

    /// Takes a JSON text over; `None` when it is not one.
    pub fn from_text(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(|raw| Self(raw.into()))
    }

    /// Parses the text.
    pub fn to_json(&self) -> serde_json::Value {
        // Valid by construction; only nesting beyond serde_json's limit of 128 fails.
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub(super) fn raw(&self) -> &RawValue {
        &self.0
    }
}

impl From<&RawValue> for Attributes {
    fn from(raw: &RawValue) -> Self {
        Self(raw.to_owned().into())
    }
}

impl Default for Attributes {
    /// `null`
    fn default() -> Self {
        Self(RawValue::NULL.to_owned().into())
    }
}

impl std::fmt::Debug for Attributes {
    /// Without the contents, which may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attributes({} bytes)", self.0.get().len())
    }
}
