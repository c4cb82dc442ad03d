//! The power goes at any moment: images of what the disk may hold, made from a recording of the real engine.

use std::path::Path;
use std::time::{Duration, Instant};

use proofs::disk::{Disk, Knob};
use proofs::engine::{self, Engine};
use proofs::image::{self, Loss, Step};
use proofs::ledger::{Ledger, opened_twice};
use proofs::press::Units;
use proofs::rng::Rng;
use proofs::settings::{folder_in_memory, said, seed, setting};
use proofs::unit::wall;

/// Images of each kind; `tests/run --long` sets more.
fn images() -> u64 {
    setting("VARDE_IMAGES", 100)
}

struct Recorded {
    steps: Vec<Step>,
    ledger: Ledger,
    from: u64,
    until: u64,
}

/// How much is recorded at the least, and how long that may take on a machine with other work.
const ACKNOWLEDGED: usize = 300;
/// Text of a signal: two segments of 1 MiB are filled and left while the recording runs.
const BYTES: usize = 8_000;
const RECORDS_FOR: Duration = Duration::from_mins(1);

/// Runs the real engine under load for two seconds or longer, with every change to its disk recorded.
fn record(folder: &Path, skip_sync: bool) -> Recorded {
    let data = folder.join("data");
    let (engine, disk) = Disk::start(&data, folder, true);
    disk.set(Knob::SkipSync, u32::from(skip_sync));
    // A slower flush leaves more between a write and its sync.
    disk.set(Knob::SyncDelay, 2);
    let ledger = Ledger::default();
    let from = wall();
    let units = Units::start_with(engine.address("sip_tcp"), "70", 8, &ledger, BYTES);
    std::thread::sleep(Duration::from_secs(2));
    let since = Instant::now();
    while ledger.len() < ACKNOWLEDGED && since.elapsed() < RECORDS_FOR {
        std::thread::sleep(Duration::from_millis(100));
    }
    let until = wall();
    units.stop();
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
    let log = engine::log(data);
    let twice = opened_twice(&log);
    assert!(twice.is_empty(), "opened twice: {twice:?}");
    Ok(recorded.ledger.missing_in(&log, at).len())
}

#[test]
fn no_acknowledged_signal_is_lost_when_the_power_goes() {
    let folder = folder_in_memory();
    let recorded = record(folder.path(), false);
    let acknowledged = recorded.ledger.len();
    assert!(acknowledged >= ACKNOWLEDGED, "only {acknowledged} acknowledged");
    for n in 0..images() {
        for (loss, salt) in [(Loss::Clean, 1_000_000), (Loss::Torn, 2_000_000)] {
            let image = salt + seed() + n;
            match lost(&recorded, folder.path(), image, loss) {
                Ok(0) => {}
                Ok(lost) => panic!("image {image} ({loss:?}) lacks {lost} acknowledged signals"),
                Err(why) => panic!("image {image} ({loss:?}) cannot be opened: {why}"),
            }
        }
        said(n + 1, "images of each kind");
    }
    println!("{} images, {acknowledged} acknowledged, 0 lost", 2 * images());
    let named =
        |step: &Step| step.op == b'r' && String::from_utf8_lossy(&step.data).ends_with(".snap");
    let snapshots = recorded.steps.iter().filter(|step| named(step)).count();
    assert!(snapshots > 0, "no snapshot was written in the recorded run");
}

#[test]
fn without_the_sync_the_same_images_lose() {
    let folder = folder_in_memory();
    let recorded = record(folder.path(), true);
    let failing = (0..20)
        .filter(|n| lost(&recorded, folder.path(), 3_000_000 + n, Loss::Clean) != Ok(0))
        .count();
    assert!(failing > 0, "images made without any sync lost nothing: the harness proves nothing");
    println!("control without sync: {failing} of 20 images lose or do not open");
}
