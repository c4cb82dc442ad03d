//! A stranger's reader, written from the documents alone, against the real log: the same entries, the same end,
//! the same place of damage. And every body is what `docs/entry.cddl` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use proofs::engine::{self, Engine};
use proofs::rng::Rng;
use proofs::unit::{TcpUnit, Told};
use serde_json::Value;

/// Bits flipped, one at a time, in a log of one segment, and in one of several.
const FLIPS: [(usize, usize); 2] = [(30, 100), (PRESSES, 15)];
/// Presses that fill more than one segment of 1 MiB.
const PRESSES: usize = 1_500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn reader(data: &Path, more: &[&str]) -> Output {
    let python = std::env::var("VARDE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = root().join("tests/reader/read_log.py");
    Command::new(python).arg(script).arg(data.join("log")).args(more).output().expect("Python runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn press(engine: &Engine, cid: &str, presses: usize) {
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), cid).expect("it listens");
    for n in 0..presses {
        assert_eq!(unit.press(&format!("{cid}-{n}"), Duration::from_secs(5)), Told::Mrs(0));
    }
}

/// File and byte of the damage `varde verify` names.
fn damage(verified: &str) -> Option<(String, u64)> {
    let rest = verified.split("the log is damaged in ").nth(1)?;
    let (file, rest) = rest.split_once(", byte ")?;
    let file = Path::new(file).file_name()?.to_str()?.to_owned();
    Some((file, rest.split(',').next()?.parse().ok()?))
}

/// Both readers end at the same place, or name the same damage.
fn agree(data: &Path) -> Result<bool, String> {
    let ours = engine::verify(data);
    let theirs = reader(data, &[]);
    let (told, read) = (text(&ours.stdout), text(&theirs.stdout));
    if let Some((file, byte)) = damage(&told) {
        let same = read.trim() == format!("damaged {file} byte {byte}");
        let codes = (ours.status.code(), theirs.status.code());
        return if same && codes == (Some(2), Some(2)) { Ok(true) } else { Err(told + &read) };
    }
    let end = |of: &str| -> Vec<String> {
        let wanted = |line: &&str| line.starts_with("seq ") || line.starts_with("head ");
        of.lines().filter(wanted).map(str::to_owned).collect()
    };
    let same = ours.status.success() && theirs.status.success() && end(&told).len() == 2;
    if same && end(&told) == end(&read) {
        Ok(false)
    } else {
        Err(told + &read + &text(&theirs.stderr))
    }
}

/// Every entry has the same fields by both readers. What only one knows (a kind's name, or what the fold finds)
/// is compared through what was decided.
fn same_fields(data: &Path) {
    let theirs = text(&reader(data, &[]).stdout);
    let theirs: Vec<Value> =
        theirs.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let ours = engine::log(data);
    assert_eq!(ours.len(), theirs.len());
    for (our, their) in ours.iter().zip(&theirs) {
        let fields = our.as_object().expect("an object");
        for (name, value) in fields {
            let expected = match name.as_str() {
                "kind" | "duplicate_of" | "done" => continue,
                "alarm" if our["what"] == "signal" => match alarm(their) {
                    Some(alarm) => alarm,
                    None => continue,
                },
                "received" => Value::String(their[name].to_string()),
                "hops" => stamps(&their["hops"]),
                "signals" => their["hops"].as_array().map_or(0, Vec::len).into(),
                _ => their[name].clone(),
            };
            assert_eq!(value, &expected, "{name} of {our} and {their}");
        }
    }
}

/// Time stamps as `varde log` words them: by name, as text, none for what did not happen.
fn stamps(hops: &Value) -> Value {
    let stamp = |at: &Value| match at.as_u64() {
        Some(0) | None => Value::Null,
        Some(moment) => Value::String(moment.to_string()),
    };
    let worded = |hop: &Value| {
        let mut worded = serde_json::Map::new();
        worded.insert("seq".to_owned(), hop["0"].clone());
        for (key, name) in
            [("1", "durable"), ("2", "receipt"), ("3", "presented"), ("4", "painted")]
        {
            worded.insert(name.to_owned(), stamp(&hop[key]));
        }
        Value::Object(worded)
    };
    hops.as_array().map(|hops| hops.iter().map(worded).collect()).unwrap_or_default()
}

/// The alarm of a signal by what was decided about it.
fn alarm(entry: &Value) -> Option<Value> {
    let decided = entry.get("decided")?;
    match decided[0].as_u64()? {
        2 => Some(entry["seq"].clone()),
        4 => Some(decided[1][0].clone()),
        5 | 6 => Some(Value::Null),
        _ => None,
    }
}

fn segments(data: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(data.join("log/segments")).expect("the log has segments");
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|name| name == "seg") && written(path) > 0);
    paths.sort();
    paths
}

fn written(path: &Path) -> usize {
    let bytes = fs::read(path).expect("it can be read");
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1)
}

