//! `examples/pod-identity` migrated to the end: forty workloads from pod identity to workload identity, with runs that are
//! killed on the way. After every step every pod, and what a `CronJob` would start, is asked whether it reaches its secret:
//! as a client library in it would, by what is in the cluster at that moment.

use serde_json::{Value, json};

use crate::azure::{Server, request_as};
use crate::root;
use crate::workplace::Workplace;

const CLUSTER: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-pod-identity/providers/Microsoft.ContainerService/managedClusters/aks-pod-identity";
const APPLY: &str = "application/apply-patch+yaml";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
/// At which requests of a run it is killed.
const KILLED_AT: [u64; 3] = [5, 30, 60];

struct Stage {
    workplace: Workplace,
    azure: Server,
}

impl Stage {
    fn new() -> Self {
        let workplace = Workplace::with_modules(&root().join("examples/pod-identity"), &root().join("modules"));
        std::fs::create_dir_all(workplace.root().join(".bowline")).unwrap();
        let azure = Server::start(&workplace);
        Self { workplace, azure }
    }

    fn environment(&self) -> Vec<(String, String)> {
        vec![("BOWLINE_SIMULATOR".to_owned(), self.azure.url())]
    }

    fn bowline(&self, arguments: &str, input: &str) -> String {
        let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let ran = self.workplace.bowline(&arguments, &self.environment(), input);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}", ran.text);
        ran.text
    }

    fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.azure.ask(method, path, &body.to_string());
        let (status, body) = answer.split_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    /// A request to the cluster's API server, as its administrator.
    fn kube(&self, method: &str, path: &str, media: &str, body: &Value) -> Value {
        let asked = json!({"cluster": CLUSTER, "method": method, "path": path, "type": media, "body": body});
        let (status, got) = self.json("POST", "/simulator/kubernetes", &asked);
        assert!(status < 300, "{method} {path}: {got}");
        got
    }

    /// The documents of a YAML file, as the binary itself reads them.
    fn documents(&self, file: &str) -> Vec<Value> {
        let expression = format!("jsonencode([for text in split(\"---\\n\", file(\"{file}\")) : yamldecode(text)])\n");
        let told = self.bowline("console", &expression);
        let text: String = serde_json::from_str(told.trim()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn put(&self, object: &Value) {
        let path = format!("{}?fieldManager=team&force=true", path_of(object));
        self.kube("PATCH", &path, APPLY, object);
    }

    /// Every pod reaches its secret.
    fn all_reach(&self, when: &str) {
        let pods = self.kube("GET", "/api/v1/pods", "", &Value::Null);
        let pods = pods["items"].as_array().unwrap().clone();
        assert!(pods.len() >= 38, "{when}: {} pods", pods.len());
        for pod in &pods {
            self.reaches(pod, when);
        }
        let jobs = self.kube("GET", "/apis/batch/v1/cronjobs", "", &Value::Null);
        for cron in jobs["items"].as_array().unwrap() {
            let namespace = cron["metadata"]["namespace"].as_str().unwrap();
            let all = format!("/apis/batch/v1/namespaces/{namespace}/jobs");
            let job = json!({"metadata": {"name": "now"}, "spec": cron["spec"]["jobTemplate"]["spec"]});
            self.kube("POST", &all, "", &job);
            let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector=job-name%3Dnow");
            let pods = self.kube("GET", &path, "", &Value::Null);
            self.reaches(&pods["items"][0], when);
            self.kube("DELETE", &format!("{all}/now"), "", &Value::Null);
        }
    }

    fn reaches(&self, pod: &Value, when: &str) {
        let word = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (word("/metadata/namespace"), word("/metadata/name"));
        // The agent's library knows only the instance metadata service.
        let sdk = if word("/metadata/labels/app") == "agent" { "old" } else { "new" };
        let asked = json!({"cluster": CLUSTER, "namespace": namespace, "pod": name, "sdk": sdk});
        let (status, token) = self.json("POST", "/simulator/pod-token", &asked);
        assert_eq!(status, 200, "{when}: {namespace}/{name} gets no token: {token}");
        let address = self.azure.url();
        let secret = "/vault/kv-pod-identity.vault.azure.net/secrets/db?api-version=7.4";
        let answer = request_as(
            token["access_token"].as_str().unwrap(),
            address.trim_start_matches("http://"),
            "GET",
            secret,
            "",
        );
        assert!(answer.starts_with("200\n"), "{when}: {namespace}/{name} ({}) does not reach: {answer}", token["way"]);
    }

    /// An apply that is killed at some of its requests, asked after each, and then comes to its end.
    fn applied(&self, variables: &str) {
        let arguments = format!("apply --simulate -auto-approve -checks=off{variables}");
        let words: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        for at in KILLED_AT {
            let rules = format!("{{\"rules\": [{{\"skip\": {at}, \"times\": 1, \"effect\": \"hold\"}}]}}");
            self.azure.ask("POST", "/simulator/faults", &rules);
            let mut running = self.workplace.begin(&words, &self.environment(), "");
            crate::workplace::wait(|| (running.is_over() || self.azure.holds()).then_some(()));
            running.kill();
            running.join();
            self.azure.ask("POST", "/simulator/faults", "{}");
            self.all_reach(&format!("killed at request {at} of {arguments}"));
        }
        self.bowline(&arguments, "");
        self.all_reach(&arguments);
        self.bowline(&format!("plan --simulate -detailed-exitcode -checks=off{variables}"), "");
    }
}

/// `/apis/apps/v1/namespaces/shop/deployments/web`
fn path_of(object: &Value) -> String {
    let word = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let version = word("/apiVersion");
    let root = if version.contains('/') { "/apis" } else { "/api" };
    let namespace = word("/metadata/namespace");
    let place = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    format!("{root}/{version}{place}/{}s/{}", word("/kind").to_lowercase(), word("/metadata/name"))
}

#[test]
fn forty_workloads_leave_pod_identity_and_reach_their_secrets_all_the_time() {
    let stage = Stage::new();
    stage.bowline("apply --simulate -auto-approve -checks=off", "");
    let secret = "/vault/kv-pod-identity.vault.azure.net/secrets/db?api-version=7.4";
    stage.json("PUT", secret, &json!({"value": "s3cr3t"}));
    for object in stage.documents("cluster/workloads.yaml") {
        stage.put(&object);
    }
    stage.azure.ask("POST", "/simulator/clock", "{\"advance\": 600}");
    stage.all_reach("on pod identity");

    // What there is is read from the cluster itself.
    let told = stage.bowline("migrate pod-identity -live --simulate -out=migration", "");
    assert!(told.starts_with("40 workloads use pod identity and can be moved:\n"), "{told}");
    assert!(!told.contains("To be decided first:"), "{told}");
    assert!(told.contains("Deployment fraud/worker is scaled to zero; it is moved too."), "{told}");

    // Stage 1: both ways side by side.
    let written = std::fs::read_to_string(stage.workplace.root().join("migration/1-side-by-side/workload-identity.tf"));
    stage.workplace.write("workload_identity.tf", &written.unwrap());
    stage.applied(" -var workload_identity=true");
    for account in stage.documents("migration/1-side-by-side/service-accounts.yaml") {
        stage.put(&account);
    }
    stage.azure.ask("POST", "/simulator/clock", "{\"advance\": 600}");
    stage.all_reach("with the service accounts");

    // Stage 2: workload by workload.
    let patches = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(stage.workplace.root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != "kustomization.yaml")
            .collect();
        names.sort();
        assert_eq!(names.len(), 40, "{names:?}");
        names.into_iter().map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
    };
    for (number, file) in patches("migration/2-workloads").iter().enumerate() {
        let patch = stage.documents(file).remove(0);
        stage.kube("PATCH", &path_of(&patch), STRATEGIC, &patch);
        if number % 5 == 4 {
            stage.all_reach(&format!("after {file}"));
        }
    }

    // Stage 3: the label off, then the bindings, then the profile.
    for (number, file) in patches("migration/3-profile-off").iter().enumerate() {
        let patch = stage.documents(file).remove(0);
        stage.kube("PATCH", &path_of(&patch), STRATEGIC, &patch);
        if number % 10 == 9 {
            stage.all_reach(&format!("after {file}"));
        }
    }
    stage.applied(" -var workload_identity=true -var bindings=false");
    stage.applied(" -var workload_identity=true -var bindings=false -var pod_identity=false");
    let gone = stage.azure.ask(
        "POST",
        "/simulator/kubernetes",
        &json!({"cluster": CLUSTER, "method": "GET", "path": "/apis/aadpodidentity.k8s.io/v1/azureidentities"})
            .to_string(),
    );
    assert!(gone.starts_with("404\n"), "{gone}");
}
