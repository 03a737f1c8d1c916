//! Binary floats of any precision, rounded to nearest even: the arithmetic behind [`super::Number`].

use std::cmp::Ordering;

use dashu_base::{BitTest, DivRem};
use dashu_int::UBig;

/// Beyond this binary exponent a number is infinite, and below its negative it is zero: a bound on the memory
/// and the time that printing a number may take.
const MAX_EXPONENT: i64 = 1 << 19;

/// `(-1)^negative * mantissa * 2^exponent`; the mantissa is odd, or zero with exponent zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Float {
    pub negative: bool,
    pub mantissa: UBig,
    pub exponent: i64,
}

/// A float, or what it became when it left the range of floats.
pub(super) enum Ranged {
    Finite(Float),
    Infinite(bool),
}

impl Float {
    /// Brings a mantissa to its odd form.
    pub(super) fn new(negative: bool, mantissa: UBig, exponent: i64) -> Self {
        match mantissa.trailing_zeros() {
            None => Self { negative, mantissa, exponent: 0 },
            Some(0) => Self { negative, mantissa, exponent },
            Some(zeros) => Self { negative, mantissa: mantissa >> zeros, exponent: exponent + offset(zeros) },
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    /// The number of bits that the mantissa needs.
    pub(super) fn bits(&self) -> usize {
        self.mantissa.bit_len()
    }

    /// How many bits stand before the binary point; of a fraction, the negative of how many zeros follow it.
    pub(super) fn top(&self) -> i64 {
        self.exponent + offset(self.bits())
    }

    /// Rounds to `precision` bits; `sticky` says that more nonzero bits follow the mantissa's last.
    fn round(negative: bool, mantissa: UBig, exponent: i64, sticky: bool, precision: usize) -> Ranged {
        let excess = mantissa.bit_len().saturating_sub(precision);
        if excess == 0 {
            return Self::new(negative, mantissa, exponent).in_range();
        }
        let half = mantissa.bit(excess - 1);
        let below = sticky || mantissa.trailing_zeros().is_some_and(|zeros| zeros < excess - 1);
        let kept = mantissa >> excess;
        let up = half && (below || kept.bit(0));
        let rounded = if up { kept + UBig::ONE } else { kept };
        Self::new(negative, rounded, exponent + offset(excess)).in_range()
    }

    /// The same number in `precision` bits.
    pub(super) fn rounded(self, precision: usize) -> Ranged {
        Self::round(self.negative, self.mantissa, self.exponent, false, precision)
    }

    fn in_range(self) -> Ranged {
        let top = self.top();
        if self.is_zero() {
            Ranged::Finite(self)
        } else if top > MAX_EXPONENT {
            Ranged::Infinite(self.negative)
        } else if top < -MAX_EXPONENT {
            Ranged::Finite(Self { negative: self.negative, mantissa: UBig::ZERO, exponent: 0 })
        } else {
            Ranged::Finite(self)
        }
    }

    pub(super) fn add(&self, other: &Self, precision: usize) -> Ranged {
        if self.is_zero() && other.is_zero() {
            let negative = self.negative && other.negative;
            return Ranged::Finite(Self { negative, mantissa: UBig::ZERO, exponent: 0 });
        }
        if self.is_zero() || other.is_zero() {
            let sum = if self.is_zero() { other } else { self };
            return sum.clone().rounded(precision);
        }
        let exponent = self.exponent.min(other.exponent);
        let a = &self.mantissa << shift(self.exponent - exponent);
        let b = &other.mantissa << shift(other.exponent - exponent);
        let (negative, sum) = if self.negative == other.negative {
            (self.negative, a + b)
        } else {
            match a.cmp(&b) {
                Ordering::Equal => (false, UBig::ZERO),
                Ordering::Greater => (self.negative, a - b),
                Ordering::Less => (other.negative, b - a),
            }
        };
        Self::round(negative, sum, exponent, false, precision)
    }

    pub(super) fn multiply(&self, other: &Self, precision: usize) -> Ranged {
        let negative = self.negative != other.negative;
        let product = &self.mantissa * &other.mantissa;
        Self::round(negative, product, self.exponent + other.exponent, false, precision)
    }

    /// The quotient; the caller sees to it that `other` is not zero.
    pub(super) fn divide(&self, other: &Self, precision: usize) -> Ranged {
        let negative = self.negative != other.negative;
        let widen = (precision + 2 + other.bits()).saturating_sub(self.bits());
        let (quotient, rest) = (&self.mantissa << widen).div_rem(&other.mantissa);
        let exponent = self.exponent - other.exponent - offset(widen);
        // One more bit, set when a rest is left, makes the sticky bit part of the mantissa.
        let mantissa = (quotient << 1usize) + UBig::from(u8::from(!rest.is_zero()));
        Self::round(negative, mantissa, exponent - 1, false, precision)
    }

    /// The integer part, towards zero.
    pub(super) fn truncated(&self) -> Self {
        if self.exponent >= 0 {
            return self.clone();
        }
        Self::new(self.negative, &self.mantissa >> shift(-self.exponent), 0)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
        }
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        self.top().cmp(&other.top()).then_with(|| {
            let exponent = self.exponent.min(other.exponent);
            let a = &self.mantissa << shift(self.exponent - exponent);
            let b = &other.mantissa << shift(other.exponent - exponent);
            a.cmp(&b)
        })
    }

    /// `digits * 10^power`, rounded as Go's parser rounds it: exactly, but for powers of five of more than
    /// `precision + 64` bits, which are themselves rounded to that many bits first.
    pub(super) fn from_decimal(negative: bool, digits: UBig, power: i64, precision: usize) -> Ranged {
        let mantissa = Self::new(negative, digits, power);
        if power == 0 || mantissa.is_zero() {
            return mantissa.rounded(precision);
        }
        match power_of_five(power.unsigned_abs(), precision + 64) {
            Ranged::Finite(scale) if power > 0 => mantissa.multiply(&scale, precision),
            Ranged::Finite(scale) => mantissa.divide(&scale, precision),
            Ranged::Infinite(_) if power > 0 => Ranged::Infinite(negative),
            Ranged::Infinite(_) => Ranged::Finite(Self { negative, mantissa: UBig::ZERO, exponent: 0 }),
        }
    }
}

/// `5^n` in `precision` bits, multiplied up in the same order as Go does, for the same last bits.
fn power_of_five(n: u64, precision: usize) -> Ranged {
    /// The largest power of five that fits 64 bits.
    const WORD: u64 = 27;
    let exact = |n: u64| Float::new(false, UBig::from(5u8).pow(usize::try_from(n).unwrap_or(0)), 0);
    if n <= WORD {
        return Ranged::Finite(exact(n));
    }
    let mut result = exact(WORD);
    let mut rest = n - WORD;
    let mut factor = exact(1);
    while rest > 0 {
        if rest & 1 == 1 {
            match result.multiply(&factor, precision) {
                Ranged::Finite(product) => result = product,
                infinite @ Ranged::Infinite(_) => return infinite,
            }
        }
        rest >>= 1;
        if rest > 0 {
            match factor.multiply(&factor, precision + 64) {
                Ranged::Finite(square) => factor = square,
                infinite @ Ranged::Infinite(_) => return infinite,
            }
        }
    }
    Ranged::Finite(result)
}

/// A count of bits as an exponent.
fn offset(bits: usize) -> i64 {
    i64::try_from(bits).unwrap_or(i64::MAX / 4)
}

/// A difference of exponents, known not to be negative, as a shift.
fn shift(difference: i64) -> usize {
    usize::try_from(difference).unwrap_or(0)
}
