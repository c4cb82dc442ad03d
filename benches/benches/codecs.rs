//! Codecs: bytes of one alarm to what it means, and the log's own form of it.

mod quick;

use std::hint::black_box;

use bytes::Bytes;
use central::entry::Entry;
use central::kind::Kind;
use criterion::{Criterion, Throughput};
use link::{Details, Message};

const SCAIP: &[u8] =
    b"<mrq><ref>yhexGeV5E49zglfi</ref><cid>999998</cid><dty>0004</dty><mty>ME</mty>\
<stc>0010</stc><lco>002</lco><crd>gsm:</crd><cha>0</cha></mrq>";

fn main() {
    let mut criterion = quick::quick();
    sip(&mut criterion);
    scaip(&mut criterion);
    link_signal(&mut criterion);
    entry(&mut criterion);
    criterion.final_summary();
}

fn sip(criterion: &mut Criterion) {
    let message = sip_message();
    let mut group = criterion.benchmark_group("sip");
    group.throughput(Throughput::Bytes(message.len() as u64));
    assert!(sip::Datagram::parse(message.clone()).is_ok(), "the sample is a whole MESSAGE");
    group.bench_function("read a MESSAGE", |bencher| {
        bencher.iter(|| sip::Datagram::parse(black_box(&message).clone()));
    });
    group.finish();
}

fn scaip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scaip");
    group.throughput(Throughput::Bytes(SCAIP.len() as u64));
    assert!(scaip::decode(SCAIP).is_ok(), "the sample is a whole mrq");
    group.bench_function("read an mrq", |bencher| {
        bencher.iter(|| scaip::decode(black_box(SCAIP)));
    });
    group.finish();
}

fn link_signal(criterion: &mut Criterion) {
    let press = Message::Signal(link::Signal {
        id: [7; 16],
        boot: 3,
        counter: 17,
        kind: link::Kind::PRESS,
        happened: Some(1_700_000_000_000),
        buffered: false,
        details: Details::default(),
    });
    let bytes = press.encode();
    assert_eq!(Message::decode(&bytes).as_ref(), Ok(&press), "the sample survives");
    let mut group = criterion.benchmark_group("link");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("write a signal", |bencher| bencher.iter(|| black_box(&press).encode()));
    group.bench_function("read a signal", |bencher| {
        bencher.iter(|| Message::decode(black_box(&bytes)));
    });
    group.finish();
}

fn entry(criterion: &mut Criterion) {
    let entry = Entry::Signal(benches::signal(1, 1, Kind::PRESS));
    let bytes = entry.encode();
    assert_eq!(Entry::decode(&bytes).as_ref(), Ok(&entry), "the sample survives");
    let mut group = criterion.benchmark_group("entry");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("write a signal", |bencher| bencher.iter(|| black_box(&entry).encode()));
    group.bench_function("read a signal", |bencher| {
        bencher.iter(|| Entry::decode(black_box(&bytes)));
    });
    group.finish();
}

/// A press as a SCAIP unit sends it.
fn sip_message() -> Bytes {
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
        SCAIP.len()
    );
    [head.as_bytes(), SCAIP].concat().into()
}
