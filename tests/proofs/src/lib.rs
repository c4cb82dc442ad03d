//! The real engine as a process, attacked from outside: killed, unplugged, with a slow, full or broken disk.
//!
//! Nothing of the engine is linked in: what it promised over real sockets is compared with what
//! `varde log` and `varde verify` say afterwards.

pub mod console;
pub mod disk;
pub mod engine;
pub mod image;
pub mod ledger;
pub mod press;
pub mod rng;
pub mod settings;
pub mod unit;
