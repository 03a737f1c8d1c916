//! A kind whose objects a vault holds: secrets and keys. They are asked of the vault itself, have versions, of which the
//! newest is the recorded one, and are kept for a while after their deletion. What is of its own in each says [`Held`].

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Patience};
use super::super::session::{Azure, Kept};
use super::super::wire::{Dialect, Reading, Row, Table, json as at};
use super::arm_data::schema;
use super::arm_kind::{ArmKind, nothing_to_import, record};
use super::hooks::{Fault, Hooks};
use super::vault_items::{Item, Vault, of_uri, text_of};
use super::{AzureData, AzureKind, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Finding, Kind, PlanRequest, PlanResponse, Recorded, Schema, Sent, Settled, Watch, time_limit,
};
use crate::value::Value;

/// How long a write may take (azurerm's 30 minutes).
const WRITE: Duration = Duration::from_secs(30 * 60);

/// What one kind of things that a vault holds has of its own.
#[async_trait]
pub(super) trait Held: Hooks + Copy + 'static {
    /// What people call one: `secret`.
    const NOUN: &'static str;
    /// The vault's collection of them: `secrets`.
    const COLLECTION: &'static str;
    /// Where an answer has the address of the version.
    const ADDRESS: &'static str;

    /// Its attributes.
    fn table() -> Table;

    /// A row as the data source has it; `None` for what is not told there.
    fn as_read(row: Row) -> Option<Row>;

    /// What becomes of deleted ones, by azurerm's features.
    fn kept(azure: &Azure) -> Kept;

    /// Lays beside an answer what the vault tells elsewhere; `recorded` is `None` for one that is taken over.
    async fn complete(&self, _item: &Item<'_>, _answer: &mut Json, _recorded: Option<&Value>) -> Result<(), ArmError> {
        Ok(())
    }

    /// Makes it.
    async fn make(&self, item: &Item<'_>, wanted: Wanted<'_>) -> Result<(), Fault>;

    /// Changes it.
    async fn alter(&self, item: &Item<'_>, prior: &Value, wanted: Wanted<'_>) -> Result<(), Fault>;
}

/// What is to be in a vault.
pub(super) struct Wanted<'a> {
    /// As the rows write it.
    pub(super) body: Json,
    pub(super) planned: &'a Value,
    pub(super) config: &'a Value,
}

/// The managed kind.
pub struct VaultKind<T> {
    kind: ArmKind,
    held: T,
}

/// The data source.
pub struct VaultData<T> {
    kind: VaultKind<T>,
    schema: Schema,
}

impl<T: Held> VaultKind<T> {
    pub(super) fn new(held: T) -> Self {
        Self { kind: ArmKind::new(T::table(), held), held }
    }

