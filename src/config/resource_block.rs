//! `resource`, `data` and `ephemeral` blocks.

use crate::address::{ResourceAddress, ResourceMode};
use crate::config::content::{BlockShape, Content, Shape, label};
use crate::config::endpoint::endpoint_reference;
use crate::config::literal::{discourage_quotes, flag, list, provider, references, unquoted, word};
use crate::config::meta::{read_check_rules, read_repetition};
use crate::config::resource::{IgnoreChanges, Lifecycle, Provisioner, ProvisionerFailure, ProvisionerMoment, Resource};
use crate::diagnostic::Diagnostics;
use crate::syntax::tree::{Attribute, Block, Body, Expression, ExpressionKind, Step};

const RESOURCE: Shape = Shape {
    arguments: &["count", "for_each", "provider", "depends_on"],
    blocks: &[
        BlockShape::plain("lifecycle"),
        BlockShape::plain("connection"),
        BlockShape { kind: "provisioner", labels: &["type"] },
        BlockShape::plain("_"),
    ],
};

const READ_ONLY: Shape = Shape {
    arguments: &["count", "for_each", "provider", "depends_on"],
    blocks: &[BlockShape::plain("lifecycle"), BlockShape::plain("_")],
};

const LIFECYCLE: Shape = Shape {
    arguments: &[
        "create_before_destroy",
        "prevent_destroy",
        "ignore_changes",
        "replace_triggered_by",
        "enabled",
        "destroy",
    ],
    blocks: &[BlockShape::plain("precondition"), BlockShape::plain("postcondition")],
};

const PROVISIONER: Shape =
    Shape { arguments: &["when", "on_failure"], blocks: &[BlockShape::plain("connection"), BlockShape::plain("_")] };

/// Reads a resource block of a mode.
pub fn read_resource(block: Block, mode: ResourceMode, diagnostics: &mut Diagnostics) -> Resource {
    let address = ResourceAddress { mode, kind: label(&block, 0), name: label(&block, 1) };
    let (header, span) = (block.header, block.span);
    let shape = if mode == ResourceMode::Managed { RESOURCE } else { READ_ONLY };
    discourage_quotes(&block.body, &["provider", "depends_on"], diagnostics);
    let (mut content, mut body) = shape.partial(block.body, header, diagnostics);
    unescape(&mut content, &mut body);
    let lifecycle = content.block("lifecycle", diagnostics);
    Resource {
        address,
        body,
        repetition: read_repetition(&mut content, diagnostics),
        provider: content.value("provider").and_then(|e| provider(e, diagnostics)),
        depends_on: content.value("depends_on").map(|e| references(e, diagnostics)).unwrap_or_default(),
        lifecycle: lifecycle.map_or_else(Lifecycle::none, |l| read_lifecycle(l, mode, diagnostics).into()),
        connection: content.block("connection", diagnostics).map(Box::new),
        provisioners: read_provisioners(&mut content, diagnostics),
        check: None,
        header,
        span,
    }
}

/// Puts what stands in `_` blocks, where no name is a meta-argument, to the rest of the body.
pub fn unescape(content: &mut Content, body: &mut Body) {
    for escaped in content.blocks("_") {
        body.attributes.extend(escaped.body.attributes);
        body.blocks.extend(escaped.body.blocks);
    }
}

