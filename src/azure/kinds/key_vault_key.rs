//! `azurerm_key_vault_key`: a key in a vault, asked of the vault itself. It never leaves the vault; its public half is told.

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPublicKey};
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method};
use super::super::session::Azure;
use super::super::wire::{self, Presence, Reading, Row, Rule, Same, Table, integer, json as at, text, text_map, texts};
use super::arm_data::schema;
use super::arm_kind::{ArmKind, already_exists, nothing_to_import, record};
use super::hooks::Hooks;
use super::vault_items::{Vault, instant, lift_instants, lower_instants, of_uri, text_of};
use super::{AzureData, AzureKind, READ, key_rotation};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, Lane, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch, time_limit,
};
use crate::value::Value;

/// A key.
pub struct Key {
    kind: ArmKind,
}

/// `data "azurerm_key_vault_key"`
pub struct KeyData {
    kind: ArmKind,
    schema: Schema,
}

/// `azurerm_key_vault_key`
pub fn kind() -> Key {
    Key { kind: ArmKind::new(table(), Shape) }
}

/// `data "azurerm_key_vault_key"`
pub fn data() -> KeyData {
    let kind = ArmKind::new(table(), Shape).with_rows(|rows| {
        let read = |mut row: Row| {
            row.rules.clear();
            let is_given = matches!(row.name, "name" | "key_vault_id");
            if is_given { row } else { Row { presence: Presence::Computed, ..row } }
        };
        rows.into_iter().filter(|row| row.name != "rotation_policy").map(read).collect()
    });
    KeyData { schema: schema(&kind.table().rows), kind }
}

const NAME: &str = "azurerm_key_vault_key";
const OPERATIONS: &[&str] = &["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"];
/// How long a write may take (azurerm's 30 minutes).
const WRITE: std::time::Duration = std::time::Duration::from_secs(30 * 60);

fn table() -> Table {
    // The id is the address of a version, which is known once Azure has made it.
    Table::of(NAME, "Microsoft.KeyVault/vaults/keys", "7.4", "{address_of_the_version}")
        .about("A key in a Key Vault.")
        .rows([
            text("name")
                .required()
                .replaces()
                .at("name")
                .about("The name of the key.")
                .rule(Rule::Pattern("^[0-9a-zA-Z-]{1,127}$", "(must be 1 to 127 letters, digits or `-`)")),
            text("key_vault_id").required().replaces().same(Same::ArmId).at("vault").about("The vault."),
            text("key_type").required().replaces().one_of(&["EC", "EC-HSM", "RSA", "RSA-HSM"]).at("key.kty"),
            integer("key_size").replaces().range(2048, 4096).at("size").about("In bits, of an RSA key."),
            text("curve").or_computed().replaces().one_of(&["P-256", "P-256K", "P-384", "P-521"]).at("key.crv"),
            texts("key_opts")
                .required()
                .same(Same::Unordered)
                .one_of(OPERATIONS)
                .at("key.key_ops")
                .about("What it may be used for."),
            instant("not_before_date", "nbf").about("From when it may be used."),
            instant("expiration_date", "exp").about("Until when it may be used."),
            key_rotation::row(),
            text_map("tags").at("tags"),
            text("version").computed().at("version"),
            text("versionless_id").computed().at("versionlessId"),
            text("resource_id").computed().at("resourceId"),
            text("resource_versionless_id").computed().at("resourceVersionlessId"),
            text("n").computed().at("key.n").about("The modulus of an RSA key."),
            text("e").computed().at("key.e").about("The exponent of an RSA key."),
            text("x").computed().at("key.x").about("A coordinate of a key on a curve."),
            text("y").computed().at("key.y").about("The other coordinate."),
            text("public_key_pem").computed().at("publicPem"),
            text("public_key_openssh").computed().at("publicOpenssh"),
        ])
}

/// What a vault answers as the rows read it, and back.
struct Shape;

impl Hooks for Shape {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        lift_instants(answer);
        key_rotation::lift(answer);
        let id = at::get_str(answer, "key.kid").unwrap_or_default().to_owned();
        let Some((vault, name, version)) = parts(&id) else { return };
        let versionless = format!("{vault}/keys/{name}");
        if let Some(resource) = at::get_str(answer, "vault").map(|vault| format!("{vault}/keys/{name}")) {
            at::set(answer, "resourceId", json!(format!("{resource}/versions/{version}")));
            at::set(answer, "resourceVersionlessId", json!(resource));
        }
        for (member, value) in [("name", name), ("version", version), ("versionlessId", &*versionless)] {
            at::set(answer, member, json!(value));
        }
        if let Some(public) = public_half(answer) {
            at::set(answer, "size", json!(public.n().bits()));
            let pem = public.to_public_key_pem(LineEnding::LF).unwrap_or_default();
            at::set(answer, "publicPem", json!(pem));
            at::set(answer, "publicOpenssh", json!(openssh(&public).unwrap_or_default()));
        }
    }

    /// What makes a key; what changes one has less, see [`change`].
    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        key_rotation::lower(body);
        lower_instants(body);
        let text = |path: &str| at::get(body, path).filter(|found| !found.is_null()).cloned();
        let members = [
            ("kty", text("key.kty")),
            ("key_size", text("size")),
            ("crv", text("key.crv").filter(|curve| curve.as_str() != Some(""))),
            ("key_ops", text("key.key_ops")),
            ("attributes", text("attributes")),
            ("tags", text("tags")),
        ];
        *body = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    }
}

