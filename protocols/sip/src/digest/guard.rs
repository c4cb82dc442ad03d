//! The doorkeeper of one realm: its challenges, and what it makes of an answer.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::nonce::Nonce;
use super::{Counts, Credentials, Ha1, Offer};
use crate::header::{Headers, Name};
use crate::limits::NONCE_LIFE;
use crate::message::Request;
use crate::uri::Uri;

/// Challenges and checks for one realm. It keeps nothing of the challenges it made: a nonce says
/// itself when it was made, under a secret that only the guard has.
pub struct Guard {
    realm: String,
    secret: [u8; 32],
}

/// What a request presents for this realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No Authorization for this realm.
    Nothing,
    /// Authorization that cannot be read: see [`Credentials::parse`].
    Unreadable,
    /// Credentials to check.
    Credentials(Credentials<'a>),
}

/// What the check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The sender knows the password, and this is no replay.
    Right,
    /// The sender knows the password, but the nonce is too old, of another run of ours, or used:
    /// challenge again with `stale`, and the unit answers by itself.
    Stale,
    /// Not proved.
    Wrong(Wrong),
}

/// Why nothing is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The credentials are for another realm.
    Realm,
    /// A way that this account is not offered, or has no hash for.
    NotOffered,
    /// The proof is wrong: another password, or another method than it was made for.
    Password,
    /// The password is right, but it was proved for another URI than that of the request.
    Uri,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({})", self.realm)
    }
}

impl Guard {
    /// `secret` is drawn at start, or shared by engines that answer for each other.
    pub fn new(realm: &str, secret: [u8; 32]) -> Self {
        Self { realm: realm.into(), secret }
    }

    /// The values of the WWW-Authenticate headers of a 401, best first (RFC 8760 2.3), all with
    /// one nonce. `unique` differs between two challenges of one moment; it need not be secret.
    pub fn challenges(&self, offers: &[Offer], now: u64, unique: u64, stale: bool) -> Vec<String> {
        let nonce = Nonce { issued: now, unique }.write(&self.secret, &self.realm);
        let realm = quoted(&self.realm);
        let stale = if stale { ", stale=true" } else { "" };
        let one = |offer: &Offer| {
            let algorithm = offer.algorithm.as_str();
            let qop = if offer.qop { ", qop=\"auth\"" } else { "" };
            format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={algorithm}{qop}{stale}")
        };
        offers.iter().map(one).collect()
    }

    /// What `headers` present. A request may hold credentials for several realms.
    pub fn presented<'a>(&self, headers: &'a Headers) -> Presented<'a> {
        let mut found = Presented::Nothing;
        for value in headers.all(Name::Authorization) {
            match Credentials::parse(value) {
                Some(ours) if *ours.realm == *self.realm.as_bytes() => {
                    return Presented::Credentials(ours);
                }
                Some(_) => {}
                None => found = Presented::Unreadable,
            }
        }
        found
    }

    /// Checks credentials at `now` against what their account keeps and may use. Copies of a
    /// datagram must have ended at their transaction: a count is good once.
    pub fn check(
        &self,
        credentials: &Credentials<'_>,
        request: &Request,
        account: &[Ha1],
        offers: &[Offer],
        counts: &mut Counts,
        now: u64,
    ) -> Checked {
        if *credentials.realm != *self.realm.as_bytes() {
            return Checked::Wrong(Wrong::Realm);
        }
        let way = Offer { algorithm: credentials.algorithm, qop: credentials.qop.is_some() };
        let ha1 = account.iter().find(|ha1| ha1.algorithm() == way.algorithm);
        let Some(ha1) = ha1.filter(|_| offers.contains(&way)) else {
            return Checked::Wrong(Wrong::NotOffered);
        };
        if !credentials.proves(ha1, request.method_text()) {
            return Checked::Wrong(Wrong::Password);
        }
        if !same_uri(&credentials.uri, request.uri_text()) {
            return Checked::Wrong(Wrong::Uri);
        }
        let fresh = self.living(&credentials.nonce, now).is_some_and(|nonce| {
            // Without a count of its own a nonce is good once.
            let count = credentials.qop.as_ref().map_or(0, |auth| auth.count);
            counts.take(nonce, count, now)
        });
        if fresh { Checked::Right } else { Checked::Stale }
    }

    /// A nonce of ours that is not too old, nor from a time to come.
    fn living(&self, text: &[u8], now: u64) -> Option<Nonce> {
        let nonce = Nonce::read(text, &self.secret, &self.realm)?;
        let age = now.checked_sub(nonce.issued)?;
        (age < NONCE_LIFE).then_some(nonce)
    }
}

/// Letter for letter, or by the rules for URIs: a unit may write it a little differently.
fn same_uri(a: &[u8], b: &[u8]) -> bool {
    a == b || Uri::parse(a).zip(Uri::parse(b)).is_some_and(|(a, b)| a.is_same(&b))
}

/// As a quoted string; what could end it is escaped, a line end becomes a space.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\r' | '\n' => out.push(' '),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
