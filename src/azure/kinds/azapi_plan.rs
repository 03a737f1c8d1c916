//! What an `azapi_resource` will be.

use serde_json::Value as Json;

use super::super::arm_id::ArmId;
use super::super::wire::{Same, finding, same_text};
use super::azapi_resource::no_timeouts;
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, PlanRequest, PlanResponse, Schema};
use crate::value::{Fields, Path, Type, Value};

/// `Microsoft.Storage/storageAccounts/blobServices@2023-05-01`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceType<'a> {
    /// `Microsoft.Storage/storageAccounts/blobServices`
    pub name: &'a str,
    /// `2023-05-01`
    pub api_version: &'a str,
}

impl<'a> ResourceType<'a> {
    /// Reads it; `None` without a provider, a type or a version.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, api_version) = text.split_once('@')?;
        let segments: Vec<&str> = name.split('/').collect();
        let whole = segments.len() > 1 && segments.iter().all(|s| !s.is_empty()) && !api_version.is_empty();
        whole.then_some(Self { name, api_version })
    }

    /// The id of a resource of this type; what is wrong when it cannot lie in this parent.
    pub fn id(self, parent: &ArmId, name: &str) -> Result<ArmId, String> {
        let (head, last) = self.name.rsplit_once('/').unwrap_or((self.name, ""));
        if self.name.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
            let subscription = parent.subscription().ok_or("a resource group lies in a subscription")?;
            return Ok(ArmId::of_resource_group(subscription, name));
        }
        if parent.is_type(head) {
            return Ok(parent.child(last, name));
        }
        if head.contains('/') {
            return Err(format!("a {} lies in a {head}, not in a {}", self.name, parent.resource_type()));
        }
        Ok(parent.extension(head, last, name))
    }
}

/// Flags and what they are when nobody sets them.
const FLAGS: [(&str, bool); 4] = [
    ("schema_validation_enabled", true),
    ("ignore_casing", false),
    ("ignore_missing_property", true),
    ("ignore_null_property", false),
];

/// Decides what an object will be.
pub fn plan(subscription: &str, request: &PlanRequest<'_>) -> PlanResponse {
    let prior = request.prior.map(|prior| &prior.value);
    let mut fields = request.proposed.as_fields().cloned().unwrap_or_default();
    fill_flags(&mut fields, request.config);
    keep_spellings(&mut fields, prior);
    let mut findings = place(&mut fields, prior, subscription);
    let requires_replace = replacing(&fields, prior);
    let moves = !requires_replace.is_empty();
    if moves {
        findings.extend(place(&mut fields, None, subscription));
    }
    if prior.is_none() && fields.get("location").is_none_or(Value::is_null) {
        fields.insert("location".into(), Value::unknown(Type::String));
    }
    plan_identity(&mut fields, prior.filter(|_| !moves));
    plan_output(&mut fields, prior);
    PlanResponse { planned: Value::object(fields), requires_replace, notes: Vec::new(), findings }
}

/// Flags that are not configured are as azapi has them; what is never recorded is null.
pub fn fill_flags(fields: &mut Fields, config: &Value) {
    for (name, default) in FLAGS {
        if fields.contains_key(name) && config.field(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), Value::bool(default));
        }
    }
    fields.insert("sensitive_body".into(), Value::null(Type::Dynamic));
    fields.entry("timeouts".into()).or_insert_with(no_timeouts);
}

/// What Azure will answer is as it was when nothing else changes.
pub fn plan_output(fields: &mut Fields, prior: Option<&Value>) {
    let quiet = prior.is_some_and(|prior| {
        let same = |(name, value): (&std::sync::Arc<str>, &Value)| {
            ["output", "sensitive_output", "timeouts"].contains(&&**name)
                || prior.field(name).is_some_and(|p| p.raw_eq_unmarked(value))
        };
        fields.iter().all(same)
    });
    for name in ["output", "sensitive_output"] {
        if !quiet && fields.contains_key(name) {
            fields.insert(name.into(), Value::dynamic());
        }
    }
}

/// What means the same as before is spelled as before.
pub fn keep_spellings(fields: &mut Fields, prior: Option<&Value>) {
    for (name, same) in [
        ("location", Same::Location),
        ("parent_id", Same::ArmId),
        ("resource_id", Same::ArmId),
        ("name", Same::Caseless),
    ] {
        let before = prior.and_then(|prior| prior.field(name));
        let now = fields.get(name).and_then(Value::as_str);
        if let (Some(before), Some(now)) = (before, now)
            && before.as_str().is_some_and(|text| same_text(same, text, now))
        {
            fields.insert(name.into(), before.clone());
        }
    }
}

