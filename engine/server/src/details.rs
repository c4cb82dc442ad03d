//! The signals of open alarms, sealed as they are in the log, so that a console can be shown them at once.

use std::sync::Arc;

use central::entry::Signal;
use central::limits::ROW_SIGNALS;
use central::words::{AlarmId, Seq};
use dashmap::DashMap;

/// One signal of an open alarm.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its place in the log.
    pub seq: Seq,
    /// As logged; what is personal is still sealed.
    pub signal: Arc<Signal>,
}

/// By alarm; filled by the fold, emptied when an alarm closes.
#[derive(Debug, Default)]
pub struct Details {
    by_alarm: DashMap<AlarmId, Vec<Kept>>,
}

impl Details {
    /// A signal opened or was folded into an alarm. The opening one is always kept, of the others the newest.
    pub fn keep(&self, alarm: AlarmId, seq: Seq, signal: &Signal) {
        let mut kept = self.by_alarm.entry(alarm).or_default();
        if kept.len() == ROW_SIGNALS {
            kept.remove(1);
        }
        kept.push(Kept { seq, signal: Arc::new(signal.clone()) });
    }

    /// An alarm is closed.
    pub fn forget(&self, alarm: AlarmId) {
        self.by_alarm.remove(&alarm);
    }

    /// Oldest first; empty for an alarm that is not open.
    pub fn of(&self, alarm: AlarmId) -> Vec<Kept> {
        self.by_alarm.get(&alarm).map(|kept| kept.clone()).unwrap_or_default()
    }
}
