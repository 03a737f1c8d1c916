//! A data source that reads one ARM resource by the table of its kind.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::session::Azure;
use super::super::wire::{Presence, Reading, Row, Shape, block_of, id_of};
use super::AzureData;
use super::arm_kind::ArmKind;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Attribute, Kind, Schema};
use crate::value::{Type, Value};

/// A kind seen as a data source: some of its attributes are given, the others read.
pub struct ArmData {
    kind: ArmKind,
    schema: Schema,
}

impl ArmData {
    /// The data source of a kind that finds its object by these arguments. `more` are rows that the kind itself does
    /// not have.
    pub fn of(kind: ArmKind, arguments: &[&str], more: Vec<Row>) -> Self {
        let kind = kind.with_rows(|rows| {
            let mut rows: Vec<_> = rows.into_iter().map(|row| as_read(row, arguments)).collect();
            rows.extend(more);
            rows
        });
        let mut block = block_of(&kind.table().rows);
        block.description = kind.table().about.to_owned();
        block.attributes.insert("id".to_owned(), Attribute::computed(Type::String));
        Self { kind, schema: Schema { version: 0, block } }
    }
}

/// A row that is read, or given to find the object.
fn as_read(mut row: Row, arguments: &[&str]) -> Row {
    row.presence = if arguments.contains(&row.name) { Presence::Required } else { Presence::Computed };
    row.write_only = false;
    row.rules.clear();
    if let Shape::Blocks(blocks) = &mut row.shape {
        blocks.min = 0;
        blocks.rows = std::mem::take(&mut blocks.rows).into_iter().map(|inner| as_read(inner, &[])).collect();
    }
    row
}

impl Kind for ArmData {
    fn name(&self) -> &str {
        self.kind.table().name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        self.kind.renamed(path)
    }
}

#[async_trait]
impl AzureData for ArmData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let table = self.kind.table();
        let id = id_of(table.id, &azure.subscription, config).ok_or_else(|| {
            Diagnostic::error(
                "Unknown ARM id",
                format!("What {} is to read does not follow from its arguments; they must be known.", table.name),
            )
        })?;
        let answer = self.kind.find(azure, &id).await?.ok_or_else(|| not_there(table.name, &id))?;
        let read = self.kind.value_of(answer, &id, None, Reading::Anew);
        let fields = read.as_fields().into_iter().flatten().filter(|(name, _)| name.as_ref() != "timeouts");
        let given = |name: &Arc<str>| config.field(name).filter(|value| !value.is_null()).cloned();
        Ok(Value::object_of(fields.map(|(name, value)| (name.clone(), given(name).unwrap_or_else(|| value.clone())))))
    }
}

fn not_there(kind: &str, id: &str) -> Diagnostics {
    Diagnostic::error(
        "Resource not found",
        format!(
            "Azure has nothing at {id}, which data \"{kind}\" is to read. Check the names, and that the resource \
                 is made before it is read."
        ),
    )
    .into()
}
