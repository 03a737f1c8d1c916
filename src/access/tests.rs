#![allow(clippy::unwrap_used)]

use super::*;
use crate::address::Address;
use crate::azure::arm_id::ArmId;
use crate::provider::{Directory, Entry, Members};

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const VAULT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv";
const IDENTITY: &str =
    "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/api";
const GET_SECRET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn assignment(name: &str, principal: &str, role: &str, scope: &str) -> Assignment {
    Assignment {
        address: address(&format!("azurerm_role_assignment.{name}")),
        principal: principal.into(),
        principal_type: Some("Group".into()),
        role: Role::named(role),
        scope: ArmId::parse(scope).map_or_else(|_| Scope::Later(scope.into()), Scope::Known),
        condition: None,
    }
}

/// A cluster with one service account that acts as an identity.
fn world(assignments: Vec<Assignment>) -> World {
    World {
        identities: vec![Identity {
            address: address("azurerm_user_assigned_identity.api"),
            name: "api".into(),
            id: IDENTITY.into(),
            principal: "<azurerm_user_assigned_identity.api.principal_id>".into(),
            client: None,
        }],
        credentials: vec![Credential {
            address: address("azurerm_federated_identity_credential.api"),
            identity: IDENTITY.into(),
            issuer: "https://issuer/".into(),
            subject: "system:serviceaccount:payments:api".into(),
            audiences: vec!["api://AzureADTokenExchange".into()],
        }],
        clusters: vec![Cluster {
            address: address("azurerm_kubernetes_cluster.prod"),
            name: "prod".into(),
            issuer: "https://issuer/".into(),
            hosts: Vec::new(),
            control_plane: vec!["cp".into()],
            control_plane_ids: Vec::new(),
            kubelet: Some("nodes".into()),
            kubelet_id: None,
            id: "/subscriptions/s/resourcegroups/g/providers/microsoft.containerservice/managedclusters/prod".into(),
            doors: Doors::default(),
        }],
        assignments,
        ..World::default()
    }
}

fn own(role: &str, scope: &str) -> Assignment {
    assignment("api", "<azurerm_user_assigned_identity.api.principal_id>", role, scope)
}

#[test]
fn a_plan_says_who_gains_what_through_which_identity() {
    let (before, after) = (world(Vec::new()), world(vec![own("Key Vault Secrets User", VAULT)]));
    let words = |from: &World, to: &World| {
        changes(from, to).iter().map(|c| (c.gained, c.access.to_string())).collect::<Vec<_>>()
    };
    let sentence = "service account payments/api (cluster prod) can read secrets of vault kv, through identity api and Key \
                    Vault Secrets User";
    assert_eq!(words(&before, &after), [(true, sentence.to_owned())]);
    assert_eq!(words(&after, &before), [(false, sentence.to_owned())]);
    let mut renamed = after.clone();
    renamed.assignments[0].address = address("azurerm_role_assignment.other");
    assert_eq!(words(&after, &renamed), []);
}

#[test]
fn whoever_a_cluster_acts_as_is_called_by_it() {
    let of = |principal| {
        let world = world(vec![assignment("x", principal, "AcrPull", GROUP)]);
        world.access().first().unwrap().who.to_string()
    };
    assert_eq!(of("cp"), "control plane of cluster prod");
    assert_eq!(of("nodes"), "nodes of cluster prod");
    assert_eq!(of("7c3a"), "group 7c3a (whose members are not known here)");
}

#[test]
fn access_comes_from_above_and_not_from_beside() {
    for (scope, inherited) in [
        (VAULT, Some(false)),
        (GROUP, Some(true)),
        ("/subscriptions/S", Some(true)),
        ("/providers/Microsoft.Management/managementGroups/m", Some(true)),
        ("/", Some(true)),
        ("/subscriptions/s/resourceGroups/g2", None),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv2", None),
        ("<azapi_resource.vault.id>", None),
    ] {
        let world = world(vec![own("Key Vault Secrets User", scope)]);
        let found = who_can(&world, &GET_SECRET.to_uppercase(), &ArmId::parse(VAULT).unwrap());
        assert_eq!(found.can.first().map(|reach| reach.inherited), inherited, "{scope}");
    }
    let reader = world(vec![own("Reader", GROUP)]);
    assert!(who_can(&reader, GET_SECRET, &ArmId::parse(VAULT).unwrap()).can.is_empty());
}

