//! The arguments of `provider "kubernetes"`: those of Terraform's provider, with the same environment variables, and
//! what signs in to Entra without another program.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::azure::wire::{Row, at, block, flag, path_of, text, text_map, texts};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Value;

/// `provider "kubernetes"`
pub(super) fn rows() -> Vec<Row> {
    vec![
        text("host").about("The address of the API server: https://name:443. KUBE_HOST."),
        text("username").about("The user of basic authentication. KUBE_USER."),
        text("password").sensitive().about("The password of basic authentication. KUBE_PASSWORD."),
        flag("insecure").about("Whether the server's certificate is not checked. KUBE_INSECURE."),
        text("tls_server_name").about("The name that the server's certificate must have. KUBE_TLS_SERVER_NAME."),
        text("client_certificate").about("The client's certificate in PEM. KUBE_CLIENT_CERT_DATA."),
        text("client_key").sensitive().about("The client's key in PEM. KUBE_CLIENT_KEY_DATA."),
        text("cluster_ca_certificate").about("The cluster's authority in PEM. KUBE_CLUSTER_CA_CERT_DATA."),
        texts("config_paths").about("Kubeconfig files, the first wins. KUBE_CONFIG_PATHS."),
        text("config_path").about("A kubeconfig file. KUBE_CONFIG_PATH."),
        text("config_context").about("The context of the kubeconfig. KUBE_CTX."),
        text("config_context_auth_info").about("The user of the kubeconfig. KUBE_CTX_AUTH_INFO."),
        text("config_context_cluster").about("The cluster of the kubeconfig. KUBE_CTX_CLUSTER."),
        text("token").sensitive().about("A bearer token. KUBE_TOKEN."),
        text("proxy_url").about("The proxy for all requests. KUBE_PROXY_URL."),
        block(
            "exec",
            vec![text("api_version").required(), text("command").required(), text_map("env"), texts("args")],
        )
        .about("A program that gives the credentials."),
        block("experiments", vec![flag("manifest_resource")]),
        texts("ignore_annotations").about("Patterns of annotations that others have and nobody here asks for."),
        texts("ignore_labels").about("Patterns of labels that others have and nobody here asks for."),
        flag("use_entra_id").about(
            "Signs in with a token of Entra, as azurerm signs in to Azure. Without it that is done where the host is an \
             AKS cluster and no other credentials are given. KUBE_USE_ENTRA_ID.",
        ),
        block("entra_id", sign_in()).about("How to sign in to Entra, where the environment (ARM_...) does not say it."),
    ]
}

/// The arguments by which azurerm signs in.
fn sign_in() -> Vec<Row> {
    vec![
        text("environment"),
        text("tenant_id"),
        text("client_id"),
        text("client_id_file_path"),
        text("client_secret").sensitive(),
        text("client_secret_file_path"),
        text("oidc_token").sensitive(),
        text("oidc_token_file_path"),
        text("oidc_request_url"),
        text("oidc_request_token").sensitive(),
        flag("use_aks_workload_identity"),
        flag("use_cli"),
        flag("use_msi"),
        flag("use_oidc"),
    ]
}

/// What was set, in the configuration or else in the environment.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub host: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub insecure: Option<bool>,
    pub tls_server_name: Option<String>,
    pub client_certificate: Option<String>,
    pub client_key: Option<String>,
    pub cluster_ca_certificate: Option<String>,
    /// Kubeconfig files, the first wins.
    pub files: Vec<PathBuf>,
    pub context: Option<String>,
    pub context_user: Option<String>,
    pub context_cluster: Option<String>,
    pub token: Option<String>,
    pub proxy_url: Option<String>,
    pub exec: Option<Exec>,
    pub use_entra_id: Option<bool>,
    /// The block `entra_id`; null without one.
    pub entra_id: Option<Value>,
    pub ignored: Ignored,
    /// Whether this runs in a pod, whose service account may serve.
    pub in_pod: bool,
}

/// A program that gives the credentials.
#[derive(Clone)]
pub(super) struct Exec {
    pub api_version: String,
    pub command: String,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
}

/// Keys that nobody here asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignored {
    pub annotations: Vec<Regex>,
    pub labels: Vec<Regex>,
}

