//! `azurerm_role_assignment`: who (a principal) may do what (a role) where (a scope).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;
use uuid::Uuid;

use super::super::arm::{ArmError, Conflict, Method, Request, retry_while};
use super::super::arm_id::ArmId;
use super::super::roles;
use super::super::session::Azure;
use super::super::wire::{Dialect, PlanCase, Rule, Same, Table, finding, flag, json as at, text};
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use super::role_definition::{self, guid_of};
use super::{role_grant, role_lookup};
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, Planned};
use crate::value::{Fields, Type, Value};

/// The api-version of role assignments.
const ASSIGNMENTS: &str = "2022-04-01";

/// A role assignment.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Assignment { names: Mutex::default() })
}

fn table() -> Table {
    let role = &["role_definition_id", "role_definition_name"];
    Table::of(
        "azurerm_role_assignment",
        "Microsoft.Authorization/roleAssignments",
        ASSIGNMENTS,
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
    )
    .about("A role of a principal at a scope.")
    .rows([
        text("name")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .about("A GUID. Without it one is derived from scope, principal and role."),
        text("scope")
            .required()
            .replaces()
            .same(Same::ArmId)
            .about("Where the role holds: a management group, a subscription, a resource group or a resource."),
        text("role_definition_id")
            .or_computed()
            .replaces()
            .same(Same::ArmId)
            .at("properties.roleDefinitionId")
            .rule(Rule::ExactlyOneOf(role))
            .about("The id of the role's definition."),
        text("role_definition_name")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .at(ROLE_NAME)
            .rule(Rule::ExactlyOneOf(role))
            .about("The role's name."),
        text("principal_id")
            .required()
            .replaces()
            .same(Same::Caseless)
            .at("properties.principalId")
            .about("The object id of the principal; of an identity its principal_id, not its client_id."),
        text("principal_type")
            .or_computed()
            .replaces()
            .at("properties.principalType")
            .one_of(&["User", "Group", "ServicePrincipal"])
            .about("What the principal is."),
        flag("skip_service_principal_aad_check")
            .or_computed()
            .about("The principal is a service principal that may not be known everywhere yet."),
        text("delegated_managed_identity_resource_id")
            .replaces()
            .same(Same::ArmId)
            .at("properties.delegatedManagedIdentityResourceId")
            .about("The identity in another tenant that the assignment is for."),
        text("description").at("properties.description").about("Why."),
        text("condition").at("properties.condition").about("When: a condition on attributes."),
        text("condition_version").or_computed().one_of(&["1.0", "2.0"]).at("properties.conditionVersion"),
    ])
}

/// Where the role's name is laid for the row to read; Azure neither sends nor takes it there.
const ROLE_NAME: &str = "properties.roleDefinitionName";

/// What is sent, of the properties.
const SENT: [&str; 7] = [
    "roleDefinitionId",
    "principalId",
    "principalType",
    "delegatedManagedIdentityResourceId",
    "description",
    "condition",
    "conditionVersion",
];

/// How long a principal that nobody here has made may be unknown. Longer than replication between two regions
/// mostly takes, and short enough to learn soon that a client id was given for a principal id.
const STRANGE_PRINCIPAL: Duration = Duration::from_secs(60);

struct Assignment {
    /// Names of custom roles by the GUID of their definition, as far as they were asked for in this run.
    names: Mutex<HashMap<String, String>>,
}

