//! Single values encrypted in place: `sealed:v1:KEY:TEXT`, where `KEY` is base64 of what tells the key and `TEXT` base64
//! of the encrypted JSON value. The rest of the state is as it always is.
//!
//! What did not change keeps its text: the key is the one that sealed the state before, and the nonce follows from place
//! and value. Each text carries what tells its key, so that it outlives a tool that drops what it does not know.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value as Json;

use super::cipher::AesGcm;
use super::keys::{Key, Metas};
use crate::address::{ProviderAddress, ResourceMode};
use crate::diagnostic::Diagnostic;
use crate::provider::{Block, Kind, Nesting, Registry};
use crate::state::{Attributes, Instance, ResourceKey, State};
use crate::value::{Path, PathStep};

const PREFIX: &str = "sealed:v1:";

/// Seals the values of a state.
pub struct Sealer<'a> {
    method: &'a AesGcm,
    key: Key,
    told: String,
}

impl<'a> Sealer<'a> {
    /// One that goes on with the key that sealed `before`, when it still can be had.
    pub fn new(method: &'a Arc<AesGcm>, before: &[u8]) -> Result<Self, Diagnostic> {
        if let Some((told, metas)) = std::str::from_utf8(before).ok().and_then(first_key)
            && metas.contains_key(method.keys().name())
            && let Ok(key) = method.keys().again(&metas)
        {
            return Ok(Self { method, key, told });
        }
        let (key, metas) = method.keys().of_this_run()?;
        let told = BASE64_STANDARD.encode(serde_json::to_string(&metas).unwrap_or_default());
        Ok(Self { method, key, told })
    }

    /// The state with everything sealed that is sensitive.
    pub fn seal(&self, state: &State, registry: &Registry) -> Result<State, Diagnostic> {
        let mut sealed = state.clone();
        for (name, output) in sealed.outputs.iter_mut().filter(|(_, output)| output.sensitive) {
            self.seal_value(&mut output.value, &mut format!("output.{name}"))?;
        }
        for (key, resource) in &mut sealed.resources {
            let kind = kind_of(registry, key, &resource.provider);
            for (instance, slot) in &mut resource.instances {
                let deposed = slot.deposed.iter_mut().map(|(key, object)| (Some(key.clone()), object));
                for (deposed, object) in slot.current.iter_mut().map(|object| (None, object)).chain(deposed) {
                    let place = format!("{key}{instance}{}", deposed.map(|key| key.to_string()).unwrap_or_default());
                    self.seal_instance(object, kind, &place)?;
                }
            }
        }
        Ok(sealed)
    }

    fn seal_instance(
        &self,
        object: &mut Arc<Instance>,
        kind: Option<&dyn Kind>,
        place: &str,
    ) -> Result<(), Diagnostic> {
        let block = kind.map(|kind| &kind.schema().block);
        if block.is_none_or(|block| !has_sensitive(block)) && object.sensitive_paths.is_empty() {
            return Ok(());
        }
        let mut json = object.attributes.to_json();
        if let Some(block) = block {
            self.seal_block(block, &mut json, place)?;
        }
        let echoes = kind.map(Kind::echoes).unwrap_or_default();
        for path in object.sensitive_paths.iter().flat_map(|path| with_echoes(path, echoes)) {
            let pointer = pointer(&json, &path);
            if let Some(value) = json.pointer_mut(&pointer) {
                self.seal_value(value, &mut format!("{place}.{path}"))?;
            }
        }
        let object = Arc::make_mut(object);
        object.attributes = Attributes::from_json(&json);
        if let Some(flat) = &mut object.attributes_flat {
            for (name, text) in flat {
                *text = self.sealed(&Json::from(text.as_str()), &format!("{place}.{name}"))?;
            }
        }
        Ok(())
    }

    fn seal_block(&self, block: &Block, object: &mut Json, place: &str) -> Result<(), Diagnostic> {
        let Json::Object(fields) = object else { return Ok(()) };
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            if block.attributes.get(name.as_str()).is_some_and(|attribute| attribute.sensitive) {
                self.seal_value(value, &mut place.clone())?;
            }
            let Some(nested) = block.blocks.get(name.as_str()) else { continue };
            match (nested.nesting, value) {
                (_, Json::Array(items)) => {
                    for (index, item) in items.iter_mut().enumerate() {
                        self.seal_block(&nested.block, item, &format!("{place}[{index}]"))?;
                    }
                }
                (Nesting::Map, Json::Object(items)) => {
                    for (key, item) in items {
                        self.seal_block(&nested.block, item, &format!("{place}[{key}]"))?;
                    }
                }
                (_, value) => self.seal_block(&nested.block, value, &place)?,
            }
        }
        Ok(())
    }

    /// Seals every leaf; what is null or sealed already stays.
    fn seal_value(&self, value: &mut Json, place: &mut String) -> Result<(), Diagnostic> {
        let length = place.len();
        match value {
            Json::Null => {}
            Json::String(text) if text.starts_with(PREFIX) => {}
            Json::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    place.push_str(&format!("[{index}]"));
                    self.seal_value(item, place)?;
                    place.truncate(length);
                }
            }
            Json::Object(fields) => {
                for (name, field) in fields {
                    place.push_str(&format!(".{name}"));
                    self.seal_value(field, place)?;
                    place.truncate(length);
                }
            }
            leaf => *leaf = self.sealed(leaf, place)?.into(),
        }
        Ok(())
    }

    fn sealed(&self, value: &Json, place: &str) -> Result<String, Diagnostic> {
        let sealed = self.method.seal_in_place(&self.key, place, value.to_string().as_bytes())?;
        Ok(format!("{PREFIX}{}:{}", self.told, BASE64_STANDARD.encode(sealed)))
    }
}

