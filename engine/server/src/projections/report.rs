//! Statistics: counts and times, grouped by day, hour, municipality or kind.

use std::collections::BTreeMap;

use central::entry::Scope;
use rusqlite::{Connection, Row, params_from_iter};

use super::ask::{Asker, Unanswered};
use super::history::scope_condition;
use super::limits::GROUPS;
use super::tally::{What, longest_in};

/// Below so many samples the longest time is told beside the percentiles.
const FEW: u64 = 1_000;
const HOUR: u64 = 3_600 * 1_000_000_000;

/// What makes a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Days since the epoch, UTC.
    Day,
    /// Hours since the epoch, UTC.
    Hour,
    /// Municipality number.
    Municipality,
    /// Kind number; -1: not told.
    Kind,
}

/// Which counts.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// What makes a group.
    pub by: By,
    /// From the hour of this Moment.
    pub from: u64,
    /// To the hour that ends at or after this Moment, not included.
    pub to: u64,
    /// Of this municipality.
    pub municipality: Option<u16>,
    /// Of this kind.
    pub kind: Option<u16>,
}

/// Times of one sort, in milliseconds; at most a sixteenth too long, never too short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How many were timed.
    pub n: u64,
    /// Half took at most this.
    pub median: u64,
    /// Nine of ten took at most this.
    pub p90: u64,
    /// The longest, exactly; told below 1 000 samples.
    pub longest: Option<u64>,
}

/// One group's counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// See [`By`].
    pub key: i64,
    /// Alarms opened.
    pub opened: u64,
    /// Repeats folded into one.
    pub folded: u64,
    /// Filed.
    pub filed: u64,
    /// Filed and shown on open alarms.
    pub attached: u64,
    /// Copies.
    pub duplicates: u64,
    /// Refused at the door: kind and municipality are not told.
    pub refused: u64,
    /// Of no protocol, likewise.
    pub rubbish: u64,
    /// From the first signal of the alarms opened then to their first claim.
    pub claim: Times,
    /// And to their close.
    pub close: Times,
}

impl Asker {
    /// Counts within a scope, by group; and whether there are more than [`GROUPS`].
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn statistics(
        &self,
        asked: &Asked,
        scope: &Scope,
    ) -> Result<(Vec<Group>, bool), Unanswered> {
        self.ask(|tables| {
            let mut groups = counts(asked, scope, tables)?;
            let more = groups.len() > GROUPS;
            groups.truncate(GROUPS);
            let buckets = buckets(asked, scope, tables)?;
            for group in &mut groups {
                for (what, times) in
                    [(What::Claim, &mut group.claim), (What::Close, &mut group.close)]
                {
                    if let Some(buckets) = buckets.get(&(group.key, what as u8)) {
                        judge(times, buckets);
                    }
                }
            }
            Ok((groups, more))
        })
    }
}

/// Percentiles from buckets; `times` holds the longest.
fn judge(times: &mut Times, buckets: &[(u32, u64)]) {
    let longest = times.longest.unwrap_or(0);
    times.n = buckets.iter().map(|(_, n)| n).sum();
    let at = |rank: u64| {
        let mut passed = 0;
        let reached = buckets.iter().find(|(_, n)| {
            passed += n;
            passed >= rank
        });
        reached.map_or(0, |(bucket, _)| longest_in(*bucket).min(longest))
    };
    times.median = at(times.n.div_ceil(2));
    times.p90 = at((times.n * 9).div_ceil(10));
    times.longest = (times.n < FEW).then_some(longest);
}

fn key(by: By) -> &'static str {
    match by {
        By::Day => "hour / 24",
        By::Hour => "hour",
        By::Municipality => "municipality",
        By::Kind => "kind",
    }
}