#[async_trait]
impl Hooks for Assignment {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let given = |name: &str| config.field(name).filter(|v| !v.is_null());
        let text = |name: &str| given(name).and_then(Value::as_str);
        let mut findings = Vec::new();
        if given("condition_version").is_some() && given("condition").is_none() {
            let detail = "\"condition\" must be set when \"condition_version\" is.";
            findings.push(finding("condition_version", Diagnostic::error("Missing required argument", detail)));
        }
        findings.extend(role_definition::bad_scope(config));
        for name in ["principal_id", "name"] {
            // That what is required is empty is said of every kind alike.
            let given = text(name).filter(|id| name != "principal_id" || !id.is_empty());
            if given.is_some_and(|id| Uuid::try_parse(id).is_err()) {
                let detail = format!("expected {name:?} to be a valid UUID.");
                findings.push(finding(name, Diagnostic::error("Invalid UUID", detail)));
            }
        }
        let types = text("principal_type").filter(|kind| *kind != "ServicePrincipal");
        if given("skip_service_principal_aad_check").and_then(Value::as_bool) == Some(true) && types.is_some() {
            let detail = "With \"skip_service_principal_aad_check\" the principal is a service principal: leave \
                          \"principal_type\" out or set it to \"ServicePrincipal\".";
            let diagnostic = Diagnostic::error("Contradicting arguments", detail);
            findings.push(finding("skip_service_principal_aad_check", diagnostic));
        }
        findings
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        role_grant::plan_role(case);
        role_grant::plan_condition(case);
        role_grant::plan_switch(case);
        if case.dialect == Dialect::V4 {
            // azurerm changes these in place from 5.2 on.
            for name in ["description", "condition", "condition_version"] {
                if case.changes(name) {
                    case.replace(name);
                }
            }
        }
        role_grant::plan_name(case);
    }

    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        // The definition of a role is the same one, seen from the tenant or from a subscription.
        let recorded = prior.and_then(|prior| prior.field("role_definition_id")?.as_str());
        let answered = at::get_str(answer, "properties.roleDefinitionId");
        if let (Some(recorded), Some(answered)) = (recorded, answered)
            && guid_of(recorded).eq_ignore_ascii_case(guid_of(answered))
        {
            at::set(answer, "properties.roleDefinitionId", Json::from(recorded));
        }
        // A version without a condition is a version of nothing.
        if at::get_str(answer, "properties.condition").unwrap_or_default().is_empty() {
            at::remove(answer, "properties.conditionVersion");
        }
    }

    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        let Some(properties) = body.get_mut("properties").and_then(Json::as_object_mut) else { return };
        properties.retain(|name, value| SENT.contains(&name.as_str()) && !value.is_null() && value != "");
        if planned.field("skip_service_principal_aad_check").and_then(Value::as_bool) == Some(true) {
            properties.insert("principalType".to_owned(), "ServicePrincipal".into());
        }
        if !properties.contains_key("condition") {
            properties.remove("conditionVersion");
        }
        let properties = std::mem::take(properties);
        *body = serde_json::json!({ "properties": properties });
    }

    async fn read_more(&self, azure: &Azure, _id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let Some(role) = at::get_str(answer, "properties.roleDefinitionId").map(str::to_owned) else { return Ok(()) };
        if let Some(name) = self.name_of(azure, &role).await? {
            at::set(answer, ROLE_NAME, name.into());
        }
        Ok(())
    }

    fn finish(&self, fields: &mut Fields, _prior: Option<&Value>) {
        let skip = fields.get("skip_service_principal_aad_check").is_none_or(|v| !v.is_known());
        if skip {
            fields.insert("skip_service_principal_aad_check".into(), Value::null(Type::Bool));
        }
    }

    async fn create(&self, call: &Call<'_>, mut body: Json, planned: &Value) -> Result<(), Fault> {
        let text = |name: &str| planned.field(name).and_then(Value::as_str).unwrap_or_default();
        let (scope, principal) = (text("scope"), text("principal_id"));
        if at::get_str(&body, "properties.roleDefinitionId").is_none() {
            let role = role_definition::find_by_name(call.azure, scope, text("role_definition_name"), &call.patience);
            at::set(&mut body, "properties.roleDefinitionId", role.await?.into());
        }
        let role = at::get_str(&body, "properties.roleDefinitionId").unwrap_or_default().to_owned();
        let own = call.azure.has_made(principal);
        let unknown_for = if own { call.patience } else { call.patience.at_most(STRANGE_PRINCIPAL) };
        let written = retry_while(&[Conflict::PrincipalNotFound], &unknown_for, || call.put(body.clone())).await;
        match written {
            Err(error) if error.code() == "RoleAssignmentExists" => {
                Err(self.explain_existing(call, scope, principal, &role, error).await)
            }
            other => Ok(other.map(drop)?),
        }
    }

    async fn confirm(&self, azure: &Azure, planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        role_lookup::missing(azure, planned).await
    }

    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy]
    }

    /// One list holds all assignments of a subscription and below it.
    fn list_of(&self, id: &str) -> Option<String> {
        let id = ArmId::parse(id).ok()?;
        Some(format!("/subscriptions/{}/providers/Microsoft.Authorization/roleAssignments", id.subscription()?))
    }
}

