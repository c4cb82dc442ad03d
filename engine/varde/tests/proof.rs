//! The binary's side of day roots and proof files: made, checked, handed out, and found out at any flipped byte;
//! a second checker in Python, written from `docs/proof-format.md`, says the same.

#[path = "../../roots/tests/town/mod.rs"]
mod town;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

use town::{Town, three_days};

const DAY: u32 = 20_700;

fn varde(args: &[&str], data: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varde"));
    command.args(args);
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    command.output().expect("varde runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    told(output)
}

/// A log of three days with its roots, and the proof of its alarm.
fn proved() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let days = three_days(&data, DAY);
    done(&varde(&["authority"], Some(&data)));
    done(&varde(&["roots"], Some(&data)));
    let file = folder.path().join("alarm.proof");
    let alarm = days.alarm.to_string();
    let out = file.display().to_string();
    done(&varde(&["proof", "--alarm", &alarm, "--out", &out], Some(&data)));
    (folder, data, file)
}

fn verify(file: &Path) -> Output {
    varde(&["verify", "--proof", &file.display().to_string()], None)
}

fn python(file: &Path, key: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = root.join(".venv/bin/python");
    let python = std::env::var("VARDE_PYTHON").map_or(own, PathBuf::from);
    let script = root.join("tests/reader/check_proof.py");
    Command::new(python)
        .arg(script)
        .arg(file)
        .arg(key)
        .output()
        .expect("Python runs; see tests/run")
}

#[test]
fn a_proof_is_checked_without_the_log_and_says_what_it_proves_and_by_whom() {
    let (folder, data, file) = proved();
    let authority = told(&varde(&["authority"], Some(&data)));
    let moved = folder.path().join("elsewhere.proof");
    fs::copy(&file, &moved).expect("it can be copied");
    let key = folder.path().join("roots.pub");
    fs::copy(data.join("authority/roots.pub"), &key).expect("the key can be handed out");
    fs::remove_dir_all(&data).expect("the log is gone");
    let said = done(&verify(&moved));
    assert!(said.contains("alarm 4 of log 0707"), "{said}");
    assert!(
        said.contains("4 2026-09-04T12:00:04Z signal press from scaip:1, municipality 0301"),
        "{said}"
    );
    assert!(said.contains("claim") && said.contains("close, cause 100"), "{said}");
    assert!(said.contains("only the key in the file") && said.contains("not proved"), "{said}");
    let fingerprint =
        said.lines().find_map(|line| line.strip_prefix("signed by ")).expect("who signed");
    assert!(authority.contains(fingerprint), "{authority}");
    let (file, given) = (moved.display().to_string(), key.display().to_string());
    let keyed = ["verify", "--proof", &file, "--key", &given];
    assert!(done(&varde(&keyed, None)).contains("the key you gave"));
    let python = python(&moved, &key);
    assert_eq!(done(&python).split_whitespace().collect::<Vec<_>>(), ["4", "6", "9", "12", "15"]);
}

#[test]
fn another_centres_key_proves_nothing() {
    let (folder, _, file) = proved();
    let other = roots::Signer::open(&folder.path().join("other")).expect("another key");
    let key = folder.path().join("other").join(roots::PUBLIC_FILE);
    let out = varde(
        &["verify", "--proof", &file.display().to_string(), "--key", &key.display().to_string()],
        None,
    );
    assert_eq!(out.status.code(), Some(2), "{}", told(&out));
    assert!(told(&out).contains("signed by another key"), "{}", told(&out));
    assert_eq!(python(&file, &key).status.code(), Some(2));
    drop(other);
}

/// Every byte in this process, with the real signature; every 40th by the binary and by the stranger's checker too.
#[test]
fn a_flip_of_any_byte_of_a_proof_is_named_with_its_line_and_ends_with_2() {
    let (folder, data, file) = proved();
    let key = data.join("authority/roots.pub");
    let good = fs::read(&file).expect("it can be read");
    let flipped = folder.path().join("flipped.proof");
    let mut line = 1;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        let wrong =
            proof::Proof::check(&bytes, None, &roots::verify).expect_err("a flip is no proof");
        assert_eq!(wrong.line, line, "byte {at}: {wrong}");
        if at % 40 == 0 {
            fs::write(&flipped, &bytes).expect("it can be written");
            let out = verify(&flipped);
            assert_eq!(out.status.code(), Some(2), "byte {at}: {}", told(&out));
            assert!(told(&out).contains(&wrong.to_string()), "byte {at}: {}", told(&out));
            let theirs = python(&flipped, &key);
            assert_eq!(theirs.status.code(), Some(2), "byte {at}: {}", told(&theirs));
            assert!(
                told(&theirs).contains(&format!("line {line}:")),
                "byte {at}: {}",
                told(&theirs)
            );
        }
        line += usize::from(good[at] == b'\n');
    }
}

