//! How fast one source, device or municipality may send, so that none takes the room of all.
//!
//! Each has a bucket (the generic cell rate algorithm, ITU-T I.371): it may be ahead of its rate by a
//! burst and no more. Alarms have buckets of their own beside everything else a device sends, and are
//! never limited by source or municipality: many units share an address.

use std::hash::Hash;
use std::net::IpAddr;

use central::entry::Signal;
use central::kind::Class;
use central::words::{DeviceId, Moment, Municipality};
use dashmap::DashMap;

use crate::limits::{RATE_DEVICE, RATE_KEYS, RATE_MUNICIPALITY, RATE_SOURCE, Rate};

/// Buckets of one kind, by key.
#[derive(Debug)]
struct Buckets<K: Eq + Hash> {
    rate: Rate,
    /// When each bucket would be level again, in nanoseconds.
    level: DashMap<K, u64>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, level: DashMap::new() }
    }

    /// Takes one from a bucket; false: it is empty. With [`RATE_KEYS`] buckets all are forgotten:
    /// a flood of new names must not grow without end, and costs the others one burst.
    fn take(&self, key: K, now: Moment) -> bool {
        if self.level.len() >= RATE_KEYS {
            self.level.clear();
        }
        let each = 1_000_000_000 / self.rate.per_second;
        let mut level = self.level.entry(key).or_insert(now.0);
        let next = (*level).max(now.0).saturating_add(each);
        let may = next.saturating_sub(now.0) <= each.saturating_mul(self.rate.burst);
        if may {
            *level = next;
        }
        may
    }
}

/// The gate's buckets.
#[derive(Debug)]
pub struct Rates {
    alarms: Buckets<DeviceId>,
    others: Buckets<DeviceId>,
    sources: Buckets<IpAddr>,
    municipalities: Buckets<Municipality>,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            alarms: Buckets::new(RATE_DEVICE),
            others: Buckets::new(RATE_DEVICE),
            sources: Buckets::new(RATE_SOURCE),
            municipalities: Buckets::new(RATE_MUNICIPALITY),
        }
    }
}

impl Rates {
    /// Whether a signal may go on. `source` is told where the sender is not proved.
    pub fn admit(&self, signal: &Signal, source: Option<IpAddr>, now: Moment) -> bool {
        let device = signal.device.clone();
        if matches!(signal.kind.class(), Class::LifeSafety | Class::Person) {
            return self.alarms.take(device, now);
        }
        self.others.take(device, now)
            && source.is_none_or(|source| self.sources.take(source, now))
            && self.municipalities.take(signal.municipality, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn taken(buckets: &Buckets<u8>, key: u8, at: u64, tries: u64) -> u64 {
        (0..tries).filter(|_| buckets.take(key, Moment(at))).count() as u64
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let buckets = Buckets::new(Rate { per_second: 10, burst: 30 });
        assert_eq!(taken(&buckets, 1, SECOND, 100), 30);
        assert_eq!(taken(&buckets, 1, 2 * SECOND, 100), 10);
        assert_eq!(taken(&buckets, 1, 100 * SECOND, 100), 30, "it never holds more than its burst");
        assert_eq!(taken(&buckets, 2, 100 * SECOND, 100), 30, "another key has its own");
    }

    #[test]
    fn a_device_that_floods_telemetry_still_gets_its_alarm_in() {
        let rates = Rates::default();
        let mut signal = crate::gate::tests::press();
        signal.kind = central::kind::Kind::POSITION;
        let floods = (0..100_000).filter(|_| rates.admit(&signal, None, Moment(SECOND))).count();
        assert!(floods as u64 <= RATE_DEVICE.burst, "{floods} got in");
        signal.kind = central::kind::Kind::PRESS;
        assert!(rates.admit(&signal, None, Moment(SECOND)));
    }

    #[test]
    fn a_source_that_floods_stops_no_alarm_behind_the_same_address() {
        let rates = Rates::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let mut signal = crate::gate::tests::press();
        signal.kind = central::kind::Kind::POSITION;
        let mut n = 0;
        let floods = (0..100_000).filter(|_| {
            n += 1;
            signal.device = DeviceId(format!("scaip:{n}"));
            rates.admit(&signal, Some(address), Moment(SECOND))
        });
        let floods = floods.count() as u64;
        assert!((1..=RATE_SOURCE.burst).contains(&floods), "{floods} got in");
        let press = crate::gate::tests::press();
        assert!(rates.admit(&press, Some(address), Moment(SECOND)));
    }
}
