//! `random_pet`, `random_id`, `random_uuid`, `random_integer`, `random_shuffle`, `random_bytes`: chosen once, kept as
//! long as the arguments and `keepers` stay.

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, Watch};
use crate::value::{Number, Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, with};
use super::random_string::RandomString;
use super::words::{ADJECTIVES, ADVERBS, ANIMALS};

/// All kinds of the provider.
pub(super) fn kinds() -> Vec<Box<dyn Local>> {
    let choices = [PET, ID, UUID, INTEGER, SHUFFLE, BYTES].map(|shape| Box::new(Random::new(shape)) as Box<dyn Local>);
    choices
        .into_iter()
        .chain([Box::new(RandomString::string()) as _, Box::new(RandomString::password()) as _])
        .collect()
}

/// One kind: a schema and how its values are chosen.
struct Random {
    shape: Shape,
    schema: Schema,
}

/// Attributes as they turned out.
type Known = Vec<(&'static str, Value)>;

/// What tells the kinds apart.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    attributes: fn() -> Vec<(&'static str, Attribute)>,
    defaults: fn() -> Vec<(&'static str, Value)>,
    replaces: &'static [&'static str],
    validate: fn(&Value) -> Vec<Finding>,
    choose: fn(&Value, &mut StdRng) -> Result<Known, String>,
    import: fn(&str) -> Option<Known>,
}

impl Random {
    fn new(shape: Shape) -> Self {
        let common = [("id", Attribute::computed(Type::String)), ("keepers", keepers())];
        let block = block(common.into_iter().chain((shape.attributes)()));
        Self { shape, schema: Schema { version: 0, block } }
    }
}

/// Values whose change chooses anew.
pub(super) fn keepers() -> Attribute {
    Attribute::optional(Type::map(Type::String))
}

impl Kind for Random {
    fn name(&self) -> &str {
        self.shape.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        (self.shape.validate)(config)
    }
}

#[async_trait]
impl Local for Random {
    fn defaults(&self) -> Vec<(&'static str, Value)> {
        (self.shape.defaults)()
    }

    fn replaces(&self) -> &'static [&'static str] {
        self.shape.replaces
    }

    async fn create(&self, planned: &Value, chance: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        // A seed makes the choice the same wherever it is made.
        let mut dice = match planned.field("seed").and_then(Value::as_str) {
            Some(seed) => StdRng::from_seed(Sha256::digest(seed).into()),
            None => chance.dice(self.shape.name, planned),
        };
        let chosen = (self.shape.choose)(planned, &mut dice);
        let chosen = chosen.map_err(|why| Diagnostic::error(format!("Cannot choose a {}", self.shape.name), why))?;
        Ok(with(planned, chosen))
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostic> {
        let Some(known) = (self.shape.import)(id) else {
            return Err(Diagnostic::error(
                "Invalid import id",
                format!("{id:?} cannot be imported as a {}.", self.shape.name),
            ));
        };
        let nulls = self.schema.block.attributes.iter().map(|(n, a)| (&**n, Value::null(a.ty.clone())));
        Ok(with(&with(&Value::object_of(nulls.collect::<Vec<_>>()), self.defaults()), known))
    }
}

const PET: Shape = Shape {
    name: "random_pet",
    attributes: || {
        vec![
            ("length", Attribute::optional_computed(Type::Number)),
            ("prefix", Attribute::optional(Type::String)),
            ("separator", Attribute::optional_computed(Type::String)),
        ]
    },
    defaults: || vec![("length", Value::number(2_i64)), ("separator", Value::string("-"))],
    replaces: &["keepers", "length", "prefix", "separator"],
    validate: |_| Vec::new(),
    choose: |planned, dice| {
        let length = integer(planned, "length").unwrap_or(2);
        let separator = text(planned, "separator").unwrap_or("-");
        let mut words: Vec<&str> = text(planned, "prefix").into_iter().collect();
        for left in (1..=length).rev() {
            let list = match left {
                1 => ANIMALS,
                2 => ADJECTIVES,
                _ => ADVERBS,
            };
            words.extend(list.choose(dice));
        }
        Ok(vec![("id", Value::string(words.join(separator)))])
    },
    import: |_| None,
};

const ID: Shape = Shape {
    name: "random_id",
    attributes: || {
        vec![
            ("byte_length", Attribute::required(Type::Number)),
            ("prefix", Attribute::optional(Type::String)),
            ("b64_url", Attribute::computed(Type::String)),
            ("b64_std", Attribute::computed(Type::String)),
            ("hex", Attribute::computed(Type::String)),
            ("dec", Attribute::computed(Type::String)),
        ]
    },
    defaults: Vec::new,
    replaces: &["keepers", "byte_length", "prefix"],
    validate: |config| at_least(config, "byte_length", 1),
    choose: |planned, dice| {
        let bytes = draw(planned, "byte_length", dice);
        Ok(spellings(text(planned, "prefix").unwrap_or_default(), &bytes))
    },
    import: |id| {
        let (prefix, encoded) = id.rsplit_once(',').map_or((None, id), |(prefix, encoded)| (Some(prefix), encoded));
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let mut known = spellings(prefix.unwrap_or_default(), &bytes);
        known.push(("byte_length", Value::number(bytes.len())));
        known.extend(prefix.map(|prefix| ("prefix", Value::string(prefix))));
        Some(known)
    },
};

