//! The tables, and whether a file found on the disk is one to go on from.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::Trouble;
use super::keep::Retention;
use super::limits::{CACHE_KIB, WAL_BYTES};

/// Raised with every change of the tables or of how entries are folded into them: a file of another
/// version is folded anew.
pub(super) const VERSION: i64 = 1;

/// "Vard", so that another program's database is not taken for one of ours.
const APPLICATION: i64 = 0x5661_7264;

/// Numbers, codes, pseudonyms, ids of devices and operators' user names: no text about a person.
/// Moments are nanoseconds since the epoch; what is not known is NULL.
const TABLES: &str = "
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    log BLOB NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL, head BLOB NOT NULL,
    moment INTEGER NOT NULL, rules INTEGER NOT NULL, retention TEXT NOT NULL
) STRICT;
CREATE TABLE alarm (
    id INTEGER PRIMARY KEY,
    municipality INTEGER NOT NULL, person INTEGER, device TEXT NOT NULL,
    kind INTEGER NOT NULL, class INTEGER NOT NULL, priority INTEGER NOT NULL,
    opened INTEGER NOT NULL, received INTEGER NOT NULL, happened INTEGER,
    claimed INTEGER, claimed_by TEXT, closed INTEGER, closed_seq INTEGER, closed_by TEXT,
    cause INTEGER, action INTEGER, outcome INTEGER,
    signals INTEGER NOT NULL, path INTEGER NOT NULL, sender INTEGER NOT NULL,
    flags INTEGER NOT NULL, buffered INTEGER NOT NULL,
    durable INTEGER, receipt INTEGER, presented INTEGER, painted INTEGER
) STRICT;
CREATE INDEX alarm_municipality ON alarm (municipality, id);
CREATE INDEX alarm_opened ON alarm (opened, id);
CREATE INDEX alarm_device ON alarm (device, id);
CREATE INDEX alarm_person ON alarm (person, id) WHERE person IS NOT NULL;
CREATE INDEX alarm_closed ON alarm (class, closed) WHERE closed IS NOT NULL;
CREATE TABLE signal (
    seq INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL, became INTEGER NOT NULL, alarm INTEGER, copy_of INTEGER,
    municipality INTEGER NOT NULL, person INTEGER, device TEXT NOT NULL,
    kind INTEGER NOT NULL, class INTEGER NOT NULL,
    received INTEGER NOT NULL, happened INTEGER,
    path INTEGER NOT NULL, sender INTEGER NOT NULL, flags INTEGER NOT NULL, buffered INTEGER NOT NULL,
    durable INTEGER, receipt INTEGER, presented INTEGER, painted INTEGER
) STRICT;
CREATE INDEX signal_alarm ON signal (alarm, seq) WHERE alarm IS NOT NULL;
CREATE INDEX signal_attached ON signal (device, seq) WHERE became = 4;
CREATE INDEX signal_person ON signal (person) WHERE person IS NOT NULL;
CREATE INDEX signal_age ON signal (class, moment) WHERE alarm IS NULL;
CREATE TABLE act (
    seq INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL, alarm INTEGER NOT NULL, verb INTEGER NOT NULL,
    session BLOB NOT NULL, operator TEXT, result INTEGER NOT NULL,
    cause INTEGER, action INTEGER, outcome INTEGER
) STRICT;
CREATE INDEX act_alarm ON act (alarm, seq);
CREATE TABLE session (
    id BLOB PRIMARY KEY,
    operator TEXT NOT NULL, role INTEGER NOT NULL,
    opened INTEGER NOT NULL, expires INTEGER NOT NULL, ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE counted (
    seq INTEGER PRIMARY KEY,
    moment INTEGER NOT NULL, source TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, refused INTEGER NOT NULL, rubbish INTEGER NOT NULL
) STRICT;
CREATE TABLE erased (person INTEGER PRIMARY KEY) STRICT;
CREATE TABLE statistics (
    hour INTEGER NOT NULL, municipality INTEGER NOT NULL, kind INTEGER NOT NULL,
    opened INTEGER NOT NULL, folded INTEGER NOT NULL, filed INTEGER NOT NULL, attached INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, refused INTEGER NOT NULL, rubbish INTEGER NOT NULL,
    claimed INTEGER NOT NULL, claim_longest INTEGER NOT NULL,
    closed INTEGER NOT NULL, close_longest INTEGER NOT NULL,
    PRIMARY KEY (hour, municipality, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE took (
    hour INTEGER NOT NULL, municipality INTEGER NOT NULL, kind INTEGER NOT NULL,
    what INTEGER NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (hour, municipality, kind, what, bucket)
) STRICT, WITHOUT ROWID;
";

/// Up to where the log is folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) log: [u8; 16],
    pub(super) seq: u64,
    pub(super) pos: u64,
    pub(super) head: [u8; 32],
    pub(super) moment: u64,
    pub(super) rules: u32,
}

impl At {
    /// Before the first entry of a log.
    pub(super) fn start(log: [u8; 16]) -> Self {
        Self { log, seq: 0, pos: 0, head: [0; 32], moment: 0, rules: 0 }
    }
}

/// Why a file that is there is not gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Its bytes are not what was written, or not a database.
    Damaged,
    /// Made by another version of the tables.
    Version,
    /// Made with other times of keeping.
    Retention,
    /// Of another log.
    OtherLog,
    /// The log does not hold what it was made from: it is ahead, or the log was restored from an older copy.
    Ahead,
}

impl Unfit {
    /// As it is told.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::Version => "of another version",
            Self::Retention => "made with other times of keeping",
            Self::OtherLog => "of another log",
            Self::Ahead => "ahead of the log",
        }
    }

    /// Whether somebody may want to look at the file: it is kept beside the new one.
    pub(super) const fn is_kept(self) -> bool {
        matches!(self, Self::Damaged | Self::OtherLog | Self::Ahead)
    }
}

