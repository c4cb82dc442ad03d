//! Questions about alarms: a search, page by page from the newest, and one alarm's whole timeline.

use central::entry::{Flags, Scope};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::ask::{Asker, Unanswered};
use super::limits::{PAGE, TIMELINE};

/// Which alarms; what is `None` does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Of this municipality.
    pub municipality: Option<u16>,
    /// Of this device.
    pub device: Option<String>,
    /// Of this kind.
    pub kind: Option<u16>,
    /// Of this person, by pseudonym.
    pub person: Option<u64>,
    /// Opened at this Moment or later.
    pub from: Option<u64>,
    /// Opened before this Moment.
    pub to: Option<u64>,
    /// Closed with this cause.
    pub cause: Option<u16>,
    /// Closed with this action.
    pub action: Option<u16>,
    /// Closed with this outcome.
    pub outcome: Option<u16>,
    /// First claimed or closed by this operator.
    pub operator: Option<String>,
    /// Open, or closed.
    pub open: Option<bool>,
    /// Older than this alarm: where the page before ended.
    pub before: Option<u64>,
    /// So many, at most [`PAGE`].
    pub limit: Option<usize>,
}

/// An alarm as history tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its id.
    pub id: u64,
    /// Whose data it is.
    pub municipality: u16,
    /// Whom it helps, where known and not erased.
    pub person: Option<u64>,
    /// Who sent it.
    pub device: String,
    /// The kind that opened it.
    pub kind: u16,
    /// Its class, by number.
    pub class: u8,
    /// The most urgent it was.
    pub priority: u8,
    /// Where its opening signal is in time, by the log.
    pub opened: u64,
    /// T1 of the opening signal.
    pub received: u64,
    /// When it happened by the device's clock.
    pub happened: Option<u64>,
    /// First claim: when, by whom.
    pub claimed: Option<(u64, Option<String>)>,
    /// Close: when, by whom.
    pub closed: Option<(u64, Option<String>)>,
    /// Cause, action, outcome.
    pub codes: Option<(u16, u16, u16)>,
    /// Signals in it.
    pub signals: u32,
    /// How the opening signal read.
    pub flags: Flags,
    /// By which path, by number.
    pub path: u8,
    /// How sure the sender was, by number.
    pub sender: u8,
    /// It had waited in the device.
    pub buffered: bool,
    /// T2, T2r, T4, T4p of the opening signal, where measured.
    pub hops: [Option<u64>; 4],
}

/// One signal of an alarm's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its place in the log.
    pub seq: u64,
    /// Its Moment in the log.
    pub moment: u64,
    /// What it became, by number.
    pub became: u8,
    /// Its kind.
    pub kind: u16,
    /// T1.
    pub received: u64,
    /// When it happened by the device's clock.
    pub happened: Option<u64>,
    /// By which path, by number.
    pub path: u8,
    /// T2, T2r, T4, T4p, where measured.
    pub hops: [Option<u64>; 4],
}

/// One act on an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its place in the log.
    pub seq: u64,
    /// Its Moment in the log.
    pub moment: u64,
    /// 0 claim, 1 release, 2 close.
    pub verb: u8,
    /// Who; `None`: a session the log did not know.
    pub operator: Option<String>,
    /// What came of it, by number.
    pub result: u8,
    /// Cause, action, outcome of a close.
    pub codes: Option<(u16, u16, u16)>,
}

/// Everything about one alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The alarm.
    pub alarm: Alarm,
    /// Its signals and those that were shown on it, oldest first.
    pub signals: Vec<Signal>,
    /// Its acts, refused ones too, oldest first.
    pub acts: Vec<Act>,
    /// There are more than [`TIMELINE`] of either.
    pub cut: bool,
}

const ALARM: &str = "id, municipality, person, device, kind, class, priority, opened, received, happened,
    claimed, claimed_by, closed, closed_by, cause, action, outcome, signals, flags, path, sender, buffered,
    durable, receipt, presented, painted";

