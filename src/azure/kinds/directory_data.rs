//! `azuread`: who is in the directory. Groups, users and service principals are read; they are made where an organisation
//! makes them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::super::arm::{ArmError, GraphClient};
use super::super::session::Azure;
use super::super::wire::{self, Presence, Reading, Row, Same, decode, flag, json as at, text, texts};
use super::AzureData;
use super::arm_data::schema;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Finding, Kind, Schema};
use crate::value::Value;

/// A data source of the directory.
pub struct DirectoryData {
    name: &'static str,
    /// The objects of Graph that it finds one of.
    set: &'static str,
    /// What it is found by, and what Graph calls that; the first is the object's id.
    keys: &'static [(&'static str, &'static str)],
    rows: Vec<Row>,
    schema: Schema,
}

impl DirectoryData {
    /// `data "azuread_group"`
    pub fn group() -> Self {
        const KEYS: &[(&str, &str)] =
            &[("object_id", "id"), ("display_name", "displayName"), ("mail_nickname", "mailNickname")];
        let kind = |name: &'static str, wire| flag(name).or_computed().at(wire);
        let rows = vec![
            kind("security_enabled", "securityEnabled")
                .about("Only a group for access is found, or only one that is none."),
            kind("mail_enabled", "mailEnabled"),
            flag("include_transitive_members").about("Whether those in groups of the group are told too."),
            text("description").computed().at("description"),
            text("mail").computed().at("mail"),
            flag("assignable_to_role").computed().at("isAssignableToRole"),
            texts("types").computed().at("groupTypes"),
            texts("members").computed().at("members").about("The object ids of those in it."),
        ];
        Self::new("azuread_group", "groups", KEYS, rows)
    }

    /// `data "azuread_user"`
    pub fn user() -> Self {
        const KEYS: &[(&str, &str)] = &[
            ("object_id", "id"),
            ("user_principal_name", "userPrincipalName"),
            ("mail", "mail"),
            ("mail_nickname", "mailNickname"),
        ];
        let rows = vec![
            text("display_name").computed().at("displayName"),
            text("given_name").computed().at("givenName"),
            text("surname").computed().at("surname"),
            flag("account_enabled").computed().at("accountEnabled"),
        ];
        Self::new("azuread_user", "users", KEYS, rows)
    }

    /// `data "azuread_service_principal"`
    pub fn service_principal() -> Self {
        const KEYS: &[(&str, &str)] = &[("object_id", "id"), ("client_id", "appId"), ("display_name", "displayName")];
        let rows = vec![
            text("type").computed().at("servicePrincipalType"),
            flag("account_enabled").computed().at("accountEnabled"),
            text("description").computed().at("description"),
            texts("service_principal_names").computed().at("servicePrincipalNames"),
        ];
        Self::new("azuread_service_principal", "servicePrincipals", KEYS, rows)
    }

    fn new(
        name: &'static str,
        set: &'static str,
        keys: &'static [(&'static str, &'static str)],
        mut rows: Vec<Row>,
    ) -> Self {
        rows.extend(keys.iter().map(|(name, wire)| text(name).or_computed().same(Same::Caseless).at(wire)));
        let schema = schema(&rows);
        Self { name, set, keys, rows, schema }
    }

    /// What is given, and what Graph calls it.
    fn sought<'v>(&self, config: &'v Value) -> Option<(&'static str, &'v str)> {
        let given = |name: &str| config.field(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        self.keys.iter().find_map(|(name, wire)| Some((*wire, given(name)?)))
    }

    /// The one object that is meant; none, and several, are errors that say how to find it.
    async fn find(&self, graph: &GraphClient, config: &Value, wire: &str, value: &str) -> Result<Json, Diagnostics> {
        let failed = |error: &ArmError| error.diagnostic(&format!("read data.{} {value:?}", self.name));
        let mut found = graph.find(self.set, wire, value).await.map_err(|error| failed(&error))?;
        let wanted = self.rows.iter().filter(|row| row.presence == Presence::OptionalComputed);
        for (name, path) in wanted.filter_map(|row| Some((row.name, row.wire?))) {
            let asked = config.field(name).and_then(Value::as_bool);
            found.retain(|object| asked.is_none() || at::get(object, path).and_then(Json::as_bool) == asked);
        }
        let said = |detail: String| Diagnostics::from(Diagnostic::error("Not found in the directory", detail));
        let others = self.keys.iter().filter(|(_, other)| *other != wire).map(|(name, _)| *name);
        let others: Vec<&str> = others.collect();
        match found.len() {
            1 => found.pop().ok_or_else(|| said(String::new())),
            0 => Err(said(format!(
                "The directory has none of its {} with {wire} = {value:?}. Check the spelling, and that the account that runs \
                 this is of that directory.",
                self.set
            ))),
            many => Err(said(format!(
                "The directory has {many} {} with {wire} = {value:?}. Name the one that is meant by another of its arguments: {}.",
                self.set,
                others.join(", ")
            ))),
        }
    }
}

impl Kind for DirectoryData {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let names: Vec<&str> = self.keys.iter().map(|(name, _)| *name).collect();
        let fields: Vec<&Value> = names.iter().filter_map(|name| config.field(name)).collect();
        let given = fields.iter().filter(|value| value.is_known() && !value.is_null()).count();
        let open = fields.iter().any(|value| !value.is_known());
        if given == 1 || given == 0 && open {
            return Vec::new();
        }
        let detail = format!("exactly one of `{}` must be specified", names.join(", "));
        let first = names.first().copied().unwrap_or_default();
        vec![wire::finding(first, Diagnostic::error("Invalid combination of arguments", detail))]
    }
}

#[async_trait]
impl AzureData for DirectoryData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let nothing = || Diagnostic::error("Not found in the directory", "Nothing says which object is meant.");
        let (wire, value) = self.sought(config).ok_or_else(nothing)?;
        let graph = azure.graph.as_ref().ok_or_else(nothing)?;
        let mut object = self.find(graph, config, wire, value).await?;
        let id = at::get_str(&object, "id").unwrap_or_default().to_owned();
        if self.set == "groups" {
            let deep = config.field("include_transitive_members").and_then(Value::as_bool) == Some(true);
            let members = if deep { graph.members(&id).await } else { graph.direct_members(&id).await };
            let members = members.map_err(|error| error.diagnostic(&format!("read the members of group {id}")))?;
            let ids: Vec<Json> = members.iter().filter_map(|member| member.get("id").cloned()).collect();
            at::set(&mut object, "members", Json::Array(ids));
        }
        let mut fields = decode(&self.rows, &object, None, Reading::Anew(azure.dialect));
        for (name, given) in config.as_fields().into_iter().flatten().filter(|(_, given)| !given.is_null()) {
            fields.insert(name.clone(), given.clone());
        }
        // azuread 3 records the path of the object in Graph.
        fields.insert(Arc::from("id"), Value::string(format!("/{}/{id}", self.set)));
        fields.insert(Arc::from("timeouts"), Value::null(wire::timeouts_type()));
        Ok(Value::object(fields))
    }
}
