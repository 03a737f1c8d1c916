//! The data sources of the core group: they read one object by its name, and tell what its kind's arguments are.

use std::sync::Arc;

use async_trait::async_trait;

use super::KubernetesData;
use super::metadata;
use super::object_kind::ObjectKind;
use crate::azure::wire::Shape;
use crate::azure::wire::{Row, block_of, type_of};
use crate::diagnostic::Diagnostics;
use crate::provider::{Attribute, Kind, Schema};
use crate::value::{Fields, Type, Value};

use super::super::cluster::Cluster;

/// The data source of a kind.
pub(super) struct ObjectData {
    kind: ObjectKind,
    rows: Vec<Row>,
    schema: Schema,
}

impl ObjectData {
    /// The data source that is named as the kind.
    pub fn of(kind: ObjectKind) -> Self {
        let mut own = metadata::row(kind.resource.namespaced);
        if let Shape::Blocks(blocks) = &mut own.shape {
            blocks.rows.retain(|row| row.name != "generate_name");
        }
        let mut rows = vec![own];
        rows.extend(kind.contents.data_rows());
        let mut block = block_of(&rows);
        block.attributes.insert("id".into(), Attribute::computed(Type::String));
        Self { kind, rows, schema: Schema { version: 0, block } }
    }
}

impl Kind for ObjectData {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl KubernetesData for ObjectData {
    /// As with Terraform's provider an object that is not there is no fault: all that it would have told is null.
    async fn read_data(&self, cluster: &Cluster, config: &Value) -> Result<Value, Diagnostics> {
        let name = metadata::text_of(config, "name");
        let namespaced = self.kind.resource.namespaced;
        let namespace = Some(metadata::text_of(config, "namespace")).filter(|name| !name.is_empty());
        let namespace = namespace.unwrap_or("default");
        let found = self.kind.look(cluster, namespace, name).await?;
        let mut fields: Fields = config.as_fields().cloned().unwrap_or_default();
        fields.insert(Arc::from("id"), Value::string(self.kind.id_of(namespace, name)));
        if let Some(object) = found {
            let metadata = metadata::value(&object, None, namespaced, &cluster.ignored);
            let told = [("metadata", Value::list(metadata.type_of(), vec![metadata]))];
            for (name, value) in told.into_iter().chain(self.kind.contents.data_values(&object, config)) {
                let Some(row) = self.rows.iter().find(|row| row.name == name) else { continue };
                fields.insert(Arc::from(name), fitting(row, &value));
            }
        }
        Ok(Value::object(fields))
    }
}

/// The value in the type of the data source's row, which may be a list where the kind has a set, or have less.
fn fitting(row: &Row, value: &Value) -> Value {
    value.convert(&type_of(row)).unwrap_or_else(|_| Value::null(type_of(row)))
}
