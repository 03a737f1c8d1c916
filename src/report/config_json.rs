//! The configuration as the `configuration` part of `show -json` has it: what was written, with the names that each
//! expression refers to, in Terraform's format (hashicorp/terraform, internal/command/jsonconfig).

use serde_json::{Map, Value as Json, json};

use super::resource_json::mode;
use crate::address::{ModulePath, ResourceMode, Subject};
use crate::config::{
    Configuration, Module, ModuleCall, Output, Provisioner, Repetition, Resource, Variable, full_source,
};
use crate::eval::references::{Mention, body_references, references};
use crate::eval::templates::Surroundings;
use crate::eval::variables::prepare;
use crate::graph::{ProviderId, provider_name, provider_source, resolve_provider};
use crate::provider::{Block, NestedBlock, Nesting, Registry};
use crate::syntax::tree::{Body, Expression, ExpressionKind, ObjectKey, Reference, Step, TemplatePart, UnaryOperator};
use crate::value::{Value, ValueKind};

/// The whole configuration.
pub fn configuration(configuration: &Configuration, registry: &Registry) -> Json {
    let mut providers = Map::new();
    for module in configuration.modules() {
        for resource in module.resources.values() {
            let provider = provider_of(configuration, &module.path, resource);
            let key = provider_key(&provider);
            providers.entry(key).or_insert_with(|| provider_entry(configuration, &provider));
        }
        for (name, required) in &module.required_providers {
            let source = required.source.as_ref().map_or(&**name, |source| &*source.value);
            let entry = || json!({ "name": &**name, "full_name": full_source(source) });
            let entry = providers.entry(&**name).or_insert_with(entry);
            if let (Some(fields), Some(version)) = (entry.as_object_mut(), &required.version) {
                fields.insert("version_constraint".into(), (&*version.value).into());
            }
        }
    }
    let root = Writer { configuration, registry }.module(&configuration.root);
    let mut document = json!({ "root_module": root });
    if let (Some(fields), false) = (document.as_object_mut(), providers.is_empty()) {
        fields.insert("provider_config".into(), providers.into());
    }
    document
}

fn provider_entry(configuration: &Configuration, provider: &ProviderId) -> Json {
    let mut entry = json!({ "name": &*provider.name, "full_name": provider_source(configuration, provider) });
    if let Some(fields) = entry.as_object_mut() {
        if let Some(alias) = &provider.alias {
            fields.insert("alias".into(), (&**alias).into());
        }
        if !provider.module.is_root() {
            fields.insert("module_address".into(), provider.module.to_string().into());
        }
        let module = configuration.module(&provider.module);
        let block = module.into_iter().flat_map(|module| &module.providers).find(|block| {
            block.name == provider.name && block.alias.as_ref().map(|a| &a.value) == provider.alias.as_ref()
        });
        let expressions = block.map(|block| open_body(&block.body)).unwrap_or_default();
        if !expressions.is_empty() {
            fields.insert("expressions".into(), expressions.into());
        }
    }
    entry
}

/// The provider configuration of a resource. One that nobody wrote belongs to the outermost module up to which all use
/// the provider.
fn provider_of(configuration: &Configuration, path: &ModulePath, resource: &Resource) -> ProviderId {
    let (provider, _) = resolve_provider(configuration, path, resource);
    let is_written = |module: &Module| module.providers.iter().any(|block| block.name == provider.name);
    if provider.alias.is_some() || configuration.module(&provider.module).is_some_and(is_written) {
        return provider;
    }
    let uses = |module: &Module| {
        let mut named = module.resources.values().map(|resource| provider_name(Some(module), resource));
        module.required_providers.contains_key(&provider.name) || named.any(|name| name == provider.name)
    };
    let mut module = path.clone();
    while let Some((parent, _)) = module.parent() {
        if !configuration.module(&parent).is_some_and(uses) {
            break;
        }
        module = parent;
    }
    ProviderId { module, ..provider }
}

