//! What expressions and bodies refer to: for the graph, for the checks of names, for diagnostics.

use std::sync::Arc;

use crate::address::{InstanceKey, ResourceAddress, ResourceMode, Subject, WORKLOAD, workload_call};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::tree::{
    Block, Body, Call, Expression, ExpressionKind, For, ObjectKey, Reference, Step, TemplateFor, TemplatePart,
};

/// A reference and as many of its first steps as can be read without evaluating anything.
#[derive(Debug, Clone, Copy)]
pub struct StaticReference<'a> {
    /// The whole reference.
    pub reference: &'a Reference,
    /// Attributes and literal indexes, up to the first other step.
    pub steps: &'a [Step],
}

/// A reference to something in the module.
#[derive(Debug, Clone)]
pub struct Mention<'a> {
    /// What it refers to.
    pub subject: Subject,
    /// The instance key behind a resource or module, when it is written literally.
    pub key: Option<InstanceKey>,
    /// The steps after the subject and the key that can be read without evaluating anything.
    pub remaining: &'a [Step],
    /// From the root name to the end of what names the subject (and its key).
    pub span: Span,
    /// The whole reference.
    pub reference: &'a Reference,
}

/// Everything that an expression refers to, in source order; what is no proper reference is left out.
pub fn references(expression: &Expression) -> Vec<Mention<'_>> {
    proper(static_references(expression))
}

/// Everything that a body refers to, including nested and dynamic blocks, whose iterators are not references.
pub fn body_references(body: &Body) -> Vec<Mention<'_>> {
    proper(static_body_references(body))
}

fn proper(references: Vec<StaticReference<'_>>) -> Vec<Mention<'_>> {
    references.into_iter().filter_map(|reference| mention(reference).ok()).collect()
}

/// The references in an expression to names that it does not itself define.
pub fn static_references(expression: &Expression) -> Vec<StaticReference<'_>> {
    let mut walk = Walk::default();
    walk.expression(expression);
    walk.found
}

/// The references in a body to names that it does not itself define.
pub fn static_body_references(body: &Body) -> Vec<StaticReference<'_>> {
    let mut walk = Walk::default();
    walk.body(body);
    walk.found
}

/// The reference in a form that tells what it refers to, as `depends_on` and `replace_triggered_by` hold them.
pub fn mention_of(reference: &Reference) -> Result<Mention<'_>, Diagnostic> {
    mention(StaticReference { reference, steps: static_steps(&reference.steps) })
}

/// The leading steps that can be read without evaluating anything.
fn static_steps(steps: &[Step]) -> &[Step] {
    let literal = |step: &&Step| match step {
        Step::Attribute(_) | Step::LegacyIndex(..) => true,
        Step::Index(key) => matches!(key.kind, ExpressionKind::Literal(_)),
        Step::Splat { .. } | Step::AttributeSplat { .. } => false,
    };
    let count = steps.iter().take_while(literal).count();
    steps.get(..count).unwrap_or_default()
}

