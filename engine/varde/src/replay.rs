//! `varde replay`: a part of the log decided again, beside what was decided when it came.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use central::output::Refusal;
use central::words::{Moment, Seq};
use central::{Decision, OLDEST, RULES};
use clap::Args;
use journal::embedded::Reader;
use journal::{Pos, Record, Records};
use sequencer::{Difference, Irreproducible, Range, Replayed, Skips, replay};
use serde_json::{Value, json};
use server::snapshots::{self, Folded};

/// Nanoseconds.
const DAY: u64 = 86_400 * 1_000_000_000;
/// Exit code of a log that is damaged.
const DAMAGED: u8 = 2;
/// Exit code where a decision differs.
const DIFFERS: u8 = 3;

/// Which entries, and by which rules.
#[derive(Args, Clone, Debug)]
pub(crate) struct Asked {
    /// One day in UTC, such as 2026-11-22
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["from", "to"])]
    day: Option<String>,
    /// The first entry [default: the first in the log]
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// The last entry [default: the last in the log]
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
    /// Decide by these rules instead of the log's own
    #[arg(long, value_name = "N")]
    rules: Option<u32>,
}

/// Replays, prints each difference as a line of JSON and then the counts.
pub(crate) fn run(data: &Path, asked: &Asked) -> Result<ExitCode, String> {
    let folder = data.join(server::engine::LOG);
    if !folder.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    if let Some(rules) = asked.rules.filter(|rules| !(OLDEST..=RULES).contains(rules)) {
        return Err(format!("this version has rules {OLDEST} to {RULES}, not {rules}: choose one"));
    }
    let range = range(asked)?;
    let reader = journal::embedded::Reader::open(&folder).map_err(|why| why.to_string())?;
    let read = |pos| reader.from(pos);
    let whole = read(Pos::START).map_err(|why| why.to_string())?;
    let base = begin(data, &reader, is_trimmed(whole), range)?;
    let records = || read(base.pos).map_err(|why| why.to_string());
    let mut out = BufWriter::new(io::stdout().lock());
    let mut failed: Option<io::Error> = None;
    let replayed = match Skips::scan(records()?) {
        Ok(skips) => replay(records()?, &skips, range, asked.rules, base.central, |difference| {
            failed = failed.take().or_else(|| writeln!(out, "{}", line(&difference)).err());
        }),
        Err(damage) => Err(damage.into()),
    };
    let code = match replayed {
        Ok(replayed) => {
            failed = failed.or_else(|| counts(&mut out, replayed).err());
            if replayed.differing > 0 { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS }
        }
        Err(Irreproducible::Damage(damage)) => {
            failed = failed.or_else(|| writeln!(out, "damaged: {damage}").err());
            ExitCode::from(DAMAGED)
        }
        Err(why) => return Err(why.to_string()),
    };
    match failed.or_else(|| out.flush().err()) {
        // A closed pipe (`varde replay | head`) is the reader's wish, not an error.
        Some(why) if why.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the differences could not all be written: {why}"))
        }
        _ => Ok(code),
    }
}

/// Where the fold begins: before the first entry, or, where that is trimmed away, at the oldest snapshot.
/// The part has to lie behind it.
fn begin(data: &Path, reader: &Reader, is_trimmed: bool, range: Range) -> Result<Folded, String> {
    if !is_trimmed {
        return Ok(Folded::default());
    }
    let folded = oldest(data, reader)?;
    let is_behind = match range {
        Range::Seqs { from, .. } => from > folded.seq(),
        Range::Moments { from, .. } => from.0 > folded.last.moment,
    };
    if is_behind {
        return Ok(folded);
    }
    Err(format!(
        "what is before entry {} is trimmed away: ask for a part after it, or restore the archive elsewhere and replay that",
        folded.seq().0 + 1
    ))
}

/// The state at the oldest snapshot that fits: where the fold of a trimmed log begins.
pub(crate) fn oldest(data: &Path, reader: &Reader) -> Result<Folded, String> {
    let seqs = snapshots::found(data).unwrap_or_default();
    let fitting =
        |seq| snapshots::fitting(data, seq, reader.log_id(), &|pos| reader.from(pos)).ok();
    let base = seqs.into_iter().rev().find_map(fitting);
    base.map(|base| base.folded).ok_or_else(|| {
        "the log is trimmed and none of its snapshots fits: put them back from the backup"
            .to_owned()
    })
}