/// What stands at a path.
pub(super) enum Found {
    Missing,
    Unfit(Unfit),
    Fit(Connection, At),
}

/// Looks at a file, `deep` at every page of it. `stop` ends a long look with an error.
pub(super) fn look(
    file: &Path,
    log: [u8; 16],
    retention: &Retention,
    deep: bool,
    stop: &Arc<AtomicBool>,
) -> Result<Found, Trouble> {
    if !file.exists() {
        return Ok(Found::Missing);
    }
    match judge(file, retention, deep, stop) {
        Ok(Ok((_, at))) if at.log != log => Ok(Found::Unfit(Unfit::OtherLog)),
        Ok(Ok((connection, at))) => Ok(Found::Fit(connection, at)),
        Ok(Err(unfit)) => Ok(Found::Unfit(unfit)),
        Err(why) if is_damage(&why) => Ok(Found::Unfit(Unfit::Damaged)),
        Err(why) => Err(why.into()),
    }
}

fn judge(
    file: &Path,
    retention: &Retention,
    deep: bool,
    stop: &Arc<AtomicBool>,
) -> rusqlite::Result<Result<(Connection, At), Unfit>> {
    let connection = connect(file, stop)?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id")? != APPLICATION {
        return Ok(Err(Unfit::Damaged));
    }
    if pragma("user_version")? != VERSION {
        return Ok(Err(Unfit::Version));
    }
    if deep {
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Ok(Err(Unfit::Damaged));
        }
    }
    let Some((at, kept)) = read_meta(&connection)? else { return Ok(Err(Unfit::Damaged)) };
    if kept != retention.text() {
        return Ok(Err(Unfit::Retention));
    }
    Ok(Ok((connection, at)))
}

/// Makes a new file with empty tables, its owner's alone.
pub(super) fn create(
    file: &Path,
    at: &At,
    retention: &Retention,
    stop: &Arc<AtomicBool>,
) -> Result<Connection, Trouble> {
    make_private(file)?;
    let made = fill(file, at, retention, stop);
    if made.is_err() {
        // Half made, it would be taken for a damaged one. If it cannot be removed either, it is.
        let _ = std::fs::remove_file(file);
    }
    Ok(made?)
}

fn fill(
    file: &Path,
    at: &At,
    retention: &Retention,
    stop: &Arc<AtomicBool>,
) -> rusqlite::Result<Connection> {
    let mut connection = connect(file, stop)?;
    let made = connection.transaction()?;
    made.execute_batch(TABLES)?;
    made.execute(
        "INSERT INTO meta (one, log, seq, pos, head, moment, rules, retention)
         VALUES (1, ?1, 0, 0, ?2, 0, 0, ?3)",
        params![at.log, at.head, retention.text()],
    )?;
    made.pragma_update(None, "application_id", APPLICATION)?;
    made.pragma_update(None, "user_version", VERSION)?;
    made.commit()?;
    Ok(connection)
}

fn make_private(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // SQLite gives its other files the rights of this one.
    let options = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).clone();
    options.open(file).map(|_| ())
}

fn connect(file: &Path, stop: &Arc<AtomicBool>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // It is folded again from the log if the last transactions are lost with the power.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // What is deleted is overwritten: the pseudonym of an erased person among it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let stop = Arc::clone(stop);
    connection.progress_handler(100_000, Some(move || stop.load(Ordering::Relaxed)))?;
    Ok(connection)
}

/// Up to where the log is folded, and the times of keeping it was folded with.
fn read_meta(connection: &Connection) -> rusqlite::Result<Option<(At, String)>> {
    let columns = "SELECT log, seq, pos, head, moment, rules, retention FROM meta";
    let read = |row: &rusqlite::Row<'_>| {
        let at = At {
            log: row.get(0)?,
            seq: row.get::<_, i64>(1)?.cast_unsigned(),
            pos: row.get::<_, i64>(2)?.cast_unsigned(),
            head: row.get(3)?,
            moment: row.get::<_, i64>(4)?.cast_unsigned(),
            rules: row.get(5)?,
        };
        Ok((at, row.get(6)?))
    };
    connection.query_row(columns, [], read).optional()
}

/// Notes up to where the log is folded; in the transaction of what was folded.
pub(super) fn write_meta(connection: &Connection, at: &At) -> rusqlite::Result<()> {
    let sql = "UPDATE meta SET seq = ?1, pos = ?2, head = ?3, moment = ?4, rules = ?5";
    let (seq, pos) = (at.seq.cast_signed(), at.pos.cast_signed());
    connection
        .prepare_cached(sql)?
        .execute(params![seq, pos, at.head, at.moment.cast_signed(), at.rules])
        .map(|_| ())
}

/// Whether an error says that the file is not what was written.
pub(super) fn is_damage(why: &rusqlite::Error) -> bool {
    let code = why.sqlite_error_code();
    let structure = matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation)
    );
    // A column of another type, a table or a row that is gone: tables are STRICT and ours alone.
    structure
        || matches!(
            why,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::QueryReturnedNoRows
        )
        || (code == Some(ErrorCode::Unknown) && why.to_string().contains("no such"))
}
