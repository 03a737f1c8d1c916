//! Durations as Go writes them, and with it every argument of Terraform's that is one: `-1h30m1.5s`
//! (<https://pkg.go.dev/time#ParseDuration>).

use std::time::Duration;

/// Unit names and their nanoseconds.
const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A span of time that is not negative: `0`, `30s`, `1h15m`, `1.5s`, `250ms`.
pub fn parse(text: &str) -> Option<Duration> {
    nanoseconds(text).ok().and_then(|nanoseconds| u64::try_from(nanoseconds).ok()).map(Duration::from_nanos)
}

/// The nanoseconds of a duration. The error is Go's.
pub fn nanoseconds(text: &str) -> Result<i64, String> {
    let shown = || quoted(text);
    let invalid = || format!("time: invalid duration {}", shown());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return Err(invalid());
        }
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", shown()));
        }
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let unknown = || format!("time: unknown unit {} in duration {}", quoted(unit), shown());
        let (_, scale) = known.ok_or_else(unknown)?;
        total = total.checked_add(scaled(whole, fraction, *scale).ok_or_else(invalid)?).ok_or_else(invalid)?;
        rest = after;
    }
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

/// A text as Go's package quotes it: what is not ASCII, or cannot be seen, byte by byte.
fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => shown.extend(['\\', char::from(byte)]),
            b' '..=0x7f => shown.push(char::from(byte)),
            _ => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push('"');
    shown
}

/// A decimal number of units, cut to whole nanoseconds.
fn scaled(whole: &str, fraction: &str, scale: u64) -> Option<i128> {
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
    // More digits than the smallest part of an hour needs change nothing.
    let fraction = fraction.get(..fraction.len().min(18))?;
    let places = u32::try_from(fraction.len()).ok()?;
    let part = parse(fraction)?.checked_mul(i128::from(scale))? / 10i128.pow(places);
    parse(whole)?.checked_mul(i128::from(scale))?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1h1m1.5s", 3_661_500),
            ("250ms", 250),
            ("+5m", 300_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "5", "30", "s", "5 m", "1d", "1x", "1.2.3s", "-1s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
