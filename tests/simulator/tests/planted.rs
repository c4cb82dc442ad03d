//! Checks that never fail prove nothing: each planted mistake has to be found, and by the check made for it.

use simulator::{Bug, Violation, run};

/// The first broken promise within forty seeds.
fn found(bug: Bug) -> Violation {
    (0..40)
        .find_map(|seed| run(seed, Some(bug)).err())
        .unwrap_or_else(|| panic!("{bug:?} was not found"))
        .violation
}

#[test]
fn a_receipt_before_the_entry_is_durable() {
    assert!(matches!(found(Bug::ReceiptBeforeDurable), Violation::BeforeDurable { .. }));
}

#[test]
fn a_log_that_drops_an_entry() {
    let violation = found(Bug::LogDropsEntry);
    assert!(
        matches!(violation, Violation::NotInTheLog { .. } | Violation::Owed { .. }),
        "{violation:?}"
    );
}

#[test]
fn a_claim_answered_without_the_central() {
    let violation = found(Bug::ClaimWithoutCentral);
    assert!(
        matches!(violation, Violation::TwoClaims { .. } | Violation::BeforeDurable { .. }),
        "{violation:?}"
    );
}

#[test]
fn a_retry_under_another_reference() {
    let violation = found(Bug::DedupOff);
    assert!(
        matches!(violation, Violation::Twice { .. } | Violation::NotInTheLog { .. }),
        "{violation:?}"
    );
}

#[test]
fn an_offer_that_never_comes() {
    assert!(matches!(found(Bug::OfferLost), Violation::Owed { .. }));
}

#[test]
fn a_batch_turned_round() {
    assert!(matches!(found(Bug::BatchReversed), Violation::OutOfPriority { .. }));
}

#[test]
fn a_restart_that_reads_otherwise() {
    let violation = found(Bug::ReadsOtherwise);
    // The last group's decisions may not be in the log yet: then only the state tells.
    assert!(
        matches!(violation, Violation::HashDiffers { .. } | Violation::NotAsTheModel { .. }),
        "{violation:?}"
    );
}
