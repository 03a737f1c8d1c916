//! Reading `terraform` blocks.

use crate::config::content::{BlockShape, Shape, label};
use crate::config::declare::Declarer;
use crate::config::encryption::EncryptionBlock;
use crate::config::endpoint::not_plain;
use crate::config::literal::{entries, list, provider, refuse_references, text};
use crate::config::module::{Backend, RequiredProvider, Text};
use crate::config::version;
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Attribute, Block, Expression, ExpressionKind};

const TERRAFORM: Shape = Shape {
    arguments: &["required_version", "experiments", "language"],
    blocks: &[
        BlockShape { kind: "backend", labels: &["type"] },
        BlockShape::plain("cloud"),
        BlockShape::plain("required_providers"),
        BlockShape { kind: "provider_meta", labels: &["provider"] },
        BlockShape::plain("encryption"),
    ],
};

/// Reads a `terraform` block.
pub fn read_terraform(declarer: &mut Declarer<'_>, block: Block) {
    let mut content = TERRAFORM.content(block.body, block.header, &mut declarer.diagnostics);
    if let Some(version) = content.value("required_version").and_then(|e| required_version(&e, declarer)) {
        declarer.module.required_version.push(version);
    }
    if let Some(experiments) = content.take("experiments") {
        let detail = "Experimental features are found only in alpha releases of Terraform, and not here.";
        declarer.diagnostics.error_at(experiments.span, "Module uses experimental features", detail);
    }
    for block in content.blocks("required_providers") {
        required_providers(declarer, block);
    }
    for block in content.blocks("encryption") {
        let read = EncryptionBlock::read(block, &mut declarer.diagnostics);
        declarer.module.encryption.overlay(read);
    }
    for kind in ["backend", "cloud"] {
        for block in content.blocks(kind) {
            backend(declarer, block);
        }
    }
}

fn required_version(expression: &Expression, declarer: &mut Declarer<'_>) -> Option<Text> {
    if !refuse_references(expression, &mut declarer.diagnostics) {
        return None;
    }
    let version = text(expression, &mut declarer.diagnostics)?;
    version::check_syntax(&version, &mut declarer.diagnostics);
    Some(version)
}

fn backend(declarer: &mut Declarer<'_>, block: Block) {
    let kind = if &*block.kind.name == "cloud" { "cloud".into() } else { label(&block, 0) };
    if let Some(first) = &declarer.module.backend {
        let both = (&*kind == "cloud") != (&*first.kind == "cloud");
        let place = if both { first.block.header } else { block.header };
        let detail = format!(
            "A module may have only one place for its state; the first was given at {}.",
            declarer.at(first.block.header)
        );
        let summary = match &*kind {
            _ if both => "Both a backend and cloud configuration are present",
            "cloud" => "Duplicate HCP Terraform configurations",
            _ => "Duplicate backend configuration",
        };
        return declarer.diagnostics.error_at(place, summary, detail);
    }
    declarer.module.backend = Some(Backend { kind, block });
}

fn required_providers(declarer: &mut Declarer<'_>, block: Block) {
    if let Some(first) = declarer.required_providers {
        let detail = format!("A module has one such block; the first is at {}.", declarer.at(first));
        let summary = "Duplicate required providers configuration";
        return declarer.diagnostics.error_at(block.header, summary, detail);
    }
    declarer.required_providers = Some(block.header);
    let json = block.body.json;
    for attribute in block.body.attributes {
        let name = attribute.name.name.clone();
        let normal = name.to_lowercase();
        if *normal != *name {
            let detail = format!("Provider names are written in lower case: replace \"{name}\" with \"{normal}\".");
            declarer.diagnostics.error_at(attribute.name.span, "Invalid provider local name", detail);
            continue;
        }
        let required = read_required_provider(attribute, json, &mut declarer.diagnostics);
        declarer.module.required_providers.insert(name, required);
    }
}

/// Either an object or, in the manner of Terraform 0.12, a version constraint.
fn read_required_provider(attribute: Attribute, json: bool, diagnostics: &mut Diagnostics) -> RequiredProvider {
    let name = attribute.name.name;
    let mut required =
        RequiredProvider { source: None, version: None, configuration_aliases: Vec::new(), span: attribute.span };
    match &attribute.value.kind {
        ExpressionKind::Object(_) => {}
        ExpressionKind::Literal(_) => {
            required.version = constraint(&attribute.value, diagnostics);
            return required;
        }
        _ => {
            let detail = "What a module requires of a provider is an object, or a version constraint in quotes.";
            diagnostics.error_at(attribute.value.span, "Invalid required_providers object", detail);
            return required;
        }
    }
    for (key, value) in entries(attribute.value, diagnostics) {
        match &*key.name {
            "source" => required.source = source(&value, diagnostics),
            "version" => required.version = constraint(&value, diagnostics),
            "configuration_aliases" => {
                for alias in list(value, diagnostics) {
                    if !json && matches!(alias.kind, ExpressionKind::Literal(_)) {
                        diagnostics.push(not_plain(alias.span));
                        continue;
                    }
                    let Some(alias) = provider(alias, diagnostics) else { continue };
                    if alias.name != name {
                        let detail = format!(
                            "Configuration aliases must be prefixed with the provider name. Expected \"{name}\", but \
                             found \"{}\".",
                            alias.name
                        );
                        diagnostics.error_at(alias.span, "Invalid configuration_aliases value", detail);
                    }
                    required.configuration_aliases.push(alias);
                }
            }
            _ => {
                let detail = "A required provider has a \"source\", a \"version\" and \"configuration_aliases\".";
                diagnostics.error_at(key.span, "Invalid required_providers object", detail);
            }
        }
    }
    required
}

fn constraint(value: &Expression, diagnostics: &mut Diagnostics) -> Option<Text> {
    if let ExpressionKind::Literal(literal) = &value.kind
        && literal.as_str().is_none()
    {
        diagnostics.error_at(value.span, "Invalid version constraint", "A version constraint is a text in quotes.");
        return None;
    }
    let version = text(value, diagnostics)?;
    version::check_syntax(&version, diagnostics);
    Some(version)
}

/// `[HOST/][NAMESPACE/]NAME`
fn source(value: &Expression, diagnostics: &mut Diagnostics) -> Option<Text> {
    let source = text(value, diagnostics)?;
    let parts: Vec<&str> = source.value.split('/').collect();
    let word = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "-_.:".contains(c));
    if parts.len() > 3 || !parts.iter().all(word) {
        let detail = "The \"source\" attribute must be in the format \"[hostname/][namespace/]name\".";
        diagnostics.error_at(source.span, "Invalid provider source string", detail);
        return None;
    }
    Some(source)
}
