//! Who may log in with a password. A wrong name takes as long as a wrong password.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use central::entry::{Role, Scope};
use tokio::sync::Semaphore;

use crate::api::answer::No;
use crate::api::limits::{PASSWORD, VERIFYING};
use crate::api::once::Grant;
use crate::api::throttle::Throttle;

/// One who may log in, from the configuration.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user name, at most [`central::limits::OPERATOR`] bytes.
    pub name: String,
    /// An argon2 hash in PHC form, such as [`hash_password`] makes.
    pub hash: String,
    /// What a session of this account may do.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

/// A password could not be hashed, or a hash not be read.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Not an argon2 hash.
    #[error(
        "the password hash of account {0} is no argon2 hash in PHC form; make one with `varde password`"
    )]
    Unreadable(String),
    /// A name no session may carry.
    #[error(
        "account name {0:?} is empty, too long or has control characters; use at most 64 bytes of text"
    )]
    Name(String),
    /// Hashing failed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

/// The hash of a password, argon2id with the library's recommended parameters, to put in the
/// configuration. Takes tens of milliseconds.
pub fn hash_password(password: &str) -> Result<String, HashError> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|why| HashError::Hashing(why.to_string()))
}

/// Whether a session may carry this user name.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= central::limits::OPERATOR
        && !name.chars().any(char::is_control)
}

/// The accounts, with what keeps guessing slow.
pub(crate) struct Accounts {
    known: Vec<Account>,
    pub(crate) throttle: Throttle,
    verifying: Arc<Semaphore>,
}

impl Accounts {
    pub(crate) fn new(accounts: Vec<Account>) -> Result<Self, HashError> {
        for account in &accounts {
            if !is_name(&account.name) {
                return Err(HashError::Name(account.name.clone()));
            }
            if PasswordHash::new(&account.hash).is_err() {
                return Err(HashError::Unreadable(account.name.clone()));
            }
        }
        let verifying = Arc::new(Semaphore::new(VERIFYING));
        Ok(Self { known: accounts, throttle: Throttle::default(), verifying })
    }

    /// What this name and password let somebody be.
    pub(crate) async fn admit(
        &self,
        name: &str,
        password: String,
        from: IpAddr,
    ) -> Result<Grant, No> {
        if password.len() > PASSWORD || name.len() > central::limits::OPERATOR {
            return Err(No::bad("the name is at most 64 bytes and the password at most 256"));
        }
        let began = Instant::now();
        let too_many = |wait: std::time::Duration| No::TooMany(wait.as_secs() + 1);
        self.throttle.begin(name, from, began).map_err(too_many)?;
        let account = self.known.iter().find(|account| account.name == name);
        // For a name nobody has, the first account's hash is tried in vain: the same work.
        let Some(tried) = account.or(self.known.first()) else { return Err(No::WrongLogin) };
        let right = self.verify(tried.hash.clone(), password).await?;
        let Some(account) = account.filter(|_| right) else { return Err(No::WrongLogin) };
        self.throttle.right(name, from, began);
        Ok(Grant::new(account.name.clone(), account.role, account.scope.clone()))
    }

    async fn verify(&self, hash: String, password: String) -> Result<bool, No> {
        let permit = Arc::clone(&self.verifying).acquire_owned().await.map_err(|_| No::Busy)?;
        let work = move || {
            // Held by the work itself: a caller that hangs up frees no core.
            let _permit = permit;
            let hash = PasswordHash::new(&hash);
            hash.is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| No::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_without_a_readable_hash_is_named() {
        let account = |name: &str, hash: &str| Account {
            name: name.to_owned(),
            hash: hash.to_owned(),
            role: Role::Viewer,
            scope: Scope::All,
        };
        let wrong = Accounts::new(vec![account("kari", "hunter2")]).err().unwrap();
        assert!(wrong.to_string().contains("kari"));
        assert!(matches!(Accounts::new(vec![account("a\nb", "x")]), Err(HashError::Name(_))));
        let hash = hash_password("riktig hest").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(Accounts::new(vec![account("kari", &hash)]).is_ok());
    }
}
