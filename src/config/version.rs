//! Versions and their constraints, as Terraform writes them: `>= 1.5.0, < 2.0.0`, `~> 5.1`.

use std::cmp::Ordering;
use std::fmt;

use crate::config::module::{Module, Text};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The version of Terraform whose language, files and output this program keeps to.
pub const TERRAFORM_VERSION: &str = "1.11.4";

/// What is said of a text that is no constraint.
const NO_CONSTRAINT: &str =
    "This string does not use correct version constraint syntax, which is for example \">= 1.5.0, < 2.0.0\".";

/// Reports every `required_version` of a module that [`TERRAFORM_VERSION`] does not meet.
pub fn check_required(module: &Module) -> Diagnostics {
    let current = Version::parse(TERRAFORM_VERSION).unwrap_or_default();
    let problem = |required: &Text| {
        let constraint = Constraint::parse(&required.value)?;
        if constraint.names_prerelease() {
            let detail = format!(
                "Prerelease version constraints are not supported: {}. Remove the prerelease part; a prerelease is \
                 matched by its numbers alone.",
                required.value
            );
            return Some(Diagnostic::error("Invalid required_version constraint", detail).at(required.span));
        }
        if constraint.allows(&current) {
            return None;
        }
        let detail = format!(
            "This configuration does not support Terraform version {TERRAFORM_VERSION}, whose language Bowline speaks. \
             Change the constraint if it is stricter than it need be."
        );
        Some(Diagnostic::error("Unsupported Terraform Core version", detail).at(required.span))
    };
    module.required_version.iter().filter_map(problem).collect()
}

/// Reports a text that is no constraint.
pub fn check_syntax(text: &Text, diagnostics: &mut Diagnostics) {
    if Constraint::parse(&text.value).is_none() {
        diagnostics.error_at(text.span, "Invalid version constraint", NO_CONSTRAINT);
    }
}

/// A version: numbers, of which the missing ones are zero, and what stands behind the first dash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// How many numbers were written.
    written: usize,
    prerelease: String,
}

impl Version {
    /// Reads `1.2.3-beta1+build`; `None` for what is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split('+').next().unwrap_or(text);
        let (core, prerelease) = text.split_once('-').unwrap_or((text, ""));
        let mut version = Self { prerelease: prerelease.to_owned(), ..Self::default() };
        for part in core.split('.') {
            *version.numbers.get_mut(version.written)? = part.parse().ok()?;
            version.written += 1;
        }
        Some(version)
    }

    /// Whether it comes before the release that its numbers name.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => self.prerelease.cmp(&other.prerelease),
            (left, right) => right.cmp(&left),
        })
    }
}

/// Conditions on a version, all of which must hold.
#[derive(Debug, Clone)]
pub struct Constraint(Vec<Condition>);

#[derive(Debug, Clone)]
struct Condition {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// `~>`: the last number that is written may grow.
    Pessimistic,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("~>", Operator::Pessimistic),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::Equal),
];

impl Constraint {
    /// Reads conditions with commas between them; `None` when one of them is none.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',').map(Condition::parse).collect::<Option<_>>().map(Self)
    }

    /// Whether a version meets all conditions. A prerelease is met only by one that names it.
    pub fn allows(&self, version: &Version) -> bool {
        let named = |c: &Condition| c.operator == Operator::Equal && c.version == *version;
        (!version.is_prerelease() || self.0.iter().any(named)) && self.0.iter().all(|c| c.allows(version))
    }

    fn names_prerelease(&self) -> bool {
        self.0.iter().any(|condition| condition.version.is_prerelease())
    }
}

/// As Terraform tells them: all three numbers, but after `~>` those that were written.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut conditions: Vec<&Condition> = self.0.iter().collect();
        conditions.sort_by(|a, b| a.version.cmp(&b.version));
        let texts: Vec<String> = conditions.into_iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = OPERATORS.iter().find(|(_, operator)| *operator == self.operator).map(|(symbol, _)| *symbol);
        if let Some(symbol) = symbol.filter(|_| self.operator != Operator::Equal) {
            write!(f, "{symbol} ")?;
        }
        let count = if self.operator == Operator::Pessimistic { self.version.written } else { 3 };
        let numbers: Vec<String> = self.version.numbers.iter().take(count).map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))?;
        if self.version.is_prerelease() { write!(f, "-{}", self.version.prerelease) } else { Ok(()) }
    }
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let found = OPERATORS.iter().find_map(|(symbol, operator)| Some((*operator, text.strip_prefix(symbol)?)));
        let (operator, version) = found.unwrap_or((Operator::Equal, text));
        Some(Self { operator, version: Version::parse(version.trim())? })
    }

    fn allows(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Equal => version.cmp(&self.version) == Ordering::Equal,
            Operator::NotEqual => version.cmp(&self.version) != Ordering::Equal,
            Operator::Greater => *version > self.version,
            Operator::GreaterOrEqual => *version >= self.version,
            Operator::Less => *version < self.version,
            Operator::LessOrEqual => *version <= self.version,
            Operator::Pessimistic => {
                let fixed = self.version.written.saturating_sub(1).max(1);
                let same = version.numbers.iter().zip(&self.version.numbers).take(fixed).all(|(a, b)| a == b);
                same && *version >= self.version
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn constraints_hold_as_in_terraform() {
        for (text, version, holds) in [
            (">= 1.5.0, < 2.0.0", "1.11.4", true),
            (">= 1.5.0, < 1.11", "1.11.4", false),
            ("~> 1.5", "1.11.4", true),
            ("~> 1.5.0", "1.11.4", false),
            ("~> 1.11.0", "1.11.4", true),
            ("~> 1", "1.11.4", true),
            ("1.11.4", "1.11.4", true),
            ("!= 1.11.4", "1.11.4", false),
            ("> 1.11", "1.11.4", true),
            (">= 2.0.0", "2.1.0-beta1", false),
            ("2.1.0-beta1", "2.1.0-beta1", true),
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(Constraint::parse(text).unwrap().allows(&version), holds, "{text}");
        }
    }

    #[test]
    fn constraints_are_told_as_in_terraform() {
        for (text, told) in [
            (">=4.0, <5", ">= 4.0.0, < 5.0.0"),
            ("<5, >= 4.0", ">= 4.0.0, < 5.0.0"),
            ("~> 4.1", "~> 4.1"),
            ("= 1.2", "1.2.0"),
            ("1.2.0-rc1", "1.2.0-rc1"),
        ] {
            assert_eq!(Constraint::parse(text).unwrap().to_string(), told);
        }
    }

    #[test]
    fn what_is_no_constraint_is_refused() {
        for text in ["", "abc", ">= 1.2.3.4.5", "=> 1", "1.x", ">= 1.5,"] {
            assert!(Constraint::parse(text).is_none(), "{text}");
        }
    }
}
