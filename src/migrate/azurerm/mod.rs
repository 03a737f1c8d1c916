//! Configurations for azurerm 2.x, 3.x and 4.x, rewritten for 5.x: names, blocks, defaults that turned, and references
//! to what is called otherwise. Comments and layout stay.

mod blocks;
mod rules;
mod text;

use std::collections::BTreeSet;

use crate::azure::wire::Dialect;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::references::body_references;
use crate::manifests::apply;
use crate::span::{SourceId, SourceMap, Span};
use crate::syntax::tree::{Attribute, Block, Body, ExpressionKind, ObjectKey, Reference, Step, TemplatePart};
use crate::syntax::{self, fmt};
use rules::{Successor, kept, successor};
use text::Text;

/// A file that was rewritten.
#[derive(Debug)]
pub struct Rewritten {
    /// The file.
    pub source: SourceId,
    /// Its new text.
    pub text: String,
    /// What was changed, a line each: where, what it was, what it is.
    pub changes: Vec<(Span, String)>,
}

/// The version that a rewritten configuration asks for.
pub const CONSTRAINT: &str = "~> 5.0";

/// Rewrites the files of one module, which are in native syntax. What a person must decide is told as a warning.
pub fn rewrite(files: &[SourceId], sources: &SourceMap) -> (Vec<Rewritten>, Diagnostics) {
    let mut found = Diagnostics::new();
    let mut bodies = Vec::new();
    for id in files {
        let Some(source) = sources.get(*id) else { continue };
        let (body, problems) = syntax::parse(*id, &source.text);
        if problems.has_errors() {
            found.extend(problems);
        } else {
            bodies.push((*id, &*source.text, body));
        }
    }
    if found.has_errors() {
        return (Vec::new(), found);
    }
    let is_new = bodies.iter().any(|(_, _, body)| constraint(body).is_some_and(|(_, text)| asks_for_five(&text)));
    let mut rewritten = Vec::new();
    for (source, text, body) in &bodies {
        // What an override leaves out is said elsewhere.
        let overrides = sources.get(*source).is_some_and(|source| source.name.ends_with("override.tf"));
        let mut file = File {
            text: Text { text, edits: Vec::new() },
            changes: Vec::new(),
            found: Diagnostics::new(),
            keeps_defaults: !is_new && !overrides,
        };
        file.body(body);
        found.extend(file.found);
        if !file.changes.is_empty() {
            let after = apply(text, &file.text.edits);
            // A file in the canonical layout stays in it; another keeps its own.
            let after = if fmt::format_text(text) == **text { fmt::format_text(&after) } else { after };
            rewritten.push(Rewritten { source: *source, text: after, changes: file.changes });
        }
    }
    (rewritten, found)
}

struct File<'t> {
    text: Text<'t>,
    changes: Vec<(Span, String)>,
    found: Diagnostics,
    /// What 5.x decides otherwise is written out: the module asks for an older one so far.
    keeps_defaults: bool,
}

