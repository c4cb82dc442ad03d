//! Building messages and reading them in every way they can arrive.
#![allow(dead_code)] // Each test file uses its part.

use bytes::Bytes;
use sip::{Datagram, Event, Framer, Malformed, Message, Request, Response};

/// A message: `head` with its line ends made CRLF, `{len}` the body's length, an empty line, the
/// body.
pub(crate) fn message(head: &str, body: &[u8]) -> Bytes {
    let head = head.trim_start().replace("{len}", &body.len().to_string()).replace('\n', "\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes.into()
}

/// As one datagram.
pub(crate) fn datagram(bytes: &Bytes) -> Result<Message, Malformed> {
    match Datagram::parse(bytes.clone()) {
        Ok(Datagram::Message(message)) => Ok(message),
        Ok(Datagram::KeepAlive) => panic!("taken for a keep-alive"),
        Err(malformed) => Err(malformed),
    }
}

/// Over a stream, in pieces of `size` bytes, then the end of the stream.
pub(crate) fn stream(bytes: &[u8], size: usize) -> Vec<Result<Message, Malformed>> {
    let mut framer = Framer::new();
    let mut read = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(event) = framer.next(&mut piece) {
            match event {
                Event::Message(frame) => read.push(Message::parse(frame)),
                Event::Broken(malformed) => read.push(Err(malformed)),
                Event::Ping => {}
            }
        }
        assert!(piece.is_empty(), "the framer left bytes it said it had taken");
    }
    read.extend(framer.finish().map(Err));
    read
}

/// Reads a request as a datagram and byte by byte; both must say the same.
pub(crate) fn request(bytes: &Bytes) -> Request {
    let whole = match datagram(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("not a request: {other:?}"),
    };
    let mut streamed = stream(bytes, 1);
    match streamed.remove(0) {
        Ok(Message::Request(request)) => {
            assert_eq!(request.headers().iter().collect::<Vec<_>>(), pairs(&whole));
            assert_eq!(request.body(), whole.body());
            assert_eq!(request.uri_text(), whole.uri_text());
        }
        other => panic!("as a stream not a request: {other:?}"),
    }
    whole
}

fn pairs(request: &Request) -> Vec<(&[u8], &[u8])> {
    request.headers().iter().collect()
}

/// Reads a response as a datagram and byte by byte.
pub(crate) fn response(bytes: &Bytes) -> Response {
    assert!(matches!(stream(bytes, 1).remove(0), Ok(Message::Response(_))));
    match datagram(bytes) {
        Ok(Message::Response(response)) => response,
        other => panic!("not a response: {other:?}"),
    }
}

/// A plain alarm with the lines of `extra` added to its head.
pub(crate) fn alarm(extra: &str, body: &[u8]) -> Bytes {
    message(
        &format!(
            "MESSAGE sip:arc@sip.example SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-0001;rport
Max-Forwards: 70
From: <sip:111111@sip.example>;tag=286524
To: <sip:arc@sip.example>
Call-ID: 1-2345@192.0.2.7
CSeq: 1 MESSAGE
{extra}Content-Length: {{len}}
"
        ),
        body,
    )
}