#[test]
fn somebody_is_found_by_every_name_they_have() {
    let world = world(vec![own("Key Vault Secrets User", VAULT)]);
    for name in ["payments/api", "system:serviceaccount:payments:api", "API"] {
        assert_eq!(what_can(&world, name).len(), 1, "{name}");
    }
    assert!(what_can(&world, "payments/other").is_empty());
    let ways = path(&world, "payments/api", &ArmId::parse(VAULT).unwrap());
    let hop = |to: &str, by: &str| Hop { to: to.into(), by: by.into() };
    let expected = [
        hop("identity api", "azurerm_federated_identity_credential.api"),
        hop("Key Vault Secrets User on vault kv", "azurerm_role_assignment.api"),
    ];
    assert_eq!(ways, [expected.to_vec()]);
}

#[test]
fn pods_reach_by_their_label_what_their_identity_reaches() {
    let mut world = world(vec![own("Key Vault Secrets User", VAULT)]);
    world.credentials.clear();
    world.pod_identities.push(PodIdentity {
        address: address("bowline_pod_identity.api"),
        cluster: "/subscriptions/s/resourcegroups/g/providers/microsoft.containerservice/managedclusters/prod".into(),
        namespace: "payments".into(),
        selector: "api".into(),
        identity: IDENTITY.into(),
    });
    let found = what_can(&world, "payments/api");
    let sentence = "pods labelled api in namespace payments (cluster prod) can read secrets of vault kv, through identity \
                    api and Key Vault Secrets User";
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [sentence]);
    world.pod_identities.clear();
    assert!(what_can(&world, "payments/api").is_empty());
}

#[test]
fn members_have_what_their_group_has() {
    let mut world = world(vec![assignment("x", "outer", "Key Vault Secrets User", VAULT)]);
    let group = |name: Option<&str>, members: &[&str]| Group {
        name: name.map(str::to_owned),
        members: Members::Known(members.iter().map(|id| (*id).to_owned()).collect()),
    };
    let identity = world.identities[0].principal.clone();
    // Groups may hold each other.
    world.groups.insert("outer".into(), group(Some("readers"), &["INNER"]));
    world.groups.insert("inner".into(), group(None, &[&identity, "outer"]));
    let reaching: Vec<String> = world.access().iter().map(ToString::to_string).collect();
    let can = "can read secrets of vault kv, through";
    assert_eq!(
        reaching,
        [
            format!("group readers (outer) {can} Key Vault Secrets User"),
            format!(
                "service account payments/api (cluster prod) {can} identity api and group readers and Key Vault Secrets \
                 User"
            ),
        ]
    );
    let ways = path(&world, "payments/api", &ArmId::parse(VAULT).unwrap());
    assert_eq!(ways[0].iter().map(|hop| hop.to.as_str()).collect::<Vec<_>>()[1], "group readers");
}

#[test]
fn people_in_a_group_stand_on_its_roll_and_are_named_when_they_are_asked_for() {
    let mut world = world(vec![assignment("x", "33333333", "Key Vault Secrets User", VAULT)]);
    let entry =
        |kind: &str, name: &str, members| Entry { kind: Some(kind.to_owned()), name: Some(name.to_owned()), members };
    let all = ["anna", "ben", "cleo", "dan", "eve"];
    let members = all.iter().map(|id| (*id).to_owned()).chain([world.identities[0].principal.clone()]).collect();
    let mut directory = Directory::default();
    directory.entries.insert("33333333".into(), entry("Group", "readers", Members::Known(members)));
    directory.entries.extend(all.map(|id| (id.to_owned(), entry("User", &id.to_uppercase(), Members::Unknown))));
    world.know_directory(&directory);
    let told: Vec<String> = world.access().iter().map(|access| access.who.to_string()).collect();
    let roll = "group readers (33333333: ANNA, BEN, CLEO, DAN and 1 more)";
    assert_eq!(told, [roll, "service account payments/api (cluster prod)"]);
    let asked = what_can(&world, "eve");
    let sentence = "user EVE (eve) can read secrets of vault kv, through group readers and Key Vault Secrets User";
    assert_eq!(asked.iter().map(ToString::to_string).collect::<Vec<_>>(), [sentence]);
    // Whoever joins a group changes nothing about what a plan does.
    let mut later = world.clone();
    later.groups.insert("33333333".into(), Group { name: None, members: Members::Known(vec!["anna".into()]) });
    later.identities.clear();
    world.identities.clear();
    assert!(changes(&world, &later).is_empty());
}

