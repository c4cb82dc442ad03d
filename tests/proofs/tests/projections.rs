//! History beside the real engine: killed, deleted, on a disk of its own that is full or broken.

use std::path::Path;
use std::time::{Duration, Instant};

use proofs::console::Console;
use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::ledger::Ledger;
use proofs::press;
use proofs::rng::Rng;
use proofs::settings::{seed, setting};
use proofs::unit::{TcpUnit, Told, wall};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

const PATIENCE: Duration = Duration::from_mins(1);

fn open(data: &Path) -> rusqlite::Result<Connection> {
    let file = data.join("projections/history.db");
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Everything but how far it has come: each start adds entries of its own.
fn dump(data: &Path) -> Vec<String> {
    let tables = open(data).expect("history opens");
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'";
    let mut names = tables.prepare(names).expect("it has tables");
    let names = names.query_map([], |row| row.get::<_, String>(0)).expect("tables have names");
    let mut lines = Vec::new();
    for name in names.map(|name| name.expect("a name is text")) {
        let mut table = tables.prepare(&format!("SELECT * FROM {name}")).expect("it can be read");
        let columns = table.column_count();
        let mut rows = table.query([]).expect("it can be read");
        while let Some(row) = rows.next().expect("a row can be read") {
            let words = (0..columns).map(|at| match row.get_ref(at).expect("a column is there") {
                ValueRef::Blob(bytes) | ValueRef::Text(bytes) => format!("{bytes:02x?}"),
                other => format!("{other:?}"),
            });
            lines.push(format!("{name} {}", words.collect::<Vec<_>>().join(" ")));
        }
    }
    lines.sort_unstable();
    lines
}

fn folded(data: &Path) -> u64 {
    let seq = open(data).and_then(|tables| {
        tables.query_row("SELECT seq FROM meta", [], |row| row.get::<_, i64>(0))
    });
    seq.map_or(0, i64::cast_unsigned)
}

fn until(what: &str, so: impl Fn() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether the metrics have this line.
fn says(engine: &Engine, line: &str) -> bool {
    let (status, text) = engine.get("ops", "/metrics").expect("metrics answer");
    assert_eq!(status, 200);
    text.lines().any(|found| found == line)
}

/// The last signal or act: what stands in history's tables.
fn last_told(data: &Path) -> u64 {
    let log = engine::log(data);
    let told = log.iter().filter(|line| line["what"] == "signal" || line["what"] == "act");
    told.filter_map(|line| line["seq"].as_u64()).max().expect("there are signals")
}

/// Starts, lets history catch up with the last entry told in it, stops; what then stands in it.
fn caught_up(data: &Path, last: u64) -> Vec<String> {
    let engine = Engine::start(data);
    until("history has the last signal or act", || folded(data) >= last);
    assert!(engine.stop().success());
    dump(data)
}

#[test]
fn history_is_the_same_after_kill_9_at_any_moment_and_after_it_was_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut rng = Rng::new(seed() + 77);
    let ledger = Ledger::default();
    for _ in 0..setting("VARDE_KILLS_HISTORY", 8) {
        let engine = Engine::start(&data);
        let console = Console::login(&engine);
        let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "7001").expect("it listens");
        let until = Instant::now() + Duration::from_millis(50 + rng.below(900));
        while Instant::now() < until {
            let reference = format!("{:x}", wall());
            if unit.press(&reference, Duration::from_secs(5)) == Told::Mrs(0) {
                ledger.acknowledged("7001", &reference, wall());
            }
        }
        let row = &console.rows()[0];
        let act = format!("{:032x}", wall());
        let claim = format!("/api/alarms/{}/claim", row["alarm"]);
        console.post(&claim, &json!({ "act": act }));
        engine.kill();
    }
    let last = last_told(&data);
    let followed = caught_up(&data, last);
    let signals = followed.iter().filter(|line| line.starts_with("signal ")).count();
    assert!(signals >= ledger.len(), "{signals} of {} acknowledged", ledger.len());
    std::fs::remove_dir_all(data.join("projections")).expect("it can be deleted");
    let rebuilt = caught_up(&data, last);
    let differ: Vec<_> = followed.iter().zip(&rebuilt).filter(|(a, b)| a != b).take(3).collect();
    assert!(followed == rebuilt, "{} and {} rows; {differ:?}", followed.len(), rebuilt.len());
}

/// Breaks the disk under history alone: it stands still and says so, every press is acknowledged, and it goes
/// on by itself when the disk is mended.
fn survives(knob: Knob, value: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let (engine, disk) = Disk::start(&data, folder.path(), false);
    let ledger = Ledger::default();
    disk.only("/projections/");
    assert_eq!(press::until_refused(&engine, &ledger, 20), Told::Mrs(0));
    disk.set(knob, value);
    let failing = "varde_projections_failing 1";
    until("history says that it cannot go on", || {
        assert_eq!(press::until_refused(&engine, &ledger, 200), Told::Mrs(0), "{knob:?}");
        says(&engine, failing)
    });
    assert!(disk.ask(Knob::Failed) > 0 || matches!(knob, Knob::Full), "{knob:?}: nothing failed");
    let (status, body) = engine.get("ops", "/readyz").expect("health answers");
    assert_eq!(status, 200, "{body}");
    disk.set(knob, 0);
    until("history goes on by itself", || {
        press::until_refused(&engine, &ledger, 1);
        says(&engine, "varde_projections_failing 0") && folded(&data) > ledger.len() as u64
    });
    assert!(engine.stop().success());
    assert_eq!(ledger.missing(&data, u64::MAX), []);
    let last = last_told(&data);
    let followed = caught_up(&data, last);
    std::fs::remove_dir_all(data.join("projections")).expect("it can be deleted");
    assert!(followed == caught_up(&data, last), "{knob:?}: history is another when made anew");
}

#[test]
fn a_disk_full_under_history_stops_history_alone_and_it_goes_on_by_itself() {
    survives(Knob::Full, 1);
}

#[test]
fn a_disk_that_fails_under_history_stops_history_alone_and_it_goes_on_by_itself() {
    survives(Knob::FailWrite, 3);
}
