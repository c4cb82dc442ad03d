//! The log as the projections read it: durable entries in order, each with what was decided about it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use central::Decision;
use central::entry::Entry;
use journal::embedded::Reader;
use journal::{Decided, Pos, Record, Records, Unread};

use super::judge::{Judge, Judged};
use super::limits::{PATIENCE, UNDECIDED};
use super::schema::{At, Unfit};
use super::{Trouble, limits};

/// An entry with what was decided about it.
pub(super) struct Ruled {
    pub(super) kept: journal::Entry,
    /// `None`: it was skipped, or its decision cannot be told any more; it is passed over.
    pub(super) ruled: Option<(Entry, Decision)>,
}

/// The log from some place on.
pub(super) struct Source {
    log: PathBuf,
    reader: Reader,
    /// Under way; made anew from the last entry read when it has come to the end.
    records: Option<Records>,
    /// The last entry read.
    read: At,
    /// Read, not durable yet.
    ahead: Option<journal::Entry>,
    /// Read, and those before the first without a decision folded.
    waiting: VecDeque<Waiting>,
    judge: Option<Judge>,
    stop: Arc<AtomicBool>,
    /// Since when nothing came that would have brought the next decision.
    quiet: Option<Instant>,
    /// The last ones were decided here, because the log was silent: the own fold is kept for the next.
    own: bool,
    /// Entries whose decision could not be told.
    pub(super) lost: u64,
}

struct Waiting {
    kept: journal::Entry,
    /// `None`: unreadable; such a one is skipped by an entry after it.
    entry: Option<Entry>,
    ruling: Ruling,
}

enum Ruling {
    Awaited,
    Decided(Decision),
    None,
}

impl Source {
    /// Goes on after `at`. The outer error: the log cannot be read now. The inner: it does not hold `at`.
    pub(super) fn after(
        log: &Path,
        at: &At,
        stop: &Arc<AtomicBool>,
    ) -> Result<Result<Self, Unfit>, Trouble> {
        let reader = open(log)?;
        let mut source = Self {
            log: log.to_owned(),
            reader,
            records: None,
            read: at.clone(),
            ahead: None,
            waiting: VecDeque::new(),
            judge: None,
            stop: Arc::clone(stop),
            quiet: None,
            own: false,
            lost: 0,
        };
        if source.reader.log_id() != at.log {
            return Ok(Err(Unfit::OtherLog));
        }
        if at.seq > 0 && !source.holds(at) {
            return Ok(Err(Unfit::Ahead));
        }
        Ok(Ok(source))
    }

    /// Whether the entry that was folded last is where it was.
    fn holds(&mut self, at: &At) -> bool {
        let mut records = match self.reader.from(Pos::from_u64(at.pos)) {
            Ok(records) => records,
            // Let go of since: what follows is judged by the chain.
            Err(Unread::Trimmed { .. }) => {
                self.read.pos = 0;
                return true;
            }
            Err(Unread::Damage(_)) => return false,
        };
        let found = matches!(
            records.next(),
            Some(Ok(Record::Entry(kept))) if kept.seq == at.seq && kept.hash == at.head
        );
        self.records = found.then_some(records);
        found
    }

    /// The next entries up to the durable one named, each with its decision; at most a batch. Fewer, or
    /// none: more is not there yet.
    pub(super) fn batch(&mut self, durable: u64) -> Result<Vec<Ruled>, Trouble> {
        let mut batch = Vec::new();
        while batch.len() < limits::BATCH {
            let Some(record) = self.record(durable)? else { break };
            match record {
                Record::Decided(decided) => self.decided(&decided)?,
                Record::Entry(kept) if kept.seq > durable => {
                    self.ahead = Some(kept);
                    break;
                }
                Record::Entry(kept) => self.entry(kept)?,
            }
            self.take(&mut batch);
        }
        self.lose_patience(&mut batch)?;
        Ok(batch)
    }

