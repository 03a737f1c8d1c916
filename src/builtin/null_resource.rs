//! `null_resource`: is there, and is replaced when its triggers change.

use async_trait::async_trait;
use rand::Rng;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Kind, Schema, Watch};
use crate::value::{Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, with};

/// The kind.
pub(super) struct NullResource {
    schema: Schema,
}

const NAME: &str = "null_resource";

impl NullResource {
    pub(super) fn new() -> Self {
        let block = block([
            ("id", Attribute::computed(Type::String)),
            ("triggers", Attribute::optional(Type::map(Type::String))),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for NullResource {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl Local for NullResource {
    fn replaces(&self) -> &'static [&'static str] {
        &["triggers"]
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let id: u64 = chance.dice(NAME, planned).random_range(0..=i64::MAX as u64);
        Ok(with(planned, [("id", Value::string(id.to_string()))]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin::testing::{Bench, text};

    #[tokio::test]
    async fn triggers_replace() {
        let bench = Bench::new("null_resource").await;
        let triggers = |v: &str| {
            let map = Value::map(Type::String, [("a".into(), Value::string(v))].into_iter().collect());
            Value::object_of([("triggers", map)])
        };
        let made = bench.create(&triggers("1")).await;
        assert!(text(&made, "id").parse::<i64>().is_ok());
        assert!(bench.plan(Some(&made), &triggers("1")).planned.raw_eq(&made));
        assert_eq!(bench.plan(Some(&made), &triggers("2")).requires_replace[0].to_string(), "triggers");
    }
}
