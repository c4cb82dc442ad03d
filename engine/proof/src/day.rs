//! UTC days: their number since 1970-01-01 and their name, `2026-11-21`.

use alloc::format;
use alloc::string::String;

/// Nanoseconds in a UTC day: leap seconds have no Moment of their own.
pub const NANOS: u64 = 86_400 * 1_000_000_000;

/// The day of a Moment, in days since 1970-01-01.
pub fn of(moment: u64) -> u32 {
    (moment / NANOS) as u32
}

/// Its name.
pub fn name(day: u32) -> String {
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}")
}

/// The day of a name; `None` where it is not just as [`name`] writes it.
pub fn parse(text: &str) -> Option<u32> {
    let mut parts = text.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    let in_range =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&date);
    let day = in_range.then(|| number(year, month, date))?;
    (name(day) == text).then_some(day)
}

/// Years are counted from March, so that the day a leap year has more is the last.
fn number(year: u32, month: u32, date: u32) -> u32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_month = (153 * month + 2) / 5;
    year * 365 + year / 4 - year / 100 + year / 400 + before_month + date - 1 - EPOCH
}

/// Days from 1 March of year 0 to 1970-01-01.
const EPOCH: u32 = 719_468;

fn civil(day: u32) -> (u32, u32, u32) {
    let day = u64::from(day) + u64::from(EPOCH);
    let (era, rest) = (day / 146_097, day % 146_097);
    let of_era = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
    let of_year = rest - (365 * of_era + of_era / 4 - of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    ((era * 400 + of_era + year) as u32, month as u32, date as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_the_names_of_the_calendar() {
        let known = [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_778, "2026-11-21"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ];
        for (day, text) in known {
            assert_eq!(name(day), text);
            assert_eq!(parse(text), Some(day));
        }
    }

    #[test]
    fn every_day_of_two_centuries_comes_back_from_its_name() {
        for day in 0..73_000 {
            assert_eq!(parse(&name(day)), Some(day));
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in
            ["", "2026-11-31", "2026-13-01", "2026-1-01", "2026-11-21 ", "+026-11-21", "1969-12-31"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
