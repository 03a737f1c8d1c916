//! `terraform_data`: keeps a value from one run to the next, and replaces itself when another value changes.

use async_trait::async_trait;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Kind, PlanRequest, PlanResponse, Schema, Watch};
use crate::value::{Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, with};

/// The kind.
pub(super) struct TerraformData {
    schema: Schema,
}

const NAME: &str = "terraform_data";

impl TerraformData {
    pub(super) fn new() -> Self {
        let block = block([
            ("id", Attribute::computed(Type::String)),
            ("input", Attribute::optional(Type::Dynamic)),
            ("output", Attribute::computed(Type::Dynamic)),
            ("triggers_replace", Attribute::optional(Type::Dynamic)),
        ]);
        Self { schema: Schema { version: 0, block } }
    }
}

impl Kind for TerraformData {
    fn echoes(&self) -> &'static [(&'static str, &'static str)] {
        &[("input", "output")]
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl Local for TerraformData {
    /// The output follows the input, but only when it is applied: until then it is unknown, of the input's type.
    fn plan(&self, request: &PlanRequest<'_>) -> PlanResponse {
        let null = Value::null(Type::Dynamic);
        let input = request.proposed.field("input").unwrap_or(&null);
        let output = Value::unknown(input.type_of());
        let anew = || {
            let output = if input.is_null() { input.clone() } else { output.clone() };
            with(request.proposed, [("id", Value::unknown_not_null(Type::String)), ("output", output)])
        };
        let changed = |name: &str| {
            let before = request.prior.and_then(|prior| prior.value.field(name)).unwrap_or(&null);
            !before.raw_eq_unmarked(request.proposed.field(name).unwrap_or(&null))
        };
        let (planned, requires_replace) = if request.prior.is_none() {
            (anew(), Vec::new())
        } else if changed("triggers_replace") {
            (anew(), vec![Path::attribute("triggers_replace")])
        } else if changed("input") {
            (with(request.proposed, [("output", output)]), Vec::new())
        } else {
            (request.proposed.clone(), Vec::new())
        };
        PlanResponse { planned, requires_replace, notes: Vec::new(), findings: Vec::new() }
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let id = planned.field("id").filter(|id| id.is_known() && !id.is_null()).cloned();
        let id = id.unwrap_or_else(|| Value::string(chance.uuid(NAME, planned).to_string()));
        Ok(with(planned, [("id", id), ("output", input(planned))]))
    }

    async fn update(&self, planned: &Value) -> Result<Value, Diagnostic> {
        Ok(with(planned, [("output", input(planned))]))
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostic> {
        let null = || Value::null(Type::Dynamic);
        let fields = [("id", Value::string(id)), ("input", null()), ("output", null()), ("triggers_replace", null())];
        Ok(Value::object_of(fields))
    }
}

fn input(planned: &Value) -> Value {
    planned.field("input").cloned().unwrap_or_else(|| Value::null(Type::Dynamic))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin::testing::{Bench, text};

    fn config(input: Value, triggers: Value) -> Value {
        Value::object_of([("input", input), ("triggers_replace", triggers)])
    }

    fn null() -> Value {
        Value::null(Type::Dynamic)
    }

    #[tokio::test]
    async fn the_output_becomes_the_input_when_applied() {
        let bench = Bench::new("terraform_data").await;
        let input = Value::tuple(vec![Value::string("a"), Value::bool(true)]);
        let made = bench.create(&config(input.clone(), null())).await;
        assert!(made.field("output").unwrap().raw_eq(&input));
        assert_eq!(text(&made, "id").len(), 36);
    }

    #[tokio::test]
    async fn nothing_in_is_nothing_out() {
        let bench = Bench::new("terraform_data").await;
        let planned = bench.plan(None, &config(null(), null())).planned;
        assert!(planned.field("output").unwrap().raw_eq(&null()));
        let typed = Value::null(Type::String);
        let planned = bench.plan(None, &config(typed.clone(), null())).planned;
        assert!(planned.field("output").unwrap().raw_eq(&typed));
    }

    #[tokio::test]
    async fn a_new_input_makes_the_output_unknown_of_its_type() {
        let bench = Bench::new("terraform_data").await;
        let made = bench.create(&config(Value::string("a"), null())).await;
        let unchanged = bench.plan(Some(&made), &config(Value::string("a"), null()));
        assert!(unchanged.planned.raw_eq(&made));
        let list = Value::list(Type::String, vec![Value::string("x")]);
        for (input, ty) in [(list, Type::list(Type::String)), (null(), Type::Dynamic)] {
            let response = bench.plan(Some(&made), &config(input, null()));
            let output = response.planned.field("output").unwrap();
            assert!(!output.is_known() && output.type_of() == ty && response.requires_replace.is_empty());
            assert_eq!(text(&response.planned, "id"), text(&made, "id"));
        }
    }

    #[tokio::test]
    async fn a_trigger_replaces_also_when_only_its_type_changes() {
        let bench = Bench::new("terraform_data").await;
        let made = bench.create(&config(null(), Value::number(1_i64))).await;
        for trigger in [Value::string("1"), null(), Value::dynamic()] {
            let response = bench.plan(Some(&made), &config(null(), trigger));
            assert_eq!(response.requires_replace.len(), 1);
        }
        assert!(bench.plan(Some(&made), &config(null(), Value::number(1_i64))).requires_replace.is_empty());
    }

    #[tokio::test]
    async fn an_imported_one_has_only_its_id() {
        let bench = Bench::new("terraform_data").await;
        let taken = bench.import("abc").await.unwrap();
        assert_eq!(text(&taken, "id"), "abc");
        assert!(taken.field("output").unwrap().is_null());
    }
}
