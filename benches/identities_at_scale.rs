//! `examples/payments` with 1,000 workloads: 1,000 identities, 2,000 federated credentials and 3,000 role assignments,
//! on the simulator, with the calls to Azure counted by kind.
//!
//! `cargo bench --bench identities_at_scale` (`-- 100` for another number of workloads).

mod measure;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use measure::{Run, Simulator, fail, run};

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let workloads: usize = asked.unwrap_or(1_000);
    let bowline = PathBuf::from(env!("CARGO_BIN_EXE_bowline"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| fail(&error.to_string()));
    let stack = lay_out(folder.path(), workloads);
    let simulator = Simulator::start(&bowline, &folder.path().join("world.jsonl"));
    let azure = format!("-simulate={}", simulator.url());
    let steps: [(&str, &[&str], &[i32]); 5] = [
        ("plan, nothing there", &["plan", "-input=false", &azure], &[0]),
        ("apply", &["apply", "-input=false", "-auto-approve", &azure], &[0]),
        ("plan, no change", &["plan", "-input=false", "-detailed-exitcode", &azure], &[0]),
        ("plan, one tag changed", &["plan", "-input=false", "-var=owner=somebody-else", &azure], &[0]),
        ("destroy", &["destroy", "-input=false", "-auto-approve", &azure], &[0]),
    ];
    for (name, arguments, success) in steps {
        simulator.forget_requests();
        let took = run(&bowline, arguments, &stack, success);
        tell(name, took, &simulator.requests(), resources_recorded(&stack));
    }
}

/// Copies the example and its modules, with so many workloads that each have all three grants.
fn lay_out(folder: &Path, workloads: usize) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stack = folder.join("examples/payments");
    copy(&repository.join("examples/payments"), &stack);
    copy(&repository.join("modules"), &folder.join("modules"));
    let mut text = String::from("workloads = {\n");
    for i in 0..workloads {
        let _ = writeln!(text, "  w{i:04} = {{ blobs = \"write\", observes = true }}");
    }
    text.push_str("}\n");
    fs::write(stack.join("scale.auto.tfvars"), text).unwrap_or_else(|error| fail(&error.to_string()));
    stack
}

fn copy(from: &Path, to: &Path) {
    let copied = fs::create_dir_all(to).and_then(|()| {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() && entry.file_name() != ".bowline" => copy(&entry.path(), &target),
                kind if kind.is_file() => fs::copy(entry.path(), target).map(|_| ())?,
                _ => {}
            }
        }
        Ok(())
    });
    copied.unwrap_or_else(|error: std::io::Error| fail(&format!("{}: {error}", from.display())));
}

fn resources_recorded(stack: &Path) -> usize {
    let state = fs::read_to_string(stack.join("terraform.tfstate")).unwrap_or_default();
    state.matches("\"schema_version\"").count()
}

fn tell(name: &str, took: Run, requests: &BTreeMap<(String, String), u64>, resources: usize) {
    let calls: u64 = requests.values().sum();
    println!(
        "{name}: {:.2} s, {:.2} s of CPU, {} MiB, {calls} calls to Azure, {resources} resources recorded",
        took.wall.as_secs_f64(),
        took.cpu.as_secs_f64(),
        took.peak_kib / 1024
    );
    let mut by_count: Vec<_> = requests.iter().collect();
    by_count.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for ((method, kind), count) in by_count {
        println!("  {count:>6} {method:<6} {kind}");
    }
}
