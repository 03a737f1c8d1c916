//! `bowline.hcl` beside the root module: what a team prefers of this program, in a file that Terraform does not read.

use std::path::Path;
use std::sync::Arc;

use crate::config::content::{BlockShape, Shape, label};
use crate::config::folder::read_source;
use crate::config::literal::{list, text};
use crate::config::module::Text;
use crate::diagnostic::Diagnostics;
use crate::span::{SourceMap, Span};
use crate::syntax;
use crate::syntax::tree::{Block, Expression};

/// The file's name.
pub const PREFERENCES: &str = "bowline.hcl";

/// What the file says.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// `check "rule" { ... }`, in source order.
    pub checks: Vec<CheckPreference>,
    /// `drift "address" { ... }`, in source order.
    pub drift: Vec<DriftPreference>,
    /// `group "object id" { ... }`, in source order.
    pub groups: Vec<GroupPreference>,
}

/// What a team says of a group of its directory.
#[derive(Debug, Clone)]
pub struct GroupPreference {
    /// The object id.
    pub id: Text,
    /// What people call it.
    pub name: Option<Text>,
    /// Who is in it: object ids, and addresses of identities; `None` when that is not said.
    pub members: Option<Vec<Text>>,
}

/// How much a rule of the checks matters in this stack.
#[derive(Debug, Clone)]
pub struct CheckPreference {
    /// The rule's name.
    pub rule: Text,
    /// `off`, `note`, `warning` or `error`.
    pub level: Text,
    /// Why.
    pub reason: Option<Text>,
}

/// Drift that is of no interest in this stack.
#[derive(Debug, Clone)]
pub struct DriftPreference {
    /// Which instances; a star stands for any text.
    pub address: Text,
    /// The attributes, by name or path; all of them when there is none.
    pub attributes: Vec<Arc<str>>,
    /// Why.
    pub reason: Text,
}

const FILE: Shape = Shape {
    arguments: &[],
    blocks: &[
        BlockShape { kind: "check", labels: &["rule"] },
        BlockShape { kind: "drift", labels: &["address"] },
        BlockShape { kind: "group", labels: &["object_id"] },
    ],
};
const CHECK: Shape = Shape { arguments: &["level!", "reason"], blocks: &[] };
const DRIFT: Shape = Shape { arguments: &["attributes", "reason!"], blocks: &[] };
const GROUP: Shape = Shape { arguments: &["name", "members"], blocks: &[] };

/// Reads the file in a folder, if there is one.
pub fn read(folder: &Path, sources: &mut SourceMap, diagnostics: &mut Diagnostics) -> Preferences {
    let path = folder.join(PREFERENCES);
    let mut preferences = Preferences::default();
    if !path.is_file() {
        return preferences;
    }
    let Some((source, written)) = read_source(&path, Path::new(PREFERENCES), sources, diagnostics) else {
        return preferences;
    };
    let body = diagnostics.take(syntax::parse(source, &written));
    let mut content = FILE.content(body, Span::new(source, 0..0), diagnostics);
    preferences.checks = content.blocks("check").into_iter().filter_map(|b| check(b, diagnostics)).collect();
    preferences.drift = content.blocks("drift").into_iter().filter_map(|b| drift(b, diagnostics)).collect();
    preferences.groups = content.blocks("group").into_iter().map(|b| group(b, diagnostics)).collect();
    preferences
}

fn labelled(block: &Block) -> Text {
    Text { value: label(block, 0), span: block.labels.first().map_or(block.header, |label| label.span) }
}

fn check(block: Block, diagnostics: &mut Diagnostics) -> Option<CheckPreference> {
    let rule = labelled(&block);
    let mut content = CHECK.content(block.body, block.header, diagnostics);
    let mut argument = |name: &str, diagnostics: &mut Diagnostics| {
        content.value(name).and_then(|value: Expression| text(&value, diagnostics))
    };
    Some(CheckPreference { rule, level: argument("level", diagnostics)?, reason: argument("reason", diagnostics) })
}

fn drift(block: Block, diagnostics: &mut Diagnostics) -> Option<DriftPreference> {
    let address = labelled(&block);
    let mut content = DRIFT.content(block.body, block.header, diagnostics);
    let attributes = content.value("attributes").map(|value| list(value, diagnostics)).unwrap_or_default();
    let attributes = attributes.iter().filter_map(|value| Some(text(value, diagnostics)?.value)).collect();
    let reason = content.value("reason").and_then(|value| text(&value, diagnostics))?;
    Some(DriftPreference { address, attributes, reason })
}

fn group(block: Block, diagnostics: &mut Diagnostics) -> GroupPreference {
    let id = labelled(&block);
    let mut content = GROUP.content(block.body, block.header, diagnostics);
    let name = content.value("name").and_then(|value| text(&value, diagnostics));
    let members = content.value("members").map(|value| {
        let members = list(value, diagnostics);
        members.iter().filter_map(|member| text(member, diagnostics)).collect()
    });
    GroupPreference { id, name, members }
}
