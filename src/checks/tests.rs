#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;
use crate::access::{Assignment, Cluster, Credential, Doors, Identity, PodIdentity, Role, Scope};
use crate::azure::arm_id::ArmId;

const IDENTITY: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/a";
const CONTROL: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/cp";
const KUBELET: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/kl";
const CLUSTER: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.containerservice/managedclusters/prod";
const GROUP: &str = "/subscriptions/s/resourceGroups/g";

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn identity(name: &str, id: &str) -> Identity {
    Identity {
        address: address(&format!("azurerm_user_assigned_identity.{name}")),
        name: name.into(),
        id: id.into(),
        principal: format!("{name}-principal"),
        client: Some(format!("{name}-client")),
    }
}

fn credential(name: &str) -> Credential {
    Credential {
        address: address(&format!("azurerm_federated_identity_credential.{name}")),
        identity: IDENTITY.into(),
        issuer: "https://issuer/".into(),
        subject: format!("system:serviceaccount:ns:{name}"),
        audiences: vec!["api://AzureADTokenExchange".into()],
    }
}

fn assignment(name: &str, principal: &str, role: &str, scope: &str) -> Assignment {
    Assignment {
        address: address(&format!("azurerm_role_assignment.{name}")),
        principal: principal.into(),
        principal_type: None,
        role: Role::named(role),
        scope: Scope::Known(ArmId::parse(scope).unwrap()),
        condition: None,
    }
}

/// A stack in which nothing is wrong.
fn sound() -> World {
    World {
        identities: vec![identity("a", IDENTITY), identity("cp", CONTROL), identity("kl", KUBELET)],
        credentials: vec![credential("one"), credential("two")],
        clusters: vec![Cluster {
            address: address("azurerm_kubernetes_cluster.prod"),
            name: "prod".into(),
            issuer: "https://issuer/".into(),
            hosts: Vec::new(),
            control_plane: Vec::new(),
            control_plane_ids: vec![CONTROL.into()],
            kubelet: Some("kl-principal".into()),
            kubelet_id: Some(KUBELET.into()),
            id: CLUSTER.into(),
            doors: Doors::default(),
        }],
        assignments: vec![
            assignment("operator", "cp-principal", "Managed Identity Operator", KUBELET),
            assignment("pull", "kl-principal", "AcrPull", GROUP),
            assignment("read", "a-principal", "Reader", GROUP),
        ],
        ..World::default()
    }
}

/// What is found where no block is at hand.
fn findings(world: &World) -> Vec<Finding> {
    let (folder, mut sources) = (tempfile::tempdir().unwrap(), SourceMap::default());
    let functions = crate::eval::templates::Surroundings::default();
    let context = functions.context();
    let mut early = crate::eval::constant::Constants::new(&context, Box::new(|_, _| Default::default()));
    let (configuration, _) = crate::config::load(folder.path(), &mut sources, &mut early);
    run(world, &configuration, &sources)
}

fn found(world: &World) -> BTreeSet<&'static str> {
    findings(world).iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_sound_stack_has_no_findings() {
    assert_eq!(found(&sound()), BTreeSet::new());
}

#[test]
fn every_rule_finds_its_fault() {
    type Spoil = fn(&mut World);
    let faults: [(&str, Spoil); 27] = [
        ("acrpull-identity", |w| w.assignments.push(assignment("x", "cp-principal", "AcrPull", GROUP))),
        ("broad-role", |w| w.assignments.push(assignment("x", "a-principal", "Contributor", GROUP))),
        ("broad-scope", |w| w.assignments.push(assignment("x", "a-principal", "Reader", "/subscriptions/s"))),
        ("client-id-assigned", |w| w.assignments.push(assignment("x", "a-client", "Reader", GROUP))),
        ("credential-audience", |w| w.credentials[0].audiences = vec!["api://azureadtokenexchange".into()]),
        ("credential-elsewhere", |w| w.credentials[0].issuer = "https://other/".into()),
        ("dangling-assignment", |w| w.departed.push(("a-principal".into(), "identity a".into()))),
        ("dangling-assignment", |w| w.removed.push(ArmId::parse(GROUP).unwrap())),
        ("local-accounts", |w| w.clusters[0].doors.local_accounts = true),
        ("pod-identity-retired", |w| w.clusters[0].doors.pod_identity = true),
        ("public-api-server", |w| w.clusters[0].doors.public = true),
        ("workload-identity-off", |w| w.clusters[0].doors.tokenless = true),
        ("operator-grant", |w| {
            w.pod_identities.push(PodIdentity {
                address: address("bowline_pod_identity.api"),
                cluster: CLUSTER.into(),
                namespace: "ledger".into(),
                selector: "api".into(),
                identity: IDENTITY.into(),
            });
        }),
        ("broad-role", |w| w.assignments.push(assignment("x", "kl-principal", "Contributor", GROUP))),
        ("credential-issuer", |w| w.credentials[0].issuer = "https://issuer".into()),
        ("credential-limit", |w| w.credentials.extend((0..19).map(|i| credential(&format!("c{i}"))))),
        ("credential-subject", |w| w.credentials[0].subject = "system:serviceaccount:NS:one".into()),
        ("credential-twice", |w| w.credentials[0].subject = "system:serviceaccount:ns:two".into()),
        ("credential-unrecorded", |w| {
            let words = "the federated credential \"ci\", by which \"s\" of https://i signs in";
            w.strangers.push((address("azurerm_user_assigned_identity.a"), "/ci".into(), words.into()));
        }),
        ("custom-role-wildcard", |w| {
            let mut role = Role::named("mine");
            role.permissions = Role::named("Owner").permissions;
            w.roles.push((address("azurerm_role_definition.mine"), role));
        }),
        ("duplicate-id", |w| {
            let id = ArmId::parse(GROUP).unwrap();
            let twice = ["azurerm_resource_group.a", "azurerm_resource_group.b"];
            w.resources = twice.map(|text| (address(text), id.clone())).to_vec();
        }),
        ("operator-grant", |w| w.assignments.retain(|a| a.role.name != "Managed Identity Operator")),
        ("owner-granted", |w| w.assignments.push(assignment("x", "somebody", "Owner", GROUP))),
        ("quota-near", |w| {
            w.assignments.extend((0..3_600).map(|i| assignment(&format!("q{i}"), "somebody", "Reader", GROUP)));
        }),
        ("condition-unread", |w| w.assignments[2].condition = Some("@Resource[a] is 'b'".into())),
        ("role-name", |w| w.assignments.push(assignment("x", "a-principal", "Key Vault Secret User", GROUP))),
        ("unused-identity", |w| w.credentials.clear()),
    ];
    let covered: BTreeSet<&str> = faults.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(covered, RULES.iter().map(|rule| rule.name).collect());
    for (rule, spoil) in faults {
        let mut world = sound();
        spoil(&mut world);
        assert!(found(&world).contains(rule), "{rule}: {:?}", found(&world));
        // One fault may be two: an issuer that is nearly a cluster's is no cluster's either.
        assert!(found(&world).len() <= 2, "{rule}: {:?}", found(&world));
    }
}

