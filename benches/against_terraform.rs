//! Bowline and Terraform on the same `terraform_data` stacks, in the same run, as ratios: one stack of a thousand
//! blocks, and one of two blocks that are repeated over a map of workloads, as platform teams write them.
//!
//! `cargo bench --bench against_terraform` (needs `terraform` on the PATH, which takes minutes for the second stack;
//! without it Bowline's own growth is measured and the ratios are left out).

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use measure::{Run, median, run};

fn main() {
    let bowline = PathBuf::from(env!("CARGO_BIN_EXE_bowline"));
    let terraform = find("terraform");
    println!("{:<34} {:>12} {:>12} {:>9}", "", "bowline", "terraform", "ratio");
    let version = median(9, || run(&bowline, &["version"], Path::new("."), &[0]));
    println!("{:<34} {:>12}", "version", seconds(version));
    if terraform.is_none() {
        println!("terraform is not installed: no ratios");
    }
    let small = Figures::of(&bowline, &blocks(1_000), 5);
    let repeated = Figures::of(&bowline, &for_each(1_000), 5);
    if let Some(terraform) = &terraform {
        println!("1,000 blocks");
        compare(&small, &Figures::of(terraform, &blocks(1_000), 1));
        println!("1,000 instances by for_each");
        compare(&repeated, &Figures::of(terraform, &for_each(1_000), 1));
    }
    let large = Figures::of(&bowline, &blocks(10_000), 3);
    println!("\n{:<34} {:>12} {:>12} {:>9}", "", "1,000", "10,000", "growth");
    for (name, a, b) in [
        ("plan", small.plan, large.plan),
        ("apply", small.apply, large.apply),
        ("no-op plan", small.no_op, large.no_op),
    ] {
        let growth = b.wall.as_secs_f64() / a.wall.as_secs_f64();
        println!("{name:<34} {:>12} {:>12} {growth:>8.1}x", seconds(a), seconds(b));
    }
    println!("{:<34} {:>12.2} s", "no-op plan, 10,000, CPU", large.no_op.cpu.as_secs_f64());
    println!("{:<34} {:>12} MiB", "no-op plan, 10,000, peak memory", large.no_op.peak_kib / 1024);
}

/// What a program takes for one stack.
struct Figures {
    plan: Run,
    apply: Run,
    no_op: Run,
}

impl Figures {
    fn of(program: &Path, stack: &str, runs: usize) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| measure::fail(&error.to_string()));
        let root = folder.path();
        write(&root.join("main.tf"), stack);
        run(program, &["init", "-input=false"], root, &[0]);
        let plan = median(runs, || run(program, &["plan", "-input=false"], root, &[0]));
        let apply = median(runs, || {
            for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
                let _ = fs::remove_file(root.join(name));
            }
            run(program, &["apply", "-auto-approve", "-input=false"], root, &[0])
        });
        let no_op = median(runs, || run(program, &["plan", "-input=false", "-detailed-exitcode"], root, &[0]));
        Self { plan, apply, no_op }
    }
}

fn compare(bowline: &Figures, terraform: &Figures) {
    for (name, ours, theirs) in [
        ("  plan", bowline.plan, terraform.plan),
        ("  apply", bowline.apply, terraform.apply),
        ("  no-op plan", bowline.no_op, terraform.no_op),
    ] {
        let ratio = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
        let more = if theirs.cut_short { "> " } else { "" };
        println!(
            "{name:<34} {:>12} {:>12} {:>9}",
            seconds(ours),
            more.to_owned() + &seconds(theirs),
            format!("{more}{ratio:.0}x")
        );
        let (ours, theirs) = (ours.peak_kib / 1024, theirs.peak_kib / 1024);
        #[allow(clippy::cast_precision_loss)] // MiB.
        let ratio = theirs as f64 / ours.max(1) as f64;
        println!("{:<34} {:>8} MiB {:>8} MiB {ratio:>8.1}x", "    peak memory", ours, theirs);
    }
}

/// Two blocks over the same keys, of which one refers to the other key by key: half of the resources each.
fn for_each(resources: usize) -> String {
    format!(
        "locals {{\n  keys = toset([for i in range({}) : \"workload-${{i}}\"])\n}}\n\nresource \"terraform_data\" \
         \"identity\" {{\n  for_each = local.keys\n  input = {{\n    name = each.key\n    at   = \"item-${{each.key}}\"\n  \
         }}\n}}\n\nresource \"terraform_data\" \"credential\" {{\n  for_each = local.keys\n  input = {{\n    name = \
         terraform_data.identity[each.key].output.name\n    at   = \"item-${{each.key}}\"\n  }}\n}}\n",
        resources / 2
    )
}

/// Blocks that refer to one another in chains of ten, as blocks and not by `count`: parsing is part of the cost.
fn blocks(resources: usize) -> String {
    let mut text = String::from("variable \"tag\" {\n  type    = string\n  default = \"a\"\n}\n\n");
    for i in 0..resources {
        let input = if i % 10 == 0 { "var.tag".to_owned() } else { format!("terraform_data.r{}.output.name", i - 1) };
        let _ = write!(
            text,
            "resource \"terraform_data\" \"r{i}\" {{\n  input = {{\n    name = {input}\n    at   = \"item-${{var.tag}}-{i}\"\n  \
             }}\n}}\n\n"
        );
    }
    text
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| measure::fail(&error.to_string()));
}

fn find(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn seconds(run: Run) -> String {
    format!("{:.3} s", run.wall.as_secs_f64())
}
