//! The numbers of a run, at one moment.

use hdrhistogram::Histogram;
use serde::Serialize;

/// Everything counted so far. `sent` = `receipted` + `refused` + `unanswered`; beats and duplicates
/// are apart.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Devices of the fleet.
    pub devices: u64,
    /// Of them with a connection now (a UDP unit counts once it has its socket).
    pub connected: u64,
    /// Connections made.
    pub connects: u64,
    /// Connections that could not be made.
    pub failed_connects: u64,
    /// Connections lost, those the player closed itself apart.
    pub losses: u64,
    /// New signals that devices set out to send.
    pub sent: u64,
    /// Of them stored by the engine's own word: `mrs` with `snu` 0, or a link receipt.
    pub receipted: u64,
    /// Of them refused for good.
    pub refused: u64,
    /// Of them without an answer that settles it, so far.
    pub unanswered: u64,
    /// Times a signal was sent again because no answer came.
    pub resent: u64,
    /// Duplicates sent of signals already receipted.
    pub duplicates: u64,
    /// Duplicates receipted.
    pub duplicates_answered: u64,
    /// Beats sent.
    pub beats: u64,
    /// Beats answered.
    pub beats_answered: u64,
    /// By class, most urgent first.
    pub classes: Vec<ClassTally>,
    /// How late the player gave its orders: its own fault, not the engine's.
    pub lag: Latency,
    /// Why the last connection failed, if one did.
    pub trouble: Option<String>,
}

/// One class of signals.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClassTally {
    /// Its name.
    pub class: &'static str,
    /// New signals.
    pub sent: u64,
    /// Of them receipted.
    pub receipted: u64,
    /// From the intended moment to the receipt.
    pub from_intended: Latency,
    /// From the first sending to the receipt.
    pub from_sent: Latency,
}

/// A latency, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many were measured.
    pub n: u64,
    /// Half were faster.
    pub p50_us: u64,
    /// 99 % were faster.
    pub p99_us: u64,
    /// 99.9 % were faster.
    pub p999_us: u64,
    /// The slowest.
    pub max_us: u64,
}

impl Latency {
    pub(crate) fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) / 1000;
        Self {
            n: histogram.len(),
            p50_us: at(0.5),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: histogram.max() / 1000,
        }
    }
}

impl Tally {
    /// Whether every signal sent is accounted for, once.
    pub fn conserved(&self) -> bool {
        self.sent == self.receipted + self.refused + self.unanswered
    }
}
