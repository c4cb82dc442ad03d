//! What to do with a request, by its method alone.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::message::Request;
use crate::start::Method;
use crate::write::Reply;

/// The methods we answer with more than a refusal.
pub const ALLOW: &str = "MESSAGE, OPTIONS";

/// What a request asks of the caller.
#[derive(Clone, PartialEq, Eq)]
pub enum Screen {
    /// A MESSAGE: hand it on, answer it when it is durable.
    Message,
    /// A REGISTER: the caller knows its units.
    Register,
    /// Send this and forget the request; it needs no transaction, for a repeated request gets
    /// the same answer.
    Answer(Bytes),
    /// ACK: is never answered (RFC 3261 17).
    Ignore,
}

/// Sorts a request from `source`. OPTIONS is answered 200 with the media types in `accept`,
/// CANCEL 481 (RFC 3261 9.2), any other method 405 with Allow (RFC 3261 8.2.1).
///
/// A MESSAGE is never refused here, whatever its URI scheme or Require say: it may be a person.
pub fn screen(request: &Request, source: SocketAddr, accept: &str) -> Screen {
    let reply = |status| Reply::new(request.headers(), source, status);
    let allow = ("Allow", ALLOW.as_bytes());
    match request.method() {
        Method::Message => Screen::Message,
        Method::Register => Screen::Register,
        Method::Ack => Screen::Ignore,
        Method::Options => {
            let accept = ("Accept", accept.as_bytes());
            Screen::Answer(reply(200).headers(&[allow, accept]).build())
        }
        Method::Cancel => Screen::Answer(reply(481).build()),
        Method::Other => Screen::Answer(reply(405).headers(&[allow]).build()),
    }
}
