//! Blocks of a storage account beside its switches: its domain, its directory, how long blobs stay, its file service.

use serde_json::{Value as Json, json};

use super::super::wire::{Codec, Off, Row, block, flag, integer, json as at, text, text_set};
use super::storage::cors_rule;

/// The profile blocks.
pub(super) fn rows() -> Vec<Row> {
    vec![azure_files_authentication(), custom_domain(), immutability_policy(), share_properties()]
}

fn azure_files_authentication() -> Row {
    block(
        "azure_files_authentication",
        vec![
            text("directory_type").required().one_of(&["AADDS", "AADKERB", "AD"]).at("directoryServiceOptions"),
            text("default_share_level_permission")
                .default_to("None")
                .one_of(&[
                    "None",
                    "StorageFileDataSmbShareContributor",
                    "StorageFileDataSmbShareElevatedContributor",
                    "StorageFileDataSmbShareReader",
                ])
                .at("defaultSharePermission"),
            block(
                "active_directory",
                vec![
                    text("domain_guid").required().at("domainGuid"),
                    text("domain_name").required().at("domainName"),
                    text("domain_sid").at("domainSid"),
                    text("forest_name").at("forestName"),
                    text("netbios_domain_name").at("netBiosDomainName"),
                    text("storage_sid").at("azureStorageSid"),
                ],
            )
            .or_computed()
            .at("activeDirectoryProperties"),
        ],
    )
    .off(Off::Says("directoryServiceOptions", "None"))
    .at("properties.azureFilesIdentityBasedAuthentication")
    .about("The directory that SMB clients sign in with.")
}

fn custom_domain() -> Row {
    block(
        "custom_domain",
        vec![text("name").required().at("name"), flag("use_subdomain").default_to(false).at("useSubDomainName")],
    )
    .off(Off::MembersNull)
    .at("properties.customDomain")
}

fn immutability_policy() -> Row {
    block(
        "immutability_policy",
        vec![
            flag("allow_protected_append_writes").required().at("allowProtectedAppendWrites"),
            integer("period_since_creation_in_days").required().at("immutabilityPeriodSinceCreationInDays"),
            text("state").required().one_of(&["Disabled", "Locked", "Unlocked"]).at("state"),
        ],
    )
    .replaces()
    .at("properties.immutableStorageWithVersioning.immutabilityPolicy")
    .about("For how long no blob of the account can be changed or deleted.")
}

/// The account's file service, a child of the account like its blob service.
pub(super) fn share_properties() -> Row {
    let words = |name, wire| text_set(name).spelled(Codec::Commas).at(wire);
    block(
        "share_properties",
        vec![
            cors_rule(),
            block("retention_policy", vec![integer("days").default_to(7).range(1, 365).at("days")])
                .switched_by("enabled")
                .at("shareDeleteRetentionPolicy"),
            block(
                "smb",
                vec![
                    words("versions", "versions"),
                    words("authentication_types", "authenticationMethods"),
                    words("kerberos_ticket_encryption_type", "kerberosTicketEncryption"),
                    words("channel_encryption_type", "channelEncryption"),
                    flag("multichannel_enabled").default_to(false).at("multichannel.enabled"),
                ],
            )
            .at("protocolSettings.smb"),
        ],
    )
    .or_computed()
    .at("fileService")
}

const SMB_WORDS: [&str; 4] = ["versions", "authenticationMethods", "kerberosTicketEncryption", "channelEncryption"];

/// Azure joins the words of SMB by semicolons, with one more at the end.
pub(super) fn lift_words(service: &mut Json) {
    respell(service, |words| words.trim_end_matches(';').replace(';', ","));
}

/// And so they are sent.
pub(super) fn lower_words(service: &mut Json) {
    respell(service, |words| format!("{};", words.replace(',', ";")));
}

fn respell(service: &mut Json, spell: impl Fn(&str) -> String) {
    for word in SMB_WORDS {
        let path = format!("protocolSettings.smb.{word}");
        if let Some(words) = at::get_str(service, &path).filter(|words| !words.is_empty()).map(&spell) {
            at::set(service, &path, json!(words));
        }
    }
}
