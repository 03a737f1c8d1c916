//! A refresh of everything that a platform team has: 10 clusters, 1,000 identities with a federated credential each, and
//! 10,000 role assignments. Prints how many calls to Azure a plan without changes takes, and how long Azure's published
//! rates would make it: the simulator's clock moves on by the wait wherever a client goes faster than they allow.
//!
//! `cargo bench --bench refresh_at_scale` (`-- 100` for another number of identities).

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use measure::{Simulator, fail, run};

/// Role assignments of each identity.
const ROLES: usize = 10;
/// The most calls that a refresh at full scale may take.
const CALLS: u64 = 1_200;
/// How many of them may be anything but lists of the credentials of one identity.
const OTHERS: u64 = 60;
const CREDENTIALS: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let identities: usize = asked.unwrap_or(1_000);
    let bowline = PathBuf::from(env!("CARGO_BIN_EXE_bowline"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| fail(&error.to_string()));
    lay_out(folder.path(), identities);
    let simulator = Simulator::start(&bowline, &folder.path().join("world.jsonl"));
    let azure = format!("-simulate={}", simulator.url());
    let apply = ["apply", "-input=false", "-auto-approve", "-checks=off", azure.as_str()];
    run(&bowline, &apply, folder.path(), &[0]);
    simulator.forget_requests();
    let begun = simulator.now();
    let plan = ["plan", "-input=false", "-detailed-exitcode", "-checks=off", azure.as_str()];
    let took = run(&bowline, &plan, folder.path(), &[0]);
    tell(&simulator, simulator.now().saturating_sub(begun), took.wall, identities);
}

fn lay_out(folder: &Path, identities: usize) {
    let clusters = identities.div_ceil(100);
    let text = include_str!("refresh_at_scale/main.tf");
    let written = fs::write(folder.join("main.tf"), text).and_then(|()| {
        let mut given = String::new();
        let _ = writeln!(given, "clusters = {clusters}\nidentities = {identities}\nroles = {ROLES}");
        fs::write(folder.join("scale.auto.tfvars"), given)
    });
    written.unwrap_or_else(|error| fail(&error.to_string()));
}

fn tell(simulator: &Simulator, by_rates: Duration, took: Duration, identities: usize) {
    let requests = simulator.requests();
    let of_credentials: u64 = requests.iter().filter(|((_, kind), _)| kind == CREDENTIALS).map(|(_, n)| n).sum();
    let all: u64 = requests.values().sum();
    let others = all - of_credentials;
    println!("refresh of {identities} identities and {} role assignments:", identities * ROLES);
    println!(
        "  {all} calls to Azure ({CALLS} allowed at full scale), {others} of them no list of one identity's credentials ({OTHERS} allowed)"
    );
    println!("  {:.0} s at Azure's published rates; {:.2} s here", by_rates.as_secs_f64(), took.as_secs_f64());
    for ((method, kind), count) in &requests {
        println!("  {count:>6} {method:<6} {kind}");
    }
    if identities <= 1_000 && (all > CALLS || others > OTHERS) {
        fail("more calls than are allowed");
    }
}
