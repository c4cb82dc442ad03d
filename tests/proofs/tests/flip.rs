//! One bit flipped, or the file cut, anywhere in what an engine keeps: `varde verify` names it, or nothing is changed by it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proofs::console::Console;
use proofs::engine::{self, Engine, kept};
use proofs::ledger::Ledger;
use proofs::press::until_refused_with;
use proofs::rng::Rng;
use proofs::settings::{folder_in_memory, said, seed, setting};
use proofs::unit::{self, TcpUnit};

/// The test looks at every so many bytes of what is written.
const STEP: usize = 64;
/// And at this many places of what is not yet written.
const EMPTY: usize = 64;

fn written(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    let engine = Engine::start(&data);
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), "9001").expect("it listens");
    for n in 0..60 {
        assert_eq!(unit.press(&format!("f{n}"), Duration::from_secs(5)), unit::Told::Mrs(0));
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

/// Flips of one bit in any file the engine keeps: 200, or `VARDE_FLIPS`; `tests/run --long` tries 1 000.
fn flips() -> u64 {
    setting("VARDE_FLIPS", 200)
}

/// What became of one flipped bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// `varde verify` names it.
    Named,
    /// Every entry, the chain and the state are what they were.
    Harmless,
    /// Of a log that was killed: its last group is taken for one that the kill tore. No check can tell the two apart.
    Torn,
    /// Something else is told than before, and no word of it.
    Silent,
}

/// What `varde verify` and `varde log` make of a folder.
struct Told {
    good: bool,
    verified: Vec<u8>,
    lines: Vec<String>,
}

fn told(data: &Path) -> Told {
    let verified = engine::verify(data);
    let good = verified.status.success();
    // Named is named: the entries matter only where nothing was found.
    let printed = if good { printed_log(data) } else { String::new() };
    Told { good, verified: verified.stdout, lines: printed.lines().map(str::to_owned).collect() }
}

