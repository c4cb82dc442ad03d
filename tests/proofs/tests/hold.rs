//! An engine held still by the machine, and one that may open few files: nothing acknowledged is lost, it recovers,
//! and it says nothing of a clock that went on as it should.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use proofs::engine::{self, Engine};
use proofs::ledger::{Ledger, opened_twice};
use proofs::press::{Units, until_acknowledged, until_refused, until_refused_with};
use proofs::settings::{folder_in_memory, setting};
use proofs::unit::Told;

fn signal(engine: &Engine, name: &str) {
    let pid = engine.pid().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().expect("kill runs");
    assert!(sent.success(), "the engine had ended");
}

/// Seconds to hold it still: 1, 2 and 4; `tests/run --long` sets 60, which is 1 to 60 in steps.
fn holds() -> Vec<u64> {
    let longest = setting("VARDE_HOLD", 4);
    [1, 2, 4, 8, 15, 30, 60].into_iter().filter(|seconds| *seconds <= longest).collect()
}

#[test]
fn an_engine_held_still_for_seconds_loses_nothing_and_goes_on() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let ledger = Ledger::default();
    for seconds in holds() {
        let units = Units::start(engine.address("sip_tcp"), &format!("41{seconds:02}"), 4, &ledger);
        std::thread::sleep(Duration::from_millis(300));
        signal(&engine, "-STOP");
        std::thread::sleep(Duration::from_secs(seconds));
        signal(&engine, "-CONT");
        assert!(until_acknowledged(&engine, &ledger).is_some(), "{seconds} s: it did not go on");
        assert!(!units.stop().is_empty(), "{seconds} s: nothing was acknowledged");
    }
    assert!(engine.get("ops", "/readyz").is_some_and(|(status, _)| status == 200));
    engine.kill();
    let log = engine::log(&data);
    assert_eq!(ledger.missing_in(&log, u64::MAX), []);
    assert_eq!(opened_twice(&log), []);
    let clock = log.iter().filter(|line| line["device"] == "engine:clock").count();
    assert_eq!(clock, 0, "the wall clock was right all the time");
}

#[test]
fn with_256_files_connections_are_refused_and_alarms_and_segments_are_not() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let engine = Engine::start_with_files(&data, 256);
    let ledger = Ledger::default();
    let at = engine.address("sip_tcp");
    let units = Units::start(at, "4200", 2, &ledger);
    std::thread::sleep(Duration::from_millis(300));
    let many: Vec<_> = (0..300)
        .filter_map(|_| TcpStream::connect_timeout(&at, Duration::from_secs(1)).ok())
        .collect();
    assert!(many.len() > 128, "only {} connected", many.len());
    std::thread::sleep(Duration::from_secs(1));
    let during = ledger.len();
    std::thread::sleep(Duration::from_secs(1));
    assert!(ledger.len() > during, "units with a connection were not served any more");
    drop(many);
    assert!(until_acknowledged(&engine, &ledger).is_some(), "new connections are not served again");
    // Two segments more: their files can be opened.
    assert_eq!(until_refused_with(&engine, &ledger, 250, 9_000), Told::Mrs(0));
    units.stop();
    assert_eq!(until_refused(&engine, &ledger, 5), Told::Mrs(0));
    engine.kill();
    assert_eq!(ledger.missing(&data, u64::MAX), []);
    assert!(engine::verify(&data).status.success());
}
