//! kill -9 under mixed traffic (SIP over TCP and UDP, QUIC): what was acknowledged is in the log, nothing
//! opened twice, one state.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use proofs::engine::{self, Engine};
use proofs::ledger::{Ledger, opened_twice};
use proofs::rng::Rng;
use proofs::settings::{seed, setting};
use proofs::unit::{TcpUnit, Told, UdpUnit, wall};
use serde_json::Value;

/// Kills in a run; `tests/run --long` sets more.
fn kills() -> u64 {
    setting("VARDE_KILLS", 100)
}

/// Kills of one log; the next ones have a new log, so that a long run is not one of long starts.
const A_LOG: u64 = 25;
/// How long devices on QUIC may take to be answered: long, for a machine that has other work.
const QUIC_ANSWERS: Duration = Duration::from_secs(90);
const UNITS: usize = 6;
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A unit that presses again and again and, when it is not answered, repeats the same reference on a new
/// connection, as devices do.
fn press_on(
    engine: &Engine,
    name: String,
    ledger: Ledger,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    let (tcp, udp) = (engine.address("sip_tcp"), engine.address("sip_udp"));
    let over_udp = name.ends_with('5');
    std::thread::spawn(move || {
        let mut unit = TcpUnit::connect(tcp, &name).ok();
        let by_udp = UdpUnit::new(udp, &name).ok();
        while !stop.load(Ordering::Acquire) {
            // Enough for a signal to be under way at every kill; more would only make the log long.
            std::thread::sleep(Duration::from_millis(2));
            let reference = format!("{:x}", wall());
            for _try in 0..3 {
                let told = if over_udp {
                    by_udp
                        .as_ref()
                        .map(|unit| unit.press(&reference, 1, Duration::from_millis(40)).1)
                } else {
                    let answer = unit.as_mut().map(|unit| unit.press(&reference, PATIENCE));
                    Some(if answer == Some(Told::Mrs(0)) { vec![0] } else { vec![] })
                };
                if told.is_some_and(|told| told.contains(&0)) {
                    ledger.acknowledged(&name, &reference, wall());
                    break;
                }
                if stop.load(Ordering::Acquire) {
                    return;
                }
                unit = TcpUnit::connect(tcp, &name).ok();
            }
        }
    })
}

/// Devices on QUIC, played by the load generator, which writes each receipt down as it comes.
fn quic(data: &Path, receipts: &Path) -> Child {
    Command::new(engine::binaries().join("varde-loadgen"))
        .args([
            "burst",
            "--transport",
            "quic",
            "--rate",
            "300",
            "--connections",
            "12",
            "--seconds",
            "120",
            // The first signals come while the others still connect.
            "--lead",
            "0",
        ])
        .args(["--quiet", "--engine"])
        .arg(data.join("addresses.json"))
        .arg("--authority")
        .arg(data.join("authority"))
        .arg("--receipts")
        .arg(receipts)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("varde-loadgen is built and runs")
}

/// Takes a receipts file's whole lines into the ledger; a line cut short by the kill is left out.
fn take_receipts(receipts: &Path, ledger: &Ledger) {
    let text = std::fs::read_to_string(receipts).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in whole.lines() {
        let mut fields = line.split('\t');
        if let (Some(device), Some(reference)) = (fields.next(), fields.next()) {
            ledger.acknowledged_as(&format!("link:{device}"), reference, wall());
        }
    }
}

