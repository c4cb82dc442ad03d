//! Counts and times by hour, municipality and kind, gathered in memory and added once a transaction.

use std::collections::BTreeMap;

use central::entry::Counted;
use rusqlite::{Transaction, params};

const HOUR: u64 = 3_600 * 1_000_000_000;

/// The kind of what told none: refusals and rubbish are counted before they are read.
pub(super) const NO_KIND: i32 = -1;

/// What a signal is counted as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Opened,
    Folded,
    Filed,
    Attached,
    Duplicates,
}

/// What is timed, as column `what`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Claim = 0,
    Close = 1,
}

/// Hour since the epoch (UTC), municipality, kind.
type Place = (u64, u16, i32);

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    opened: u64,
    folded: u64,
    filed: u64,
    attached: u64,
    duplicates: u64,
    refused: u64,
    rubbish: u64,
    /// By [`What`]: how many, and the longest in milliseconds.
    took: [(u64, u64); 2],
}

/// What is not yet in the tables.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    rows: BTreeMap<Place, Row>,
    took: BTreeMap<(Place, What, u32), u64>,
}

impl Tallies {
    pub(super) fn count(&mut self, moment: u64, municipality: u16, kind: i32, count: Count) {
        let row = self.rows.entry((moment / HOUR, municipality, kind)).or_default();
        let column = match count {
            Count::Opened => &mut row.opened,
            Count::Folded => &mut row.folded,
            Count::Filed => &mut row.filed,
            Count::Attached => &mut row.attached,
            Count::Duplicates => &mut row.duplicates,
        };
        *column += 1;
    }

    /// What the gate counted: of which municipality and kind it was is not told.
    pub(super) fn counted(&mut self, moment: u64, counted: &Counted) {
        let row = self.rows.entry((moment / HOUR, 0, NO_KIND)).or_default();
        row.duplicates += u64::from(counted.duplicates);
        row.refused += u64::from(counted.refused);
        row.rubbish += u64::from(counted.rubbish);
    }

    /// `millis` from an alarm's first signal to its first claim, or to its close.
    pub(super) fn took(
        &mut self,
        opened: u64,
        municipality: u16,
        kind: i32,
        what: What,
        millis: u64,
    ) {
        let place = (opened / HOUR, municipality, kind);
        let (n, longest) = &mut self.rows.entry(place).or_default().took[what as usize];
        *n += 1;
        *longest = (*longest).max(millis);
        *self.took.entry((place, what, bucket(millis))).or_default() += 1;
    }

    /// Adds everything to the tables.
    pub(super) fn flush(&mut self, tables: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut add = tables.prepare_cached(
            "INSERT INTO statistics VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT DO UPDATE SET opened = opened + excluded.opened, folded = folded + excluded.folded,
                filed = filed + excluded.filed, attached = attached + excluded.attached,
                duplicates = duplicates + excluded.duplicates, refused = refused + excluded.refused,
                rubbish = rubbish + excluded.rubbish, claimed = claimed + excluded.claimed,
                claim_longest = max(claim_longest, excluded.claim_longest),
                closed = closed + excluded.closed, close_longest = max(close_longest, excluded.close_longest)",
        )?;
        for ((hour, municipality, kind), row) in std::mem::take(&mut self.rows) {
            let [claimed, closed] = row.took;
            let sums = [row.opened, row.folded, row.filed, row.attached, row.duplicates];
            let sums = sums.map(u64::cast_signed);
            let rest = [row.refused, row.rubbish, claimed.0, claimed.1, closed.0, closed.1];
            let rest = rest.map(u64::cast_signed);
            add.execute(params![
                hour.cast_signed(),
                municipality,
                kind,
                sums[0],
                sums[1],
                sums[2],
                sums[3],
                sums[4],
                rest[0],
                rest[1],
                rest[2],
                rest[3],
                rest[4],
                rest[5],
            ])?;
        }
        let mut add = tables.prepare_cached(
            "INSERT INTO took VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        )?;
        for (((hour, municipality, kind), what, bucket), n) in std::mem::take(&mut self.took) {
            let (hour, n) = (hour.cast_signed(), n.cast_signed());
            add.execute(params![hour, municipality, kind, what as u8, bucket, n])?;
        }
        Ok(())
    }
}

/// Sixteen buckets for each doubling: what is read back is at most a sixteenth too long.
pub(super) fn bucket(millis: u64) -> u32 {
    if millis < 16 {
        return millis as u32;
    }
    let power = millis.ilog2();
    (power - 3) * 16 + (millis >> (power - 4)) as u32 - 16
}

/// The longest time in a bucket, in milliseconds.
pub(super) fn longest_in(bucket: u32) -> u64 {
    if bucket < 16 {
        return u64::from(bucket);
    }
    let (power, part) = (bucket / 16 + 3, u64::from(bucket % 16));
    let next = u128::from(16 + part + 1) << (power - 4);
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_bucket_that_ends_at_most_a_sixteenth_later() {
        let mut last = None;
        let times = (0..5_000).chain((0..64).flat_map(|power| {
            let at = 1_u64 << power;
            [at - 1, at, at + 1, at.saturating_add(at / 3)]
        }));
        let mut times: Vec<u64> = times.chain([u64::MAX]).collect();
        times.sort_unstable();
        for millis in times {
            let at = bucket(millis);
            let end = longest_in(at);
            assert!(end >= millis && end - millis <= millis / 16, "{millis} in {at} ending {end}");
            assert!(last.is_none_or(|last| at >= last), "{millis}");
            last = Some(at);
        }
    }
}
