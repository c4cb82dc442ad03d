//! A signal of `alarm/1` → Signal. Who sent it stands in the certificate alone, so nothing in it can differ.

use std::fmt::Write;

use central::entry::{Counter, Flags, Path, Sender, Signal};
use central::kind::Kind;
use central::words::{ContentHash, DeviceId, Moment, Reference};
use link::centre::Gap;
use link::{Details, Malformed, Measured, Position};

use super::content_hash;
use crate::authority::Peer;
use crate::intake::Draft;
use crate::plain::{Plain, Raw};

/// A message as it came.
#[derive(Clone, Copy, Debug)]
pub struct Came<'a> {
    /// Who sent it, by certificate.
    pub peer: &'a Peer,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// T1.
    pub received: Moment,
}

/// What measured values are called in bokmål, and their unit as it is read; by number.
const MEASURES: [(u16, &str, &str); 16] = [
    (1, "Kroppstemperatur", "°C"),
    (2, "Romtemperatur", "°C"),
    (3, "Luftfuktighet", "%"),
    (4, "Overtrykk", "mmHg"),
    (5, "Undertrykk", "mmHg"),
    (6, "Puls", "/min"),
    (7, "Oksygenmetning", "%"),
    (8, "Blodsukker", "mmol/l"),
    (9, "Vekt", "kg"),
    (10, "Pustefrekvens", "/min"),
    (11, "Peak flow", "l/min"),
    (12, "Skritt", ""),
    (13, "Karbonmonoksid", "ppm"),
    (14, "Lydnivå", "dB"),
    (15, "Varighet", "s"),
    (16, "Avstand", "m"),
];

/// A gap in a device's own count is a technical alarm of that device: "17 sent, 16 here".
pub fn missing(peer: &Peer, received: Moment, gap: &Gap) -> Draft {
    let mut plain = Plain::default();
    let here = gap.sent.saturating_sub(gap.missing());
    plain.say("Signaler mangler", format!("{} sendt, {here} her", gap.sent));
    let came = Came { peer, bytes: &[], received };
    let reference = format!("gap-{}-{}", gap.boot, gap.missing());
    let signal = Signal {
        kind: Kind::FAULT,
        content: content_hash(reference.as_bytes()),
        reference: Reference(reference),
        path: Path::Engine,
        ..base(&came)
    };
    Draft { signal, plain }
}

/// A signal that was decoded.
pub fn signal(came: &Came<'_>, said: &link::Signal) -> Draft {
    let canonical = said.encode();
    let mut flags = Flags::default();
    if said.kind.row().is_none() {
        flags = flags.with(Flags::UNKNOWN_CODE);
    }
    let mut plain = words(&said.details);
    // Keys of a newer version of the protocol are kept, though nobody here can read them yet.
    if canonical != came.bytes {
        plain.raw = Some(Raw::of(came.bytes));
    }
    let signal = Signal {
        kind: Kind(said.kind.0),
        reference: hex(&said.id),
        content: content_hash(&canonical),
        counter: Some(Counter { boot: said.boot, n: said.counter }),
        happened: said.happened.map(|ms| Moment(ms.saturating_mul(1_000_000))),
        buffered: said.buffered,
        flags,
        ..base(came)
    };
    Draft { signal, plain }
}

/// Bytes that could not be decoded and may be a person.
pub fn undecodable(came: &Came<'_>, malformed: &Malformed) -> Draft {
    let mut plain = Plain::raw(came.bytes);
    plain.say("Feil i meldingen", malformed.reason.to_string());
    let signal = Signal {
        kind: Kind::UNDECODABLE,
        reference: malformed.salvaged.id.map(|id| hex(&id)).unwrap_or_default(),
        content: content_hash(came.bytes),
        flags: Flags::UNDECODABLE,
        ..base(came)
    };
    Draft { signal, plain }
}

fn base(came: &Came<'_>) -> Signal {
    Signal {
        device: DeviceId(format!("link:{}", came.peer.device)),
        municipality: came.peer.municipality,
        person: None,
        kind: Kind::UNDECODABLE,
        reference: Reference::default(),
        content: ContentHash::default(),
        counter: None,
        happened: None,
        buffered: false,
        received: came.received,
        path: Path::Link,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: None,
    }
}

fn words(details: &Details) -> Plain {
    let mut plain = Plain::default();
    plain.say("Sted", details.location.as_deref().unwrap_or_default());
    plain.say("Tekst", details.text.as_deref().unwrap_or_default());
    plain.say("Batteri", details.battery.map(|battery| format!("{battery} %")).unwrap_or_default());
    plain.say("Posisjon", details.position.map(position).unwrap_or_default());
    for measured in &details.measured {
        let (label, value) = measure(measured);
        plain.say(&label, value);
    }
    plain.say("Sensor", details.sensor.as_deref().unwrap_or_default());
    plain.say("Telefon", details.phone.as_deref().unwrap_or_default());
    plain
}

