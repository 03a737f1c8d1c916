//! Azure's built-in roles: their names, their ids, and what they allow.
//!
//! Ids never change and are the same in every tenant, so a role that is named in a configuration needs no request to
//! be resolved. What a role allows does change from time to time: it is for explaining access, never for deciding it.
//!
//! Source: Microsoft's reference of built-in roles (MicrosoftDocs/azure-docs, role-based-access-control), read in
//! 2025.

use crate::azure::arm_id::ArmId;

/// A built-in role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInRole {
    /// `AcrPull`
    pub name: &'static str,
    /// `7f951dda-4ed3-4680-a7ca-43fe172d538d`
    pub guid: &'static str,
}

/// What a role allows. A star stands for any text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// On resources, through Azure Resource Manager.
    pub actions: &'static [&'static str],
    /// What of it is not allowed.
    pub not_actions: &'static [&'static str],
    /// On what resources hold.
    pub data_actions: &'static [&'static str],
    /// What of it is not allowed.
    pub not_data_actions: &'static [&'static str],
}

/// Whether an action fits a pattern, in whatever case; a star in the pattern stands for any text, also for none.
pub fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut p, mut a) = (0, 0);
    // Where to go on when the text after the last star does not fit: the star takes one more byte.
    let mut again: Option<(usize, usize)> = None;
    while let Some(&byte) = action.get(a) {
        match pattern.get(p) {
            Some(b'*') => {
                again = Some((p + 1, a));
                p += 1;
            }
            Some(wanted) if wanted.eq_ignore_ascii_case(&byte) => (p, a) = (p + 1, a + 1),
            _ => {
                let Some((after_star, from)) = again else { return false };
                again = Some((after_star, from + 1));
                (p, a) = (after_star, from + 1);
            }
        }
    }
    pattern.iter().skip(p).all(|byte| *byte == b'*')
}

/// The role of a name, in whatever case.
pub fn by_name(name: &str) -> Option<BuiltInRole> {
    ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(name)).copied()
}

/// The role that was probably meant by a name that no role of Azure's own has.
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, names())
}

/// The most alike of some names, if it is alike at all: a slip of letters, of case, or a word more or less.
pub fn nearest_of<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    /// Of 1, which is the same text.
    const ALIKE: f64 = 0.8;
    let given = name.to_lowercase();
    let likeness = |known: &'n str| (strsim::normalized_damerau_levenshtein(&given, &known.to_lowercase()), known);
    let best = names.map(likeness).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, known)| known)
}

/// The data actions that built-in roles name, each as often as it is named.
pub fn data_actions() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.iter().flat_map(|(_, permission)| permission.data_actions.iter().copied())
}

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROLES.iter().map(|role| role.name)
}

/// The actions on resources that built-in roles name, each as often as it is named.
pub fn actions() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.iter().flat_map(|(_, permission)| permission.actions.iter().copied())
}

/// The role of a definition's GUID, in whatever case.
pub fn by_guid(guid: &str) -> Option<BuiltInRole> {
    ROLES.iter().find(|role| role.guid.eq_ignore_ascii_case(guid)).copied()
}

impl BuiltInRole {
    /// The id of its definition, as seen from a scope: below the scope's subscription, or below the tenant for what
    /// lies in none.
    pub fn definition_id(self, scope: &ArmId) -> ArmId {
        let root = scope.subscription().map_or_else(ArmId::tenant, ArmId::of_subscription);
        root.extension("Microsoft.Authorization", "roleDefinitions", self.guid)
    }

    /// What it allows, where that is known.
    pub fn permission(self) -> Option<Permission> {
        PERMISSIONS.iter().find(|(name, _)| *name == self.name).map(|(_, permission)| *permission)
    }
}

