//! What the command line says when something is wrong: one clear sentence and a non-zero exit.

use std::path::Path;
use std::process::Output;

use proofs::engine::{self, Engine};

fn varde(args: &[&str], data: &Path, config: Option<&Path>) -> Output {
    let mut command = engine::varde();
    command.args(args).arg("--data").arg(data);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command.output().expect("varde runs")
}

/// The one sentence of a refusal.
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "it went on");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("varde: ")).collect();
    assert_eq!(lines.len(), 1, "one sentence is wanted: {told}");
    assert!(!told.contains("panicked"), "{told}");
    told
}

#[test]
fn a_bad_configuration_line_is_named_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("c.toml");
    std::fs::write(&config, "[listen]\nsip = \"127.0.0.1:0\"\nspi = 1\n").expect("a file");
    for command in ["check", "serve"] {
        let told = refused(&varde(&[command], &folder.path().join("d"), Some(&config)));
        assert!(told.contains("line 3") && told.contains("spi"), "{told}");
    }
    let told =
        refused(&varde(&["serve"], &folder.path().join("d"), Some(&folder.path().join("no"))));
    assert!(told.contains("--config"), "{told}");
}

#[test]
fn a_taken_port_a_used_log_and_another_purpose_are_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    let config = folder.path().join("taken.toml");
    let taken = engine.address("sip_tcp");
    let text = std::fs::read_to_string(data.with_extension("toml")).expect("it was written");
    let text = text.replacen("sip = \"127.0.0.1:0\"", &format!("sip = \"{taken}\""), 1);
    std::fs::write(&config, text).expect("a file");
    let told = refused(&varde(&["serve"], &folder.path().join("other"), Some(&config)));
    assert!(told.contains(&taken.to_string()) && told.contains("sip"), "{told}");
    let same = data.with_extension("toml");
    let told = refused(&varde(&["serve"], &data, Some(&same)));
    assert!(told.contains("another process"), "{told}");
    assert!(engine.stop().success());
    let real = folder.path().join("real.toml");
    let text = std::fs::read_to_string(&same).expect("it was written");
    std::fs::write(&real, text.replace("load_test", "real")).expect("a file");
    let told = refused(&varde(&["serve"], &data, Some(&real)));
    assert!(told.contains("load_test") && told.contains("real"), "{told}");
    let told = refused(&varde(&["demo"], &data, Some(&same)));
    assert!(told.contains("load_test") && told.contains("demonstration"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_used_and_one_without_a_log_are_said_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, b"not a folder").expect("a file");
    let config = engine::configure(&folder.path().join("x"));
    let told = refused(&varde(&["serve"], &file.join("data"), Some(&config)));
    assert!(told.contains("--data"), "{told}");
    for command in ["log", "verify"] {
        let told = refused(&varde(&[command], &folder.path().join("nothing"), None));
        assert!(told.contains("--data"), "{told}");
    }
}

#[test]
fn log_and_verify_read_a_log_in_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let engine = Engine::start(&data);
    assert!(engine::verify(&data).status.success());
    assert_eq!(engine::log(&data)[0]["what"], "genesis");
    drop(engine);
}
