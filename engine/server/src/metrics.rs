//! What is counted and timed, in two forms: Prometheus text for machines, [`Snapshot`] for a terminal.
//!
//! No personal data and no device ids in any label: labels are words from the tables below.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use central::kind::Class;
use hdrhistogram::Histogram as Exact;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::intake::Outcome;
use crate::projections::Figures;
use crate::snapshots::Counts;

/// Upper bounds in seconds, chosen around what is promised: a screen within 2 s, an answer within 4 s.
const BOUNDS: [f64; 17] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0,
    4.0, 10.0, 60.0,
];
/// The longest time told exactly, in microseconds (one hour); a longer one counts as this.
const LONGEST: u64 = 3_600_000_000;

const CLASSES: [&str; 5] = ["life_safety", "person", "technical", "telemetry", "test"];
const LISTENERS: [&str; 6] = ["sip_udp", "sip_tcp", "sip_tls", "link", "console", "live"];
const REFUSALS: [&str; 2] = ["busy", "not_stored"];
const LOGINS: [&str; 3] = ["let_in", "wrong", "throttled"];

/// Where connections are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// SIP over UDP: devices heard within their registration, where the listener keeps one.
    SipUdp,
    /// SIP over TCP.
    SipTcp,
    /// SIP over TLS.
    SipTls,
    /// `alarm/1` over QUIC.
    Link,
    /// HTTP on the console address.
    Console,
    /// A console's live connection.
    Live,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// A session was opened.
    LetIn,
    /// Wrong name, password or one-time login.
    Wrong,
    /// Refused unread, after too many wrong ones.
    Throttled,
}

type Label = [(&'static str, &'static str); 1];

/// A latency: buckets for Prometheus, exact percentiles for a terminal.
#[derive(Debug)]
struct Timed {
    exact: Mutex<Exact<u64>>,
    buckets: Histogram,
}

/// Percentiles since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How many were timed.
    pub count: u64,
    /// Half took at most this.
    pub p50: Duration,
    /// All but one in a hundred took at most this.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Timed {
    fn new(buckets: Histogram) -> Self {
        // Bounds and precision are constants: a failure here could only be a wrong constant.
        let exact = Exact::new_with_bounds(1, LONGEST, 3).expect("constant bounds are valid");
        Self { exact: Mutex::new(exact), buckets }
    }

    fn record(&self, took: Duration) {
        self.buckets.observe(took.as_secs_f64());
        let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST).max(1);
        self.exact.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(micros);
    }

    fn read(&self) -> Latency {
        let exact = self.exact.lock().unwrap_or_else(PoisonError::into_inner);
        Latency {
            count: exact.len(),
            p50: Duration::from_micros(exact.value_at_quantile(0.5)),
            p99: Duration::from_micros(exact.value_at_quantile(0.99)),
            max: Duration::from_micros(exact.max()),
        }
    }
}

/// The numbers a demonstration shows in its terminal. Counts and percentiles are since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Signals read from devices, Duplicates among them.
    pub signals: u64,
    /// Alarms opened.
    pub alarms: u64,
    /// Copies answered as before.
    pub duplicates: u64,
    /// Answered 503 / Busy / `not stored`.
    pub refused: u64,
    /// Heartbeats.
    pub beats: u64,
    /// Life-safety signals: from the gate to durable.
    pub stored: Latency,
    /// Signals of alarms: T1 to the receipt sent.
    pub receipts: Latency,
    /// Signals of alarms: T1 to the first page's word that it painted the row.
    pub painted: Latency,
    /// Devices with a connection now (SIP over TCP and TLS, link).
    pub devices_connected: i64,
    /// Consoles with a live connection now.
    pub consoles_connected: i64,
}