impl File<'_> {
    fn body(&mut self, body: &Body) {
        if let Some((span, text)) = constraint(body)
            && !asks_for_five(&text)
        {
            self.text.replace(span, format!("{CONSTRAINT:?}"));
            self.changes.push((span, format!("version {text:?} of azurerm: {CONSTRAINT:?}")));
        }
        for block in &body.blocks {
            match (&*block.kind.name, block.labels.as_slice()) {
                ("resource" | "data", [kind, _]) if kind.name.starts_with("azurerm_") => {
                    let is_resource = &*block.kind.name == "resource";
                    let kind = kind.name.clone();
                    self.within(&kind, &[], &block.body);
                    if is_resource {
                        self.keep_defaults(&kind, block);
                        self.ignored(&kind, block);
                    }
                }
                ("provider", [name]) if &*name.name == "azurerm" => self.provider(block),
                _ => {}
            }
        }
        for mention in body_references(body) {
            self.reference(mention.reference);
        }
    }

    /// The arguments and blocks of a resource, or of a block in it.
    fn within(&mut self, kind: &str, way: &[&str], body: &Body) {
        for attribute in &body.attributes {
            let path: Vec<&str> = way.iter().copied().chain([&*attribute.name.name]).collect();
            if let Some(successor) = successor(kind, &path) {
                self.argument(attribute, successor, body, &path);
            }
        }
        for block in &body.blocks {
            let is_dynamic = &*block.kind.name == "dynamic";
            let label = block.labels.first().filter(|_| is_dynamic);
            let name = label.map_or(&*block.kind.name, |label| &*label.name);
            let path: Vec<&str> = way.iter().copied().chain([name]).collect();
            match (kind, path.as_slice()) {
                ("azurerm_kubernetes_cluster", ["addon_profile"]) if !is_dynamic => {
                    let lines = blocks::addons(&self.text, block);
                    self.restructured(block, lines);
                    continue;
                }
                ("azurerm_kubernetes_cluster", ["role_based_access_control"]) if !is_dynamic => {
                    let lines = blocks::access_control(&self.text, block);
                    self.restructured(block, lines);
                    continue;
                }
                ("azurerm_monitor_diagnostic_setting", ["log" | "metric"]) if !is_dynamic => {
                    let lines = blocks::switched(&self.text, block, &format!("enabled_{name}"));
                    self.restructured(block, lines);
                    continue;
                }
                ("azurerm_kubernetes_cluster", ["addon_profile" | "role_based_access_control"]) => {
                    self.restructured(block, None);
                    continue;
                }
                _ => {}
            }
            match successor(kind, &path) {
                Some(Successor::Gone(why)) => self.gone(block.span, name, why),
                Some(Successor::Person(what)) => self.person(block.header, name, what),
                Some(Successor::Named(new)) => {
                    self.named(label.map_or(block.kind.span, |label| label.span), name, new, is_dynamic);
                }
                _ => {
                    let inner = if is_dynamic {
                        block.body.blocks_of("content").next().map(|content| &content.body)
                    } else {
                        Some(&block.body)
                    };
                    if let Some(inner) = inner {
                        self.within(kind, &path, inner);
                    }
                }
            }
        }
    }

    fn named(&mut self, span: Span, old: &str, new: &str, quoted: bool) {
        self.text.replace(span, if quoted { format!("{new:?}") } else { new.to_owned() });
        self.changes.push((span, format!("{old}: {new}")));
    }

    fn gone(&mut self, span: Span, name: &str, why: &str) {
        self.text.remove(span);
        self.changes.push((span, format!("{name}: taken out, since {why}")));
    }

    fn person(&mut self, span: Span, name: &str, what: &str) {
        let detail = format!(
            "azurerm 5 has no {name:?} here, and what stands for it cannot be told from what is written: {what}."
        );
        self.found.push(Diagnostic::warning("To be rewritten by hand", detail).at(span));
    }

    fn restructured(&mut self, block: &Block, lines: Option<String>) {
        let name = &*block.kind.name;
        match lines {
            Some(lines) if lines.is_empty() => self.gone(block.span, name, "none of it is enabled"),
            Some(lines) => {
                self.text.replace_lines(block.span, &lines);
                self.changes.push((block.header, format!("{name}: arguments and blocks of their own")));
            }
            None => self.person(block.header, name, "write an argument or a block for each of its parts"),
        }
    }

    fn argument(&mut self, attribute: &Attribute, successor: Successor, body: &Body, path: &[&str]) {
        let old = path.last().copied().unwrap_or_default();
        let place = attribute.name.span;
        // Where the new name is there too, the old one says the same.
        let new = match successor {
            Successor::Named(new)
            | Successor::Opposite(new)
            | Successor::Words(new, ..)
            | Successor::List(new)
            | Successor::Id(new) => Some(new),
            _ => None,
        };
        if let Some(new) = new.filter(|new| body.attribute(new).is_some()) {
            return self.gone(attribute.span, old, &format!("{new} is there"));
        }
        let told = match successor {
            Successor::Named(new) => {
                self.text.replace(place, new);
                new.to_owned()
            }
            Successor::Opposite(new) => {
                self.text.opposite(attribute, new);
                format!("{new}, which says the opposite")
            }
            Successor::Words(new, yes, no) => {
                self.text.word(attribute, new, yes, no);
                format!("{new}, which is a word")
            }
            Successor::List(new) => {
                self.text.wrap(attribute, new, "[", "]");
                format!("{new}, which is a list")
            }
            Successor::Into(block, name) => {
                if body.blocks_of(block).next().is_some() {
                    return self.person(place, old, &format!("put it into the block {block} as {name}"));
                }
                let indent = self.text.indent(attribute.span);
                self.text.wrap(attribute, &format!("{block} {{\n{indent}  {name}"), "", &format!("\n{indent}}}"));
                format!("{name} in a block {block}")
            }
            Successor::Id(new) => match id_of(&attribute.value.kind) {
                Some(name) => {
                    self.text.replace(place, new);
                    self.text.replace(name, "id");
                    new.to_owned()
                }
                None => return self.person(place, old, &format!("write {new} with the object's id")),
            },
            Successor::Blocks(block, name) => {
                let lines = self.blocks_for(attribute, block, name);
                self.text.replace_lines(attribute.span, &lines);
                format!("a block {block} for each")
            }
            Successor::Gone(why) => return self.gone(attribute.span, old, why),
            Successor::Person(what) => return self.person(place, old, what),
        };
        self.changes.push((place, format!("{old}: {told}")));
    }

    /// A block for each element of a list.
    fn blocks_for(&self, attribute: &Attribute, block: &str, name: &str) -> String {
        match &attribute.value.kind {
            ExpressionKind::Tuple(items) => {
                let one = |value: &str| format!("{block} {{\n  {name} = {value}\n}}");
                items.iter().map(|item| one(self.text.at(item.span))).collect::<Vec<_>>().join("\n\n")
            }
            _ => {
                let value = self.text.at(attribute.value.span);
                format!(
                    "dynamic {block:?} {{\n  for_each = {value}\n\n  content {{\n    {name} = {block}.value\n  }}\n}}"
                )
            }
        }
    }

    /// What a new major version would decide otherwise stays as it is.
    fn keep_defaults(&mut self, kind: &str, block: &Block) {
        if !self.keeps_defaults {
            return;
        }
        let written: BTreeSet<&str> = block
            .body
            .attributes
            .iter()
            .map(|attribute| &*attribute.name.name)
            .chain(
                block
                    .body
                    .blocks
                    .iter()
                    .map(|block| block.labels.first().map_or(&*block.kind.name, |label| &*label.name)),
            )
            .collect();
        // Behind an argument that stays as it is.
        let stays = |attribute: &&Attribute| successor(kind, &[&attribute.name.name]).is_none();
        let Some(last) =
            block.body.attributes.iter().filter(stays).map(|attribute| attribute.span).max_by_key(|span| span.end)
        else {
            return;
        };
        let missing: Vec<&str> =
            kept(kind).iter().filter(|(name, _)| !written.contains(name)).map(|(_, lines)| *lines).collect();
        if !missing.is_empty() {
            self.text.insert_after(last, &missing.join("\n\n"));
            let names: Vec<&str> = missing.iter().map(|lines| lines.split(' ').next().unwrap_or_default()).collect();
            self.changes
                .push((block.header, format!("written out, since 5.x decides otherwise: {}", names.join(", "))));
        }
    }

    /// `ignore_changes` names arguments too.
    fn ignored(&mut self, kind: &str, block: &Block) {
        let lists =
            block.body.blocks_of("lifecycle").filter_map(|lifecycle| lifecycle.body.attribute("ignore_changes"));
        let items: Vec<&Reference> = lists
            .filter_map(|list| match &list.value.kind {
                ExpressionKind::Tuple(items) => Some(items),
                _ => None,
            })
            .flatten()
            .filter_map(|item| match &item.kind {
                ExpressionKind::Reference(reference) => Some(reference),
                _ => None,
            })
            .collect();
        for reference in items {
            let mut names = vec![(&*reference.root.name, reference.root.span)];
            names.extend(reference.steps.iter().filter_map(|step| match step {
                Step::Attribute(name) => Some((&*name.name, name.span)),
                _ => None,
            }));
            self.path(kind, &names);
        }
    }

    /// The provider's own arguments.
    fn provider(&mut self, block: &Block) {
        let Some(skip) = block.body.attribute("skip_provider_registration") else { return };
        self.text.word(skip, "resource_provider_registrations", "none", "legacy");
        self.changes.push((
            skip.name.span,
            "skip_provider_registration: resource_provider_registrations, which is a word".into(),
        ));
    }

    /// `azurerm_subnet.a["x"].address_prefix` in an expression.
    fn reference(&mut self, reference: &Reference) {
        let (kind, steps) = match reference.steps.split_first() {
            Some((Step::Attribute(kind), rest)) if &*reference.root.name == "data" => (&*kind.name, rest),
            _ => (&*reference.root.name, reference.steps.as_slice()),
        };
        if !kind.starts_with("azurerm_") {
            return;
        }
        let names: Vec<(&str, Span)> = steps
            .iter()
            .skip(1)
            .filter_map(|step| match step {
                Step::Attribute(name) => Some((&*name.name, name.span)),
                _ => None,
            })
            .collect();
        self.path(kind, &names);
    }

    /// The names of a path that are called otherwise, where only the name differs.
    fn path(&mut self, kind: &str, names: &[(&str, Span)]) {
        for end in 1..=names.len() {
            let Some((way, span)) = names.get(..end).and_then(|way| Some((way, way.last()?.1))) else { continue };
            let way: Vec<&str> = way.iter().map(|(name, _)| *name).collect();
            let old = way.last().copied().unwrap_or_default();
            match successor(kind, &way) {
                Some(Successor::Named(new)) => self.named(span, old, new, false),
                Some(Successor::Gone(_)) | None => {}
                Some(_) => self.person(span, old, "what refers to it gets another value there"),
            }
        }
    }
}