/// Collects references, knowing which names are variables of the `for`s and dynamic blocks around.
#[derive(Default)]
struct Walk<'a> {
    found: Vec<StaticReference<'a>>,
    hidden: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    fn body(&mut self, body: &'a Body) {
        for attribute in &body.attributes {
            self.expression(&attribute.value);
        }
        for block in &body.blocks {
            if &*block.kind.name == "dynamic" { self.dynamic(block) } else { self.body(&block.body) }
        }
    }

    fn dynamic(&mut self, block: &'a Block) {
        let label = block.labels.first().map(|label| &*label.name);
        let iterator = block.body.attribute("iterator").and_then(|attribute| iterator_name(&attribute.value));
        if let Some(each) = block.body.attribute("for_each") {
            self.expression(&each.value);
        }
        let before = self.hidden.len();
        self.hidden.extend(iterator.or(label));
        if let Some(labels) = block.body.attribute("labels") {
            self.expression(&labels.value);
        }
        for content in block.body.blocks_of("content") {
            self.body(&content.body);
        }
        self.hidden.truncate(before);
    }

    fn expression(&mut self, expression: &'a Expression) {
        match &expression.kind {
            ExpressionKind::Literal(_) | ExpressionKind::Invalid => {}
            ExpressionKind::Template(parts) => self.parts(parts),
            ExpressionKind::Wrapped(inner) | ExpressionKind::Parenthesis(inner) | ExpressionKind::Unary(_, inner) => {
                self.expression(inner);
            }
            ExpressionKind::Tuple(items) => items.iter().for_each(|item| self.expression(item)),
            ExpressionKind::Object(items) => {
                for item in items {
                    if let ObjectKey::Expression(key) | ObjectKey::Property(key) = &item.key {
                        self.expression(key);
                    }
                    self.expression(&item.value);
                }
            }
            ExpressionKind::Reference(reference) => self.reference(reference),
            ExpressionKind::Access { source, steps } => {
                self.expression(source);
                self.steps(steps);
            }
            ExpressionKind::Call(Call { arguments, .. }) => arguments.iter().for_each(|item| self.expression(item)),
            ExpressionKind::For(each) => self.comprehension(each),
            ExpressionKind::Binary(_, left, right) => {
                self.expression(left);
                self.expression(right);
            }
            ExpressionKind::Conditional { condition, when_true, when_false } => {
                self.expression(condition);
                self.expression(when_true);
                self.expression(when_false);
            }
        }
    }

    fn reference(&mut self, reference: &'a Reference) {
        if !self.hidden.contains(&&*reference.root.name) {
            self.found.push(StaticReference { reference, steps: static_steps(&reference.steps) });
        }
        self.steps(&reference.steps);
    }

    fn steps(&mut self, steps: &'a [Step]) {
        for step in steps {
            match step {
                Step::Index(key) => self.expression(key),
                Step::Splat { each, .. } | Step::AttributeSplat { each, .. } => self.steps(each),
                Step::Attribute(_) | Step::LegacyIndex(..) => {}
            }
        }
    }

    fn comprehension(&mut self, each: &'a For) {
        self.expression(&each.collection);
        let before = self.hidden.len();
        self.hidden.extend(each.key_name.as_ref().map(|name| &*name.name));
        self.hidden.push(&each.value_name.name);
        for inner in each.key.iter().chain([&each.value]).chain(&each.condition) {
            self.expression(inner);
        }
        self.hidden.truncate(before);
    }

    fn parts(&mut self, parts: &'a [TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Literal(..) => {}
                TemplatePart::Interpolation(expression) => self.expression(expression),
                TemplatePart::If { condition, when_true, when_false, .. } => {
                    self.expression(condition);
                    self.parts(when_true);
                    self.parts(when_false);
                }
                TemplatePart::For(repeated) => {
                    let TemplateFor { key_name, value_name, collection, body, .. } = &**repeated;
                    self.expression(collection);
                    let before = self.hidden.len();
                    self.hidden.extend(key_name.as_ref().map(|name| &*name.name));
                    self.hidden.push(&value_name.name);
                    self.parts(body);
                    self.hidden.truncate(before);
                }
            }
        }
    }
}

/// The name that a dynamic block's `iterator` gives: a bare word.
pub fn iterator_name(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Reference(reference) if reference.steps.is_empty() => Some(&reference.root.name),
        ExpressionKind::Literal(text) => text.as_str(),
        _ => None,
    }
}

