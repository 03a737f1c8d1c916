//! A data source that reads one ARM resource: by a table of its own, or by that of the managed kind.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::session::Azure;
use super::super::wire::{self, Dialect, Presence, Reading, Row, Shape, Table, block_of, id_of, validate};
use super::AzureData;
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Attribute, Finding, Kind, Schema};
use crate::value::{Type, Value};

/// What is looked for is configured, everything else is read.
pub struct ArmData {
    kind: ArmKind,
    schema: Schema,
    lift: fn(&mut Json),
}

impl ArmData {
    /// A data source with a table of its own. Rows that are not required are read.
    pub fn new(table: Table, hooks: impl Hooks + 'static) -> Self {
        Self::reading(ArmKind::new(table, hooks))
    }

    /// The data source of a kind that finds its object by these arguments. `more` are rows that the kind itself does
    /// not have, or has otherwise.
    pub fn of(kind: ArmKind, arguments: &[&str], more: Vec<Row>) -> Self {
        Self::reading(kind.with_rows(|mut rows| {
            rows.retain(|row| more.iter().all(|other| other.name != row.name));
            let mut rows: Vec<_> = rows.into_iter().map(|row| as_read(row, arguments)).collect();
            rows.extend(more);
            rows
        }))
    }

    fn reading(kind: ArmKind) -> Self {
        let mut schema = schema(&kind.table().rows);
        schema.block.description = kind.table().about.to_owned();
        Self { kind, schema, lift: |_| () }
    }

    /// Without these attributes of its kind.
    #[must_use]
    pub fn without(self, names: &[&str]) -> Self {
        let kind = self.kind.with_rows(|mut rows| {
            rows.retain(|row| !names.contains(&row.name));
            rows
        });
        Self { lift: self.lift, ..Self::reading(kind) }
    }

    /// With an answer rearranged before the rows read it.
    #[must_use]
    pub fn lifted(mut self, lift: fn(&mut Json)) -> Self {
        self.lift = lift;
        self
    }
}

/// The schema of a data source: its rows, `id` and `timeouts`.
pub fn schema(rows: &[Row]) -> Schema {
    let mut schema = wire::schema(&Table::of("", "", "", ""));
    let own = block_of(rows);
    schema.block.attributes.extend(own.attributes);
    schema.block.blocks.extend(own.blocks);
    schema.block.attributes.insert("id".into(), Attribute::computed(Type::String));
    schema
}

/// A row that is read, or given to find the object.
fn as_read(mut row: Row, arguments: &[&str]) -> Row {
    row.presence = if arguments.contains(&row.name) { Presence::Required } else { Presence::Computed };
    row.told_in_v5 = None;
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

    fn schema_told(&self, versions: Option<&str>) -> Cow<'_, Schema> {
        let rows = &self.kind.table().rows;
        let mut told = schema(&wire::as_told(rows, Dialect::of_constraint(versions)));
        told.block.description.clone_from(&self.schema.block.description);
        Cow::Owned(told)
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        validate(self.kind.table(), config)
    }

    fn renamed(&self, path: &[&str]) -> Option<String> {
        self.kind.renamed(path)
    }
}

#[async_trait]
impl AzureData for ArmData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let table = self.kind.table();
        let id = id_of(table.id, &azure.subscription, config).ok_or_else(|| no_id(table.name))?;
        let mut answer = self.kind.find(azure, &id).await?.ok_or_else(|| not_there(table.name, &id))?;
        (self.lift)(&mut answer);
        let read = self.kind.value_of(answer, &id, None, Reading::Anew(azure.dialect));
        let fields = read.as_fields().into_iter().flatten();
        let is_argument = |name: &str| {
            let row = table.rows.iter().find(|row| row.name == name);
            row.is_none_or(|row| row.presence == Presence::Required)
        };
        let given = |name: &Arc<str>| config.field(name).filter(|value| !value.is_null() && is_argument(name)).cloned();
        Ok(Value::object_of(fields.map(|(name, value)| (name.clone(), given(name).unwrap_or_else(|| value.clone())))))
    }
}

fn no_id(kind: &str) -> Diagnostic {
    Diagnostic::error(
        "Unknown ARM id",
        format!(
            "What data \"{kind}\" is to read does not follow from its arguments: set subscription_id in the provider."
        ),
    )
}

fn not_there(kind: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        "Resource not found",
        format!(
            "Azure has nothing at {id}, which data \"{kind}\" is to read. Check the names, and that the resource is \
             made before it is read."
        ),
    )
}