pub(crate) fn is_trimmed(mut records: Records) -> bool {
    matches!(records.next(), Some(Ok(Record::Entry(kept))) if kept.seq > 1)
}

fn counts(out: &mut impl io::Write, replayed: Replayed) -> io::Result<()> {
    let Replayed { entries, compared, without_frame, differing } = replayed;
    writeln!(
        out,
        "decided {entries} compared {compared} without a frame {without_frame} differing {differing}"
    )
}

fn range(asked: &Asked) -> Result<Range, String> {
    let Some(day) = &asked.day else {
        let (from, to) = (asked.from.unwrap_or(1), asked.to.unwrap_or(u64::MAX));
        if from > to {
            return Err(format!("there is nothing from {from} to {to}: --from is the lower one"));
        }
        return Ok(Range::Seqs { from: Seq(from), to: Seq(to) });
    };
    let days = days(day).ok_or_else(|| {
        format!("{day} is no day: write it as 2026-11-22; days are those of UTC, from 1970 on")
    })?;
    Ok(Range::Moments { from: Moment(days * DAY), until: Moment((days + 1) * DAY) })
}

/// Days since 1970-01-01 of a day in the Gregorian calendar, up to 2500.
fn days(day: &str) -> Option<u64> {
    let mut parts = day.split('-');
    let mut next = |digits| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u64>().ok())?
    };
    let (year, month, date) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() || !(1970..2500).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = month as usize - 1;
    if date == 0 || date > months[before] {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(leap(year))).sum();
    Some(years + months[..before].iter().sum::<u64>() + date - 1)
}

fn line(difference: &Difference) -> Value {
    let Difference { seq, what, was, would_be, framed } = difference;
    json!({
        "seq": seq.0,
        "what": what,
        "was": was.as_ref().map(of_decision),
        "would_be": of_decision(would_be),
        "frame": framed,
    })
}

/// Nothing of a decision names anybody: an operator's name in a refusal is left out.
fn of_decision(decision: &Decision) -> Value {
    let why = |reasons: &[_]| reasons.iter().map(server::api::reason).collect::<Vec<_>>();
    match decision {
        Decision::Noted => json!({"decided": "noted"}),
        Decision::Void => json!({"decided": "void"}),
        Decision::Opened { priority, reasons } => {
            json!({"decided": "opened", "priority": priority, "reasons": why(reasons)})
        }
        Decision::Duplicate { of } => json!({"decided": "duplicate", "of": of.0}),
        Decision::Folded { alarm, priority, reasons } => json!({
            "decided": "folded", "alarm": alarm.0.0, "priority": priority, "reasons": why(reasons),
        }),
        Decision::Filed => json!({"decided": "filed"}),
        Decision::Attached { alarms } => json!({"decided": "attached", "alarms": alarms}),
        Decision::Done(done) => {
            json!({"decided": "done", "alarm": done.alarm.0.0, "version": done.version})
        }
        Decision::Refused(refusal) => json!({"decided": "refused", "why": of_refusal(refusal)}),
        Decision::ActAgain => json!({"decided": "act_again"}),
        Decision::SessionOpened => json!({"decided": "session_opened"}),
        Decision::SessionEnded { released } => {
            json!({"decided": "session_ended", "released": released})
        }
    }
}

fn of_refusal(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchAlarm => "no_such_alarm",
        Refusal::Taken { .. } => "taken",
        Refusal::Closed { .. } => "closed",
        Refusal::NotYours => "not_yours",
        Refusal::NoSession => "no_session",
        Refusal::NotAllowed => "not_allowed",
        Refusal::UnknownCode => "unknown_code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar_or_none() {
        let table = [
            ("1970-01-01", Some(0)),
            ("2000-02-29", Some(11_016)),
            ("2026-11-22", Some(20_779)),
            ("2100-02-29", None),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-11-31", None),
            ("2026-11-00", None),
            ("1969-12-31", None),
            ("2026-1-01", None),
            ("2026-11-22-1", None),
            ("+026-11-22", None),
            ("i dag", None),
        ];
        for (day, expected) in table {
            assert_eq!(days(day), expected, "{day}");
        }
    }
}
