//! The traps other SIP libraries fell into.

mod common;

use bytes::Bytes;
use common::{alarm, datagram, request, stream};
use sip::{Message, Name, Why};

#[test]
fn a_latin1_byte_in_any_header_costs_nothing() {
    let clean = alarm("User-Agent: Trygghet A/S\nSubject: s\n", "<mrq>blåbær</mrq>".as_bytes());
    let text = clean.to_vec();
    let head_end = text.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let values: Vec<usize> = (0..head_end).filter(|&i| text[i..].starts_with(b": ")).collect();
    assert_eq!(values.len(), 9);
    for at in values {
        // In what numbers and syntax are made of it is damage; in all other places just a byte.
        let name = text[..at].rsplit(|b| *b == b'\n').next().unwrap();
        if [&b"CSeq"[..], b"Content-Length", b"Via"].contains(&name) {
            continue;
        }
        for byte in [0xe5, 0xff, 0x80, 0x00] {
            let mut wild = text.clone();
            wild.insert(at + 2, byte);
            let read = request(&Bytes::from(wild));
            assert_eq!(read.headers().len(), 9);
            assert_eq!(read.body(), "<mrq>blåbær</mrq>".as_bytes());
            let value = read.headers().iter().find(|h| h.0 == name).unwrap().1;
            // White space is trimmed; these are not white space.
            assert!(value.contains(&byte), "{}", String::from_utf8_lossy(name));
        }
    }
}

#[test]
fn framing_and_parsing_agree_on_the_length() {
    for spelled in [
        "Content-Length: 5",
        "content-length:5",
        "CONTENT-LENGTH \t : 5",
        "l: 5",
        "L : 05",
        "Content-Length:\r\n 5",
        "Content-Length: 5 \r\n ",
        "l: 5\r\nContent-Length: 5",
    ] {
        let head = alarm("", b"");
        let text = String::from_utf8(head.to_vec()).unwrap();
        let text = text.replace("Content-Length: 0", spelled) + "helloOPTIONS";
        let bytes = Bytes::from(text.into_bytes());
        let Ok(Message::Request(whole)) = datagram(&bytes) else { panic!("{spelled}") };
        let Ok(Message::Request(framed)) = stream(&bytes, 1).remove(0) else { panic!("{spelled}") };
        assert_eq!((whole.body(), framed.body()), (&Bytes::from("hello"), &Bytes::from("hello")));
    }
}

#[test]
fn a_length_hidden_in_a_fold_or_another_name_does_not_count() {
    for line in ["X-Content-Length: 3\n", "Subject: a\n Content-Length: 3\n", "Content_Length: 3\n"]
    {
        let bytes = alarm(line, b"hello");
        assert_eq!(request(&bytes).body(), &b"hello"[..]);
    }
}

/// A return that ends no line is a space, before a name too: it must not come back as a fold.
#[test]
fn a_stray_return_is_a_space() {
    let bytes = alarm("Subject: a\rb\n\r X-Unit: 7\n", b"");
    let read = request(&bytes);
    assert_eq!(read.headers().first(Name::Subject), Some(&b"a b"[..]));
    assert_eq!(read.headers().get("X-Unit"), Some(&b"7"[..]));
}

#[test]
fn a_nul_is_not_the_name_of_headers_without_a_compact_form() {
    let read = request(&alarm("\0: 7 INVITE\n", b""));
    assert_eq!(read.headers().all(Name::CSeq).count(), 1);
}

#[test]
fn an_http_client_is_told_nothing() {
    let bytes = Bytes::from_static(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    for read in [datagram(&bytes), stream(&bytes, 1).remove(0)] {
        let refused = read.unwrap_err();
        assert_eq!(refused.why, Why::NotSip);
        assert_eq!(refused.answer("192.0.2.1:80".parse().unwrap()), None);
    }
}

/// A maker's published example: From and To without brackets, and a Content-Length that promises
/// more than there is. It has to be refused (RFC 3261 18.3), but the call for help is all there.
#[test]
fn an_example_with_a_wrong_length_is_salvaged_whole() {
    let xml = b"<mrq>\n<ref>1234</ref>\n<cid>123456</cid>\n<dty>0001</dty>\n<stc>001</stc>\n</mrq>";
    let example = |length: &str| {
        let text = format!(
            "MESSAGE sip:user2@domain.com SIP/2.0
Via: SIP/2.0/UDP user1.domain.com;branch=z9hG4bK776sgdkse
To: sip:user2@domain.com
From: sip:user1@domain.com;tag=49583
Call-ID: asd88asd77a@1.2.3.4
CSeq: 1 MESSAGE
Max-Forwards: 70
Content-Type: application/scaip+xml
Content-Length: {length}
"
        );
        common::message(&text, xml)
    };
    let refused = datagram(&example("144")).unwrap_err();
    assert_eq!(refused.why, Why::Truncated);
    assert_eq!(refused.salvaged.body(), &xml[..]);
    assert_eq!(refused.salvaged.headers().from().unwrap().uri_text, b"sip:user1@domain.com");
    let read = request(&example("{len}"));
    assert_eq!((read.from().tag(), read.body()), (Some(&b"49583"[..]), &Bytes::from(&xml[..])));
}
