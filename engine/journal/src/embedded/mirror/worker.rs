//! A thread that alone touches one thing on the second disk, so that a disk that hangs holds up nobody for long.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};

use crate::limits::{MIRROR_JOBS, MIRROR_WAIT_MILLIS};

type Act<T> = Box<dyn FnOnce(&mut T) -> io::Result<()> + Send>;

enum Job<T> {
    Do(Act<T>),
    /// Tells how everything before it went.
    Tell(Sender<Option<String>>),
}

/// Does what it is given, in order, on a thread of its own.
pub(super) struct Worker<T> {
    jobs: Sender<Job<T>>,
}

/// An answer under way.
pub(super) struct Asked {
    told: Receiver<Option<String>>,
    until: Instant,
}

impl<T: Send + 'static> Worker<T> {
    /// `alive` is held for as long as the thread lives: it may still write.
    pub(super) fn start(mut on: T, alive: Arc<()>) -> io::Result<Self> {
        let (jobs, queue) = bounded(MIRROR_JOBS);
        let run = move || {
            let mut failed = None;
            for job in queue {
                match job {
                    Job::Do(act) if failed.is_none() => {
                        failed = act(&mut on).err().map(|error| error.to_string());
                    }
                    Job::Do(_) => {}
                    Job::Tell(tell) => {
                        let _ = tell.send(failed.clone());
                    }
                }
            }
            drop(alive);
        };
        thread::Builder::new().name("journal-mirror".to_owned()).spawn(run)?;
        Ok(Self { jobs })
    }

    /// Hands over what is to be done.
    pub(super) fn post(
        &self,
        act: impl FnOnce(&mut T) -> io::Result<()> + Send + 'static,
    ) -> Result<(), String> {
        self.send(Job::Do(Box::new(act)))
    }

    /// Asks how everything handed over went.
    pub(super) fn ask(&self) -> Result<Asked, String> {
        let (tell, told) = bounded(1);
        self.send(Job::Tell(tell))?;
        Ok(Asked { told, until: Instant::now() + patience() })
    }

    /// Does something and waits for it.
    pub(super) fn call(
        &self,
        act: impl FnOnce(&mut T) -> io::Result<()> + Send + 'static,
    ) -> Result<(), String> {
        self.post(act)?;
        self.ask()?.wait()
    }

    fn send(&self, job: Job<T>) -> Result<(), String> {
        self.jobs.send_timeout(job, patience()).map_err(|_| hanging())
    }
}

impl Asked {
    pub(super) fn wait(self) -> Result<(), String> {
        match self.told.recv_deadline(self.until) {
            Ok(None) => Ok(()),
            Ok(Some(why)) => Err(why),
            Err(_) => Err(hanging()),
        }
    }
}

fn patience() -> Duration {
    Duration::from_millis(MIRROR_WAIT_MILLIS)
}

fn hanging() -> String {
    format!("it did not answer in {MIRROR_WAIT_MILLIS} ms")
}
