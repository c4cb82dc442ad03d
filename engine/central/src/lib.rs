//! The alarm central as one pure state machine: no clock, no disk, no sockets.
//!
//! State is a fold over the log. [`Central::apply`] takes one durable entry and says what follows from it.
#![no_std]
extern crate alloc;

pub mod entry;
pub mod kind;
pub mod limits;
pub mod output;
pub mod words;
