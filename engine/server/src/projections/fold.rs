//! One entry and what was decided about it → rows.
//!
//! What an entry did is taken from its decision; nothing is decided here.

use central::Decision;
use central::entry::{Act, Attributed, Counted, Entry, Hop, SessionOpened, Signal, Verb};
use central::kind::Class;
use central::output::{Reason, Refusal};
use central::triage;
use central::words::{Moment, PersonId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::tally::{Count, Tallies, What};

/// What a signal became, as column `became`.
pub(super) mod became {
    pub(crate) const OPENED: u8 = 0;
    pub(crate) const FOLDED: u8 = 1;
    pub(crate) const DUPLICATE: u8 = 2;
    pub(crate) const FILED: u8 = 3;
    pub(crate) const ATTACHED: u8 = 4;
}

/// What came of an act, as column `result`; the words of the API stand in `history`.
pub(super) mod result {
    pub(crate) const DONE: u8 = 0;
    pub(crate) const NO_SUCH_ALARM: u8 = 1;
    pub(crate) const TAKEN: u8 = 2;
    pub(crate) const CLOSED: u8 = 3;
    pub(crate) const NOT_YOURS: u8 = 4;
    pub(crate) const NO_SESSION: u8 = 5;
    pub(crate) const NOT_ALLOWED: u8 = 6;
    pub(crate) const UNKNOWN_CODE: u8 = 7;
}

type Done = rusqlite::Result<()>;

/// Folds one transaction's entries.
pub(super) struct Fold<'a> {
    pub(super) tables: &'a Transaction<'a>,
    pub(super) tallies: &'a mut Tallies,
    pub(super) rules: &'a mut u32,
}

