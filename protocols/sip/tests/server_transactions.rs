//! Retransmissions, constant branches, bounds, timer J.

mod common;

use core::net::SocketAddr;

use bytes::Bytes;
use common::{alarm, request};
use sip::limits::TIMER_J;
use sip::{Key, Received, Reply, Request, ServerTransactions, Transport};

const SECOND: u64 = 1_000_000_000;

fn source() -> SocketAddr {
    "192.0.2.7:5060".parse().unwrap()
}

fn transactions() -> ServerTransactions {
    ServerTransactions::new([1, 2])
}

fn press(body: &str) -> Request {
    request(&alarm("", body.as_bytes()))
}

fn new(received: Received) -> Key {
    match received {
        Received::New(key) => key,
        other => panic!("not new: {other:?}"),
    }
}

fn copy(received: Received) -> Option<Bytes> {
    match received {
        Received::Retransmission { answer, .. } => answer,
        other => panic!("not a copy: {other:?}"),
    }
}

/// A unit repeats its datagram at 0.5, 1.5, 3.5 and 7.5 s; we answer after 2 s.
#[test]
fn five_identical_datagrams_are_one_request_and_four_copies() {
    let mut server = transactions();
    let receive = |at, server: &mut ServerTransactions| {
        server.receive(&press("<mrq/>"), source(), Transport::Udp, at)
    };
    let key = new(receive(0, &mut server));
    assert_eq!(copy(receive(SECOND / 2, &mut server)), None);
    assert_eq!(copy(receive(3 * SECOND / 2, &mut server)), None);
    let answer = Reply::new(press("<mrq/>").headers(), source(), 200).build();
    assert!(server.answer(key, answer.clone(), 2 * SECOND));
    assert_eq!(copy(receive(7 * SECOND / 2, &mut server)), Some(answer.clone()));
    assert_eq!(copy(receive(15 * SECOND / 2, &mut server)), Some(answer));
    assert_eq!(server.len(), 1);
}

/// The alarm of `common::alarm` with `from` replaced by `to`.
fn changed(from: &str, to: &str) -> Request {
    let text = String::from_utf8(alarm("", b"<ref>1</ref>").to_vec()).unwrap();
    assert!(text.contains(from), "nothing to change");
    request(&Bytes::from(text.replace(from, to).into_bytes()))
}

/// Units that use one branch and one tag for ever: whatever else differs, it is another alarm.
#[test]
fn two_alarms_under_one_branch_and_tag_are_two() {
    let mut server = transactions();
    let first = changed("<ref>1", "<ref>1");
    new(server.receive(&first, source(), Transport::Udp, 0));
    let others = [
        changed("<ref>1", "<ref>2"),
        changed("1-2345@", "1-2346@"),
        changed("CSeq: 1 ", "CSeq: 2 "),
        changed("tag=286524", "tag=286525"),
        changed("z9hG4bK-0001", "z9hG4bK-0002"),
        changed("UDP 192.0.2.7", "UDP 192.0.2.8"),
        changed(":5060;", ":5061;"),
        changed("MESSAGE", "REGISTER"),
    ];
    for other in &others {
        new(server.receive(other, source(), Transport::Udp, 1));
    }
    for elsewhere in ["192.0.2.8:5060", "192.0.2.7:5061", "[2001:db8::7]:5060"] {
        new(server.receive(&first, elsewhere.parse().unwrap(), Transport::Udp, 1));
    }
    assert_eq!(server.len(), 12);
    // What says nothing about the request changes nothing: it is a copy.
    let rerouted = changed("Max-Forwards: 70", "Max-Forwards: 69");
    assert_eq!(copy(server.receive(&rerouted, source(), Transport::Udp, 2)), None);
}

/// Fields that flow into each other must not look alike.
#[test]
fn moving_a_byte_between_fields_is_a_different_request() {
    let mut server = transactions();
    let a = changed("1-2345@192.0.2.7", "ab");
    let b = changed("1-2345@192.0.2.7", "a");
    new(server.receive(&a, source(), Transport::Udp, 0));
    new(server.receive(&b, source(), Transport::Udp, 0));
    let padded = changed("1-2345@192.0.2.7", "a\0");
    new(server.receive(&padded, source(), Transport::Udp, 0));
}

