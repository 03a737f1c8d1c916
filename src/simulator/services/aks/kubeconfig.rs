//! What `listCluster…Credential` answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body;
use crate::simulator::kubernetes::certificates::{Account, Authority};
use crate::simulator::world::Resource;

/// The credentials of a cluster for one account.
pub(super) fn credentials(cluster: &Resource, account: Account) -> Result<Answer, Refusal> {
    let is_local = body::flag(&cluster.body, "/properties/disableLocalAccounts") != Some(true);
    let is_directory = !body::absent(&cluster.body, "/properties/aadProfile");
    if !is_local && account != Account::User {
        let message = "Getting static credential is not allowed because this cluster is set to disable local accounts.";
        return Err(Refusal::bad("BadRequest", message).flat());
    }
    let failed = |why| Refusal::new(500, "InternalServerError", format!("The cluster has no certificates: {why}."));
    let authority = Authority::of(cluster).map_err(failed)?;
    let user = if account == Account::User && is_directory {
        directory_user()
    } else {
        static_user(&authority, account).map_err(failed)?
    };
    let text = kubeconfig(cluster, &authority, account, &user);
    let name = format!("cluster{}", account.word());
    let kubeconfigs = json!([{"name": name, "value": STANDARD.encode(text)}]);
    Ok(Answer::json(200, json!({ "kubeconfigs": kubeconfigs })))
}

/// The file itself, as YAML.
fn kubeconfig(cluster: &Resource, authority: &Authority, account: Account, user: &str) -> String {
    let name = body::text(&cluster.body, "/name").unwrap_or_default();
    let group = cluster.id.split('/').nth(4).unwrap_or_default();
    let fqdn =
        body::text(&cluster.body, "/properties/fqdn").or_else(|| body::text(&cluster.body, "/properties/privateFQDN"));
    let server = format!("https://{}:443", fqdn.unwrap_or_default());
    let account = format!("cluster{}_{group}_{name}", account.word());
    let authority = STANDARD.encode(authority.certificate.pem());
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: {name}\n  cluster:\n    server: {server}\n    \
         certificate-authority-data: {authority}\nusers:\n- name: {account}\n  user:\n{user}contexts:\n- name: {name}\n  \
         context:\n    cluster: {name}\n    user: {account}\ncurrent-context: {name}\npreferences: {{}}\n"
    )
}

/// A user with a certificate of its own.
fn static_user(authority: &Authority, account: Account) -> Result<String, String> {
    let certified = authority.client(account)?;
    let certificate = STANDARD.encode(certified.certificate.pem());
    let key = STANDARD.encode(certified.key_pem()?);
    let token = authority.token(account);
    Ok(format!("    client-certificate-data: {certificate}\n    client-key-data: {key}\n    token: {token}\n"))
}

/// A user that signs in to the directory.
fn directory_user() -> String {
    "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: kubelogin\n      args:\n      - \
     get-token\n      - --environment\n      - AzurePublicCloud\n      - --server-id\n      - \
     6dae42f8-4368-4678-94ff-3960e28e3630\n      env: null\n      provideClusterInfo: false\n"
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_kubeconfig_is_yaml_with_a_server() {
        let body = json!({"properties": {"fqdn": "aks.example"}});
        let id =
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks".to_owned();
        let cluster = Resource::new(id, "Microsoft.ContainerService/managedClusters", body, 0);
        let answer = credentials(&cluster, Account::User).unwrap().body.unwrap();
        let value = body::text(&answer, "/kubeconfigs/0/value").unwrap();
        let text = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
        assert!(text.contains("    server: https://aks.example:443\n"), "{text}");
        assert!(text.contains("- name: clusterUser_rg_aks\n  user:\n    client-certificate-data: "), "{text}");
    }
}
