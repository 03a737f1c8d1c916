//! Numbers as Terraform's: binary floats of up to 512 bits.
//!
//! Every number has a precision, as every Go `big.Float` has, and it shows: what the language parses has 512 bits,
//! what counts things (`length`) has 64 and what went through an `f64` (`pow`, `log`) has 53. The result of an
//! operation has the larger precision of its operands, and a number prints as the shortest decimal that its
//! precision tells apart.

mod decimal;
mod equality;
mod float;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dashu_int::UBig;

use float::{Float, Ranged};

/// The precision of what the language parses.
const PARSED: u16 = 512;
/// The precision of a number made from a machine integer.
const COUNTED: u16 = 64;
/// The precision of a number made from an `f64`.
const DOUBLE: u16 = 53;
/// What Terraform does not read as an exponent any more.
const UNREADABLE_EXPONENT: u64 = 1 << 31;

/// A number. Equality is that of the printed decimals (`1 == 1.0`), as in Terraform; so are order and hash.
#[derive(Clone)]
pub struct Number {
    repr: Repr,
    precision: u16,
}

#[derive(Clone)]
enum Repr {
    /// Every integer that fits, except the negative zero.
    Small(i64),
    /// Any other finite number.
    Big(Arc<Float>),
    /// Infinity; `true` for the negative.
    Infinite(bool),
}

