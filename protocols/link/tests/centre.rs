//! The centre's side: who may be in flight, and what is missing.

use link::centre::{Arrival, Counters, Gap, Session, Verdict};
use link::{Beat, Details, Hello, Kind, Message, Refusal, Signal, VERSION, limits};
use proptest::prelude::*;

fn signal(kind: u16) -> Message {
    Message::Signal(Signal {
        id: [1; 16],
        boot: 1,
        counter: 1,
        kind: Kind(kind),
        happened: None,
        buffered: false,
        details: Details::default(),
    })
}

fn admitted(verdict: Verdict) -> link::centre::Slot {
    match verdict {
        Verdict::Admit(slot) => slot,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_fourth_stream_belongs_to_an_alarm() {
    let mut session = Session::default();
    let beat = admitted(session.admit(&Message::Beat(Beat::default())));
    let measured = admitted(session.admit(&signal(500)));
    let battery = admitted(session.admit(&signal(602)));
    assert_eq!(session.unanswered(), (3, 0));
    let busy = Verdict::Busy { retry_ms: limits::BUSY_FLOW_MS };
    for plain in [signal(500), signal(602), signal(900), Message::Beat(Beat::default())] {
        assert_eq!(session.admit(&plain), busy);
    }
    for alarm in [100, 302, 0, 65_000] {
        let slot = admitted(session.admit(&signal(alarm)));
        session.release(slot);
    }
    let press = admitted(session.admit(&signal(100)));
    session.release(battery);
    let again = admitted(session.admit(&signal(500)));
    assert_eq!(session.admit(&signal(500)), busy, "an alarm in flight frees no plain place");
    for slot in [beat, measured, press, again] {
        session.release(slot);
    }
    assert_eq!(session.unanswered(), (0, 0));
}

#[test]
fn unanswered_alarms_do_not_hold_each_other_back() {
    let mut session = Session::default();
    let slots: Vec<_> =
        (0..limits::STREAMS).map(|_| admitted(session.admit(&signal(100)))).collect();
    assert!(matches!(session.admit(&signal(100)), Verdict::Busy { .. }));
    assert!(matches!(session.admit(&signal(500)), Verdict::Admit(_)));
    for slot in slots {
        session.release(slot);
    }
    assert_eq!(session.unanswered(), (1, 0));
}

#[test]
fn another_version_is_refused_and_holds_no_place() {
    let mut session = Session::default();
    for version in [0, VERSION + 1, u64::MAX] {
        let hello = Message::Hello(Hello { version, ..Hello::default() });
        match session.admit(&hello) {
            Verdict::Refuse(refused) => assert_eq!(refused.code, Refusal::UnknownVersion),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(session.unanswered(), (0, 0));
    let hello = Message::Hello(Hello { version: VERSION, ..Hello::default() });
    assert!(matches!(session.admit(&hello), Verdict::Admit(_)));
}

#[test]
fn seventeen_sent_sixteen_here() {
    let mut counters = Counters::default();
    assert_eq!(counters.stated(9, 0, 0), None);
    for counter in (1..=17).filter(|counter| *counter != 5) {
        assert_eq!(counters.signal(9, counter), Arrival::New);
    }
    let gap = Gap { boot: 9, sent: 17, queued: 0, here: 16 };
    assert_eq!(counters.stated(9, 17, 0), Some(gap));
    assert_eq!(gap.missing(), 1);
    assert_eq!(counters.stated(9, 17, 1), None, "the device still waits to hand it over");
    assert_eq!(counters.signal(9, 5), Arrival::New);
    assert_eq!(counters.stated(9, 17, 0), None, "it came late");
}

#[test]
fn a_resending_is_no_second_arrival() {
    let mut counters = Counters::default();
    counters.stated(1, 0, 0);
    assert_eq!(counters.signal(1, 1), Arrival::New);
    assert_eq!(counters.signal(1, 1), Arrival::Seen);
    assert_eq!(counters.signal(1, 0), Arrival::Uncounted);
    let gap = counters.stated(1, 2, 0).expect("counter 2 never came");
    assert_eq!((gap.sent, gap.here), (2, 1));
}

#[test]
fn a_restarted_centre_believes_the_device_once() {
    let mut counters = Counters::default();
    assert_eq!(counters.stated(4, 39, 0), None);
    assert_eq!(counters.stated(4, 40, 1), None);
    let gap = counters.stated(4, 40, 0).expect("40 is gone and never came");
    assert_eq!((gap.here, gap.missing()), (39, 1));
}

#[test]
fn a_signal_before_its_hello_counts() {
    let mut counters = Counters::default();
    counters.stated(1, 3, 0);
    assert_eq!(counters.signal(2, 1), Arrival::New, "the unit restarted; its hello is on the way");
    assert_eq!(counters.signal(1, 4), Arrival::New, "kept over the restart");
    assert_eq!(counters.stated(2, 1, 1), None);
    assert_eq!(counters.stated(2, 1, 0), None);
}

#[test]
fn what_a_new_boot_lost_shows() {
    let mut counters = Counters::default();
    counters.stated(1, 3, 0);
    let gap = counters.stated(2, 2, 1).expect("one of the new boot is nowhere");
    assert_eq!((gap.boot, gap.missing()), (2, 1));
}

#[test]
fn counters_far_apart_are_kept_apart() {
    let mut counters = Counters::default();
    counters.stated(1, 0, 0);
    for counter in [1, 64, 65, 128, 200, 256, 257, 300, 1_000] {
        assert_eq!(counters.signal(1, counter), Arrival::New);
    }
    for counter in [1_000, 745 + 255] {
        assert_eq!(counters.signal(1, counter), Arrival::Seen);
    }
    let gap = counters.stated(1, 1_000, 0).expect("most never came");
    assert_eq!(gap.here, 9);
    assert_eq!(counters.signal(1, u64::MAX), Arrival::New);
}

proptest! {
    /// Against a set: whatever arrives in whatever order within the window, the count is right.
    #[test]
    fn the_count_is_that_of_a_set(
        arrivals in prop::collection::vec(1..=limits::COUNTER_WINDOW, 0..400),
    ) {
        let mut counters = Counters::default();
        counters.stated(1, 0, 0);
        let mut set = std::collections::BTreeSet::new();
        for counter in arrivals {
            let new = counters.signal(1, counter) == Arrival::New;
            prop_assert_eq!(new, set.insert(counter));
        }
        let sent = limits::COUNTER_WINDOW;
        let missing = counters.stated(1, sent, 0).map_or(0, |gap| gap.missing());
        prop_assert_eq!(missing, sent - set.len() as u64);
    }

    #[test]
    fn no_numbers_panic(steps in prop::collection::vec(
        (any::<bool>(), 0..3u64, prop_oneof![any::<u64>(), 0..600u64], any::<u64>()), 0..60,
    )) {
        let mut counters = Counters::default();
        for (stated, boot, counter, queued) in steps {
            if stated {
                counters.stated(boot, counter, queued);
            } else {
                counters.signal(boot, counter);
            }
        }
    }
}
