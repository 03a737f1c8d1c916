//! What is known of unknown values.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::{Number, Refinement, Type, Value, ValueKind};

/// An unknown list of known length becomes a known list of unknowns up to this length.
const MAX_COLLAPSED_LENGTH: u64 = 10_000;

impl Value {
    /// An unknown of a type that will not be null.
    pub fn unknown_not_null(ty: Type) -> Self {
        Self::unknown_refined(ty, Refinement { not_null: true, ..Refinement::default() })
    }

    /// An unknown string that will not be null and will start with `prefix`, as far as that cannot still change
    /// when more is appended to it.
    pub fn unknown_with_prefix(prefix: &str) -> Self {
        let prefix = safe_prefix(prefix);
        let prefix = (!prefix.is_empty()).then(|| prefix.into());
        Self::unknown_refined(Type::String, Refinement { not_null: true, prefix, ..Refinement::default() })
    }

    /// An unknown of a type with what is known of it; a known value where that leaves only one.
    pub fn unknown_refined(ty: Type, refinement: Refinement) -> Self {
        let refinement = refinement.fitting(&ty);
        if refinement.not_null
            && let Some(only) = only_value(&ty, &refinement)
        {
            return only;
        }
        ValueKind::Unknown(ty, Arc::new(refinement)).into()
    }

    /// Adds to what is known; a known value stays as it is.
    #[must_use]
    pub fn refined(self, more: Refinement) -> Self {
        let (value, marks) = self.unmark();
        match value.kind {
            ValueKind::Unknown(ty, known) => {
                Self::unknown_refined(ty, Refinement::clone(&known).and(more)).marked(marks)
            }
            kind => Self { kind, marks },
        }
    }

    /// Adds that the value will not be null; a known value stays as it is.
    #[must_use]
    pub fn refined_not_null(self) -> Self {
        self.refined(Refinement { not_null: true, ..Refinement::default() })
    }

    /// Whether it is certain that the value is not null.
    pub fn is_never_null(&self) -> bool {
        match &self.kind {
            ValueKind::Null(_) => false,
            ValueKind::Unknown(_, refinement) => refinement.not_null,
            _ => true,
        }
    }

    /// The least and the greatest length that a collection, tuple or object may have; `None` for other values.
    pub fn length_bounds(&self) -> Option<(u64, Option<u64>)> {
        let exactly = |n: usize| u64::try_from(n).ok().map(|n| (n, Some(n)));
        match &self.kind {
            ValueKind::Set(_, items) if items.len() > 1 && !items.iter().all(Self::is_wholly_known) => {
                Some((1, u64::try_from(items.len()).ok()))
            }
            ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => exactly(items.len()),
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => exactly(fields.len()),
            ValueKind::Unknown(Type::Tuple(items), _) => exactly(items.len()),
            ValueKind::Unknown(Type::Object(object), _) => exactly(object.attributes.len()),
            ValueKind::Unknown(ty, refinement) if ty.is_collection() => {
                Some((refinement.min_length.unwrap_or(0), refinement.max_length))
            }
            _ => None,
        }
    }
}

impl Refinement {
    /// Only what makes sense for a type.
    fn fitting(self, ty: &Type) -> Self {
        if *ty == Type::Dynamic {
            return Self::default();
        }
        let is_number = *ty == Type::Number;
        let is_collection = ty.is_collection();
        Self {
            not_null: self.not_null,
            prefix: self.prefix.filter(|_| *ty == Type::String),
            lower: self.lower.filter(|_| is_number),
            upper: self.upper.filter(|_| is_number),
            min_length: self.min_length.filter(|n| is_collection && *n > 0),
            max_length: self.max_length.filter(|_| is_collection),
        }
    }

    /// What holds when both hold.
    fn and(self, other: Self) -> Self {
        let tighter = |a: Option<(Number, bool)>, b: Option<(Number, bool)>, lower: bool| match (a, b) {
            (Some(a), Some(b)) => {
                let order = if lower { b.0.compare(&a.0) } else { a.0.compare(&b.0) };
                let take_b = order.is_gt() || (order.is_eq() && !b.1);
                Some(if take_b { b } else { a })
            }
            (a, b) => a.or(b),
        };
        Self {
            not_null: self.not_null || other.not_null,
            prefix: self.prefix.into_iter().chain(other.prefix).max_by_key(|p| p.len()),
            lower: tighter(self.lower, other.lower, true),
            upper: tighter(self.upper, other.upper, false),
            min_length: self.min_length.max(other.min_length),
            max_length: self.max_length.into_iter().chain(other.max_length).min(),
        }
    }

    /// Whether a known value, of the same type, may be what this becomes.
    pub(super) fn allows(&self, value: &Value) -> bool {
        match value.kind() {
            ValueKind::Null(_) => !self.not_null,
            ValueKind::String(text) => self.prefix.as_ref().is_none_or(|prefix| text.starts_with(&**prefix)),
            ValueKind::Number(n) => {
                let above = |(bound, inclusive): &(Number, bool)| match n.compare(bound) {
                    std::cmp::Ordering::Equal => *inclusive,
                    order => order.is_gt(),
                };
                let below = |(bound, inclusive): &(Number, bool)| match n.compare(bound) {
                    std::cmp::Ordering::Equal => *inclusive,
                    order => order.is_lt(),
                };
                self.lower.as_ref().is_none_or(above) && self.upper.as_ref().is_none_or(below)
            }
            _ => value.length_bounds().is_none_or(|(least, most)| {
                most.is_none_or(|most| self.min_length.is_none_or(|n| n <= most))
                    && self.max_length.is_none_or(|n| n >= least)
            }),
        }
    }
}

/// The value, when what is known leaves just one.
fn only_value(ty: &Type, refinement: &Refinement) -> Option<Value> {
    if let (Some((lower, true)), Some((upper, true))) = (&refinement.lower, &refinement.upper)
        && lower.compare(upper).is_eq()
    {
        return Some(Value::number(lower.clone()));
    }
    let (least, most) = (refinement.min_length.unwrap_or(0), refinement.max_length?);
    match ty {
        Type::List(element) if least == most && most <= MAX_COLLAPSED_LENGTH => {
            let item = Value::unknown((**element).clone());
            let items = std::iter::repeat_n(item, usize::try_from(most).ok()?).collect();
            Some(Value::list((**element).clone(), items))
        }
        Type::Set(element) if most == 0 => Some(Value::set((**element).clone(), Vec::new())),
        Type::Set(element) if least == 1 && most == 1 => {
            Some(Value::set((**element).clone(), vec![Value::unknown((**element).clone())]))
        }
        Type::Map(element) if most == 0 => Some(Value::map((**element).clone(), super::Fields::new())),
        _ => None,
    }
}

/// The part of a prefix that stays whatever is appended: without its last grapheme cluster, which a combining
/// character may still change, unless that is a character that ends a cluster for certain.
fn safe_prefix(prefix: &str) -> &str {
    let Some((last_start, last)) = prefix.grapheme_indices(true).next_back() else {
        return prefix;
    };
    if is_final(last) { prefix } else { prefix.get(..last_start).unwrap_or_default() }
}

/// Characters, common between the parts of names, that never join with what follows.
fn is_final(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    let (first, rest) = (chars.next(), chars.next());
    rest.is_none() && first.is_some_and(|c| "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'".contains(c))
}
