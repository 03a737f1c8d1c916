//! `azurerm_role_definition`: a custom role; and the data source of the same name, which finds any role.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;
use uuid::Uuid;

use super::super::arm::{ArmError, Conflict, Method, Patience, Request};
use super::super::arm_id::ArmId;
use super::super::session::Azure;
use super::super::wire::{
    self, PlanCase, Reading, Row, Rule, Same, Table, blocks, decode, finding, json as at, text, text_set, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::{Fault, Hooks};
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Finding, Kind, Schema};
use crate::value::{Fields, Type, Value};

/// The api-version of role definitions.
pub(super) const DEFINITIONS: &str = "2022-05-01-preview";

/// What derived ids are derived below: a random UUID, chosen once and never to be changed.
const NAMESPACE: Uuid = Uuid::from_u128(0x1b7e_4c0d_5a2f_4d39_9c68_7e01_b3fa_26d4);

/// The last segment of a definition's id: the GUID that is the same wherever the role is seen from.
pub fn guid_of(id: &str) -> &str {
    let id = id.split('|').next().unwrap_or(id);
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

/// The id of the role of this name, as seen from a scope.
pub async fn find_by_name(azure: &Azure, scope: &str, name: &str, patience: &Patience<'_>) -> Result<String, Fault> {
    let found = list_by_name(azure, scope, name, patience).await?;
    let ids: Vec<&str> = found.iter().filter_map(|role| at::get_str(role, "id")).collect();
    match ids.as_slice() {
        [id] => Ok((*id).to_owned()),
        ids => Err(not_one(name, scope, ids.len()).into()),
    }
}

/// The roles of this name that can be assigned at a scope.
pub(super) async fn list_by_name(
    azure: &Azure,
    scope: &str,
    name: &str,
    patience: &Patience<'_>,
) -> Result<Vec<Json>, ArmError> {
    let path = format!("{}/providers/Microsoft.Authorization/roleDefinitions", scope.trim_end_matches('/'));
    // A quote in a name is doubled, as in OData.
    let filter = format!("roleName eq '{}'", name.replace('\'', "''"));
    azure.client.list(&Request::new(Method::Get, path, DEFINITIONS).query("$filter", filter), patience).await
}

fn not_one(name: &str, scope: &str, found: usize) -> Diagnostic {
    let place = if scope.is_empty() { "the tenant" } else { scope };
    let (summary, what) =
        if found == 0 { ("Role not found", "no role") } else { ("Ambiguous role", "more than one role") };
    Diagnostic::error(
        summary,
        format!("There is {what} named {name:?} at {place}. Check the spelling, or give the role by its id."),
    )
}

/// The name of a role, by the id of its definition; `None` when there is none (any more).
pub async fn name_of(azure: &Azure, id: &str) -> Result<Option<String>, ArmError> {
    let found = azure.client.find(id, DEFINITIONS, &azure.client.patience(READ)).await?;
    Ok(found.and_then(|answer| at::get_str(&answer.body, "properties.roleName").map(str::to_owned)))
}

/// A custom role.
pub fn kind() -> ArmKind {
    let table = Table::of(
        "azurerm_role_definition",
        "Microsoft.Authorization/roleDefinitions",
        DEFINITIONS,
        "{scope}/providers/Microsoft.Authorization/roleDefinitions/{role_definition_id}",
    )
    .about("A custom role.")
    .version(1)
    .constant("properties.type", "CustomRole")
    .rows([
        text("role_definition_id")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .about("A GUID. Without it one is derived from scope and name."),
        text("name").required().at("properties.roleName").about("The role's name, unique in the tenant."),
        text("scope")
            .required()
            .replaces()
            .same(Same::ArmId)
            .about("Where the role is defined; it is assignable there unless assignable_scopes says otherwise."),
        text("description").at("properties.description").about("What the role is for."),
        blocks("permissions", permissions()).at("properties.permissions").about("What the role allows."),
        texts("assignable_scopes")
            .or_computed()
            .same(Same::Unordered)
            .at("properties.assignableScopes")
            .about("Where the role can be assigned."),
        text("role_definition_resource_id").computed().about("The ARM id of the definition."),
    ]);
    ArmKind::new(table, Definition)
}

fn permissions() -> Vec<Row> {
    vec![
        texts("actions").same(Same::Unordered).at("actions").about("On resources."),
        texts("not_actions").same(Same::Unordered).at("notActions").about("Not allowed of the actions."),
        text_set("data_actions").at("dataActions").about("On what resources hold."),
        text_set("not_data_actions").at("notDataActions").about("Not allowed of the data actions."),
    ]
}

/// What is sent, of the properties.
const SENT: [&str; 5] = ["roleName", "description", "type", "permissions", "assignableScopes"];

struct Definition;

#[async_trait]
impl Hooks for Definition {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let text = |name: &str| config.field(name).and_then(Value::as_str);
        let mut findings = Vec::new();
        if text("role_definition_id").is_some_and(|id| Uuid::try_parse(id).is_err()) {
            let detail = "expected \"role_definition_id\" to be a valid UUID.";
            findings.push(finding("role_definition_id", Diagnostic::error("Invalid UUID", detail)));
        }
        findings.extend(bad_scope(config));
        findings
    }

    /// A role is assignable where it is defined, unless it says otherwise; its ids are known before it is made.
    fn plan(&self, case: &mut PlanCase<'_>) {
        let text = |name: &str| case.planned_at(name).and_then(Value::as_str).map(str::to_owned);
        let (scope, name, given) = (text("scope"), text("name"), text("role_definition_id"));
        if !case.is_configured("assignable_scopes") {
            let element = scope.as_deref().map_or_else(|| Value::unknown(Type::String), Value::string);
            let own = Value::list(Type::String, vec![element]);
            let kept = case.prior_at("assignable_scopes").filter(|prior| wire::same(Same::Unordered, prior, &own));
            let kept = kept.cloned().unwrap_or(own);
            case.set("assignable_scopes", kept);
        }
        if case.prior.is_some() && case.requires_replace.is_empty() {
            return;
        }
        let derived = scope.as_ref().zip(name.as_ref()).map(|(scope, name)| {
            let text = format!("{}|{name}", scope.trim_end_matches('/')).to_lowercase();
            Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string()
        });
        let guid = if case.is_configured("role_definition_id") { given } else { derived };
        let resource = scope.as_ref().zip(guid.as_ref()).map(|(scope, guid)| resource_id(scope, guid));
        let id = scope.as_ref().zip(resource.as_ref()).map(|(scope, id)| format!("{id}|{scope}"));
        let known = |text: Option<String>| text.map_or_else(|| Value::unknown(Type::String), Value::string);
        if !case.is_configured("role_definition_id") {
            case.set("role_definition_id", known(guid));
        }
        case.set("role_definition_resource_id", known(resource));
        case.set("id", known(id));
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let Some(properties) = body.get_mut("properties").and_then(Json::as_object_mut) else { return };
        properties.retain(|name, value| SENT.contains(&name.as_str()) && !value.is_null());
        let properties = std::mem::take(properties);
        *body = serde_json::json!({ "properties": properties });
    }

    /// azurerm records the scope in the id.
    fn finish(&self, fields: &mut Fields, _prior: Option<&Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let resource = resource_id(&text("scope"), &text("role_definition_id"));
        fields.insert("id".into(), Value::string(format!("{resource}|{}", text("scope"))));
        fields.insert("role_definition_resource_id".into(), Value::string(resource));
    }

    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy]
    }
}

