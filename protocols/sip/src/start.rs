//! The first line: request line or status line (RFC 3261 7.1, 7.2).

use crate::header::Span;
use crate::malformed::Why;
use crate::text::{is_space, is_token, number, split_at_byte, trim, trim_end};

/// The methods told apart here. Methods are case-sensitive (RFC 3261 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// MESSAGE (RFC 3428): carries alarms and their receipts.
    Message,
    /// OPTIONS: asks whether we are there.
    Options,
    /// REGISTER: says where a unit can be reached.
    Register,
    /// ACK: is never answered.
    Ack,
    /// INVITE: a call, which we never take.
    Invite,
    /// BYE: the end of a call.
    Bye,
    /// CANCEL: there is nothing of ours it could cancel.
    Cancel,
    /// Any other, legal extensions too; `Request::method_text` has its name.
    Other,
}

impl Method {
    fn of(text: &[u8]) -> Self {
        match text {
            b"MESSAGE" => Self::Message,
            b"OPTIONS" => Self::Options,
            b"REGISTER" => Self::Register,
            b"ACK" => Self::Ack,
            b"INVITE" => Self::Invite,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            _ => Self::Other,
        }
    }
}

/// What the first line says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Request {
        method: Method,
        name: Span,
        uri: Span,
    },
    Response {
        status: u16,
        reason: Span,
    },
    /// Not readable; with the method when it looks like a request.
    Unreadable {
        why: Why,
        method: Option<Method>,
    },
}

impl Start {
    /// Reads the line that begins the head.
    pub(crate) fn of(line: &[u8]) -> Self {
        match line.get(..4) {
            Some(four) if four.eq_ignore_ascii_case(b"SIP/") => Self::response(line),
            _ => Self::request(line),
        }
    }

    /// `METHOD URI SIP/2.0`, white space at the end and between tolerated, brackets round the
    /// URI too; white space inside the URI is not, for its parts could be read in two ways.
    fn request(line: &[u8]) -> Self {
        let line = trim_end(line);
        let not_sip = Self::Unreadable { why: Why::NotSip, method: None };
        let Some(gap) = line.iter().rposition(|&b| is_space(b)) else { return not_sip };
        let (version, before) = (&line[gap + 1..], trim_end(&line[..gap]));
        if !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"SIP/")) {
            return not_sip;
        }
        let (name, rest) = split_at_byte(before, b' ');
        let method = Some(Method::of(name));
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Self::Unreadable { why: Why::Version, method };
        }
        let uri = unbracketed(trim(rest.unwrap_or_default()));
        if !is_token(name) || uri.is_empty() || uri.iter().copied().any(is_space) {
            return Self::Unreadable { why: Why::StartLine, method };
        }
        let place = uri.as_ptr().addr() - line.as_ptr().addr();
        Self::Request {
            method: Method::of(name),
            name: Span::new(0, name.len()),
            uri: Span::new(place, place + uri.len()),
        }
    }

    /// `SIP/2.0 200 OK`; the reason may be empty or hold any bytes.
    fn response(line: &[u8]) -> Self {
        let (version, rest) = split_at_byte(line, b' ');
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Self::Unreadable { why: Why::Version, method: None };
        }
        let rest = rest.unwrap_or_default();
        let (digits, reason) = split_at_byte(rest, b' ');
        match number(trim_end(digits)) {
            Some(status @ 100..=699) => {
                let at = line.len() - reason.map_or(0, <[u8]>::len);
                Self::Response { status: status as u16, reason: Span::new(at, line.len()) }
            }
            _ => Self::Unreadable { why: Why::StartLine, method: None },
        }
    }

    /// The method of a request, even of one that cannot be read.
    pub(crate) fn method(&self) -> Option<Method> {
        match self {
            Self::Request { method, .. } => Some(*method),
            Self::Unreadable { method, .. } => *method,
            Self::Response { .. } => None,
        }
    }
}

fn unbracketed(uri: &[u8]) -> &[u8] {
    match uri {
        [b'<', inner @ .., b'>'] => inner,
        _ => uri,
    }
}
