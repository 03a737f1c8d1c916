//! `resource "bowline_workload"`: one block for all that lets a pod act as an identity. It is the call of a module that
//! this program brings along; what the module makes has addresses below the block's own
//! (`bowline_workload.api.azurerm_user_assigned_identity.this`), so nothing is hidden in it.

use std::sync::Arc;

use crate::address;
use crate::config::call::passes;
use crate::config::content::{BlockShape, Shape, label};
use crate::config::literal::references;
use crate::config::meta::read_repetition;
use crate::config::module::{EarlyTexts, ModuleCall, Text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::Span;
use crate::syntax::tree::{
    Attribute, Block, Body, Expression, ExpressionKind, Ident, ObjectItem, ObjectKey, Reference, Step,
};
use crate::value::Value;

/// The module's text.
pub const TEXT: &str = include_str!("workload.tf");

/// What people see as the name of its source.
pub const SHOWN: &str = "the module of bowline_workload";

/// What such a call has for a source.
const SOURCE: &str = "bowline_workload";

const WORKLOAD_SHAPE: Shape = Shape {
    arguments: &["count", "for_each", "depends_on", "providers", "cluster!", "identity"],
    blocks: &[BlockShape::plain("lifecycle"), BlockShape::plain("_")],
};

const LIFECYCLE: Shape = Shape { arguments: &["enabled"], blocks: &[] };

/// What is taken from the cluster, and under what name it is given.
const OF_CLUSTER: [&str; 3] = ["oidc_issuer_url", "resource_group_name", "location"];

/// What is taken from an identity that is there.
const OF_IDENTITY: [&str; 3] = ["id", "client_id", "principal_id"];

/// Whether a call is that of the module that this program brings along.
pub fn is_workload(call: &ModuleCall) -> bool {
    &*call.source.value == SOURCE
}

/// Reads the block as the call that it stands for; `None` when it does not say which cluster is meant.
pub fn read_workload(block: Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let (name, span) = (label(&block, 1), block.header);
    let (mut content, mut body) = WORKLOAD_SHAPE.partial(block.body, span, diagnostics);
    let lifecycle = content.block("lifecycle", diagnostics);
    let enabled = lifecycle.and_then(|l| LIFECYCLE.content(l.body, l.header, diagnostics).value("enabled"));
    let repetition = read_repetition(&mut content, diagnostics);
    let providers = content.value("providers").map(|e| passes(e, diagnostics)).unwrap_or_default();
    let depends_on = content.value("depends_on").map(|e| references(e, diagnostics)).unwrap_or_default();
    let identity = content.take("identity");
    let cluster = content.take("cluster")?;
    of_cluster(&mut body, &cluster, diagnostics);
    if let Some(identity) = identity {
        of_identity(&mut body, &identity, diagnostics);
    }
    if body.attribute("service_account").is_none() {
        let value = Expression { kind: ExpressionKind::Literal(Value::string(name.clone())), span };
        give(&mut body, "service_account", value);
    }
    Some(ModuleCall {
        name: address::workload_call(&name),
        source: Text { value: SOURCE.into(), span },
        version: None,
        early: EarlyTexts::default(),
        body,
        repetition,
        enabled,
        providers,
        depends_on,
        span,
    })
}

/// Gives what is taken from the cluster. Only single attributes are named, so that its kubeconfig is not asked for.
fn of_cluster(body: &mut Body, cluster: &Attribute, diagnostics: &mut Diagnostics) {
    let Some(reference) = whole(&cluster.value) else {
        let detail = "Write the cluster itself: cluster = azurerm_kubernetes_cluster.NAME (or a data source of it, or a \
                      module's output that is one).";
        diagnostics.push(Diagnostic::error("Invalid cluster", detail).at(cluster.value.span));
        return;
    };
    for name in OF_CLUSTER {
        if body.attribute(name).is_none() {
            give(body, name, part(reference, name, cluster.value.span));
        }
    }
}

fn of_identity(body: &mut Body, identity: &Attribute, diagnostics: &mut Diagnostics) {
    let span = identity.value.span;
    let Some(reference) = whole(&identity.value) else {
        let detail = "Write the identity itself: identity = azurerm_user_assigned_identity.NAME (or a data source of it). \
                      Without it the block makes one.";
        diagnostics.push(Diagnostic::error("Invalid identity", detail).at(span));
        return;
    };
    let item = |name: &&str| ObjectItem {
        key: ObjectKey::Name(Ident { name: (*name).into(), span }),
        value: part(reference, name, span),
    };
    let object = ExpressionKind::Object(OF_IDENTITY.iter().map(item).collect());
    give(body, "identity", Expression { kind: object, span });
    give(body, "has_identity", Expression { kind: ExpressionKind::Literal(Value::bool(true)), span });
}

/// The reference that an expression is as a whole.
fn whole(expression: &Expression) -> Option<&Reference> {
    match &expression.kind {
        ExpressionKind::Reference(reference) => Some(reference),
        ExpressionKind::Parenthesis(inner) => whole(inner),
        _ => None,
    }
}

/// One attribute of what a reference names.
fn part(reference: &Reference, name: &str, span: Span) -> Expression {
    let mut reference = reference.clone();
    reference.steps.push(Step::Attribute(Ident { name: Arc::from(name), span }));
    Expression { kind: ExpressionKind::Reference(reference), span }
}

fn give(body: &mut Body, name: &str, value: Expression) {
    let name = Ident { name: Arc::from(name), span: value.span };
    body.attributes.push(Attribute { span: value.span, name, value });
}
