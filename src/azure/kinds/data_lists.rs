//! Data sources that list: subscriptions, resources, versions of Kubernetes.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::super::arm::{ArmError, Method, Request};
use super::super::session::Azure;
use super::super::wire::{
    self, Reading, Row, Same, blocks, decode, flag, json as at, normal_location, text, text_map, texts,
};
use super::arm_data::schema;
use super::{AzureData, READ};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{Kind, Schema};
use crate::value::Value;

/// A data source of which everything follows from a list.
pub struct ListData {
    name: &'static str,
    rows: Vec<Row>,
    schema: Schema,
    list: Box<dyn List>,
}

/// What is listed, and what comes of it.
#[async_trait]
trait List: Send + Sync {
    /// Where the list is.
    fn request(&self, azure: &Azure, config: &Value) -> Request;

    /// The list, page by page.
    async fn items(&self, azure: &Azure, request: &Request) -> Result<Vec<Json>, ArmError> {
        azure.client.list(request, &azure.client.patience(READ)).await
    }

    /// What the rows read, and the id that is recorded.
    fn answer(&self, azure: &Azure, config: &Value, items: Vec<Json>) -> Result<(Json, String), Diagnostic>;
}

/// `data "azurerm_subscriptions"`
pub fn subscriptions() -> ListData {
    let one = vec![
        text("id").at("id"),
        text("subscription_id").at("subscriptionId"),
        text("display_name").at("displayName"),
        text("tenant_id").at("tenantId"),
        text("state").at("state"),
        text("location_placement_id").at("subscriptionPolicies.locationPlacementId"),
        text("quota_id").at("subscriptionPolicies.quotaId"),
        text("spending_limit").at("subscriptionPolicies.spendingLimit"),
        text_map("tags").at("tags"),
    ];
    let rows = vec![
        text("display_name_prefix"),
        text("display_name_contains"),
        blocks("subscriptions", one).computed_through().at("items"),
    ];
    ListData::new("azurerm_subscriptions", rows, Subscriptions)
}

/// `data "azurerm_resources"`
pub fn resources() -> ListData {
    let one = vec![
        text("id").at("id"),
        text("name").at("name"),
        text("type").at("type"),
        text("location").same(Same::Location).at("location"),
        text("resource_group_name").at("group"),
        text_map("tags").at("tags"),
    ];
    let rows = vec![
        text("name").or_computed(),
        text("type").or_computed().same(Same::Caseless),
        text("resource_group_name").or_computed().same(Same::Caseless),
        text_map("required_tags"),
        blocks("resources", one).computed_through().at("items"),
    ];
    ListData::new("azurerm_resources", rows, Resources)
}

/// `data "azurerm_kubernetes_service_versions"`
pub fn kubernetes_versions() -> ListData {
    let rows = vec![
        text("location").required().same(Same::Location),
        text("version_prefix"),
        flag("include_preview").default_to(true),
        texts("versions").computed().at("versions"),
        text("latest_version").computed().at("latest"),
        text("default_version").computed().at("default"),
    ];
    ListData::new("azurerm_kubernetes_service_versions", rows, Versions)
}

impl ListData {
    fn new(name: &'static str, rows: Vec<Row>, list: impl List + 'static) -> Self {
        Self { name, schema: schema(&rows), rows, list: Box::new(list) }
    }
}

impl Kind for ListData {
    fn name(&self) -> &str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl AzureData for ListData {
    async fn read_data(&self, azure: &Azure, config: &Value) -> Result<Value, Diagnostics> {
        let request = self.list.request(azure, config);
        let items = self.list.items(azure, &request).await;
        let items = items.map_err(|e| e.diagnostic(&format!("read data.{}", self.name)))?;
        let (answer, id) = self.list.answer(azure, config, items)?;
        let mut fields = decode(&self.rows, &answer, Some(config), Reading::Anew(azure.dialect));
        for row in &self.rows {
            // What was asked for stays as it was written.
            let given = config.field(row.name).filter(|value| !value.is_null() && row.configurable());
            if let Some(given) = given {
                fields.insert(Arc::from(row.name), given.clone());
            }
        }
        fields.insert(Arc::from("id"), Value::string(id));
        let timeouts = config.field("timeouts").cloned();
        fields.insert(Arc::from("timeouts"), timeouts.unwrap_or_else(|| Value::null(wire::timeouts_type())));
        Ok(Value::object(fields))
    }
}

fn asked<'v>(config: &'v Value, name: &str) -> Option<&'v str> {
    config.field(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

struct Subscriptions;

impl List for Subscriptions {
    fn request(&self, _azure: &Azure, _config: &Value) -> Request {
        Request::new(Method::Get, "/subscriptions", "2022-12-01")
    }

    fn answer(&self, azure: &Azure, config: &Value, mut items: Vec<Json>) -> Result<(Json, String), Diagnostic> {
        let lower = |name| asked(config, name).map(str::to_lowercase);
        let (prefix, part) = (lower("display_name_prefix"), lower("display_name_contains"));
        items.retain(|item| {
            let name = at::get_str(item, "displayName").unwrap_or_default().to_lowercase();
            prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix))
                && part.as_ref().is_none_or(|part| name.contains(part))
        });
        Ok((json!({ "items": items }), format!("subscriptions-{}", azure.tenant)))
    }
}

