//! Azure's limits on requests: token buckets per subscription and kind of call, in front of the resource providers'
//! own. The figures are those of Microsoft's pages on throttling (2024 model) and on the AKS and identity providers.

use std::collections::HashMap;
use std::time::Duration;

use crate::simulator::clock::Moment;

/// The size of a bucket and how fast it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit {
    /// What the bucket is called; one for each of these and each subscription (or resource).
    name: &'static str,
    /// Requests at once.
    burst: f64,
    /// Requests per second after that.
    refill: f64,
}

/// Requests to ARM itself, per subscription.
const READS: Limit = Limit { name: "reads", burst: 250.0, refill: 25.0 };
const WRITES: Limit = Limit { name: "writes", burst: 200.0, refill: 10.0 };
const DELETES: Limit = Limit { name: "deletes", burst: 200.0, refill: 10.0 };

/// Requests to the provider of managed identities, per subscription. Credentials count as their identity's.
const IDENTITY_READS: Limit = Limit { name: "identity-reads", burst: 10.0, refill: 10.0 };
const IDENTITY_LISTS: Limit = Limit { name: "identity-lists", burst: 5.0, refill: 5.0 };
const IDENTITY_WRITES: Limit = Limit { name: "identity-writes", burst: 2.0, refill: 2.0 };
const IDENTITY_DELETES: Limit = Limit { name: "identity-deletes", burst: 2.0, refill: 2.0 };

/// Requests to AKS, per subscription.
const CLUSTER_PUTS: Limit = Limit { name: "cluster-puts", burst: 20.0, refill: 1.0 / 60.0 };
const CLUSTER_LISTS: Limit = Limit { name: "cluster-lists", burst: 60.0, refill: 1.0 };
const CLUSTER_POLLS: Limit = Limit { name: "cluster-polls", burst: 200.0, refill: 2.0 };
const CLUSTER_OTHERS: Limit = Limit { name: "cluster-others", burst: 60.0, refill: 1.0 };

/// A request, as far as the limits look at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// `GET`
    pub method: &'a str,
    /// The kind it is for.
    pub kind: &'a str,
    /// Whether it lists.
    pub lists: bool,
    /// The subscription.
    pub subscription: &'a str,
}

/// What is left in a bucket.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Moment,
}

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    buckets: HashMap<(&'static str, String), Bucket>,
}

impl Throttle {
    /// Takes a token from each bucket that the call draws on, or says how long until there is one in each.
    pub fn draw(&mut self, call: Call<'_>, now: Moment) -> Result<(), Duration> {
        let limits = [Some(arm_limit(call)), provider_limit(call)];
        let mut wait = Duration::ZERO;
        for limit in limits.into_iter().flatten() {
            wait = wait.max(self.bucket(limit, call, now).missing(limit));
        }
        if wait > Duration::ZERO {
            return Err(wait);
        }
        for limit in limits.into_iter().flatten() {
            self.bucket(limit, call, now).tokens -= 1.0;
        }
        Ok(())
    }

    /// The header that tells what is left of ARM's bucket.
    pub fn remaining(&mut self, call: Call<'_>, now: Moment) -> (&'static str, String) {
        let limit = arm_limit(call);
        let left = self.bucket(limit, call, now).tokens.max(0.0).floor();
        let name = match (limit.name, call.subscription.is_empty()) {
            ("reads", false) => "x-ms-ratelimit-remaining-subscription-reads",
            ("writes", false) => "x-ms-ratelimit-remaining-subscription-writes",
            ("deletes", false) => "x-ms-ratelimit-remaining-subscription-deletes",
            ("reads", true) => "x-ms-ratelimit-remaining-tenant-reads",
            _ => "x-ms-ratelimit-remaining-tenant-writes",
        };
        (name, format!("{left:.0}"))
    }

    fn bucket(&mut self, limit: Limit, call: Call<'_>, now: Moment) -> &mut Bucket {
        let key = (limit.name, call.subscription.to_ascii_lowercase());
        let bucket = self.buckets.entry(key).or_insert(Bucket { tokens: limit.burst, at: now });
        let passed = Duration::from_millis(now.saturating_sub(bucket.at)).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * limit.refill).min(limit.burst);
        bucket.at = now;
        bucket
    }
}

impl Bucket {
    /// How long until there is a token.
    fn missing(self, limit: Limit) -> Duration {
        if self.tokens >= 1.0 {
            return Duration::ZERO;
        }
        // Rounded up to a millisecond, the clock's step, so that waiting this long is enough.
        Duration::from_secs_f64((1.0 - self.tokens) / limit.refill) + Duration::from_millis(1)
    }
}

fn arm_limit(call: Call<'_>) -> Limit {
    match call.method {
        "GET" | "HEAD" => READS,
        "DELETE" => DELETES,
        _ => WRITES,
    }
}

fn provider_limit(call: Call<'_>) -> Option<Limit> {
    let kind = call.kind.to_ascii_lowercase();
    if kind.starts_with("microsoft.managedidentity/") {
        return Some(match call.method {
            "GET" | "HEAD" if call.lists => IDENTITY_LISTS,
            "GET" | "HEAD" => IDENTITY_READS,
            "DELETE" => IDENTITY_DELETES,
            _ => IDENTITY_WRITES,
        });
    }
    if kind == "operations" {
        return Some(CLUSTER_POLLS);
    }
    kind.starts_with("microsoft.containerservice/").then_some(match call.method {
        "PUT" => CLUSTER_PUTS,
        "GET" if call.lists => CLUSTER_LISTS,
        _ => CLUSTER_OTHERS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity_put() -> Call<'static> {
        Call {
            method: "PUT",
            kind: "Microsoft.ManagedIdentity/userAssignedIdentities",
            lists: false,
            subscription: "s",
        }
    }

    #[test]
    fn two_identity_writes_a_second() {
        let mut throttle = Throttle::default();
        assert!(throttle.draw(identity_put(), 0).is_ok());
        assert!(throttle.draw(identity_put(), 0).is_ok());
        let wait = throttle.draw(identity_put(), 0).err().unwrap_or_default();
        assert_eq!(wait.as_millis(), 501);
        assert!(throttle.draw(identity_put(), 501).is_ok());
        assert!(throttle.draw(Call { subscription: "other", ..identity_put() }, 501).is_ok());
    }

    #[test]
    fn a_refused_call_costs_nothing() {
        let mut throttle = Throttle::default();
        for _ in 0..10 {
            let _ = throttle.draw(identity_put(), 0);
        }
        let told = throttle.remaining(identity_put(), 0);
        assert_eq!(told, ("x-ms-ratelimit-remaining-subscription-writes", "198".to_owned()));
    }
}
