//! Credentials in the environment of containers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::edit;
use super::object::Object;
use super::rule::{self, Rule};
use super::workload::Look;
use super::yaml::Node;

/// The variables that the webhook sets, and that would win over it.
const OWN: [&str; 3] = ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST"];
/// The annotation that puts the proxy of the instance metadata service beside the containers.
const PROXY: &str = "azure.workload.identity/inject-proxy-sidecar";

/// What a variable's value may come from.
enum Value<'m> {
    /// It is written there.
    Literal(&'m str),
    /// It stands in a secret or a config map.
    Elsewhere { title: String, text: Option<String> },
}

/// Looks through every container.
pub fn look(look: &mut Look<'_, '_>) {
    let containers: Vec<&Node> = look.workload.containers().collect();
    for container in containers {
        let name = container.get("name").and_then(Node::text).unwrap_or_default();
        let Some(environment) = container.get("env") else { continue };
        for (at, item) in environment.items().iter().enumerate() {
            let Some(variable) = item.get("name") else { continue };
            let Some(value) = value(look, item) else { continue };
            variable_of(look, container, name, at, variable, &value);
        }
    }
    from_maps(look);
}

/// The client ids that the environment names: those of the identities that were meant.
pub fn clients(look: &Look<'_, '_>) -> Vec<String> {
    let mut found = Vec::new();
    for item in look.workload.containers().filter_map(|container| container.get("env")).flat_map(Node::items) {
        let text = match value(look, item) {
            Some(Value::Literal(text)) => text.to_owned(),
            Some(Value::Elsewhere { text: Some(text), .. }) => text,
            _ => continue,
        };
        match item.get("name").and_then(Node::text) {
            Some("AZURE_CLIENT_ID") => found.push(text),
            _ => found.extend(part(&text, "AppId").map(str::to_owned)),
        }
    }
    found
}

fn value<'m>(look: &Look<'_, 'm>, item: &'m Node) -> Option<Value<'m>> {
    if let Some(value) = item.get("value") {
        return value.text().filter(|text| !text.is_empty()).map(Value::Literal);
    }
    for (source, kind) in [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")] {
        let Some(reference) = item.at(&["valueFrom", source]) else { continue };
        let (name, key) = (reference.get("name")?.text()?, reference.get("key")?.text()?);
        let object = look.scene.beside(&look.workload.object, kind, name);
        let text = object.and_then(|object| stored(&object, key));
        let word = if kind == "Secret" { "secret" } else { "config map" };
        return Some(Value::Elsewhere { title: format!("the {word} {name}"), text });
    }
    None
}

/// What a secret or a config map holds under a key.
pub(super) fn stored(object: &Object<'_>, key: &str) -> Option<String> {
    let plain = object.root.at(&["stringData", key]).and_then(Node::text);
    let data = object.root.at(&["data", key]).and_then(Node::text);
    if object.kind == "ConfigMap" {
        return data.map(str::to_owned);
    }
    plain.map(str::to_owned).or_else(|| {
        let packed: String = data?.chars().filter(|c| !c.is_whitespace()).collect();
        String::from_utf8(STANDARD.decode(packed).ok()?).ok()
    })
}

fn variable_of<'m>(
    look: &mut Look<'_, 'm>,
    container: &'m Node,
    name: &str,
    at: usize,
    variable: &'m Node,
    value: &Value<'m>,
) {
    let title = variable.text().unwrap_or_default();
    let (text, from) = match value {
        Value::Literal(text) => (Some(*text), String::from("stands in the manifest")),
        Value::Elsewhere { title, text } => (text.as_deref(), format!("comes from {title}")),
    };
    let fault = text.filter(|text| !is_reference(text)).and_then(key_in);
    let is_secret = is_client_secret(title) && text.is_none_or(|text| !is_reference(text));
    if fault == Some("AppKey") || (title == "AzureServicesAuthConnectionString" && fault.is_some()) {
        services_auth(look, container, name, at, variable, &from);
    } else if is_secret {
        client_secret(look, container, name, at, variable, &from);
    } else if let Some(key) = fault.or_else(|| is_key(title).then_some("a key")) {
        let message = format!("The variable {title} of container {name} {from} and holds {}.", article(key));
        look.find(&rule::CONNECTION_STRING, variable, message).secret();
    }
}

