//! Each stage of a migration is done, taken back and done again: what there is in Azure and in the cluster is then as it
//! was before, but for what is named here, and every pod reaches its secret at every moment.

use serde_json::{Value, json};

use crate::before::Whole;
use crate::migration::applied;
use crate::pods::Pods;

/// A migration under way.
struct Way {
    pods: Pods,
    /// How many pods there are at least.
    least: usize,
    /// Pods are asked after so many patches.
    every: usize,
    /// The variables that turn workload identity on.
    on: &'static str,
}

const TF: &str = "1-side-by-side/workload-identity.tf";
const MIGRATE: &str = "migrate pod-identity -live --simulate -out=migration";

impl Way {
    /// A stack with what runs in its cluster.
    fn of(pods: Pods, workloads: &str, least: usize, every: usize, on: &'static str) -> Self {
        pods.bowline("apply --simulate -auto-approve -checks=off", "");
        pods.keep_secret();
        pods.apply(workloads);
        pods.pass(600);
        let way = Self { pods, least, every, on };
        way.reach("on the old way");
        way
    }

    fn reach(&self, when: &str) {
        self.pods.all_reach(self.least, when);
    }

    fn now(&self) -> Whole {
        Whole::of(&self.pods)
    }

    /// An apply, killed on the way; with workload identity on.
    fn apply(&self, more: &str) {
        applied(&self.pods, self.least, &format!("{}{more}", self.on), 40);
        self.pods.pass(600);
        self.reach(&format!("after the apply{more}"));
    }

    /// What a plan tells.
    fn plan(&self, more: &str) -> String {
        self.pods.bowline(&format!("plan --simulate -concise -checks=off{}{more}", self.on), "")
    }

    fn write(&self) {
        self.pods.bowline(&format!("{MIGRATE}{}", self.on), "");
    }

    /// Stage 1. The accounts are written once more after the apply, when the client ids of new identities are known.
    fn side_by_side(&self) {
        let written = std::fs::read_to_string(self.pods.workplace.root().join("migration").join(TF)).unwrap();
        self.pods.workplace.write("workload-identity.tf", &written);
        self.apply("");
        self.write();
        self.pods.apply("migration/1-side-by-side/service-accounts.yaml");
        self.pods.pass(600);
        self.reach("side by side");
    }

    fn side_by_side_back(&self) {
        let folder = "migration/take-back/1-side-by-side";
        for file in self.pods.patches(folder) {
            self.pods.patch(&file);
        }
        self.pods.delete(&format!("{folder}/delete.yaml"));
        self.reach("without the service accounts");
        std::fs::remove_file(self.pods.workplace.root().join("workload-identity.tf")).unwrap();
        self.apply("");
    }

    /// All patches of a folder.
    fn patches(&self, folder: &str) {
        for (number, file) in (1..).zip(&self.pods.patches(folder)) {
            self.pods.patch(file);
            if number % self.every == 0 {
                self.reach(&format!("after {file}"));
            }
        }
        self.reach(&format!("after all of {folder}"));
    }

    /// Does a stage, takes it back, and does it again. What stays is told.
    fn there_and_back(&self, forth: impl Fn(&Self), back: impl Fn(&Self)) -> Vec<String> {
        let before = self.now();
        forth(self);
        assert_ne!(self.now(), before);
        back(self);
        let stays = before.differences(&self.now());
        forth(self);
        stays
    }
}

#[test]
fn each_stage_of_the_migration_of_forty_workloads_can_be_taken_back() {
    let pods = Pods::of("examples/pod-identity", "rg-pod-identity", "aks-pod-identity", "kv-pod-identity");
    let way = Way::of(pods, "cluster/workloads.yaml", 38, 20, " -var workload_identity=true");
    let told = way.plan("");
    assert!(told.contains("Warning: The OIDC issuer is turned on for good"), "{told}");
    way.write();
    let stays = way.there_and_back(Way::side_by_side, Way::side_by_side_back);
    // The issuer, for good, and with it the webhook, which does nothing to pods without its label.
    let cluster = "/subscriptions/11111111-1111-4111-8111-111111111111/resourcegroups/rg-pod-identity/providers/\
                   microsoft.containerservice/managedclusters/aks-pod-identity";
    let named = ["oidcIssuerProfile enabled", "oidcIssuerProfile issuerURL", "securityProfile"]
        .map(|name| format!("{cluster} properties {name}"));
    assert_eq!(stays, named);

    let stays = way.there_and_back(
        |way| way.patches("migration/2-workloads"),
        |way| way.patches("migration/take-back/2-workloads"),
    );
    assert_eq!(stays, Vec::<String>::new());

    let stays = way.there_and_back(
        |way| {
            way.patches("migration/3-profile-off");
            way.apply(" -var bindings=false");
            way.apply(" -var bindings=false -var pod_identity=false");
        },
        |way| {
            way.apply("");
            way.patches("migration/take-back/3-profile-off");
        },
    );
    assert_eq!(stays, Vec::<String>::new());
}

