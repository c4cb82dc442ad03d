//! The commands that read a log and choose its rules, on logs with what should never be in one.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use central::entry::{Entry, Genesis, Purpose};
use journal::embedded::{self, Options};
use journal::{Batch, Draft, Event, Log};

/// The first nanosecond of the second day.
const SECOND_DAY: u64 = 86_400_000_000_000;

/// A log of these bodies below a data folder, all of one Moment.
fn write(data: &Path, moment: u64, bodies: Vec<Vec<u8>>) {
    let mut options = Options::new(data.join("log"), Arc::new(|| {}));
    options.segment_bytes = 1 << 20;
    options.create = Some([7; 16]);
    std::fs::create_dir_all(data.join("log")).unwrap();
    let mut log = embedded::open(&options).unwrap();
    let count = bodies.len();
    let entries = bodies.into_iter().map(|body| Draft { moment, body: body.into() });
    log.propose(Batch { node: 0, boot: 1, n: 1, entries: entries.collect(), decided: vec![] })
        .unwrap();
    let mut durable = 0;
    while durable < count {
        match log.poll() {
            Some(Event::Entry(_)) => durable += 1,
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    log.stop().unwrap();
}

fn varde(data: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varde"));
    command.args(args).arg("--data").arg(data).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn genesis() -> Vec<u8> {
    Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] }).encode()
}

#[test]
fn a_skipped_entry_is_printed_as_such_and_the_log_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let broken_off = vec![0x83, 3, 1, 0xa5, 0, 0x61];
    let bodies = vec![
        genesis(),
        Entry::Rules(1).encode(),
        broken_off,
        Entry::Skip(central::words::Seq(3)).encode(),
        Entry::Tick.encode(),
    ];
    write(folder.path(), SECOND_DAY, bodies);
    let log = varde(folder.path(), &["log"]);
    assert!(log.status.success(), "{log:?}");
    let lines: Vec<serde_json::Value> =
        told(&log).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert_eq!((&lines[2]["seq"], &lines[2]["skipped"]), (&3.into(), &true.into()));
    assert_eq!(lines[3]["skipped"], 3);
    let verified = varde(folder.path(), &["verify"]);
    assert!(verified.status.success() && told(&verified).contains("skipped 1"), "{verified:?}");
    let replayed = varde(folder.path(), &["replay", "--day", "1970-01-02"]);
    assert!(
        told(&replayed).contains("decided 4 compared 0 without a frame 4 differing 0"),
        "{replayed:?}"
    );
    assert!(told(&varde(folder.path(), &["replay", "--day", "1970-01-01"])).contains("decided 0"));
}

#[test]
fn an_entry_that_cannot_be_read_and_is_not_skipped_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        SECOND_DAY,
        vec![genesis(), Entry::Rules(1).encode(), vec![0x83, 3, 1, 0xa5]],
    );
    for command in ["log", "replay"] {
        let output = varde(folder.path(), &[command]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("entry 3"), "{command}: {error}");
    }
}

#[test]
fn the_rules_of_a_log_are_said_and_those_nobody_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        SECOND_DAY,
        vec![genesis(), Entry::Rules(2).encode(), Entry::Rules(1).encode()],
    );
    let output = varde(folder.path(), &["rules"]);
    assert_eq!(told(&output), "the log decides by rules 1; this version has 1 to 2\n");
    assert!(told(&varde(folder.path(), &["rules", "--set", "1"])).contains("already"));
    for args in [["rules", "--set", "3"], ["replay", "--rules", "3"], ["replay", "--day", "i dag"]]
    {
        let output = varde(folder.path(), &args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
    }
    let nothing = varde(&folder.path().join("nothing"), &["rules"]);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("--data"));
}

#[test]
fn rules_are_chosen_up_and_down_and_every_decision_still_compares() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::DirBuilder::new().mode(0o700).create(folder.path().join("keys")).unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    write(folder.path(), now, vec![genesis(), Entry::Rules(1).encode()]);
    for (rules, seq) in [("2", 3), ("1", 4), ("2", 5)] {
        let chosen = varde(folder.path(), &["rules", "--set", rules]);
        let expected = format!("rules {rules} decide from entry {seq} on");
        assert!(told(&chosen).starts_with(&expected), "{chosen:?}");
        let said = told(&varde(folder.path(), &["rules"]));
        assert!(said.starts_with(&format!("the log decides by rules {rules};")), "{said}");
    }
    let replayed = varde(folder.path(), &["replay"]);
    assert_eq!(replayed.status.code(), Some(0));
    // The two entries written above have no frame; each command stopped cleanly and wrote its own.
    assert!(told(&replayed).contains("decided 5 compared 3 without a frame 2"), "{replayed:?}");
    assert!(varde(folder.path(), &["verify"]).status.success());
}
