#![allow(clippy::unwrap_used)]

use super::*;
use crate::access::{Assignment, Cluster, Credential, Doors, Identity, PodIdentity, Role, Scope};
use crate::manifests::{load, survey};
use crate::provider::Principal;
use crate::span::SourceMap;
use crate::syntax;

const CLUSTER: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.containerservice/managedclusters/prod";

fn id(name: &str) -> String {
    format!("/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/{name}")
}

/// A stack with so many identities, each bound in the namespace `shop` by its own name.
fn world(identities: usize) -> World {
    let address = |text: &str| Address::parse(text).unwrap();
    let names = (0..identities).map(|i| format!("id{i}"));
    World {
        identities: names
            .clone()
            .map(|name| Identity {
                address: address(&format!("azurerm_user_assigned_identity.all[\"{name}\"]")),
                id: id(&name).into(),
                principal: format!("principal of {name}"),
                client: Some(format!("client of {name}")),
                name,
            })
            .collect(),
        pod_identities: names
            .map(|name| PodIdentity {
                address: address(&format!("bowline_pod_identity.all[\"{name}\"]")),
                cluster: CLUSTER.into(),
                namespace: "shop".into(),
                identity: id(&name).into(),
                selector: name,
            })
            .collect(),
        clusters: vec![Cluster {
            id: CLUSTER.into(),
            doors: Doors::default(),
            address: address("azurerm_kubernetes_cluster.main"),
            name: "prod".into(),
            issuer: String::new(),
            hosts: Vec::new(),
            control_plane: Vec::new(),
            control_plane_ids: Vec::new(),
            kubelet: None,
            kubelet_id: None,
        }],
        ..World::default()
    }
}

fn workload(kind: &str, name: &str, selector: &str) -> String {
    let (open, indent) = if kind == "CronJob" { ("  jobTemplate:\n    spec:\n", "    ") } else { ("", "") };
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n{open}{indent}  template:\n{indent}    \
         metadata: {{labels: {{aadpodidbinding: {selector}}}}}\n{indent}    spec:\n{indent}      containers: [{{name: c, image: i}}]\n---\n"
    )
}

fn migration(text: &str, world: &World) -> Migration {
    let mut sources = SourceMap::default();
    let source = sources.add("cluster.yaml", None, text);
    let (loaded, found) = load(source, &sources);
    assert!(found.is_empty(), "{found:?}");
    let principal = Principal { object: "object-of-app".into(), name: Some("Orders".into()) };
    let principals = Principals::from([("app".to_owned(), principal)]);
    plan(Known { survey: &survey(&[loaded], &sources, None), world, proxied: &[], principals: &principals })
}

#[test]
fn forty_workloads_move_with_what_they_had() {
    let kinds = ["Deployment", "StatefulSet", "DaemonSet", "CronJob"];
    let text: String = (0..40).map(|i| workload(kinds[i % 4], &format!("w{i}"), &format!("id{}", i % 5))).collect();
    let migration = migration(&text, &world(5));
    assert_eq!((migration.moves.len(), migration.open.len(), migration.bindings.len()), (40, 0, 5));
    for one in &migration.moves {
        assert_eq!(one.pods.selector(), Some(&*one.identity.name), "{}", one.account);
        assert_eq!(one.account, one.pods.name);
    }
    let files = write(&migration);
    let patches = |folder: &str| files.iter().filter(|(name, _)| name.starts_with(folder)).count();
    assert_eq!((patches("2-workloads/"), patches("3-profile-off/")), (41, 41));
    assert_eq!((patches("take-back/2-workloads/"), patches("take-back/3-profile-off/")), (40, 40));
    let (_, hcl) = files.iter().find(|(name, _)| name.ends_with(".tf")).unwrap();
    let mut sources = SourceMap::default();
    let (body, found) = syntax::parse(sources.add("a.tf", None, hcl.as_str()), hcl);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(body.blocks_of("resource").count(), 40);
}