fn article(key: &str) -> String {
    if key.starts_with("a ") { key.to_owned() } else { format!("a connection string with {key}") }
}

/// A service principal's secret: the pod becomes its identity, and what the webhook sets by itself goes.
fn client_secret<'m>(
    look: &mut Look<'_, 'm>,
    container: &'m Node,
    name: &str,
    at: usize,
    variable: &'m Node,
    from: &str,
) {
    let title = variable.text().unwrap_or_default();
    let message = format!("The variable {title} of container {name} {from}.");
    // What other libraries read is not what the webhook sets.
    let changes = if title.starts_with("AZURE_") { taken_out(look, container, at) } else { None };
    let advice = (!title.starts_with("AZURE_")).then(|| {
        format!(
            "{title} is read by something else than Azure.Identity: let it take the token from the file that \
             AZURE_FEDERATED_TOKEN_FILE names, then take the variable out."
        )
    });
    look.find(&rule::CLIENT_SECRET, variable, message).secret().fixed(changes).advised(advice);
}

fn taken_out<'m>(look: &Look<'_, 'm>, container: &'m Node, at: usize) -> Option<Vec<super::scene::Change>> {
    let object = look.workload.object;
    let items = container.get("env")?.items();
    let goes = |index: usize, item: &Node| {
        let name = item.get("name").and_then(Node::text).unwrap_or_default();
        index == at || OWN.contains(&name) || (name.starts_with("AZURE_") && is_client_secret(name))
    };
    let which: Vec<usize> = items.iter().enumerate().filter(|(i, item)| goes(*i, item)).map(|(i, _)| i).collect();
    let mut changes = look.enabled()?;
    let file = look.scene.text(object.source);
    let edits = edit::remove_items(file, container, "env", &which)?;
    changes.extend(edits.into_iter().map(|edit| (object.source, edit)));
    Some(changes)
}

/// The connection string of the library Microsoft.Azure.Services.AppAuthentication. It knows nothing of federated
/// tokens, but asks the instance metadata service, for which the webhook has a proxy.
fn services_auth<'m>(
    look: &mut Look<'_, 'm>,
    container: &'m Node,
    name: &str,
    at: usize,
    variable: &'m Node,
    from: &str,
) {
    let message = format!(
        "The variable {} of container {name} {from} and holds a connection string with AppKey, a client secret.",
        variable.text().unwrap_or_default()
    );
    let object = look.workload.object;
    let file = look.scene.text(object.source);
    let client = look.target.as_ref().and_then(|target| target.client.clone());
    let changes = client.and_then(|client| {
        let item = container.get("env")?.items().get(at)?;
        let mut changes = look.enabled()?;
        changes.push((object.source, edit::replace(item.get("value")?, &format!("RunAs=App;AppId={client}"))?));
        let way = look.workload.path(&["metadata", "annotations", PROXY]);
        changes.push((object.source, edit::set(file, object.root, &way, "true")?));
        Some(changes)
    });
    let advice = "RunAs=App;AppId=CLIENT-ID and the annotation azure.workload.identity/inject-proxy-sidecar: \"true\" let the \
                  library go on as it is; it is deprecated, so replace it by Azure.Identity when you can.";
    look.find(&rule::CONNECTION_STRING, variable, message).secret().fixed(changes).advised(Some(advice.into()));
}

