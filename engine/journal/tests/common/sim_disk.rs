//! A disk in memory that knows what is durable, can fail, and can lose its power.
//!
//! What was written and not synced is, in an image after power loss, there or not in any mixture of 512-byte sectors; names not
//! synced are lost from some change on. With `ignore_sync` it lies about syncs: a test that finds no loss then is no test.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use journal::embedded::{Disk, DiskFile, Lock};

use super::Seeded;

const SECTOR: usize = 512;
const BLOCK: usize = 4096;

/// What is to go wrong. Operations are counted from 1 in the order they come.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// From this write or sync on, none reaches the disk: the process is dead.
    pub crash_at: Option<u64>,
    /// This sync fails, and what it should have made durable may be lost.
    pub sync_error: Option<u64>,
    /// This write fails.
    pub write_error: Option<u64>,
    /// This read fails.
    pub read_error: Option<u64>,
    /// Bytes all files may have together.
    pub capacity: Option<u64>,
    /// Syncs do nothing.
    pub ignore_sync: bool,
    /// Each sync takes this long.
    pub sync_takes: std::time::Duration,
}

#[derive(Clone, Default)]
struct Inode {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Ranges written since the last sync.
    unsynced: Vec<(usize, usize)>,
}

#[derive(Clone)]
enum Change {
    Link(PathBuf, usize),
    Unlink(PathBuf),
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    changes: Vec<(PathBuf, Vec<Change>)>,
    faults: Faults,
    ops: u64,
    writes: u64,
    syncs: u64,
    reads: u64,
    locked: HashSet<PathBuf>,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

impl SimDisk {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    pub fn set(&self, faults: Faults) {
        let mut state = self.0.lock().unwrap();
        (state.ops, state.writes, state.syncs, state.reads) = (0, 0, 0, 0);
        state.faults = faults;
    }

    /// Whether the crash asked for has come.
    pub fn is_dead(&self) -> bool {
        let state = self.0.lock().unwrap();
        state.faults.crash_at.is_some_and(|at| state.ops >= at)
    }

    /// (operations that change the disk, writes, syncs, reads) since the faults were set.
    pub fn counts(&self) -> (u64, u64, u64, u64) {
        let state = self.0.lock().unwrap();
        (state.ops, state.writes, state.syncs, state.reads)
    }

    /// The disk as it may be after the power went now.
    pub fn power_loss(&self, seeded: &Seeded) -> SimDisk {
        let state = self.0.lock().unwrap();
        let inodes: Vec<Inode> = state.inodes.iter().map(|inode| lose(inode, seeded)).collect();
        let mut names = state.durable_names.clone();
        let kept = seeded.below(state.changes.len() as u64 + 1) as usize;
        for (_, changes) in &state.changes[..kept] {
            apply_all(&mut names, changes);
        }
        let durable_names = names.clone();
        SimDisk(Arc::new(Mutex::new(State { inodes, names, durable_names, ..State::default() })))
    }

    /// The disk as another process finds it after this one was killed: nothing is lost.
    pub fn killed(&self) -> SimDisk {
        let state = self.0.lock().unwrap();
        let whole = |inode: &Inode| Inode { durable: inode.now.clone(), ..Inode::kept(&inode.now) };
        let inodes = state.inodes.iter().map(whole).collect();
        let (names, durable_names) = (state.names.clone(), state.names.clone());
        SimDisk(Arc::new(Mutex::new(State { inodes, names, durable_names, ..State::default() })))
    }

    /// Files with their bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let state = self.0.lock().unwrap();
        let file =
            |(path, inode): (&PathBuf, &usize)| (path.clone(), state.inodes[*inode].now.clone());
        state.names.iter().map(file).collect()
    }

    /// Changes a file behind the log's back.
    pub fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.lock().unwrap();
        let inode = state.names[path];
        change(&mut state.inodes[inode].now);
    }

    /// Removes a file behind the log's back, and returns what puts it back.
    pub fn take_away(&self, path: &Path) -> impl FnOnce() + use<> {
        let inode = self.0.lock().unwrap().names.remove(path).unwrap();
        let (disk, path) = (self.clone(), path.to_owned());
        move || {
            disk.0.lock().unwrap().names.insert(path, inode);
        }
    }
}

impl Inode {
    fn kept(bytes: &[u8]) -> Self {
        Self { now: bytes.to_vec(), durable: bytes.to_vec(), unsynced: Vec::new() }
    }
}

