//! What decodes, what is refused and why, and what holds for every input.

use link::{
    Answer, Beat, Details, Hello, Key, Kind, Measured, Message, Position, Reason, Receipt, Refusal,
    Refused, Signal, Welcome, limits,
};
use proptest::prelude::*;

fn signal() -> Signal {
    Signal {
        id: [7; 16],
        boot: 3,
        counter: 17,
        kind: Kind::PRESS,
        happened: None,
        buffered: false,
        details: Details::default(),
    }
}

/// A signal with `more` put into its map as raw entries.
fn with(more: &[u8], entries: u8) -> Vec<u8> {
    let mut bytes = signal().encode();
    bytes[0] += entries;
    bytes.extend_from_slice(more);
    bytes
}

fn reason(bytes: &[u8]) -> Reason {
    Message::decode(bytes).expect_err("malformed").reason
}

#[test]
fn each_fault_has_its_name() {
    use Key::{Detail, Top};
    let long_text = |key: u8, len: u16| {
        let mut more = vec![0x07, 0xa1, key, 0x79];
        more.extend_from_slice(&len.to_be_bytes());
        more.extend(std::iter::repeat_n(b'x', len.into()));
        more
    };
    let nested = |levels: usize| [vec![0x18, 30], vec![0x81; levels], vec![0]].concat();
    let cases: Vec<(Vec<u8>, Reason)> = vec![
        (vec![], Reason::Empty),
        (vec![0xa0], Reason::Missing(Top(0))),
        (vec![0x80], Reason::NotMap),
        (vec![0xff], Reason::NotMap),
        (b"alarm".to_vec(), Reason::NotMap),
        (vec![0xbf, 0, 2, 0xff], Reason::Indefinite),
        (vec![0xa1, 0], Reason::Truncated),
        (vec![0xa1, 0, 3, 0], Reason::Trailing),
        (vec![0xa1, 0, 9], Reason::UnknownType(9)),
        (vec![0xa1, 0, 0x61, b'1'], Reason::WrongType(Top(0))),
        (vec![0xa1, 0x61, b'0', 3], Reason::NotIntegerKey),
        (vec![0xa1, 0x1c, 3], Reason::NotIntegerKey),
        (vec![0xa2, 0, 3, 0, 3], Reason::Repeated(Top(0))),
        (with(&[0x18, 30, 1, 0x18, 30, 1], 2), Reason::Repeated(Top(30))),
        (with(&[0x18, 30, 0x1c], 1), Reason::NotCbor),
        (with(&[0x18, 30, 0xff], 1), Reason::NotCbor),
        (with(&[0x18, 30, 0x61, 0xff], 1), Reason::NotCbor),
        (with(&[0x18, 30, 0x9f, 0xff], 1), Reason::Indefinite),
        (with(&[0x18, 30, 0x7f, 0x60, 0xff], 1), Reason::Indefinite),
        (with(&nested(7), 1), Reason::TooDeep),
        (with(&[0x18, 30, 0xb8, 33], 1), Reason::TooMany),
        (with(&[0x18, 30, 0x9b, 255, 255, 255, 255, 255, 255, 255, 255], 1), Reason::Truncated),
        (vec![0xbb, 255, 255, 255, 255, 255, 255, 255, 255], Reason::TooMany),
        (with(&[7, 0x80], 1), Reason::WrongType(Top(7))),
        (with(&[7, 0xa1, 0x61, b'a', 1], 1), Reason::NotIntegerKey),
        (with(&[7, 0xa2, 3, 0x18, 50], 1), Reason::Truncated),
        (with(&[7, 0xa2, 3, 0x18, 50, 3, 0x18, 50], 1), Reason::Repeated(Detail(3))),
        (with(&[7, 0xa1, 3, 0x18, 101], 1), Reason::OutOfRange(Detail(3))),
        (with(&[7, 0xa1, 3, 0x20], 1), Reason::WrongType(Detail(3))),
        (with(&[7, 0xa1, 3, 0xf9, 0, 0], 1), Reason::WrongType(Detail(3))),
        (with(&[7, 0xa1, 4, 0x81, 0], 1), Reason::OutOfRange(Detail(4))),
        (with(&[7, 0xa1, 4, 0x82, 0x1a, 0x35, 0xa4, 0xe9, 1, 0], 1), Reason::OutOfRange(Detail(4))),
        (with(&[7, 0xa1, 4, 0x82, 0, 0x3a, 0x6b, 0x49, 0xd2, 0], 1), Reason::OutOfRange(Detail(4))),
        (with(&[7, 0xa1, 5, 0x81, 0x83, 1, 1, 10], 1), Reason::OutOfRange(Detail(5))),
        (with(&[7, 0xa1, 5, 0x81, 0x82, 1, 1], 1), Reason::OutOfRange(Detail(5))),
        (with(&long_text(1, 129), 1), Reason::OutOfRange(Detail(1))),
        (with(&long_text(2, 513), 1), Reason::OutOfRange(Detail(2))),
        (with(&long_text(6, 33), 1), Reason::OutOfRange(Detail(6))),
        (with(&[6, 1], 1), Reason::WrongType(Top(6))),
        (with(&long_text(2, 4096), 1), Reason::TooLarge),
    ];
    for (bytes, expected) in cases {
        assert_eq!(reason(&bytes), expected, "{:02x?}", &bytes[..bytes.len().min(60)]);
        let refused = Refused::from(expected);
        assert!(!refused.text.is_empty() && refused.text.len() <= limits::REASON_BYTES);
    }
    assert_eq!(Reason::TooLarge.refusal(), Refusal::TooLarge);
    assert_eq!(Reason::UnknownType(9).refusal(), Refusal::UnknownType);
    assert_eq!(Reason::Trailing.refusal(), Refusal::Malformed);
}

