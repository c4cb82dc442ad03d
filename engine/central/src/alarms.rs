//! Alarms: opening, folding of Repeats, and what is left of those closed.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::entry::Signal;
use crate::kind::Kind;
use crate::lifecycle::State;
use crate::limits;
use crate::output::Row;
use crate::sum::Summed;
use crate::triage::{self, Facts, Reading, Recurred};
use crate::words::{AlarmId, DeviceId, KeyId, Moment, Municipality, Seq};

/// One open alarm.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Alarm {
    #[n(0)]
    pub(crate) row: Row,
    /// The row's version when it was claimed: what a release or close has to carry.
    #[n(1)]
    pub(crate) fence: u32,
    #[n(2)]
    facts: Facts,
    /// What seals its signals while it is nobody's; a person it is given to gets them all.
    #[n(3)]
    keys: Vec<KeyId>,
}

/// What a late act is told.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Closed {
    #[n(0)]
    pub(crate) by: String,
    #[n(1)]
    pub(crate) municipality: Municipality,
    /// Kept while rules ask for it.
    #[n(2)]
    pub(crate) ended: Option<Ended>,
}

/// What a closed alarm was of, and when it was closed.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Ended {
    #[n(0)]
    pub(crate) device: DeviceId,
    #[n(1)]
    pub(crate) kind: Kind,
    #[n(2)]
    pub(crate) at: Moment,
}

/// A Repeat belongs to the open alarm of the same device and kind. The municipality is part of it so
/// that a device that moved never carries one municipality's signal into another's alarm.
type Source = (DeviceId, Kind, Municipality);

/// Every open alarm, and the newest closed ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    open: Summed<AlarmId, Alarm>,
    by_source: BTreeMap<Source, AlarmId>,
    closed: BTreeMap<AlarmId, Closed>,
    closed_order: VecDeque<AlarmId>,
    /// The last alarm closed of each source, where it is known what it was of.
    ended: BTreeMap<Source, AlarmId>,
}

impl Alarms {
    pub(crate) fn get(&self, id: AlarmId) -> Option<&Alarm> {
        self.open.get(&id)
    }

    /// Changes an open alarm.
    pub(crate) fn change<R>(
        &mut self,
        id: AlarmId,
        change: impl FnOnce(&mut Alarm) -> R,
    ) -> Option<R> {
        self.open.change(&id, change)
    }

    pub(crate) fn open(&self) -> &Summed<AlarmId, Alarm> {
        &self.open
    }

    pub(crate) fn closed(&self) -> &VecDeque<AlarmId> {
        &self.closed_order
    }

    /// Whose data an alarm is, open or closed.
    pub(crate) fn municipality(&self, id: AlarmId) -> Option<Municipality> {
        let open = self.open.get(&id).map(|alarm| alarm.row.municipality);
        open.or_else(|| self.closed.get(&id).map(|closed| closed.municipality))
    }

    /// Where an alarm stands; `None` where there never was one, or it is long closed.
    pub(crate) fn state(&self, id: AlarmId) -> Option<State<'_>> {
        let open = self.open.get(&id).map(Alarm::state);
        open.or_else(|| self.closed.get(&id).map(|closed| State::Closed { by: &closed.by }))
    }

    /// Who closed it, while that is remembered.
    pub(crate) fn closed_by(&self, id: AlarmId) -> Option<&Closed> {
        self.closed.get(&id)
    }

    /// The open alarm a signal is a Repeat of.
    pub(crate) fn repeated(&self, signal: &Signal, kind: Kind) -> Option<AlarmId> {
        self.by_source.get(&(signal.device.clone(), kind, signal.municipality)).copied()
    }

    /// The open alarms of a signal's device, by kind.
    pub(crate) fn of_device(&self, signal: &Signal) -> Vec<AlarmId> {
        let from = (signal.device.clone(), Kind(0), Municipality(0));
        let to = (signal.device.clone(), Kind(u16::MAX), Municipality(u16::MAX));
        self.by_source
            .range(from..=to)
            .filter(|((_, _, municipality), _)| *municipality == signal.municipality)
            .map(|(_, id)| *id)
            .collect()
    }

    /// Opens an alarm.
    pub(crate) fn insert(&mut self, alarm: Alarm) {
        let row = &alarm.row;
        let source = (row.device.clone(), row.kind, row.municipality);
        self.by_source.insert(source, row.alarm);
        self.open.insert(row.alarm, alarm);
    }

    /// Ends an alarm; its row is handed back. `at`: when, where that is to be remembered.
    pub(crate) fn close(&mut self, id: AlarmId, by: &str, at: Option<Moment>) -> Option<Row> {
        let row = self.open.remove(&id)?.row;
        self.by_source.remove(&(row.device.clone(), row.kind, row.municipality));
        let ended = at.map(|at| Ended { device: row.device.clone(), kind: row.kind, at });
        self.remember_closed(id, Closed { by: by.into(), municipality: row.municipality, ended });
        Some(row)
    }

    /// Remembers a closed alarm, in place of the one closed first where there is no more room.
    pub(crate) fn remember_closed(&mut self, id: AlarmId, closed: Closed) {
        if self.closed_order.len() >= limits::CLOSED
            && let Some(oldest) = self.closed_order.pop_front()
        {
            self.forget_closed(oldest);
        }
        if let Some(source) = closed.source() {
            self.ended.insert(source, id);
        }
        self.closed_order.push_back(id);
        self.closed.insert(id, closed);
    }

    fn forget_closed(&mut self, oldest: AlarmId) {
        let source = self.closed.remove(&oldest).and_then(|closed| closed.source());
        if let Some(source) = source
            && self.ended.get(&source) == Some(&oldest)
        {
            self.ended.remove(&source);
        }
    }

    /// The alarm of a signal's source that was closed less than `window` nanoseconds before `now`.
    pub(crate) fn recurred(
        &self,
        signal: &Signal,
        kind: Kind,
        now: Moment,
        window: u64,
    ) -> Option<Recurred> {
        let source = (signal.device.clone(), kind, signal.municipality);
        let after = *self.ended.get(&source)?;
        let ended = self.closed.get(&after)?.ended.as_ref()?;
        let passed = now.0.saturating_sub(ended.at.0);
        (passed < window).then_some(Recurred { after, seconds: passed / 1_000_000_000 })
    }
}

