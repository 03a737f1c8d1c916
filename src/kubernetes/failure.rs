//! What goes wrong with a cluster, as words that say what to do. No answer's body is ever shown whole, and no
//! credentials.

use kube::core::Status;
use kube::error::DiscoveryError;

use crate::diagnostic::{Diagnostic, causes};

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The API server says no.
    Refused(Box<Status>),
    /// The API server does not have this kind.
    UnknownKind(String),
    /// Nothing answers there.
    Unreachable(String),
    /// The connection broke before the answer was there: what came of the request is not known.
    Broken(String),
    /// What answers has another certificate than it should.
    Certificate(String),
    /// What answers does not take the client's certificate.
    Stranger(String),
    /// No credentials could be had.
    SignIn(String),
    /// It took too long; what was waited for.
    TimedOut(String),
    /// The user wants to stop.
    Interrupted,
    /// Anything else.
    Other(String),
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        let words = causes(&error);
        match error {
            kube::Error::Api(status) => Self::Refused(status),
            kube::Error::Discovery(DiscoveryError::MissingKind(_) | DiscoveryError::MissingResource(_)) => {
                Self::UnknownKind(words)
            }
            kube::Error::Auth(error) => Self::SignIn(sign_in(&error)),
            kube::Error::Service(error) => of_transport(&*error),
            kube::Error::HyperError(_) => Self::Broken(words),
            // What does not parse may hold what is secret.
            kube::Error::SerdeError(error) => {
                Self::Other(format!("the answer is none of the Kubernetes API ({:?})", error.classify()))
            }
            kube::Error::FromUtf8(_) => Self::Other("the answer is none of the Kubernetes API".to_owned()),
            _ => Self::Other(words),
        }
    }
}

/// The program's output may hold a token, so it is not shown; what it says of an error is.
fn sign_in(error: &kube::client::AuthError) -> String {
    match error {
        kube::client::AuthError::AuthExecRun { cmd, out } => {
            let said = String::from_utf8_lossy(&out.stderr);
            format!("{cmd:?} ended with {}: {}", out.status, said.trim())
        }
        kube::client::AuthError::AuthExecParse(_) => "the program's answer is no ExecCredential".to_owned(),
        other => causes(other),
    }
}

fn of_transport(error: &(dyn std::error::Error + 'static)) -> Failure {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<kube::client::AuthError>() {
            return Failure::SignIn(sign_in(error));
        }
        match tls_of(cause) {
            Some(error @ rustls::Error::InvalidCertificate(_)) => return Failure::Certificate(error.to_string()),
            Some(error @ rustls::Error::AlertReceived(_)) => {
                return Failure::Stranger(format!("the server ended the handshake: {error}"));
            }
            _ => next = cause.source(),
        }
    }
    // What never got a connection was never sent.
    let is_connected =
        error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| !error.is_connect());
    if is_connected { Failure::Broken(causes(error)) } else { Failure::Unreachable(causes(error)) }
}

/// The fault of TLS that an error is, or that is wrapped in it as one of input and output.
fn tls_of<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    error.downcast_ref::<rustls::Error>().or_else(|| {
        let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
        tls_of(inner)
    })
}

impl Failure {
    /// Whether the object is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(status) if status.reason == "NotFound")
    }

    /// Whether what is missing is the namespace that an object was to be written in.
    pub fn lacks_namespace(&self) -> bool {
        matches!(self, Self::Refused(status) if status.reason == "NotFound" && status.message.starts_with("namespaces "))
    }

    /// Whether what was begun is too old to be gone on with.
    pub fn has_expired(&self) -> bool {
        matches!(self, Self::Refused(status) if status.code == 410)
    }

    /// Whether who we are may not do this.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused(status) if status.code == 403)
    }

    /// Whether there is such an object already.
    pub fn already_exists(&self) -> bool {
        matches!(self, Self::Refused(status) if status.reason == "AlreadyExists")
    }

    /// The status, when the API server gave one.
    pub fn status(&self) -> Option<&Status> {
        if let Self::Refused(status) = self { Some(status) } else { None }
    }

    /// For people: what was tried ("create the service account shop/checkout") at which host.
    pub fn diagnostic(&self, tried: &str, host: &str) -> Diagnostic {
        let error = |summary: &str, detail: String| Diagnostic::error(summary, detail);
        match self {
            Self::Refused(status) => refused(status, tried, host),
            Self::UnknownKind(kind) => error(
                "Kind is not known to the cluster",
                format!(
                    "Could not {tried}: the cluster at {host} has no such kind ({kind}). Look at apiVersion and kind; a kind of \
                     your own needs its CustomResourceDefinition first, so let it depend on that (depends_on)."
                ),
            ),
            Self::Unreachable(why) | Self::Broken(why) => {
                error("Cluster cannot be reached", unreachable(tried, host, why))
            }
            Self::Certificate(why) => error(
                "Cluster has another certificate",
                format!(
                    "Could not {tried}: what answers at {host} does not have a certificate of the cluster's authority ({why}). \
                     Either the host or the cluster_ca_certificate is that of another cluster, or the kubeconfig is from \
                     before the cluster was made anew or its certificates were rotated: fetch it again (az aks \
                     get-credentials), and take both from the same cluster. Behind a proxy that opens TLS its authority \
                     must be in cluster_ca_certificate."
                ),
            ),
            Self::Stranger(why) => error(
                "Cluster does not know who we are",
                format!(
                    "Could not {tried} at {host}: {why}. The client_certificate and client_key (or those of the kubeconfig) are \
                     another cluster's, or from before this one was made anew or its certificates were rotated: take them from \
                     the same cluster as the host, or fetch the kubeconfig again (az aks get-credentials)."
                ),
            ),
            Self::SignIn(why) => error("Could not sign in to the cluster", no_sign_in(tried, host, why)),
            Self::TimedOut(what) => error(
                "Gave up waiting",
                format!(
                    "Could not {tried} at {host}: {what}. The next run goes on from there; allow more in timeouts."
                ),
            ),
            Self::Interrupted => error("Interrupted", format!("Stopped while trying to {tried}, as asked.")),
            Self::Other(why) => error("Kubernetes request failed", format!("Could not {tried} at {host}: {why}.")),
        }
    }
}