/// The same bytes in each of the ways that `random_id` gives them.
fn spellings(prefix: &str, bytes: &[u8]) -> Vec<(&'static str, Value)> {
    let hex = hex(bytes);
    let decimal = Number::from_integer_digits(false, &hex, 16).and_then(|n| n.to_integer_digits(10));
    let url = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let spell = |text: &str| Value::string(format!("{prefix}{text}"));
    vec![
        ("id", Value::string(url.as_str())),
        ("b64_url", spell(&url)),
        ("b64_std", spell(&BASE64_STANDARD.encode(bytes))),
        ("dec", spell(&decimal.map(|(_, digits)| digits).unwrap_or_default())),
        ("hex", spell(&hex)),
    ]
}

const UUID: Shape = Shape {
    name: "random_uuid",
    attributes: || vec![("result", Attribute::computed(Type::String))],
    defaults: Vec::new,
    replaces: &["keepers"],
    validate: |_| Vec::new(),
    choose: |_, dice| Ok(uuid(&uuid::Builder::from_random_bytes(dice.random()).into_uuid())),
    import: |id| uuid::Uuid::try_parse(id).ok().map(|id| uuid(&id)),
};

fn uuid(id: &uuid::Uuid) -> Vec<(&'static str, Value)> {
    let value = Value::string(id.to_string());
    vec![("id", value.clone()), ("result", value)]
}

const INTEGER: Shape = Shape {
    name: "random_integer",
    attributes: || {
        vec![
            ("min", Attribute::required(Type::Number)),
            ("max", Attribute::required(Type::Number)),
            ("seed", Attribute::optional(Type::String)),
            ("result", Attribute::computed(Type::Number)),
        ]
    },
    defaults: Vec::new,
    replaces: &["keepers", "min", "max", "seed"],
    validate: |_| Vec::new(),
    choose: |planned, dice| {
        let (Some(min), Some(max)) = (integer(planned, "min"), integer(planned, "max")) else {
            return Err("\"min\" and \"max\" must be whole numbers.".to_owned());
        };
        if min > max {
            return Err(format!("The minimum ({min}) must not be above the maximum ({max})."));
        }
        Ok(number(dice.random_range(min..=max)))
    },
    import: |id| {
        let parts: Vec<&str> = id.split(',').collect();
        let [result, min, max, seed @ ..] = parts.as_slice() else { return None };
        let mut known = number(result.parse().ok()?);
        known.push(("min", Value::number(min.parse::<i64>().ok()?)));
        known.push(("max", Value::number(max.parse::<i64>().ok()?)));
        known.extend(seed.first().map(|seed| ("seed", Value::string(*seed))));
        Some(known)
    },
};

fn number(result: i64) -> Vec<(&'static str, Value)> {
    vec![("id", Value::string(result.to_string())), ("result", Value::number(result))]
}

const SHUFFLE: Shape = Shape {
    name: "random_shuffle",
    attributes: || {
        vec![
            ("input", Attribute::required(Type::list(Type::String))),
            ("result_count", Attribute::optional(Type::Number)),
            ("seed", Attribute::optional(Type::String)),
            ("result", Attribute::computed(Type::list(Type::String))),
        ]
    },
    defaults: Vec::new,
    replaces: &["keepers", "input", "result_count", "seed"],
    validate: |_| Vec::new(),
    choose: |planned, dice| {
        let input = planned.field("input").and_then(Value::as_elements).unwrap_or_default();
        let wanted = integer(planned, "result_count").and_then(|n| usize::try_from(n).ok()).unwrap_or(input.len());
        let mut result = Vec::with_capacity(wanted);
        // More than there are: the list is gone through again, shuffled anew.
        while result.len() < wanted && !input.is_empty() {
            let mut round = input.to_vec();
            round.shuffle(dice);
            result.extend(round.into_iter().take(wanted - result.len()));
        }
        Ok(vec![("id", Value::string("-")), ("result", Value::list(Type::String, result))])
    },
    import: |_| None,
};

const BYTES: Shape = Shape {
    name: "random_bytes",
    attributes: || {
        let secret = || Attribute { sensitive: true, ..Attribute::computed(Type::String) };
        vec![("length", Attribute::required(Type::Number)), ("base64", secret()), ("hex", secret())]
    },
    defaults: Vec::new,
    replaces: &["keepers", "length"],
    validate: |config| at_least(config, "length", 1),
    choose: |planned, dice| Ok(bytes(&draw(planned, "length", dice))),
    import: |id| {
        let decoded = BASE64_STANDARD.decode(id).ok()?;
        let mut known = bytes(&decoded);
        known.push(("length", Value::number(decoded.len())));
        Some(known)
    },
};

fn bytes(bytes: &[u8]) -> Vec<(&'static str, Value)> {
    vec![
        ("id", Value::string("none")),
        ("base64", Value::string(BASE64_STANDARD.encode(bytes))),
        ("hex", Value::string(hex(bytes))),
    ]
}

