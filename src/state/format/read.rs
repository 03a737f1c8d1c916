//! Bytes to [`State`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::rows::{FileRow, InstanceRow, ResourceRow, instance_from_row};
use crate::address::{ConfigAddress, InstanceKey, ModuleInstance, ProviderAddress, ResourceAddress, ResourceMode};
use crate::diagnostic::Diagnostic;
use crate::state::{DeposedKey, OutputValue, Resource, ResourceKey, Slot, State};

/// The format version that this program reads and writes.
pub(super) const VERSION: u64 = 4;

/// Reads a state file. `name` is what to call it in a diagnostic. An empty file is an empty state, as Terraform
/// leaves one behind when it is interrupted early.
pub fn read(bytes: &[u8], name: &str) -> Result<State, Diagnostic> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(State::new());
    }
    let file: FileRow<'_> = serde_json::from_slice(bytes).map_err(|error| explain(bytes, name, &error))?;
    if file.version != VERSION {
        return Err(unsupported_version(name, Some(file.version), &file.terraform_version));
    }
    let mut reader = Reader {
        name,
        modules: FxHashMap::default(),
        words: FxHashMap::default(),
        providers: FxHashMap::default(),
        dependencies: FxHashMap::default(),
    };
    let mut resources = Vec::with_capacity(file.resources.len());
    for row in file.resources {
        resources.extend(reader.resource(row)?);
    }
    let resources = reader.by_address(resources)?;
    let outputs = file
        .outputs
        .into_iter()
        .map(|(name, row)| (Arc::from(name), OutputValue { value: row.value, ty: row.ty, sensitive: row.sensitive }));
    Ok(State {
        serial: file.serial,
        lineage: file.lineage.into_owned(),
        terraform_version: file.terraform_version.into_owned(),
        outputs: outputs.collect(),
        resources,
        check_results: file.check_results,
    })
}

/// Reads rows and keeps what repeats among them, so that ten thousand instances share their words.
struct Reader<'a> {
    name: &'a str,
    modules: FxHashMap<String, ModuleInstance>,
    words: FxHashMap<String, Arc<str>>,
    providers: FxHashMap<String, ProviderAddress>,
    dependencies: FxHashMap<String, ConfigAddress>,
}

impl Reader<'_> {
    /// A row's resource; `None` for one without instances.
    fn resource(&mut self, row: ResourceRow<'_>) -> Result<Option<(ResourceKey, Resource)>, Diagnostic> {
        let ResourceRow { module, mode, kind, name, provider, instances: rows } = row;
        let at = || format!("{module} {kind}.{name}");
        let resource = ResourceAddress {
            mode: match &*mode {
                "managed" => ResourceMode::Managed,
                "data" => ResourceMode::Data,
                other => return Err(self.damaged(&at(), &format!("has the unknown mode {other:?}"))),
            },
            kind: self.word(&kind),
            name: self.word(&name),
        };
        let place = self.module(&module).ok_or_else(|| self.damaged(&at(), "is in a module of no valid name"))?;
        // Where instances name theirs, the resource names none.
        let first = || rows.iter().find_map(|row| row.provider.as_deref());
        let named = if provider.is_empty() { first().unwrap_or_default() } else { &*provider };
        let provider = self
            .provider(named)
            .ok_or_else(|| self.damaged(&at(), &format!("names {named:?}, which is no provider configuration")))?
            .block();
        let mut instances = BTreeMap::new();
        for instance in rows {
            self.instance(instance, &mut instances).map_err(|what| self.damaged(&at(), &what))?;
        }
        let key = ResourceKey { module: place, resource };
        Ok((!instances.is_empty()).then_some((key, Resource { provider, instances })))
    }

    /// What was read, by address. A file's rows are in that order as a rule, and then nothing is compared twice.
    fn by_address(
        &self,
        mut resources: Vec<(ResourceKey, Resource)>,
    ) -> Result<BTreeMap<ResourceKey, Resource>, Diagnostic> {
        resources.sort_by(|(a, _), (b, _)| a.cmp(b));
        let twice = resources.iter().zip(resources.iter().skip(1)).find(|((a, _), (b, _))| a == b);
        match twice {
            Some(((key, _), _)) => {
                let at = format!("{} {}", key.module, key.resource);
                Err(self.damaged(&at, "is recorded twice"))
            }
            None => Ok(resources.into_iter().collect()),
        }
    }

    fn instance(&mut self, mut row: InstanceRow<'_>, slots: &mut BTreeMap<InstanceKey, Slot>) -> Result<(), String> {
        let key = match row.index_key.take() {
            None | Some(serde_json::Value::Null) => InstanceKey::None,
            Some(serde_json::Value::String(key)) => InstanceKey::String(key.into()),
            Some(other) => match other.as_u64() {
                Some(index) => InstanceKey::Int(index),
                None => return Err(format!("has an instance with the key {other}, which is neither number nor text")),
            },
        };
        let deposed = row.deposed.take().filter(|key| !key.is_empty());
        let provider = match row.provider.take() {
            Some(text) => Some(
                self.provider(&text).ok_or_else(|| format!("names {text:?}, which is no provider configuration"))?,
            ),
            None => None,
        };
        let dependencies = &mut self.dependencies;
        let instance = Arc::new(instance_from_row(row, |text| interned_dependency(dependencies, text))?);
        let slot = slots.entry(key).or_default();
        if let Some(provider) = provider.filter(|provider| provider.key != InstanceKey::None) {
            slot.provider = Some(provider);
        }
        let earlier = match deposed {
            None => slot.current.replace(instance),
            Some(text) => {
                let key = DeposedKey::parse(&text).ok_or_else(|| format!("has the invalid deposed key {text:?}"))?;
                slot.deposed.insert(key, instance)
            }
        };
        earlier.map_or(Ok(()), |_| Err("has an instance that is recorded twice".into()))
    }

    fn module(&mut self, text: &str) -> Option<ModuleInstance> {
        if text.is_empty() {
            return Some(ModuleInstance::root());
        }
        if let Some(known) = self.modules.get(text) {
            return Some(known.clone());
        }
        let module = ModuleInstance::parse(text)?;
        self.modules.insert(text.into(), module.clone());
        Some(module)
    }

    fn provider(&mut self, text: &str) -> Option<ProviderAddress> {
        if let Some(known) = self.providers.get(text) {
            return Some(known.clone());
        }
        let provider = provider_address(text)?;
        self.providers.insert(text.into(), provider.clone());
        Some(provider)
    }

    fn word(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.words.get(text) {
            return Arc::clone(known);
        }
        let word: Arc<str> = text.into();
        self.words.insert(text.into(), Arc::clone(&word));
        word
    }

    fn damaged(&self, at: &str, what: &str) -> Diagnostic {
        damaged(self.name, &format!("{} {what}.", at.trim_start()))
    }
}

