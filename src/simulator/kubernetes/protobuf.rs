//! Bodies in protobuf, as `kubectl create` sends them: read by the numbers that `schema.txt` gives to members. Answers are
//! JSON, which every client takes. Facts: the protobuf encoding's documentation, and Kubernetes's of its envelope.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::simulator::kubernetes::schema::{self, Shape};

/// What the envelope begins with.
const MAGIC: &[u8] = b"k8s\0";

/// Numbers and truth values that mean something when they are zero: nothing and zero are told apart.
const OPTIONAL: [&str; 9] = [
    "replicas",
    "parallelism",
    "completions",
    "backoffLimit",
    "suspend",
    "automountServiceAccountToken",
    "revisionHistoryLimit",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
];

/// A field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The object in a body; `None` when it has something that is not known here.
pub(super) fn read(body: &[u8]) -> Option<Value> {
    let envelope = fields(body.strip_prefix(MAGIC)?)?;
    let bytes = |wanted: u64| {
        envelope.iter().find_map(|(number, field)| match field {
            Field::Bytes(bytes) if *number == wanted => Some(*bytes),
            _ => None,
        })
    };
    let kind = fields(bytes(1)?)?;
    let word = |wanted: u64| {
        kind.iter().find_map(|(number, field)| match field {
            Field::Bytes(bytes) if *number == wanted => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
    };
    let (version, kind) = (word(1)?, word(2)?);
    schema::of(kind)?;
    let mut object = message(bytes(2).unwrap_or_default(), kind)?;
    object.insert("apiVersion".to_owned(), Value::from(version));
    object.insert("kind".to_owned(), Value::from(kind));
    Some(Value::Object(object))
}

/// The fields of a message with their numbers.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = number(&mut bytes)?;
        let field = match tag & 7 {
            0 => Field::Number(number(&mut bytes)?),
            2 => {
                let length = usize::try_from(number(&mut bytes)?).ok()?;
                let (head, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Field::Bytes(head)
            }
            _ => return None,
        };
        found.push((tag >> 3, field));
    }
    Some(found)
}

/// A number in groups of seven bits.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn message(bytes: &[u8], name: &str) -> Option<Map<String, Value>> {
    let own = schema::of(name)?;
    let mut found = Map::new();
    for (number, field) in fields(bytes)? {
        if let (Some((inline, of)), Field::Bytes(bytes)) = (&own.inline, &field)
            && u64::from(*inline) == number
        {
            found.extend(message(bytes, of)?);
            continue;
        }
        let member = own.members.iter().find(|(_, member)| member.number.is_some_and(|own| u64::from(own) == number));
        let Some((member, declared)) = member else {
            // Nothing is lost when there is nothing in it.
            if matches!(field, Field::Bytes([]) | Field::Number(0)) {
                continue;
            }
            return None;
        };
        put(&mut found, member, &declared.shape, &field)?;
    }
    Some(found)
}

fn put(into: &mut Map<String, Value>, name: &str, shape: &Shape, field: &Field<'_>) -> Option<()> {
    match (shape, field) {
        (Shape::Sequence(item) | Shape::Keyed(item, _), field) => {
            push(into, name, value(item, field)?);
        }
        (Shape::Set, field) => push(into, name, value(&Shape::Text, field)?),
        (Shape::Map(item), Field::Bytes(entry)) => {
            let mut key = String::new();
            let mut content = Value::from("");
            for (number, field) in fields(entry)? {
                match (number, &field) {
                    (1, Field::Bytes(bytes)) => key = std::str::from_utf8(bytes).ok()?.to_owned(),
                    (2, _) => content = value(item, &field)?,
                    _ => return None,
                }
            }
            let members = into.entry(name).or_insert_with(|| json!({}));
            members.as_object_mut()?.insert(key, content);
        }
        (shape, field) => {
            let value = value(shape, field)?;
            if !says_nothing(&value) || OPTIONAL.contains(&name) {
                into.insert(name.to_owned(), value);
            }
        }
    }
    Some(())
}

fn push(into: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(items) = into.entry(name).or_insert_with(|| json!([])).as_array_mut() {
        items.push(value);
    }
}

/// What the other side writes where nothing was given.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

fn value(shape: &Shape, field: &Field<'_>) -> Option<Value> {
    Some(match (shape, field) {
        (Shape::Text, Field::Bytes(bytes)) => Value::from(std::str::from_utf8(bytes).ok()?),
        (Shape::Bytes, Field::Bytes(bytes)) => Value::from(STANDARD.encode(bytes)),
        (Shape::Integer, Field::Number(number)) => Value::from(number.cast_signed()),
        (Shape::Boolean, Field::Number(number)) => Value::from(*number != 0),
        (Shape::Time, Field::Bytes(bytes)) => time(bytes)?,
        (Shape::Quantity, Field::Bytes(bytes)) => match fields(bytes)?.first() {
            Some((1, Field::Bytes(text))) => Value::from(std::str::from_utf8(text).ok()?),
            _ => return None,
        },
        (Shape::NumberOrText, Field::Bytes(bytes)) => number_or_text(bytes)?,
        (Shape::Struct(name), Field::Bytes(bytes)) => Value::Object(message(bytes, name)?),
        (Shape::Whole | Shape::Deduced, Field::Bytes([])) => Value::Null,
        _ => return None,
    })
}

fn time(bytes: &[u8]) -> Option<Value> {
    let seconds = fields(bytes)?.into_iter().find_map(|(number, field)| match field {
        Field::Number(seconds) if number == 1 => Some(seconds.cast_signed()),
        _ => None,
    });
    let Some(seconds) = seconds else { return Some(Value::Null) };
    jiff::Timestamp::from_second(seconds).ok().map(|time| Value::from(time.to_string()))
}

fn number_or_text(bytes: &[u8]) -> Option<Value> {
    let mut is_text = false;
    let (mut number, mut text) = (0, "");
    for (which, field) in fields(bytes)? {
        match (which, field) {
            (1, Field::Number(kind)) => is_text = kind == 1,
            (2, Field::Number(value)) => number = value.cast_signed(),
            (3, Field::Bytes(bytes)) => text = std::str::from_utf8(bytes).ok()?,
            _ => return None,
        }
    }
    Some(if is_text { Value::from(text) } else { Value::from(number) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut all = vec![number << 3 | 2, u8::try_from(bytes.len()).unwrap()];
        all.extend(bytes);
        all
    }

    fn enveloped(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let kind = [field(1, version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &kind), field(2, raw), field(3, b""), field(4, b"")].concat()
    }

    #[test]
    fn a_config_map_is_read() {
        let metadata = [field(1, b"m"), field(2, b""), vec![7 << 3, 0], field(8, b"")].concat();
        let entry = [field(1, b"k"), field(2, b"v")].concat();
        let raw = [field(1, &metadata), field(2, &entry)].concat();
        let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": "v"}});
        assert_eq!(read(&enveloped("v1", "ConfigMap", &raw)), Some(wanted));
    }

    #[test]
    fn what_is_not_known_is_not_guessed_at() {
        assert_eq!(read(&enveloped("v1", "ConfigMap", &field(15, b"x"))), None);
        assert_eq!(read(&enveloped("v1", "Nothing", b"")), None);
        assert_eq!(read(b"k8s\0\xff"), None);
        assert_eq!(read(b"{}"), None);
    }
}
