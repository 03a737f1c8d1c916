//! The way to a cluster: kubeconfig files with the provider's own arguments laid over them, as kubectl lays its flags
//! over them.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use super::settings::{Exec, Settings};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(20);

/// How long an answer may keep us waiting.
const ANSWER: Duration = Duration::from_secs(60);

/// The way to the cluster that the settings name. Files are read, nobody is called.
pub(super) async fn config(settings: &Settings, simulator: Option<&str>) -> Result<Config, Diagnostics> {
    let mut config = begun(settings).await?;
    if let Some(host) = &settings.host {
        config.cluster_url = parsed("host", &address(host))?;
    }
    if let Some(pem) = &settings.cluster_ca_certificate {
        config.root_cert = Some(certificates(pem)?);
        config.root_cert_file = None;
    }
    if let Some(insecure) = settings.insecure {
        config.accept_invalid_certs = insecure;
    }
    if let Some(name) = &settings.tls_server_name {
        config.tls_server_name = Some(name.clone());
    }
    // The simulator has the clusters of its world behind it, and those alone.
    if let Some(proxy) = simulator.or(settings.proxy_url.as_deref()) {
        config.proxy_url = Some(parsed("proxy_url", proxy)?);
    }
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(ANSWER);
    sign_in(settings, &mut config.auth_info)?;
    Ok(config)
}

/// What the files say, or where the pod runs; else only that there is a host.
async fn begun(settings: &Settings) -> Result<Config, Diagnostics> {
    if !settings.files.is_empty() {
        return Ok(from_files(settings).await?);
    }
    match &settings.host {
        Some(host) => Ok(Config::new(parsed("host", &address(host))?)),
        None if settings.in_pod => Config::incluster_env().map_err(|error| {
            let detail = format!("The service account of the pod cannot be used: {error}.");
            Diagnostic::error("No way into the cluster", detail).into()
        }),
        None => Err(no_cluster().into()),
    }
}

/// Nothing says which cluster is meant.
pub(super) fn no_cluster() -> Diagnostic {
    Diagnostic::error(
        "No Kubernetes cluster",
        "The provider \"kubernetes\" does not say which cluster is meant. Set host (KUBE_HOST) from the cluster's \
         attributes, such as azurerm_kubernetes_cluster.main.kube_config[0].host, with the certificates beside it; or \
         config_path (KUBE_CONFIG_PATH) to a kubeconfig file.",
    )
}

async fn from_files(settings: &Settings) -> Result<Config, Diagnostic> {
    let mut merged: Option<Kubeconfig> = None;
    for path in &settings.files {
        let read = Kubeconfig::read_from(path).map_err(|error| unusable(path, &error.to_string()))?;
        merged = Some(match merged {
            None => read,
            Some(before) => before.merge(read).map_err(|error| unusable(path, &error.to_string()))?,
        });
    }
    let options = KubeConfigOptions {
        context: settings.context.clone(),
        cluster: settings.context_cluster.clone(),
        user: settings.context_user.clone(),
    };
    let first = settings.files.first().map_or(Path::new(""), std::path::PathBuf::as_path);
    let config = merged.unwrap_or_default();
    let contexts: Vec<String> = config.contexts.iter().map(|context| context.name.clone()).collect();
    Config::from_custom_kubeconfig(config, &options).await.map_err(|error| {
        let hint = format!("{error}. Contexts there: {}", contexts.join(", "));
        unusable(first, &hint)
    })
}

/// The host of the API server that a kubeconfig names, by this context or the present one; `None` where it names none.
pub fn server_of(path: &Path, context: Option<&str>) -> Option<String> {
    let file = Kubeconfig::read_from(path).ok()?;
    let wanted = context.or(file.current_context.as_deref())?;
    let context = file.contexts.iter().find(|one| one.name == wanted)?.context.as_ref()?;
    let cluster = file.clusters.iter().find(|one| one.name == context.cluster)?.cluster.as_ref()?;
    let server = cluster.server.as_deref()?;
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    host.split(['/', ':']).next().filter(|host| !host.is_empty()).map(str::to_owned)
}

fn unusable(path: &Path, why: &str) -> Diagnostic {
    let detail = format!(
        "The kubeconfig file {} cannot be used: {why}. Set config_path (KUBE_CONFIG_PATH) and config_context (KUBE_CTX) to \
         what there is.",
        path.display()
    );
    Diagnostic::error("Unusable kubeconfig", detail)
}

/// A host without a scheme is spoken to by TLS.
fn address(host: &str) -> String {
    if host.contains("://") { host.to_owned() } else { format!("https://{host}") }
}

fn parsed<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Diagnostic> {
    text.parse().map_err(|_| {
        Diagnostic::error(
            "Invalid address",
            format!("The {name} of the provider \"kubernetes\" is no address: {text:?}."),
        )
    })
}

fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, Diagnostic> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let certificates = read.unwrap_or_default();
    if certificates.is_empty() {
        return Err(Diagnostic::error(
            "Invalid certificate",
            "The cluster_ca_certificate of the provider \"kubernetes\" is no certificate in PEM. What \
             azurerm_kubernetes_cluster gives is base64: write base64decode(...kube_config[0].cluster_ca_certificate).",
        ));
    }
    Ok(certificates.into_iter().map(|certificate| certificate.to_vec()).collect())
}

