//! Reading the tables: a few connections that can only read, each question with a limit of time.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::limits::{ANSWER_TIME, READERS};
use super::schema::is_damage;
use super::{FILE, Readable, Shared};

/// Why a question is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The tables are being folded anew, or cannot be read now.
    Busy,
    /// It took longer than [`ANSWER_TIME`]: ask for less.
    TooSlow,
}

/// Asks the tables; clones share the connections. Blocks: to be called where that is allowed.
#[derive(Clone)]
pub struct Asker {
    shared: Arc<Shared>,
    /// With which file each was opened.
    idle: Arc<Mutex<Vec<(u64, Connection)>>>,
}

impl Asker {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, idle: Arc::default() }
    }

    /// Tables that are never there: every question is answered busy.
    pub fn nothing() -> Self {
        Self::new(Arc::new(Shared::new(PathBuf::new())))
    }

    /// Answers one question from one state of the tables. Its transaction is over before this returns, so
    /// that a slow page never keeps the write-ahead file from being emptied.
    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Unanswered> {
        let readable = self.shared.readable.read().unwrap_or_else(PoisonError::into_inner);
        let Readable { so: true, file } = *readable else { return Err(Unanswered::Busy) };
        let answered = self.connection(file).and_then(|mut tables| {
            let until = Instant::now() + ANSWER_TIME;
            tables.progress_handler(1_000, Some(move || Instant::now() > until))?;
            let reading = tables.transaction()?;
            let answer = question(&reading)?;
            drop(reading);
            Ok((answer, tables))
        });
        match answered {
            Ok((answer, tables)) => {
                let mut idle = self.idle();
                if idle.len() < READERS {
                    idle.push((file, tables));
                }
                Ok(answer)
            }
            Err(why) if why.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                Err(Unanswered::TooSlow)
            }
            Err(why) => {
                tracing::warn!(%why, "history cannot be read now");
                if is_damage(&why) {
                    self.shared.damaged.store(true, Ordering::Relaxed);
                }
                Err(Unanswered::Busy)
            }
        }
    }

    /// One that is idle, or a new one.
    fn connection(&self, file: u64) -> rusqlite::Result<Connection> {
        let mut idle = self.idle();
        // Those of a file that is no longer there.
        idle.retain(|(of, _)| *of == file);
        if let Some((_, tables)) = idle.pop() {
            return Ok(tables);
        }
        drop(idle);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let tables = Connection::open_with_flags(self.shared.folder.join(FILE), flags)?;
        tables.pragma_update(None, "query_only", true)?;
        tables.pragma_update(None, "trusted_schema", false)?;
        Ok(tables)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(u64, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
