//! What is in a cluster at present: its workloads, accounts and the objects of pod identity, read from its API server with
//! the kubeconfig that Azure gives for the cluster of a stack, or with one from a file.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use serde_json::{Value as Json, json};

use super::invocation::{Invocation, runtime};
use super::loading::{self, Loaded, SimulateFlags};
use super::manifests::StackFlags;
use super::stored;
use super::variables::Missing;
use super::vessels;
use crate::access::{self, World};
use crate::azure::arm_id::ArmId;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::migrate::pod_identity::{self, Principals};
use crate::provider::{Mentioned, Session};
use crate::span::SourceMap;
use crate::value::Value;
use crate::{kubernetes, manifests, plan};

const AZURERM: &str = "registry.terraform.io/hashicorp/azurerm";
const KUBERNETES: &str = "registry.terraform.io/hashicorp/kubernetes";
const CLUSTER: &str = "azurerm_kubernetes_cluster";

/// What bears on the identity of pods.
const KINDS: [(&str, &str); 11] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("v1", "Pod"),
    ("v1", "ServiceAccount"),
    ("v1", "ConfigMap"),
    ("aadpodidentity.k8s.io/v1", "AzureIdentity"),
    ("aadpodidentity.k8s.io/v1", "AzureIdentityBinding"),
    ("aadpodidentity.k8s.io/v1", "AzurePodIdentityException"),
];

/// Which cluster is asked.
#[derive(Debug, Args)]
pub struct ClusterFlags {
    /// Ask Azure and the cluster of the stack, with the kubeconfig that Azure gives for it
    #[arg(long)]
    live: bool,
    /// Which cluster, by its name, where the subscription has several
    #[arg(long, value_name = "NAME", requires = "live")]
    cluster: Option<String>,
    /// Ask the cluster that this kubeconfig names; with -live instead of the one that Azure gives
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Its context, when it is not the present one
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    context: Option<String>,
    #[command(flatten)]
    simulate: SimulateFlags,
}

/// What was found out.
pub struct Asked {
    /// Who can do what, as Azure has it; nothing where Azure was not asked.
    pub world: Option<World>,
    /// What to call the cluster.
    pub name: String,
    /// Its objects, as a list in JSON. Secrets have no values in it.
    pub objects: String,
    /// The service principals of the applications that workloads sign in as, as far as the directory tells.
    pub principals: Principals,
    /// What could not be found out, for people: a sentence each.
    pub unknown: Vec<String>,
}

impl ClusterFlags {
    /// Whether a cluster is to be asked at all.
    pub fn is_given(&self) -> bool {
        self.live || self.kubeconfig.is_some()
    }
}

/// Asks Azure, where that is wanted, and the cluster.
pub fn ask(flags: &ClusterFlags, stack: &StackFlags, invocation: &mut Invocation) -> Result<Asked, Diagnostics> {
    let home = std::env::current_dir()
        .map_err(|error| Diagnostic::error("Unknown folder", format!("The present folder cannot be told: {error}.")))?;
    // A kubeconfig is named from where the command was given.
    let kubeconfig = flags.kubeconfig.as_ref().map(|path| home.join(path));
    if let Some(folder) = stack.folder() {
        invocation.change_folder(folder)?;
    }
    let result = here(flags, kubeconfig, stack, invocation);
    invocation.change_folder(&home)?;
    result
}

fn here(
    flags: &ClusterFlags,
    kubeconfig: Option<PathBuf>,
    stack: &StackFlags,
    invocation: &mut Invocation,
) -> Result<Asked, Diagnostics> {
    let state = stored::store(invocation, None)?.load()?.state;
    let recorded = access::recorded(&state, &loading::registry());
    let mut loaded = loading::load(invocation, Some((stack.variables(), Missing::Unknown)))?;
    let wanted = ["kube_config"].map(|attribute| (CLUSTER.into(), Some(attribute.into())));
    loaded.surroundings.mentioned = Mentioned::new(wanted);
    runtime()?.block_on(async {
        let azure = loaded.simulate(&flags.simulate).await?;
        let mut asked = Asked {
            world: None,
            name: kubeconfig.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            objects: String::new(),
            principals: Principals::new(),
            unknown: Vec::new(),
        };
        let server = kubeconfig.as_ref().and_then(|path| kubernetes::server_of(path, flags.context.as_deref()));
        let mut config = kubeconfig.map(|path| of_file(&path, flags.context.as_deref()));
        let mut directory = None;
        if flags.live {
            let functions = loaded.functions(None);
            let setting = loaded.setting(invocation);
            let (mut inspection, _) = plan::inspect(setting, functions.context(), loaded.variables.clone(), &state);
            let session = super::access::connected(&mut inspection, AZURERM).await?;
            let mut surveyed = access::survey(session.reader(), &recorded.resources).await?;
            if config.is_none() {
                let (cluster, id) = chosen(&surveyed, flags.cluster.as_deref())?;
                asked.name = cluster;
                config = Some(of_azure(&*session, &id).await?);
            }
            asked.unknown.extend(server.as_deref().and_then(|server| of_another(server, &surveyed)));
            // What is bound is read from the cluster; here is told what of it the stack manages.
            surveyed.pod_identities = recorded.pod_identities;
            asked.world = Some(surveyed);
            directory = Some(session);
        } else {
            asked.unknown.extend(server.as_deref().and_then(|server| of_another(server, &recorded)));
        }
        asked.objects =
            objects(&loaded, &config.unwrap_or_else(|| Value::object_of::<&str>([])), &mut asked.unknown).await?;
        if let Some(directory) = directory {
            principals(&*directory, stack.namespace(), &mut asked).await;
        }
        if let Some(azure) = azure {
            azure.shutdown().await;
        }
        asked.name = format!("cluster {}", asked.name);
        Ok(asked)
    })
}

