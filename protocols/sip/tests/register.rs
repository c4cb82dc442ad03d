//! REGISTER: RFC 3261 10.3 by table, and every sequence against a dull model.

mod common;

use common::{message, request};
use proptest::prelude::*;
use sip::register::{Bindings, Limits, Refusal, Register, Registered, Wish, address_of_record};

const SECOND: u64 = 1_000_000_000;
const AOR: &[u8] = b"111111@sip.example";

/// A REGISTER with this Call-ID, number and header lines.
fn asks(call_id: &str, cseq: u32, lines: &str) -> sip::Request {
    request(&message(
        &format!(
            "REGISTER sip:sip.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-9
From: <sip:111111@sip.example>;tag=1
To: <sip:111111@sip.example>
Call-ID: {call_id}
CSeq: {cseq} REGISTER
{lines}Content-Length: {{len}}
"
        ),
        b"",
    ))
}

fn say(bindings: &mut Bindings, call_id: &str, cseq: u32, lines: &str, now: u64) -> Registered {
    let request = asks(call_id, cseq, lines);
    match Register::of(&request) {
        Ok(register) => bindings.register(AOR, &register, now * SECOND),
        Err(refusal) => Registered::Refused(refusal),
    }
}

/// The headers of the answer, one a line; a refusal by its status.
fn told(answer: &Registered, now: u64) -> String {
    let text =
        |(name, value): (&str, Vec<u8>)| format!("{name}: {}", String::from_utf8(value).unwrap());
    let headers: Vec<String> = answer.headers(now * SECOND).into_iter().map(text).collect();
    format!("{} {}", answer.status(), headers.join(" | "))
}

#[test]
fn a_day_in_the_life_of_a_registration() {
    let mut bindings = Bindings::default();
    let a = "Contact: <sip:1@192.0.2.7:5060;transport=tcp>;q=0.5\n";
    for (now, call_id, cseq, lines, answer) in [
        (0, "x", 1, "", "200 "),
        (0, "x", 2, a, "200 Contact: <sip:1@192.0.2.7:5060;transport=tcp>;q=0.5;expires=3600"),
        (10, "x", 3, "", "200 Contact: <sip:1@192.0.2.7:5060;transport=tcp>;q=0.5;expires=3590"),
        (
            20,
            "x",
            4,
            "m: sip:2@h;expires=60\nExpires: 600\n",
            "200 Contact: <sip:1@192.0.2.7:5060;transport=tcp>;q=0.5;expires=3580 | Contact: <sip:2@h>;expires=60",
        ),
        // The same place in another writing is the same binding, and now the newest.
        (
            30,
            "x",
            5,
            "Contact: \"U, 7\" <sip:1@192.0.2.7:5060;Transport=TCP>;expires=100, <sip:3@h>\nExpires: 70\n",
            "200 Contact: <sip:2@h>;expires=50 | Contact: <sip:1@192.0.2.7:5060;Transport=TCP>;expires=100 | Contact: <sip:3@h>;expires=70",
        ),
        (40, "x", 5, "Contact: <sip:3@h>\n", "500 "),
        (
            40,
            "y",
            1,
            "Contact: <sip:3@h>;expires=0\n",
            "200 Contact: <sip:2@h>;expires=40 | Contact: <sip:1@192.0.2.7:5060;Transport=TCP>;expires=90",
        ),
        (40, "x", 6, "Contact: <sip:2@h>;expires=59\n", "423 Min-Expires: 60"),
        (40, "x", 6, "Contact: <sip:9@h>\nContact: <sip:2@h>;expires=59\n", "423 Min-Expires: 60"),
        (40, "x", 6, "Contact: *\n", "400 "),
        (40, "x", 6, "Contact: *\nExpires: 60\n", "400 "),
        (40, "x", 6, "Contact: *, <sip:2@h>\nExpires: 0\n", "400 "),
        (40, "x", 4, "Contact: *\nExpires: 0\n", "500 "),
        (80, "x", 6, "", "200 Contact: <sip:1@192.0.2.7:5060;Transport=TCP>;expires=50"),
        (80, "x", 6, "Contact: *\nExpires: 0\n", "200 "),
        (
            80,
            "x",
            7,
            "Contact: <sip:2@h>\nExpires: 99999999999\n",
            "200 Contact: <sip:2@h>;expires=86400",
        ),
        (80, "x", 8, "Contact: <sip:2@h>;expires=soon\n", "200 Contact: <sip:2@h>;expires=3600"),
        (80, "x", 9, "Contact: nonsense\n", "400 "),
        (80, "x", 9, "Contact: <sip:a b@h>\n", "400 "),
        (80, "x", 9, "Contact: \"open <sip:2@h>\n", "400 "),
        (80, "x", 9, "Contact: <sip:4@h>, nonsense\n", "400 "),
    ] {
        let answer_now = say(&mut bindings, call_id, cseq, lines, now);
        assert_eq!(told(&answer_now, now), answer, "{lines} at {now}");
    }
    assert_eq!(bindings.contacts(AOR, 80 * SECOND).count(), 1);
    assert_eq!(bindings.contacts(AOR, 3_680 * SECOND).count(), 0, "not yet forgotten, but ended");
    assert_eq!(bindings.next_wake(), Some(3_680 * SECOND));
    bindings.expire(3_680 * SECOND);
    assert!(bindings.is_empty() && bindings.next_wake().is_none());
}