impl Asker {
    /// Alarms within a scope, newest first, and whether there are older ones.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn alarms(&self, search: &Search, scope: &Scope) -> Result<(Vec<Alarm>, bool), Unanswered> {
        let limit = search.limit.unwrap_or(PAGE).clamp(1, PAGE);
        self.ask(|tables| {
            let Some((conditions, values)) = conditions(search, scope, tables)? else {
                return Ok((Vec::new(), false));
            };
            let more = limit + 1;
            let sql = format!(
                "SELECT {ALARM} FROM alarm WHERE {conditions} ORDER BY id DESC LIMIT {more}"
            );
            let mut found = tables.prepare_cached(&sql)?;
            let found = found.query_map(params_from_iter(values), alarm)?;
            let mut found: Vec<Alarm> = found.collect::<rusqlite::Result<_>>()?;
            let older = found.len() > limit;
            found.truncate(limit);
            Ok((found, older))
        })
    }

    /// One alarm's timeline; `None`: there is none, or it is outside the scope.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub fn timeline(&self, id: u64, scope: &Scope) -> Result<Option<Timeline>, Unanswered> {
        self.ask(|tables| {
            let sql = format!("SELECT {ALARM} FROM alarm WHERE id = ?1");
            let mut found = tables.prepare_cached(&sql)?;
            let found = found.query_row([id.cast_signed()], alarm).optional()?;
            let covered =
                |alarm: &Alarm| scope.covers(central::words::Municipality(alarm.municipality));
            let Some(alarm) = found.filter(covered) else { return Ok(None) };
            let (signals, acts) = (signals(&alarm, tables)?, acts(id, tables)?);
            let cut = signals.len() > TIMELINE || acts.len() > TIMELINE;
            let mut timeline = Timeline { alarm, signals, acts, cut };
            timeline.signals.truncate(TIMELINE);
            timeline.acts.truncate(TIMELINE);
            Ok(Some(timeline))
        })
    }
}

/// The WHERE of a search; `None`: nothing can be found.
fn conditions(
    search: &Search,
    scope: &Scope,
    tables: &Connection,
) -> rusqlite::Result<Option<(String, Vec<Value>)>> {
    let mut all = vec![scope_condition(scope, "municipality")];
    let mut values: Vec<Value> = Vec::new();
    {
        let mut narrow = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                values.push(value);
                all.push(condition.replace('?', &format!("?{}", values.len())));
            }
        };
        let number = |n: Option<u16>| n.map(|n| Value::from(i64::from(n)));
        narrow("municipality = ?", number(search.municipality));
        narrow("device = ?", search.device.clone().map(Value::from));
        narrow("kind = ?", number(search.kind));
        narrow("person = ?", search.person.map(|person| person.cast_signed().into()));
        narrow("cause = ?", number(search.cause));
        narrow("action = ?", number(search.action));
        narrow("outcome = ?", number(search.outcome));
        narrow("(claimed_by = ? OR closed_by = ?)", search.operator.clone().map(Value::from));
        narrow("id < ?", search.before.map(|id| id.cast_signed().into()));
    }
    match search.open {
        Some(true) => all.push("closed IS NULL".to_owned()),
        Some(false) => all.push("closed IS NOT NULL".to_owned()),
        None => {}
    }
    // Alarms are opened in the order of their ids: a time is a range of ids, found by an index.
    for (moment, which, side) in [
        (search.from, "SELECT min(id) FROM alarm WHERE opened >= ?1", ">="),
        (search.to, "SELECT max(id) FROM alarm WHERE opened < ?1", "<="),
    ] {
        let Some(moment) = moment else { continue };
        let edge = tables
            .prepare_cached(which)?
            .query_row([moment.cast_signed()], |row| row.get::<_, Option<i64>>(0))?;
        let Some(edge) = edge else { return Ok(None) };
        all.push(format!("id {side} {edge}"));
    }
    Ok(Some((all.join(" AND "), values)))
}

