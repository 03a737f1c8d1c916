//! `azurerm_key_vault_key`: a key in a vault, asked of the vault itself. It never leaves the vault; its public half is told.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method};
use super::super::session::{Azure, Kept};
use super::super::wire::{Presence, Row, Rule, Same, Table, integer, json as at, text, text_map, texts};
use super::hooks::{Fault, Hooks};
use super::key_rotation;
use super::public_key::PublicKey;
use super::vault_items::{Item, instant, lift_instants, lower_instants, text_of};
use super::vault_kind::{Held, VaultData, VaultKind, Wanted, lift_address};
use crate::value::Value;

/// `azurerm_key_vault_key`
pub fn kind() -> VaultKind<VaultKey> {
    VaultKind::new(VaultKey)
}

/// `data "azurerm_key_vault_key"`
pub fn data() -> VaultData<VaultKey> {
    VaultData::new(VaultKey)
}

const OPERATIONS: &[&str] = &["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"];

/// A key.
#[derive(Clone, Copy)]
pub struct VaultKey;

#[async_trait]
impl Held for VaultKey {
    const NOUN: &'static str = "key";
    const COLLECTION: &'static str = "keys";
    const ADDRESS: &'static str = "key.kid";

    fn table() -> Table {
        // The id is the address of a version, which is known once Azure has made it.
        Table::of("azurerm_key_vault_key", "Microsoft.KeyVault/vaults/keys", "7.4", "{address_of_the_version}")
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

    fn as_read(row: Row) -> Option<Row> {
        match row.name {
            "name" | "key_vault_id" => Some(row),
            "rotation_policy" => None,
            _ => Some(Row { presence: Presence::Computed, ..row }),
        }
    }

    fn kept(azure: &Azure) -> Kept {
        azure.deleted_keys
    }

    /// How it is rotated is read where that is asked for.
    async fn complete(&self, item: &Item<'_>, answer: &mut Json, recorded: Option<&Value>) -> Result<(), ArmError> {
        if recorded.is_none_or(key_rotation::is_said)
            && let Some(document) = item.vault.read(&rotation_of(item)).await?
        {
            key_rotation::lay(answer, document);
        }
        Ok(())
    }

    async fn make(&self, item: &Item<'_>, wanted: Wanted<'_>) -> Result<(), Fault> {
        if item.read().await?.is_some() && !item.overwrites {
            return Err(item.taken());
        }
        let outcome =
            item.vault.write(Method::Post, &format!("{}/create", item.path()), Some(wanted.body.clone())).await;
        if !item.made_or_recovered(outcome).await? {
            // The key that was there is taken up again, with what may be changed about it as wanted.
            item.vault.write(Method::Patch, &format!("{}/", item.path()), Some(change(wanted.body))).await?;
        }
        if key_rotation::is_said(wanted.planned) {
            let document = key_rotation::document(wanted.planned);
            item.vault.write(Method::Put, &rotation_of(item), Some(document)).await?;
        }
        Ok(())
    }

    async fn alter(&self, item: &Item<'_>, prior: &Value, wanted: Wanted<'_>) -> Result<(), Fault> {
        let version = format!("{}/{}", item.path(), text_of(prior, "version"));
        item.vault.write(Method::Patch, &version, Some(change(wanted.body))).await?;
        let (before, after) = (key_rotation::document(prior), key_rotation::document(wanted.planned));
        if before != after {
            item.vault.write(Method::Put, &rotation_of(item), Some(after)).await?;
        }
        Ok(())
    }
}

/// Where in a vault it stands how a key is rotated.
fn rotation_of(item: &Item<'_>) -> String {
    format!("{}/rotationpolicy", item.path())
}

impl Hooks for VaultKey {
    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        lift_instants(answer);
        key_rotation::lift(answer);
        lift_address::<Self>(answer);
        let Some(public) = at::get(answer, "key").and_then(PublicKey::of) else { return };
        let forms = [("publicPem", public.pem()), ("publicOpenssh", public.openssh())];
        for (member, form) in forms {
            at::set(answer, member, json!(form));
        }
        if let Some(bits) = public.bits() {
            at::set(answer, "size", json!(bits));
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
