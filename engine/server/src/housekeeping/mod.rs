//! What lets the log outlive its disk and its years, on a thread of its own: the mirror is brought into step, old segments
//! go to the archive and are thinned there.

mod keeping;
mod mirror;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use journal::embedded::{Mirror, Standing};

pub(crate) use self::keeping::Keeping;
pub(crate) use self::mirror::{mirror_of, open_mended, told, watch};

use crate::clock::Clock;
use crate::limits::{HOUSEKEEPING_END, KEEPING_EVERY, MIRROR_AT_START, MIRROR_EVERY};

/// The running thread.
pub(crate) struct Housekeeping {
    /// Dropped to end it.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    ended: Receiver<()>,
}

impl Housekeeping {
    /// Starts it, and waits a little for the mirror to come into step, so that most often it is from the first receipt on.
    pub(crate) fn start(
        mirror: Option<Mirror>,
        keeping: Option<Keeping>,
        clock: &Arc<Clock>,
    ) -> io::Result<Self> {
        let clock = Arc::clone(clock);
        let (stop, stopping) = channel();
        let (tell_ended, ended) = channel();
        let looked = mirror.clone();
        let run = move || {
            keep(mirror.as_ref(), keeping.as_ref(), &clock, &stopping);
            drop(tell_ended);
        };
        let thread = std::thread::Builder::new().name("housekeeping".to_owned()).spawn(run)?;
        let since = Instant::now();
        while let Some(Standing::Making { .. }) = looked.as_ref().map(Mirror::standing)
            && since.elapsed() < MIRROR_AT_START
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Self { stop: Some(stop), thread: Some(thread), ended })
    }

    /// Ends it. A disk that hangs is not waited for beyond [`HOUSEKEEPING_END`].
    pub(crate) fn stop(mut self) {
        self.stop = None;
        let ended = self.ended.recv_timeout(HOUSEKEEPING_END);
        if ended == Err(RecvTimeoutError::Disconnected)
            && let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(
                "the housekeeping thread had failed; the log itself is not touched by that"
            );
        }
    }
}

fn keep(
    mirror: Option<&Mirror>,
    keeping: Option<&Keeping>,
    clock: &Clock,
    stopping: &Receiver<()>,
) {
    let (mut said, mut kept) = (None, None::<Instant>);
    loop {
        if let Some(mirror) = mirror {
            let standing = mirror.catch_up();
            if said.as_ref() != Some(&standing) {
                say(&standing);
                said = Some(standing);
            }
        }
        if let Some(keeping) = keeping
            && kept.is_none_or(|kept| kept.elapsed() >= KEEPING_EVERY)
        {
            keeping.round(clock.now().0);
            kept = Some(Instant::now());
        }
        if stopping.recv_timeout(MIRROR_EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn say(standing: &Standing) {
    match standing {
        Standing::InStep => tracing::info!("the log is written to both disks"),
        Standing::Lost { why } => {
            tracing::error!(%why, "the log is written to ONE disk: its mirror is out of step; tried again every few seconds");
        }
        Standing::Making { done, of } => tracing::info!(done, of, "the mirror is being made"),
    }
}
