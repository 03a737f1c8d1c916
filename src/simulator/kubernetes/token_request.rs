//! `serviceaccounts/token`: tokens of service accounts, signed by the cluster's issuer.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::body::set;
use crate::simulator::kubernetes::api::Api;
use crate::simulator::kubernetes::authenticate::{audiences_of, issuer_of};
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::status::{Cause, Failure};
use crate::simulator::tokens::{sign, wall_clock};
use crate::simulator::world::Resource;

/// How long a token lasts when the request does not say, in seconds.
const USUAL: u64 = 3600;
/// The shortest and the longest that is given, in seconds.
const LIMITS: (u64, u64) = (600, 86_400);

/// Whose token it is, and what it is good for.
pub(super) struct Wanted<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    /// The account's uid.
    pub uid: &'a str,
    pub audiences: &'a [String],
    /// In seconds.
    pub lasts: u64,
    /// The pod that it is bound to: name and uid.
    pub pod: Option<(&'a str, &'a str)>,
}

/// The token of a service account of a cluster.
pub(super) fn token(azure: &Azure, cluster: &Resource, wanted: &Wanted<'_>) -> String {
    let now = wall_clock();
    let mut claims = json!({
        "iss": issuer_of(cluster),
        "sub": format!("system:serviceaccount:{}:{}", wanted.namespace, wanted.name),
        "aud": wanted.audiences,
        "iat": now, "nbf": now, "exp": now + wanted.lasts,
        "kubernetes.io": {
            "namespace": wanted.namespace,
            "serviceaccount": {"name": wanted.name, "uid": wanted.uid},
        },
    });
    if let Some((name, uid)) = wanted.pod {
        claims["kubernetes.io"]["pod"] = json!({"name": name, "uid": uid});
    }
    sign(&claims, azure.seed())
}

impl Api<'_> {
    /// Answers a `TokenRequest`.
    pub fn request_token(&mut self, asked: &Asked) -> Result<Answer, Failure> {
        let accounts = kind("", "serviceaccounts");
        let account = self.find(&accounts, &accounts.spot(&asked.namespace, &asked.name))?;
        let mut request = self.call.json()?;
        let spec = request.get("spec").cloned().unwrap_or_default();
        let audiences = spec.get("audiences").and_then(Value::as_array).into_iter().flatten();
        let mut audiences: Vec<String> = audiences.filter_map(Value::as_str).map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences = audiences_of(&self.cluster);
        }
        let lasts = spec.get("expirationSeconds").and_then(Value::as_u64).unwrap_or(USUAL);
        if lasts < LIMITS.0 {
            let why = "may not specify a duration less than 10 minutes";
            let cause = Cause::invalid("spec.expirationSeconds", &json!(lasts), why);
            return Err(Failure::invalid("authentication.k8s.io", "TokenRequest", "", &[cause]));
        }
        let lasts = lasts.min(LIMITS.1);
        let wanted = Wanted {
            namespace: &asked.namespace,
            name: &asked.name,
            uid: object::uid(&account),
            audiences: &audiences,
            lasts,
            pod: None,
        };
        let token = token(self.azure, &self.cluster, &wanted);
        let until = i64::try_from(wall_clock() + lasts).unwrap_or(i64::MAX);
        let until = jiff::Timestamp::from_second(until).map_or_else(|_| String::new(), |moment| moment.to_string());
        let metadata = json!({"name": asked.name, "namespace": asked.namespace, "creationTimestamp": self.time()});
        for (pointer, value) in [
            ("/kind", "TokenRequest".into()),
            ("/apiVersion", "authentication.k8s.io/v1".into()),
            ("/metadata", metadata),
            ("/spec/audiences", json!(audiences)),
            ("/spec/expirationSeconds", json!(lasts)),
            ("/status", json!({"token": token, "expirationTimestamp": until})),
        ] {
            set(&mut request, pointer, value);
        }
        Ok(Answer::json(201, request))
    }
}
