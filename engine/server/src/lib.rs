//! The shells of the engine: everything that touches a socket, a clock or a disk outside the log.

pub mod board;
pub mod clock;
pub mod intake;
pub mod keys;
pub mod limits;
pub mod plain;
