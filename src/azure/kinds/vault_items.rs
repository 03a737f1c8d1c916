//! What a vault holds, asked of the vault itself: secrets and keys with their versions.

use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Backoff, Conflict, Method, Patience, Request, VaultClient, retry_while};
use super::super::session::{Azure, Kept};
use super::super::wire::{Row, Rule, Same, json as at, text};
use super::READ;
use super::arm_kind::already_exists;
use super::hooks::Fault;
use crate::diagnostic::Diagnostics;
use crate::value::Value;

/// An instant as azurerm writes it.
pub(super) fn instant(name: &'static str, wire: &'static str) -> Row {
    text(name).same(Same::Instant).at(wire).rule(Rule::Pattern(
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
        "(must be an instant in RFC 3339, such as 2027-01-01T00:00:00Z)",
    ))
}

/// The members of `attributes` that are instants, counted in seconds there.
const INSTANTS: [&str; 2] = ["nbf", "exp"];

/// Lays the instants of an answer beside its attributes, as the rows read them.
pub(super) fn lift_instants(answer: &mut Json) {
    for member in INSTANTS {
        let seconds = at::get(answer, &format!("attributes.{member}")).and_then(Json::as_i64);
        let instant = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        if let Some(instant) = instant {
            at::set(answer, member, json!(instant.to_string()));
        }
    }
}

/// Puts them back.
pub(super) fn lower_instants(body: &mut Json) {
    for member in INSTANTS {
        let Some(text) = at::remove(body, member) else { continue };
        let instant = text.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        if let Some(instant) = instant {
            at::set(body, &format!("attributes.{member}"), json!(instant.as_second()));
        }
    }
}

/// The ARM id of the vault of the subscription that has this address. The address of what is in a vault does not say
/// which vault that is, by ARM's name: all vaults are gone through.
pub(super) async fn of_uri(azure: &Azure, uri: &str) -> Result<Option<String>, Diagnostics> {
    let list = format!("/subscriptions/{}/providers/Microsoft.KeyVault/vaults", azure.subscription);
    let request = Request::new(Method::Get, list, "2023-07-01");
    let vaults = azure.client.list(&request, &azure.client.patience(READ)).await;
    let vaults = vaults.map_err(|e| e.diagnostic("list the vaults of the subscription"))?;
    let same = |vault: &&Json| {
        at::get_str(vault, "properties.vaultUri")
            .is_some_and(|here| here.trim_end_matches('/').eq_ignore_ascii_case(uri.trim_end_matches('/')))
    };
    Ok(vaults.iter().find(same).and_then(|vault| at::get_str(vault, "id")).map(str::to_owned))
}

pub(super) fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value.field(name).and_then(Value::as_str).unwrap_or_default()
}

/// A vault that is being asked.
pub(super) struct Vault<'a> {
    client: &'a VaultClient,
    /// Its ARM id.
    id: &'a str,
    /// Its address.
    pub(super) uri: String,
    patience: Patience<'a>,
}

impl<'a> Vault<'a> {
    /// Finds the address of a vault; `None` when there is no such vault.
    pub(super) async fn find(
        azure: &'a Azure,
        id: &'a str,
        patience: Patience<'a>,
    ) -> Result<Option<Self>, Diagnostics> {
        let Some(client) = &azure.vaults else { return Ok(None) };
        let found = azure.client.find(id, "2023-07-01", &patience).await;
        let found = found.map_err(|e| e.diagnostic(&format!("read the vault {id}")))?;
        let uri = found.as_ref().and_then(|vault| at::get_str(&vault.body, "properties.vaultUri"));
        Ok(uri.map(|uri| Self { client, id, uri: uri.trim_end_matches('/').to_owned(), patience }))
    }

    fn request(&self, method: Method, path: &str) -> Request {
        self.client.request(method, &self.uri, path)
    }

