//! `azurerm_subscription`: a subscription that an alias opens under a billing account, or takes charge of.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::arm::{ArmError, Conflict, Method, Patience, Request};
use super::super::session::Azure;
use super::super::wire::{PlanCase, Rule, Same, Table, finding, json as at, text, text_map};
use super::READ;
use super::arm_kind::ArmKind;
use super::hooks::{Call, Fault, Hooks};
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;
use crate::value::{Type, Value};

/// The api-version of aliases and of what is done to a subscription by its billing account.
const ALIASES: &str = "2021-10-01";
/// The api-version of subscriptions themselves.
const SUBSCRIPTIONS: &str = "2022-12-01";
/// The api-version of tags as a resource of their own.
const TAGS: &str = "2021-04-01";

/// What derived aliases are derived below: a random UUID, chosen once and never to be changed.
const NAMESPACE: Uuid = Uuid::from_u128(0x5e0c_91d7_33a8_4b62_8f14_d06a_7b52_c3e9);

/// How long to wait before asking again whether a subscription has become what it was told to be.
const BECOMING: Duration = Duration::from_secs(10);

/// The states of a subscription that has been cancelled.
const CANCELLED: [&str; 2] = ["Disabled", "Warned"];

/// Where in an answer what Azure says of the subscription itself is laid.
const ITSELF: &str = "subscription";

/// A subscription.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Subscription)
}

fn table() -> Table {
    let either = Rule::ExactlyOneOf(&["subscription_id", "billing_scope_id"]);
    Table::of(
        "azurerm_subscription",
        "Microsoft.Subscription/aliases",
        ALIASES,
        "/providers/Microsoft.Subscription/aliases/{alias}",
    )
    .about("A subscription, opened under a billing account or taken charge of. Destroying it cancels it.")
    .rows([
        text("alias")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .about("The name of the alias. Without it one is derived from the other arguments."),
        text("subscription_name")
            .required()
            .at("subscription.displayName")
            .rule(Rule::Pattern(r"^[^<>;|]{1,64}$", "(must be 1 to 64 characters, and none of `<`, `>`, `;` and `|`)"))
            .about("What people call it."),
        text("billing_scope_id")
            .same(Same::Caseless)
            .at("properties.billingScope")
            .rule(either)
            .about("The billing scope of a new subscription: an enrolment account, an invoice section, a customer."),
        text("subscription_id")
            .or_computed()
            .replaces()
            .same(Same::Caseless)
            .at("properties.subscriptionId")
            .rule(either)
            .about("The GUID of a subscription that is there already, to take charge of it."),
        text("workload")
            .replaces()
            .same(Same::Caseless)
            .one_of(&["Production", "DevTest"])
            .at("properties.workload")
            .about("What a new subscription is for; Production without it."),
        text("tenant_id").computed().at("subscription.tenantId").about("The directory that it belongs to."),
        text_map("tags").at("subscription.tags").about("Tags of the subscription."),
    ])
}

struct Subscription;

