//! `azurerm_monitor_diagnostic_setting`

use serde_json::{Value as Json, json};

use super::super::wire::{PlanCase, Row, Rule, Same, Table, block, block_set, flag, integer, json as at, text};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::value::{Fields, Type, Value};

/// Where the logs and metrics of a resource go.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Setting)
}

const SOURCES: Rule = Rule::AtLeastOneOf(&["enabled_log", "enabled_metric", "metric"]);
const DESTINATIONS: Rule = Rule::AtLeastOneOf(&[
    "log_analytics_workspace_id",
    "storage_account_id",
    "eventhub_authorization_rule_id",
    "partner_solution_id",
]);

fn table() -> Table {
    Table::of(
        "azurerm_monitor_diagnostic_setting",
        "Microsoft.Insights/diagnosticSettings",
        "2021-05-01-preview",
        "{target_resource_id}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    )
    .about("Where the logs and metrics of a resource go.")
    .rows([
        text("name").required().replaces().about("The name of the setting.").rule(Rule::Pattern(
            r"^[^<>*%&:\\?+/]{1,260}$",
            r"(must be 1 to 260 characters, none of `<`, `>`, `*`, `%`, `&`, `:`, `\`, `?`, `+`, `/`)",
        )),
        text("target_resource_id").required().replaces().same(Same::ArmId).about("The resource that they are of."),
        destination("log_analytics_workspace_id", "properties.workspaceId"),
        destination("storage_account_id", "properties.storageAccountId"),
        destination("eventhub_authorization_rule_id", "properties.eventHubAuthorizationRuleId"),
        destination("partner_solution_id", "properties.marketplacePartnerId"),
        text("eventhub_name").at("properties.eventHubName"),
        text("log_analytics_destination_type")
            .or_computed()
            .one_of(&["Dedicated", "AzureDiagnostics"])
            .at("properties.logAnalyticsDestinationType"),
        block_set(
            "enabled_log",
            vec![text("category").at("category"), text("category_group").at("categoryGroup"), retention()],
        )
        .rule(SOURCES)
        .at("logs"),
        block_set("enabled_metric", vec![text("category").required().at("category")]).rule(SOURCES).at("metrics"),
        block_set(
            "metric",
            vec![
                text("category").required().at("category"),
                flag("enabled").default_to(true).at("enabled"),
                retention(),
            ],
        )
        .rule(SOURCES)
        .rule(Rule::Conflicts(&["enabled_metric"]))
        .deprecated("enabled_metric")
        .at("allMetrics")
        .about("azurerm 4.x's block for metrics, which lists what is off too."),
    ])
}

fn retention() -> Row {
    block("retention_policy", vec![flag("enabled").required().at("enabled"), integer("days").at("days")])
        .deprecated("azurerm_storage_management_policy")
        .at("retentionPolicy")
        .about("azurerm 4.x's; Azure takes no retention for new settings.")
}

fn destination(name: &'static str, wire: &'static str) -> Row {
    text(name).same(Same::ArmId).rule(DESTINATIONS).at(wire)
}

struct Setting;

/// Where entries of the body are laid for the blocks that list them: the block, its place, the list of the service.
const LISTS: [(&str, &str, &str); 3] = [
    ("enabled_log", "logs", "properties.logs"),
    ("enabled_metric", "metrics", "properties.metrics"),
    ("metric", "allMetrics", "properties.metrics"),
];

impl Hooks for Setting {
    fn renamed(&self, path: &[&str]) -> Option<String> {
        match path {
            ["log"] => Some("This block is named \"enabled_log\".".to_owned()),
            _ => None,
        }
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        // Azure answers nothing for a setting that has never been one way or the other.
        let open = case.planned_at("log_analytics_destination_type").is_some_and(|kind| !kind.is_known());
        if open && !case.is_configured("log_analytics_destination_type") {
            case.set("log_analytics_destination_type", Value::string(""));
        }
        for block in ["enabled_log", "metric"] {
            keep_retention(case, block);
        }
        keep_in_step(case);
    }

    /// Azure lists what is off too, and a retention that nobody asked for. Blocks of a set are read in the order in which
    /// they were recorded.
    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        for (block, laid, wire) in LISTS {
            let Some(mut list) = at::get(answer, wire).and_then(Json::as_array).cloned() else { continue };
            let before = prior.and_then(|prior| prior.field(block)?.as_elements()).unwrap_or_default();
            list.retain(|entry| is_on(entry) || block == "metric" && recorded_at(before, entry).is_some());
            list.sort_by_key(|entry| recorded_at(before, entry).unwrap_or(before.len()));
            for entry in &mut list {
                let own = recorded_at(before, entry).and_then(|at| before.get(at)?.field("retention_policy"));
                if own.and_then(Value::as_elements).is_none_or(<[_]>::is_empty) {
                    at::remove(entry, "retentionPolicy");
                }
            }
            at::set(answer, laid, Json::Array(list));
        }
    }

    fn lower(&self, body: &mut Json, _planned: &Value, _creating: bool) {
        let mut take = |laid: &str| match at::remove(body, laid) {
            Some(Json::Array(list)) => list,
            _ => Vec::new(),
        };
        let (mut logs, mut metrics, all) = (take("logs"), take("metrics"), take("allMetrics"));
        for entry in logs.iter_mut().chain(&mut metrics) {
            at::set(entry, "enabled", json!(true));
        }
        metrics.retain(|entry| !all.iter().any(|other| at::get(other, "category") == at::get(entry, "category")));
        metrics.extend(all);
        at::set(body, "properties.logs", Json::Array(logs));
        at::set(body, "properties.metrics", Json::Array(metrics));
    }

    fn finish(&self, fields: &mut Fields, _prior: Option<&Value>) {
        let all = blocks(fields.get("metric"));
        if !all.is_empty() && blocks(fields.get("enabled_metric")).is_empty() {
            let on = enabled_of(all);
            fields.insert("enabled_metric".into(), on);
        }
    }

    /// azurerm records the resource and the name of the setting with a bar between them.
    fn address(&self, recorded: &str) -> String {
        match recorded.split_once('|') {
            Some((target, name)) => format!("{target}/providers/Microsoft.Insights/diagnosticSettings/{name}"),
            None => recorded.to_owned(),
        }
    }

    fn recorded_id(&self, address: &str) -> String {
        let (target, name) = address.rsplit_once('/').unwrap_or((address, ""));
        let cut = target.to_ascii_lowercase().rfind("/providers/microsoft.insights/diagnosticsettings");
        match cut.and_then(|cut| target.get(..cut)) {
            Some(target) => format!("{target}|{name}"),
            None => address.to_owned(),
        }
    }
}

