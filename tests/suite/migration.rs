//! `examples/pod-identity` migrated to the end: forty workloads from pod identity to workload identity, with runs that are
//! killed on the way; and workloads that sign in as applications with secrets. After every step every pod, and what a
//! `CronJob` would start, is asked whether it reaches its secret.
//!
//! `cargo test` kills each apply before and after a few of its writes; between any two of them:
//! `cargo test --test suite any_two_steps -- --ignored`.

use serde_json::Value;

use crate::pods::Pods;

/// The pods that there are at least: 38 of the forty workloads have some.
const PODS: usize = 38;

/// An apply that is killed before and after its writes, one run for each accident, and then comes to its end. Before and
/// after the first write of a run lies everything that can be between two steps; `every` so many writes are let through
/// between two accidents. How often it was killed.
pub fn applied(pods: &Pods, least: usize, variables: &str, every: u64) -> usize {
    let arguments = format!("apply --simulate -auto-approve -checks=off{variables}");
    let mut times = 0;
    while pods.killed(&arguments, "hold", every) {
        times += 1;
        pods.all_reach(least, &format!("killed before a write ({times}) of {arguments}"));
        if !pods.killed(&arguments, "hold_answer", 0) {
            break;
        }
        times += 1;
        pods.all_reach(least, &format!("killed after a write ({times}) of {arguments}"));
    }
    pods.bowline(&arguments, "");
    pods.all_reach(least, &arguments);
    pods.bowline(&format!("plan --simulate -detailed-exitcode -checks=off{variables}"), "");
    times
}

/// All the way. Pods are asked after every so many patches, and runs killed around every so many writes.
fn migrated(every_patch: usize, every_write: u64) -> usize {
    let pods = Pods::of("examples/pod-identity", "rg-pod-identity", "aks-pod-identity", "kv-pod-identity");
    pods.bowline("apply --simulate -auto-approve -checks=off", "");
    pods.keep_secret();
    pods.apply("cluster/workloads.yaml");
    pods.pass(600);
    pods.all_reach(PODS, "on pod identity");

    // What there is is read from the cluster itself.
    let told = pods.bowline("migrate pod-identity -live --simulate -out=migration", "");
    assert!(told.starts_with("40 workloads use pod identity and can be moved:\n"), "{told}");
    assert!(!told.contains("To be decided first:"), "{told}");
    assert!(told.contains("Deployment fraud/worker is scaled to zero; it is moved too."), "{told}");

    // Stage 1: both ways side by side.
    let written = std::fs::read_to_string(pods.workplace.root().join("migration/1-side-by-side/workload-identity.tf"));
    pods.workplace.write("workload_identity.tf", &written.unwrap());
    let mut killed = applied(&pods, PODS, " -var workload_identity=true", every_write);
    pods.apply("migration/1-side-by-side/service-accounts.yaml");
    pods.pass(600);
    pods.all_reach(PODS, "with the service accounts");

    // Stage 2: workload by workload. Stage 3: the label off, then the bindings, then the profile.
    for folder in ["migration/2-workloads", "migration/3-profile-off"] {
        let patches = pods.patches(folder);
        assert_eq!(patches.len(), 40, "{patches:?}");
        for (number, file) in (1..).zip(&patches) {
            pods.patch(file);
            if number % every_patch == 0 {
                pods.all_reach(PODS, &format!("after {file}"));
            }
        }
    }
    killed += applied(&pods, PODS, " -var workload_identity=true -var bindings=false", every_write);
    killed +=
        applied(&pods, PODS, " -var workload_identity=true -var bindings=false -var pod_identity=false", every_write);
    let (status, gone) = pods.try_kube("GET", "/apis/aadpodidentity.k8s.io/v1/azureidentities", "", &Value::Null);
    assert_eq!(status, 404, "{gone}");
    let ways = pods.all_reach(PODS, "at the end");
    assert!(ways.iter().all(|way| way == "federated token" || way == "proxy sidecar"), "{ways:?}");
    killed
}

#[test]
fn forty_workloads_leave_pod_identity_and_reach_their_secrets_all_the_time() {
    assert!(migrated(8, 12) >= 6);
}

#[test]
#[ignore = "takes minutes: every apply is killed before and after each of its writes"]
fn forty_workloads_may_be_interrupted_between_any_two_steps() {
    let killed = migrated(1, 0);
    assert!(killed >= 60, "{killed}");
}

