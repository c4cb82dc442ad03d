//! The one thread that decides: the sequencer's turns, with sleep between them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use journal::embedded::Embedded;
use lanes::Waker;
use sequencer::{Halt, Sequencer, Turn};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::shell::Outbox;

/// The longest sleep when nothing is due: the log's health is looked at this often.
const LONGEST_SLEEP: Duration = Duration::from_millis(250);

/// How the thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Asked to; the log is whole and its head noted.
    Cleanly,
    /// The log stopped after a failed write or sync: nothing more is promised (exit 74).
    LogStopped,
    /// An entry could not be applied; the sentence says which.
    CannotApply(String),
    /// A defect outside the fold: nothing is promised any more, and a start folds the log anew.
    Panicked,
}

/// The running thread.
pub(super) struct SequencerThread {
    handle: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    waker: Waker,
    ended: watch::Receiver<Option<Ended>>,
}

impl SequencerThread {
    /// Starts the turns.
    pub(super) fn start(
        mut sequencer: Sequencer<Embedded, Outbox>,
        clock: Arc<Clock>,
        waker: Waker,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, ended) = watch::channel(None);
        let asked = Arc::clone(&stop);
        let run = move || {
            let turned = AssertUnwindSafe(|| turns(&mut sequencer, &clock, &asked));
            let end = catch_unwind(turned).unwrap_or(Ended::Panicked);
            if end == Ended::Cleanly
                && let Err(why) = sequencer.into_log().stop()
            {
                tracing::error!(%why, "the log's head could not be noted; the next start looks closer");
            }
            let _ = tell.send(Some(end));
        };
        let handle = std::thread::Builder::new().name("sequencer".to_owned()).spawn(run)?;
        Ok(Self { handle, stop, waker, ended })
    }

    /// Becomes `Some` when the thread has ended.
    pub(super) fn ended(&self) -> watch::Receiver<Option<Ended>> {
        self.ended.clone()
    }

    /// Lets what is in flight become durable, notes the head, ends. Blocks.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
        if self.handle.join().is_err() {
            tracing::error!("the sequencer thread panicked; the next start reads the log again");
        }
    }
}

fn turns(sequencer: &mut Sequencer<Embedded, Outbox>, clock: &Clock, asked: &AtomicBool) -> Ended {
    loop {
        match sequencer.turn(clock.now().0) {
            Turn::Worked => {}
            Turn::Idle { .. } if asked.load(Ordering::Acquire) && sequencer.is_quiet() => {
                sequencer.write_decided();
                return Ended::Cleanly;
            }
            Turn::Idle { wake } => {
                let due = wake.map_or(LONGEST_SLEEP, |wake| {
                    Duration::from_nanos(wake.saturating_sub(clock.now().0))
                });
                sequencer.wait(due.min(LONGEST_SLEEP));
            }
            Turn::Stopped(Halt::Log) => return Ended::LogStopped,
            Turn::Stopped(why) => return Ended::CannotApply(why.to_string()),
        }
    }
}
