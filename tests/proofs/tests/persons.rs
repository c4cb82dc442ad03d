//! Persons on the real binary: everything said about a hundred of them is gone once they are erased, everywhere,
//! and everybody else's is still there.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use proofs::console::Console;
use proofs::engine::{self, Engine};
use proofs::unit::{TcpUnit, Told, alarm};
use serde_json::{Value, json};

const ERASED: usize = 100;
const KEPT: usize = 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs `varde person …` with something on standard input.
fn varde(args: &[&str], data: &Path, stdin: &str) -> Output {
    let mut command = engine::varde();
    command.args(args).arg("--data").arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("varde runs");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(stdin.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

/// What it printed, all of it; it must have gone well.
fn told(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &err
}

fn person(args: &[&str], data: &Path, stdin: &str) -> String {
    told(&varde(&[&["person"], args].concat(), data, stdin))
}

struct Somebody {
    id: String,
    device: String,
}

/// Words that are nowhere else: in the register, in a signal's text and raw bytes, in a closing note.
fn canaries(n: usize) -> [String; 4] {
    ["Navnesen", "Kanariveien", "Stedsord", "Notatord"].map(|word| format!("{word}{n:03}xq"))
}

fn about(n: usize) -> String {
    let [name, address, ..] = canaries(n);
    let text = json!([["Navn", name], ["Adresse", address]]);
    json!({ "municipality": "0301", "text": text }).to_string()
}

fn register(data: &Path, n: usize) -> Somebody {
    let printed: Value = serde_json::from_str(&person(&["add"], data, &about(n))).expect("JSON");
    let id = printed["person"].as_str().expect("a pseudonym").to_owned();
    Somebody { id, device: format!("{:07}", 9_000_000 + n) }
}

fn press(engine: &Engine, device: &str, n: usize) {
    let [_, _, word, _] = canaries(n);
    let body = alarm(device, &format!("{n:08}"));
    let body = body.replace("</mrq>", &format!("<lte>{word}</lte></mrq>"));
    let mut unit = TcpUnit::connect(engine.address("sip_tcp"), device).expect("it listens");
    assert_eq!(unit.send(&body, &format!("{n:08}"), PATIENCE), Told::Mrs(0));
}

fn alarm_of(data: &Path, device: &str) -> u64 {
    let name = format!("scaip:{device}");
    let lines = engine::log(data);
    let line = lines.iter().find(|line| line["what"] == "signal" && line["device"] == name);
    line.expect("the signal is there")["alarm"].as_u64().expect("it opened an alarm")
}

/// Takes an alarm and closes it with a note.
fn close(console: &Console, alarm: u64, n: usize) {
    let act = |what: u8| format!("{:032x}", (n as u128) << 8 | u128::from(what));
    let claim = json!({ "act": act(1) });
    let (_, claimed) = console.post(&format!("/api/alarms/{alarm}/claim"), &claim);
    let [_, _, _, note] = canaries(n);
    let close = json!({ "act": act(2), "version": claimed["version"], "cause": 100, "action": 200,
                        "outcome": 300, "note": note });
    let (status, answer) = console.post(&format!("/api/alarms/{alarm}/close"), &close);
    assert_eq!(status, 200, "{answer}");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|some| some == part)
}

/// Which of these words stand in which file.
fn sightings(folders: &[&Path], words: &[Vec<u8>]) -> Vec<(PathBuf, String)> {
    let mut seen = Vec::new();
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let bytes = fs::read(&path).unwrap_or_default();
        // Zeros and ciphertext hold no word: the first bytes of all words, looked for once.
        let heads: BTreeSet<&[u8]> = words.iter().map(|word| &word[..4]).collect();
        let mut at = 0;
        while at + 4 <= bytes.len() {
            if heads.contains(&bytes[at..at + 4]) {
                let here = words.iter().filter(|word| bytes[at..].starts_with(word));
                seen.extend(here.map(|word| (path.clone(), String::from_utf8_lossy(word).into())));
            }
            at += 1;
        }
    }
    seen
}