impl Assignment {
    /// The name of a role, by the id of its definition.
    async fn name_of(&self, azure: &Azure, role: &str) -> Result<Option<String>, ArmError> {
        let guid = guid_of(role).to_ascii_lowercase();
        if let Some(role) = roles::by_guid(&guid) {
            return Ok(Some(role.name.to_owned()));
        }
        if let Some(name) = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(&guid) {
            return Ok(Some(name.clone()));
        }
        let Some(name) = role_definition::name_of(azure, role).await? else { return Ok(None) };
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(guid, name.clone());
        Ok(Some(name))
    }

    /// Says which assignment is in the way, and how to take it over.
    async fn explain_existing(
        &self,
        call: &Call<'_>,
        scope: &str,
        principal: &str,
        role: &str,
        error: ArmError,
    ) -> Fault {
        let list = format!("{scope}/providers/Microsoft.Authorization/roleAssignments");
        let request =
            Request::new(Method::Get, list, ASSIGNMENTS).query("$filter", format!("principalId eq '{principal}'"));
        // Without the list Azure's own words must do.
        let Ok(found) = call.azure.client.list(&request, &call.patience).await else { return error.into() };
        let id = found.iter().find_map(|assignment| same_grant(assignment, scope, role));
        let Some(id) = id else { return error.into() };
        Diagnostic::error(
            "Resource already exists",
            format!(
                "The principal {principal} already has this role at {scope}, by the assignment {id}. To manage it \
                 here, take it over with:\n\n  import {{\n    to = azurerm_role_assignment.NAME\n    id = \"{id}\"\n  }}\n\n\
                 where NAME is the name of your resource block."
            ),
        )
        .into()
    }
}

