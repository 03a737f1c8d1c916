//! `azurerm_key_vault_access_policy`: an entry of a vault's policies, and the ready-made sets of permissions.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::session::Azure;
use super::super::wire::{
    PlanCase, Row, Rule, Same, Table, json as at, same_text, text, texts, timeouts_type, validate,
};
use super::AzureData;
use super::arm_data::schema;
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::part_kind::{Part, PartKind};
use crate::diagnostic::Diagnostics;
use crate::provider::{Finding, Kind, Schema};
use crate::value::{Type, Value};

/// What a principal may do with what a vault holds.
pub fn policy() -> PartKind {
    PartKind::new(ArmKind::new(table(), Policy), Entry)
}

const CERTIFICATES: &[&str] = &[
    "Backup",
    "Create",
    "Delete",
    "DeleteIssuers",
    "Get",
    "GetIssuers",
    "Import",
    "List",
    "ListIssuers",
    "ManageContacts",
    "ManageIssuers",
    "Purge",
    "Recover",
    "Restore",
    "SetIssuers",
    "Update",
];
const KEYS: &[&str] = &[
    "Backup",
    "Create",
    "Decrypt",
    "Delete",
    "Encrypt",
    "Get",
    "Import",
    "List",
    "Purge",
    "Recover",
    "Restore",
    "Sign",
    "UnwrapKey",
    "Update",
    "Verify",
    "WrapKey",
    "Release",
    "Rotate",
    "GetRotationPolicy",
    "SetRotationPolicy",
];
const SECRETS: &[&str] = &["Backup", "Delete", "Get", "List", "Purge", "Recover", "Restore", "Set"];
const STORAGE: &[&str] = &[
    "Backup",
    "Delete",
    "DeleteSAS",
    "Get",
    "GetSAS",
    "List",
    "ListSAS",
    "Purge",
    "Recover",
    "RegenerateKey",
    "Restore",
    "Set",
    "SetSAS",
    "Update",
];

fn table() -> Table {
    let guid = |name| text(name).replaces().same(Same::Caseless).rule(GUID);
    Table::of(
        "azurerm_key_vault_access_policy",
        "Microsoft.KeyVault/vaults",
        "2023-07-01",
        "{key_vault_id}/objectId/{object_id}",
    )
    .about("What a principal may do with what a vault holds.")
    .rows([
        text("key_vault_id").required().replaces().same(Same::ArmId).at("vault").about("The vault."),
        guid("tenant_id").required().at("tenantId"),
        guid("object_id").required().at("objectId").about("The principal."),
        guid("application_id").at("applicationId").about("The application through which the principal must come."),
        permissions("certificate_permissions", "permissions.certificates", CERTIFICATES),
        permissions("key_permissions", "permissions.keys", KEYS),
        permissions("secret_permissions", "permissions.secrets", SECRETS),
        permissions("storage_permissions", "permissions.storage", STORAGE),
    ])
}

const GUID: Rule = Rule::Pattern("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "(must be a valid UUID)");

fn permissions(name: &'static str, wire: &'static str, known: &'static [&'static str]) -> Row {
    texts(name).same(Same::Unordered).one_of(known).at(wire)
}

struct Policy;

impl Hooks for Policy {
    fn plan(&self, case: &mut PlanCase<'_>) {
        let text = |name: &str| case.planned_at(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = match (text("key_vault_id"), text("object_id"), text("application_id")) {
            (Some(vault), Some(object), Some(application)) => {
                Some(format!("{vault}/objectId/{object}/applicationId/{application}"))
            }
            _ => None,
        };
        let is_new = case.prior.is_none() || !case.requires_replace.is_empty();
        if case.is_configured("application_id") && is_new {
            case.set("id", id.map_or_else(|| Value::unknown(Type::String), Value::string));
        }
    }

    /// Azure wants all four lists.
    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        for list in ["certificates", "keys", "secrets", "storage"] {
            let path = format!("permissions.{list}");
            if at::get(body, &path).is_none() {
                at::set(body, &path, json!([]));
            }
        }
        at::remove(body, "vault");
    }
}

struct Entry;

const POLICIES: &str = "properties.accessPolicies";

