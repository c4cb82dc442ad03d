//! The report at the end of a run, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::play::Outcome;

/// What was played, and what it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `play`, `burst` or `idle`.
    pub mode: &'static str,
    /// The seed of fleet and timeline.
    pub seed: u64,
    /// The number that keeps this run's references apart from others'.
    pub run: u64,
    /// How the timeline was scaled.
    pub tempo: String,
    /// Whether sent = receipted + refused + unanswered, and every one without a receipt is listed.
    pub conserved: bool,
    /// Whether the player kept its own time: 99.9 % of its orders within 10 ms.
    pub punctual: bool,
    /// The run.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The lag beyond which a run's latencies are not to be believed, in microseconds.
const LAG_US: u64 = 10_000;

impl Report {
    /// The report of a run.
    pub fn new(mode: &'static str, seed: u64, run: u64, tempo: String, outcome: Outcome) -> Self {
        let tally = &outcome.tally;
        let listed = outcome.unreceipted.len() as u64 == tally.refused + tally.unanswered;
        let conserved = tally.conserved() && listed;
        let punctual = tally.lag.p999_us <= LAG_US;
        Self { mode, seed, run, tempo, conserved, punctual, outcome }
    }

    /// Writes it as one JSON document.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}
