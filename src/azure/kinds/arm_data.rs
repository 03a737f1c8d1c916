//! A data source that reads one ARM resource: by a table of its own, or by that of the managed kind.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{Method, Request};
use super::super::session::Azure;
use super::super::wire::{self, Dialect, Presence, Reading, Row, Shape, Table, block_of, id_of, json as at, validate};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Attribute, Finding, Kind, Schema};
use crate::value::{Type, Value};

/// What is looked for is configured, everything else is read.
pub struct ArmData {
    kind: ArmKind,
    schema: Schema,
    lift: fn(&mut Json),
    /// Its name alone may be given, and is looked for in the subscription.
    by_name: bool,
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
        Self { kind, schema, lift: |_| (), by_name: false }
    }

    /// Without these attributes of its kind.
    #[must_use]
    pub fn without(self, names: &[&str]) -> Self {
        let kind = self.kind.with_rows(|mut rows| {
            rows.retain(|row| !names.contains(&row.name));
            rows
        });
        Self { lift: self.lift, by_name: self.by_name, ..Self::reading(kind) }
    }

    /// Found by its name in the whole subscription where no group is given.
    #[must_use]
    pub fn by_name_alone(self) -> Self {
        let kind = self.kind.with_rows(|rows| {
            let open = |row: Row| if row.name == "resource_group_name" { row.or_computed() } else { row };
            rows.into_iter().map(open).collect()
        });
        Self { lift: self.lift, by_name: true, ..Self::reading(kind) }
    }

    /// The ARM id of what is to be read.
    async fn place(&self, azure: &Azure, config: &Value) -> Result<String, Diagnostics> {
        let table = self.kind.table();
        if let Some(id) = id_of(table.id, &azure.subscription, config) {
            return Ok(id);
        }
        if self.by_name {
            let name = config.field("name").and_then(Value::as_str).unwrap_or_default();
            return self.found_by_name(azure, name).await;
        }
        Ok(self.kind.locate(azure, config).await?.ok_or_else(|| no_id(table.name))?)
    }

    async fn found_by_name(&self, azure: &Azure, name: &str) -> Result<String, Diagnostics> {
        let table = self.kind.table();
        let list = format!("/subscriptions/{}/providers/{}", azure.subscription, table.arm_type);
        let request = Request::new(Method::Get, &list, table.api_version);
        let all = azure.client.list(&request, &azure.client.patience(READ)).await;
        let all =
            all.map_err(|error| Diagnostics::from(error.diagnostic(&format!("look for {} {name:?}", table.name))))?;
        let is_it = |found: &&Json| at::get_str(found, "name").is_some_and(|other| other.eq_ignore_ascii_case(name));
        let found: Vec<_> = all.iter().filter(is_it).filter_map(|found| at::get_str(found, "id")).collect();
        match found.as_slice() {
            [id] => Ok((*id).to_owned()),
            [] => Err(not_there(table.name, &format!("{list}/{name}")).into()),
            several => Err(ambiguous(table.name, name, several).into()),
        }
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
        let id = self.place(azure, config).await?;
        let mut answer = self.kind.find(azure, &id).await?.ok_or_else(|| not_there(table.name, &id))?;
        (self.lift)(&mut answer);
        let read = self.kind.value_of(answer, &id, None, Reading::Anew(azure.dialect));
        let row = |name: &str| table.rows.iter().find(|row| row.name == name);
        let is_argument =
            |name: &str| row(name).is_none_or(|row| row.presence == Presence::Required || row.wire.is_none());
        // What may be given and is read all the same is there, if with nothing in it.
        let nothing = |name: &str| {
            let row = row(name).filter(|row| row.presence == Presence::OptionalComputed)?;
            matches!(row.shape, Shape::List(_)).then(|| wire::from_json(row, &json!([])))?
        };
        let told = |(name, value): (&Arc<str>, &Value)| {
            let given = config.field(name).filter(|value| !value.is_null() && is_argument(name));
            let value = given.unwrap_or(value).clone();
            (name.clone(), if value.is_null() { nothing(name).unwrap_or(value) } else { value })
        };
        Ok(Value::object_of(read.as_fields().into_iter().flatten().map(told)))
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

fn ambiguous(kind: &str, name: &str, ids: &[&str]) -> Diagnostic {
    let detail = format!(
        "The subscription has more than one {name:?}, which data \"{kind}\" is to read:\n  - {}\nSay which by \
         resource_group_name.",
        ids.join("\n  - ")
    );
    Diagnostic::error("More than one resource", detail)
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
