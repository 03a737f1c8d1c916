//! The shortest decimal that reads back as the same float, digit for digit as Go's `Text('f', -1)` chooses it.

use dashu_base::BitTest;
use dashu_int::UBig;

use super::float::Float;

/// `0.d1d2d3... * 10^point`, without zeros at either end.
struct Decimal {
    digits: Vec<u8>,
    point: i64,
}

/// Prints a float of a precision without an exponent.
pub(super) fn shortest(float: &Float, precision: usize) -> String {
    let mut decimal = Decimal::exact(&float.mantissa, float.exponent);
    decimal.shorten(float, precision);
    decimal.print(float.negative)
}

impl Decimal {
    /// All digits of `mantissa * 2^exponent`.
    fn exact(mantissa: &UBig, exponent: i64) -> Self {
        let magnitude = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
        let (integer, fraction_digits) = if exponent >= 0 {
            (mantissa << magnitude, 0)
        } else {
            (mantissa * UBig::from(5u8).pow(magnitude), i64::try_from(magnitude).unwrap_or(0))
        };
        if integer.is_zero() {
            return Self { digits: Vec::new(), point: 0 };
        }
        let mut digits = integer.to_string().into_bytes();
        let point = i64::try_from(digits.len()).unwrap_or(0) - fraction_digits;
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        Self { digits, point }
    }

    fn at(&self, index: usize) -> u8 {
        self.digits.get(index).copied().unwrap_or(b'0')
    }

    /// Keeps only the digits that are needed to tell the float from its neighbours.
    fn shorten(&mut self, float: &Float, precision: usize) {
        if self.digits.is_empty() {
            return;
        }
        // The mantissa scaled so that its last bit is half a unit in the last place.
        let widen = (precision + 1).saturating_sub(float.bits());
        let mantissa = &float.mantissa << widen;
        let exponent = float.exponent - i64::try_from(widen).unwrap_or(0);
        let lower = Self::exact(&(&mantissa - UBig::ONE), exponent);
        let upper = Self::exact(&(&mantissa + UBig::ONE), exponent);
        let inclusive = !mantissa.bit(1);
        for i in 0..self.digits.len() {
            let (low, digit, high) = (lower.at(i), self.at(i), upper.at(i));
            let down = low != digit || (inclusive && i + 1 == lower.digits.len());
            let up = digit != high && (inclusive || digit + 1 < high || i + 1 < upper.digits.len());
            match (down, up) {
                (true, true) => return self.round(i + 1),
                (true, false) => return self.round_down(i + 1),
                (false, true) => return self.round_up(i + 1),
                (false, false) => {}
            }
        }
    }

    /// Rounds to `n` digits, halves to even.
    fn round(&mut self, n: usize) {
        if n >= self.digits.len() {
            return;
        }
        let half_exactly = self.at(n) == b'5' && n + 1 == self.digits.len();
        let up = if half_exactly { n > 0 && (self.at(n - 1) - b'0') % 2 == 1 } else { self.at(n) >= b'5' };
        if up { self.round_up(n) } else { self.round_down(n) }
    }

    fn round_down(&mut self, n: usize) {
        self.digits.truncate(n);
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
    }

    fn round_up(&mut self, n: usize) {
        if n >= self.digits.len() {
            return;
        }
        self.digits.truncate(n);
        while self.digits.last() == Some(&b'9') {
            self.digits.pop();
        }
        if let Some(last) = self.digits.last_mut() {
            *last += 1;
        } else {
            self.digits.push(b'1');
            self.point += 1;
        }
    }

    fn print(&self, negative: bool) -> String {
        let mut text = String::with_capacity(self.digits.len() + 3);
        if negative {
            text.push('-');
        }
        let integers = usize::try_from(self.point).unwrap_or(0);
        if integers == 0 {
            text.push('0');
        }
        text.extend((0..integers).map(|i| char::from(self.at(i))));
        if self.digits.len() > integers || self.point < 0 {
            text.push('.');
            let zeros = usize::try_from(-self.point).unwrap_or(0);
            text.extend(std::iter::repeat_n('0', zeros));
            text.extend(self.digits.iter().skip(integers).copied().map(char::from));
        }
        text
    }
}

/// Prints a float of a precision in the shortest form, with an exponent from seven digits before the point on, or
/// from five zeros after it.
pub(super) fn shortest_general(float: &Float, precision: usize) -> String {
    let mut decimal = Decimal::exact(&float.mantissa, float.exponent);
    decimal.shorten(float, precision);
    let exponent = decimal.point - 1;
    if decimal.digits.is_empty() || (-4..6).contains(&exponent) {
        return decimal.print(float.negative);
    }
    decimal.print_exponent(float.negative, decimal.digits.len() - 1)
}

/// Prints a float in Go's format `e`, `f` or `g` with so many digits after the point (for `g`: significant ones).
pub(super) fn formatted(float: &Float, verb: char, digits: usize) -> String {
    let mut decimal = Decimal::exact(&float.mantissa, float.exponent);
    let wanted = i64::try_from(digits).unwrap_or(i64::MAX / 2);
    match verb {
        'e' => {
            decimal.round(digits + 1);
            decimal.print_exponent(float.negative, digits)
        }
        'f' => {
            let keep = decimal.point + wanted;
            match usize::try_from(keep) {
                Ok(keep) => decimal.round(keep),
                Err(_) => decimal.digits.clear(),
            }
            decimal.print_fixed(float.negative, digits)
        }
        _ => {
            decimal.round(digits.max(1));
            let available = i64::try_from(decimal.digits.len()).unwrap_or(0);
            let limit = if wanted.max(1) > available && available >= decimal.point { available } else { wanted.max(1) };
            let exponent = decimal.point - 1;
            if !decimal.digits.is_empty() && (exponent < -4 || exponent >= limit) {
                let shown = digits.max(1).min(decimal.digits.len());
                decimal.print_exponent(float.negative, shown - 1)
            } else {
                let fraction = usize::try_from((available - decimal.point).max(0)).unwrap_or(0);
                decimal.print_fixed(float.negative, fraction)
            }
        }
    }
}

impl Decimal {
    fn print_fixed(&self, negative: bool, fraction: usize) -> String {
        let mut text = String::new();
        if negative {
            text.push('-');
        }
        if self.point <= 0 {
            text.push('0');
        }
        let integers = usize::try_from(self.point).unwrap_or(0);
        text.extend((0..integers).map(|i| char::from(self.at(i))));
        if fraction > 0 {
            text.push('.');
            let leading = usize::try_from(-self.point).unwrap_or(0);
            for i in 0..fraction {
                let digit = if i < leading { b'0' } else { self.at(integers + i - leading) };
                text.push(char::from(digit));
            }
        }
        text
    }

    fn print_exponent(&self, negative: bool, fraction: usize) -> String {
        let mut text = String::new();
        if negative {
            text.push('-');
        }
        text.push(char::from(self.at(0)));
        if fraction > 0 {
            text.push('.');
            text.extend((1..=fraction).map(|i| char::from(self.at(i))));
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{text}e{sign}{:02}", exponent.unsigned_abs())
    }
}