/// `azurerm`, `azurerm.west`, `module.m:azurerm.west`
fn provider_key(provider: &ProviderId) -> String {
    let alias = provider.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
    let module = if provider.module.is_root() { String::new() } else { format!("{}:", provider.module) };
    format!("{module}{}{alias}", provider.name)
}

struct Writer<'a> {
    configuration: &'a Configuration,
    registry: &'a Registry,
}

impl Writer<'_> {
    fn module(&self, module: &Module) -> Json {
        let mut fields = Map::new();
        let outputs: Map<String, Json> = module.outputs.iter().map(|(name, o)| (name.to_string(), output(o))).collect();
        let mut resources: Vec<&Resource> = module.resources.values().map(AsRef::as_ref).collect();
        resources.sort_by_cached_key(|resource| {
            let rank = match resource.address.mode {
                ResourceMode::Managed => 0,
                ResourceMode::Data => 1,
                ResourceMode::Ephemeral => 2,
            };
            (rank, resource.address.to_string())
        });
        let resources: Vec<Json> =
            resources.into_iter().map(|resource| self.resource(&module.path, resource)).collect();
        let calls: Map<String, Json> =
            module.calls.values().map(|call| (call.name.to_string(), self.call(module, call))).collect();
        let variables: Map<String, Json> =
            module.variables.values().map(|v| (v.name.to_string(), variable(v))).collect();
        let mut put = |name: &str, value: Json, empty: bool| {
            if !empty {
                fields.insert(name.into(), value);
            }
        };
        let (no_outputs, no_calls, no_variables) = (outputs.is_empty(), calls.is_empty(), variables.is_empty());
        put("outputs", outputs.into(), no_outputs);
        let no_resources = resources.is_empty();
        put("resources", resources.into(), no_resources);
        put("module_calls", calls.into(), no_calls);
        put("variables", variables.into(), no_variables);
        Json::Object(fields)
    }

    fn resource(&self, path: &ModulePath, resource: &Resource) -> Json {
        let provider = provider_of(self.configuration, path, resource);
        let source = provider_source(self.configuration, &provider);
        let kind = self.registry.find(&source).and_then(|found| match resource.address.mode {
            ResourceMode::Data => found.data_source(&resource.address.kind),
            _ => found.kind(&resource.address.kind),
        });
        let expressions = match kind {
            Some(kind) => body(&resource.body, &kind.schema().block),
            None => open_body(&resource.body),
        };
        let mut entry = json!({
            "address": resource.address.to_string(),
            "mode": mode(resource.address.mode),
            "type": &*resource.address.kind,
            "name": &*resource.address.name,
            "provider_config_key": provider_key(&provider),
            "schema_version": kind.map_or(0, |kind| kind.schema().version),
        });
        if let Some(fields) = entry.as_object_mut() {
            if !expressions.is_empty() {
                fields.insert("expressions".into(), expressions.into());
            }
            let provisioners: Vec<Json> = resource.provisioners.iter().map(provisioner).collect();
            if !provisioners.is_empty() {
                fields.insert("provisioners".into(), provisioners.into());
            }
            add_repetition(fields, &resource.repetition);
            add_depends_on(fields, &resource.depends_on);
        }
        entry
    }

    fn call(&self, module: &Module, call: &ModuleCall) -> Json {
        let mut fields = Map::new();
        fields.insert("source".into(), (&*call.source.value).into());
        let expressions = open_body(&call.body);
        if !expressions.is_empty() {
            fields.insert("expressions".into(), expressions.into());
        }
        if let Some(version) = &call.version {
            fields.insert("version_constraint".into(), (&*version.value).into());
        }
        add_repetition(&mut fields, &call.repetition);
        add_depends_on(&mut fields, &call.depends_on);
        let child = module.children.get(&call.name).map(|child| self.module(child));
        fields.insert("module".into(), child.unwrap_or_else(|| json!({})));
        Json::Object(fields)
    }
}

fn provisioner(provisioner: &Provisioner) -> Json {
    let mut entry = json!({ "type": &*provisioner.kind });
    let expressions = open_body(&provisioner.body);
    if let (Some(fields), false) = (entry.as_object_mut(), expressions.is_empty()) {
        fields.insert("expressions".into(), expressions.into());
    }
    entry
}

