//! What Azure answered, as the value of a kind.
//!
//! An answer is read beside what was recorded before, because an answer alone does not say enough:
//! - what it leaves out is as it was (services do not echo all they know);
//! - what was never configured is not ours, whatever others have set there;
//! - what means the same keeps the spelling that was recorded.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::arm_id::ArmId;
use super::json;
use super::plan::Dialect;
use super::same::{is_zero, same};
use super::scalar::{from_json, literal, literal_json, scalar_type, set_of};
use super::schema::{element_type, type_of};
use super::table::{Blocks, Codec, Off, Presence, Row, Rule, Same, Scalar, Shape};
use crate::value::{Fields, Path, Value};

/// Why an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Beside what was recorded or planned.
    Beside,
    /// The same, with what others have set where nothing was configured, in the words of this azurerm.
    Whole(Dialect),
    /// For the first time, to take an object over or for a data source, in the words of this azurerm.
    Anew(Dialect),
}

impl Reading {
    /// Whether an attribute or block is not to be read: only the other azurerm has it.
    fn leaves(self, row: &Row) -> bool {
        matches!(self, Self::Anew(now) | Self::Whole(now) if now.lacks(row.dialect))
    }

    /// Whether what others have set of a row is left to them. Secrets of theirs are nobody's to note.
    fn leaves_to_others(self, row: &Row) -> bool {
        match self {
            Self::Beside => true,
            Self::Whole(_) => row.mirrors || row.twin.is_some(),
            Self::Anew(_) => false,
        }
    }
}

/// What is recorded, ready to be read in the words of this azurerm: what only the other major version has is left out, and
/// what this one has instead, or decides by itself, is open, so that the answer fills it in. A configuration that was
/// rewritten for it then plans to no change.
pub fn reworded(rows: &[Row], recorded: &Value, dialect: Dialect) -> Value {
    let Some(mut fields) = recorded.as_fields().cloned() else { return recorded.clone() };
    let is_said = |row: &Row| recorded.field(row.name).is_some_and(|value| !is_zero(value));
    let outdated = |row: &&Row| dialect.lacks(row.dialect) && is_said(row);
    for row in rows {
        let succeeds = row.dialect.is_some() && rows.iter().filter(outdated).any(|old| old.wire == row.wire);
        let is_own = !dialect.lacks(row.dialect);
        let decided = dialect == Dialect::V5 && (row.default_v5.is_some() || row.asked_in_v5);
        if outdated(&row) {
            fields.insert(Arc::from(row.name), empty(row));
        } else if is_own && (succeeds || decided) && recorded.field(row.name).is_some_and(is_unwritten) {
            fields.insert(Arc::from(row.name), Value::unknown(type_of(row)));
        }
    }
    Value::object(fields)
}

/// What is recorded, in the words in which it was observed: what the record leaves open, or says as azurerm says
/// nothing, is as observed.
pub fn as_observed(rows: &[Row], recorded: &Value, observed: &Value, dialect: Dialect) -> Value {
    let reworded = reworded(rows, recorded, dialect);
    let (Some(before), Some(now)) = (reworded.as_fields(), observed.as_fields()) else { return recorded.clone() };
    let same_words = |(name, before): (&Arc<str>, &Value)| {
        let now = now.get(name).filter(|now| !before.is_known() || (is_zero(before) && is_zero(now)));
        (name.clone(), now.unwrap_or(before).clone())
    };
    Value::object(before.iter().map(same_words).collect())
}

/// Whether nothing is said: a false says something.
fn is_unwritten(value: &Value) -> bool {
    value.is_null() || value.as_elements().is_some_and(<[_]>::is_empty)
}

fn empty(row: &Row) -> Value {
    match &row.shape {
        Shape::Blocks(blocks) => collect(blocks, Vec::new()),
        _ => Value::null(type_of(row)),
    }
}

/// The fields of an object with these rows. `prior` is what was recorded (or planned, after a write).
pub fn decode(rows: &[Row], answer: &Json, prior: Option<&Value>, reading: Reading) -> Fields {
    // What nobody recorded is somebody else's: their secrets are not to be noted.
    let is_theirs = matches!(reading, Reading::Whole(_)) && prior.is_none();
    rows.iter()
        .map(|row| {
            let before = prior.and_then(|prior| prior.field(row.name)).filter(|v| v.is_known());
            let reading = if row.sensitive && matches!(reading, Reading::Whole(_)) { Reading::Beside } else { reading };
            let value = match &row.shape {
                _ if row.sensitive && is_theirs => empty(row),
                Shape::Blocks(blocks) => decode_blocks(row, blocks, answer, before, reading),
                _ => decode_attribute(row, answer, before, reading),
            };
            let value = before.map_or(value.clone(), |before| value.marked(before.marks()));
            (Arc::from(row.name), value)
        })
        .collect()
}