fn unreachable(tried: &str, host: &str, why: &str) -> String {
    let hint = if host.contains(".privatelink.") {
        "The cluster is private: its API server is reachable only from networks with its private endpoint. Run from there, \
         or set proxy_url to a proxy that is there."
    } else {
        "See that the cluster runs (az aks show --query powerState), that its name resolves here, and that this machine's \
         address is among its authorised IP ranges; a proxy is set by proxy_url (KUBE_PROXY_URL)."
    };
    format!("Could not {tried}: no answer from {host} ({why}). {hint}")
}

fn no_sign_in(tried: &str, host: &str, why: &str) -> String {
    let hint = if super::entra::is_aks(host) {
        "For a cluster of AKS with Entra no program is needed: take exec (or config_path) out and set use_entra_id = true, \
         which signs in as azurerm does."
    } else {
        "The program must be on the PATH and print an ExecCredential; run it by hand to see why it does not."
    };
    format!("Could not {tried} at {host}: {why}. {hint}")
}

fn refused(status: &Status, tried: &str, host: &str) -> Diagnostic {
    let said = status.message.trim_end_matches('.');
    let causes = causes_of(status);
    let (summary, what_to_do) = match (status.code, status.reason.as_str()) {
        (401, _) => (
            "Cluster does not know who we are",
            "The credentials are not (or no longer) valid there: they are another cluster's, have expired, or were rotated. \
             Fetch them again (az aks get-credentials), take them from the cluster's kube_config in the same \
             configuration, or set use_entra_id = true for a cluster with Entra."
                .to_owned(),
        ),
        (403, _) => (
            "Not allowed in the cluster",
            "Give who runs this the right: a RoleBinding or ClusterRoleBinding in the cluster, or, where Azure RBAC decides, \
             the role \"Azure Kubernetes Service RBAC Writer\" on the cluster or on its namespace \
             (<cluster id>/namespaces/<name>)."
                .to_owned(),
        ),
        (_, "NotFound") if said.starts_with("namespaces ") => (
            "Namespace does not exist",
            "Make it first: refer to kubernetes_namespace_v1.NAME.metadata[0].name where the namespace is named, so that it \
             comes before."
                .to_owned(),
        ),
        (404, _) if status.reason != "NotFound" => (
            "No Kubernetes API there",
            "What answers does not know the address: host must be the API server's, without a path.".to_owned(),
        ),
        (404, _) => ("Object does not exist", String::new()),
        (409, "AlreadyExists") => ("Object exists already", String::new()),
        (409, _) => (
            "Object was changed meanwhile",
            "Somebody else changed it at the same time. Run plan again and see what is different.".to_owned(),
        ),
        (422 | 400, _) => ("Object is not valid", "Correct what is named, and run again.".to_owned()),
        (429 | 503 | 504, _) => ("Cluster is overloaded", "Run again in a while.".to_owned()),
        _ => ("Cluster refused the request", String::new()),
    };
    let detail = format!("Could not {tried}: the API server at {host} says: {said}.{causes} {what_to_do}");
    Diagnostic::error(summary, detail.trim_end())
}

/// The single causes, where the message does not have them.
fn causes_of(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let lines: Vec<String> = causes
        .filter(|cause| !cause.message.is_empty() && !status.message.contains(&cause.message))
        .map(|cause| format!("\n  - {}: {}", cause.field, cause.message))
        .collect();
    if lines.is_empty() { String::new() } else { format!("{}\n", lines.concat()) }
}