impl Settings {
    /// Gathers what the `provider` block and the environment say. The configuration wins.
    pub fn gather(config: &Value, environment: &BTreeMap<String, String>, folder: &Path) -> Result<Self, Diagnostics> {
        let mut found = Diagnostics::new();
        let text = |name: &str, variable: &str| {
            let configured = config.field(name).and_then(Value::as_str).map(str::to_owned);
            configured.or_else(|| environment.get(variable).cloned()).filter(|text| !text.is_empty())
        };
        let mut flag = |name: &str, variable: &str| match config.field(name).and_then(Value::as_bool) {
            Some(configured) => Some(configured),
            None => environment_flag(environment, variable, &mut found),
        };
        let (insecure, use_entra_id) = (flag("insecure", "KUBE_INSECURE"), flag("use_entra_id", "KUBE_USE_ENTRA_ID"));
        let settings = Self {
            host: text("host", "KUBE_HOST"),
            username: text("username", "KUBE_USER"),
            password: text("password", "KUBE_PASSWORD"),
            insecure,
            tls_server_name: text("tls_server_name", "KUBE_TLS_SERVER_NAME"),
            client_certificate: text("client_certificate", "KUBE_CLIENT_CERT_DATA"),
            client_key: text("client_key", "KUBE_CLIENT_KEY_DATA"),
            cluster_ca_certificate: text("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA"),
            files: files(config, environment, folder),
            context: text("config_context", "KUBE_CTX"),
            context_user: text("config_context_auth_info", "KUBE_CTX_AUTH_INFO"),
            context_cluster: text("config_context_cluster", "KUBE_CTX_CLUSTER"),
            token: text("token", "KUBE_TOKEN"),
            proxy_url: text("proxy_url", "KUBE_PROXY_URL"),
            exec: exec(config),
            use_entra_id,
            entra_id: config.field("entra_id").and_then(|blocks| blocks.as_elements()?.first().cloned()),
            ignored: Ignored {
                annotations: patterns(config, "ignore_annotations", &mut found),
                labels: patterns(config, "ignore_labels", &mut found),
            },
            in_pod: environment.contains_key("KUBERNETES_SERVICE_HOST"),
        };
        if found.has_errors() { Err(found) } else { Ok(settings) }
    }

    /// Whether nothing says which cluster is meant.
    pub fn names_no_cluster(&self) -> bool {
        self.host.is_none() && self.files.is_empty() && !self.in_pod
    }

    /// Whether anything but Entra says who we are.
    pub fn has_credentials(&self) -> bool {
        let secrets = [&self.token, &self.client_certificate, &self.username];
        secrets.iter().any(|secret| secret.is_some()) || self.exec.is_some()
    }
}

fn environment_flag(environment: &BTreeMap<String, String>, name: &str, found: &mut Diagnostics) -> Option<bool> {
    match environment.get(name).map(|text| text.to_ascii_lowercase()).as_deref() {
        None | Some("") => None,
        Some("true" | "t" | "1") => Some(true),
        Some("false" | "f" | "0") => Some(false),
        Some(_) => {
            let detail = format!("The environment variable {name} must be true or false.");
            found.push(Diagnostic::error("Invalid environment variable", detail));
            None
        }
    }
}

/// The kubeconfig files: those configured, else those that the environment names.
fn files(config: &Value, environment: &BTreeMap<String, String>, folder: &Path) -> Vec<PathBuf> {
    let configured = config.field("config_paths").and_then(Value::as_elements).unwrap_or_default();
    let mut paths: Vec<PathBuf> = configured.iter().filter_map(Value::as_str).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.extend(config.field("config_path").and_then(Value::as_str).map(PathBuf::from));
    }
    let variable = |name: &str| environment.get(name).filter(|text| !text.is_empty());
    if paths.is_empty() {
        paths.extend(variable("KUBE_CONFIG_PATHS").map(std::env::split_paths).into_iter().flatten());
    }
    if paths.is_empty() {
        paths.extend(variable("KUBE_CONFIG_PATH").map(PathBuf::from));
    }
    let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from);
    let whole = |path: PathBuf| match (path.strip_prefix("~"), &home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    };
    paths.into_iter().filter(|path| !path.as_os_str().is_empty()).map(whole).collect()
}

fn exec(config: &Value) -> Option<Exec> {
    let text = |name: &str| at(config, &format!("exec.{name}")).and_then(Value::as_str).map(str::to_owned);
    let args = at(config, "exec.args").and_then(Value::as_elements).unwrap_or_default();
    let env = at(config, "exec.env").and_then(Value::as_fields).cloned().unwrap_or_default();
    Some(Exec {
        api_version: text("api_version")?,
        command: text("command")?,
        args: args.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        env: env.iter().filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned()))).collect(),
    })
}

fn patterns(config: &Value, name: &str, found: &mut Diagnostics) -> Vec<Regex> {
    let written = config.field(name).and_then(Value::as_elements).unwrap_or_default();
    let mut patterns = Vec::new();
    for pattern in written.iter().filter_map(Value::as_str) {
        match Regex::new(pattern) {
            Ok(pattern) => patterns.push(pattern),
            Err(_) => found.push(Diagnostic::error(
                "Invalid pattern",
                format!("{pattern:?} in {} is no regular expression.", path_of(name)),
            )),
        }
    }
    patterns
}

/// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("host", &self.host).field("files", &self.files).finish_non_exhaustive()
    }
}
