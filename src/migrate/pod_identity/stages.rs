//! The files of a migration: three stages, each of which can be applied, checked and taken back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Added, Application, Fate, Migration, Move, Trust, Used, id_expression, patches, runbook};
use crate::manifests::{self, ADDED, lines};

/// A file and what is in it.
pub type Written = (String, String);

/// Everything that is to be written.
pub fn write(migration: &Migration) -> Vec<Written> {
    let mut files = vec![
        ("README.md".to_owned(), runbook::text(migration)),
        ("1-side-by-side/workload-identity.tf".to_owned(), hcl(migration)),
        ("1-side-by-side/service-accounts.yaml".to_owned(), accounts(migration)),
    ];
    files.extend(accounts_back(migration));
    let all: Vec<&Move> = migration.moves.iter().collect();
    files.extend(component("2-workloads", &all, patches::joined));
    files.extend(ways_back("2-workloads", &all, patches::parted));
    let labelled: Vec<&Move> = migration.labelled().collect();
    if !labelled.is_empty() {
        files.extend(component("3-profile-off", &labelled, patches::unlabelled));
        files.extend(ways_back("3-profile-off", &labelled, patches::labelled));
    }
    files.extend(spent(migration));
    files
}

impl Migration {
    /// The workloads that have the label of pod identity.
    pub(super) fn labelled(&self) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(|one| one.pods.selector().is_some())
    }
}

/// The moves that need something of this migration in Azure, one for each service account. What an earlier run wrote is
/// written again, so that the file stays whole.
fn fresh(migration: &Migration) -> BTreeMap<(String, String), &Move> {
    let missing = migration.moves.iter().filter(|one| one.trust != Trust::Stack);
    missing.map(|one| ((one.namespace.clone(), one.account.clone()), one)).collect()
}

/// The identities in the place of applications, and the federated credentials.
fn hcl(migration: &Migration) -> String {
    let mut out = String::from(
        "# Both ways side by side: each service account may act as the identity that its pods use, or are to use.\n# Nothing is \
         taken away. The cluster needs oidc_issuer_enabled = true and workload_identity_enabled = true.\n",
    );
    let cluster = |attribute: &str| migration.cluster.as_ref().map(|cluster| format!("{cluster}.{attribute}"));
    let mut variables = BTreeSet::new();
    let mut given = |attribute: &str, name: &'static str| {
        cluster(attribute).unwrap_or_else(|| {
            variables.insert(name);
            format!("var.{name}")
        })
    };
    let mut blocks: String = migration
        .applications
        .iter()
        .map(|application| {
            let group = given("resource_group_name", "identity_resource_group_name");
            identity(application, &group, &given("location", "identity_location"))
        })
        .collect();
    let moving = fresh(migration).into_iter().map(|(place, one)| (place, (&one.identity, &one.trust)));
    let done = migration
        .done
        .iter()
        .map(|one| ((one.namespace.clone(), one.account.clone()), (&one.identity, &Trust::Written)));
    for (place, (identity, trust)) in moving.chain(done).collect::<BTreeMap<_, _>>() {
        blocks.push_str(&credential(&place, identity, trust, &given("oidc_issuer_url", "oidc_issuer_url")));
    }
    for name in variables {
        let what = match name {
            "oidc_issuer_url" => "oidc_issuer_url of the cluster.",
            "identity_location" => "Region of the identities in the place of applications.",
            _ => "Resource group of the identities in the place of applications.",
        };
        out.push_str(&format!("\nvariable \"{name}\" {{\n  type        = string\n  description = \"{what}\"\n}}\n"));
    }
    out + &blocks
}

/// An identity with the grants of an application.
fn identity(application: &Application, group: &str, location: &str) -> String {
    let Application { label, identity, .. } = application;
    let mut out = format!(
        "\n# In the place of {title}, with the same grants.\nresource \"azurerm_user_assigned_identity\" \"{label}\" {{\n  name                = \
         \"{identity}\"\n  resource_group_name = {group}\n  location            = {location}\n}}\n",
        title = application.title(),
    );
    for (number, grant) in (1..).zip(&application.grants) {
        let role = match &grant.definition {
            Some(definition) => format!("role_definition_id   = {definition:?}"),
            None => format!("role_definition_name = {:?}", grant.role),
        };
        let condition = grant.condition.as_ref().map(|condition| {
            let text = condition.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace("${", "$${");
            format!("  condition            = \"{text}\"\n  condition_version    = \"2.0\"\n")
        });
        out.push_str(&format!(
            "\nresource \"azurerm_role_assignment\" \"{label}_{number}\" {{\n  scope                = {scope}\n  {role}\n  \
             principal_id         = azurerm_user_assigned_identity.{label}.principal_id\n  principal_type       = \"ServicePrincipal\"\n{condition}}}\n",
            scope = grant.scope,
            condition = condition.unwrap_or_default(),
        ));
    }
    out
}

