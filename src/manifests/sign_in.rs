//! Applications that containers sign in as with a secret: which, where the secret stands, and what of the environment is
//! to change so that they use it no more. No secret's value is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::environment::{self, is_client_secret, key_in, part};
use super::object::{Object, Workload};
use super::scene::Scene;
use super::way_back::{self, WayBack};
use super::yaml::Node;

/// The variables that Azure.Identity signs in by, and that would win over the webhook's.
const LOGIN: [&str; 10] = [
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_KEY",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    "AZURE_PASSWORD",
    "AZURE_TENANT_ID",
    "AZURE_USERNAME",
];
/// Those of them that carry a secret.
const PROOFS: [&str; 4] =
    ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_KEY", "AZURE_CLIENT_SECRET", "AZURE_PASSWORD"];
/// What the library Microsoft.Azure.Services.AppAuthentication reads.
const SERVICES_AUTH: &str = "AzureServicesAuthConnectionString";

/// How a container signs in as an application with a secret.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SignIn {
    /// The list that the container stands in: `containers`, `initContainers`.
    pub list: &'static str,
    /// The container's name.
    pub container: String,
    /// The client ids of the applications that it names.
    pub clients: BTreeSet<String>,
    /// Why the application cannot be told, or cannot be done without by a change of the manifest: ends of sentences.
    pub obstacles: Vec<String>,
    /// The Secrets that hold the application's secret, with the keys. What stands in the manifest is in none.
    pub held: BTreeMap<String, BTreeSet<String>>,
    /// Its library asks the instance metadata service once it has no secret.
    pub asks_metadata: bool,
    /// What a strategic merge patch has for `env`.
    pub env: Vec<Json>,
    /// What is left of `envFrom`, where that changes.
    pub env_from: Option<Vec<Json>>,
    /// What a patch has to bring all of this back.
    pub back: WayBack,
}

/// What a workload refers to of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// The Secret's name.
    pub secret: String,
    /// The keys; `None` for all of them.
    pub keys: Option<Vec<String>>,
    /// The variable that has it; `None` for all of `envFrom`.
    pub variable: Option<String>,
    /// A file in a volume, which cannot be without the Secret: the volume's name.
    pub volume: Option<String>,
}

/// A Secret, without its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vessel {
    /// Where it is.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// All its keys.
    pub keys: BTreeSet<String>,
}

/// Whether a key of a Secret is for signing in and nothing else.
pub fn is_for_login(key: &str) -> bool {
    LOGIN.contains(&key) || is_client_secret(key) || key == SERVICES_AUTH
}

/// A Secret as it is known.
pub fn vessel(scene: &Scene<'_>, object: &Object<'_>) -> Vessel {
    let keys = keys_of(object).map(|(key, _)| key).collect();
    Vessel { namespace: scene.namespace(object).map(str::to_owned), name: object.name().to_owned(), keys }
}

/// The keys of a Secret or a config map with what they hold, where that can be read.
fn keys_of(object: &Object<'_>) -> impl Iterator<Item = (String, Option<String>)> {
    let fields = ["data", "stringData"].into_iter().filter_map(|field| object.root.get(field)).flat_map(Node::entries);
    fields.filter_map(|entry| {
        let key = entry.key.text()?.to_owned();
        let text = environment::stored(object, &key);
        Some((key, text))
    })
}

/// Where a variable of a container comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// An entry of `env` with the value in it, or from something that holds no secret.
    Entry,
    /// An entry of `env` that refers to a key of a Secret.
    Key { secret: String, key: String },
    /// `envFrom`, by its place, from a Secret.
    Whole { place: usize, secret: String, key: String },
    /// `envFrom` from a config map.
    Map,
}

#[derive(Debug, Clone)]
struct Variable {
    text: Option<String>,
    /// It is known where the value stands, and that cannot be read.
    unseen: bool,
    origin: Origin,
    /// Its value comes from elsewhere (`valueFrom`).
    referred: bool,
}