/// Opens every sealed value of a state; tells whether there were any.
pub(super) fn open(state: &mut State, methods: &[Arc<AesGcm>], name: &str) -> Result<bool, Diagnostic> {
    let mut opener = Opener { methods, metas: BTreeMap::new() };
    let unreadable = |failure: String| {
        Diagnostic::error(
            "Encrypted values cannot be read",
            format!(
                "Sensitive values of {name} are encrypted, and they cannot be decrypted: {failure}. Add the encryption block that \
                 they were written with to the configuration, or set TF_ENCRYPTION to its contents. Nothing was changed."
            ),
        )
    };
    for output in state.outputs.values_mut() {
        opener.open_value(&mut output.value).map_err(unreadable)?;
    }
    for slot in state.resources.values_mut().flat_map(|resource| resource.instances.values_mut()) {
        for object in slot.current.iter_mut().chain(slot.deposed.values_mut()) {
            let flat = object.attributes_flat.as_ref().is_some_and(|f| f.values().any(|t| t.starts_with(PREFIX)));
            if flat || object.attributes.text().contains(PREFIX) {
                opener.open_instance(Arc::make_mut(object)).map_err(unreadable)?;
            }
        }
    }
    Ok(!opener.metas.is_empty())
}

struct Opener<'a> {
    methods: &'a [Arc<AesGcm>],
    metas: BTreeMap<String, Metas>,
}

impl Opener<'_> {
    fn open_instance(&mut self, object: &mut Instance) -> Result<(), String> {
        let mut json = object.attributes.to_json();
        self.open_value(&mut json)?;
        object.attributes = Attributes::from_json(&json);
        for text in object.attributes_flat.iter_mut().flat_map(BTreeMap::values_mut) {
            let mut value = Json::from(text.as_str());
            self.open_value(&mut value)?;
            *text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        }
        Ok(())
    }

    fn open_value(&mut self, value: &mut Json) -> Result<(), String> {
        match value {
            Json::Array(items) => items.iter_mut().try_for_each(|item| self.open_value(item)),
            Json::Object(fields) => fields.values_mut().try_for_each(|field| self.open_value(field)),
            Json::String(text) => {
                if let Some(sealed) = text.strip_prefix(PREFIX) {
                    *value = self.opened(sealed)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn opened(&mut self, sealed: &str) -> Result<Json, String> {
        let damaged = || "one of them is damaged".to_owned();
        let (told, text) = sealed.split_once(':').ok_or_else(damaged)?;
        if !self.metas.contains_key(told) {
            self.metas.insert(told.to_owned(), metas_of(told).ok_or_else(damaged)?);
        }
        let metas = self.metas.get(told).ok_or_else(damaged)?;
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| damaged())?;
        let mut failure = "no encryption is configured".to_owned();
        for method in self.methods {
            match method.open(metas, &bytes) {
                Ok(plain) => return serde_json::from_slice(&plain).map_err(|_| damaged()),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }
}

fn metas_of(told: &str) -> Option<Metas> {
    serde_json::from_slice(&BASE64_STANDARD.decode(told).ok()?).ok()
}

/// What tells the key of the first sealed value of a text.
fn first_key(text: &str) -> Option<(String, Metas)> {
    let (_, rest) = text.split_once(PREFIX)?;
    let told = rest.split([':', '"']).next()?;
    Some((told.to_owned(), metas_of(told)?))
}

fn kind_of<'r>(registry: &'r Registry, key: &ResourceKey, provider: &ProviderAddress) -> Option<&'r dyn Kind> {
    let provider = registry.find(&provider.source)?;
    match key.resource.mode {
        ResourceMode::Managed => provider.kind(&key.resource.kind),
        _ => provider.data_source(&key.resource.kind),
    }
}

/// A path, and the same in each attribute that repeats the one that it begins with.
fn with_echoes(path: &Path, echoes: &[(&str, &str)]) -> Vec<Path> {
    let mut paths = vec![path.clone()];
    for (original, echo) in echoes {
        if let [PathStep::Attribute(first), rest @ ..] = path.0.as_slice()
            && **first == **original
        {
            let steps = std::iter::once(PathStep::Attribute((*echo).into())).chain(rest.iter().cloned());
            paths.push(Path(steps.collect()));
        }
    }
    paths
}

fn has_sensitive(block: &Block) -> bool {
    block.attributes.values().any(|attribute| attribute.sensitive)
        || block.blocks.values().any(|nested| has_sensitive(&nested.block))
}

/// Where a path leads in the JSON. What JSON writes otherwise, such as a set, is meant as a whole.
fn pointer(json: &Json, path: &Path) -> String {
    let mut pointer = String::new();
    for step in &path.0 {
        let name = match step {
            PathStep::Attribute(name) => name.to_string(),
            PathStep::Index(index) => match (index.as_str(), index.as_number()) {
                (Some(key), _) => key.to_owned(),
                (_, Some(number)) => number.to_string(),
                _ => break,
            },
        };
        let name = name.replace('~', "~0").replace('/', "~1");
        // A value whose type the schema leaves open has it beside it.
        let ways = [format!("{pointer}/{name}"), format!("{pointer}/value/{name}")];
        let is_typed =
            json.pointer(&pointer).and_then(Json::as_object).is_some_and(|o| o.len() == 2 && o.contains_key("type"));
        let Some(longer) = ways.into_iter().take(1 + usize::from(is_typed)).find(|way| json.pointer(way).is_some())
        else {
            break;
        };
        pointer = longer;
    }
    pointer
}