#[rustfmt::skip]
const ROLES: &[BuiltInRole] = &[
    BuiltInRole { name: "AcrDelete", guid: "c2f4ef07-c644-48eb-af81-4b1b4947fb11" },
    BuiltInRole { name: "AcrImageSigner", guid: "6cef56e8-d556-48e5-a04f-b8e64114680f" },
    BuiltInRole { name: "AcrPull", guid: "7f951dda-4ed3-4680-a7ca-43fe172d538d" },
    BuiltInRole { name: "AcrPush", guid: "8311e382-0749-4cb8-b61a-304f252e45ec" },
    BuiltInRole { name: "AcrQuarantineReader", guid: "cdda3590-29a3-44f6-95f2-9f980659eb04" },
    BuiltInRole { name: "AcrQuarantineWriter", guid: "c8d4ff99-41c3-41a8-9f60-21dfdad59608" },
    BuiltInRole { name: "App Configuration Data Owner", guid: "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b" },
    BuiltInRole { name: "App Configuration Data Reader", guid: "516239f1-63e1-4d78-a4de-a74fb236a071" },
    BuiltInRole { name: "Application Insights Component Contributor", guid: "ae349356-3a1b-4a5e-921d-050484c6347e" },
    BuiltInRole { name: "Azure Arc Enabled Kubernetes Cluster User Role", guid: "00493d72-78f6-4148-b6c5-d3ce8e4799dd" },
    BuiltInRole { name: "Azure Arc Kubernetes Admin", guid: "dffb1e0c-446f-4dde-a09f-99eb5cc68b96" },
    BuiltInRole { name: "Azure Arc Kubernetes Cluster Admin", guid: "8393591c-06b9-48a2-a542-1bd6b377f6a2" },
    BuiltInRole { name: "Azure Arc Kubernetes Viewer", guid: "63f0a09d-1495-4db4-a681-037d84835eb4" },
    BuiltInRole { name: "Azure Arc Kubernetes Writer", guid: "5b999177-9696-4545-85c7-50de3797e5a1" },
    BuiltInRole { name: "Azure Event Hubs Data Owner", guid: "f526a384-b230-433a-b45c-95f59c4a2dec" },
    BuiltInRole { name: "Azure Event Hubs Data Receiver", guid: "a638d3c7-ab3a-418d-83e6-5f17a39d4fde" },
    BuiltInRole { name: "Azure Event Hubs Data Sender", guid: "2b629674-e913-4c01-ae53-ef4638d8f975" },
    BuiltInRole { name: "Azure Kubernetes Fleet Manager RBAC Admin", guid: "434fb43a-c01c-447e-9f67-c3ad923cfaba" },
    BuiltInRole { name: "Azure Kubernetes Fleet Manager RBAC Cluster Admin", guid: "18ab4d3d-a1bf-4477-8ad9-8359bc988f69" },
    BuiltInRole { name: "Azure Kubernetes Fleet Manager RBAC Reader", guid: "30b27cfc-9c84-438e-b0ce-70e35255df80" },
    BuiltInRole { name: "Azure Kubernetes Fleet Manager RBAC Writer", guid: "5af6afb3-c06c-4fa4-8848-71a8aee05683" },
    BuiltInRole { name: "Azure Kubernetes Service Cluster Admin Role", guid: "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8" },
    BuiltInRole { name: "Azure Kubernetes Service Cluster Monitoring User", guid: "1afdec4b-e479-420e-99e7-f82237c7c5e6" },
    BuiltInRole { name: "Azure Kubernetes Service Cluster User Role", guid: "4abbcc35-e782-43d8-92c5-2d3f1bd2253f" },
    BuiltInRole { name: "Azure Kubernetes Service Contributor Role", guid: "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8" },
    BuiltInRole { name: "Azure Kubernetes Service RBAC Admin", guid: "3498e952-d568-435e-9b2c-8d77e338d7f7" },
    BuiltInRole { name: "Azure Kubernetes Service RBAC Cluster Admin", guid: "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b" },
    BuiltInRole { name: "Azure Kubernetes Service RBAC Reader", guid: "7f6c6a51-bcf8-42ba-9220-52d62157d7db" },
    BuiltInRole { name: "Azure Kubernetes Service RBAC Writer", guid: "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb" },
    BuiltInRole { name: "Azure Service Bus Data Owner", guid: "090c5cfd-751d-490a-894a-3ce6f1109419" },
    BuiltInRole { name: "Azure Service Bus Data Receiver", guid: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0" },
    BuiltInRole { name: "Azure Service Bus Data Sender", guid: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" },
    BuiltInRole { name: "Cognitive Services OpenAI Contributor", guid: "a001fd3d-188f-4b5d-821b-7da978bf7442" },
    BuiltInRole { name: "Cognitive Services OpenAI User", guid: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd" },
    BuiltInRole { name: "Cognitive Services User", guid: "a97b65f3-24c7-4388-baec-2e87135dc908" },
    BuiltInRole { name: "Contributor", guid: "b24988ac-6180-42a0-ab88-20f7382dd24c" },
    BuiltInRole { name: "Cosmos DB Account Reader Role", guid: "fbdf93bf-df7d-467e-a4d2-9458aa1360c8" },
    BuiltInRole { name: "Cosmos DB Operator", guid: "230815da-be43-4aae-9cb4-875f7bd000aa" },
    BuiltInRole { name: "DNS Zone Contributor", guid: "befefa01-2a29-4197-83a8-272ff33ce314" },
    BuiltInRole { name: "DocumentDB Account Contributor", guid: "5bd9cd88-fe45-4216-938b-f97437e15450" },
    BuiltInRole { name: "EventGrid Data Sender", guid: "d5a91429-5739-47e2-a06b-3470a27159e7" },
    BuiltInRole { name: "Grafana Admin", guid: "22926164-76b3-42b3-bc55-97df8dab3e41" },
    BuiltInRole { name: "Grafana Editor", guid: "a79a5197-3a5c-4973-a920-486035ffd60f" },
    BuiltInRole { name: "Grafana Viewer", guid: "60921a7e-fef1-4a43-9b16-a26c52ad4769" },
    BuiltInRole { name: "Key Vault Administrator", guid: "00482a5a-887f-4fb3-b363-3b7fe8e74483" },
    BuiltInRole { name: "Key Vault Certificate User", guid: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba" },
    BuiltInRole { name: "Key Vault Certificates Officer", guid: "a4417e6f-fecd-4de8-b567-7b0420556985" },
    BuiltInRole { name: "Key Vault Contributor", guid: "f25e0fa2-a7c8-4377-a976-54943a77a395" },
    BuiltInRole { name: "Key Vault Crypto Officer", guid: "14b46e9e-c2b7-41b4-b07b-48a6ebf60603" },
    BuiltInRole { name: "Key Vault Crypto Service Encryption User", guid: "e147488a-f6f5-4113-8e2d-b22465e65bf6" },
    BuiltInRole { name: "Key Vault Crypto Service Release User", guid: "08bbd89e-9f13-488c-ac41-acfcb10c90ab" },
    BuiltInRole { name: "Key Vault Crypto User", guid: "12338af0-0e69-4776-bea7-57ae8d297424" },
    BuiltInRole { name: "Key Vault Data Access Administrator", guid: "8b54135c-b56d-4d72-a534-26097cfdc8d8" },
    BuiltInRole { name: "Key Vault Reader", guid: "21090545-7ca7-4776-b22c-e363652d74d2" },
    BuiltInRole { name: "Key Vault Secrets Officer", guid: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7" },
    BuiltInRole { name: "Key Vault Secrets User", guid: "4633458b-17de-408a-b874-0445c86b69e6" },
    BuiltInRole { name: "Log Analytics Contributor", guid: "92aaf0da-9dab-42b6-94a3-d43ce8d16293" },
    BuiltInRole { name: "Log Analytics Reader", guid: "73c42c96-874c-492b-b04d-ab87d138a893" },
    BuiltInRole { name: "Managed Identity Contributor", guid: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59" },
    BuiltInRole { name: "Managed Identity Operator", guid: "f1a07417-d97a-45cb-824c-7a7467783830" },
    BuiltInRole { name: "Monitoring Contributor", guid: "749f88d5-cbae-40b8-bcfc-e573ddc772fa" },
    BuiltInRole { name: "Monitoring Data Reader", guid: "b0d8363b-8ddd-447d-831f-62ca05bff136" },
    BuiltInRole { name: "Monitoring Metrics Publisher", guid: "3913510d-42f4-4e42-8a64-420c390055eb" },
    BuiltInRole { name: "Monitoring Reader", guid: "43d0d8ad-25c7-4714-9337-8ba259a9fe05" },
    BuiltInRole { name: "Network Contributor", guid: "4d97b98b-1d4f-4787-a291-c67834d212e7" },
    BuiltInRole { name: "Owner", guid: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" },
    BuiltInRole { name: "Private DNS Zone Contributor", guid: "b12aa53e-6015-4669-85d0-8515ebb3ae7f" },
    BuiltInRole { name: "Reader", guid: "acdd72a7-3385-48ef-bd42-f606fba81ae7" },
    BuiltInRole { name: "Reader and Data Access", guid: "c12c1c16-33a1-487b-954d-41c89c60f349" },
    BuiltInRole { name: "Redis Cache Contributor", guid: "e0f68234-74aa-48ed-b826-c38b57376e17" },
    BuiltInRole { name: "Role Based Access Control Administrator", guid: "f58310d9-a9f6-439a-9e8d-f62e7b41a168" },
    BuiltInRole { name: "Security Admin", guid: "fb1c8493-542b-48eb-b624-b4c8fea62acd" },
    BuiltInRole { name: "Security Reader", guid: "39bc4728-0917-49c7-9d2c-d95423bc2eb4" },
    BuiltInRole { name: "SQL DB Contributor", guid: "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec" },
    BuiltInRole { name: "SQL Managed Instance Contributor", guid: "4939a1f6-9ae0-4e48-a1e0-f2cbe897382d" },
    BuiltInRole { name: "SQL Security Manager", guid: "056cd41c-7e88-42e1-933e-88ba6a50c9c3" },
    BuiltInRole { name: "SQL Server Contributor", guid: "6d8ee4ec-f05a-4a1d-8b00-a9b17e38b437" },
    BuiltInRole { name: "Storage Account Contributor", guid: "17d1049b-9a84-46fb-8f53-869881c3d3ab" },
    BuiltInRole { name: "Storage Account Key Operator Service Role", guid: "81a9662b-bebf-436f-a333-f67b29880f12" },
    BuiltInRole { name: "Storage Blob Data Contributor", guid: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" },
    BuiltInRole { name: "Storage Blob Data Owner", guid: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b" },
    BuiltInRole { name: "Storage Blob Data Reader", guid: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1" },
    BuiltInRole { name: "Storage Blob Delegator", guid: "db58b8e5-c6ad-4a2a-8342-4190687cbf4a" },
    BuiltInRole { name: "Storage File Data Privileged Contributor", guid: "69566ab7-960f-475b-8e7c-b3118f30c6bd" },
    BuiltInRole { name: "Storage File Data SMB Share Contributor", guid: "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb" },
    BuiltInRole { name: "Storage File Data SMB Share Elevated Contributor", guid: "a7264617-510b-434b-a828-9731dc254ea7" },
    BuiltInRole { name: "Storage File Data SMB Share Reader", guid: "aba4ae5f-2193-4029-9191-0cb91df5e314" },
    BuiltInRole { name: "Storage Queue Data Contributor", guid: "974c5e8b-45b9-4653-ba55-5f855dd0fb88" },
    BuiltInRole { name: "Storage Queue Data Message Processor", guid: "8a0f0c08-91a1-4084-bc3d-661d67233fed" },
    BuiltInRole { name: "Storage Queue Data Message Sender", guid: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a" },
    BuiltInRole { name: "Storage Queue Data Reader", guid: "19e7f393-937e-4f77-808e-94535e297925" },
    BuiltInRole { name: "Storage Table Data Contributor", guid: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3" },
    BuiltInRole { name: "Storage Table Data Reader", guid: "76199698-9eea-4c19-bc75-cec21354c6b6" },
    BuiltInRole { name: "User Access Administrator", guid: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9" },
    BuiltInRole { name: "Virtual Machine Administrator Login", guid: "1c0163c0-47e6-4577-8991-ea5c82e286e4" },
    BuiltInRole { name: "Virtual Machine Contributor", guid: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c" },
    BuiltInRole { name: "Virtual Machine User Login", guid: "fb879df8-f326-4884-b1cf-06f3ad86be52" },
];

/// By role, the permissions that Microsoft's reference gives.
const PERMISSIONS: &[(&str, Permission)] = &[
    (
        "AcrDelete",
        Permission {
            actions: &["Microsoft.ContainerRegistry/registries/artifacts/delete"],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "AcrImageSigner",
        Permission {
            actions: &["Microsoft.ContainerRegistry/registries/sign/write"],
            not_actions: &[],
            data_actions: &["Microsoft.ContainerRegistry/registries/trustedCollections/write"],
            not_data_actions: &[],
        },
    ),
    (
        "AcrPull",
        Permission {
            actions: &["Microsoft.ContainerRegistry/registries/pull/read"],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "AcrPush",
        Permission {
            actions: &[
                "Microsoft.ContainerRegistry/registries/pull/read",
                "Microsoft.ContainerRegistry/registries/push/write",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "AcrQuarantineReader",
        Permission {
            actions: &["Microsoft.ContainerRegistry/registries/quarantine/read"],
            not_actions: &[],
            data_actions: &["Microsoft.ContainerRegistry/registries/quarantinedArtifacts/read"],
            not_data_actions: &[],
        },
    ),
    (
        "AcrQuarantineWriter",
        Permission {
            actions: &[
                "Microsoft.ContainerRegistry/registries/quarantine/read",
                "Microsoft.ContainerRegistry/registries/quarantine/write",
            ],
            not_actions: &[],
            data_actions: &[
                "Microsoft.ContainerRegistry/registries/quarantinedArtifacts/read",
                "Microsoft.ContainerRegistry/registries/quarantinedArtifacts/write",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Fleet Manager RBAC Cluster Admin",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Resources/subscriptions/operationresults/read",
                "Microsoft.Resources/subscriptions/read",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.ContainerService/fleets/read",
                "Microsoft.ContainerService/fleets/listCredentials/action",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.ContainerService/fleets/*"],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Service Cluster Admin Role",
        Permission {
            actions: &[
                "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
                "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
                "Microsoft.ContainerService/managedClusters/read",
                "Microsoft.ContainerService/managedClusters/runcommand/action",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Service Cluster Monitoring User",
        Permission {
            actions: &[
                "Microsoft.ContainerService/managedClusters/listClusterMonitoringUserCredential/action",
                "Microsoft.ContainerService/managedClusters/read",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Service Cluster User Role",
        Permission {
            actions: &[
                "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
                "Microsoft.ContainerService/managedClusters/read",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Service Contributor Role",
        Permission {
            actions: &[
                "Microsoft.ContainerService/managedClusters/read",
                "Microsoft.ContainerService/managedClusters/write",
                "Microsoft.Resources/deployments/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Azure Kubernetes Service RBAC Admin",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Resources/subscriptions/operationresults/read",
                "Microsoft.Resources/subscriptions/read",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.ContainerService/managedClusters/*"],
            not_data_actions: &[
                "Microsoft.ContainerService/managedClusters/resourcequotas/write",
                "Microsoft.ContainerService/managedClusters/resourcequotas/delete",
                "Microsoft.ContainerService/managedClusters/namespaces/write",
                "Microsoft.ContainerService/managedClusters/namespaces/delete",
            ],
        },
    ),
    (
        "Azure Kubernetes Service RBAC Cluster Admin",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Resources/subscriptions/operationresults/read",
                "Microsoft.Resources/subscriptions/read",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.ContainerService/managedClusters/*"],
            not_data_actions: &[],
        },
    ),
    (
        "Contributor",
        Permission {
            actions: &["*"],
            not_actions: &[
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action",
                "Microsoft.Purview/consents/write",
                "Microsoft.Purview/consents/delete",
                "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                "Microsoft.Subscription/cancel/action",
                "Microsoft.Subscription/enable/action",
            ],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Administrator",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.KeyVault/vaults/*"],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Certificate User",
        Permission {
            actions: &[],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/certificates/read",
                "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
                "Microsoft.KeyVault/vaults/keys/read",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Certificates Officer",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/certificatecas/*",
                "Microsoft.KeyVault/vaults/certificates/*",
                "Microsoft.KeyVault/vaults/certificatecontacts/write",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Contributor",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.KeyVault/*",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
            ],
            not_actions: &[
                "Microsoft.KeyVault/locations/deletedVaults/purge/action",
                "Microsoft.KeyVault/hsmPools/*",
                "Microsoft.KeyVault/managedHsms/*",
            ],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Crypto Officer",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.KeyVault/vaults/keys/*", "Microsoft.KeyVault/vaults/keyrotationpolicies/*"],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Crypto Service Encryption User",
        Permission {
            actions: &[
                "Microsoft.EventGrid/eventSubscriptions/read",
                "Microsoft.EventGrid/eventSubscriptions/write",
                "Microsoft.EventGrid/eventSubscriptions/delete",
            ],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/keys/read",
                "Microsoft.KeyVault/vaults/keys/wrap/action",
                "Microsoft.KeyVault/vaults/keys/unwrap/action",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Crypto User",
        Permission {
            actions: &[],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/keys/read",
                "Microsoft.KeyVault/vaults/keys/update/action",
                "Microsoft.KeyVault/vaults/keys/backup/action",
                "Microsoft.KeyVault/vaults/keys/encrypt/action",
                "Microsoft.KeyVault/vaults/keys/decrypt/action",
                "Microsoft.KeyVault/vaults/keys/wrap/action",
                "Microsoft.KeyVault/vaults/keys/unwrap/action",
                "Microsoft.KeyVault/vaults/keys/sign/action",
                "Microsoft.KeyVault/vaults/keys/verify/action",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Reader",
        Permission {
            actions: &[
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Support/*",
                "Microsoft.KeyVault/checkNameAvailability/read",
                "Microsoft.KeyVault/deletedVaults/read",
                "Microsoft.KeyVault/locations/*/read",
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/operations/read",
            ],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/*/read",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Key Vault Secrets User",
        Permission {
            actions: &[],
            not_actions: &[],
            data_actions: &[
                "Microsoft.KeyVault/vaults/secrets/getSecret/action",
                "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Managed Identity Contributor",
        Permission {
            actions: &[
                "Microsoft.ManagedIdentity/userAssignedIdentities/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/write",
                "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
                "Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action",
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Support/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Managed Identity Operator",
        Permission {
            actions: &[
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Support/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Monitoring Metrics Publisher",
        Permission {
            actions: &[
                "Microsoft.Insights/Register/Action",
                "Microsoft.Support/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.Insights/Metrics/Write"],
            not_data_actions: &[],
        },
    ),
    (
        "Network Contributor",
        Permission {
            actions: &[
                "Microsoft.Network/*",
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Support/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    ("Owner", Permission { actions: &["*"], not_actions: &[], data_actions: &[], not_data_actions: &[] }),
    (
        "Private DNS Zone Contributor",
        Permission {
            actions: &[
                "Microsoft.Network/privateDnsZones/*",
                "Microsoft.Network/privateDnsOperationResults/*",
                "Microsoft.Network/privateDnsOperationStatuses/*",
                "Microsoft.Network/virtualNetworks/read",
                "Microsoft.Network/virtualNetworks/join/action",
                "Microsoft.Authorization/*/read",
                "Microsoft.Insights/alertRules/*",
                "Microsoft.Resources/subscriptions/resourceGroups/read",
                "Microsoft.Resources/deployments/*",
                "Microsoft.Support/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    ("Reader", Permission { actions: &["*/read"], not_actions: &[], data_actions: &[], not_data_actions: &[] }),
    (
        "Role Based Access Control Administrator",
        Permission {
            actions: &[
                "Microsoft.Authorization/roleAssignments/write",
                "Microsoft.Authorization/roleAssignments/delete",
                "*/read",
                "Microsoft.Support/*",
            ],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
    (
        "Storage Blob Data Contributor",
        Permission {
            actions: &[
                "Microsoft.Storage/storageAccounts/blobServices/containers/read",
                "Microsoft.Storage/storageAccounts/blobServices/containers/write",
                "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
            ],
            not_actions: &[],
            data_actions: &[
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
            ],
            not_data_actions: &[],
        },
    ),
    (
        "Storage Blob Data Owner",
        Permission {
            actions: &[
                "Microsoft.Storage/storageAccounts/blobServices/containers/*",
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
            not_data_actions: &[],
        },
    ),
    (
        "Storage Blob Data Reader",
        Permission {
            actions: &[
                "Microsoft.Storage/storageAccounts/blobServices/containers/read",
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
            ],
            not_actions: &[],
            data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
            not_data_actions: &[],
        },
    ),
    (
        "User Access Administrator",
        Permission {
            actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
            not_actions: &[],
            data_actions: &[],
            not_data_actions: &[],
        },
    ),
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::azure::guid::PrincipalId;

    #[test]
    fn names_and_guids_are_unique_and_well_formed() {
        let names: BTreeSet<String> = ROLES.iter().map(|r| r.name.to_lowercase()).collect();
        let guids: BTreeSet<_> = ROLES.iter().map(|r| PrincipalId::parse(r.guid).unwrap()).collect();
        assert_eq!((names.len(), guids.len()), (ROLES.len(), ROLES.len()));
    }

    #[test]
    fn permissions_belong_to_roles() {
        for (name, permission) in PERMISSIONS {
            assert_eq!(by_name(name).and_then(BuiltInRole::permission), Some(*permission));
            assert!(!permission.actions.is_empty() || !permission.data_actions.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_definition_is_named_below_the_scopes_subscription() {
        let role = by_name("acrpull").unwrap();
        let guid = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
        assert_eq!(by_guid(&guid.to_uppercase()), Some(role));
        for (scope, root) in [
            ("/subscriptions/s/resourceGroups/g", "/subscriptions/s"),
            ("/providers/Microsoft.Management/managementGroups/m", ""),
        ] {
            let id = role.definition_id(&ArmId::parse(scope).unwrap());
            assert_eq!(id.as_str(), format!("{root}/providers/Microsoft.Authorization/roleDefinitions/{guid}"));
        }
    }

    #[test]
    fn a_role_that_was_probably_meant_is_found() {
        for (given, meant) in [
            ("Key Vault Secret User", Some("Key Vault Secrets User")),
            ("key vault secrets users", Some("Key Vault Secrets User")),
            ("Storage Blob Data Readr", Some("Storage Blob Data Reader")),
            ("Acr Pull", Some("AcrPull")),
            ("Reeder", Some("Reader")),
            ("Ledger Reader", None),
            ("Read", None),
        ] {
            assert_eq!(nearest(given), meant, "{given}");
        }
    }
}