fn decode_attribute(row: &Row, answer: &Json, before: Option<&Value>, reading: Reading) -> Value {
    let before = before.filter(|before| before.is_wholly_known());
    let nothing = || before.cloned().unwrap_or_else(|| absent(row, reading));
    if row.write_only {
        return Value::null(type_of(row));
    }
    if reading.leaves(row) {
        return nothing();
    }
    let Some(found) = row.wire.and_then(|path| json::get(answer, path)) else { return nothing() };
    if row.null_as.is_some_and(|null| literal_json(null) == *found) {
        let said = found.as_bool().filter(|_| matches!((reading, row.codec), (Reading::Anew(_), Codec::Plain)));
        let none = || said.map_or_else(|| Value::null(type_of(row)), Value::bool);
        return before.filter(|before| is_zero(before)).cloned().unwrap_or_else(none);
    }
    let nobody_asked = row.ours_alone() && before.is_some_and(Value::is_null);
    if (nobody_asked && reading.leaves_to_others(row)) || is_strange_word(row, found) {
        return nothing();
    }
    let Some(now) = from_json(row, found).map(|now| allowed_spelling(row, now)) else { return nothing() };
    if nobody_asked && row.filled_as.is_some_and(|filled| same(row.same, &literal(filled), &now)) {
        return nothing();
    }
    match before {
        Some(before) if same(row.same, before, &now) || (row.ours_alone() && is_zero(before) && is_zero(&now)) => {
            before.clone()
        }
        Some(before) if matches!(row.shape, Shape::Map) && reading.leaves_to_others(row) => own_keys(before, now),
        Some(before) if matches!(row.shape, Shape::Set(_)) => keep_spellings(row.same, before, now),
        _ => now,
    }
}

/// What an attribute is of which nothing is known: its default; or what azurerm records for what the service
/// decides, so that it can stand in a template.
fn absent(row: &Row, reading: Reading) -> Value {
    let none = || Value::null(type_of(row));
    let anew = matches!(reading, Reading::Anew(_)) && row.twin.is_none();
    match row.shape {
        _ if row.unsaid.or(row.default).is_some() => row.unsaid.or(row.default).map_or_else(none, literal),
        Shape::One(Scalar::Text) if row.is_computed() => Value::string(""),
        // Services leave out what is off.
        Shape::One(Scalar::Bool) if anew => Value::bool(false),
        Shape::List(scalar) if anew && row.presence == Presence::Computed => {
            Value::list(scalar_type(scalar), Vec::new())
        }
        Shape::Set(scalar) if anew && row.presence == Presence::Computed => set_of(scalar_type(scalar), Vec::new()),
        _ => none(),
    }
}

/// A word of those allowed as it is written in a configuration, and an id as it is documented, whatever casing the
/// service has for it.
fn allowed_spelling(row: &Row, now: Value) -> Value {
    let word = now.as_str().and_then(|word| {
        let allowed = row.rules.iter().filter_map(|rule| match rule {
            Rule::OneOf(allowed) => Some(*allowed),
            _ => None,
        });
        allowed.flatten().find(|known| known.eq_ignore_ascii_case(word))
    });
    if row.same == Same::ArmId
        && let Some(Ok(id)) = now.as_str().filter(|text| text.starts_with('/')).map(ArmId::parse)
    {
        return Value::string(id.normalised().to_string());
    }
    word.map_or(now, |word| Value::string(*word))
}

/// A word that is not among those allowed is another service generation's name for one of them; it tells nothing.
fn is_strange_word(row: &Row, found: &Json) -> bool {
    let Some(word) = found.as_str() else { return false };
    row.rules.iter().any(|rule| match rule {
        Rule::OneOf(allowed) => !allowed.iter().any(|a| a.eq_ignore_ascii_case(word)) && row.null_as.is_none(),
        _ => false,
    })
}

