//! The root files: `roots/2026-11-21/0301.json`, one line each, written once and never over another.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use proof::{DayRoot, Hash, Signed, day};

use crate::limits::ROOT_FILE;
use crate::signer::{Signer, write_new};
use crate::{RootsError, disk};

/// Where the root files live below the data folder.
pub const ROOTS: &str = "roots";

/// The folder of root files. It need not be there.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Below a data folder.
    pub fn of(data: &Path) -> Self {
        Self(data.join(ROOTS))
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// The file of a day and municipality.
    pub fn file(&self, of: u32, municipality: u16) -> PathBuf {
        self.0.join(day::name(of)).join(format!("{municipality:04}.json"))
    }

    /// What is in a root file; `Ok(None)` where there is none, `Err(None)` where it is not in its form.
    pub(crate) fn read(
        &self,
        of: u32,
        municipality: u16,
    ) -> Result<Option<Signed>, Option<RootsError>> {
        let path = self.file(of, municipality);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Some(disk(&path)(error))),
            Ok(found) if found.len() > ROOT_FILE => return Err(None),
            Ok(_) => {}
        }
        let bytes = fs::read(&path).map_err(|error| Some(disk(&path)(error)))?;
        let line = bytes.strip_suffix(b"\n").ok_or(None)?;
        Signed::read(line).map(Some).map_err(|_| None)
    }

    /// Signs a statement and keeps it.
    pub(crate) fn write(&self, root: DayRoot, signer: &Signer) -> Result<(), RootsError> {
        let path = self.file(root.day, root.municipality);
        let folder = path.parent().unwrap_or(&self.0);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk(folder))?;
        let signature = signer.sign(&root.signed())?;
        let signed = Signed { root, key: *signer.public(), signature };
        write_new(&path, signed.line().as_bytes(), 0o600)
    }

    /// Municipalities that have a file of a day.
    pub(crate) fn municipalities(&self, of: u32) -> Result<Vec<u16>, RootsError> {
        let names = list(&self.0.join(day::name(of)))?;
        let number = |name: String| name.strip_suffix(".json").and_then(|name| name.parse().ok());
        Ok(names.into_iter().filter_map(number).collect())
    }

    /// Every day that has files, oldest first.
    pub(crate) fn days(&self) -> Result<Vec<u32>, RootsError> {
        let mut days: Vec<u32> =
            list(&self.0)?.iter().filter_map(|name| day::parse(name)).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// The newest statement of each municipality up to and with a day, by what the next one calls it.
    pub(crate) fn latest(&self, until: u32) -> Result<BTreeMap<u16, Hash>, RootsError> {
        let mut latest = BTreeMap::new();
        for of in self.days()?.into_iter().filter(|of| *of <= until) {
            for municipality in self.municipalities(of)? {
                match self.read(of, municipality) {
                    Ok(Some(signed)) => {
                        latest.insert(municipality, signed.root.id());
                    }
                    Ok(None) | Err(None) => {}
                    Err(Some(why)) => return Err(why),
                }
            }
        }
        Ok(latest)
    }
}

fn list(folder: &Path) -> Result<Vec<String>, RootsError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(disk(folder)(error)),
        Ok(entries) => entries
            .map(|entry| {
                Ok(entry.map_err(disk(folder))?.file_name().to_string_lossy().into_owned())
            })
            .collect(),
    }
}
