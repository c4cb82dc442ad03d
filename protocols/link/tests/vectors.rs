//! The test vectors of `tests/wire/link-vectors.json`: what this crate writes, as hex and as JSON,
//! and what it refuses. `WRITE_VECTORS=1` writes the file anew.

use std::fs;
use std::path::PathBuf;

use link::{
    Answer, Beat, Details, Hello, Kind, Measured, Message, Position, Receipt, Refusal, Refused,
    Signal, VERSION, Welcome, supports,
};
use minicbor::Decoder;
use minicbor::data::Type;
use serde_json::{Map, Value, json};

fn press() -> Signal {
    Signal {
        id: *b"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10",
        boot: 0x5eed_0001,
        counter: 17,
        kind: Kind::PRESS,
        happened: None,
        buffered: false,
        details: Details::default(),
    }
}

fn messages() -> Vec<(&'static str, Message)> {
    let hello = Hello {
        version: VERSION,
        model: "Example Hub 2".to_owned(),
        firmware: "2.4.1".to_owned(),
        boot: 0x5eed_0001,
        supports: supports::BUFFERS | supports::CLOCK | supports::MAINS,
        counter: 17,
        queued: 1,
    };
    let beat = Beat { boot: 0x5eed_0001, counter: 17, ..Beat::default() };
    let full = Beat { battery: Some(96), mains: Some(true), strength: Some(-87), ..beat.clone() };
    let mut all = vec![
        ("hello", Message::Hello(hello)),
        ("hello, least", Message::Hello(Hello { version: VERSION, ..Hello::default() })),
        ("beat", Message::Beat(beat)),
        ("beat, full", Message::Beat(full)),
    ];
    all.extend(signals().into_iter().map(|(name, signal)| (name, Message::Signal(signal))));
    all
}

fn signals() -> Vec<(&'static str, Signal)> {
    let text = |text: &str| Some(text.to_owned());
    let fall = Details {
        location: text("Bad, 2. etasje"),
        text: text("Fallsensor på håndledd"),
        battery: Some(81),
        position: Some(Position { lat: 599_138_700, lon: 107_522_400, accuracy: Some(12) }),
        measured: vec![],
        sensor: text("wrist-7"),
        phone: text("+4700000000"),
    };
    let pressure = Details {
        measured: vec![
            Measured { unit: 4, value: 171, decimals: 0 },
            Measured { unit: 5, value: 98, decimals: 0 },
        ],
        ..Details::default()
    };
    let cold = Details {
        measured: vec![Measured { unit: 2, value: -45, decimals: 1 }],
        position: Some(Position { lat: -338_688_200, lon: -1_512_092_900, accuracy: None }),
        ..Details::default()
    };
    let fall = Signal {
        counter: 18,
        kind: Kind(102),
        happened: Some(1_790_000_000_123),
        details: fall,
        ..press()
    };
    let breach = Signal {
        counter: 19,
        kind: Kind(501),
        happened: Some(1_790_000_000_000),
        buffered: true,
        details: pressure,
        ..press()
    };
    let measurement = Signal { kind: Kind(500), details: cold, ..press() };
    let largest = Signal { boot: u64::MAX, counter: u64::MAX, kind: Kind(u16::MAX), ..press() };
    vec![
        ("press, least", press()),
        ("fall, full", fall),
        ("threshold breach, buffered", breach),
        ("measurement, negative numbers", measurement),
        ("unknown kind, largest numbers", largest),
    ]
}

fn answers() -> Vec<(&'static str, Answer)> {
    let receipt = Receipt {
        seq: 4_711,
        chain: std::array::from_fn(|at| at as u8 * 7),
        moment: 1_790_000_000_456_789_012,
        duplicate: false,
    };
    vec![
        (
            "welcome",
            Answer::Welcome(Welcome {
                version: VERSION,
                time: 1_790_000_000_123,
                beat_s: 60,
                unanswered: 3,
            }),
        ),
        ("beat ok", Answer::BeatOk { time: 1_790_000_060_123 }),
        ("receipt", Answer::Receipt(receipt)),
        ("receipt, duplicate", Answer::Receipt(Receipt { duplicate: true, ..receipt })),
        ("busy", Answer::Busy { retry_ms: 1_000 }),
        ("not stored", Answer::NotStored),
        ("refused", Answer::Refused(Refused::new(Refusal::NotAllowed, "device is out of service"))),
    ]
}