fn words(some: std::ops::Range<usize>) -> Vec<Vec<u8>> {
    some.flat_map(canaries).map(String::into_bytes).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

fn key(data: &Path, number: u64) -> Vec<u8> {
    let bytes = fs::read(data.join("keys/keys")).expect("the key file");
    let at = 4_096 + (number as usize - 1) * 32;
    bytes[at..at + 32].to_vec()
}

/// Each person's keys, by `varde person list`.
fn keys_of(data: &Path) -> Vec<(String, Vec<u64>, bool)> {
    let list = person(&["list"], data, "");
    let lines = list.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines
        .map(|line| {
            let keys = line["keys"].as_array().expect("a list").iter();
            let keys = keys.map(|key| key.as_u64().expect("a number")).collect();
            (line["person"].as_str().expect("text").to_owned(), keys, line["erased"] == true)
        })
        .collect()
}

/// Everybody is registered; half have their device before they press, half are found out afterwards; every
/// tenth alarm is closed with a note, before or after that.
fn live(engine: &Engine, data: &Path) -> Vec<Somebody> {
    let console = Console::login(engine);
    let everybody: Vec<Somebody> = (0..ERASED + KEPT).map(|n| register(data, n)).collect();
    for (n, one) in everybody.iter().enumerate() {
        let device = format!("scaip:{}", one.device);
        if n % 2 == 0 {
            person(&["assign", &one.id, &device], data, "");
        }
        press(engine, &one.device, n);
        if n % 10 == 0 || n % 10 == 5 {
            close(&console, alarm_of(data, &one.device), n);
        }
        if n % 2 == 1 {
            let alarm = alarm_of(data, &one.device).to_string();
            person(&["attribute", &one.id, "--alarm", &alarm], data, "");
        }
    }
    everybody
}

#[test]
fn a_hundred_erased_persons_leave_no_plain_text_and_no_key_and_the_others_all_of_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let exports = folder.path().join("exports");
    fs::create_dir(&exports).expect("a folder");
    let engine = Engine::start_with(&data, &[("RUST_LOG", "debug")]);
    let everybody = live(&engine, &data);

    let before = engine::log(&data);
    copy(&data.join("log"), &backup);
    let keys = keys_of(&data);
    let mut secret = Vec::new();
    for (_, keys, _) in
        keys.iter().filter(|(id, ..)| everybody[..ERASED].iter().any(|one| one.id == *id))
    {
        assert!(!keys.is_empty());
        secret.extend(keys.iter().map(|number| key(&data, *number)));
    }
    // Half of those whose alarm was handed over have two keys at least.
    assert!(secret.len() >= ERASED + ERASED / 2);
    assert_eq!(sightings(&[&data], &secret).len(), secret.len(), "they are in the key file");
    let out = exports.join("before.json");
    let file = out.display().to_string();
    // The reason names her, as reasons do.
    let [name, ..] = canaries(5);
    person(&["export", &everybody[5].id, "--out", &file, "--reason", &name], &data, "");
    for word in canaries(5) {
        assert!(holds(&fs::read(&out).expect("the export"), word.as_bytes()), "{word}");
    }
    assert_eq!(fs::metadata(&out).expect("the export").permissions().mode() & 0o777, 0o600);
    let seen = sightings(&[&exports], &words(5..6)).into_iter().map(|(_, word)| word);
    assert_eq!(seen.collect::<BTreeSet<_>>().len(), 4, "the search does find");
    fs::remove_file(&out).expect("it is there");

    // Half beside the running engine, half without one.
    let mut said = String::new();
    for one in &everybody[..ERASED / 2] {
        said += &person(&["erase", &one.id], &data, "");
    }
    assert!(engine.stop().success());
    for ending in ["out", "err"] {
        said += &fs::read_to_string(data.with_extension(ending)).expect("what it printed");
    }
    for one in &everybody[ERASED / 2..ERASED] {
        said += &person(&["erase", &one.id], &data, "");
    }

    assert_eq!(sightings(&[&data, &backup], &words(0..ERASED + KEPT)), []);
    assert_eq!(sightings(&[&data, &backup], &secret), [], "no key of the erased is left");
    let opened = told(&varde(&["log", "--open", "--reason", "prøve"], &data, ""));
    let verified = engine::verify(&data);
    said += &told(&verified);
    for word in words(0..ERASED) {
        assert!(!holds(opened.as_bytes(), &word) && !holds(said.as_bytes(), &word));
    }
    for (n, one) in everybody.iter().enumerate().skip(ERASED) {
        let id = &one.id;
        let out = exports.join(format!("{n}.json"));
        person(&["export", id, "--out", &out.display().to_string()], &data, "");
        let export = fs::read(&out).expect("the export");
        let noted = n % 10 == 0 || n % 10 == 5;
        for (word, there) in canaries(n).iter().zip([true, true, true, noted]) {
            assert_eq!(holds(&export, word.as_bytes()), there, "{word}");
            assert_eq!(holds(opened.as_bytes(), word.as_bytes()), there, "{word}");
        }
    }
    let after = engine::log(&data);
    assert_eq!(after[..before.len()], before, "every entry and every alarm is where it was");
    let looks = after.iter().filter(|line| line["what"] == "disclosed").count();
    assert_eq!(looks, 1 + 1 + KEPT, "the export before, the log, and the exports after");
    assert!(
        after.iter().all(|line| line["by"].is_null()
            || line["by"].as_str().is_some_and(|by| by.starts_with("os:")))
    );
}

