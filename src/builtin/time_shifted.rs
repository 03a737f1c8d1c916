//! `time_offset`: an instant some time after another. `time_rotating`: an instant that is replaced when its time is
//! over.

use async_trait::async_trait;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, PlanRequest, PlanResponse, Schema, Watch};
use crate::value::{Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, plan_by_schema, with};
use super::random::{integer, text};
use super::time::parts;

/// One of the two kinds.
pub(super) struct Shifted {
    names: &'static Names,
    schema: Schema,
}

/// What differs between them.
struct Names {
    kind: &'static str,
    /// The instant that all is counted from.
    base: &'static str,
    /// What is reckoned: the instant after the shift.
    shifted: &'static str,
    /// The amounts, by unit.
    amounts: &'static [(&'static str, Unit)],
    /// Whether the parts (`year`, `unix` and so on) are those of the shifted instant, else those of the base.
    parts_of_shifted: bool,
    /// Whether the object is over when the shifted instant has come.
    rotates: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Years,
    Months,
    Days,
    Hours,
    Minutes,
    Seconds,
}

static OFFSET: Names = Names {
    kind: "time_offset",
    base: "base_rfc3339",
    shifted: "rfc3339",
    amounts: &[
        ("offset_years", Unit::Years),
        ("offset_months", Unit::Months),
        ("offset_days", Unit::Days),
        ("offset_hours", Unit::Hours),
        ("offset_minutes", Unit::Minutes),
        ("offset_seconds", Unit::Seconds),
    ],
    parts_of_shifted: true,
    rotates: false,
};

static ROTATING: Names = Names {
    kind: "time_rotating",
    base: "rfc3339",
    shifted: "rotation_rfc3339",
    amounts: &[
        ("rotation_years", Unit::Years),
        ("rotation_months", Unit::Months),
        ("rotation_days", Unit::Days),
        ("rotation_hours", Unit::Hours),
        ("rotation_minutes", Unit::Minutes),
    ],
    parts_of_shifted: false,
    rotates: true,
};

/// `time_offset`
pub(super) fn offset() -> Shifted {
    Shifted::new(&OFFSET)
}

/// `time_rotating`
pub(super) fn rotating() -> Shifted {
    Shifted::new(&ROTATING)
}

impl Shifted {
    fn new(names: &'static Names) -> Self {
        let computed = ["year", "month", "day", "hour", "minute", "second", "unix"];
        let shifted =
            if names.rotates { Attribute::optional_computed(Type::String) } else { Attribute::computed(Type::String) };
        let attributes = [
            ("id", Attribute::computed(Type::String)),
            (names.base, Attribute::optional_computed(Type::String)),
            (names.shifted, shifted),
            ("triggers", Attribute::optional(Type::map(Type::String))),
        ];
        let amounts = names.amounts.iter().map(|(name, _)| (*name, Attribute::optional(Type::Number)));
        let computed = computed.map(|name| (name, Attribute::computed(Type::Number)));
        let block = block(attributes.into_iter().chain(amounts).chain(computed));
        Self { names, schema: Schema { version: 0, block } }
    }

    /// Everything that follows from a base instant, when the amounts are known.
    fn reckoned(&self, object: &Value, base: Timestamp, spelled: &str) -> Option<Vec<(&'static str, Value)>> {
        let given = text(object, self.names.shifted).filter(|_| self.names.rotates && self.amounts(object).is_empty());
        let shifted = match given {
            Some(given) => given.parse().ok()?,
            None => shift(base, &self.amounts(object))?,
        };
        let shifted_text = given.map_or_else(|| shifted.to_string(), str::to_owned);
        let known = if self.names.parts_of_shifted { parts(shifted, &shifted_text) } else { parts(base, spelled) };
        let mut known: Vec<_> = known.into_iter().filter(|(name, _)| *name != "id" && *name != "rfc3339").collect();
        known.push(("id", Value::string(spelled)));
        known.push((self.names.base, Value::string(spelled)));
        known.push((self.names.shifted, Value::string(shifted_text)));
        Some(known)
    }

    fn amounts(&self, object: &Value) -> Vec<(Unit, i64)> {
        self.names.amounts.iter().filter_map(|(name, unit)| Some((*unit, integer(object, name)?))).collect()
    }
}

