//! One-time logins: made by a leader or at the start of a demonstration, used once, within 10 minutes.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use central::entry::{Role, Scope};
use central::words::Moment;
use sha2::{Digest, Sha256};

use crate::api::limits::{ONCE, ONCES};

/// What a login lets somebody be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The operator's user name.
    pub(crate) operator: String,
    /// What the session may do.
    pub(crate) role: Role,
    /// Where.
    pub(crate) scope: Scope,
}

impl Grant {
    /// With the scope sorted, as an entry wants it.
    pub(crate) fn new(operator: String, role: Role, mut scope: Scope) -> Self {
        if let Scope::Only(some) = &mut scope {
            some.sort_unstable();
            some.dedup();
        }
        Self { operator, role, scope }
    }
}

/// The ones not used yet, oldest first, by the hash of their token.
#[derive(Debug, Default)]
pub(crate) struct Onces {
    unused: Mutex<VecDeque<Once>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Once {
    hash: [u8; 32],
    expires: Moment,
    pub(crate) grant: Grant,
}

impl Onces {
    /// A new one's token.
    pub(crate) fn make(&self, grant: Grant, now: Moment) -> Result<String, getrandom::Error> {
        let token = token()?;
        let expires = Moment(now.0 + ONCE.as_nanos() as u64);
        self.put(Once { hash: hash(&token), expires, grant });
        Ok(token)
    }

    /// Takes the one this token is for, if it is still valid. Whoever asks first has it.
    pub(crate) fn take(&self, token: &str, now: Moment) -> Option<Once> {
        let hash = hash(token);
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        unused.retain(|once| once.expires > now);
        let at = unused.iter().position(|once| once.hash == hash)?;
        unused.remove(at)
    }

    /// Gives back one that could not be used because nothing could be stored.
    pub(crate) fn put(&self, once: Once) {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.len() >= ONCES {
            unused.pop_front();
        }
        unused.push_back(once);
    }
}

/// 32 random bytes in hex.
pub(crate) fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Tokens are compared by their hashes: how long that takes says nothing about a token.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use central::words::Municipality;

    use super::*;

    fn grant() -> Grant {
        let scope = Scope::Only(vec![Municipality(5001), Municipality(301), Municipality(5001)]);
        Grant::new("kari".to_owned(), Role::Operator, scope)
    }

    #[test]
    fn it_is_used_once() {
        let onces = Onces::default();
        let token = onces.make(grant(), Moment(0)).unwrap();
        assert!(onces.take("0000", Moment(1)).is_none());
        let once = onces.take(&token, Moment(1)).unwrap();
        assert_eq!(once.grant.scope, Scope::Only(vec![Municipality(301), Municipality(5001)]));
        assert!(onces.take(&token, Moment(1)).is_none());
        onces.put(once);
        assert!(onces.take(&token, Moment(1)).is_some());
    }

    #[test]
    fn it_is_void_after_ten_minutes() {
        let onces = Onces::default();
        let (early, late) =
            (onces.make(grant(), Moment(0)).unwrap(), onces.make(grant(), Moment(1)).unwrap());
        let ten_minutes = Moment(600 * 1_000_000_000);
        assert!(onces.take(&early, ten_minutes).is_none());
        assert!(onces.take(&late, ten_minutes).is_some());
    }

    #[test]
    fn beyond_the_limit_the_oldest_is_void() {
        let onces = Onces::default();
        let first = onces.make(grant(), Moment(0)).unwrap();
        let second = onces.make(grant(), Moment(0)).unwrap();
        for _ in 2..=ONCES {
            onces.make(grant(), Moment(0)).unwrap();
        }
        assert!(onces.take(&first, Moment(1)).is_none());
        assert!(onces.take(&second, Moment(1)).is_some());
    }
}
