//! Devices whose certificates were withdrawn: a file, one id a line.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::{AuthorityError, disk};
use crate::limits::REVOKED_FILE;

const NAME: &str = "revoked";

/// What tells one version of the file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

pub(super) struct Revoked {
    path: PathBuf,
    read: Mutex<Option<Stamp>>,
    ids: RwLock<Arc<HashSet<String>>>,
}

impl Revoked {
    /// An unreadable list at the start is an error; one that is not there is empty.
    pub(super) fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join(NAME);
        let read = stamp(&path).map_err(disk(&path))?;
        let ids = if read.is_some() { ids(&path).map_err(disk(&path))? } else { HashSet::new() };
        Ok(Self { path, read: Mutex::new(read), ids: RwLock::new(Arc::new(ids)) })
    }

    pub(super) fn has(&self, device: &str) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).contains(device)
    }

    /// A list that vanished or cannot be read leaves the last one in force.
    pub(super) fn reload(&self) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = stamp(&self.path).ok().flatten();
        if found == *read {
            return false;
        }
        *read = found;
        let Ok(ids) = ids(&self.path) else {
            tracing::error!(
                "the list of revoked devices cannot be read: the last one stays in force; to clear it, empty it"
            );
            return false;
        };
        *self.ids.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ids);
        true
    }
}

fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(Stamp {
            inode: found.ino(),
            length: found.len(),
            changed: (found.mtime(), found.mtime_nsec()),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn ids(path: &Path) -> io::Result<HashSet<String>> {
    let mut text = String::new();
    if File::open(path)?.take(REVOKED_FILE + 1).read_to_string(&mut text)? as u64 > REVOKED_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let line = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    Ok(text.lines().map(line).filter(|id| link::is_device_id(id)).collect())
}
