//! The thread: finds the database or begins one, folds what is durable, and begins again after a failure.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use central::entry::Entry;
use rusqlite::Connection;

use super::fold::Fold;
use super::limits::{BATCH, LOOK, RETRY};
use super::schema::{self, At, Found, Unfit};
use super::source::{self, Ruled, Source};
use super::tally::Tallies;
use super::{ASIDE, FILE, NEW, Options, Readable, Shared, Trouble};

pub(super) struct Follower {
    options: Options,
    shared: Arc<Shared>,
    /// Which file is being worked on.
    file: Cell<&'static str>,
    /// Every page of the files was looked at in this run: a retry does not read them all again.
    looked: Cell<bool>,
}

/// The database being folded into.
struct Open {
    tables: Connection,
    at: At,
    /// It is the new one, which takes the other's place when it has come as far as the log.
    new: bool,
}

impl Follower {
    pub(super) fn new(options: Options, shared: Arc<Shared>) -> Self {
        Self { options, shared, file: Cell::new(FILE), looked: Cell::new(false) }
    }

    /// Until asked to stop. A failure is said once and tried again; each try begins from what is on the disk.
    pub(super) fn run(&self) {
        let mut said = String::new();
        while !self.stopping() {
            let followed = catch_unwind(AssertUnwindSafe(|| self.follow(&mut said)));
            let why = match followed {
                Ok(Ok(never)) => match never {},
                Ok(Err(why)) => why,
                Err(_) => Trouble::Panicked,
            };
            if self.stopping() {
                return;
            }
            self.options.figures.set_failing(true);
            let sentence = why.to_string();
            if sentence != said {
                tracing::error!(why = sentence, "history stands still; tried again by itself");
                said = sentence;
            }
            self.put_right(&why);
            self.wait(RETRY);
        }
    }

