//! Responses and requests as they go out.

mod common;

use core::net::SocketAddr;

use bytes::Bytes;
use common::{alarm, message, request, response};
use sip::{MessageRequest, Name, Reply, Request, Transport, Via, reply_to};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn with_via(via: &str) -> Request {
    request(&message(
        &format!(
            "MESSAGE sip:arc@sip.example SIP/2.0
{via}
From: \"Åse\" <sip:1@sip.example>;tag=286524
To: <sip:arc@sip.example>
Call-ID: 1-2345@192.0.2.7
CSeq: 17 MESSAGE
Content-Length: {{len}}
"
        ),
        b"",
    ))
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_response_to_the_byte() {
    let request = with_via("Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK-0001;rport");
    let extra = [("Date", sip::date(0)), ("X", "a\r\nEvil: yes".into())];
    let extra: Vec<(&str, &[u8])> = extra.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let reply = Reply::new(request.headers(), at("192.0.2.7:61000"), 200);
    assert_eq!(
        text(&reply.tag(b"mine").headers(&extra).build()),
        "SIP/2.0 200 OK\r\n\
         Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK-0001;rport=61000;received=192.0.2.7\r\n\
         From: \"Åse\" <sip:1@sip.example>;tag=286524\r\n\
         To: <sip:arc@sip.example>;tag=mine\r\n\
         Call-ID: 1-2345@192.0.2.7\r\n\
         CSeq: 17 MESSAGE\r\n\
         Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\
         X: a  Evil: yes\r\n\
         Content-Length: 0\r\n\r\n"
    );
}

#[test]
fn the_derived_tag_is_the_same_for_a_copy_and_differs_between_requests() {
    let tag = |request: &Request| {
        let read = response(&Reply::new(request.headers(), at("192.0.2.7:1"), 200).build());
        read.headers().to().unwrap().tag().unwrap().to_vec()
    };
    let one = with_via("Via: SIP/2.0/UDP h;branch=1");
    assert_eq!(tag(&one), tag(&with_via("Via: SIP/2.0/UDP h;branch=1")));
    assert_ne!(tag(&one), tag(&with_via("Via: SIP/2.0/UDP h;branch=2")));
    assert_eq!(tag(&one).len(), 16);
}

#[test]
fn a_to_that_has_a_tag_keeps_it() {
    let bytes = text(&alarm("", b"")).replace("To: <sip:arc@sip.example>", "To: sip:a@b;tag=old");
    let request = request(&Bytes::from(bytes.into_bytes()));
    let reply = Reply::new(request.headers(), at("192.0.2.7:1"), 200).tag(b"new").build();
    assert!(text(&reply).contains("\r\nTo: sip:a@b;tag=old\r\n"));
}

#[test]
fn every_via_goes_back_in_order() {
    let request = with_via(
        "Via: SIP/2.0/UDP 192.0.2.1;branch=1, SIP/2.0/TCP b.example;branch=2;received=203.0.113.9
v: SIP/2.0/UDP c.example ; branch=3
X: y
VIA: SIP/2.0/TLS d.example;branch=4",
    );
    let reply = text(&Reply::new(request.headers(), at("192.0.2.1:5060"), 200).build());
    let vias: Vec<&str> = reply.lines().filter(|line| line.starts_with("Via: ")).collect();
    assert_eq!(
        vias,
        [
            "Via: SIP/2.0/UDP 192.0.2.1;branch=1, SIP/2.0/TCP b.example;branch=2;received=203.0.113.9",
            "Via: SIP/2.0/UDP c.example ; branch=3",
            "Via: SIP/2.0/TLS d.example;branch=4",
        ]
    );
}

/// Via, source, what the top Via becomes, where the answer goes.
#[test]
fn received_rport_and_the_way_back() {
    let table = [
        // Plain: the address is the one we see; answered at its own port, or 5060.
        (
            "UDP 192.0.2.7:5070;branch=1",
            "192.0.2.7:40000",
            "UDP 192.0.2.7:5070;branch=1",
            "192.0.2.7:5070",
        ),
        ("UDP 192.0.2.7;branch=1", "192.0.2.7:40000", "UDP 192.0.2.7;branch=1", "192.0.2.7:5060"),
        // RFC 3581: rport asked for; received comes along even if it is no news.
        (
            "UDP 192.0.2.7;rport;branch=1",
            "192.0.2.7:40000",
            "UDP 192.0.2.7;rport=40000;branch=1;received=192.0.2.7",
            "192.0.2.7:40000",
        ),
        // A host name: received is added (RFC 3261 18.2.1).
        (
            "UDP unit.example:5070;branch=1",
            "192.0.2.7:40000",
            "UDP unit.example:5070;branch=1;received=192.0.2.7",
            "192.0.2.7:5070",
        ),
        // Behind a NAT without rport: the port we see is the only one that works.
        (
            "UDP 10.0.0.7:5060;branch=1",
            "192.0.2.7:40000",
            "UDP 10.0.0.7:5060;branch=1;received=192.0.2.7",
            "192.0.2.7:40000",
        ),
        // What the sender claims about itself is replaced; maddr moves nothing.
        (
            "UDP 192.0.2.7;received=203.0.113.1;rport=9;maddr=203.0.113.2;branch=1",
            "192.0.2.7:40000",
            "UDP 192.0.2.7;rport=40000;maddr=203.0.113.2;branch=1;received=192.0.2.7",
            "192.0.2.7:40000",
        ),
        (
            "UDP [2001:db8::7]:5061;branch=1",
            "[2001:db8::7]:40000",
            "UDP [2001:db8::7]:5061;branch=1",
            "[2001:db8::7]:5061",
        ),
        (
            "UDP [2001:db8::8];branch=1",
            "[2001:db8::7]:40000",
            "UDP [2001:db8::8];branch=1;received=2001:db8::7",
            "[2001:db8::7]:40000",
        ),
        // An IPv4 address seen through an IPv6 socket is the same address.
        (
            "UDP 192.0.2.7;branch=1",
            "[::ffff:192.0.2.7]:40000",
            "UDP 192.0.2.7;branch=1",
            "[::ffff:192.0.2.7]:5060",
        ),
    ];
    for (via, source, answered, to) in table {
        let request = with_via(&format!("Via: SIP/2.0/{via}"));
        assert_eq!(reply_to(request.headers(), at(source)), at(to), "{via}");
        let reply = text(&Reply::new(request.headers(), at(source), 200).build());
        assert_eq!(reply.lines().nth(1).unwrap(), format!("Via: SIP/2.0/{answered}"));
        // Our answer finds the transaction it belongs to.
        let read = response(&Bytes::from(reply.into_bytes()));
        assert_eq!(read.headers().via().unwrap().branch(), Some(&b"1"[..]));
    }
}

#[test]
fn a_folded_header_goes_back_on_one_line() {
    let request = with_via("Via: SIP/2.0/UDP\n 192.0.2.1 ;\n branch=1,\n SIP/2.0/UDP b.example");
    let reply = Reply::new(request.headers(), at("192.0.2.1:5060"), 200).build();
    let read = response(&reply);
    assert_eq!(read.headers().len(), 6);
    let (top, rest) = Via::parse(read.headers().first(Name::Via).unwrap()).unwrap();
    assert_eq!((top.host, top.branch()), (&b"192.0.2.1"[..], Some(&b"1"[..])));
    assert_eq!(Via::parse(rest.unwrap()).unwrap().0.host, b"b.example");
}

#[test]
fn our_message_to_the_byte() {
    let out = MessageRequest {
        target: b"sip:111111@192.0.2.7:40000",
        from: b"sip:arc@sip.example",
        from_tag: "a1",
        to: b"sip:111111@sip.example",
        call_id: "c1@arc",
        cseq: 3,
        transport: Transport::Tls,
        sent_by: "arc.example:5061",
        branch: "x7",
        content_type: "application/scaip+xml",
        body: b"<mrs></mrs>",
    }
    .build();
    assert_eq!(out.branch, &b"z9hG4bKx7"[..]);
    assert_eq!(
        text(&out.bytes),
        "MESSAGE sip:111111@192.0.2.7:40000 SIP/2.0\r\n\
         Via: SIP/2.0/TLS arc.example:5061;branch=z9hG4bKx7;rport\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:arc@sip.example>;tag=a1\r\n\
         To: <sip:111111@sip.example>\r\n\
         Call-ID: c1@arc\r\n\
         CSeq: 3 MESSAGE\r\n\
         Content-Type: application/scaip+xml\r\n\
         Content-Length: 11\r\n\r\n\
         <mrs></mrs>"
    );
}

/// What a unit calls itself goes into our request; it cannot add to it.
#[test]
fn nothing_can_be_smuggled_into_a_request() {
    let evil = "sip:1@h>\r\nEvil: yes\r\n\r\n<x";
    let out = MessageRequest {
        target: evil.as_bytes(),
        from: evil.as_bytes(),
        from_tag: "a\r\nEvil: yes",
        to: evil.as_bytes(),
        call_id: "c\nEvil: yes",
        cseq: 1,
        transport: Transport::Udp,
        sent_by: "h\r\nEvil: yes",
        branch: "b\r\nEvil: yes",
        content_type: "t\r\nEvil: yes",
        body: b"body",
    }
    .build();
    let text = text(&out.bytes);
    assert!(text.lines().all(|line| !line.starts_with("Evil")), "{text}");
    assert_eq!(text.matches("\r\n").count(), 10);
}
