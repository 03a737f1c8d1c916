//! CSV by the rules of Go's reader: quotes only around whole fields, empty lines skipped, rows as long as the header.

use std::collections::BTreeSet;

use super::super::{Arguments, FunctionError};
use crate::value::{Type, Value};

/// A list of objects with the header's names.
pub(super) fn row_type(args: &[Value]) -> Result<Type, FunctionError> {
    let Some(text) = args.first().and_then(Value::as_str) else { return Ok(Type::Dynamic) };
    let mut reader = Reader { rest: text, line: 0 };
    let header = reader.row()?.ok_or("missing header line")?;
    let mut seen = BTreeSet::new();
    for name in &header {
        if !seen.insert(name) {
            return Err(format!("duplicate column name {name:?}").into());
        }
    }
    Ok(Type::list(Type::object(header.iter().map(|name| (name.as_str(), Type::String)))))
}

pub(super) fn decode(a: &Arguments) -> Result<Value, FunctionError> {
    let mut reader = Reader { rest: a.text(0)?, line: 0 };
    let header = reader.row()?.unwrap_or_default();
    let mut rows = Vec::new();
    while let Some(row) = reader.row()? {
        if row.len() != header.len() {
            return Err(reader.error("wrong number of fields"));
        }
        let fields = header.iter().zip(row).map(|(name, field)| (name.as_str(), Value::string(field)));
        rows.push(Value::object_of(fields));
    }
    Ok(Value::list(a.element(), rows))
}

struct Reader<'a> {
    rest: &'a str,
    /// The line read last, from 1.
    line: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, why: &str) -> FunctionError {
        format!("CSV parse error on line {}: {why}", self.line).into()
    }

    /// The next line with its end, which becomes a plain newline.
    fn line(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest): (&'a str, &'a str) = self.rest.split_at(end);
        self.rest = rest;
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        Some(if line.ends_with('\n') { format!("{bare}\n") } else { bare.to_owned() })
    }

    fn row(&mut self) -> Result<Option<Vec<String>>, FunctionError> {
        let mut line = loop {
            match self.line() {
                None => return Ok(None),
                Some(line) if line == "\n" || line.is_empty() => {}
                Some(line) => break line,
            }
        };
        let mut fields = Vec::new();
        loop {
            let last = if let Some(quoted) = line.strip_prefix('"') {
                let (field, rest) = self.quoted(quoted.to_owned())?;
                fields.push(field);
                rest
            } else {
                let bare = line.trim_end_matches('\n');
                let (field, rest) = bare.split_once(',').map_or((bare, None), |(field, rest)| (field, Some(rest)));
                if field.contains('"') {
                    return Err(self.error("bare \" in non-quoted-field"));
                }
                fields.push(field.to_owned());
                rest.map(|rest| format!("{rest}\n"))
            };
            match last {
                Some(rest) => line = rest,
                None => return Ok(Some(fields)),
            }
        }
    }

    /// A field after its opening quote, and what follows its comma, if one does.
    fn quoted(&mut self, mut line: String) -> Result<(String, Option<String>), FunctionError> {
        const UNBALANCED: &str = "extraneous or missing \" in quoted-field";
        let mut field = String::new();
        loop {
            let Some((before, after)) = line.split_once('"') else {
                field.push_str(&line);
                line = self.line().ok_or_else(|| self.error(UNBALANCED))?;
                continue;
            };
            field.push_str(before);
            if let Some(after) = after.strip_prefix('"') {
                field.push('"');
                line = after.to_owned();
            } else if let Some(after) = after.strip_prefix(',') {
                return Ok((field, Some(after.to_owned())));
            } else if after.trim_end_matches('\n').is_empty() {
                return Ok((field, None));
            } else {
                return Err(self.error(UNBALANCED));
            }
        }
    }
}
