use std::time::{Duration, Instant};

use central::entry::{Entry, Flags, Path, Sender};
use central::kind::Kind as CentralKind;
use central::words::{DeviceId, Moment};
use link::{Answer, Beat, Details, Hello, Kind, Message, Refusal, Signal};

use super::house::{House, OSLO, eventually, press, press_bytes, say};
use crate::plain::Plain;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_press_is_stored_then_receipted_with_its_place_in_the_chain() {
    let house = House::open();
    let connection = house.connect(&house.device("K7-0042")).await;
    let details = Details {
        location: Some("Bad".to_owned()),
        phone: Some("+47 22 22 55 55".to_owned()),
        ..Details::default()
    };
    let said = Signal { details, happened: Some(1_790_000_000_123), ..press(1) };
    let Answer::Receipt(receipt) = say(&connection, &Message::Signal(said.clone()).encode()).await
    else {
        panic!("no receipt")
    };
    assert!(!receipt.duplicate && receipt.chain != [0; 32]);
    eventually(|| house.intake.metrics.snapshot().receipts.count == 1).await;
    let log = house.log();
    let Entry::Signal(signal) = &log[receipt.seq as usize - 1] else { panic!("not at its seq") };
    assert_eq!(signal.device, DeviceId("link:K7-0042".to_owned()));
    assert_eq!((signal.municipality, signal.kind), (OSLO, CentralKind::PRESS));
    assert_eq!((signal.path, signal.sender), (Path::Link, Sender::Verified));
    assert_eq!(signal.reference.0, "0000000000000001a5a5a5a5a5a5a5a5");
    assert_eq!(signal.happened, Some(Moment(1_790_000_000_123_000_000)));
    assert_eq!(signal.counter.map(|counter| (counter.boot, counter.n)), Some((7, 1)));
    assert!(signal.received <= Moment(receipt.moment) && signal.received.0 > 0);
    let sealed = signal.sealed.as_ref().unwrap();
    let plain = Plain::from_bytes(&house.keys.open_sealed(sealed).unwrap()).unwrap();
    let words = [("Sted", "Bad"), ("Telefon", "+47 22 22 55 55")];
    assert_eq!(plain.text, words.map(|(label, value)| (label.to_owned(), value.to_owned())));
    assert_eq!(plain.raw, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_stands_in_the_log_in_clear() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let details = Details { text: Some("KANARIFUGL".to_owned()), ..Details::default() };
    let said = Message::Signal(Signal { details, ..press(1) }).encode();
    assert!(matches!(say(&connection, &said).await, Answer::Receipt(_)));
    let mut broken = said.clone();
    broken.push(0xff);
    assert!(matches!(say(&connection, &broken).await, Answer::Refused(_)));
    assert_eq!(house.signals().len(), 2);
    for entry in house.log() {
        assert!(!entry.encode().windows(10).any(|window| window == b"KANARIFUGL"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_again_get_the_same_receipt_and_no_second_entry() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let Answer::Receipt(first) = say(&connection, &press_bytes(1)).await else {
        panic!("no receipt")
    };
    for _ in 0..3 {
        let Answer::Receipt(again) = say(&connection, &press_bytes(1)).await else {
            panic!("no receipt")
        };
        assert!(again.duplicate);
        assert_eq!((again.seq, again.chain, again.moment), (first.seq, first.chain, first.moment));
    }
    assert_eq!(house.signals().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hello_and_beat_are_answered_at_once_and_never_logged() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let hello = Hello {
        version: 1,
        model: "M".to_owned(),
        firmware: "1".to_owned(),
        boot: 7,
        ..Hello::default()
    };
    let Answer::Welcome(welcome) = say(&connection, &hello.encode()).await else {
        panic!("no welcome")
    };
    assert_eq!((welcome.version, welcome.beat_s, welcome.unanswered), (1, 20, 3));
    let now = house.intake.clock.now().0 / 1_000_000;
    assert!(welcome.time <= now && welcome.time + 5_000 > now);
    let beat = Message::Beat(Beat { boot: 7, ..Beat::default() }).encode();
    assert!(matches!(say(&connection, &beat).await, Answer::BeatOk { .. }));
    assert_eq!(house.log().len(), 2, "genesis and rules");
    let heard = house.link.heard("K7").unwrap();
    assert!(heard <= house.intake.clock.now() && house.link.heard("K8").is_none());
    let other = Hello { version: 2, ..hello };
    let Answer::Refused(refused) = say(&connection, &other.encode()).await else { panic!("taken") };
    assert_eq!(refused.code, Refusal::UnknownVersion);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_that_never_came_are_before_operators() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let beat = |counter| Message::Beat(Beat { boot: 7, counter, ..Beat::default() }).encode();
    say(&connection, &beat(0)).await;
    assert!(matches!(say(&connection, &press_bytes(1)).await, Answer::Receipt(_)));
    say(&connection, &beat(1)).await;
    assert_eq!(house.link.counts().gaps, 0);
    say(&connection, &beat(3)).await;
    assert_eq!(house.link.counts().gaps, 1);
    // Before operators as a technical alarm, once: the press and the gap are open.
    let waited = Instant::now();
    while house.intake.board.counts().0 < 2 {
        assert!(
            waited.elapsed() < Duration::from_secs(5),
            "nobody is shown that signals are missing"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (picture, _) = house.intake.board.subscribe();
    let gap =
        picture.rows.iter().find(|row| row.kind == CentralKind::FAULT).expect("it is a fault");
    assert_eq!((gap.device.0.as_str(), gap.count), ("link:K7", 1));
    say(&connection, &beat(3)).await;
    assert_eq!(house.link.counts().gaps, 1, "the same gap is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_is_refused_and_shown_once_then_counted() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    for rubbish in [&b"HELP ME"[..], &[0xff; 40], b"", &press_bytes(1)[..20]] {
        let Answer::Refused(refused) = say(&connection, rubbish).await else { panic!("taken") };
        assert_eq!(refused.code, Refusal::Malformed);
    }
    let signals = house.signals();
    assert_eq!(signals.len(), 1, "one broken device makes one alarm");
    assert_eq!(signals[0].kind, CentralKind::UNDECODABLE);
    assert!(signals[0].flags.has(Flags::UNDECODABLE));
    assert_eq!(signals[0].sender, Sender::Verified);
    let sealed = signals[0].sealed.as_ref().unwrap();
    let plain = Plain::from_bytes(&house.keys.open_sealed(sealed).unwrap()).unwrap();
    assert_eq!(plain.raw.unwrap().bytes, b"HELP ME");
    let other = house.connect(&house.device("K8")).await;
    say(&other, b"HELP ME TOO").await;
    assert_eq!(house.signals().len(), 2);
    assert_eq!(house.link.counts().malformed, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_that_was_not_stored_is_shown_at_the_next_try() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    house.order.set_stalled(true);
    assert_eq!(say(&connection, b"HELP ME").await, Answer::NotStored);
    house.order.set_stalled(false);
    eventually(|| house.signals().len() == 1).await;
    assert!(matches!(say(&connection, b"HELP ME").await, Answer::Refused(_)));
    assert_eq!(house.signals().len(), 2);
    assert!(matches!(say(&connection, b"HELP ME").await, Answer::Refused(_)));
    assert_eq!(house.signals().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_beat_alarms_nobody() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let mut beat = Message::Beat(Beat { boot: 7, ..Beat::default() }).encode();
    beat.push(0);
    assert!(matches!(say(&connection, &beat).await, Answer::Refused(_)));
    assert!(house.signals().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_too_large_is_refused_and_shown() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let mut large = press_bytes(1);
    large.resize(100_000, 0);
    let Answer::Refused(refused) = say(&connection, &large).await else { panic!("taken") };
    assert!(matches!(refused.code, Refusal::TooLarge | Refusal::Malformed));
    eventually(|| house.signals().len() == 1).await;
    assert_eq!(house.signals()[0].reference.0, "0000000000000001a5a5a5a5a5a5a5a5");
    assert!(matches!(say(&connection, &press_bytes(2)).await, Answer::Receipt(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_kind_is_kept_and_flagged() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    let said = Message::Signal(Signal { kind: Kind(777), ..press(1) }).encode();
    assert!(matches!(say(&connection, &said).await, Answer::Receipt(_)));
    let signals = house.signals();
    assert_eq!(signals[0].kind, CentralKind(777));
    assert!(signals[0].flags.has(Flags::UNKNOWN_CODE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_log_is_answered_not_stored_after_4_s() {
    let house = House::open();
    let connection = house.connect(&house.device("K7")).await;
    house.order.set_stalled(true);
    let start = std::time::Instant::now();
    assert_eq!(say(&connection, &press_bytes(1)).await, Answer::NotStored);
    assert!(start.elapsed() >= crate::limits::NOT_STORED_AFTER);
    house.order.set_stalled(false);
    let Answer::Receipt(receipt) = say(&connection, &press_bytes(1)).await else {
        panic!("no receipt")
    };
    assert!(receipt.duplicate, "what became durable later is known when the unit asks again");
}
