//! Who asks a cluster: by the certificate or the token of a kubeconfig, by the token of a service account, or by one of
//! the directory where the cluster trusts it.

use serde_json::Value;

use crate::simulator::arm::Azure;
use crate::simulator::body::{absent, flag, text};
use crate::simulator::kubernetes::call::Call;
use crate::simulator::kubernetes::certificates::{Account, Authority};
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::tokens::{claims, is_ours, wall_clock};
use crate::simulator::world::{Known, Resource};

/// What the directory's tokens for clusters are for: the application of AKS.
const SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// A user as a cluster sees one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct User {
    /// `system:serviceaccount:shop:app`
    pub name: String,
    pub groups: Vec<String>,
    /// The object id in the directory.
    pub object: Option<String>,
}

impl User {
    fn of_group(name: &str, group: &str) -> Self {
        let groups = [group, "system:authenticated"].map(str::to_owned).to_vec();
        Self { name: name.to_owned(), groups, object: None }
    }

    /// Whether it belongs to a group.
    pub fn is_of(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// The group that may do everything.
pub(super) const MASTERS: &str = "system:masters";

/// Who asks; nobody is refused for being nobody, only for not being known.
pub(super) fn user(azure: &Azure, cluster: &Resource, call: &Call) -> Result<User, Failure> {
    let is_local = flag(&cluster.body, "/properties/disableLocalAccounts") != Some(true);
    if let Some(account) = call.account.filter(|_| is_local) {
        return Ok(of_account(account));
    }
    let token = call.token.as_deref().ok_or_else(Failure::unauthorized)?;
    let authority = Authority::of(cluster).map_err(|_| Failure::unauthorized())?;
    if let Some(account) = Account::ALL.into_iter().find(|account| authority.token(*account) == token) {
        return if is_local { Ok(of_account(account)) } else { Err(Failure::unauthorized()) };
    }
    let claims = claims(token);
    let issuer = claims.as_ref().and_then(|claims| text(claims, "/iss")).unwrap_or_default();
    if let Some(claims) = &claims
        && issuer == issuer_of(cluster)
    {
        return service_account(azure, cluster, claims, token);
    }
    of_directory(azure, cluster, claims.as_ref(), token)
}

/// Who signs a cluster's tokens of service accounts.
pub(super) fn issuer_of(cluster: &Resource) -> String {
    let own = text(&cluster.body, "/properties/oidcIssuerProfile/issuerURL");
    own.map_or_else(|| format!("https://{}", host_of(cluster)), str::to_owned)
}

/// Where a cluster's API server is.
pub(super) fn host_of(cluster: &Resource) -> &str {
    let public = text(&cluster.body, "/properties/fqdn");
    public.or_else(|| text(&cluster.body, "/properties/privateFQDN")).unwrap_or_default()
}

/// Whom a cluster's own tokens are for when they do not say.
pub(super) fn audiences_of(cluster: &Resource) -> Vec<String> {
    vec![issuer_of(cluster), format!("https://{}", host_of(cluster)), "https://kubernetes.default.svc".to_owned()]
}

fn of_account(account: Account) -> User {
    let (name, group) = account.subject();
    User::of_group(name, group)
}

fn service_account(azure: &Azure, cluster: &Resource, claims: &Value, token: &str) -> Result<User, Failure> {
    let is_good = is_ours(token, azure.seed()) && claims.get("exp").and_then(Value::as_u64) >= Some(wall_clock());
    let ours = audiences_of(cluster);
    let audiences = claims.get("aud").and_then(Value::as_array);
    let is_for_us = audiences.into_iter().flatten().any(|one| ours.iter().any(|our| one == our.as_str()));
    let subject = text(claims, "/sub").and_then(|subject| subject.strip_prefix("system:serviceaccount:"));
    let (namespace, name) = subject.and_then(|subject| subject.split_once(':')).ok_or_else(Failure::unauthorized)?;
    let spot = Spot {
        group: String::new(),
        plural: "serviceaccounts".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let account = azure.world().objects(&cluster.key()).get(&spot);
    let claimed = text(claims, "/kubernetes.io/serviceaccount/uid");
    let is_there = account.is_some_and(|account| claimed.is_none_or(|uid| uid == object::uid(account)));
    if !(is_good && is_for_us && is_there) {
        return Err(Failure::unauthorized());
    }
    let groups = ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
    let mut user = User {
        groups: groups.to_vec(),
        ..User::of_group(&format!("system:serviceaccount:{subject}", subject = subject.unwrap_or_default()), "")
    };
    user.groups.push("system:authenticated".to_owned());
    Ok(user)
}

/// A cluster with Entra takes the directory's tokens for it. As everywhere here, whoever comes from elsewhere is taken
/// for the owner unless roles are to decide for everybody.
fn of_directory(azure: &Azure, cluster: &Resource, claims: Option<&Value>, token: &str) -> Result<User, Failure> {
    if absent(&cluster.body, "/properties/aadProfile") {
        return Err(Failure::unauthorized());
    }
    let is_judged = azure.faults().evaluate_roles;
    let Some(claims) = claims else {
        // A token that names nobody: the operator.
        return if is_judged { Err(Failure::unauthorized()) } else { Ok(User::of_group("operator", MASTERS)) };
    };
    let audience = text(claims, "/aud").unwrap_or_default().trim_start_matches("spn:").trim_end_matches('/');
    let is_good = is_ours(token, azure.seed()) && claims.get("exp").and_then(Value::as_u64) >= Some(wall_clock());
    let object = text(claims, "/oid").filter(|_| is_good && audience == SERVER).ok_or_else(Failure::unauthorized)?;
    let is_ours = matches!(azure.world().principal(object), Known::Principal(_));
    let mut user = User::of_group(object, "");
    user.groups = vec!["system:authenticated".to_owned()];
    let given = claims.get("groups").and_then(Value::as_array);
    user.groups.extend(given.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    let administrators = cluster.body.pointer("/properties/aadProfile/adminGroupObjectIDs").and_then(Value::as_array);
    let mut administrators = administrators.into_iter().flatten().filter_map(Value::as_str);
    if (!is_ours && !is_judged) || administrators.any(|group| user.is_of(group)) {
        user.groups.push(MASTERS.to_owned());
    }
    user.object = Some(object.to_owned());
    Ok(user)
}