#[async_trait]
impl Hooks for Subscription {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        let given = config.field("subscription_id").and_then(Value::as_str);
        let wrong = given.filter(|id| Uuid::try_parse(id).is_err());
        let told = |id: &str| {
            let detail =
                format!("{id:?} is no subscription id: it must be a GUID, without \"/subscriptions/\" before it.");
            finding("subscription_id", Diagnostic::error("Invalid subscription id", detail))
        };
        wrong.map(told).into_iter().collect()
    }

    fn plan(&self, case: &mut PlanCase<'_>) {
        if case.prior.is_some() {
            keep_what_cannot_change(case);
        }
        if (case.prior.is_none() || !case.requires_replace.is_empty()) && !case.is_configured("alias") {
            let alias = derived_alias(case).map_or_else(|| Value::unknown(Type::String), Value::string);
            let id =
                alias.as_str().map(|alias| Value::string(format!("/providers/Microsoft.Subscription/aliases/{alias}")));
            case.set("alias", alias);
            case.set("id", id.unwrap_or_else(|| Value::unknown(Type::String)));
        }
    }

    /// Azure need not say what a subscription was opened with: what is recorded of it stays.
    fn lift(&self, answer: &mut Json, prior: Option<&Value>) {
        for (name, path) in [("billing_scope_id", "properties.billingScope"), ("workload", "properties.workload")] {
            if let Some(kept) = prior.and_then(|prior| prior.field(name)?.as_str()) {
                at::set(answer, path, json!(kept));
            }
        }
    }

    /// An alias takes only these, and everything else is told to the subscription itself.
    fn lower(&self, body: &mut Json, planned: &Value, _creating: bool) {
        let text = |name: &str| planned.field(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut properties = json!({ "displayName": text("subscription_name") });
        let workload = text("workload").unwrap_or("Production");
        match text("billing_scope_id") {
            Some(scope) => {
                at::set(&mut properties, "billingScope", json!(scope));
                at::set(&mut properties, "workload", json!(workload));
            }
            None => at::set(&mut properties, "subscriptionId", json!(text("subscription_id"))),
        }
        *body = json!({ "properties": properties });
    }

    async fn read_more(&self, azure: &Azure, _id: &str, answer: &mut Json) -> Result<(), ArmError> {
        let Some(subscription) = at::get_str(answer, "properties.subscriptionId").map(path_of) else { return Ok(()) };
        if let Some(found) = azure.client.find(&subscription, SUBSCRIPTIONS, &azure.client.patience(READ)).await? {
            at::set(answer, ITSELF, found.body);
        }
        Ok(())
    }

    async fn create(&self, call: &Call<'_>, body: Json, planned: &Value) -> Result<(), Fault> {
        if let Some(taken) = at::get_str(&body, "properties.subscriptionId") {
            take_charge(call, taken).await?;
        }
        call.put(body).await?;
        self.write_more(call, None, planned).await
    }

    /// What the alias says of a subscription is not changed: it has been opened.
    async fn update(
        &self,
        call: &Call<'_>,
        _before: &Json,
        _body: Json,
        prior: &Value,
        planned: &Value,
    ) -> Result<(), Fault> {
        self.write_more(call, Some(prior), planned).await
    }

    /// Name and tags are the subscription's own.
    async fn write_more(&self, call: &Call<'_>, prior: Option<&Value>, planned: &Value) -> Result<(), Fault> {
        let subscription = subscription_of(call).await?;
        let is_now = state(call.azure, &subscription, &call.patience).await?;
        let name = planned.field("subscription_name").and_then(Value::as_str).unwrap_or_default();
        if at::get_str(&is_now, "displayName") != Some(name) {
            let renaming = json!({ "subscriptionName": name });
            call.post_at(&format!("{subscription}/providers/Microsoft.Subscription"), "rename", renaming).await?;
            until(call, &subscription, |now| at::get_str(now, "displayName") == Some(name)).await?;
        }
        let tags = planned.field("tags").filter(|tags| !tags.is_null());
        let before = prior.and_then(|prior| prior.field("tags")).filter(|tags| !tags.is_null());
        let wanted = with_tags(&is_now, before, tags);
        if wanted != *is_now.get("tags").unwrap_or(&json!({})) {
            let request =
                Request::new(Method::Put, format!("{subscription}/providers/Microsoft.Resources/tags/default"), TAGS)
                    .body(json!({ "properties": { "tags": wanted } }));
            call.azure.client.perform(&request, &call.patience).await?;
        }
        Ok(())
    }

    /// The subscription is cancelled, unless the provider's features say otherwise; then its alias goes. One whose
    /// cancellation failed is still found by its alias.
    async fn delete(&self, call: &Call<'_>, _prior: &Value) -> Result<(), Fault> {
        if call.azure.cancel_subscriptions && call.find_at(call.id).await?.is_some() {
            let subscription = subscription_of(call).await?;
            if !is_cancelled(&state(call.azure, &subscription, &call.patience).await?) {
                call.post_at(&format!("{subscription}/providers/Microsoft.Subscription"), "cancel", Json::Null).await?;
                until(call, &subscription, is_cancelled).await?;
            }
        }
        Ok(call.delete().await?)
    }

    fn passing(&self) -> &'static [Conflict] {
        &[Conflict::Busy]
    }
}

/// An account is moved between billing scopes elsewhere, and what a subscription is for is said when it is opened. What
/// was recorded of neither is filled in without a word.
fn keep_what_cannot_change(case: &mut PlanCase<'_>) {
    let was_written = |case: &PlanCase<'_>, name: &str| case.prior_at(name).is_some_and(|before| !before.is_null());
    if !was_written(case, "workload") || !case.is_configured("workload") {
        case.requires_replace.retain(|path| path.to_string() != "workload");
        if let Some(id) = case.prior_at("id").filter(|_| case.requires_replace.is_empty()).cloned() {
            case.set("id", id);
        }
        if !case.is_configured("workload") {
            let kept = case.prior_at("workload").cloned().unwrap_or_else(|| Value::null(Type::String));
            case.set("workload", kept);
        }
    }
    if case.is_configured("billing_scope_id")
        && was_written(case, "billing_scope_id")
        && case.changes("billing_scope_id")
    {
        case.warn(
            "billing_scope_id",
            "The billing scope of a subscription is not changed",
            "Azure moves no subscription to another billing scope by its alias. Have it moved in the portal or by whoever \
             administers the billing account; what changes here is only what is recorded.",
        );
    }
}

