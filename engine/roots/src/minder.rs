//! Beside a running engine: a thread that goes through the log slowly, makes the roots of each day that is over, and says
//! aloud when a file there is not what the log says.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use proof::day;

use crate::RootsError;
use crate::folder::Folder;
use crate::keeper::{Found, Keeper, Outcome};
use crate::limits::{BREATH, FIRST_LOOK, IDLE_AFTER, LOOK_EVERY, REST};
use crate::signer::Signer;

/// What the thread tells.
#[derive(Debug)]
pub enum News {
    /// The roots of a day were made: which, and of how many municipalities.
    Made(String, u64),
    /// A file is not what the log says. Told once a start.
    Differs(Found),
    /// It could not go on; it tries again at the next look.
    Failed(RootsError),
    /// The log stands still past midnight: propose a Tick, so that the day before can be closed.
    Idle,
}

/// The running thread.
pub struct Minder {
    stop: Arc<AtomicBool>,
    handle: Option<JoinHandle<()>>,
}

/// What it works on.
struct Work {
    log: PathBuf,
    folder: Folder,
    signer: Signer,
    now: Box<dyn Fn() -> u64 + Send>,
    tell: Box<dyn Fn(News) + Send>,
    stop: Arc<AtomicBool>,
}

impl Minder {
    /// Starts it. `now` is the engine's clock, nanoseconds since the epoch; `tell` is called on its thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        log: PathBuf,
        folder: Folder,
        signer: Signer,
        now: impl Fn() -> u64 + Send + 'static,
        tell: impl Fn(News) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (now, tell) = (Box::new(now), Box::new(tell));
        let work = Work { log, folder, signer, now, tell, stop: Arc::clone(&stop) };
        let handle =
            std::thread::Builder::new().name("roots".to_owned()).spawn(move || work.run())?;
        Ok(Self { stop, handle: Some(handle) })
    }

    /// Ends it after the entry it is at. Blocks for that long.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(handle) = self.handle.take() {
            handle.thread().unpark();
            // A panic there is its own; what is durable is not touched by it.
            let _ = handle.join();
        }
    }
}

impl Drop for Minder {
    fn drop(&mut self) {
        self.end();
    }
}

impl Work {
    fn run(self) {
        let mut keeper = None;
        std::thread::park_timeout(FIRST_LOOK);
        while !self.stop.load(Ordering::Acquire) {
            if let Err(why) = self.look(&mut keeper) {
                (self.tell)(News::Failed(why));
                // What was gone through may have been trimmed meanwhile: begin anew.
                keeper = None;
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    fn look(&self, keeper: &mut Option<Keeper>) -> Result<(), RootsError> {
        if keeper.is_none() {
            *keeper = Some(Keeper::new(&self.log, self.folder.clone())?);
        }
        let Some(keeper) = keeper else { return Ok(()) };
        let mut made = std::collections::BTreeMap::<u32, u64>::new();
        let mut tell = |found: Found| match found.outcome {
            Outcome::Made => *made.entry(found.day).or_default() += 1,
            Outcome::Differs(_) => (self.tell)(News::Differs(found)),
            Outcome::Same | Outcome::Missing => {}
        };
        let mut count = 0;
        let mut rest = || {
            count += 1;
            if count % BREATH == 0 {
                std::thread::sleep(REST);
            }
            !self.stop.load(Ordering::Acquire)
        };
        let walked = keeper.advance(Some(&self.signer), &mut tell, &mut rest);
        for (of, municipalities) in made {
            (self.tell)(News::Made(day::name(of), municipalities));
        }
        walked?;
        let (seq, moment) = keeper.last();
        let now = (self.now)();
        let midnight = u64::from(day::of(now)) * day::NANOS;
        if seq > 0 && moment < midnight && now - midnight >= IDLE_AFTER {
            (self.tell)(News::Idle);
        }
        Ok(())
    }
}
