//! What happens to one managed instance: the rules of Terraform's plan (its order of steps is kept), with a reason
//! for everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, ConfigAddress, ProviderAddress};
use crate::config::Resource;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::decode;
use crate::eval::rules::Rule;
use crate::provider::{Block, Finding, Kind, PlanRequest, PlanResponse, Recorded, Session};
use crate::span::Span;
use crate::syntax::tree::Body;
use crate::value::{Marks, Path, PathStep, Value};

use super::evaluation::InstanceData;
use super::marks::{echoed, mark, mark_paths, with_secrets};
use super::propose::{ignore, propose};
use super::stage::Stage;
use super::{Action, InstanceChange, Reason, recorded};

/// What the instances of one block share.
pub struct Subject<'a> {
    /// The block.
    pub resource: &'a Resource,
    /// Where it stands.
    pub config: &'a ConfigAddress,
    /// Its kind.
    pub kind: &'a dyn Kind,
    /// Its provider, configured.
    pub session: &'a Arc<dyn Session>,
    /// How the state names that provider.
    pub provider: ProviderAddress,
    /// Its own setting, or that of something that depends on it.
    pub create_before_destroy: bool,
    /// What it depends on.
    pub dependencies: Vec<ConfigAddress>,
}

/// What is known of an instance before it is planned.
#[derive(Default)]
pub struct Before {
    /// As observed; `None` when there is nothing.
    pub observed: Option<Recorded>,
    /// Paths that the record calls sensitive.
    pub sensitive_paths: Vec<Path>,
    /// An earlier run left it half made.
    pub tainted: bool,
    /// `-replace` names it.
    pub requested: bool,
    /// What `replace_triggered_by` names and changes.
    pub triggers: Vec<String>,
    /// It is being taken over by this id.
    pub importing: Option<String>,
    /// Where it was recorded before it moved.
    pub previous_address: Option<Address>,
    /// What people should know, beside what its provider says.
    pub notes: Vec<String>,
}

/// Plans an instance and gives its planned value to what refers to it. `None` with an error.
pub fn plan_instance(
    stage: &mut Stage<'_>,
    subject: &Subject<'_>,
    address: &Address,
    data: &InstanceData,
    before: Before,
) -> Option<InstanceChange> {
    if !stage.has_provider(address) {
        return None;
    }
    let rules = &subject.resource.lifecycle.preconditions;
    let name = address.to_string();
    if !stage.rules(Rule::ResourcePrecondition, &name, &address.module, data, rules) {
        return None;
    }
    let config = configured(stage, subject, address, data)?;
    let change = decide(stage, subject, address, &config, before)?;
    stage.evaluation.set_instance(address, change.after.clone());
    refuse_destroy(stage, subject, address, data, &change)?;
    let own = InstanceData { self_value: Some(change.after.clone()), ..data.clone() };
    let rules = &subject.resource.lifecycle.postconditions;
    stage.rules(Rule::ResourcePostcondition, &name, &address.module, &own, rules).then_some(change)
}

/// The configuration of an instance, with marks, checked by its kind.
pub fn configured(
    stage: &mut Stage<'_>,
    subject: &Subject<'_>,
    address: &Address,
    data: &InstanceData,
) -> Option<Value> {
    let scope = stage.evaluation.scope(&address.module, data);
    let (config, mut problems) = decode::decode_body(
        &subject.resource.body,
        &subject.kind.schema().block,
        &scope,
        subject.resource.header,
        &|path| subject.kind.renamed(path),
    );
    problems.extend(ephemeral_uses(
        &subject.resource.body,
        &config,
        &subject.kind.schema().block,
        subject.resource.header,
    ));
    let mut sound = !problems.has_errors();
    problems.iter_mut().for_each(|d| {
        d.address.get_or_insert_with(|| address.to_string());
    });
    stage.found.extend(problems);
    if sound {
        let findings = crate::provider::findings(subject.kind, &config.clone().unmark_deep().0);
        sound = report(stage, subject, address, findings);
    }
    sound.then_some(config)
}

/// The configuration of an instance as its provider is asked about it: without marks, and with what `ignore_changes`
/// names as it was.
pub fn as_asked(
    stage: &mut Stage<'_>,
    subject: &Subject<'_>,
    address: &Address,
    data: &InstanceData,
    before: &Before,
) -> Option<Value> {
    let config = configured(stage, subject, address, data)?.unmark_deep().0;
    Some(subject_config(subject, before.observed.as_ref().filter(|_| !before.tainted), config))
}

