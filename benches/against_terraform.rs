//! Bowline and Terraform on the same `terraform_data` stack, in the same run, as ratios.
//!
//! `cargo bench --bench against_terraform` (needs `terraform` on the PATH; without it Bowline's own growth is
//! measured and the ratios are left out).

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
    let small = Figures::of(&bowline, 1_000, 5);
    match &terraform {
        Some(terraform) => compare(&small, &Figures::of(terraform, 1_000, 1)),
        None => println!("terraform is not installed: no ratios"),
    }
    let large = Figures::of(&bowline, 10_000, 3);
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
    fn of(program: &Path, resources: usize, runs: usize) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| measure::fail(&error.to_string()));
        let root = folder.path();
        write(&root.join("main.tf"), &stack(resources));
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
        ("plan, 1,000 resources", bowline.plan, terraform.plan),
        ("apply, 1,000 resources", bowline.apply, terraform.apply),
        ("no-op plan, 1,000 resources", bowline.no_op, terraform.no_op),
    ] {
        let ratio = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
        println!("{name:<34} {:>12} {:>12} {ratio:>8.0}x", seconds(ours), seconds(theirs));
        let (ours, theirs) = (ours.peak_kib / 1024, theirs.peak_kib / 1024);
        #[allow(clippy::cast_precision_loss)] // MiB.
        let ratio = theirs as f64 / ours.max(1) as f64;
        println!("{:<34} {:>8} MiB {:>8} MiB {ratio:>8.1}x", "  peak memory", ours, theirs);
    }
}

/// Blocks that refer to one another in chains of ten, as blocks and not by `count`: parsing is part of the cost.
fn stack(resources: usize) -> String {
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
