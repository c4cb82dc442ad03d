//! One bit flipped, or the file cut, anywhere in the log of an engine that was stopped: `varde verify` names it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proofs::engine::{self, Engine};
use proofs::rng::Rng;
use proofs::unit::{TcpUnit, Told};

/// The test looks at every so many bytes of what is written.
const STEP: usize = 64;
/// And at this many places of what is not yet written.
const EMPTY: usize = 64;

fn written(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let engine = Engine::start(&data);
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "9001").expect("it listens");
    for n in 0..60 {
        assert_eq!(unit.press(&format!("f{n}"), Duration::from_secs(5)), Told::Mrs(0));
    }
    assert!(engine.stop().success());
    data
}

/// The files of the log, the live segment first, and how much of each is written.
fn files(data: &Path) -> Vec<(PathBuf, usize)> {
    let entries = fs::read_dir(data.join("log/segments")).expect("the log has segments");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let files = paths.filter(|path| path.is_file());
    let mut files: Vec<(PathBuf, usize)> = files
        .map(|path| {
            let bytes = fs::read(&path).expect("it can be read");
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
            (path, end)
        })
        .filter(|(_, end)| *end > 0)
        .collect();
    files.sort_by_key(|(_, end)| std::cmp::Reverse(*end));
    files
}

fn named(data: &Path) -> Result<(), String> {
    let output = engine::verify(data);
    let told = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Err(told),
        Some(_) if told.contains("damage") || told.contains("log") => Ok(()),
        other => Err(format!("exit {other:?}: {told}")),
    }
}

#[test]
fn a_flip_or_a_cut_anywhere_in_a_stopped_log_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = written(folder.path());
    let whole = String::from_utf8_lossy(&engine::verify(&data).stdout).into_owned();
    assert!(whole.contains("seq"), "a log that nobody touched is whole: {whole}");
    let (segment, end) = files(&data).remove(0);
    let good = fs::read(&segment).expect("it can be read");
    let mut rng = Rng::new(64);
    let empty = (0..EMPTY).map(|_| end + rng.below((good.len() - end) as u64) as usize);
    let places: Vec<usize> = (0..end).step_by(STEP).chain(empty).collect();
    let mut missed = Vec::new();
    for at in places {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << rng.below(8);
        fs::write(&segment, &flipped).expect("it can be written");
        if let Err(told) = named(&data) {
            missed.push(format!("flip at {at}: {told}"));
        }
    }
    for at in (0..end).step_by(STEP) {
        // Cut short, and cut but as long as before: neither is a shorter log that is whole.
        fs::write(&segment, &good[..at]).expect("it can be written");
        let short = named(&data);
        let mut zeroed = good.clone();
        zeroed[at..].fill(0);
        fs::write(&segment, &zeroed).expect("it can be written");
        for told in [short, named(&data)].into_iter().filter_map(Result::err) {
            missed.push(format!("cut at {at}: {told}"));
        }
    }
    fs::write(&segment, &good).expect("it can be written");
    assert!(missed.is_empty(), "{} not named, such as {}", missed.len(), missed[0]);
    let again = String::from_utf8_lossy(&engine::verify(&data).stdout).into_owned();
    assert_eq!(again, whole, "mended, it is the same log");
}