/// The containers of a workload that sign in as an application with a secret.
pub fn sign_ins(scene: &Scene<'_>, workload: &Workload<'_>) -> Vec<SignIn> {
    let lists = ["initContainers", "containers"].into_iter();
    let all = lists.flat_map(|list| {
        let containers = workload.spec.get(list).map(Node::items).unwrap_or_default();
        containers.iter().map(move |container| (list, container))
    });
    all.filter_map(|(list, container)| of_container(scene, workload, list, container)).collect()
}

fn of_container(scene: &Scene<'_>, workload: &Workload<'_>, list: &'static str, container: &Node) -> Option<SignIn> {
    let name = container.get("name").and_then(Node::text).unwrap_or_default().to_owned();
    let mut found = SignIn { list, container: name, ..SignIn::default() };
    let variables = variables(scene, &workload.object, container);
    let is_set = |name: &str| variables.get(name).is_some_and(|one| one.text.as_deref() != Some(""));
    let mut emptied: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    if PROOFS.iter().any(|name| is_set(name)) {
        application(&variables, &mut found);
        for (name, variable) in variables.iter().filter(|(name, _)| LOGIN.contains(&name.as_str())) {
            hold(name, variable, &mut found);
            match &variable.origin {
                Origin::Entry | Origin::Key { .. } => found.env.push(json!({ "name": name, "$patch": "delete" })),
                Origin::Whole { place, .. } => emptied.entry(*place).or_default().push(name),
                Origin::Map => {}
            }
        }
    }
    for (name, variable) in &variables {
        connection_string(name, variable, &mut found);
        other_library(name, variable, &variables, &mut found);
    }
    env_from(scene, workload, container, &emptied, &mut found);
    found.back = way_back::of(container, &found);
    (!found.clients.is_empty() || !found.obstacles.is_empty()).then_some(found)
}

/// The application that Azure.Identity signs in as.
fn application(variables: &BTreeMap<String, Variable>, found: &mut SignIn) {
    let unseen =
        |place: &str| format!("signs in as an application whose client id {place}, which is not among what was given");
    match variables.get("AZURE_CLIENT_ID") {
        Some(Variable { text: Some(client), .. }) if !client.is_empty() => {
            found.clients.insert(client.clone());
        }
        Some(Variable { origin: Origin::Key { secret, key } | Origin::Whole { secret, key, .. }, .. }) => {
            found.obstacles.push(unseen(&format!("stands in Secret {secret} under {key}")));
        }
        Some(Variable { unseen: true, .. }) => found.obstacles.push(unseen("stands in a config map")),
        _ => {
            found
                .obstacles
                .push("has the secret of an application, but no AZURE_CLIENT_ID that tells which".to_owned());
        }
    }
}

/// Notes where the secret of an application stands.
fn hold(name: &str, variable: &Variable, found: &mut SignIn) {
    let (Origin::Key { secret, key } | Origin::Whole { secret, key, .. }) = &variable.origin else { return };
    if name != "AZURE_AUTHORITY_HOST" {
        found.held.entry(secret.clone()).or_default().insert(key.clone());
    }
}

/// `RunAs=App;AppId=...;AppKey=...`: without the key its library asks the instance metadata service, for which there is
/// the proxy.
fn connection_string(name: &str, variable: &Variable, found: &mut SignIn) {
    let text = variable.text.as_deref();
    if name == SERVICES_AUTH && variable.unseen {
        found.obstacles.push(format!("takes {name} from a Secret that is not among what was given"));
        return;
    }
    let Some(text) = text.filter(|text| key_in(text) == Some("AppKey")) else { return };
    match part(text, "AppId") {
        Some(client) if !client.is_empty() => found.clients.insert(client.to_owned()),
        _ => {
            found.obstacles.push(format!("has an AppKey in {name}, but no AppId that tells whose"));
            return;
        }
    };
    found.asks_metadata = true;
    hold(name, variable, found);
    let mut entry = json!({ "name": name, "value": "RunAs=App" });
    if variable.referred {
        entry["valueFrom"] = Json::Null;
    }
    found.env.push(entry);
}

