//! `azurerm_key_vault_secret`: what a vault holds, asked of the vault itself. A secret has versions; a new value is a
//! new version, and the recorded id is that of the newest.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::Method;
use super::super::session::{Azure, Kept};
use super::super::wire::{self, Row, Rule, Same, Table, at as value_at, json as at, text, text_map};
use super::hooks::{Fault, Hooks};
use super::vault_items::{Item, instant, lift_instants, lower_instants, text_of};
use super::vault_kind::{Held, VaultData, VaultKind, Wanted, lift_address};
use crate::value::{Fields, Type, Value};

/// `azurerm_key_vault_secret`
pub fn kind() -> VaultKind<Secret> {
    VaultKind::new(Secret)
}

/// `data "azurerm_key_vault_secret"`
pub fn data() -> VaultData<Secret> {
    VaultData::new(Secret)
}

const VALUE: Rule = Rule::ExactlyOneOf(&["value", "value_wo"]);

/// What follows from the version, which changes with the value.
const NEW_VERSION: &[&str] = &["value", "value_wo_version"];

/// A secret.
#[derive(Clone, Copy)]
pub struct Secret;

#[async_trait]
impl Held for Secret {
    const NOUN: &'static str = "secret";
    const COLLECTION: &'static str = "secrets";
    const ADDRESS: &'static str = "id";

    fn table() -> Table {
        // The id is the address of a version, which is known once Azure has made it.
        Table::of("azurerm_key_vault_secret", "Microsoft.KeyVault/vaults/secrets", "7.4", "{address_of_the_version}")
            .about("A secret in a Key Vault.")
            .rows([
                text("name")
                    .required()
                    .replaces()
                    .at("name")
                    .about("The name of the secret.")
                    .rule(Rule::Pattern("^[0-9a-zA-Z-]{1,127}$", "(must be 1 to 127 letters, digits or `-`)")),
                text("key_vault_id").required().replaces().same(Same::ArmId).at("vault").about("The vault."),
                text("value").sensitive().rule(VALUE).at("value").about("What is kept secret."),
                text("value_wo")
                    .write_only()
                    .rule(VALUE)
                    .rule(Rule::With(&["value_wo_version"]))
                    .about("The same, and never recorded."),
                wire::integer("value_wo_version")
                    .rule(Rule::With(&["value_wo"]))
                    .about("A change of it writes value_wo anew."),
                text("content_type").at("contentType"),
                instant("not_before_date", "nbf").about("From when it may be used."),
                instant("expiration_date", "exp").about("Until when it may be used."),
                text_map("tags").at("tags"),
                text("version").computed().follows(NEW_VERSION).at("version"),
                text("versionless_id").computed().at("versionlessId"),
                text("resource_id").computed().follows(NEW_VERSION).at("resourceId"),
                text("resource_versionless_id").computed().at("resourceVersionlessId"),
            ])
    }

    fn as_read(row: Row) -> Option<Row> {
        match row.name {
            "name" | "key_vault_id" => Some(row),
            "version" => Some(Row { presence: wire::Presence::Optional, ..row }),
            hidden if hidden.starts_with("value_wo") => None,
            _ => Some(row.computed()),
        }
    }

    fn kept(azure: &Azure) -> Kept {
        azure.deleted_secrets
    }

    async fn make(&self, item: &Item<'_>, wanted: Wanted<'_>) -> Result<(), Fault> {
        let body = with_value(wanted);
        if let Some(present) = item.read().await?
            && !item.overwrites
        {
            // What an interrupted run has made is as it was to be.
            let is_same = ["value", "contentType", "tags"].iter().all(|m| at::get(&present, m) == at::get(&body, m));
            return if is_same { Ok(()) } else { Err(item.taken()) };
        }
        new_version(item, body).await
    }

    async fn alter(&self, item: &Item<'_>, prior: &Value, wanted: Wanted<'_>) -> Result<(), Fault> {
        if NEW_VERSION.iter().any(|path| wire::changed(prior, wanted.planned, path)) {
            return new_version(item, with_value(wanted)).await;
        }
        let mut body = wanted.body;
        at::remove(&mut body, "value");
        let absent = [("contentType", json!("")), ("tags", json!({})), ("attributes", json!({}))];
        for (member, nothing) in absent {
            if at::get(&body, member).is_none() {
                at::set(&mut body, member, nothing);
            }
        }
        let version = format!("{}/{}", item.path(), text_of(prior, "version"));
        item.vault.write(Method::Patch, &version, Some(body)).await?;
        Ok(())
    }
}

/// What is sent for a new version, with the value that is never recorded.
fn with_value(wanted: Wanted<'_>) -> Json {
    let mut body = wanted.body;
    if let Some(hidden) = wanted.config.field("value_wo").filter(|hidden| !hidden.is_null()) {
        at::set(&mut body, "value", json!(hidden.as_str().unwrap_or_default()));
    }
    body
}

async fn new_version(item: &Item<'_>, body: Json) -> Result<(), Fault> {
    let outcome = item.vault.write(Method::Put, &item.path(), Some(body.clone())).await;
    if !item.made_or_recovered(outcome).await? {
        item.vault.write(Method::Put, &item.path(), Some(body)).await?;
    }
    Ok(())
}

/// What is laid beside a vault's members, and not sent.
const LAID: [&str; 7] = ["name", "vault", "version", "versionlessId", "resourceId", "resourceVersionlessId", "id"];

impl Hooks for Secret {
    fn plan(&self, case: &mut wire::PlanCase<'_>) {
        if NEW_VERSION.iter().any(|path| case.changes(path)) {
            case.set("id", Value::unknown(Type::String));
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        lift_instants(answer);
        lift_address::<Self>(answer);
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        lower_instants(body);
        for member in LAID {
            at::remove(body, member);
        }
    }

    fn finish(&self, fields: &mut Fields, prior: Option<&Value>) {
        // A value that is never recorded is not recorded when it is read, either.
        let unrecorded = prior.is_some_and(|prior| {
            value_at(prior, "value_wo_version").is_some_and(|version| !version.is_null())
                && value_at(prior, "value").is_none_or(Value::is_null)
        });
        if unrecorded {
            fields.insert("value".into(), Value::null(Type::String));
        }
    }
}
