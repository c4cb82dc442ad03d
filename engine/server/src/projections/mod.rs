//! History, search and statistics: the log folded into tables of an `SQLite` database, by a thread of its own.
//!
//! Nothing here is true by itself. Deleted, damaged or made by another version, the database is folded again
//! from the log, to the same content; whatever fails here is said and tried again, and never reaches an alarm.
//! What stands in it, and why: `docs/projections.md`.

mod ask;
#[cfg(test)]
mod dump;
mod figures;
mod fold;
mod follow;
pub mod history;
mod judge;
mod keep;
pub mod limits;
pub mod report;
mod schema;
mod source;
mod tally;
#[cfg(test)]
pub(crate) mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use self::follow::Follower;
use self::schema::Unfit;

pub use self::ask::{Asker, Unanswered};
pub use self::figures::Figures;
pub use self::keep::Retention;

/// Where the database lives below the data folder.
pub const FOLDER: &str = "projections";
/// The database.
pub const FILE: &str = "history.db";
/// The one being folded anew, until it has come as far as the log.
pub const NEW: &str = "history.new.db";
/// The one that was set aside; the one before it is deleted.
pub const ASIDE: &str = "history.aside.db";

/// What to fold, where, and what the thread asks of the engine around it.
pub struct Options {
    /// The folder of the database; made if it is not there (0700).
    pub folder: PathBuf,
    /// The log's folder.
    pub log: PathBuf,
    /// How long rows are kept.
    pub retention: Retention,
    /// The last Seq that is durable.
    pub durable: Box<dyn Fn() -> u64 + Send>,
    /// Whether the log has room: when it is short of it, what is left of the disk is the log's.
    pub roomy: Box<dyn Fn() -> bool + Send>,
    /// The present Moment.
    pub now: Box<dyn Fn() -> u64 + Send>,
    /// Told how far it has come.
    pub figures: Figures,
}

/// The running thread. Dropped, it ends, between two transactions or by giving one up.
pub struct Projections {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and its readers share.
struct Shared {
    folder: PathBuf,
    stop: Arc<AtomicBool>,
    stopped: (Mutex<bool>, Condvar),
    /// A reader met what cannot be.
    damaged: AtomicBool,
    /// Held for reading while the database is read, for writing while its file is exchanged.
    readable: RwLock<Readable>,
}

/// Whether there is a database that may be read.
#[derive(Clone, Copy, Debug, Default)]
struct Readable {
    so: bool,
    /// Counts the files: a connection to one before this is of no use.
    file: u64,
}

impl Shared {
    fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            stop: Arc::default(),
            stopped: (Mutex::new(false), Condvar::new()),
            damaged: AtomicBool::new(false),
            readable: RwLock::default(),
        }
    }
}

/// Why folding does not go on for now: one sentence for the log of the process.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the database says: {0}; see that the disk has room and is readable")]
    Database(#[from] rusqlite::Error),
    #[error(
        "the folder of the projections cannot be used: {0}; see that the disk has room and its rights are the engine's"
    )]
    Folder(#[from] io::Error),
    #[error("the log cannot be read: {0}")]
    Log(String),
    #[error("the database is {}; it is folded anew", .0.name())]
    Unfit(Unfit),
    #[error("the log is short of room, and what is left of the disk is the log's; make room")]
    NoRoom,
    #[error("folding panicked: a defect; report it with the message before this one")]
    Panicked,
    #[error("asked to stop")]
    Stop,
}

impl From<journal::Unread> for Trouble {
    fn from(why: journal::Unread) -> Self {
        Self::Log(why.to_string())
    }
}

impl From<journal::Damage> for Trouble {
    fn from(why: journal::Damage) -> Self {
        Self::Log(why.to_string())
    }
}

impl Projections {
    /// Starts the thread. Nothing the database does can make this fail; only that no thread can be made does.
    pub fn start(options: Options) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(options.folder.clone()));
        let follower = Follower::new(options, Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("projections".to_owned());
        let thread = thread.spawn(move || follower.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks them.
    pub fn asker(&self) -> Asker {
        Asker::new(Arc::clone(&self.shared))
    }
}

impl Drop for Projections {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        *self.shared.stopped.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.stopped.1.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(
                "the thread of the projections panicked; the next start goes on from its database"
            );
        }
    }
}