#[test]
fn what_must_be_decided_is_told_and_not_moved() {
    let service_principal = "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: sp, namespace: shop}\nspec: {type: 1, clientID: c}\n---\n\
         apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {name: sp, namespace: shop}\nspec: {azureIdentity: sp, selector: sp}\n---\n";
    let second = "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: b, namespace: shop}\nspec: {type: 0, resourceID: /other, clientID: c}\n---\n\
         apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {name: b, namespace: shop}\nspec: {azureIdentity: b, selector: id0}\n---\n";
    for (text, told) in [
        (workload("Deployment", "w", "nobody"), "has no binding in its namespace"),
        (
            workload("Deployment", "w", "id0").replace("namespace: shop", "namespace: other"),
            "has no binding in its namespace",
        ),
        (
            service_principal.to_owned() + &workload("Deployment", "w", "sp"),
            "application c, whose service principal is not known",
        ),
        (second.to_owned() + &workload("Deployment", "w", "id0"), "has several identities"),
    ] {
        let migration = migration(&text, &world(1));
        assert!(migration.moves.is_empty(), "{text}");
        assert!(migration.open.iter().any(|sentence| sentence.contains(told)), "{told}: {:?}", migration.open);
    }
    let crowd: String = (0..21).map(|i| workload("Deployment", &format!("w{i}"), "id0")).collect();
    let crowded = migration(&crowd, &world(1));
    assert!(crowded.open.iter().any(|sentence| sentence.contains("21 federated credentials")), "{:?}", crowded.open);
}

#[test]
fn an_application_with_a_secret_gives_way_to_an_identity_with_its_grants() {
    let mut world = world(1);
    let address = |text: &str| Address::parse(text).unwrap();
    world.assignments.push(Assignment {
        address: address("azurerm_role_assignment.old"),
        principal: "object-of-app".into(),
        principal_type: None,
        role: Role::named("Key Vault Secrets User"),
        scope: Scope::Later("vault".into()),
        condition: Some("@Resource[x] StringEquals \"y\"".into()),
    });
    let env = "env: [{name: AZURE_CLIENT_ID, value: app}, {name: AZURE_CLIENT_SECRET, valueFrom: {secretKeyRef: {name: s, key: k}}}]";
    let text =
        workload("Deployment", "w", "x").replace("{labels: {aadpodidbinding: x}}", "{}").replace("image: i", env);
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {k: eA==}\n---\n";
    let first = migration(&format!("{secret}{text}"), &world);
    assert_eq!((first.moves.len(), first.open.len()), (1, 0), "{:?}", first.open);
    assert_eq!(first.farewells[0].fate, Fate::Goes);
    let files: BTreeMap<String, String> = write(&first).into_iter().collect();
    let hcl = &files["1-side-by-side/workload-identity.tf"];
    for part in [
        "\"application_orders_app\" {\n  name                = \"id-orders-app\"",
        "role_definition_name = \"Key Vault Secrets User\"",
        "condition            = \"@Resource[x] StringEquals \\\"y\\\"\"",
        "user_assigned_identity_id = azurerm_user_assigned_identity.application_orders_app.id",
    ] {
        assert!(hcl.contains(part), "{part}\n{hcl}");
    }
    assert!(files["2-workloads/shop-deployment-w.yaml"].contains("$patch"));
    assert!(files["3-secrets-gone/delete.yaml"].contains("kind: Secret"));
    assert!(!files.contains_key("3-profile-off/kustomization.yaml"));
    // Somebody else who uses the Secret keeps it.
    let other = text.replace("name: w", "name: v").replace("AZURE_CLIENT_ID", "X").replace("AZURE_CLIENT_SECRET", "Y");
    let second = migration(&format!("{secret}{text}{other}"), &world);
    assert_eq!(second.farewells[0].fate, Fate::Stays(vec!["Deployment shop/v uses it for Y".to_owned()]));
}

