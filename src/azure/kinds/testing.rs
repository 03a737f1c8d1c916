//! What the tests of the kinds share: configurations, plans and answers from short JSON.

#![allow(clippy::unwrap_used)]

use serde_json::{Value as Json, json};

use super::super::wire::{Dialect, Reading};
use super::arm_kind::ArmKind;
use crate::provider::{Block, Kind, PlanResponse};
use crate::value::{Type, Value};

/// The subscription of the tests.
pub const SUBSCRIPTION: &str = "44444444-4444-4444-4444-444444444444";

/// A value that is to be known after apply, in a configuration given as JSON.
pub const UNKNOWN: &str = "<unknown>";

/// A configuration: what is not given is null, a block that is not given is not there.
pub fn config(kind: &ArmKind, given: &Json) -> Value {
    block(&kind.schema().block, given)
}

fn block(schema: &Block, given: &Json) -> Value {
    let allowed = |name: &str| schema.attributes.contains_key(name) || schema.blocks.contains_key(name);
    for name in given.as_object().unwrap().keys() {
        assert!(allowed(name), "no argument {name}");
    }
    let attributes = schema.attributes.iter().map(|(name, a)| (name.clone(), attribute(&a.ty, &given[&**name])));
    let blocks = schema.blocks.iter().map(|(name, b)| {
        let items: Vec<_> = match &given[&**name] {
            Json::Array(items) => items.iter().map(|item| block(&b.block, item)).collect(),
            Json::Null => Vec::new(),
            item => vec![block(&b.block, item)],
        };
        let value = match b.implied_type() {
            Type::List(element) => Value::list((*element).clone(), items),
            Type::Set(element) => Value::set((*element).clone(), items),
            one => items.into_iter().next().unwrap_or_else(|| Value::null(one)),
        };
        (name.clone(), value)
    });
    Value::object_of(attributes.chain(blocks))
}

fn attribute(ty: &Type, given: &Json) -> Value {
    if given == UNKNOWN { Value::unknown(ty.clone()) } else { Value::from_json(given, ty).unwrap() }
}

/// A plan to create.
pub fn creation(kind: &ArmKind, dialect: Dialect, given: &Json) -> PlanResponse {
    kind.decide(SUBSCRIPTION, dialect, None, &config(kind, given))
}

/// What is recorded when Azure answers `answer` to the creation of `given`.
pub fn created(kind: &ArmKind, dialect: Dialect, given: &Json, answer: &Json) -> Value {
    let planned = creation(kind, dialect, given).planned;
    kind.value_of(answer.clone(), &id(&planned), Some(&planned), Reading::Beside)
}

/// What a later refresh observes.
pub fn refreshed(kind: &ArmKind, recorded: &Value, answer: &Json) -> Value {
    kind.value_of(answer.clone(), &id(recorded), Some(recorded), Reading::Beside)
}

/// A plan to change.
pub fn change(kind: &ArmKind, dialect: Dialect, prior: &Value, given: &Json) -> PlanResponse {
    kind.decide(SUBSCRIPTION, dialect, Some(prior), &config(kind, given))
}

/// The attributes at the top that a plan changes.
pub fn differences(prior: &Value, planned: &Value) -> Vec<String> {
    let fields = planned.as_fields().unwrap();
    fields.iter().filter(|(k, v)| !prior.field(k).unwrap().raw_eq_unmarked(v)).map(|(k, _)| k.to_string()).collect()
}

/// What replaces the object, as printed.
pub fn replacing(plan: &PlanResponse) -> Vec<String> {
    plan.requires_replace.iter().map(ToString::to_string).collect()
}

/// JSON with some members changed: dotted path and value; null takes a member away.
pub fn altered(json: &Json, changes: &[(&str, Json)]) -> Json {
    let mut altered = json.clone();
    for (path, value) in changes {
        if value.is_null() {
            super::super::wire::json::remove(&mut altered, path);
        } else {
            super::super::wire::json::set(&mut altered, path, value.clone());
        }
    }
    altered
}

fn id(value: &Value) -> String {
    value.field("id").and_then(Value::as_str).unwrap().to_owned()
}

/// An identity as Azure answers it.
pub fn identity_answer() -> Json {
    json!({
        "id": "/subscriptions/44444444-4444-4444-4444-444444444444/resourcegroups/rg-shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shop",
        "location": "westeurope",
        "name": "id-shop",
        "properties": {
            "clientId": "c0000000-0000-4000-8000-000000000001",
            "isolationScope": "None",
            "principalId": "d0000000-0000-4000-8000-000000000001",
            "tenantId": "22222222-2222-4222-8222-222222222222"
        },
        "tags": {},
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities"
    })
}
