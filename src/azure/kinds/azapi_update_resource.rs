//! `azapi_update_resource`: some properties of a resource that is made elsewhere.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::arm::Method;
use super::super::arm_id::ArmId;
use super::super::session::Azure;
use super::super::wire::{self, Row, finding, flag, text, text_map, texts};
use super::azapi_body::lay_over;
use super::azapi_call::{self, Call, patience, problem};
use super::azapi_lists::Lists;
use super::azapi_plan::{self, ResourceType};
use super::azapi_resource::{dressing, free_attributes, id_in, list_rows, sent, value_of};
use super::{AzureKind, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, Lane, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch,
};
use crate::value::{Fields, Type, Value};

const NAME: &str = "azapi_update_resource";

/// The kind.
pub struct AzapiUpdateResource {
    schema: Schema,
}

impl AzapiUpdateResource {
    /// The kind with its schema.
    pub fn new() -> Self {
        let mut schema = wire::schema(&wire::Table::of(NAME, "", "", "").version(2));
        schema.block.attributes.extend(wire::block_of(&rows()).attributes);
        schema.block.attributes.extend(free_attributes());
        schema.block.attributes.extend(dressing(&["read", "update"]));
        Self { schema }
    }
}

fn rows() -> Vec<Row> {
    vec![
        text("type").required().about("`<provider>/<type>@<api-version>`"),
        text("name").or_computed().about("The name of the resource."),
        text("parent_id").or_computed().about("What the resource lies in."),
        text("resource_id").or_computed().about("The id of the resource, instead of its name and parent."),
        flag("ignore_casing").or_computed(),
        flag("ignore_missing_property").or_computed(),
        flag("ignore_null_property").or_computed(),
        texts("locks"),
        text_map("sensitive_body_version"),
    ]
    .into_iter()
    .chain(list_rows())
    .collect()
}

impl Kind for AzapiUpdateResource {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let given = |name: &str| config.field(name).is_some_and(|value| !value.is_null());
        let mut findings = Vec::new();
        if config.field("type").and_then(Value::as_str).is_some_and(|kind| ResourceType::parse(kind).is_none()) {
            let detail = "\"type\" must have the form <provider>/<type>@<api-version>.";
            findings.push(finding("type", Diagnostic::error("Invalid type", detail)));
        }
        let by_name = given("name") && given("parent_id");
        if given("resource_id") == by_name {
            let detail = "Say which resource is meant: either by \"resource_id\", or by \"name\" and \"parent_id\".";
            findings.push(finding("resource_id", Diagnostic::error("Invalid combination of arguments", detail)));
        }
        findings
    }
}

/// Where the resource is: its id from whichever arguments say it, and those arguments from its id.
fn place(fields: &mut Fields) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let kind = text("type");
    let by_name = || {
        let parent = ArmId::parse(&text("parent_id")?).ok()?;
        let id = ResourceType::parse(kind.as_deref()?)?.id(&parent, &text("name")?).ok()?;
        Some(id.to_string())
    };
    let unknown = || Value::unknown_not_null(Type::String);
    let id = text("resource_id").or_else(by_name);
    let parsed = id.as_deref().and_then(|id| ArmId::parse(id).ok());
    let known = [
        ("id", id.clone()),
        ("resource_id", id),
        ("name", parsed.as_ref().map(|id| id.name().to_owned())),
        ("parent_id", parsed.as_ref().and_then(ArmId::parent).map(|id| id.to_string())),
    ];
    for (name, value) in known {
        let given = fields.get(name).is_some_and(|value| !value.is_null() && name != "id");
        if !given {
            fields.insert(name.into(), value.map_or_else(unknown, Value::string));
        }
    }
}

