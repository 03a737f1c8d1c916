//! Where the names of a module are written: finding all uses of one, and giving it another.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::look::Project;
use super::place::{folder_of, range, uri_of};
use crate::address::{ResourceAddress, ResourceMode, Subject};
use crate::eval::references::{Mention, body_references};
use crate::span::{SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Block, Ident, Step};

/// A place where something's name is written.
struct Use {
    subject: Subject,
    /// The name alone.
    name: Span,
    /// As much as an editor may point at.
    whole: Span,
    declares: bool,
}

/// A module's files, and every place in them where something is named.
struct Names {
    sources: SourceMap,
    uses: Vec<Use>,
}

impl Names {
    fn of(project: &Project, path: &Path) -> Self {
        let folder = folder_of(path);
        let mut names = Self { sources: SourceMap::default(), uses: Vec::new() };
        let is_own = |of: &Path, ending: &str| folder_of(of) == folder && of.extension().is_some_and(|e| e == ending);
        let read = project.sources.iter().filter_map(|(_, source)| Some((source.path.clone()?, source.text.clone())));
        for (path, text) in read.filter(|(path, _)| is_own(path, "tf")) {
            let source = names.sources.add("", Some(&path), text.clone());
            let (body, _) = syntax::parse(source, &text);
            names.uses.extend(body.blocks.iter().flat_map(declared));
            names.uses.extend(body_references(&body).iter().filter_map(referred));
        }
        // Values of variables are given by the same names.
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
        for path in entries.filter(|path| is_own(path, "tfvars")) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let source = names.sources.add("", Some(&path), text.clone());
            let (body, _) = syntax::parse(source, &text);
            names.uses.extend(body.attributes.iter().map(|given| of_ident(Subject::Variable, &given.name, false)));
        }
        names
    }

    /// What is named at a byte of a file.
    fn at(&self, path: &Path, byte: usize) -> Option<&Use> {
        let is_there = |span: Span| {
            let file = self.sources.get(span.source).and_then(|source| source.path.as_deref());
            file == Some(path) && span.range().start <= byte && byte <= span.range().end
        };
        self.uses.iter().find(|one| is_there(one.whole))
    }

    fn uri_and_range(&self, span: Span) -> Option<(String, Json)> {
        let source = self.sources.get(span.source)?;
        Some((uri_of(source.path.as_deref()?), range(&source.text, span.range())))
    }
}

fn of_ident(subject: fn(std::sync::Arc<str>) -> Subject, ident: &Ident, declares: bool) -> Use {
    Use { subject: subject(ident.name.clone()), name: ident.span, whole: ident.span, declares }
}

/// What a block of a module declares. A label's place includes its quotes.
fn declared(block: &Block) -> Vec<Use> {
    let unquoted = |label: &Ident| {
        let quoted = usize::from(label.span.range().len() == label.name.len() + 2);
        let range = label.span.range();
        Ident { name: label.name.clone(), span: Span::new(label.span.source, range.start + quoted..range.end - quoted) }
    };
    let labels: Vec<Ident> = block.labels.iter().map(unquoted).collect();
    let of_label = |subject| labels.first().map(|label| of_ident(subject, label, true)).into_iter().collect();
    match (&*block.kind.name, labels.as_slice()) {
        ("variable", _) => of_label(Subject::Variable),
        ("module", _) => of_label(Subject::Module),
        ("locals", _) => {
            block.body.attributes.iter().map(|local| of_ident(Subject::Local, &local.name, true)).collect()
        }
        ("resource", [kind, name]) => vec![of_resource(ResourceAddress::managed(&kind.name, &name.name), name)],
        ("data", [kind, name]) => vec![of_resource(ResourceAddress::data(&kind.name, &name.name), name)],
        _ => Vec::new(),
    }
}

fn of_resource(address: ResourceAddress, name: &Ident) -> Use {
    Use { subject: Subject::Resource(address), name: name.span, whole: name.span, declares: true }
}