impl Closed {
    fn source(&self) -> Option<Source> {
        let ended = self.ended.as_ref()?;
        Some((ended.device.clone(), ended.kind, self.municipality))
    }
}

impl Alarm {
    /// The alarm a signal opens.
    pub(crate) fn new(
        seq: Seq,
        signal: &Signal,
        reading: Reading,
        recurred: Option<Recurred>,
    ) -> Self {
        let facts = Facts::of(signal, reading).recurring(recurred);
        let (priority, reasons) = facts.judge(0);
        let row = Row {
            alarm: AlarmId(seq),
            version: 1,
            kind: reading.kind,
            class: reading.class,
            priority,
            reasons,
            municipality: signal.municipality,
            device: signal.device.clone(),
            person: signal.person,
            since: triage::since(signal),
            received: signal.received,
            count: 1,
            signals: [(seq, signal.kind, signal.received)].into(),
            claim: None,
            withdrawn: None,
            flags: signal.flags,
            sender: signal.sender,
            path: signal.path,
            buffered: signal.buffered,
        };
        let mut alarm = Self { row, fence: 0, facts, keys: Vec::new() };
        alarm.keep_key_of(signal);
        alarm
    }

    pub(crate) fn state(&self) -> State<'_> {
        match &self.row.claim {
            None => State::Waiting,
            Some(claim) => State::Claimed { claim, fence: self.fence },
        }
    }

    /// Folds a Repeat in: counted, shown, and never less urgent than before. A withdrawal that came
    /// before it no longer holds.
    pub(crate) fn fold(&mut self, seq: Seq, signal: &Signal, reading: Reading) {
        let row = &mut self.row;
        let late = |newest: Moment| newest.0.saturating_sub(limits::REPEATS_WINDOW);
        let of_late = row
            .signals
            .iter()
            .skip(usize::from(row.count as usize == row.signals.len()))
            .filter(|(_, _, received)| received.0 >= late(signal.received))
            .count();
        let repeats = u32::try_from(of_late).unwrap_or(u32::MAX).saturating_add(1);
        self.facts.join(&Facts::of(signal, reading));
        let (priority, reasons) = self.facts.judge(repeats);
        row.priority = row.priority.min(priority);
        row.reasons = reasons;
        row.class = self.facts.class();
        row.count = row.count.saturating_add(1);
        row.person = row.person.or(signal.person);
        row.withdrawn = None;
        if row.signals.len() >= limits::ROW_SIGNALS {
            row.signals.remove(0);
        }
        row.signals.push((seq, signal.kind, signal.received));
        self.keep_key_of(signal);
    }

    /// What seals a signal of nobody's; a person's own key needs no handing over.
    fn keep_key_of(&mut self, signal: &Signal) {
        if let (Some(sealed), None) = (&signal.sealed, signal.person) {
            self.keep_key(sealed.key);
        }
    }

    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// What seals something said in it; over [`limits::KEYS_OF_AN_ALARM`] it is not remembered.
    pub(crate) fn keep_key(&mut self, key: KeyId) {
        if self.keys.len() < limits::KEYS_OF_AN_ALARM && !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    /// The keys of what was said in it while it was nobody's.
    pub(crate) fn take_keys(&mut self) -> Vec<KeyId> {
        core::mem::take(&mut self.keys)
    }

    /// Marks a withdrawal or restore.
    pub(crate) fn attach(&mut self, signal: &Signal) {
        self.row.withdrawn = Some((signal.kind, signal.received));
        self.keep_key_of(signal);
    }
}
