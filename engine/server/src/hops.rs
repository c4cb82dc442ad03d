//! The time stamps of a signal after it was durable, collected until they are written as one entry.
//!
//! Of each only the first counts: the first console it was sent to, the first page that painted it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use central::entry::Hop;
use central::words::{AlarmId, Moment, Seq};

use crate::limits::{HOPS, HOPS_AFTER};
use crate::metrics::Metrics;

/// Hops in one entry: with room to spare below the 64 KiB of an entry. What remains is in the next.
pub const HOPS_IN_ENTRY: usize = 1_000;

/// Signals of alarms whose hops are being collected, at most [`HOPS`]; told by the shell, the
/// listeners and the consoles.
#[derive(Debug)]
pub struct Hops {
    state: Mutex<State>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct State {
    collecting: HashMap<Seq, Collected>,
    /// In the order they became durable: the first is due first.
    order: VecDeque<Seq>,
    /// Pushed out before they were due; at most [`HOPS`].
    ready: VecDeque<Hop>,
}

#[derive(Debug)]
struct Collected {
    received: Moment,
    hop: Hop,
}

impl Hops {
    /// None yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { state: Mutex::default(), metrics }
    }

    /// T2: a signal of an alarm is durable. Beyond [`HOPS`] the oldest is written as it is.
    pub fn durable(&self, seq: Seq, received: Moment, now: Moment) {
        let mut state = self.state();
        if state.order.len() >= HOPS && !state.make_room() {
            self.metrics.hops_lost();
        }
        let hop =
            Hop { seq, durable: now, receipt: Moment(0), presented: Moment(0), painted: Moment(0) };
        if state.collecting.insert(seq, Collected { received, hop }).is_none() {
            state.order.push_back(seq);
        }
    }

    /// T2r: its receipt was sent.
    pub fn receipt(&self, seq: Seq, now: Moment) {
        if let Some(took) = self.first(seq, now, |hop| &mut hop.receipt) {
            self.metrics.receipt(took);
        }
    }

    /// T4: it was sent to a console.
    pub fn presented(&self, seq: Seq, now: Moment) {
        self.first(seq, now, |hop| &mut hop.presented);
    }

    /// T4p: a page said that it painted the row. Only a page's word within [`HOPS_AFTER`] counts:
    /// a page opened later says nothing about how long the alarm took.
    pub fn painted(&self, alarm: AlarmId, now: Moment) {
        if let Some(took) = self.first(alarm.0, now, |hop| &mut hop.painted) {
            self.metrics.painted(took);
        }
    }

    /// What has been collected for [`HOPS_AFTER`] or was pushed out, at most [`HOPS_IN_ENTRY`]:
    /// one entry's worth. Call again until it is empty.
    pub fn drain_due(&self, now: Moment) -> Vec<Hop> {
        let mut state = self.state();
        let early = state.ready.len().min(HOPS_IN_ENTRY);
        let mut due: Vec<Hop> = state.ready.drain(..early).collect();
        while due.len() < HOPS_IN_ENTRY
            && let Some(hop) = state.next_due(now)
        {
            due.push(hop);
        }
        due
    }

