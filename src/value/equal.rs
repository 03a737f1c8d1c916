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
        match without_looking_in(self, other) {
            Early::Settled(answer) => answer,
            Early::BothKnown => match types_agree(self, other) {
                Some(true) => equal_known(self, other),
                settled => settled,
            },
        }
    }

    /// Whether nothing in it is still to find its type.
    fn knows_its_type(&self) -> bool {
        match &self.kind {
            ValueKind::Unknown(ty, _) => !ty.has_dynamic(),
            _ => self.parts().all(Self::knows_its_type),
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

/// Whether two types may turn out to be the same once all of their parts are known.
fn could_agree(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        _ => same_shape(one, other, could_agree),
    }
}

/// Whether a value of type `known` fits where `ty` is wanted: only there may parts of the type be open.
fn fits(known: &Type, ty: &Type) -> bool {
    *ty == Type::Dynamic || same_shape(known, ty, fits)
}

fn same_shape(one: &Type, other: &Type, part: fn(&Type, &Type) -> bool) -> bool {
    match (one, other) {
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => part(a, b),
        (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| part(a, b)),
        (Type::Object(a), Type::Object(b)) => {
            let pairs = || a.attributes.iter().zip(&b.attributes);
            a.attributes.len() == b.attributes.len() && pairs().all(|((k, a), (l, b))| k == l && part(a, b))
        }
        (one, other) => one == other,
    }
}

/// What can be said of two values before their parts are compared.
enum Early {
    /// One of them is null or unknown itself, so that there is an answer, or none yet.
    Settled(Option<bool>),
    BothKnown,
}

fn without_looking_in(a: &Value, b: &Value) -> Early {
    if let Some(answer) = by_range(a, b) {
        return Early::Settled(Some(answer));
    }
    match (&a.kind, &b.kind) {
        (ValueKind::Unknown(..), _) | (_, ValueKind::Unknown(..)) => Early::Settled(None),
        (ValueKind::Null(_), ValueKind::Null(_)) => Early::Settled(Some(true)),
        (ValueKind::Null(_), _) | (_, ValueKind::Null(_)) => Early::Settled(Some(false)),
        _ => Early::BothKnown,
    }
}

/// Whether two known values have one type, down to parts of them that are null; `None` while a part is not known of
/// which not even the type is.
fn types_agree(a: &Value, b: &Value) -> Option<bool> {
    let (s, t) = (a.type_of(), b.type_of());
    if a.knows_its_type() && b.knows_its_type() {
        Some(s == t)
    } else if could_agree(&s, &t) {
        None
    } else {
        Some(false)
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
                let type_fits = fits(&known.type_of(), ty);
                !type_fits || !range.allows(known)
            }
        },
        _ => false,
    };
    ruled_out.then_some(false)
}

/// Compares two values of one type that are neither null nor unknown themselves.
fn equal_known(left: &Value, right: &Value) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (ValueKind::Bool(x), ValueKind::Bool(y)) => Some(x == y),
        (ValueKind::Number(x), ValueKind::Number(y)) => Some(x == y),
        (ValueKind::String(x), ValueKind::String(y)) => Some(x == y),
        (ValueKind::List(_, x), ValueKind::List(_, y)) | (ValueKind::Tuple(x), ValueKind::Tuple(y)) => {
            items_equal(x, y)
        }
        (ValueKind::Set(_, x), ValueKind::Set(_, y)) => sets_equal(x, y),
        (ValueKind::Map(_, x), ValueKind::Map(_, y)) | (ValueKind::Object(x), ValueKind::Object(y)) => {
            fields_equal(x, y)
        }
        _ => Some(false),
    }
}

/// Equality of two parts of values whose types have been compared.
fn parts_equal(a: &Value, b: &Value) -> Option<bool> {
    match without_looking_in(a, b) {
        Early::Settled(answer) => answer,
        Early::BothKnown => equal_known(a, b),
    }
}

/// From the first on: what is not known before the first difference leaves it open.
fn items_equal(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    a.iter().zip(b).map(|(a, b)| parts_equal(a, b)).find(|equal| *equal != Some(true)).unwrap_or(Some(true))
}

fn fields_equal(a: &super::Fields, b: &super::Fields) -> Option<bool> {
    if a.len() != b.len() || !a.keys().eq(b.keys()) {
        return Some(false);
    }
    // Fields have no order: one known difference decides, without it one unknown leaves it open.
    let mut result = Some(true);
    for (a, b) in a.values().zip(b.values()) {
        match parts_equal(a, b) {
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
    if known(a) && known(b) { items_equal(a, b) } else { None }
}