#[test]
fn every_mandatory_key_is_asked_for() {
    let whole = [
        (Message::Signal(signal()).encode(), vec![1, 2, 3, 4]),
        (Message::Hello(Hello::default()).encode(), vec![1, 2, 3, 4, 6]),
        (Message::Beat(Beat::default()).encode(), vec![1, 2]),
    ];
    for (bytes, mandatory) in whole {
        for key in mandatory {
            // Renumber the key as an unknown one: -1 - 20.
            let at = position_of_key(&bytes, key);
            let mut without = bytes.clone();
            without[at] = 0x34;
            assert_eq!(reason(&without), Reason::Missing(Key::Top(i64::from(key))));
        }
    }
}

/// Where the key stands, in a map whose keys are written in one byte each, in order.
fn position_of_key(bytes: &[u8], key: u8) -> usize {
    let mut d = minicbor::Decoder::new(bytes);
    d.map().unwrap();
    loop {
        let at = d.position();
        if d.u8().unwrap() == key {
            return at;
        }
        d.skip().unwrap();
    }
}

#[test]
fn the_limits_themselves_are_accepted() {
    let text = |len: usize| Some("x".repeat(len));
    let measured = Measured { unit: u16::MAX, value: i64::MIN, decimals: 9 };
    let details = Details {
        location: text(limits::LOCATION_BYTES),
        text: text(limits::TEXT_BYTES),
        battery: Some(100),
        position: Some(Position {
            lat: 900_000_000,
            lon: -1_800_000_000,
            accuracy: Some(u32::MAX),
        }),
        measured: vec![measured; limits::MEASURED],
        sensor: text(limits::SENSOR_BYTES),
        phone: text(limits::PHONE_BYTES),
    };
    let message = Message::Signal(Signal { details, ..signal() });
    assert_eq!(Message::decode(&message.encode()), Ok(message.clone()));
    // Six levels in key 30 are eight in all.
    let deep = with(&[&[0x18, 30][..], &[0x81; 6], &[0]].concat(), 1);
    assert_eq!(Message::decode(&deep), Ok(Message::Signal(signal())));
}

