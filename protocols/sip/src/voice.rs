//! Calls. Voice goes where the centre already answers, its switchboard, and never through us: an
//! INVITE that comes here all the same is sent there, or told at once that nobody answers.

use alloc::format;
use alloc::string::String;
use core::net::SocketAddr;

use crate::limits::MAX_VOICE;
use crate::message::Request;
use crate::screen::Screen;
use crate::start::Method;
use crate::uri::{Scheme, Uri};
use crate::write::Reply;

/// What stands for the alarm's id in a voice address.
const ALARM: &str = "{alarm}";

/// Where a centre answers calls: a `sip:`, `sips:` or `tel:` URI, or `gsm:` with a number. It may
/// hold `{alarm}`, so that the switchboard can tell which alarm a call belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice(String);

impl Voice {
    /// Takes an address as configured. `None` when it is no such URI, has white space, quotes or
    /// brackets, or may become longer than [`MAX_VOICE`], which is all a unit need take.
    pub fn new(address: &str) -> Option<Self> {
        let voice = Self(address.into());
        let longest = voice.of(u64::MAX);
        let uri = Uri::parse(longest.as_bytes())?;
        let known = match uri.scheme {
            Scheme::Sip | Scheme::Sips | Scheme::Tel => true,
            Scheme::Other => longest.starts_with("gsm:"),
        };
        let plain = longest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}".contains(&b));
        (known && plain && longest.len() <= MAX_VOICE).then_some(voice)
    }

    /// The address to call for an alarm: `tnu` of the `mrs`.
    pub fn of(&self, alarm: u64) -> String {
        self.0.replace(ALARM, &format!("{alarm}"))
    }

    /// The address when it is not known which alarm a call is about; `{alarm}` is 0, which is the
    /// id of none. `None` for `gsm:`, to which nobody can be redirected in SIP.
    fn of_none(&self) -> Option<String> {
        (!self.0.starts_with("gsm:")).then(|| self.of(0))
    }
}

/// What to do with a request that is about a call; `None`: it is not.
///
/// INVITE gets 302 to `voice`, or 480 without one (RFC 3261 21.3.3, 21.4.18): at once and without
/// a transaction, so a repeated INVITE gets the same again. As there is never a call here and
/// every INVITE has had its last answer, an INVITE within a call, a BYE and a CANCEL find nothing:
/// 481 (RFC 3261 12.2.2, 15.1.2, 9.2). ACK is never answered.
pub fn call(request: &Request, source: SocketAddr, voice: Option<&Voice>) -> Option<Screen> {
    let reply = |status| Reply::new(request.headers(), source, status);
    let answer = match request.method() {
        Method::Ack => return Some(Screen::Ignore),
        Method::Invite if request.to().tag().is_some() => reply(481).build(),
        Method::Invite => match voice.and_then(Voice::of_none) {
            Some(address) => {
                let contact = format!("<{address}>");
                reply(302).headers(&[("Contact", contact.as_bytes())]).build()
            }
            None => reply(480).build(),
        },
        Method::Bye | Method::Cancel => reply(481).build(),
        _ => return None,
    };
    Some(Screen::Answer(answer))
}