    /// Sends a write. A role that was granted a moment ago does not work at once.
    pub(super) async fn write(&self, method: Method, path: &str, body: Option<Json>) -> Result<Json, ArmError> {
        let request = body.into_iter().fold(self.request(method, path), Request::body);
        let patience = self.patience.at_most(NOT_YET_ALLOWED);
        retry_while(&[Conflict::NotYetAllowed], &patience, || self.client.client().perform(&request, &self.patience))
            .await
    }

    /// What there is at a path, with the vault's id beside it.
    pub(super) async fn read(&self, path: &str) -> Result<Option<Json>, ArmError> {
        let request = self.request(Method::Get, path);
        let patience = self.patience.at_most(NOT_YET_ALLOWED);
        let sent =
            retry_while(&[Conflict::NotYetAllowed], &patience, || self.client.client().send(&request, &self.patience));
        match sent.await {
            Ok(answer) => {
                let mut body = answer.body;
                at::set(&mut body, "vault", json!(self.id));
                Ok(Some(body))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until a path is there, or is not there any more.
    pub(super) async fn wait_for(&self, path: &str, wanted: bool) -> Result<(), ArmError> {
        for wait in Backoff::new(FIRST_WAIT, LONGEST_WAIT) {
            if self.read(path).await?.is_some() == wanted {
                break;
            }
            self.patience.pause(wait).await?;
        }
        Ok(())
    }
}

/// One thing in a vault that is being asked for or written.
pub(super) struct Item<'a> {
    pub(super) vault: Vault<'a>,
    /// `secrets`
    pub(super) collection: &'static str,
    /// `azurerm_key_vault_secret`
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// What becomes of deleted ones.
    pub(super) kept: Kept,
    /// One that is there already is written over instead of being refused.
    pub(super) overwrites: bool,
}

impl Item<'_> {
    /// Where it is in the vault.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.collection, self.name)
    }

    /// Its newest version.
    pub(super) async fn read(&self) -> Result<Option<Json>, ArmError> {
        self.vault.read(&self.path()).await
    }

    /// One of its versions.
    pub(super) async fn read_version(&self, version: &str) -> Result<Option<Json>, ArmError> {
        self.vault.read(&format!("{}/{version}", self.path())).await
    }

    /// What to say of one that is there already and is not ours.
    pub(super) fn taken(&self) -> Fault {
        already_exists(self.kind, &format!("{}/{}/VERSION", self.vault.uri, self.path())).into()
    }

    /// What a first write came to; `false` when the vault still keeps one of its name after its deletion and that has
    /// been recovered, where it may be: it is to be changed now.
    pub(super) async fn made_or_recovered(&self, outcome: Result<Json, ArmError>) -> Result<bool, ArmError> {
        match outcome {
            Err(error) if error.service().is_some_and(|e| e.status == 409) && self.kept.recover => {
                self.vault.write(Method::Post, &format!("deleted{}/recover", self.path()), None).await?;
                self.vault.wait_for(&self.path(), true).await?;
                Ok(false)
            }
            other => other.map(|_| true),
        }
    }

    /// Deletes it. A deleted one is kept for a while; it is purged if that is asked for.
    pub(super) async fn remove(&self) -> Result<(), ArmError> {
        self.vault.write(Method::Delete, &self.path(), None).await?;
        if !self.kept.purge {
            return Ok(());
        }
        let deleted = format!("deleted{}", self.path());
        self.vault.wait_for(&deleted, true).await?;
        match self.vault.write(Method::Delete, &deleted, None).await {
            // A vault with purge protection keeps it to the end of its time.
            Err(error) if error.service().is_some_and(|e| e.status == 403) => Ok(()),
            other => other.map(drop),
        }
    }
}

/// How long a role that was just granted is waited for.
const NOT_YET_ALLOWED: std::time::Duration = std::time::Duration::from_secs(2 * 60);
const FIRST_WAIT: std::time::Duration = std::time::Duration::from_secs(1);
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(10);
