//! `azapi_resource_action`: an action on a resource, when it is applied or when it is destroyed.

use async_trait::async_trait;

use super::super::arm::Method;
use super::super::session::Azure;
use super::super::wire::{self, Row, text, texts};
use super::AzureKind;
use super::azapi_body::exported;
use super::azapi_call::{self, Call, patience, problem};
use super::azapi_plan;
use super::azapi_resource::dressing;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Attribute, Kind, Lane, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch,
};
use crate::value::{Path, Type, Value};

const NAME: &str = "azapi_resource_action";

/// The kind.
pub struct AzapiResourceAction {
    schema: Schema,
}

impl AzapiResourceAction {
    /// The kind with its schema.
    pub fn new() -> Self {
        let mut schema = wire::schema(&wire::Table::of(NAME, "", "", "").version(2));
        schema.block.attributes.extend(wire::block_of(&rows()).attributes);
        let dynamic = |computed: bool, sensitive: bool| Attribute {
            sensitive,
            ..if computed { Attribute::computed(Type::Dynamic) } else { Attribute::optional(Type::Dynamic) }
        };
        let free = [
            ("body", dynamic(false, false)),
            ("response_export_values", dynamic(false, false)),
            ("sensitive_response_export_values", dynamic(false, false)),
            ("retry", dynamic(false, false)),
            ("output", dynamic(true, false)),
            ("sensitive_output", dynamic(true, true)),
        ];
        schema.block.attributes.extend(free.map(|(name, attribute)| (name.into(), attribute)));
        schema.block.attributes.extend(dressing(&[""]));
        Self { schema }
    }
}

fn rows() -> Vec<Row> {
    vec![
        text("type").required().about("`<provider>/<type>@<api-version>`"),
        text("resource_id").required().about("The resource that is acted on."),
        text("action").about("The action's name; without it the resource itself is the target."),
        text("method").or_computed().one_of(&["POST", "PATCH", "PUT", "DELETE", "GET"]).about("POST, unless another."),
        text("when")
            .or_computed()
            .one_of(&["apply", "destroy"])
            .about("When it is carried out: on apply, unless another."),
        texts("locks"),
    ]
}

impl Kind for AzapiResourceAction {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value.field(name).and_then(Value::as_str).unwrap_or_default()
}

#[async_trait]
impl AzureKind for AzapiResourceAction {
    fn plan(&self, _azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        let prior = request.prior.map(|prior| &prior.value);
        let mut fields = request.proposed.as_fields().cloned().unwrap_or_default();
        for (name, default) in [("method", "POST"), ("when", "apply")] {
            if request.config.field(name).is_none_or(Value::is_null) {
                fields.insert(name.into(), Value::string(default));
            }
        }
        let target = fields.get("resource_id").cloned().unwrap_or_else(|| Value::unknown(Type::String));
        fields.insert("id".into(), prior.and_then(|prior| prior.field("id")).cloned().unwrap_or(target));
        azapi_plan::plan_output(&mut fields, prior);
        let differs = |name: &&str| {
            prior.is_some_and(|prior| {
                prior.field(name).zip(fields.get(*name)).is_some_and(|(before, now)| !before.raw_eq_unmarked(now))
            })
        };
        let requires_replace =
            ["type", "resource_id"].iter().filter(|name| differs(name)).map(|name| Path::attribute(name)).collect();
        PlanResponse { planned: Value::object(fields), requires_replace, notes: Vec::new(), findings: Vec::new() }
    }

    /// An action leaves nothing that could be read.
    async fn read(&self, _azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        Ok(Some(recorded.clone()))
    }

    async fn import(&self, _azure: &Azure, _id: &str) -> Result<Recorded, Diagnostics> {
        Err(Diagnostic::error("Import is not supported", "An action leaves nothing that could be taken over.").into())
    }

    async fn create(&self, azure: &Azure, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        carry_out(azure, planned, text_of(planned, "when") == "apply", "create", watch).await
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        _config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let applied = carry_out(azure, planned, text_of(planned, "when") == "apply", "update", watch).await;
        Applied { recorded: applied.recorded.or_else(|| Some(prior.clone())), ..applied }
    }

    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let due = text_of(&prior.value, "when") == "destroy";
        let applied = carry_out(azure, &prior.value, due, "delete", watch).await;
        let recorded = applied.diagnostics.has_errors().then(|| prior.clone());
        Applied { recorded, ..applied }
    }

    /// Whether an action of an interrupted run was carried out is not known; it is not repeated unasked.
    async fn settle(
        &self,
        _azure: &Azure,
        _sent: &[Sent],
        recorded: Option<&Recorded>,
    ) -> Result<Settled, Diagnostics> {
        Ok(Settled { recorded: recorded.cloned(), failure: None })
    }

    fn lanes(&self, value: &Value) -> Vec<Lane> {
        azapi_call::lanes(text_of(value, "resource_id"), value)
    }
}

/// Acts, when it is due, and says what came of it.
async fn carry_out(azure: &Azure, planned: &Value, due: bool, verb: &str, watch: &dyn Watch) -> Applied {
    let id = text_of(planned, "resource_id");
    let body = planned.field("body").filter(|body| !body.is_null());
    let body = body.and_then(|body| body.clone().unmark_deep().0.to_plain_json().ok());
    let call = Call::new(azure, id, planned, patience(azure, planned, verb, watch));
    let method = match text_of(planned, "method") {
        "GET" => Method::Get,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Post,
    };
    let answer =
        if due { call.act(method, text_of(planned, "action"), body).await } else { Ok(serde_json::Value::Null) };
    match answer {
        Ok(answer) => {
            let mut fields = planned.as_fields().cloned().unwrap_or_default();
            for (name, wanted) in
                [("output", "response_export_values"), ("sensitive_output", "sensitive_response_export_values")]
            {
                let wanted = planned.field(wanted).filter(|wanted| !wanted.is_null());
                let given =
                    wanted.map(|wanted| exported(&wanted.clone().unmark_deep().0, &serde_json::Value::Null, &answer));
                fields.insert(name.into(), given.unwrap_or_else(|| Value::null(Type::Dynamic)));
            }
            fields.insert("id".into(), Value::string(id));
            Applied {
                recorded: Some(Recorded { value: Value::object(fields), private: Vec::new() }),
                diagnostics: Diagnostics::new(),
            }
        }
        Err(error) => Applied { recorded: None, diagnostics: problem(NAME, "carry out the action on", id, &error) },
    }
}
