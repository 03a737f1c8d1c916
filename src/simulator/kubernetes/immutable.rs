//! What of pods and workloads cannot be changed once they are there.

use serde_json::{Value, json};

use crate::simulator::body::unset;
use crate::simulator::kubernetes::status::Cause;

const POD: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
                   `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
                   `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const STATEFUL_SET: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                            'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                            'minReadySeconds' are forbidden";

/// The spec without what may change.
fn fixed(object: &Value, changing: &[&str]) -> Value {
    let mut spec = object.get("spec").cloned().unwrap_or_default();
    for member in changing {
        unset(&mut spec, &format!("/{member}"));
    }
    spec
}

/// What is wrong with a change of a pod: it runs already.
pub(super) fn of_pod(before: &Value, after: &Value) -> Option<Cause> {
    let part = |pod: &Value| {
        let mut spec =
            fixed(pod, &["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName"]);
        for list in ["/containers", "/initContainers"] {
            let containers = spec.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            for container in containers {
                unset(container, "/image");
            }
        }
        spec
    };
    (part(before) != part(after)).then(|| Cause::forbidden("spec", POD))
}

/// What is wrong with a change of a workload of this kind.
pub(super) fn of_workload(kind: &str, before: &Value, after: &Value) -> Option<Cause> {
    match kind {
        "StatefulSet" => {
            let changing = [
                "replicas",
                "ordinals",
                "template",
                "updateStrategy",
                "revisionHistoryLimit",
                "persistentVolumeClaimRetentionPolicy",
                "minReadySeconds",
                // Told by itself.
                "selector",
            ];
            (fixed(before, &changing) != fixed(after, &changing)).then(|| Cause::forbidden("spec", STATEFUL_SET))
        }
        "Job" => {
            let template = |job: &Value| job.pointer("/spec/template").cloned();
            (template(before) != template(after)).then(|| {
                Cause::invalid("spec.template", &template(after).unwrap_or_else(|| json!({})), "field is immutable")
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_may_get_another_image_and_nothing_else() {
        let pod = |image: &str, account: &str| json!({"spec": {"serviceAccountName": account, "containers": [{"name": "a", "image": image}]}});
        assert_eq!(of_pod(&pod("1", "x"), &pod("2", "x")), None);
        assert!(of_pod(&pod("1", "x"), &pod("1", "y")).is_some_and(|cause| cause.message.contains("pod updates")));
    }

    #[test]
    fn a_stateful_set_keeps_its_service_and_a_job_its_template() {
        let set = |service: &str, replicas: u64| json!({"spec": {"serviceName": service, "replicas": replicas}});
        assert_eq!(of_workload("StatefulSet", &set("a", 1), &set("a", 2)), None);
        assert!(of_workload("StatefulSet", &set("a", 1), &set("b", 1)).is_some());
        let job = |image: &str| json!({"spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
        assert!(of_workload("Job", &job("1"), &job("2")).is_some());
        assert_eq!(of_workload("CronJob", &job("1"), &job("2")), None);
    }
}