    /// The item that a value is of; `None` when its vault is not there.
    async fn item<'a>(
        &'a self,
        azure: &'a Azure,
        value: &'a Value,
        patience: Patience<'a>,
    ) -> Result<Option<Item<'a>>, Diagnostics> {
        let vault = Vault::find(azure, text_of(value, "key_vault_id"), patience).await?;
        Ok(vault.map(|vault| self.item_of(azure, vault, text_of(value, "name"))))
    }

    fn item_of<'a>(&'a self, azure: &Azure, vault: Vault<'a>, name: &'a str) -> Item<'a> {
        let kind = self.name();
        Item {
            vault,
            collection: T::COLLECTION,
            kind,
            name,
            kept: T::kept(azure),
            overwrites: azure.overwrite_existing,
        }
    }

    /// What there is of an item, complete.
    async fn found(&self, item: &Item<'_>, recorded: Option<&Value>) -> Result<Option<Json>, Diagnostics> {
        let asked = async {
            let Some(mut answer) = item.read().await? else { return Ok(None) };
            self.held.complete(item, &mut answer, recorded).await?;
            Ok(Some(answer))
        };
        asked.await.map_err(|error| self.kind.problem("read", item.name, &error))
    }

    /// An answer as a recorded object.
    fn recorded(&self, dialect: Dialect, answer: Json, beside: Option<&Value>) -> Recorded {
        let reading = if beside.is_some() { Reading::Beside } else { Reading::Anew(dialect) };
        record(self.value_of(answer, beside, reading))
    }

    fn value_of(&self, answer: Json, beside: Option<&Value>, reading: Reading) -> Value {
        let id = at::get_str(&answer, T::ADDRESS).unwrap_or_default().to_owned();
        self.kind.value_of(answer, &id, beside, reading)
    }

    async fn look(&self, azure: &Azure, value: &Value, beside: &Value) -> Result<Option<Recorded>, Diagnostics> {
        let Some(item) = self.item(azure, value, azure.client.patience(READ)).await? else { return Ok(None) };
        let found = self.found(&item, Some(beside)).await?;
        Ok(found.map(|answer| self.recorded(azure.dialect, answer, Some(beside))))
    }

    async fn write(
        &self,
        azure: &Azure,
        planned: &Value,
        config: &Value,
        prior: Option<&Value>,
        watch: &dyn Watch,
    ) -> Result<(), Diagnostics> {
        let doing = if prior.is_some() { "update" } else { "create" };
        let patience = azure.client.patience(time_limit(planned, doing).unwrap_or(WRITE)).watched(watch);
        let item = self.item(azure, planned, patience).await?.ok_or_else(|| no_vault::<T>(planned))?;
        let wanted = Wanted { body: self.kind.first_body(planned), planned, config };
        let outcome = match prior {
            None => self.held.make(&item, wanted).await,
            Some(prior) => self.held.alter(&item, prior, wanted).await,
        };
        outcome.map_err(|fault| self.kind.fault(doing, item.name, fault))
    }

    /// What is there after a write, with what went wrong.
    async fn applied(&self, azure: &Azure, planned: &Value, beside: &Value, mut diagnostics: Diagnostics) -> Applied {
        let recorded = self.look(azure, planned, beside).await.unwrap_or_else(|problem| {
            diagnostics.extend(problem);
            None
        });
        Applied { recorded, diagnostics }
    }
}

fn no_vault<T: Held>(value: &Value) -> Diagnostic {
    let (noun, name, vault) = (T::NOUN, text_of(value, "name"), text_of(value, "key_vault_id"));
    let detail = format!("The {noun} {name} is to be in the vault {vault}, which does not exist, or is not ready yet.");
    Diagnostic::error("Resource not found", detail)
}

