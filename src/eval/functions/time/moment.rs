//! A moment with its offset from UTC, read as strictly as Go reads RFC 3339, with go-cty's words for what is wrong.

/// A date, a time of day and an offset.
#[derive(Clone, Debug)]
pub(in super::super) struct Moment {
    pub year: i16,
    pub month: i8,
    pub day: i8,
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
    pub nanosecond: i32,
    /// Minutes east of UTC.
    pub offset: i32,
    /// Whether the offset was written as `Z`, or is zero.
    pub utc: bool,
}

impl Moment {
    /// Reads a timestamp.
    pub(in super::super) fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, Strictness::Rfc3339)
    }

    /// Reads a timestamp as Go's own `time.Parse` does: `timecmp` takes a one-digit hour, a comma before the fraction
    /// and an offset of up to `24:60`.
    pub(in super::super) fn parse_loosely(text: &str) -> Result<Self, String> {
        Self::read(text, Strictness::Go)
    }

    fn read(text: &str, strictness: Strictness) -> Result<Self, String> {
        let mut reader = Reader { rest: text, strictness };
        reader.moment().map_err(|why| format!("not a valid RFC3339 timestamp: {why}"))
    }

    fn datetime(&self) -> Option<jiff::civil::DateTime> {
        jiff::civil::DateTime::new(
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.nanosecond,
        )
        .ok()
    }

    /// Nanoseconds since 1970 in UTC.
    pub(in super::super) fn instant(&self) -> i128 {
        let utc = self.datetime().and_then(|d| d.to_zoned(jiff::tz::TimeZone::UTC).ok());
        utc.map_or(0, |z| z.timestamp().as_nanosecond()) - i128::from(self.offset) * 60_000_000_000
    }

    /// The moment so many nanoseconds later, at the same offset: years before 0 and after 9999 too.
    pub(in super::super) fn plus(&self, nanoseconds: i64) -> Self {
        let seconds = (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        let time = i128::from(seconds) * SECOND + i128::from(self.nanosecond) + i128::from(nanoseconds);
        let days = days_before(self.year, self.month, self.day) + time.div_euclid(DAY);
        let (year, month, day) = date_after(days);
        let time = time.rem_euclid(DAY);
        let part = |unit: i128, of: i128| small(time / unit % of);
        Self {
            year,
            month,
            day,
            hour: part(3600 * SECOND, 24),
            minute: part(60 * SECOND, 60),
            second: part(SECOND, 60),
            nanosecond: i32::try_from(time % SECOND).unwrap_or_default(),
            ..self.clone()
        }
    }

    /// The text form, without a fraction of the second.
    pub(in super::super) fn rfc3339(&self) -> String {
        let zone = if self.utc { "Z".to_owned() } else { self.zone(":") };
        let sign = if self.year < 0 { "-" } else { "" };
        format!(
            "{sign}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
            self.year.unsigned_abs(),
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second
        )
    }

    /// The offset as `+hh:mm` with a separator.
    pub(in super::super) fn zone(&self, separator: &str) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs();
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    /// Monday is 1, Sunday 7.
    pub(in super::super) fn weekday(&self) -> i8 {
        self.datetime().map_or(1, |d| d.weekday().to_monday_one_offset())
    }
}

/// Nanoseconds.
const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;
/// The calendar repeats after so many days, which are 400 years.
const CYCLE: i128 = 146_097;

/// The days from the first of March of the year 0 to a date. Years are counted from March on here, so that the day that
/// leap years have more is the last one.
fn days_before(year: i16, month: i8, day: i8) -> i128 {
    let year = i128::from(year) - i128::from(month <= 2);
    let months = (i128::from(month) + 9) % 12;
    let of_year = (153 * months + 2) / 5 + i128::from(day) - 1;
    let in_cycle = year.rem_euclid(400);
    year.div_euclid(400) * CYCLE + in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + of_year
}

/// The date so many days after the first of March of the year 0.
fn date_after(days: i128) -> (i16, i8, i8) {
    let in_cycle = days.rem_euclid(CYCLE);
    let years = (in_cycle - in_cycle / 1460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let of_year = in_cycle - (365 * years + years / 4 - years / 100);
    let months = (5 * of_year + 2) / 153;
    let day = of_year - (153 * months + 2) / 5 + 1;
    let month = (months + 2) % 12 + 1;
    let year = days.div_euclid(CYCLE) * 400 + years + i128::from(month <= 2);
    (i16::try_from(year).unwrap_or_default(), small(month), small(day))
}

#[derive(Clone, Copy, PartialEq)]
enum Strictness {
    Rfc3339,
    Go,
}

struct Reader<'a> {
    rest: &'a str,
    strictness: Strictness,
}

