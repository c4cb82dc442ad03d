//! The alarm central as one pure state machine: no clock, no disk, no sockets.
//!
//! State is a fold over the log. [`Central::apply`] takes one durable entry and says what follows from it.
#![no_std]
extern crate alloc;

mod alarms;
mod answers;
mod central;
pub mod codec;
pub mod codes;
mod decision;
mod dedup;
mod digest;
mod dispatch;
pub mod entry;
mod intake;
pub mod kind;
mod lifecycle;
pub mod limits;
pub mod output;
mod persons;
mod roster;
mod rules;
pub mod salvage;
mod state;
mod sum;
pub mod triage;
mod waiting;
pub mod words;

pub use crate::central::{Central, Placed, Stop, Tally};
pub use crate::codec::Undecodable;
pub use crate::decision::Decision;
pub use crate::persons::Person;
pub use crate::rules::{OLDEST, RULES};
pub use crate::state::Unreadable;