/// An operation without an answer: the sum of opposite infinities, zero times infinity, zero over zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { repr: Repr::Small(0), precision: COUNTED };

    /// Reads a decimal: optional sign, digits with an optional point, optional exponent. `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(small) = parse_small(text) {
            return Some(Self { repr: Repr::Small(small), precision: PARSED });
        }
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (unsigned.get(..at)?, parse_exponent(unsigned.get(at + 1..)?)?),
            None => (unsigned, 0),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{integer}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let digits = UBig::from_str_radix(&digits, 10).ok()?;
        let readable = digits.is_zero() || power.unsigned_abs() <= UNREADABLE_EXPONENT;
        readable.then(|| Self::ranged(Float::from_decimal(negative, digits, power, PARSED.into()), PARSED))
    }

    /// A number from an `f64`; `None` when that is not a number.
    pub fn from_f64(f: f64) -> Option<Self> {
        if f.is_nan() {
            return None;
        }
        if f.is_infinite() {
            return Some(Self { repr: Repr::Infinite(f < 0.0), precision: DOUBLE });
        }
        let bits = f.to_bits();
        let exponent = i64::try_from((bits >> 52) & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
        Some(Self::finite(Float::new(f.is_sign_negative(), UBig::from(mantissa), exponent), DOUBLE))
    }

    /// The integer, when it is one that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.repr {
            Repr::Small(n) => Some(*n),
            Repr::Big(f) if f.is_zero() => Some(0),
            _ => None,
        }
    }

    /// The integer, when it is one that fits.
    pub fn to_usize(&self) -> Option<usize> {
        self.to_i64().and_then(|n| usize::try_from(n).ok())
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        match &self.repr {
            #[allow(clippy::cast_precision_loss)]
            Repr::Small(n) => *n as f64,
            Repr::Infinite(negative) => {
                if *negative {
                    f64::NEG_INFINITY
                } else {
                    f64::INFINITY
                }
            }
            Repr::Big(f) => {
                let top = f.exponent + i64::try_from(f.bits()).unwrap_or(0);
                let sign = if f.negative { -1.0 } else { 1.0 };
                match top {
                    1100.. => sign * f64::INFINITY,
                    ..=-1100 => sign * 0.0,
                    _ => self.to_string().parse().unwrap_or(f64::NAN),
                }
            }
        }
    }

    /// Whether it has no fraction; infinity has none but is no integer.
    pub fn is_integer(&self) -> bool {
        match &self.repr {
            Repr::Small(_) => true,
            Repr::Big(f) => f.exponent >= 0,
            Repr::Infinite(_) => false,
        }
    }

    /// Whether it is one of the infinities.
    pub fn is_infinite(&self) -> bool {
        matches!(self.repr, Repr::Infinite(_))
    }

    /// Whether it is zero, of either sign.
    pub fn is_zero(&self) -> bool {
        self.to_i64() == Some(0)
    }

    /// Whether it is below zero (negative zero is not).
    pub fn is_negative(&self) -> bool {
        match &self.repr {
            Repr::Small(n) => *n < 0,
            Repr::Big(f) => f.negative && !f.is_zero(),
            Repr::Infinite(negative) => *negative,
        }
    }

    /// Whether it is the zero that prints with a sign.
    pub fn is_negative_zero(&self) -> bool {
        matches!(&self.repr, Repr::Big(f) if f.negative && f.is_zero())
    }

    /// The sum.
    pub fn add(&self, other: &Self) -> Result<Self, NotANumber> {
        let precision = self.precision.max(other.precision);
        if let (Repr::Small(a), Repr::Small(b)) = (&self.repr, &other.repr)
            && precision >= COUNTED
            && let Some(sum) = a.checked_add(*b)
        {
            return Ok(Self { repr: Repr::Small(sum), precision });
        }
        match (self.to_float(), other.to_float()) {
            (Ok(a), Ok(b)) => Ok(Self::ranged(a.add(&b, precision.into()), precision)),
            (Err(a), Err(b)) if a != b => Err(NotANumber),
            (Err(negative), _) | (_, Err(negative)) => Ok(Self { repr: Repr::Infinite(negative), precision }),
        }
    }

    /// The difference.
    pub fn subtract(&self, other: &Self) -> Result<Self, NotANumber> {
        self.add(&other.negate())
    }

    /// The negative; that of zero is the negative zero, which prints as `-0`.
    #[must_use]
    pub fn negate(&self) -> Self {
        let repr = match &self.repr {
            Repr::Small(n) if *n != 0 && *n != i64::MIN => Repr::Small(-n),
            Repr::Infinite(negative) => Repr::Infinite(!negative),
            Repr::Small(_) | Repr::Big(_) => {
                let mut float = self.to_float().unwrap_or_else(|_| Float::new(false, UBig::ZERO, 0));
                float.negative = !float.negative;
                return Self::finite(float, self.precision);
            }
        };
        Self { repr, precision: self.precision }
    }

    /// The magnitude.
    #[must_use]
    pub fn abs(&self) -> Self {
        let negative = match &self.repr {
            Repr::Small(n) => *n < 0,
            Repr::Big(f) => f.negative,
            Repr::Infinite(negative) => *negative,
        };
        if negative { self.negate() } else { self.clone() }
    }

    /// The product: exact in up to 512 bits, even where both operands have less precision.
    pub fn multiply(&self, other: &Self) -> Result<Self, NotANumber> {
        let precision = self.precision.max(other.precision);
        if let (Repr::Small(a), Repr::Small(b)) = (&self.repr, &other.repr)
            && *a != 0
            && *b != 0
            && precision >= COUNTED
            && let Some(product) = a.checked_mul(*b)
        {
            return Ok(Self { repr: Repr::Small(product), precision });
        }
        match (self.to_float(), other.to_float()) {
            (Ok(a), Ok(b)) => {
                let mut product = Self::ranged(a.multiply(&b, PARSED.into()), PARSED);
                product.precision = precision.max(product.needed_precision());
                Ok(product)
            }
            (Err(_), Ok(f)) | (Ok(f), Err(_)) if f.is_zero() => Err(NotANumber),
            (a, b) => Ok(Self { repr: Repr::Infinite(sign(&a) != sign(&b)), precision }),
        }
    }

    /// The quotient; over zero it is infinite.
    pub fn divide(&self, other: &Self) -> Result<Self, NotANumber> {
        let precision = self.precision.max(other.precision);
        match (self.to_float(), other.to_float()) {
            (Err(_), Err(_)) => Err(NotANumber),
            (Ok(a), Ok(b)) if b.is_zero() => {
                if a.is_zero() {
                    return Err(NotANumber);
                }
                Ok(Self { repr: Repr::Infinite(a.negative != b.negative), precision })
            }
            (Ok(a), Ok(b)) => Ok(Self::ranged(a.divide(&b, precision.into()), precision)),
            (Ok(a), Err(negative)) => Ok(Self::finite(Float::new(a.negative != negative, UBig::ZERO, 0), precision)),
            (Err(negative), Ok(b)) => Ok(Self { repr: Repr::Infinite(negative != b.negative), precision }),
        }
    }

    /// What truncating division leaves, with the sign of the dividend; the dividend itself over zero.
    pub fn modulo(&self, other: &Self) -> Result<Self, NotANumber> {
        if other.is_infinite() {
            return Err(NotANumber);
        }
        if self.is_infinite() {
            return self.multiply(other);
        }
        if other.is_zero() || self.is_zero() {
            return Ok(self.clone());
        }
        if let (Repr::Small(a), Repr::Small(b)) = (&self.repr, &other.repr)
            && let Some(rest) = a.checked_rem(*b)
            && self.precision.min(other.precision) >= COUNTED
        {
            return Ok(Self { repr: Repr::Small(rest), precision: self.precision });
        }
        let quotient = self.divide(other)?.truncate();
        // Go computes the rest in the precision of the dividend.
        let precision = usize::from(self.precision);
        let (Ok(a), Ok(b), Ok(q)) = (self.to_float(), other.to_float(), quotient.to_float()) else {
            return Err(NotANumber);
        };
        let product = match q.multiply(&b, precision) {
            Ranged::Finite(product) => product,
            Ranged::Infinite(_) => return Err(NotANumber),
        };
        let negated = Float { negative: !product.negative, ..product };
        Ok(Self::ranged(a.add(&negated, precision), self.precision))
    }

    /// The integer part, towards zero.
    #[must_use]
    pub fn truncate(&self) -> Self {
        match &self.repr {
            Repr::Big(f) => Self::finite(f.truncated(), self.precision),
            _ => self.clone(),
        }
    }

    /// The same number, of the precision that the language's own literals have.
    #[must_use]
    pub fn with_full_precision(mut self) -> Self {
        self.precision = PARSED;
        self
    }

    /// Order of the numbers themselves, as `<` and `>` see them: two that print alike may differ.
    pub fn compare(&self, other: &Self) -> Ordering {
        if let (Repr::Small(a), Repr::Small(b)) = (&self.repr, &other.repr) {
            return a.cmp(b);
        }
        match (self.to_float(), other.to_float()) {
            (Ok(a), Ok(b)) => a.compare(&b),
            (Err(a), Err(b)) => b.cmp(&a),
            (Err(negative), Ok(_)) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (Ok(_), Err(negative)) => {
                if negative {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
        }
    }

    /// The number in ten significant digits, with an exponent where Go's `%g` has one.
    pub(super) fn to_short_string(&self) -> String {
        match &self.repr {
            Repr::Small(n) if n.unsigned_abs() < 1_000_000_000 => n.to_string(),
            Repr::Infinite(_) => self.to_string(),
            _ => self.format('g', 10),
        }
    }

    /// The number in its shortest form, with an exponent where Go's `%g` has one: `1e+06`.
    pub fn to_general_string(&self) -> String {
        match self.to_float() {
            Ok(float) => decimal::shortest_general(&float, self.precision.into()),
            Err(_) => self.to_string(),
        }
    }

    /// The number as Go's `strconv` has it in the formats `e`, `f` and `g`: with so many digits after the point, or
    /// significant ones for `g`.
    pub fn format(&self, verb: char, digits: usize) -> String {
        self.to_float().map_or_else(|_| self.to_string(), |f| decimal::formatted(&f, verb, digits))
    }

    /// The magnitude of an integer, for formats in other bases; `None` when it is no integer.
    pub fn to_integer_digits(&self, radix: u8) -> Option<(bool, String)> {
        if let (Repr::Small(n), 10) = (&self.repr, radix) {
            return Some((*n < 0, n.unsigned_abs().to_string()));
        }
        let float = self.to_float().ok()?;
        if float.exponent < 0 || !(2..=36).contains(&radix) {
            return None;
        }
        let integer = &float.mantissa << usize::try_from(float.exponent).ok()?;
        Some((float.negative && !float.is_zero(), integer.in_radix(radix).to_string()))
    }

    /// An integer from digits in a base, in the precision of a literal; `None` when they are none.
    pub fn from_integer_digits(negative: bool, digits: &str, radix: u32) -> Option<Self> {
        let integer = UBig::from_str_radix(digits, radix).ok()?;
        let exact = Float::new(negative && !integer.is_zero(), integer, 0);
        Some(Self::ranged(exact.rounded(PARSED.into()), PARSED))
    }

    fn ranged(result: Ranged, precision: u16) -> Self {
        match result {
            Ranged::Finite(float) => Self::finite(float, precision),
            Ranged::Infinite(negative) => Self { repr: Repr::Infinite(negative), precision },
        }
    }

    fn finite(float: Float, precision: u16) -> Self {
        let small = (float.exponent >= 0 && float.exponent < 64 && !(float.is_zero() && float.negative))
            .then(|| i128::try_from(&float.mantissa).ok()?.checked_mul(1i128 << float.exponent))
            .flatten()
            .and_then(|n| i64::try_from(if float.negative { -n } else { n }).ok());
        let repr = small.map_or_else(|| Repr::Big(Arc::new(float)), Repr::Small);
        Self { repr, precision }
    }

    /// The float, or whether the infinity is negative.
    fn to_float(&self) -> Result<Float, bool> {
        match &self.repr {
            Repr::Small(n) => Ok(Float::new(*n < 0, UBig::from(n.unsigned_abs()), 0)),
            Repr::Big(f) => Ok((**f).clone()),
            Repr::Infinite(negative) => Err(*negative),
        }
    }

    fn needed_precision(&self) -> u16 {
        self.to_float().map_or(0, |f| u16::try_from(f.bits()).unwrap_or(PARSED))
    }
}

fn sign(operand: &Result<Float, bool>) -> bool {
    operand.as_ref().map_or_else(|negative| *negative, |f| f.negative)
}

/// The fast path: an integer of at most 18 digits.
fn parse_small(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = !unsigned.is_empty() && unsigned.len() <= 18 && unsigned.bytes().all(|b| b.is_ascii_digit());
    let n: i64 = if plain { text.parse().ok()? } else { return None };
    (n != 0 || !text.starts_with('-')).then_some(n)
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for Number {
    /// The shortest decimal without an exponent; `+Inf` and `-Inf` as Terraform prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Small(n) if self.precision >= COUNTED || n.unsigned_abs() < 1 << DOUBLE => n.fmt(f),
            Repr::Infinite(negative) => f.write_str(if *negative { "-Inf" } else { "+Inf" }),
            Repr::Small(_) | Repr::Big(_) => match self.to_float() {
                Ok(float) => f.write_str(&decimal::shortest(&float, self.precision.into())),
                Err(_) => Err(fmt::Error),
            },
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self { repr: Repr::Small(n), precision: COUNTED }
    }
}

impl From<usize> for Number {
    fn from(n: usize) -> Self {
        i64::try_from(n).map_or_else(|_| Self::finite(Float::new(false, UBig::from(n), 0), COUNTED), Self::from)
    }
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the result is not a number")
    }
}

impl std::error::Error for NotANumber {}