/// What to say of a kubeconfig whose server is none of the clusters that are known. There may be a proxy between.
fn of_another(server: &str, world: &World) -> Option<String> {
    let hosts: Vec<&str> = world.clusters.iter().flat_map(|cluster| &cluster.hosts).map(String::as_str).collect();
    let is_known = hosts.iter().any(|host| host.eq_ignore_ascii_case(server));
    (!hosts.is_empty() && !is_known).then(|| {
        format!(
            "The kubeconfig is of the API server {server}, and what is known of clusters in Azure is {}: see that it is the same \
             cluster, or what is written here trusts another cluster's tokens.",
            hosts.join(", ")
        )
    })
}

/// Looks up the applications that workloads sign in as. Who may not ask the directory can say who they are.
async fn principals(session: &dyn Session, namespace: Option<&str>, asked: &mut Asked) {
    let mut sources = SourceMap::default();
    let source = sources.add(asked.name.clone(), None, asked.objects.as_str());
    let (loaded, _) = manifests::load(source, &sources);
    for client in pod_identity::signed_in(&manifests::survey(&[loaded], &sources, namespace)) {
        match session.reader().principal_of(&client).await {
            Ok(found) => asked.principals.extend(found.map(|found| (client.to_ascii_lowercase(), found))),
            Err(why) => {
                let why: Vec<&str> =
                    why.iter().map(|diagnostic| diagnostic.detail.lines().next().unwrap_or_default()).collect();
                asked
                    .unknown
                    .push(format!("The directory does not tell who application {client} is: {}", why.join(" ")));
            }
        }
    }
}

/// The one cluster that is meant: its name and id.
fn chosen(world: &World, wanted: Option<&str>) -> Result<(String, String), Diagnostic> {
    let fits = |name: &str| wanted.is_none_or(|wanted| name.eq_ignore_ascii_case(wanted));
    let found: Vec<_> = world.clusters.iter().filter(|cluster| fits(&cluster.name)).collect();
    match found.as_slice() {
        [cluster] => Ok((cluster.name.clone(), cluster.id.to_string())),
        [] => Err(Diagnostic::error("No cluster", "The subscription has no such cluster.")),
        several => {
            let names: Vec<&str> = several.iter().map(|cluster| &*cluster.name).collect();
            let detail =
                format!("The subscription has several clusters: {}. Name one: -cluster=NAME.", names.join(", "));
            Err(Diagnostic::error("Which cluster is meant?", detail))
        }
    }
}

/// The provider's arguments for a kubeconfig file.
fn of_file(path: &std::path::Path, context: Option<&str>) -> Value {
    let file = ("config_path", Value::string(path.display().to_string()));
    let context = context.map(|context| ("config_context", Value::string(context)));
    Value::object_of(std::iter::once(file).chain(context))
}

/// The provider's arguments for a cluster, from what Azure gives: its certificate, or Entra where it has none.
async fn of_azure(session: &dyn Session, id: &str) -> Result<Value, Diagnostics> {
    let id = ArmId::parse(id).map_or_else(|_| id.to_owned(), |id| id.to_string());
    let cluster = session.reader().import(CLUSTER, &id).await?.value;
    let entry = cluster.field("kube_config").and_then(Value::as_elements).and_then(<[_]>::first);
    let member = |name: &str| {
        entry.and_then(|entry| entry.field(name)?.as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    };
    let decoded = |name: &str| {
        let bytes = member(name).and_then(|text| BASE64_STANDARD.decode(text).ok());
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Value::string)
    };
    let host = member("host").ok_or_else(|| {
        Diagnostic::error(
            "No kubeconfig",
            "Azure gives no kubeconfig for the cluster. Reading it takes the role \"Azure Kubernetes Service Cluster User \
             Role\"; or give one from a file: -kubeconfig=FILE.",
        )
    })?;
    let mut config = vec![("host", Value::string(host))];
    config.extend(decoded("cluster_ca_certificate").map(|pem| ("cluster_ca_certificate", pem)));
    match decoded("client_certificate").zip(decoded("client_key")) {
        Some((certificate, key)) => config.extend([("client_certificate", certificate), ("client_key", key)]),
        None => config.push(("use_entra_id", Value::bool(true))),
    }
    Ok(Value::object_of(config))
}

/// The objects, as a list in JSON, without what only the server says of them.
async fn objects(loaded: &Loaded, config: &Value, unknown: &mut Vec<String>) -> Result<String, Diagnostics> {
    let provider = loaded
        .registry
        .find(KUBERNETES)
        .cloned()
        .ok_or_else(|| Diagnostic::error("No provider", "The provider \"kubernetes\" is not there."))?;
    let session: Arc<dyn Session> = provider.configure(config, &loaded.surroundings).await?;
    let mut items = Vec::new();
    for (version, kind) in KINDS {
        let found = session.reader().list(kind, version, None).await?;
        items.extend(found.into_iter().filter(is_own).map(without_status));
    }
    // A reader of clusters may read no Secrets, and then it is told which could not be looked into.
    for name in vessels::referred(&items) {
        match session.reader().list("Secret", "v1", Some(&name)).await {
            Ok(found) => items.extend(found.into_iter().map(|secret| vessels::without_values(&secret))),
            Err(_) => {
                unknown.push(format!("Secret {name} could not be read, so that what signs in with it is not known."));
            }
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Ok(serde_json::to_string_pretty(&list).unwrap_or_default())
}

/// What another object has made moves with that.
fn is_own(object: &Json) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Json::as_array);
    owners.is_none_or(Vec::is_empty)
}

fn without_status(mut object: Json) -> Json {
    if let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.remove("managedFields");
    }
    object
}
