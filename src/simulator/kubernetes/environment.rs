//! The variables that a container has when it runs: its own, those that refer to Secrets and config maps, and those that
//! are taken from them whole.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::simulator::arm::Azure;
use crate::simulator::body::text;
use crate::simulator::kubernetes::bootstrap::kind;
use crate::simulator::world::Resource;

/// The variables of a container.
pub(super) fn of_container(
    azure: &Azure,
    cluster: &Resource,
    pod: &Value,
    container: &Value,
) -> BTreeMap<String, String> {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let holder = |plural: &str, name: &str| {
        let spot = kind("", plural).spot(namespace, name);
        azure.world().objects(&cluster.key()).get(&spot).cloned()
    };
    let items = |member: &str| container.get(member).and_then(Value::as_array).into_iter().flatten();
    let mut all = BTreeMap::new();
    for item in items("envFrom") {
        let prefix = text(item, "/prefix").unwrap_or_default();
        for (pointer, plural) in [("/secretRef/name", "secrets"), ("/configMapRef/name", "configmaps")] {
            let Some(holder) = text(item, pointer).and_then(|name| holder(plural, name)) else { continue };
            let keys = holder.get("data").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
            let values = keys.filter_map(|key| Some((format!("{prefix}{key}"), value(&holder, plural, key)?)));
            all.extend(values.collect::<Vec<_>>());
        }
    }
    for item in items("env") {
        let Some(name) = text(item, "/name") else { continue };
        let referred = [("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")].into_iter().find_map(
            |(member, plural)| {
                let reference = item.pointer(&format!("/valueFrom/{member}"))?;
                let holder = holder(plural, text(reference, "/name")?)?;
                value(&holder, plural, text(reference, "/key")?)
            },
        );
        let own = text(item, "/value").unwrap_or_default().to_owned();
        all.insert(name.to_owned(), referred.unwrap_or(own));
    }
    all
}

fn value(holder: &Value, plural: &str, key: &str) -> Option<String> {
    let text = holder.get("data")?.get(key)?.as_str()?;
    if plural == "configmaps" {
        return Some(text.to_owned());
    }
    String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()
}
