//! Wild but legal messages, after the ideas of RFC 4475 3.1.1 (texts are our own): all must be
//! read, as a datagram and byte by byte.

mod common;

use common::{alarm, message, request, response};
use sip::{Method, Name, Screen, screen};

fn source() -> core::net::SocketAddr {
    "192.0.2.7:40000".parse().unwrap()
}

#[test]
fn wsinv_white_space_and_folds_everywhere() {
    let read = request(&message(
        "INVITE sip:unit@alarm.example;unknownparam SIP/2.0
TO :
 sip:unit@alarm.example ;   tag    = 1918n
from   : \"A \\\\\\\" quoted \" <sip:caller@home.example>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : {len}
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
v:  SIP  / 2.0  / TCP     spindle.example   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
",
        b" v=0 a body may begin with a space",
    ));
    let headers = read.headers();
    assert_eq!(read.method(), Method::Invite);
    assert_eq!(read.to().uri_text, b"sip:unit@alarm.example");
    assert_eq!(read.to().tag(), Some(&b"1918n"[..]));
    assert_eq!(read.from().tag(), Some(&b"98asjd8"[..]));
    assert_eq!(read.cseq().number, 9);
    let via = read.via();
    assert_eq!((via.transport, via.host), (&b"UDP"[..], &b"192.0.2.2"[..]));
    assert_eq!(via.branch(), Some(&b"390skdjuw"[..]));
    assert_eq!(headers.all(Name::Via).count(), 2);
    assert_eq!(headers.first(Name::Subject), Some(&b""[..]));
    let folded = headers.get("newfangledheader").unwrap();
    assert_eq!(
        folded.split(|b| *b == b' ').filter(|w| !w.is_empty()).collect::<Vec<_>>(),
        [&b"newfangled"[..], b"value", b"continued", b"newfangled", b"value"]
    );
    assert!(!folded.contains(&b'\n'));
    assert_eq!(read.body(), &b" v=0 a body may begin with a space"[..]);
}

/// A request with this first line, method and extra header lines.
fn plain(first: &str, method: &str, extra: &str) -> bytes::Bytes {
    message(
        &format!(
            "{first} SIP/2.0
Via: SIP/2.0/TCP host1.example;branch=z9hG4bK-1
To: <sip:j@example.org>
From: sip:caller@example.org;tag=33
Call-ID: torture.1@host1
CSeq: 8 {method}
{extra}Content-Length: {{len}}
"
        ),
        b"",
    )
}

#[test]
fn intmeth_any_token_is_a_method() {
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    let uri = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.org";
    let read = request(&plain(&format!("{method} {uri}"), method, ""));
    assert_eq!(read.method_text(), method.as_bytes());
    let uri = read.uri().unwrap();
    assert_eq!(uri.host, b"example.org");
    assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
    let Screen::Answer(answer) = screen(&read, source(), "x/y") else { panic!() };
    assert!(answer.starts_with(b"SIP/2.0 405 Method Not Allowed\r\n"));
    assert!(contains(&answer, b"\r\nAllow: MESSAGE, OPTIONS\r\n"));
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn esc01_escaped_user_is_decoded_only_on_request() {
    let first = "MESSAGE sip:sips%3Auser%40example.com@example.net;p=%3D";
    let read = request(&plain(first, "MESSAGE", ""));
    let uri = read.uri().unwrap();
    assert_eq!(uri.user, Some(&b"sips%3Auser%40example.com"[..]));
    assert_eq!(&*uri.user_decoded(), b"sips:user@example.com");
    assert_eq!(uri.host, b"example.net");
}

#[test]
fn escnull_an_escaped_nul_is_a_byte_like_any() {
    let read = request(&plain("REGISTER sip:null-%00-null@example.com", "REGISTER", ""));
    assert_eq!(read.method(), Method::Register);
    assert_eq!(&*read.uri().unwrap().user_decoded(), b"null-\0-null");
}

#[test]
fn esc02_an_escaped_method_is_another_method() {
    let read = request(&plain("RE%47IST%45R sip:reg.example", "RE%47IST%45R", ""));
    assert_eq!(read.method(), Method::Other);
}

#[test]
fn lwsdisp_no_space_before_the_bracket() {
    let bytes = message(
        "OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Call-ID: lwsdisp.1
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example;branch=z9hG4bKkdjuw
l: {len}
",
        b"",
    );
    let read = request(&bytes);
    assert_eq!(read.from().display, b"caller");
    assert_eq!(read.from().uri().unwrap().user, Some(&b"caller"[..]));
    let Screen::Answer(answer) = screen(&read, source(), "application/scaip+xml") else { panic!() };
    assert!(answer.starts_with(b"SIP/2.0 200 OK\r\n"));
    assert!(contains(&answer, b"\r\nAccept: application/scaip+xml\r\n"));
}

#[test]
fn longreq_long_values_survive_whole() {
    let user = "amazinglylongcallername".repeat(10);
    let values = "v: SIP/2.0/TCP one.of.many.example\n".repeat(40);
    let long = "x".repeat(4_000);
    let read = request(&message(
        &format!(
            "MESSAGE sip:{user}@example.net SIP/2.0
Via: SIP/2.0/UDP host.example;branch=z9hG4bK{long}
{values}F: \"{user}\" <sip:{user}@example.net;p={user}>;tag={user}
t: sip:j@example.net
i: {user}@h
CSeq: 3882340 MESSAGE
X-{user}: {long}
l: {{len}}
"
        ),
        b"body",
    ));
    assert_eq!(read.from().tag(), Some(user.as_bytes()));
    assert_eq!(read.headers().all(Name::Via).count(), 41);
    assert_eq!(read.via().branch().unwrap().len(), 4_007);
    assert_eq!(read.headers().get(&format!("x-{user}")), Some(long.as_bytes()));
    assert_eq!(read.body(), &b"body"[..]);
}

#[test]
fn dblreq_a_datagram_ends_where_content_length_says() {
    let first = alarm("", b"<mrq/>");
    let second = alarm("X: 2\n", b"");
    let both: bytes::Bytes = [&first[..], &second[..]].concat().into();
    let Ok(sip::Message::Request(read)) = common::datagram(&both) else { panic!() };
    assert_eq!(read.body(), &b"<mrq/>"[..]);
    // On a stream they are two.
    assert_eq!(common::stream(&both, 1).iter().filter(|read| read.is_ok()).count(), 2);
}

#[test]
fn semiuri_a_user_may_hold_semicolons() {
    let first = "OPTIONS sip:user;par=u%40example.net@example.com";
    let read = request(&plain(first, "OPTIONS", "Accept: application/sdp\n"));
    let uri = read.uri().unwrap();
    assert_eq!(&*uri.user_decoded(), b"user;par=u@example.net");
    assert_eq!((uri.host, uri.params.iter().count()), (&b"example.com"[..], 0));
}

#[test]
fn transports_unknown_ones_too() {
    for transport in ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP", "tls"] {
        let read = request(&message(
            &format!(
                "OPTIONS sip:u@example.com SIP/2.0
Via: SIP/2.0/{transport} t1.example;branch=z9hG4bKkdjuw
To: sip:u@example.com
From: <sip:c@example.com>;tag=323
Call-ID: t.1
CSeq: 60 OPTIONS
l: {{len}}
"
            ),
            b"",
        ));
        assert_eq!(read.via().transport, transport.as_bytes());
    }
}

