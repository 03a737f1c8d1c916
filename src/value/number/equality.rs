//! When two numbers are equal, and which comes first.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::{COUNTED, DOUBLE, Number, Repr};

impl Number {
    /// The sign, and how many bits stand before the binary point; `None` of zero and of the infinities.
    fn magnitude(&self) -> Option<(bool, i64)> {
        match &self.repr {
            Repr::Small(0) | Repr::Infinite(_) => None,
            Repr::Small(n) => Some((*n < 0, i64::from(64 - n.unsigned_abs().leading_zeros()))),
            Repr::Big(f) if f.is_zero() => None,
            Repr::Big(f) => Some((f.negative, f.top())),
        }
    }

    /// The same number in the same precision, which prints alike.
    fn is_copy_of(&self, other: &Self) -> bool {
        match (&self.repr, &other.repr) {
            (Repr::Big(one), Repr::Big(other_one)) => self.precision == other.precision && one == other_one,
            _ => false,
        }
    }

    /// What equality, order and hash go by: the number that the printed decimal stands for.
    fn printed(&self) -> Result<i64, String> {
        match &self.repr {
            Repr::Small(n) if self.precision >= COUNTED || n.unsigned_abs() < 1 << DOUBLE => Ok(*n),
            Repr::Big(f) if f.is_zero() => Ok(0),
            _ => {
                let text = self.to_string();
                text.parse().map_err(|_| text)
            }
        }
    }
}

/// Beyond this binary exponent a number has more digits than are worth printing to tell two apart.
const FAR: u64 = 1 << 12;

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self.magnitude(), other.magnitude()) {
            // What differs in sign or twofold in size does not print alike; the digits may be millions.
            (Some((negative, top)), Some((also, size))) if negative != also || top.abs_diff(size) > 1 => false,
            (Some(_), None) | (None, Some(_)) => false,
            _ => self.is_copy_of(other) || self.printed() == other.printed(),
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some((negative, top)) = self.magnitude()
            && top.unsigned_abs() > FAR
        {
            return (negative, top > 0).hash(state);
        }
        match self.printed() {
            Ok(n) => n.hash(state),
            Err(text) => text.hash(state),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.compare(other) }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
