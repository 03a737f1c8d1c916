//! What recorded state costs: apply per resource, opening a large state, recovery after a crash.
//!
//! `cargo bench --bench state` (with `terraform` on the PATH the same stack is applied by it too).

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bowline::address::{Address, ProviderAddress};
use bowline::provider::Intent;
use bowline::state::{Disk, Entry, Journal, JournalPlace, RunStart, WriteAction};
use measure::{Run, median, run};

fn main() {
    let bowline = PathBuf::from(env!("CARGO_BIN_EXE_bowline"));
    overhead(&bowline);
    opening(&bowline);
    recovery(&bowline);
}

/// Apply of 100, 1,000 and 10,000 resources of one block, less that of one: what each costs.
fn overhead(bowline: &Path) {
    let of = |program: &Path, count: usize, runs: usize| {
        let folder = folder();
        write(
            &folder.path().join("main.tf"),
            &format!("resource \"terraform_data\" \"a\" {{\n  count = {count}\n  input = count.index\n}}\n"),
        );
        run(program, &["init", "-input=false"], folder.path(), &[0]);
        median(runs, || {
            for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
                let _ = fs::remove_file(folder.path().join(name));
            }
            run(program, &["apply", "-auto-approve", "-input=false"], folder.path(), &[0])
        })
    };
    let base = of(bowline, 1, 9);
    println!("{:<44} {:>10} {:>16}", "apply of one block with count", "wall", "per resource");
    let mut each = Vec::new();
    #[allow(clippy::cast_precision_loss)] // A count.
    for (count, runs) in [(100, 9), (1_000, 5), (10_000, 3)] {
        let whole = of(bowline, count, runs);
        let per = (whole.wall.as_secs_f64() - base.wall.as_secs_f64()).max(0.0) * 1e6 / count as f64;
        println!("{:<44} {:>10} {per:>13.0} µs", format!("  {count} resources"), seconds(whole));
        each.push(per);
    }
    if let [small, _, large] = each.as_slice() {
        println!("{:<44} {:>10.2}x (at most 1.3x)", "  10,000 against 100, per resource", large / small.max(1.0));
    }
    match find("terraform") {
        Some(terraform) => {
            let (ours, theirs) = (of(bowline, 1_000, 3), of(&terraform, 1_000, 1));
            let ratio = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
            println!(
                "{:<44} {:>10} {:>10} {ratio:>6.0}x",
                "  1,000 resources, bowline and terraform",
                seconds(ours),
                seconds(theirs)
            );
        }
        None => println!("  terraform is not installed: no ratio"),
    }
}

/// `state list` of a state of 50 MB.
fn opening(bowline: &Path) {
    let folder = folder();
    let size = large_state(&folder.path().join("terraform.tfstate"));
    let list = median(9, || run(bowline, &["state", "list"], folder.path(), &[0]));
    let nothing = median(9, || run(bowline, &["version"], folder.path(), &[0]));
    let held = (list.peak_kib.saturating_sub(nothing.peak_kib)) * 1024;
    #[allow(clippy::cast_precision_loss)] // Bytes.
    let times = held as f64 / size as f64;
    println!("\n{:<44} {:>10} (under 0.3 s)", format!("opening a state of {} MB", size >> 20), seconds(list));
    println!("{:<44} {:>9.1}x (under 3x)", "  memory, in sizes of the file", times);
}

fn large_state(path: &Path) -> u64 {
    let mut text = String::from(
        "{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": 1,\n  \"lineage\": \"large\",\n  \"outputs\": {},\n  \"resources\": [\n    {\n      \"mode\": \"managed\",\n      \"type\": \"terraform_data\",\n      \"name\": \"a\",\n      \"provider\": \"provider[\\\"terraform.io/builtin/terraform\\\"]\",\n      \"instances\": [\n",
    );
    let filling = "x".repeat(1_600);
    let mut index = 0;
    while text.len() < 50 << 20 {
        let comma = if index == 0 { "" } else { ",\n" };
        let _ = write!(
            text,
            "{comma}        {{\n          \"index_key\": {index},\n          \"schema_version\": 0,\n          \"attributes\": {{\n            \"id\": \"id-{index}\",\n            \"input\": {{\n              \"type\": \"string\",\n              \"value\": \"{filling}\"\n            }},\n            \"output\": null,\n            \"triggers_replace\": null\n          }},\n          \"sensitive_attributes\": [],\n          \"dependencies\": [\n            \"terraform_data.b\"\n          ]\n        }}"
        );
        index += 1;
    }
    text.push_str("\n      ]\n    }\n  ],\n  \"check_results\": null\n}\n");
    write(path, &text);
    text.len() as u64
}

/// A plan after a crash with 1,000 open intents, against a plan of the same stack without any.
fn recovery(bowline: &Path) {
    const OPEN: usize = 1_000;
    let stack = format!(
        "provider \"azurerm\" {{\n  features {{}}\n}}\nresource \"azurerm_resource_group\" \"a\" {{\n  count    = {OPEN}\n  name     = \"rg-${{count.index}}\"\n  location = \"westeurope\"\n}}\n"
    );
    let plan = |open: bool| {
        let folder = folder();
        write(&folder.path().join("main.tf"), &stack);
        median(3, || {
            if open {
                leave_journal(folder.path(), OPEN);
            }
            run(bowline, &["plan", "--simulate", "-input=false"], folder.path(), &[0])
        })
    };
    let (with, without) = (plan(true), plan(false));
    println!("\n{:<44} {:>10}", format!("plan with {OPEN} open intents"), seconds(with));
    println!("{:<44} {:>10}", "  the same plan without", seconds(without));
    let more = with.wall.saturating_sub(without.wall).as_secs_f64();
    println!("{:<44} {more:>8.2} s (under 5 s, with the reads of a simulated Azure)", "  recovery");
}

fn leave_journal(folder: &Path, open: usize) {
    let place = JournalPlace::new(&folder.join(".bowline/journal.jsonl"), &Disk::default());
    let journal =
        Journal::create(&place, &RunStart::new("bench", "", 0), &[]).unwrap_or_else(|e| measure::fail(&e.detail));
    let provider = ProviderAddress::default_of("registry.terraform.io/hashicorp/azurerm");
    for index in 0..open {
        let Some(address) = Address::parse(&format!("azurerm_resource_group.a[{index}]")) else { continue };
        let id = format!("/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-{index}");
        let intent = Intent { method: "PUT", id, version: "2023-07-01".into(), digest: "00".into() };
        let entry =
            Entry::Intent { object: address.into(), action: WriteAction::Create, provider: provider.clone(), intent };
        let _ = journal.append(&entry);
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap_or_else(|error| measure::fail(&error.to_string()))
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| measure::fail(&error.to_string()));
}

fn seconds(run: Run) -> String {
    format!("{:.3} s", run.wall.as_secs_f64())
}

fn find(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}