#[test]
fn a_copied_folder_is_verified_with_its_roots_without_a_key_a_lock_or_a_write() {
    let (folder, data, _) = proved();
    let copy = folder.path().join("copy");
    for part in ["log", "log/segments", "roots", "roots/2026-09-04", "roots/2026-09-05"] {
        fs::create_dir_all(copy.join(part)).expect("a folder");
        for entry in fs::read_dir(data.join(part)).expect("it can be listed") {
            let entry = entry.expect("it can be listed");
            if entry.path().is_file() {
                fs::copy(entry.path(), copy.join(part).join(entry.file_name())).expect("a copy");
            }
        }
    }
    let listed = |folder: &Path| {
        let all = Command::new("find").arg(folder).arg("-newermt").arg("2001-01-01").output();
        String::from_utf8_lossy(&all.expect("find runs").stdout).lines().count()
    };
    let before = listed(&copy);
    let said = done(&varde(&["verify"], Some(&copy)));
    assert!(said.contains("roots 6 as the log says, 0 not made yet"), "{said}");
    let alone = done(&varde(&["verify"], Some(&copy.join("log"))));
    assert!(alone.contains("seq 16"), "a folder that is the log itself: {alone}");
    assert!(done(&varde(&["roots"], Some(&copy))).contains("checked only"));
    assert_eq!(listed(&copy), before, "nothing was made");
    let root = copy.join("roots/2026-09-05/0301.json");
    let mut bytes = fs::read(&root).expect("it can be read");
    bytes[120] ^= 1;
    fs::write(&root, bytes).expect("it can be written");
    for command in ["verify", "roots"] {
        let out = varde(&[command], Some(&copy));
        assert_eq!(out.status.code(), Some(2), "{}", told(&out));
        assert!(
            told(&out).contains("2026-09-05 0301") && told(&out).contains("DIFFERS"),
            "{}",
            told(&out)
        );
    }
}

#[test]
fn what_cannot_be_proved_yet_is_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut town = Town::begin(&data, DAY);
    let alarm = town.signal(301, "scaip:1", central::kind::Kind::PRESS).to_string();
    town.stop();
    let out = folder.path().join("p").display().to_string();
    let refused = |alarm: &str| {
        let output = varde(&["proof", "--alarm", alarm, "--out", &out], Some(&data));
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        told(&output)
    };
    assert!(refused(&alarm).contains("is not over"));
    assert!(refused("77").contains("no alarm 77"));
}

#[test]
fn a_running_engine_makes_the_roots_of_the_day_before_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_nanos()
        as u64;
    let yesterday = proof::day::of(wall) - 1;
    let mut town = Town::begin(&data, yesterday);
    town.signal(301, "scaip:1", central::kind::Kind::PRESS);
    town.stop();
    let config = folder.path().join("c.toml");
    let listen = ["sip", "sip_tls", "quic", "console", "ops"]
        .map(|what| format!("{what} = \"127.0.0.1:0\"\n"));
    let text =
        format!("purpose = \"load_test\"\n[listen]\n{}[log]\nsegment_mib = 1\n", listen.concat());
    fs::write(&config, text).expect("a file");
    let mut engine = Command::new(env!("CARGO_BIN_EXE_varde"))
        .args(["serve", "--config"])
        .arg(&config)
        .arg("--data")
        .arg(&data)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("varde runs");
    let root = data.join("roots").join(proof::day::name(yesterday)).join("0301.json");
    let since = Instant::now();
    // The thread looks at once, then every minute: the first look may be before the start's own entry is noted.
    while !root.exists() && since.elapsed() < Duration::from_secs(150) {
        std::thread::sleep(Duration::from_millis(200));
    }
    let made = root.exists();
    let pid = engine.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    assert!(engine.wait().expect("it ends").success());
    assert!(made, "no root after {:?}", since.elapsed());
    let said = done(&varde(&["verify"], Some(&data)));
    assert!(said.contains("roots 2 as the log says"), "{said}");
}
