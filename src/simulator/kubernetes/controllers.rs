//! What a cluster does by itself after a write: a namespace gets its account, and takes its contents with it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text};
use crate::simulator::kubernetes::api::{drop, keep, make};
use crate::simulator::kubernetes::authenticate::issuer_of;
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::catalog::EXTENSIONS;
use crate::simulator::kubernetes::certificates::Authority;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::token_request::{Wanted, token};
use crate::simulator::kubernetes::{object, workloads};
use crate::simulator::target::Key;
use crate::simulator::world::Resource;

/// How long the token in a Secret lasts, in seconds: it has no end, and nobody keeps it longer than this.
const FOR_GOOD: u64 = 10 * 365 * 86_400;

/// What every namespace has: the account `default`, and the certificate that its pods trust.
pub(super) fn furnish(azure: &mut Azure, cluster: &Resource, namespace: &str) {
    let key = cluster.key();
    let account = json!({"metadata": {"name": "default", "namespace": namespace}});
    make(azure, &key, &kind("", "serviceaccounts"), account);
    let Ok(authority) = Authority::of(cluster) else { return };
    let trusted = json!({
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."},
        },
        "data": {"ca.crt": authority.certificate.pem()},
    });
    make(azure, &key, &kind("", "configmaps"), trusted);
}

/// After an object was written or taken away (then it is given as it was): what follows from it.
pub(super) fn follow(azure: &mut Azure, cluster: &Resource, spot: &Spot, before: Option<&Value>) {
    let key = cluster.key();
    if matches!(spot.group.as_str(), "apps" | "batch") {
        workloads::reconcile(azure, cluster, spot);
    }
    if spot.plural == "serviceaccounts" {
        workloads::reconcile_all(azure, cluster, &spot.namespace);
        tokens(azure, cluster, &spot.namespace);
    } else if spot.group.is_empty() && spot.plural == "secrets" {
        tokens(azure, cluster, &spot.namespace);
    }
    for owner in before.into_iter().flat_map(|before| owners(before, spot)) {
        workloads::reconcile(azure, cluster, &owner);
    }
    if spot.group == EXTENSIONS && azure.world().objects(&key).get(spot).is_none() {
        undefined(azure, &key, before);
    }
    if spot.group.is_empty() && spot.plural == "namespaces" {
        namespace(azure, cluster, &key, spot);
        return;
    }
    let going = Spot {
        plural: "namespaces".to_owned(),
        group: String::new(),
        namespace: String::new(),
        name: spot.namespace.clone(),
    };
    let Some(namespace) = azure.world().objects(&key).get(&going).cloned() else { return };
    if object::is_going(&namespace) {
        // It may have been the last that held the namespace.
        end(azure, &key, &going);
    } else if matches!(
        (spot.plural.as_str(), spot.name.as_str()),
        ("serviceaccounts", "default") | ("configmaps", "kube-root-ca.crt")
    ) {
        furnish(azure, cluster, &spot.namespace);
    }
}

/// With the definition of a kind its objects go.
fn undefined(azure: &mut Azure, key: &Key, definition: Option<&Value>) {
    let word = |pointer: &str| definition.and_then(|definition| text(definition, pointer)).unwrap_or_default();
    let of_kind = azure.world().objects(key).of_kind(word("/spec/group"), word("/spec/names/plural"), "");
    let all: Vec<Spot> = of_kind.map(|(spot, _)| spot.clone()).collect();
    for spot in all {
        drop(azure, key, spot);
    }
}

/// Secrets that are to hold the token of an account get it, once the account is there.
fn tokens(azure: &mut Azure, cluster: &Resource, namespace: &str) {
    const ACCOUNT: &str = "kubernetes.io/service-account.name";
    let key = cluster.key();
    let secrets: Vec<(Spot, Value)> = azure
        .world()
        .objects(&key)
        .of_kind("", "secrets", namespace)
        .filter(|(_, one)| text(one, "/type") == Some("kubernetes.io/service-account-token"))
        .filter(|(_, one)| text(one, "/data/token").is_none() && !object::is_going(one))
        .map(|(spot, one)| (spot.clone(), (**one).clone()))
        .collect();
    for (spot, mut secret) in secrets {
        let Some(name) = object::annotation(&secret, ACCOUNT).map(str::to_owned) else { continue };
        let account = kind("", "serviceaccounts").spot(namespace, &name);
        let Some(account) = azure.world().objects(&key).get(&account).cloned() else { continue };
        let audiences = [issuer_of(cluster)];
        let uid = object::uid(&account);
        let wanted = Wanted { namespace, name: &name, uid, audiences: &audiences, lasts: FOR_GOOD, pod: None };
        let token = BASE64_STANDARD.encode(token(azure, cluster, &wanted));
        let authority = Authority::of(cluster).map(|authority| authority.certificate.pem()).unwrap_or_default();
        set(&mut secret, "/data/token", token.into());
        set(&mut secret, "/data/namespace", BASE64_STANDARD.encode(namespace).into());
        set(&mut secret, "/data/ca.crt", BASE64_STANDARD.encode(authority).into());
        set(&mut secret, "/metadata/annotations/kubernetes.io~1service-account.uid", uid.into());
        keep(azure, &key, spot, secret);
    }
}

fn namespace(azure: &mut Azure, cluster: &Resource, key: &Key, spot: &Spot) {
    let Some(namespace) = azure.world().objects(key).get(spot).cloned() else { return };
    if object::is_going(&namespace) {
        let contents: Vec<Spot> = contents(azure, key, &spot.name);
        for one in contents {
            let found = azure.world().objects(key).get(&one).cloned();
            let Some(found) = found else { continue };
            if object::is_held(&found) {
                super::delete::mark_going(azure, key, one, &found);
            } else {
                drop(azure, key, one);
            }
        }
        end(azure, key, spot);
    } else {
        furnish(azure, cluster, &spot.name);
    }
}

/// A namespace that is to go and has nothing left in it is gone, once nothing holds it.
fn end(azure: &mut Azure, key: &Key, spot: &Spot) {
    let is_held = azure.world().objects(key).get(spot).is_some_and(|namespace| object::is_held(namespace));
    if !is_held && contents(azure, key, &spot.name).is_empty() {
        drop(azure, key, spot.clone());
    }
}

fn contents(azure: &Azure, key: &Key, namespace: &str) -> Vec<Spot> {
    let all = azure.world().objects(key).all().filter(|(spot, _)| spot.namespace == namespace);
    all.map(|(spot, _)| spot.clone()).collect()
}

/// The workloads that an object belongs to.
fn owners(object: &Value, spot: &Spot) -> Vec<Spot> {
    let all = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let place = |owner: &Value| {
        let (group, _) = text(owner, "/apiVersion")?.split_once('/')?;
        let plural = format!("{}s", text(owner, "/kind")?.to_lowercase());
        let name = text(owner, "/name")?.to_owned();
        Some(Spot { group: group.to_owned(), plural, namespace: spot.namespace.clone(), name })
    };
    all.into_iter().filter_map(place).collect()
}
