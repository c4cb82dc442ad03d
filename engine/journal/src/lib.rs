//! The log seam and two logs behind it: [`embedded`] on disk, [`memory`] with faults for tests.
//!
//! A batch is proposed; the log makes it durable and gives it its order; only then does [`Log::poll`] tell it.
//! The journal does not know what an alarm is: bodies are bytes. Its format on disk is `docs/log-format.md`.

pub mod chain;
pub mod embedded;
pub mod limits;
pub mod memory;

mod seam;
mod seen;

pub use chain::{Chain, Link};
pub use seam::{
    Batch, Damage, Decided, Draft, Entry, Event, Flaw, Hash, Health, Log, Pos, Record, Records,
    Refused, Unread, Wake,
};
