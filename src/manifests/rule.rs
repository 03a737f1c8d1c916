//! The rules.

use crate::checks::Level;

/// A rule on manifests.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, also for ignoring it.
    pub name: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// Why that is a fault.
    pub reason: &'static str,
    /// What to do.
    pub fix: &'static str,
}

const fn rule(name: &'static str, level: Level, title: &'static str, reason: &'static str, fix: &'static str) -> Rule {
    Rule { name, level, title, reason, fix }
}

/// A client secret, a certificate's password or a user's password in the environment.
pub const CLIENT_SECRET: Rule = rule(
    "env-client-secret",
    Level::Error,
    "A credential in the environment",
    "Whoever can read the pod, its secret or its logs has the credential, until somebody rotates it.",
    "Let the pod use workload identity: the webhook sets AZURE_CLIENT_ID, AZURE_TENANT_ID and a token file by itself.",
);
/// A connection string with a key in it.
pub const CONNECTION_STRING: Rule = rule(
    "env-connection-string",
    Level::Error,
    "A connection string with a key",
    "The key opens the whole account or application to everybody who can read it, and nobody can tell who used it.",
    "Connect with the name of the account and a credential of Azure.Identity; grant the identity a role there.",
);
/// `identity:` where nothing reads it.
pub const IDENTITY_BLOCK: Rule = rule(
    "identity-block",
    Level::Error,
    "An identity block that Kubernetes ignores",
    "Pods have no field \"identity\": that is how virtual machines and container groups are written. The pod gets no identity by it.",
    "Name a service account that a federated credential trusts, and set the label azure.workload.identity/use: \"true\" on the pod.",
);
/// A pod that should have the label and has not.
pub const LABEL: Rule = rule(
    "workload-label",
    Level::Error,
    "A pod without the label of workload identity",
    "The webhook changes only pods that carry the label themselves; without it a pod has no token.",
    "Set the label azure.workload.identity/use: \"true\" in the metadata of the pod template.",
);
/// A label or annotation that is no text.
pub const NOT_TEXT: Rule = rule(
    "value-not-text",
    Level::Error,
    "A label or annotation that is no text",
    "Kubernetes refuses an object whose labels or annotations are booleans or numbers.",
    "Put the value in quotes.",
);
/// A service account without the client id, or with another.
pub const CLIENT_ID: Rule = rule(
    "account-client-id",
    Level::Error,
    "A service account without its identity's client id",
    "The webhook tells the pod by this annotation which identity to ask for; a token for another is refused.",
    "Set the annotation azure.workload.identity/client-id to the client id of the identity whose credential trusts the account.",
);
/// A service account that is nowhere.
pub const ACCOUNT: Rule = rule(
    "account-missing",
    Level::Warning,
    "A service account that is not here",
    "Its client id cannot be checked, and a pod whose service account does not exist is not started.",
    "Add the ServiceAccount to what is checked, or write it with \"bowline manifests render\".",
);
/// A service account that no credential trusts.
pub const CREDENTIAL: Rule = rule(
    "no-credential",
    Level::Error,
    "A service account that no federated credential trusts",
    "Entra compares the subject system:serviceaccount:NAMESPACE:NAME byte by byte and refuses every other (AADSTS700213).",
    "Add an azurerm_federated_identity_credential for it, or correct the namespace or the name.",
);
/// `aadpodidbinding` that leads nowhere.
pub const BINDING: Rule = rule(
    "binding-missing",
    Level::Error,
    "A pod identity label that nothing binds",
    "No AzureIdentityBinding in the pod's namespace has this selector, so that its requests for tokens are refused.",
    "Correct the label, or move the pod to workload identity.",
);
/// Two bindings for one selector.
pub const BINDINGS: Rule = rule(
    "binding-twice",
    Level::Warning,
    "Two bindings for one selector",
    "A pod with this label has several identities, and which it gets depends on the client id that it asks for.",
    "Keep one binding for a selector, or let the application name the client id.",
);
/// Pod identity at all.
pub const POD_IDENTITY: Rule = rule(
    "pod-identity",
    Level::Warning,
    "Pod identity, whose support has ended",
    "Pod-managed identity has no support since September 2025, and the open source project is archived since 2023.",
    "Move to workload identity: \"bowline migrate pod-identity\" writes what is needed.",
);
/// A namespace with both ways.
pub const BOTH_WAYS: Rule = rule(
    "both-ways",
    Level::Note,
    "A namespace on its way from pod identity to workload identity",
    "Some pods of the namespace use one, some the other.",
    "Finish the move, or leave it so while it goes on.",
);
/// A token for somebody else.
pub const AUDIENCE: Rule = rule(
    "token-audience",
    Level::Error,
    "A token for another audience",
    "Entra takes tokens of service accounts only with the audience api://AzureADTokenExchange.",
    "Set audience: api://AzureADTokenExchange, or leave the volume to the webhook.",
);
/// A token that lasts too long or too short.
pub const EXPIRATION: Rule = rule(
    "token-expiration",
    Level::Error,
    "A token's life that the webhook refuses",
    "The webhook takes 3600 to 86400 seconds.",
    "Give a number of seconds between 3600 and 86400, in quotes.",
);
/// A misspelt annotation.
pub const UNKNOWN: Rule = rule(
    "unknown-annotation",
    Level::Warning,
    "A label or annotation that workload identity does not read",
    "What is misspelt, or a label where an annotation is read, has no effect, and nothing tells so.",
    "Correct it or take it out.",
);

/// All of them, by name.
pub const RULES: [&Rule; 15] = [
    &CLIENT_ID,
    &ACCOUNT,
    &BINDING,
    &BINDINGS,
    &BOTH_WAYS,
    &CLIENT_SECRET,
    &CONNECTION_STRING,
    &IDENTITY_BLOCK,
    &CREDENTIAL,
    &POD_IDENTITY,
    &AUDIENCE,
    &EXPIRATION,
    &UNKNOWN,
    &NOT_TEXT,
    &LABEL,
];
