//! A second disk with the same bytes: what is written to the log goes to both, and a sync is one of both.
//!
//! [`Mirror`] is a [`Disk`]: the log writes to it and knows nothing of it. The first disk decides, as it would alone. The
//! second never does: when it fails, or hangs, the log goes on without it, and [`Mirror::standing`] says so until
//! [`Mirror::catch_up`] has brought it into step again. Why: `docs/decisions/0006-mirror.md`.

mod catch_up;
mod file;
mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::disk::{Disk, DiskFile, Lock};
use super::segment::Folder;
use file::{MirrorFile, Open};
use worker::Worker;

/// How the mirror stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Whatever is durable is durable on both disks.
    InStep,
    /// It is being made: so many segments of so many. Nothing is promised on it yet.
    Making {
        /// Segments looked at or copied.
        done: u64,
        /// Segments there are.
        of: u64,
    },
    /// The log goes on without it.
    Lost {
        /// What the disk said, or what is wrong with what it holds.
        why: String,
    },
}

/// Two disks as one. Clones are the same mirror.
#[derive(Clone)]
pub struct Mirror(Arc<Inner>);

struct Inner {
    first: Folder,
    second: Folder,
    /// Held for reading by whatever changes the log, for writing by the mirror's coming into step.
    gate: RwLock<()>,
    in_step: AtomicBool,
    standing: Mutex<Standing>,
    /// Names on the second disk, while in step.
    names: Mutex<Option<Worker<Arc<dyn Disk>>>>,
    /// Files open for writing.
    files: Mutex<Vec<Weak<Open>>>,
    /// Held by every thread that may still write to the second disk.
    alive: Arc<()>,
}

impl Mirror {
    /// A log's folder on one disk, to be mirrored in a folder on another. Out of step until [`Mirror::catch_up`].
    pub fn new(first: (Arc<dyn Disk>, PathBuf), second: (Arc<dyn Disk>, PathBuf)) -> Self {
        Self(Arc::new(Inner {
            first: Folder { disk: first.0, dir: first.1 },
            second: Folder { disk: second.0, dir: second.1 },
            gate: RwLock::new(()),
            in_step: AtomicBool::new(false),
            standing: Mutex::new(Standing::Making { done: 0, of: 0 }),
            names: Mutex::new(None),
            files: Mutex::default(),
            alive: Arc::new(()),
        }))
    }

    /// How it stands now.
    pub fn standing(&self) -> Standing {
        lock(&self.0.standing).clone()
    }
}

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mirror").field("standing", &self.standing()).finish_non_exhaustive()
    }
}

impl Inner {
    fn is_in_step(&self) -> bool {
        self.in_step.load(SeqCst)
    }

    fn stand(&self, standing: Standing) {
        *lock(&self.standing) = standing;
    }

    /// From now on the log goes on without it.
    fn lose(&self, why: String) {
        if self.in_step.swap(false, SeqCst) {
            self.stand(Standing::Lost { why });
        }
    }

    /// The same place on the second disk.
    fn there(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.first.dir).ok()?;
        Some(self.second.dir.join(below))
    }

    /// Does on the second disk what was done on the first.
    fn follow(&self, act: impl FnOnce(&mut Arc<dyn Disk>) -> io::Result<()> + Send + 'static) {
        if !self.is_in_step() {
            return;
        }
        let names = lock(&self.names);
        let done = names.as_ref().map(|names| names.call(act));
        if let Some(Err(why)) = done {
            self.lose(why);
        }
    }

    /// Opens or makes the file on the second disk too.
    fn second_file(
        &self,
        path: &Path,
        get: fn(&dyn Disk, &Path) -> io::Result<Box<dyn DiskFile>>,
    ) -> Option<Worker<Box<dyn DiskFile>>> {
        let there = self.there(path).filter(|_| self.is_in_step())?;
        let slot = Arc::new(Mutex::new(None));
        let made = Arc::clone(&slot);
        self.follow(move |disk| {
            *lock(&made) = Some(get(&**disk, &there)?);
            Ok(())
        });
        let file = lock(&slot).take()?;
        match Worker::start(file, Arc::clone(&self.alive)) {
            Ok(worker) => Some(worker),
            Err(error) => {
                self.lose(error.to_string());
                None
            }
        }
    }

    fn register(
        self: &Arc<Self>,
        path: &Path,
        first: Box<dyn DiskFile>,
        second: Option<Worker<Box<dyn DiskFile>>>,
    ) -> Box<dyn DiskFile> {
        let open = Arc::new(Open::new(path.to_owned(), first, second));
        let mut files = lock(&self.files);
        files.retain(|file| file.strong_count() > 0);
        files.push(Arc::downgrade(&open));
        Box::new(MirrorFile { open, of: Arc::clone(self) })
    }

    /// Files open for writing now.
    fn open_files(&self) -> Vec<Arc<Open>> {
        lock(&self.files).iter().filter_map(Weak::upgrade).collect()
    }
}

impl Disk for Mirror {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.0.first.disk.make_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let _held = read(&self.0.gate);
        let first = self.0.first.disk.create(path)?;
        let second = self.0.second_file(path, |disk, path| disk.create(path));
        Ok(self.0.register(path, first, second))
    }

    fn open(&self, path: &Path, write: bool) -> io::Result<Box<dyn DiskFile>> {
        let _held = read(&self.0.gate);
        let first = self.0.first.disk.open(path, write)?;
        if !write {
            return Ok(first);
        }
        let second = self.0.second_file(path, |disk, path| disk.open(path, true));
        Ok(self.0.register(path, first, second))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let _held = read(&self.0.gate);
        self.0.first.disk.rename(from, to)?;
        for file in self.0.open_files() {
            file.renamed(from, to);
        }
        if let (Some(from), Some(to)) = (self.0.there(from), self.0.there(to)) {
            self.0.follow(move |disk| disk.rename(&from, &to));
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _held = read(&self.0.gate);
        self.0.first.disk.remove(path)?;
        if let Some(there) = self.0.there(path) {
            self.0.follow(move |disk| disk.remove(&there));
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.0.first.disk.list(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let _held = read(&self.0.gate);
        self.0.first.disk.sync_dir(dir)?;
        if let Some(there) = self.0.there(dir) {
            self.0.follow(move |disk| disk.sync_dir(&there));
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        self.0.first.disk.lock(path)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(gate: &RwLock<()>) -> std::sync::RwLockReadGuard<'_, ()> {
    gate.read().unwrap_or_else(PoisonError::into_inner)
}
