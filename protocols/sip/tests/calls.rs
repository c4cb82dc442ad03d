//! Calls: sent to where the centre answers, never taken.

mod common;

use common::{message, request};
use sip::{Message, Method, Screen, Voice, call};

const VOICE: &str = "sip:vakt-{alarm}@pbx.example:5070;transport=tcp";

fn asked(method: &str, to_tag: &str) -> sip::Request {
    request(&message(
        &format!(
            "{method} sip:arc@sip.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-9;rport
From: <sip:111111@sip.example>;tag=1
To: <sip:arc@sip.example>{to_tag}
Call-ID: call-1
CSeq: 7 {method}
Content-Length: {{len}}
"
        ),
        b"",
    ))
}

/// The status of the answer and its Contact.
fn answered(method: &str, to_tag: &str, voice: Option<&Voice>) -> Option<(u16, Option<String>)> {
    let source = "192.0.2.7:5060".parse().unwrap();
    match call(&asked(method, to_tag), source, voice)? {
        Screen::Ignore => Some((0, None)),
        Screen::Answer(bytes) => {
            let Ok(Message::Response(read)) = Message::parse(bytes.clone()) else { panic!() };
            assert!(read.headers().to().unwrap().tag().is_some());
            assert!(read.body().is_empty());
            // Without a transaction: whoever asks again is told the same.
            let again = call(&asked(method, to_tag), source, voice);
            assert_eq!(again, Some(Screen::Answer(bytes)));
            let contact = read.headers().get("Contact");
            let contact = contact.map(|text| String::from_utf8(text.to_vec()).unwrap());
            Some((read.status(), contact))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_that_comes_here_is_sent_on_or_told_that_nobody_answers() {
    let voice = Voice::new(VOICE).unwrap();
    let there = "<sip:vakt-0@pbx.example:5070;transport=tcp>".to_owned();
    let gsm = Voice::new("gsm:+4755512345").unwrap();
    for (method, to_tag, voice, answer) in [
        ("INVITE", "", Some(&voice), Some((302, Some(there)))),
        ("INVITE", "", None, Some((480, None))),
        ("INVITE", "", Some(&gsm), Some((480, None))),
        ("INVITE", ";tag=8", Some(&voice), Some((481, None))),
        ("BYE", ";tag=8", Some(&voice), Some((481, None))),
        ("CANCEL", "", Some(&voice), Some((481, None))),
        ("ACK", ";tag=8", Some(&voice), Some((0, None))),
        ("MESSAGE", "", Some(&voice), None),
        ("OPTIONS", "", Some(&voice), None),
        ("REGISTER", "", None, None),
    ] {
        assert_eq!(answered(method, to_tag, voice), answer, "{method}{to_tag}");
    }
    assert_eq!(asked("BYE", "").method(), Method::Bye);
}

#[test]
fn a_voice_address_is_a_uri_that_no_unit_chokes_on() {
    assert_eq!(
        Voice::new(VOICE).unwrap().of(4_711),
        "sip:vakt-4711@pbx.example:5070;transport=tcp"
    );
    for good in ["sips:a@h", "tel:+4755512345", "gsm:+4755512345", "sip:[2001:db8::1]"] {
        assert_eq!(Voice::new(good).unwrap().of(1), good);
    }
    let long = format!("sip:{}@h", "a".repeat(251));
    for bad in [
        "",
        "sip:",
        "pbx.example",
        "http://h",
        "sip:a b@h",
        "sip:a@h>",
        "sip:\"a\"@h",
        "sip:{x}@h",
        &long,
    ] {
        assert_eq!(Voice::new(bad), None, "{bad}");
    }
    assert!(Voice::new(&long[..256]).is_none() && Voice::new(&long.replace("aaa", "a")).is_some());
}
