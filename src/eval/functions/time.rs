//! Times, as text in the form of RFC 3339.

mod date_format;
mod moment;

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Type, Value, duration};

pub(super) use moment::Moment;

const STRING: Returns = Returns::Always(Takes::String);

pub(super) const TABLE: &[Function] = &[
    Function::new("formatdate", &[Param::string("format"), Param::string("time")], STRING, |a| {
        let moment = Moment::parse(a.text(1)?).map_err(|e| FunctionError::at(1, e))?;
        text(date_format::formatted(a.text(0)?, &moment).map_err(|e| FunctionError::at(0, e))?)
    }),
    Function::new("plantimestamp", &[], STRING, plantimestamp),
    Function::new("timeadd", &[Param::string("timestamp"), Param::string("duration")], STRING, |a| {
        let moment = Moment::parse(a.text(0)?)?;
        text(moment.plus(duration::nanoseconds(a.text(1)?)?).rfc3339())
    }),
    Function::new(
        "timecmp",
        &[Param::string("timestamp_a"), Param::string("timestamp_b")],
        Returns::Always(Takes::Number),
        |a| {
            let at = |i| a.text(i).and_then(|s| Moment::parse_loosely(s).map_err(|e| FunctionError::at(i, e)));
            let order = at(0)?.instant().cmp(&at(1)?.instant());
            Ok(Value::number(i64::from(order as i8)))
        },
    ),
    Function::new("timestamp", &[], STRING, |a| {
        if a.cx.planning {
            return Ok(Value::unknown(Type::String));
        }
        text(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }),
];

/// The same moment in the whole plan; unknown while there is none, as during validation.
fn plantimestamp(a: &Arguments) -> Result<Value, FunctionError> {
    match a.cx.plan_time {
        Some(time) => text(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        None => Ok(a.unknown()),
    }
}
