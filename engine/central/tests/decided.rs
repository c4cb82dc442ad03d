//! The bytes of every decision, so that the format cannot drift.

use central::Decision;
use central::codes;
use central::kind::Class;
use central::output::{Done, Reason, Refusal};
use central::words::{AlarmId, Moment, Seq};

fn all() -> Vec<(&'static str, Decision)> {
    let alarm = AlarmId(Seq(300));
    let reasons = vec![
        Reason::Class(Class::Test),
        Reason::Repeats(3),
        Reason::Buffered(700),
        Reason::Undecodable,
        Reason::Doubtful,
        Reason::Recurred { after: alarm, seconds: 60 },
    ];
    let refused = |refusal| Decision::Refused(refusal);
    vec![
        ("noted", Decision::Noted),
        ("void", Decision::Void),
        ("opened", Decision::Opened { priority: 2, reasons: reasons.clone() }),
        ("duplicate", Decision::Duplicate { of: Seq(300) }),
        ("folded", Decision::Folded { alarm, priority: 0, reasons }),
        ("filed", Decision::Filed),
        ("attached", Decision::Attached { alarms: 2 }),
        ("done", Decision::Done(Done { alarm, version: 4 })),
        ("no such alarm", refused(Refusal::NoSuchAlarm)),
        ("taken", refused(Refusal::Taken { by: "kari".into(), since: Moment(9) })),
        ("closed", refused(Refusal::Closed { by: "kari".into() })),
        ("not yours", refused(Refusal::NotYours)),
        ("no session", refused(Refusal::NoSession)),
        ("not allowed", refused(Refusal::NotAllowed)),
        ("unknown code", refused(Refusal::UnknownCode)),
        ("act again", Decision::ActAgain),
        ("session opened", Decision::SessionOpened),
        ("session ended", Decision::SessionEnded { released: 1 }),
    ]
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

const GOLDEN: &str = include_str!("decided.txt");

#[test]
fn the_bytes_of_every_decision_are_as_they_always_were() {
    let lines: Vec<String> =
        all().iter().map(|(name, made)| format!("{name}: {}", hex(&made.encode()))).collect();
    let lines = lines.join("\n") + "\n";
    assert_eq!(lines, GOLDEN, "written now:\n{lines}");
}

/// Strangers read the codes from the page.
#[test]
fn every_closing_code_stands_in_the_document() {
    let page = include_str!("../../../docs/entry-format.md").replace('\n', " ");
    for axis in [codes::CAUSES, codes::ACTIONS, codes::OUTCOMES] {
        for code in axis {
            assert!(page.contains(&format!("{} {}", code.number, code.name)), "{}", code.name);
        }
    }
}
