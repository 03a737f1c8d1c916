//! What a plan means for access, at 10,000 assignments, 1,000 identities and 2,000 federated credentials: the analysis,
//! the checks and the report.
//!
//! `cargo bench --bench access`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bowline::access::{self, Assignment, Cluster, Credential, Doors, Identity, Role, Scope, World};
use bowline::address::Address;
use bowline::azure::arm_id::ArmId;
use bowline::checks;
use bowline::config;
use bowline::plan::{Base, Options, Plan};
use bowline::provider::Registry;
use bowline::report::html::{self, Judged};
use bowline::report::picture::Picture;
use bowline::span::SourceMap;
use bowline::state::State;

const IDENTITIES: usize = 1_000;
const CREDENTIALS: usize = 2_000;
const ASSIGNMENTS: usize = 10_000;
const GROUP: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg";

fn main() {
    let (before, after) = (World::default(), world());
    let place = ArmId::parse(&format!("{GROUP}/providers/Microsoft.KeyVault/vaults/kv-1"));
    let changes = timed("access analysis (before, after, difference)", || access::changes(&before, &after));
    if let Ok(place) = &place {
        let action = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
        timed("who-can", || access::who_can(&after, action, place));
    }
    timed("what-can", || access::what_can(&after, "shop/w0500"));
    let (folder, mut sources) = (std::env::temp_dir().join("bowline-bench-nothing"), SourceMap::default());
    let functions = bowline::eval::templates::Surroundings::default();
    let context = functions.context();
    let mut early = bowline::eval::constant::Constants::new(&context, Box::new(|_, _| Default::default()));
    let (configuration, _) = config::load(&folder, &mut sources, &mut early);
    let findings = timed("checks", || checks::run(&after, &configuration, &sources));
    let (plan, registry, graph) = (plan(), Registry::default(), Picture::default());
    let page = timed("report", || {
        html::report(&Judged {
            plan: &plan,
            registry: &registry,
            access: &changes,
            findings: &findings,
            sources: &sources,
            graph: &graph,
            workspace: "default",
        })
    });
    println!("{} access changes, {} findings, {} KiB of report", changes.len(), findings.len(), page.len() / 1024);
}

/// The best of five runs, so that what else the machine does counts least.
fn timed<T>(what: &str, work: impl Fn() -> T) -> T {
    let mut best = Duration::MAX;
    let mut result = work();
    for _ in 0..5 {
        let started = Instant::now();
        result = black_box(work());
        best = best.min(started.elapsed());
    }
    println!("{what:45} {:8.1} ms", best.as_secs_f64() * 1e3);
    result
}

fn address(kind: &str, i: usize) -> Address {
    Address::parse(&format!("module.workload[\"w{i:04}\"].{kind}.this")).unwrap_or_else(|| std::process::exit(1))
}

fn identity_id(i: usize) -> String {
    format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-{i:04}").to_lowercase()
}

fn world() -> World {
    let identity = |i: usize| Identity {
        address: address("azurerm_user_assigned_identity", i),
        name: format!("id-{i:04}"),
        id: identity_id(i).into(),
        principal: format!("principal-{i}"),
        client: Some(format!("client-{i}")),
    };
    let credential = |i: usize| Credential {
        address: address("azurerm_federated_identity_credential", i),
        identity: identity_id(i % IDENTITIES).into(),
        issuer: "https://issuer.example/prod/".into(),
        subject: format!("system:serviceaccount:shop:w{i:04}"),
        audiences: vec!["api://AzureADTokenExchange".into()],
    };
    let roles = ["Key Vault Secrets User", "Storage Blob Data Reader", "Reader", "AcrPull"].map(Role::named);
    let assignment = |i: usize| Assignment {
        address: address("azurerm_role_assignment", i),
        principal: format!("principal-{}", i % IDENTITIES),
        principal_type: Some("ServicePrincipal".into()),
        role: roles[i % roles.len()].clone(),
        scope: scope(i),
        condition: None,
    };
    World {
        identities: (0..IDENTITIES).map(identity).collect(),
        credentials: (0..CREDENTIALS).map(credential).collect(),
        assignments: (0..ASSIGNMENTS).map(assignment).collect(),
        clusters: vec![Cluster {
            address: address("azurerm_kubernetes_cluster", 0),
            name: "prod".into(),
            id: format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/prod").to_lowercase().into(),
            issuer: "https://issuer.example/prod/".into(),
            control_plane: Vec::new(),
            control_plane_ids: Vec::new(),
            kubelet: None,
            kubelet_id: None,
            doors: Doors::default(),
        }],
        ..World::default()
    }
}

fn scope(i: usize) -> Scope {
    let text = format!("{GROUP}/providers/Microsoft.KeyVault/vaults/kv-{}", i / 50);
    ArmId::parse(&text).map_or(Scope::Later(text), Scope::Known)
}

fn plan() -> Plan {
    Plan {
        changes: Vec::new(),
        drift: Vec::new(),
        outputs: BTreeMap::<Arc<str>, _>::new(),
        checks: Vec::new(),
        prior: State::default(),
        settled: Vec::new(),
        base: Base::default(),
        variables: BTreeMap::new(),
        options: Options::default(),
        timestamp: "2026-01-01T00:00:00Z".into(),
        implied_order: Vec::new(),
        errored: false,
    }
}
