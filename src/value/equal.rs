//! Equality: the language's own, which may be unknown, and the engine's, which never is.

use super::{Type, Value, ValueKind};

impl Value {
    /// `==` of the language: a bool, unknown where it depends on what is not yet known, with the marks of both
    /// sides at any depth. Values of different types are not equal; all nulls are.
    #[must_use]
    pub fn equals(&self, other: &Self) -> Self {
        let marks = self.deep_marks() | other.deep_marks();
        let result = match self.equal(other) {
            Some(equal) => Self::bool(equal),
            None => Self::unknown_not_null(Type::Bool),
        };
        result.marked(marks)
    }

    /// Whether the two are equal, marks aside; `None` where that is not yet known.
    pub fn equal(&self, other: &Self) -> Option<bool> {
        if let Some(answer) = by_range(self, other) {
            return Some(answer);
        }
        match (&self.kind, &other.kind) {
            (ValueKind::Unknown(..), _) | (_, ValueKind::Unknown(..)) => None,
            (ValueKind::Null(_), ValueKind::Null(_)) => Some(true),
            (ValueKind::Null(_), _) | (_, ValueKind::Null(_)) => Some(false),
            _ => equal_known(self, other),
        }
    }

    /// Whether the two are the same value: same type, same marks, unknown in the same places with the same
    /// refinements.
    pub fn raw_eq(&self, other: &Self) -> bool {
        self.marks == other.marks && self.same_kind(other, &Self::raw_eq)
    }

    /// Like [`Value::raw_eq`] with all marks left aside.
    pub fn raw_eq_unmarked(&self, other: &Self) -> bool {
        self.same_kind(other, &Self::raw_eq_unmarked)
    }

    fn same_kind(&self, other: &Self, same: &dyn Fn(&Self, &Self) -> bool) -> bool {
        let all = |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
        let fields = |a: &super::Fields, b: &super::Fields| {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        };
        match (&self.kind, &other.kind) {
            (ValueKind::Null(a), ValueKind::Null(b)) => a == b,
            (ValueKind::Unknown(a, x), ValueKind::Unknown(b, y)) => a == b && x == y,
            (ValueKind::Bool(a), ValueKind::Bool(b)) => a == b,
            (ValueKind::Number(a), ValueKind::Number(b)) => a == b,
            (ValueKind::String(a), ValueKind::String(b)) => a == b,
            (ValueKind::List(s, a), ValueKind::List(t, b)) | (ValueKind::Set(s, a), ValueKind::Set(t, b)) => {
                s == t && all(a, b)
            }
            (ValueKind::Map(s, a), ValueKind::Map(t, b)) => s == t && fields(a, b),
            (ValueKind::Tuple(a), ValueKind::Tuple(b)) => all(a, b),
            (ValueKind::Object(a), ValueKind::Object(b)) => fields(a, b),
            _ => false,
        }
    }
}

/// Whether a value of type `known` may turn out to have a type of which some parts are not known yet.
fn could_be(known: &Type, ty: &Type) -> bool {
    match (known, ty) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => could_be(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| could_be(a, b)),
        (Type::Object(a), Type::Object(b)) => {
            let pairs = || a.attributes.iter().zip(&b.attributes);
            a.attributes.len() == b.attributes.len() && pairs().all(|((k, a), (l, b))| k == l && could_be(a, b))
        }
        (known, ty) => known == ty,
    }
}

/// What refinements alone rule out.
fn by_range(a: &Value, b: &Value) -> Option<bool> {
    let ruled_out = match (&a.kind, &b.kind) {
        (ValueKind::Unknown(ty, range), kind) | (kind, ValueKind::Unknown(ty, range)) => match kind {
            ValueKind::Unknown(..) => false,
            ValueKind::Null(_) => range.not_null,
            _ => {
                let known = if a.is_known() { a } else { b };
                let type_fits = could_be(&known.type_of(), ty);
                !type_fits || !range.allows(known)
            }
        },
        _ => false,
    };
    ruled_out.then_some(false)
}

/// Compares two values that are neither null nor unknown themselves.
fn equal_known(left: &Value, right: &Value) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (ValueKind::Bool(x), ValueKind::Bool(y)) => Some(x == y),
        (ValueKind::Number(x), ValueKind::Number(y)) => Some(x == y),
        (ValueKind::String(x), ValueKind::String(y)) => Some(x == y),
        (ValueKind::List(s, x), ValueKind::List(t, y)) => {
            same_element_type(s, t).and_then(|same| if same { all_equal(x, y) } else { Some(false) })
        }
        (ValueKind::Set(s, x), ValueKind::Set(t, y)) => {
            same_element_type(s, t).and_then(|same| if same { sets_equal(x, y) } else { Some(false) })
        }
        (ValueKind::Map(s, x), ValueKind::Map(t, y)) => {
            same_element_type(s, t).and_then(|same| if same { fields_equal(x, y) } else { Some(false) })
        }
        (ValueKind::Tuple(x), ValueKind::Tuple(y)) => both(structure_types_agree(left, right), || all_equal(x, y)),
        (ValueKind::Object(x), ValueKind::Object(y)) => both(structure_types_agree(left, right), || fields_equal(x, y)),
        _ => Some(false),
    }
}

fn same_element_type(a: &Type, b: &Type) -> Option<bool> {
    if a == b {
        Some(true)
    } else if a.has_dynamic() || b.has_dynamic() {
        None
    } else {
        Some(false)
    }
}

/// Inside tuples and objects, parts of different types make the whole unequal even where both are null.
fn structure_types_agree(a: &Value, b: &Value) -> bool {
    fn agree(a: &Value, b: &Value) -> bool {
        match (&a.kind, &b.kind) {
            (ValueKind::Tuple(x), ValueKind::Tuple(y)) => {
                x.len() == y.len() && x.iter().zip(y.iter()).all(|(a, b)| agree(a, b))
            }
            (ValueKind::Object(x), ValueKind::Object(y)) => {
                x.len() == y.len() && x.iter().zip(y.iter()).all(|((k, a), (l, b))| k == l && agree(a, b))
            }
            _ => {
                let (s, t) = (a.type_of(), b.type_of());
                s == t || s.has_dynamic() && !a.is_known() || t.has_dynamic() && !b.is_known()
            }
        }
    }
    agree(a, b)
}

fn both(first: bool, then: impl FnOnce() -> Option<bool>) -> Option<bool> {
    if first { then() } else { Some(false) }
}

fn all_equal(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    every(a.iter().zip(b))
}

fn fields_equal(a: &super::Fields, b: &super::Fields) -> Option<bool> {
    if a.len() != b.len() || !a.keys().eq(b.keys()) {
        return Some(false);
    }
    every(a.values().zip(b.values()))
}

/// One known difference decides; without it one unknown leaves it open.
fn every<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (a, b) in pairs {
        match a.equal(b) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

/// Both hold their elements in the same order, each once.
fn sets_equal(a: &[Value], b: &[Value]) -> Option<bool> {
    let known = |items: &[Value]| items.iter().all(Value::is_wholly_known);
    if known(a) && known(b) { all_equal(a, b) } else { None }
}