#[test]
fn longer_integers_and_any_order_are_read() {
    let bytes =
        [0xa5, 4, 0x19, 0, 100, 3, 0x18, 17, 2, 0x1b, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0x50].to_vec();
    let bytes = [bytes, vec![7; 16], vec![0, 0x18, 3]].concat();
    assert_eq!(Message::decode(&bytes), Ok(Message::Signal(signal())));
}

#[test]
fn what_may_be_a_person_is_salvaged_from_a_cut_signal() {
    let whole = signal().encode();
    for end in 0..whole.len() {
        let malformed = Message::decode(&whole[..end]).expect_err("cut");
        let salvaged = malformed.salvaged;
        assert!(salvaged.may_be_person(), "cut at {end}");
        assert_eq!(salvaged.id.is_some(), end >= 21, "cut at {end}");
    }
    let bad_detail = with(&[7, 0xa1, 3, 0x18, 101], 1);
    let salvaged = Message::decode(&bad_detail).expect_err("battery 101").salvaged;
    assert_eq!((salvaged.id, salvaged.kind), (Some([7; 16]), Some(Kind::PRESS)));
}

#[test]
fn a_broken_hello_beat_or_measurement_is_no_person() {
    let hello = Message::Hello(Hello::default()).encode();
    let beat = Message::Beat(Beat::default()).encode();
    let measurement = Signal { kind: Kind(500), ..signal() }.encode();
    for whole in [hello, beat, measurement] {
        let with_rest = [whole, vec![0]].concat();
        let malformed = Message::decode(&with_rest).expect_err("trailing");
        assert_eq!(malformed.reason, Reason::Trailing);
        assert!(!malformed.salvaged.may_be_person(), "{with_rest:02x?}");
    }
    assert!(Message::decode(b"\x00\x01").expect_err("rubbish").salvaged.may_be_person());
}

#[test]
fn a_refusal_is_cut_at_a_letter() {
    let refused = Refused::new(Refusal::NotAllowed, &"å".repeat(100));
    assert_eq!(refused.text.len(), 128);
    let odd = Refused::new(Refusal::NotAllowed, &format!("x{}", "å".repeat(100)));
    assert_eq!(odd.text.len(), 127);
    let answer = Answer::Refused(odd);
    assert_eq!(Answer::decode(&answer.encode()), Ok(answer));
}

fn text(most: usize) -> impl Strategy<Value = Option<String>> {
    prop::option::of("[a-zæøå 0-9]{0,40}".prop_filter("bytes", move |t| t.len() <= most))
}

prop_compose! {
    fn position()(
        lat in -900_000_000..=900_000_000_i32, lon in -1_800_000_000..=1_800_000_000_i32,
        accuracy in any::<Option<u32>>(),
    ) -> Position {
        Position { lat, lon, accuracy }
    }
}

prop_compose! {
    fn details()(
        location in text(128), text in text(512), battery in prop::option::of(0..=100u8),
        position in prop::option::of(position()),
        measured in prop::collection::vec((any::<u16>(), any::<i64>(), 0..=9u8), 0..=8),
        sensor in text(32), phone in text(32),
    ) -> Details {
        let measured = measured.into_iter()
            .map(|(unit, value, decimals)| Measured { unit, value, decimals })
            .collect();
        Details { location, text, battery, position, measured, sensor, phone }
    }
}

prop_compose! {
    fn signals()(
        id in any::<[u8; 16]>(), boot in any::<u64>(), counter in any::<u64>(),
        kind in any::<u16>(), happened in any::<Option<u64>>(), buffered in any::<bool>(),
        details in details(),
    ) -> Signal {
        Signal { id, boot, counter, kind: Kind(kind), happened, buffered, details }
    }
}

prop_compose! {
    fn hellos()(
        version in any::<u64>(), model in "[a-z]{0,64}", firmware in "[a-z]{0,64}",
        boot in any::<u64>(), supports in any::<u64>(), counter in any::<u64>(),
        queued in any::<u64>(),
    ) -> Hello {
        Hello { version, model, firmware, boot, supports, counter, queued }
    }
}

