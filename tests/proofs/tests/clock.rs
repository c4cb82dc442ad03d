//! A wall clock that jumps, stops or is years off: Moments go on, no receipt and no alarm is lost, no alarm is
//! opened twice, nobody is logged out, and an operator is told. And what a start makes of such a clock.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proofs::console::Console;
use proofs::disk::Disk;
use proofs::engine::{self, Engine};
use proofs::ledger::{Ledger, opened_twice};
use proofs::press::until_refused;
use proofs::settings::{folder_in_memory, setting};
use proofs::unit::{TcpUnit, Told, UdpUnit, wall};
use serde_json::{Value, json};

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;
const YEAR: i64 = 365 * 24 * HOUR;

/// What the wall clock does while the engine runs, and whether that is an alarm (a difference over 1 s).
#[derive(Clone, Copy, Debug)]
enum Wall {
    Jumps(i64),
    Stops,
}

const WALLS: [(&str, Wall, bool); 10] = [
    // What a machine does whose clock is kept in local time, on 25 October 2026 and 28 March 2027.
    ("summer time ends", Wall::Jumps(-HOUR), true),
    ("summer time begins", Wall::Jumps(HOUR), true),
    ("ten years ahead", Wall::Jumps(10 * YEAR), true),
    ("stopped", Wall::Stops, true),
    ("ten years behind", Wall::Jumps(-10 * YEAR), true),
    ("three days ahead", Wall::Jumps(72 * HOUR), true),
    ("two seconds ahead", Wall::Jumps(2 * SECOND), true),
    ("two seconds behind", Wall::Jumps(-2 * SECOND), true),
    ("half a second ahead", Wall::Jumps(SECOND / 2), false),
    ("half a second behind", Wall::Jumps(-SECOND / 2), false),
];

/// Live cases; `tests/run --long` sets 20, each wall twice: after a start and after a restart.
fn cases() -> usize {
    setting("VARDE_CLOCKS", 4) as usize
}

fn set(disk: &Disk, wall: Wall) {
    match wall {
        Wall::Jumps(nanos) => disk.shift_clock(nanos),
        Wall::Stops => disk.stop_clock(),
    }
}

/// The engine's own technical alarm of a clock that is not followed, as an operator sees it.
fn clock_alarms(console: &Console) -> usize {
    console.rows().iter().filter(|row| row["device"] == "engine:clock").count()
}

/// What a device on QUIC, whose certificate the engine judges, gets answered.
fn over_quic(data: &Path) -> usize {
    let receipts = data.with_extension("receipts");
    let played = Command::new(engine::binaries().join("varde-loadgen"))
        .args(["burst", "--transport", "quic", "--rate", "20", "--connections", "2", "--quiet"])
        .args(["--seconds", "1", "--lead", "1", "--engine"])
        .arg(data.join("addresses.json"))
        .arg("--authority")
        .arg(data.join("authority"))
        .arg("--receipts")
        .arg(&receipts)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    played.expect("varde-loadgen is built and runs");
    std::fs::read_to_string(&receipts).unwrap_or_default().lines().count()
}

/// One engine whose wall clock misbehaves.
fn live(folder: &Path, name: &str, wall_does: Wall, alarm: bool, restarted: bool) {
    let data = folder.join("data");
    let (mut engine, disk) = Disk::start(&data, folder, false);
    if restarted {
        engine.kill();
        engine = disk.try_start(&[], false).expect("it starts again");
    }
    let ledger = Ledger::default();
    let console = Console::login(&engine);
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "5001").expect("it listens");
    let patience = Duration::from_secs(6);
    assert_eq!(unit.press("before", patience), Told::Mrs(0), "{name}");
    let (began, first) = (Instant::now(), now(&console));
    set(&disk, wall_does);
    // Receipts go on, by every protocol; the same reference is the same signal, however far the clock went.
    assert_eq!(unit.press("before", patience), Told::Mrs(0), "{name}");
    assert_eq!(until_refused(&engine, &ledger, 5), Told::Mrs(0), "{name}");
    let udp = UdpUnit::new(engine.address("sip_udp"), "5002").expect("a socket");
    assert_eq!(udp.press("udp", 1, Duration::from_secs(1)).1, [0], "{name}");
    assert!(over_quic(&data) > 0, "{name}: devices on QUIC are refused");
    let told = within(Duration::from_secs(10), || clock_alarms(&console) > 0);
    assert_eq!(told, alarm, "{name}: the technical alarm");
    assert_eq!(console.get("/api/me").0, 200, "{name}: the session ended");
    claims(&console, name);
    // The engine's time went on as it would have: slewed at most 1:1000.
    let (passed, moved) = (began.elapsed(), now(&console) - first);
    let off = moved - i64::try_from(passed.as_nanos()).expect("a test is short");
    assert!(off.abs() < SECOND, "{name}: Moments are {off} ns off after {passed:?}");
    // Statistics are written ten seconds after their signal.
    std::thread::sleep(Duration::from_secs(12).saturating_sub(began.elapsed()));
    engine.kill();
    let log = engine::log(&data);
    assert_eq!(ledger.missing_in(&log, u64::MAX), [], "{name}");
    assert_eq!(opened_twice(&log), [], "{name}");
    assert_eq!(alarms_of(&log, "before"), 1, "{name}: a copy opened an alarm of its own");
    let told = log.iter().filter(|line| line["device"] == "engine:clock").count();
    assert_eq!(told, usize::from(alarm), "{name}: told once");
    rising(&log, name);
    hops_rise(&log, name);
}