/// An alias that is the same at each plan.
fn derived_alias(case: &PlanCase<'_>) -> Option<String> {
    let whose = if case.is_configured("billing_scope_id") { "billing_scope_id" } else { "subscription_id" };
    let whose = case.planned_at(whose)?.as_str()?;
    let name = case.planned_at("subscription_name")?.as_str()?;
    Some(Uuid::new_v5(&NAMESPACE, format!("{whose}|{name}").to_lowercase().as_bytes()).to_string())
}

fn path_of(subscription: &str) -> String {
    format!("/subscriptions/{subscription}")
}

fn is_cancelled(subscription: &Json) -> bool {
    at::get_str(subscription, "state").is_some_and(|state| CANCELLED.contains(&state))
}

/// The id of the subscription that the alias stands for.
async fn subscription_of(call: &Call<'_>) -> Result<String, Fault> {
    let found = call.find_at(call.id).await?.unwrap_or_default();
    let subscription = at::get_str(&found, "properties.subscriptionId").map(path_of);
    subscription.ok_or_else(|| {
        let detail = format!("Azure has the alias {} and names no subscription for it yet. Run apply again.", call.id);
        Diagnostic::error("No subscription", detail).into()
    })
}

/// What Azure says of a subscription; nothing while it does not know it.
async fn state(azure: &Azure, subscription: &str, patience: &Patience<'_>) -> Result<Json, ArmError> {
    let found = azure.client.find(subscription, SUBSCRIPTIONS, patience).await?;
    Ok(found.map(|found| found.body).unwrap_or_default())
}

/// Waits until a subscription is as it was told to be: its copies elsewhere follow within a minute or two.
async fn until(call: &Call<'_>, subscription: &str, is_so: impl Fn(&Json) -> bool + Send) -> Result<(), ArmError> {
    while !is_so(&state(call.azure, subscription, &call.patience).await?) {
        call.patience.pause(BECOMING).await?;
    }
    Ok(())
}

/// Makes a subscription that is there already fit to be taken charge of: it has no alias yet, and is not cancelled.
async fn take_charge(call: &Call<'_>, subscription: &str) -> Result<(), Fault> {
    let aliases = Request::new(Method::Get, "/providers/Microsoft.Subscription/aliases", ALIASES);
    let aliases = call.azure.client.list(&aliases, &call.patience).await?;
    let is_its = |alias: &&Json| {
        at::get_str(alias, "properties.subscriptionId").is_some_and(|other| other.eq_ignore_ascii_case(subscription))
    };
    if let Some(alias) = aliases.iter().find(is_its).and_then(|alias| at::get_str(alias, "id")) {
        return Err(super::arm_kind::already_exists("azurerm_subscription", alias).into());
    }
    let path = path_of(subscription);
    let is_now = state(call.azure, &path, &call.patience).await?;
    if is_now.is_null() {
        let detail = format!("{path} does not exist, or the account that runs this may not see it.");
        return Err(Diagnostic::error("Subscription not found", detail).into());
    }
    if is_cancelled(&is_now) {
        call.post_at(&format!("{path}/providers/Microsoft.Subscription"), "enable", Json::Null).await?;
        until(call, &path, |now| !is_cancelled(now)).await?;
    }
    Ok(())
}

/// The tags that a subscription has, with ours as they are to be. Those that others have put there stay.
fn with_tags(is_now: &Json, before: Option<&Value>, wanted: Option<&Value>) -> Json {
    let mut tags = is_now.get("tags").and_then(Json::as_object).cloned().unwrap_or_default();
    for (name, _) in before.and_then(Value::as_fields).into_iter().flatten() {
        tags.remove(&**name);
    }
    for (name, value) in wanted.and_then(Value::as_fields).into_iter().flatten() {
        tags.insert(name.to_string(), json!(value.as_str()));
    }
    Json::Object(tags)
}
