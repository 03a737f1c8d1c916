//! Whether a policy would deny what is about to be written: Azure evaluates the body that would be sent, as far as it is
//! known, against every policy that is assigned there.

use serde_json::{Value as Json, json};

use super::{Deed, Flight, Unanswered, Write, each, on};
use crate::azure::wire::json::get_str;
use crate::diagnostic::Diagnostic;
use crate::provider::Finding;

/// The version of the policy restrictions API.
const VERSION: &str = "2023-03-01";

/// What policies would deny.
pub(super) async fn objections(flight: &Flight<'_>) -> Vec<(usize, Finding)> {
    let written = flight.writes.iter().filter(|write| write.deed != Deed::Delete && write.body != write.before);
    let asked = written.map(|write| async move { (write, evaluated(flight, write).await) });
    let answers = each(asked.collect()).await;
    let mut unanswered = Unanswered::default();
    let mut found = Vec::new();
    for (write, answer) in answers {
        match answer {
            Some(Ok(answer)) => found.extend(denials(&answer).map(|denial| objection(flight, write, denial))),
            Some(Err(error)) => found.extend(unanswered.tell(write.at, "what policies say of it", &error)),
            None => {}
        }
    }
    found
}

/// What the policies of the group, or of the subscription, say of an object. `None` for what lies in neither.
async fn evaluated(flight: &Flight<'_>, write: &Write<'_>) -> Option<Result<Json, crate::azure::arm::ArmError>> {
    let ground = flight.ground(write)?;
    let mut content = write.body.clone();
    let members = content.as_object_mut()?;
    if write.id.name() != super::UNNAMED {
        members.insert("name".to_owned(), json!(write.id.name()));
    }
    members.insert("type".to_owned(), json!(write.id.normalised().resource_type()));
    let mut details = json!({ "resourceContent": content, "apiVersion": write.api_version });
    if let Some(parent) = write.id.parent().filter(|parent| parent.key() != ground.key()) {
        crate::azure::wire::json::set(&mut details, "scope", json!(parent.as_str()));
    }
    let path = format!("{}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions", ground.as_str());
    Some(flight.post(&path, VERSION, json!({ "resourceDetails": details })).await)
}

/// The evaluations that would have the request refused.
fn denials(answer: &Json) -> impl Iterator<Item = &Json> {
    let evaluations = answer.pointer("/contentEvaluationResult/policyEvaluations").and_then(Json::as_array);
    evaluations.into_iter().flatten().filter(|evaluation| {
        let is = |path: &str, word: &str| get_str(evaluation, path).is_none_or(|text| text.eq_ignore_ascii_case(word));
        is("evaluationResult", "NonCompliant") && is("effectDetails.policyEffect", "Deny")
    })
}

fn objection(flight: &Flight<'_>, write: &Write<'_>, denial: &Json) -> (usize, Finding) {
    let name = |path: &str| get_str(denial, path).and_then(|id| id.rsplit('/').next()).unwrap_or("?").to_owned();
    let expressions = denial.pointer("/evaluationDetails/evaluatedExpressions").and_then(Json::as_array);
    let expressions: Vec<&Json> = expressions.into_iter().flatten().collect();
    let mut reasons: Vec<(&str, String)> = expressions.iter().filter_map(|expression| reason(expression)).collect();
    // More than one comparison of a field says hardly more than the first.
    reasons.dedup_by_key(|(field, _)| *field);
    let reasons: Vec<String> = reasons.into_iter().map(|(_, reason)| reason).collect();
    let why =
        if reasons.is_empty() { String::new() } else { format!(" It applies because {}.", reasons.join(" and ")) };
    let detail = format!(
        "The policy {} of the assignment {} denies it.{why} Write it as the policy wants it, or have it exempted.",
        name("policyInfo.policyDefinitionId"),
        name("policyInfo.policyAssignmentId"),
    );
    let diagnostic = Diagnostic::error("Refused by a policy", detail);
    // The type says which policies apply, not what is wrong.
    let told = expressions.iter().filter_map(|expression| get_str(expression, "path")).find(|path| *path != "type");
    match told {
        Some(path) => (write.at, Finding { path: flight.argument(write, path), diagnostic }),
        None => on(write.at, diagnostic),
    }
}

/// A field that was compared, and how that came out: `location is "westus2" (notIn ["westeurope"])`.
fn reason(expression: &Json) -> Option<(&str, String)> {
    let field = get_str(expression, "expression")?;
    let operator = get_str(expression, "operator")?;
    if field.eq_ignore_ascii_case("type") {
        return None;
    }
    let value = match expression.get("expressionValue") {
        None | Some(Json::Null) => "is not set".to_owned(),
        Some(value) => format!("is {value}"),
    };
    let wanted = expression.get("targetValue").map(|target| format!(" {target}")).unwrap_or_default();
    Some((field, format!("{field} {value} ({operator}{wanted})")))
}
