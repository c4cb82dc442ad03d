//! What reading one alarm costs, for valgrind to count: `cargo build --release -p benches`, then
//!
//! ```text
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null target/release/cost message 1000
//! valgrind target/release/cost message 1000
//! ```
//!
//! and the same with 0: the difference, over 1 000, is instructions (`refs`) and allocations
//! (`allocs`) a message. `message`: a datagram to a SIP request. `frame`: a stream to a frame, to a
//! request. `scaip`: a body to an `mrq`. `all`: `frame`, then `scaip`, and what of both a signal is
//! made of.

use std::hint::black_box;

use bytes::Bytes;
use scaip::Document;
use sip::{Datagram, Event, Framer, Message, Request};

const BODY: &[u8] =
    b"<mrq><ref>yhexGeV5E49zglfi</ref><cid>999998</cid><dty>0004</dty><mty>ME</mty>\
<stc>0010</stc><lco>002</lco><crd>gsm:</crd><cha>0</cha></mrq>";

fn main() {
    let mut words = std::env::args().skip(1);
    let (what, count) = (words.next(), words.next().and_then(|count| count.parse::<u32>().ok()));
    let alarm = alarm();
    let turn: fn(&Bytes) = match what.as_deref() {
        Some("message") => |alarm| drop(black_box(datagram(alarm))),
        Some("frame") => |alarm| drop(black_box(frame(alarm))),
        Some("scaip") => |_| drop(black_box(body(BODY))),
        Some("all") => |alarm| {
            let request = frame(alarm);
            let Document::Mrq(mrq) = body(request.body()) else { panic!("it is an mrq") };
            black_box((
                request.from().uri(),
                request.via().branch(),
                request.headers().media_type(),
            ));
            black_box((mrq.content(), mrq.message_type(), mrq.caller(), mrq.missing()));
        },
        _ => {
            eprintln!("say what (message, frame, scaip or all) and how often");
            std::process::exit(2);
        }
    };
    for _ in 0..count.unwrap_or(1) {
        turn(black_box(&alarm));
    }
}

fn datagram(alarm: &Bytes) -> Request {
    let Ok(Datagram::Message(Message::Request(request))) = Datagram::parse(alarm.clone()) else {
        panic!("it is a whole MESSAGE")
    };
    request
}

fn frame(alarm: &Bytes) -> Request {
    let (mut framer, mut read) = (Framer::new(), &alarm[..]);
    let Some(Event::Message(frame)) = framer.next(&mut read) else { panic!("it is whole") };
    datagram(&frame)
}

fn body(body: &[u8]) -> Document {
    scaip::decode(body).expect("it is a whole mrq")
}

/// A press as a SCAIP unit sends it.
fn alarm() -> Bytes {
    let head = format!(
        "MESSAGE sip:arc@sip.example SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bK-524287-1---0d1e2f3a4b5c6d7e;rport\r\n\
         Max-Forwards: 70\r\n\
         Contact: <sip:111111@192.0.2.7:5060;transport=TCP>\r\n\
         From: <sip:111111@sip.example>;tag=286524ab\r\n\
         To: <sip:arc@sip.example>\r\n\
         Call-ID: 1-2345-8f14e45fceea167a5a36dedd4bea2543@192.0.2.7\r\n\
         CSeq: 1 MESSAGE\r\n\
         Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS\r\n\
         User-Agent: alarm unit\r\n\
         Content-Type: application/scaip+xml\r\n\
         Content-Length: {}\r\n\r\n",
        BODY.len()
    );
    [head.as_bytes(), BODY].concat().into()
}
