//! An entry that makes the central panic, from the device to the operator and through three starts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use central::entry::{Purpose, Role, Scope};
use serde_json::Value;

use super::skip::{DEVICE, PLANTED};
use super::{Ended, Engine, LOG, Start};
use crate::config::Config;

fn start(data: &Path) -> Start {
    let config = r#"purpose = "load_test"
listen = { sip = "127.0.0.1:0", sip_tls = "127.0.0.1:0", quic = "127.0.0.1:0", console = "127.0.0.1:0", ops = "127.0.0.1:0" }
log = { segment_mib = 1 }
sip = { municipality = "0301" }"#;
    let config: Config = toml::from_str(config).unwrap();
    Start { config, purpose: Purpose::LoadTest, data: data.to_owned(), accept_clock: false }
}

/// The engine before it ended by itself, as a process would with it: here its folders are free a little later.
fn started(runtime: &tokio::runtime::Runtime, data: &Path) -> Engine {
    for _ in 0..200 {
        match runtime.block_on(Engine::start(start(data))) {
            Err(why) if why.to_string().contains("another process") => {
                std::thread::sleep(Duration::from_millis(25));
            }
            engine => return engine.unwrap(),
        }
    }
    panic!("the folders are never free");
}

/// A unit presses; nothing is waited for.
fn press(at: SocketAddr, device: &str) {
    let id = device.trim_start_matches("scaip:");
    let body = format!("<mrq><ref>r{id}</ref><cid>{id}</cid><dty>0003</dty><stc>0010</stc></mrq>");
    let message = format!(
        "MESSAGE sip:alarm@{at} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{id};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{id}@unit.invalid>;tag={id}\r\nTo: <sip:alarm@{at}>\r\n\
         Call-ID: {id}\r\nCSeq: 1 MESSAGE\r\nContent-Type: application/scaip+xml\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(message.as_bytes(), at).unwrap();
}

/// A call as the page makes it: head and body of the answer.
fn call(at: SocketAddr, method: &str, path: &str, cookie: &str, body: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nX-Varde: 1\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let body = if body.is_empty() { "null" } else { body };
    (head.to_owned(), serde_json::from_str(body).unwrap_or_else(|why| panic!("{why}: {answer}")))
}

/// What an operator of everything sees of the one alarm that waits.
fn seen_by_an_operator(engine: &Engine) -> Value {
    let at = engine.addresses.console;
    let once = engine.console.once("kari", Role::Operator, Scope::All).unwrap();
    let (head, _) = call(at, "POST", "/api/login", "", &format!(r#"{{"once":"{once}"}}"#));
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let (_, picture) = call(at, "GET", "/api/picture", cookie, "");
    let rows = picture["rows"].as_array().unwrap_or_else(|| panic!("{picture}"));
    assert_eq!(rows.len(), 1, "{picture}");
    let id = &rows[0]["alarm"];
    call(at, "GET", &format!("/api/alarms/{id}"), cookie, "").1
}

/// What a fold of the log on disk, up to an entry, comes to: its Seq, what is skipped, the state hash.
fn folded(data: &Path, until: u64) -> (u64, u64, [u8; 32]) {
    let reader = journal::embedded::Reader::open(&data.join(LOG)).unwrap();
    let within = move |record: &Result<journal::Record, journal::Damage>| match record {
        Ok(journal::Record::Entry(kept)) => kept.seq <= until,
        _ => true,
    };
    let records = || reader.from(journal::Pos::START).unwrap().take_while(within);
    let skips = sequencer::Skips::scan(records()).unwrap();
    let mut central = central::Central::new();
    // A reader that would not panic, as a newer version.
    let folded = sequencer::refold(records(), &skips, &mut central).unwrap();
    (folded.last_seq, folded.skipped, central.digest())
}

#[test]
fn an_entry_that_panics_ends_one_run_is_shown_by_the_next_and_stays_skipped_in_the_third() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // Its requests under way go with it, as with a process that ends.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let engine = started(&runtime, &data);
    let mut ended = engine.ended();
    press(engine.addresses.sip_udp, PLANTED);
    let end = runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(20), ended.wait_for(Option::is_some)).await
    });
    let end = end.unwrap().unwrap().clone();
    assert!(matches!(&end, Some(Ended::CannotApply(why)) if why.contains("panic")), "{end:?}");
    runtime.block_on(engine.stop());
    drop((ended, runtime));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let second = started(&runtime, &data);
    let alarm = seen_by_an_operator(&second);
    let text = alarm.to_string();
    for part in [DEVICE, "hoppet over", PLANTED, "life_safety", "Trygghetsalarm", "0301"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let hex = crate::api::hex(PLANTED.as_bytes());
    assert!(text.contains(&hex), "the bytes of the entry are not in {text}");
    runtime.block_on(second.stop());
    let (_, skipped, _) = folded(&data, u64::MAX);
    assert_eq!(skipped, 1);

    let third = started(&runtime, &data);
    assert_eq!(third.board.counts().0, 1, "the same alarm, not another");
    let (_, state) = call(third.addresses.ops, "GET", "/state", "", "");
    runtime.block_on(third.stop());
    journal::embedded::verify(&data.join(LOG)).unwrap();
    let told = state["seq"].as_u64().unwrap();
    let (last, skipped, digest) = folded(&data, told);
    assert_eq!((last, skipped), (told, 1));
    assert_eq!(state["state_hash"], crate::api::hex(&digest));
}