/// Numbers only: nothing a caller wrote stands in the SQL.
pub(super) fn scope_condition(scope: &Scope, column: &str) -> String {
    match scope {
        Scope::All => "1".to_owned(),
        Scope::Only(some) => {
            let numbers = some.iter().filter(|number| number.0 != 0);
            let numbers: Vec<String> = numbers.map(|number| number.0.to_string()).collect();
            format!("{column} IN ({})", numbers.join(", "))
        }
    }
}

fn alarm(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    let moment = |at: usize| moment_at(row, at);
    let by = |at: usize| row.get::<_, Option<String>>(at);
    let with = |at: Option<u64>, by: Option<String>| at.map(|at| (at, by));
    Ok(Alarm {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        municipality: row.get(1)?,
        person: moment(2)?,
        device: row.get(3)?,
        kind: row.get(4)?,
        class: row.get(5)?,
        priority: row.get(6)?,
        opened: moment(7)?.unwrap_or_default(),
        received: moment(8)?.unwrap_or_default(),
        happened: moment(9)?,
        claimed: with(moment(10)?, by(11)?),
        closed: with(moment(12)?, by(13)?),
        codes: codes_at(row, 14)?,
        signals: row.get(17)?,
        flags: Flags(row.get(18)?),
        path: row.get(19)?,
        sender: row.get(20)?,
        buffered: row.get(21)?,
        hops: [moment(22)?, moment(23)?, moment(24)?, moment(25)?],
    })
}

fn moment_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(i64::cast_unsigned))
}

fn codes_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<(u16, u16, u16)>> {
    let code = |at: usize| row.get::<_, Option<u16>>(at);
    Ok(code(at)?
        .zip(code(at + 1)?)
        .zip(code(at + 2)?)
        .map(|((cause, action), outcome)| (cause, action, outcome)))
}

/// Those in it, and the withdrawals and restores of its device while it was open.
fn signals(alarm: &Alarm, tables: &Connection) -> rusqlite::Result<Vec<Signal>> {
    let columns =
        "seq, moment, became, kind, received, happened, path, durable, receipt, presented, painted";
    let sql = format!(
        "SELECT {columns} FROM signal WHERE alarm = ?1
         UNION ALL
         SELECT {columns} FROM signal WHERE became = 4 AND device = ?2 AND municipality = ?3
            AND seq > ?1 AND seq < coalesce((SELECT closed_seq FROM alarm WHERE id = ?1), seq + 1)
         ORDER BY seq LIMIT {}",
        TIMELINE + 1
    );
    let read = |row: &Row<'_>| {
        let moment = |at: usize| moment_at(row, at);
        Ok(Signal {
            seq: moment(0)?.unwrap_or_default(),
            moment: moment(1)?.unwrap_or_default(),
            became: row.get(2)?,
            kind: row.get(3)?,
            received: moment(4)?.unwrap_or_default(),
            happened: moment(5)?,
            path: row.get(6)?,
            hops: [moment(7)?, moment(8)?, moment(9)?, moment(10)?],
        })
    };
    let mut found = tables.prepare_cached(&sql)?;
    let of = params![alarm.id.cast_signed(), alarm.device, alarm.municipality];
    found.query_map(of, read)?.collect()
}

fn acts(alarm: u64, tables: &Connection) -> rusqlite::Result<Vec<Act>> {
    let sql = format!(
        "SELECT seq, moment, verb, operator, result, cause, action, outcome FROM act
         WHERE alarm = ?1 ORDER BY seq LIMIT {}",
        TIMELINE + 1
    );
    let read = |row: &Row<'_>| {
        Ok(Act {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            moment: row.get::<_, i64>(1)?.cast_unsigned(),
            verb: row.get(2)?,
            operator: row.get(3)?,
            result: row.get(4)?,
            codes: codes_at(row, 5)?,
        })
    };
    let mut found = tables.prepare_cached(&sql)?;
    found.query_map([alarm.cast_signed()], read)?.collect()
}