/// Degrees with a point, as maps take them; the radius after it.
fn position(position: Position) -> String {
    let (lat, lon) = (decimal(position.lat.into(), 7, '.'), decimal(position.lon.into(), 7, '.'));
    match position.accuracy {
        Some(metres) => format!("{lat}, {lon} (± {metres} m)"),
        None => format!("{lat}, {lon}"),
    }
}

fn measure(measured: &Measured) -> (String, String) {
    let value = decimal(measured.value, measured.decimals.into(), ',');
    match MEASURES.iter().find(|row| row.0 == measured.unit) {
        Some((_, label, "")) => ((*label).to_owned(), value),
        Some((_, label, unit)) => ((*label).to_owned(), format!("{value} {unit}")),
        None => (format!("Måling (enhet {})", measured.unit), value),
    }
}

/// `value` × 10^-`decimals`, digit for digit.
fn decimal(value: i64, decimals: usize, point: char) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let sign = if value < 0 { "−" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{point}{part}") }
}

fn hex(id: &[u8; 16]) -> Reference {
    let mut text = String::with_capacity(32);
    for byte in id {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Reference(text)
}

#[cfg(test)]
mod tests {
    use central::kind::{Class, TABLE};

    use super::*;

    #[test]
    fn numbers_are_written_digit_for_digit() {
        assert_eq!(decimal(385, 1, ','), "38,5");
        assert_eq!(decimal(-5, 2, ','), "−0,05");
        assert_eq!(decimal(171, 0, ','), "171");
        assert_eq!(decimal(i64::MIN, 9, '.'), "−9223372036.854775808");
        assert_eq!(decimal(599_127_300, 7, '.'), "59.9127300");
    }

    #[test]
    fn what_describes_a_person_is_worded_and_unknown_units_are_kept() {
        let details = Details {
            battery: Some(87),
            position: Some(Position { lat: 599_127_300, lon: -107_460_900, accuracy: Some(12) }),
            measured: vec![
                Measured { unit: 4, value: 171, decimals: 0 },
                Measured { unit: 999, value: 42, decimals: 1 },
            ],
            ..Details::default()
        };
        let expected = [
            ("Batteri", "87 %"),
            ("Posisjon", "59.9127300, −10.7460900 (± 12 m)"),
            ("Overtrykk", "171 mmHg"),
            ("Måling (enhet 999)", "4,2"),
        ];
        let expected = expected.map(|(label, value)| (label.to_owned(), value.to_owned()));
        assert_eq!(words(&details).text, expected);
    }

    #[test]
    fn every_measure_of_the_protocol_has_its_bokmål() {
        let ours: Vec<u16> = MEASURES.iter().map(|row| row.0).collect();
        let theirs: Vec<u16> = link::unit::UNITS.iter().map(|row| row.number).collect();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn every_kind_is_the_same_to_the_protocol_and_to_the_central() {
        let class = |class| match class {
            link::Class::LifeSafety => Class::LifeSafety,
            link::Class::Person => Class::Person,
            link::Class::Technical => Class::Technical,
            link::Class::Telemetry => Class::Telemetry,
            link::Class::Test => Class::Test,
        };
        let theirs = link::KINDS.iter().map(|row| (row.number, row.name, class(row.class)));
        let ours = TABLE.iter().map(|row| (row.kind.0, row.name, row.class));
        assert!(theirs.eq(ours));
    }

    #[test]
    fn keys_of_a_newer_protocol_are_kept_as_they_came() {
        let peer =
            Peer { device: "K7".to_owned(), municipality: central::words::Municipality(301) };
        let said = link::Signal {
            id: [1; 16],
            boot: 7,
            counter: 1,
            kind: link::Kind::PRESS,
            happened: None,
            buffered: false,
            details: Details::default(),
        };
        let known = said.encode();
        // The same map with one more entry: key 20, value 1.
        let mut newer = known.clone();
        newer[0] += 1;
        newer.extend([20, 1]);
        let drafted = |bytes: &[u8]| {
            let Ok(link::Message::Signal(said)) = link::Message::decode(bytes) else {
                panic!("refused")
            };
            signal(&Came { peer: &peer, bytes, received: Moment(5) }, &said)
        };
        assert_eq!(drafted(&known).plain.raw, None);
        let draft = drafted(&newer);
        assert_eq!(draft.plain.raw, Some(Raw::of(&newer)));
        assert_eq!(draft.signal, drafted(&known).signal);
    }
}
