//! What the kinds and functions look like, as JSON for editors and other tools: `providers schema -json`,
//! `metadata functions -json` (hashicorp/terraform, internal/command/jsonprovider and jsonfunction).

use serde_json::{Map, Value as Json, json};

use super::function_words;
use crate::eval::functions::{self, Function, Param};
use crate::provider::{Attribute, Block, Kind, NestedBlock, Nesting, Registry, Schema};

/// The schemas of all providers, as whoever asks for `versions` of one of them by its source address knows them.
pub fn providers<'c>(registry: &Registry, versions: impl Fn(&str) -> Option<&'c str>) -> Json {
    let provider = |provider: &std::sync::Arc<dyn crate::provider::Provider>| {
        let versions = versions(provider.source());
        let kinds = |kinds: Vec<&dyn Kind>| -> Map<String, Json> {
            kinds.into_iter().map(|kind| (kind.name().to_owned(), schema(&kind.schema_told(versions)))).collect()
        };
        let entry = json!({
            "provider": schema(provider.config_schema()),
            "resource_schemas": kinds(provider.kinds()),
            "data_source_schemas": kinds(provider.data_sources()),
        });
        (provider.source().to_owned(), entry)
    };
    let schemas: Map<String, Json> = registry.iter().map(provider).collect();
    json!({ "format_version": "1.0", "provider_schemas": schemas })
}

fn schema(schema: &Schema) -> Json {
    json!({ "version": schema.version, "block": block(&schema.block) })
}

fn block(written: &Block) -> Json {
    let mut fields = Map::new();
    let attributes: Map<String, Json> =
        written.attributes.iter().map(|(name, a)| (name.to_string(), attribute(a))).collect();
    if !attributes.is_empty() {
        fields.insert("attributes".into(), attributes.into());
    }
    let blocks: Map<String, Json> = written.blocks.iter().map(|(name, b)| (name.to_string(), nested(b))).collect();
    if !blocks.is_empty() {
        fields.insert("block_types".into(), blocks.into());
    }
    describe(&mut fields, &written.description, written.deprecated.is_some());
    Json::Object(fields)
}

fn attribute(attribute: &Attribute) -> Json {
    let mut fields = Map::new();
    fields.insert("type".into(), attribute.ty.to_json());
    describe(&mut fields, &attribute.description, attribute.deprecated.is_some());
    for (name, set) in [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
        ("write_only", attribute.write_only),
    ] {
        if set {
            fields.insert(name.into(), true.into());
        }
    }
    Json::Object(fields)
}

fn nested(nested: &NestedBlock) -> Json {
    let mode = match nested.nesting {
        Nesting::Single => "single",
        Nesting::Group => "group",
        Nesting::List => "list",
        Nesting::Set => "set",
        Nesting::Map => "map",
    };
    let mut entry = json!({ "nesting_mode": mode, "block": block(&nested.block) });
    if let Some(fields) = entry.as_object_mut() {
        for (name, limit) in [("min_items", nested.min_items), ("max_items", nested.max_items)] {
            if limit > 0 {
                fields.insert(name.into(), limit.into());
            }
        }
    }
    entry
}

fn describe(fields: &mut Map<String, Json>, description: &str, deprecated: bool) {
    if !description.is_empty() {
        fields.insert("description".into(), description.into());
    }
    fields.insert("description_kind".into(), "plain".into());
    if deprecated {
        fields.insert("deprecated".into(), true.into());
    }
}

/// The signatures of all functions, each also by its name in the namespace `core`.
pub fn functions() -> Json {
    let any = |name: &str| json!({ "name": name, "type": "dynamic" });
    // These two take expressions; for tools they are functions like others.
    let special = [
        ("can", json!({ "return_type": "bool", "parameters": [any("expression")] })),
        ("try", json!({ "return_type": "dynamic", "variadic_parameter": any("expressions") })),
    ];
    let signatures: Map<String, Json> = functions::names()
        .filter(|name| !matches!(*name, "list" | "map"))
        .filter_map(|name| Some((name, signature(functions::lookup(name)?))))
        .chain(special)
        .map(|(name, mut signature)| {
            if let (Some(fields), Some(words)) = (signature.as_object_mut(), function_words::description(name)) {
                fields.insert("description".into(), words.into());
            }
            (name, signature)
        })
        .flat_map(|(name, signature)| [(name.to_owned(), signature.clone()), (format!("core::{name}"), signature)])
        .collect();
    json!({ "format_version": "1.0", "function_signatures": signatures })
}

/// The signature of a function in a diagnostic about a call of it, where the name and an always present list of
/// parameters belong to it.
pub fn call_signature(function: &Function) -> Json {
    let named = |param: &Param| json!({ "name": param.name, "type": param.takes.ty().to_json() });
    let mut entry = signature(function);
    if let Some(fields) = entry.as_object_mut() {
        fields.insert("name".into(), function.name.into());
        fields.remove("parameters");
        fields.insert("params".into(), function.params.iter().map(named).collect());
        if let Some(variadic) = &function.variadic {
            fields.remove("variadic_parameter");
            fields.insert("variadic_param".into(), named(variadic));
        }
    }
    entry
}

fn signature(function: &Function) -> Json {
    let parameter = |param: &Param| {
        let mut entry = json!({ "name": param.name, "type": param.takes.ty().to_json() });
        if let (Some(fields), true) = (entry.as_object_mut(), param.null) {
            fields.insert("is_nullable".into(), true.into());
        }
        entry
    };
    let mut entry = json!({ "return_type": function.declared_result().to_json() });
    if let Some(fields) = entry.as_object_mut() {
        if !function.params.is_empty() {
            fields.insert("parameters".into(), function.params.iter().map(parameter).collect());
        }
        if let Some(variadic) = &function.variadic {
            fields.insert("variadic_parameter".into(), parameter(variadic));
        }
    }
    entry
}