/// The vault, the principal and the application in an id.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (vault, principal) = id.split_once("/objectId/")?;
    let (object, application) = principal.split_once("/applicationId/").unwrap_or((principal, ""));
    Some((vault, object, application))
}

fn is(entry: &Json, id: &str) -> bool {
    let same =
        |member: &str, wanted: &str| same_text(Same::Caseless, at::get_str(entry, member).unwrap_or_default(), wanted);
    parts(id).is_some_and(|(_, object, application)| same("objectId", object) && same("applicationId", application))
}

fn entries(whole: &Json) -> Vec<Json> {
    at::get(whole, POLICIES).and_then(Json::as_array).cloned().unwrap_or_default()
}

impl Part for Entry {
    fn whole(&self, id: &str) -> Option<String> {
        parts(id).map(|(vault, ..)| vault.to_owned())
    }

    fn find(&self, whole: &Json, id: &str) -> Option<Json> {
        let mut entry = entries(whole).into_iter().find(|entry| is(entry, id))?;
        at::set(&mut entry, "vault", json!(parts(id)?.0));
        Some(entry)
    }

    fn put(&self, whole: &mut Json, id: &str, part: Json) {
        let mut all = entries(whole);
        match all.iter_mut().find(|entry| is(entry, id)) {
            Some(entry) => *entry = part,
            None => all.push(part),
        }
        at::set(whole, POLICIES, Json::Array(all));
    }

    fn take(&self, whole: &mut Json, id: &str) {
        let mut all = entries(whole);
        all.retain(|entry| !is(entry, id));
        at::set(whole, POLICIES, Json::Array(all));
    }

    fn lane(&self, whole: &str) -> String {
        format!("vault:{whole}")
    }
}

/// `data "azurerm_key_vault_access_policy"`: a set of permissions by the name that the portal has for it.
pub struct ReadyMade {
    table: Table,
    schema: Schema,
}

/// `data "azurerm_key_vault_access_policy"`
pub fn ready_made() -> ReadyMade {
    let table = Table::of("azurerm_key_vault_access_policy", "", "", "").rows([
        text("name").required().one_of(&[
            "Key Management",
            "Secret Management",
            "Certificate Management",
            "Key & Secret Management",
            "Key & Certificate Management",
            "Secret & Certificate Management",
            "Key, Secret, & Certificate Management",
        ]),
        texts("certificate_permissions").computed(),
        texts("key_permissions").computed(),
        texts("secret_permissions").computed(),
    ]);
    ReadyMade { schema: schema(&table.rows), table }
}

/// What each of the three words of a set's name allows.
const MANAGEMENT: [(&str, &str, &[&str]); 3] = [
    (
        "Key",
        "key_permissions",
        &["Get", "List", "Update", "Create", "Import", "Delete", "Recover", "Backup", "Restore"],
    ),
    ("Secret", "secret_permissions", &["Get", "List", "Set", "Delete", "Recover", "Backup", "Restore"]),
    (
        "Certificate",
        "certificate_permissions",
        &[
            "Get",
            "List",
            "Update",
            "Create",
            "Import",
            "Delete",
            "ManageContacts",
            "ManageIssuers",
            "GetIssuers",
            "ListIssuers",
            "SetIssuers",
            "DeleteIssuers",
        ],
    ),
];

impl Kind for ReadyMade {
    fn name(&self) -> &str {
        self.table.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        validate(&self.table, config)
    }
}

#[async_trait]
impl AzureData for ReadyMade {
    async fn read_data(&self, _azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let name = config.field("name").and_then(Value::as_str).unwrap_or_default();
        let allowed = MANAGEMENT.iter().map(|(word, attribute, permissions)| {
            let given = if name.contains(word) { *permissions } else { &[] };
            let list = Value::list(Type::String, given.iter().map(|p| Value::string(*p)).collect());
            (Arc::from(*attribute), list)
        });
        let told = [
            (Arc::from("name"), Value::string(name)),
            (Arc::from("id"), Value::string(name)),
            (Arc::from("timeouts"), config.field("timeouts").cloned().unwrap_or_else(|| Value::null(timeouts_type()))),
        ];
        Ok(Value::object_of(allowed.chain(told)))
    }
}
