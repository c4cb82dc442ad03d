//! The control door: how a command changes a log, whether an engine has it open or not.
//!
//! A running engine listens on the unix socket `control` in its data folder and takes [`Wish`]es of its own
//! account and of root alone. Where none runs, the command opens the log itself, as its one writer. Either
//! way a wish becomes an entry, and is answered when that entry is durable and applied. See `docs/control.md`.

mod account;
mod alone;
mod call;
mod serve;
mod wish;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use self::serve::{Door, Not, Post};
pub(crate) use self::wish::Known;
pub use self::wish::{Done, Wish};

use self::call::Called;
use crate::limits::{CONTROL_BATCH, CONTROL_STARTING};

/// The socket's name in the data folder.
pub const SOCKET: &str = "control";

/// Why a command's wishes were not all fulfilled.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Neither an engine answers nor can the log be opened.
    #[error(transparent)]
    Start(#[from] crate::engine::StartError),
    /// Another process has the log, and does not answer on its socket.
    #[error(
        "another process has the log below {} and does not answer on its control socket: wait until it serves, or stop it",
        .0.display()
    )]
    Unanswered(PathBuf),
    /// The engine's answer broke off.
    #[error(
        "the engine's answer did not come ({0}): what was asked may be done or not; look with `varde log` before asking again"
    )]
    Broken(std::io::Error),
    /// One was not fulfilled; those before it were.
    #[error("{why} ({done} of what was asked is done and durable)")]
    Refused {
        /// How many were fulfilled.
        done: usize,
        /// What is wrong with the next.
        why: String,
    },
}

/// Fulfils wishes in their order, each when the one before it is durable and applied: by the engine that runs on
/// this data folder, or else by opening its log here. Blocks. An [`Wish::erase`] is answered when the keys are gone too.
///
/// # Errors
/// See [`ControlError`]; what came before the refused one stays done.
pub fn submit(data: &Path, wishes: &[Wish]) -> Result<Vec<Done>, ControlError> {
    let since = Instant::now();
    loop {
        match by_engine(data, wishes) {
            Some(answered) => return answered,
            None => match alone::submit(data, wishes) {
                Err(ControlError::Unanswered(_)) if since.elapsed() < CONTROL_STARTING => {
                    // An engine between its lock and its socket, or one that is about to end.
                    std::thread::sleep(Duration::from_millis(50));
                }
                answered => return answered,
            },
        }
    }
}

/// `None`: no engine listens, and nothing was asked.
fn by_engine(data: &Path, wishes: &[Wish]) -> Option<Result<Vec<Done>, ControlError>> {
    let mut all = Vec::new();
    for some in wishes.chunks(CONTROL_BATCH) {
        match call::call(&data.join(SOCKET), some) {
            Called::Nobody if all.is_empty() => return None,
            Called::Nobody => {
                let why = "the engine has stopped".to_owned();
                return Some(Err(ControlError::Refused { done: all.len(), why }));
            }
            Called::Broken(why) => return Some(Err(ControlError::Broken(why))),
            Called::Answered(done, why) => {
                all.extend(done);
                if let Some(why) = why {
                    return Some(Err(ControlError::Refused { done: all.len(), why }));
                }
            }
        }
    }
    Some(Ok(all))
}