#[test]
fn mpart01_a_binary_body_is_kept_to_the_byte() {
    let body: Vec<u8> = (0..=255).chain([13, 10, 13, 10, 0]).chain((0..=255).rev()).collect();
    let read = request(&alarm("Content-Type: multipart/signed;boundary=7a9\n", &body));
    assert_eq!(read.body(), &body);
    assert_eq!(read.headers().media_type(), Some(&b"multipart/signed"[..]));
}

/// A response with this first line.
fn answer(first: &str) -> bytes::Bytes {
    message(
        &format!(
            "{first}
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: r.1
CSeq: 35 INVITE
From: sip:c@example.com;tag=11
To: sip:u@example.com;tag=2
Content-Length: {{len}}
"
        ),
        b"",
    )
}

#[test]
fn unreason_and_noreason() {
    let read = response(&answer("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое"));
    assert_eq!(read.status(), 200);
    assert!(read.reason().ends_with("простое".as_bytes()));
    for first in ["SIP/2.0 100 ", "SIP/2.0 100", "sip/2.0 100 "] {
        let read = response(&answer(first));
        assert_eq!((read.status(), read.reason()), (100, &b""[..]));
    }
}

#[test]
fn inv2543_no_branch_no_tags_no_max_forwards() {
    let read = request(&message(
        "INVITE sip:u@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example
From: <sip:+13035551111@ift.example;user=phone>
Call-ID: inv2543.1717@ift
To: sip:+16505552222@ss1.example;user=phone
CSeq: 56 INVITE
Content-Length: {len}
",
        b"",
    ));
    assert_eq!((read.via().branch(), read.from().tag()), (None, None));
    // Without brackets the parameter is the header's, not the URI's.
    assert_eq!(read.to().params.value("user"), Some(&b"phone"[..]));
    assert_eq!(read.to().uri().unwrap().params.find("user"), None);
}

#[test]
fn ipv6_and_tel() {
    let read = request(&message(
        "MESSAGE sips:[2001:db8::10]:5070;transport=tls SIP/2.0
Via: SIP/2.0/TLS [2001:db8::9:1]:5061;received=[2001:db8::9:255];branch=z9hG4bKas3
From: <tel:+4755512345;phone-context=+47>;tag=1
To: <sip:arc@[2001:db8::10]>
Call-ID: v6
CSeq: 1 MESSAGE
Content-Length: {len}
",
        b"",
    ));
    let uri = read.uri().unwrap();
    assert_eq!(
        (uri.scheme, uri.host, uri.port),
        (sip::Scheme::Sips, &b"[2001:db8::10]"[..], Some(5070))
    );
    assert_eq!((read.via().host, read.via().port), (&b"[2001:db8::9:1]"[..], Some(5061)));
    let from = read.from().uri().unwrap();
    assert_eq!((from.scheme, from.user), (sip::Scheme::Tel, Some(&b"+4755512345"[..])));
}
