//! `bowline manifests check` over 10,000 manifests, each a Deployment and its `ServiceAccount` in a file of its own.
//!
//! `cargo bench --bench manifests_at_scale` (`-- 100` for another number of files).

mod measure;

use std::fs;
use std::path::PathBuf;

use measure::{fail, run};

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let files: usize = asked.unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap_or_else(|error| fail(&error.to_string()));
    for i in 0..files {
        let path = folder.path().join(format!("deploy/team{}/w{i:05}.yaml", i % 50));
        let written =
            fs::create_dir_all(path.parent().unwrap_or(folder.path())).and_then(|()| fs::write(&path, manifest(i)));
        written.unwrap_or_else(|error| fail(&error.to_string()));
    }
    let took =
        run(&PathBuf::from(env!("CARGO_BIN_EXE_bowline")), &["manifests", "check", "deploy"], folder.path(), &[0, 1]);
    println!("{files} files checked in {:.2?}, with {} MiB at most", took.wall, took.peak_kib / 1024);
}

/// Every tenth has a fault.
fn manifest(i: usize) -> String {
    let label = if i.is_multiple_of(10) { "" } else { "        azure.workload.identity/use: \"true\"\n" };
    format!(
        "# Workload {i}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: w{i}\n  namespace: team{team}\n  labels: &labels\n    app: w{i}\nspec:\n  \
         replicas: 2\n  selector:\n    matchLabels: *labels\n  template:\n    metadata:\n      labels:\n        app: w{i}\n{label}    spec:\n      \
         serviceAccountName: w{i}\n      containers:\n        - name: main\n          image: registry.example/w{i}:1\n          env:\n            \
         - name: VAULT\n              value: https://kv.vault.azure.net\n            - name: LEVEL\n              value: info\n          resources:\n            \
         requests: {{cpu: 100m, memory: 128Mi}}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: w{i}\n  namespace: team{team}\n  \
         annotations:\n    azure.workload.identity/client-id: 00000000-0000-4000-8000-{i:012}\n",
        team = i % 50
    )
}
