//! The blocks of a body: those written, those that `dynamic` blocks make, those written as JSON properties.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::eval::collections::pairs;
use crate::eval::decode::Decoder;
use crate::eval::fault::Problem;
use crate::eval::references::iterator_name;
use crate::eval::scope::{LocalScope, Scope};
use crate::eval::value_of;
use crate::provider::{self, NestedBlock, Nesting};
use crate::span::Span;
use crate::syntax::tree::{Attribute, Block, Body, Expression, ExpressionKind, Ident, ObjectItem, ObjectKey};
use crate::value::{Marks, Type, Value};

/// The blocks of one type in a body, in source order.
#[derive(Default)]
pub struct Gathered {
    /// One object for each.
    pub values: Vec<Value>,
    /// Where each is.
    pub headers: Vec<Span>,
    /// The label of each, where blocks have labels.
    pub labels: Vec<Arc<str>>,
    /// A dynamic block makes some of them, and it is not known how many.
    pub unknown: bool,
    /// Of the collections that dynamic blocks repeat over.
    pub marks: Marks,
}

/// The types of blocks found, with their blocks.
pub type Found = HashMap<String, Gathered>;

/// One block to be: written, made by a dynamic block, or a JSON object.
struct Candidate<'a> {
    name: &'a str,
    labels: Vec<Ident>,
    body: &'a Body,
    header: Span,
}