/// The folders of the modules that a module calls by a path, as they are written there, each with the place.
pub fn called_folders(files: &[SourceId], sources: &SourceMap) -> Vec<(Span, String)> {
    let bodies = files.iter().filter_map(|id| Some(syntax::parse(*id, &sources.get(*id)?.text).0));
    let mut called = Vec::new();
    for body in bodies {
        for source in body.blocks_of("module").filter_map(|call| call.body.attribute("source")) {
            called.extend(text_of(&source.value.kind).filter(|at| at.starts_with('.')).map(|at| (source.span, at)));
        }
    }
    called
}

/// `x.name` of a reference: where `name` stands, so that it can be `id`.
fn id_of(value: &ExpressionKind) -> Option<Span> {
    match value {
        ExpressionKind::Reference(reference) if reference.root.name.starts_with("azurerm_") => {
            match reference.steps.last()? {
                Step::Attribute(name) if &*name.name == "name" => Some(name.span),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The version constraint on azurerm in `required_providers`.
fn constraint(body: &Body) -> Option<(Span, String)> {
    let mut required = body.blocks_of("terraform").flat_map(|terraform| terraform.body.blocks_of("required_providers"));
    let azurerm = required.find_map(|providers| providers.body.attribute("azurerm"))?;
    let ExpressionKind::Object(items) = &azurerm.value.kind else {
        return Some((azurerm.value.span, text_of(&azurerm.value.kind)?));
    };
    let version = items.iter().find(|item| match &item.key {
        ObjectKey::Name(name) => &*name.name == "version",
        ObjectKey::Expression(key) | ObjectKey::Property(key) => text_of(&key.kind).as_deref() == Some("version"),
    })?;
    Some((version.value.span, text_of(&version.value.kind)?))
}

fn text_of(expression: &ExpressionKind) -> Option<String> {
    match expression {
        ExpressionKind::Literal(value) => value.as_str().map(str::to_owned),
        ExpressionKind::Template(parts) => match parts.as_slice() {
            [TemplatePart::Literal(text, _)] => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether 5.x is asked for, and nothing older.
fn asks_for_five(constraint: &str) -> bool {
    Dialect::of_constraint(Some(constraint)) == Dialect::V5
}

#[cfg(test)]
mod tests;