/// What is read by something else than Azure.Identity, which may know no federated tokens.
fn other_library(name: &str, variable: &Variable, all: &BTreeMap<String, Variable>, found: &mut SignIn) {
    if name.starts_with("AZURE_") || !is_client_secret(name) || variable.text.as_deref() == Some("") {
        return;
    }
    let id = |name: &str| {
        let plain = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
        plain.replace("clientsecret", "clientid")
    };
    let wanted = id(name);
    let client =
        all.iter().find(|(other, _)| *other != name && id(other) == wanted).and_then(|(_, one)| one.text.clone());
    let whom = client.map_or_else(|| "an application".to_owned(), |client| format!("application {client}"));
    found.obstacles.push(format!(
        "signs in as {whom} through {name}, which something else than Azure.Identity reads: let the code take the token from \
         the file that AZURE_FEDERATED_TOKEN_FILE names"
    ));
}

/// What becomes of `envFrom`: a Secret that is for signing in only goes, of another what would sign in is overlaid with
/// nothing.
fn env_from(
    scene: &Scene<'_>,
    workload: &Workload<'_>,
    container: &Node,
    emptied: &BTreeMap<usize, Vec<&str>>,
    found: &mut SignIn,
) {
    if emptied.is_empty() {
        return;
    }
    let items = container.get("envFrom").map(Node::items).unwrap_or_default();
    let mut left = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let Some(names) = emptied.get(&place) else {
            left.push(item.to_json());
            continue;
        };
        let secret = item.at(&["secretRef", "name"]).and_then(Node::text).unwrap_or_default();
        let vessel = scene.beside(&workload.object, "Secret", secret);
        if vessel.is_some_and(|object| keys_of(&object).all(|(key, _)| is_for_login(&key))) {
            continue;
        }
        left.push(item.to_json());
        // The webhook's own variables stand in env, so that they win over these.
        let proofs =
            names.iter().filter(|name| !["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST"].contains(name));
        found.env.extend(proofs.map(|name| json!({ "name": name, "value": "" })));
    }
    found.env_from = (left.len() < items.len()).then_some(left);
}

/// The variables of a container: what `env` says wins over `envFrom`, and the later over the earlier.
fn variables(scene: &Scene<'_>, object: &Object<'_>, container: &Node) -> BTreeMap<String, Variable> {
    let mut all = BTreeMap::new();
    for (place, item) in container.get("envFrom").map(Node::items).unwrap_or_default().iter().enumerate() {
        let prefix = item.get("prefix").and_then(Node::text).unwrap_or_default();
        for (source, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
            let Some(name) = item.at(&[source, "name"]).and_then(Node::text) else { continue };
            let Some(holder) = scene.beside(object, kind, name) else { continue };
            for (key, text) in keys_of(&holder) {
                let variable = format!("{prefix}{key}");
                let origin =
                    if kind == "Secret" { Origin::Whole { place, secret: name.to_owned(), key } } else { Origin::Map };
                all.insert(variable, Variable { text, unseen: false, origin, referred: false });
            }
        }
    }
    for item in container.get("env").map(Node::items).unwrap_or_default() {
        if let Some(name) = item.get("name").and_then(Node::text) {
            all.insert(name.to_owned(), entry(scene, object, item));
        }
    }
    resolve(&mut all);
    all
}

fn entry(scene: &Scene<'_>, object: &Object<'_>, item: &Node) -> Variable {
    let plain = |text: Option<String>| Variable { text, unseen: false, origin: Origin::Entry, referred: false };
    for (source, kind) in [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")] {
        let Some(reference) = item.at(&["valueFrom", source]) else { continue };
        let text = |name: &str| reference.get(name).and_then(Node::text).unwrap_or_default().to_owned();
        let (name, key) = (text("name"), text("key"));
        let holder = scene.beside(object, kind, &name);
        let held = holder.and_then(|holder| environment::stored(&holder, &key));
        let origin = if kind == "Secret" { Origin::Key { secret: name, key } } else { Origin::Entry };
        return Variable { unseen: holder.is_none(), text: held, origin, referred: true };
    }
    match item.get("value") {
        Some(value) => plain(Some(value.text().unwrap_or_default().to_owned())),
        None if item.get("valueFrom").is_some() => Variable { referred: true, ..plain(None) },
        None => plain(Some(String::new())),
    }
}