    /// Stamps what has no stamp yet; how long after T1, if this was the first.
    fn first(
        &self,
        seq: Seq,
        now: Moment,
        stamp: impl FnOnce(&mut Hop) -> &mut Moment,
    ) -> Option<Duration> {
        let mut state = self.state();
        let collected = state.collecting.get_mut(&seq)?;
        let stamp = stamp(&mut collected.hop);
        if stamp.0 != 0 {
            return None;
        }
        *stamp = now;
        Some(Duration::from_nanos(now.0.saturating_sub(collected.received.0)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes the oldest ready to be written; false: there was no room for it and it is lost.
    fn make_room(&mut self) -> bool {
        let oldest = self.order.pop_front().and_then(|seq| self.collecting.remove(&seq));
        match oldest {
            Some(oldest) if self.ready.len() < HOPS => {
                self.ready.push_back(oldest.hop);
                true
            }
            Some(_) => false,
            None => true,
        }
    }

    fn next_due(&mut self, now: Moment) -> Option<Hop> {
        let seq = self.order.front()?;
        let since = self.collecting.get(seq)?.hop.durable;
        if now.0.saturating_sub(since.0) < HOPS_AFTER.as_nanos() as u64 {
            return None;
        }
        let seq = self.order.pop_front()?;
        self.collecting.remove(&seq).map(|collected| collected.hop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn hops() -> (Hops, Arc<Metrics>) {
        let metrics = Arc::new(Metrics::new());
        (Hops::new(Arc::clone(&metrics)), metrics)
    }

    fn alarm(seq: u64) -> AlarmId {
        AlarmId(Seq(seq))
    }

    #[test]
    fn the_first_stamp_wins_and_is_timed_from_t1() {
        let (hops, metrics) = hops();
        hops.durable(Seq(7), Moment(SECOND), Moment(SECOND + 1_000));
        hops.receipt(Seq(7), Moment(SECOND + 2_000));
        hops.presented(Seq(7), Moment(SECOND + 3_000));
        hops.painted(alarm(7), Moment(SECOND + 5_000_000));
        hops.painted(alarm(7), Moment(9 * SECOND));
        hops.presented(Seq(7), Moment(9 * SECOND));
        assert_eq!(hops.drain_due(Moment(10 * SECOND)), []);
        let hop = Hop {
            seq: Seq(7),
            durable: Moment(SECOND + 1_000),
            receipt: Moment(SECOND + 2_000),
            presented: Moment(SECOND + 3_000),
            painted: Moment(SECOND + 5_000_000),
        };
        assert_eq!(hops.drain_due(Moment(12 * SECOND)), [hop]);
        assert_eq!(hops.drain_due(Moment(12 * SECOND)), []);
        let now = metrics.snapshot();
        assert_eq!((now.painted.count, now.receipts.count), (1, 1));
        assert_eq!(now.painted.max.as_millis(), 5);
    }

    #[test]
    fn a_repeat_has_hops_of_its_own() {
        let (hops, _) = hops();
        hops.durable(Seq(7), Moment(1), Moment(2));
        hops.durable(Seq(8), Moment(3), Moment(4));
        hops.receipt(Seq(8), Moment(5));
        let due = hops.drain_due(Moment(60 * SECOND));
        let receipts: Vec<_> = due.iter().map(|hop| (hop.seq.0, hop.receipt.0)).collect();
        assert_eq!(receipts, [(7, 0), (8, 5)]);
    }

    #[test]
    fn what_was_never_collected_or_is_already_written_is_not_timed() {
        let (hops, metrics) = hops();
        hops.painted(alarm(1), Moment(SECOND));
        hops.durable(Seq(2), Moment(0), Moment(0));
        assert_eq!(hops.drain_due(Moment(60 * SECOND)).len(), 1);
        hops.painted(alarm(2), Moment(61 * SECOND));
        assert_eq!(metrics.snapshot().painted.count, 0);
    }

    #[test]
    fn beyond_the_limit_the_oldest_is_written_early_and_then_lost_but_counted() {
        let (hops, metrics) = hops();
        for n in 1..=(2 * HOPS as u64 + 3) {
            hops.durable(Seq(n), Moment(n), Moment(n));
        }
        let first = hops.drain_due(Moment(n_moment()));
        assert_eq!(first.len(), HOPS_IN_ENTRY);
        assert_eq!(first[0].seq, Seq(1));
        let mut drained = first.len();
        loop {
            let more = hops.drain_due(Moment(60 * SECOND));
            if more.is_empty() {
                break;
            }
            drained += more.len();
        }
        assert_eq!(drained, 2 * HOPS);
        assert!(metrics.text().contains("varde_hops_lost_total 3"));
    }

    /// Before any of them is due by time.
    fn n_moment() -> u64 {
        3 * HOPS as u64
    }
}
