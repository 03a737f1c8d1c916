//! `azapi_resource`: any ARM resource, with a body that is sent as it is written.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::Method;
use super::super::arm_id::ArmId;
use super::super::preflight::Outlook;
use super::super::session::Azure;
use super::super::wire::{self, Row, Same, block_of, finding, flag, same_text, text, text_map, texts, timeouts_type};
use super::arm_kind::{already_exists, nothing_to_import};
use super::azapi_body::{How, exported, lay_over, observed, without_nulls};
use super::azapi_call::{self, Call, patience, problem};
use super::azapi_lists::Lists;
use super::azapi_plan::{self, ResourceType};
use super::{AzureKind, READ, SETTLE};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Attribute, Finding, Kind, Lane, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch,
};
use crate::value::{Fields, Type, Value};

/// azapi's own name.
const NAME: &str = "azapi_resource";

/// The kind.
pub struct AzapiResource {
    schema: Schema,
}

impl AzapiResource {
    /// The kind with its schema.
    pub fn new() -> Self {
        let mut schema = wire::schema(&wire::Table::of(NAME, "", "", "").version(2));
        schema.block.attributes.extend(block_of(&rows()).attributes);
        schema.block.blocks.extend(block_of(&[identity()]).blocks);
        schema.block.attributes.extend(free_attributes());
        let triggers = Attribute::optional(Type::Dynamic);
        schema.block.attributes.insert("replace_triggers_external_values".into(), triggers);
        schema.block.attributes.extend(dressing(&["create", "read", "update", "delete"]));
        Self { schema }
    }
}

/// The attributes that may hold anything.
pub(super) fn free_attributes() -> [(Arc<str>, Attribute); 5] {
    let free = |attribute: Attribute, about: &str| Attribute { description: about.to_owned(), ..attribute };
    let secret = |attribute: Attribute| Attribute { write_only: true, sensitive: true, ..attribute };
    let optional = || Attribute::optional(Type::Dynamic);
    [
        ("body", free(optional(), "What is sent, beside what has arguments of its own.")),
        ("sensitive_body", free(secret(optional()), "Laid over the body; never recorded.")),
        ("response_export_values", free(optional(), "Which parts `output` holds.")),
        ("retry", free(optional(), "Which errors are tried again, and how often.")),
        ("output", free(Attribute::computed(Type::Dynamic), "What Azure answered.")),
    ]
    .map(|(name, attribute)| (name.into(), attribute))
}

/// The headers and query parameters of each verb.
pub(super) fn dressing(verbs: &[&str]) -> Vec<(Arc<str>, Attribute)> {
    let lists = Type::map(Type::list(Type::String));
    let both = |verb: &&str| {
        let name =
            |what: &str| -> Arc<str> { if verb.is_empty() { what.into() } else { format!("{verb}_{what}").into() } };
        [
            (name("headers"), Attribute::optional(Type::map(Type::String))),
            (name("query_parameters"), Attribute::optional(lists.clone())),
        ]
    };
    verbs.iter().flat_map(both).collect()
}

fn rows() -> Vec<Row> {
    vec![
        text("type").required().about("`<provider>/<type>@<api-version>`"),
        text("name").or_computed().about("The name of the resource."),
        text("parent_id").or_computed().about("What the resource lies in: a scope or a parent resource."),
        text("location").or_computed().about("The Azure region."),
        text_map("tags").or_computed().about("Tags of the resource."),
        flag("schema_validation_enabled").or_computed(),
        flag("ignore_casing").or_computed().about("Whether letters that differ only in case are no change."),
        flag("ignore_missing_property").or_computed(),
        flag("ignore_null_property").or_computed(),
        texts("locks"),
        texts("replace_triggers_refs").about("Paths in the body whose change replaces the resource."),
        text_map("sensitive_body_version").about("What to change so that sensitive_body is sent again."),
    ]
    .into_iter()
    .chain(list_rows())
    .collect()
}