/// What is wrong with it, and the bytes.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let press = press().encode();
    let entry = |more: &[u8]| {
        let mut bytes = press.clone();
        bytes[0] += 1;
        bytes.extend_from_slice(more);
        bytes
    };
    vec![
        ("nothing before FIN", vec![]),
        ("an array", vec![0x83, 1, 2, 3]),
        ("cut", press[..press.len() - 1].to_vec()),
        ("a byte after the map", [&press[..], &[0]].concat()),
        ("a map of indefinite length", [&[0xbf][..], &press[1..], &[0xff]].concat()),
        ("a text of indefinite length", entry(&[0x18, 30, 0x7f, 0x61, b'a', 0xff])),
        ("key 3 twice", entry(&[3, 0x12])),
        ("a text as key", entry(&[0x61, b'x', 0])),
        ("nested too deep", entry(&[0x18, 30, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0])),
        ("an unknown type", vec![0xa1, 0, 0x18, 99]),
        ("no type", vec![0xa1, 1, 2]),
        ("an id of 15 bytes", [&[0xa2, 0, 3, 1, 0x4f][..], &[1; 15]].concat()),
        ("a battery of 101 per cent", entry(&[7, 0xa1, 3, 0x18, 101])),
    ]
}

#[test]
fn the_vectors_are_what_is_written_and_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire/link-vectors.json");
    let vector =
        |name: &str, bytes: &[u8]| json!({"name": name, "hex": hex(bytes), "map": map(bytes)});
    let now = json!({
        "messages": messages().iter().map(|(name, m)| vector(name, &m.encode())).collect::<Vec<_>>(),
        "answers": answers().iter().map(|(name, a)| vector(name, &a.encode())).collect::<Vec<_>>(),
        "refused": refused().iter().map(|(name, bytes)| {
            let malformed = Message::decode(bytes).expect_err(name);
            json!({"name": name, "hex": hex(bytes), "code": malformed.reason.refusal().number(),
                "text": malformed.to_string()})
        }).collect::<Vec<_>>(),
    });
    if std::env::var_os("WRITE_VECTORS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(kept, now);

    let bytes = |list: &str, at: usize| unhex(kept[list][at]["hex"].as_str().unwrap());
    for (at, (name, message)) in messages().into_iter().enumerate() {
        assert_eq!(Message::decode(&bytes("messages", at)), Ok(message), "{name}");
    }
    for (at, (name, answer)) in answers().into_iter().enumerate() {
        assert_eq!(Answer::decode(&bytes("answers", at)), Ok(answer), "{name}");
    }
}

#[test]
fn every_example_in_the_document_is_a_vector() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/link-protocol.md")).unwrap();
    let known: Vec<String> = messages()
        .iter()
        .map(|(_, message)| hex(&message.encode()))
        .chain(answers().iter().map(|(_, answer)| hex(&answer.encode())))
        .chain(refused().iter().map(|(_, bytes)| hex(bytes)))
        .collect();
    let mut examples = 0;
    for block in text.split("```hex\n").skip(1) {
        let example: String =
            block.split("```").next().unwrap().split_whitespace().collect::<Vec<_>>().concat();
        assert!(known.contains(&example), "{example} is no vector");
        examples += 1;
    }
    assert!(examples >= 6, "{examples} examples");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The JSON of a CBOR map: keys as text, byte strings as `{"bytes": hex}`.
fn map(bytes: &[u8]) -> Value {
    let mut d = Decoder::new(bytes);
    let value = item(&mut d);
    assert_eq!(d.position(), bytes.len());
    value
}

fn item(d: &mut Decoder<'_>) -> Value {
    match d.datatype().unwrap() {
        Type::Map => {
            let entries = d.map().unwrap().unwrap();
            let pair = |_| (d.i64().unwrap().to_string(), item(d));
            Value::Object((0..entries).map(pair).collect::<Map<_, _>>())
        }
        Type::Array => (0..d.array().unwrap().unwrap()).map(|_| item(d)).collect(),
        Type::Bytes => json!({"bytes": hex(d.bytes().unwrap())}),
        Type::String => json!(d.str().unwrap()),
        Type::Bool => json!(d.bool().unwrap()),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => json!(d.u64().unwrap()),
        _ => json!(d.i64().unwrap()),
    }
}