/// The public half of an RSA key.
fn public_half(answer: &Json) -> Option<RsaPublicKey> {
    let number = |path: &str| {
        let text = at::get_str(answer, path)?;
        Some(BigUint::from_bytes_be(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?))
    };
    RsaPublicKey::new(number("key.n")?, number("key.e")?).ok()
}

/// As a line of `authorized_keys`.
fn openssh(key: &RsaPublicKey) -> Option<String> {
    let public = ssh_key::public::RsaPublicKey::try_from(key.clone()).ok()?;
    Some(format!("{}\n", ssh_key::PublicKey::from(public).to_openssh().ok()?.trim_end()))
}

/// The vault's address, the name and the version in the address of a version.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (vault, rest) = id.split_once("/keys/")?;
    let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
    Some((vault, name, version))
}

/// What is sent to change a key: what it is made of stays.
fn change(mut body: Json) -> Json {
    for made in ["kty", "key_size", "crv"] {
        at::remove(&mut body, made);
    }
    for (member, nothing) in [("tags", json!({})), ("attributes", json!({}))] {
        if at::get(&body, member).is_none() {
            at::set(&mut body, member, nothing);
        }
    }
    body
}

impl Key {
    /// The answer as a recorded object.
    fn recorded(&self, dialect: wire::Dialect, answer: Json, beside: Option<&Value>) -> Recorded {
        let id = at::get_str(&answer, "key.kid").unwrap_or_default().to_owned();
        let reading = if beside.is_some() { Reading::Beside } else { Reading::Anew(dialect) };
        record(self.kind.value_of(answer, &id, beside, reading))
    }

    /// What the vault says of a key, with how it is rotated where that is asked for.
    async fn found(&self, vault: &Vault<'_>, name: &str, with_rotation: bool) -> Result<Option<Json>, Diagnostics> {
        let failed = |e: ArmError| problem("read", name, &e);
        let Some(mut answer) = vault.read(&format!("keys/{name}")).await.map_err(failed)? else { return Ok(None) };
        if with_rotation && let Some(document) = vault.read(&rotation_of(name)).await.map_err(failed)? {
            key_rotation::lay(&mut answer, document);
        }
        Ok(Some(answer))
    }

    async fn look(&self, azure: &Azure, value: &Value, beside: &Value) -> Result<Option<Recorded>, Diagnostics> {
        let (vault, name) = (text_of(value, "key_vault_id"), text_of(value, "name"));
        let Some(vault) = Vault::find(azure, vault, azure.client.patience(READ)).await? else { return Ok(None) };
        let found = self.found(&vault, name, key_rotation::is_said(beside)).await?;
        Ok(found.map(|answer| self.recorded(azure.dialect, answer, Some(beside))))
    }

