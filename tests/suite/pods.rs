//! A stack with a cluster, and what a client library in its pods comes to: whether they reach the secret that they are to
//! reach, by what is in the cluster and in Azure at that moment.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::azure::{Server, request_as};
use crate::root;
use crate::workplace::{Workplace, wait};

const APPLY: &str = "application/apply-patch+yaml";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const MERGE: &str = "application/merge-patch+json";

/// A stack, its Azure, its cluster, and the vault with the secret `db`.
pub struct Pods {
    pub workplace: Workplace,
    pub azure: Server,
    cluster: String,
    vault: &'static str,
}

impl Pods {
    /// A copy of a stack, by the names of its group, cluster and vault.
    pub fn of(stack: &str, group: &str, cluster: &str, vault: &'static str) -> Self {
        let workplace = Workplace::with_modules(&root().join(stack), &root().join("modules"));
        std::fs::create_dir_all(workplace.root().join(".bowline")).unwrap();
        let azure = Server::start(&workplace);
        let subscription = "/subscriptions/11111111-1111-4111-8111-111111111111";
        let kind = "Microsoft.ContainerService/managedClusters";
        let cluster = format!("{subscription}/resourceGroups/{group}/providers/{kind}/{cluster}");
        Self { workplace, azure, cluster, vault }
    }

    /// No request goes wrong.
    pub fn calm(&self) {
        self.azure.ask("POST", "/simulator/faults", "{}");
    }

    /// The environment that commands run in.
    pub fn environment(&self) -> Vec<(String, String)> {
        vec![("BOWLINE_SIMULATOR".to_owned(), self.azure.url())]
    }

