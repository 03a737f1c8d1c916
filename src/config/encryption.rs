//! The `encryption` block of a `terraform` block, in OpenTofu's form: where keys come from, how things are encrypted with
//! them, and which things are.

use std::sync::Arc;

use crate::config::content::{BlockShape, Shape, label};
use crate::config::literal::{reference, unquoted};
use crate::diagnostic::Diagnostics;
use crate::span::{SourceId, Span};
use crate::syntax::tree::{Block, Body, Expression, Reference, Step};
use crate::syntax::{self};

const ENCRYPTION: Shape = Shape {
    arguments: &[],
    blocks: &[
        BlockShape { kind: "key_provider", labels: &["type", "name"] },
        BlockShape { kind: "method", labels: &["type", "name"] },
        BlockShape::plain("state"),
        BlockShape::plain("plan"),
        BlockShape::plain("remote_state_data_sources"),
    ],
};
const REMOTE: Shape = Shape {
    arguments: &[],
    blocks: &[BlockShape::plain("default"), BlockShape { kind: "remote_state_data_source", labels: &["name"] }],
};
const TARGET: Shape = Shape { arguments: &["method", "enforced"], blocks: &[BlockShape::plain("fallback")] };
const FALLBACK: Shape = Shape { arguments: &["method"], blocks: &[BlockShape::plain("fallback")] };

/// Everything that `encryption` blocks say. References in it are not looked up yet.
#[derive(Debug, Clone, Default)]
pub struct EncryptionBlock {
    /// `key_provider` blocks.
    pub key_providers: Vec<EncryptionPart>,
    /// `method` blocks.
    pub methods: Vec<EncryptionPart>,
    /// `state`
    pub state: Option<EncryptionTarget>,
    /// `plan`
    pub plan: Option<EncryptionTarget>,
    /// Those of `remote_state_data_sources`: the default, and by name.
    pub remote: Vec<(Option<Arc<str>>, EncryptionTarget)>,
}

/// A `key_provider` or a `method` block.
#[derive(Debug, Clone)]
pub struct EncryptionPart {
    /// The first label: `pbkdf2`, `aes_gcm`.
    pub kind: Arc<str>,
    /// The second one.
    pub name: Arc<str>,
    /// Its settings.
    pub body: Body,
    /// The block's header.
    pub span: Span,
}

/// What is encrypted: `state`, `plan`, or a fallback of one.
#[derive(Debug, Clone)]
pub struct EncryptionTarget {
    /// `method`
    pub method: Option<MethodReference>,
    /// `enforced`
    pub enforced: Option<Expression>,
    /// `fallback`
    pub fallback: Option<Box<EncryptionTarget>>,
    /// The block's header.
    pub span: Span,
}

/// `method.aes_gcm.main`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodReference {
    /// `aes_gcm`
    pub kind: Arc<str>,
    /// `main`
    pub name: Arc<str>,
    /// Where it is written.
    pub span: Span,
}

impl EncryptionBlock {
    /// Whether nothing is said at all.
    pub fn is_empty(&self) -> bool {
        self.key_providers.is_empty() && self.methods.is_empty() && self.state.is_none() && self.plan.is_none()
    }

    /// Reads what a block holds.
    pub fn read(block: Block, diagnostics: &mut Diagnostics) -> Self {
        Self::read_body(block.body, block.header, diagnostics)
    }

    /// Reads a text that holds what a block would: the environment's `TF_ENCRYPTION`, in either syntax.
    pub fn parse(source: SourceId, text: &str) -> (Self, Diagnostics) {
        let parse = if text.trim_start().starts_with('{') { syntax::json::parse } else { syntax::parse };
        let (body, mut diagnostics) = parse(source, text);
        let span = body.span.unwrap_or_else(|| Span::new(source, 0..0));
        (Self::read_body(body, span, &mut diagnostics), diagnostics)
    }

