//! How a SCAIP unit says each kind: `mty`, `dty` and `stc`.

use scaip::{Code, Geo, MessageType, Mrq};
use traffic::{Details, Kind, Signal};

/// One row: what a kind is in SCAIP.
struct Saying(u16, MessageType, u16, u16);

use MessageType::{Event, Information, Reset};

/// Kind, message type, device type, status code. A kind that SCAIP has no word for comes as
/// information of the nearest device.
const SAYINGS: [Saying; 32] = [
    Saying(100, Event, 3, 10),
    Saying(101, Event, 51, 10),
    Saying(102, Event, 5, 9),
    Saying(103, Event, 23, 9),
    Saying(106, Event, 17, 9),
    Saying(107, Event, 10, 49),
    Saying(120, Reset, 2, 93),
    Saying(122, Event, 2, 88),
    Saying(123, Event, 2, 70),
    Saying(201, Event, 12, 9),
    Saying(211, Event, 14, 21),
    Saying(213, Event, 14, 9),
    Saying(215, Event, 12, 117),
    Saying(217, Event, 18, 9),
    Saying(300, Event, 11, 82),
    Saying(301, Event, 11, 83),
    Saying(302, Event, 11, 81),
    Saying(303, Event, 11, 52),
    Saying(306, Event, 11, 65),
    Saying(400, Information, 51, 119),
    Saying(401, Event, 51, 9),
    Saying(402, Event, 51, 94),
    Saying(500, Information, 19, 54),
    Saying(501, Event, 19, 46),
    Saying(600, Event, 41, 85),
    Saying(601, Event, 41, 86),
    Saying(602, Event, 2, 16),
    Saying(607, Event, 50, 123),
    Saying(608, Event, 50, 124),
    Saying(609, Event, 2, 67),
    Saying(613, Event, 2, 20),
    Saying(900, Event, 2, 102),
];

/// Location code of a geofence.
const GEOFENCE: u16 = 19;
/// Location code that says a position is attached.
const POSITION: u16 = 34;

/// The message request of a signal; the same bytes whenever it is asked.
pub(crate) fn signal(reference: &str, cid: &str, signal: Signal) -> Vec<u8> {
    let row = SAYINGS.iter().find(|row| row.0 == signal.kind.0);
    let (mty, dty, stc) = row.map_or((&Event, 1, 1), |row| (&row.1, row.2, row.3));
    let mut mrq = Mrq::new(reference, cid, dty);
    if *mty != Event {
        mrq.mty = Some(mty.clone());
    }
    mrq.stc = Some(Code::from(stc));
    if !signal.kind.opens() || signal.kind.class() == traffic::Class::Technical {
        mrq.crd = vec!["no-voice:".to_owned()];
    }
    tell(&mut mrq, signal.kind, signal.details);
    mrq.encode().into_bytes()
}

/// A heartbeat.
pub(crate) fn beat(reference: &str, cid: &str) -> Vec<u8> {
    let mut mrq = Mrq::new(reference, cid, 2);
    mrq.mty = Some(MessageType::Beat);
    mrq.encode().into_bytes()
}

fn tell(mrq: &mut Mrq, kind: Kind, details: Details) {
    match details {
        Details::Nothing => {}
        Details::Room(room) => mrq.lco = Some(Code::from(u16::from(room))),
        Details::Battery(charge) => mrq.ite = Some(format!("battery {charge} %")),
        Details::Position { lat, lon } => {
            let zone = kind == Kind::ZONE_LEFT || kind == Kind::ZONE_ENTERED;
            mrq.lco = Some(Code::from(if zone { GEOFENCE } else { POSITION }));
            let geo = format!("{},{}", degrees(lat), degrees(lon));
            mrq.lge = Some(Geo { geo: Some(geo), ..Geo::default() });
        }
        Details::Measured { unit, value, decimals } => {
            mrq.ite = Some(format!("measure {unit} value {value}e-{decimals}"));
        }
    }
}

/// Degrees with seven decimals; SCAIP has no sign, and the model stays north and east.
fn degrees(e7: i32) -> String {
    let e7 = e7.unsigned_abs();
    format!("{}.{:07}", e7 / 10_000_000, e7 % 10_000_000)
}

#[cfg(test)]
mod tests {
    use scaip::Document;
    use traffic::{Fleet, Mix, Municipality, Tempo, Timeline, What};

    use super::*;

    #[test]
    fn every_kind_the_model_sends_has_a_saying_and_reads_back() {
        let fleet =
            Fleet::draw(&Municipality::demonstration(), 200, Mix::DEMONSTRATION, 1).unwrap();
        let tempo = Tempo::demonstration(&fleet, 1);
        let mut kinds = std::collections::BTreeSet::new();
        for intended in Timeline::new(&fleet, tempo, 0, 1).take(30_000) {
            let What::Signal(sent) = intended.what else { continue };
            kinds.insert(sent.kind.0);
            let body = signal("00001A85", "9950100001", sent);
            assert_eq!(body, signal("00001A85", "9950100001", sent));
            let Ok(Document::Mrq(mrq)) = scaip::decode(&body) else { panic!("{body:?}") };
            assert_eq!(mrq.odd, [], "within every pattern of the standard");
            assert_eq!(mrq.missing(), [] as [&str; 0]);
        }
        for kind in &kinds {
            assert!(SAYINGS.iter().any(|row| row.0 == *kind), "no saying for {kind}");
        }
        assert!(kinds.len() > 25, "{kinds:?}");
    }

    #[test]
    fn a_beat_is_a_pi_and_a_press_is_a_manual_alarm() {
        let Ok(Document::Mrq(mrq)) = scaip::decode(&beat("1", "9950100001")) else { panic!() };
        assert_eq!(mrq.message_type(), MessageType::Beat);
        let press = Signal { number: 1, kind: Kind::PRESS, details: Details::Room(21) };
        let Ok(Document::Mrq(mrq)) = scaip::decode(&signal("1", "2", press)) else { panic!() };
        assert!(mrq.status().is(10) && mrq.location().is(21));
        assert_eq!(degrees(595_012_345), "59.5012345");
    }
}
