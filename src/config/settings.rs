//! Reading `terraform` blocks.

use indexmap::map::Entry;

use crate::config::content::{BlockShape, Shape, label};
use crate::config::declare::Declarer;
use crate::config::literal::{entries, list, provider, text};
use crate::config::module::{Backend, RequiredProvider};
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Attribute, Block, ExpressionKind};

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
    if let Some(version) = content.value("required_version").and_then(|e| text(&e, &mut declarer.diagnostics)) {
        declarer.module.required_version.push(version);
    }
    for block in content.blocks("required_providers") {
        for attribute in block.body.attributes {
            required_provider(declarer, attribute);
        }
    }
    for kind in ["backend", "cloud"] {
        for block in content.blocks(kind) {
            backend(declarer, block);
        }
    }
}

fn backend(declarer: &mut Declarer<'_>, block: Block) {
    if let Some(first) = &declarer.module.backend {
        let detail = format!(
            "A module may have only one place for its state; the first was given at {}.",
            declarer.at(first.block.header)
        );
        return declarer.diagnostics.error_at(block.header, "Duplicate backend configuration", detail);
    }
    let kind = if &*block.kind.name == "cloud" { "cloud".into() } else { label(&block, 0) };
    declarer.module.backend = Some(Backend { kind, block });
}

fn required_provider(declarer: &mut Declarer<'_>, attribute: Attribute) {
    let span = attribute.span;
    let name = attribute.name.name.clone();
    let required = read_required_provider(attribute, &mut declarer.diagnostics);
    match declarer.module.required_providers.entry(name) {
        Entry::Occupied(first) => {
            let (name, first) = (first.key().clone(), first.get().span);
            let detail = format!("The provider \"{name}\" is required at {} already.", declarer.at(first));
            declarer.diagnostics.error_at(span, "Duplicate required provider", detail);
        }
        Entry::Vacant(free) => {
            free.insert(required);
        }
    }
}

/// Either an object or, in the manner of Terraform 0.12, a version constraint.
fn read_required_provider(attribute: Attribute, diagnostics: &mut Diagnostics) -> RequiredProvider {
    let mut required =
        RequiredProvider { source: None, version: None, configuration_aliases: Vec::new(), span: attribute.span };
    if !matches!(attribute.value.kind, ExpressionKind::Object(_)) {
        required.version = text(&attribute.value, diagnostics);
        return required;
    }
    for (key, value) in entries(attribute.value, diagnostics) {
        match &*key.name {
            "source" => required.source = text(&value, diagnostics),
            "version" => required.version = text(&value, diagnostics),
            "configuration_aliases" => {
                let aliases = list(value, diagnostics);
                required.configuration_aliases =
                    aliases.into_iter().filter_map(|alias| provider(alias, diagnostics)).collect();
            }
            _ => {
                let detail = "A required provider has a \"source\", a \"version\" and \"configuration_aliases\".";
                diagnostics.error_at(key.span, "Invalid required_providers object", detail);
            }
        }
    }
    required
}
