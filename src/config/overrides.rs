//! Override files (`override.tf`, `*_override.tf`): their blocks are laid over those of the other files before anything
//! is read from them. An argument replaces the one of its name; nested blocks replace all of their type, whether they are
//! written or made by a dynamic block, except that `lifecycle` is merged by argument.

use crate::config::content::label;
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Attribute, Block, Body};

/// Lays override blocks over the others.
pub fn apply(base: &mut Vec<Block>, overrides: Vec<Block>, diagnostics: &mut Diagnostics) {
    for over in overrides {
        match &*over.kind.name {
            "locals" => override_locals(base, over, diagnostics),
            "terraform" => override_settings(base, over),
            "moved" | "import" | "check" => {
                let kind = &over.kind.name;
                let detail =
                    format!("Blocks of type \"{kind}\" can stand only in normal files, not in override files.");
                let summary = match &**kind {
                    "check" => "Can't override check blocks".to_owned(),
                    _ => format!("Cannot override '{kind}' blocks"),
                };
                diagnostics.error_at(over.header, summary, detail);
            }
            "removed" => base.push(over),
            _ => override_block(base, over, diagnostics),
        }
    }
}

fn override_block(base: &mut [Block], over: Block, diagnostics: &mut Diagnostics) {
    let is_same = |block: &Block| {
        let same_labels = block.labels.iter().map(|l| &l.name).eq(over.labels.iter().map(|l| &l.name));
        let same_alias = &*over.kind.name != "provider" || alias(block) == alias(&over);
        block.kind.name == over.kind.name && same_labels && same_alias
    };
    match base.iter_mut().find(|block| is_same(block)) {
        Some(block) => {
            if let Some(argument) = over.body.attribute("depends_on") {
                let detail = "What something waits for cannot be overridden. Write depends_on in its normal file.";
                diagnostics.error_at(argument.name.span, "Unsupported override", detail);
            }
            block.overridden = Some(over.header);
            merge(&mut block.body, over.body);
        }
        // Terraform does not look for what an override of a provider overrides.
        None if &*over.kind.name == "provider" => {}
        None => {
            let what = match &*over.kind.name {
                "variable" => "base variable declaration",
                "output" => "base output definition",
                "module" => "module call",
                "data" => "data resource",
                "ephemeral" => "ephemeral resource",
                _ => "resource",
            };
            let name = label(&over, over.labels.len().saturating_sub(1));
            let detail = format!(
                "There is no {} \"{name}\" that this could override. An override file can only change what a normal \
                 file declares.",
                over.kind.name
            );
            diagnostics.error_at(over.header, format!("Missing {what} to override"), detail);
        }
    }
}

/// The alias as written; it tells two configurations of a provider apart.
fn alias(block: &Block) -> Option<&str> {
    crate::config::literal::word(&block.body.attribute("alias")?.value)
}

fn override_locals(base: &mut [Block], over: Block, diagnostics: &mut Diagnostics) {
    for attribute in over.body.attributes {
        let existing = base
            .iter_mut()
            .filter(|block| &*block.kind.name == "locals")
            .flat_map(|block| &mut block.body.attributes)
            .find(|existing| existing.name.name == attribute.name.name);
        match existing {
            Some(existing) => *existing = attribute,
            None => {
                let detail = format!(
                    "There is no local value \"{}\" that this could override. An override file can only change what a \
                     normal file declares.",
                    attribute.name.name
                );
                let summary = "Missing base local value definition to override";
                diagnostics.error_at(attribute.name.span, summary, detail);
            }
        }
    }
}

fn override_settings(base: &mut Vec<Block>, over: Block) {
    let mut existing: Vec<&mut Block> = base.iter_mut().filter(|block| &*block.kind.name == "terraform").collect();
    let replaced = |kind: &str| matches!(kind, "backend" | "cloud");
    if over.body.blocks.iter().any(|nested| replaced(&nested.kind.name)) {
        for block in &mut existing {
            block.body.blocks.retain(|nested| !replaced(&nested.kind.name));
        }
    }
    let required = |block: &Block| &*block.kind.name == "required_providers";
    for nested in over.body.blocks.iter().filter(|nested| required(nested)) {
        for block in existing.iter_mut().flat_map(|block| &mut block.body.blocks).filter(|nested| required(nested)) {
            block.body.attributes.retain(|old| nested.body.attribute(&old.name.name).is_none());
        }
    }
    for block in &mut existing {
        block.body.attributes.retain(|old| over.body.attribute(&old.name.name).is_none());
    }
    base.push(over);
}

fn merge(base: &mut Body, over: Body) {
    for attribute in over.attributes {
        set(&mut base.attributes, attribute);
    }
    let (lifecycle, blocks): (Vec<_>, Vec<_>) = over.blocks.into_iter().partition(|b| &*b.kind.name == "lifecycle");
    base.blocks.retain(|old| !blocks.iter().any(|new| made_type(new) == made_type(old)));
    base.blocks.extend(blocks);
    for over in lifecycle {
        match base.blocks.iter_mut().find(|old| &*old.kind.name == "lifecycle") {
            Some(old) => merge(&mut old.body, over.body),
            None => base.blocks.push(over),
        }
    }
}

fn set(attributes: &mut Vec<Attribute>, attribute: Attribute) {
    match attributes.iter_mut().find(|old| old.name.name == attribute.name.name) {
        Some(old) => *old = attribute,
        None => attributes.push(attribute),
    }
}

/// The type of a nested block, or of those that a dynamic block makes.
fn made_type(block: &Block) -> &str {
    let label = block.labels.first().filter(|_| &*block.kind.name == "dynamic");
    label.map_or(&block.kind.name, |label| &label.name)
}
