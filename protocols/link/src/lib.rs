//! `alarm/1`: the protocol a device speaks to an alarm central over QUIC.
//!
//! Every message is one stream that the device opens: one CBOR map with integer keys, then FIN. The
//! answer comes on the same stream: one CBOR map, then FIN. This crate holds the bytes
//! ([`Message`], [`Answer`]), what each end does with them ([`device::Session`],
//! [`centre::Session`], [`centre::Counters`]), and nothing else: no sockets, no clock, no
//! randomness of its own. A device maker can embed it; `docs/link-protocol.md` is the text from
//! which one can do without.
#![no_std]

extern crate alloc;

mod answer;
mod cbor;
pub mod centre;
pub mod close;
mod details;
pub mod device;
mod identity;
mod kind;
pub mod limits;
mod malformed;
mod message;
pub mod unit;

pub use answer::{Answer, Receipt, Refusal, Refused, Welcome};
pub use details::{Details, Measured, Position};
pub use identity::{is_device_id, is_municipality};
pub use kind::{Class, KINDS, Kind, KindRow};
pub use malformed::{Key, Malformed, Reason, Salvaged};
pub use message::{Beat, Hello, Message, Signal, supports};

/// The name of this protocol in the TLS handshake (ALPN, RFC 7301).
pub const ALPN: &[u8] = b"alarm/1";

/// The protocol version said in `hello` and answered in `welcome`.
pub const VERSION: u64 = 1;