/// A federated credential, and the import of one that is there.
fn credential((namespace, account): &(String, String), used: &Used, trust: &Trust, issuer: &str) -> String {
    let label = label(namespace, account);
    let mut name = format!("{namespace}-{account}").chars().take(120).collect::<String>().replace('.', "-");
    let mut out = String::new();
    if let Trust::Azure(id) = trust {
        id.rsplit('/').next().unwrap_or_default().clone_into(&mut name);
        out.push_str(&format!(
            "\n# Azure has it already.\nimport {{\n  to = azurerm_federated_identity_credential.{label}\n  id = {id:?}\n}}\n"
        ));
    }
    out.push_str(&format!(
        "\nresource \"azurerm_federated_identity_credential\" \"{label}\" {{\n  name                      = \"{name}\"\n  \
         user_assigned_identity_id = {identity}\n  audience                  = [\"api://AzureADTokenExchange\"]\n  \
         issuer                    = {issuer}\n  subject                   = \"system:serviceaccount:{namespace}:{account}\"\n}}\n",
        identity = id_expression(used),
    ));
    out
}

/// The label of a service account's credential.
pub(super) fn label(namespace: &str, account: &str) -> String {
    format!("workload_{namespace}_{account}").replace(['-', '.'], "_")
}

/// Every service account, by namespace and name: whose it is, and what is added to it.
fn all_accounts(migration: &Migration) -> BTreeMap<(&str, &str), (&Used, Added)> {
    let moving = migration.moves.iter().map(|one| ((&*one.namespace, &*one.account), (&one.identity, one.added)));
    let done = migration.done.iter().map(|one| ((&*one.namespace, &*one.account), (&one.identity, one.added)));
    moving.chain(done).collect()
}

/// The service accounts that have to be there before the pods move.
fn accounts(migration: &Migration) -> String {
    let one = |((namespace, account), (identity, added)): ((&str, &str), (&Used, Added))| {
        let mut remark = match added {
            Added::ClientId => "# It is there: only the annotations are new.\n",
            Added::Nothing => "# It is there, with its client id.\n",
            Added::Account => "",
        }
        .to_owned();
        let client = if identity.client.is_empty() {
            remark.push_str("# Its client id is known once stage 1 is applied: then run the same command again.\n");
            "CLIENT-ID"
        } else {
            &identity.client
        };
        let mut made = manifests::service_account(account, namespace, client);
        if let Some(mark) = added.mark() {
            made["metadata"]["annotations"][ADDED] = json!(mark);
        }
        format!("{remark}{}", lines(&made, 0))
    };
    all_accounts(migration).into_iter().map(one).collect::<Vec<_>>().join("---\n")
}

/// What takes the accounts back: a list of those that this migration makes, and a patch for each that it annotates.
fn accounts_back(migration: &Migration) -> Vec<Written> {
    let folder = "take-back/1-side-by-side";
    let mut files = Vec::new();
    let mut made = Vec::new();
    for ((namespace, account), (_, added)) in all_accounts(migration) {
        let mut object = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": account, "namespace": namespace },
        });
        match added {
            Added::Account => made.push(lines(&object, 0)),
            Added::ClientId => {
                object["metadata"]["annotations"] = json!({ manifests::CLIENT_ID: null, ADDED: null });
                files.push((format!("{folder}/{namespace}-serviceaccount-{account}.yaml"), lines(&object, 0)));
            }
            Added::Nothing => {}
        }
    }
    if !made.is_empty() {
        files.push((format!("{folder}/delete.yaml"), made.join("---\n")));
    }
    files
}

/// What a patch of a workload is called.
fn name_of(one: &Move) -> String {
    format!("{}-{}-{}.yaml", one.namespace, one.pods.kind.to_lowercase(), one.pods.name)
}

/// A patch for each workload that takes a stage back.
fn ways_back(folder: &str, moves: &[&Move], patch: impl Fn(&Move) -> Option<Json>) -> Vec<Written> {
    let back = |one: &&Move| Some((format!("take-back/{folder}/{}", name_of(one)), lines(&patch(one)?, 0)));
    moves.iter().filter_map(back).collect()
}

/// A patch for each workload, and a Kustomize component with all of them.
fn component(folder: &str, moves: &[&Move], patch: impl Fn(&Move) -> Json) -> Vec<Written> {
    let mut files = Vec::new();
    let mut listed = Vec::new();
    for one in moves {
        let name = name_of(one);
        files.push((format!("{folder}/{name}"), lines(&patch(one), 0)));
        listed.push(json!({ "path": name }));
    }
    let component = json!({ "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": listed });
    files.push((format!("{folder}/kustomization.yaml"), lines(&component, 0)));
    files
}

/// The Secrets that nobody uses any more, and patches of those that lose some of their keys.
fn spent(migration: &Migration) -> Vec<Written> {
    let mut files = Vec::new();
    let mut gone = Vec::new();
    for farewell in &migration.farewells {
        let mut secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": farewell.secret, "namespace": farewell.namespace },
        });
        match &farewell.fate {
            Fate::Goes => gone.push(lines(&secret, 0)),
            Fate::Loses(keys) => {
                secret["data"] =
                    keys.iter().map(|key| (key.clone(), Json::Null)).collect::<serde_json::Map<_, _>>().into();
                let name = format!("3-secrets-gone/{}-secret-{}.yaml", farewell.namespace, farewell.secret);
                files.push((name, lines(&secret, 0)));
            }
            Fate::Stays(_) => {}
        }
    }
    if !gone.is_empty() {
        files.push(("3-secrets-gone/delete.yaml".to_owned(), gone.join("---\n")));
    }
    files
}