#[test]
fn applications_with_secrets_give_way_to_identities_and_the_secrets_go() {
    let stack = "tests/stacks/migrate-applications";
    let pods = Pods::of(stack, "rg-shop", "aks-shop", "kv-shop");
    let least = 4;
    pods.bowline("apply --simulate -auto-approve -checks=off", "");
    pods.keep_secret();
    pods.apply("cluster/workloads.yaml");
    pods.pass(600);
    assert!(pods.all_reach(least, "with secrets").iter().all(|way| way == "client secret"));

    // Who may read the cluster but no Secrets is told which could not be looked into.
    pods.workplace.write("reader.yaml", &pods.kubeconfig_of_a_reader());
    let told = pods.bowline("migrate pod-identity -kubeconfig=reader.yaml --simulate", "");
    for secret in ["shop/billing-app", "shop/orders"] {
        assert!(told.contains(&format!("Secret {secret} could not be read")), "{told}");
    }
    assert!(
        told.contains("CronJob shop/invoices signs in as an application whose client id stands in Secret"),
        "{told}"
    );

    // Who the applications are is asked of the directory.
    let migrate = "migrate pod-identity -live --simulate -out=migration";
    let told = pods.bowline(&format!("{migrate} -var workload_identity=true"), "");
    assert!(told.contains("4 workloads sign in as an application with a secret"), "{told}");
    assert!(!told.contains("To be decided first:") && !told.contains("MARKER"), "{told}");
    let written = std::fs::read_to_string(pods.workplace.root().join("migration/1-side-by-side/workload-identity.tf"));
    pods.workplace.write("workload_identity.tf", written.as_ref().unwrap());
    applied(&pods, least, " -var workload_identity=true", 2);
    pods.pass(600);
    pods.all_reach(least, "side by side");

    // Run again it tells the client ids, and everything else as before.
    pods.bowline(&format!("{migrate} -var workload_identity=true"), "");
    let again = std::fs::read_to_string(pods.workplace.root().join("migration/1-side-by-side/workload-identity.tf"));
    assert_eq!(written.unwrap(), again.unwrap());
    pods.apply("migration/1-side-by-side/service-accounts.yaml");
    for file in pods.patches("migration/2-workloads") {
        pods.patch(&file);
        pods.all_reach(least, &format!("after {file}"));
    }
    let ways = pods.all_reach(least, "moved");
    assert!(ways.iter().all(|way| way == "federated token" || way == "proxy sidecar"), "{ways:?}");
    pods.delete("migration/3-secrets-gone/delete.yaml");
    for file in pods.patches("migration/3-secrets-gone") {
        pods.patch(&file);
    }
    pods.all_reach(least, "without the secrets");
    applied(&pods, least, " -var workload_identity=true -var old_grants=false", 1);
    pods.pass(600);
    // Pods that are made anew find nothing missing either.
    for pod in pods.kube("GET", "/api/v1/namespaces/shop/pods", "", &Value::Null)["items"].as_array().unwrap() {
        let name = pod["metadata"]["name"].as_str().unwrap();
        pods.kube("DELETE", &format!("/api/v1/namespaces/shop/pods/{name}"), "", &Value::Null);
    }
    pods.all_reach(least, "at the end");
    let secret = pods.kube("GET", "/api/v1/namespaces/shop/secrets/orders", "", &Value::Null);
    let keys: Vec<&String> = secret["data"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["DB_HOST"]);
}

#[test]
fn an_open_source_installation_is_left_with_every_pod_reaching_its_secret() {
    let pods = Pods::of("tests/stacks/pod-identity-open-source", "rg-shop", "aks-shop", "kv-shop");
    pods.bowline("apply --simulate -auto-approve -checks=off", "");
    pods.keep_secret();
    pods.apply("workloads.yaml");
    pods.pass(600);
    assert_eq!(pods.all_reach(1, "bound"), ["pod identity"]);
    let told = pods.bowline("migrate pod-identity -live --simulate -out=migration", "");
    assert!(told.starts_with("1 workload uses pod identity and can be moved:\n"), "{told}");
    let written = std::fs::read_to_string(pods.workplace.root().join("migration/1-side-by-side/workload-identity.tf"));
    pods.workplace.write("workload_identity.tf", &written.unwrap());
    pods.bowline("apply --simulate -auto-approve -checks=off", "");
    pods.apply("migration/1-side-by-side/service-accounts.yaml");
    pods.pass(600);
    pods.all_reach(1, "side by side");
    for file in pods.patches("migration/2-workloads").iter().chain(&pods.patches("migration/3-profile-off")) {
        pods.patch(file);
        assert_eq!(pods.all_reach(1, file), ["federated token"]);
    }
    for variables in [" -var bindings=false", " -var bindings=false -var installed=false"] {
        pods.bowline(&format!("apply --simulate -auto-approve -checks=off{variables}"), "");
        pods.all_reach(1, variables);
        pods.bowline(&format!("plan --simulate -detailed-exitcode -checks=off{variables}"), "");
    }
}