/// The map without the keys that others have added.
fn own_keys(before: &Value, now: Value) -> Value {
    let (Some(ours), Some(fields)) = (before.as_fields(), now.as_fields()) else { return now };
    let kept: Fields =
        fields.iter().filter(|(key, _)| ours.contains_key(*key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    Value::map(crate::value::Type::String, kept)
}

/// The set with the elements that were there before spelled as they were.
fn keep_spellings(how: Same, before: &Value, now: Value) -> Value {
    let (Some(old), Some(items)) = (before.as_elements(), now.as_elements()) else { return now };
    let spelled: Vec<_> =
        items.iter().map(|item| old.iter().find(|o| same(how, o, item)).unwrap_or(item).clone()).collect();
    let element = spelled.first().map_or(crate::value::Type::String, |v| {
        if v.as_number().is_some() { crate::value::Type::Number } else { crate::value::Type::String }
    });
    set_of(element, spelled)
}

fn decode_blocks(row: &Row, blocks: &Blocks, answer: &Json, before: Option<&Value>, reading: Reading) -> Value {
    let kept = || before.map_or_else(|| collect(blocks, Vec::new()), settled);
    if reading.leaves(row) {
        return kept();
    }
    let Some(found) = row.wire.and_then(|path| json::get(answer, path)) else { return kept() };
    let found = if matches!(row.codec, Codec::Single) { found.get(0).unwrap_or(&Json::Null) } else { found };
    let was_there = before.and_then(Value::as_elements).is_some_and(|items| !items.is_empty());
    let off_word = matches!(row.off, Off::Says(member, word) if json::get_str(found, member) == Some(word));
    let off_switch = row.switch.is_some_and(|member| json::get(found, member) == Some(&Json::Bool(false)));
    let switched_off = off_word || off_switch;
    if switched_off {
        return collect(blocks, Vec::new());
    }
    let foreign = row.presence == Presence::Optional || row.mirrors;
    if reading.leaves_to_others(row) && foreign && before.is_some() && !was_there {
        return kept();
    }
    if row.switch.is_some_and(|member| json::get(found, member).is_none()) && !was_there {
        return kept();
    }
    let items = if blocks.max == 1 {
        let inner = before.and_then(|b| b.as_elements()?.first());
        vec![Value::object(decode(&blocks.rows, found, inner, reading))]
    } else {
        decode_many(&blocks.rows, found, before, reading)
    };
    let may_be_absent = !was_there && row.switch.is_none() && row.presence != Presence::Required && !row.service_fills;
    let says_nothing = may_be_absent && items.iter().all(|item| is_default(&blocks.rows, item));
    if says_nothing { collect(blocks, Vec::new()) } else { collect(blocks, items) }
}

/// What was planned and is not answered, without what was still open in it.
fn settled(planned: &Value) -> Value {
    if planned.is_wholly_known() {
        return planned.clone();
    }
    let settle = &mut |_: &Path, part: Value| if part.is_known() { part } else { Value::null(part.type_of()) };
    planned.clone().transform(settle)
}

/// An array of blocks. Each is read beside the recorded one of the same name, or the same position.
fn decode_many(rows: &[Row], found: &Json, before: Option<&Value>, reading: Reading) -> Vec<Value> {
    let old = before.and_then(Value::as_elements).unwrap_or_default();
    let items = found.as_array().map(Vec::as_slice).unwrap_or_default();
    let alone: Vec<_> = items.iter().map(|item| Value::object(decode(rows, item, None, reading))).collect();
    let partner = |position: usize| {
        let name = alone.get(position).and_then(|v| v.field("name")?.as_str());
        match name {
            Some(name) => old
                .iter()
                .find(|o| o.field("name").and_then(Value::as_str).is_some_and(|n| n.eq_ignore_ascii_case(name))),
            None => old.get(position),
        }
    };
    (0..items.len())
        .filter_map(|position| Some(Value::object(decode(rows, items.get(position)?, partner(position), reading))))
        .collect()
}

/// Whether a block holds nothing that its absence would not say as well.
pub(super) fn is_default(rows: &[Row], item: &Value) -> bool {
    rows.iter().all(|row| {
        let Some(value) = item.field(row.name) else { return true };
        let expected = [row.default, row.filled_as].into_iter().flatten();
        is_zero(value) || expected.into_iter().any(|expected| same(Same::Caseless, &literal(expected), value))
    })
}

/// Blocks as the list or set that the schema says.
pub(super) fn collect(blocks: &Blocks, items: Vec<Value>) -> Value {
    let element = element_type(&blocks.rows);
    if blocks.set { set_of(element, items) } else { Value::list(element, items) }
}
