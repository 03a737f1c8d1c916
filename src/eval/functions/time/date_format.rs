//! The format language of `formatdate`: runs of one letter, quoted text, anything else as it is.

use super::Moment;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A moment in a format.
pub(super) fn formatted(format: &str, moment: &Moment) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let length = if c == '\'' {
            quoted(rest, &mut out)?
        } else if c.is_ascii_alphabetic() {
            let length = rest.chars().take_while(|next| *next == c).count();
            let run = rest.get(..length).unwrap_or_default();
            out.push_str(&verb(run, moment).map_err(|why| format!("invalid date format verb {run:?}{why}"))?);
            length
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

/// Copies quoted text, in which a doubled quote stands for one; gives the length with its quotes.
fn quoted(text: &str, out: &mut String) -> Result<usize, String> {
    let mut chars = text.char_indices().skip(1).peekable();
    let start = out.len();
    while let Some((i, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
            chars.next();
            out.push('\'');
        } else {
            // An empty pair of quotes is a quote.
            if out.len() == start {
                out.push('\'');
            }
            return Ok(i + 1);
        }
    }
    Err("unterminated literal '".into())
}

fn verb(run: &str, m: &Moment) -> Result<String, String> {
    let twelve = if m.hour % 12 == 0 { 12 } else { m.hour % 12 };
    let month = usize::try_from(m.month - 1).ok().and_then(|i| MONTHS.get(i)).copied().unwrap_or_default();
    let day = usize::try_from(m.weekday() - 1).ok().and_then(|i| DAYS.get(i)).copied().unwrap_or_default();
    let short = |name: &str| name.chars().take(3).collect();
    let either = |what: &str, one: &str, two: &str| Err(format!(": {what} must either be {one:?} or {two:?}"));
    Ok(match run {
        "YY" => format!("{:02}", m.year % 100),
        "YYYY" => format!("{:04}", m.year),
        "M" => m.month.to_string(),
        "MM" => format!("{:02}", m.month),
        "MMM" => short(month),
        "MMMM" => month.into(),
        "D" => m.day.to_string(),
        "DD" => format!("{:02}", m.day),
        "EEE" => short(day),
        "EEEE" => day.into(),
        "h" => m.hour.to_string(),
        "hh" => format!("{:02}", m.hour),
        "H" => twelve.to_string(),
        "HH" => format!("{twelve:02}"),
        "AA" => if m.hour < 12 { "AM" } else { "PM" }.into(),
        "aa" => if m.hour < 12 { "am" } else { "pm" }.into(),
        "m" => m.minute.to_string(),
        "mm" => format!("{:02}", m.minute),
        "s" => m.second.to_string(),
        "ss" => format!("{:02}", m.second),
        "Z" => {
            if m.utc {
                "Z".into()
            } else {
                m.zone(":")
            }
        }
        "ZZZ" => {
            if m.utc {
                "UTC".into()
            } else {
                m.zone("")
            }
        }
        "ZZZZ" => m.zone(""),
        "ZZZZZ" => m.zone(":"),
        _ => {
            return match run.chars().next() {
                Some('Y') => either("year", "YY", "YYYY"),
                Some('M') => Err(": month must be \"M\", \"MM\", \"MMM\", or \"MMMM\"".into()),
                Some('D') => either("day of month", "D", "DD"),
                Some('E') => either("day of week", "EEE", "EEEE"),
                Some('h') => either("24-hour", "h", "hh"),
                Some('H') => either("12-hour", "H", "HH"),
                Some('A') => Err(": must be \"AA\"".into()),
                Some('a') => Err(": must be \"aa\"".into()),
                Some('m') => either("minute", "m", "mm"),
                Some('s') => either("second", "s", "ss"),
                Some('Z') => Err(": timezone must be Z, ZZZZ, or ZZZZZ".into()),
                _ => Err(String::new()),
            };
        }
    })
}