/// What a reference names, and where the name stands in it.
fn referred(mention: &Mention<'_>) -> Option<Use> {
    let after_root = match &mention.subject {
        Subject::Variable(_) | Subject::Local(_) | Subject::Module(_) => 0,
        Subject::Resource(_) if ["data", "ephemeral", "resource"].contains(&&*mention.reference.root.name) => 1,
        Subject::Resource(_) => 0,
        _ => return None,
    };
    let Step::Attribute(name) = mention.reference.steps.get(after_root)? else { return None };
    Some(Use { subject: mention.subject.clone(), name: name.span, whole: mention.span, declares: false })
}

/// Every place that names what is named at a byte.
pub fn references(project: &Project, path: &Path, at: usize, with_declaration: bool) -> Json {
    let names = Names::of(project, path);
    let Some(wanted) = names.at(path, at) else { return Json::Null };
    let same = names.uses.iter().filter(|one| one.subject == wanted.subject && (with_declaration || !one.declares));
    let located = same.filter_map(|one| names.uri_and_range(one.name));
    json!(located.map(|(uri, range)| json!({ "uri": uri, "range": range })).collect::<Vec<_>>())
}

/// The name at a byte, when it can be given another.
pub fn renamable(project: &Project, path: &Path, at: usize) -> Json {
    let names = Names::of(project, path);
    let wanted =
        names.at(path, at).and_then(|one| Some((names.uri_and_range(one.name)?, names.sources.text(one.name))));
    wanted.map_or(Json::Null, |((_, range), name)| json!({ "range": range, "placeholder": name }))
}

/// The edits that give what is named at a byte another name. What has a state gets a `moved` block, so that nothing is
/// destroyed for its new name. An error says why the name cannot be taken.
pub fn rename(project: &Project, path: &Path, at: usize, new: &str) -> Result<Json, String> {
    if !syntax::scan::is_name(new) {
        return Err(format!("{new:?} is no name: letters, digits, \"_\" and \"-\", not beginning with a digit."));
    }
    let names = Names::of(project, path);
    let wanted = names.at(path, at).ok_or("Nothing that can be renamed is named here.")?;
    let renamed = with_name(&wanted.subject, new).ok_or("This cannot be renamed.")?;
    if names.uses.iter().any(|one| one.declares && one.subject == renamed) {
        return Err(format!("There is already something named {new:?} of this kind."));
    }
    let mut changes = serde_json::Map::new();
    let mut add = |uri: String, edit: Json| {
        let edits = changes.entry(uri).or_insert_with(|| json!([]));
        edits.as_array_mut().into_iter().for_each(|edits| edits.push(edit.clone()));
    };
    for one in names.uses.iter().filter(|one| one.subject == wanted.subject) {
        if let Some((uri, range)) = names.uri_and_range(one.name) {
            add(uri, json!({ "range": range, "newText": new }));
        }
    }
    let declared = names.uses.iter().find(|one| one.declares && one.subject == wanted.subject);
    if let Some((declared, moved)) = declared.zip(moved(&wanted.subject, &renamed))
        && let Some(source) = names.sources.get(declared.name.source)
        && let Some(path) = &source.path
    {
        let end = source.text.len();
        let gap = if source.text.ends_with('\n') { "\n" } else { "\n\n" };
        add(uri_of(path), json!({ "range": range(&source.text, end..end), "newText": format!("{gap}{moved}") }));
    }
    Ok(json!({ "changes": changes }))
}

fn with_name(subject: &Subject, name: &str) -> Option<Subject> {
    Some(match subject {
        Subject::Variable(_) => Subject::Variable(name.into()),
        Subject::Local(_) => Subject::Local(name.into()),
        Subject::Module(_) => Subject::Module(name.into()),
        Subject::Resource(address) => Subject::Resource(ResourceAddress { name: name.into(), ..address.clone() }),
        _ => return None,
    })
}

/// What tells a state of a new name.
fn moved(from: &Subject, to: &Subject) -> Option<String> {
    let address = |subject: &Subject| match subject {
        Subject::Module(name) => Some(format!("module.{name}")),
        Subject::Resource(address) if address.mode == ResourceMode::Managed => Some(address.to_string()),
        _ => None,
    };
    Some(format!("moved {{\n  from = {}\n  to   = {}\n}}\n", address(from)?, address(to)?))
}