#[test]
fn what_is_not_there_yet_is_not_missed_while_something_is_open() {
    let mut world = World { partial: true, ..sound() };
    world.credentials.clear();
    world.assignments.retain(|assignment| assignment.role.name != "Managed Identity Operator");
    assert_eq!(found(&world), BTreeSet::new());
}

#[test]
fn notes_are_shown_on_request_and_faults_can_stop_the_run() {
    let mut world = sound();
    world.credentials[0].issuer = "https://other/".into();
    world.assignments.push(assignment("x", "somebody", "Owner", GROUP));
    let findings = findings(&world);
    let shown = |mode| diagnostics(&findings, mode);
    assert_eq!(shown(Mode::Off).len(), 0);
    assert_eq!(shown(Mode::Warn).len(), 1);
    assert_eq!(shown(Mode::All).len(), 2);
    assert!(shown(Mode::Error).has_errors() && !shown(Mode::Warn).has_errors());
}

#[test]
fn the_page_holds_the_table() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks.md")).unwrap();
    assert!(page.contains(&table()), "put this into docs/checks.md:\n{}", table());
}

#[test]
fn a_team_says_how_much_a_rule_matters() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        std::fs::write(folder.path().join("bowline.hcl"), text).unwrap();
        let mut sources = SourceMap::default();
        let functions = crate::eval::templates::Surroundings::default();
        let context = functions.context();
        let mut early = crate::eval::constant::Constants::new(&context, Box::new(|_, _| Default::default()));
        let (configuration, problems) = crate::config::load(folder.path(), &mut sources, &mut early);
        let problems: Vec<_> =
            problems.into_iter().chain(refuse_unknown(&configuration)).map(|problem| problem.summary).collect();
        (configuration, sources, problems)
    };
    let mut world = sound();
    world.assignments.push(assignment("x", "somebody", "Owner", GROUP));
    world.clusters[0].doors.public = true;
    let (configuration, sources, problems) = load(
        "check \"public-api-server\" {\n  level = \"off\"\n  reason = \"behind a firewall\"\n}\n\
         check \"owner-granted\" {\n  level = \"error\"\n}\n",
    );
    assert!(problems.is_empty(), "{problems:?}");
    let findings = run(&world, &configuration, &sources);
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["owner-granted"]);
    assert!(diagnostics(&findings, Mode::Warn).has_errors());
    let wrong = "check \"owner\" {\n  level = \"loud\"\n}\ncheck \"quota-near\" {\n  level = \"off\"\n}\n";
    assert_eq!(load(wrong).2, ["Unknown check", "Unknown level", "Missing reason"]);
}

#[test]
fn a_team_says_who_is_in_its_groups() {
    let folder = tempfile::tempdir().unwrap();
    let text = "group \"readers\" {}\ngroup \"33333333-3333-4333-8333-333333333333\" {\n  name = \"readers\"\n  members = \
                [\"44444444-4444-4444-8444-444444444444\", \"azurerm_user_assigned_identity.gone\"]\n}\n";
    std::fs::write(folder.path().join("bowline.hcl"), text).unwrap();
    let mut sources = SourceMap::default();
    let functions = crate::eval::templates::Surroundings::default();
    let context = functions.context();
    let mut early = crate::eval::constant::Constants::new(&context, Box::new(|_, _| Default::default()));
    let (configuration, _) = crate::config::load(folder.path(), &mut sources, &mut early);
    let problems: Vec<String> = refuse_unknown(&configuration).into_iter().map(|problem| problem.summary).collect();
    assert_eq!(problems, ["Invalid object id", "Unknown member"]);
}

#[test]
fn a_condition_must_limit_which_roles_are_handed_out() {
    let granted = |condition: &str| {
        let mut world = sound();
        let mut owner = assignment("x", "somebody", "Owner", GROUP);
        owner.condition = Some(condition.to_owned());
        world.assignments.push(owner);
        found(&world).contains("owner-granted")
    };
    assert!(granted("!(ActionMatches{'Microsoft.Storage/*'})"));
    assert!(!granted("!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})"));
}
