//! `time_sleep`: waits between what it depends on and what depends on it. `time_static`: remembers an instant.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, PlanRequest, PlanResponse, Schema, Watch};
use crate::value::{Path, Type, Value, duration};

use super::block;
use super::chance::Chance;
use super::local::{Local, plan_by_schema, with};
use super::random::text;

/// `time_sleep`
pub(super) struct TimeSleep {
    schema: Schema,
}

/// `time_static`
pub(super) struct TimeStatic {
    schema: Schema,
}

fn triggers() -> Attribute {
    Attribute::optional(Type::map(Type::String))
}

impl TimeSleep {
    pub(super) fn new() -> Self {
        let block = block([
            ("create_duration", Attribute::optional(Type::String)),
            ("destroy_duration", Attribute::optional(Type::String)),
            ("id", Attribute::computed(Type::String)),
            ("triggers", triggers()),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for TimeSleep {
    fn name(&self) -> &'static str {
        "time_sleep"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let wrong = |name: &&'static str| text(config, name).is_some_and(|t| duration::parse(t).is_none());
        let finding = |name: &str| {
            let detail = format!("{name} must be a number with a unit (ms, s, m or h), such as \"30s\" or \"5m\".");
            Finding { path: Path::attribute(name), diagnostic: Diagnostic::error("Invalid Attribute Value", detail) }
        };
        ["create_duration", "destroy_duration"].into_iter().filter(wrong).map(finding).collect()
    }
}

#[async_trait]
impl Local for TimeSleep {
    fn replaces(&self) -> &'static [&'static str] {
        &["triggers"]
    }

    async fn create(&self, planned: &Value, chance: &Chance, watch: &dyn Watch) -> Result<Value, Diagnostic> {
        sleep(planned, "create_duration", chance, watch).await?;
        Ok(with(planned, [("id", Value::string(chance.now().to_string()))]))
    }

    async fn delete(&self, prior: &Value, chance: &Chance, watch: &dyn Watch) -> Result<(), Diagnostic> {
        sleep(prior, "destroy_duration", chance, watch).await
    }
}

/// Waits as long as the user asked for, which in a simulation takes no time.
async fn sleep(object: &Value, name: &str, chance: &Chance, watch: &dyn Watch) -> Result<(), Diagnostic> {
    let mut left = text(object, name).and_then(duration::parse).unwrap_or_default();
    while !left.is_zero() && matches!(chance, Chance::Real) {
        if watch.interrupted() {
            return Err(Diagnostic::error("Interrupted", format!("The wait of {name} was interrupted.")));
        }
        let step = left.min(Duration::from_millis(500));
        tokio::time::sleep(step).await;
        left -= step;
    }
    Ok(())
}

impl TimeStatic {
    pub(super) fn new() -> Self {
        let parts = ["year", "month", "day", "hour", "minute", "second", "unix"];
        let attributes = [
            ("id", Attribute::computed(Type::String)),
            ("rfc3339", Attribute::optional_computed(Type::String)),
            ("triggers", triggers()),
        ];
        let block = block(attributes.into_iter().chain(parts.map(|name| (name, Attribute::computed(Type::Number)))));
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for TimeStatic {
    fn name(&self) -> &'static str {
        "time_static"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        if text(config, "rfc3339").is_none_or(|t| t.parse::<Timestamp>().is_ok()) {
            return Vec::new();
        }
        let detail = "rfc3339 must be a time such as \"2026-02-13T05:35:22Z\".";
        let diagnostic = Diagnostic::error("Invalid Attribute Value", detail);
        vec![Finding { path: Path::attribute("rfc3339"), diagnostic }]
    }
}

#[async_trait]
impl Local for TimeStatic {
    /// A configured instant is known, with all its parts, before anything is applied.
    fn plan(&self, request: &PlanRequest<'_>) -> PlanResponse {
        let mut response = plan_by_schema(&self.schema, &[], &["rfc3339", "triggers"], request);
        let configured = text(request.config, "rfc3339").and_then(|t| Some((t, t.parse().ok()?)));
        if let Some((spelled, time)) = configured.filter(|_| request.prior.is_none()) {
            response.planned = with(&response.planned, parts(time, spelled));
        }
        response
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let configured = text(planned, "rfc3339").and_then(|t| Some((t.to_owned(), t.parse().ok()?)));
        let (spelled, time) = configured.unwrap_or_else(|| (chance.now().to_string(), chance.now()));
        Ok(with(planned, parts(time, &spelled)))
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostic> {
        let time: Timestamp = id.parse().map_err(|e| {
            Diagnostic::error("Invalid import id", format!("{id:?} is no time such as \"2026-02-13T05:35:22Z\": {e}."))
        })?;
        let triggers = [("triggers", Value::null(Type::map(Type::String)))];
        Ok(with(&Value::object_of(triggers), parts(time, id)))
    }
}

/// An instant and its parts in UTC.
pub(super) fn parts(time: Timestamp, spelled: &str) -> Vec<(&'static str, Value)> {
    let utc = time.to_zoned(TimeZone::UTC);
    let number = |n: i64| Value::number(n);
    vec![
        ("id", Value::string(spelled)),
        ("rfc3339", Value::string(spelled)),
        ("year", number(utc.year().into())),
        ("month", number(utc.month().into())),
        ("day", number(utc.day().into())),
        ("hour", number(utc.hour().into())),
        ("minute", number(utc.minute().into())),
        ("second", number(utc.second().into())),
        ("unix", number(time.as_second())),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin::random::integer;
    use crate::builtin::testing::Bench;

    #[tokio::test]
    async fn a_simulated_sleep_takes_no_time() {
        let bench = Bench::new("time_sleep").await;
        let hours = Value::object_of([("create_duration", Value::string("100h"))]);
        let made = bench.create(&hours).await;
        assert_eq!(text(&made, "id"), Some("2026-01-01T00:00:00Z"));
        let longer = Value::object_of([("create_duration", Value::string("101h"))]);
        assert!(bench.plan(Some(&made), &longer).requires_replace.is_empty());
        assert_eq!(bench.validate(&Value::object_of([("create_duration", Value::string("1 day"))])).len(), 1);
    }

    #[tokio::test]
    async fn a_configured_instant_is_known_in_the_plan() {
        let bench = Bench::new("time_static").await;
        let config = Value::object_of([("rfc3339", Value::string("2026-02-13T05:35:22Z"))]);
        let planned = bench.plan(None, &config).planned;
        assert_eq!((integer(&planned, "year"), integer(&planned, "unix")), (Some(2026), Some(1_770_960_922)));
        let made = bench.create(&Value::object_of::<&str>([])).await;
        assert_eq!(integer(&made, "month"), Some(1));
        assert!(bench.read(&made).await.unwrap().raw_eq(&made));
        assert!(bench.import("then").await.is_err());
    }
}
