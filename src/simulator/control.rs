//! `/simulator/…`: what a test or a person may ask of the simulator itself and set in it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::clock::written;
use crate::simulator::faults::{Faults, told};
use crate::simulator::kubernetes::as_pod;
use crate::simulator::request::Request;
use crate::simulator::services;
use crate::simulator::target::Key;

/// What is said to a request that is none of these.
const ROUTES: &str = "The simulator answers GET /simulator, /simulator/world, /simulator/requests, /simulator/writes, \
                      /simulator/faults and /simulator/clock, and POST /simulator/faults, /simulator/clock, \
                      /simulator/edit, /simulator/may, \
                      /simulator/pod-token and /simulator/service-account-token.";

/// Answers what is asked under `/simulator`; `None` for other paths.
pub(super) fn answer(azure: &mut Azure, request: &Request) -> Option<Answer> {
    let path = request.path.trim_matches('/').to_ascii_lowercase();
    let word = path.strip_prefix("simulator").filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    Some(match (request.method.as_str(), word.trim_matches('/')) {
        ("GET", "") => Answer::json(200, summary(azure)),
        ("GET", "world") => {
            Answer::json(200, json!({"value": azure.world().all().map(|resource| &resource.body).collect::<Vec<_>>()}))
        }
        ("GET", "requests") => Answer::json(200, azure.counts()),
        ("GET", "writes") => Answer::json(200, azure.writes()),
        ("DELETE", "requests") => {
            azure.forget_counts();
            Answer::empty(204)
        }
        ("GET", "faults") => Answer::json(200, told(azure.faults())),
        ("POST" | "PUT", "faults") => set_faults(azure, &request.body),
        ("DELETE", "faults") => {
            azure.set_faults(Faults::default());
            Answer::empty(204)
        }
        ("GET", "clock") => Answer::json(200, clock(azure)),
        ("POST", "clock") => advance(azure, &request.body),
        ("POST", "edit") => edit(azure, &request.body),
        ("POST", "service-account-token") => {
            azure.service_account_token(&request.body).unwrap_or_else(|refusal| Answer::from(&refusal))
        }
        ("POST", "pod-token") => {
            let given = as_pod::token_of_pod(azure, &request.body);
            // Should the file fail here, the next answer of ARM says so.
            let _ = azure.keep();
            given.unwrap_or_else(|refusal| Answer::from(&refusal))
        }
        ("POST", "may") => may(azure, &request.body),
        _ => Answer::from(&Refusal::new(404, "NotFound", ROUTES)),
    })
}

fn summary(azure: &Azure) -> Value {
    json!({
        "resources": azure.world().len(),
        "clock": written(azure.now()),
        "held": azure.held,
        "faults": told(azure.faults()),
    })
}

fn clock(azure: &Azure) -> Value {
    json!({"now": written(azure.now()), "milliseconds": azure.now()})
}

fn set_faults(azure: &mut Azure, body: &Value) -> Answer {
    match serde_json::from_value::<Faults>(body.clone()) {
        Ok(faults) => {
            azure.set_faults(faults);
            Answer::json(200, told(azure.faults()))
        }
        Err(error) => {
            Answer::from(&Refusal::bad("InvalidFaults", format!("These are no faults of the simulator: {error}.")))
        }
    }
}

fn advance(azure: &mut Azure, body: &Value) -> Answer {
    let Some(seconds) = body.get("advance").and_then(Value::as_u64) else {
        let message = "Give the seconds to move the clock by as {\"advance\": 60}.";
        return Answer::from(&Refusal::bad("InvalidClock", message));
    };
    azure.advance(Duration::from_secs(seconds));
    Answer::json(200, clock(azure))
}

/// Whether principals have rights: many questions at once.
fn may(azure: &Azure, body: &Value) -> Answer {
    let answer = |question: &Value| {
        let text = |name: &str| question.get(name).and_then(Value::as_str);
        let on_data = question.get("data").and_then(Value::as_bool).unwrap_or(false);
        let scope = Key::of(text("scope")?);
        let may = if on_data { services::may_with_data } else { services::may };
        Some(may(azure.scene(), text("principal")?, text("action")?, &scope))
    };
    let answers: Option<Vec<bool>> =
        body.get("questions").and_then(Value::as_array).and_then(|all| all.iter().map(answer).collect());
    match answers {
        Some(answers) => Answer::json(200, json!({ "answers": answers })),
        None => {
            let message = "Ask as {\"questions\": [{\"principal\": \"…\", \"action\": \"…\", \"data\": false, \"scope\": \"/subscriptions/…\"}]}.";
            Answer::from(&Refusal::bad("InvalidQuestion", message))
        }
    }
}

/// Changes a stored body behind every check, as a policy or an operator of the service might.
fn edit(azure: &mut Azure, body: &Value) -> Answer {
    let (Some(id), Some(merge)) = (body.get("id").and_then(Value::as_str), body.get("merge")) else {
        let message = "Give what to change as {\"id\": \"/subscriptions/…\", \"merge\": {…}}.";
        return Answer::from(&Refusal::bad("InvalidEdit", message));
    };
    match azure.edit(id, merge) {
        Some(edited) => {
            if let Some(by) = body.get("by") {
                azure.note_author(id, by);
            }
            Answer::json(200, edited)
        }
        None => Answer::from(&Refusal::new(404, "ResourceNotFound", format!("There is no resource '{id}'."))),
    }
}