#[async_trait]
impl AzureKind for AzapiUpdateResource {
    fn plan(&self, _azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        let prior = request.prior.map(|prior| &prior.value);
        let mut fields = request.proposed.as_fields().cloned().unwrap_or_default();
        azapi_plan::fill_flags(&mut fields, request.config);
        for name in ["name", "parent_id", "resource_id"] {
            // What is not given follows from what is.
            if request.config.field(name).is_none_or(Value::is_null) {
                fields.insert(name.into(), Value::null(Type::String));
            }
        }
        place(&mut fields);
        azapi_plan::keep_spellings(&mut fields, prior);
        let moved = |prior: &Value| {
            let (before, now) = (prior.field("id").and_then(Value::as_str), fields.get("id").and_then(Value::as_str));
            before.zip(now).is_none_or(|(before, now)| !wire::same_text(wire::Same::ArmId, before, now))
        };
        let requires_replace =
            if prior.is_some_and(moved) { vec![crate::value::Path::attribute("resource_id")] } else { Vec::new() };
        if let Some(id) = prior.filter(|_| requires_replace.is_empty()).and_then(|prior| prior.field("id")) {
            fields.insert("id".into(), id.clone());
        }
        azapi_plan::plan_output(&mut fields, prior);
        PlanResponse { planned: Value::object(fields), requires_replace, notes: Vec::new(), findings: Vec::new() }
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let id = id_in(&recorded.value);
        let call = Call::new(azure, id, &recorded.value, azure.client.patience(READ));
        let found = call.find_for_certain().await.map_err(|e| problem(NAME, "read", id, &e))?;
        Ok(found.map(|answer| Recorded { value: own(&answer, &recorded.value), ..recorded.clone() }))
    }

    async fn import(&self, _azure: &Azure, _id: &str) -> Result<Recorded, Diagnostics> {
        let detail =
            "An azapi_update_resource is a part of a resource that is made elsewhere; there is nothing to take over.";
        Err(Diagnostic::error("Import is not supported", detail).into())
    }

    async fn create(&self, azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        update(azure, planned, config, watch, "create").await
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let applied = update(azure, planned, config, watch, "update").await;
        Applied { recorded: applied.recorded.or_else(|| Some(prior.clone())), ..applied }
    }

    /// The resource stays as it is: what it was before is not known any more.
    async fn delete(&self, _azure: &Azure, _prior: &Recorded, _watch: &dyn Watch) -> Applied {
        Applied { recorded: None, diagnostics: Diagnostics::new() }
    }

    /// The resource is there in any case, and lying the body over it again does no harm: the next plan sees to it.
    async fn settle(&self, azure: &Azure, _sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        let Some(recorded) = recorded else { return Ok(Settled { recorded: None, failure: None }) };
        Ok(Settled { recorded: self.read(azure, recorded).await?, failure: None })
    }

    fn lanes(&self, value: &Value) -> Vec<Lane> {
        azapi_call::lanes(id_in(value), value)
    }
}

/// Lays the body over the resource as it is, and sends the whole.
async fn update(azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch, verb: &str) -> Applied {
    let mut fields = planned.as_fields().cloned().unwrap_or_default();
    place(&mut fields);
    let planned = Value::object(fields);
    let id = id_in(&planned);
    let call = Call::new(azure, id, &planned, patience(azure, &planned, verb, watch));
    let nothing = |diagnostics: Diagnostics| Applied { recorded: None, diagnostics };
    let mut body = match call.find().await {
        Ok(Some(found)) => found,
        Ok(None) => return nothing(missing(id).into()),
        Err(error) => return nothing(problem(NAME, "look for", id, &error)),
    };
    forget_echo(&mut body);
    let mut ours = sent(&planned, config);
    Lists::of(&planned).keep_others(&mut ours, &body);
    lay_over(&mut body, ours);
    match call.write(Method::Put, "update", Some(body)).await {
        Ok(answer) => {
            let value = own(&answer, &planned);
            Applied { recorded: Some(Recorded { value, private: Vec::new() }), diagnostics: Diagnostics::new() }
        }
        Err(error) => nothing(problem(NAME, "update", id, &error)),
    }
}

/// What Azure says of a resource and refuses to be told.
fn forget_echo(body: &mut Json) {
    for path in ["id", "name", "type", "etag", "eTag", "systemData", "properties.provisioningState"] {
        wire::json::remove(body, path);
    }
    wire::blank_identities(body);
}

/// An answer as this kind's value: only what it has of an `azapi_resource`.
fn own(answer: &Json, beside: &Value) -> Value {
    let read = value_of(answer, beside);
    let has = |name: &str| beside.field(name).is_some();
    Value::object_of(
        read.as_fields().into_iter().flatten().filter(|(name, _)| has(name)).map(|(n, v)| (n.clone(), v.clone())),
    )
}

fn missing(id: &str) -> Diagnostic {
    let detail = format!(
        "Azure has nothing at {id}, which azapi_update_resource is to change. Check its id, and that it is made before."
    );
    Diagnostic::error("Resource not found", detail)
}
