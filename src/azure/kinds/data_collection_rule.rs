//! `azurerm_monitor_data_collection_rule`: what is collected of a cluster, and where it goes.

use serde_json::{Value as Json, json};

use super::super::wire::{
    ANY_IDENTITIES, Codec, Row, Same, Table, block, block_set, blocks, identity, integer, json as at, location,
    resource_group_name, tags, text, texts,
};
use super::arm_kind::ArmKind;
use super::data_collection::{COLLECTION, agent_kind, collection_name};
use super::hooks::Hooks;
use crate::value::Value;

/// A rule.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Collection)
}

fn table() -> Table {
    Table::of(
        "azurerm_monitor_data_collection_rule",
        "Microsoft.Insights/dataCollectionRules",
        COLLECTION,
        "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/\
         Microsoft.Insights/dataCollectionRules/{name}",
    )
    .about("What is collected, and where it goes.")
    .rows([
        collection_name(),
        resource_group_name(),
        location(),
        text("description").at("properties.description"),
        agent_kind(&["AgentDirectToStore", "AgentSettings", "Linux", "Windows", "WorkspaceTransforms"]),
        text("data_collection_endpoint_id").same(Same::ArmId).at("properties.dataCollectionEndpointId"),
        blocks("data_flow", flow()).required().at("properties.dataFlows"),
        block("destinations", destinations()).required().at("properties.destinations"),
        block("data_sources", sources()).at("properties.dataSources"),
        block_set("stream_declaration", declaration()).at("streamDeclarations"),
        identity(ANY_IDENTITIES),
        text("immutable_id").computed().at("properties.immutableId"),
        tags(),
    ])
}

fn flow() -> Vec<Row> {
    vec![
        streams(),
        texts("destinations").required().at("destinations"),
        text("built_in_transform").at("builtInTransform"),
        text("output_stream").at("outputStream"),
        text("transform_kql").at("transformKql"),
    ]
}

fn streams() -> Row {
    texts("streams").required().at("streams")
}

fn called() -> Row {
    text("name").required().at("name")
}

fn storage_account() -> Row {
    text("storage_account_id").required().same(Same::ArmId).at("storageAccountResourceId")
}

fn blob_rows() -> Vec<Row> {
    vec![called(), storage_account(), text("container_name").required().at("containerName")]
}

fn destinations() -> Vec<Row> {
    let hub = || text("event_hub_id").required().same(Same::ArmId).at("eventHubResourceId");
    let table = text("table_name").required().at("tableName");
    let workspace = text("workspace_resource_id").required().same(Same::ArmId).at("workspaceResourceId");
    let account = text("monitor_account_id").required().same(Same::ArmId).at("accountResourceId");
    vec![
        block("azure_monitor_metrics", vec![called()]).at("azureMonitorMetrics"),
        block("event_hub", vec![called(), hub()]).spelled(Codec::Single).at("eventHubs"),
        block("event_hub_direct", vec![called(), hub()]).spelled(Codec::Single).at("eventHubsDirect"),
        blocks("log_analytics", vec![called(), workspace]).at("logAnalytics"),
        blocks("monitor_account", vec![called(), account]).at("monitoringAccounts"),
        blocks("storage_blob", blob_rows()).at("storageAccounts"),
        blocks("storage_blob_direct", blob_rows()).at("storageBlobsDirect"),
        blocks("storage_table_direct", vec![called(), storage_account(), table]).at("storageTablesDirect"),
    ]
}

fn sources() -> Vec<Row> {
    let import = vec![called(), text("stream").required().at("stream"), text("consumer_group").at("consumerGroup")];
    vec![
        block("data_import", vec![blocks("event_hub_data_source", import).required().at_most(1).at("eventHub")])
            .at("dataImports"),
        blocks(
            "extension",
            vec![
                called(),
                streams(),
                text("extension_name").required().at("extensionName"),
                text("extension_json")
                    .same(Same::Json)
                    .at("extensionSettings")
                    .about("Settings of the extension, as JSON."),
                texts("input_data_sources").at("inputDataSources"),
            ],
        )
        .at("extensions"),
        blocks("iis_log", vec![called(), streams(), texts("log_directories").at("logDirectories")]).at("iisLogs"),
        blocks("log_file", log_file()).at("logFiles"),
        blocks(
            "performance_counter",
            vec![
                called(),
                streams(),
                texts("counter_specifiers").required().at("counterSpecifiers"),
                integer("sampling_frequency_in_seconds").required().range(1, 1800).at("samplingFrequencyInSeconds"),
            ],
        )
        .at("performanceCounters"),
        blocks("platform_telemetry", vec![called(), streams()]).at("platformTelemetry"),
        blocks("prometheus_forwarder", vec![called(), streams(), labels()]).at("prometheusForwarder"),
        blocks("syslog", syslog()).at("syslog"),
        blocks("windows_event_log", vec![called(), streams(), texts("x_path_queries").required().at("xPathQueries")])
            .at("windowsEventLogs"),
        blocks("windows_firewall_log", vec![called(), streams()]).at("windowsFirewallLogs"),
    ]
}

