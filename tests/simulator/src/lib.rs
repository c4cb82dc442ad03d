//! The simulator: the production loop and central over a log in memory, in virtual time, under seeded
//! faults, beside a dull reference model. A seed reproduces a run exactly.

mod auditor;
mod bug;
mod faults;
mod model;
mod node;
mod people;
mod rng;
mod traffic;
mod violation;
mod world;

pub use crate::bug::Bug;
pub use crate::violation::{Failure, Report, Violation};

use crate::world::{START, World};

/// Runs one seed; `bug` plants a mistake that the checks have to find. Two seeds of three are one node,
/// the third is three nodes over one order.
///
/// # Errors
/// The first promise that was broken, and how to see it again.
pub fn run(seed: u64, bug: Option<Bug>) -> Result<Report, Box<Failure>> {
    let mut world = World::new(seed, bug);
    world.live().map_err(|violation| Box::new(Failure { seed, at: world.now - START, violation }))
}
