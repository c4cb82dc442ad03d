//! The power goes at any moment: images of what the disk may hold, made from a recording of the real engine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::image::{self, Loss, Step};
use proofs::ledger::{Ledger, opened_twice};
use proofs::rng::Rng;
use proofs::unit::{TcpUnit, Told, wall};

/// Images of each kind; `tests/run --long` sets more.
fn images() -> u64 {
    std::env::var("VARDE_IMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

struct Recorded {
    steps: Vec<Step>,
    ledger: Ledger,
    from: u64,
    until: u64,
}

/// Runs the real engine under load for two seconds, with every change to its disk recorded.
fn record(folder: &Path, skip_sync: bool) -> Recorded {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let disk = Disk::new(&data, folder);
    disk.set(Knob::SkipSync, u32::from(skip_sync));
    // A slower flush leaves more between a write and its sync.
    disk.set(Knob::SyncDelay, 2);
    let env = disk.env(true);
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let engine = Engine::start_with(&data, &env);
    let (ledger, stop) = (Ledger::default(), Arc::new(AtomicBool::new(false)));
    let from = wall();
    let units: Vec<_> = (0..8)
        .map(|n| {
            let (ledger, stop) = (ledger.clone(), Arc::clone(&stop));
            let (to, name) = (engine.address("sip_tcp"), format!("70{n}"));
            std::thread::spawn(move || {
                let mut unit = TcpUnit::connect(to, &name).expect("it listens");
                for k in 0.. {
                    let reference = format!("{name}r{k}");
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    if unit.press(&reference, Duration::from_secs(5)) == Told::Mrs(0) {
                        ledger.acknowledged(&name, &reference, wall());
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_secs(2));
    let until = wall();
    stop.store(true, Ordering::Release);
    for unit in units {
        unit.join().expect("a unit's thread ends");
    }
    engine.kill();
    Recorded { steps: image::read(&disk.trace), ledger, from, until }
}

/// Checks one image; how many acknowledged signals it lacks, or why it cannot be opened.
fn lost(recorded: &Recorded, folder: &Path, seed: u64, loss: Loss) -> Result<usize, String> {
    let mut rng = Rng::new(seed);
    let at = recorded.from + rng.below(recorded.until - recorded.from);
    let data = folder.join(format!("image-{seed}"));
    image::build(&recorded.steps, at, loss, &mut rng, &data);
    let outcome = examine(recorded, &data, at);
    std::fs::remove_dir_all(&data).expect("the image can go");
    outcome
}

fn examine(recorded: &Recorded, data: &Path, at: u64) -> Result<usize, String> {
    // The next start decides what the log is: only it may cut a torn tail.
    let engine = Engine::try_start(data, &[])?;
    let restarted = engine.state();
    engine.kill();
    let verified = engine::verify(data);
    if !verified.status.success() {
        return Err(String::from_utf8_lossy(&verified.stdout).into_owned());
    }
    let told = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(!told.contains("damaged"), "{told}");
    assert!(restarted["seq"].as_u64() > Some(0));
    let twice = opened_twice(&engine::log(data));
    assert!(twice.is_empty(), "opened twice: {twice:?}");
    Ok(recorded.ledger.missing(data, at).len())
}

#[test]
fn no_acknowledged_signal_is_lost_when_the_power_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = record(folder.path(), false);
    assert!(recorded.ledger.len() > 100, "only {} acknowledged", recorded.ledger.len());
    for (loss, salt) in [(Loss::Clean, 1_000_000), (Loss::Torn, 2_000_000)] {
        for n in 0..images() {
            match lost(&recorded, folder.path(), salt + n, loss) {
                Ok(0) => {}
                Ok(lost) => {
                    panic!("image {} ({loss:?}) lacks {lost} acknowledged signals", salt + n)
                }
                Err(why) => panic!("image {} ({loss:?}) cannot be opened: {why}", salt + n),
            }
        }
    }
    println!("{} images, {} acknowledged, 0 lost", 2 * images(), recorded.ledger.len());
}

#[test]
fn without_the_sync_the_same_images_lose() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = record(folder.path(), true);
    let failing = (0..20)
        .filter(|n| lost(&recorded, folder.path(), 3_000_000 + n, Loss::Clean) != Ok(0))
        .count();
    assert!(failing > 0, "images made without any sync lost nothing: the harness proves nothing");
    println!("control without sync: {failing} of 20 images lose or do not open");
}