/// Azure has labels as an object: the label and its value.
fn labels() -> Row {
    let label = text("label").required().one_of(&["microsoft_metrics_include_label"]).at("label");
    block_set("label_include_filter", vec![label, text("value").required().at("value")]).at("labels")
}

fn log_file() -> Vec<Row> {
    let stamp = text("record_start_timestamp_format").required().at("recordStartTimestampFormat");
    vec![
        called(),
        streams(),
        texts("file_patterns").required().at("filePatterns"),
        text("format").required().one_of(&["text", "json"]).at("format"),
        block("settings", vec![block("text", vec![stamp]).required().at("text")]).at("settings"),
    ]
}

fn syslog() -> Vec<Row> {
    vec![
        called(),
        texts("facility_names").required().at("facilityNames"),
        texts("log_levels").required().at("logLevels"),
        texts("streams").at("streams"),
    ]
}

fn declaration() -> Vec<Row> {
    let types = &["boolean", "datetime", "dynamic", "int", "long", "real", "string"];
    let column = vec![text("name").required().at("name"), text("type").required().one_of(types).at("type")];
    vec![text("stream_name").required().at("name"), blocks("column", column).required().at("columns")]
}

struct Collection;

const DECLARATIONS: &str = "properties.streamDeclarations";

impl Hooks for Collection {
    /// Settings are JSON in the body and text in HCL; labels and declared streams are objects in the body.
    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        each(body, "properties.dataSources.extensions", |extension| {
            let text = at::get_str(extension, "extensionSettings").map(str::to_owned);
            if let Some(settings) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                at::set(extension, "extensionSettings", settings);
            }
        });
        each(body, "properties.dataSources.prometheusForwarder", |forwarder| {
            let labels = at::remove(forwarder, "labels");
            let pairs = labels.iter().filter_map(Json::as_array).flatten();
            let pair = |pair: &Json| Some((at::get_str(pair, "label")?.to_owned(), at::get(pair, "value")?.clone()));
            at::set(forwarder, "labelIncludeFilter", Json::Object(pairs.filter_map(pair).collect()));
        });
        if let Some(Json::Array(declared)) = at::remove(body, "streamDeclarations") {
            let stream = |stream: &Json| {
                let columns = at::get(stream, "columns").cloned().unwrap_or_else(|| json!([]));
                Some((at::get_str(stream, "name")?.to_owned(), json!({ "columns": columns })))
            };
            at::set(body, DECLARATIONS, Json::Object(declared.iter().filter_map(stream).collect()));
        }
    }

    fn lift(&self, answer: &mut Json, _prior: Option<&Value>) {
        each(answer, "properties.dataSources.extensions", |extension| {
            if let Some(settings) = at::remove(extension, "extensionSettings").filter(|settings| !settings.is_null()) {
                at::set(extension, "extensionSettings", Json::String(settings.to_string()));
            }
        });
        each(answer, "properties.dataSources.prometheusForwarder", |forwarder| {
            if let Some(Json::Object(labels)) = at::remove(forwarder, "labelIncludeFilter") {
                let pairs = labels.into_iter().map(|(label, value)| json!({ "label": label, "value": value }));
                at::set(forwarder, "labels", pairs.collect());
            }
        });
        if let Some(Json::Object(declared)) = at::remove(answer, DECLARATIONS) {
            let streams = declared.into_iter().map(|(name, stream)| {
                json!({ "name": name, "columns": at::get(&stream, "columns").cloned().unwrap_or_else(|| json!([])) })
            });
            at::set(answer, "streamDeclarations", streams.collect());
        }
    }
}

fn each(body: &mut Json, path: &str, mut change: impl FnMut(&mut Json)) {
    let Some(Json::Array(items)) = at::get(body, path).cloned() else { return };
    let changed = items.into_iter().map(|mut item| {
        change(&mut item);
        item
    });
    let changed: Vec<Json> = changed.collect();
    at::set(body, path, Json::Array(changed));
}