/// Refuses ephemeral values where they would be recorded.
pub fn ephemeral_uses(body: &Body, config: &Value, block: &Block, header: Span) -> Diagnostics {
    let refusal = |(path, marks): (Path, Marks)| {
        let Some(PathStep::Attribute(name)) = path.0.first() else { return None };
        let kept = block.attributes.get(&**name).is_none_or(|attribute| !attribute.write_only);
        let detail = format!(
            "Ephemeral values are not valid for \"{name}\", because it is not a write-only attribute and must be persisted \
             to state."
        );
        let refused = marks.contains(Marks::EPHEMERAL) && kept;
        refused.then(|| {
            Diagnostic::error("Invalid use of ephemeral value", detail).at(decode::locate(body, &path, header))
        })
    };
    config.clone().unmark_deep().1.into_iter().filter_map(refusal).collect()
}

/// Puts findings on the arguments that they are about. False when there is an error among them.
pub fn report(stage: &mut Stage<'_>, subject: &Subject<'_>, address: &Address, findings: Vec<Finding>) -> bool {
    let place = |finding: Finding| {
        let span = decode::locate(&subject.resource.body, &finding.path, subject.resource.header);
        finding.diagnostic.at(span).for_address(address)
    };
    stage.take(findings.into_iter().map(place).collect())
}

fn decide(
    stage: &mut Stage<'_>,
    subject: &Subject<'_>,
    address: &Address,
    marked_config: &Value,
    before: Before,
) -> Option<InstanceChange> {
    let block = &subject.kind.schema().block;
    let (config, config_marks) = marked_config.clone().unmark_deep();
    let config_marks = echoed(subject.kind, with_secrets(subject.kind, &config, config_marks));
    let usable = before.observed.as_ref().filter(|_| !before.tainted);
    let session = stage.session_for(address, subject.session);
    let first = ask(&*session, subject, usable, &subject_config(subject, usable, config.clone()));
    if !report(stage, subject, address, first.findings.clone()) {
        return None;
    }
    let replace_paths = really_replaced(&first, usable);
    let (action, reason) = action(subject, &before, usable, &first.planned, &replace_paths, &config_marks);
    let mut response = first;
    if action.is_replace() && usable.is_some() {
        let anew = ask(&*session, subject, None, &config);
        if !report(stage, subject, address, anew.findings.clone()) {
            return None;
        }
        response = PlanResponse { notes: response.notes, ..anew };
    }
    if let Some(observed) = before.observed.as_ref().filter(|_| action.is_replace()) {
        response.planned = with_id_to_come(response.planned, &observed.value);
    }
    let before_value = before.observed.as_ref().map_or_else(
        || Value::null(block.implied_type()),
        |observed| recorded::marked(subject.kind, observed, &before.sensitive_paths),
    );
    let after = mark(block, mark_paths(response.planned, &config_marks));
    Some(InstanceChange {
        address: address.clone(),
        previous_address: before.previous_address,
        deposed: None,
        provider: stage.provider_for(address, &subject.provider),
        action,
        reason,
        private: before.observed.as_ref().map(|o| o.private.clone()).unwrap_or_default(),
        before: before_value,
        after,
        replace_paths,
        importing: before.importing,
        notes: before.notes.into_iter().chain(response.notes).collect(),
        create_before_destroy: subject.create_before_destroy,
        dependencies: subject.dependencies.clone(),
    })
}

/// The configuration in which what `ignore_changes` names is as it was.
fn subject_config(subject: &Subject<'_>, usable: Option<&Recorded>, config: Value) -> Value {
    match usable {
        Some(prior) => {
            ignore(&subject.resource.lifecycle.ignore_changes, &subject.kind.schema().block, &prior.value, config)
        }
        None => config,
    }
}

fn ask(session: &dyn Session, subject: &Subject<'_>, prior: Option<&Recorded>, config: &Value) -> PlanResponse {
    let proposed = propose(&subject.kind.schema().block, prior.map(|p| &p.value), config);
    let request = PlanRequest { prior, config, proposed: &proposed };
    session.reader().plan(subject.kind.name(), request)
}

/// What is made anew under the id that it had is another object all the same: what was tied to the old one by that id
/// is gone with it. So the id counts as not known until then, and what cannot follow a change of it is made anew too.
fn with_id_to_come(planned: Value, before: &Value) -> Value {
    let id = |value: &Value| value.field("id").and_then(Value::as_str).map(str::to_owned);
    let Some(mut fields) =
        planned.as_fields().cloned().filter(|_| id(&planned).is_some() && id(&planned) == id(before))
    else {
        return planned;
    };
    fields.insert("id".into(), Value::unknown_not_null(crate::value::Type::String));
    Value::object(fields)
}