impl<T: Held> Kind for VaultKind<T> {
    fn name(&self) -> &str {
        self.kind.name()
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
impl<T: Held> AzureKind for VaultKind<T> {
    fn plan(&self, azure: &Azure, request: PlanRequest<'_>) -> PlanResponse {
        self.kind.plan(azure, request)
    }

    async fn read(&self, azure: &Azure, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let found = self.look(azure, &recorded.value, &recorded.value).await?;
        Ok(found.map(|found| Recorded { private: recorded.private.clone(), ..found }))
    }

    /// The address of an item does not say which vault has it, by ARM's name: all vaults are gone through.
    async fn import(&self, azure: &Azure, id: &str) -> Result<Recorded, Diagnostics> {
        let nothing = || nothing_to_import(self.name(), id);
        let (uri, name, _) = parts(T::COLLECTION, id).ok_or_else(nothing)?;
        let vault = of_uri(azure, uri).await?.ok_or_else(nothing)?;
        let vault = Vault::find(azure, &vault, azure.client.patience(READ)).await?.ok_or_else(nothing)?;
        let found = self.found(&self.item_of(azure, vault, name), None).await?;
        Ok(self.recorded(azure.dialect, found.ok_or_else(nothing)?, None))
    }

    async fn create(&self, azure: &Azure, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied {
        match self.write(azure, planned, config, None, watch).await {
            Err(diagnostics) => Applied { recorded: None, diagnostics },
            Ok(()) => self.applied(azure, planned, planned, Diagnostics::new()).await,
        }
    }

    async fn update(
        &self,
        azure: &Azure,
        prior: &Recorded,
        planned: &Value,
        config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        match self.write(azure, planned, config, Some(&prior.value), watch).await {
            Err(diagnostics) => self.applied(azure, planned, &prior.value, diagnostics).await,
            Ok(()) => self.applied(azure, planned, planned, Diagnostics::new()).await,
        }
    }

    /// A deleted one is kept by the vault for a while, in the way of a new one of its name: azurerm's features
    /// `purge_soft_deleted_secrets_on_destroy` and `purge_soft_deleted_keys_on_destroy` have it purged.
    async fn delete(&self, azure: &Azure, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let patience = azure.client.patience(time_limit(&prior.value, "delete").unwrap_or(WRITE)).watched(watch);
        let removed = match self.item(azure, &prior.value, patience).await {
            Ok(Some(item)) => item.remove().await.map_err(|error| self.kind.problem("delete", item.name, &error)),
            other => other.map(drop),
        };
        match removed {
            Ok(()) => Applied { recorded: None, diagnostics: Diagnostics::new() },
            Err(diagnostics) => Applied { recorded: Some(prior.clone()), diagnostics },
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
}

impl<T: Held> VaultData<T> {
    pub(super) fn new(held: T) -> Self {
        let VaultKind { kind, held } = VaultKind::new(held);
        let kind = kind.with_rows(|rows| {
            let plain = |mut row: Row| {
                row.rules.clear();
                T::as_read(row)
            };
            rows.into_iter().filter_map(plain).collect()
        });
        Self { schema: schema(&kind.table().rows), kind: VaultKind { kind, held } }
    }
}

impl<T: Held> Kind for VaultData<T> {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl<T: Held> AzureData for VaultData<T> {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let item = self.kind.item(azure, config, azure.client.patience(READ)).await?;
        let item = item.ok_or_else(|| no_vault::<T>(config))?;
        let version = text_of(config, "version");
        let found = if version.is_empty() { item.read().await } else { item.read_version(version).await };
        let found = found.map_err(|error| self.kind.kind.problem("read", item.name, &error))?;
        let answer = found.ok_or_else(|| {
            let (noun, name, uri) = (T::NOUN, item.name, &item.vault.uri);
            let and_version = if version.is_empty() { "" } else { " and version" };
            let detail = format!("The vault {uri} has no {noun} {name:?}. Check its name{and_version}.");
            Diagnostic::error("Resource not found", detail)
        })?;
        let read = self.kind.value_of(answer, None, Reading::Anew(azure.dialect));
        let given = |name: &str| config.field(name).filter(|value| !value.is_null()).cloned();
        let fields = read.as_fields().into_iter().flatten();
        Ok(Value::object_of(fields.map(|(name, value)| (name.clone(), given(name).unwrap_or_else(|| value.clone())))))
    }
}

/// Lays the parts of an answer's address beside it, as the rows read them.
pub(super) fn lift_address<T: Held>(answer: &mut Json) {
    let id = at::get_str(answer, T::ADDRESS).unwrap_or_default().to_owned();
    let Some((vault, name, version)) = parts(T::COLLECTION, &id) else { return };
    let versionless = format!("{vault}/{}/{name}", T::COLLECTION);
    if let Some(vault) = at::get_str(answer, "vault") {
        let resource = format!("{vault}/{}/{name}", T::COLLECTION);
        at::set(answer, "resourceId", json!(format!("{resource}/versions/{version}")));
        at::set(answer, "resourceVersionlessId", json!(resource));
    }
    for (member, value) in [("name", name), ("version", version), ("versionlessId", &*versionless)] {
        at::set(answer, member, json!(value));
    }
}

/// The vault's address, the name and the version in the address of a version, or of an item.
fn parts<'i>(collection: &str, id: &'i str) -> Option<(&'i str, &'i str, &'i str)> {
    let (vault, rest) = id.split_once(&format!("/{collection}/"))?;
    let (name, version) = rest.split_once('/').unwrap_or((rest, ""));
    Some((vault, name, version))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn an_address_has_vault_name_and_version() {
        let address = "https://kv.vault.azure.net/secrets/db/0a1b";
        assert_eq!(parts("secrets", address), Some(("https://kv.vault.azure.net", "db", "0a1b")));
        assert_eq!(
            parts("keys", "https://kv.vault.azure.net/keys/des"),
            Some(("https://kv.vault.azure.net", "des", ""))
        );
        assert_eq!(parts("secrets", "https://kv.vault.azure.net/keys/db"), None);
    }
}
