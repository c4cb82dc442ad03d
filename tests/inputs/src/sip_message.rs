//! One datagram: nothing is lost, our answers can be read, and printing changes nothing.

use std::net::SocketAddr;

use bytes::Bytes;
use sip::digest::{Algorithm, Guard, Ha1, Presented};
use sip::register::{Bindings, Register};
use sip::{
    Address, Datagram, Headers, Malformed, Message, Name, Reply, Request, Response, Screen, call,
    reply_to, screen,
};

pub(crate) fn holds(input: &[u8]) {
    let input = Bytes::copy_from_slice(input);
    match Datagram::parse(input.clone()) {
        Ok(Datagram::KeepAlive) => assert!(input.iter().all(|b| b" \t\r\n\0".contains(b))),
        Ok(Datagram::Message(Message::Request(request))) => {
            assert_eq!(request.raw(), &input);
            look(request.headers());
            answers(&request);
            registers(&request);
            presents(&request);
            prints(&request);
        }
        Ok(Datagram::Message(Message::Response(response))) => {
            assert_eq!(response.raw(), &input);
            assert!((100..700).contains(&response.status()));
            look(response.headers());
        }
        Err(malformed) => salvaged(&malformed, &input),
    }
}

fn source() -> SocketAddr {
    ([192, 0, 2, 7], 40_000).into()
}

/// Reads all that can be asked of headers; none of it may panic.
fn look(headers: &Headers) {
    for name in [Name::From, Name::To, Name::Contact, Name::Route, Name::RecordRoute] {
        headers.addresses(name).for_each(look_at);
    }
    for name in [Name::Expires, Name::MaxForwards, Name::ContentLength] {
        let _ = headers.number(name);
    }
    let _ = (headers.media_type(), headers.get("X-Unit"), headers.call_id(), headers.cseq());
    let via = headers.via().map(|via| (via.address(), via.branch(), via.wants_rport()));
    let _ = (via, reply_to(headers, source()));
}

fn look_at(address: Address<'_>) {
    let _ = (address.tag(), address.params.iter().count());
    if let Some(uri) = address.uri() {
        let _ = (uri.user_decoded().len(), uri.params.iter().count());
    }
}

/// Every answer we may give is a response with what the request can be found by.
fn answers(request: &Request) {
    let _ = request.uri().map(|uri| uri.user_decoded().len());
    let screened = call(request, source(), None);
    let screened = screened.unwrap_or_else(|| screen(request, source(), "application/scaip+xml"));
    let read = response(&match screened {
        Screen::Answer(answer) => answer,
        _ => Reply::new(request.headers(), source(), 200).build(),
    });
    assert_eq!(read.headers().call_id(), request.headers().call_id());
    assert_eq!(read.headers().cseq(), request.headers().cseq());
    assert_eq!(read.headers().via().and_then(|via| via.branch()), request.via().branch());
    assert_eq!(read.headers().all(Name::Via).count(), request.headers().all(Name::Via).count());
    assert!(read.body().is_empty());
}

fn response(answer: &Bytes) -> Response {
    match Message::parse(answer.clone()) {
        Ok(Message::Response(read)) => read,
        _ => panic!("our own answer cannot be read: {answer:?}"),
    }
}

/// What is bound goes back as it was bound, and nothing with it.
fn registers(request: &Request) {
    let Ok(register) = Register::of(request) else { return };
    let registered = Bindings::default().register(b"1@h", &register, 0);
    let headers = registered.headers(0);
    let lines: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (*name, &value[..])).collect();
    let reply = Reply::new(request.headers(), source(), registered.status()).headers(&lines);
    let read = response(&reply.build());
    if registered.status() == 200 {
        let bound =
            read.headers().addresses(Name::Contact).map(|contact| contact.uri_text.to_vec());
        assert_eq!(bound.collect::<Vec<_>>(), contacts(&headers));
    }
}

/// The URIs between the brackets of Contact headers of ours.
fn contacts(headers: &[(&str, Vec<u8>)]) -> Vec<Vec<u8>> {
    let inner = |value: &[u8]| value[1..].split(|byte| *byte == b'>').next().map(<[u8]>::to_vec);
    headers.iter().filter_map(|(_, value)| inner(value)).collect()
}

/// Nobody proves a password by chance.
fn presents(request: &Request) {
    let guard = Guard::new("sip.example", [7; 32]);
    if let Presented::Credentials(credentials) = guard.presented(request.headers()) {
        let ha1 = [Algorithm::Sha256, Algorithm::Md5].map(|a| Ha1::of(a, b"1", b"r", b"never"));
        assert!(!ha1.iter().any(|ha1| credentials.proves(ha1, request.method_text())));
    }
}

/// What was read, printed and read again is the same; printed again too.
fn prints(request: &Request) {
    let printed = print(request);
    let Ok(Message::Request(again)) = Message::parse(printed.clone()) else {
        panic!("what was read cannot be read again: {printed:?}");
    };
    assert!(request.headers().iter().eq(again.headers().iter()), "other headers: {printed:?}");
    assert_eq!(request.method_text(), again.method_text());
    assert_eq!(request.uri_text(), again.uri_text());
    assert_eq!(request.body(), again.body());
    assert_eq!(print(&again), printed);
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

/// What cannot be read keeps every byte, and what is answered says what to mend.
fn salvaged(malformed: &Malformed, input: &Bytes) {
    assert_eq!(malformed.salvaged.raw(), input);
    look(malformed.salvaged.headers());
    let Some(answer) = malformed.answer(source()) else { return };
    assert!(answer.starts_with(b"SIP/2.0 4") || answer.starts_with(b"SIP/2.0 5"), "{answer:?}");
    assert!(answer.ends_with(b"\r\nContent-Length: 0\r\n\r\n"), "{answer:?}");
}
