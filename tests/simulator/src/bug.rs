//! Mistakes planted in the simulator's own shell and log, never in production code: each check has to
//! find the one made for it.

/// One planted mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The shell sends a receipt when it has put the signal into its lane.
    ReceiptBeforeDurable,
    /// The log loses an entry of a batch without a word.
    LogDropsEntry,
    /// The shell answers a claim itself.
    ClaimWithoutCentral,
    /// The shell gives a retry another reference.
    DedupOff,
    /// The shell loses every third alarm's offers.
    OfferLost,
    /// The log turns batches round.
    BatchReversed,
    /// A restart reads another entry than was written.
    ReadsOtherwise,
}