fn interned_dependency(known: &mut FxHashMap<String, ConfigAddress>, text: &str) -> Option<ConfigAddress> {
    if let Some(address) = known.get(text) {
        return Some(address.clone());
    }
    let address = ConfigAddress::parse(text)?;
    known.insert(text.into(), address.clone());
    Some(address)
}

/// Terraform before 0.13 wrote `provider.azurerm.alias`, without a source address.
fn provider_address(text: &str) -> Option<ProviderAddress> {
    ProviderAddress::parse(text).or_else(|| {
        let rest = text.strip_prefix("provider.")?;
        let (name, alias) = rest.split_once('.').map_or((rest, None), |(name, alias)| (name, Some(alias.into())));
        let source = match name {
            "terraform" => "terraform.io/builtin/terraform".to_owned(),
            name => format!("registry.terraform.io/hashicorp/{name}"),
        };
        Some(ProviderAddress { alias, ..ProviderAddress::default_of(&source) })
    })
}

/// The little that any state file has in common, to say what is wrong with one that could not be read.
#[derive(Deserialize)]
struct Head<'a> {
    version: Option<u64>,
    #[serde(borrow, default)]
    terraform_version: Cow<'a, str>,
    encryption_version: Option<serde::de::IgnoredAny>,
}

fn explain(bytes: &[u8], name: &str, error: &serde_json::Error) -> Diagnostic {
    if let Ok(head) = serde_json::from_slice::<Head<'_>>(bytes) {
        if head.encryption_version.is_some() {
            return Diagnostic::error(
                "Encrypted state",
                format!(
                    "{name} is encrypted, in OpenTofu's format. Add the encryption block that it was written with to the \
                     configuration, or set TF_ENCRYPTION to its contents."
                ),
            );
        }
        if head.version != Some(VERSION) {
            return unsupported_version(name, head.version, &head.terraform_version);
        }
    }
    if error.is_eof() {
        return damaged(name, &format!("It ends in the middle, at line {}.", error.line()));
    }
    // serde_json's message may quote a value of the file; only its place is safe to show.
    damaged(name, &format!("It is not valid at line {}, column {}.", error.line(), error.column()))
}

fn unsupported_version(name: &str, version: Option<u64>, terraform_version: &str) -> Diagnostic {
    let writer = if terraform_version.is_empty() {
        String::new()
    } else {
        format!(" It was written by version {terraform_version}.")
    };
    let detail = match version {
        None => format!("{name} does not have a \"version\" attribute, so it is no state file or was damaged."),
        Some(version) if version > VERSION => format!(
            "{name} uses format version {version}; this program reads version {VERSION}.{writer} Use the program \
             that wrote it, or a newer release of this one."
        ),
        Some(version) => format!(
            "{name} uses the old format version {version}; this program reads version {VERSION}.{writer} Run \
             \"terraform apply -refresh-only\" with Terraform 0.13 to 1.x once to bring it up to date."
        ),
    };
    Diagnostic::error("Unsupported state file format", detail)
}

pub(super) fn damaged(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Damaged state file",
        format!(
            "{name} cannot be read. {what}\n\nNothing was changed. Restore the last good version: the file beside it \
             whose name ends in \".backup\", or a copy from your version history."
        ),
    )
}