#[test]
fn a_pod_identity_that_is_an_application_gives_way_too() {
    let text = "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: sp, namespace: shop}\nspec: {type: 1, clientID: app, clientPassword: {name: pw, namespace: shop}}\n---\n\
         apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {name: sp, namespace: shop}\nspec: {azureIdentity: sp, selector: sp}\n---\n";
    let migration = migration(&(text.to_owned() + &workload("Deployment", "w", "sp")), &world(1));
    assert_eq!((migration.moves.len(), migration.applications.len()), (1, 1), "{:?}", migration.open);
    assert!(migration.notes.iter().any(|note| note.contains("Secret shop/pw")), "{:?}", migration.notes);
    let files: Vec<String> = write(&migration).into_iter().map(|(name, _)| name).collect();
    assert!(files.contains(&"3-profile-off/shop-deployment-w.yaml".to_owned()), "{files:?}");
}

#[test]
fn the_open_source_installation_binds_across_namespaces_unless_it_is_told_not_to() {
    let nmi = |flag: &str| {
        format!(
            "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: nmi, namespace: kube-system}}\nspec:\n  template:\n    spec: {{containers: [{{name: nmi, image: nmi, args: [\"{flag}\"]}}]}}\n---\n"
        )
    };
    let identity = "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: a, namespace: one}\nspec: {type: 0, resourceID: /a, clientID: c}\n---\n\
         apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {name: a, namespace: one}\nspec: {azureIdentity: a, selector: sel}\n---\n";
    let text = identity.to_owned() + &workload("Deployment", "w", "sel");
    let moves = |text: String| migration(&text, &World::default()).moves.len();
    assert_eq!(moves(nmi("--v=1") + &text), 1);
    assert_eq!(moves(nmi("--forceNamespaced") + &text), 0);
    let told = text.replace(
        "{name: a, namespace: one}",
        "{name: a, namespace: one, annotations: {aadpodidentity.k8s.io/Behavior: namespaced}}",
    );
    assert_eq!(moves(nmi("--v=1") + &told), 0);
    let without = migration(&text, &World::default());
    assert!(
        without.open.iter().any(|sentence| sentence.contains("The one in one is for its own namespace")),
        "{:?}",
        without.open
    );
}

const BOTH: [&str; 2] = ["id0", "id1"];

/// Two workloads of these kinds with an identity each, and of these service accounts.
fn two(kinds: [&str; 2], account: Option<&str>) -> String {
    let texts = kinds.iter().zip(BOTH).map(|(kind, selector)| {
        let text = workload(kind, "same", selector);
        account.map_or_else(
            || text.clone(),
            |account| {
                text.replace(
                    "spec:\n      containers",
                    &format!("spec:\n      serviceAccountName: {account}\n      containers"),
                )
            },
        )
    });
    texts.collect()
}

#[test]
fn a_service_account_stands_for_one_identity() {
    // Without an account of their own they get two.
    let own = migration(&two(["Deployment", "StatefulSet"], None), &world(2));
    let accounts: Vec<&str> = own.moves.iter().map(|one| one.account.as_str()).collect();
    assert_eq!(accounts, ["same", "same-statefulset"]);
    // Of one identity they may share it.
    let shared = two(["Deployment", "StatefulSet"], None).replace("aadpodidbinding: id1", "aadpodidbinding: id0");
    assert!(migration(&shared, &world(1)).moves.iter().all(|one| one.account == "same"));
    // One that both name cannot be divided here.
    let named = migration(&two(["Deployment", "StatefulSet"], Some("jobs")), &world(2));
    assert!(named.moves.is_empty());
    assert!(named.open[0].contains("run as one service account, shop/jobs, with different identities (id0, id1)"));
}

fn account(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}\n---\n"
    )
}

