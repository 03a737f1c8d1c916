//! Data sources about the account: `azurerm_client_config` (who we are) and `azurerm_subscription` (where we work).

use std::sync::Arc;

use async_trait::async_trait;

use super::super::session::Azure;
use super::super::wire::{self, Reading, Row, decode, finding, text};
use super::arm_data::schema;
use super::data::subscription_rows;
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Finding, Kind, Schema};
use crate::value::Value;

/// `data "azurerm_client_config"`, and azapi's of the same content.
pub struct ClientConfig {
    name: &'static str,
    schema: Schema,
}

impl ClientConfig {
    /// azurerm's data source.
    pub fn azurerm() -> Self {
        let names = ["client_id", "tenant_id", "subscription_id", "object_id"];
        Self { name: "azurerm_client_config", schema: schema(&names.map(|name| text(name).computed())) }
    }

    /// azapi's data source, which tells the subscription's ARM id too.
    pub fn azapi() -> Self {
        let names = ["tenant_id", "subscription_id", "subscription_resource_id", "object_id"];
        Self { name: "azapi_client_config", schema: schema(&names.map(|name| text(name).computed())) }
    }
}

impl ClientConfig {
    /// azuread's data source, which knows no subscription.
    pub fn azuread() -> Self {
        let names = ["client_id", "tenant_id", "object_id"];
        Self { name: "azuread_client_config", schema: schema(&names.map(|name| text(name).computed())) }
    }
}

impl Kind for ClientConfig {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl AzureData for ClientConfig {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let claims = azure.client.claims().await.map_err(|e| e.diagnostic("sign in to Azure"))?;
        let tenant = if azure.tenant.is_empty() { claims.tenant_id } else { azure.tenant.clone() };
        let told = format!(
            "clientId={};objectId={};subscriptionId={};tenantId={tenant}",
            claims.client_id, claims.object_id, azure.subscription
        );
        let all = [
            ("id", Value::string(base64::Engine::encode(&base64::prelude::BASE64_STANDARD, told))),
            ("client_id", Value::string(claims.client_id)),
            ("tenant_id", Value::string(tenant)),
            ("subscription_id", Value::string(azure.subscription.as_str())),
            ("subscription_resource_id", Value::string(format!("/subscriptions/{}", azure.subscription))),
            ("object_id", Value::string(claims.object_id)),
            ("timeouts", timeouts(config)),
        ];
        let attributes = &self.schema.block.attributes;
        Ok(Value::object_of(all.into_iter().filter(|(name, _)| attributes.contains_key(*name) || *name == "timeouts")))
    }
}

/// `data "azurerm_subscription"`
pub struct Subscription {
    rows: Vec<Row>,
    schema: Schema,
}

impl Subscription {
    /// The data source.
    pub fn new() -> Self {
        let rows = subscription_rows();
        Self { schema: schema(&rows), rows }
    }
}

impl Kind for Subscription {
    fn name(&self) -> &'static str {
        "azurerm_subscription"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let given = config.field("subscription_id").and_then(Value::as_str);
        let wrong = given.filter(|id| uuid::Uuid::try_parse(id).is_err());
        let detail = |id: &str| {
            format!("{id:?} is no subscription id: it must be a GUID, without \"/subscriptions/\" before it.")
        };
        let told = |id: &str| finding("subscription_id", Diagnostic::error("Invalid subscription id", detail(id)));
        wrong.map(told).into_iter().collect()
    }
}

#[async_trait]
impl AzureData for Subscription {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let given = config.field("subscription_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = format!("/subscriptions/{}", given.unwrap_or(&azure.subscription));
        let found = azure.client.find(&id, "2022-12-01", &azure.client.patience(READ)).await;
        let found = found.map_err(|e| e.diagnostic(&format!("read data.azurerm_subscription {id}")))?;
        let answer = found.ok_or_else(|| {
            let detail = format!("{id} does not exist, or the account that runs this may not see it.");
            Diagnostic::error("Subscription not found", detail)
        })?;
        let mut fields = decode(&self.rows, &answer.body, Some(config), Reading::Anew(azure.dialect));
        fields.insert(Arc::from("id"), Value::string(id));
        fields.insert(Arc::from("timeouts"), timeouts(config));
        Ok(Value::object(fields))
    }
}

fn timeouts(config: &Value) -> Value {
    config.field("timeouts").cloned().unwrap_or_else(|| Value::null(wire::timeouts_type()))
}
