//! `azurerm_key_vault_secret`: what a vault holds, asked of the vault itself. A secret has versions; a new value is a
//! new version, and the recorded id is that of the newest.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method};
use super::super::session::Azure;
use super::super::wire::{self, Reading, Row, Rule, Same, Table, at as value_at, json as at, text, text_map};
use super::arm_data::schema;
use super::arm_kind::{ArmKind, already_exists, nothing_to_import, record};
use super::hooks::Hooks;
use super::vault_items::{Vault, instant, lift_instants, lower_instants, of_uri, text_of};
use super::{AzureData, AzureKind, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, Lane, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch, time_limit,
};
use crate::value::{Fields, Value};

/// A secret.
pub struct Secret {
    kind: ArmKind,
}

/// `data "azurerm_key_vault_secret"`
pub struct SecretData {
    kind: ArmKind,
    schema: Schema,
}

/// `azurerm_key_vault_secret`
pub fn kind() -> Secret {
    Secret { kind: ArmKind::new(table(), Shape) }
}

/// `data "azurerm_key_vault_secret"`
pub fn data() -> SecretData {
    let kind = ArmKind::new(table(), Shape).with_rows(|rows| {
        let kept = rows.into_iter().filter(|row| !row.name.starts_with("value_wo"));
        kept.map(|mut row| {
            row.rules.clear();
            match row.name {
                "name" | "key_vault_id" => row,
                "version" => Row { presence: wire::Presence::Optional, ..row },
                _ => row.computed(),
            }
        })
        .collect()
    });
    SecretData { schema: schema(&kind.table().rows), kind }
}

const NAME: &str = "azurerm_key_vault_secret";
const VALUE: Rule = Rule::ExactlyOneOf(&["value", "value_wo"]);

/// What follows from the version, which changes with the value.
const NEW_VERSION: &[&str] = &["value", "value_wo_version"];

fn table() -> Table {
    // The id is the address of a version, which is known once Azure has made it.
    Table::of(NAME, "Microsoft.KeyVault/vaults/secrets", "7.4", "{address_of_the_version}")
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

/// What a vault answers as the rows read it, and back.
struct Shape;

/// What is laid beside a vault's members, and not sent.
const LAID: [&str; 7] = ["name", "vault", "version", "versionlessId", "resourceId", "resourceVersionlessId", "id"];

impl Hooks for Shape {
    fn plan(&self, case: &mut wire::PlanCase<'_>) {
        if NEW_VERSION.iter().any(|path| case.changes(path)) {
            case.set("id", Value::unknown(crate::value::Type::String));
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        lift_instants(answer);
        let id = at::get_str(answer, "id").unwrap_or_default().to_owned();
        let Some((vault, name, version)) = parts(&id) else { return };
        let versionless = format!("{vault}/secrets/{name}");
        if let Some(resource) = at::get_str(answer, "vault").map(|vault| format!("{vault}/secrets/{name}")) {
            at::set(answer, "resourceId", json!(format!("{resource}/versions/{version}")));
            at::set(answer, "resourceVersionlessId", json!(resource));
        }
        for (member, value) in [("name", name), ("version", version), ("versionlessId", &*versionless)] {
            at::set(answer, member, json!(value));
        }
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
            fields.insert("value".into(), Value::null(crate::value::Type::String));
        }
    }
}

/// The vault's address, the name and the version in the address of a version.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (vault, rest) = id.split_once("/secrets/")?;
    let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
    Some((vault, name, version))
}

impl Secret {
    /// The answer as a recorded object.
    fn recorded(&self, dialect: wire::Dialect, answer: Json, beside: Option<&Value>) -> Recorded {
        let id = at::get_str(&answer, "id").unwrap_or_default().to_owned();
        let reading = if beside.is_some() { Reading::Beside } else { Reading::Anew(dialect) };
        record(self.kind.value_of(answer, &id, beside, reading))
    }