#[test]
fn a_strangers_reader_gives_the_same_entries_after_a_stop_a_kill_and_a_torn_tail() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    press(&engine, "7001", PRESSES);
    assert!(engine.stop().success());
    assert!(segments(&data).len() > 1, "the log has several segments");
    assert_eq!(agree(&data), Ok(false));
    same_fields(&data);
    let data = folder.path().join("killed");
    let engine = Engine::start(&data);
    press(&engine, "7002", 20);
    engine.kill();
    assert_eq!(agree(&data), Ok(false));
    same_fields(&data);
    // The last group as a power loss may leave it: a part of it never came to the disk.
    let live = segments(&data).pop().expect("a live segment");
    let whole = fs::read(&live).expect("it can be read");
    let end = written(&live);
    let mut whole_after = 0;
    for cut in (1..600).step_by(9) {
        let mut torn = whole.clone();
        torn[end - cut..].fill(0);
        fs::write(&live, &torn).expect("it can be written");
        match agree(&data) {
            Ok(damaged) => whole_after += usize::from(!damaged),
            Err(told) => panic!("cut {cut} before the end: {told}"),
        }
    }
    assert!(whole_after > 0, "a torn tail is no damage");
    fs::write(&live, &whole).expect("it can be written");
    assert_eq!(agree(&data), Ok(false));
}

#[test]
fn a_strangers_reader_names_the_same_file_and_byte_of_a_flip() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = Rng::new(3);
    let mut wrong = Vec::new();
    for (presses, flips) in FLIPS {
        let data = folder.path().join(presses.to_string());
        let engine = Engine::start(&data);
        press(&engine, "7003", presses);
        assert!(engine.stop().success());
        let mut files = segments(&data);
        files.push(data.join("log/head"));
        for n in 0..flips {
            let file = &files[n % files.len()];
            let good = fs::read(file).expect("it can be read");
            // Most often what is written, and sometimes the zeros behind it.
            let reach = if n % 5 == 0 { good.len() } else { written(file) };
            let at = rng.below(reach as u64) as usize;
            let mut flipped = good.clone();
            flipped[at] ^= 1 << rng.below(8);
            fs::write(file, &flipped).expect("it can be written");
            match agree(&data) {
                Ok(true) => {}
                other => wrong.push(format!("{} byte {at}: {other:?}", file.display())),
            }
            fs::write(file, &good).expect("it can be written");
        }
        assert_eq!(agree(&data), Ok(false), "mended, it is whole");
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong[0]);
}

/// A fault in a CDDL map that is open for more fields would hide behind them: closed, it cannot.
fn closed(cddl: &str) -> String {
    let kept = cddl.lines().filter(|line| !line.contains("* other => any"));
    kept.collect::<Vec<_>>().join("\n")
}

fn fits(cddl: &str, rule: &str, hex: &str) -> Result<(), String> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    cddl_cat::validate_cbor_bytes(rule, cddl, &bytes).map_err(|why| format!("{rule} {hex}: {why}"))
}

#[test]
fn every_body_of_a_real_log_is_what_the_cddl_says() {
    let cddl = fs::read_to_string(root().join("docs/entry.cddl")).expect("the CDDL is there");
    let cddl = closed(&cddl);
    for file in ["golden.txt", "decided.txt"] {
        let golden = fs::read_to_string(root().join("engine/central/tests").join(file));
        let rule = if file == "golden.txt" { "entry" } else { "decided" };
        for line in golden.expect("the golden bytes are there").lines() {
            let (_, hex) = line.rsplit_once(": ").expect("a name and hex");
            fits(&cddl, rule, hex).unwrap();
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    press(&engine, "7004", 30);
    assert!(engine.stop().success());
    let bodies = text(&reader(&data, &["--bodies"]).stdout);
    let mut checked = 0;
    for line in bodies.lines() {
        let (rule, hex) = line.split_once(' ').expect("a word and hex");
        if matches!(rule, "entry" | "decided") {
            fits(&cddl, rule, hex).unwrap();
            checked += 1;
        }
    }
    assert!(checked > 60, "only {checked} bodies");
    for wrong in ["83090100", "831001f6", "830201a10005", "830301a0"] {
        assert!(fits(&cddl, "entry", wrong).is_err(), "{wrong} is no entry");
    }
    for wrong in ["820c80", "8202820a80", "820881820780"] {
        assert!(fits(&cddl, "decided", wrong).is_err(), "{wrong} is no decision");
    }
}

#[test]
fn every_vector_of_the_link_protocol_is_what_its_cddl_says() {
    let cddl = fs::read_to_string(root().join("docs/alarm-1.cddl")).expect("the CDDL is there");
    // The tool reads a sign apart from its digits, and those of the least number fit no 64 bits.
    let cddl = cddl.replace("-9223372036854775808..", "-9223372036854775807..");
    let vectors = fs::read(root().join("tests/wire/link-vectors.json")).expect("the vectors");
    let vectors: Value = serde_json::from_slice(&vectors).expect("JSON");
    let mut checked = 0;
    for (list, rule) in [("messages", "message"), ("answers", "answer")] {
        for vector in vectors[list].as_array().expect("a list") {
            fits(&cddl, rule, vector["hex"].as_str().expect("hex")).unwrap();
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} vectors");
}