#[test]
fn a_kill_between_an_erasure_and_its_keys_is_mended_by_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    assert!(Engine::start(&data).stop().success());
    let one = register(&data, 1);
    let keys = data.join("keys/keys");
    let before = fs::read(&keys).expect("the key file");
    person(&["erase", &one.id], &data, "");
    let number = keys_of(&data)[0].1[0];
    assert_eq!(key(&data, number), [0; 32]);
    // As a kill leaves it that came when the entry was durable and the keys were not yet overwritten.
    fs::write(&keys, &before).expect("the key file can be written");
    assert_ne!(key(&data, number), [0; 32]);
    let engine = Engine::start(&data);
    assert!(engine.stop().success());
    assert_eq!(key(&data, number), [0; 32]);
    assert!(engine::verify(&data).status.success());
}

#[test]
fn what_a_command_about_persons_cannot_do_is_said_and_nothing_personal_is_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    assert!(Engine::start(&data).stop().success());
    let one = register(&data, 1);
    let lines = engine::log(&data).len();
    let out = folder.path().join("there.json");
    fs::write(&out, b"").expect("a file");
    let out = out.display().to_string();
    let table: [(&[&str], &str); 8] = [
        (&["add"], r#"{"municipality":"0301","text":"Navnesen001xq"}"#),
        (&["add"], r#"{"municipality":"031","text":[["Navn","Navnesen001xq"]]}"#),
        (&["describe", "7"], &about(1)),
        (&["assign", "7", "scaip:1"], ""),
        (&["attribute", &one.id, "--alarm", "999"], ""),
        (&["export", "7", "--out", &out], ""),
        (&["export", &one.id, "--out", &out], ""),
        (&["erase", "7"], ""),
    ];
    for (args, stdin) in table {
        let output = varde(&[&["person"], args].concat(), &data, stdin);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{args:?}");
        assert!(said.starts_with("varde: ") && !said.contains("Navnesen"), "{args:?}: {said}");
    }
    let grown: Vec<Value> = engine::log(&data).drain(lines..).collect();
    assert!(grown.iter().all(|line| line["what"] == "held"), "only a void assignment: {grown:?}");
    assert_eq!(fs::read(&out).expect("it is there"), b"", "what is there is not written over");
}
