//! The log outlives its disk: copied while it is written, restored and served from; on two disks, with either of them hurt.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use proofs::engine::{self, Engine, varde};
use proofs::ledger::Ledger;
use proofs::rng::Rng;
use proofs::unit::{TcpUnit, Told, wall};

const PATIENCE: Duration = Duration::from_secs(5);

/// Presses without pause until told to stop; what is receipted is written down.
fn press_on(engine: &Engine, ledger: &Ledger, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let one = |n: usize| {
        let (at, ledger, stop) = (engine.address("sip_tcp"), ledger.clone(), Arc::clone(stop));
        std::thread::spawn(move || {
            let name = format!("81000{n}");
            let mut unit = TcpUnit::connect(at, &name).expect("a unit connects");
            while !stop.load(Ordering::Acquire) {
                let reference = format!("{:x}", wall());
                if unit.press(&reference, PATIENCE) == Told::Mrs(0) {
                    ledger.acknowledged(&name, &reference, wall());
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    };
    (0..3).map(one).collect()
}

fn run(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = varde();
    command.args(arguments);
    for (name, path) in paths {
        command.arg(name).arg(path);
    }
    command.output().expect("varde runs")
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The value after a word at the beginning of a line.
fn value(text: &str, word: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {word} in {text}")).to_owned()
}

fn presses_once(engine: &Engine) {
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "820000").expect("a unit connects");
    assert_eq!(unit.press(&format!("{:x}", wall()), PATIENCE), Told::Mrs(0));
}

#[test]
fn twenty_backups_under_traffic_are_each_restored_and_served_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let (ledger, stop) = (Ledger::default(), Arc::new(AtomicBool::new(false)));
    let units = press_on(&engine, &ledger, &stop);
    let mut rng = Rng::new(20);
    let mut taken: Vec<(PathBuf, String, String)> = Vec::new();
    for round in 0..20 {
        std::thread::sleep(Duration::from_millis(rng.below(150)));
        // Every second one on top of an earlier one: only what is new is copied.
        let to = folder.path().join(format!("backup-{}", if round % 2 == 0 { 0 } else { round }));
        let told = said(&run(&["backup"], &[("--data", &data), ("--to", &to)]));
        let new = folder.path().join(format!("restored-{round}"));
        let again = said(&run(&["restore"], &[("--from", &to), ("--data", &new)]));
        for word in ["seq", "head"] {
            assert_eq!(value(&told, word), value(&again, word), "round {round}");
        }
        taken.push((new, value(&told, "seq"), value(&told, "head")));
    }
    stop.store(true, Ordering::Release);
    for unit in units {
        unit.join().expect("a unit's thread ends");
    }
    assert!(engine.stop().success());
    let seqs: Vec<u64> = taken.iter().map(|(_, seq, _)| seq.parse().expect("a number")).collect();
    assert!(seqs.is_sorted() && seqs[19] > seqs[0] + 20, "the log moved meanwhile: {seqs:?}");
    let end = said(&engine::verify(&data));
    for (round, (new, seq, head)) in taken.iter().enumerate() {
        // A copy that is not the beginning of its source is refused: its head is the source's at its Seq.
        let whole = folder.path().join(format!("whole-{round}"));
        std::fs::create_dir_all(&whole).expect("a folder");
        let mut copy = std::process::Command::new("cp");
        assert!(
            copy.arg("-r").arg(new.join("log")).arg(&whole).status().is_ok_and(|it| it.success())
        );
        let caught_up = said(&run(&["backup"], &[("--data", &data), ("--to", &whole)]));
        assert_eq!(value(&caught_up, "head"), value(&end, "head"), "round {round}");
        assert!(!new.join("keys").exists(), "no key is in a backup");
        let restored = Engine::start(new);
        let state = restored.state();
        let now = state["seq"].as_u64().expect("a Seq");
        assert!(now >= seq.parse().expect("a number"), "round {round}");
        presses_once(&restored);
        assert!(restored.stop().success());
        assert!(!head.is_empty() && said(&engine::verify(new)).contains("seq "));
    }
    // What went another way is no longer a copy of its source.
    let refused =
        run(&["backup"], &[("--data", &taken[19].0), ("--to", &folder.path().join("whole-3"))]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another way"));
}

#[test]
fn keys_and_log_are_never_backed_up_to_one_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    presses_once(&engine);
    let (log, keys) = (folder.path().join("log-copy"), folder.path().join("key-copy"));
    said(&run(&["backup"], &[("--data", &data), ("--to", &log)]));
    said(&run(&["backup", "--keys"], &[("--data", &data), ("--to", &keys)]));
    for to in [log.clone(), log.join("below"), data.join("inside")] {
        let refused = run(&["backup", "--keys"], &[("--data", &data), ("--to", &to)]);
        assert!(!refused.status.success(), "{}", to.display());
    }
    for to in [keys.clone(), keys.join("below"), data.join("inside-too")] {
        assert!(!run(&["backup"], &[("--data", &data), ("--to", &to)]).status.success());
    }
    assert!(engine.stop().success());
    let new = folder.path().join("new");
    said(&run(&["restore"], &[("--from", &log), ("--data", &new), ("--keys", &keys)]));
    assert!(new.join("keys/keys").exists() && new.join("authority").exists());
    let again = run(&["restore"], &[("--from", &log), ("--data", &new)]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("not an empty folder"));
    let restored = Engine::start(&new);
    presses_once(&restored);
    assert!(restored.stop().success());
}

/// Waits for `/readyz` to say this of the mirror.
fn mirror_is(engine: &Engine, word: &str) {
    let since = Instant::now();
    loop {
        let (status, body) = engine.get("ops", "/readyz").expect("it answers");
        assert_eq!(status, 200, "one disk is enough to be ready: {body}");
        if body.contains(&format!("\"mirror\":\"{word}\"")) {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "not {word}: {body}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn flip(file: &Path, at: u64) {
    let mut bytes = std::fs::read(file).expect("the file reads");
    bytes[at as usize] ^= 1;
    std::fs::write(file, bytes).expect("the file writes");
}

/// The last segment begun, which every start reads: one in a sealed segment is for `varde verify` to find.
fn live(data: &Path) -> PathBuf {
    let listed = std::fs::read_dir(data.join("log/segments")).expect("it lists");
    let paths = listed.map(|item| item.expect("an item").path());
    let is_begun = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "seg")
            && std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"VARDELOG"))
    };
    paths.filter(is_begun).max().expect("a segment is begun")
}

#[test]
fn a_second_disk_mends_the_first_and_its_loss_is_shouted_and_passes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, mirror) = (folder.path().join("data"), folder.path().join("mirror"));
    std::fs::create_dir(&mirror).expect("a folder");
    let line = format!("mirror = \"{}\"\n", mirror.display());
    std::fs::write(data.with_extension("log"), line).expect("it writes");
    let ledger = Ledger::default();
    for round in 0..4 {
        let engine = Engine::start(&data);
        mirror_is(&engine, "in_step");
        let stop = Arc::new(AtomicBool::new(false));
        let units = press_on(&engine, &ledger, &stop);
        std::thread::sleep(Duration::from_millis(700));
        if round == 2 {
            // The second disk goes; the centre stays.
            std::fs::rename(&mirror, folder.path().join("away")).expect("it moves");
            std::fs::write(&mirror, b"").expect("a file stands in its place");
            mirror_is(&engine, "lost");
            presses_once(&engine);
            let (_, metrics) = engine.get("ops", "/metrics").expect("it answers");
            assert!(metrics.contains("varde_log_disks_wanted 2"), "{metrics}");
            std::fs::remove_file(&mirror).expect("it goes");
            std::fs::rename(folder.path().join("away"), &mirror).expect("it comes back");
            mirror_is(&engine, "in_step");
        }
        stop.store(true, Ordering::Release);
        for unit in units {
            unit.join().expect("a unit's thread ends");
        }
        if round == 2 {
            engine.kill();
            continue;
        }
        assert!(engine.stop().success());
        flip(&live(&data), 4_200 + round * 64);
        assert!(!engine::verify(&data).status.success(), "the flip is seen");
    }
    let engine = Engine::start(&data);
    mirror_is(&engine, "in_step");
    assert!(engine.stop().success());
    let end = said(&engine::verify(&data));
    let lost = ledger.missing(&data, u64::MAX);
    assert!(lost.is_empty(), "{lost:?}");
    // Either disk alone is the log.
    let new = folder.path().join("new");
    let from_mirror = said(&run(&["restore"], &[("--from", &mirror), ("--data", &new)]));
    assert_eq!(value(&from_mirror, "head"), value(&end, "head"));
    let aside = std::fs::read_dir(data.join("log/segments")).expect("it lists");
    let aside = aside.filter(|item| {
        item.as_ref().expect("an item").file_name().to_string_lossy().contains("damaged")
    });
    assert_eq!(aside.count(), 3, "every damaged file is kept");
}
