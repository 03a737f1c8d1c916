#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;
use crate::access::{Assignment, Cluster, Credential, Identity, Role, Scope};
use crate::azure::arm_id::ArmId;

const IDENTITY: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/a";
const CONTROL: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/cp";
const KUBELET: &str = "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/kl";
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
            control_plane: Vec::new(),
            control_plane_ids: vec![CONTROL.into()],
            kubelet: Some("kl-principal".into()),
            kubelet_id: Some(KUBELET.into()),
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
    let faults: [(&str, Spoil); 15] = [
        ("acrpull-identity", |w| w.assignments.push(assignment("x", "cp-principal", "AcrPull", GROUP))),
        ("broad-role", |w| w.assignments.push(assignment("x", "a-principal", "Contributor", GROUP))),
        ("broad-scope", |w| w.assignments.push(assignment("x", "a-principal", "Reader", "/subscriptions/s"))),
        ("client-id-assigned", |w| w.assignments.push(assignment("x", "a-client", "Reader", GROUP))),
        ("credential-audience", |w| w.credentials[0].audiences = vec!["api://azureadtokenexchange".into()]),
        ("credential-issuer", |w| w.credentials[0].issuer = "https://issuer".into()),
        ("credential-limit", |w| w.credentials.extend((0..19).map(|i| credential(&format!("c{i}"))))),
        ("credential-subject", |w| w.credentials[0].subject = "system:serviceaccount:NS:one".into()),
        ("credential-twice", |w| w.credentials[0].subject = "system:serviceaccount:ns:two".into()),
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
        ("unused-identity", |w| w.credentials.clear()),
    ];
    let covered: BTreeSet<&str> = faults.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(covered, RULES.iter().map(|rule| rule.name).collect());
    for (rule, spoil) in faults {
        let mut world = sound();
        spoil(&mut world);
        assert_eq!(found(&world), BTreeSet::from([rule]));
    }
}

#[test]
fn notes_are_shown_on_request_and_faults_can_stop_the_run() {
    let mut world = sound();
    world.credentials.clear();
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