fn draw(planned: &Value, length: &str, dice: &mut StdRng) -> Vec<u8> {
    let length = integer(planned, length).and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let mut bytes = vec![0; length];
    dice.fill_bytes(&mut bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.field(name).and_then(Value::as_str)
}

pub(super) fn integer(value: &Value, name: &str) -> Option<i64> {
    value.field(name).and_then(Value::as_number).and_then(Number::to_i64)
}

/// Finds fault with an argument that is known and too small.
pub(super) fn at_least(config: &Value, name: &str, least: i64) -> Vec<Finding> {
    let Some(number) = config.field(name).and_then(Value::as_number) else { return Vec::new() };
    if number.to_i64().is_some_and(|n| n >= least) {
        return Vec::new();
    }
    let detail = format!("Attribute {name} value must be at least {least}, got: {number}");
    vec![Finding { path: Path::attribute(name), diagnostic: Diagnostic::error("Invalid Attribute Value", detail) }]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builtin::testing::Bench;

    fn config(fields: &[(&str, Value)]) -> Value {
        Value::object_of(fields.iter().map(|(n, v)| (*n, v.clone())))
    }

    #[tokio::test]
    async fn a_pet_has_as_many_words_as_asked_for() {
        let bench = Bench::new("random_pet").await;
        let plain = bench.create(&config(&[])).await;
        assert_eq!(text(&plain, "id").unwrap().split('-').count(), 2);
        assert_eq!(integer(&plain, "length"), Some(2));
        let long =
            [("length", Value::number(4_i64)), ("separator", Value::string(".")), ("prefix", Value::string("p"))];
        let long = bench.create(&config(&long)).await;
        let words: Vec<&str> = text(&long, "id").unwrap().split('.').collect();
        assert_eq!((words.len(), words[0]), (5, "p"));
        let response = bench.plan(Some(&plain), &config(&[("length", Value::number(3_i64))]));
        assert_eq!(response.requires_replace[0].to_string(), "length");
        assert!(bench.plan(Some(&plain), &config(&[])).planned.raw_eq(&plain));
    }

    #[tokio::test]
    async fn an_id_is_spelled_in_several_ways() {
        let bench = Bench::new("random_id").await;
        let made = bench.create(&config(&[("byte_length", Value::number(4_i64))])).await;
        assert_eq!(text(&made, "hex").unwrap().len(), 8);
        let taken = bench.import("p-,cOcWsw").await.unwrap();
        let spelled = ["b64_url", "b64_std", "hex", "dec", "id"].map(|name| text(&taken, name).unwrap());
        assert_eq!(spelled, ["p-cOcWsw", "p-cOcWsw==", "p-70e716b3", "p-1894192819", "cOcWsw"]);
        assert_eq!(integer(&taken, "byte_length"), Some(4));
        assert_eq!(bench.validate(&config(&[("byte_length", Value::number(0_i64))])).len(), 1);
    }

    #[tokio::test]
    async fn an_integer_lies_between_its_bounds() {
        let bench = Bench::new("random_integer").await;
        let bounds = |min: i64, max: i64| config(&[("min", Value::number(min)), ("max", Value::number(max))]);
        for _ in 0..20 {
            let made = bench.create(&bounds(-2, 2)).await;
            assert!((-2..=2).contains(&integer(&made, "result").unwrap()));
        }
        let refused = bench.apply(&bench.plan(None, &bounds(3, 2)).planned).await;
        assert!(refused.diagnostics.has_errors() && refused.recorded.is_none());
        assert_eq!(integer(&bench.import("5,1,9").await.unwrap(), "max"), Some(9));
    }

    #[tokio::test]
    async fn a_shuffle_holds_the_same_elements_and_a_seed_fixes_it() {
        let bench = Bench::within("random_shuffle", false).await;
        let input = Value::list(Type::String, ["a", "b", "c"].map(Value::string).to_vec());
        let shuffle = config(&[("input", input), ("seed", Value::string("s")), ("result_count", Value::number(7_i64))]);
        let made = bench.create(&shuffle).await;
        let mut elements: Vec<&str> =
            made.field("result").unwrap().as_elements().unwrap()[..3].iter().filter_map(Value::as_str).collect();
        elements.sort_unstable();
        assert_eq!(elements, ["a", "b", "c"]);
        assert_eq!(made.field("result").unwrap().as_elements().unwrap().len(), 7);
        assert!(bench.create(&shuffle).await.raw_eq(&made));
    }

    #[tokio::test]
    async fn keepers_choose_anew() {
        let bench = Bench::new("random_uuid").await;
        let keepers = |v: &str| {
            let map = Value::map(Type::String, [("k".into(), Value::string(v))].into_iter().collect());
            config(&[("keepers", map)])
        };
        let made = bench.create(&keepers("1")).await;
        assert_eq!(text(&made, "id"), text(&made, "result"));
        assert_eq!(bench.plan(Some(&made), &keepers("2")).requires_replace.len(), 1);
    }
}