/// `envFrom`: every key of a secret or a config map.
fn from_maps(look: &mut Look<'_, '_>) {
    let containers: Vec<&Node> = look.workload.containers().collect();
    for container in containers {
        let name = container.get("name").and_then(Node::text).unwrap_or_default();
        for item in container.get("envFrom").map(Node::items).unwrap_or_default() {
            for (source, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
                let Some(reference) = item.at(&[source, "name"]) else { continue };
                let Some(object) = look.scene.beside(&look.workload.object, kind, reference.text().unwrap_or_default())
                else {
                    continue;
                };
                for (key, what) in held(&object) {
                    let message = format!("{} gives container {name} the variable {key}, {what}.", object.title());
                    look.find(rule_of(&key), reference, message).secret();
                }
            }
        }
    }
}

fn rule_of(key: &str) -> &'static Rule {
    if is_client_secret(key) { &rule::CLIENT_SECRET } else { &rule::CONNECTION_STRING }
}

/// The keys of a secret or a config map that hold credentials of Azure, with what they are.
fn held(object: &Object<'_>) -> Vec<(String, String)> {
    let keys = ["data", "stringData"].into_iter().filter_map(|field| object.root.get(field)).flat_map(Node::entries);
    keys.filter_map(|entry| {
        let key = entry.key.text()?.to_owned();
        if is_client_secret(&key) {
            return Some((key, "a client secret".into()));
        }
        let found = key_in(&stored(object, &key)?)?;
        Some((key, article(found)))
    })
    .collect()
}

/// The part of a connection string that is a credential.
pub(super) fn key_in(text: &str) -> Option<&'static str> {
    let has = |name| part(text, name).is_some_and(|value| !value.is_empty() && !is_reference(value));
    let parts = ["AppKey", "AccountKey", "SharedAccessKey", "SharedAccessSignature", "ClientSecret"];
    if let Some(found) = parts.into_iter().find(|name| has(name)) {
        return Some(found);
    }
    let database = ["Server", "Data Source", "Host"].into_iter().any(has);
    if database && (has("Password") || has("Pwd")) {
        return Some("a password");
    }
    (text.contains("sig=") && text.contains("sv=") && text.contains(".core.windows.net"))
        .then_some("a shared access signature")
}

/// The value of a part of a connection string: `Name=value;...`.
pub(super) fn part<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Whether a value is put together from other variables, or is a place for one.
fn is_reference(text: &str) -> bool {
    text.starts_with("$(") || text.starts_with("${") || (text.starts_with('<') && text.ends_with('>'))
}

/// Whether a variable by its name is a credential of a principal.
pub fn is_client_secret(name: &str) -> bool {
    let name: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let names = ["azurepassword", "azureclientcertificatepath", "azureclientcertificatepassword", "azureclientkey"];
    name.ends_with("clientsecret") || names.contains(&name.as_str())
}

/// Whether a variable by its name is a storage account's key.
fn is_key(name: &str) -> bool {
    ["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_in_every_spelling() {
        for (text, found) in [
            ("RunAs=App;AppId=1;TenantId=2;AppKey=x", Some("AppKey")),
            ("RunAs=App;AppId=1", None),
            (
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b==;EndpointSuffix=core.windows.net",
                Some("AccountKey"),
            ),
            ("Endpoint=sb://a/;SharedAccessKeyName=n;SharedAccessKey=k", Some("SharedAccessKey")),
            ("Server=tcp:a;User ID=u;Password=p", Some("a password")),
            ("Server=tcp:a;Authentication=Active Directory Default", None),
            ("Server=a;Password=$(PASSWORD)", None),
            ("https://a.blob.core.windows.net/c?sv=2024&sig=abc", Some("a shared access signature")),
            ("plain", None),
        ] {
            assert_eq!(key_in(text), found, "{text}");
        }
        for (name, is) in [("AZURE_CLIENT_SECRET", true), ("AzureAd__ClientSecret", true), ("AZURE_CLIENT_ID", false)] {
            assert_eq!(is_client_secret(name), is, "{name}");
        }
    }
}
