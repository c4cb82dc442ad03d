//! How far the projections have come, for the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Told by the thread, read with the metrics. Clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    lag_entries: Gauge,
    lag_seconds: Gauge,
    folded: Counter,
    rebuilding: Gauge,
    failing: Gauge,
    lost: Counter,
    /// Transactions committed; for tests that wait.
    pub(super) turns: Arc<AtomicI64>,
}

impl Figures {
    /// At zero, and in the registry.
    pub fn registered(registry: &mut Registry) -> Self {
        let figures = Self::default();
        let Self { lag_entries, lag_seconds, folded, rebuilding, failing, lost, .. } = &figures;
        for (name, help, gauge) in [
            ("lag_entries", "Durable entries not yet in the projections", lag_entries),
            ("lag_seconds", "Age of the last entry in them while others wait", lag_seconds),
            ("rebuilding", "1 while they are folded anew: history answers busy", rebuilding),
            ("failing", "1 while they cannot go on; the process log says why", failing),
        ] {
            registry.register(format!("projections_{name}"), help, gauge.clone());
        }
        registry.register("projections_folded", "Entries folded into them", folded.clone());
        let help = "Entries passed over because their decision cannot be told";
        registry.register("projections_lost", help, lost.clone());
        figures
    }

    /// Durable entries that are not in the tables.
    pub fn lag_entries(&self) -> i64 {
        self.lag_entries.get()
    }

    /// Whether it cannot go on for now.
    pub fn failing(&self) -> bool {
        self.failing.get() != 0
    }

    pub(super) fn lag(&self, entries: u64, nanos: u64) {
        self.lag_entries.set(entries.cast_signed());
        self.lag_seconds.set((nanos / 1_000_000_000).cast_signed());
    }

    pub(super) fn folded(&self, entries: usize, lost: u64) {
        self.folded.inc_by(entries as u64);
        self.lost.inc_by(lost);
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn rebuilding(&self, so: bool) {
        self.rebuilding.set(so.into());
    }

    pub(super) fn set_failing(&self, so: bool) {
        self.failing.set(so.into());
    }
}