/// Everything counted. Cheap to tell; safe to share.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    signals: [Counter; CLASSES.len()],
    stored: [Timed; CLASSES.len()],
    refused: [Counter; REFUSALS.len()],
    connections: [Gauge; LISTENERS.len()],
    logins: [Counter; LOGINS.len()],
    opened: Counter,
    beats: Counter,
    duplicates: Counter,
    rubbish: Counter,
    hops_lost: Counter,
    mrs_unconfirmed: Counter,
    disks: Gauge,
    disks_wanted: Gauge,
    receipts: Timed,
    painted: Timed,
    shouts_painted: Timed,
    /// How far the projections have come.
    pub projections: Figures,
    /// About snapshots.
    pub snapshots: Counts,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("varde");
        let r = &mut registry;
        Self {
            signals: counters(r, "signals", "Signals read from devices", "class", &CLASSES),
            stored: stored_by_class(r),
            refused: counters(
                r,
                "refused",
                "Signals answered 503 / Busy / not stored",
                "why",
                &REFUSALS,
            ),
            connections: connections(r),
            logins: counters(r, "logins", "Console logins by how they ended", "end", &LOGINS),
            opened: counter(r, "alarms_opened", "Alarms opened"),
            beats: counter(r, "beats", "Heartbeats from devices"),
            duplicates: counter(r, "duplicates", "Copies of signals, answered as before"),
            rubbish: counter(r, "rubbish", "Datagrams or messages of no protocol"),
            hops_lost: counter(r, "hops_lost", "Signals whose hops found no room to be kept"),
            mrs_unconfirmed: counter(
                r,
                "mrs_unconfirmed",
                "SCAIP answers (mrs) that the unit did not confirm; its signal is stored all the same",
            ),
            disks: gauge(r, "log_disks", "Disks that everything durable is on", 1),
            disks_wanted: gauge(r, "log_disks_wanted", "Disks that it should be on", 1),
            receipts: timed(r, "receipt", "T1 to the receipt sent, signals of alarms"),
            painted: timed(r, "painted", "T1 to the first page's word that it painted the row"),
            projections: Figures::registered(r),
            shouts_painted: timed(
                r,
                "shout_painted",
                "T1 to a page's word that it painted the shout",
            ),
            snapshots: Counts::new(r),
            registry,
        }
    }

    /// A signal was read.
    pub fn signal(&self, class: Class) {
        self.signals[class as usize].inc();
    }

    /// A signal is durable, so long after it came to the gate.
    pub fn stored(&self, class: Class, took: Duration) {
        self.stored[class as usize].record(took);
    }

    /// A signal was not taken. A stored one is not counted here.
    pub fn refused(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Stored(_) => {}
            Outcome::Busy => drop(self.refused[0].inc()),
            Outcome::NotStored => drop(self.refused[1].inc()),
        }
    }

    /// A connection began.
    pub fn connected(&self, listener: Listener) {
        self.connections[listener as usize].inc();
    }

    /// A connection ended.
    pub fn disconnected(&self, listener: Listener) {
        self.connections[listener as usize].dec();
    }

    /// Connections now.
    pub fn connections(&self, listener: Listener) -> i64 {
        self.connections[listener as usize].get()
    }

    /// A console login ended.
    pub fn login(&self, end: Login) {
        self.logins[end as usize].inc();
    }

    /// An alarm was opened.
    pub fn opened(&self) {
        self.opened.inc();
    }

    /// A heartbeat came.
    pub fn beat(&self) {
        self.beats.inc();
    }

    /// A copy was answered as before.
    pub fn duplicate(&self) {
        self.duplicates.inc();
    }

    /// Something of no protocol came.
    pub fn rubbish(&self) {
        self.rubbish.inc();
    }

    /// A signal's hops found no room.
    pub fn hops_lost(&self) {
        self.hops_lost.inc();
    }

    /// A unit did not confirm the mrs sent to it.
    pub fn mrs_unconfirmed(&self) {
        self.mrs_unconfirmed.inc();
    }

    /// On how many disks the log is, and on how many it should be.
    pub fn disks(&self, now: i64, wanted: i64) {
        self.disks.set(now);
        self.disks_wanted.set(wanted);
    }

    /// A receipt was sent, so long after T1.
    pub fn receipt(&self, took: Duration) {
        self.receipts.record(took);
    }

    /// A row was painted for the first time, so long after T1.
    pub fn painted(&self, took: Duration) {
        self.painted.record(took);
    }

    /// A shout was painted, so long after T1.
    pub fn shout_painted(&self, took: Duration) {
        self.shouts_painted.record(took);
    }

    /// The numbers now.
    pub fn snapshot(&self) -> Snapshot {
        let devices = [Listener::SipTcp, Listener::SipTls, Listener::Link];
        Snapshot {
            signals: self.signals.iter().map(Counter::get).sum(),
            alarms: self.opened.get(),
            duplicates: self.duplicates.get(),
            refused: self.refused.iter().map(Counter::get).sum(),
            beats: self.beats.get(),
            stored: self.stored[Class::LifeSafety as usize].read(),
            receipts: self.receipts.read(),
            painted: self.painted.read(),
            devices_connected: devices.into_iter().map(|at| self.connections(at)).sum(),
            consoles_connected: self.connections(Listener::Live),
        }
    }

    /// Everything in the Prometheus (`OpenMetrics`) text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String fails never; an empty answer would show at once in any scraper.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn gauge(registry: &mut Registry, name: &str, help: &str, from: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(from);
    registry.register(name, help, gauge.clone());
    gauge
}

