//! How many pods a workload has, as a resource of its own: what `kubectl scale` reads and writes.

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::body::{merge, set};
use crate::simulator::kubernetes::api::Api;
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::status::{Cause, Failure};

impl Api<'_> {
    /// Answers a request to the scale of a workload.
    pub fn scale(&mut self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let before = self.find(kind, &kind.spot(&asked.namespace, &asked.name))?;
        if self.call.method == "GET" {
            return Ok(Answer::json(200, scale_of(&before)));
        }
        let mut wanted = scale_of(&before);
        merge(&mut wanted, &self.call.json()?);
        let replicas = wanted.pointer("/spec/replicas").and_then(Value::as_u64).ok_or_else(|| {
            let cause = Cause::required("spec.replicas", "must be a number that is not negative");
            Failure::invalid("autoscaling", "Scale", &asked.name, &[cause])
        })?;
        let mut after = before.clone();
        set(&mut after, "/metadata/resourceVersion", Value::from(object::version(&wanted)));
        set(&mut after, "/spec/replicas", json!(replicas));
        let who = self.writer(kind, "scale", false);
        let plain = Asked { subresource: String::new(), ..asked.clone() };
        let after = self.change(kind, &plain, &before, after, Some(&who))?;
        Ok(Answer::json(200, scale_of(&after)))
    }
}

fn scale_of(workload: &Value) -> Value {
    let labels = workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten();
    let terms: Vec<String> =
        labels.into_iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": object::name(workload), "namespace": workload.pointer("/metadata/namespace"),
            "uid": object::uid(workload), "resourceVersion": object::version(workload),
            "creationTimestamp": workload.pointer("/metadata/creationTimestamp"),
        },
        "spec": {"replicas": workload.pointer("/spec/replicas")},
        "status": {
            "replicas": workload.pointer("/status/replicas").cloned().unwrap_or_else(|| json!(0)),
            "selector": terms.join(","),
        },
    })
}
