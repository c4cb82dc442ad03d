//! Our own MESSAGE: timers E, F and K, and finding the response again.

mod common;

use bytes::Bytes;
use common::{message, response};
use sip::limits::{T1, T4, TIMER_F};
use sip::{Action, ClientTransactions, MessageRequest, Outgoing, StartError, Transport};

const MS: u64 = 1_000_000;

fn receipt(branch: &str) -> Outgoing {
    MessageRequest {
        target: b"sip:111111@192.0.2.7:5060",
        from: b"sip:arc@sip.example",
        from_tag: "a1",
        to: b"sip:111111@sip.example",
        call_id: "c1@arc",
        cseq: 1,
        transport: Transport::Udp,
        sent_by: "198.51.100.1:5060",
        branch,
        content_type: "application/scaip+xml",
        body: b"<mrs><ref>1</ref><snu>0</snu></mrs>",
    }
    .build()
}

fn answer(first: &str, branch: &str, method: &str) -> sip::Response {
    response(&message(
        &format!(
            "SIP/2.0 {first}
Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK{branch};rport=5060;received=198.51.100.1
From: <sip:arc@sip.example>;tag=a1
To: <sip:111111@sip.example>;tag=77
Call-ID: c1@arc
CSeq: 1 {method}
Content-Length: {{len}}
"
        ),
        b"",
    ))
}

/// Runs until nothing is left to do; when each thing happened, in milliseconds, and what.
fn run(client: &mut ClientTransactions<u8>) -> Vec<(u64, Action<u8>)> {
    let mut done = Vec::new();
    while let Some(now) = client.next_wake() {
        let early = client.poll(now - 1);
        assert_eq!(early, None, "acted before its time");
        while let Some(action) = client.poll(now) {
            done.push((now / MS, action));
        }
    }
    done
}

#[test]
fn unanswered_over_udp_follows_the_ladder_exactly() {
    let mut client = ClientTransactions::default();
    let request = receipt("1");
    let bytes = client.start(request.clone(), 9, false, 0).unwrap();
    assert_eq!(bytes, request.bytes);
    let done = run(&mut client);
    let times: Vec<u64> = done.iter().map(|(at, _)| *at).collect();
    assert_eq!(
        times,
        [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000]
    );
    for (_, action) in &done[..10] {
        assert_eq!(*action, Action::Send { bytes: bytes.clone(), token: 9 });
    }
    assert_eq!(done[10].1, Action::TimedOut { token: 9 });
    assert!(client.is_empty());
}

#[test]
fn over_a_stream_it_is_sent_once() {
    let mut client = ClientTransactions::default();
    client.start(receipt("1"), 9, true, 5).unwrap();
    assert_eq!(client.next_wake(), Some(5 + TIMER_F));
    assert_eq!(run(&mut client), [(32_000, Action::TimedOut { token: 9 })]);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_the_late_copy_absorbed() {
    let mut client = ClientTransactions::default();
    client.start(receipt("1"), 9, false, 0).unwrap();
    assert!(matches!(client.poll(T1), Some(Action::Send { .. })));
    assert_eq!(client.poll(T1), None);
    let now = T1 + 20 * MS;
    let done = client.received(&answer("200 OK", "1", "MESSAGE"), now);
    assert_eq!(done, Some(Action::Done { status: 200, token: 9 }));
    // The answer to the first copy comes late: nothing happens twice.
    assert_eq!(client.received(&answer("200 OK", "1", "MESSAGE"), now + MS), None);
    assert_eq!(client.next_wake(), Some(now + T4));
    assert_eq!(client.start(receipt("1"), 9, false, now).unwrap_err(), StartError::BranchInUse);
    assert_eq!(client.poll(now + T4), None);
    assert!(client.is_empty());
}

#[test]
fn every_final_status_ends_it() {
    for status in [200, 202, 302, 401, 404, 480, 503, 603] {
        for reliable in [false, true] {
            let mut client = ClientTransactions::default();
            client.start(receipt("1"), 9, reliable, 0).unwrap();
            let response = answer(&format!("{status} x"), "1", "MESSAGE");
            let done = client.received(&response, 1);
            assert_eq!(done, Some(Action::Done { status, token: 9 }));
            // Timer K is nothing over a stream.
            assert_eq!(client.next_wake(), (!reliable).then_some(1 + T4));
        }
    }
}

#[test]
fn a_provisional_answer_slows_the_ladder_to_t2() {
    let mut client = ClientTransactions::default();
    client.start(receipt("1"), 9, false, 0).unwrap();
    assert_eq!(client.received(&answer("100 Trying", "1", "MESSAGE"), 10 * MS), None);
    let times: Vec<u64> = run(&mut client).iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500, 32_000]);
}

#[test]
fn what_is_not_ours_is_ignored() {
    let mut client = ClientTransactions::default();
    client.start(receipt("1"), 9, false, 0).unwrap();
    for stranger in [answer("200 OK", "2", "MESSAGE"), answer("200 OK", "1", "OPTIONS")] {
        assert_eq!(client.received(&stranger, 1), None);
    }
    assert_eq!(client.len(), 1);
}

#[test]
fn bounded_and_abandoned() {
    let mut client = ClientTransactions::bounded(2);
    for n in 0..2_u8 {
        client.start(receipt(&n.to_string()), n, false, u64::from(n)).unwrap();
    }
    assert_eq!(client.start(receipt("2"), 2, false, 2).unwrap_err(), StartError::Full);
    assert_eq!(client.abandon(&receipt("0").branch), Some(0));
    assert_eq!(client.abandon(&receipt("0").branch), None);
    assert_eq!(client.next_wake(), Some(T1 + 1));
    client.start(receipt("2"), 2, false, 2).unwrap();
    assert_eq!(client.len(), 2);
}

/// A caller that wakes late sends once, not once for each timer it slept through.
#[test]
fn late_polls_do_not_burst() {
    let mut client = ClientTransactions::default();
    client.start(receipt("1"), 9, false, 0).unwrap();
    assert!(matches!(client.poll(20 * T1), Some(Action::Send { .. })));
    assert_eq!(client.poll(20 * T1), None);
    assert_eq!(client.next_wake(), Some(22 * T1));
    assert!(matches!(client.poll(TIMER_F), Some(Action::TimedOut { .. })));
}

#[test]
fn bytes_are_shared_not_copied() {
    let mut client = ClientTransactions::default();
    let bytes: Bytes = client.start(receipt("1"), 9, false, 0).unwrap();
    let Some(Action::Send { bytes: again, .. }) = client.poll(T1) else { panic!() };
    assert_eq!(again.as_ptr(), bytes.as_ptr());
}
