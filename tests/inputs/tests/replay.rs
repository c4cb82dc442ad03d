//! Every file of every corpus of the fuzzer, without the fuzzer: what it once found stays mended.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use inputs::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The names in a folder, without their endings.
fn names(folder: &Path) -> BTreeSet<String> {
    let read = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let name = |entry: fs::DirEntry| entry.path().file_stem()?.to_str().map(str::to_owned);
    read.filter_map(|entry| name(entry.expect("a folder can be listed"))).collect()
}

#[test]
fn every_input_the_fuzzer_kept_still_holds() {
    for (name, holds) in TARGETS {
        let folder = fuzz().join("corpus").join(name);
        let mut replayed = 0;
        for entry in fs::read_dir(&folder).expect("every target has a corpus") {
            let path = entry.expect("a folder can be listed").path();
            // The name stands before the panic's own words.
            println!("{}", path.display());
            holds(&fs::read(&path).expect("a corpus is files"));
            replayed += 1;
        }
        assert!(replayed >= 10, "{name} has only {replayed} inputs");
    }
}

#[test]
fn every_target_has_its_fuzzer_and_every_fuzzer_its_target() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.0.to_owned()).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), targets);
    assert_eq!(names(&fuzz().join("corpus")), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("it is there");
    for target in &targets {
        let named = format!("name = \"{target}\"");
        assert!(manifest.contains(&named), "tests/fuzz/Cargo.toml has no {named}");
    }
}

/// A fuzzer that names its target wrongly must not pass for ever.
#[test]
#[should_panic(expected = "no target is called nothing")]
fn an_unknown_target_is_no_target() {
    inputs::run("nothing", b"");
}
