//! Arguments that azurerm 4.x calls by another name than 5.x. Either is accepted; what is compared and sent is the
//! attribute of the newer name.

use super::super::wire::{PlanCase, Row, Rule, at, flag};
use crate::value::{Type, Value};

/// An older name of an attribute, and how the one follows from the other.
#[derive(Debug, Clone, Copy)]
pub struct OtherName {
    old: &'static str,
    new: [&'static str; 1],
    says: Says,
}

#[derive(Debug, Clone, Copy)]
enum Says {
    /// `true` is `false`.
    Opposite,
    /// `true` and `false` are two words.
    Words(&'static str, &'static str),
}

impl OtherName {
    /// A flag that says the opposite.
    pub const fn opposite(old: &'static str, new: &'static str) -> Self {
        Self { old, new: [new], says: Says::Opposite }
    }

    /// A flag for what is a word now.
    pub const fn words(old: &'static str, new: &'static str, yes: &'static str, no: &'static str) -> Self {
        Self { old, new: [new], says: Says::Words(yes, no) }
    }

    /// The row of the older name.
    pub fn row(&'static self) -> Row {
        flag(self.old).rule(Rule::Conflicts(&self.new)).deprecated(self.new[0]).about("azurerm 4.x's name.")
    }

    fn value(&self, given: &Value) -> Value {
        let value = match (given.as_bool(), self.says) {
            (Some(flag), Says::Opposite) => Value::bool(!flag),
            (Some(flag), Says::Words(yes, no)) => Value::string(if flag { yes } else { no }),
            (None, Says::Opposite) => Value::unknown(Type::Bool),
            (None, Says::Words(..)) => Value::unknown(Type::String),
        };
        value.marked(given.marks())
    }
}

/// Plans the newer names by what is configured under the older ones.
pub fn follow(case: &mut PlanCase<'_>, names: &[OtherName]) {
    for name in names {
        if let Some(given) = at(case.config, name.old).filter(|given| !given.is_null()) {
            let value = name.value(given);
            case.set(name.new[0], value);
        }
    }
}