/// Of each 4 KiB block not synced: all of it, nothing, or some of its sectors.
fn lose(inode: &Inode, seeded: &Seeded) -> Inode {
    let mut image = inode.durable.clone();
    if inode.now.len() != image.len() && seeded.below(2) == 0 {
        image.resize(inode.now.len(), 0);
    }
    let mut sectors: Vec<usize> =
        inode.unsynced.iter().flat_map(|(from, to)| from / SECTOR..to.div_ceil(SECTOR)).collect();
    sectors.sort_unstable();
    sectors.dedup();
    let (mut block, mut fate) = (usize::MAX, 0);
    for sector in sectors {
        if block != sector * SECTOR / BLOCK {
            block = sector * SECTOR / BLOCK;
            fate = seeded.below(3);
        }
        if fate == 0 || (fate == 1 && seeded.below(2) == 0) {
            let range =
                sector * SECTOR..((sector + 1) * SECTOR).min(image.len()).min(inode.now.len());
            if range.start < range.end {
                image[range.clone()].copy_from_slice(&inode.now[range]);
            }
        }
    }
    Inode::kept(&image)
}

fn apply_all(names: &mut BTreeMap<PathBuf, usize>, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Link(path, inode) => names.insert(path.clone(), *inode),
            Change::Unlink(path) => names.remove(path),
        };
    }
}

impl State {
    fn change(&mut self, dir: &Path, changes: Vec<Change>) {
        apply_all(&mut self.names, &changes);
        self.changes.push((dir.to_owned(), changes));
    }

    /// Counts an operation that reaches the disk, or says why it does not.
    fn reach(&mut self) -> io::Result<()> {
        self.ops += 1;
        match self.faults.crash_at {
            Some(at) if self.ops >= at => Err(io::Error::other("crashed")),
            _ => Ok(()),
        }
    }

    fn used(&self) -> u64 {
        self.names.values().map(|inode| self.inodes[*inode].now.len() as u64).sum()
    }
}

struct SimFile {
    disk: SimDisk,
    inode: usize,
}

impl Disk for SimDisk {
    fn make_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.0.lock().unwrap();
        state.reach()?;
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        let dir = path.parent().unwrap().to_owned();
        state.change(&dir, vec![Change::Link(path.to_owned(), inode)]);
        Ok(Box::new(SimFile { disk: self.clone(), inode }))
    }

    fn open(&self, path: &Path, _: bool) -> io::Result<Box<dyn DiskFile>> {
        let state = self.0.lock().unwrap();
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimFile { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.reach()?;
        let inode = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        let changes = vec![Change::Unlink(from.to_owned()), Change::Link(to.to_owned(), inode)];
        state.change(from.parent().unwrap(), changes);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.reach()?;
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(path.parent().unwrap(), vec![Change::Unlink(path.to_owned())]);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.0.lock().unwrap();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.reach()?;
        if state.faults.ignore_sync {
            return Ok(());
        }
        let changes = std::mem::take(&mut state.changes);
        let (synced, left) = changes.into_iter().partition(|(of, _)| of == dir);
        state.changes = left;
        let synced: Vec<(PathBuf, Vec<Change>)> = synced;
        for (_, changes) in &synced {
            apply_all(&mut state.durable_names, changes);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let mut state = self.0.lock().unwrap();
        let free = state.locked.insert(path.to_owned());
        let held = Held { disk: self.clone(), path: path.to_owned() };
        Ok(free.then(|| Box::new(held) as Lock))
    }
}

struct Held {
    disk: SimDisk,
    path: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.disk.0.lock().unwrap().locked.remove(&self.path);
    }
}

impl DiskFile for SimFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.reach()?;
        state.writes += 1;
        if state.faults.write_error == Some(state.writes) {
            return Err(io::Error::other("the write failed"));
        }
        let (from, to) = (offset as usize, offset as usize + bytes.len());
        let grows = to.saturating_sub(state.inodes[self.inode].now.len()) as u64;
        let used = state.used();
        if grows > 0 && state.faults.capacity.is_some_and(|capacity| used + grows > capacity) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let inode = &mut state.inodes[self.inode];
        if inode.now.len() < to {
            inode.now.resize(to, 0);
        }
        inode.now[from..to].copy_from_slice(bytes);
        inode.unsynced.push((from, to));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let takes = self.disk.0.lock().unwrap().faults.sync_takes;
        std::thread::sleep(takes);
        let mut state = self.disk.0.lock().unwrap();
        state.reach()?;
        state.syncs += 1;
        if state.faults.sync_error == Some(state.syncs) {
            return Err(io::Error::other("the sync failed"));
        }
        if !state.faults.ignore_sync {
            let inode = &mut state.inodes[self.inode];
            inode.durable.resize(inode.now.len(), 0);
            for (from, to) in std::mem::take(&mut inode.unsynced) {
                inode.durable[from..to].copy_from_slice(&inode.now[from..to]);
            }
        }
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.0.lock().unwrap();
        state.reads += 1;
        if state.faults.read_error == Some(state.reads) {
            return Err(io::Error::other("the read failed"));
        }
        let now = &state.inodes[self.inode].now;
        let from = offset as usize;
        let held = now.get(from..from + bytes.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(held);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().unwrap().inodes[self.inode].now.len() as u64)
    }
}