    /// A log that has fallen silent brings no more decisions: they are made here.
    fn lose_patience(&mut self, batch: &mut Vec<Ruled>) -> Result<(), Trouble> {
        self.own &= batch.is_empty();
        if !batch.is_empty() || !self.awaits() || self.ahead.is_some() {
            self.quiet = None;
        } else if self.quiet.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            self.quiet = None;
            self.own = true;
            self.judge_before(u64::MAX)?;
            self.take(batch);
        }
        Ok(())
    }

    /// Nothing is missing up to the durable entry named.
    pub(super) fn is_level(&self, durable: u64) -> bool {
        self.waiting.is_empty() && self.read.seq >= durable
    }

    /// Entries are read whose decisions are not yet there.
    pub(super) fn awaits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The own fold is no longer needed where decisions come beside the entries.
    pub(super) fn rest(&mut self) {
        if !self.own {
            self.judge = None;
        }
    }

    fn record(&mut self, durable: u64) -> Result<Option<Record>, Trouble> {
        if let Some(kept) = self.ahead.take() {
            return Ok(Some(Record::Entry(kept)));
        }
        if self.records.is_none() {
            if self.is_level(durable) {
                return Ok(None);
            }
            self.records = Some(self.reader.from(Pos::from_u64(self.read.pos))?);
        }
        let next = self.records.as_mut().and_then(Iterator::next).transpose()?;
        if next.is_none() {
            self.records = None;
        }
        Ok(next)
    }

    fn entry(&mut self, kept: journal::Entry) -> Result<(), Trouble> {
        if kept.seq <= self.read.seq {
            return Ok(());
        }
        if kept.seq == self.read.seq + 1 && kept.prev != self.read.head {
            return Err(Trouble::Unfit(Unfit::Ahead));
        }
        if self.read.seq > 0 && kept.seq > self.read.seq + 1 {
            let (from, to) = (self.read.seq + 1, kept.seq - 1);
            tracing::error!(from, to, "the log no longer keeps these entries: history lacks them");
        }
        self.read.seq = kept.seq;
        self.read.pos = kept.pos.to_u64();
        self.read.head = kept.hash;
        let entry = Entry::decode(&kept.body).ok();
        if let Some(Entry::Skip(skipped)) = &entry
            && let Some(waiting) = self.find(skipped.0)
        {
            waiting.ruling = Ruling::None;
        }
        self.waiting.push_back(Waiting { kept, entry, ruling: Ruling::Awaited });
        if self.waiting.len() > UNDECIDED {
            self.judge_before(u64::MAX)?;
        }
        Ok(())
    }

    /// Decisions come in the order of their entries: one that is passed by has none and gets none.
    fn decided(&mut self, decided: &Decided) -> Result<(), Trouble> {
        let Some(waiting) = self.find(decided.seq) else { return Ok(()) };
        if let Ok(decision) = Decision::decode(&decided.body) {
            waiting.ruling = Ruling::Decided(decision);
        }
        self.judge_before(decided.seq + 1)
    }

    fn find(&mut self, seq: u64) -> Option<&mut Waiting> {
        let at = self.waiting.binary_search_by_key(&seq, |waiting| waiting.kept.seq).ok()?;
        self.waiting.get_mut(at)
    }

    /// A log that cannot be read now is an error, and all is tried again; one that begins too late is not.
    fn judge_before(&mut self, seq: u64) -> Result<(), Trouble> {
        for waiting in &mut self.waiting {
            if waiting.kept.seq >= seq {
                break;
            }
            if !matches!(waiting.ruling, Ruling::Awaited) {
                continue;
            }
            if self.judge.is_none() {
                self.judge = Judge::open(&self.log, &self.stop)?;
            }
            let judge = self.judge.as_mut();
            let judged = judge.map_or(Ok(Judged::Untold), |judge| judge.decide(waiting.kept.seq));
            waiting.ruling = match judged? {
                Judged::Decided(decision) => Ruling::Decided(decision),
                Judged::Skipped => Ruling::None,
                Judged::Untold => {
                    self.judge = None;
                    self.lost += 1;
                    let seq = waiting.kept.seq;
                    tracing::error!(
                        seq,
                        "what was decided about this entry cannot be told: history lacks it"
                    );
                    Ruling::None
                }
            };
        }
        Ok(())
    }

    fn take(&mut self, batch: &mut Vec<Ruled>) {
        while let Some(first) = self.waiting.front() {
            if matches!(first.ruling, Ruling::Awaited) {
                break;
            }
            let Some(Waiting { kept, entry, ruling }) = self.waiting.pop_front() else { break };
            let ruled = match ruling {
                Ruling::Decided(decision) => entry.map(|entry| (entry, decision)),
                Ruling::Awaited | Ruling::None => None,
            };
            batch.push(Ruled { kept, ruled });
        }
    }
}

pub(super) fn open(log: &Path) -> Result<Reader, Trouble> {
    Reader::open(log).map_err(|why| Trouble::Log(why.to_string()))
}