/// How lists in the body are compared, and who else may have items in them.
pub(super) fn list_rows() -> [Row; 2] {
    [
        texts("ignore_other_items_in_list")
            .about("Paths of lists in which items that are not configured are left alone."),
        text_map("list_unique_id_property").about(
            "By the path of a list, the members that tell its items apart, with commas between them; else `name` does.",
        ),
    ]
}

fn identity() -> Row {
    wire::blocks(
        "identity",
        vec![
            text("type").required().one_of(&["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None"]),
            texts("identity_ids"),
            text("principal_id").computed(),
            text("tenant_id").computed(),
        ],
    )
}

impl Kind for AzapiResource {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn id_by(&self, _subscription: &str, attributes: &Value) -> Option<String> {
        let text = |name: &str| attributes.field(name).and_then(Value::as_str);
        let (kind, parent) = (ResourceType::parse(text("type")?)?, ArmId::parse(text("parent_id")?).ok()?);
        Some(kind.id(&parent, text("name")?).ok()?.as_str().to_owned())
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let text = |name: &str| config.field(name).and_then(Value::as_str);
        let mut findings = Vec::new();
        if text("type").is_some_and(|t| ResourceType::parse(t).is_none()) {
            let detail = "\"type\" must have the form <provider>/<type>@<api-version>.";
            findings.push(finding("type", Diagnostic::error("Invalid type", detail)));
        }
        if let Some(why) = text("parent_id").and_then(|id| ArmId::parse(id).err()) {
            let detail = format!("\"parent_id\" is no ARM id: {why}.");
            findings.push(finding("parent_id", Diagnostic::error("Invalid parent_id", detail)));
        }
        if config.field("body").is_some_and(|body| body.as_str().is_some()) {
            let detail = "From azapi 2.0 on \"body\" is an object: write it without jsonencode().";
            findings.push(finding("body", Diagnostic::error("Invalid body", detail)));
        }
        findings
    }
}

pub(super) fn id_in(value: &Value) -> &str {
    value.field("id").and_then(Value::as_str).unwrap_or_default()
}

/// What is sent: the body, with what has arguments of its own laid over it.
pub(super) fn sent(planned: &Value, config: &Value) -> Json {
    let plain = |value: Option<&Value>| {
        let value = value.filter(|v| v.is_wholly_known() && !v.is_null())?;
        value.clone().unmark_deep().0.to_plain_json().ok().filter(|json| !json.is_null())
    };
    let mut body = plain(planned.field("body")).unwrap_or_else(|| json!({}));
    if planned.field("ignore_null_property").and_then(Value::as_bool) == Some(true) {
        without_nulls(&mut body);
    }
    for name in ["location", "tags"] {
        if let Some(value) = plain(planned.field(name)) {
            lay_over(&mut body, json!({ name: value }));
        }
    }
    if let Some(block) = planned.field("identity").and_then(|blocks| blocks.as_elements()?.first()) {
        lay_over(&mut body, json!({ "identity": sent_identity(block) }));
    }
    if let Some(secret) = plain(config.field("sensitive_body")) {
        lay_over(&mut body, secret);
    }
    body
}

/// Azure wants the ids as keys, and refuses what it says itself about them.
fn sent_identity(block: &Value) -> Json {
    let kind = block.field("type").and_then(Value::as_str).unwrap_or("None");
    let ids = block.field("identity_ids").and_then(Value::as_elements).unwrap_or_default();
    let ids: serde_json::Map<_, _> =
        ids.iter().filter_map(Value::as_str).map(|id| (id.to_owned(), json!({}))).collect();
    if ids.is_empty() { json!({ "type": kind }) } else { json!({ "type": kind, "userAssignedIdentities": ids }) }
}

