//! `azurerm_user_assigned_identity` and `azurerm_federated_identity_credential`

use serde_json::{Value as Json, json};

use super::super::arm::Conflict;
use super::super::wire::{
    Dialect, PlanCase, Presence, Rule, Same, Table, json as at, location, resource_group_name, tags, text, texts,
};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::{Fields, Path, Value};

/// A user-assigned managed identity.
pub fn user_assigned_identity() -> ArmKind {
    ArmKind::new(identity(), Identity)
}

/// A federated credential of a user-assigned identity.
pub fn federated_identity_credential() -> ArmKind {
    ArmKind::new(credential(), Credential)
}

fn identity() -> Table {
    Table::of(
        "azurerm_user_assigned_identity",
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "2024-11-30",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ManagedIdentity/\
         userAssignedIdentities/{name}",
    )
    .about("A user-assigned managed identity.")
    .version(1)
    .rows([
        text("name").required().replaces().about("The name of the identity.").rule(Rule::Pattern(
            r"^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$",
            "(must be 3 to 128 letters, digits, `-` or `_`, and begin with a letter or digit)",
        )),
        resource_group_name(),
        location(),
        text("isolation_scope")
            .newer()
            .at("properties.isolationScope")
            .one_of(&["Regional"])
            .null_as("None")
            .about("Keeps the identity to its region."),
        tags(),
        text("client_id").computed().at("properties.clientId").about("The identity's client (application) id."),
        text("principal_id").computed().at("properties.principalId").about("The identity's object id."),
        text("tenant_id").computed().at("properties.tenantId").about("The directory that the identity is in."),
    ])
}

struct Identity;

impl Hooks for Identity {
    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.ManagedIdentity/userAssignedIdentities")
    }
}

/// The list of all resources of a type in the subscription of an id.
pub fn subscription_list(id: &str, arm_type: &str) -> Option<String> {
    let mut segments = id.split('/').skip(2);
    Some(format!("/subscriptions/{}/providers/{arm_type}", segments.next()?))
}

fn credential() -> Table {
    Table::of(
        "azurerm_federated_identity_credential",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "2024-11-30",
        "{user_assigned_identity_id}/federatedIdentityCredentials/{name}",
    )
    .about("A federated credential: who may act as a user-assigned identity without a secret.")
    .rows([
        text("name").required().replaces().about("The name of the credential.").rule(Rule::Pattern(
            r"^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$",
            "(must be 3 to 120 letters, digits, `-` or `_`, and begin with a letter or digit)",
        )),
        text("user_assigned_identity_id")
            .twin("parent_id")
            .told_in_v5(Presence::Required)
            .replaces()
            .same(Same::ArmId)
            .rule(Rule::ExactlyOneOf(&["user_assigned_identity_id", "parent_id"]))
            .about("The id of the identity (azurerm 5.x's name for parent_id)."),
        text("parent_id")
            .twin("user_assigned_identity_id")
            .former()
            .replaces()
            .same(Same::ArmId)
            .rule(Rule::ExactlyOneOf(&["user_assigned_identity_id", "parent_id"]))
            .about("The id of the identity (azurerm 4.x's name for user_assigned_identity_id)."),
        text("resource_group_name")
            .former()
            .same(Same::Caseless)
            .about("The identity's resource group (azurerm 4.x; it follows from the identity's id)."),
        // Azure refuses more than one audience, and compares all three byte for byte.
        texts("audience")
            .required()
            .at("properties.audiences")
            .rule(Rule::AtMost(1))
            .rule(Rule::AtLeast(1))
            .about("What the token must be meant for: [\"api://AzureADTokenExchange\"]."),
        text("issuer").required().at("properties.issuer").about("Who issues the tokens, byte for byte."),
        text("subject").required().at("properties.subject").about("Whom the tokens are about, byte for byte."),
    ])
}

struct Credential;

impl Hooks for Credential {
    fn minds_strangers(&self) -> bool {
        true
    }

    fn introduce(&self, answer: &Json) -> String {
        let said = |path: &str| at::get_str(answer, path).unwrap_or("?").to_owned();
        format!(
            "the federated credential {:?}, by which {:?} of {} signs in",
            said("name"),
            said("properties.subject"),
            said("properties.issuer")
        )
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let group = config.field("resource_group_name").and_then(Value::as_str);
        let identity = config.field("parent_id").and_then(Value::as_str);
        let (Some(group), Some(identity)) = (group, identity) else { return Vec::new() };
        let real = identity.split('/').nth(4).unwrap_or_default();
        if real.eq_ignore_ascii_case(group) {
            return Vec::new();
        }
        vec![Finding {
            path: Path::attribute("resource_group_name"),
            diagnostic: Diagnostic::error(
                "Invalid resource group",
                format!("A credential is in the resource group of its identity, which is {real:?}, not {group:?}."),
            ),
        }]
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        match path {
            ["audiences"] => Some("This argument is named \"audience\".".to_owned()),
            ["identity_id" | "user_assigned_identity"] => {
                Some("This argument is named \"user_assigned_identity_id\" (\"parent_id\" in azurerm 4.x).".to_owned())
            }
            _ => None,
        }
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        if case.dialect == Dialect::V5 && case.is_configured("parent_id") {
            case.refuse(
                "parent_id",
                "Unsupported argument",
                "azurerm 5.x has no argument \"parent_id\"; it is named \"user_assigned_identity_id\", and \
                 \"resource_group_name\" is no longer needed. (The version constraint in required_providers asks for 5.x.)",
            );
        }
        // What 4.x recorded, or was taken over so, stays where nobody says it any more.
        let group = "resource_group_name";
        if let (false, Some(recorded)) = (case.is_configured(group), case.prior_at(group).cloned()) {
            case.set(group, recorded);
            case.requires_replace.retain(|path| path.to_string() != group);
        }
    }

