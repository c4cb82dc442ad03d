use traffic::{Details, Kind, Signal};

use super::*;

const SECOND: u64 = 1_000_000_000;

fn unit(transport: Transport) -> Unit {
    let centre = "127.0.0.1:5060".parse().unwrap();
    let mut unit = Unit::new("9950100001".to_owned(), centre, transport, Rng::new(1));
    assert_eq!(unit.poll(0), Some(Do::Connect));
    unit.connected("127.0.0.1:40000".parse().unwrap());
    unit
}

fn press(unit: &mut Unit, number: u32) -> Reference {
    let reference = Reference::scaip(1, "9950100001", number);
    let signal = Signal { number, kind: Kind::PRESS, details: Details::Nothing };
    let body = words::signal(reference.text(), "9950100001", signal);
    assert!(unit.take(reference, Purpose::Signal, true, body, 0));
    reference
}

/// Everything the unit writes at this moment, as requests and responses.
fn writes(unit: &mut Unit, now: u64) -> Vec<Message> {
    let mut all = Vec::new();
    while let Some(next) = unit.poll(now) {
        let Do::Write(bytes) = next else { panic!("{next:?}") };
        all.push(Message::parse(bytes).unwrap());
    }
    all
}

fn request(message: &Message) -> &Request {
    let Message::Request(request) = message else { panic!("{message:?}") };
    request
}

fn answer(message: &Message, status: u16) -> Message {
    let source = "127.0.0.1:40000".parse().unwrap();
    let bytes = Reply::new(request(message).headers(), source, status).build();
    Message::parse(bytes).unwrap()
}

fn mrs(text: &str) -> Message {
    let outgoing = MessageRequest {
        target: b"sip:9950100001@127.0.0.1:40000",
        from: b"sip:alarm@127.0.0.1",
        from_tag: "1",
        to: b"sip:9950100001@127.0.0.1",
        call_id: "c",
        cseq: 1,
        transport: Transport::Tcp,
        sent_by: "127.0.0.1:5060",
        branch: "b",
        content_type: scaip::MEDIA_TYPE,
        body: text.as_bytes(),
    };
    Message::parse(outgoing.build().bytes).unwrap()
}

fn accepted(reference: Reference) -> Message {
    mrs(&scaip::Mrs::accepted(reference.text()).encode())
}

fn heard(unit: &mut Unit) -> Vec<Heard> {
    std::iter::from_fn(|| unit.heard()).collect()
}

#[test]
fn only_mrs_zero_settles_and_it_is_answered_200() {
    let mut unit = unit(Transport::Tcp);
    let reference = press(&mut unit, 1);
    let sent = writes(&mut unit, 0);
    assert_eq!(sent.len(), 1);
    assert_eq!(request(&sent[0]).from().uri().unwrap().user, Some(&b"9950100001"[..]));
    unit.received(answer(&sent[0], 200), 1);
    assert_eq!(heard(&mut unit), [Heard::Sent(Purpose::Signal, reference)], "a 200 is no receipt");
    unit.received(accepted(reference), 2);
    assert_eq!(heard(&mut unit), [Heard::Accepted(Purpose::Signal, reference)]);
    let replies = writes(&mut unit, 2);
    assert!(matches!(&replies[..], [Message::Response(ok)] if ok.status() == 200));
    unit.received(accepted(reference), 3);
    assert_eq!(heard(&mut unit), [], "a second mrs settles nothing twice");
    assert_eq!(writes(&mut unit, 3).len(), 1, "and is answered all the same");
    assert!(unit.is_idle());
}

#[test]
fn without_mrs_the_same_ref_goes_out_again_by_the_ladder() {
    let mut unit = unit(Transport::Tcp);
    let reference = press(&mut unit, 1);
    let first = writes(&mut unit, 0);
    unit.received(answer(&first[0], 200), 1);
    assert_eq!(unit.wake(), Some(10 * SECOND));
    assert_eq!(writes(&mut unit, 10 * SECOND - 1).len(), 0);
    let second = writes(&mut unit, 10 * SECOND);
    assert_eq!(request(&first[0]).body(), request(&second[0]).body());
    assert_ne!(request(&first[0]).via().branch(), request(&second[0]).via().branch());
    unit.received(answer(&second[0], 200), 10 * SECOND);
    assert_eq!(writes(&mut unit, 30 * SECOND).len(), 1, "20 s later");
    assert_eq!(heard(&mut unit), [Heard::Sent(Purpose::Signal, reference); 3]);
}

