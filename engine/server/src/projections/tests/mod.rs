//! The projections beside logs on the disk.

mod followed;
mod histories;
mod trouble;
pub(crate) mod world;