fn printed_log(data: &Path) -> String {
    let output = engine::varde().arg("log").arg("--data").arg(data).output().expect("varde runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The entries of one press and what is written beside it: the most a last group holds here.
const LAST_GROUP: usize = 4;

fn fate(data: &Path, before: &Told, killed: bool) -> Fate {
    let now = told(data);
    let fewer = before.lines.len().saturating_sub(now.lines.len());
    if !now.good {
        Fate::Named
    } else if now.verified == before.verified && now.lines == before.lines {
        Fate::Harmless
    } else if killed && fewer <= LAST_GROUP && before.lines.starts_with(&now.lines) {
        Fate::Torn
    } else {
        Fate::Silent
    }
}

/// Flips a bit, looks, and flips it back.
fn flip(file: &Path, data: &Path, before: &Told, killed: bool, rng: &mut Rng) -> (u64, Fate) {
    let open = fs::OpenOptions::new().read(true).write(true).open(file).expect("it opens");
    let length = open.metadata().expect("it has a length").len();
    let at = rng.below(length);
    let mut byte = [0];
    open.read_exact_at(&mut byte, at).expect("it can be read");
    let flipped = byte[0] ^ (1 << rng.below(8));
    open.write_all_at(&[flipped], at).expect("it can be written");
    let fate = fate(data, before, killed);
    open.write_all_at(&byte, at).expect("it can be written");
    (at, fate)
}

/// A log of three segments, stopped or killed, beside its keys and whatever else the engine keeps.
fn three_segments(folder: &Path, killed: bool) -> PathBuf {
    let data = folder.join("data");
    let engine = Engine::start(&data);
    let pressed = until_refused_with(&engine, &Ledger::default(), 250, 9_000);
    assert_eq!(pressed, unit::Told::Mrs(0));
    if killed {
        engine.kill();
    } else {
        assert!(engine.stop().success());
    }
    data
}

/// So many flips, spread evenly over the files; how many had which fate, by the folder of the file.
fn flip_all(data: &Path, killed: bool, count: u64) -> BTreeMap<(String, &'static str), u32> {
    // Certificates and the list of addresses are not the ledger's.
    let others = [data.join("addresses.json"), data.join("authority")];
    let ours = |file: &PathBuf| !others.iter().any(|other| file.starts_with(other));
    let files: Vec<PathBuf> = kept(data).into_iter().filter(ours).collect();
    let before = told(data);
    assert!(before.good && !before.lines.is_empty(), "a folder that nobody touched is whole");
    let mut rng = Rng::new(6_000_000 + seed());
    let mut fates = BTreeMap::new();
    for n in 0..count {
        let file = &files[n as usize % files.len()];
        let name = file.strip_prefix(data).expect("it is below").display().to_string();
        let (at, fate) = flip(file, data, &before, killed, &mut rng);
        assert_ne!(fate, Fate::Silent, "a flip at {at} of {name}: fewer entries and no word of it");
        let kind = name.split('/').next().unwrap_or_default().to_owned();
        let of_the_log = kind == "log" && !killed;
        // Segments made ahead hold nothing yet; everything else of a stopped log is under a checksum.
        let empty = name.contains("/segments/") && ends_in_zeros(file);
        assert!(!of_the_log || empty || fate == Fate::Named, "a flip at {at} of {name}: {fate:?}");
        let word = match fate {
            Fate::Named => "named",
            Fate::Harmless => "harmless",
            Fate::Torn => "torn",
            Fate::Silent => "silent",
        };
        *fates.entry((kind, word)).or_default() += 1;
        said(n + 1, "flips");
    }
    let again = told(data);
    assert!(
        again.verified == before.verified && again.lines == before.lines,
        "mended, it is the same"
    );
    fates
}

/// Whether a file holds nothing at all.
fn ends_in_zeros(file: &Path) -> bool {
    fs::read(file).expect("it can be read").iter().all(|byte| *byte == 0)
}

#[test]
fn flipped_bits_are_named_or_harmless_and_never_silently_fewer_entries() {
    for (killed, share) in [(false, 3), (true, 1)] {
        let folder = folder_in_memory();
        let data = three_segments(folder.path(), killed);
        let fates = flip_all(&data, killed, flips() * share / 4);
        let how = if killed { "killed" } else { "stopped" };
        println!("{} flips in a folder that was {how}: {fates:?}", flips() * share / 4);
        assert!(fates.contains_key(&("log".to_owned(), "named")), "no flip was named");
    }
}

#[test]
fn a_flip_where_nobody_looks_is_not_called_named() {
    let folder = folder_in_memory();
    let data = three_segments(folder.path(), false);
    let before = told(&data);
    let nobodys = data.join("addresses.json");
    let (_, fate) = flip(&nobodys, &data, &before, false, &mut Rng::new(1));
    assert_eq!(fate, Fate::Harmless, "the harness calls everything named");
    // And a log that lacks its last entries is not called harmless.
    let mut fewer = told(&data);
    fewer.lines.push("one entry more".to_owned());
    assert_eq!(self::fate(&data, &fewer, false), Fate::Silent);
}

/// What an operator reads of the one alarm there is: the message as it came, and what is said instead of it.
fn read_alarm(engine: &Engine) -> (Option<String>, String) {
    let console = Console::login(engine);
    let rows = console.rows();
    assert_eq!(rows.len(), 1, "the alarm stands");
    let (status, alarm) = console.get(&format!("/api/alarms/{}", rows[0]["alarm"]));
    assert_eq!(status, 200, "{alarm}");
    let signal = &alarm["signals"][0];
    (signal["raw"].as_str().map(str::to_owned), signal["text"].to_string())
}

#[test]
fn a_flipped_key_leaves_the_alarm_and_is_said_where_its_words_would_stand() {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    assert_eq!(until_refused_with(&engine, &Ledger::default(), 1, 10), unit::Told::Mrs(0));
    let (raw, _) = read_alarm(&engine);
    assert!(raw.is_some_and(|raw| raw.contains("<mrq>")), "a key that nobody touched opens");
    assert!(engine.stop().success());
    let file = fs::OpenOptions::new().read(true).write(true).open(data.join("keys/keys"));
    let file = file.expect("the key file opens");
    let mut keys = vec![0; 32 * 1_024];
    file.read_exact_at(&mut keys, 4_096).expect("it can be read");
    keys.iter_mut().step_by(32).for_each(|byte| *byte ^= 1);
    file.write_all_at(&keys, 4_096).expect("it can be written");
    let engine = Engine::start(&data);
    let (raw, text) = read_alarm(&engine);
    assert_eq!(raw, None);
    assert!(text.contains("altered"), "{text}");
    drop(engine);
}