/// A value that is another variable as a whole, `$(NAME)`, is that.
fn resolve(all: &mut BTreeMap<String, Variable>) {
    let referring: Vec<(String, Variable)> = all
        .iter()
        .filter_map(|(name, variable)| {
            let other = variable.text.as_deref()?.strip_prefix("$(")?.strip_suffix(')')?;
            let other = all.get(other)?;
            Some((name.clone(), Variable { origin: Origin::Entry, ..other.clone() }))
        })
        .collect();
    all.extend(referring);
}

/// Everything that a workload refers to of Secrets.
pub fn uses(workload: &Workload<'_>) -> Vec<SecretUse> {
    let mut found = Vec::new();
    let name = |node: Option<&Node>| node.and_then(Node::text).filter(|name| !name.is_empty()).map(str::to_owned);
    for container in workload.containers() {
        for item in container.get("envFrom").map(Node::items).unwrap_or_default() {
            let secret = name(item.at(&["secretRef", "name"]));
            found.extend(secret.map(|secret| SecretUse { secret, keys: None, variable: None, volume: None }));
        }
        for item in container.get("env").map(Node::items).unwrap_or_default() {
            let Some(reference) = item.at(&["valueFrom", "secretKeyRef"]) else { continue };
            let keys = Some(name(reference.get("key")).into_iter().collect());
            let variable = name(item.get("name"));
            found.extend(name(reference.get("name")).map(|secret| SecretUse { secret, keys, variable, volume: None }));
        }
    }
    for volume in workload.spec.get("volumes").map(Node::items).unwrap_or_default() {
        let title = name(volume.get("name"));
        let projected = volume.at(&["projected", "sources"]).map(Node::items).unwrap_or_default();
        let sources = projected.iter().filter_map(|source| source.get("secret")).map(|source| (source, "name"));
        for (source, member) in volume.get("secret").map(|source| (source, "secretName")).into_iter().chain(sources) {
            let items = source.get("items").map(Node::items);
            let keys = items.map(|items| items.iter().filter_map(|item| name(item.get("key"))).collect());
            let secret = name(source.get(member));
            let volume = title.clone();
            found.extend(secret.map(|secret| SecretUse { secret, keys, variable: None, volume }));
        }
        let driver = name(volume.at(&["csi", "nodePublishSecretRef", "name"]));
        found.extend(driver.map(|secret| SecretUse { secret, keys: None, variable: None, volume: title.clone() }));
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{load, survey};
    use super::*;
    use crate::span::SourceMap;

    const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: shop}\nstringData: {AZURE_CLIENT_ID: c, AZURE_TENANT_ID: t, AZURE_CLIENT_SECRET: MARKER}\n---\n";

    fn found(before: &str, container: &str) -> Vec<SignIn> {
        let text = format!(
            "{before}apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: shop}}\nspec:\n  containers:\n    - {{name: c, {container}}}\n"
        );
        let mut sources = SourceMap::default();
        let (loaded, faults) = load(sources.add("a.yaml", None, text), &sources);
        assert!(faults.is_empty(), "{faults:?}");
        survey(&[loaded], &sources, None).pods.remove(0).sign_ins
    }

    fn one(before: &str, container: &str) -> SignIn {
        let mut all = found(before, container);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(!format!("{all:?}").contains("MARKER"));
        all.remove(0)
    }

    #[test]
    fn variables_that_sign_in_are_taken_out_and_the_others_stay() {
        let env = "env: [{name: AZURE_CLIENT_ID, value: c}, {name: MODE, value: fast}, {name: AZURE_CLIENT_SECRET, valueFrom: {secretKeyRef: {name: app, key: pw}}}]";
        let sign_in = one("", env);
        assert_eq!(sign_in.clients, BTreeSet::from(["c".to_owned()]));
        assert_eq!(sign_in.held, BTreeMap::from([("app".to_owned(), BTreeSet::from(["pw".to_owned()]))]));
        assert_eq!(
            json!(sign_in.env),
            json!([{"name": "AZURE_CLIENT_ID", "$patch": "delete"}, {"name": "AZURE_CLIENT_SECRET", "$patch": "delete"}])
        );
        assert!(!sign_in.asks_metadata && sign_in.env_from.is_none() && sign_in.obstacles.is_empty());
        assert_eq!(
            json!(sign_in.back.env),
            json!([
                {"name": "AZURE_CLIENT_ID", "value": "c"},
                {"name": "AZURE_CLIENT_SECRET", "valueFrom": {"secretKeyRef": {"name": "app", "key": "pw"}}},
            ])
        );
        assert_eq!(sign_in.back.order.len(), 3);
    }

    #[test]
    fn a_secret_for_signing_in_only_is_no_longer_taken_and_another_is_overlaid() {
        let env = "envFrom: [{configMapRef: {name: m}}, {secretRef: {name: app}}]";
        let alone = one(SECRET, env);
        assert_eq!(json!(alone.env_from), json!([{"configMapRef": {"name": "m"}}]));
        assert!(alone.env.is_empty());
        let mixed = one(&SECRET.replace("MARKER", "MARKER, PORT: \"80\""), env);
        assert_eq!(mixed.env_from, None);
        assert_eq!(json!(mixed.env), json!([{"name": "AZURE_CLIENT_SECRET", "value": ""}]));
        assert_eq!(alone.held, mixed.held);
        assert_eq!(
            json!(alone.back.env_from),
            json!([{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "app"}}])
        );
        assert_eq!(json!(mixed.back.env), json!([{"name": "AZURE_CLIENT_SECRET", "$patch": "delete"}]));
    }

    #[test]
    fn a_connection_string_with_a_key_asks_the_metadata_service_afterwards() {
        let env =
            "env: [{name: AzureServicesAuthConnectionString, value: \"RunAs=App;AppId=c;TenantId=t;AppKey=MARKER\"}]";
        let sign_in = one("", env);
        assert!(sign_in.asks_metadata && sign_in.clients.contains("c"));
        assert_eq!(json!(sign_in.env), json!([{"name": "AzureServicesAuthConnectionString", "value": "RunAs=App"}]));
        assert!(sign_in.back.is_barred && sign_in.back.env.is_empty());
    }

    #[test]
    fn nothing_is_guessed() {
        let secret = "{name: AZURE_CLIENT_SECRET, value: MARKER}";
        for (container, told) in [
            (format!("env: [{secret}]"), "no AZURE_CLIENT_ID"),
            (
                format!(
                    "env: [{secret}, {{name: AZURE_CLIENT_ID, valueFrom: {{secretKeyRef: {{name: x, key: id}}}}}}]"
                ),
                "stands in Secret x under id",
            ),
            (
                "env: [{name: AzureAd__ClientId, value: d}, {name: AzureAd__ClientSecret, value: MARKER}]".to_owned(),
                "application d through AzureAd__ClientSecret",
            ),
            (
                "env: [{name: AzureServicesAuthConnectionString, valueFrom: {secretKeyRef: {name: x, key: k}}}]"
                    .to_owned(),
                "takes AzureServicesAuthConnectionString from a Secret",
            ),
        ] {
            let sign_in = one("", &container);
            assert!(
                sign_in.obstacles.iter().any(|obstacle| obstacle.contains(told)),
                "{told}: {:?}",
                sign_in.obstacles
            );
        }
        for without in ["env: [{name: AZURE_CLIENT_ID, value: c}]", "env: [{name: AZURE_CLIENT_SECRET, value: \"\"}]"] {
            assert!(found("", without).is_empty(), "{without}");
        }
    }
}