struct Resources;

impl List for Resources {
    fn request(&self, azure: &Azure, config: &Value) -> Request {
        let subscription = format!("/subscriptions/{}", azure.subscription);
        let scope = match asked(config, "resource_group_name") {
            Some(group) => format!("{subscription}/resourceGroups/{group}"),
            None => subscription,
        };
        let filters: Vec<_> = [("name", "name"), ("type", "resourceType")]
            .iter()
            .filter_map(|(name, member)| Some(format!("{member} eq '{}'", asked(config, name)?.replace('\'', "''"))))
            .collect();
        let request = Request::new(Method::Get, format!("{scope}/resources"), "2021-04-01");
        if filters.is_empty() { request } else { request.query("$filter", filters.join(" and ")) }
    }

    fn answer(&self, _azure: &Azure, config: &Value, mut items: Vec<Json>) -> Result<(Json, String), Diagnostic> {
        let same = |item: &Json, name: &str| {
            asked(config, name)
                .is_none_or(|wanted| at::get_str(item, name).is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
        };
        let tags = config.field("required_tags").and_then(Value::as_fields);
        let tagged = |item: &Json| {
            tags.into_iter().flatten().all(|(key, value)| {
                let found = item.get("tags").and_then(|tags| tags.get(key.as_ref())).and_then(Json::as_str);
                found.is_some() && found == value.as_str()
            })
        };
        items.retain(|item| same(item, "name") && same(item, "type") && tagged(item));
        for item in &mut items {
            let group = at::get_str(item, "id").and_then(|id| id.split('/').nth(4)).unwrap_or_default().to_owned();
            at::set(item, "group", json!(group));
            if let Some(location) = at::get_str(item, "location").map(normal_location) {
                at::set(item, "location", json!(location));
            }
        }
        let found = ["resource_group_name", "type", "name"].map(|name| asked(config, name).unwrap_or_default());
        Ok((json!({ "items": items }), format!("resource-{}", found.join("-"))))
    }
}

struct Versions;

#[async_trait]
impl List for Versions {
    fn request(&self, azure: &Azure, config: &Value) -> Request {
        let location = normal_location(asked(config, "location").unwrap_or_default());
        let path = format!(
            "/subscriptions/{}/providers/Microsoft.ContainerService/locations/{location}/kubernetesVersions",
            azure.subscription
        );
        Request::new(Method::Get, path, super::kubernetes_cluster::CONTAINER_SERVICE)
    }

    /// This list is in one piece, and under a name of its own.
    async fn items(&self, azure: &Azure, request: &Request) -> Result<Vec<Json>, ArmError> {
        let answer = azure.client.send(request, &azure.client.patience(READ)).await?;
        Ok(answer.body.get("values").and_then(Json::as_array).cloned().unwrap_or_default())
    }

    fn answer(&self, azure: &Azure, config: &Value, items: Vec<Json>) -> Result<(Json, String), Diagnostic> {
        let previews = config.field("include_preview").and_then(Value::as_bool) != Some(false);
        let prefix = asked(config, "version_prefix").unwrap_or_default();
        let minors: Vec<&Json> =
            items.iter().filter(|minor| previews || minor.get("isPreview") != Some(&Json::Bool(true))).collect();
        let patches = |minor: &Json| {
            let patches = minor.get("patchVersions").and_then(Json::as_object).cloned().unwrap_or_default();
            patches.into_iter().map(|(version, _)| version).collect::<Vec<_>>()
        };
        let mut versions: Vec<String> = minors.iter().flat_map(|minor| patches(minor)).collect();
        versions.retain(|version| version.starts_with(prefix));
        versions.sort_by_key(|version| parts(version));
        let location = asked(config, "location").unwrap_or_default();
        let Some(latest) = versions.last() else {
            return Err(Diagnostic::error(
                "No such version",
                format!("AKS has no version of Kubernetes in {location} that starts with {prefix:?}."),
            ));
        };
        let of_default = minors.iter().find(|minor| minor.get("isDefault") == Some(&Json::Bool(true)));
        let default = of_default.and_then(|minor| patches(minor).into_iter().max_by_key(|version| parts(version)));
        let id = format!(
            "/subscriptions/{}/providers/Microsoft.ContainerService/locations/{}",
            azure.subscription,
            normal_location(location)
        );
        Ok((json!({ "versions": versions, "latest": latest, "default": default }), id))
    }
}

/// A version by its numbers, so that 1.9 comes before 1.10.
fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let mut versions = vec!["1.10.0", "1.9.3", "1.33.5", "1.9.11"];
        versions.sort_by_key(|version| parts(version));
        assert_eq!(versions, ["1.9.3", "1.9.11", "1.10.0", "1.33.5"]);
    }
}
