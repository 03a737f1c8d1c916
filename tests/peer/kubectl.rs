//! The simulator's clusters before the real `kubectl` and the Kubernetes client for Python (from its package registry): what
//! a person does with a cluster every day works, through the kubeconfig that the cluster gives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::{Place, Ran, found, ran, skipped};

/// The client, in the version that this was written against.
const PACKAGE: &str = "kubernetes==33.1.0";

const CLUSTER: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";

/// A simulator with a cluster, in a process of its own.
struct Simulator {
    process: Child,
    address: String,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Simulator {
    /// Starts one and makes the cluster.
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_bowline"))
            .args(["simulator", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split_once(". ")?.0.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let simulator = Self { process, address: address.expect("the simulator tells its address") };
        let group = CLUSTER.split("/providers").next().unwrap();
        simulator.ask("PUT", group, &json!({"location": "westeurope"}));
        let cluster = json!({
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "dnsPrefix": "aks",
                "oidcIssuerProfile": {"enabled": true},
                "securityProfile": {"workloadIdentity": {"enabled": true}},
                "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D4s_v5"}],
            },
        });
        simulator.ask("PUT", CLUSTER, &cluster);
        while simulator.ask("GET", CLUSTER, &Value::Null)["properties"]["provisioningState"] != "Succeeded" {}
        simulator
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path}?api-version=2025-10-01 HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer by-hand\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
            self.address,
            text.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Writes the kubeconfig that the cluster gives, with the way through the simulator in it.
    fn kubeconfig(&self, place: &Place) -> PathBuf {
        let given = self.ask("POST", &format!("{CLUSTER}/listClusterAdminCredential"), &json!({}));
        let text = given["kubeconfigs"][0]["value"].as_str().unwrap();
        let text = String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap();
        let with_way = text.replace("    server: ", &format!("    proxy-url: http://{}\n    server: ", self.address));
        place.write("kubeconfig", &with_way);
        place.path().join("kubeconfig")
    }
}

/// `kubectl` with a kubeconfig, in a folder.
struct Kubectl<'a> {
    program: PathBuf,
    place: &'a Place,
    config: PathBuf,
}

impl Kubectl<'_> {
    fn run(&self, arguments: &str) -> Ran {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let mut command = self.place.command(&self.program, &arguments);
        ran(&command.env("KUBECONFIG", &self.config).output().unwrap())
    }

    /// Runs it, and expects these words in what it prints.
    fn tells(&self, arguments: &str, words: &[&str]) -> String {
        let text = self.run(arguments).well();
        for word in words {
            assert!(text.contains(word), "kubectl {arguments}: no {word:?} in\n{text}");
        }
        text
    }
}