    async fn make(&self, azure: &Azure, planned: &Value, watch: &dyn Watch) -> Result<(), Diagnostics> {
        let (vault, name) = (text_of(planned, "key_vault_id"), text_of(planned, "name"));
        let patience = azure.client.patience(time_limit(planned, "create").unwrap_or(WRITE)).watched(watch);
        let vault = Vault::find(azure, vault, patience).await?.ok_or_else(|| no_vault(name, vault))?;
        let failed = |e: ArmError| problem("create", name, &e);
        let key = format!("keys/{name}");
        if vault.read(&key).await.map_err(failed)?.is_some() && !azure.overwrite_existing {
            return Err(already_exists(NAME, &format!("{}/{key}/VERSION", vault.uri)).into());
        }
        let body = self.kind.first_body(planned);
        match vault.write(Method::Post, &format!("{key}/create"), Some(body.clone())).await {
            Err(error) if error.service().is_some_and(|e| e.status == 409) && azure.deleted_keys.recover => {
                vault.write(Method::Post, &format!("deleted{key}/recover"), None).await.map_err(failed)?;
                vault.wait_for(&key, true).await.map_err(failed)?;
                // The key that was there is taken up again, with what may be changed about it as wanted.
                vault.write(Method::Patch, &format!("{key}/"), Some(change(body))).await.map(drop).map_err(failed)?;
            }
            other => other.map(drop).map_err(failed)?,
        }
        if key_rotation::is_said(planned) {
            let document = Some(key_rotation::document(planned));
            vault.write(Method::Put, &rotation_of(name), document).await.map_err(failed)?;
        }
        Ok(())
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

/// Where in a vault it stands how a key is rotated.
fn rotation_of(name: &str) -> String {
    format!("keys/{name}/rotationpolicy")
}

fn problem(doing: &str, name: &str, error: &ArmError) -> Diagnostics {
    error.diagnostic(&format!("{doing} {NAME} {name}")).into()
}

fn no_vault(name: &str, vault: &str) -> Diagnostic {
    let detail = format!("The key {name} is to be in the vault {vault}, which does not exist, or is not ready yet.");
    Diagnostic::error("Resource not found", detail)
}

impl Kind for Key {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        self.kind.schema()
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        self.kind.validate(config)
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        self.kind.renamed(path)
    }
}

#[async_trait]
impl AzureKind for Key {
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        self.kind.plan(azure, request)
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let found = self.look(azure, &recorded.value, &recorded.value).await?;
        Ok(found.map(|found| Recorded { private: recorded.private.clone(), ..found }))
    }

    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        let nothing = || nothing_to_import(NAME, id);
        let (uri, name, _) = parts(id).ok_or_else(nothing)?;
        let vault = of_uri(azure, uri).await?.ok_or_else(nothing)?;
        let vault = Vault::find(azure, &vault, azure.client.patience(READ)).await?.ok_or_else(nothing)?;
        let found = self.found(&vault, name, true).await?;
        Ok(self.recorded(azure.dialect, found.ok_or_else(nothing)?, None))
    }

    async fn create(&self, azure: &Azure, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        match self.make(azure, planned, watch).await {
            Err(diagnostics) => Applied { recorded: None, diagnostics },
            outcome => self.applied(azure, planned, planned, outcome).await,
        }
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        _config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let (vault, name) = (text_of(planned, "key_vault_id"), text_of(planned, "name"));
        let outcome = async {
            let patience = azure.client.patience(time_limit(planned, "update").unwrap_or(WRITE)).watched(watch);
            let vault = Vault::find(azure, vault, patience).await?.ok_or_else(|| no_vault(name, vault))?;
            let path = format!("keys/{name}/{}", text_of(&prior.value, "version"));
            let body = change(self.kind.first_body(planned));
            let failed = |e: ArmError| problem("update", name, &e);
            vault.write(Method::Patch, &path, Some(body)).await.map_err(failed)?;
            let (before, after) = (key_rotation::document(&prior.value), key_rotation::document(planned));
            if before != after {
                vault.write(Method::Put, &rotation_of(name), Some(after)).await.map_err(failed)?;
            }
            Ok(())
        };
        let outcome: Result<(), Diagnostics> = outcome.await;
        let beside = if outcome.is_ok() { planned } else { &prior.value };
        self.applied(azure, planned, beside, outcome).await
    }

    /// A deleted key is kept by the vault for a while, in the way of a new one of its name: azurerm's feature
    /// `purge_soft_deleted_keys_on_destroy` has it purged.
    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let (vault, name) = (text_of(&prior.value, "key_vault_id"), text_of(&prior.value, "name"));
        let patience = azure.client.patience(time_limit(&prior.value, "delete").unwrap_or(WRITE)).watched(watch);
        let gone = Applied { recorded: None, diagnostics: Diagnostics::new() };
        let failed = |diagnostics| Applied { recorded: Some(prior.clone()), diagnostics };
        let vault = match Vault::find(azure, vault, patience).await {
            Ok(Some(vault)) => vault,
            Ok(None) => return gone,
            Err(diagnostics) => return failed(diagnostics),
        };
        match vault.remove("keys", name, azure.deleted_keys.purge).await {
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

impl Kind for KeyData {
    fn name(&self) -> &'static str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl AzureData for KeyData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let (id, name) = (text_of(config, "key_vault_id"), text_of(config, "name"));
        let vault = Vault::find(azure, id, azure.client.patience(READ)).await?.ok_or_else(|| no_vault(name, id))?;
        let found = vault.read(&format!("keys/{name}")).await.map_err(|e| problem("read", name, &e))?;
        let answer = found.ok_or_else(|| {
            let detail = format!("The vault {} has no key {name:?}. Check its name.", vault.uri);
            Diagnostic::error("Resource not found", detail)
        })?;
        let address = at::get_str(&answer, "key.kid").unwrap_or_default().to_owned();
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
        let address = "https://kv.vault.azure.net/keys/des/0a1b";
        assert_eq!(parts(address), Some(("https://kv.vault.azure.net", "des", "0a1b")));
        assert_eq!(parts("https://kv.vault.azure.net/secrets/db"), None);
    }
}