fn output(output: &Output) -> Json {
    let mut fields = Map::new();
    if output.sensitive {
        fields.insert("sensitive".into(), true.into());
    }
    fields.insert("expression".into(), expression(&output.value).unwrap_or_else(|| json!({})));
    if let Some(description) = &output.description {
        fields.insert("description".into(), (&*description.value).into());
    }
    add_depends_on(&mut fields, &output.depends_on);
    Json::Object(fields)
}

/// What the variables of a module are worth without a value. Of ephemeral ones a plan has no other.
pub fn defaults(module: &Module) -> Map<String, Json> {
    let ephemeral = module.variables.values().filter(|variable| variable.ephemeral);
    ephemeral.filter_map(|v| Some((v.name.to_string(), json!({ "value": default(v)? })))).collect()
}

/// The default, of the variable's type.
fn default(variable: &Variable) -> Option<Json> {
    let around = Surroundings::default();
    let (prepared, _) = prepare(variable, &around.context());
    prepared.default?.to_plain_json().ok()
}

fn variable(variable: &Variable) -> Json {
    let mut fields = Map::new();
    if let Some(default) = default(variable) {
        fields.insert("default".into(), default);
    }
    if let Some(description) = &variable.description {
        fields.insert("description".into(), (&*description.value).into());
    }
    if variable.sensitive {
        fields.insert("sensitive".into(), true.into());
    }
    Json::Object(fields)
}

fn add_repetition(fields: &mut Map<String, Json>, repetition: &Repetition) {
    let (name, written) = match repetition {
        Repetition::None => return,
        Repetition::Count(written) => ("count_expression", written),
        Repetition::ForEach(written) => ("for_each_expression", written),
    };
    if let Some(written) = expression(written) {
        fields.insert(name.into(), written);
    }
}

fn add_depends_on(fields: &mut Map<String, Json>, references: &[Reference]) {
    if !references.is_empty() {
        let names = references.iter().map(|reference| Json::from(traversal(reference, reference.steps.len())));
        fields.insert("depends_on".into(), names.collect());
    }
}

/// The arguments and blocks of a body that a schema describes.
fn body(body: &Body, block: &Block) -> Map<String, Json> {
    let mut fields = Map::new();
    for attribute in body.attributes.iter().filter(|a| block.attributes.contains_key(&*a.name.name)) {
        if let Some(written) = expression(&attribute.value) {
            fields.insert(attribute.name.name.to_string(), written);
        }
    }
    for (name, nested) in &block.blocks {
        if let Some(written) = nested_blocks(body, name, nested) {
            fields.insert(name.to_string(), written);
        }
    }
    fields
}

fn nested_blocks(outer: &Body, name: &str, nested: &NestedBlock) -> Option<Json> {
    let written: Vec<_> = outer.blocks_of(name).collect();
    if written.is_empty() {
        // Dynamic blocks are told by what they refer to.
        let dynamic: Vec<_> =
            outer.blocks_of("dynamic").filter(|b| b.labels.first().is_some_and(|l| &*l.name == name)).collect();
        let names: Vec<Json> = dynamic
            .iter()
            .flat_map(|block| body_references(&block.body))
            .flat_map(|m| named(&m))
            .map(Json::from)
            .collect();
        return (!names.is_empty()).then(|| json!({ "references": names }));
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => written.first().map(|block| body(&block.body, &nested.block).into()),
        Nesting::List | Nesting::Set => {
            Some(written.iter().map(|b| Json::Object(body(&b.body, &nested.block))).collect())
        }
        Nesting::Map => {
            let label = |block: &crate::syntax::tree::Block| block.labels.first().map(|label| label.name.to_string());
            let fields = written.iter().filter_map(|b| Some((label(b)?, Json::Object(body(&b.body, &nested.block)))));
            Some(Json::Object(fields.collect()))
        }
    }
}