#[test]
fn an_account_that_stands_for_somebody_else_is_left_alone() {
    let other = account("w", "azure.workload.identity/client-id: other");
    let own = migration(&(other.clone() + &workload("Deployment", "w", "id0")), &world(1));
    assert_eq!(own.moves[0].account, "w-deployment");
    let named = workload("Deployment", "w", "id0")
        .replace("spec:\n      containers", "spec:\n      serviceAccountName: w\n      containers");
    let refused = migration(&(other + &named), &world(1));
    assert!(
        refused.moves.is_empty() && refused.open[0].contains("stands for the client id other already"),
        "{:?}",
        refused.open
    );
}

#[test]
fn what_is_added_to_accounts_is_what_is_taken_back() {
    let ours = "azure.workload.identity/client-id: \"client of id0\"";
    for (accounts, added, file) in [
        (String::new(), Added::Account, Some("delete.yaml")),
        (account("w", "team: shop"), Added::ClientId, Some("shop-serviceaccount-w.yaml")),
        (account("w", ours), Added::Nothing, None),
        // As an earlier run of this migration has left them.
        (account("w", &format!("{ours}, bowline.migration/added: account")), Added::Account, Some("delete.yaml")),
        (
            account("w", &format!("{ours}, bowline.migration/added: client-id")),
            Added::ClientId,
            Some("shop-serviceaccount-w.yaml"),
        ),
    ] {
        let migration = migration(&(accounts.clone() + &workload("Deployment", "w", "id0")), &world(1));
        assert_eq!(migration.moves[0].added, added, "{accounts}");
        let files = write(&migration);
        let back: Vec<&str> =
            files.iter().filter_map(|(name, _)| name.strip_prefix("take-back/1-side-by-side/")).collect();
        assert_eq!(back, file.into_iter().collect::<Vec<_>>(), "{accounts}");
    }
}

#[test]
fn a_workload_that_has_joined_keeps_its_way_back() {
    let text = workload("Deployment", "w", "id0");
    let fresh: BTreeMap<String, String> = write(&migration(&text, &world(1))).into_iter().collect();
    let back = &fresh["take-back/2-workloads/shop-deployment-w.yaml"];
    for part in ["azure.workload.identity/use: null", "serviceAccountName: null", "serviceAccount: null"] {
        assert!(back.contains(part), "{part}\n{back}");
    }
    assert!(fresh["take-back/3-profile-off/shop-deployment-w.yaml"].contains("aadpodidbinding: id0"));
    let joined = text.replace("aadpodidbinding: id0", "aadpodidbinding: id0, azure.workload.identity/use: \"true\"");
    let files = write(&migration(&joined, &world(1)));
    assert!(!files.iter().any(|(name, _)| name.starts_with("take-back/2-workloads/")));
}

#[test]
fn what_has_moved_already_stays_in_the_files() {
    let mut world = world(1);
    world.credentials.push(Credential {
        address: Address::parse("azurerm_federated_identity_credential.workload_shop_done").unwrap(),
        identity: id("id0").into(),
        issuer: String::new(),
        subject: "system:serviceaccount:shop:done".into(),
        audiences: Vec::new(),
    });
    let migration = migration(&workload("Deployment", "w", "id0"), &world);
    assert!(migration.notes.iter().any(|note| note.contains("Kept in the files of stage 1")), "{:?}", migration.notes);
    let files: BTreeMap<String, String> = write(&migration).into_iter().collect();
    for file in ["1-side-by-side/workload-identity.tf", "1-side-by-side/service-accounts.yaml"] {
        assert!(files[file].contains("done"), "{}", files[file]);
    }
}

#[test]
fn workloads_whose_pods_stay_are_told() {
    for (more, told) in [
        ("  updateStrategy: {type: OnDelete}\n", "delete them after each patch"),
        ("  updateStrategy: {rollingUpdate: {partition: 2}}\n", "below number 2"),
        ("  paused: true\n", "is paused"),
    ] {
        let text = workload("Deployment", "w", "id0").replace("spec:\n  template", &format!("spec:\n{more}  template"));
        let migration = migration(&text, &world(1));
        assert!(migration.notes.iter().any(|note| note.contains(told)), "{told}: {:?}", migration.notes);
    }
}