/// An answer as the object's value, beside what was planned or recorded.
pub(super) fn value_of(answer: &Json, beside: &Value) -> Value {
    let mut fields: Fields = beside.as_fields().cloned().unwrap_or_default();
    let how = How::of(beside);
    let body = beside.field("body").cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
    let body = observed(&body, Some(answer), &how);
    let plain = body.clone().unmark_deep().0.to_plain_json().unwrap_or_default();
    let wanted = beside.field("response_export_values").cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
    fields.insert("output".into(), exported(&wanted.unmark_deep().0, &plain, answer));
    fields.insert("body".into(), body);
    fields.insert("sensitive_body".into(), Value::null(Type::Dynamic));
    fields.insert("location".into(), location(answer, beside));
    let tags = beside.field("tags").filter(|v| v.is_known()).cloned();
    let tags = tags.unwrap_or_else(|| Value::null(Type::map(Type::String)));
    fields.insert("tags".into(), observed(&tags, answer.get("tags"), &How::default()));
    if let Some(identity) = beside.field("identity") {
        fields.insert("identity".into(), identity_of(answer, identity));
    }
    Value::object(fields)
}

fn location(answer: &Json, beside: &Value) -> Value {
    let before = beside.field("location").filter(|v| v.is_known());
    let now = answer.get("location").and_then(Json::as_str);
    match (before.and_then(Value::as_str), now) {
        (Some(before), Some(now)) if !same_text(Same::Location, before, now) => Value::string(now),
        (None, Some(now)) if before.is_none() => Value::string(now),
        _ => before.cloned().unwrap_or_else(|| Value::null(Type::String)),
    }
}

/// What Azure says of the identity, in the recorded block.
fn identity_of(answer: &Json, before: &Value) -> Value {
    let said = |name: &str| answer.pointer(&format!("/identity/{name}")).and_then(Json::as_str).unwrap_or_default();
    let Some(blocks) = before.as_elements() else { return before.clone() };
    let blocks: Vec<Value> = blocks
        .iter()
        .map(|block| {
            let mut fields = block.as_fields().cloned().unwrap_or_default();
            fields.insert("principal_id".into(), Value::string(said("principalId")));
            fields.insert("tenant_id".into(), Value::string(said("tenantId")));
            Value::object(fields)
        })
        .collect();
    Value::list(before.type_of().element().cloned().unwrap_or(Type::Dynamic), blocks)
}

/// What there is after a write, whatever came of it.
pub(super) async fn read_back(call: &Call<'_>, beside: &Value, outcome: Result<Json, Diagnostics>) -> Applied {
    let found = match outcome {
        Ok(answer) => {
            call.azure.note_made(&answer);
            return Applied {
                recorded: Some(Recorded { value: value_of(&answer, beside), private: Vec::new() }),
                diagnostics: Diagnostics::new(),
            };
        }
        Err(diagnostics) => (call.find().await, diagnostics),
    };
    let (now, mut diagnostics) = found;
    let recorded = match now {
        Ok(answer) => answer.map(|answer| Recorded { value: value_of(&answer, beside), private: Vec::new() }),
        Err(error) => {
            diagnostics.extend(problem(NAME, "read back", call.id, &error));
            None
        }
    };
    Applied { recorded, diagnostics }
}

