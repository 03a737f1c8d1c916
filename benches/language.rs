//! The language: reading text against hcl-edit, expressions and evaluation against Terraform, all in one run, as ratios.
//!
//! `cargo bench --bench language`. Without `terraform` on the PATH its columns are SKIPPED, which is said.

// Sizes in bytes; a bench that cannot set up its folder has nothing to measure.
#![allow(clippy::cast_precision_loss, clippy::expect_used, clippy::unwrap_used)]

mod measure;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bowline::span::SourceMap;
use measure::{PATIENCE, run};

fn main() {
    let bowline = PathBuf::from(env!("CARGO_BIN_EXE_bowline"));
    let terraform = std::env::var_os("PATH")
        .and_then(|paths| std::env::split_paths(&paths).map(|p| p.join("terraform")).find(|p| p.is_file()));
    if terraform.is_none() {
        println!("SKIPPED: terraform is not on the PATH; its columns are missing");
    }
    parsing();
    println!("\n{:<44} {:>12} {:>12} {:>9}", "", "bowline", "terraform", "ratio");
    row("console, 2,000 expressions, each", &bowline, terraform.as_deref(), |program| per_expression(program, 2_000));
    row("console in a stack, 1,000 expressions, each", &bowline, terraform.as_deref(), |program| {
        in_a_stack(program, 1_000)
    });
    row("plan, 10,000 instances that refer", &bowline, terraform.as_deref(), |program| evaluation(program, 5_000));
    let few = for_each(&bowline, 1_000);
    let many = for_each(&bowline, 10_000);
    let growth = many.as_secs_f64() / few.as_secs_f64();
    println!("\n{:<44} {:>12} {:>12} {:>9}", "", "1,000", "10,000", "growth");
    println!("{:<44} {:>12} {:>12} {growth:>8.1}x", "plan, for_each over so many keys", shown(few), shown(many));
}

/// Text to tree; the tree is dropped within the measure, file by file.
fn parsing() {
    let text = configuration(4_000);
    let ours = fastest(|| {
        let source = SourceMap::default().add("main.tf", None, text.as_str());
        drop(bowline::syntax::parse(source, &text));
    });
    let theirs = fastest(|| drop(text.parse::<hcl_edit::structure::Body>()));
    let rate = |time: Duration| format!("{:.0} MB/s", text.len() as f64 / 1e6 / time.as_secs_f64());
    println!("{:<44} {:>12} {:>12} {:>9}", "", "bowline", "hcl-edit", "time");
    println!(
        "{:<44} {:>12} {:>12} {:>8.2}x",
        format!("parsing {:.1} MB", text.len() as f64 / 1e6),
        rate(ours),
        rate(theirs),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}

/// What a platform team writes: blocks, templates, references, objects, comments.
fn configuration(blocks: usize) -> String {
    let block = |i: usize| {
        format!(
            "# Identity {i}\nresource \"azurerm_user_assigned_identity\" \"id{i}\" {{\n  name                = \"id-${{var.name}}-{i}\"\n  \
             resource_group_name = azurerm_resource_group.main.name\n  location            = var.location\n  tags = merge(local.tags, {{\n    \
             team  = \"payments\"\n    index = {i}\n    open  = {i} > 3 && var.open ? \"yes\" : \"no\"\n  }})\n\n  dynamic \"scope\" {{\n    \
             for_each = {{ for k, v in var.scopes : k => v.id if v.enabled }}\n    content {{\n      id    = scope.value\n      roles = \
             [for r in scope.value.roles : upper(r)]\n    }}\n  }}\n}}\n\n"
        )
    };
    (0..blocks).map(block).collect()
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..11).map(once).min().unwrap_or_default()
}

fn row(name: &str, bowline: &Path, terraform: Option<&Path>, measured: impl Fn(&Path) -> Duration) {
    let ours = measured(bowline);
    match terraform.map(measured) {
        Some(theirs) => {
            let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
            let more = if theirs > PATIENCE { "> " } else { "" };
            println!(
                "{name:<44} {:>12} {:>12} {:>9}",
                shown(ours),
                more.to_owned() + &shown(theirs),
                format!("{more}{ratio:.0}x")
            );
        }
        None => println!("{name:<44} {:>12} {:>12}", shown(ours), "SKIPPED"),
    }
}

fn shown(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        format!("{:.1} us", time.as_secs_f64() * 1e6)
    } else {
        format!("{:.3} s", time.as_secs_f64())
    }
}

/// What one expression that refers to one instance of five hundred takes beyond the start of the program.
fn in_a_stack(program: &Path, count: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = "resource \"terraform_data\" \"a\" {\n  count = 500\n  input = { name = \"a-${count.index}\" }\n}\n";
    fs::write(folder.path().join("main.tf"), text).expect("the stack is written");
    run(program, &["init", "-input=false"], folder.path(), &[0]);
    run(program, &["apply", "-auto-approve", "-input=false"], folder.path(), &[0]);
    expressions(program, folder.path(), count, |i| format!("upper(terraform_data.a[{}].output.name)\n", i % 500))
}

/// What one expression takes beyond the start of the program.
fn per_expression(program: &Path, count: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    expressions(program, folder.path(), count, |i| {
        format!("join(\",\", [for x in range({}) : format(\"%03d-%s\", x, upper(\"a\"))])\n", i % 20 + 1)
    })
}

fn expressions(program: &Path, folder: &Path, count: usize, line: impl Fn(usize) -> String) -> Duration {
    let whole: String = (0..count).map(&line).collect();
    let start = console(program, folder, &line(0));
    console(program, folder, &whole).saturating_sub(start) / u32::try_from(count).unwrap_or(u32::MAX)
}

fn console(program: &Path, folder: &Path, input: &str) -> Duration {
    let started = Instant::now();
    let mut child = Command::new(program)
        .arg("console")
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success());
    started.elapsed()
}

/// Instances of which each of the second half refers to one of the first.
fn evaluation(program: &Path, half: usize) -> Duration {
    planned(
        program,
        &format!(
            "locals {{ n = {half} }}\nresource \"terraform_data\" \"a\" {{\n  count = local.n\n  input = \"a-${{count.index}}\"\n}}\n\
             resource \"terraform_data\" \"b\" {{\n  count = local.n\n  input = {{ of = terraform_data.a[count.index].input, next = \
             terraform_data.a[(count.index + 1) % local.n].input }}\n}}\n"
        ),
    )
}

/// Two resources over so many keys, of which one refers to the other key by key.
fn for_each(program: &Path, keys: usize) -> Duration {
    // `range` ends at 1,024 numbers, so a longer one is made of several.
    let thousands = keys / 1_000;
    planned(
        program,
        &format!(
            "locals {{\n  numbers = flatten([for a in range({thousands}) : [for b in range(1000) : a * 1000 + b]])\n  all = {{ for i \
             in local.numbers : \"k${{i}}\" => {{ name = \"n-${{i}}\" }} }}\n}}\nresource \"terraform_data\" \"a\" {{\n  for_each = \
             local.all\n  input = each.value.name\n}}\nresource \"terraform_data\" \"b\" {{\n  for_each = local.all\n  input = \
             terraform_data.a[each.key].input\n}}\n"
        ),
    )
}

fn planned(program: &Path, text: &str) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("main.tf"), text).expect("the stack");
    run(program, &["plan", "-input=false", "-refresh=false"], folder.path(), &[0]).wall
}
