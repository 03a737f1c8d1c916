//! What local objects take from outside: chance, and the time. In a simulation both are the same in every run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::value::Value;

/// Where randomness and time come from.
#[derive(Debug)]
pub(super) enum Chance {
    /// The system.
    Real,
    /// The object that asks: what it is decides what it gets; the second of two equal ones gets something else.
    Simulated(Mutex<HashMap<[u8; 32], u64>>),
}

/// When simulations take place.
const SIMULATED_NOW: &str = "2026-01-01T00:00:00Z";

impl Chance {
    pub(super) fn new(simulated: bool) -> Self {
        if simulated { Self::Simulated(Mutex::default()) } else { Self::Real }
    }

    /// Dice for one object of a kind. Good enough for passwords.
    pub(super) fn dice(&self, kind: &str, planned: &Value) -> StdRng {
        let Self::Simulated(seen) = self else { return StdRng::from_os_rng() };
        let text = planned.clone().unmark_deep().0.to_plain_json().map(|json| json.to_string()).unwrap_or_default();
        let object: [u8; 32] = Sha256::digest(format!("{kind} {text}")).into();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let times = seen.entry(object).or_default();
        *times += 1;
        let own = Sha256::new().chain_update(object).chain_update(times.to_be_bytes()).finalize();
        StdRng::from_seed(own.into())
    }

    /// A random UUID.
    pub(super) fn uuid(&self, kind: &str, planned: &Value) -> Uuid {
        let bytes: [u8; 16] = rand::Rng::random(&mut self.dice(kind, planned));
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Now, in whole seconds.
    pub(super) fn now(&self) -> Timestamp {
        let now = match self {
            Self::Real => Timestamp::now(),
            Self::Simulated(_) => SIMULATED_NOW.parse().unwrap_or(Timestamp::UNIX_EPOCH),
        };
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_chance_is_the_same_in_each_run_and_differs_between_equal_objects() {
        let draw = |chance: &Chance| chance.uuid("k", &Value::string("a")).to_string();
        let (first, second) = (Chance::new(true), Chance::new(true));
        let run = [draw(&first), draw(&first)];
        assert_ne!(run[0], run[1]);
        assert_eq!(run, [draw(&second), draw(&second)]);
        assert_ne!(draw(&Chance::new(false)), draw(&Chance::new(false)));
    }
}
