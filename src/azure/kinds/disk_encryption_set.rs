//! `azurerm_disk_encryption_set`: the key that the disks of nodes are encrypted with.

use serde_json::{Value as Json, json};

use super::super::wire::{
    ANY_IDENTITIES, Rule, Same, Table, flag, identity, json as at, location, name, resource_group_name, tags, text,
};
use super::arm_data::ArmData;
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::identity::subscription_list;
use crate::value::Value;

/// A disk encryption set.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Set)
}

/// `data "azurerm_disk_encryption_set"`
pub fn data() -> ArmData {
    ArmData::of(kind(), &["name", "resource_group_name"], Vec::new()).without(&[
        "key_vault_key_id",
        "managed_hsm_key_id",
        "encryption_type",
        "federated_client_id",
    ])
}

const KEY: Rule = Rule::ExactlyOneOf(&["key_vault_key_id", "managed_hsm_key_id"]);
const KEY_URL: &str = "properties.activeKey.keyUrl";

fn table() -> Table {
    Table::of(
        "azurerm_disk_encryption_set",
        "Microsoft.Compute/diskEncryptionSets",
        "2023-04-02",
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Compute/\
         diskEncryptionSets/{name}",
    )
    .about("The key that disks are encrypted with.")
    .rows([
        name(),
        resource_group_name(),
        location(),
        text("key_vault_key_id").rule(KEY).at("vaultKey").about("The address of a key of a vault."),
        text("managed_hsm_key_id").rule(KEY).at("hsmKey").about("The address of a key of a managed HSM."),
        text("key_vault_key_url").computed().follows(&["key_vault_key_id", "managed_hsm_key_id"]).at(KEY_URL),
        flag("auto_key_rotation_enabled").default_to(false).at("properties.rotationToLatestKeyVersionEnabled"),
        text("encryption_type")
            .default_to("EncryptionAtRestWithCustomerKey")
            .replaces()
            .one_of(&[
                "EncryptionAtRestWithCustomerKey",
                "EncryptionAtRestWithPlatformAndCustomerKeys",
                "ConfidentialVmEncryptedWithCustomerKey",
            ])
            .at("properties.encryptionType"),
        text("federated_client_id").same(Same::Caseless).null_as("None").at("properties.federatedClientId"),
        identity(ANY_IDENTITIES).required(),
        tags(),
    ])
}

struct Set;

impl Hooks for Set {
    /// The key is one address, whichever kind of vault has it. A set that goes on to the newest version of its key by itself
    /// is told another version than was asked for.
    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        let Some(mut url) = at::get_str(answer, KEY_URL).map(str::to_owned) else { return };
        let laid = if url.contains(".managedhsm.") { "hsmKey" } else { "vaultKey" };
        let name = if laid == "hsmKey" { "managed_hsm_key_id" } else { "key_vault_key_id" };
        let rotates = at::get(answer, "properties.rotationToLatestKeyVersionEnabled") == Some(&Json::Bool(true));
        let recorded = prior.and_then(|prior| prior.field(name)?.as_str());
        if let Some(recorded) = recorded.filter(|recorded| rotates && versionless(recorded) == versionless(&url)) {
            recorded.clone_into(&mut url);
        }
        at::set(answer, laid, json!(url));
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let keys: Vec<_> = ["vaultKey", "hsmKey"].into_iter().filter_map(|laid| at::remove(body, laid)).collect();
        if let Some(key) = keys.into_iter().find(Json::is_string) {
            at::set(body, KEY_URL, key);
        }
    }

    fn list_of(&self, id: &str) -> Option<String> {
        subscription_list(id, "Microsoft.Compute/diskEncryptionSets")
    }
}

/// The address of a key without the version: `https://VAULT/keys/NAME`.
fn versionless(url: &str) -> String {
    let (vault, rest) = url.split_once("/keys/").unwrap_or((url, ""));
    format!("{}/keys/{}", vault, rest.split('/').next().unwrap_or_default()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::versionless;

    #[test]
    fn the_versions_of_a_key_have_one_address() {
        let key = "https://kv.vault.azure.net/keys/des";
        assert_eq!(versionless(&format!("{key}/0a1b")), key);
        assert_eq!(versionless(key), key);
    }
}
