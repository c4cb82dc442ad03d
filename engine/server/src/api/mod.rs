//! The console's API, `docs/console-api.md`, and the page itself: there is no other door.
//!
//! Who may call what stands in one table, [`routes`]; nothing of a municipality outside a session's
//! scope leaves the server.

mod accounts;
mod acts;
mod answer;
mod assets;
pub(crate) mod door;
mod history;
pub mod limits;
mod live;
mod look;
mod once;
mod persons;
mod routes;
mod rows;
mod sessions;
mod throttle;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use central::entry::{Purpose, Role, Scope, Sealed};
use central::kind::Kind;
use central::words::{AlarmId, KeyId, Moment, Municipality, Seq};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::api::accounts::Accounts;
pub(crate) use crate::api::accounts::is_name;
pub use crate::api::accounts::{Account, HashError, hash_password};
pub(crate) use crate::api::answer::moment;
use crate::api::live::Lives;
pub use crate::api::once::hex;
use crate::api::once::{Grant, Onces};
use crate::api::rows::Faces;
pub(crate) use crate::api::rows::health_name;
pub use crate::api::rows::{path_name, reason};
use crate::control::Post;
use crate::hops::Hops;
use crate::intake::Intake;
use crate::metrics::Listener;
use crate::projections::Asker;

/// Opens what is sealed in an alarm's signals, for someone who may see it.
pub trait Details: Send + Sync {
    /// The signals of an open alarm, oldest first. May block: it is called where that is allowed.
    fn of(&self, alarm: AlarmId) -> Vec<Detail>;

    /// The key that the signal which opened an alarm is sealed under, `Some(None)` where nothing in it was
    /// sealed; `None` for an alarm that is not open.
    fn opening(&self, alarm: AlarmId) -> Option<Option<KeyId>>;

    /// Label and value of something sealed; where it cannot be opened, why. May block.
    fn open(&self, sealed: &Sealed) -> Vec<(String, String)>;
}

/// One signal of an alarm with its personal part in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Its place in the log.
    pub seq: Seq,
    /// What it says.
    pub kind: Kind,
    /// T1.
    pub received: Moment,
    /// When it happened by the device's clock, where it told.
    pub happened: Option<Moment>,
    /// The unit's own reference.
    pub reference: String,
    /// Label and value in bokmål.
    pub text: Vec<(String, String)>,
    /// The message as it came, where it is text.
    pub raw: Option<String>,
}

/// What a console is made of.
pub struct Setup {
    /// The door to the log; with it the board, the clock and the metrics.
    pub intake: Arc<Intake>,
    /// Puts what concerns persons in the log.
    pub post: Arc<Post>,
    /// Told what was sent and painted.
    pub hops: Arc<Hops>,
    /// Opens an alarm's signals.
    pub details: Arc<dyn Details>,
    /// Asks the projections.
    pub history: Asker,
    /// What the log is.
    pub purpose: Purpose,
    /// The engine's version.
    pub version: &'static str,
    /// Names by number; an unknown number has its number for a name.
    pub municipalities: BTreeMap<Municipality, String>,
    /// Who may log in with a password.
    pub accounts: Vec<Account>,
    /// Where operators reach the page, without a slash at its end: `http://127.0.0.1:8080`. With
    /// `https` the cookie is sent over TLS only.
    pub url: String,
}

/// The console's side of the engine.
pub struct Console {
    setup: Setup,
    accounts: Accounts,
    onces: Onces,
    lives: Arc<Lives>,
    faces: Faces,
    reading: Arc<Semaphore>,
    asking: Arc<Semaphore>,
    stop: watch::Sender<bool>,
}

impl Console {
    /// Ready to serve.
    ///
    /// # Errors
    /// An account whose hash is no argon2 hash: the sentence names the account.
    pub fn new(mut setup: Setup) -> Result<Self, HashError> {
        Ok(Self {
            accounts: Accounts::new(std::mem::take(&mut setup.accounts))?,
            onces: Onces::default(),
            lives: Arc::new(Lives::new(Arc::clone(&setup.intake.metrics))),
            faces: Faces::default(),
            reading: Arc::new(Semaphore::new(limits::READING)),
            asking: Arc::new(Semaphore::new(crate::projections::limits::READERS)),
            stop: watch::channel(false).0,
            setup,
        })
    }

    /// Makes a one-time login, valid 10 minutes: its token. Only the token's hash is kept.
    ///
    /// # Errors
    /// The system has no random bytes to give.
    pub fn once(
        &self,
        operator: &str,
        role: Role,
        scope: Scope,
    ) -> Result<String, getrandom::Error> {
        let grant = Grant::new(operator.to_owned(), role, scope);
        self.onces.make(grant, self.now())
    }

    /// The page's address that uses a one-time login at once.
    pub fn login_url(&self, once: &str) -> String {
        format!("{}/#once={once}", self.setup.url)
    }

    /// Ends [`serve`]: live connections are closed with 1001, requests under way are answered.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    fn now(&self) -> Moment {
        self.setup.intake.clock.now()
    }

    fn municipality(&self, number: Municipality) -> String {
        let name = self.setup.municipalities.get(&number);
        name.cloned().unwrap_or_else(|| number.to_string())
    }
}

/// Serves the page and its API until [`Console::stop`]; returns when the last connection has ended,
/// at most [`limits::GRACE`] later.
pub async fn serve(listener: TcpListener, console: Arc<Console>) {
    let router = routes::router(&console);
    let metrics = Arc::clone(&console.setup.intake.metrics);
    let counted = Some((metrics, Listener::Console));
    door::open(listener, router, console.stop.subscribe(), counted).await;
    let _ = tokio::time::timeout(limits::GRACE, console.lives.all_gone()).await;
}