fn now(console: &Console) -> i64 {
    let (_, me) = console.get("/api/me");
    me["now"].as_str().and_then(|text| text.parse().ok()).expect("the API tells its time")
}

fn within(most: Duration, true_: impl Fn() -> bool) -> bool {
    let since = Instant::now();
    while since.elapsed() < most {
        if true_() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    false
}

/// An operator takes the first alarm as ever.
fn claims(console: &Console, name: &str) {
    let alarm = console.rows().iter().find(|row| row["device"] == "scaip:5001").cloned();
    let id = alarm.expect("the press is before operators")["alarm"].clone();
    let act = format!("{:032x}", wall());
    let (status, answer) = console.post(&format!("/api/alarms/{id}/claim"), &json!({"act": act}));
    assert_eq!(status, 200, "{name}: {answer}");
}

fn alarms_of(log: &[Value], reference: &str) -> usize {
    let opens = |line: &&Value| line["reference"] == reference && line["alarm"] == line["seq"];
    log.iter().filter(opens).count()
}

fn moment(value: &Value) -> Option<i64> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// A Moment is never before its predecessor's.
fn rising(log: &[Value], name: &str) {
    let moments: Vec<i64> = log.iter().filter_map(|line| moment(&line["moment"])).collect();
    assert_eq!(moments.len(), log.len());
    assert!(moments.is_sorted(), "{name}: a Moment fell");
}

/// No hop is before the one it follows.
fn hops_rise(log: &[Value], name: &str) {
    let entries = log.iter().filter(|line| line["what"] == "hops");
    let hops: Vec<&Value> = entries.filter_map(|line| line["hops"].as_array()).flatten().collect();
    assert!(!hops.is_empty(), "{name}: no hops were written");
    for hop in hops {
        let signal = log.iter().find(|line| line["seq"] == hop["seq"]).expect("its signal");
        let stamps = [&signal["received"], &hop["durable"], &hop["receipt"]];
        let stamps: Vec<i64> = stamps.into_iter().filter_map(moment).collect();
        assert!(stamps.is_sorted(), "{name}: {hop} of {signal}");
    }
}

#[test]
fn a_wall_clock_that_jumps_or_stops_moves_no_moment_loses_nothing_and_is_an_alarm() {
    std::thread::scope(|scope| {
        for case in 0..cases() {
            // They mostly wait: five at a time.
            if case % 5 == 0 && case > 0 {
                std::thread::sleep(Duration::from_secs(16));
            }
            scope.spawn(move || {
                let folder = folder_in_memory();
                let (name, wall_does, alarm) = WALLS[case % WALLS.len()];
                live(folder.path(), name, wall_does, alarm, case >= WALLS.len());
            });
        }
    });
    println!("{} walls while serving: nothing lost, no Moment fell", cases());
}

/// How far the clock is from the last entry when a start comes, and whether that start goes on by itself.
const STARTS: [(i64, bool); 15] = [
    (0, true),
    (HOUR, true),
    (-HOUR, false),
    (10 * YEAR, false),
    (-10 * YEAR, false),
    (47 * HOUR, true),
    (49 * HOUR, false),
    (-SECOND / 2, true),
    (-5 * SECOND, false),
    (24 * HOUR, true),
    (-24 * HOUR, false),
    (YEAR, false),
    (-YEAR, false),
    (2 * HOUR, true),
    (-2 * HOUR, false),
];

#[test]
fn a_start_with_a_wrong_clock_is_refused_unless_it_is_accepted_and_no_moment_falls() {
    let folder = folder_in_memory();
    for (case, (shift, goes_on)) in STARTS.into_iter().enumerate() {
        let data = folder.path().join(format!("data-{case}"));
        let (engine, disk) = Disk::start(&data, folder.path(), false);
        let ledger = Ledger::default();
        assert_eq!(until_refused(&engine, &ledger, 3), Told::Mrs(0));
        engine.kill();
        disk.shift_clock(shift);
        match disk.try_start(&[], false) {
            Ok(engine) => {
                assert!(goes_on, "{shift} ns off was not refused");
                engine.kill();
            }
            Err(why) => {
                assert!(!goes_on, "{shift} ns off was refused: {why}");
                assert!(why.contains("--accept-clock"), "{why}");
            }
        }
        let accepted = disk.try_start(&["--accept-clock"], false).expect("it was accepted");
        assert_eq!(until_refused(&accepted, &ledger, 3), Told::Mrs(0));
        accepted.kill();
        // And with the right clock again: what was accepted stands, and Moments go on from there.
        disk.shift_clock(0);
        let again = disk.try_start(&["--accept-clock"], false).expect("it was accepted");
        assert_eq!(until_refused(&again, &ledger, 3), Told::Mrs(0));
        again.kill();
        let log = engine::log(&data);
        rising(&log, "a start");
        assert_eq!(ledger.missing_in(&log, u64::MAX), [], "{shift} ns off");
    }
    println!("{} clocks at a start, each refused or not as it should, then accepted", STARTS.len());
}

#[test]
fn a_clock_that_comes_right_again_is_told_anew_when_it_jumps_anew() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (engine, disk) = Disk::start(&data, folder.path(), false);
    for _ in 0..2 {
        disk.shift_clock(HOUR);
        std::thread::sleep(Duration::from_millis(2_500));
        disk.shift_clock(0);
        std::thread::sleep(Duration::from_millis(2_500));
    }
    let engine: Engine = engine;
    engine.kill();
    let log = engine::log(&data);
    assert_eq!(log.iter().filter(|line| line["device"] == "engine:clock").count(), 2);
}
