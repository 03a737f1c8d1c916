//! What a client library in a pod does to get a token: the federated token where the webhook has left one, else the
//! machine's metadata, where the proxy, pod identity or the machine itself answers. Nothing is assumed: it looks at the pod
//! as it is in the cluster.

use serde_json::Value;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body::text;
use crate::simulator::kubernetes::bootstrap;
use crate::simulator::kubernetes::environment;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::pod_identity::{Holds, holds};
use crate::simulator::kubernetes::token_request::{Wanted, token};
use crate::simulator::kubernetes::webhook::{CLIENT_ID, PROXY, TENANT_ID, TOKEN_FILE, variable};
use crate::simulator::service::TENANT;
use crate::simulator::target::{Key, same};
use crate::simulator::world::Resource;

/// What is asked: which pod, for what, and by which library.
struct Question<'a> {
    pod: Value,
    container: Value,
    resource: &'a str,
    /// The client id that the code of the application names.
    client: Option<&'a str>,
    /// Whether the library knows federated tokens; older ones ask only the machine.
    is_old: bool,
}

/// A token, and the way it came.
type Got = Result<(Value, &'static str), Refusal>;

/// Answers `{"cluster", "namespace", "pod", "resource"}`, with `"container"`, `"client_id"` and `"sdk": "old"` where they
/// matter: `{"access_token", …, "way"}`, or why the pod gets none.
pub(in crate::simulator) fn token_of_pod(azure: &mut Azure, asked: &Value) -> Result<Answer, Refusal> {
    let word = |name: &str| text(asked, &format!("/{name}")).filter(|text| !text.is_empty());
    let incomplete = || {
        Refusal::bad(
            "InvalidPod",
            "Ask as {\"cluster\": \"/subscriptions/…\", \"namespace\": \"shop\", \"pod\": \"web-0\", \"resource\": \"https://vault.azure.net\"}.",
        )
    };
    let (cluster, namespace) = word("cluster").zip(word("namespace")).ok_or_else(incomplete)?;
    let name = word("pod").ok_or_else(incomplete)?;
    let cluster = azure.world().get(&Key::of(cluster)).cloned();
    let cluster = cluster.ok_or_else(|| Refusal::new(404, "ClusterNotFound", "There is no such cluster."))?;
    bootstrap::ensure(azure, &cluster);
    let spot = bootstrap::kind("", "pods").spot(namespace, name);
    let pod = azure.world().objects(&cluster.key()).get(&spot).cloned();
    let pod = pod.ok_or_else(|| Refusal::new(404, "PodNotFound", format!("There is no pod {namespace}/{name}.")))?;
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let mut containers = containers.into_iter().filter(|one| text(one, "/name") != Some(PROXY));
    let container = containers.find(|one| word("container").is_none_or(|name| text(one, "/name") == Some(name)));
    let container =
        container.cloned().ok_or_else(|| Refusal::new(404, "ContainerNotFound", "The pod has no such container."))?;
    let question = Question {
        container,
        pod: (*pod).clone(),
        resource: word("resource").unwrap_or("https://vault.azure.net"),
        client: word("client_id"),
        is_old: word("sdk") == Some("old"),
    };
    let (mut token, way) = ask(azure, &cluster, &question)?;
    crate::simulator::body::set(&mut token, "/way", Value::from(way));
    Ok(Answer::json(200, token))
}

fn ask(azure: &mut Azure, cluster: &Resource, question: &Question<'_>) -> Got {
    // A secret in the environment comes before everything else.
    if let Some(got) = by_secret(azure, cluster, question) {
        return got;
    }
    let given = |name: &str| variable(&question.container, name).and_then(|one| text(one, "/value")).map(str::to_owned);
    if let (Some(path), false) = (given(TOKEN_FILE), question.is_old) {
        let client = question.client.map(str::to_owned).or_else(|| given(CLIENT_ID));
        let client = client.ok_or_else(|| denied("no client id is configured: AZURE_CLIENT_ID is not set"))?;
        let tenant = given(TENANT_ID).unwrap_or_else(|| TENANT.to_owned());
        let assertion = file(azure, cluster, question, &question.container, &path)?;
        return exchanged(azure, &tenant, &client, &assertion, question.resource)
            .map(|token| (token, "federated token"));
    }
    let containers = question.pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    if let Some(proxy) = containers.into_iter().find(|one| text(one, "/name") == Some(PROXY)) {
        let of_proxy = |name: &str| variable(proxy, name).and_then(|one| text(one, "/value")).map(str::to_owned);
        let client = question.client.map(str::to_owned).or_else(|| of_proxy(CLIENT_ID));
        let client = client.ok_or_else(|| denied("the proxy sidecar knows no client id"))?;
        let path = of_proxy(TOKEN_FILE).ok_or_else(|| denied("the proxy sidecar has no federated token"))?;
        let tenant = of_proxy(TENANT_ID).unwrap_or_else(|| TENANT.to_owned());
        let assertion = file(azure, cluster, question, proxy, &path)?;
        return exchanged(azure, &tenant, &client, &assertion, question.resource).map(|token| (token, "proxy sidecar"));
    }
    of_machine(azure, cluster, question)
}

/// The token of an application whose secret is in the environment: as Azure.Identity finds it, or, for the older library,
/// in a connection string.
fn by_secret(azure: &Azure, cluster: &Resource, question: &Question<'_>) -> Option<Got> {
    let all = environment::of_container(azure, cluster, &question.pod, &question.container);
    let word = |name: &str| all.get(name).filter(|text| !text.is_empty()).map(String::as_str);
    let connection = word("AzureServicesAuthConnectionString").unwrap_or_default();
    let part = |name: &str| connection.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (client, secret) = if question.is_old {
        (part("AppId")?, part("AppKey")?)
    } else {
        (word(CLIENT_ID)?, word("AZURE_CLIENT_SECRET")?)
    };
    Some(
        azure
            .token_of_application(client, secret, question.resource)
            .map(|token| (token, "client secret"))
            .map_err(|why| Refusal::new(401, "TokenRefused", why)),
    )
}

/// What is asked of the machine's metadata.
fn of_machine(azure: &mut Azure, cluster: &Resource, question: &Question<'_>) -> Got {
    match holds(azure, cluster, &question.pod) {
        Holds::Identities(all) => {
            let wanted = question.client;
            let found = all.iter().find(|(_, client)| wanted.is_none_or(|wanted| same(client, wanted)));
            let (id, client) =
                found.ok_or_else(|| denied("no azure identity with this client id is bound to the pod"))?;
            if id.is_empty() {
                let token = azure.token_of_application(client, "kept in the cluster", question.resource);
                return token.map(|token| (token, "pod identity")).map_err(|why| denied(&why));
            }
            let token = azure.token_of_identity(id, client, question.resource);
            token.map(|token| (token, "pod identity")).ok_or_else(|| denied(&format!("the identity {id} is gone")))
        }
        Holds::Nothing => {
            Err(denied("no azure identity found for the pod: getting assigned identities failed in ASSIGNED state"))
        }
        Holds::Excepted | Holds::Machine => {
            let pointer = "/properties/identityProfile/kubeletidentity";
            let own = |member: &str| text(&cluster.body, &format!("{pointer}/{member}")).unwrap_or_default().to_owned();
            let (id, client) = (own("resourceId"), own("clientId"));
            if question.client.is_some_and(|wanted| !same(wanted, &client)) {
                return Err(denied("Identity not found: the machine has no identity with this client id"));
            }
            let token = azure.token_of_identity(&id, &client, question.resource);
            token.map(|token| (token, "node")).ok_or_else(|| denied("Identity not found: the machine has no identity"))
        }
    }
}

/// A file that the kubelet projects into a container: the token of the pod's account.
fn file(
    azure: &Azure,
    cluster: &Resource,
    question: &Question<'_>,
    container: &Value,
    path: &str,
) -> Result<String, Refusal> {
    let missing = || denied(&format!("the file {path} is not in the container"));
    let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
    let mount = mounts.into_iter().find_map(|mount| {
        let folder = text(mount, "/mountPath")?;
        let rest = path.strip_prefix(folder)?.trim_start_matches('/');
        Some((text(mount, "/name")?, rest))
    });
    let (volume, name) = mount.ok_or_else(missing)?;
    let volumes = question.pod.pointer("/spec/volumes").and_then(Value::as_array).into_iter().flatten();
    let volume = volumes.into_iter().find(|one| text(one, "/name") == Some(volume)).ok_or_else(missing)?;
    let sources = volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten();
    let mut tokens = sources.into_iter().filter_map(|source| source.get("serviceAccountToken"));
    let projected = tokens.find(|one| text(one, "/path") == Some(name)).ok_or_else(missing)?;
    let namespace = text(&question.pod, "/metadata/namespace").unwrap_or_default();
    let account = text(&question.pod, "/spec/serviceAccountName").unwrap_or("default");
    let spot = bootstrap::kind("", "serviceaccounts").spot(namespace, account);
    let kept = azure.world().objects(&cluster.key()).get(&spot);
    let kept = kept.ok_or_else(|| denied(&format!("the service account {namespace}/{account} is gone")))?;
    let audience = text(projected, "/audience").unwrap_or_default().to_owned();
    let lasts = projected.get("expirationSeconds").and_then(Value::as_u64).unwrap_or(3600);
    let wanted = Wanted {
        namespace,
        name: account,
        uid: object::uid(kept),
        audiences: &[audience],
        lasts,
        pod: Some((object::name(&question.pod), object::uid(&question.pod))),
    };
    Ok(token(azure, cluster, &wanted))
}

fn exchanged(azure: &mut Azure, tenant: &str, client: &str, assertion: &str, resource: &str) -> Result<Value, Refusal> {
    azure.exchange_federated(tenant, client, assertion, resource).map_err(|why| Refusal::new(401, "TokenRefused", why))
}

fn denied(why: &str) -> Refusal {
    Refusal::new(403, "NoIdentity", why)
}