#[test]
fn each_stage_out_of_an_open_source_installation_can_be_taken_back() {
    let pods = Pods::of("tests/stacks/pod-identity-open-source", "rg-shop", "aks-shop", "kv-shop");
    let way = Way::of(pods, "workloads.yaml", 1, 1, "");
    way.write();
    let nothing = Vec::<String>::new();
    assert_eq!(way.there_and_back(Way::side_by_side, Way::side_by_side_back), nothing);
    let stays = way.there_and_back(
        |way| way.patches("migration/2-workloads"),
        |way| way.patches("migration/take-back/2-workloads"),
    );
    assert_eq!(stays, nothing);
    let stays = way.there_and_back(
        |way| {
            way.patches("migration/3-profile-off");
            way.apply(" -var bindings=false");
            way.apply(" -var bindings=false -var installed=false");
        },
        |way| {
            way.apply("");
            way.patches("migration/take-back/3-profile-off");
        },
    );
    assert_eq!(stays, nothing);
}

#[test]
fn each_stage_away_from_applications_with_secrets_can_be_taken_back() {
    let pods = Pods::of("tests/stacks/migrate-applications", "rg-shop", "aks-shop", "kv-shop");
    let way = Way::of(pods, "cluster/workloads.yaml", 4, 1, " -var workload_identity=true");
    way.write();
    let stays = way.there_and_back(Way::side_by_side, Way::side_by_side_back);
    assert!(
        stays.iter().all(|one| one.contains(" oidcIssuerProfile ") || one.ends_with(" securityProfile")),
        "{stays:?}"
    );

    // The secret of one stood in its manifest and is written nowhere: it goes back by kubectl's own history.
    let back = way.pods.patches("migration/take-back/2-workloads");
    assert_eq!(back.len(), 3, "{back:?}");
    let stays = way.there_and_back(
        |way| way.patches("migration/2-workloads"),
        |way| {
            way.patches("migration/take-back/2-workloads");
            undo(&way.pods, "shop", "legacy");
            way.reach("after the undo");
        },
    );
    assert_eq!(stays, Vec::<String>::new());

    let stays = way.there_and_back(
        |way| {
            way.pods.delete("migration/3-secrets-gone/delete.yaml");
            way.patches("migration/3-secrets-gone");
            way.apply(" -var old_grants=false");
        },
        |way| {
            way.apply("");
            // From where they are kept.
            for secret in way.pods.documents("cluster/workloads.yaml").iter().filter(|one| one["kind"] == "Secret") {
                way.pods.apply_object(secret);
            }
        },
    );
    assert_eq!(stays, Vec::<String>::new());
}

/// What `kubectl rollout undo` does to a deployment: the template of its last replica set but one.
fn undo(pods: &Pods, namespace: &str, name: &str) {
    let all = format!("/apis/apps/v1/namespaces/{namespace}");
    let sets = pods.kube("GET", &format!("{all}/replicasets"), "", &Value::Null);
    let mut own: Vec<(u64, Value)> = sets["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|set| set["metadata"]["ownerReferences"][0]["name"] == name)
        .map(|set| {
            let number = &set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            (number.as_str().unwrap().parse().unwrap(), set["spec"]["template"].clone())
        })
        .collect();
    own.sort_by_key(|(number, _)| *number);
    let (_, mut template) = own.remove(own.len() - 2);
    template["metadata"]["labels"].as_object_mut().unwrap().remove("pod-template-hash");
    let patch = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
    pods.kube("PATCH", &format!("{all}/deployments/{name}"), "application/json-patch+json", &patch);
}
