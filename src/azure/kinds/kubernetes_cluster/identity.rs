//! Who a cluster is, and who may sign in to it.

use super::super::super::wire::{ONE_IDENTITY, Row, Rule, Same, block, flag, identity, text, texts};

/// The blocks about identities.
pub fn rows() -> Vec<Row> {
    vec![control_plane(), service_principal(), kubelet_identity(), entra_sign_in()]
}

const EITHER: Rule = Rule::ExactlyOneOf(&["identity", "service_principal"]);

fn control_plane() -> Row {
    identity(ONE_IDENTITY).rule(EITHER).about("The identity of the control plane.")
}

fn service_principal() -> Row {
    block(
        "service_principal",
        vec![text("client_id").required().at("clientId"), text("client_secret").required().sensitive().at("secret")],
    )
    .rule(EITHER)
    .at("properties.servicePrincipalProfile")
    .about("The service principal of the control plane, where there is no managed identity.")
}

fn kubelet_identity() -> Row {
    const ALL: [&str; 3] =
        ["kubelet_identity.client_id", "kubelet_identity.object_id", "kubelet_identity.user_assigned_identity_id"];
    const WITH_CLIENT: Rule = Rule::With(&[ALL[1], ALL[2], "identity.identity_ids"]);
    const WITH_OBJECT: Rule = Rule::With(&[ALL[0], ALL[2], "identity.identity_ids"]);
    const WITH_ID: Rule = Rule::With(&[ALL[0], ALL[1], "identity.identity_ids"]);
    block(
        "kubelet_identity",
        vec![
            text("client_id").or_computed().replaces().same(Same::Caseless).rule(WITH_CLIENT).at("clientId"),
            text("object_id").or_computed().replaces().same(Same::Caseless).rule(WITH_OBJECT).at("objectId"),
            text("user_assigned_identity_id").or_computed().replaces().same(Same::ArmId).rule(WITH_ID).at("resourceId"),
        ],
    )
    .or_computed()
    .at("properties.identityProfile.kubeletidentity")
    .about("The identity of the nodes.")
}

fn entra_sign_in() -> Row {
    const ONE: Rule = Rule::AtLeastOneOf(&[
        "azure_active_directory_role_based_access_control.tenant_id",
        "azure_active_directory_role_based_access_control.admin_group_object_ids",
    ]);
    block(
        "azure_active_directory_role_based_access_control",
        vec![
            text("tenant_id").or_computed().same(Same::Caseless).rule(ONE).at("tenantID"),
            texts("admin_group_object_ids").same(Same::Unordered).rule(ONE).at("adminGroupObjectIDs"),
            flag("azure_rbac_enabled").null_as(false).at("enableAzureRBAC"),
        ],
    )
    .at("properties.aadProfile")
    .switched_by("managed")
    .about("Sign-in with Entra identities.")
}
