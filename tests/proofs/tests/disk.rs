//! A disk that fails, fills up or stalls under the real engine.

use std::path::Path;
use std::time::{Duration, Instant};

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::ledger::Ledger;
use proofs::press::{until_refused, until_refused_with};
use proofs::settings::{folder_in_memory, said, seed, setting};
use proofs::unit::{TcpUnit, Told, wall};
use serde_json::Value;

/// EIO at the n-th write or sync: the process leaves with 74, and no receipt follows it. At every other place only
/// that one call fails: an engine that tried again would be found out.
fn fails_at(knob: Knob, n: u64) {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (mut engine, disk) = Disk::start(&data, folder.path(), false);
    let ledger = Ledger::default();
    // The keys have their own: what fails there costs a key and no promise.
    disk.only("/log/");
    disk.set(Knob::Once, (n % 2) as u32);
    disk.set(knob, n as u32);
    let told = until_refused(&engine, &ledger, n as usize + 200);
    let status = engine.wait(Duration::from_secs(20));
    let code = status.and_then(|status| status.code());
    assert_eq!(code, Some(74), "{knob:?} {n}: it went on; the last press was told {told:?}");
    assert!(disk.ask(Knob::Failed) > 0, "{knob:?} {n}: nothing failed");
    assert_ne!(told, Told::Mrs(0), "{knob:?} {n}: a receipt after the failure");
    drop(engine);
    Engine::start(&data).kill();
    let verified = engine::verify(&data);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    assert_eq!(ledger.missing(&data, u64::MAX), [], "{knob:?} {n}");
}

/// At which of the first 300 calls: each `VARDE_EIO_EVERY`th after the first `VARDE_SEED`; `tests/run --long` tries
/// every one.
fn places() -> impl Iterator<Item = u64> {
    let from = 1 + seed();
    (from..=300).step_by(setting("VARDE_EIO_EVERY", 25) as usize)
}

#[test]
fn a_failed_write_ends_the_process_with_74_and_no_receipt_follows() {
    for n in places() {
        fails_at(Knob::FailWrite, n);
        said(n, "writes");
    }
    println!("EIO at {} writes: exit 74 each, nothing lost", places().count());
}

#[test]
fn a_failed_sync_ends_the_process_with_74_and_no_receipt_follows() {
    for n in places() {
        fails_at(Knob::FailSync, n);
        said(n, "syncs");
    }
    println!("EIO at {} syncs: exit 74 each, nothing lost", places().count());
}

#[test]
fn keys_that_cannot_be_written_cost_no_receipt() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let ledger = Ledger::default();
    Engine::start(&data).kill();
    for knob in [Knob::FailWrite, Knob::FailSync] {
        let disk = Disk::new(&data, folder.path());
        disk.only("/keys/");
        disk.set(knob, 1);
        let engine = disk.try_start(&[], false).expect("it shares the keys it has");
        assert_eq!(until_refused(&engine, &ledger, 20), Told::Mrs(0), "{knob:?}");
        assert!(disk.ask(Knob::Failed) > 0, "{knob:?}: nothing failed");
        engine.kill();
    }
    Engine::start(&data).kill();
    assert_eq!(ledger.missing(&data, u64::MAX), []);
}

/// A killed engine's log of several segments, with its ledger.
fn some_segments(data: &Path) -> Ledger {
    let ledger = Ledger::default();
    let engine = Engine::start(data);
    assert_eq!(until_refused_with(&engine, &ledger, 600, 9_000), Told::Mrs(0));
    engine.kill();
    ledger
}

/// Of one command on a copy of the folder: whether it ended well, or said in one sentence that it could not read.
fn reads_or_says(command: &str, data: &Path, beside: &Path, n: u64, good: &[Value]) -> bool {
    let disk = Disk::new(data, beside);
    disk.set(Knob::Once, (n % 2) as u32);
    disk.set(Knob::FailRead, n as u32);
    let told = if command == "serve" {
        match disk.try_start(&[], false) {
            Ok(engine) => {
                let seq = engine.state()["seq"].as_u64();
                assert!(
                    seq >= good.last().and_then(|line| line["seq"].as_u64()),
                    "read {n}: {seq:?}"
                );
                return true;
            }
            Err(why) => why,
        }
    } else {
        let mut varde = engine::varde();
        varde.arg(command).arg("--data").arg(data).envs(disk.env(false));
        let output = varde.output().expect("varde runs");
        if output.status.success() {
            let same = command != "log" || engine::lines(&output.stdout) == good;
            assert!(same, "read {n}: fewer entries, and no word of it");
            return true;
        }
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert!(!told.contains("panicked"), "{command}, read {n}: {told}");
    assert!(told.contains("varde: ") || told.contains("damaged: "), "{command}, read {n}: {told}");
    false
}

#[test]
fn a_failed_read_is_said_and_no_entry_is_dropped_for_it() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let ledger = some_segments(&data);
    let good = engine::log(&data);
    let mut refused = 0;
    for n in places() {
        // A hundred reads of each: a start, and the two commands that only read.
        let command = ["serve", "verify", "log"][(n as usize - 1) / 100];
        let copy = folder.path().join("copy");
        copy_folder(&data, &copy);
        let read = (n - 1) % 100 + 1;
        refused += u32::from(!reads_or_says(command, &copy, folder.path(), read, &good));
        // The disk reads again: everything is there.
        if command == "serve" {
            Engine::start(&copy).kill();
        }
        assert_eq!(ledger.missing(&copy, u64::MAX), [], "{command}, read {read}");
        std::fs::remove_dir_all(&copy).expect("the copy can go");
        said(n, "reads");
    }
    assert!(refused > 0, "no read failed: the harness proves nothing");
    println!("EIO at {} reads: {refused} said so, nothing lost", places().count());
}

fn copy_folder(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(done.expect("cp runs").success());
}

#[test]
fn a_full_disk_refuses_aloud_and_intake_resumes_by_itself() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (engine, disk) = Disk::start(&data, folder.path(), false);
    let ledger = Ledger::default();
    disk.set(Knob::Full, 1);
    // Segments of 1 MiB: what is left is used up, then the answer is a clear no.
    let told = until_refused(&engine, &ledger, 20_000);
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
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (engine, disk) = Disk::start(&data, folder.path(), false);
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
