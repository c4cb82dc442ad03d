//! The day roots of a log (`docs/proof-format.md`): one signed statement a UTC day and municipality about the entries that
//! stand in the log, and the proof file of one alarm against them.
//!
//! `belongs` says whose an entry is; `maker` grows the trees; `keeper` goes through a log and makes or checks the files of
//! `folder`, signed with the key of `signer`; `alarm` gathers what a proof file holds; `minder` does it beside a running engine.

pub mod limits;

mod alarm;
mod belongs;
mod folder;
mod keeper;
mod maker;
mod minder;
mod signer;

pub use alarm::{Unproven, prove};
pub use folder::{Folder, ROOTS};
pub use keeper::{Found, Keeper, Outcome};
pub use minder::{Minder, News};
pub use signer::{KEY_FILE, PUBLIC_FILE, Signer, read_public, verify};

/// Why roots cannot be made or checked: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// A file or folder.
    #[error(
        "{}: {source}: see that it exists and that the engine's user may read and write it",
        path.display()
    )]
    Disk {
        /// Which.
        path: std::path::PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The log.
    #[error("{0}")]
    Log(String),
    /// A private key that others may read.
    #[error(
        "{} can be read by others (mode {mode:o}): set it to 600, owned by the engine's user",
        path.display()
    )]
    Open {
        /// Which.
        path: std::path::PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A public key without its private one.
    #[error(
        "{} is missing beside its roots.pub: restore it from where it is kept safe; to begin with a new key, move roots.pub away",
        .0.display()
    )]
    KeyGone(std::path::PathBuf),
    /// Not a key.
    #[error("{} is not a key of this centre's roots: restore it", .0.display())]
    Unreadable(std::path::PathBuf),
    /// The cryptography.
    #[error("the key of the roots could not be made or used")]
    Crypto,
}

fn disk(path: &std::path::Path) -> impl Fn(std::io::Error) -> RootsError {
    let path = path.to_owned();
    move |source| RootsError::Disk { path: path.clone(), source }
}
