//! Arrows point one way: what each room may depend on, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Room → the rooms of the house it may know. A room that is not here is not planned.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("sip", &[]),
    ("scaip", &[]),
    ("link", &[]),
    ("lanes", &[]),
    ("journal", &[]),
    ("central", &[]),
    ("proof", &[]),
    ("traffic", &[]),
    ("sequencer", &["lanes", "journal", "central"]),
    ("roots", &["proof", "central", "journal", "sequencer"]),
    ("server", &["sip", "scaip", "link", "lanes", "journal", "central", "sequencer", "roots"]),
    ("player", &["sip", "scaip", "link", "traffic"]),
    (
        "varde",
        &["server", "central", "journal", "sequencer", "proof", "roots", "player", "traffic"],
    ),
    ("simulator", &["sequencer", "central", "journal", "lanes", "traffic"]),
    ("benches", &["lanes", "journal", "central", "sequencer", "sip", "scaip", "link"]),
    ("inputs", &["sip", "scaip", "link", "central"]),
    ("proofs", &[]),
    ("tidy", &[]),
];

/// What a pure room may take from outside: nothing with a clock, a socket, a runtime or serde.
const PURE: &[(&str, &[&str])] = &[
    ("sip", &["bytes", "hmac", "md-5", "sha2", "subtle"]),
    ("scaip", &["quick-xml", "encoding_rs"]),
    ("link", &["minicbor"]),
    ("central", &["minicbor", "sha2"]),
    ("proof", &["sha2"]),
    ("traffic", &["sha2"]),
];

/// Rooms that must never see a runtime.
const NO_RUNTIME: &[&str] = &["journal", "lanes", "roots", "sequencer", "simulator", "proofs"];
const RUNTIMES: &[&str] = &["tokio", "quinn", "axum", "async-std", "smol"];

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("a workspace has packages").clone()
}

/// Each room and what it depends on outside tests.
fn depends() -> BTreeMap<String, BTreeSet<String>> {
    let name = |value: &Value| value["name"].as_str().expect("it has a name").to_owned();
    let outside_tests = |dependency: &&Value| dependency["kind"].as_str() != Some("dev");
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().expect("a list");
        (name(package), all.iter().filter(outside_tests).map(name).collect())
    };
    packages().iter().map(of).collect()
}

#[test]
fn every_room_is_planned_and_knows_only_whom_it_may() {
    let rooms = depends();
    let plan: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let mut wrong = Vec::new();
    for (room, knows) in &rooms {
        let Some(may) = plan.get(room.as_str()) else {
            wrong.push(format!("{room} is not in the plan of tests/tidy"));
            continue;
        };
        let inside = knows.iter().filter(|known| rooms.contains_key(*known));
        let beyond = inside.filter(|known| !may.contains(&known.as_str()));
        wrong.extend(beyond.map(|known| format!("{room} may not know {known}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_take_nothing_impure() {
    let rooms = depends();
    let mut wrong = Vec::new();
    for (room, may) in PURE {
        let knows = &rooms[*room];
        let beyond = knows.iter().filter(|known| !may.contains(&known.as_str()));
        wrong.extend(beyond.map(|known| format!("{room} is pure and may not take {known}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_must_be_deterministic_sees_no_runtime() {
    let rooms = depends();
    for room in NO_RUNTIME {
        for runtime in RUNTIMES {
            assert!(!rooms[*room].contains(*runtime), "{room} may not take {runtime}");
        }
    }
}

#[test]
fn only_the_binary_knows_the_server() {
    let knowing: Vec<String> = depends()
        .into_iter()
        .filter(|(_, knows)| knows.contains("server"))
        .map(|(room, _)| room)
        .collect();
    assert_eq!(knowing, ["varde"]);
}
