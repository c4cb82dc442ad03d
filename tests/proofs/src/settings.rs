//! How much of a proof is run: `tests/run` takes the defaults, `tests/long` sets more.

use std::path::Path;

use tempfile::TempDir;

/// A number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Added to every seed (`VARDE_SEED`), so that a long run can go on where another ended.
pub fn seed() -> u64 {
    setting("VARDE_SEED", 0)
}

/// Says every twenty-fifth of what is done, so that a long run that is ended has said how far it came.
pub fn said(done: u64, what: &str) {
    if done.is_multiple_of(25) {
        println!("{done} {what}");
    }
}

/// A folder in memory where there is one, for faults that come from the shim and not from the disk.
pub fn folder_in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}
