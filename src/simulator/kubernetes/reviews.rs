//! Whether one may: the reviews by which a client asks before it tries.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::body::{set, text};
use crate::simulator::kubernetes::authenticate::User;
use crate::simulator::kubernetes::authorise::{self, Attempt};
use crate::simulator::kubernetes::call::Call;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::world::Resource;

/// Answers a review; `None` for other requests.
pub(super) fn answer(azure: &Azure, cluster: &Resource, user: &User, call: &Call) -> Option<Result<Answer, Failure>> {
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") => Some(access(azure, cluster, user, call)),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews") => Some(Ok(Answer::json(
            201,
            json!({
                "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {"creationTimestamp": null},
                "status": {"userInfo": {"username": user.name, "groups": user.groups}},
            }),
        ))),
        _ => None,
    }
}

fn access(azure: &Azure, cluster: &Resource, user: &User, call: &Call) -> Result<Answer, Failure> {
    let mut review = call.json()?;
    let wanted = review.pointer("/spec/resourceAttributes").cloned().unwrap_or_default();
    let word = |name: &str| text(&wanted, &format!("/{name}")).unwrap_or_default();
    let attempt = Attempt {
        verb: word("verb"),
        group: word("group"),
        plural: word("resource"),
        subresource: word("subresource"),
        namespace: word("namespace"),
        name: word("name"),
    };
    let allowed = authorise::may(azure, cluster, user, attempt);
    set(&mut review, "/status", json!({ "allowed": allowed }));
    set(&mut review, "/kind", Value::from("SelfSubjectAccessReview"));
    set(&mut review, "/apiVersion", Value::from("authorization.k8s.io/v1"));
    Ok(Answer::json(201, review))
}