fn resource_id(scope: &str, guid: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/roleDefinitions/{guid}", scope.trim_end_matches('/'))
}

/// Finds fault with a scope that is no ARM id.
pub fn bad_scope(config: &Value) -> Option<Finding> {
    let scope = config.field("scope")?.as_str()?;
    let why = ArmId::parse(scope).err()?;
    let detail = format!(
        "{scope:?} is no scope: {why}. A scope is the ARM id of a management group, a subscription, a resource group \
         or a resource."
    );
    Some(finding("scope", Diagnostic::error("Invalid scope", detail)))
}

/// The data source.
pub struct RoleDefinitionData {
    rows: Vec<Row>,
    schema: Schema,
}

impl RoleDefinitionData {
    /// `data "azurerm_role_definition"`
    pub fn new() -> Self {
        let either = &["name", "role_definition_id"];
        let mut inner: Vec<Row> = permissions().into_iter().map(Row::computed).collect();
        inner.push(text("condition").computed().at("condition"));
        inner.push(text("condition_version").computed().at("conditionVersion"));
        let rows = vec![
            text("name").or_computed().at("properties.roleName").rule(Rule::ExactlyOneOf(either)),
            text("role_definition_id").or_computed().at("name").rule(Rule::ExactlyOneOf(either)),
            text("scope"),
            text("description").computed().at("properties.description"),
            text("type").computed().at("properties.type"),
            texts("assignable_scopes").computed().at("properties.assignableScopes"),
            blocks("permissions", inner).computed().at("properties.permissions"),
            text("role_definition_resource_id").computed().at("id"),
        ];
        let schema = super::arm_data::schema(&rows);
        Self { rows, schema }
    }
}