/// The FROM's conditions and their values.
fn conditions(asked: &Asked, scope: &Scope) -> (String, Vec<i64>) {
    let mut values = vec![(asked.from / HOUR).cast_signed(), asked.to.div_ceil(HOUR).cast_signed()];
    let mut all =
        format!("hour >= ?1 AND hour < ?2 AND {}", scope_condition(scope, "municipality"));
    let narrow = [("municipality", asked.municipality), ("kind", asked.kind)];
    for (column, value) in narrow {
        if let Some(value) = value {
            values.push(value.into());
            all = format!("{all} AND {column} = ?{}", values.len());
        }
    }
    (all, values)
}

fn counts(asked: &Asked, scope: &Scope, tables: &Connection) -> rusqlite::Result<Vec<Group>> {
    let (conditions, values) = conditions(asked, scope);
    let sql = format!(
        "SELECT {} AS key, sum(opened), sum(folded), sum(filed), sum(attached), sum(duplicates),
            sum(refused), sum(rubbish), max(claim_longest), max(close_longest)
         FROM statistics WHERE {conditions} GROUP BY key ORDER BY key LIMIT {}",
        key(asked.by),
        GROUPS + 1
    );
    let read = |row: &Row<'_>| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let longest = |at: usize| count(at).map(|n| Times { longest: Some(n), ..Times::default() });
        Ok(Group {
            key: row.get(0)?,
            opened: count(1)?,
            folded: count(2)?,
            filed: count(3)?,
            attached: count(4)?,
            duplicates: count(5)?,
            refused: count(6)?,
            rubbish: count(7)?,
            claim: longest(8)?,
            close: longest(9)?,
        })
    };
    let mut found = tables.prepare_cached(&sql)?;
    let found = found.query_map(params_from_iter(values), read)?;
    let mut groups: Vec<Group> = found.collect::<rusqlite::Result<_>>()?;
    for group in &mut groups {
        // Nothing was timed: there is no longest.
        for times in [&mut group.claim, &mut group.close] {
            times.longest = times.longest.filter(|longest| *longest > 0);
        }
    }
    Ok(groups)
}

/// By group and what was timed: buckets in order, with how many are in each.
type Buckets = BTreeMap<(i64, u8), Vec<(u32, u64)>>;

fn buckets(asked: &Asked, scope: &Scope, tables: &Connection) -> rusqlite::Result<Buckets> {
    let (conditions, values) = conditions(asked, scope);
    let sql = format!(
        "SELECT {} AS key, what, bucket, sum(n) FROM took WHERE {conditions}
         GROUP BY key, what, bucket ORDER BY key, what, bucket",
        key(asked.by)
    );
    let mut found = tables.prepare_cached(&sql)?;
    let mut rows = found.query(params_from_iter(values))?;
    let mut buckets = Buckets::new();
    while let Some(row) = rows.next()? {
        let n = row.get::<_, i64>(3)?.cast_unsigned();
        buckets.entry((row.get(0)?, row.get(1)?)).or_default().push((row.get(2)?, n));
    }
    Ok(buckets)
}

#[cfg(test)]
mod tests {
    use super::super::tally::bucket;
    use super::*;

    #[test]
    fn percentiles_are_never_too_short_and_at_most_a_sixteenth_too_long() {
        let took: Vec<u64> = (1..=999).map(|n| n * 37).collect();
        let mut counted: BTreeMap<u32, u64> = BTreeMap::new();
        for millis in &took {
            *counted.entry(bucket(*millis)).or_default() += 1;
        }
        let buckets: Vec<(u32, u64)> = counted.into_iter().collect();
        let mut times = Times { longest: took.last().copied(), ..Times::default() };
        judge(&mut times, &buckets);
        let near = |told: u64, exact: u64| told >= exact && told - exact <= exact / 16;
        assert!(near(times.median, took[499]) && near(times.p90, took[899]), "{times:?}");
        assert_eq!((times.n, times.longest), (999, Some(999 * 37)));
        let mut many = Times { longest: Some(5), ..Times::default() };
        judge(&mut many, &[(5, 1_000)]);
        assert_eq!(many, Times { n: 1_000, median: 5, p90: 5, longest: None });
    }
}