/// Where the object is: its parent and its id, known as soon as type, name and parent are.
fn place(fields: &mut Fields, prior: Option<&Value>, subscription: &str) -> Vec<Finding> {
    if let Some(id) = prior.and_then(|prior| prior.field("id")) {
        fields.insert("id".into(), id.clone());
        return Vec::new();
    }
    fields.insert("id".into(), Value::unknown_not_null(Type::String));
    let kind = fields.get("type").and_then(Value::as_str).map(str::to_owned);
    let Some(kind) = kind.as_deref().and_then(ResourceType::parse) else { return Vec::new() };
    let is_group = kind.name.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups");
    if fields.get("parent_id").is_none_or(Value::is_null) {
        if !is_group {
            return vec![missing("parent_id")];
        }
        let known = (!subscription.is_empty()).then(|| Value::string(ArmId::of_subscription(subscription).as_str()));
        fields.insert("parent_id".into(), known.unwrap_or_else(|| Value::unknown_not_null(Type::String)));
    }
    if fields.get("name").is_none_or(Value::is_null) {
        return vec![missing("name")];
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let (Some(parent), Some(name)) = (text("parent_id").and_then(|id| ArmId::parse(id).ok()), text("name")) else {
        return Vec::new();
    };
    match kind.id(&parent, name) {
        Ok(id) => {
            fields.insert("id".into(), Value::string(id.as_str()));
            Vec::new()
        }
        Err(why) => {
            let detail = format!("The resource cannot lie in {parent}: {why}.");
            vec![finding("parent_id", Diagnostic::error("Invalid parent_id", detail))]
        }
    }
}

fn missing(name: &str) -> Finding {
    let detail = format!("The argument {name:?} is required for this type.");
    finding(name, Diagnostic::error("Missing required argument", detail))
}

/// What cannot change in place: where the object is, what it is, and what the user says replaces it.
fn replacing(fields: &Fields, prior: Option<&Value>) -> Vec<Path> {
    let Some(prior) = prior else { return Vec::new() };
    let differs = |name: &str| match (prior.field(name), fields.get(name)) {
        (Some(before), Some(now)) => !before.raw_eq_unmarked(now),
        _ => false,
    };
    let set_differs = |name: &str| differs(name) && prior.field(name).is_some_and(|v| !v.is_null());
    let mut paths: Vec<&str> = ["name", "parent_id"].into_iter().filter(|name| differs(name)).collect();
    paths.extend(["location", "replace_triggers_external_values"].into_iter().filter(|name| set_differs(name)));
    let kind =
        |value: Option<&Value>| value.and_then(Value::as_str).map(|t| t.split('@').next().unwrap_or(t).to_lowercase());
    if kind(prior.field("type")) != kind(fields.get("type")) {
        paths.push("type");
    }
    let body = |value: Option<&Value>, path: &str| {
        let start = value.cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
        path.split('.').try_fold(start, |value, name| value.field(name).cloned())
    };
    let triggers = fields.get("replace_triggers_refs").and_then(Value::as_elements).unwrap_or_default();
    let triggered = triggers.iter().filter_map(Value::as_str).any(|path| {
        match (body(prior.field("body"), path), body(fields.get("body"), path)) {
            (Some(before), Some(now)) => !before.raw_eq_unmarked(&now),
            (before, now) => before.is_some() != now.is_some(),
        }
    });
    if triggered {
        paths.push("body");
    }
    paths.into_iter().map(Path::attribute).collect()
}

/// The principal of an identity is as it was while the identity is.
fn plan_identity(fields: &mut Fields, prior: Option<&Value>) {
    let Some(identity) = fields.get("identity").filter(|blocks| blocks.is_known()) else { return };
    let Some(blocks) = identity.as_elements() else { return };
    let before = prior.and_then(|prior| prior.field("identity")?.as_elements()?.first().cloned());
    let element = identity.type_of().element().cloned().unwrap_or(Type::Dynamic);
    let planned = blocks.iter().map(|block| {
        let mut inner = block.as_fields().cloned().unwrap_or_default();
        let same = before.as_ref().filter(|b| b.field("type").zip(inner.get("type")).is_some_and(|(a, b)| a.raw_eq(b)));
        for name in ["principal_id", "tenant_id"] {
            let kept = same.and_then(|before| before.field(name)).cloned();
            inner.insert(name.into(), kept.unwrap_or_else(|| Value::unknown(Type::String)));
        }
        Value::object(inner)
    });
    let planned = Value::list(element, planned.collect());
    fields.insert("identity".into(), planned);
}

/// An object that is to be taken over, before Azure is asked.
pub fn imported(schema: &Schema, id: &str, api_version: &str) -> Result<Value, Diagnostic> {
    let parsed = ArmId::parse(id)
        .map_err(|why| Diagnostic::error("Invalid import id", format!("{id:?} is no ARM id: {why}.")))?;
    let Some(parent) = parsed.parent() else {
        return Err(Diagnostic::error("Invalid import id", "The tenant itself is no resource."));
    };
    let nulls = schema.block.attributes.iter().map(|(n, a)| (n.clone(), Value::null(a.ty.clone())));
    let mut fields: Fields = nulls.collect();
    let blocks = schema.block.blocks.iter().map(|(name, block)| {
        let ty = block.implied_type();
        let none = match &ty {
            Type::List(element) => Value::list((**element).clone(), Vec::new()),
            _ => Value::null(ty.clone()),
        };
        (name.clone(), none)
    });
    fields.extend(blocks);
    fields.extend(FLAGS.map(|(name, default)| (name.into(), Value::bool(default))));
    fields.insert("id".into(), Value::string(id));
    fields.insert("type".into(), Value::string(format!("{}@{api_version}", parsed.resource_type())));
    fields.insert("name".into(), Value::string(parsed.name()));
    fields.insert("parent_id".into(), Value::string(parent.as_str()));
    fields.insert("location".into(), Value::unknown(Type::String));
    fields.insert("body".into(), Value::object(Fields::new()));
    Ok(Value::object(fields))
}

/// The same with all of the body that Azure tells, but for what is said elsewhere and what only Azure says: it is to be
/// written into a configuration, and nothing tells which parts of it somebody once chose.
pub fn with_body_of(imported: &Value, answer: &Json) -> Value {
    const ELSEWHERE: [&str; 10] =
        ["id", "name", "type", "location", "tags", "identity", "systemData", "etag", "eTag", "managedBy"];
    let mut body = answer.clone();
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| !ELSEWHERE.contains(&name.as_str()));
        if let Some(properties) = members.get_mut("properties").and_then(Json::as_object_mut) {
            properties.retain(|name, value| name != "provisioningState" && !value.is_null());
        }
    }
    let mut fields = imported.as_fields().cloned().unwrap_or_default();
    fields.insert("body".into(), Value::from_plain_json(&body));
    if let Some(tags) = answer.get("tags").filter(|tags| !tags.is_null())
        && let Ok(tags) = Value::from_json(tags, &Type::map(Type::String))
    {
        fields.insert("tags".into(), tags);
    }
    Value::object(fields)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_type_name_and_parent() {
        let id = |kind: &str, parent: &str| {
            ResourceType::parse(kind).unwrap().id(&ArmId::parse(parent).unwrap(), "n").map(|id| id.to_string())
        };
        let group = "/subscriptions/s/resourceGroups/g";
        let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/a");
        for (kind, parent, expected) in [
            (
                "Microsoft.Resources/resourceGroups@1",
                "/subscriptions/s",
                "/subscriptions/s/resourceGroups/n".to_owned(),
            ),
            (
                "Microsoft.Storage/storageAccounts@1",
                group,
                format!("{group}/providers/Microsoft.Storage/storageAccounts/n"),
            ),
            ("Microsoft.Storage/storageAccounts/blobServices@1", &account, format!("{account}/blobServices/n")),
            (
                "Microsoft.Authorization/locks@1",
                &account,
                format!("{account}/providers/Microsoft.Authorization/locks/n"),
            ),
        ] {
            assert_eq!(id(kind, parent), Ok(expected));
        }
        assert!(id("Microsoft.Storage/storageAccounts/blobServices@1", group).is_err());
        for text in ["Microsoft.Storage", "Microsoft.Storage/x", "/x@1", "A.B/c@"] {
            assert_eq!(ResourceType::parse(text), None);
        }
    }
}