#[test]
fn an_answer_is_kept_for_timer_j_and_not_longer() {
    let mut server = transactions();
    let receive = |server: &mut ServerTransactions, at| {
        server.receive(&press("x"), source(), Transport::Udp, at)
    };
    let key = new(receive(&mut server, 0));
    assert_eq!(server.next_wake(), Some(TIMER_J));
    assert!(server.answer(key, Bytes::from("answer"), SECOND));
    assert!(!server.answer(key, Bytes::from("another"), SECOND), "one final answer only");
    assert_eq!(server.next_wake(), Some(SECOND + TIMER_J));
    assert!(copy(receive(&mut server, SECOND + TIMER_J - 1)).is_some());
    assert_eq!(server.answer_bytes(), 6);
    let again = new(receive(&mut server, SECOND + TIMER_J));
    assert_eq!((again, server.len(), server.answer_bytes()), (key, 1, 0));
}

#[test]
fn an_unanswered_request_is_forgotten_too() {
    let mut server = transactions();
    let key = new(server.receive(&press("x"), source(), Transport::Tcp, 0));
    server.expire(TIMER_J - 1);
    assert_eq!(server.len(), 1);
    server.expire(TIMER_J);
    assert!(server.is_empty());
    assert_eq!(server.next_wake(), None);
    assert!(!server.answer(key, Bytes::from("late"), TIMER_J));
}

#[test]
fn over_a_stream_nothing_is_kept_after_the_answer() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let mut server = transactions();
        let key = new(server.receive(&press("x"), source(), transport, 0));
        assert_eq!(copy(server.receive(&press("x"), source(), transport, 1)), None);
        assert!(server.answer(key, Bytes::from("answer"), 2));
        assert!(server.is_empty());
        assert_eq!((server.next_wake(), server.answer_bytes()), (None, 0));
    }
}

#[test]
fn when_full_the_oldest_answered_goes_and_work_never_does() {
    let mut server = ServerTransactions::bounded([1, 2], 3, 1_000);
    let receive = |server: &mut ServerTransactions, body: &str, at| {
        server.receive(&press(body), source(), Transport::Udp, at)
    };
    let a = new(receive(&mut server, "a", 0));
    let b = new(receive(&mut server, "b", 1));
    let _working = new(receive(&mut server, "c", 2));
    assert_eq!(receive(&mut server, "d", 3), Received::Full);
    // Answered in another order than they came: the first answered is the oldest.
    assert!(server.answer(b, Bytes::from("b"), 4));
    assert!(server.answer(a, Bytes::from("a"), 5));
    new(receive(&mut server, "d", 6));
    assert_eq!(copy(receive(&mut server, "a", 7)), Some(Bytes::from("a")));
    assert_eq!(copy(receive(&mut server, "c", 7)), None);
    // A copy of the one forgotten counts as new, and pushes out the next.
    new(receive(&mut server, "b", 8));
    assert_eq!(receive(&mut server, "a", 9), Received::Full);
    assert_eq!(server.answer_bytes(), 0);
}

#[test]
fn stored_answers_are_bounded_in_bytes() {
    let mut server = ServerTransactions::bounded([1, 2], 100, 1_000);
    for n in 0..10_u64 {
        let key = new(server.receive(&press(&n.to_string()), source(), Transport::Udp, n));
        assert!(server.answer(key, Bytes::from(vec![b'x'; 300]), n));
        assert!(server.answer_bytes() <= 1_000);
    }
    assert_eq!((server.len(), server.answer_bytes()), (3, 900));
    assert!(copy(server.receive(&press("9"), source(), Transport::Udp, 20)).is_some());
    let key = new(server.receive(&press("big"), source(), Transport::Udp, 20));
    assert!(server.answer(key, Bytes::from(vec![b'x'; 1_001]), 20), "sent, though not kept");
    assert_eq!((server.len(), server.answer_bytes()), (3, 900));
}

#[test]
fn forget_makes_a_copy_new() {
    let mut server = transactions();
    let key = new(server.receive(&press("x"), source(), Transport::Udp, 0));
    server.forget(key);
    assert!(server.is_empty());
    assert_eq!(new(server.receive(&press("x"), source(), Transport::Udp, 1)), key);
}

#[test]
fn keys_depend_on_the_secret() {
    let mut one = ServerTransactions::new([1, 2]);
    let mut two = ServerTransactions::new([1, 3]);
    let a = new(one.receive(&press("x"), source(), Transport::Udp, 0));
    let b = new(two.receive(&press("x"), source(), Transport::Udp, 0));
    assert_ne!(a, b);
}
