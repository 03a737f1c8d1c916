//! `bowline export`: hands a stack back to Terraform: its state in clear, the providers that Terraform has to be told of,
//! and what of the configuration Terraform does not have.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Exit;
use super::flags::OutputFlags;
use super::invocation::Invocation;
use super::{loading, stored};
use crate::config::{Configuration, Module, TERRAFORM_VERSION};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::state::{State, format};

/// Hand the stack back to Terraform
///
/// Writes the state, decrypted, and what Terraform's init needs into a folder, and tells what of the configuration
/// Terraform does not have. Nothing is changed here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bowline export\n  bowline export -out=../to-terraform")]
pub struct Arguments {
    /// Write into this folder
    #[arg(long, value_name = "DIR", default_value = "exported")]
    out: PathBuf,
    /// Read the state from this file
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
}

/// The providers' versions that the kinds here are modelled on.
const VERSIONS: [(&str, &str, &str); 6] = [
    ("azurerm", "registry.terraform.io/hashicorp/azurerm", "~> 4.0"),
    ("azapi", "registry.terraform.io/azure/azapi", "~> 2.0"),
    ("random", "registry.terraform.io/hashicorp/random", "~> 3.0"),
    ("time", "registry.terraform.io/hashicorp/time", "~> 0.9"),
    ("local", "registry.terraform.io/hashicorp/local", "~> 2.0"),
    ("null", "registry.terraform.io/hashicorp/null", "~> 3.0"),
];

/// Runs the command.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let (configuration, problems) = loading::read_alone(Path::new("."), &mut invocation.sources);
    loading::refuse_errors(invocation, problems)?;
    let loaded = stored::store(invocation, arguments.state.as_ref())?.load()?;
    if let Some(unfinished) = loaded.unfinished().first() {
        return Err(stored::interrupted(unfinished).into());
    }
    let state = loaded.state;
    let path = arguments.out.join("terraform.tfstate");
    write(&path, &format::write(&state))?;
    let providers = missing_providers(&configuration, &state);
    let hints = arguments.out.join("required_providers.tf");
    if !providers.is_empty() {
        write(&hints, required(&providers).as_bytes())?;
    }
    invocation.print_line(&format!(
        "{}: serial {}, {} objects. It is not encrypted: keep it where a secret may lie.",
        path.display(),
        state.serial,
        state.objects().count()
    ));
    if !providers.is_empty() {
        invocation.print_line(&format!(
            "{}: the versions of providers that the configuration leaves open. \"terraform init\" then writes .terraform.lock.hcl; \
             \"terraform providers lock -platform=linux_amd64\" adds the machines of a pipeline.",
            hints.display()
        ));
    }
    let without = without_counterpart(&configuration, &state, invocation);
    if without.is_empty() {
        invocation.print_line("\nEverything in the configuration and in the state has its counterpart in Terraform.");
    } else {
        invocation.print_line(&format!("\nWithout a counterpart in Terraform {TERRAFORM_VERSION}:"));
        for line in &without {
            invocation.print_line(&format!("  - {line}"));
        }
    }
    let backend = configuration.root.backend.as_ref();
    let push = if backend.is_some() {
        "\"terraform init\", then \"terraform state push -force\" the file, unless Terraform reads the same backend already"
    } else {
        "put the file beside the configuration, then \"terraform init\""
    };
    invocation.print_line(&format!("\nNext: {push}; \"terraform plan\" should find nothing to do."));
    Ok(Exit::Success)
}

/// For the owner only: the state is in clear.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, bytes)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    written().map_err(|error| {
        Diagnostic::error("File cannot be written", format!("{} cannot be written: {error}.", path.display()))
    })
}

/// The recorded providers of which the root module says no version.
fn missing_providers(
    configuration: &Configuration,
    state: &State,
) -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let stated =
        |name: &str| configuration.root.required_providers.get(name).is_some_and(|required| required.version.is_some());
    let used = |source: &str| state.resources.values().any(|resource| &*resource.provider.source == source);
    let missing = VERSIONS.iter().filter(|(name, source, _)| used(source) && !stated(name));
    missing.map(|(name, source, version)| (*name, (*source, *version))).collect()
}

fn required(providers: &BTreeMap<&str, (&str, &str)>) -> String {
    let entries = providers.iter().map(|(name, (source, version))| {
        let source = source.trim_start_matches("registry.terraform.io/");
        format!("    {name} = {{\n      source  = \"{source}\"\n      version = \"{version}\"\n    }}\n")
    });
    format!(
        "# To be merged into the required_providers of the root module.\nterraform {{\n  required_providers {{\n{}  }}\n}}\n",
        entries.collect::<String>()
    )
}

/// What Terraform does not have, with its place.
fn without_counterpart(configuration: &Configuration, state: &State, invocation: &Invocation) -> Vec<String> {
    let mut lines = Vec::new();
    let at = |span: Span| {
        let name = invocation.sources.get(span.source).map(|source| source.name.clone()).unwrap_or_default();
        let line = invocation.sources.start(span).map(|position| position.line).unwrap_or_default();
        format!("{name}:{line}")
    };
    if !configuration.root.encryption.is_empty() || invocation.variable("TF_ENCRYPTION").is_some() {
        lines.push("the encryption block: take it out; OpenTofu has it, Terraform keeps states as they are".to_owned());
    }
    for module in configuration.modules() {
        of_module(module, &at, &mut lines);
    }
    for (key, resource) in &state.resources {
        if resource.provider.source.ends_with("/bowline/bowline") {
            lines.push(format!(
                "{key}: no provider of Terraform's has this kind; \"terraform state rm\" it, it stays in Azure"
            ));
        }
    }
    lines
}

fn of_module(module: &Module, at: &dyn Fn(Span) -> String, lines: &mut Vec<String>) {
    for call in module.calls.values().filter(|call| call.enabled.is_some()) {
        lines.push(format!("{}: lifecycle {{ enabled }} of a module: use count = ... ? 1 : 0", at(call.span)));
    }
    for resource in module.resources.values() {
        if resource.lifecycle.enabled.is_some() {
            lines.push(format!("{}: lifecycle {{ enabled }}: use count = ... ? 1 : 0", at(resource.span)));
        }
        if resource.address.kind.starts_with("bowline_") {
            lines.push(format!("{}: {} is a kind of Bowline's own", at(resource.span), resource.address));
        }
    }
    for (name, required) in &module.required_providers {
        if required.source.as_ref().is_some_and(|source| source.value.ends_with("bowline/bowline")) {
            lines.push(format!("{}: the provider {name} is part of Bowline", at(required.span)));
        }
    }
}