fn read_lifecycle(block: Block, mode: ResourceMode, diagnostics: &mut Diagnostics) -> Lifecycle {
    let json = block.body.json;
    discourage_quotes(&block.body, &["ignore_changes"], diagnostics);
    let mut content = LIFECYCLE.content(block.body, block.header, diagnostics);
    let preconditions = read_check_rules(content.blocks("precondition"), diagnostics);
    let postconditions = read_check_rules(content.blocks("postcondition"), diagnostics);
    if mode != ResourceMode::Managed {
        for name in ["create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by", "destroy"] {
            if let Some(attribute) = content.take(name) {
                refuse_lifecycle_argument(&attribute, mode, diagnostics);
            }
        }
    }
    let mut own_flag = |content: &mut Content, name: &str| content.value(name).and_then(|e| flag(&e, diagnostics));
    let create_before_destroy = own_flag(&mut content, "create_before_destroy");
    let destroy = own_flag(&mut content, "destroy");
    let prevent_destroy = content.value("prevent_destroy");
    if let Some(literal) = prevent_destroy.as_ref().filter(|e| matches!(e.kind, ExpressionKind::Literal(_))) {
        flag(literal, diagnostics);
    }
    let (ignored, triggers) = (content.value("ignore_changes"), content.value("replace_triggered_by"));
    Lifecycle {
        create_before_destroy,
        prevent_destroy,
        ignore_changes: ignored.map(|e| ignore_changes(e, json, diagnostics)).unwrap_or_default(),
        replace_triggered_by: triggers
            .map(|e| list(e, diagnostics))
            .unwrap_or_default()
            .into_iter()
            .map(|e| unquoted(e, json, diagnostics))
            .collect(),
        preconditions,
        postconditions,
        enabled: content.value("enabled"),
        destroy,
    }
}

fn refuse_lifecycle_argument(attribute: &Attribute, mode: ResourceMode, diagnostics: &mut Diagnostics) {
    let what = if mode == ResourceMode::Data { "data" } else { "ephemeral" };
    let name = &attribute.name.name;
    let detail = format!(
        "The lifecycle argument \"{name}\" is defined only for managed resources (\"resource\" blocks), and is not \
         valid for {what} resources."
    );
    let summary = format!("Invalid {what} resource lifecycle argument");
    diagnostics.error_at(attribute.name.span, summary, detail);
}

/// `all`, or a list of paths that start at the resource.
fn ignore_changes(expression: Expression, json: bool, diagnostics: &mut Diagnostics) -> IgnoreChanges {
    let quoted = matches!(expression.kind, ExpressionKind::Literal(_)) && !json;
    if !quoted && word(&expression) == Some("all") {
        return IgnoreChanges::All;
    }
    let mut paths = Vec::new();
    let place = expression.span;
    for item in list(expression, diagnostics) {
        if matches!(item.kind, ExpressionKind::Literal(_)) && word(&item) == Some("*") {
            let detail = "The [\"*\"] form is no longer valid. Use \"ignore_changes = all\" to ignore changes to all \
                          attributes.";
            diagnostics.error_at(place, "Invalid ignore_changes wildcard", detail);
            continue;
        }
        if let Some(path) = endpoint_reference(item, true, diagnostics) {
            paths.push(std::iter::once(Step::Attribute(path.root)).chain(path.steps).collect());
        }
    }
    IgnoreChanges::Paths(paths)
}

/// Takes the `provisioner` blocks.
pub fn read_provisioners(content: &mut Content, diagnostics: &mut Diagnostics) -> Vec<Provisioner> {
    content.blocks("provisioner").into_iter().map(|block| read_provisioner(block, diagnostics)).collect()
}

fn read_provisioner(block: Block, diagnostics: &mut Diagnostics) -> Provisioner {
    let (kind, span) = (label(&block, 0), block.header);
    let (mut content, mut body) = PROVISIONER.partial(block.body, span, diagnostics);
    unescape(&mut content, &mut body);
    let when = content.value("when").map_or(ProvisionerMoment::Create, |expression| match word(&expression) {
        Some("create") => ProvisionerMoment::Create,
        Some("destroy") => ProvisionerMoment::Destroy,
        _ => {
            let detail = "The \"when\" argument requires one of the following keywords: create or destroy.";
            diagnostics.error_at(expression.span, "Invalid \"when\" keyword", detail);
            ProvisionerMoment::Create
        }
    });
    let on_failure =
        content.value("on_failure").map_or(ProvisionerFailure::Fail, |expression| match word(&expression) {
            Some("fail") => ProvisionerFailure::Fail,
            Some("continue") => ProvisionerFailure::Continue,
            _ => {
                let detail = "The \"on_failure\" argument requires one of the following keywords: continue or fail.";
                diagnostics.error_at(expression.span, "Invalid \"on_failure\" keyword", detail);
                ProvisionerFailure::Fail
            }
        });
    Provisioner { kind, body, when, on_failure, connection: content.block("connection", diagnostics), span }
}
