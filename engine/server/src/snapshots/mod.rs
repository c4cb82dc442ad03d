//! Snapshots: what the log came to at one entry, so that a start folds the tail and not the whole.
//!
//! A snapshot is never the truth, only a short way to it: each is written by a second fold on its own
//! thread, only where it agrees with the live one, and read back before it gets its name. At a start it
//! must fit the log; one that does not is named and passed over. The bytes are `docs/snapshot-format.md`.
//! There is no key in it: what is sealed in the log is sealed here.

mod base;
mod check;
mod counts;
mod folder;
mod form;
mod second;
#[cfg(test)]
mod tests;
mod thread;

pub use self::base::{Base, CannotFold, Folded, begin, fitting, newest};
pub use self::check::{Checked, check, needed_from};
pub use self::counts::Counts;
pub use self::folder::{FOLDER, found};
pub use self::form::{Header, Unfit};
pub(crate) use self::thread::{Snapshots, Wanted};
