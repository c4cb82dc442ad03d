//! The key file: a header page, then one slot of 32 bytes a key. See `docs/keys.md`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use central::words::KeyId;

use super::KeysError;
use super::pool::{KEY, Key, Slot};
use crate::limits::KEY_RESERVE;

const NAME: &str = "keys";
const HEADER: usize = 4_096;
const MAGIC: &[u8; 16] = b"varde keys\0\0v1\0\0";

/// The open file, locked against other processes.
pub(super) struct KeyFile {
    path: PathBuf,
    file: File,
    /// Slots the file holds.
    slots: u64,
    /// The next key to make durable.
    next: u64,
    #[cfg(test)]
    pub(super) broken: bool,
}

impl KeyFile {
    pub(super) fn open(folder: &Path) -> Result<Self, KeysError> {
        let path = folder.join(NAME);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| KeysError::Disk { path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        for_us_alone(folder)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(at(&path))?;
        for_us_alone(&path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => KeysError::InUse(path.clone()),
            TryLockError::Error(source) => KeysError::Disk { path: path.clone(), source },
        })?;
        let length = file.metadata().map_err(at(&path))?.len();
        if is_blank(&file, length).map_err(at(&path))? {
            write_header(&file, folder).map_err(at(&path))?;
        } else if !header_is_ours(&file) {
            return Err(KeysError::NotKeys(path));
        }
        // A tail shorter than a key was being written when the power went: it was never used.
        let slots = length.saturating_sub(HEADER as u64) / KEY as u64;
        let next = slots + 1;
        Ok(Self {
            path,
            file,
            slots,
            next,
            #[cfg(test)]
            broken: false,
        })
    }

    /// Goes on after key `used`. Returns how many keys up to it the file lacks.
    pub(super) fn continue_after(&mut self, used: u64) -> u64 {
        self.next = used + 1;
        used.saturating_sub(self.slots)
    }

    /// The next `wanted` keys, durable. An erased slot on the way is passed over, so there may be fewer.
    ///
    /// Keys that an earlier run left unused are read and written again, because a process that was killed, or
    /// whose sync failed, may have left them in memory only.
    pub(super) fn make_durable(&mut self, wanted: usize) -> Result<Vec<Slot>, KeysError> {
        let first = self.next;
        let mut bytes = vec![0; wanted * KEY];
        let kept = self.slots.saturating_sub(first - 1).min(wanted as u64) as usize;
        let (old, new) = bytes.split_at_mut(kept * KEY);
        let done = self
            .file
            .read_exact_at(old, offset(first))
            .and_then(|()| {
                aws_lc_rs::rand::fill(new).map_err(|_| io::Error::other("no randomness"))
            })
            .and_then(|()| self.write_and_sync(&bytes, offset(first)));
        let keys = done.map(|()| slots_of(&bytes, first));
        bytes.fill(0);
        std::hint::black_box(&bytes);
        let keys = keys.map_err(|source| self.said(source))?;
        self.next = first + wanted as u64;
        self.slots = self.slots.max(self.next - 1);
        Ok(keys)
    }

    /// The last keys in the file, to be shared; an error if it has none.
    pub(super) fn last(&self) -> Result<Vec<Slot>, KeysError> {
        let first = self.slots.saturating_sub(KEY_RESERVE as u64) + 1;
        let mut bytes = vec![0; (self.slots + 1 - first) as usize * KEY];
        self.file.read_exact_at(&mut bytes, offset(first)).map_err(|source| self.said(source))?;
        let keys = slots_of(&bytes, first);
        if keys.is_empty() {
            return Err(self.said(io::ErrorKind::StorageFull.into()));
        }
        Ok(keys)
    }

    /// For reading while keys are made durable.
    pub(super) fn reader(&self) -> Result<Reader, KeysError> {
        self.file.try_clone().map(Reader).map_err(|source| self.said(source))
    }

    /// Overwrites each key with zeros and syncs once.
    pub(super) fn erase(&mut self, keys: &[KeyId]) -> io::Result<()> {
        #[cfg(test)]
        if self.broken {
            return Err(io::ErrorKind::StorageFull.into());
        }
        for key in keys.iter().filter(|key| (1..=self.slots).contains(&key.0)) {
            self.file.write_all_at(&[0; KEY], offset(key.0))?;
        }
        self.file.sync_data()
    }

    pub(super) fn said(&self, source: io::Error) -> KeysError {
        KeysError::Disk { path: self.path.clone(), source }
    }

    fn write_and_sync(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        #[cfg(test)]
        if self.broken {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all_at(bytes, offset)?;
        self.file.sync_data()
    }
}

/// Reads single keys, and waits for nobody.
pub(super) struct Reader(File);

impl Reader {
    /// Opens the file for reading alone, without its lock.
    pub(super) fn open(folder: &Path) -> Result<Self, KeysError> {
        let path = folder.join(NAME);
        for_us_alone(folder)?;
        for_us_alone(&path)?;
        let file = File::open(&path);
        let file = file.map_err(|source| KeysError::Disk { path: path.clone(), source })?;
        if header_is_ours(&file) { Ok(Self(file)) } else { Err(KeysError::NotKeys(path)) }
    }

    /// `None`: erased, or the file never had it.
    pub(super) fn key(&self, id: u64) -> io::Result<Option<Key>> {
        let mut bytes = [0; KEY];
        // Beyond what any file can hold, a file system says "invalid" rather than "end".
        if id == 0 || offset(id) > i64::MAX as u64 {
            return Ok(None);
        }
        match self.0.read_exact_at(&mut bytes, offset(id)) {
            Ok(()) => Ok(Key::of(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn offset(id: u64) -> u64 {
    (HEADER as u64).saturating_add((id - 1).saturating_mul(KEY as u64))
}

fn slots_of(bytes: &[u8], first: u64) -> Vec<Slot> {
    let keys = bytes.chunks_exact(KEY).map(Key::of).zip(first..);
    keys.filter_map(|(key, id)| Some(Slot { id, key: key? })).collect()
}

fn for_us_alone(path: &Path) -> Result<(), KeysError> {
    let found = fs::metadata(path);
    let found = found.map_err(|source| KeysError::Disk { path: path.to_owned(), source })?;
    let mode = found.permissions().mode() & 0o777;
    let others = mode & 0o077;
    if others == 0 { Ok(()) } else { Err(KeysError::Open { path: path.to_owned(), mode }) }
}

fn write_header(file: &File, folder: &Path) -> io::Result<()> {
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(MAGIC);
    file.write_all_at(&header, 0)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    // The folder itself may be new.
    folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// New, or its making was cut short by a power loss: no key can have been used.
fn is_blank(file: &File, length: u64) -> io::Result<bool> {
    if length > HEADER as u64 {
        return Ok(false);
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes.iter().all(|byte| *byte == 0))
}

fn header_is_ours(file: &File) -> bool {
    let mut header = [0; MAGIC.len()];
    file.read_exact_at(&mut header, 0).is_ok() && header == *MAGIC
}