    /// Taken over, it is known to lie in the group of its identity, as azurerm 4.x records.
    fn finish(&self, fields: &mut Fields, prior: Option<&Value>) {
        let identity = fields.get("user_assigned_identity_id").and_then(Value::as_str);
        if let (None, Some(group)) = (prior, identity.and_then(|id| id.split('/').nth(4))) {
            fields.insert("resource_group_name".into(), Value::string(group));
        }
    }

    fn lane(&self, id: &str) -> Option<String> {
        let (identity, _) = id.rsplit_once("/federatedIdentityCredentials/")?;
        Some(format!("identity:{identity}"))
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let properties = at::get(body, "properties").cloned().unwrap_or_else(|| json!({}));
        *body = json!({ "properties": properties });
    }

    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::FederatedCredentialWrites, Conflict::Busy]
    }

    fn list_of(&self, id: &str) -> Option<String> {
        let (list, _) = id.rsplit_once('/')?;
        Some(list.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::wire::Reading;
    use super::super::testing::{
        UNKNOWN, altered, change, config, created, creation, differences, identity_answer, refreshed, replacing,
    };
    use super::*;
    use crate::provider::Kind;

    const IDENTITY: &str = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-shop/providers/\
                            Microsoft.ManagedIdentity/userAssignedIdentities/id-shop";

    fn shop() -> Json {
        json!({"name": "id-shop", "location": "West Europe", "resource_group_name": "rg-shop"})
    }

    #[test]
    fn a_new_identity_has_its_id_at_plan_and_its_principal_after_apply() {
        let kind = user_assigned_identity();
        let planned = creation(&kind, Dialect::V4, &shop()).planned;
        assert_eq!(planned.field("id").unwrap().as_str(), Some(IDENTITY));
        assert_eq!(planned.field("location").unwrap().as_str(), Some("westeurope"));
        assert!(!planned.field("principal_id").unwrap().is_known());
        let body = kind.first_body(&planned);
        assert_eq!(body, json!({"location": "westeurope", "properties": {"isolationScope": "None"}}));
    }

    #[test]
    fn what_azure_says_in_its_own_way_plans_nothing() {
        let kind = user_assigned_identity();
        let recorded = created(&kind, Dialect::V4, &shop(), &identity_answer());
        assert_eq!(recorded.field("client_id").unwrap().as_str(), Some("c0000000-0000-4000-8000-000000000001"));
        let answers: &[&[(&str, Json)]] = &[
            &[],
            &[("location", json!("West Europe"))],
            &[("tags", json!({"made-by": "policy"}))],
            &[("properties.isolationScope", Json::Null)],
            &[("tags", Json::Null)],
            &[("name", json!("ID-SHOP"))],
        ];
        for changes in answers {
            let observed = refreshed(&kind, &recorded, &altered(&identity_answer(), changes));
            let plan = change(&kind, Dialect::V4, &observed, &shop());
            assert_eq!(differences(&observed, &plan.planned), Vec::<String>::new(), "{changes:?}");
            assert_eq!(differences(&recorded, &observed), Vec::<String>::new(), "{changes:?}");
        }
    }

    #[test]
    fn tags_change_in_place_and_touch_nothing_else() {
        let kind = user_assigned_identity();
        let tagged =
            json!({"name": "id-shop", "location": "westeurope", "resource_group_name": "rg-shop", "tags": {"a": "1"}});
        let recorded = created(&kind, Dialect::V4, &shop(), &identity_answer());
        let plan = change(&kind, Dialect::V4, &recorded, &tagged);
        assert_eq!((differences(&recorded, &plan.planned), replacing(&plan)), (vec!["tags".to_owned()], vec![]));
        let found = altered(&identity_answer(), &[("tags", json!({"theirs": "x"})), ("future", json!(1))]);
        let body = kind.patched_body(found.clone(), &recorded, &plan.planned);
        assert_eq!(body, altered(&found, &[("tags", json!({"theirs": "x", "a": "1"}))]));
    }

    #[test]
    fn a_new_name_replaces_an_identity_and_gives_it_a_new_id() {
        let kind = user_assigned_identity();
        let recorded = created(&kind, Dialect::V4, &shop(), &identity_answer());
        let renamed = altered(&shop(), &[("name", json!("id-other"))]);
        let plan = change(&kind, Dialect::V4, &recorded, &renamed);
        assert_eq!(replacing(&plan), ["name"]);
        assert!(plan.planned.field("id").unwrap().as_str().unwrap().ends_with("/id-other"));
    }

    fn credential_of(name: &str, identity: &str) -> Json {
        json!({"name": "fic-api", name: identity, "audience": ["api://AzureADTokenExchange"],
               "issuer": "https://i.example/", "subject": "system:serviceaccount:shop:api"})
    }

    fn credential_answer() -> Json {
        json!({"id": format!("{IDENTITY}/federatedIdentityCredentials/fic-api"), "name": "fic-api", "properties": {
            "audiences": ["api://AzureADTokenExchange"], "issuer": "https://i.example/",
            "subject": "system:serviceaccount:shop:api"}})
    }

    #[test]
    fn a_credential_names_its_identity_in_either_dialect() {
        let kind = federated_identity_credential();
        for name in ["user_assigned_identity_id", "parent_id"] {
            let planned = creation(&kind, Dialect::V4, &credential_of(name, IDENTITY)).planned;
            let id = planned.field("id").unwrap().as_str().unwrap();
            assert_eq!(id, format!("{IDENTITY}/federatedIdentityCredentials/fic-api"));
            assert_eq!(kind.first_body(&planned), json!({"properties": credential_answer()["properties"]}));
        }
        let unknown = creation(&kind, Dialect::V4, &credential_of("parent_id", UNKNOWN)).planned;
        assert!(!unknown.field("id").unwrap().is_known());
    }

    #[test]
    fn moving_a_credential_to_the_other_dialect_changes_nothing() {
        let kind = federated_identity_credential();
        let old = created(&kind, Dialect::V4, &credential_of("parent_id", IDENTITY), &credential_answer());
        let recased = IDENTITY.replace("resourceGroups", "resourcegroups");
        let plan = change(&kind, Dialect::V5, &old, &credential_of("user_assigned_identity_id", &recased));
        assert_eq!(replacing(&plan), Vec::<String>::new());
        assert_eq!(differences(&old, &plan.planned), Vec::<String>::new());
        let moved = change(&kind, Dialect::V4, &old, &credential_of("parent_id", &format!("{IDENTITY}-2")));
        assert_eq!(replacing(&moved), ["parent_id"]);
    }

    #[test]
    fn issuer_subject_and_audience_change_in_place_byte_by_byte() {
        let kind = federated_identity_credential();
        let old = created(&kind, Dialect::V4, &credential_of("parent_id", IDENTITY), &credential_answer());
        for (name, value) in
            [("issuer", json!("https://I.example/")), ("subject", json!("system:serviceaccount:shop:API"))]
        {
            let wanted = altered(&credential_of("parent_id", IDENTITY), &[(name, value.clone())]);
            let plan = change(&kind, Dialect::V4, &old, &wanted);
            assert_eq!((differences(&old, &plan.planned), replacing(&plan)), (vec![name.to_owned()], vec![]));
            let body = kind.patched_body(credential_answer(), &old, &plan.planned);
            assert_eq!(body["properties"][name], value);
        }
    }

    #[test]
    fn azurerms_refusals_are_ours() {
        let kind = federated_identity_credential();
        let two = altered(&credential_of("parent_id", IDENTITY), &[("audience", json!(["a", "b"]))]);
        let both = altered(&credential_of("parent_id", IDENTITY), &[("user_assigned_identity_id", json!(IDENTITY))]);
        let neither = altered(&credential_of("parent_id", IDENTITY), &[("parent_id", Json::Null)]);
        for (given, summary) in [
            (two, "Too many list items"),
            (both, "Invalid combination of arguments"),
            (neither, "Invalid combination of arguments"),
        ] {
            let findings = kind.validate(&config(&kind, &given));
            assert!(findings.iter().any(|f| f.diagnostic.summary == summary), "{findings:?}");
        }
        let v4_in_v5 = creation(&kind, Dialect::V5, &credential_of("parent_id", IDENTITY));
        assert_eq!(v4_in_v5.findings[0].path.to_string(), "parent_id");
    }

    #[test]
    fn an_imported_credential_plans_no_change() {
        let kind = federated_identity_credential();
        let id = format!("{IDENTITY}/federatedIdentityCredentials/fic-api");
        let imported = kind.value_of(credential_answer(), &id, None, Reading::Anew(Dialect::V4));
        for name in ["parent_id", "user_assigned_identity_id"] {
            let plan = change(&kind, Dialect::V4, &imported, &credential_of(name, IDENTITY));
            assert_eq!(replacing(&plan), Vec::<String>::new());
        }
        assert_eq!(imported.field("user_assigned_identity_id").unwrap().as_str(), Some(IDENTITY));
    }
}
