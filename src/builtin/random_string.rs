//! `random_string` and `random_password`: characters of chosen classes, so many of each at least.

use async_trait::async_trait;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, Watch};
use crate::value::{Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, with};
use super::random::{at_least, integer, keepers, text};

/// One of the two kinds.
pub(super) struct RandomString {
    name: &'static str,
    schema: Schema,
    password: bool,
}

/// A class of characters: the argument that allows it, the one that demands some of it, the characters.
const CLASSES: [(&str, &str, &str); 4] = [
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("numeric", "min_numeric", "0123456789"),
    ("special", "min_special", "!@#$%&*()-_=+[]{}<>:?"),
];

const REPLACES: &[&str] = &[
    "keepers",
    "length",
    "lower",
    "upper",
    "numeric",
    "number",
    "special",
    "override_special",
    "min_lower",
    "min_upper",
    "min_numeric",
    "min_special",
];

impl RandomString {
    /// `random_string`
    pub(super) fn string() -> Self {
        Self { name: "random_string", schema: schema(2, false), password: false }
    }

    /// `random_password`: the same, with a result that is not shown, and a hash of it.
    pub(super) fn password() -> Self {
        Self { name: "random_password", schema: schema(3, true), password: true }
    }
}

fn schema(version: u64, password: bool) -> Schema {
    let allowed = CLASSES.iter().map(|(allow, ..)| (*allow, Attribute::optional_computed(Type::Bool)));
    let demanded = CLASSES.iter().map(|(_, least, _)| (*least, Attribute::optional_computed(Type::Number)));
    let old = "**NOTE**: This is deprecated, use `numeric` instead.".to_owned();
    let hidden = |attribute: Attribute| Attribute { sensitive: password, ..attribute };
    let attributes = [
        ("id", Attribute::computed(Type::String)),
        ("keepers", keepers()),
        ("length", Attribute::required(Type::Number)),
        ("number", Attribute { deprecated: Some(old), ..Attribute::optional_computed(Type::Bool) }),
        ("override_special", Attribute::optional(Type::String)),
        ("result", hidden(Attribute::computed(Type::String))),
    ];
    let hash = password.then(|| ("bcrypt_hash", hidden(Attribute::computed(Type::String))));
    Schema { version, block: block(attributes.into_iter().chain(allowed).chain(demanded).chain(hash)) }
}

impl Kind for RandomString {
    fn name(&self) -> &str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let demanded: i64 = CLASSES.iter().filter_map(|(_, least, _)| integer(config, least)).sum();
        let mut findings = at_least(config, "length", 1.max(demanded));
        if ["number", "numeric"].iter().all(|name| config.field(name).is_some_and(|v| v.is_known() && !v.is_null())) {
            let detail = "Only one of \"number\" and \"numeric\" can be set: the first is the old name of the second.";
            let diagnostic = Diagnostic::error("Invalid Attribute Combination", detail);
            findings.push(Finding { path: Path::attribute("number"), diagnostic });
        }
        findings
    }
}

#[async_trait]
impl Local for RandomString {
    fn defaults(&self) -> Vec<(&'static str, Value)> {
        let allowed = CLASSES.iter().map(|(allow, ..)| (*allow, Value::bool(true)));
        let demanded = CLASSES.iter().map(|(_, least, _)| (*least, Value::number(0_i64)));
        allowed.chain(demanded).collect()
    }

    fn replaces(&self) -> &'static [&'static str] {
        REPLACES
    }

    fn plan(&self, request: &crate::provider::PlanRequest<'_>) -> crate::provider::PlanResponse {
        let mut response = super::local::plan_by_schema(&self.schema, &self.defaults(), REPLACES, request);
        // The old name and the new one always say the same.
        let set = |name: &str| request.config.field(name).filter(|v| !v.is_null()).cloned();
        let digits = set("numeric").or_else(|| set("number")).unwrap_or_else(|| Value::bool(true));
        response.planned = with(&response.planned, [("numeric", digits.clone()), ("number", digits)]);
        response
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let result = choose(planned, &mut chance.dice(self.name, planned))
            .map_err(|why| Diagnostic::error(format!("Cannot choose a {}", self.name), why))?;
        if !self.password {
            return Ok(with(planned, [("id", Value::string(result.as_str())), ("result", Value::string(result))]));
        }
        let hash = hash(&result)?;
        Ok(with(planned, [("id", Value::string("none")), ("result", Value::string(result)), ("bcrypt_hash", hash)]))
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostic> {
        let nulls = self.schema.block.attributes.iter().map(|(n, a)| (&**n, Value::null(a.ty.clone())));
        let nulls = Value::object_of(nulls.collect::<Vec<_>>());
        let length = ("length", Value::number(id.chars().count()));
        let known = [length, ("number", Value::bool(true)), ("result", Value::string(id))];
        let taken = with(&with(&nulls, self.defaults()), known);
        if self.password {
            return Ok(with(&taken, [("id", Value::string("none")), ("bcrypt_hash", hash(id)?)]));
        }
        Ok(with(&taken, [("id", Value::string(id))]))
    }
}