/// Starts, kills in the middle of everything; gives how long the start took.
fn one_kill(data: &Path, ledger: &Ledger, rng: &mut Rng) -> Duration {
    let began = Instant::now();
    let engine = Engine::start(data);
    let start = began.elapsed();
    let receipts = data.with_extension("receipts");
    let mut devices = quic(data, &receipts);
    let stop = Arc::new(AtomicBool::new(false));
    let units: Vec<_> = (0..UNITS)
        .map(|n| press_on(&engine, format!("80000{n}"), ledger.clone(), Arc::clone(&stop)))
        .collect();
    // The kill comes in the middle of everything: once devices on QUIC are answered too.
    let since = Instant::now();
    while std::fs::metadata(&receipts).map_or(0, |file| file.len()) == 0 {
        assert!(since.elapsed() < QUIC_ANSWERS, "nothing comes over QUIC");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(rng.below(300)));
    engine.kill();
    stop.store(true, Ordering::Release);
    for unit in units {
        unit.join().expect("a unit's thread ends");
    }
    devices.kill().expect("it can be killed");
    let _ = devices.wait();
    take_receipts(&receipts, ledger);
    std::fs::remove_file(&receipts).expect("receipts were written");
    start
}

/// What one log went through.
struct Outcome {
    acknowledged: usize,
    quic: usize,
    slowest_start: Duration,
}

/// Kills the engine of one log so often, and holds what it promised against what the log says.
fn one_log(folder: &Path, kills: u64, seed: u64) -> Outcome {
    let data = folder.join(format!("data-{seed}"));
    let (ledger, mut rng) = (Ledger::default(), Rng::new(seed));
    let starts = (0..kills).map(|_| one_kill(&data, &ledger, &mut rng));
    let slowest_start = starts.max().unwrap_or_default();
    let verified = engine::verify(&data);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let log = engine::log(&data);
    let missing = ledger.missing_in(&log, u64::MAX);
    assert!(
        missing.is_empty(),
        "seed {seed}: {} of {} lost: {missing:?}",
        missing.len(),
        ledger.len()
    );
    let twice = opened_twice(&log);
    assert!(twice.is_empty(), "seed {seed}: opened twice: {twice:?}");
    let quic = ledger.count("link:");
    assert!(quic as u64 > kills, "hardly anything was acknowledged over QUIC: {quic}");
    std::fs::remove_dir_all(&data).expect("the folder can go");
    Outcome { acknowledged: ledger.len(), quic, slowest_start }
}

#[test]
fn no_acknowledged_signal_is_lost_to_kill_9_and_none_opens_two_alarms() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut done, mut acknowledged, mut quic) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    while done < kills() {
        let now = A_LOG.min(kills() - done);
        let outcome = one_log(folder.path(), now, 9 + seed() + done);
        done += now;
        acknowledged += outcome.acknowledged;
        quic += outcome.quic;
        slowest = slowest.max(outcome.slowest_start);
        println!(
            "{done} kills, {acknowledged} acknowledged ({quic} over QUIC), 0 lost, 0 opened twice; \
             slowest start {} ms",
            slowest.as_millis()
        );
    }
}

#[test]
fn the_state_is_the_same_live_restarted_and_refolded() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let ledger = Ledger::default();
    one_kill(&data, &ledger, &mut Rng::new(3));
    let engine = Engine::start(&data);
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "7001").expect("it listens");
    for n in 0..50 {
        assert_eq!(unit.press(&format!("s{n}"), Duration::from_secs(5)), Told::Mrs(0));
    }
    // Statistics are written each second; wait until nothing more comes.
    std::thread::sleep(Duration::from_secs(12));
    let live = engine.state();
    engine.kill();
    assert_refolded(&data, &live);
    let restarted = Engine::start(&data);
    // The entry that says so is durable within this; nothing else comes.
    std::thread::sleep(Duration::from_secs(1));
    let state = restarted.state();
    restarted.kill();
    assert_eq!(state["open"], live["open"], "the same alarms are open after a restart");
    assert_refolded(&data, &state);
}

/// `varde verify` folds the log to the very state that the engine told.
fn assert_refolded(data: &Path, state: &Value) {
    let told = String::from_utf8(engine::verify(data).stdout).expect("verify prints UTF-8");
    let line = |name: &str| {
        let found = told.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_else(|| panic!("verify prints no {name}: {told}")).trim().to_owned()
    };
    assert_eq!(state["seq"].to_string().trim_matches('"'), line("seq"));
    assert_eq!(state["head"], line("head").as_str());
    assert_eq!(state["state_hash"], line("state").as_str());
}