#[test]
fn what_a_group_is_denied_its_members_are() {
    let mut world = world(vec![assignment("x", "anna", "Key Vault Secrets User", VAULT)]);
    world.groups.insert("night".into(), Group { name: None, members: Members::Known(vec!["Anna".into()]) });
    world.denials.push(Denial {
        name: "system".into(),
        permissions: vec![Permissions { data_actions: vec!["Microsoft.KeyVault/*".into()], ..Permissions::default() }],
        principals: vec!["night".into()],
        everybody: false,
        except: Vec::new(),
        scope: Scope::Known(ArmId::parse(VAULT).unwrap()),
        only_there: false,
    });
    let action = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
    let answer = who_can(&world, action, &ArmId::parse(VAULT).unwrap());
    assert_eq!((answer.can.len(), answer.denied.len()), (0, 1));
    assert_eq!(denials(&world, &what_can(&world, "anna")).len(), 1);
}

#[test]
fn what_is_denied_is_told() {
    let mut world = world(vec![own("Key Vault Secrets User", GROUP)]);
    let denial = |only_there| Denial {
        name: "system".into(),
        permissions: vec![Permissions { data_actions: vec!["Microsoft.KeyVault/*".into()], ..Permissions::default() }],
        principals: Vec::new(),
        everybody: true,
        except: vec!["somebody".into()],
        scope: Scope::Known(ArmId::parse(GROUP).unwrap()),
        only_there,
    };
    let place = ArmId::parse(VAULT).unwrap();
    for (only_there, can, denied) in [(false, 0, 1), (true, 1, 0)] {
        world.denials = vec![denial(only_there)];
        let answer = who_can(&world, GET_SECRET, &place);
        assert_eq!((answer.can.len(), answer.denied.len()), (can, denied), "{only_there}");
    }
    let told = denials(&world, &what_can(&world, "payments/api"))[0].to_string();
    assert_eq!(told, "deny assignment \"system\" takes away Microsoft.KeyVault/* on resource group g itself");
    world.denials[0].except = vec![world.identities[0].principal.clone()];
    assert!(denials(&world, &what_can(&world, "payments/api")).is_empty());
}

#[test]
fn a_condition_decides_where_it_can() {
    let mut narrowed = own("Storage Blob Data Reader", "/subscriptions/s");
    narrowed.condition = Some(
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'ledger'".to_owned(),
    );
    let world = world(vec![narrowed]);
    let container = |name: &str| {
        let account = format!("{GROUP}/providers/Microsoft.Storage/storageAccounts/st");
        ArmId::parse(&format!("{account}/blobServices/default/containers/{name}")).unwrap()
    };
    let read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    let only_if = |place: &ArmId| who_can(&world, read, place).can.pop().map(|reach| reach.only_if);
    assert_eq!(only_if(&container("ledger")), Some(None));
    assert_eq!(only_if(&container("other")), None);
    let open = Some(Some("the container's name is \"ledger\"".to_owned()));
    assert_eq!(only_if(&ArmId::parse(GROUP).unwrap()), open);
}

#[test]
fn a_place_that_is_not_known_yet_is_called_by_where_it_comes_from() {
    let scope = |text: &str| ArmId::parse(text).map_or_else(|_| Scope::Later(text.into()), Scope::Known).to_string();
    for (text, words) in [
        (
            "/subscriptions/<subscription>/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-<random_id.s.hex>",
            "vault kv-${random_id.s.hex} (known after apply)",
        ),
        ("<data.azurerm_key_vault.kv.id>", "vault data.azurerm_key_vault.kv (which one is known after apply)"),
        (
            "<module.m[\"x\"].azurerm_subnet.a[0].id>",
            "subnet module.m[\"x\"].azurerm_subnet.a[0] (which one is known after apply)",
        ),
        ("<terraform_data.x.output>", "terraform_data.x.output (which one is known after apply)"),
    ] {
        assert_eq!(scope(text), words);
    }
}
