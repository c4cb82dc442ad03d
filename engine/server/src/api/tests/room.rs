//! What is left for whom when room is short.

use central::entry::Sender;
use central::kind::Kind;
use central::words::{AlarmId, Seq};

use super::house::{House, OSLO};
use crate::intake::Outcome;
use crate::limits::OPEN_UNVERIFIED;

#[test]
fn unverified_senders_never_take_the_last_room_for_alarms() {
    let house = House::new();
    let (intake, runtime) = (&house.intake, &house.runtime);
    let first = house.press(OSLO);
    let row = (*intake.board.row(first).unwrap()).clone();
    for n in 1..OPEN_UNVERIFIED as u64 {
        let alarm = AlarmId(Seq(1_000_000 + n));
        intake.board.put(central::output::Row { alarm, ..row.clone() });
    }
    let claimed = house.draft(OSLO, Kind::PRESS);
    let device = claimed.signal.device.clone();
    assert_eq!(runtime.block_on(intake.submit(claimed)), Outcome::Busy);
    let (picture, _) = intake.board.subscribe();
    assert!(picture.shouts.iter().any(|shout| shout.device == device && shout.sent_on));
    let mut proven = house.draft(OSLO, Kind::PRESS);
    proven.signal.sender = Sender::Verified;
    assert!(matches!(runtime.block_on(intake.submit(proven)), Outcome::Stored(_)));
    // What opens nothing is taken from anyone.
    let filed = house.draft(OSLO, Kind::STATUS);
    assert!(matches!(runtime.block_on(intake.submit(filed)), Outcome::Stored(_)));
}
