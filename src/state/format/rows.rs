//! The file's JSON objects, field by field in the order in which Terraform writes them
//! (hashicorp/terraform, internal/states/statefile/version4.go).

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::address::ConfigAddress;
use crate::state::checks::CheckResult;
use crate::state::{Attributes, Identity, Instance};
use crate::value::{Number, Path, PathStep, Value};

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(super) struct FileRow<'a> {
    pub version: u64,
    #[serde(borrow, default)]
    pub terraform_version: Cow<'a, str>,
    #[serde(default)]
    pub serial: u64,
    #[serde(borrow, default)]
    pub lineage: Cow<'a, str>,
    #[serde(default)]
    pub outputs: BTreeMap<String, OutputRow>,
    #[serde(borrow, default)]
    pub resources: Vec<ResourceRow<'a>>,
    #[serde(default)]
    pub check_results: Option<Vec<CheckResult>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct OutputRow {
    pub value: serde_json::Value,
    #[serde(rename = "type")]
    pub ty: serde_json::Value,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ResourceRow<'a> {
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub module: Cow<'a, str>,
    #[serde(borrow)]
    pub mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Empty where the instances name theirs: one of the configurations of a block with `for_each`, as OpenTofu records it.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub provider: Cow<'a, str>,
    #[serde(borrow, default)]
    pub instances: Vec<InstanceRow<'a>>,
}

/// One object, as the state file and the journal hold it.
#[derive(Debug, Serialize, Deserialize)]
pub struct InstanceRow<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) index_key: Option<serde_json::Value>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) deposed: Option<Cow<'a, str>>,
    /// Its own provider configuration, where the resource names none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<Cow<'a, str>>,
    #[serde(default)]
    schema_version: u64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attributes_flat: Option<BTreeMap<String, String>>,
    #[serde(default)]
    sensitive_attributes: Option<Vec<Vec<StepRow>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_schema_version: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    identity: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dependencies: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    create_before_destroy: bool,
}

/// One step of a path to something sensitive.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
enum StepRow {
    GetAttr(String),
    Index(IndexRow),
}

/// An index with its type: a position or a key.
#[derive(Debug, Serialize, Deserialize)]
struct IndexRow {
    value: serde_json::Value,
    #[serde(rename = "type")]
    ty: serde_json::Value,
}

/// The row of an object. The caller adds the instance key and the deposed key.
pub fn row_of_instance(instance: &Instance) -> InstanceRow<'_> {
    let mut dependencies: Vec<String> = instance.dependencies.iter().map(ConfigAddress::to_string).collect();
    dependencies.sort();
    InstanceRow {
        index_key: None,
        status: instance.tainted.then_some(Cow::Borrowed("tainted")),
        deposed: None,
        provider: None,
        schema_version: instance.schema_version,
        attributes: instance.attributes_flat.is_none().then(|| instance.attributes.raw()),
        attributes_flat: instance.attributes_flat.clone(),
        sensitive_attributes: Some(instance.sensitive_paths.iter().map(path_to_rows).collect()),
        identity_schema_version: instance.identity.as_ref().map(|identity| identity.schema_version),
        identity: instance.identity.as_ref().and_then(|identity| identity.attributes.as_ref()).map(Attributes::raw),
        private: (!instance.private.is_empty()).then(|| STANDARD.encode(&instance.private)),
        dependencies: (!dependencies.is_empty()).then_some(dependencies),
        create_before_destroy: instance.create_before_destroy,
    }
}

/// The object of a row; `dependency` reads an address. `Err` says what about the row is wrong.
pub fn instance_from_row(
    row: InstanceRow<'_>,
    mut dependency: impl FnMut(&str) -> Option<ConfigAddress>,
) -> Result<Instance, String> {
    let tainted = match row.status.as_deref() {
        None | Some("") => false,
        Some("tainted") => true,
        Some(other) => return Err(format!("has the unknown status {other:?}")),
    };
    let private = STANDARD
        .decode(row.private.unwrap_or_default())
        .map_err(|_| "has private data that is not base64".to_owned())?;
    let dependencies = row
        .dependencies
        .unwrap_or_default()
        .iter()
        .map(|text| dependency(text).ok_or_else(|| format!("depends on {text:?}, which is no resource address")))
        .collect::<Result<_, _>>()?;
    let identity = row
        .identity_schema_version
        .map(|schema_version| Identity { schema_version, attributes: row.identity.map(Attributes::from) });
    Ok(Instance {
        attributes: row.attributes.map(Attributes::from).unwrap_or_default(),
        attributes_flat: row.attributes_flat,
        schema_version: row.schema_version,
        sensitive_paths: row.sensitive_attributes.unwrap_or_default().iter().map(|rows| path_from_rows(rows)).collect(),
        private,
        dependencies,
        create_before_destroy: row.create_before_destroy,
        tainted,
        identity,
    })
}

fn path_to_rows(path: &Path) -> Vec<StepRow> {
    path.0.iter().filter_map(step_to_row).collect()
}

/// Only positions and string keys can be written: an element of a set never is sensitive by itself.
fn step_to_row(step: &PathStep) -> Option<StepRow> {
    match step {
        PathStep::Attribute(name) => Some(StepRow::GetAttr(name.to_string())),
        PathStep::Index(index) => {
            let (value, ty) = match (index.as_number(), index.as_str()) {
                (Some(number), _) => (serde_json::from_str(&number.to_string()).ok()?, "number"),
                (_, Some(key)) => (key.into(), "string"),
                _ => return None,
            };
            Some(StepRow::Index(IndexRow { value, ty: ty.into() }))
        }
    }
}

/// A path up to the first step that says nothing to us: what contains the sensitive part is hidden then.
fn path_from_rows(rows: &[StepRow]) -> Path {
    Path(rows.iter().map_while(step_from_row).collect())
}

fn step_from_row(row: &StepRow) -> Option<PathStep> {
    match row {
        StepRow::GetAttr(name) => Some(PathStep::Attribute(name.as_str().into())),
        StepRow::Index(index) => match &index.value {
            serde_json::Value::String(key) => Some(PathStep::Index(Value::string(key.as_str()))),
            serde_json::Value::Number(n) => n.as_i64().map(|n| PathStep::Index(Value::number(Number::from(n)))),
            _ => None,
        },
    }
}