prop_compose! {
    fn beats()(
        boot in any::<u64>(), counter in any::<u64>(), queued in any::<u64>(),
        battery in prop::option::of(0..=100u8), mains in any::<Option<bool>>(),
        strength in prop::option::of(-200..=100i16),
    ) -> Beat {
        Beat { boot, counter, queued, battery, mains, strength }
    }
}

fn messages() -> impl Strategy<Value = Message> {
    prop_oneof![
        signals().prop_map(Message::Signal),
        hellos().prop_map(Message::Hello),
        beats().prop_map(Message::Beat),
    ]
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![
        (any::<u64>(), any::<u64>(), any::<u32>(), any::<u8>()).prop_map(
            |(version, time, beat_s, unanswered)| {
                Answer::Welcome(Welcome { version, time, beat_s, unanswered })
            }
        ),
        any::<u64>().prop_map(|time| Answer::BeatOk { time }),
        (any::<u64>(), any::<[u8; 32]>(), any::<u64>(), any::<bool>()).prop_map(
            |(seq, chain, moment, duplicate)| {
                Answer::Receipt(Receipt { seq, chain, moment, duplicate })
            }
        ),
        any::<u32>().prop_map(|retry_ms| Answer::Busy { retry_ms }),
        Just(Answer::NotStored),
        (any::<u64>(), "[a-zå]{0,50}")
            .prop_map(|(code, text)| { Answer::Refused(Refused::new(Refusal::from(code), &text)) }),
    ]
}

/// Any CBOR item of definite length, at most three levels deep.
fn item() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        (0..24u8).prop_map(|n| vec![n]),
        any::<[u8; 8]>().prop_map(|n| [vec![0x3b], n.to_vec()].concat()),
        any::<[u8; 8]>().prop_map(|n| [vec![0xfb], n.to_vec()].concat()),
        "[a-z]{0,9}".prop_map(|t| [vec![0x60 + t.len() as u8], t.into_bytes()].concat()),
        prop::collection::vec(any::<u8>(), 0..9)
            .prop_map(|b| [vec![0x40 + b.len() as u8], b].concat()),
        prop_oneof![Just(0xf4u8), Just(0xf6), Just(0xf7)].prop_map(|simple| vec![simple]),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| [
                vec![0x80 + items.len() as u8],
                items.concat()
            ]
            .concat()),
            prop::collection::vec((inner.clone(), inner.clone()), 0..4).prop_map(|pairs| {
                let items: Vec<u8> = pairs.iter().flat_map(|(k, v)| [&k[..], v].concat()).collect();
                [vec![0xa0 + pairs.len() as u8], items].concat()
            }),
            inner.prop_map(|tagged| [vec![0xc1], tagged].concat()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Message::decode(&bytes);
        let _ = Answer::decode(&bytes);
    }

    #[test]
    fn no_flip_in_a_message_panics(
        message in messages(), at in any::<prop::sample::Index>(), flip in any::<u8>(),
    ) {
        let mut bytes = message.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let _ = Message::decode(&bytes);
    }

    #[test]
    fn every_message_survives_a_round_trip(message in messages()) {
        let bytes = message.encode();
        prop_assert!(bytes.len() <= limits::MESSAGE_BYTES);
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
    }

    #[test]
    fn every_answer_survives_a_round_trip(answer in answers()) {
        let bytes = answer.encode();
        prop_assert!(bytes.len() <= limits::MESSAGE_BYTES);
        prop_assert_eq!(Answer::decode(&bytes), Ok(answer));
    }

    #[test]
    fn unknown_keys_change_nothing(message in messages(), key in 24..=255u8, value in item()) {
        let mut bytes = message.encode();
        bytes[0] += 1;
        bytes.extend_from_slice(&[0x18, key]);
        bytes.extend_from_slice(&value);
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
    }

    #[test]
    fn unknown_keys_in_an_answer_change_nothing(answer in answers(), value in item()) {
        let mut bytes = answer.encode();
        bytes[0] += 1;
        bytes.push(0x38);
        bytes.push(99);
        bytes.extend_from_slice(&value);
        prop_assert_eq!(Answer::decode(&bytes), Ok(answer));
    }
}
