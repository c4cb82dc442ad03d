//! Power-loss images: what may be on the disk when the power goes at one moment of a recorded run.
//!
//! What a completed sync covers is there. Of everything else any subset of 4 KiB blocks may be there,
//! in any order, and a block may be torn between its 512-byte sectors. A new or renamed file may be
//! missing until its folder was synced; such changes of one folder reach the disk in their order.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::rng::Rng;

const BLOCK: u64 = 4096;
const SECTOR: usize = 512;

/// One recorded change.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which: see the shim.
    pub op: u8,
    /// Wall nanoseconds.
    pub at: u64,
    /// Below the data folder.
    pub path: String,
    /// Where in the file.
    pub offset: u64,
    /// How much.
    pub length: u32,
    /// What, for `w` and `r`.
    pub data: Vec<u8>,
}

/// Reads a trace. A last step cut short by a kill is left out.
pub fn read(trace: &Path) -> Vec<Step> {
    let bytes = std::fs::read(trace).expect("a trace was recorded");
    let mut rest = bytes.as_slice();
    let mut steps = Vec::new();
    while let Some(step) = step(&mut rest) {
        steps.push(step);
    }
    steps
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(n)?;
    *rest = tail;
    Some(head)
}

fn step(rest: &mut &[u8]) -> Option<Step> {
    let op = take(rest, 1)?[0];
    let at = u64::from_le_bytes(take(rest, 8)?.try_into().ok()?);
    let n = u16::from_le_bytes(take(rest, 2)?.try_into().ok()?);
    let path = String::from_utf8(take(rest, usize::from(n))?.to_vec()).ok()?;
    let offset = u64::from_le_bytes(take(rest, 8)?.try_into().ok()?);
    let length = u32::from_le_bytes(take(rest, 4)?.try_into().ok()?);
    let data =
        if matches!(op, b'w' | b'r') { take(rest, length as usize)?.to_vec() } else { Vec::new() };
    Some(Step { op, at, path, offset, length, data })
}

/// How hard the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Whole blocks come or do not.
    Clean,
    /// A block may be torn between sectors.
    Torn,
}

#[derive(Clone, Debug, Default)]
struct FileState {
    durable: Vec<u8>,
    /// Not yet covered by a completed sync, in order.
    pending: Vec<Write>,
    /// How many of `pending` were there when the sync under way began.
    syncing: Option<usize>,
}

#[derive(Clone, Debug)]
struct Write {
    offset: u64,
    /// `None`: a truncation to `offset`.
    data: Option<Vec<u8>>,
}

/// Builds what may be on the disk at wall moment `at` in a folder.
pub fn build(steps: &[Step], at: u64, loss: Loss, rng: &mut Rng, to: &Path) {
    let mut disk = Simulated::default();
    for step in steps.iter().take_while(|step| step.at <= at) {
        disk.apply(step);
    }
    disk.power_off(loss, rng, to);
}

/// A disk as the steps so far leave it.
#[derive(Clone, Default)]
pub struct Simulated {
    /// By a number that a name points to, so that a rename moves the file and not its bytes.
    files: Vec<FileState>,
    names: BTreeMap<String, usize>,
    /// Names as a folder sync made them durable, and the changes since.
    durable_names: BTreeMap<String, usize>,
    name_changes: Vec<(String, Option<usize>)>,
    /// Changes of names that a folder sync under way will cover.
    naming: BTreeMap<String, usize>,
}

impl Simulated {
    /// Puts into a folder what may be left when the power goes now.
    pub fn power_off(&self, loss: Loss, rng: &mut Rng, to: &Path) {
        let mut left = self.clone();
        left.lose(loss, rng);
        left.write(to);
    }

    /// One more step.
    pub fn apply(&mut self, step: &Step) {
        match step.op {
            b'c' => {
                self.files.push(FileState::default());
                self.name(&step.path, Some(self.files.len() - 1));
            }
            b'w' => self.pend(step, Some(step.data.clone())),
            b'z' => self.pend(step, Some(vec![0; step.length as usize])),
            b't' => self.pend(step, None),
            b's' => {
                let file = self.file(&step.path);
                file.syncing = Some(file.pending.len());
            }
            b'S' => {
                let file = self.file(&step.path);
                let covered = file.syncing.take().unwrap_or(0);
                let done: Vec<Write> = file.pending.drain(..covered).collect();
                for write in &done {
                    apply_write(&mut file.durable, write);
                }
            }
            b'd' => {
                self.naming.insert(step.path.clone(), self.name_changes.len());
            }
            b'D' => self.folder_synced(&step.path),
            b'r' => {
                let to = String::from_utf8_lossy(&step.data).into_owned();
                let file = self.names.get(&step.path).copied();
                self.name(&step.path, None);
                self.name(&to, file);
            }
            b'u' => self.name(&step.path, None),
            other => panic!("the shim recorded an unknown step {other}"),
        }
    }