    fn stopping(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Sleeps, or not, if asked to stop.
    fn wait(&self, time: Duration) {
        let (stopped, told) = &self.shared.stopped;
        let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        drop(told.wait_timeout_while(stopped, time, |stopped| !*stopped));
    }

    /// What a failure says about the file itself is acted on before the next try.
    fn put_right(&self, why: &Trouble) {
        let unfit = match why {
            Trouble::Unfit(unfit) => *unfit,
            Trouble::Database(why) if schema::is_damage(why) => Unfit::Damaged,
            _ => return,
        };
        self.looked.set(false);
        if let Err(why) = self.set_aside(self.file.get(), unfit) {
            tracing::error!(%why, "the database cannot be set aside");
        }
    }

    fn follow(&self, said: &mut String) -> Result<std::convert::Infallible, Trouble> {
        if !(self.options.roomy)() {
            return Err(Trouble::NoRoom);
        }
        make_folder(&self.options.folder)?;
        let (mut open, mut source) = self.open()?;
        loop {
            if self.stopping() {
                return Err(Trouble::Stop);
            }
            if self.shared.damaged.swap(false, Ordering::Relaxed) {
                return Err(Trouble::Unfit(Unfit::Damaged));
            }
            let durable = (self.options.durable)();
            let batch = source.batch(durable)?;
            if !batch.is_empty() {
                if !(self.options.roomy)() {
                    return Err(Trouble::NoRoom);
                }
                self.fold(&mut open, &batch)?;
                self.options.figures.folded(batch.len(), std::mem::take(&mut source.lost));
            }
            self.tell_lag(&open.at, durable);
            if batch.len() == BATCH {
                continue;
            }
            // As far as can be: what is left waits for its decisions.
            source.rest();
            if open.new && (source.is_level(durable) || source.awaits()) {
                open = self.take_place(open)?;
            }
            self.options.figures.set_failing(false);
            said.clear();
            self.wait(LOOK);
        }
    }

    fn tell_lag(&self, at: &At, durable: u64) {
        let entries = durable.saturating_sub(at.seq);
        let nanos = if entries == 0 { 0 } else { (self.options.now)().saturating_sub(at.moment) };
        self.options.figures.lag(entries, nanos);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.options.folder.join(name)
    }

    /// The database to go on with: the one that is there, else the new one that was begun, else one begun now.
    fn open(&self) -> Result<(Open, Source), Trouble> {
        let id = source::open(&self.options.log)?.log_id();
        for (name, new) in [(FILE, false), (NEW, true)] {
            self.file.set(name);
            let found = self.look(name, id)?;
            let unfit = match found {
                Found::Missing => continue,
                Found::Unfit(unfit) => unfit,
                Found::Fit(tables, at) if at.seq <= (self.options.durable)() => {
                    match Source::after(&self.options.log, &at, &self.shared.stop)? {
                        Ok(source) => {
                            self.empty_ahead(&tables)?;
                            self.readable(!new);
                            self.looked.set(true);
                            return Ok((Open { tables, at, new }, source));
                        }
                        Err(unfit) => unfit,
                    }
                }
                Found::Fit(..) => Unfit::Ahead,
            };
            tracing::warn!(
                file = name,
                why = unfit.name(),
                "this database is folded anew from the log"
            );
            self.readable(false);
            // One that is only out of date stays until the new one takes its place.
            if new || unfit.is_kept() {
                self.set_aside(name, unfit)?;
            }
        }
        self.readable(false);
        self.file.set(NEW);
        let at = At::start(id);
        let tables =
            schema::create(&self.path(NEW), &at, &self.options.retention, &self.shared.stop)?;
        let source =
            Source::after(&self.options.log, &at, &self.shared.stop)?.map_err(Trouble::Unfit)?;
        Ok((Open { tables, at, new: true }, source))
    }

    fn look(&self, name: &str, log: [u8; 16]) -> Result<Found, Trouble> {
        let (retention, stop) = (&self.options.retention, &self.shared.stop);
        schema::look(&self.path(name), log, retention, !self.looked.get(), stop)
    }

    /// Whether the database may be read. Waits for those who are reading it.
    fn readable(&self, so: bool) {
        self.options.figures.rebuilding(!so);
        let mut readable = self.shared.readable.write().unwrap_or_else(PoisonError::into_inner);
        *readable = Readable { so, file: readable.file + u64::from(!so) };
    }

    /// One transaction: rows, counts, and up to where.
    fn fold(&self, open: &mut Open, batch: &[Ruled]) -> Result<(), Trouble> {
        let tables = open.tables.transaction()?;
        let mut tallies = Tallies::default();
        let mut at = open.at.clone();
        let mut erased = false;
        for Ruled { kept, ruled } in batch {
            self.options.retention.at_entry(at.moment, kept.moment, &tables)?;
            if let Some((entry, decision)) = ruled {
                let mut fold =
                    Fold { tables: &tables, tallies: &mut tallies, rules: &mut at.rules };
                fold.entry(kept.seq, kept.moment, entry, decision)?;
                erased |= matches!(entry, Entry::Erased(_));
            }
            at.seq = kept.seq;
            at.pos = kept.pos.to_u64();
            at.head = kept.hash;
            at.moment = kept.moment;
        }
        tallies.flush(&tables)?;
        schema::write_meta(&tables, &at)?;
        // After an erasure no file of the room holds the pseudonym: not one set aside …
        if erased {
            remove(&self.path(ASIDE))?;
        }
        tables.commit()?;
        open.at = at;
        // … and not the write-ahead file, which is emptied at each start too.
        if erased {
            self.empty_ahead(&open.tables)?;
        }
        Ok(())
    }

    fn empty_ahead(&self, tables: &Connection) -> Result<(), Trouble> {
        // Nobody reads meanwhile, so that the checkpoint reaches the end.
        let _none = self.shared.readable.write().unwrap_or_else(PoisonError::into_inner);
        checkpoint(tables)
    }

    /// The new database is whole: it takes the place of the one that was read until now.
    fn take_place(&self, open: Open) -> Result<Open, Trouble> {
        checkpoint(&open.tables)?;
        // The last connection of a database takes its write-ahead file away.
        open.tables.close().map_err(|(_, why)| why)?;
        {
            let mut readable = self.shared.readable.write().unwrap_or_else(PoisonError::into_inner);
            *readable = Readable { so: false, file: readable.file + 1 };
            remove(&self.path(FILE))?;
            std::fs::rename(self.path(NEW), self.path(FILE))?;
        }
        File::open(&self.options.folder)?.sync_all()?;
        self.file.set(FILE);
        self.looked.set(true);
        match self.look(FILE, open.at.log)? {
            Found::Fit(tables, at) => {
                self.readable(true);
                tracing::info!(entries = at.seq, "history is folded from the log");
                Ok(Open { tables, at, new: false })
            }
            Found::Unfit(unfit) => Err(Trouble::Unfit(unfit)),
            Found::Missing => Err(Trouble::Unfit(Unfit::Damaged)),
        }
    }

    /// Moves a database out of the way, or deletes one that nobody needs to look at.
    fn set_aside(&self, name: &str, unfit: Unfit) -> io::Result<()> {
        self.readable(false);
        let (file, aside) = (self.path(name), self.path(ASIDE));
        if unfit.is_kept() {
            remove(&aside)?;
            std::fs::rename(&file, &aside)?;
            tracing::warn!(file = %aside.display(), why = unfit.name(), "a database was set aside");
        }
        remove(&file)
    }
}

/// Moves everything from the write-ahead file into the database, and empties it.
fn checkpoint(tables: &Connection) -> Result<(), Trouble> {
    let busy: i64 = tables.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        tracing::warn!("another program reads the database: its write-ahead file is emptied later");
    }
    Ok(())
}

/// Removes a database with its write-ahead files, if they are there.
fn remove(file: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(end);
        match std::fs::remove_file(PathBuf::from(path)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
    }
    Ok(())
}

fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
