//! What is counted about snapshots.

use std::sync::atomic::AtomicU64;

use central::words::Seq;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Count = Gauge<u64, AtomicU64>;

/// Counted since this engine began, and how far the newest reaches.
#[derive(Debug, Default)]
pub struct Counts {
    written: Counter,
    failed: Counter,
    differs: Counter,
    seq: Count,
    folded: Count,
}

impl Counts {
    /// All at zero, and in the registry.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let it = Self::default();
        let counters = [
            ("snapshots_written", "Snapshots written", &it.written),
            ("snapshots_failed", "Snapshots that could not be written", &it.failed),
            (
                "snapshots_differing",
                "Second folds of the log that came to another state than the live one",
                &it.differs,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("snapshot_seq", "The entry that the newest snapshot stands at", &it.seq),
            ("start_folded_entries", "Entries that this start folded", &it.folded),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        it
    }

    /// This start began from a snapshot (0: none) and folded so many entries.
    pub(crate) fn started(&self, from: Seq, folded: u64) {
        self.seq.set(from.0);
        self.folded.set(folded);
    }

    pub(crate) fn written(&self, seq: Seq) {
        self.written.inc();
        self.seq.set(seq.0);
    }

    pub(crate) fn failed(&self) {
        self.failed.inc();
    }

    pub(crate) fn differs(&self) {
        self.differs.inc();
    }
}
