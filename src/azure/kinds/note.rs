//! What is noted beside an object's record, in what Terraform calls its private part and keeps an object of JSON in:
//! - that its last operation failed, or is still under way though nobody waits for it any more, so that the next run takes
//!   up what was left undone;
//! - what others have set on it where nothing is configured, so that the next reading can tell what has changed since.

use serde_json::{Map, Value as Json};

use super::super::wire::{Others, json};

/// The note beside a record. An object that azurerm recorded has none of these.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Note {
    /// What was left undone.
    pub undone: Option<Undone>,
    /// What others have set; `None` when nobody has looked.
    pub others: Option<Others>,
}

/// What was left undone on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// Its last operation failed.
    Failed,
    /// Azure is still making it: whoever began that was out of time, or is no more.
    UnderWay,
}

impl Undone {
    /// What an answer says of it.
    pub fn of(answer: &Json) -> Option<Self> {
        let state = json::get_str(answer, "properties.provisioningState")?;
        let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(state));
        if is(&["Failed", "Canceled"]) { Some(Self::Failed) } else { is(&["Creating"]).then_some(Self::UnderWay) }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Failed => "undone",
            Self::UnderWay => "under way",
        }
    }
}

impl Note {
    /// As it stands beside a record.
    pub fn read(private: &[u8]) -> Self {
        let Ok(Json::Object(members)) = serde_json::from_slice(private) else { return Self::default() };
        let word = members.get("bowline").and_then(Json::as_str);
        let undone = [Undone::Failed, Undone::UnderWay].into_iter().find(|undone| word == Some(undone.word()));
        let others = match members.get("others") {
            Some(others) => Others::from_json(others),
            // An empty note says that there is nothing to note.
            None => members.is_empty().then(Others::default),
        };
        Self { undone, others }
    }

    /// As it is kept beside a record.
    pub fn write(&self) -> Vec<u8> {
        let mut members = Map::new();
        if let Some(undone) = self.undone {
            members.insert("bowline".into(), undone.word().into());
        }
        match &self.others {
            None if members.is_empty() => return Vec::new(),
            Some(others) if !(members.is_empty() && others.is_empty()) => {
                members.insert("others".into(), others.to_json());
            }
            _ => {}
        }
        Json::Object(members).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let others = |json: Json| Others::from_json(&json);
        let cases = [
            (Note::default(), ""),
            (Note { undone: None, others: others(json!({})) }, "{}"),
            (Note { undone: Some(Undone::Failed), others: None }, r#"{"bowline":"undone"}"#),
            (
                Note { undone: Some(Undone::UnderWay), others: others(json!({})) },
                r#"{"bowline":"under way","others":{}}"#,
            ),
            (Note { undone: None, others: others(json!({"tags": {"a": "b"}})) }, r#"{"others":{"tags":{"a":"b"}}}"#),
        ];
        for (note, written) in cases {
            assert_eq!(String::from_utf8_lossy(&note.write()), written);
            assert_eq!(Note::read(written.as_bytes()), note, "{written}");
        }
    }

    #[test]
    fn what_azurerm_keeps_there_says_nothing() {
        assert_eq!(Note::read(br#"{"schema_version":"2"}"#), Note::default());
    }
}
