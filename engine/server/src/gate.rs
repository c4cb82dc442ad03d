//! Before the log: copies already answered are answered again, and what is only counted is counted.
//!
//! Refusals and duplicates reach the log as counts, one entry a minute for a device or source, never one by one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use central::entry::{Counted, Signal};
use central::limits::{DUPLICATE_WINDOW, LATE_COPY};
use central::output::Receipt;
use central::words::{AlarmId, ContentHash, DeviceId, Moment, Reference};
use dashmap::DashMap;

use crate::limits::{COUNTED_SOURCES, GATE_COPIES, GATE_DEVICES};
use crate::rates::Rates;

/// What the gate remembers.
#[derive(Debug, Default)]
pub struct Gate {
    /// How fast each may send.
    pub rates: Rates,
    answered: DashMap<DeviceId, VecDeque<Copy>>,
    counts: Mutex<BTreeMap<String, Counts>>,
}

#[derive(Debug)]
struct Copy {
    reference: Reference,
    content: ContentHash,
    receipt: Receipt,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    since: Moment,
    duplicates: u32,
    refused: u32,
    rubbish: u32,
}

impl Gate {
    /// The receipt of a Duplicate already known to the applied state. As in the central, what was
    /// stored a [`DUPLICATE_WINDOW`] ago is no copy any more: a unit begins its references again.
    /// Nor is a late copy of a signal whose alarm is closed ([`LATE_COPY`]).
    pub fn known(
        &self,
        signal: &Signal,
        now: Moment,
        is_open: impl Fn(AlarmId) -> bool,
    ) -> Option<Receipt> {
        if signal.reference.0.is_empty() {
            return None;
        }
        let copies = self.answered.get(&signal.device)?;
        let same =
            |copy: &&Copy| copy.reference == signal.reference && copy.content == signal.content;
        let copy = copies.iter().rfind(same)?;
        let age = now.0.saturating_sub(copy.receipt.moment.0);
        let closed = copy.receipt.alarm.is_some_and(|alarm| !is_open(alarm));
        if age >= DUPLICATE_WINDOW || (closed && age >= LATE_COPY) {
            return None;
        }
        Some(Receipt { duplicate: true, ..copy.receipt.clone() })
    }

    /// Remembers the receipt of an applied signal.
    pub(crate) fn applied(&self, signal: &Signal, receipt: &Receipt) {
        if signal.reference.0.is_empty() {
            return;
        }
        if self.answered.len() >= GATE_DEVICES {
            self.answered.clear();
        }
        let mut copies = self.answered.entry(signal.device.clone()).or_default();
        if copies.len() == GATE_COPIES {
            copies.pop_front();
        }
        copies.push_back(Copy {
            reference: signal.reference.clone(),
            content: signal.content,
            receipt: receipt.clone(),
        });
    }

    /// A copy was answered without the log.
    pub fn duplicate(&self, source: &str, now: Moment) {
        self.count(source, now, |counts| counts.duplicates = counts.duplicates.saturating_add(1));
    }

    /// Refused for want of room or over a limit.
    pub fn refused(&self, source: &str, now: Moment) {
        self.count(source, now, |counts| counts.refused = counts.refused.saturating_add(1));
    }

    /// Not of any protocol.
    pub fn rubbish(&self, source: &str, now: Moment) {
        self.count(source, now, |counts| counts.rubbish = counts.rubbish.saturating_add(1));
    }

    fn count(&self, source: &str, now: Moment, add: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = counts.len() >= COUNTED_SOURCES && !counts.contains_key(source);
        let source = if full { "other" } else { source };
        add(counts.entry(source.to_owned()).or_insert(Counts { since: now, ..Counts::default() }));
    }

    /// Everything counted since the last call, as entries for the log.
    pub(crate) fn drain(&self, now: Moment) -> Vec<Counted> {
        let counts =
            std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let entry = |(source, counts): (String, Counts)| Counted {
            source,
            from: counts.since,
            to: now,
            duplicates: counts.duplicates,
            refused: counts.refused,
            rubbish: counts.rubbish,
        };
        counts.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use central::entry::{Flags, Path, Sender};
    use central::kind::Kind;
    use central::words::{AlarmId, Municipality, Seq};

    use super::*;

    pub(crate) fn press() -> Signal {
        Signal {
            device: DeviceId("scaip:1".to_owned()),
            municipality: Municipality(301),
            person: None,
            kind: Kind::PRESS,
            reference: Reference("1".to_owned()),
            content: ContentHash([7; 16]),
            counter: None,
            happened: None,
            buffered: false,
            received: Moment(0),
            path: Path::SipUdp,
            sender: Sender::Claimed,
            flags: Flags::default(),
            sealed: None,
        }
    }

    fn receipt(seq: u64, moment: u64) -> Receipt {
        Receipt {
            seq: Seq(seq),
            head: Default::default(),
            moment: Moment(moment),
            duplicate: false,
            alarm: Some(AlarmId(Seq(seq))),
        }
    }

    #[test]
    fn a_reference_used_again_after_the_window_is_a_new_signal() {
        let gate = Gate::default();
        gate.applied(&press(), &receipt(3, 1_000));
        let known = |at| gate.known(&press(), Moment(at), |_| true).map(|receipt| receipt.seq.0);
        assert_eq!(known(1_000 + DUPLICATE_WINDOW - 1), Some(3));
        assert_eq!(known(1_000 + DUPLICATE_WINDOW), None);
        gate.applied(&press(), &receipt(9, 1_000 + DUPLICATE_WINDOW));
        assert_eq!(known(1_001 + DUPLICATE_WINDOW), Some(9), "the newer of the two");
    }
}