impl Decoder<'_> {
    /// Decodes all blocks of a body; those of no known type are told of.
    pub(super) fn gather(&mut self, body: &Body, schema: &provider::Block, scope: &dyn Scope) -> Found {
        let mut found = Found::new();
        for block in &body.blocks {
            if &*block.kind.name == "dynamic" && !schema.blocks.contains_key("dynamic") {
                self.dynamic(block, schema, scope, &mut found);
                continue;
            }
            let labels = block.labels.clone();
            let candidate = Candidate { name: &block.kind.name, labels, body: &block.body, header: block.header };
            match schema.blocks.get(&*block.kind.name) {
                Some(nested) => self.add(&candidate, nested, scope, &mut found),
                None => self.unexpected_block(&block.kind.name, block.kind.span, schema),
            }
        }
        if body.json {
            self.properties(body, schema, scope, &mut found);
        }
        found
    }

    fn add(&mut self, candidate: &Candidate<'_>, nested: &NestedBlock, scope: &dyn Scope, found: &mut Found) {
        let name = candidate.name;
        let wanted = usize::from(nested.nesting == Nesting::Map);
        if let Some(extra) = candidate.labels.get(wanted) {
            let detail = match wanted {
                0 => format!("No labels are expected for {name} blocks."),
                _ => format!("Only 1 label (name) is expected for {name} blocks."),
            };
            self.diagnostics.error_at(extra.span, format!("Extraneous label for {name}"), detail);
        }
        let value = self.inner(candidate.body, name, nested, scope, candidate.header);
        let blocks = found.entry(name.to_owned()).or_default();
        if wanted > 0 {
            let Some(label) = candidate.labels.first() else {
                let detail = format!("All {name} blocks must have 1 label (name).");
                self.diagnostics.error_at(candidate.header, format!("Missing name for {name}"), detail);
                return;
            };
            if blocks.labels.contains(&label.name) {
                let detail = format!("There is a {name} block \"{}\" above; labels must differ.", label.name);
                self.diagnostics.error_at(candidate.header, format!("Duplicate {name} block"), detail);
                return;
            }
            blocks.labels.push(label.name.clone());
        }
        blocks.values.push(value);
        blocks.headers.push(candidate.header);
    }

    /// `dynamic "name" { for_each, iterator, labels, content {} }`
    fn dynamic(&mut self, block: &Block, schema: &provider::Block, scope: &dyn Scope, found: &mut Found) {
        let Some(label) = block.labels.first() else {
            self.diagnostics.error_at(
                block.header,
                "Missing type for dynamic",
                "A dynamic block needs one label: the type of the blocks that it makes.",
            );
            return;
        };
        let Some(nested) = schema.blocks.get(&*label.name) else {
            self.unexpected_block(&label.name, label.span, schema);
            return;
        };
        let mut contents = block.body.blocks_of("content");
        let json = block.body.attribute("content").filter(|_| block.body.json).and_then(|a| object_body(&a.value));
        let Some(content) = contents.next().map(|content| &content.body).or(json.as_ref()) else {
            self.diagnostics.error_at(
                block.header,
                "Missing dynamic content block",
                "A dynamic block must have a nested block of type \"content\" to describe the body of each generated \
                 block.",
            );
            return;
        };
        if let Some(extra) = contents.next() {
            let detail = "Only one nested content block is allowed for each dynamic block.";
            self.diagnostics.error_at(extra.header, "Extraneous dynamic content block", detail);
        }
        let Some(for_each) = block.body.attribute("for_each") else {
            let detail = "The argument \"for_each\" is required, but no definition was found.";
            self.diagnostics.error_at(block.body.span.unwrap_or(block.header), "Missing required argument", detail);
            return;
        };
        let candidate = Candidate { name: &label.name, labels: Vec::new(), body: content, header: block.header };
        self.repeat(block, &for_each.value, &candidate, nested, scope, found);
    }

    /// One block for each element of `for_each`.
    fn repeat(
        &mut self,
        block: &Block,
        for_each: &Expression,
        candidate: &Candidate<'_>,
        nested: &NestedBlock,
        scope: &dyn Scope,
        found: &mut Found,
    ) {
        let Some(iterator) = self.iterator(block, candidate.name) else { return };
        let (collection, marks) = value_of(for_each, scope, self.diagnostics).unmark();
        let blocks = found.entry(candidate.name.to_owned()).or_default();
        blocks.marks = blocks.marks | marks;
        match pairs(&collection) {
            Ok(Some(pairs)) => {
                for (key, value) in pairs {
                    let element = Value::object_of([("key", key), ("value", value)]);
                    let inner = LocalScope::one(scope, &iterator, element);
                    let labels = self.labels(block, &inner);
                    self.add(&Candidate { labels, ..*candidate }, nested, &inner, found);
                }
            }
            Ok(None) => {
                blocks.unknown = true;
                // Still decoded once, for what is wrong with it whatever the elements are.
                let element = Value::object_of([("key", Value::dynamic()), ("value", Value::dynamic())]);
                let inner = LocalScope::one(scope, &iterator, element);
                self.inner(candidate.body, candidate.name, nested, &inner, candidate.header);
            }
            Err(_) => self.diagnostics.push(unfit_for_each(&collection, for_each, scope)),
        }
    }

    fn iterator(&mut self, block: &Block, label: &str) -> Option<Arc<str>> {
        let Some(attribute) = block.body.attribute("iterator") else { return Some(label.into()) };
        let name = iterator_name(&attribute.value);
        if name.is_none() {
            let detail = "The iterator of a dynamic block is a single variable name.";
            self.diagnostics.error_at(attribute.value.span, "Invalid expression", detail);
        }
        name.map(Arc::from)
    }

    fn labels(&mut self, block: &Block, scope: &dyn Scope) -> Vec<Ident> {
        let Some(Attribute { value: list, .. }) = block.body.attribute("labels") else { return Vec::new() };
        let ExpressionKind::Tuple(items) = &list.kind else {
            self.diagnostics.error_at(list.span, "Invalid expression", "The labels of a dynamic block are a list.");
            return Vec::new();
        };
        let mut labels = Vec::new();
        for item in items {
            let (value, marks) = value_of(item, scope, self.diagnostics).unmark();
            match value.convert(&Type::String).ok().as_ref().and_then(Value::as_str) {
                Some(text) if marks.is_empty() => labels.push(Ident { name: text.into(), span: item.span }),
                _ => {
                    let detail = "A label must be a string that is known, not null and not sensitive.";
                    self.diagnostics.push(Problem::new("Invalid dynamic block label", detail).at(item, scope));
                }
            }
        }
        labels
    }

    /// JSON properties that the schema knows as blocks.
    fn properties(&mut self, body: &Body, schema: &provider::Block, scope: &dyn Scope, found: &mut Found) {
        for property in &body.attributes {
            let name = &*property.name.name;
            if let Some(nested) = schema.blocks.get(name) {
                let depth = usize::from(nested.nesting == Nesting::Map);
                for (labels, inner) in self.objects(&property.value, depth) {
                    let header = inner.span.unwrap_or(property.span);
                    self.add(&Candidate { name, labels, body: &inner, header }, nested, scope, found);
                }
            } else if name == "dynamic" && !schema.attributes.contains_key("dynamic") {
                for (labels, inner) in self.objects(&property.value, 1) {
                    let span = inner.span.unwrap_or(property.span);
                    let kind = property.name.clone();
                    let block = Block { kind, labels, body: inner, header: span, span, overridden: None };
                    self.dynamic(&block, schema, scope, found);
                }
            }
        }
    }

    /// The bodies in a JSON value, below as many levels of labels: an object, or a list of objects at any level.
    fn objects(&mut self, value: &Expression, labels: usize) -> Vec<(Vec<Ident>, Body)> {
        match &value.kind {
            ExpressionKind::Tuple(items) => items.iter().flat_map(|item| self.objects(item, labels)).collect(),
            ExpressionKind::Literal(null) if null.is_null() => Vec::new(),
            ExpressionKind::Object(items) if labels > 0 => items
                .iter()
                .filter_map(|item| Some((key_of(item)?, &item.value)))
                .flat_map(|(label, inner)| {
                    let below = self.objects(inner, labels - 1);
                    below.into_iter().map(move |(mut rest, body)| {
                        rest.insert(0, label.clone());
                        (rest, body)
                    })
                })
                .collect(),
            _ => {
                let body = object_body(value);
                if body.is_none() {
                    let detail = "A JSON object is required here, or a list of them, to stand for a block.";
                    self.diagnostics.error_at(value.span, "Incorrect JSON value type", detail);
                }
                body.into_iter().map(|body| (Vec::new(), body)).collect()
            }
        }
    }
}

/// A JSON object as the body of a block.
fn object_body(value: &Expression) -> Option<Body> {
    let ExpressionKind::Object(items) = &value.kind else { return None };
    let attributes = items
        .iter()
        .filter_map(|item| {
            let name = key_of(item)?;
            let span = name.span.to(item.value.span);
            Some(Attribute { name, value: item.value.clone(), span })
        })
        .collect();
    Some(Body { attributes, blocks: Vec::new(), span: Some(value.span), json: true })
}

fn key_of(item: &ObjectItem) -> Option<Ident> {
    match &item.key {
        ObjectKey::Name(name) => Some(name.clone()),
        ObjectKey::Expression(key) | ObjectKey::Property(key) => match &key.kind {
            ExpressionKind::Literal(name) => Some(Ident { name: name.as_str()?.into(), span: key.span }),
            _ => None,
        },
    }
}

fn unfit_for_each(collection: &Value, for_each: &Expression, scope: &dyn Scope) -> Diagnostic {
    let detail = if collection.is_null() {
        "Cannot use a null value in for_each.".to_owned()
    } else {
        let name = collection.type_of().friendly_name();
        format!("Cannot use a {name} value in for_each. An iterable collection is required.")
    };
    Problem::new("Invalid dynamic for_each value", detail).at(for_each, scope)
}
