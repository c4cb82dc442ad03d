//! The engine's side of the control socket: HTTP over a unix socket, for its own account and root alone.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Router};
use central::Decision;
use central::entry::Entry;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::account;
use super::wish::{Done, Wish, person_of};
use crate::api::door::stopped;
use crate::api::limits::GRACE;
use crate::intake::{Intake, Noted};
use crate::keys::Keys;
use crate::limits::{CONTROL_BATCH, CONTROL_CALLS, CONTROL_ERASED, CONTROL_TIME};

/// Bytes of a call's body.
const BODY: usize = 2 * CONTROL_BATCH * central::limits::ENTRY;

/// Why a wish was not fulfilled, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Not {
    /// It cannot be, as it stands.
    #[error("{0}")]
    Wrong(String),
    /// Not now, or not known yet.
    #[error("{0}")]
    NotStored(&'static str),
}

/// Puts wishes in the log of a running engine: for the control door, and for the console's calls about persons.
pub struct Post {
    intake: Arc<Intake>,
    keys: Arc<Keys>,
}

impl Post {
    /// Over the door to the log and the keys.
    pub fn new(intake: &Arc<Intake>, keys: &Arc<Keys>) -> Self {
        Self { intake: Arc::clone(intake), keys: Arc::clone(keys) }
    }

    /// Fulfils wishes in order, until one is not: what is done, and why not the next.
    pub async fn fulfil(&self, wishes: &[Wish]) -> (Vec<Done>, Option<String>) {
        let mut all = Vec::with_capacity(wishes.len());
        for wish in wishes {
            match self.one(wish).await {
                Ok(done) => all.push(done),
                Err(not) => return (all, Some(not.to_string())),
            }
        }
        (all, None)
    }

    /// Fulfils one; or says why not.
    pub async fn one(&self, wish: &Wish) -> Result<Done, Not> {
        let known = |id| self.intake.register.known(id);
        let entry = wish.to_entry(&self.keys, known).map_err(Not::Wrong)?;
        let (seq, decision) = match self.intake.put(&entry).await {
            Noted::Durable(seq, decision) => (seq, decision),
            Noted::Refused => {
                return Err(Not::NotStored(
                    "the log took it not: it has no room, or this version may not write such an entry",
                ));
            }
            Noted::Unknown => {
                return Err(Not::NotStored(
                    "the log did not make it durable in time: it may be there later; look with `varde log` before asking again",
                ));
            }
        };
        if matches!(entry, Entry::Erased(_)) && decision != Decision::Void {
            self.keys_are_gone().await?;
        }
        Ok(Done { seq, decision, person: person_of(&entry) })
    }

    /// The thread of the keys destroys what the entry named, and tries again while the disk refuses.
    async fn keys_are_gone(&self) -> Result<(), Not> {
        let since = Instant::now();
        while self.keys.doomed() > 0 {
            if since.elapsed() > CONTROL_ERASED {
                return Err(Not::NotStored(
                    "the erasure is in the log, but the disk has not let the keys be overwritten yet: see the engine's messages; it tries again, also after a restart",
                ));
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

/// The socket, open.
pub struct Door {
    path: PathBuf,
    listener: UnixListener,
    /// The engine's own account.
    account: u32,
}

impl Door {
    /// Opens the socket in a data folder whose log this process has locked: one that is there is a dead engine's.
    ///
    /// # Errors
    /// The folder takes no socket; a path of over 107 bytes is one reason.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(super::SOCKET);
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        // Whoever makes a file owns it.
        let account = fs::metadata(&path)?.uid();
        Ok(Self { path, listener, account })
    }

    /// Serves until `stop` becomes true, and takes the socket away.
    pub async fn serve(self, desk: Arc<Post>, mut stop: watch::Receiver<bool>) {
        let router = Router::new()
            .route("/wishes", post(wishes))
            .layer(DefaultBodyLimit::max(BODY))
            .with_state(desk);
        let room = Arc::new(Semaphore::new(CONTROL_CALLS));
        let mut calls = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(_) = calls.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let Some(peer) = self.peer(&stream) else { continue };
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
            let service = TowerToHyperService::new(router.clone().layer(Extension(Peer(peer))));
            calls.spawn(async move {
                let _permit = permit;
                let mut http = http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(CONTROL_TIME).keep_alive(false);
                // A caller that has gone has nobody left to be told.
                let _ =
                    timeout(2 * CONTROL_TIME, http.serve_connection(TokioIo::new(stream), service))
                        .await;
            });
        }
        // A command that comes now finds no engine, and waits for the log's lock.
        let _ = fs::remove_file(&self.path);
        drop(self.listener);
        let _ = timeout(GRACE, async { while calls.join_next().await.is_some() {} }).await;
    }

    /// Who calls, if it may: the engine's own account, and root.
    fn peer(&self, stream: &UnixStream) -> Option<u32> {
        let uid = stream.peer_cred().ok()?.uid();
        may(uid, self.account).then_some(uid)
    }
}

/// The account that calls.
#[derive(Clone, Copy)]
struct Peer(u32);

fn may(who: u32, account: u32) -> bool {
    who == account || who == 0
}

async fn wishes(
    State(desk): State<Arc<Post>>,
    Extension(Peer(uid)): Extension<Peer>,
    body: Bytes,
) -> Result<Vec<u8>, (StatusCode, &'static str)> {
    let Ok(wishes) = minicbor::decode::<Vec<Wish>>(&body) else {
        return Err((StatusCode::BAD_REQUEST, "not the wishes of a command of this version\n"));
    };
    let account = account::name(uid);
    let wishes: Vec<Wish> = wishes.into_iter().map(|wish| wish.called_by(&account)).collect();
    if wishes.len() > CONTROL_BATCH {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "too many wishes in one call\n"));
    }
    let answer = desk.fulfil(&wishes).await;
    minicbor::to_vec(&answer).map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "no memory\n"))
}

#[cfg(test)]
mod tests {
    use super::may;

    #[test]
    fn only_the_engines_own_account_and_root_may_ask() {
        assert!(may(1_000, 1_000) && may(0, 1_000) && may(0, 0));
        assert!(!may(1_001, 1_000) && !may(1_000, 0) && !may(u32::MAX, 1_000));
    }
}
