//! The power goes at every operation of a recorded script of 200 presses: clean and torn, each image is opened,
//! and every acknowledged signal is there. The first start of an engine is part of the script.
//!
//! `varde log` reads every image as it is. A start, which heals it, is tried at every operation of the engine's own
//! first start, clean and torn in turn, and at every [`SERVED_EVERY`]th of the presses (`VARDE_SERVED_EVERY=1`: at all).

use std::path::Path;
use std::time::Duration;

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::image::{self, Loss, Simulated, Step};
use proofs::ledger::{Ledger, opened_twice};
use proofs::rng::Rng;
use proofs::settings::{folder_in_memory, said, seed, setting};
use proofs::unit::{TcpUnit, Told, long_alarm, wall};

const PRESSES: usize = 200;
/// Text of a press: one segment of 1 MiB is filled and left on the way.
const BYTES: usize = 8_000;
const SERVED_EVERY: u64 = 50;

struct Script {
    steps: Vec<Step>,
    ledger: Ledger,
    /// How many of the steps came before the engine was ready.
    start: usize,
}

/// The engine's first start on an empty folder, 200 presses one after the other, and an orderly end.
fn script(folder: &Path, skip_sync: bool) -> Script {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let disk = Disk::new(&data, folder);
    disk.set(Knob::SkipSync, u32::from(skip_sync));
    let engine = disk.try_start(&[], true).expect("it starts");
    let ready = wall();
    let ledger = Ledger::default();
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "7100").expect("it listens");
    for n in 0..PRESSES {
        let reference = format!("p{n}e");
        let body = long_alarm("7100", &reference, BYTES);
        assert_eq!(unit.send(&body, &reference, Duration::from_secs(5)), Told::Mrs(0));
        ledger.acknowledged("7100", &reference, wall());
    }
    assert!(engine.stop().success());
    let steps = image::read(&disk.trace);
    let start = steps.iter().take_while(|step| step.at < ready).count();
    Script { steps, ledger, start }
}

/// What an image lacks, or why it cannot be read.
fn lacks(data: &Path, script: &Script, until: u64, serve: bool) -> Result<(), String> {
    if serve {
        Engine::try_start(data, &[])?.kill();
        let verified = engine::verify(data);
        if !verified.status.success() {
            return Err(String::from_utf8_lossy(&verified.stdout).into_owned());
        }
    }
    let read = engine::varde().arg("log").arg("--data").arg(data).output().expect("varde runs");
    let promised = script.ledger.all().iter().filter(|(_, _, at)| *at <= until).count();
    if !read.status.success() {
        let why = String::from_utf8_lossy(&read.stderr).into_owned();
        // Before there is a log there is nothing to read, and nothing was promised.
        return if promised == 0 && !serve { Ok(()) } else { Err(why) };
    }
    let log = engine::lines(&read.stdout);
    let missing = script.ledger.missing_in(&log, until);
    let twice = opened_twice(&log);
    if missing.is_empty() && twice.is_empty() {
        return Ok(());
    }
    Err(format!("{} of {promised} are missing, {} opened twice", missing.len(), twice.len()))
}

/// Cuts the script before each of its operations; gives how many images there were and what was wrong.
fn cut_everywhere(script: &Script, folder: &Path, every: usize) -> (usize, Vec<String>) {
    let served_every = setting("VARDE_SERVED_EVERY", SERVED_EVERY) as usize;
    let (mut disk, mut images, mut wrong) = (Simulated::default(), 0, Vec::new());
    for (k, step) in script.steps.iter().enumerate() {
        for (loss, salt) in [(Loss::Clean, 4_000_000), (Loss::Torn, 5_000_000)] {
            if k % every > 0 {
                continue;
            }
            let mut rng = Rng::new(salt + seed() + k as u64);
            let data = folder.join(format!("cut-{k}"));
            std::fs::create_dir_all(&data).expect("a folder");
            disk.power_off(loss, &mut rng, &data);
            let turn = k.is_multiple_of(2) == (loss == Loss::Clean);
            let serve = (k < script.start && turn) || k.is_multiple_of(served_every);
            // What was acknowledged before this step's moment was acknowledged before the cut.
            if let Err(why) = lacks(&data, script, step.at - 1, serve) {
                wrong.push(format!("operation {k} ({}, {loss:?}): {why}", char::from(step.op)));
            }
            images += 1;
            std::fs::remove_dir_all(&data).expect("the image can go");
        }
        disk.apply(step);
        said(k as u64 + 1, "operations");
    }
    (images, wrong)
}

#[test]
fn every_write_and_sync_of_a_script_of_200_presses_is_a_crash_point_that_loses_nothing() {
    let folder = folder_in_memory();
    let script = script(folder.path(), false);
    assert_eq!(script.ledger.len(), PRESSES);
    let (images, wrong) = cut_everywhere(&script, folder.path(), 1);
    assert!(wrong.is_empty(), "{} of {images}, such as {}", wrong.len(), wrong[0]);
    println!(
        "{} operations ({} of the first start), {images} images, {PRESSES} acknowledged, 0 lost",
        script.steps.len(),
        script.start
    );
}

#[test]
fn without_the_sync_the_same_crash_points_lose() {
    let folder = folder_in_memory();
    let script = script(folder.path(), true);
    let (images, wrong) = cut_everywhere(&script, folder.path(), 25);
    assert!(
        !wrong.is_empty(),
        "a script without any sync lost nothing: the harness proves nothing"
    );
    println!("control without sync: {} of {images} images lose or do not open", wrong.len());
}
