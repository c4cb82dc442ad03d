//! Broken messages, after the ideas of RFC 4475 3.1.2 and 3.3 (texts are our own), each with what
//! we make of it, as a datagram and byte by byte. We are as liberal as can be done without
//! guessing: what is refused is refused because two readings are possible, or because it could
//! not be answered; what stays readable is salvaged.

mod common;

use bytes::Bytes;
use common::{datagram, message, stream};
use sip::{Message, Name, Why};

/// A request with one line of the usual ones replaced, or added.
struct Odd {
    first: &'static str,
    lines: [&'static str; 6],
}

const USUAL: Odd = Odd {
    first: "MESSAGE sip:user@example.com SIP/2.0",
    lines: [
        "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bK.1",
        "From: \"Caller\" <sip:caller@example.net>;tag=242etr",
        "To: <sip:user@example.com>",
        "Call-ID: odd.0ha0isndaksdj",
        "CSeq: 8 MESSAGE",
        "Content-Length: {len}",
    ],
};

fn first(line: &'static str) -> Bytes {
    build(&Odd { first: line, ..USUAL }, "")
}

/// `line` instead of the usual line that begins alike.
fn instead(line: &'static str) -> Bytes {
    let name = line.split(':').next().unwrap();
    let mut odd = USUAL;
    let place = odd.lines.iter().position(|l| l.split(':').next().unwrap() == name).unwrap();
    odd.lines[place] = line;
    build(&odd, "")
}

fn added(line: &'static str) -> Bytes {
    build(&USUAL, line)
}

fn build(odd: &Odd, extra: &str) -> Bytes {
    let mut lines = vec![odd.first];
    lines.extend(odd.lines.iter().filter(|line| !line.is_empty()));
    lines.extend((!extra.is_empty()).then_some(extra));
    message(&(lines.join("\n") + "\n"), b"<mrq>help</mrq>")
}

/// Refused for `why` however it arrives; the body is still there to show.
fn refused(case: &str, bytes: &Bytes, why: Why) {
    let as_datagram = datagram(bytes).expect_err(case);
    assert_eq!(as_datagram.why, why, "{case}");
    assert_eq!(as_datagram.salvaged.raw(), bytes, "{case}");
    assert!(as_datagram.salvaged.body().starts_with(b"<mrq>help</mrq>"), "{case}");
    let as_stream = stream(bytes, 1);
    assert_eq!(as_stream[0].as_ref().expect_err(case).why, why, "{case} as a stream");
}

fn accepted(case: &str, bytes: &Bytes) {
    for read in [datagram(bytes), stream(bytes, 1).remove(0)] {
        match read {
            Ok(Message::Request(read)) => {
                assert_eq!(read.body(), &b"<mrq>help</mrq>"[..], "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
    }
}

#[test]
fn refused_ones() {
    use Why::{ContentLength, MethodMismatch, Missing, StartLine, TooLarge, Unreadable, Version};
    let table = [
        ("ncl: negative length", instead("Content-Length: -999"), ContentLength),
        ("length with a sign", instead("Content-Length: +15"), ContentLength),
        ("length in hex", instead("Content-Length: 0xf"), ContentLength),
        ("length of nothing", instead("Content-Length:"), ContentLength),
        ("length as a list", instead("Content-Length: 15, 15"), ContentLength),
        ("absurd length", instead("Content-Length: 99999999999999999999999999"), TooLarge),
        ("mcl01: two lengths", added("Content-Length: 5"), ContentLength),
        ("two lengths, one compact", added("l: 14"), ContentLength),
        ("two lengths, one spaced", added("CONTENT-LENGTH   : 16"), ContentLength),
        (
            "scalar02: CSeq over 32 bits",
            instead("CSeq: 36893488147419103232 MESSAGE"),
            Unreadable(Name::CSeq),
        ),
        ("CSeq without a method", instead("CSeq: 8"), Unreadable(Name::CSeq)),
        ("lwsruri: space in the URI", first("MESSAGE sip:user@example.com; lr SIP/2.0"), StartLine),
        ("no URI", first("MESSAGE SIP/2.0"), StartLine),
        ("a method that is no token", first("MES\"SAGE sip:u@example.com SIP/2.0"), StartLine),
        ("badvers: SIP of the future", first("MESSAGE sip:t.watson@example.org SIP/7.0"), Version),
        ("mismatch01", instead("CSeq: 8 INVITE"), MethodMismatch),
        (
            "mismatch02: unknown methods",
            first("NEWMETHOD sip:user@example.com SIP/2.0"),
            MethodMismatch,
        ),
        (
            "quotbal: a quote never closed",
            instead("To: \"Mr. J. User <sip:j.user@example.com>"),
            Unreadable(Name::To),
        ),
        (
            "a bracket never closed",
            instead("From: <sip:caller@example.net;tag=1"),
            Unreadable(Name::From),
        ),
        (
            "badbranch of another kind: Via of SIP/3.0",
            instead("Via: SIP/3.0/UDP 192.0.2.95"),
            Unreadable(Name::Via),
        ),
        (
            "Via without a host",
            instead("Via: SIP/2.0/UDP ;branch=z9hG4bK.1"),
            Unreadable(Name::Via),
        ),
        ("insuf: empty Call-ID", instead("Call-ID:"), Unreadable(Name::CallId)),
        ("multi01: two Call-IDs", added("i: another@example.com"), Why::Conflicting(Name::CallId)),
        (
            "multi01: two Froms",
            added("From: <sip:x@example.net>;tag=2"),
            Why::Conflicting(Name::From),
        ),
        ("a line that is no header", added("this is no header"), Why::HeaderLine),
        ("HTTP", first("MESSAGE sip:user@example.com HTTP/1.1"), Why::NotSip),
        ("a status that is none", first("SIP/2.0 4294967301 better not break"), StartLine),
    ];
    for (case, bytes, why) in &table {
        refused(case, bytes, *why);
    }
    for (place, name) in
        [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq].into_iter().enumerate()
    {
        let mut odd = USUAL;
        odd.lines[place] = "";
        refused("insuf", &build(&odd, ""), Missing(name));
    }
}

/// quotbal once more: what our answer adds to Via, `received`, would be read as part of its branch.
#[test]
fn a_quote_never_closed_in_via_is_refused() {
    let open = instead("Via: SIP/2.0/UDP 192.0.2.95;branch=7\" <sip:1");
    refused("an open quote", &open, Why::Unreadable(Name::Via));
    accepted("a closed one", &instead("Via: SIP/2.0/UDP 192.0.2.95;branch=\"7;\""));
}

#[test]
fn accepted_ones() {
    let table = [
        ("ltgtruri: brackets round the URI", first("MESSAGE <sip:user@example.com> SIP/2.0")),
        ("trws: space after the version", first("MESSAGE sip:user@example.com SIP/2.0  ")),
        ("lwsstart: more spaces than one", first("MESSAGE  sip:user@example.com  SIP/2.0")),
        ("baddate: a date is not our business here", added("Date: Fri, 01 Jan 2010 16:00:00 EST")),
        (
            "regbadct: nor is a Contact",
            added("Contact: sip:user@example.com?Route=%3Csip:s.example%3E"),
        ),
        (
            "badaspec: space inside brackets",
            instead("To: \"Watson, Thomas\" < sip:t.watson@example.org >"),
        ),
        (
            "baddn: a name that needs quotes",
            instead("From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43"),
        ),
        ("unkscm: a scheme nobody knows", first("MESSAGE nobodyKnowsThisScheme:opaque SIP/2.0")),
        ("unksm2: the same in To", instead("To: <isbn:2983792873>")),
        ("badinv01: garbage after the top Via", instead("Via: SIP/2.0/UDP 192.0.2.15;;,;,,")),
        ("bext01: an extension required of us", added("Require: nothingSupportsThis")),
        ("scalar02: a mad Max-Forwards", added("Max-Forwards: 300")),
        ("zeromf: no hops left, but we are the end", added("Max-Forwards: 0")),
        ("the same Call-ID twice", added("Call-ID: odd.0ha0isndaksdj")),
        ("the same length twice", added("Content-Length: 0015")),
        ("a header with no name", added(": nothing")),
        ("a header name with a NUL", added("\0: nothing")),
    ];
    for (case, bytes) in &table {
        accepted(case, bytes);
    }
}

#[test]
fn clerr_a_body_shorter_than_said() {
    let bytes = instead("Content-Length: 9999");
    let whole = datagram(&bytes).unwrap_err();
    assert_eq!(whole.why, Why::Truncated);
    assert_eq!(whole.salvaged.body(), &b"<mrq>help</mrq>"[..]);
    // On a stream it waits for the rest, and is salvaged when the stream ends.
    let mut read = stream(&bytes, 1);
    assert_eq!(read.len(), 1);
    let cut = read.remove(0).unwrap_err();
    assert_eq!((cut.why, cut.salvaged.raw()), (Why::Truncated, &bytes));
}

/// Of a broken message no number is believed: all of it is shown.
#[test]
fn what_is_salvaged_is_not_cut() {
    let Ok(Message::Request(read)) = datagram(&instead("Content-Length: 3")) else { panic!() };
    assert_eq!(read.body(), &b"<mr"[..]);
    let broken = datagram(&instead("Content-Length: 3\nthis is no header")).unwrap_err();
    assert_eq!(broken.why, Why::HeaderLine);
    assert_eq!(broken.salvaged.body(), &b"<mrq>help</mrq>"[..]);
}

#[test]
fn a_stream_needs_content_length_and_a_datagram_does_not() {
    let mut odd = USUAL;
    odd.lines[5] = "";
    let bytes = build(&odd, "");
    assert!(datagram(&bytes).is_ok());
    let broken = stream(&bytes, bytes.len()).remove(0).unwrap_err();
    assert_eq!(broken.why, Why::NoContentLength);
    assert_eq!(broken.salvaged.raw(), &bytes);
    assert_eq!(broken.salvaged.headers().call_id(), Some(&b"odd.0ha0isndaksdj"[..]));
}

#[test]
fn a_head_that_never_ends() {
    let bytes = Bytes::from_static(b"MESSAGE sip:u@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n");
    assert_eq!(datagram(&bytes).unwrap_err().why, Why::Truncated);
    assert_eq!(stream(&bytes, 1).remove(0).unwrap_err().why, Why::Truncated);
}

#[test]
fn answers_say_what_to_mend_and_go_to_requests_only() {
    let source = "192.0.2.95:5060".parse().unwrap();
    let answer = datagram(&instead("CSeq: 8 INVITE")).unwrap_err().answer(source).unwrap();
    let text = String::from_utf8(answer.to_vec()).unwrap();
    assert!(text.starts_with("SIP/2.0 400 name the request's own method in CSeq\r\nVia: "));
    assert!(text.contains("\r\nCall-ID: odd.0ha0isndaksdj\r\nCSeq: 8 INVITE\r\n"));
    let status = |bytes: &Bytes| {
        let answer = datagram(bytes).unwrap_err().answer(source)?;
        Some(String::from_utf8_lossy(&answer[8..11]).into_owned())
    };
    assert_eq!(status(&first("MESSAGE sip:a@example.org SIP/7.0")).as_deref(), Some("505"));
    assert_eq!(status(&instead("Content-Length: 65537")).as_deref(), Some("413"));
    assert_eq!(status(&first("SIP/2.0 42 bad")), None);
    assert_eq!(status(&first("GET / HTTP/1.1")), None);
    let mut odd = USUAL;
    odd.lines[0] = "";
    assert_eq!(status(&build(&odd, "")), None);
    odd = Odd { first: "ACK sip:u@example.com SIP/2.0", ..USUAL };
    assert_eq!(status(&build(&odd, "")), None);
}