/// Lays the provider's own credentials over those of the file.
fn sign_in(settings: &Settings, into: &mut AuthInfo) -> Result<(), Diagnostic> {
    if !settings.has_credentials() {
        return Ok(());
    }
    let pair = (&settings.client_certificate, &settings.client_key);
    if let (Some(_), None) | (None, Some(_)) = pair {
        let missing = if pair.0.is_none() { "client_certificate" } else { "client_key" };
        let detail = format!("The provider \"kubernetes\" has only one of the two; {missing} is missing.");
        return Err(Diagnostic::error("Certificate and key belong together", detail));
    }
    for (name, pem) in [("client_certificate", pair.0), ("client_key", pair.1)] {
        if pem.as_ref().is_some_and(|pem| !pem.contains("-----BEGIN ")) {
            let detail = format!(
                "The {name} of the provider \"kubernetes\" is not in PEM. What azurerm_kubernetes_cluster gives is base64: \
                 write base64decode(...kube_config[0].{name})."
            );
            return Err(Diagnostic::error("Invalid credentials", detail));
        }
    }
    let encoded = |pem: &Option<String>| pem.as_ref().map(|pem| BASE64_STANDARD.encode(pem));
    let user = json!({
        "username": settings.username,
        "password": settings.password,
        "token": settings.token,
        "client-certificate-data": encoded(&settings.client_certificate),
        "client-key-data": encoded(&settings.client_key),
        "exec": settings.exec.as_ref().map(program),
    });
    *into = serde_json::from_value(user).map_err(|_| {
        Diagnostic::error("Invalid credentials", "The credentials of the provider \"kubernetes\" cannot be used.")
    })?;
    Ok(())
}

fn program(exec: &Exec) -> serde_json::Value {
    let env: Vec<_> = exec.env.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "apiVersion": exec.api_version,
        "command": exec.command,
        "args": exec.args,
        "env": env,
        "interactiveMode": "Never",
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::Value;

    fn settings(config: &[(&str, &str)], environment: &[(&str, &str)]) -> Settings {
        let config = Value::object_of(config.iter().map(|(name, value)| (*name, Value::string(*value))));
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::gather(&config, &environment, Path::new("")).unwrap()
    }

    async fn refused(config_of: &[(&str, &str)]) -> String {
        let problems = config(&settings(config_of, &[]), None).await.unwrap_err();
        problems.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect()
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_told_with_what_to_write() {
        for (config, expected) in [
            (&[][..], "No Kubernetes cluster"),
            (&[("host", "a b")], "Invalid address"),
            (&[("host", "h"), ("cluster_ca_certificate", "bm8gUEVN")], "base64decode(...kube_config[0].cluster_ca"),
            (&[("host", "h"), ("client_certificate", "-----BEGIN X")], "client_key is missing"),
            (&[("host", "h"), ("client_certificate", "c2VjcmV0"), ("client_key", "c2VjcmV0")], "is not in PEM"),
            (&[("config_path", "/no/such/file")], "Unusable kubeconfig"),
        ] {
            let told = refused(config).await;
            assert!(told.contains(expected) && !told.contains("c2VjcmV0"), "{told}");
        }
    }

    const FILE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: one\nclusters:\n- name: a\n  cluster:\n    server: \
        https://a.example\n- name: b\n  cluster:\n    server: https://b.example\nusers:\n- name: u\n  user:\n    token: \
        secret-of-u\ncontexts:\n- name: one\n  context:\n    cluster: a\n    user: u\n- name: two\n  context:\n    \
        cluster: b\n    user: u\n";

    #[tokio::test]
    async fn the_arguments_are_laid_over_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, FILE).unwrap();
        let path = path.to_str().unwrap();
        for (more, host) in [
            (&[][..], "https://a.example/"),
            (&[("config_context", "two")], "https://b.example/"),
            (&[("config_context_cluster", "b")], "https://b.example/"),
            (&[("host", "https://c.example")], "https://c.example/"),
        ] {
            let settings = settings(&[&[("config_path", path)], more].concat(), &[("KUBE_TOKEN", "")]);
            assert_eq!(config(&settings, None).await.unwrap().cluster_url.to_string(), host);
        }
        let told = refused(&[("config_path", path), ("config_context", "three")]).await;
        assert!(told.contains("Contexts there: one, two") && !told.contains("secret-of-u"), "{told}");
    }

    #[tokio::test]
    async fn the_environment_serves_where_nothing_is_configured() {
        let from = [("KUBE_HOST", "https://env.example"), ("KUBE_TOKEN", "t"), ("KUBE_INSECURE", "1")];
        let made = config(&settings(&[], &from), None).await.unwrap();
        assert!(made.cluster_url == "https://env.example/" && made.accept_invalid_certs);
        assert!(made.auth_info.token.is_some() && !format!("{:?}", settings(&[], &from)).contains("\"t\""));
        let made = config(&settings(&[("host", "https://mine.example")], &from), Some("http://127.0.0.1:1")).await;
        let made = made.unwrap();
        assert!(made.cluster_url == "https://mine.example/" && made.proxy_url.is_some());
    }
}
