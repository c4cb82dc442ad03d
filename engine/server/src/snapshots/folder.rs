//! The folder: which snapshots there are, how one gets there, how many are kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use central::words::Seq;

use super::base::{Base, Folded};
use super::form::{self, Header, Unfit};
use crate::limits::{SNAPSHOT_BYTES, SNAPSHOTS_KEPT};

/// Where snapshots live below the data folder.
pub const FOLDER: &str = "snapshots";

const ENDING: &str = "snap";
/// What is being written; it gets its name when it is whole and durable.
const UNFINISHED: &str = "tmp";

/// The Seqs of the snapshots below a data folder by their names, newest first; none where there is no folder.
///
/// # Errors
/// The folder's.
pub fn found(data: &Path) -> io::Result<Vec<Seq>> {
    let entries = match fs::read_dir(data.join(FOLDER)) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    let mut seqs = Vec::new();
    for entry in entries {
        seqs.extend(seq_of(&entry?.path()));
    }
    seqs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(seqs)
}

fn seq_of(path: &Path) -> Option<Seq> {
    let stem = path.file_stem().filter(|_| path.extension().is_some_and(|it| it == ENDING))?;
    stem.to_str()?.parse().ok().map(Seq)
}

/// A snapshot's file.
pub(super) fn file(data: &Path, seq: Seq) -> PathBuf {
    // As many digits as the largest Seq has, so that names sort as numbers do.
    data.join(FOLDER).join(format!("{:020}.{ENDING}", seq.0))
}

/// Reads one whole.
pub(super) fn read(file: &Path) -> Result<Base, Unfit> {
    let length = fs::metadata(file)?.len();
    if length > SNAPSHOT_BYTES {
        return Err(Unfit::TooBig(length));
    }
    form::read(&fs::read(file)?)
}

/// Writes a snapshot, reads it back, and only then lets it have its name. Takes what was folded, so that its
/// memory is free before it is read back.
pub(super) fn write(data: &Path, header: &Header, folded: Folded) -> Result<PathBuf, Unfit> {
    let folder = data.join(FOLDER);
    make(data, &folder)?;
    let file = file(data, header.seq);
    let unfinished = file.with_extension(UNFINISHED);
    let written = write_unfinished(&unfinished, header, folded)
        .and_then(|()| Ok(fs::rename(&unfinished, &file)?))
        .and_then(|()| Ok(File::open(&folder)?.sync_all()?));
    if let Err(why) = written {
        // What cannot be removed now is removed before the next is written.
        let _ = fs::remove_file(&unfinished);
        return Err(why);
    }
    if let Err(why) = prune(data) {
        tracing::warn!(%why, "old snapshots cannot be removed");
    }
    Ok(file)
}

fn write_unfinished(path: &Path, header: &Header, folded: Folded) -> Result<(), Unfit> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let writer = form::write(BufWriter::with_capacity(1 << 20, file), &folded, header)?;
    drop(folded);
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file);
    let reread = read(path)?;
    if reread.header != *header {
        return Err(Unfit::Disagrees);
    }
    Ok(())
}

/// Makes the folder, its owner's alone, and removes what an interrupted writing left.
fn make(data: &Path, folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        DirBuilder::new().mode(0o700).create(folder)?;
        File::open(data)?.sync_all()?;
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Keeps the newest [`SNAPSHOTS_KEPT`].
fn prune(data: &Path) -> io::Result<()> {
    for seq in found(data)?.into_iter().skip(SNAPSHOTS_KEPT) {
        fs::remove_file(file(data, seq))?;
    }
    Ok(())
}
