//! What must hold for every input.

mod common;

use bytes::Bytes;
use common::{alarm, datagram, stream};
use proptest::prelude::*;
use sip::limits::MAX_MESSAGE;
use sip::{Datagram, Event, Framer, Message, Reply, Request, Why, reply_to};

/// Bytes that look enough like SIP to get deep into the parser.
fn sip_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            &b"MESSAGE sip:a@b SIP/2.0\r\n"[..],
            b"SIP/2.0 200 OK\r\n",
            b"Via: SIP/2.0/UDP h;branch=1\r\n",
            b"From: <sip:1@h>;tag=1\r\n",
            b"t: \"x\" <sip:2@h>\r\n",
            b"i: 1\r\n",
            b"CSeq: 1 MESSAGE\r\n",
            b"l: 5\r\n",
            b"Content-Length : 5\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b";",
            b"\"",
            b"<",
            b">",
            b",",
            b":",
            b"\\",
            b"@",
            b"[",
            b"]",
            b"\0",
            b"l: 3\n",
            b"hello",
            b"\xe5",
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A good alarm with a few bytes changed, inserted or removed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    prop::collection::vec(change, 0..6).prop_map(|changes| {
        let mut bytes =
            alarm("v: SIP/2.0/TCP x;branch=9\nUser-Agent: a\n b\n", b"<mrq>1</mrq>").to_vec();
        for (place, byte, kind) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

fn any_input() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![sip_like(), mutated(), prop::collection::vec(any::<u8>(), 0..512)]
}

/// What came out of a stream: frames and pings whole, a break by its reason.
fn outcome(pieces: &[&[u8]]) -> (Vec<Result<Bytes, Option<Why>>>, usize) {
    let mut framer = Framer::new();
    let mut seen = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        while let Some(event) = framer.next(&mut piece) {
            seen.push(match event {
                Event::Message(frame) => Ok(frame),
                Event::Ping => Err(None),
                Event::Broken(malformed) => Err(Some(malformed.why)),
            });
        }
        assert!(piece.is_empty());
        assert!(framer.held() <= MAX_MESSAGE);
        assert!(!framer.is_idle() || framer.held() == 0);
    }
    (seen, framer.held())
}

/// Touches everything a request has: nothing may panic, and the answer must be readable.
fn exercise(request: &Request) {
    let source = "192.0.2.7:5060".parse().unwrap();
    let _ = (request.uri().map(|uri| uri.user_decoded().len()), request.from().uri());
    let _ = (reply_to(request.headers(), source), request.headers().media_type());
    let answer = Reply::new(request.headers(), source, 200).build();
    let Ok(Message::Response(read)) = Message::parse(answer) else {
        panic!("our own answer cannot be read: {:?}", request.raw());
    };
    assert_eq!(read.status(), 200);
    assert_eq!(read.headers().call_id(), request.headers().call_id());
    assert_eq!(read.headers().cseq(), request.headers().cseq());
    let branch = read.headers().via().unwrap().branch();
    assert_eq!(branch, request.via().branch());
}

proptest! {
    // More cases: set PROPTEST_CASES.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics_and_none_is_lost(input in any_input()) {
        let input = Bytes::from(input);
        match Datagram::parse(input.clone()) {
            Ok(Datagram::KeepAlive) => {
                prop_assert!(input.iter().all(|b| b" \t\r\n\0".contains(b)));
            }
            Ok(Datagram::Message(Message::Request(request))) => exercise(&request),
            Ok(Datagram::Message(Message::Response(response))) => {
                prop_assert_eq!(response.raw(), &input);
            }
            Err(malformed) => {
                prop_assert_eq!(malformed.salvaged.raw(), &input);
                let source = "192.0.2.7:5060".parse().unwrap();
                if let Some(answer) = malformed.answer(source) {
                    prop_assert!(answer.starts_with(b"SIP/2.0 4") || answer.starts_with(b"SIP/2.0 5"));
                    prop_assert!(answer.ends_with(b"\r\nContent-Length: 0\r\n\r\n"));
                }
            }
        }
    }

    #[test]
    fn pieces_do_not_matter(input in any_input(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        places.extend([0, input.len()]);
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|w| &input[w[0]..w[1]]).collect();
        let single: Vec<&[u8]> = input.chunks(1).collect();
        let whole = outcome(&[&input]);
        prop_assert_eq!(&whole, &outcome(&pieces));
        prop_assert_eq!(&whole, &outcome(&single));
    }

    /// What the framer cuts out, the parser finds to be exactly one message: they agree on
    /// where it ends. No bytes can be one message to one of them and two to the other.
    #[test]
    fn framer_and_parser_agree(input in any_input()) {
        for frame in outcome(&[&input]).0.into_iter().flatten() {
            match Message::parse(frame.clone()) {
                Ok(Message::Request(read)) => prop_assert!(ends_at_its_end(&frame, read.body())),
                Ok(Message::Response(read)) => prop_assert!(ends_at_its_end(&frame, read.body())),
                Err(malformed) => prop_assert!(
                    !matches!(malformed.why, Why::Truncated | Why::ContentLength | Why::TooLarge),
                    "{:?} of {:?}", malformed.why, frame
                ),
            }
            let twice = [&frame[..], &frame[..]].concat();
            prop_assert_eq!(outcome(&[&twice]).0, vec![Ok(frame.clone()), Ok(frame)]);
        }
    }

    /// Printing what was read and reading it again changes nothing.
    #[test]
    fn parse_print_parse_is_stable(input in mutated()) {
        if let Ok(Message::Request(request)) = datagram_or_nothing(&input) {
            let printed = print(&request);
            let Ok(Message::Request(again)) = datagram(&printed) else {
                panic!("what was read cannot be read again: {printed:?}");
            };
            prop_assert!(request.headers().iter().eq(again.headers().iter()));
            prop_assert_eq!(request.body(), again.body());
            prop_assert_eq!(request.uri_text(), again.uri_text());
            prop_assert_eq!(print(&again), printed);
        }
    }

    #[test]
    fn any_body_survives_a_stream(body in prop::collection::vec(any::<u8>(), 0..2_000), size in 1..700_usize) {
        let bytes = alarm("", &body);
        let mut read = stream(&bytes, size);
        let Ok(Message::Request(request)) = read.remove(0) else { panic!() };
        prop_assert_eq!(request.body(), &body);
        prop_assert!(read.is_empty());
    }
}

/// Whether `body` is the last part of `frame` itself, not just equal to it.
fn ends_at_its_end(frame: &Bytes, body: &Bytes) -> bool {
    body.as_ptr_range().end == frame.as_ptr_range().end
}

fn datagram_or_nothing(input: &[u8]) -> Result<Message, ()> {
    match Datagram::parse(Bytes::copy_from_slice(input)) {
        Ok(Datagram::Message(message)) => Ok(message),
        _ => Err(()),
    }
}

fn print(request: &Request) -> Bytes {
    let mut out = [request.method_text(), b" ", request.uri_text(), b" SIP/2.0\r\n"].concat();
    for (name, value) in request.headers().iter() {
        out.extend([name, b": ", value, b"\r\n"].concat());
    }
    out.extend(b"\r\n");
    out.extend_from_slice(request.body());
    out.into()
}
