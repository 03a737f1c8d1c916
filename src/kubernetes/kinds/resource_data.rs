//! `data "kubernetes_resource"`: any object.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::cluster::{Cluster, Object};
use super::KubernetesData;
use crate::azure::wire::{at, block, block_of, text};
use crate::diagnostic::Diagnostics;
use crate::provider::{Attribute, Kind, Schema};
use crate::value::{Fields, Type, Value};

const NAME: &str = "kubernetes_resource";

/// The data source.
pub(super) struct ResourceData {
    schema: Schema,
}

impl ResourceData {
    pub fn new() -> Self {
        let mut own = block_of(&[
            text("api_version").required(),
            text("kind").required(),
            block("metadata", vec![text("name").required(), text("namespace")]).required(),
        ]);
        own.attributes.insert("object".into(), Attribute::optional_computed(Type::Dynamic));
        Self { schema: Schema { version: 1, block: own } }
    }
}

impl Kind for ResourceData {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn secrets(&self, value: &Value) -> Vec<crate::value::Path> {
        super::manifest::secret_parts(value, &["object"])
    }
}

#[async_trait]
impl KubernetesData for ResourceData {
    async fn read_data(&self, cluster: &Cluster, config: &Value) -> Result<Value, Diagnostics> {
        let text = |path: &str| at(config, path).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind, name) = (text("api_version"), text("kind"), text("metadata.name"));
        let namespace = Some(text("metadata.namespace")).filter(|name| !name.is_empty()).unwrap_or("default");
        let tried = format!("read the {kind} {name}");
        let problem = |failure| cluster.problem(&tried, &failure);
        let resource = cluster.resource(api_version, kind).await.map_err(problem)?;
        let found = cluster.find(Object { resource: &resource, namespace, name }).await.map_err(problem)?;
        let mut fields: Fields = config.as_fields().cloned().unwrap_or_default();
        let object = found.map_or_else(|| Value::null(Type::Dynamic), |object| Value::from_plain_json(&object));
        fields.insert(Arc::from("object"), object);
        Ok(Value::object(fields))
    }
}