#[test]
fn over_udp_sip_repeats_the_datagram_until_answered() {
    let mut unit = unit(Transport::Udp);
    press(&mut unit, 1);
    let first = writes(&mut unit, 0);
    let again = writes(&mut unit, SECOND / 2);
    assert_eq!(request(&first[0]).raw(), request(&again[0]).raw());
    assert_eq!(heard(&mut unit).len(), 1, "a repeated datagram is no new sending");
    unit.received(answer(&first[0], 200), SECOND);
    assert_eq!(writes(&mut unit, 9 * SECOND).len(), 0);
}

#[test]
fn refusals_are_final_or_tried_again() {
    for (status, last) in [(400, true), (403, true), (413, true), (503, false), (408, false)] {
        let mut unit = unit(Transport::Tcp);
        let reference = press(&mut unit, 1);
        let sent = writes(&mut unit, 0);
        unit.received(answer(&sent[0], status), 1);
        let word = Word::Sip(status);
        let expected =
            if last { Heard::Refused(reference, word) } else { Heard::NotNow(reference, word) };
        assert_eq!(heard(&mut unit)[1], expected, "{status}");
        assert_eq!(unit.is_idle(), last);
        assert_eq!(writes(&mut unit, 10 * SECOND).len(), usize::from(!last));
    }
    for (snu, last) in [(2, true), (7, true), (5, false), (6, false), (99, false)] {
        let mut unit = unit(Transport::Tcp);
        let reference = press(&mut unit, 1);
        writes(&mut unit, 0);
        unit.received(mrs(&scaip::Mrs::refused(reference.text(), snu, "no").encode()), 1);
        assert_eq!(unit.is_idle(), last, "snu {snu}");
    }
}

#[test]
fn a_lost_connection_loses_no_signal() {
    let mut unit = unit(Transport::Tcp);
    let reference = press(&mut unit, 1);
    let first = writes(&mut unit, 0);
    assert!(unit.beat(0));
    writes(&mut unit, 0);
    unit.lost(SECOND);
    assert!(!unit.beat(SECOND), "no beat without a connection");
    let wake = unit.wake().unwrap();
    assert!(wake <= SECOND + 4 * SECOND);
    assert_eq!(unit.poll(wake), Some(Do::Connect));
    unit.connected("127.0.0.1:40001".parse().unwrap());
    let again = writes(&mut unit, wake);
    assert_eq!(again.len(), 1, "the press and not the beat");
    assert_eq!(request(&first[0]).body(), request(&again[0]).body());
    unit.received(accepted(reference), wake);
    assert!(heard(&mut unit).contains(&Heard::Accepted(Purpose::Signal, reference)));
}

#[test]
fn a_stream_that_stays_silent_is_closed() {
    let mut unit = unit(Transport::Tcp);
    press(&mut unit, 1);
    let mut now = 0;
    loop {
        match unit.poll(now) {
            Some(Do::Close) => break,
            Some(_) => {}
            None => now = unit.wake().unwrap().max(now + 1),
        }
        assert!(now < 120 * SECOND, "never closed");
    }
}

#[test]
fn a_duplicate_goes_out_once_and_only_when_nothing_waits_under_its_ref() {
    let mut unit = unit(Transport::Tcp);
    let reference = press(&mut unit, 1);
    assert!(!unit.take(reference, Purpose::Duplicate, true, vec![b'x'], 0));
    writes(&mut unit, 0);
    unit.received(accepted(reference), 1);
    writes(&mut unit, 1);
    heard(&mut unit);
    assert!(unit.take(reference, Purpose::Duplicate, true, vec![b'x'], 2));
    let sent = writes(&mut unit, 2);
    assert_eq!(sent.len(), 1);
    unit.received(answer(&sent[0], 200), 3);
    assert_eq!(writes(&mut unit, 40 * SECOND).len(), 0, "not again");
    assert!(unit.is_idle(), "given up");
}

#[test]
fn options_are_answered_and_alarms_go_first() {
    let mut unit = unit(Transport::Tcp);
    let plain = Reference::scaip(1, "9950100001", 9);
    assert!(unit.take(plain, Purpose::Signal, false, b"<mrq></mrq>".to_vec(), 0));
    let alarm = press(&mut unit, 1);
    writes(&mut unit, 0);
    assert_eq!(
        heard(&mut unit),
        [Heard::Sent(Purpose::Signal, alarm), Heard::Sent(Purpose::Signal, plain)]
    );
    let options = b"OPTIONS sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n\
        f: <sip:a@h>;tag=1\r\nt: <sip:1@h>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n";
    unit.received(Message::parse(Bytes::from_static(options)).unwrap(), 1);
    let replies = writes(&mut unit, 1);
    assert!(matches!(&replies[..], [Message::Response(ok)] if ok.status() == 200));
}
