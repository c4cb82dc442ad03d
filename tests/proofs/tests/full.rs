//! A disk with no room at one point: at the n-th file made or grown, for each place the engine writes. No receipt is
//! lost, intake resumes by itself when there is room, and the log opens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine, kept};
use proofs::ledger::Ledger;
use proofs::press::{until_acknowledged, until_refused, until_refused_with};
use proofs::settings::{folder_in_memory, said, setting};
use proofs::unit::Told;

/// Where there is no room, by what is in the path.
const PLACES: [&str; 7] =
    ["", "/log/segments/", "/log/head", "/keys", "/snapshots/", "/projections/", "/roots/"];
/// Those of them that never grow while the engine serves, or only after 32 768 signals: points of a start.
const STARTS_ONLY: [&str; 2] = ["/log/head", "/keys"];

/// The places that this engine has.
fn places(serving: bool) -> Vec<&'static str> {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    assert_eq!(until_refused_with(&engine, &Ledger::default(), 250, BYTES), Told::Mrs(0));
    assert!(engine.stop().success());
    let files: Vec<String> = kept(&data).iter().map(|path| path.display().to_string()).collect();
    let there = |place: &&str| files.iter().any(|file| file.contains(*place));
    let meant = |place: &&str| !(serving && STARTS_ONLY.contains(place));
    PLACES.into_iter().filter(there).filter(meant).collect()
}

/// Points while serving and points of a start; `tests/run --long` sets 250 of each.
fn points() -> u64 {
    setting("VARDE_FULL", 15)
}

/// How many points of each place really met a full disk.
#[derive(Default)]
struct Met(BTreeMap<&'static str, u64>);

impl Met {
    fn count(&mut self, place: &'static str, disk: &Disk, before: u32) {
        *self.0.entry(place).or_default() += u64::from(disk.ask(Knob::Failed) > before);
    }

    fn say(&self, when: &str, points: u64) {
        let met: u64 = self.0.values().sum();
        println!("{points} points {when}, {met} met a full disk: {:?}; nothing lost", self.0);
        for place in ["", "/log/segments/"] {
            assert!(self.0.get(place).is_some_and(|met| *met > 0), "none at \"{place}\"");
        }
    }
}

struct Log {
    data: PathBuf,
    ledger: Ledger,
}

impl Log {
    fn check(&self) {
        let verified = engine::verify(&self.data);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
        assert_eq!(self.ledger.missing(&self.data, u64::MAX), []);
    }
}

/// How long it may take to be ready again by itself.
const RESUMES: Duration = Duration::from_secs(20);
/// Segments of 1 MiB take about a hundred such presses.
const BYTES: usize = 9_000;

/// No room at the n-th growth from now; then room again, and the same engine serves.
fn while_serving(engine: &Engine, disk: &Disk, ledger: &Ledger, n: u32) {
    let before = disk.ask(Knob::Failed);
    disk.set(Knob::FullAt, n);
    for _ in 0..12 {
        let told = until_refused_with(engine, ledger, 50, BYTES);
        // The disk is full now: whatever still finds room is stored, and then a clear no.
        if disk.ask(Knob::Failed) > before {
            let last = until_refused_with(engine, ledger, 20, BYTES);
            assert!(matches!(last, Told::Mrs(0) | Told::Sip(503)), "growth {n}: told {last:?}");
            break;
        }
        // A machine with other work may be slower than the four seconds after which a unit is sent on.
        let fair = matches!(told, Told::Mrs(0) | Told::Sip(503) | Told::Nothing);
        assert!(fair, "growth {n}: told {told:?} although nothing failed");
    }
    disk.set(Knob::FullAt, 0);
    assert!(resumes(engine, ledger), "growth {n}: it did not resume by itself");
}

/// Whether it acknowledges again and, once the next segment is made, says that it is ready.
fn resumes(engine: &Engine, ledger: &Ledger) -> bool {
    if until_acknowledged(engine, ledger).is_none() {
        return false;
    }
    let since = Instant::now();
    while since.elapsed() < RESUMES {
        if engine.get("ops", "/readyz").is_some_and(|(status, _)| status == 200) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

#[test]
fn a_disk_that_is_full_at_any_growth_loses_no_receipt_and_intake_resumes() {
    let folder = folder_in_memory();
    let places = places(true);
    let mut met = Met::default();
    let mut point = 0;
    while point < points() {
        let log =
            Log { data: folder.path().join(format!("data-{point}")), ledger: Ledger::default() };
        let (engine, disk) = Disk::start(&log.data, folder.path(), false);
        // Fifty points to a log: one engine goes through all of them.
        for _ in 0..50.min(points() - point) {
            let place = places[point as usize % places.len()];
            disk.only(place);
            let before = disk.ask(Knob::Failed);
            // A segment is five growths: the file, and four parts of it.
            let growth = 1 + (point as usize / places.len() % 10) as u32;
            while_serving(&engine, &disk, &log.ledger, growth);
            met.count(place, &disk, before);
            point += 1;
            said(point, "while serving");
        }
        engine.kill();
        log.check();
        std::fs::remove_dir_all(&log.data).expect("the folder can go");
    }
    met.say("while serving", point);
}

/// No room at the n-th growth of a start: it serves all the same or says why in a sentence; with room it serves.
fn at_a_start(folder: &Path, log: &Log, place: &str, n: u32) -> Disk {
    let disk = Disk::new(&log.data, folder);
    disk.only(place);
    disk.set(Knob::FullAt, n);
    match disk.try_start(&[], false) {
        Ok(engine) => {
            let told = until_refused(&engine, &log.ledger, 5);
            assert!(matches!(told, Told::Mrs(0) | Told::Sip(503)), "growth {n}: told {told:?}");
            disk.set(Knob::FullAt, 0);
            let resumed = resumes(&engine, &log.ledger);
            assert!(resumed, "{place}, growth {n}: it did not resume by itself");
            engine.kill();
        }
        Err(why) => {
            assert!(why.contains("varde: ") && !why.contains("panicked"), "growth {n}: {why}");
            disk.set(Knob::FullAt, 0);
            let engine = disk.try_start(&[], false);
            let engine = engine.unwrap_or_else(|why| panic!("{place}, growth {n}: {why}"));
            assert_eq!(until_refused(&engine, &log.ledger, 5), Told::Mrs(0));
            engine.kill();
        }
    }
    disk
}

#[test]
fn a_start_on_a_full_disk_serves_or_says_so_and_serves_once_there_is_room() {
    let folder = folder_in_memory();
    let places = places(false);
    let each = places.len() as u64;
    let mut met = Met::default();
    for point in 0..points() {
        let place = places[point as usize % places.len()];
        // Every other point is the very first start of a folder; the others go on from what a kill left.
        let log =
            Log { data: folder.path().join(format!("data-{point}")), ledger: Ledger::default() };
        std::fs::create_dir_all(&log.data).expect("a folder");
        if point / each % 2 == 1 {
            let engine = Engine::start(&log.data);
            assert_eq!(until_refused(&engine, &log.ledger, 20), Told::Mrs(0));
            engine.kill();
        }
        let n = 1 + (point / each / 2 % 20) as u32;
        let disk = at_a_start(folder.path(), &log, place, n);
        met.count(place, &disk, 0);
        log.check();
        std::fs::remove_dir_all(&log.data).expect("the folder can go");
        said(point + 1, "of a start");
    }
    met.say("of a start", points());
}