    fn read_body(body: Body, header: Span, diagnostics: &mut Diagnostics) -> Self {
        let mut content = ENCRYPTION.content(body, header, diagnostics);
        let part = |block: Block| EncryptionPart {
            kind: label(&block, 0),
            name: label(&block, 1),
            span: block.header,
            body: block.body,
        };
        let mut read = Self {
            key_providers: content.blocks("key_provider").into_iter().map(part).collect(),
            methods: content.blocks("method").into_iter().map(part).collect(),
            ..Self::default()
        };
        read.state = content.block("state", diagnostics).map(|block| target(block, &TARGET, diagnostics));
        read.plan = content.block("plan", diagnostics).map(|block| target(block, &TARGET, diagnostics));
        if let Some(block) = content.block("remote_state_data_sources", diagnostics) {
            let mut content = REMOTE.content(block.body, block.header, diagnostics);
            let default = content.block("default", diagnostics);
            read.remote.extend(default.map(|block| (None, target(block, &FALLBACK, diagnostics))));
            for block in content.blocks("remote_state_data_source") {
                read.remote.push((Some(label(&block, 0)), target(block, &FALLBACK, diagnostics)));
            }
        }
        read
    }

    /// Lays another over this one: its arguments win, what it does not say stays.
    pub fn overlay(&mut self, over: Self) {
        overlay_parts(&mut self.key_providers, over.key_providers);
        overlay_parts(&mut self.methods, over.methods);
        overlay_target(&mut self.state, over.state);
        overlay_target(&mut self.plan, over.plan);
        for (name, target) in over.remote {
            match self.remote.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) => own.overlay(target),
                None => self.remote.push((name, target)),
            }
        }
    }
}

impl EncryptionTarget {
    fn overlay(&mut self, over: Self) {
        self.method = over.method.or_else(|| self.method.take());
        self.enforced = over.enforced.or_else(|| self.enforced.take());
        self.fallback = over.fallback.or_else(|| self.fallback.take());
    }
}

fn overlay_parts(parts: &mut Vec<EncryptionPart>, over: Vec<EncryptionPart>) {
    for part in over {
        let Some(own) = parts.iter_mut().find(|own| own.kind == part.kind && own.name == part.name) else {
            parts.push(part);
            continue;
        };
        own.body.attributes.retain(|old| part.body.attribute(&old.name.name).is_none());
        own.body.attributes.extend(part.body.attributes);
    }
}

fn overlay_target(own: &mut Option<EncryptionTarget>, over: Option<EncryptionTarget>) {
    match (own.as_mut(), over) {
        (Some(own), Some(over)) => own.overlay(over),
        (None, over) => *own = over,
        (Some(_), None) => {}
    }
}

fn target(block: Block, shape: &Shape, diagnostics: &mut Diagnostics) -> EncryptionTarget {
    let json = block.body.json;
    let mut content = shape.content(block.body, block.header, diagnostics);
    let method = content.value("method").map(|method| unquoted(method, json, diagnostics));
    let fallback = content.block("fallback", diagnostics);
    EncryptionTarget {
        method: method.and_then(|method| method_reference(method, diagnostics)),
        enforced: content.value("enforced"),
        fallback: fallback.map(|block| Box::new(target(block, &FALLBACK, diagnostics))),
        span: block.header,
    }
}

fn method_reference(expression: Expression, diagnostics: &mut Diagnostics) -> Option<MethodReference> {
    let span = expression.span;
    let [kind, name] = part_reference("method", &reference(expression, diagnostics)?).or_else(|| {
        let detail = "A method is referred to by its type and name: method.aes_gcm.main.";
        diagnostics.error_at(span, "Invalid encryption method", detail);
        None
    })?;
    Some(MethodReference { kind, name, span })
}

/// The type and the name that a reference such as `key_provider.pbkdf2.main` gives; `None` for any other.
pub fn part_reference(root: &str, reference: &Reference) -> Option<[Arc<str>; 2]> {
    match (&*reference.root.name == root, reference.steps.as_slice()) {
        (true, [Step::Attribute(kind), Step::Attribute(name)]) => Some([kind.name.clone(), name.name.clone()]),
        _ => None,
    }
}