    /// Runs a command that must succeed.
    pub fn bowline(&self, arguments: &str, input: &str) -> String {
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
    pub fn kube(&self, method: &str, path: &str, media: &str, body: &Value) -> Value {
        let (status, got) = self.try_kube(method, path, media, body);
        assert!(status < 300, "{method} {path}: {got}");
        got
    }

    /// The same, where it may be refused.
    pub fn try_kube(&self, method: &str, path: &str, media: &str, body: &Value) -> (u16, Value) {
        let asked = json!({"cluster": self.cluster, "method": method, "path": path, "type": media, "body": body});
        self.json("POST", "/simulator/kubernetes", &asked)
    }

    /// A kubeconfig for a service account with the role `view`, which may read no Secrets.
    pub fn kubeconfig_of_a_reader(&self) -> String {
        let accounts = "/api/v1/namespaces/default/serviceaccounts";
        self.kube("POST", accounts, "", &json!({"metadata": {"name": "reader"}}));
        let binding = json!({
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": "default"}],
        });
        self.kube("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "", &binding);
        let token = self.kube("POST", &format!("{accounts}/reader/token"), "", &json!({"spec": {}}));
        let path = format!("{}/listClusterUserCredential?api-version=2025-10-01", self.cluster);
        let (_, given) = self.json("POST", &path, &Value::Null);
        let bytes = BASE64_STANDARD.decode(given["kubeconfigs"][0]["value"].as_str().unwrap()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let own = |line: &&str| {
            !["client-certificate-data:", "client-key-data:", "token:"].iter().any(|key| line.contains(key))
        };
        let lines = text.lines().filter(own).map(|line| match line.trim_start() {
            "user:" => format!("{line}\n    token: {}", token["status"]["token"].as_str().unwrap()),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The documents of a YAML file, as the binary itself reads them.
    pub fn documents(&self, file: &str) -> Vec<Value> {
        let expression = format!("jsonencode([for text in split(\"---\\n\", file(\"{file}\")) : yamldecode(text)])\n");
        let told = self.bowline("console", &expression);
        let text: String = serde_json::from_str(told.trim()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// `kubectl apply -f`
    pub fn apply(&self, file: &str) {
        self.documents(file).iter().for_each(|object| self.apply_object(object));
    }

    /// The same for one object.
    pub fn apply_object(&self, object: &Value) {
        let path = format!("{}?fieldManager=team&force=true", path_of(object));
        self.kube("PATCH", &path, APPLY, object);
    }

    /// Everything that there is in Azure.
    pub fn azure_world(&self) -> Vec<Value> {
        let (_, world) = self.json("GET", "/simulator/world", &Value::Null);
        world["value"].as_array().unwrap().clone()
    }

    /// `kubectl patch --patch-file`
    pub fn patch(&self, file: &str) {
        let patch = self.documents(file).remove(0);
        let media = if patch["kind"] == "Secret" { MERGE } else { STRATEGIC };
        self.kube("PATCH", &path_of(&patch), media, &patch);
    }

    /// `kubectl delete -f`
    pub fn delete(&self, file: &str) {
        for object in self.documents(file) {
            self.kube("DELETE", &path_of(&object), "", &Value::Null);
        }
    }

    /// The patches of a stage, in order.
    pub fn patches(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.workplace.root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != "kustomization.yaml" && name != "delete.yaml")
            .collect();
        names.sort();
        names.into_iter().map(|name| format!("{folder}/{name}")).collect()
    }

    /// Puts the secret into the vault.
    pub fn keep_secret(&self) {
        let (status, answer) = self.json("PUT", &self.secret(), &json!({"value": "s3cr3t"}));
        assert_eq!(status, 200, "{answer}");
    }

    fn secret(&self) -> String {
        format!("/vault/{}.vault.azure.net/secrets/db?api-version=7.4", self.vault)
    }

    /// Time passes: grants and credentials take effect.
    pub fn pass(&self, seconds: u64) {
        self.azure.ask("POST", "/simulator/clock", &json!({"advance": seconds}).to_string());
    }

    /// Every pod, and what each `CronJob` would start, reaches its secret: the ways that it goes by, one for each.
    pub fn all_reach(&self, least: usize, when: &str) -> Vec<String> {
        let pods = self.kube("GET", "/api/v1/pods", "", &Value::Null);
        let of_team = |pod: &&Value| pod["metadata"]["namespace"] != "kube-system";
        let pods: Vec<Value> = pods["items"].as_array().unwrap().iter().filter(of_team).cloned().collect();
        assert!(pods.len() >= least, "{when}: {} pods", pods.len());
        // Applications, too, may do only what their roles say.
        self.azure.ask("POST", "/simulator/faults", "{\"evaluate_roles\": true}");
        let mut ways: Vec<String> = pods.iter().map(|pod| self.reaches(pod, when)).collect();
        let jobs = self.kube("GET", "/apis/batch/v1/cronjobs", "", &Value::Null);
        for cron in jobs["items"].as_array().unwrap() {
            let namespace = cron["metadata"]["namespace"].as_str().unwrap();
            let all = format!("/apis/batch/v1/namespaces/{namespace}/jobs");
            let job = json!({"metadata": {"name": "now"}, "spec": cron["spec"]["jobTemplate"]["spec"]});
            self.kube("POST", &all, "", &job);
            let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector=job-name%3Dnow");
            let pods = self.kube("GET", &path, "", &Value::Null);
            ways.push(self.reaches(&pods["items"][0], when));
            self.kube("DELETE", &format!("{all}/now"), "", &Value::Null);
        }
        self.calm();
        ways
    }

    fn reaches(&self, pod: &Value, when: &str) -> String {
        let word = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (word("/metadata/namespace"), word("/metadata/name"));
        // The library of these knows nothing but the instance metadata service and connection strings.
        let sdk = if ["agent", "legacy"].contains(&word("/metadata/labels/app")) { "old" } else { "new" };
        let asked = json!({"cluster": self.cluster, "namespace": namespace, "pod": name, "sdk": sdk});
        let (status, token) = self.json("POST", "/simulator/pod-token", &asked);
        assert_eq!(status, 200, "{when}: {namespace}/{name} gets no token: {token}");
        let address = self.azure.url();
        let token_text = token["access_token"].as_str().unwrap();
        let answer = request_as(token_text, address.trim_start_matches("http://"), "GET", &self.secret(), "");
        assert!(answer.starts_with("200\n"), "{when}: {namespace}/{name} ({}) does not reach: {answer}", token["way"]);
        token["way"].as_str().unwrap().to_owned()
    }

    /// A run that is killed while Azure has its n-th write, before it is carried out (`hold`) or after (`hold_answer`).
    /// `false` when it came to its end without.
    pub fn killed(&self, arguments: &str, effect: &str, write: u64) -> bool {
        let words: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
        let rule = |method: &str| json!({"method": method, "skip": write, "times": 1, "effect": effect});
        let rules = ["PUT", "PATCH", "DELETE"].map(rule);
        let faults = json!({ "rules": rules });
        self.azure.ask("POST", "/simulator/faults", &faults.to_string());
        let mut running = self.workplace.begin(&words, &self.environment(), "");
        let held = wait(|| {
            let over = running.is_over();
            if self.azure.holds() { Some(true) } else { over.then_some(false) }
        });
        running.kill();
        let (_, ran) = running.join();
        self.calm();
        assert!(held || ran.code == 0, "{arguments}\n{}", ran.text);
        held
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

/// What the example for new stacks promises: one apply, and a pod reads its secret with no secret in it.
#[test]
fn a_pod_of_the_workload_identity_example_reaches_its_secret() {
    assert!(Path::new(&root()).join("examples/workload-identity/orders.yaml").is_file());
    let (group, cluster) = ("rg-workload-identity", "aks-workload-identity");
    let pods = Pods::of("examples/workload-identity", group, cluster, "kv-workload-identity");
    pods.bowline("apply --simulate -auto-approve", "");
    pods.keep_secret();
    pods.pass(600);
    assert_eq!(pods.all_reach(1, "after one apply"), ["federated token"]);
}