/// A path counts only when its value really changes; one that is not known counts as changed.
fn really_replaced(response: &PlanResponse, prior: Option<&Recorded>) -> Vec<Path> {
    let Some(prior) = prior else { return Vec::new() };
    let changed = |path: &&Path| match (prior.value.at(path), response.planned.at(path)) {
        (Some(a), Some(b)) => !a.raw_eq(&b),
        (None, None) => false,
        _ => true,
    };
    response.requires_replace.iter().filter(changed).cloned().collect()
}

fn action(
    subject: &Subject<'_>,
    before: &Before,
    usable: Option<&Recorded>,
    planned: &Value,
    replace_paths: &[Path],
    config_marks: &[(Path, Marks)],
) -> (Action, Option<Reason>) {
    let replace = if subject.create_before_destroy { Action::CreateThenDelete } else { Action::DeleteThenCreate };
    // As in Terraform a trigger is the reason whatever else there is, even for what is only made.
    let triggered = Some(&before.triggers).filter(|triggers| !triggers.is_empty()).cloned().map(Reason::Triggered);
    if before.observed.is_none() {
        return (Action::Create, triggered);
    }
    if triggered.is_some() {
        return (replace, triggered);
    }
    let Some(prior) = usable else { return (replace, Some(Reason::Tainted)) };
    if before.requested {
        return (replace, Some(Reason::Requested));
    }
    if !replace_paths.is_empty() {
        return (replace, Some(Reason::CannotUpdate));
    }
    if planned.raw_eq(&prior.value) && same_sensitivity(subject, planned, &before.sensitive_paths, config_marks) {
        return (Action::NoOp, None);
    }
    (Action::Update, None)
}

/// A value that becomes sensitive, or is so no longer, must be recorded anew. What the schema calls sensitive always
/// is, whether it was recorded as such or not.
fn same_sensitivity(subject: &Subject<'_>, planned: &Value, recorded: &[Path], configured: &[(Path, Marks)]) -> bool {
    if recorded.is_empty() && configured.is_empty() {
        return true;
    }
    let by_schema = mark(&subject.kind.schema().block, planned.clone()).unmark_deep().1;
    let by_schema: BTreeSet<String> = by_schema.iter().map(|(path, _)| path.to_string()).collect();
    let beyond = |path: &Path| Some(path.to_string()).filter(|name| !by_schema.contains(name));
    let recorded = recorded.iter().map(|path| (path.clone(), Marks::SENSITIVE)).collect();
    let before: BTreeSet<String> = echoed(subject.kind, recorded).iter().filter_map(|(path, _)| beyond(path)).collect();
    let sensitive = configured.iter().filter(|(_, marks)| marks.contains(Marks::SENSITIVE));
    before == sensitive.filter_map(|(path, _)| beyond(path)).collect()
}

/// `prevent_destroy` refuses what would remove the object.
fn refuse_destroy(
    stage: &mut Stage<'_>,
    subject: &Subject<'_>,
    address: &Address,
    data: &InstanceData,
    change: &InstanceChange,
) -> Option<()> {
    if !(change.action.is_replace() || change.action == Action::Delete) {
        return Some(());
    }
    let prevented = is_protected(stage, subject.resource, address, data)?;
    if prevented {
        stage.found.push(cannot_be_destroyed(subject.resource, address));
    }
    (!prevented).then_some(())
}

/// Whether `prevent_destroy` holds for an instance; `None` with an error.
pub fn is_protected(
    stage: &mut Stage<'_>,
    resource: &Resource,
    address: &Address,
    data: &InstanceData,
) -> Option<bool> {
    let Some(expression) = &resource.lifecycle.prevent_destroy else { return Some(false) };
    let (value, problems) = crate::eval::evaluate(expression, &stage.evaluation.scope(&address.module, data));
    if !stage.take(problems) {
        return None;
    }
    match value.convert(&crate::value::Type::Bool).ok().as_ref().and_then(Value::as_bool) {
        Some(prevented) => Some(prevented),
        None => {
            stage.found.error_at(
                expression.span,
                "Unsuitable value type",
                "The \"prevent_destroy\" value must be true or false, and known when planning.",
            );
            None
        }
    }
}

/// The refusal of `prevent_destroy`.
pub fn cannot_be_destroyed(resource: &Resource, address: &Address) -> Diagnostic {
    Diagnostic::error(
        "Instance cannot be destroyed",
        format!(
            "Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To \
             avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of \
             the plan using the -target option."
        ),
    )
    .at(resource.header)
}