/// What a reference refers to.
///
/// # Errors
/// When nothing of that form can be referred to ("Invalid reference" and its like), at the place at fault.
pub fn mention(reference: StaticReference<'_>) -> Result<Mention<'_>, Diagnostic> {
    let root = &reference.reference.root;
    let single = |subject: fn(Arc<str>) -> Subject| {
        let name = attribute_of_root(reference)?;
        Ok(found(reference, subject(name), 1))
    };
    match &*root.name {
        "var" => single(Subject::Variable),
        "local" => single(Subject::Local),
        "path" => single(|_| Subject::Path).map(|m| Mention { remaining: reference.steps, ..m }),
        "terraform" | "tofu" => single(|_| Subject::Terraform).map(|m| Mention { remaining: reference.steps, ..m }),
        "each" => single(|_| Subject::Each).map(|m| Mention { remaining: reference.steps, ..m }),
        "count" => single(|_| Subject::Count).map(|m| Mention { remaining: reference.steps, ..m }),
        "self" => Ok(found(reference, Subject::SelfValue, 0)),
        "module" => module(reference, |name| name),
        WORKLOAD => module(reference, |name| workload_call(&name)),
        "check" => single(Subject::Check),
        "output" => single(Subject::Output),
        "run" => single(Subject::Run),
        "data" => resource(reference, ResourceMode::Data, 1),
        "ephemeral" => resource(reference, ResourceMode::Ephemeral, 1),
        "resource" => resource(reference, ResourceMode::Managed, 1),
        "template" | "lazy" | "arg" => Err(Diagnostic::error(
            "Reserved symbol name",
            format!(
                "The name \"{0}\" is reserved. If a provider uses it as a resource type, write \"resource.{0}\" \
                 instead.",
                root.name
            ),
        )
        .at(root.span)),
        _ => resource(reference, ResourceMode::Managed, 0),
    }
}

/// A mention whose subject ends after `taken` steps; the key behind it counts as part of it.
fn found(reference: StaticReference<'_>, subject: Subject, taken: usize) -> Mention<'_> {
    let may_be_instance = matches!(subject, Subject::Module(_) | Subject::Resource(_));
    let key = reference.steps.get(taken).filter(|_| may_be_instance).and_then(literal_key);
    let taken = taken + usize::from(key.is_some());
    let end = taken.checked_sub(1).and_then(|last| reference.steps.get(last)).map(step_span);
    let start = reference.reference.root.span;
    Mention {
        subject,
        key,
        remaining: reference.steps.get(taken..).unwrap_or_default(),
        span: end.map_or(start, |end| start.to(end)),
        reference: reference.reference,
    }
}

fn literal_key(step: &Step) -> Option<InstanceKey> {
    match step {
        Step::LegacyIndex(key, _) => Some(InstanceKey::Int(*key)),
        Step::Index(key) => match &key.kind {
            ExpressionKind::Literal(key) => match key.as_str() {
                Some(text) => Some(InstanceKey::String(text.into())),
                None => key.as_number().and_then(|n| n.to_string().parse().ok()).map(InstanceKey::Int),
            },
            _ => None,
        },
        _ => None,
    }
}

/// Refuses a key that is written out and can be none of an instance.
fn usable_key(reference: StaticReference<'_>, at: usize, of: &str) -> Result<(), Diagnostic> {
    let Some(Step::Index(index)) = reference.steps.get(at) else { return Ok(()) };
    let ExpressionKind::Literal(key) = &index.kind else { return Ok(()) };
    let why = match key.as_number() {
        Some(number) if number.to_i64().is_none() => {
            format!("value must be a whole number, between {} and {}", i64::MIN, i64::MAX)
        }
        None if key.as_str().is_none() => "either a string or an integer is required".to_owned(),
        _ => return Ok(()),
    };
    Err(Diagnostic::error("Invalid index key", format!("Invalid index for {of}: {why}.")).at(index.span))
}

/// Where a step is written.
pub fn step_span(step: &Step) -> Span {
    match step {
        Step::Attribute(name) => name.span,
        Step::Index(key) => key.span,
        Step::LegacyIndex(_, span) | Step::Splat { span, .. } | Step::AttributeSplat { span, .. } => *span,
    }
}

fn invalid(detail: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error("Invalid reference", detail).at(span)
}

/// The attribute right after the root name.
fn attribute_of_root(reference: StaticReference<'_>) -> Result<Arc<str>, Diagnostic> {
    let root = &reference.reference.root;
    match reference.reference.steps.first() {
        Some(Step::Attribute(name)) => Ok(name.name.clone()),
        None => Err(invalid(
            format!("The \"{}\" object cannot be accessed directly. Instead, access one of its attributes.", root.name),
            root.span,
        )),
        Some(other) => {
            Err(invalid(format!("The \"{}\" object does not support this operation.", root.name), step_span(other)))
        }
    }
}

fn module(reference: StaticReference<'_>, call: fn(Arc<str>) -> Arc<str>) -> Result<Mention<'_>, Diagnostic> {
    let name = call(attribute_of_root(reference)?);
    usable_key(reference, 1, "module instance")?;
    let mention = found(reference, Subject::Module(name), 1);
    match mention.remaining.first() {
        None | Some(Step::Attribute(_)) => Ok(mention),
        Some(other) => Err(invalid("Module instance objects do not support this operation.", step_span(other))),
    }
}

/// A resource whose kind stands after `introducer` steps; the root name itself is the kind when that is zero.
fn resource(reference: StaticReference<'_>, mode: ResourceMode, introducer: usize) -> Result<Mention<'_>, Diagnostic> {
    let root = &reference.reference.root;
    let steps = &reference.reference.steps;
    let whole = steps.last().map_or(root.span, |last| root.span.to(step_span(last)));
    let kind = match (introducer, steps.first()) {
        (0, _) => root.name.clone(),
        (_, Some(Step::Attribute(kind))) if steps.len() > 1 => kind.name.clone(),
        (_, Some(other)) if steps.len() > 1 => {
            let detail = format!("The \"{}\" object does not support this operation.", root.name);
            return Err(invalid(detail, step_span(other)));
        }
        _ => {
            let what = match mode {
                ResourceMode::Data => "data source type",
                ResourceMode::Ephemeral => "ephemeral resource type",
                ResourceMode::Managed => "resource type",
            };
            let detail = format!(
                "The \"{}\" object must be followed by two attribute names: the {what} and the resource name.",
                root.name
            );
            return Err(invalid(detail, whole));
        }
    };
    let what = if mode == ResourceMode::Data { "data source" } else { "resource type" };
    match steps.get(introducer) {
        Some(Step::Attribute(name)) => {
            let address = ResourceAddress { mode, kind, name: name.name.clone() };
            usable_key(reference, introducer + 1, "resource instance")?;
            Ok(found(reference, Subject::Resource(address), introducer + 1))
        }
        other => Err(invalid(
            format!(
                "A reference to a {what} must be followed by at least one attribute access, specifying the resource \
                 name."
            ),
            other.map_or(whole, step_span),
        )),
    }
}
