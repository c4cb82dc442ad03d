//! Snapshots of the real engine: a start folds the tail, whatever happened to the snapshots before it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use proofs::engine::{self, Engine};
use proofs::unit::{TcpUnit, Told};

/// What `engine::configure` sets: a snapshot is due after so many entries.
const EVERY: u64 = 100;
const WAIT: Duration = Duration::from_mins(1);

/// A data folder with a long log, and no snapshot.
fn made(folder: &Path, entries: u64, devices: u64) -> PathBuf {
    let data = folder.join("data");
    let maker = engine::binaries().join("make_log");
    assert!(maker.exists(), "make_log is not built: cargo build --release -p benches");
    let words = [entries.to_string(), devices.to_string()];
    let made = Command::new(maker).arg(&data).args(words).status();
    assert!(made.expect("make_log runs").success());
    data
}

fn metric(engine: &Engine, name: &str) -> u64 {
    let (_, text) = engine.get("ops", "/metrics").expect("the engine answers /metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

fn folded(engine: &Engine) -> u64 {
    metric(engine, "varde_start_folded_entries")
}

fn snapshots(data: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(data.join("snapshots")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let mut found: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    found.sort();
    found
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < WAIT, "{what}: not within {WAIT:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn press(engine: &Engine, name: &str, presses: u64) {
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), name).expect("it listens");
    for n in 0..presses {
        assert_eq!(unit.press(&format!("{name}p{n}"), Duration::from_secs(10)), Told::Mrs(0));
    }
}

/// `varde verify` folds the whole log, and each snapshot is what it folds to.
fn verified(data: &Path) -> String {
    let output = engine::verify(data);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    told
}

#[test]
fn a_start_folds_the_tail_and_not_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = made(folder.path(), 100_000, 10_000);
    let engine = Engine::start(&data);
    assert_eq!(folded(&engine), 100_000, "without a snapshot it is the whole log");
    wait_until("a snapshot", || metric(&engine, "varde_snapshot_seq") >= 100_000);
    press(&engine, "5001", 20);
    assert!(engine.stop().success());

    let engine = Engine::start(&data);
    let tail = folded(&engine);
    assert!((20..2_000).contains(&tail), "{tail} entries folded");
    assert_eq!(metric(&engine, "varde_snapshots_differing_total"), 0);
    press(&engine, "5002", EVERY);
    wait_until("a second one", || snapshots(&data, "snap").len() == 2);
    assert!(engine.stop().success());
    assert!(verified(&data).contains("snapshots compared 2"), "{}", verified(&data));

    // The newest altered: named, passed over, and the older one taken.
    let newest = snapshots(&data, "snap").remove(1);
    let mut bytes = fs::read(&newest).expect("it can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, &bytes).expect("it can be written");
    let told = engine::verify(&data);
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.code() == Some(2) && text.contains("checksum"), "{text}");
    let engine = Engine::start(&data);
    let older = folded(&engine);
    assert!(tail < older && older < 2_000, "{older} entries folded, {tail} before");
    engine.kill();

    fs::remove_dir_all(data.join("snapshots")).expect("they can be deleted");
    let engine = Engine::start(&data);
    assert!(folded(&engine) > 100_000, "deleted, they cost only the time of a start");
    let live = engine.state();
    engine.kill();
    let told = verified(&data);
    let hash = live["state_hash"].as_str().expect("/state tells the hash").to_owned();
    let seq = live["seq"].to_string();
    if told.contains(&format!("seq {seq}\n")) {
        assert!(told.contains(&hash), "{told}");
    }
}

#[test]
fn a_kill_while_a_snapshot_is_written_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    // Many devices: a snapshot takes long enough to be met in the middle.
    let data = made(folder.path(), 60_000, 30_000);
    let mut halves = 0;
    for n in 0..8 {
        let engine = Engine::start(&data);
        press(&engine, &format!("600{n}"), EVERY + 1);
        wait_until("one being written", || !snapshots(&data, "tmp").is_empty());
        std::thread::sleep(Duration::from_millis(n * 3));
        engine.kill();
        halves += snapshots(&data, "tmp").len();
    }
    assert!(halves > 0, "no kill met a snapshot being written: it proves nothing");
    let engine = Engine::start(&data);
    wait_until("a snapshot", || metric(&engine, "varde_snapshots_written_total") > 0);
    assert_eq!(snapshots(&data, "tmp"), Vec::<PathBuf>::new(), "what was left is removed");
    assert!(engine.stop().success());
    assert!(verified(&data).contains("snapshots compared"));
    println!("8 kills, {halves} of them in the middle of a snapshot");
}