/// The id of an assignment, when it grants this role at this very scope.
fn same_grant(assignment: &Json, scope: &str, role: &str) -> Option<String> {
    let id = at::get_str(assignment, "id")?;
    let granted = at::get_str(assignment, "properties.roleDefinitionId")?;
    let here = ArmId::parse(id).ok()?.scope() == ArmId::parse(scope).ok()?;
    (here && guid_of(granted).eq_ignore_ascii_case(guid_of(role))).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use serde_json::json;

    use super::super::testing::{
        SUBSCRIPTION, UNKNOWN, altered, change, config, created, creation, differences, refreshed, replacing,
    };
    use super::*;
    use crate::azure::arm::Clock;
    use crate::azure::arm::test_server::{Answer, TestServer};
    use crate::provider::Kind;

    const PRINCIPAL: &str = "d0000000-0000-4000-8000-000000000001";
    const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

    fn scope() -> String {
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop")
    }

    fn definition(guid: &str) -> String {
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
    }

    fn by_name() -> Json {
        json!({"scope": scope(), "role_definition_name": "AcrPull", "principal_id": PRINCIPAL})
    }

    /// As Azure answers, with the name that `read_more` lays beside it.
    fn answer() -> Json {
        json!({"properties": {"roleDefinitionId": definition(ACR_PULL), "roleDefinitionName": "AcrPull",
            "principalId": PRINCIPAL, "principalType": "ServicePrincipal", "scope": scope(), "condition": null,
            "conditionVersion": null, "description": null, "delegatedManagedIdentityResourceId": null,
            "createdOn": "2026-01-01T00:00:00Z"}})
    }

    fn id_of(value: &Value) -> &str {
        value.field("id").unwrap().as_str().unwrap()
    }

    #[test]
    fn the_name_follows_from_the_grant_and_is_known_at_plan() {
        let planned = creation(&kind(), Dialect::V4, &by_name()).planned;
        let recased = altered(
            &by_name(),
            &[
                ("scope", json!(scope().replace("resourceGroups", "RESOURCEGROUPS"))),
                ("principal_id", json!(PRINCIPAL.to_uppercase())),
                ("role_definition_name", json!("acrpull")),
            ],
        );
        let again = creation(&kind(), Dialect::V4, &recased).planned;
        assert!(planned.field("name").unwrap().raw_eq(again.field("name").unwrap()));
        let name = planned.field("name").unwrap().as_str().unwrap();
        assert_eq!(id_of(&planned), format!("{}/providers/Microsoft.Authorization/roleAssignments/{name}", scope()));
        assert_eq!(planned.field("role_definition_id").unwrap().as_str(), Some(&*definition(ACR_PULL)));
        let other = creation(&kind(), Dialect::V4, &altered(&by_name(), &[("role_definition_name", json!("AcrPush"))]));
        assert!(!planned.field("name").unwrap().raw_eq(other.planned.field("name").unwrap()));
        let unknown = creation(&kind(), Dialect::V4, &altered(&by_name(), &[("principal_id", json!(UNKNOWN))])).planned;
        assert!(!unknown.field("name").unwrap().is_known() && !unknown.field("id").unwrap().is_known());
    }

    #[test]
    fn only_what_azure_takes_is_sent() {
        let planned = creation(&kind(), Dialect::V4, &by_name()).planned;
        let sent = json!({"properties": {"roleDefinitionId": definition(ACR_PULL), "principalId": PRINCIPAL}});
        assert_eq!(kind().first_body(&planned), sent);
        let skip = altered(&by_name(), &[("skip_service_principal_aad_check", json!(true))]);
        let body = kind().first_body(&creation(&kind(), Dialect::V4, &skip).planned);
        assert_eq!(body["properties"]["principalType"], "ServicePrincipal");
    }

    #[test]
    fn what_azure_says_in_its_own_way_plans_nothing() {
        let kind = kind();
        let recorded = created(&kind, Dialect::V4, &by_name(), &answer());
        assert!(recorded.field("skip_service_principal_aad_check").unwrap().is_null());
        let elsewhere = format!("/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}");
        let changes: &[&[(&str, Json)]] = &[
            &[],
            &[("properties.scope", Json::Null)],
            &[("properties.principalType", Json::Null)],
            &[("properties.principalId", json!(PRINCIPAL.to_uppercase()))],
            &[("properties.roleDefinitionId", json!(definition(ACR_PULL).to_lowercase()))],
            &[("properties.roleDefinitionId", json!(elsewhere))],
            &[("properties.description", json!("")), ("properties.condition", json!(""))],
            &[("properties.conditionVersion", json!("2.0"))],
        ];
        for changes in changes {
            let observed = refreshed(&kind, &recorded, &altered(&answer(), changes));
            let plan = change(&kind, Dialect::V4, &observed, &by_name());
            assert_eq!(replacing(&plan), Vec::<String>::new(), "{changes:?}");
        }
    }

    #[test]
    fn by_name_or_by_id_is_the_same_grant() {
        let kind = kind();
        let recorded = created(&kind, Dialect::V4, &by_name(), &answer());
        let by_id = json!({"scope": scope(), "role_definition_id": definition(ACR_PULL), "principal_id": PRINCIPAL});
        let plan = change(&kind, Dialect::V4, &recorded, &by_id);
        assert_eq!((replacing(&plan), differences(&recorded, &plan.planned)), (vec![], vec![]));
        let planned = creation(&kind, Dialect::V4, &by_id).planned;
        assert_eq!(planned.field("role_definition_name").unwrap().as_str(), Some("AcrPull"));
        assert_eq!(id_of(&planned), id_of(&recorded));
        let recased = altered(&by_name(), &[("scope", json!(scope().replace("resourceGroups", "resourcegroups")))]);
        assert_eq!(replacing(&change(&kind, Dialect::V4, &recorded, &recased)), Vec::<String>::new());
    }

    #[test]
    fn another_role_or_principal_replaces() {
        let kind = kind();
        let recorded = created(&kind, Dialect::V4, &by_name(), &answer());
        for (name, value) in [("role_definition_name", json!("AcrPush")), ("principal_id", json!(UNKNOWN))] {
            let plan = change(&kind, Dialect::V5, &recorded, &altered(&by_name(), &[(name, value)]));
            assert!(replacing(&plan).contains(&name.to_owned()), "{name}");
        }
    }

    #[test]
    fn a_description_changes_in_place_from_azurerm_5_on() {
        let kind = kind();
        let recorded = created(&kind, Dialect::V4, &by_name(), &answer());
        let described = altered(&by_name(), &[("description", json!("pulls"))]);
        assert_eq!(replacing(&change(&kind, Dialect::V4, &recorded, &described)), ["description"]);
        let plan = change(&kind, Dialect::V5, &recorded, &described);
        assert_eq!((replacing(&plan), differences(&recorded, &plan.planned)), (vec![], vec!["description".to_owned()]));
        let body = kind.patched_body(answer(), &recorded, &plan.planned);
        assert_eq!(body["properties"]["description"], "pulls");
        assert_eq!(body["properties"].get("createdOn"), None);
    }

    #[test]
    fn a_condition_has_a_version() {
        let kind = kind();
        let conditional = altered(&by_name(), &[("condition", json!("@Resource[x] StringEquals 'y'"))]);
        let planned = creation(&kind, Dialect::V5, &conditional).planned;
        assert_eq!(planned.field("condition_version").unwrap().as_str(), Some("2.0"));
        let with = altered(
            &answer(),
            &[
                ("properties.condition", json!("@Resource[x] StringEquals 'y'")),
                ("properties.conditionVersion", json!("2.0")),
            ],
        );
        let recorded = created(&kind, Dialect::V5, &conditional, &with);
        let plan = change(&kind, Dialect::V5, &recorded, &by_name());
        assert_eq!(differences(&recorded, &plan.planned), ["condition", "condition_version"]);
        let body = kind.patched_body(with, &recorded, &plan.planned);
        assert!(body["properties"].get("condition").is_none() && body["properties"].get("conditionVersion").is_none());
    }

    #[test]
    fn mistakes_are_found_before_azure_is_asked() {
        let kind = kind();
        for (given, summary) in [
            (altered(&by_name(), &[("condition_version", json!("2.0"))]), "Missing required argument"),
            (altered(&by_name(), &[("scope", json!("rg-shop"))]), "Invalid scope"),
            (altered(&by_name(), &[("principal_id", json!("me"))]), "Invalid UUID"),
            (altered(&by_name(), &[("role_definition_name", Json::Null)]), "Invalid combination of arguments"),
        ] {
            let findings = kind.validate(&config(&kind, &given));
            assert!(findings.iter().any(|f| f.diagnostic.summary == summary), "{findings:?}");
        }
        let empty = kind.validate(&config(&kind, &altered(&by_name(), &[("principal_id", json!(""))])));
        assert_eq!(empty.len(), 1, "one mistake is told once: {empty:?}");
        assert!(kind.validate(&config(&kind, &by_name())).is_empty());
    }

    async fn create_at(answers: Vec<Answer>) -> (TestServer, Result<(), Fault>) {
        let server = TestServer::start(answers).await;
        let tenant = "22222222-2222-4222-8222-222222222222".to_owned();
        let azure = Azure::new(server.client.clone(), SUBSCRIPTION.to_owned(), tenant, Dialect::V4);
        let planned = creation(&kind(), Dialect::V4, &by_name()).planned;
        let (id, patience) = (id_of(&planned).to_owned(), server.patience());
        let call = Call { azure: &azure, id: &id, api_version: ASSIGNMENTS, patience, passing: &[], etag: None };
        let hooks = Assignment { names: Mutex::default() };
        let outcome = hooks.create(&call, kind().first_body(&planned), &planned).await;
        (server, outcome)
    }

    const NONE: &[(&str, &str)] = &[];

    #[tokio::test]
    async fn a_grant_that_exists_already_is_explained_with_its_import() {
        let theirs = format!("{}/providers/Microsoft.Authorization/roleAssignments/11111111-2222", scope());
        let above = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/0");
        let grant = |id: &str| json!({"id": id, "properties": {"roleDefinitionId": definition(ACR_PULL)}});
        let refused = json!({"error": {"code": "RoleAssignmentExists", "message": "The role assignment exists."}});
        let list = json!({"value": [grant(&above), grant(&theirs.to_uppercase())]});
        let (_, outcome) = create_at(vec![(409, NONE, refused), (200, NONE, list)]).await;
        let Err(Fault::Refused(told)) = outcome else { panic!("not refused") };
        assert!(told.detail.contains(&format!("id = \"{}\"", theirs.to_uppercase())), "{}", told.detail);
    }

    #[tokio::test]
    async fn a_principal_that_nobody_made_here_is_not_waited_for_long() {
        let refused = json!({"error": {"code": "PrincipalNotFound", "message": "Principal does not exist."}});
        let (server, outcome) = create_at((0..60).map(|_| (400, NONE, refused.clone())).collect()).await;
        let Err(Fault::Arm(error)) = outcome else { panic!("no fault of Azure") };
        assert!(error.diagnostic("x").detail.contains("not its client id"));
        assert!(server.clock.now() <= STRANGE_PRINCIPAL && server.requests().len() > 2);
    }

    #[test]
    fn assignments_of_a_subscription_are_listed_at_once() {
        let hooks = Assignment { names: Mutex::default() };
        let recorded = created(&kind(), Dialect::V4, &by_name(), &answer());
        let list = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments");
        assert_eq!(hooks.list_of(id_of(&recorded)), Some(list));
    }
}
