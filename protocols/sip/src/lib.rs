//! SIP over datagrams and byte streams, as far as an alarm central needs it: MESSAGE, OPTIONS,
//! REGISTER ([`register`]), digest ([`digest`]), calls sent on ([`call`]), and a polite refusal of the
//! rest (RFC 3261, 3428, 3581, 5626, 7616).
//!
//! Nothing here reads a clock or a socket: bytes and moments (`u64` nanoseconds, from any fixed
//! start) go in, messages, bytes to send and the next moment to wake come out. What cannot be
//! read is handed back as [`Malformed`] with all that could be: it may be a person calling.
//!
//! # Datagrams
//!
//! ```
//! use core::net::SocketAddr;
//! use bytes::Bytes;
//! use sip::{
//!     Action, ClientTransactions, Datagram, Message, Received, Reply, Screen, ServerTransactions,
//!     Transport, reply_to, screen,
//! };
//!
//! /// What came in one datagram, and what to send where in answer.
//! fn on_datagram(
//!     datagram: Bytes,
//!     source: SocketAddr,
//!     server: &mut ServerTransactions,
//!     client: &mut ClientTransactions<SocketAddr>,
//!     now: u64,
//! ) -> Option<(Bytes, SocketAddr)> {
//!     let message = match Datagram::parse(datagram) {
//!         Ok(Datagram::KeepAlive) => return None,
//!         Ok(Datagram::Message(message)) => message,
//!         Err(malformed) => {
//!             // Show `malformed.salvaged.raw()` to an operator; then, if an answer is owed:
//!             let to = reply_to(malformed.salvaged.headers(), source);
//!             return malformed.answer(source).map(|answer| (answer, to));
//!         }
//!     };
//!     let request = match message {
//!         Message::Request(request) => request,
//!         Message::Response(response) => {
//!             if let Some(Action::Done { status, token }) = client.received(&response, now) {
//!                 println!("{token} answered {status}");
//!             }
//!             return None;
//!         }
//!     };
//!     let to = reply_to(request.headers(), source);
//!     match screen(&request, source, "application/scaip+xml") {
//!         Screen::Answer(answer) => return Some((answer, to)),
//!         Screen::Ignore => return None,
//!         Screen::Message | Screen::Register => {}
//!     }
//!     match server.receive(&request, source, Transport::Udp, now) {
//!         Received::New(key) => {
//!             // Hand `request.body()` on; when it is durable:
//!             let answer = Reply::new(request.headers(), source, 200).build();
//!             server.answer(key, answer.clone(), now);
//!             Some((answer, to))
//!         }
//!         Received::Retransmission { answer, .. } => answer.map(|answer| (answer, to)),
//!         Received::Full => {
//!             Some((Reply::new(request.headers(), source, 503).build(), to))
//!         }
//!     }
//! }
//!
//! let mut server = ServerTransactions::new([7, 9]);
//! let mut client = ClientTransactions::default();
//! let source = "192.0.2.7:5060".parse().unwrap();
//! let press = Bytes::from_static(
//!     b"MESSAGE sip:arc@sip.local SIP/2.0\r\n\
//!       Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-0001\r\n\
//!       From: <sip:111111@sip.local>;tag=286524\r\n\
//!       To: <sip:arc@sip.local>\r\n\
//!       Call-ID: 1-2345@192.0.2.7\r\n\
//!       CSeq: 1 MESSAGE\r\n\
//!       Content-Type: application/scaip+xml\r\n\
//!       Content-Length: 11\r\n\r\n<mrq></mrq>",
//! );
//! let (answer, to) = on_datagram(press.clone(), source, &mut server, &mut client, 0).unwrap();
//! assert!(answer.starts_with(b"SIP/2.0 200 OK\r\n"));
//! assert_eq!(to, source);
//! // A repeated datagram gets the very same answer.
//! assert_eq!(on_datagram(press, source, &mut server, &mut client, 1), Some((answer, to)));
//! ```
//!
//! Wake at the earlier of [`ServerTransactions::next_wake`] and
//! [`ClientTransactions::next_wake`]; then call [`ServerTransactions::expire`], and
//! [`ClientTransactions::poll`] until `None`.
//!
//! # Byte streams
//!
//! ```
//! use sip::{Event, Framer, Message, PONG};
//!
//! /// Takes what one read brought; gives what to write back, and whether to go on.
//! fn on_bytes(framer: &mut Framer, mut read: &[u8], messages: &mut Vec<Message>) -> (Vec<u8>, bool) {
//!     let source = "192.0.2.7:40001".parse().unwrap();
//!     let mut write = Vec::new();
//!     while let Some(event) = framer.next(&mut read) {
//!         match event {
//!             Event::Ping => write.extend_from_slice(PONG),
//!             Event::Message(frame) => match Message::parse(frame) {
//!                 Ok(message) => messages.push(message),
//!                 // One bad message does not spoil the stream: its end is known.
//!                 Err(malformed) => write.extend(malformed.answer(source).unwrap_or_default()),
//!             },
//!             Event::Broken(malformed) => {
//!                 write.extend(malformed.answer(source).unwrap_or_default());
//!                 return (write, false);
//!             }
//!         }
//!     }
//!     (write, true)
//! }
//!
//! let mut framer = Framer::new();
//! let mut messages = Vec::new();
//! assert_eq!(on_bytes(&mut framer, b"\r\n\r\nOPTIONS s", &mut messages), (PONG.to_vec(), true));
//! let rest = b"ip:arc@sip.local SIP/2.0\r\n\
//!     Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1\r\n\
//!     f: <sip:1@sip.local>;tag=1\r\nt: <sip:arc@sip.local>\r\n\
//!     i: 1\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n";
//! assert_eq!(on_bytes(&mut framer, rest, &mut messages), (vec![], true));
//! assert_eq!(messages.len(), 1);
//! assert!(framer.is_idle() && framer.held() == 0);
//! ```

#![no_std]

extern crate alloc;

mod address;
mod cseq;
mod debug;
pub mod digest;
mod framer;
mod hash;
mod header;
pub mod limits;
mod malformed;
mod message;
mod params;
pub mod register;
mod scan;
mod screen;
mod start;
mod text;
mod transaction;
mod transport;
mod uri;
mod via;
mod voice;
mod write;

pub use address::Address;
pub use cseq::CSeq;
pub use framer::{Event, Framer};
pub use header::{Headers, Name};
pub use malformed::{Malformed, Salvaged, Why};
pub use message::{Datagram, Message, Request, Response};
pub use params::Params;
pub use screen::{ALLOW, Screen, screen};
pub use start::Method;
pub use transaction::{Action, ClientTransactions, Key, Received, ServerTransactions, StartError};
pub use transport::Transport;
pub use uri::{Scheme, Uri, unescape};
pub use via::{Via, reply_to};
pub use voice::{Voice, call};
pub use write::{MessageRequest, Outgoing, Reply, date, reason};

/// The answer to a ping on a stream (RFC 5626 3.5.1).
pub const PONG: &[u8] = b"\r\n";