#[test]
fn every_limit_and_what_happens_at_it() {
    let limits = Limits { registered: 2, contacts: 2, ..Limits::default() };
    let mut bindings = Bindings::new(limits);
    let four = "Contact: <sip:1@h>, <sip:2@h>, <sip:3@h>\n";
    assert_eq!(say(&mut bindings, "x", 1, four, 0), Registered::Refused(Refusal::TooMuch));
    let long = format!("Contact: <sip:{}@h>\n", "a".repeat(510));
    assert_eq!(say(&mut bindings, "x", 1, &long, 0), Registered::Refused(Refusal::TooMuch));
    let call_id = "x".repeat(513);
    assert_eq!(say(&mut bindings, &call_id, 1, "", 0), Registered::Refused(Refusal::TooMuch));
    let sent = asks("z", 1, "Contact: <sip:1@h>\n");
    let register = Register::of(&sent).unwrap();
    assert_eq!(
        bindings.register(&[b'a'; 513], &register, 0),
        Registered::Refused(Refusal::TooMuch)
    );
    // What would end soonest gives way, never what the unit has just said.
    say(&mut bindings, "x", 1, "Contact: <sip:1@h>;expires=900, <sip:2@h>;expires=800\n", 0);
    let answer = say(&mut bindings, "y", 1, "Contact: <sip:3@h>;expires=60\n", 0);
    assert_eq!(
        told(&answer, 0),
        "200 Contact: <sip:1@h>;expires=900 | Contact: <sip:3@h>;expires=60"
    );
    assert_eq!(bindings.register(b"2@h", &register, 0).status(), 200);
    assert_eq!(bindings.register(b"3@h", &register, 0), Registered::Refused(Refusal::Full));
    assert_eq!(bindings.register(AOR, &register, 0).status(), 200, "who is there goes on");
    let gone = asks("z", 2, "Contact: *\nExpires: 0\n");
    assert_eq!(bindings.register(b"3@h", &Register::of(&gone).unwrap(), 0).status(), 200);
    assert_eq!(bindings.len(), 2);
}

#[test]
fn an_address_of_record_has_one_form() {
    for (uri, aor) in [
        ("sip:%31@SIP.Example:5060;transport=tcp?x=y", Some("1@sip.example")),
        ("sips:1@sip.example", Some("1@sip.example")),
        ("sip:sip.example", None),
        ("sip:@sip.example", None),
        ("tel:+47555", None),
    ] {
        let aor = aor.map(|text| text.as_bytes().to_vec());
        assert_eq!(
            sip::Uri::parse(uri.as_bytes()).and_then(|uri| address_of_record(&uri)),
            aor,
            "{uri}"
        );
    }
}

/// One step of a sequence.
#[derive(Clone, Debug)]
struct Step {
    aor: usize,
    call_id: usize,
    cseq: u32,
    /// Contact and seconds; empty: to be told. `None` for the whole: `*`.
    contacts: Option<Vec<(usize, Option<u64>)>>,
    pause: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let expires = prop_oneof![
        Just(None),
        Just(Some(0)),
        prop::sample::select(vec![1, 9, 10, 15, 20, 40, 999]).prop_map(Some)
    ];
    let contacts = prop::option::weighted(0.9, prop::collection::vec((0..4_usize, expires), 0..4));
    (0..3_usize, 0..2_usize, 0..6_u32, contacts, 0..12_u64).prop_map(
        |(aor, call_id, cseq, contacts, pause)| Step { aor, call_id, cseq, contacts, pause },
    )
}