    fn pend(&mut self, step: &Step, data: Option<Vec<u8>>) {
        self.file(&step.path).pending.push(Write { offset: step.offset, data });
    }

    fn file(&mut self, path: &str) -> &mut FileState {
        let at = *self.names.get(path).unwrap_or_else(|| panic!("{path} was never made"));
        &mut self.files[at]
    }

    fn name(&mut self, path: &str, file: Option<usize>) {
        match file {
            Some(file) => self.names.insert(path.to_owned(), file),
            None => self.names.remove(path),
        };
        self.name_changes.push((path.to_owned(), file));
    }

    fn folder_synced(&mut self, folder: &str) {
        let covered = self.naming.remove(folder).unwrap_or(0);
        let changes: Vec<_> =
            self.name_changes.drain(..covered.min(self.name_changes.len())).collect();
        for (path, file) in changes {
            if parent(&path) == folder {
                set_name(&mut self.durable_names, path, file);
            } else {
                self.name_changes.insert(0, (path, file));
            }
        }
        self.naming.clear();
    }

    /// The power goes: what was not covered comes in part.
    fn lose(&mut self, loss: Loss, rng: &mut Rng) {
        let kept = rng.below(self.name_changes.len() as u64 + 1) as usize;
        for (path, file) in std::mem::take(&mut self.name_changes).into_iter().take(kept) {
            set_name(&mut self.durable_names, path, file);
        }
        for file in &mut self.files {
            lose_blocks(file, loss, rng);
        }
    }

    fn write(&self, to: &Path) {
        for (name, file) in &self.durable_names {
            let path: PathBuf = to.join(name.trim_start_matches('/'));
            let folder = path.parent().expect("a file is in a folder");
            // Modes as the engine makes them: it refuses keys that others could read.
            let mut maker = std::fs::DirBuilder::new();
            maker.recursive(true).mode(0o700).create(folder).expect("a folder is made");
            let mut options = std::fs::OpenOptions::new();
            let made = options.create(true).truncate(true).write(true).mode(0o600).open(path);
            let mut made = made.expect("the image can be made");
            made.write_all(&self.files[*file].durable).expect("the image is written");
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn set_name(names: &mut BTreeMap<String, usize>, path: String, file: Option<usize>) {
    match file {
        Some(file) => names.insert(path, file),
        None => names.remove(&path),
    };
}

fn apply_write(to: &mut Vec<u8>, write: &Write) {
    let Some(data) = &write.data else {
        to.resize(write.offset as usize, 0);
        return;
    };
    let from = write.offset as usize;
    if to.len() < from + data.len() {
        to.resize(from + data.len(), 0);
    }
    to[from..from + data.len()].copy_from_slice(data);
}

/// Each unsynced 4 KiB block holds its content as of any one of the writes to it, or as of none.
fn lose_blocks(file: &mut FileState, loss: Loss, rng: &mut Rng) {
    for write in std::mem::take(&mut file.pending) {
        let Some(data) = &write.data else {
            if rng.below(2) == 0 {
                file.durable.resize(write.offset as usize, 0);
            }
            continue;
        };
        let mut at = 0;
        while at < data.len() {
            let place = write.offset + at as u64;
            let n = ((BLOCK - place % BLOCK) as usize).min(data.len() - at);
            let part = &data[at..at + n];
            match rng.below(if loss == Loss::Torn { 3 } else { 2 }) {
                0 => {}
                1 => apply_write(
                    &mut file.durable,
                    &Write { offset: place, data: Some(part.to_vec()) },
                ),
                _ => tear(&mut file.durable, place, part, rng),
            }
            at += n;
        }
    }
}

fn tear(to: &mut Vec<u8>, place: u64, part: &[u8], rng: &mut Rng) {
    let mut at = 0;
    while at < part.len() {
        let here = place + at as u64;
        let n = (SECTOR - (here as usize % SECTOR)).min(part.len() - at);
        if rng.below(2) == 0 {
            apply_write(to, &Write { offset: here, data: Some(part[at..at + n].to_vec()) });
        }
        at += n;
    }
}
