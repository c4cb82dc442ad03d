//! Waiting: alarms without an operator, by priority, then age, then Seq.

use alloc::collections::BTreeSet;

use crate::alarms::Alarm;
use crate::words::{AlarmId, Moment};

/// A total order: the id breaks every tie.
type Place = (u8, Moment, AlarmId);

/// The waiting list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting(BTreeSet<Place>);

impl Waiting {
    /// Puts an alarm where it belongs, unless somebody has it.
    pub(crate) fn enter(&mut self, alarm: &Alarm) {
        if alarm.row.claim.is_none() {
            self.0.insert(place(alarm));
        }
    }

    /// Takes an alarm out, before anything its place depends on changes.
    pub(crate) fn leave(&mut self, alarm: &Alarm) {
        self.0.remove(&place(alarm));
    }

    /// Most urgent first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = AlarmId> + '_ {
        self.0.iter().map(|place| place.2)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn place(alarm: &Alarm) -> Place {
    (alarm.row.priority, alarm.row.since, alarm.row.alarm)
}
