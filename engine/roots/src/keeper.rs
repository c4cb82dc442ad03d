//! Goes through a log once, in order, and makes or checks the root files of each day that is over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use journal::embedded::Reader;
use journal::{Pos, Record};
use proof::{DayRoot, day};

use crate::RootsError;
use crate::folder::Folder;
use crate::maker::{Day, Maker};
use crate::signer::{Signer, verify};

/// What came of one root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its file was not there and is now.
    Made,
    /// Its file states just this, signed well.
    Same,
    /// Its file is not there, and nothing was to be made.
    Missing,
    /// The file there is not what the log says; it is left as it is.
    Differs(&'static str),
}

/// One root and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The UTC day, in days since 1970-01-01.
    pub day: u32,
    /// The municipality; 0 is the centre.
    pub municipality: u16,
    /// What the log says; `None` where it says nothing of that day and municipality.
    pub root: Option<DayRoot>,
    /// What came of it.
    pub outcome: Outcome,
    /// The file.
    pub file: PathBuf,
}

/// How far a log was gone through.
pub struct Keeper {
    reader: Reader,
    folder: Folder,
    maker: Option<Maker>,
    pos: Pos,
    seq: u64,
    moment: u64,
    partial: Vec<u32>,
    /// Days that had files before the log was gone through, and of them those not met yet.
    unmet: BTreeSet<u32>,
    /// The day of the first entry still kept, where earlier ones are trimmed away.
    trimmed: Option<u32>,
}

impl Keeper {
    /// At the beginning of the log in a folder; `folder` holds the root files.
    ///
    /// # Errors
    /// There is no log, or it cannot be read.
    pub fn new(log: &Path, folder: Folder) -> Result<Self, RootsError> {
        let reader = Reader::open(log).map_err(|why| RootsError::Log(why.to_string()))?;
        let unmet = folder.days()?.into_iter().collect();
        Ok(Self {
            reader,
            folder,
            maker: None,
            pos: Pos::START,
            seq: 0,
            moment: 0,
            partial: Vec::new(),
            unmet,
            trimmed: None,
        })
    }

    /// Goes on to what is durable now. With a signer, files that are missing are made. `tell` hears of each root;
    /// `rest` is called at each entry and ends the walk by saying false: it goes on from there next time.
    ///
    /// # Errors
    /// The log is damaged, or the disk refused; what was told holds.
    pub fn advance(
        &mut self,
        signer: Option<&Signer>,
        tell: &mut dyn FnMut(Found),
        rest: &mut dyn FnMut() -> bool,
    ) -> Result<(), RootsError> {
        // What lies after the note may be unsynced: a root over it could be of entries that a power loss takes back.
        let durable = self.reader.noted();
        let records = self.reader.from(self.pos).map_err(|why| RootsError::Log(why.to_string()))?;
        for record in records {
            let record = record.map_err(|damage| RootsError::Log(damage.to_string()))?;
            let Record::Entry(entry) = record else { continue };
            if entry.seq <= self.seq {
                continue;
            }
            if entry.seq > durable || !rest() {
                break;
            }
            if self.seq == 0 && entry.seq > 1 {
                self.trimmed = Some(day::of(entry.moment));
            }
            let log = self.reader.log_id();
            let maker =
                self.maker.get_or_insert_with(|| Maker::new(log, entry.seq, BTreeSet::new()));
            let placed = maker.push(&entry, &look_back(&self.reader));
            (self.pos, self.seq, self.moment) = (entry.pos, entry.seq, entry.moment);
            if let Some(over) = placed.over {
                self.over(over, signer, tell)?;
            }
        }
        Ok(())
    }

    /// Seq and Moment of the last entry gone through; zeros before the first.
    pub fn last(&self) -> (u64, u64) {
        (self.seq, self.moment)
    }

    /// Days that the log holds only in part: their files are neither made nor checked.
    pub fn partial(&self) -> &[u32] {
        &self.partial
    }

    /// Files of days that were not met in the log: one that was cut short since has them.
    ///
    /// # Errors
    /// The disk refused.
    pub fn strays(&self) -> Result<Vec<Found>, RootsError> {
        let mut strays = Vec::new();
        for &of in self.unmet.iter().filter(|of| self.trimmed.is_none_or(|first| **of > first)) {
            for municipality in self.folder.municipalities(of)? {
                let outcome =
                    Outcome::Differs("the log ends before that day is over, or has no such day");
                let file = self.folder.file(of, municipality);
                strays.push(Found { day: of, municipality, root: None, outcome, file });
            }
        }
        Ok(strays)
    }

    fn over(
        &mut self,
        over: Day,
        signer: Option<&Signer>,
        tell: &mut dyn FnMut(Found),
    ) -> Result<(), RootsError> {
        let of = over.number;
        self.unmet.remove(&of);
        if !over.whole {
            self.partial.push(of);
            let before = self.folder.latest(of)?;
            if let Some(maker) = &mut self.maker {
                maker.follow(before);
            }
            return Ok(());
        }
        let mut unknown: BTreeSet<u16> = self.folder.municipalities(of)?.into_iter().collect();
        for root in over.roots {
            unknown.remove(&root.municipality);
            let municipality = root.municipality;
            let file = self.folder.file(of, municipality);
            let outcome = self.settle(&root, signer)?;
            tell(Found { day: of, municipality, root: Some(root), outcome, file });
        }
        for municipality in unknown {
            let outcome = Outcome::Differs("the log has no entry of that day and municipality");
            let file = self.folder.file(of, municipality);
            tell(Found { day: of, municipality, root: None, outcome, file });
        }
        Ok(())
    }

    fn settle(&self, root: &DayRoot, signer: Option<&Signer>) -> Result<Outcome, RootsError> {
        let there = match self.folder.read(root.day, root.municipality) {
            Ok(there) => there,
            Err(None) => return Ok(Outcome::Differs("the file is not in its form")),
            Err(Some(why)) => return Err(why),
        };
        Ok(match (there, signer) {
            (Some(signed), _) if signed.root != *root => {
                Outcome::Differs("the file states another root than the log gives")
            }
            (Some(signed), _) if !signed.is_good(&verify) => {
                Outcome::Differs("the signature is not of its key")
            }
            (Some(signed), Some(signer)) if signed.key != *signer.public() => {
                Outcome::Differs("another key than this centre's signed the file")
            }
            (Some(_), _) => Outcome::Same,
            (None, None) => Outcome::Missing,
            (None, Some(signer)) => {
                self.folder.write(root.clone(), signer)?;
                Outcome::Made
            }
        })
    }
}

/// Reads the body of an earlier entry.
pub(crate) fn look_back(reader: &Reader) -> impl Fn(u64) -> Option<Vec<u8>> + '_ {
    |seq| match reader.from_seq(seq).ok()?.next()?.ok()? {
        Record::Entry(entry) if entry.seq == seq => Some(entry.body.to_vec()),
        _ => None,
    }
}

impl Found {
    /// Its day and municipality.
    pub fn name(&self) -> String {
        format!("{} {:04}", day::name(self.day), self.municipality)
    }

    /// One line about it.
    pub fn line(&self) -> String {
        let what = match &self.outcome {
            Outcome::Made => "made".to_owned(),
            Outcome::Same => "as the log says".to_owned(),
            Outcome::Missing => "not made yet".to_owned(),
            Outcome::Differs(why) => format!("DIFFERS: {why} ({})", self.file.display()),
        };
        match &self.root {
            Some(root) => {
                let hash = proof::line::hex(&root.root);
                format!("{} {} entries {hash} {what}", self.name(), root.size)
            }
            None => format!("{} {what}", self.name()),
        }
    }
}