fn is_on(entry: &Json) -> bool {
    at::get(entry, "enabled") == Some(&Json::Bool(true))
}

/// Which of the recorded blocks an entry is.
fn recorded_at(before: &[Value], entry: &Json) -> Option<usize> {
    let names = [("category", "category"), ("category_group", "categoryGroup")];
    before.iter().position(|block| {
        names.iter().any(|(name, wire)| {
            let recorded = block.field(name).and_then(Value::as_str).filter(|recorded| !recorded.is_empty());
            recorded.is_some() && recorded == at::get_str(entry, wire)
        })
    })
}

fn blocks(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_elements).unwrap_or_default()
}

/// azurerm 4.x records metrics under both of its blocks, whichever of them is configured: the other one follows.
fn keep_in_step(case: &mut PlanCase<'_>) {
    let (on, all) = (blocks(case.planned_at("enabled_metric")), blocks(case.planned_at("metric")));
    let before = blocks(case.prior_at("metric"));
    if !all.is_empty() {
        let followed = all.iter().all(|metric| metric.field("enabled").is_some_and(Value::is_known));
        let followed = followed.then(|| enabled_of(all));
        case.set("enabled_metric", followed.unwrap_or_else(|| Value::unknown(set(Vec::new()).type_of())));
    } else if !before.is_empty() {
        let off = before.iter().filter(|metric| !is_true(metric));
        let off = off.filter(|metric| !on.iter().any(|on| same_category(on, metric))).cloned();
        let recorded = |on: &Value| before.iter().find(|metric| same_category(on, metric) && is_true(metric)).cloned();
        let on = on.iter().filter_map(|on| recorded(on).or_else(|| Some(switched_on(on.field("category")?))));
        let followed = set(off.chain(on).collect());
        case.set("metric", followed);
    }
}

/// A retention that is off says what none says, whatever its days: it stays recorded as it is.
fn keep_retention(case: &mut PlanCase<'_>, block: &str) {
    let before = blocks(case.prior_at(block));
    let is_off = |policy: &Value| !is_true(policy);
    let was_off = |recorded: &&Value| {
        let policies = blocks(recorded.field("retention_policy"));
        !policies.is_empty() && policies.iter().all(is_off)
    };
    let says_nothing = |planned: &Value| {
        let without_days = |policy: &Value| policy.field("days").is_none_or(Value::is_null);
        let policies = blocks(planned.field("retention_policy"));
        planned.is_wholly_known() && policies.iter().all(|policy| is_off(policy) && without_days(policy))
    };
    let kept = |planned: &Value| {
        let recorded = before.iter().filter(was_off).find(|recorded| same_entry(recorded, planned));
        recorded.filter(|_| says_nothing(planned)).unwrap_or(planned).clone()
    };
    let planned = case.planned_at(block).filter(|planned| planned.is_known());
    let kept: Vec<_> = blocks(planned).iter().map(kept).collect();
    if !kept.is_empty() {
        case.set(block, set(kept));
    }
}

/// Whether two blocks are about the same, and on or off alike; azurerm records `""` for no text.
fn same_entry(one: &Value, other: &Value) -> bool {
    let text = |value: &Value, name: &str| value.field(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let on = |value: &Value| value.field("enabled").and_then(Value::as_bool);
    ["category", "category_group"].iter().all(|name| text(one, name) == text(other, name)) && on(one) == on(other)
}

/// The blocks `enabled_metric` that say what blocks `metric` say.
fn enabled_of(metrics: &[Value]) -> Value {
    let on = metrics.iter().filter(|metric| is_true(metric));
    set(on.filter_map(|metric| Some(Value::object_of([("category", metric.field("category")?.clone())]))).collect())
}

fn is_true(metric: &Value) -> bool {
    metric.field("enabled").and_then(Value::as_bool) == Some(true)
}

fn same_category(one: &Value, other: &Value) -> bool {
    one.field("category").and_then(Value::as_str) == other.field("category").and_then(Value::as_str)
}

/// A block `metric` that is on.
fn switched_on(category: &Value) -> Value {
    let policy = Value::list(Type::object([("enabled", Type::Bool), ("days", Type::Number)]), Vec::new());
    Value::object_of([("category", category.clone()), ("enabled", Value::bool(true)), ("retention_policy", policy)])
}

fn set(blocks: Vec<Value>) -> Value {
    let element = blocks.first().map_or_else(|| Type::object([("category", Type::String)]), Value::type_of);
    Value::set(element, blocks)
}
