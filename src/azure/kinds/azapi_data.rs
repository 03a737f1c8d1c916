//! `data "azapi_resource"`: any ARM resource, read.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm_id::ArmId;
use super::super::session::Azure;
use super::super::wire::{Row, blocks, finding, flag, text, text_map, texts};
use super::azapi_body::exported;
use super::azapi_call::{Call, problem};
use super::azapi_plan::ResourceType;
use super::azapi_resource::dressing;
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Attribute, Finding, Kind, Schema};
use crate::value::{Fields, Type, Value};

const NAME: &str = "azapi_resource";

/// The data source.
pub struct AzapiData {
    schema: Schema,
}

impl AzapiData {
    /// The data source with its schema.
    pub fn new() -> Self {
        let mut schema = super::arm_data::schema(&rows());
        let free = [
            ("response_export_values", Attribute::optional(Type::Dynamic)),
            ("retry", Attribute::optional(Type::Dynamic)),
            ("output", Attribute::computed(Type::Dynamic)),
        ];
        schema.block.attributes.extend(free.map(|(name, attribute)| (name.into(), attribute)));
        schema.block.attributes.extend(dressing(&[""]));
        Self { schema }
    }
}

fn rows() -> Vec<Row> {
    vec![
        text("type").required().about("`<provider>/<type>@<api-version>`"),
        text("name").or_computed(),
        text("parent_id").or_computed(),
        text("resource_id").or_computed().about("The id of the resource, instead of its name and parent."),
        flag("ignore_not_found").about("Whether a resource that is not there is no error."),
        flag("exists").computed(),
        text("location").computed(),
        text_map("tags").computed(),
        blocks(
            "identity",
            vec![
                text("type").computed(),
                texts("identity_ids").computed(),
                text("principal_id").computed(),
                text("tenant_id").computed(),
            ],
        )
        .computed(),
    ]
}

impl Kind for AzapiData {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        if config.field("type").and_then(Value::as_str).is_some_and(|kind| ResourceType::parse(kind).is_none()) {
            let detail = "\"type\" must have the form <provider>/<type>@<api-version>.";
            return vec![finding("type", Diagnostic::error("Invalid type", detail))];
        }
        Vec::new()
    }
}

#[async_trait]
impl AzureData for AzapiData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let id = id_of(azure, config)?;
        let call = Call::new(azure, id.as_str(), config, azure.client.patience(READ));
        let found = call.find().await.map_err(|e| problem("data.azapi_resource", "read", id.as_str(), &e))?;
        let lenient = config.field("ignore_not_found").and_then(Value::as_bool) == Some(true);
        if found.is_none() && !lenient {
            let detail = format!("Azure has nothing at {id}. Check its id, or set ignore_not_found = true.");
            return Err(Diagnostic::error("Resource not found", detail).into());
        }
        Ok(value_of(config, &id, found.as_ref()))
    }
}

/// Which resource is meant.
fn id_of(azure: &Azure, config: &Value) -> Result<ArmId, Diagnostic> {
    let text = |name: &str| config.field(name).and_then(Value::as_str);
    if let Some(id) = text("resource_id") {
        return ArmId::parse(id)
            .map_err(|why| Diagnostic::error("Invalid resource_id", format!("\"resource_id\" is no ARM id: {why}.")));
    }
    let kind = text("type").and_then(ResourceType::parse);
    let parent = text("parent_id").map_or_else(|| Ok(ArmId::of_subscription(&azure.subscription)), ArmId::parse);
    match (kind, text("name"), parent) {
        (Some(kind), Some(name), Ok(parent)) => kind
            .id(&parent, name)
            .map_err(|why| Diagnostic::error("Invalid parent_id", format!("The resource cannot lie there: {why}."))),
        _ => Err(Diagnostic::error(
            "Invalid combination of arguments",
            "Say which resource is meant: either by \"resource_id\", or by \"name\" and \"parent_id\".",
        )),
    }
}

fn value_of(config: &Value, id: &ArmId, found: Option<&Json>) -> Value {
    let mut fields: Fields = config.as_fields().cloned().unwrap_or_default();
    let answer = found.cloned().unwrap_or_else(|| json!({}));
    let text = |path: &str| answer.pointer(path).and_then(Json::as_str).map(Value::string);
    let tags = answer.get("tags").and_then(Json::as_object).into_iter().flatten();
    let tags: Fields =
        tags.map(|(k, v)| (Arc::from(k.as_str()), Value::string(v.as_str().unwrap_or_default()))).collect();
    let wanted = config.field("response_export_values").cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
    let parent = id.parent().map_or_else(String::new, |parent| parent.to_string());
    fields.extend([
        (Arc::from("id"), Value::string(id.as_str())),
        (Arc::from("resource_id"), Value::string(id.as_str())),
        (Arc::from("name"), Value::string(id.name())),
        (Arc::from("parent_id"), Value::string(parent)),
        (Arc::from("exists"), Value::bool(found.is_some())),
        (Arc::from("location"), text("/location").unwrap_or_else(|| Value::null(Type::String))),
        (Arc::from("tags"), Value::map(Type::String, tags)),
        (Arc::from("identity"), identity(&answer)),
        (Arc::from("output"), exported(&wanted, &json!({}), &answer)),
    ]);
    Value::object(fields)
}

fn identity(answer: &Json) -> Value {
    let said = |name: &str| {
        Value::string(answer.pointer(&format!("/identity/{name}")).and_then(Json::as_str).unwrap_or_default())
    };
    let ids = answer.pointer("/identity/userAssignedIdentities").and_then(Json::as_object).into_iter().flatten();
    let ids = Value::list(Type::String, ids.map(|(id, _)| Value::string(id.as_str())).collect());
    let one = Value::object_of([
        ("type", said("type")),
        ("identity_ids", ids),
        ("principal_id", said("principalId")),
        ("tenant_id", said("tenantId")),
    ]);
    let ty = one.type_of();
    let there = answer.get("identity").is_some_and(|identity| !identity.is_null());
    Value::list(ty, if there { vec![one] } else { Vec::new() })
}
