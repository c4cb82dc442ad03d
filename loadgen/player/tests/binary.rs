//! `varde-loadgen` as a user meets it.

mod null;

use std::path::Path;
use std::process::{Command, Output};

use null::{Null, Say};
use serde_json::Value;

fn loadgen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_varde-loadgen")).args(arguments).output().unwrap()
}

/// Writes an addresses.json for the null receiver; gives its path.
fn addresses(folder: &Path, receiver: &Null, purpose: &str) -> String {
    let path = folder.join("addresses.json");
    let text = serde_json::json!({
        "purpose": purpose,
        "sip_udp": receiver.targets.sip_udp,
        "sip_tcp": receiver.targets.sip_tcp,
        "quic": receiver.targets.quic,
        "console": "127.0.0.1:1",
        "ca": "ca.pem",
    });
    std::fs::write(&path, text.to_string()).unwrap();
    path.to_string_lossy().into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mode_plays_reports_and_conserves() {
    let folder = tempfile::tempdir().unwrap();
    let null = Null::start(folder.path(), |_| Say::Stored).await;
    let engine = addresses(folder.path(), &null, "load_test");
    let authority = folder.path().to_string_lossy().into_owned();
    let receipts = folder.path().join("receipts").to_string_lossy().into_owned();
    let modes: [(&str, &[&str]); 3] = [
        ("play", &["--devices", "40", "--alarm-every", "1"]),
        ("burst", &["--rate", "50", "--connections", "10", "--lead", "1", "--receipts", &receipts]),
        ("idle", &["--connections", "5", "--transport", "quic"]),
    ];
    for (mode, more) in modes {
        let common = ["--engine", &engine, "--authority", &authority, "--seconds", "3", "--quiet"];
        let arguments: Vec<&str> =
            [mode].into_iter().chain(common).chain(more.iter().copied()).collect();
        let output = tokio::task::block_in_place(|| loadgen(&arguments));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{mode}: {errors}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["mode"], mode);
        assert_eq!(report["conserved"], true);
        let tally = &report["tally"];
        assert_eq!(tally["sent"], tally["receipted"], "{mode}: {report}");
        match mode {
            "play" => assert!(report["tempo"].as_str().unwrap().starts_with("scaled"), "{report}"),
            "burst" => {
                let lines = std::fs::read_to_string(&receipts).unwrap().lines().count() as u64;
                assert!(lines > 80 && tally["receipted"] == lines, "{report}");
            }
            _ => assert_eq!((&tally["connects"], &tally["sent"]), (&5.into(), &0.into())),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_refuses_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let null = Null::start(folder.path(), |_| Say::Stored).await;
    let refused = |arguments: &[&str], part: &str| {
        let output = loadgen(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(part) && errors.lines().count() == 1, "{errors}");
    };
    let engine = addresses(folder.path(), &null, "real");
    refused(&["play", "--engine", &engine], "real alarm centre");
    assert_eq!(null.unique(), 0, "nothing was sent");
    let engine = addresses(folder.path(), &null, "demonstration");
    refused(&["play", "--engine", &engine], "client certificates: give an authority");
    refused(&["play", "--engine", "/nowhere.json"], "start the engine first");
    let nobody = ["play", "--engine", &engine, "--authority", "/nowhere"];
    refused(&nobody, "cannot read /nowhere/ca.key");
}
