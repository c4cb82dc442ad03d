//! What is remembered of each device in this run: its connection, when it was heard, its counters.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use central::words::Moment;
use dashmap::DashMap;
use link::centre::{Counters, Gap};
use quinn::Connection;

use crate::limits::{DEVICES, UNDECODABLE_EVERY};

/// One device.
#[derive(Default)]
struct Device {
    connection: Option<Connection>,
    heard: Moment,
    counters: Counters,
    /// Boot and number missing as last told to operators.
    told: Option<(u64, u64)>,
    /// When bytes of it that could not be decoded were last shown.
    shown: Option<Instant>,
}

/// All of them. A guard of the map never leaves this file.
#[derive(Default)]
pub(super) struct Devices {
    known: DashMap<String, Device>,
    count: AtomicUsize,
}

impl Devices {
    /// A device connected. Returns its older connection, if it has one.
    pub(super) fn connected_now(&self, id: &str, connection: Connection) -> Option<Connection> {
        self.with(id, |device| device.connection.replace(connection)).flatten()
    }

    /// A connection ended; a newer one of the same device stays.
    pub(super) fn disconnected(&self, id: &str, connection: &Connection) {
        let ended = connection.stable_id();
        if let Some(mut device) = self.known.get_mut(id)
            && device.connection.as_ref().is_some_and(|found| found.stable_id() == ended)
        {
            device.connection = None;
        }
    }

    /// Connections of the devices that `chosen` picks.
    pub(super) fn connected(&self, chosen: impl Fn(&str) -> bool) -> Vec<Connection> {
        let known = self.known.iter().filter(|device| chosen(device.key()));
        known.filter_map(|device| device.connection.clone()).collect()
    }

    /// A device said something.
    pub(super) fn heard_now(&self, id: &str, now: Moment) {
        self.with(id, |device| device.heard = device.heard.max(now));
    }

    pub(super) fn heard(&self, id: &str) -> Option<Moment> {
        self.known.get(id).map(|device| device.heard).filter(|heard| heard.0 > 0)
    }

    /// A signal came, with its counter.
    pub(super) fn arrived(&self, id: &str, boot: u64, counter: u64) {
        self.with(id, |device| device.counters.signal(boot, counter));
    }

    /// A hello or beat states what was sent. Returns what is missing here, once until it changes.
    pub(super) fn stated(&self, id: &str, boot: u64, counter: u64, queued: u64) -> Option<Gap> {
        let missing = self.with(id, |device| {
            let gap = device.counters.stated(boot, counter, queued)?;
            let told = device.told.replace((gap.boot, gap.missing()));
            (told != device.told).then_some(gap)
        });
        missing.flatten()
    }

    /// Whether bytes that could not be decoded are shown now, rather than only counted.
    pub(super) fn may_show(&self, id: &str, now: Instant) -> bool {
        let may = self.with(id, |device| {
            let due = |shown| now.saturating_duration_since(shown) >= UNDECODABLE_EVERY;
            let may = device.shown.is_none_or(due);
            device.shown = if may { Some(now) } else { device.shown };
            may
        });
        may.unwrap_or(true)
    }

    /// What was to be shown was not stored: the device's next try is shown again.
    pub(super) fn not_shown(&self, id: &str) {
        self.with(id, |device| device.shown = None);
    }

    /// `None`: there is no room to remember the device; it is served all the same.
    fn with<T>(&self, id: &str, change: impl FnOnce(&mut Device) -> T) -> Option<T> {
        if let Some(mut device) = self.known.get_mut(id) {
            return Some(change(&mut device));
        }
        if self.count.load(Ordering::Relaxed) >= DEVICES {
            return None;
        }
        let mut device = self.known.entry(id.to_owned()).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Relaxed);
            Device::default()
        });
        Some(change(&mut device))
    }
}