/// The hash of as much of a password as bcrypt looks at: 72 bytes.
fn hash(password: &str) -> Result<Value, Diagnostic> {
    let bytes = password.as_bytes();
    let head = bytes.get(..72).unwrap_or(bytes);
    let hash = bcrypt::hash(head, bcrypt::DEFAULT_COST);
    let hash = hash.map_err(|e| Diagnostic::error("Cannot hash the password", format!("bcrypt failed: {e}.")))?;
    Ok(Value::string(hash))
}

fn choose(planned: &Value, dice: &mut StdRng) -> Result<String, String> {
    let length = integer(planned, "length").and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let special = text(planned, "override_special").filter(|s| !s.is_empty());
    let (mut all, mut result) = (Vec::new(), Vec::new());
    for (allow, least, characters) in CLASSES {
        let characters = if allow == "special" { special.unwrap_or(characters) } else { characters };
        let characters: Vec<char> = characters.chars().collect();
        let least = integer(planned, least).and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        result.extend(draw(&characters, least, dice));
        if planned.field(allow).and_then(Value::as_bool).unwrap_or(true) {
            all.extend(characters);
        }
    }
    if length > result.len() && all.is_empty() {
        return Err(
            "No class of characters is allowed: set \"lower\", \"upper\", \"numeric\" or \"special\".".to_owned()
        );
    }
    result.extend(draw(&all, length.saturating_sub(result.len()), dice));
    result.shuffle(dice);
    Ok(result.into_iter().collect())
}

fn draw(characters: &[char], count: usize, dice: &mut StdRng) -> Vec<char> {
    let pick = |_| characters.get(dice.random_range(0..characters.len().max(1))).copied();
    (0..count).filter_map(pick).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin::testing::Bench;

    fn config(fields: &[(&str, Value)]) -> Value {
        let length = ("length", Value::number(16_i64));
        Value::object_of([length].into_iter().chain(fields.iter().map(|(n, v)| (*n, v.clone()))))
    }

    #[tokio::test]
    async fn classes_are_left_out_or_demanded() {
        let bench = Bench::new("random_string").await;
        let fields =
            [("special", Value::bool(false)), ("upper", Value::bool(false)), ("min_numeric", Value::number(5_i64))];
        let made = bench.create(&config(&fields)).await;
        let result = text(&made, "result").unwrap();
        assert_eq!(result.len(), 16);
        assert!(result.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{result}");
        assert!(result.chars().filter(char::is_ascii_digit).count() >= 5, "{result}");
        assert!(bench.plan(Some(&made), &config(&fields)).planned.raw_eq(&made));
    }

    #[tokio::test]
    async fn special_characters_can_be_chosen() {
        let bench = Bench::new("random_string").await;
        let off = ["lower", "upper", "numeric"].map(|name| (name, Value::bool(false)));
        let made = bench.create(&config(&[&off[..], &[("override_special", Value::string("é!"))]].concat())).await;
        assert!(text(&made, "result").unwrap().chars().all(|c| c == 'é' || c == '!'));
    }

    #[tokio::test]
    async fn a_password_is_hidden_and_hashed() {
        let bench = Bench::new("random_password").await;
        let made = bench.create(&config(&[])).await;
        let (result, hash) = (text(&made, "result").unwrap(), text(&made, "bcrypt_hash").unwrap());
        assert!(bcrypt::verify(result, hash).unwrap());
        assert_eq!(text(&made, "id"), Some("none"));
        let schema = schema(3, true);
        assert!(["result", "bcrypt_hash"].iter().all(|name| schema.block.attributes[*name].sensitive));
    }

    #[tokio::test]
    async fn the_old_name_of_numeric_counts() {
        let bench = Bench::new("random_string").await;
        let planned = bench.plan(None, &config(&[("number", Value::bool(false))])).planned;
        assert_eq!(planned.field("numeric").and_then(Value::as_bool), Some(false));
        let both = config(&[("number", Value::bool(false)), ("numeric", Value::bool(false))]);
        assert_eq!(bench.validate(&both).len(), 1);
        assert_eq!(bench.validate(&config(&[("min_lower", Value::number(17_i64))])).len(), 1);
    }

    #[tokio::test]
    async fn an_imported_string_keeps_its_characters() {
        let bench = Bench::new("random_string").await;
        let taken = bench.import("abc").await.unwrap();
        assert_eq!((text(&taken, "result"), integer(&taken, "length")), (Some("abc"), Some(3)));
    }
}