/// The rules once more, as plainly as they can be written.
#[derive(Default)]
struct Model(Vec<Row>);

#[derive(Clone, Debug, PartialEq)]
struct Row {
    aor: usize,
    contact: usize,
    call_id: usize,
    cseq: u32,
    until: u64,
}

const SMALL: Limits = Limits { registered: 2, contacts: 2, min: 10, max: 30, default: 20 };

impl Model {
    fn step(&mut self, step: &Step, now: u64) -> Result<Vec<(usize, u64)>, u16> {
        self.0.retain(|row| row.until > now);
        let old: Vec<Row> = self.0.iter().filter(|row| row.aor == step.aor).cloned().collect();
        let late = |row: &Row| row.call_id == step.call_id && step.cseq <= row.cseq;
        let mut rows = old.clone();
        match &step.contacts {
            None if old.iter().any(late) => return Err(500),
            None => rows.clear(),
            Some(contacts) if contacts.len() > SMALL.contacts => return Err(403),
            Some(contacts) => {
                for (contact, seconds) in contacts {
                    let seconds = seconds.unwrap_or(20);
                    if (1..10).contains(&seconds) {
                        return Err(423);
                    }
                    if old.iter().any(|row| row.contact == *contact && late(row)) {
                        return Err(500);
                    }
                    rows.retain(|row| row.contact != *contact);
                    let (aor, call_id, cseq) = (step.aor, step.call_id, step.cseq);
                    let until = now + seconds.min(30);
                    rows.push(Row { aor, contact: *contact, call_id, cseq, until });
                }
                rows.retain(|row| row.until > now);
                while rows.len() > SMALL.contacts {
                    let named =
                        |row: &Row| contacts.iter().any(|(contact, _)| *contact == row.contact);
                    let first = rows.iter().filter(|row| !named(row)).map(|row| row.until).min();
                    let place = rows.iter().position(|row| !named(row) && Some(row.until) == first);
                    rows.remove(place.unwrap());
                }
            }
        }
        let others: std::collections::BTreeSet<usize> = self.0.iter().map(|row| row.aor).collect();
        if !rows.is_empty() && !others.contains(&step.aor) && others.len() >= SMALL.registered {
            return Err(503);
        }
        self.0.retain(|row| row.aor != step.aor);
        self.0.extend(rows.clone());
        Ok(rows.iter().map(|row| (row.contact, row.until)).collect())
    }
}

fn uri(contact: usize) -> String {
    format!("sip:{contact}@h")
}

/// The step as a request, and what became of it in the model's terms.
fn perform(bindings: &mut Bindings, step: &Step, now: u64) -> Result<Vec<(usize, u64)>, u16> {
    let lines = match &step.contacts {
        None => "Contact: *\nExpires: 0\n".to_owned(),
        Some(contacts) => contacts
            .iter()
            .map(|(contact, seconds)| match seconds {
                Some(seconds) => format!("Contact: <{}>;expires={seconds}\n", uri(*contact)),
                None => format!("Contact: <{}>\n", uri(*contact)),
            })
            .collect(),
    };
    let sent = asks(&format!("call-{}", step.call_id), step.cseq, &lines);
    let register = Register::of(&sent).unwrap();
    assert_eq!(register.wish == Wish::Clear, step.contacts.is_none());
    match bindings.register(&[step.aor as u8], &register, now * SECOND) {
        Registered::Refused(refusal) => Err(refusal.status()),
        Registered::Bound(contacts) => Ok(contacts
            .iter()
            .map(|contact| {
                let which = (0..4).find(|n| uri(*n).as_bytes() == &*contact.uri);
                (which.unwrap(), contact.until / SECOND)
            })
            .collect()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bindings_do_what_the_dull_model_does(steps in prop::collection::vec(step(), 0..40)) {
        let (mut bindings, mut model, mut now) = (Bindings::new(SMALL), Model::default(), 0);
        for step in steps {
            now += step.pause;
            prop_assert_eq!(perform(&mut bindings, &step, now), model.step(&step, now), "{:?} at {}", step, now);
            let aors: std::collections::BTreeSet<usize> = model.0.iter().map(|row| row.aor).collect();
            prop_assert_eq!(bindings.len(), aors.len());
            prop_assert_eq!(bindings.next_wake(), model.0.iter().map(|row| row.until * SECOND).min());
        }
    }
}
