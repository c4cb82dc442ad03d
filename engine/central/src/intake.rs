//! Intake: what a signal does, and the receipt it is owed.

use alloc::vec::Vec;

use crate::alarms::Alarm;
use crate::central::{Central, Placed};
use crate::decision::Decision;
use crate::dedup::{self, Seen};
use crate::entry::Signal;
use crate::kind::Effect;
use crate::lifecycle::{self, Event, Step};
use crate::output::{Output, Receipt};
use crate::triage::{self, Reading};
use crate::words::AlarmId;

impl Central {
    /// Takes a signal in: a Duplicate changes nothing, everything else is remembered.
    pub(crate) fn signal(
        &mut self,
        at: &Placed,
        signal: &Signal,
        out: &mut Vec<Output>,
    ) -> Decision {
        self.tally.signals = self.tally.signals.saturating_add(1);
        let same = dedup::sameness(signal);
        let first = same.and_then(|same| self.first(signal, same, at.moment));
        if let Some(receipt) = first.map(Seen::receipt) {
            self.tally.duplicates = self.tally.duplicates.saturating_add(1);
            let of = receipt.seq;
            if let (Some(alarm), Some(sealed), None) =
                (receipt.alarm, &signal.sealed, signal.person)
            {
                self.sealed_in(alarm, sealed.key);
            }
            out.push(Output::Receipt(receipt));
            return Decision::Duplicate { of };
        }
        let reading = triage::read(signal);
        let (decision, alarm) = match reading.effect {
            Effect::Opens => self.open_or_fold(at, signal, reading, out),
            Effect::Attached => (self.attach(signal, out), None),
            Effect::Filed => {
                self.tally.filed = self.tally.filed.saturating_add(1);
                (Decision::Filed, None)
            }
        };
        if let Some(alarm) = alarm {
            self.settle_keys(alarm);
        }
        if let Some(sameness) = same {
            let Placed { seq, head, moment } = *at;
            let opening = alarm.is_some();
            let seen = Seen { sameness, seq, head, moment, alarm, opening };
            self.memory.note(&signal.device, seen);
        }
        out.push(Output::Receipt(Receipt {
            seq: at.seq,
            head: at.head,
            moment: at.moment,
            duplicate: false,
            alarm,
        }));
        decision
    }

    fn open_or_fold(
        &mut self,
        at: &Placed,
        signal: &Signal,
        reading: Reading,
        out: &mut Vec<Output>,
    ) -> (Decision, Option<AlarmId>) {
        let open = self.alarms.repeated(signal, reading.kind);
        let grows = |id| {
            self.alarms.state(id).map(|state| lifecycle::step(state, Event::Repeat))
                == Some(Step::Grow)
        };
        match open.filter(|id| grows(*id)) {
            Some(id) => (self.fold(id, at, signal, reading, out), Some(id)),
            None => (self.open_alarm(at, signal, reading, out), Some(AlarmId(at.seq))),
        }
    }

    fn open_alarm(
        &mut self,
        at: &Placed,
        signal: &Signal,
        reading: Reading,
        out: &mut Vec<Output>,
    ) -> Decision {
        self.tally.opened = self.tally.opened.saturating_add(1);
        let window = self.in_force().recurrence;
        let recurred =
            window.and_then(|window| self.alarms.recurred(signal, reading.kind, self.now, window));
        let alarm = Alarm::new(at.seq, signal, reading, recurred);
        let (priority, reasons) = (alarm.row.priority, alarm.row.reasons.clone());
        self.waiting.enter(&alarm);
        out.push(Output::Row(alarm.row.clone()));
        out.push(Output::Offer(alarm.row.alarm));
        self.alarms.insert(alarm);
        Decision::Opened { priority, reasons }
    }

    fn fold(
        &mut self,
        id: AlarmId,
        at: &Placed,
        signal: &Signal,
        reading: Reading,
        out: &mut Vec<Output>,
    ) -> Decision {
        self.tally.folded = self.tally.folded.saturating_add(1);
        self.change(id, out, |alarm| alarm.fold(at.seq, signal, reading));
        let row = self.alarms.get(id).map(|alarm| &alarm.row);
        let (priority, reasons) =
            row.map_or((0, Vec::new()), |row| (row.priority, row.reasons.clone()));
        Decision::Folded { alarm: id, priority, reasons }
    }

    fn attach(&mut self, signal: &Signal, out: &mut Vec<Output>) -> Decision {
        self.tally.attached = self.tally.attached.saturating_add(1);
        let mut alarms = 0_u32;
        for id in self.alarms.of_device(signal) {
            let state = self.alarms.state(id);
            if state.map(|state| lifecycle::step(state, Event::Attach)) == Some(Step::Grow) {
                self.change(id, out, |alarm| alarm.attach(signal));
                self.settle_keys(id);
                alarms = alarms.saturating_add(1);
            }
        }
        Decision::Attached { alarms }
    }
}