const MANIFEST: &str = "apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop, annotations: {azure.workload.identity/client-id: abc}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, azure.workload.identity/use: \"true\"}}
    spec:
      serviceAccountName: app
      containers: [{name: web, image: \"nginx:1.27\", ports: [{containerPort: 80}]}]
";

#[test]
fn kubectl_does_what_it_does_with_any_cluster() {
    let Some(program) = found("kubectl") else { return skipped("kubectl", "it is not on PATH") };
    let simulator = Simulator::start();
    let place = Place::new("");
    let kubectl = Kubectl { program, config: simulator.kubeconfig(&place), place: &place };
    kubectl.tells("version", &["Server Version: v1."]);
    kubectl.tells("get ns", &["NAME", "STATUS", "default", "Active"]);
    kubectl.tells("create ns shop", &["namespace/shop created"]);
    kubectl.tells("create configmap settings -n shop --from-literal=a=b", &["configmap/settings created"]);
    kubectl.tells("create secret generic key -n shop --from-literal=a=b", &["secret/key created"]);
    kubectl.tells("create serviceaccount other -n shop", &["serviceaccount/other created"]);
    kubectl.tells("create role reader -n shop --verb=get,list --resource=configmaps", &["reader created"]);
    kubectl.tells("create rolebinding readers -n shop --role=reader --serviceaccount=shop:app", &["readers created"]);
    kubectl.tells("get secret key -n shop -o jsonpath={.data.a}", &["Yg=="]);
    kubectl.tells("get ns,cm,secret,sa,role,rolebinding -n shop", &["configmap/settings", "Opaque", "Role/reader"]);

    // Declaratively, by the client's own merge and by the server's.
    place.write("app.yaml", MANIFEST);
    kubectl.tells("apply -f app.yaml", &["serviceaccount/app created", "deployment.apps/web created"]);
    kubectl.tells("apply -f app.yaml", &["deployment.apps/web unchanged"]);
    kubectl.tells("rollout status deploy/web -n shop", &["successfully rolled out"]);
    kubectl.tells("wait --for=condition=available deploy/web -n shop --timeout=20s", &["condition met"]);
    kubectl.tells("get deploy -n shop -o wide", &["READY", "2/2", "nginx:1.27", "app=web"]);
    kubectl.tells("get pods -n shop -o yaml", &["AZURE_FEDERATED_TOKEN_FILE", "azure-identity-token", "value: abc"]);
    place.write("app.yaml", &MANIFEST.replace("replicas: 2", "replicas: 3").replace("1.27", "1.28"));
    let difference = kubectl.run("diff -f app.yaml");
    assert!(difference.code == 1 && difference.text.contains("+  replicas: 3"), "{}", difference.text);
    kubectl.tells("apply -f app.yaml", &["deployment.apps/web configured"]);
    kubectl.tells("get deploy web -n shop", &["3/3"]);
    kubectl.tells("get pods -n shop -l app=web -o name", &["pod/web-"]);
    assert_eq!(kubectl.run("diff -f app.yaml").code, 0);
    place.write(
        "mine.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: shop}\ndata: {a: \"1\"}\n",
    );
    kubectl.tells("apply --server-side -f mine.yaml", &["configmap/mine serverside-applied"]);
    let other = "apply --server-side --field-manager=other -f mine.yaml";
    place.write(
        "mine.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: shop}\ndata: {a: \"2\"}\n",
    );
    let refused = kubectl.run(other);
    assert!(refused.code != 0 && refused.text.contains("conflict with \"kubectl\": .data.a"), "{}", refused.text);
    kubectl.tells(&format!("{other} --force-conflicts"), &["serverside-applied"]);
    place.write(
        "mine.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: shop}\ndatum: {a: \"2\"}\n",
    );
    let refused = kubectl.run("apply -f mine.yaml");
    assert!(refused.code != 0 && refused.text.contains("unknown field \"datum\""), "{}", refused.text);

    // By hand.
    kubectl.tells("label cm settings -n shop tier=front", &["labeled"]);
    kubectl.tells("annotate cm settings -n shop note=here", &["annotated"]);
    kubectl.tells("patch cm settings -n shop --type=merge -p {\"data\":{\"c\":\"d\"}}", &["patched"]);
    kubectl.tells("patch cm settings -n shop --type=json -p [{\"op\":\"remove\",\"path\":\"/data/a\"}]", &["patched"]);
    kubectl.tells("get cm -n shop -l tier=front -o yaml", &["note: here", "c: d"]);
    kubectl.tells("set env deploy/web -n shop MODE=quick", &["env updated"]);
    kubectl.tells("scale deploy/web -n shop --replicas=1", &["scaled"]);
    kubectl.tells("get deploy web -n shop", &["1/1"]);
    kubectl.tells("describe deploy web -n shop", &["MODE:", "quick", "nginx:1.28"]);
    kubectl.tells("rollout undo deploy/web -n shop", &["rolled back"]);
    assert!(!kubectl.tells("get deploy web -n shop -o yaml", &["nginx:1.28"]).contains("quick"));
    kubectl.tells("rollout undo deploy/web -n shop", &["rolled back"]);
    kubectl.tells("get deploy web -n shop -o yaml", &["quick"]);
    assert_eq!(kubectl.tells("create token app -n shop", &["ey"]).trim().split('.').count(), 3);
    kubectl.tells("auth can-i create pods -n shop", &["yes"]);
    kubectl.tells("auth whoami", &["masterclient", "system:masters"]);

    // What it is told of the server.
    kubectl.tells("api-resources", &["configmaps", "deployments", "customresourcedefinitions"]);
    kubectl.tells("explain configmap", &["KIND:       ConfigMap", "binaryData"]);
    kubectl.tells("explain deployment.spec.template.spec.containers", &["imagePullPolicy"]);

    kubectl.tells("delete -f app.yaml", &["serviceaccount \"app\" deleted", "\"web\" deleted"]);
    kubectl.tells("delete ns shop", &["namespace \"shop\" deleted"]);
    let gone = kubectl.run("get ns shop");
    assert!(gone.code != 0 && gone.text.contains("NotFound"), "{}", gone.text);
}

/// Three workloads of which each has a history of its own kind.
const HISTORIES: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: \"nginx:1.27\"}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: shop}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: c, image: \"nginx:1.27\"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: \"nginx:1.27\"}]}
";

#[test]
fn kubectl_rolls_every_kind_of_workload_back_and_forth() {
    let Some(program) = found("kubectl") else { return skipped("kubectl", "it is not on PATH") };
    let simulator = Simulator::start();
    let place = Place::new("");
    let kubectl = Kubectl { program, config: simulator.kubeconfig(&place), place: &place };
    kubectl.tells("create ns shop", &["namespace/shop created"]);
    place.write("workloads.yaml", HISTORIES);
    kubectl.tells("apply -f workloads.yaml", &["deployment.apps/web created", "store created", "agent created"]);
    for (what, name, done) in [
        ("deploy/web", "web", "successfully rolled out"),
        ("sts/store", "store", "roll out complete: 1 new pods have been updated"),
        ("ds/agent", "agent", "successfully rolled out"),
    ] {
        let rollout = |verb: &str, more: &str, words: &[&str]| {
            kubectl.tells(&format!("rollout {verb} {what} -n shop{more}"), words)
        };
        let is_quick =
            || kubectl.tells(&format!("get pods -n shop -l app={name} -o yaml"), &["nginx"]).contains("quick");
        rollout("status", " --timeout=20s", &[done]);
        kubectl.tells(&format!("annotate {what} -n shop kubernetes.io/change-cause=faster"), &["annotated"]);
        kubectl.tells(&format!("set env {what} -n shop MODE=quick"), &["env updated"]);
        rollout("status", " --timeout=20s", &[done]);
        assert!(is_quick(), "{what}");
        rollout("history", "", &["REVISION", "CHANGE-CAUSE", "faster"]);
        rollout("history", " --revision=2", &["MODE:", "quick"]);
        rollout("undo", "", &["rolled back"]);
        assert!(!is_quick(), "{what}");
        let told = rollout("history", "", &["REVISION"]);
        assert!(told.contains("\n2 ") && told.contains("\n3 ") && !told.contains("\n1 "), "{told}");
        rollout("undo", " --to-revision=2", &["rolled back"]);
        assert!(is_quick(), "{what}");
        rollout("restart", "", &["restarted"]);
        rollout("status", " --timeout=20s", &[done]);
        kubectl.tells(&format!("get pods -n shop -l app={name} -o yaml"), &["restartedAt"]);
    }
    let told = ["CONTROLLER", "REVISION", "statefulset.apps/store", "daemonset.apps/agent"];
    kubectl.tells("get controllerrevisions -n shop", &told);
    kubectl.tells("rollout pause deploy/web -n shop", &["paused"]);
    kubectl.tells("set env deploy/web -n shop MODE=slow", &["env updated"]);
    assert!(!kubectl.tells("get pods -n shop -l app=web -o yaml", &["quick"]).contains("slow"));
    kubectl.tells("rollout resume deploy/web -n shop", &["resumed"]);
    kubectl.tells("get pods -n shop -l app=web -o yaml", &["slow"]);
}

/// A Python that has the client; it is fetched when it is not there yet.
fn python() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kubernetes-client");
            let python = folder.join("bin/python");
            let ready = folder.join("ready");
            if ready.is_file() {
                return Ok(python);
            }
            let Some(system) = found("python3") else { return Err("no python3 on PATH".into()) };
            run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
            std::fs::write(ready, "").map_err(|error| error.to_string())?;
            Ok(python)
        })
        .clone()
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("its package cannot be fetched: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[test]
fn the_kubernetes_client_for_python_does_the_same() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return skipped("the Kubernetes client for Python", &why),
    };
    let simulator = Simulator::start();
    let place = Place::new("");
    let config = simulator.kubeconfig(&place);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/kubectl.py");
    let mut command = place.command(&python, &[]);
    command.arg(script).arg(config).arg(format!("http://{}", simulator.address));
    ran(&command.output().unwrap()).well();
}
