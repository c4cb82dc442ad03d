//! What to do with a request, by its method alone.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::header::Name;
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

/// Sorts a request from `source`. OPTIONS is answered 200 with the media types in `accept`, or 420
/// where it requires an extension (RFC 3261 8.2.2.3),
/// CANCEL 481 (RFC 3261 9.2), any other method 405 with Allow (RFC 3261 8.2.1). Where calls are
/// to be sent on, ask [`call`](crate::call) first.
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
            // We have no extension, so whichever is required is one that we have not.
            if let Some(required) = request.headers().first(Name::Require) {
                let unsupported = ("Unsupported", required);
                return Screen::Answer(reply(420).headers(&[unsupported]).build());
            }
            let accept = ("Accept", accept.as_bytes());
            Screen::Answer(reply(200).headers(&[allow, accept]).build())
        }
        Method::Cancel => Screen::Answer(reply(481).build()),
        Method::Invite | Method::Bye | Method::Other => {
            Screen::Answer(reply(405).headers(&[allow]).build())
        }
    }
}
