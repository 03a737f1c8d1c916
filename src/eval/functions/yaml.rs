//! YAML as go-cty-yaml reads and writes it.

mod decode;
mod encode;
mod resolve;

use super::string::text;
use super::{Function, Param, Returns, Takes};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    Function::new("yamldecode", &[Param::string("src")], Returns::Always(Takes::Any), |a| {
        Ok(decode::document(a.text(0)?)?)
    })
    .or_null(),
    Function::new(
        "yamlencode",
        &[Param::any("value").null().unknown().dynamic()],
        Returns::Always(Takes::String),
        |a| {
            if a.get(0)?.is_wholly_known() {
                text(encode::document(a.get(0)?)?)
            } else {
                Ok(Value::unknown(a.returns.clone()))
            }
        },
    ),
];