/// An instant so much later. As in Go, a day that a month does not have runs over into the next month.
fn shift(base: Timestamp, amounts: &[(Unit, i64)]) -> Option<Timestamp> {
    let of = |unit: Unit| amounts.iter().filter(|(u, _)| *u == unit).map(|(_, n)| *n).sum::<i64>();
    let date = base.to_zoned(TimeZone::UTC);
    let months = Span::new().try_years(of(Unit::Years)).ok()?.try_months(of(Unit::Months)).ok()?;
    let first = date.first_of_month().ok()?.checked_add(months).ok()?;
    let days = Span::new().try_days(i64::from(date.day()) - 1 + of(Unit::Days)).ok()?;
    let time = Span::new().try_hours(of(Unit::Hours)).ok()?.try_minutes(of(Unit::Minutes)).ok()?;
    let time = time.try_seconds(of(Unit::Seconds)).ok()?;
    Some(first.checked_add(days).ok()?.checked_add(time).ok()?.timestamp())
}

impl Kind for Shifted {
    fn name(&self) -> &'static str {
        self.names.kind
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut wrong = |name: &str, detail: String| {
            let diagnostic = Diagnostic::error("Invalid Attribute Value", detail);
            findings.push(Finding { path: Path::attribute(name), diagnostic });
        };
        for name in [self.names.base, self.names.shifted] {
            if text(config, name).is_some_and(|t| t.parse::<Timestamp>().is_err()) {
                wrong(name, format!("{name} must be a time such as \"2026-02-13T05:35:22Z\"."));
            }
        }
        let given = |name: &str| config.field(name).is_some_and(|v| !v.is_null());
        let any = self.names.amounts.iter().any(|(name, _)| given(name));
        if !(any || self.names.rotates && given(self.names.shifted)) {
            let names: Vec<_> = self.names.amounts.iter().map(|(name, _)| *name).collect();
            let (first, ..) = self.names.amounts[0];
            wrong(first, format!("At least one of these attributes must be configured: {}.", names.join(", ")));
        }
        findings
    }
}

#[async_trait]
impl Local for Shifted {
    /// All is known before anything is applied where the base is.
    fn plan(&self, request: &PlanRequest<'_>) -> PlanResponse {
        let mut response = plan_by_schema(&self.schema, &[], &[self.names.base, "triggers"], request);
        let prior = request.prior.map(|prior| &prior.value);
        let base = text(request.config, self.names.base).or_else(|| text(prior?, self.names.base));
        let base = base.and_then(|t| Some((t.to_owned(), t.parse().ok()?)));
        let known = self.names.amounts.iter().all(|(name, _)| request.config.field(name).is_none_or(Value::is_known));
        if let Some((spelled, base)) = base.filter(|_| known)
            && let Some(reckoned) = self.reckoned(&response.planned, base, &spelled)
        {
            response.planned = with(&response.planned, reckoned);
        }
        response
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let configured = text(planned, self.names.base).and_then(|t| Some((t.to_owned(), t.parse().ok()?)));
        let (spelled, base) = configured.unwrap_or_else(|| (chance.now().to_string(), chance.now()));
        let reckoned = self.reckoned(planned, base, &spelled);
        Ok(with(planned, reckoned.ok_or_else(|| beyond(self.names.kind))?))
    }

    async fn update(&self, planned: &Value) -> Result<Value, Diagnostic> {
        let base = text(planned, self.names.base).and_then(|t| Some((t.to_owned(), t.parse().ok()?)));
        let (spelled, base) = base.ok_or_else(|| beyond(self.names.kind))?;
        let reckoned = self.reckoned(planned, base, &spelled);
        Ok(with(planned, reckoned.ok_or_else(|| beyond(self.names.kind))?))
    }

    /// What has rotated is there no more: the next plan makes it anew.
    async fn read(&self, prior: &Value, chance: &Chance) -> Result<Option<Value>, Diagnostic> {
        let end = text(prior, self.names.shifted).and_then(|t| t.parse::<Timestamp>().ok());
        let is_over = self.names.rotates && end.is_some_and(|end| chance.now() > end);
        Ok((!is_over).then(|| prior.clone()))
    }
}

fn beyond(kind: &str) -> Diagnostic {
    Diagnostic::error("Invalid Attribute Value", format!("The instant of this {kind} lies beyond the calendar."))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn shifts_go_over_the_end_of_months_as_in_go() {
        let base = "2026-01-31T10:00:00Z".parse().unwrap();
        for (amounts, wanted) in [
            (vec![(Unit::Days, 1)], "2026-02-01T10:00:00Z"),
            (vec![(Unit::Months, 1)], "2026-03-03T10:00:00Z"),
            (vec![(Unit::Years, 1), (Unit::Hours, -11)], "2027-01-30T23:00:00Z"),
            (vec![(Unit::Days, -31)], "2025-12-31T10:00:00Z"),
            (vec![(Unit::Minutes, 90), (Unit::Seconds, 5)], "2026-01-31T11:30:05Z"),
        ] {
            assert_eq!(shift(base, &amounts).unwrap().to_string(), wanted, "{amounts:?}");
        }
    }
}
