//! `/simulator/…`: what a test or a person may ask of the simulator itself and set in it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::clock::written;
use crate::simulator::faults::{Faults, told};
use crate::simulator::request::Request;

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
        _ => Answer::json(
            404,
            json!({"error": {"code": "NotFound", "message": "The simulator answers GET /simulator, /simulator/world, /simulator/requests, /simulator/faults and /simulator/clock, and POST to the last two."}}),
        ),
    })
}

fn summary(azure: &Azure) -> Value {
    json!({"resources": azure.world().len(), "clock": written(azure.now()), "faults": told(azure.faults())})
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
            let message = format!("These are no faults of the simulator: {error}.");
            Answer::json(400, json!({"error": {"code": "InvalidFaults", "message": message}}))
        }
    }
}

fn advance(azure: &mut Azure, body: &Value) -> Answer {
    match body.get("advance").and_then(Value::as_u64) {
        Some(seconds) => {
            azure.advance(Duration::from_secs(seconds));
            Answer::json(200, clock(azure))
        }
        None => {
            let message = "Give the seconds to move the clock by as {\"advance\": 60}.";
            Answer::json(400, json!({"error": {"code": "InvalidClock", "message": message}}))
        }
    }
}
