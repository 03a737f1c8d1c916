//! Conditions in words.

use std::fmt;

use super::{Attribute, Condition, Operand, Operator, Source};
use crate::azure::roles;

/// Attributes as people call them; by what is between their brackets.
#[rustfmt::skip]
const ATTRIBUTES: &[(&str, &str)] = &[
    ("Microsoft.Authorization/roleAssignments:PrincipalId", "the principal"),
    ("Microsoft.Authorization/roleAssignments:PrincipalType", "the principal's type"),
    ("Microsoft.Authorization/roleAssignments:RoleDefinitionId", "the role"),
    ("Microsoft.Storage/storageAccounts:name", "the storage account's name"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers:name", "the container's name"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path", "the blob's path"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs:prefix", "the prefix that is listed"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs:snapshot", "the blob's snapshot"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs:versionId", "the blob's version"),
    ("Microsoft.Storage/storageAccounts/queueServices/queues:name", "the queue's name"),
    ("Microsoft.Storage/storageAccounts/tableServices/tables:name", "the table's name"),
    ("Microsoft.Network/privateEndpoints", "the private endpoint"),
    ("Microsoft.Network/virtualNetworks/subnets", "the subnet that it comes from"),
    ("isPrivateLink", "coming by a private link"),
    ("UtcNow", "the time (UTC)"),
];
/// Before the name of a tag.
const TAGS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags";
/// Before the name of an attribute that a directory defines itself.
const CUSTOM: &str = "Microsoft.Directory/CustomSecurityAttributes/Id:";

impl fmt::Display for Condition {
    /// `to read blobs, the container's name is "a"; to delete blobs, ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::All(parts) = self else {
            return if self.guarded().is_some() { self.clause(f) } else { self.part(f, false) };
        };
        // Clauses that are each about other actions stand apart.
        let between = if parts.iter().any(|part| part.guarded().is_some()) { "; " } else { " and " };
        for (at, part) in parts.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { between })?;
            part.clause(f)?;
        }
        Ok(())
    }
}

impl Condition {
    fn clause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((actions, rest)) = self.guarded() else { return self.part(f, matches!(self, Self::Any(_))) };
        f.write_str("to ")?;
        actions.part(f, false)?;
        f.write_str(", ")?;
        listed(&rest, "or", rest.len() > 1, f)
    }

    /// The actions that a clause is about, and what must hold for them, as Azure's editor writes it:
    /// `!(ActionMatches{...}) OR ...`.
    fn guarded(&self) -> Option<(&Self, Vec<&Self>)> {
        let Self::Any(parts) = self else { return None };
        let (about, rest): (Vec<_>, Vec<_>) =
            parts.iter().partition(|part| matches!(part, Self::Not(inner) if inner.is_about_actions()));
        match about.as_slice() {
            [Self::Not(actions)] if !rest.is_empty() => Some((actions, rest)),
            _ => None,
        }
    }

    fn is_about_actions(&self) -> bool {
        match self {
            Self::Action(_) | Self::SubOperation(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::is_about_actions),
            Self::Not(part) => part.is_about_actions(),
            Self::Exists(_) | Self::Compare { .. } | Self::Unread(_) => false,
        }
    }

    fn part(&self, f: &mut fmt::Formatter<'_>, inside: bool) -> fmt::Result {
        match self {
            Self::All(parts) => listed(&parts.iter().collect::<Vec<_>>(), "and", inside, f),
            Self::Any(parts) => listed(&parts.iter().collect::<Vec<_>>(), "or", inside, f),
            Self::Not(part) => {
                f.write_str("not ")?;
                part.part(f, true)
            }
            Self::Action(actions) => {
                let words: Vec<String> = actions.iter().map(|action| action_words(action)).collect();
                f.write_str(&words.join(" or "))
            }
            Self::SubOperation(names) => write!(f, "as {}", names.join(" or ")),
            Self::Unread(text) => f.write_str(text),
            Self::Exists(attribute) => write!(f, "there is {attribute}"),
            Self::Compare { attribute, operator, values } => {
                let names: Vec<String> = values.iter().map(|value| value_words(attribute, value)).collect();
                write!(f, "{attribute} {} {}", operator.words(), names.join(operator.between()))
            }
        }
    }
}

fn listed(parts: &[&Condition], word: &str, in_brackets: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (open, close) = if in_brackets && parts.len() > 1 { ("(", ")") } else { ("", "") };
    f.write_str(open)?;
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            write!(f, " {word} ")?;
        }
        part.part(f, parts.len() > 1)?;
    }
    f.write_str(close)
}

impl Operator {
    fn words(&self) -> String {
        let (name, negated) = match self.name.split_once("Not") {
            Some((before, after)) => (format!("{before}{after}"), true),
            None => (self.name.clone(), false),
        };
        let name = name.trim_end_matches("IgnoreCase");
        let bare =
            ["String", "Numeric", "DateTime", "Guid", "Bool", "Ip"].iter().find_map(|kind| name.strip_prefix(kind));
        let (yes, no) = match bare.unwrap_or(name) {
            "Equals" => ("is", "is not"),
            "StartsWith" => ("begins with", "does not begin with"),
            "Like" => ("is like", "is not like"),
            "LessThan" => ("is before", "is not before"),
            "LessThanEquals" => ("is at most", "is not at most"),
            "GreaterThan" => ("is after", "is not after"),
            "GreaterThanEquals" => ("is at least", "is not at least"),
            "Match" | "InRange" => ("is in", "is not in"),
            _ => return self.name.clone(),
        };
        if negated { no } else { yes }.to_owned()
    }

    /// What stands between values.
    fn between(&self) -> &'static str {
        if self.with_all { " and " } else { " or " }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.name.split('<').next().unwrap_or(&self.name);
        if let Some((_, words)) = ATTRIBUTES.iter().find(|(name, _)| name.eq_ignore_ascii_case(plain)) {
            return f.write_str(words);
        }
        if let Some(tag) = plain.strip_prefix(TAGS) {
            return match tag.trim_start_matches(':') {
                "&$keys$&" | "" => f.write_str("each key of the blob's tags"),
                "&$values$&" => f.write_str("each value of the blob's tags"),
                key => write!(f, "the blob's tag {key}"),
            };
        }
        let name = plain.strip_prefix(CUSTOM).unwrap_or(plain);
        let whose = match self.source {
            Source::Resource => "the resource's",
            Source::Request => "the request's",
            Source::Principal => "the principal's",
            Source::Environment => "the environment's",
        };
        write!(f, "{whose} {}", name.rsplit(['/', ':']).next().unwrap_or(name))
    }
}

fn value_words(attribute: &Attribute, value: &Operand) -> String {
    match value {
        Operand::Attribute(other) => other.to_string(),
        Operand::Value(text) if attribute.name.ends_with(":RoleDefinitionId") => {
            roles::by_guid(text).map_or_else(|| text.clone(), |role| role.name.to_owned())
        }
        Operand::Value(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
            text.to_lowercase()
        }
        Operand::Value(text) => format!("{text:?}"),
    }
}

/// `read blobs` of `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read`
fn action_words(action: &str) -> String {
    let mut parts: Vec<&str> = action.split('/').collect();
    if parts.last().is_some_and(|last| last.eq_ignore_ascii_case("action")) {
        parts.pop();
    }
    match (parts.pop(), parts.pop()) {
        (Some(verb), Some(kind)) if !verb.contains('*') && !kind.contains('*') => {
            format!("{} {}", spaced(verb), spaced(kind))
        }
        _ => format!("do {action}"),
    }
}

/// `role assignments` of `roleAssignments`
fn spaced(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
