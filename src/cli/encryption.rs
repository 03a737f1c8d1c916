//! What the `encryption` block of the root module and `TF_ENCRYPTION` come to: keys, methods, and what is encrypted.
//!
//! Its arguments are known before anything is planned: they may refer to variables and to locals of such.

mod scope;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use azure_core::credentials::Secret;

use super::invocation::Invocation;
use super::{loading, variables};
use crate::azure::arm::{Settings, SystemClock, VaultClient};
use crate::config::{EncryptionBlock, EncryptionPart, EncryptionTarget, MethodReference, Module, part_reference};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval;
use crate::eval::templates::Surroundings;
use crate::eval::variables::Given;
use crate::span::SourceMap;
use crate::state::encryption::{
    AesGcm, Encryption, External, Hash, KeySource, Keys, Method, Passphrase, Pbkdf2, Target, VaultKey, VaultSettings,
};
use crate::syntax::tree::{Expression, ExpressionKind};
use crate::value::{Value, ValueKind};
use scope::Static;

/// Everything that is settled for a run.
#[derive(Clone, Default)]
pub struct Settled {
    /// States, plans and journals.
    pub encryption: Encryption,
    /// Other stacks' states: with any of the methods that are named for them.
    pub remote: Option<Encryption>,
}

/// What the root module in the present folder settles, for commands that need nothing else of it. A module that cannot
/// be read settles nothing unless it speaks of encryption.
pub fn of_folder(invocation: &Invocation) -> Result<Settled, Diagnostics> {
    let mut sources = SourceMap::default();
    let (configuration, problems) = loading::read_alone(Path::new("."), &mut sources);
    let root = &configuration.root;
    let is_block = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix("encryption").is_some_and(|rest| rest.trim_start().starts_with('{'))
            || line.contains("\"encryption\"")
    };
    let speaks_of_it = || sources.iter().any(|(_, source)| source.text.lines().any(is_block));
    let variable = invocation.variable("TF_ENCRYPTION").is_some();
    if root.encryption.is_empty() && !variable && !(problems.has_errors() && speaks_of_it()) {
        return Ok(Settled::default());
    }
    let settled = (|| {
        if problems.has_errors() && root.encryption.is_empty() && !variable {
            return Err(problems);
        }
        let given = variables::of_folder(root, &invocation.environment, &mut sources)?;
        of_module(root, &given, invocation, &mut sources)
    })();
    settled.map_err(|problems| {
        // The places are in texts that only this function has.
        invocation.report_on(problems, &sources);
        Diagnostic::error(
            "Encryption not settled",
            "The state may be encrypted, and how is not known. Nothing was done.",
        )
        .into()
    })
}

/// What a root module settles, with `TF_ENCRYPTION` laid over it.
pub fn of_module(
    module: &Module,
    given: &BTreeMap<Arc<str>, Given>,
    invocation: &Invocation,
    sources: &mut SourceMap,
) -> Result<Settled, Diagnostics> {
    let mut block = module.encryption.clone();
    if let Some(text) = invocation.variable("TF_ENCRYPTION") {
        let source = sources.add("TF_ENCRYPTION", None, text);
        let (over, problems) = EncryptionBlock::parse(source, text);
        if problems.has_errors() {
            return Err(problems);
        }
        block.overlay(over);
    }
    if block.is_empty() {
        return Ok(Settled::default());
    }
    let functions = Surroundings::default();
    let context = functions.context();
    let scope = Static { module, given, functions: &context, depth: Mutex::new(0) };
    let mut builder =
        Builder { block: &block, scope: &scope, invocation, keys: BTreeMap::new(), found: Diagnostics::new() };
    let settled = builder.build();
    if builder.found.has_errors() { Err(builder.found) } else { Ok(settled) }
}

struct Builder<'a> {
    block: &'a EncryptionBlock,
    scope: &'a Static<'a>,
    invocation: &'a Invocation,
    /// By address; `None` while one is being built, and when it could not be.
    keys: BTreeMap<String, Option<Arc<Keys>>>,
    found: Diagnostics,
}

