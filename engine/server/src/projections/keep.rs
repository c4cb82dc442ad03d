//! How long rows are kept. Decided by the log's own Moments, so that a rebuild deletes what following did.

use rusqlite::{Transaction, params};

/// Days a row is kept, by class; `None`: as long as the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// By class, in the order of its numbers: life-safety, person, technical, telemetry, test.
    pub classes: [Option<u32>; 5],
    /// Acts, sessions and counts of sources.
    pub acts: Option<u32>,
}

const DAY: u64 = 24 * 3_600 * 1_000_000_000;

impl Retention {
    /// As it is noted in the database: other times, another content.
    pub(super) fn text(&self) -> String {
        let word =
            |days: &Option<u32>| days.map_or_else(|| "-".to_owned(), |days| days.to_string());
        let mut words: Vec<String> = self.classes.iter().map(word).collect();
        words.push(word(&self.acts));
        words.join(" ")
    }

    /// Deletes what is over when an entry begins a new day (UTC) of the log.
    pub(super) fn at_entry(
        &self,
        from: u64,
        to: u64,
        tables: &Transaction<'_>,
    ) -> rusqlite::Result<()> {
        if from / DAY == to / DAY {
            return Ok(());
        }
        let today = to / DAY * DAY;
        let before = |days: u32| today.saturating_sub(u64::from(days) * DAY).cast_signed();
        for (class, days) in (0_i64..).zip(&self.classes) {
            if let Some(days) = days {
                delete_class(tables, class, before(*days))?;
            }
        }
        self.acts.map_or(Ok(()), |days| delete_acts(tables, before(days)))
    }
}

/// An alarm goes whole, counted from its close; what opened none goes by its own age. An open one stays.
fn delete_class(tables: &Transaction<'_>, class: i64, before: i64) -> rusqlite::Result<()> {
    let over = "(SELECT id FROM alarm WHERE class = ?1 AND closed < ?2)";
    for sql in [
        format!("DELETE FROM signal WHERE alarm IN {over}"),
        format!("DELETE FROM act WHERE alarm IN {over}"),
        "DELETE FROM alarm WHERE class = ?1 AND closed < ?2".to_owned(),
        "DELETE FROM signal WHERE class = ?1 AND moment < ?2 AND alarm IS NULL".to_owned(),
    ] {
        tables.prepare_cached(&sql)?.execute(params![class, before])?;
    }
    Ok(())
}

fn delete_acts(tables: &Transaction<'_>, before: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM act WHERE moment < ?1",
        "DELETE FROM session WHERE expires < ?1",
        "DELETE FROM counted WHERE moment < ?1",
    ] {
        tables.prepare_cached(sql)?.execute(params![before])?;
    }
    Ok(())
}