fn counters<const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    label: &'static str,
    words: &[&'static str; N],
) -> [Counter; N] {
    let family = Family::<Label, Counter>::default();
    registry.register(name, help, family.clone());
    words.map(|word| family.get_or_create_owned(&[(label, word)]))
}

fn connections(registry: &mut Registry) -> [Gauge; LISTENERS.len()] {
    let family = Family::<Label, Gauge>::default();
    registry.register("connections", "Connections now", family.clone());
    LISTENERS.map(|word| family.get_or_create_owned(&[("listener", word)]))
}

fn timed(registry: &mut Registry, name: &str, help: &str) -> Timed {
    let buckets = Histogram::new(BOUNDS);
    // The unit is part of the name (`_seconds`) by way of the registry.
    let unit = prometheus_client::registry::Unit::Seconds;
    registry.register_with_unit(name, help, unit, buckets.clone());
    Timed::new(buckets)
}

fn stored_by_class(registry: &mut Registry) -> [Timed; CLASSES.len()] {
    let family = Family::<Label, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    let unit = prometheus_client::registry::Unit::Seconds;
    registry.register_with_unit("stored", "From the gate to durable", unit, family.clone());
    CLASSES.map(|word| Timed::new(family.get_or_create_owned(&[("class", word)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_told() {
        let metrics = Metrics::new();
        for ms in 1..=100 {
            metrics.stored(Class::LifeSafety, Duration::from_millis(ms));
        }
        let stored = metrics.snapshot().stored;
        let about =
            |took: Duration, ms: u64| took.as_micros().abs_diff(u128::from(ms) * 1_000) < 1_000;
        assert_eq!(stored.count, 100);
        assert!(
            about(stored.p50, 50) && about(stored.p99, 99) && about(stored.max, 100),
            "{stored:?}"
        );
    }

    #[test]
    fn every_metric_is_in_the_text_with_its_labels() {
        let metrics = Metrics::new();
        metrics.signal(Class::Telemetry);
        metrics.refused(&Outcome::NotStored);
        metrics.connected(Listener::Link);
        metrics.painted(Duration::from_millis(3));
        metrics.login(Login::Throttled);
        let text = metrics.text();
        for line in [
            "varde_signals_total{class=\"telemetry\"} 1",
            "varde_signals_total{class=\"life_safety\"} 0",
            "varde_refused_total{why=\"not_stored\"} 1",
            "varde_refused_total{why=\"busy\"} 0",
            "varde_connections{listener=\"link\"} 1",
            "varde_logins_total{end=\"throttled\"} 1",
            "varde_painted_seconds_bucket{le=\"0.0025\"} 0",
            "varde_painted_seconds_bucket{le=\"0.005\"} 1",
            "varde_stored_seconds_count{class=\"person\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_connection_that_ended_is_no_longer_counted() {
        let metrics = Metrics::new();
        metrics.connected(Listener::Link);
        metrics.connected(Listener::SipTls);
        metrics.connected(Listener::Live);
        metrics.disconnected(Listener::Link);
        let now = metrics.snapshot();
        assert_eq!((now.devices_connected, now.consoles_connected), (1, 1));
    }
}