impl Builder<'_> {
    fn build(&mut self) -> Settled {
        let block = self.block;
        for part in &block.key_providers {
            self.keys_of(part);
        }
        let mut methods: Vec<(&EncryptionPart, Method)> = Vec::new();
        for part in &block.methods {
            if let Some(method) = self.method(part) {
                methods.push((part, method));
            }
        }
        let sealers: Vec<Arc<AesGcm>> = methods
            .iter()
            .filter_map(|(_, method)| if let Method::AesGcm(method) = method { Some(method.clone()) } else { None })
            .collect();
        let state = self.target(block.state.as_ref(), &methods, "state");
        let mut plan = self.target(block.plan.as_ref(), &methods, "plan");
        if plan.methods.is_empty() {
            // Nobody compares two plans: with a key at hand they are encrypted whole.
            plan.methods = sealers.iter().cloned().map(Method::AesGcm).chain([Method::Unencrypted]).collect();
        }
        let registry = Arc::new(loading::registry());
        let mut remote = Target::default();
        for (_, target) in &block.remote {
            remote.methods.extend(self.target(Some(target), &methods, "remote_state_data_sources").methods);
        }
        let remote = (!remote.methods.is_empty()).then(|| Encryption {
            state: remote,
            sealers: sealers.clone(),
            ..Encryption::default()
        });
        Settled { encryption: Encryption { state, plan, sealers, registry: Some(registry) }, remote }
    }

    fn target(
        &mut self,
        target: Option<&EncryptionTarget>,
        methods: &[(&EncryptionPart, Method)],
        what: &str,
    ) -> Target {
        let mut found = Target::default();
        let Some(first) = target else { return found };
        let enforced = first.enforced.as_ref().and_then(|value| self.value(value)?.as_bool()).unwrap_or(false);
        let mut next = Some(first);
        while let Some(target) = next {
            match &target.method {
                Some(reference) => found.methods.extend(self.named(reference, methods)),
                None if enforced => {
                    let detail = format!("Encryption of \"{what}\" is enforced, so it needs a method.");
                    self.found.error_at(target.span, "Encryption is enforced", detail);
                }
                None => {}
            }
            next = target.fallback.as_deref();
        }
        if enforced && found.methods.iter().any(|method| matches!(method, Method::Unencrypted)) {
            let detail = format!(
                "Encryption of \"{what}\" is enforced, and the method \"unencrypted\" is none. Take \"enforced\" away until \
                 everything was written once."
            );
            self.found.error_at(first.span, "Encryption is enforced", detail);
        }
        found
    }

    fn named(&mut self, reference: &MethodReference, methods: &[(&EncryptionPart, Method)]) -> Option<Method> {
        let is_it = |part: &EncryptionPart| part.kind == reference.kind && part.name == reference.name;
        let found = methods.iter().find(|(part, _)| is_it(part)).map(|(_, method)| method.clone());
        if found.is_none() && !self.block.methods.iter().any(is_it) {
            let detail = format!("There is no block method \"{}\" \"{}\".", reference.kind, reference.name);
            self.found.error_at(reference.span, "Undefined encryption method", detail);
        }
        found
    }

    fn method(&mut self, part: &EncryptionPart) -> Option<Method> {
        match &*part.kind {
            "unencrypted" => {
                self.known_arguments(part, &[]);
                Some(Method::Unencrypted)
            }
            "aes_gcm" => {
                self.known_arguments(part, &["keys", "aad"]);
                let keys = self.required(part, "keys")?.clone();
                let keys = self.keys_at(&keys)?;
                let aad = part.body.attribute("aad").and_then(|attribute| self.bytes(&attribute.value));
                Some(Method::AesGcm(Arc::new(AesGcm::new(keys, aad.unwrap_or_default()))))
            }
            other => {
                let detail = format!("There is no method \"{other}\": \"aes_gcm\" and \"unencrypted\" are there.");
                self.found.error_at(part.span, "Unknown encryption method", detail);
                None
            }
        }
    }

    /// The provider that an argument refers to: `key_provider.pbkdf2.main`.
    fn keys_at(&mut self, expression: &Expression) -> Option<Arc<Keys>> {
        let reference = match &expression.kind {
            ExpressionKind::Reference(reference) => part_reference("key_provider", reference),
            // In JSON a reference is a text.
            ExpressionKind::Literal(text) => match text.as_str().map(|text| text.split('.').collect::<Vec<_>>()) {
                Some(words) if words.first() == Some(&"key_provider") && words.len() == 3 => {
                    words.get(1).zip(words.get(2)).map(|(kind, name)| [Arc::from(*kind), Arc::from(*name)])
                }
                _ => None,
            },
            _ => None,
        };
        let Some([kind, name]) = reference else {
            let detail = "Keys are referred to by the type and name of their provider: key_provider.pbkdf2.main.";
            self.found.error_at(expression.span, "Invalid key provider", detail);
            return None;
        };
        match self.block.key_providers.iter().find(|part| part.kind == kind && part.name == name) {
            Some(part) => self.keys_of(part),
            None => {
                let detail = format!("There is no block key_provider \"{kind}\" \"{name}\".");
                self.found.error_at(expression.span, "Undefined key provider", detail);
                None
            }
        }
    }

    fn keys_of(&mut self, part: &EncryptionPart) -> Option<Arc<Keys>> {
        let address = format!("key_provider.{}.{}", part.kind, part.name);
        if let Some(known) = self.keys.get(&address) {
            return known.clone();
        }
        self.keys.insert(address.clone(), None);
        let name = self.text(part, "encrypted_metadata_alias").unwrap_or(address.clone());
        let source: Option<Box<dyn KeySource>> = match &*part.kind {
            "pbkdf2" => self.pbkdf2(part, &name).map(|source| Box::new(source) as _),
            "external" => self.external(part, &name).map(|source| Box::new(source) as _),
            "azure_vault" => self.vault(part, &name).map(|source| Box::new(source) as _),
            other => {
                let detail = format!(
                    "There is no key provider \"{other}\" in this release of Bowline: \"pbkdf2\", \"azure_vault\" and \
                     \"external\" are there."
                );
                self.found.error_at(part.span, "Unknown key provider", detail);
                None
            }
        };
        let keys = source.map(|source| Arc::new(Keys::new(name, source)));
        self.keys.insert(address, keys.clone());
        keys
    }

    fn pbkdf2(&mut self, part: &EncryptionPart, name: &str) -> Option<Pbkdf2> {
        self.known_arguments(
            part,
            &["passphrase", "chain", "key_length", "iterations", "hash_function", "salt_length"],
        );
        let passphrase = match part.body.attribute("chain") {
            Some(chain) => Passphrase::Chain(self.keys_at(&chain.value)?),
            None => {
                let expression = self.required(part, "passphrase")?.clone();
                let text = self.value(&expression).and_then(|value| value.as_str().map(str::to_owned))?;
                if text.chars().count() < Pbkdf2::SHORTEST_PASSPHRASE {
                    let detail = format!("A passphrase has at least {} characters.", Pbkdf2::SHORTEST_PASSPHRASE);
                    self.found.error_at(expression.span, "Passphrase too short", detail);
                    return None;
                }
                Passphrase::Text(Secret::new(text))
            }
        };
        let hash = match self.text(part, "hash_function").as_deref() {
            None | Some("sha512") => Hash::Sha512,
            Some("sha256") => Hash::Sha256,
            Some(_) => {
                self.found.error_at(part.span, "Unknown hash function", "hash_function is \"sha256\" or \"sha512\".");
                return None;
            }
        };
        let iterations =
            self.number(part, "iterations", 600_000, u64::from(Pbkdf2::FEWEST_ITERATIONS)..=100_000_000)?;
        Some(Pbkdf2 {
            name: name.to_owned(),
            passphrase,
            key_length: usize::try_from(self.number(part, "key_length", 32, 16..=32)?).ok()?,
            iterations: u32::try_from(iterations).ok()?,
            hash,
            salt_length: usize::try_from(self.number(part, "salt_length", 32, 1..=1024)?).ok()?,
        })
    }

    fn external(&mut self, part: &EncryptionPart, name: &str) -> Option<External> {
        self.known_arguments(part, &["command"]);
        let expression = self.required(part, "command")?.clone();
        let value = self.value(&expression)?;
        let command: Option<Vec<String>> = match value.kind() {
            ValueKind::List(_, items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            ValueKind::Tuple(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        match command.filter(|command| !command.is_empty()) {
            Some(command) => Some(External { name: name.to_owned(), command }),
            None => {
                let detail = "The command is a list of texts: the program, then its arguments.";
                self.found.error_at(expression.span, "Invalid command", detail);
                None
            }
        }
    }

    fn vault(&mut self, part: &EncryptionPart, name: &str) -> Option<VaultKey> {
        let mut named = |names: [&str; 2]| names.iter().find_map(|name| self.text(part, name));
        let (vault_uri, key_name) =
            (named(["vault_uri", "az_vault_uri"]), named(["vault_key_name", "az_vault_key_name"]));
        let (Some(vault_uri), Some(key_name)) = (vault_uri, key_name) else {
            let detail = "A key provider \"azure_vault\" needs vault_uri and vault_key_name.";
            self.found.error_at(part.span, "Missing argument", detail);
            return None;
        };
        let key_length = usize::try_from(self.number(part, "key_length", 32, 16..=32)?).ok()?;
        let mut settings = Vec::new();
        for attribute in &part.body.attributes {
            let value = self.value(&attribute.value)?;
            settings.push((attribute.name.name.clone(), value));
        }
        let config = Value::object(settings.into_iter().collect());
        match vault_client(&config, self.invocation) {
            Ok(client) => {
                let settings = VaultSettings { vault_uri, key_name, key_length };
                Some(VaultKey { name: name.to_owned(), settings, client })
            }
            Err(problems) => {
                self.found.extend(problems);
                None
            }
        }
    }

    fn known_arguments(&mut self, part: &EncryptionPart, names: &[&str]) {
        for attribute in &part.body.attributes {
            let name = &*attribute.name.name;
            if !names.contains(&name) && name != "encrypted_metadata_alias" {
                let detail = format!("A {} \"{}\" has no argument \"{name}\".", kind_of(part, self.block), part.kind);
                self.found.error_at(attribute.name.span, "Unsupported argument", detail);
            }
        }
    }

    fn required<'p>(&mut self, part: &'p EncryptionPart, name: &str) -> Option<&'p Expression> {
        let found = part.body.attribute(name).map(|attribute| &attribute.value);
        if found.is_none() {
            let detail = format!("The argument \"{name}\" is required, but no definition was found.");
            self.found.error_at(part.span, "Missing required argument", detail);
        }
        found
    }

    fn text(&mut self, part: &EncryptionPart, name: &str) -> Option<String> {
        let value = self.value(&part.body.attribute(name)?.value)?;
        value.as_str().map(str::to_owned)
    }

    fn number(
        &mut self,
        part: &EncryptionPart,
        name: &str,
        default: u64,
        allowed: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let Some(attribute) = part.body.attribute(name) else { return Some(default) };
        let value = self.value(&attribute.value)?;
        let number = value.as_number().and_then(|number| number.to_string().parse().ok());
        if number.is_none_or(|number| !allowed.contains(&number)) {
            let detail = format!("\"{name}\" is a whole number from {} to {}.", allowed.start(), allowed.end());
            self.found.error_at(attribute.value.span, "Invalid argument", detail);
            return None;
        }
        number
    }

    /// `aad` is a list of bytes, as in OpenTofu.
    fn bytes(&mut self, expression: &Expression) -> Option<Vec<u8>> {
        let value = self.value(expression)?;
        let byte = |item: &Value| item.as_number().and_then(|number| number.to_string().parse::<u8>().ok());
        let bytes: Option<Vec<u8>> = match value.kind() {
            ValueKind::List(_, items) => items.iter().map(byte).collect(),
            ValueKind::Tuple(items) => items.iter().map(byte).collect(),
            _ => None,
        };
        if bytes.is_none() {
            self.found.error_at(expression.span, "Invalid argument", "\"aad\" is a list of numbers from 0 to 255.");
        }
        bytes
    }

    /// What an argument is worth, without marks: everything here is secret.
    fn value(&mut self, expression: &Expression) -> Option<Value> {
        let (value, problems) = eval::evaluate(expression, self.scope);
        if problems.has_errors() {
            self.found.extend(problems);
            return None;
        }
        let (value, _) = value.unmark_deep();
        if !value.is_wholly_known() || value.is_null() {
            let detail =
                "How things are encrypted must be known before anything is read: a variable without a value has none.";
            self.found.error_at(expression.span, "Value not known", detail);
            return None;
        }
        Some(value)
    }
}

fn kind_of(part: &EncryptionPart, block: &EncryptionBlock) -> &'static str {
    if block.methods.iter().any(|method| method.span == part.span) { "method" } else { "key_provider" }
}

fn vault_client(config: &Value, invocation: &Invocation) -> Result<VaultClient, Diagnostics> {
    let settings = Settings::gather(config, &invocation.environment)?;
    let runtime = super::invocation::runtime()?;
    let cloud = runtime.block_on(settings.cloud(invocation.simulator.as_deref()))?;
    Ok(settings.clients(&cloud, Arc::new(SystemClock::default()))?.vaults)
}

impl std::fmt::Debug for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settled")
    }
}