#[async_trait]
impl AzureKind for AzapiResource {
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        azapi_plan::plan(&azure.subscription, &request)
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let id = id_in(&recorded.value);
        let call = Call::new(azure, id, &recorded.value, azure.client.patience(READ));
        let found = call.find_for_certain().await.map_err(|e| problem(NAME, "read", id, &e))?;
        let value = |answer: Json| Recorded { value: value_of(&answer, &recorded.value), ..recorded.clone() };
        Ok(found.map(value))
    }

    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        let (id, version) = id.split_once("?api-version=").ok_or_else(|| {
            let detail = "An azapi_resource is imported by its ARM id and API version: <id>?api-version=<version>.";
            Diagnostic::error("Invalid import id", detail)
        })?;
        let value = azapi_plan::imported(&self.schema, id, version)?;
        let call = Call::new(azure, id, &value, azure.client.patience(READ));
        let found = call.find().await.map_err(|e| problem(NAME, "read", id, &e))?;
        let answer = found.ok_or_else(|| nothing_to_import(NAME, id))?;
        let value = azapi_plan::with_body_of(&value, &answer);
        Ok(Recorded { value: value_of(&answer, &value), private: Vec::new() })
    }

    async fn create(&self, azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        let id = id_in(planned);
        let call = Call::new(azure, id, planned, patience(azure, planned, "create", watch));
        match call.find().await {
            Ok(Some(_)) if !azure.overwrite_existing => {
                let there = format!("{id}?api-version={}", call.api_version);
                return Applied { recorded: None, diagnostics: already_exists(NAME, &there).into() };
            }
            Err(error) => return Applied { recorded: None, diagnostics: problem(NAME, "look for", id, &error) },
            Ok(_) => {}
        }
        let outcome = call.write(Method::Put, "create", Some(sent(planned, config))).await;
        read_back(&call, planned, outcome.map_err(|e| problem(NAME, "create", id, &e))).await
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let id = id_in(&prior.value);
        let call = Call::new(azure, id, planned, patience(azure, planned, "update", watch));
        let mut body = sent(planned, config);
        let lists = Lists::of(planned);
        if lists.are_shared() {
            match call.find().await {
                Ok(now) => lists.keep_others(&mut body, &now.unwrap_or_default()),
                Err(error) => {
                    return Applied { recorded: Some(prior.clone()), diagnostics: problem(NAME, "read", id, &error) };
                }
            }
        }
        let outcome = call.write(Method::Put, "update", Some(body)).await;
        let beside = if outcome.is_ok() { planned } else { &prior.value };
        read_back(&call, beside, outcome.map_err(|e| problem(NAME, "update", id, &e))).await
    }

    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let id = id_in(&prior.value);
        let call = Call::new(azure, id, &prior.value, patience(azure, &prior.value, "delete", watch));
        match call.write(Method::Delete, "delete", None).await {
            Ok(_) => Applied { recorded: None, diagnostics: Diagnostics::new() },
            Err(error) => Applied { recorded: Some(prior.clone()), diagnostics: problem(NAME, "delete", id, &error) },
        }
    }

    async fn settle(&self, azure: &Azure, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        let before = match (recorded, sent.first()) {
            (Some(recorded), _) => recorded.clone(),
            (None, Some(first)) => {
                let value = azapi_plan::imported(&self.schema, &first.intent.id, &first.intent.version)?;
                Recorded { value, private: Vec::new() }
            }
            (None, None) => return Ok(Settled { recorded: None, failure: None }),
        };
        let id = id_in(&before.value);
        let call = Call::new(azure, id, &before.value, azure.client.patience(SETTLE));
        let failure = azure.client.see_end(id, &call.api_version, sent, &call.patience).await;
        let failure = failure.map_err(|e| problem(NAME, "find out what became of", id, &e))?;
        let found = call.find().await.map_err(|e| problem(NAME, "read", id, &e))?;
        let recorded = found.map(|answer| Recorded { value: value_of(&answer, &before.value), ..before.clone() });
        let failure = failure.map(|e| problem(NAME, "make", id, &e));
        Ok(Settled { recorded, failure })
    }

    fn lanes(&self, value: &Value) -> Vec<Lane> {
        azapi_call::lanes(id_in(value), value)
    }

    fn outlook(&self, _azure: &Azure, value: &Value) -> Option<Outlook> {
        let id = id_in(value);
        let (_, version) = value.field("type").and_then(Value::as_str)?.split_once('@')?;
        let nothing_secret = Value::null(value.type_of());
        let outlook =
            || Outlook { id: id.to_owned(), api_version: version.to_owned(), body: sent(value, &nothing_secret) };
        (!id.is_empty()).then(outlook)
    }
}

/// `null` for a `timeouts` block that is not there.
pub(super) fn no_timeouts() -> Value {
    Value::null(timeouts_type())
}
