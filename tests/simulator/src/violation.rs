//! What a run may not do, and what it did.

use std::fmt;

/// A promise of the house that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A receipt or answer left before its entry was durable, or names another entry.
    BeforeDurable {
        /// The Seq it named.
        seq: u64,
    },
    /// What a device holds a receipt for is not in the log as it was sent.
    NotInTheLog {
        /// The Seq of the receipt.
        seq: u64,
    },
    /// One signal opened two alarms, or has receipts for two entries.
    Twice {
        /// The device.
        device: String,
    },
    /// Two acts hold one version of one alarm, or one act has two answers.
    TwoClaims {
        /// The alarm.
        alarm: u64,
    },
    /// An entry came to something else than in the reference model.
    NotAsTheModel {
        /// Which entry.
        seq: u64,
        /// What was expected, and what came.
        what: String,
    },
    /// Two folds of the same entries differ.
    HashDiffers {
        /// After which entry.
        seq: u64,
    },
    /// The chain or the Moments of the log do not follow.
    ChainBroken {
        /// At which entry.
        seq: u64,
    },
    /// Something less urgent went before something more urgent.
    OutOfPriority {
        /// In which batch.
        n: u64,
    },
    /// What was refused is in the log.
    RefusedYetKept {
        /// Which entry.
        seq: u64,
    },
    /// A node stopped although its log had not failed.
    Halted {
        /// Why.
        why: String,
    },
    /// An inbound came to nothing, or long after the last fault something is still owed.
    Owed {
        /// What.
        what: String,
    },
}

/// A run that broke a promise, and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The run.
    pub seed: u64,
    /// When, nanoseconds after the start.
    pub at: u64,
    /// What.
    pub violation: Violation,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} broke a promise after {} ms: {:?}\nagain: VARDE_SEED={} cargo test --release -p simulator --test seeds",
            self.seed,
            self.at / 1_000_000,
            self.violation,
            self.seed
        )
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Hash of everything that happened: the same seed gives the same.
    pub trace: u64,
    /// Entries in the log.
    pub entries: u64,
    /// Signals sent, each with a receipt at the end.
    pub signals: u64,
    /// Receipts sent that said Duplicate.
    pub duplicates: u64,
    /// Claims that succeeded.
    pub claims: u64,
    /// Acts refused by the central.
    pub refused_acts: u64,
    /// Inbounds refused by the loop.
    pub refused: u64,
    /// Alarms that came back to waiting because a session was over.
    pub lapsed: u64,
    /// Crashes and failed syncs.
    pub crashes: u64,
    /// Decisions that a restart compared with those noted in the log.
    pub compared: u64,
    /// Nodes of an older version that stopped where rules began that they lack.
    pub outdated: u64,
    /// Changes of rules in the log.
    pub rules: u64,
}