/// The arguments of a body without a schema.
fn open_body(body: &Body) -> Map<String, Json> {
    let written = body.attributes.iter().filter_map(|a| Some((a.name.name.to_string(), expression(&a.value)?)));
    written.collect()
}

/// `{"constant_value": ..}` or `{"references": [..]}`; `None` for what is neither.
fn expression(expression: &Expression) -> Option<Json> {
    let mentions = references(expression);
    if !mentions.is_empty() {
        let names: Vec<Json> = mentions.iter().flat_map(named).map(Json::from).collect();
        return Some(json!({ "references": names }));
    }
    let value = constant(expression)?;
    Some(json!({ "constant_value": value.to_plain_json().ok()? }))
}

/// A reference as written, then with ever fewer steps down to what it refers to.
fn named(mention: &Mention<'_>) -> Vec<String> {
    let reference = mention.reference;
    let literal = literal_steps(reference);
    let subject = literal.saturating_sub(mention.remaining.len());
    let whole = match mention.subject {
        // An output of one instance names that instance, and not the call.
        Subject::Module(_) if mention.key.is_some() && literal == subject => Some(subject - 1),
        Subject::Resource(_) if mention.key.is_some() => Some(subject - 1),
        _ => None,
    };
    let shortest = match mention.subject {
        Subject::Path | Subject::Terraform | Subject::Each | Subject::Count => literal.min(1),
        _ => subject,
    };
    (shortest..=literal).rev().chain(whole).map(|steps| traversal(reference, steps)).collect()
}

/// How many of its first steps can be read without evaluating anything.
fn literal_steps(reference: &Reference) -> usize {
    let literal = |step: &&Step| match step {
        Step::Attribute(_) | Step::LegacyIndex(..) => true,
        Step::Index(key) => matches!(key.kind, ExpressionKind::Literal(_)),
        Step::Splat { .. } | Step::AttributeSplat { .. } => false,
    };
    reference.steps.iter().take_while(literal).count()
}

/// The root name and so many steps, as written.
fn traversal(reference: &Reference, steps: usize) -> String {
    let mut text = reference.root.name.to_string();
    for step in reference.steps.iter().take(steps) {
        match step {
            Step::Attribute(name) => text += &format!(".{}", name.name),
            Step::LegacyIndex(index, _) => text += &format!("[{index}]"),
            Step::Index(index) => match &index.kind {
                ExpressionKind::Literal(key) => match key.as_str() {
                    Some(key) => text += &format!("[{}]", serde_json::Value::from(key)),
                    None => text += &key.as_number().map(|n| format!("[{n}]")).unwrap_or_default(),
                },
                _ => break,
            },
            Step::Splat { .. } | Step::AttributeSplat { .. } => break,
        }
    }
    text
}

/// The value of an expression that calls nothing and refers to nothing.
fn constant(expression: &Expression) -> Option<Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value.clone()),
        ExpressionKind::Parenthesis(inner) | ExpressionKind::Wrapped(inner) => constant(inner),
        ExpressionKind::Tuple(items) => Some(Value::tuple(items.iter().map(constant).collect::<Option<_>>()?)),
        ExpressionKind::Template(parts) => {
            let literal = |part: &TemplatePart| match part {
                TemplatePart::Literal(text, _) => Some(text.to_string()),
                _ => None,
            };
            Some(Value::string(parts.iter().map(literal).collect::<Option<String>>()?))
        }
        ExpressionKind::Unary(UnaryOperator::Negate, inner) => match constant(inner)?.kind() {
            ValueKind::Number(number) => Some(Value::number(number.negate())),
            _ => None,
        },
        ExpressionKind::Object(items) => {
            let item = |item: &crate::syntax::tree::ObjectItem| {
                let key = match &item.key {
                    ObjectKey::Name(name) => name.name.clone(),
                    ObjectKey::Expression(key) | ObjectKey::Property(key) => constant(key)?.as_str()?.into(),
                };
                Some((key, constant(&item.value)?))
            };
            Some(Value::object(items.iter().map(item).collect::<Option<_>>()?))
        }
        _ => None,
    }
}