    async fn look(&self, azure: &Azure, value: &Value, beside: &Value) -> Result<Option<Recorded>, Diagnostics> {
        let (vault, name) = (text_of(value, "key_vault_id"), text_of(value, "name"));
        let patience = azure.client.patience(READ);
        let Some(vault) = Vault::find(azure, vault, patience).await? else { return Ok(None) };
        let found = vault.read(&format!("secrets/{name}")).await.map_err(|e| problem("read", name, &e))?;
        Ok(found.map(|answer| self.recorded(azure.dialect, answer, Some(beside))))
    }

    /// Writes, and reads what is there then.
    async fn write(
        &self,
        azure: &Azure,
        planned: &Value,
        config: &Value,
        prior: Option<&Value>,
        watch: &dyn Watch,
    ) -> Result<(), Diagnostics> {
        let (vault, name) = (text_of(planned, "key_vault_id"), text_of(planned, "name"));
        let doing = if prior.is_some() { "update" } else { "create" };
        let limit = time_limit(planned, doing).unwrap_or(std::time::Duration::from_secs(30 * 60));
        let patience = azure.client.patience(limit).watched(watch);
        let found = Vault::find(azure, vault, patience).await?;
        let vault = found.ok_or_else(|| no_vault(name, vault))?;
        let failed = |e: ArmError| problem(doing, name, &e);
        let secret = format!("secrets/{name}");
        let mut body = self.kind.first_body(planned);
        if let Some(hidden) = config.field("value_wo").filter(|hidden| !hidden.is_null()) {
            at::set(&mut body, "value", json!(hidden.as_str().unwrap_or_default()));
        }
        let renewed = prior.is_none_or(|prior| NEW_VERSION.iter().any(|path| wire::changed(prior, planned, path)));
        if !renewed {
            let prior = prior.unwrap_or(planned);
            at::remove(&mut body, "value");
            let absent = [("contentType", json!("")), ("tags", json!({})), ("attributes", json!({}))];
            for (member, nothing) in absent {
                if at::get(&body, member).is_none() {
                    at::set(&mut body, member, nothing);
                }
            }
            let path = format!("{secret}/{}", text_of(prior, "version"));
            return vault.write(Method::Patch, &path, Some(body)).await.map(drop).map_err(failed);
        }
        if prior.is_none()
            && let Some(present) = vault.read(&secret).await.map_err(failed)?
            && !azure.overwrite_existing
        {
            // What an interrupted run has made is as it was to be.
            let is_same = ["value", "contentType", "tags"].iter().all(|m| at::get(&present, m) == at::get(&body, m));
            let address = format!("{}/{secret}/VERSION", vault.uri);
            return if is_same { Ok(()) } else { Err(already_exists(NAME, &address).into()) };
        }
        match vault.write(Method::Put, &secret, Some(body.clone())).await {
            Err(error) if error.service().is_some_and(|e| e.status == 409) && azure.deleted_secrets.recover => {
                vault.write(Method::Post, &format!("deleted{secret}/recover"), None).await.map_err(failed)?;
                vault.wait_for(&secret, true).await.map_err(failed)?;
                vault.write(Method::Put, &secret, Some(body)).await.map(drop).map_err(failed)
            }
            other => other.map(drop).map_err(failed),
        }
    }

    async fn applied(
        &self,
        azure: &Azure,
        planned: &Value,
        beside: &Value,
        outcome: Result<(), Diagnostics>,
    ) -> Applied {
        let mut diagnostics = outcome.err().unwrap_or_default();
        let recorded = self.look(azure, planned, beside).await.unwrap_or_else(|problem| {
            diagnostics.extend(problem);
            None
        });
        Applied { recorded, diagnostics }
    }
}

fn problem(doing: &str, name: &str, error: &ArmError) -> Diagnostics {
    error.diagnostic(&format!("{doing} {NAME} {name}")).into()
}

fn no_vault(name: &str, vault: &str) -> Diagnostic {
    Diagnostic::error(
        "Resource not found",
        format!("The secret {name} is to be in the vault {vault}, which does not exist, or is not ready yet."),
    )
}

impl Kind for Secret {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        self.kind.schema()
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        self.kind.validate(config)
    }
}

