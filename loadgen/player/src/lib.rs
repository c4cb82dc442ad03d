//! Plays synthetic traffic at an engine over real sockets, open-loop, and counts what came of it.
//!
//! Open-loop: a signal goes out when the timeline says so, however slowly the engine answers, and
//! its latency counts from that intended moment. A signal is *receipted* only by the engine's own
//! word that it is stored: an `mrs` with `snu` 0, or a link receipt. Devices behave as real ones:
//! the same reference on every retry, a full-jitter backoff before every reconnect.
//!
//! [`play`] takes a [`Plan`] and gives a [`Handle`]: look at [`Handle::tally`] while it runs, and
//! [`Handle::stop`] or [`Handle::finished`] for the [`Outcome`]. The player is a client of what
//! every device sees, and knows nothing of the engine's inside.

mod addresses;
mod book;
mod device;
mod identity;
mod ledger;
pub mod limits;
mod line;
mod link_device;
mod pacer;
mod plan;
mod play;
mod quic;
mod reference;
pub mod report;
mod scaip_device;
mod scaip_unit;
mod tally;

pub use addresses::{AddressError, Addresses, Purpose};
pub use book::{Unreceipted, Word};
pub use identity::{Authority, Folder, Identities, IdentityError};
pub use plan::{Plan, PlanError, Targets};
pub use play::{Handle, Outcome, play};
pub use reference::Reference;
pub use tally::{ClassTally, Latency, Tally};
