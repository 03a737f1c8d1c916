//! Conditions of role assignments (attribute-based access control): what they say, and what is left of one once it is
//! known what is done where.
//!
//! Source: Microsoft's "Azure role assignment condition format and syntax".

mod read;
mod words;

use crate::azure::arm_id::ArmId;

use super::role::matches;

/// What must hold for a role to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Every one of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// What is done is one of these actions; a star stands for any text.
    Action(Vec<String>),
    /// It is a part of an action that roles do not tell apart: `Blob.List`.
    SubOperation(Vec<String>),
    /// There is such an attribute.
    Exists(Attribute),
    /// An attribute compares to values.
    Compare {
        /// Which.
        attribute: Attribute,
        /// How.
        operator: Operator,
        /// With what.
        values: Vec<Operand>,
    },
    /// It cannot be read.
    Unread(String),
}

/// Something that a condition looks at: `@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Where it comes from.
    pub source: Source,
    /// What is between the brackets.
    pub name: String,
}

/// Whose attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What is acted on.
    Resource,
    /// What is sent.
    Request,
    /// Who acts.
    Principal,
    /// Where from and when.
    Environment,
}

/// How values are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `StringEquals`, `GuidNotEquals`, `DateTimeLessThan`, without a quantifier.
    pub name: String,
    /// With every value rather than with any of them.
    pub with_all: bool,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// As written, without quotes.
    Value(String),
    /// Another attribute.
    Attribute(Attribute),
}

/// What is left of a condition when an action and a place are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// It holds.
    Nothing,
    /// It cannot hold.
    Refusal,
    /// It holds if this does.
    If(Condition),
}

impl Condition {
    /// What is left of it for an action at a place.
    pub fn left(&self, action: &str, place: &ArmId) -> Left {
        match self {
            Self::All(parts) => joined(parts.iter().map(|part| part.left(action, place)), &Left::Refusal, Self::All),
            Self::Any(parts) => joined(parts.iter().map(|part| part.left(action, place)), &Left::Nothing, Self::Any),
            Self::Not(part) => match part.left(action, place) {
                Left::Nothing => Left::Refusal,
                Left::Refusal => Left::Nothing,
                // Two negations, as the forms of Azure's editor have them, are none.
                Left::If(Self::Not(inner)) => Left::If(*inner),
                Left::If(inner) => Left::If(Self::Not(Box::new(inner))),
            },
            Self::Action(patterns) => told(patterns.iter().any(|pattern| matches(pattern, action))),
            Self::Compare { attribute, operator, values } => {
                let found = attribute.of_place(place).and_then(|name| operator.holds(name, values));
                found.map_or_else(|| Left::If(self.clone()), told)
            }
            Self::SubOperation(_) | Self::Exists(_) | Self::Unread(_) => Left::If(self.clone()),
        }
    }
}

/// Whether a condition leaves only some roles, or only some principals, to whoever may assign roles. One that cannot be
/// read is taken to.
pub fn limits_grants(condition: Option<&str>) -> bool {
    let Some(text) = condition else { return false };
    let left = |condition: Condition| condition.left("Microsoft.Authorization/roleAssignments/write", &ArmId::tenant());
    Condition::read(text).map_or(true, |condition| left(condition) != Left::Nothing)
}

fn told(holds: bool) -> Left {
    if holds { Left::Nothing } else { Left::Refusal }
}

/// Parts of which `deciding` decides for all, and of which the opposite decides nothing.
fn joined(parts: impl Iterator<Item = Left>, deciding: &Left, join: fn(Vec<Condition>) -> Condition) -> Left {
    let mut open = Vec::new();
    for part in parts {
        match part {
            part if part == *deciding => return part,
            Left::If(part) => open.push(part),
            _ => {}
        }
    }
    match (open.pop(), open.is_empty()) {
        (None, _) => told(*deciding == Left::Refusal),
        (Some(only), true) => Left::If(only),
        (Some(last), false) => {
            open.push(last);
            Left::If(join(open))
        }
    }
}

impl Attribute {
    /// What it is at a place, where the place's id tells: the name of the place, or of something that it is in.
    fn of_place<'p>(&self, place: &'p ArmId) -> Option<&'p str> {
        let kind = self.name.strip_suffix(":name").filter(|_| self.source == Source::Resource)?;
        let is_there = std::iter::successors(Some(place.clone()), ArmId::parent).any(|id| id.is_type(kind));
        is_there.then(|| place.segment(kind.rsplit('/').next()?)).flatten()
    }
}

impl Operator {
    /// Whether a text compares; `None` where that cannot be told.
    fn holds(&self, text: &str, values: &[Operand]) -> Option<bool> {
        let one = |operand: &Operand| match operand {
            Operand::Value(value) => self.compares(text, value),
            Operand::Attribute(_) => None,
        };
        let answers: Vec<bool> = values.iter().map(one).collect::<Option<_>>()?;
        Some(if self.with_all { answers.iter().all(|yes| *yes) } else { answers.iter().any(|yes| *yes) })
    }

    fn compares(&self, text: &str, value: &str) -> Option<bool> {
        let name = self.name.to_lowercase();
        let name = name.strip_prefix("string")?;
        let (name, caseless) = name.strip_suffix("ignorecase").map_or((name, false), |name| (name, true));
        let (name, negated) = name.strip_prefix("not").map_or((name, false), |name| (name, true));
        let (text, value) =
            if caseless { (text.to_lowercase(), value.to_lowercase()) } else { (text.to_owned(), value.to_owned()) };
        let holds = match name {
            "equals" => text == value,
            "startswith" => text.starts_with(&value),
            "like" => is_like(&value, &text),
            _ => return None,
        };
        Some(holds != negated)
    }
}

/// Whether a text fits a pattern: `*` stands for any text, `?` for one character, and a backslash takes that away.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => text.is_empty(),
        Some('*') => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| {
            let rest = text.get(at..).unwrap_or_default();
            is_like(pattern.as_str(), rest)
        }),
        Some(wanted) => {
            let (wanted, any) = match wanted {
                '\\' => (pattern.next().unwrap_or('\\'), false),
                '?' => ('?', true),
                other => (other, false),
            };
            let mut text = text.chars();
            text.next().is_some_and(|given| any || given == wanted) && is_like(pattern.as_str(), text.as_str())
        }
    }
}

#[cfg(test)]
mod tests;