#[async_trait]
impl AzureKind for Secret {
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        self.kind.plan(azure, request)
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let found = self.look(azure, &recorded.value, &recorded.value).await?;
        Ok(found.map(|found| Recorded { private: recorded.private.clone(), ..found }))
    }

    /// The address of a secret does not say which vault has it, by ARM's name: all vaults are gone through.
    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        let nothing = || nothing_to_import(NAME, id);
        let (uri, name, _) = parts(id).ok_or_else(nothing)?;
        let vault = of_uri(azure, uri).await?.ok_or_else(nothing)?;
        let vault = Vault::find(azure, &vault, azure.client.patience(READ)).await?.ok_or_else(nothing)?;
        let found = vault.read(&format!("secrets/{name}")).await.map_err(|e| problem("read", name, &e))?;
        Ok(self.recorded(azure.dialect, found.ok_or_else(nothing)?, None))
    }

    async fn create(&self, azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        let outcome = self.write(azure, planned, config, None, watch).await;
        if let Err(diagnostics) = outcome {
            return Applied { recorded: None, diagnostics };
        }
        self.applied(azure, planned, planned, outcome).await
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let outcome = self.write(azure, planned, config, Some(&prior.value), watch).await;
        let beside = if outcome.is_ok() { planned } else { &prior.value };
        self.applied(azure, planned, beside, outcome).await
    }

    /// A deleted secret is kept by the vault for a while, in the way of a new one of its name: azurerm's feature
    /// `purge_soft_deleted_secrets_on_destroy` has it purged.
    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let (vault, name) = (text_of(&prior.value, "key_vault_id"), text_of(&prior.value, "name"));
        let gone = Applied { recorded: None, diagnostics: Diagnostics::new() };
        let limit = time_limit(&prior.value, "delete").unwrap_or(std::time::Duration::from_secs(30 * 60));
        let failed = |diagnostics| Applied { recorded: Some(prior.clone()), diagnostics };
        let vault = match Vault::find(azure, vault, azure.client.patience(limit).watched(watch)).await {
            Ok(Some(vault)) => vault,
            Ok(None) => return gone,
            Err(diagnostics) => return failed(diagnostics),
        };
        match vault.remove("secrets", name, azure.deleted_secrets.purge).await {
            Ok(()) => gone,
            Err(error) => failed(problem("delete", name, &error)),
        }
    }

    /// Nothing is under way in a vault for long: what came of the write is read.
    async fn settle(&self, azure: &Azure, _sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics> {
        let recorded = match recorded {
            Some(recorded) => self.read(azure, recorded).await?,
            None => None,
        };
        Ok(Settled { recorded, failure: None })
    }

    fn lanes(&self, _value: &Value) -> Vec<Lane> {
        Vec::new()
    }
}

impl Kind for SecretData {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl AzureData for SecretData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let (id, name, version) =
            (text_of(config, "key_vault_id"), text_of(config, "name"), text_of(config, "version"));
        let vault = Vault::find(azure, id, azure.client.patience(READ)).await?.ok_or_else(|| no_vault(name, id))?;
        let path = if version.is_empty() { format!("secrets/{name}") } else { format!("secrets/{name}/{version}") };
        let found = vault.read(&path).await.map_err(|e| problem("read", name, &e))?;
        let answer = found.ok_or_else(|| {
            let detail = format!("The vault {} has no secret {name:?}. Check its name and version.", vault.uri);
            Diagnostic::error("Resource not found", detail)
        })?;
        let address = at::get_str(&answer, "id").unwrap_or_default().to_owned();
        let read = self.kind.value_of(answer, &address, None, Reading::Anew(azure.dialect));
        let given = |name: &str| config.field(name).filter(|value| !value.is_null()).cloned();
        let fields = read.as_fields().into_iter().flatten();
        Ok(Value::object_of(fields.map(|(name, value)| (name.clone(), given(name).unwrap_or_else(|| value.clone())))))
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn an_address_has_vault_name_and_version() {
        let address = "https://kv.vault.azure.net/secrets/db/0a1b";
        assert_eq!(parts(address), Some(("https://kv.vault.azure.net", "db", "0a1b")));
        assert_eq!(parts("https://kv.vault.azure.net/keys/db"), None);
    }
}
