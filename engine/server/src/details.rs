//! The signals of open alarms, sealed as they are in the log, so that a console can be shown them at once.

use std::sync::Arc;

use central::entry::{Sealed, Signal};
use central::limits::ROW_SIGNALS;
use central::words::{AlarmId, KeyId, Seq};
use dashmap::DashMap;

use crate::api;
use crate::keys::{Closed, Keys};
use crate::plain::Plain;

/// One signal of an open alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// An alarm's signals as they were kept, when the fold begins from a snapshot.
    pub(crate) fn restore(&self, alarm: AlarmId, kept: Vec<Kept>) {
        self.by_alarm.insert(alarm, kept);
    }

    /// Every open alarm's, by alarm.
    pub(crate) fn all(&self) -> Vec<(AlarmId, Vec<Kept>)> {
        let each = self.by_alarm.iter().map(|kept| (*kept.key(), kept.value().clone()));
        let mut all: Vec<_> = each.collect();
        all.sort_unstable_by_key(|(alarm, _)| *alarm);
        all
    }

    /// Oldest first; empty for an alarm that is not open.
    pub fn of(&self, alarm: AlarmId) -> Vec<Kept> {
        self.by_alarm.get(&alarm).map(|kept| kept.clone()).unwrap_or_default()
    }
}

/// Opens what is sealed, for the API, which asks only for those who may see it.
pub struct Opener {
    details: Arc<Details>,
    keys: Arc<Keys>,
}

impl Opener {
    /// Over the kept signals and the keys.
    pub fn new(details: &Arc<Details>, keys: &Arc<Keys>) -> Self {
        Self { details: Arc::clone(details), keys: Arc::clone(keys) }
    }

    fn plain(&self, sealed: &Sealed) -> Plain {
        match self.keys.open_sealed(sealed) {
            Ok(bytes) => Plain::from_bytes(&bytes).unwrap_or_default(),
            Err(why) => {
                let told = match why {
                    Closed::Erased => "slettet".to_owned(),
                    Closed::Wrong | Closed::Disk(_) => why.to_string(),
                };
                Plain { text: vec![("Innhold".to_owned(), told)], raw: None }
            }
        }
    }

    fn detail(&self, kept: &Kept) -> api::Detail {
        let signal = &kept.signal;
        let sealed = signal.sealed.as_ref();
        let plain = sealed.map_or_else(Plain::default, |sealed| self.plain(sealed));
        api::Detail {
            seq: kept.seq,
            kind: signal.kind,
            received: signal.received,
            happened: signal.happened,
            reference: signal.reference.0.clone(),
            text: plain.text,
            raw: plain.raw.map(|raw| String::from_utf8_lossy(&raw.bytes).into_owned()),
        }
    }
}

impl api::Details for Opener {
    fn of(&self, alarm: AlarmId) -> Vec<api::Detail> {
        self.details.of(alarm).iter().map(|kept| self.detail(kept)).collect()
    }

    fn opening(&self, alarm: AlarmId) -> Option<Option<KeyId>> {
        let kept = self.details.of(alarm);
        let opening = kept.first().filter(|kept| kept.seq == alarm.0)?;
        Some(opening.signal.sealed.as_ref().map(|sealed| sealed.key))
    }

    fn open(&self, sealed: &Sealed) -> Vec<(String, String)> {
        self.plain(sealed).text
    }
}
