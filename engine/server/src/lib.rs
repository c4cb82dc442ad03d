//! The shells of the engine: everything that touches a socket, a clock or a disk outside the log.

pub mod api;
pub mod board;
pub mod clock;
pub mod details;
pub mod gate;
pub mod hops;
pub mod intake;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod ops;
pub mod plain;
pub mod shell;
