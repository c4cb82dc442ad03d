//! A disk that fails, fills up or stalls under the real engine.

use std::path::Path;
use std::time::{Duration, Instant};

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::ledger::Ledger;
use proofs::unit::{TcpUnit, Told, wall};

fn start(data: &Path, folder: &Path) -> (Engine, Disk) {
    std::fs::create_dir_all(data).expect("a folder");
    let disk = Disk::new(data, folder);
    let env = disk.env(false);
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (Engine::start_with(data, &env), disk)
}

/// Presses until something is not acknowledged; gives what was.
fn press_until_refused(engine: &Engine, ledger: &Ledger, most: usize) -> Told {
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "5001").expect("it listens");
    for _ in 0..most {
        let reference = format!("{:x}", wall());
        let told = unit.press(&reference, Duration::from_secs(6));
        if told != Told::Mrs(0) {
            return told;
        }
        ledger.acknowledged("5001", &reference, wall());
    }
    Told::Mrs(0)
}

/// EIO at the n-th write or sync: the process leaves with 74, and no receipt follows it.
fn fails_at(knob: Knob, n: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (mut engine, disk) = start(&data, folder.path());
    let ledger = Ledger::default();
    disk.set(knob, n);
    let told = press_until_refused(&engine, &ledger, n as usize + 200);
    let status = engine.wait(Duration::from_secs(10));
    let code = status.and_then(|status| status.code());
    assert_eq!(code, Some(74), "{knob:?} {n}: it went on; the last press was told {told:?}");
    assert!(disk.ask(Knob::Failed) > 0, "{knob:?} {n}: nothing failed");
    assert_ne!(told, Told::Mrs(0), "{knob:?} {n}: a receipt after the failure");
    drop(engine);
    let again = Engine::start(&data);
    assert_eq!(ledger.missing(&data, u64::MAX), [], "{knob:?} {n}");
    drop(again);
}

/// At which write or sync; `tests/run --long` tries each of the first 300.
fn places() -> Vec<u32> {
    let most = std::env::var("VARDE_EIO").ok().and_then(|text| text.parse().ok());
    most.map_or_else(|| vec![1, 2, 5, 17], |most: u32| (1..=most).collect())
}

#[test]
fn a_failed_write_ends_the_process_with_74_and_no_receipt_follows() {
    for n in places() {
        fails_at(Knob::FailWrite, n);
    }
}

#[test]
fn a_failed_sync_ends_the_process_with_74_and_no_receipt_follows() {
    for n in places() {
        fails_at(Knob::FailSync, n);
    }
}

#[test]
fn a_full_disk_refuses_aloud_and_intake_resumes_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (engine, disk) = start(&data, folder.path());
    let ledger = Ledger::default();
    disk.set(Knob::Full, 1);
    // Segments of 1 MiB: what is left is used up, then the answer is a clear no.
    let told = press_until_refused(&engine, &ledger, 20_000);
    assert_eq!(told, Told::Sip(503), "a full disk must be told");
    let (status, body) = engine.get("ops", "/readyz").expect("health answers");
    assert!(status == 503 && body.contains("full"), "{status} {body}");
    let mut beat = TcpUnit::connect(engine.address("sip_tcp"), "5001").expect("it listens");
    let ping = "<mrq><ref>b1</ref><cid>5001</cid><dty>2</dty><mty>PI</mty></mrq>";
    assert_eq!(beat.send(ping, "b1", Duration::from_secs(5)), Told::Mrs(0), "heartbeats go on");
    disk.set(Knob::Full, 0);
    let since = Instant::now();
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "5002").expect("it listens");
    while unit.press(&format!("{:x}", wall()), Duration::from_secs(6)) != Told::Mrs(0) {
        assert!(since.elapsed() < Duration::from_secs(20), "intake did not resume by itself");
        std::thread::sleep(Duration::from_millis(200));
    }
    engine.kill();
    assert_eq!(ledger.missing(&data, u64::MAX), []);
    assert!(engine::verify(&data).status.success());
}

#[test]
fn a_stalled_disk_promises_nothing_until_it_is_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (engine, disk) = start(&data, folder.path());
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "6001").expect("it listens");
    assert_eq!(unit.press("before", Duration::from_secs(5)), Told::Mrs(0));
    disk.set(Knob::SyncDelay, 10_000);
    let since = Instant::now();
    assert_eq!(unit.press("during", Duration::from_secs(9)), Told::Sip(503));
    let waited = since.elapsed();
    assert!((3..7).contains(&waited.as_secs()), "told after {waited:?}, the limit is 4 s");
    disk.set(Knob::SyncDelay, 0);
    // The unit asks again: what became durable meanwhile is a Duplicate and is answered.
    let since = Instant::now();
    while unit.press("during", Duration::from_secs(5)) != Told::Mrs(0) {
        assert!(since.elapsed() < Duration::from_secs(15), "the stall never ended");
    }
    engine.kill();
    let log = engine::log(&data);
    let of = |reference: &str| log.iter().filter(|line| line["reference"] == reference).count();
    assert!(of("during") >= 1);
    assert_eq!(proofs::ledger::opened_twice(&log).len(), 0);
}