impl Fold<'_> {
    /// Folds the entry `seq`, which the log put at `moment`.
    pub(super) fn entry(&mut self, seq: u64, moment: u64, entry: &Entry, was: &Decision) -> Done {
        match entry {
            Entry::Signal(signal) => self.signal(seq, moment, signal, was),
            Entry::Act(act) => self.act(seq, moment, act, was),
            Entry::Counted(counted) => self.counted(seq, moment, counted),
            Entry::SessionOpened(opened) => self.session(moment, opened, was),
            Entry::SessionEnded(id) => {
                let sql = "UPDATE session SET ended = ?2 WHERE id = ?1 AND ended IS NULL";
                self.run(sql, params![id.0, int(moment)])
            }
            Entry::Hops(hops) => hops.iter().try_for_each(|hop| self.hop(hop)),
            Entry::Attributed(to) if *was != Decision::Void => self.attributed(to),
            Entry::Erased(person) => self.erased(*person),
            Entry::Rules(n) => {
                *self.rules = *n;
                Ok(())
            }
            // What is no alarm's history: starts, ticks, persons' sealed parts, who looked.
            _ => Ok(()),
        }
    }

    fn run(&self, sql: &str, with: impl rusqlite::Params) -> Done {
        self.tables.prepare_cached(sql)?.execute(with).map(|_| ())
    }

    fn signal(&mut self, seq: u64, moment: u64, signal: &Signal, was: &Decision) -> Done {
        let reading = triage::read(signal);
        let (became, alarm, copy_of, class, count) = match was {
            Decision::Opened { reasons, .. } => {
                let class = class_of(reasons).unwrap_or(reading.class);
                (became::OPENED, Some(seq), None, class, Count::Opened)
            }
            Decision::Folded { alarm, reasons, .. } => {
                let class = class_of(reasons).unwrap_or(reading.class);
                (became::FOLDED, Some(alarm.0.0), None, class, Count::Folded)
            }
            Decision::Duplicate { of } => {
                (became::DUPLICATE, None, Some(of.0), reading.class, Count::Duplicates)
            }
            Decision::Attached { .. } => {
                (became::ATTACHED, None, None, reading.class, Count::Attached)
            }
            _ => (became::FILED, None, None, reading.class, Count::Filed),
        };
        let kind = reading.kind.0;
        let person = signal.person.map(person);
        let sql = "INSERT INTO signal (seq, moment, became, alarm, copy_of, municipality, person, device, kind,
                class, received, happened, path, sender, flags, buffered)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?7 IN (SELECT person FROM erased) THEN NULL ELSE ?7 END,
                ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
        self.run(
            sql,
            params![
                int(seq),
                int(moment),
                became,
                alarm.map(int),
                copy_of.map(int),
                signal.municipality.0,
                person,
                signal.device.0,
                kind,
                class as u8,
                int(signal.received.0),
                signal.happened.map(|happened| int(happened.0)),
                signal.path as u8,
                signal.sender as u8,
                signal.flags.0,
                signal.buffered,
            ],
        )?;
        self.tallies.count(moment, signal.municipality.0, i32::from(kind), count);
        match was {
            Decision::Opened { priority, .. } => self.opened(seq, *priority),
            Decision::Folded { alarm, priority, .. } => {
                self.folded(int(alarm.0.0), *priority, class, int(seq))
            }
            _ => Ok(()),
        }
    }

    /// The alarm's row begins as its opening signal's.
    fn opened(&self, seq: u64, priority: u8) -> Done {
        let sql = "INSERT INTO alarm (id, municipality, person, device, kind, class, priority, opened, received,
                happened, signals, path, sender, flags, buffered)
            SELECT seq, municipality, person, device, kind, class, ?2, moment, received,
                happened, 1, path, sender, flags, buffered FROM signal WHERE seq = ?1";
        self.run(sql, params![int(seq), priority])
    }

    fn folded(&self, alarm: i64, priority: u8, class: Class, seq: i64) -> Done {
        let sql = "UPDATE alarm SET signals = signals + 1, priority = min(priority, ?2), class = ?3,
                person = coalesce(person, (SELECT person FROM signal WHERE seq = ?4)) WHERE id = ?1";
        self.run(sql, params![alarm, priority, class as u8, seq])
    }

    fn act(&mut self, seq: u64, moment: u64, act: &Act, was: &Decision) -> Done {
        let result = match was {
            Decision::Done(_) => result::DONE,
            Decision::Refused(why) => refusal(why),
            // A copy of an act: it is there already.
            _ => return Ok(()),
        };
        let (verb, codes) = match act.verb {
            Verb::Claim { .. } => (0, None),
            Verb::Release { .. } => (1, None),
            Verb::Close { cause, action, outcome, .. } => (2, Some((cause, action, outcome))),
        };
        let alarm = int(act.verb.alarm().0.0);
        let operator: Option<String> = self
            .tables
            .prepare_cached("SELECT operator FROM session WHERE id = ?1")?
            .query_row([act.session.0], |row| row.get(0))
            .optional()?;
        let sql = "INSERT INTO act (seq, moment, alarm, verb, session, operator, result, cause, action, outcome)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let code = |pick: fn((u16, u16, u16)) -> u16| codes.map(pick);
        self.run(
            sql,
            params![
                int(seq),
                int(moment),
                alarm,
                verb,
                act.session.0,
                operator,
                result,
                code(|codes| codes.0),
                code(|codes| codes.1),
                code(|codes| codes.2),
            ],
        )?;
        match (result, act.verb.clone()) {
            (result::DONE, Verb::Claim { .. }) => self.claimed(alarm, moment, operator.as_deref()),
            (result::DONE, Verb::Close { .. }) => {
                self.closed(alarm, seq, moment, operator.as_deref(), codes.unwrap_or_default())
            }
            _ => Ok(()),
        }
    }

    /// Only the first claim counts: how long nobody had it.
    fn claimed(&mut self, alarm: i64, moment: u64, by: Option<&str>) -> Done {
        let sql = "UPDATE alarm SET claimed = ?2, claimed_by = ?3 WHERE id = ?1 AND claimed IS NULL
            RETURNING opened, received, municipality, kind";
        self.took(sql, params![alarm, int(moment), by], moment, What::Claim)
    }

    fn closed(
        &mut self,
        alarm: i64,
        seq: u64,
        moment: u64,
        by: Option<&str>,
        (cause, action, outcome): (u16, u16, u16),
    ) -> Done {
        let sql = "UPDATE alarm SET closed = ?2, closed_seq = ?3, closed_by = ?4, cause = ?5, action = ?6,
                outcome = ?7 WHERE id = ?1 RETURNING opened, received, municipality, kind";
        let with = params![alarm, int(moment), int(seq), by, cause, action, outcome];
        self.took(sql, with, moment, What::Close)
    }

    /// How long it took from when the alarm's first signal came, counted in the hour the alarm was opened.
    fn took(&mut self, sql: &str, with: impl rusqlite::Params, until: u64, what: What) -> Done {
        let read = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?))
        };
        let found = self.tables.prepare_cached(sql)?.query_row(with, read).optional()?;
        if let Some((opened, received, municipality, kind)) = found {
            let nanos = until.saturating_sub(received.cast_unsigned());
            self.tallies.took(opened.cast_unsigned(), municipality, kind, what, nanos / 1_000_000);
        }
        Ok(())
    }

    fn counted(&mut self, seq: u64, moment: u64, counted: &Counted) -> Done {
        // An address on the Internet may be somebody's home: that it was one is enough here.
        let source = if counted.source.starts_with("ip:") { "ip" } else { &counted.source };
        let sql =
            "INSERT INTO counted (seq, moment, source, since, until, duplicates, refused, rubbish)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.run(
            sql,
            params![
                int(seq),
                int(moment),
                source,
                int(counted.from.0),
                int(counted.to.0),
                counted.duplicates,
                counted.refused,
                counted.rubbish,
            ],
        )?;
        self.tallies.counted(moment, counted);
        Ok(())
    }

    fn session(&self, moment: u64, opened: &SessionOpened, was: &Decision) -> Done {
        if *was != Decision::SessionOpened {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO session (id, operator, role, opened, expires)
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let (role, expires) = (opened.role as u8, int(opened.expires.0));
        self.run(sql, params![opened.id.0, opened.operator, role, int(moment), expires])
    }

    fn hop(&self, hop: &Hop) -> Done {
        let told = |moment: Moment| (moment.0 != 0).then(|| int(moment.0));
        for sql in [
            "UPDATE signal SET durable = ?2, receipt = ?3, presented = ?4, painted = ?5 WHERE seq = ?1",
            "UPDATE alarm SET durable = ?2, receipt = ?3, presented = ?4, painted = ?5 WHERE id = ?1",
        ] {
            let (durable, receipt) = (told(hop.durable), told(hop.receipt));
            let (presented, painted) = (told(hop.presented), told(hop.painted));
            self.run(sql, params![int(hop.seq.0), durable, receipt, presented, painted])?;
        }
        Ok(())
    }

    fn attributed(&self, to: &Attributed) -> Done {
        let (seq, person) = (int(to.signal.0), person(to.person));
        self.run("UPDATE signal SET person = ?2 WHERE seq = ?1", params![seq, person])?;
        let sql = "UPDATE alarm SET person = ?2
            WHERE id = (SELECT alarm FROM signal WHERE seq = ?1) AND (person IS NULL OR id = ?1)";
        self.run(sql, params![seq, person])
    }

    /// The pseudonym leaves every row; a signal of the person's that is yet to come gets none.
    fn erased(&self, id: PersonId) -> Done {
        let id = person(id);
        self.run("UPDATE signal SET person = NULL WHERE person = ?1", [id])?;
        self.run("UPDATE alarm SET person = NULL WHERE person = ?1", [id])?;
        self.run("INSERT OR IGNORE INTO erased (person) VALUES (?1)", [id])
    }
}

fn class_of(reasons: &[Reason]) -> Option<Class> {
    reasons.iter().find_map(|reason| match reason {
        Reason::Class(class) => Some(*class),
        _ => None,
    })
}

fn refusal(why: &Refusal) -> u8 {
    match why {
        Refusal::NoSuchAlarm => result::NO_SUCH_ALARM,
        Refusal::Taken { .. } => result::TAKEN,
        Refusal::Closed { .. } => result::CLOSED,
        Refusal::NotYours => result::NOT_YOURS,
        Refusal::NoSession => result::NO_SESSION,
        Refusal::NotAllowed => result::NOT_ALLOWED,
        Refusal::UnknownCode => result::UNKNOWN_CODE,
    }
}

/// `SQLite`'s integers are signed: the same 64 bits.
fn int(value: u64) -> i64 {
    value.cast_signed()
}

fn person(id: PersonId) -> i64 {
    int(id.0)
}