impl Reader<'_> {
    fn moment(&mut self) -> Result<Moment, String> {
        let year = self.number(4, "year", 0, 9999)?;
        self.mark('-')?;
        let month = self.number(2, "month", 1, 12)?;
        self.mark('-')?;
        let day = self.number(2, "day of month", 1, 31)?;
        let valid = i8::try_from(day).is_ok_and(|day| {
            let date = jiff::civil::Date::new(year_of(year), small(month), 1);
            date.is_ok_and(|date| day <= date.days_in_month())
        });
        if !valid {
            return Err("day out of range".into());
        }
        if !self.rest.starts_with('T') {
            return Err("missing required time introducer 'T'".into());
        }
        self.skip(1);
        let hour = self.number(2, "hour", 0, 23)?;
        self.mark(':')?;
        let minute = self.number(2, "minute", 0, 59)?;
        self.mark(':')?;
        let second = self.number(2, "second", 0, 59)?;
        let nanosecond = self.fraction()?;
        let (offset, utc) = self.offset()?;
        Ok(Moment {
            year: year_of(year),
            month: small(month),
            day: small(day),
            hour: small(hour),
            minute: small(minute),
            second: small(second),
            nanosecond,
            offset,
            utc,
        })
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn refuse(&self, what: &str) -> String {
        if self.rest.is_empty() {
            format!("end of string before {what}")
        } else {
            format!("cannot use {:?} as {what}", self.rest)
        }
    }

    fn number(&mut self, digits: usize, what: &str, least: u32, most: u32) -> Result<u32, String> {
        let loose = self.strictness == Strictness::Go;
        let of_clock = matches!(what, "hour" | "minute") && !loose;
        let are_digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let whole = self.rest.get(..digits).filter(are_digits);
        let alone = (loose && what == "hour" && whole.is_none()).then_some(1);
        let digits = alone.unwrap_or(digits);
        let text = self.rest.get(..digits).filter(are_digits);
        let number: u32 = text.and_then(|text| text.parse().ok()).ok_or_else(|| {
            let short = of_clock && !self.rest.is_empty();
            if short { format!("{what} must have exactly two digits") } else { self.refuse(what) }
        })?;
        self.skip(digits);
        if number < least || number > most {
            return Err(match what {
                "day of month" => "day out of range".into(),
                "hour" if of_clock => format!("hour must be between {least} and {most} inclusive"),
                "minute" if of_clock => "minute must have exactly two digits".into(),
                _ => self.refuse(what),
            });
        }
        Ok(number)
    }

    fn mark(&mut self, mark: char) -> Result<(), String> {
        if !self.rest.starts_with(mark) {
            let rest = self.rest;
            return Err(if rest.is_empty() {
                format!("end of string where {:?} is expected", mark.to_string())
            } else {
                format!("found {rest:?} where {:?} is expected", mark.to_string())
            });
        }
        self.skip(1);
        Ok(())
    }

    fn fraction(&mut self) -> Result<i32, String> {
        if self.rest.starts_with(',') && self.strictness == Strictness::Rfc3339 {
            return Err("cannot use \",\" as timestamp segment".into());
        }
        let Some(after) = self.rest.strip_prefix(['.', ',']) else { return Ok(0) };
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return Err(self.refuse("UTC offset"));
        }
        let digits: String = after.chars().take(count).chain("000000000".chars()).take(9).collect();
        self.skip(1 + count);
        Ok(digits.parse().unwrap_or(0))
    }

    fn offset(&mut self) -> Result<(i32, bool), String> {
        if self.rest == "Z" {
            return Ok((0, true));
        }
        let sign = match self.rest.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Err(self.refuse("UTC offset")),
        };
        let most = if self.strictness == Strictness::Go { (24, 60) } else { (23, 59) };
        let valid = self.rest.len() == 6 && self.rest.as_bytes().get(3) == Some(&b':');
        let part = |range: std::ops::Range<usize>| self.rest.get(range).and_then(|d| d.parse::<u8>().ok());
        match (valid, part(1..3), part(4..6)) {
            (true, Some(hours), Some(minutes)) if hours <= most.0 && minutes <= most.1 => {
                let offset = sign * (i32::from(hours) * 60 + i32::from(minutes));
                Ok((offset, offset == 0))
            }
            (true, Some(_), Some(_)) if self.strictness == Strictness::Go => {
                Err("end of string before UTC offset".into())
            }
            _ => Err(self.refuse("UTC offset")),
        }
    }
}

/// Numbers of at most two digits.
fn small(n: impl TryInto<i8>) -> i8 {
    n.try_into().unwrap_or(i8::MAX)
}

/// Numbers of at most four digits.
fn year_of(n: u32) -> i16 {
    i16::try_from(n).unwrap_or(i16::MAX)
}
