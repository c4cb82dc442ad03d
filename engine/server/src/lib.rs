//! The shells of the engine: everything that touches a socket, a clock or a disk outside the log.

pub mod addresses;
pub mod api;
pub mod authority;
pub mod board;
pub mod clock;
pub mod config;
pub mod control;
pub mod details;
pub mod engine;
pub mod gate;
pub mod hops;
mod housekeeping;
pub mod intake;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod ops;
pub mod plain;
pub mod projections;
pub mod quic;
pub mod rates;
pub mod register;
pub mod shell;
pub mod sip;
pub mod snapshots;
pub mod translate;