impl Kind for RoleDefinitionData {
    fn name(&self) -> &'static str {
        "azurerm_role_definition"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let given = |name: &str| config.field(name).is_some_and(|v| !v.is_null());
        let mut findings: Vec<Finding> = bad_scope(config).into_iter().collect();
        if given("name") == given("role_definition_id") {
            let detail = "One of \"name\" and \"role_definition_id\" must be set, and only one.";
            findings.push(finding("name", Diagnostic::error("Invalid combination of arguments", detail)));
        }
        findings
    }
}

#[async_trait]
impl AzureData for RoleDefinitionData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let text = |name: &str| config.field(name).and_then(Value::as_str).filter(|t| !t.is_empty());
        let scope = text("scope").unwrap_or_default();
        let patience = azure.client.patience(READ);
        let wanted = text("name").or_else(|| text("role_definition_id")).unwrap_or_default();
        let problem =
            |e: ArmError| Diagnostics::from(e.diagnostic(&format!("read data.azurerm_role_definition {wanted:?}")));
        let answer = if let Some(name) = text("name") {
            one(list_by_name(azure, scope, name, &patience).await.map_err(problem)?, name, scope)?
        } else {
            let id = resource_id(scope, wanted);
            let found = azure.client.find(&id, DEFINITIONS, &patience).await.map_err(problem)?;
            found.ok_or_else(|| not_one(wanted, scope, 0))?.body
        };
        let mut fields = decode(&self.rows, &answer, Some(config), Reading::Anew(azure.dialect));
        let id = at::get_str(&answer, "id").unwrap_or_default();
        fields.insert(Arc::from("id"), Value::string(id));
        fields.insert(Arc::from("timeouts"), Value::null(wire::timeouts_type()));
        Ok(Value::object(fields))
    }
}

fn one(mut found: Vec<Json>, name: &str, scope: &str) -> Result<Json, Diagnostic> {
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (_, others) => Err(not_one(name, scope, if others == 0 { 0 } else { others + 1 })),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::super::super::wire::Dialect;
    use super::super::testing::{SUBSCRIPTION, altered, change, created, creation, differences, refreshed, replacing};
    use super::*;

    fn scope() -> String {
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-quay")
    }

    fn role() -> Json {
        json!({"name": "Quay Plain", "scope": scope(), "permissions": [{"actions": ["*/read"]}]})
    }

    fn answer() -> Json {
        json!({"properties": {"roleName": "Quay Plain", "type": "CustomRole", "description": "",
            "assignableScopes": [scope()], "createdOn": "2026-01-01T00:00:00Z",
            "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]}})
    }

    #[test]
    fn a_role_is_assignable_where_it_is_defined_and_has_its_ids_at_plan() {
        let planned = creation(&kind(), Dialect::V4, &role()).planned;
        let text = |name: &str| planned.field(name).unwrap().as_str().unwrap().to_owned();
        assert_eq!(text("role_definition_resource_id"), resource_id(&scope(), &text("role_definition_id")));
        assert_eq!(text("id"), format!("{}|{}", text("role_definition_resource_id"), scope()));
        let body = kind().first_body(&planned);
        assert_eq!(body["properties"]["assignableScopes"], json!([scope()]));
        assert_eq!(body["properties"]["type"], "CustomRole");
    }

    #[test]
    fn a_refresh_plans_nothing_and_a_new_name_changes_in_place() {
        let kind = kind();
        let recorded = created(&kind, Dialect::V4, &role(), &answer());
        let observed = refreshed(&kind, &recorded, &answer());
        let plan = change(&kind, Dialect::V4, &observed, &role());
        assert_eq!((differences(&observed, &plan.planned), replacing(&plan)), (vec![], vec![]));
        let plan = change(&kind, Dialect::V4, &observed, &altered(&role(), &[("name", json!("Quay Other"))]));
        assert_eq!((differences(&observed, &plan.planned), replacing(&plan)), (vec!["name".to_owned()], vec![]));
        let body = kind.patched_body(answer(), &recorded, &plan.planned);
        assert_eq!(
            (&body["properties"]["roleName"], body["properties"].get("createdOn")),
            (&json!("Quay Other"), None)
        );
    }

    #[test]
    fn a_definition_is_known_by_its_last_segment() {
        for id in ["g", "/x/roleDefinitions/g", "/x/roleDefinitions/g/", "/x/roleDefinitions/g|/subscriptions/s"] {
            assert_eq!(guid_of(id), "g");
        }
    }
}
