//! Non-INVITE client transactions (RFC 3261 17.1.2): our own MESSAGEs until they are answered.

use alloc::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::limits::{MAX_CLIENT_TRANSACTIONS, T1, T2, T4, TIMER_F};
use crate::message::Response;
use crate::write::Outgoing;

/// What the caller must do. `token` is what it gave at the start.
#[derive(Clone, PartialEq, Eq)]
pub enum Action<T> {
    /// Send these bytes, for the first time or again.
    Send {
        /// The request.
        bytes: Bytes,
        /// The caller's token.
        token: T,
    },
    /// A final response came; this is the end.
    Done {
        /// Its status, 200 to 699.
        status: u16,
        /// The caller's token.
        token: T,
    },
    /// No final response within [`TIMER_F`]; this is the end.
    TimedOut {
        /// The caller's token.
        token: T,
    },
}

/// Why a request was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// As many are under way as may be: keep the request and try when one has ended.
    Full,
    /// A request with this branch is under way, or has just ended: use a new branch.
    BranchInUse,
}

impl core::fmt::Display for StartError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Full => "too many requests under way; try when one has ended",
            Self::BranchInUse => "a request with this branch is known; use a new branch",
        })
    }
}

impl core::error::Error for StartError {}

/// Our requests under way. `T` is the caller's own word for each: where it goes, what it is.
pub struct ClientTransactions<T> {
    max_entries: usize,
    entries: BTreeMap<Bytes, Entry<T>>,
    /// Each entry once, by the moment something happens to it.
    wakes: BTreeSet<(u64, Bytes)>,
}

struct Entry<T> {
    wake: u64,
    state: State<T>,
}

enum State<T> {
    /// Trying or Proceeding.
    Open { request: Bytes, token: T, give_up: u64, resend: Resend },
    /// Answered: stays for timer K, so that its branch finds late copies of the response.
    Completed,
}

/// Timer E.
#[derive(Clone, Copy, Debug)]
enum Resend {
    /// Sent once, over a stream.
    Never,
    /// At `at`, then after `pause`, which doubles up to T2.
    At { at: u64, pause: u64 },
}

impl<T> Default for ClientTransactions<T> {
    fn default() -> Self {
        Self::bounded(MAX_CLIENT_TRANSACTIONS)
    }
}

impl<T> ClientTransactions<T> {
    /// None yet, at most `max_entries` at once.
    pub fn bounded(max_entries: usize) -> Self {
        Self { max_entries, entries: BTreeMap::new(), wakes: BTreeSet::new() }
    }

    /// Starts a request at `now` (nanoseconds) and gives back the bytes to send at once.
    /// `reliable`: over a stream, so that it is sent once only.
    ///
    /// # Errors
    /// [`StartError`]; nothing has changed then.
    pub fn start(
        &mut self,
        request: Outgoing,
        token: T,
        reliable: bool,
        now: u64,
    ) -> Result<Bytes, StartError> {
        if self.entries.len() >= self.max_entries {
            return Err(StartError::Full);
        }
        if self.entries.contains_key(&request.branch) {
            return Err(StartError::BranchInUse);
        }
        let Outgoing { bytes, branch } = request;
        let give_up = now.saturating_add(TIMER_F);
        let at = now.saturating_add(T1);
        let resend = if reliable { Resend::Never } else { Resend::At { at, pause: T1 } };
        let state = State::Open { request: bytes.clone(), token, give_up, resend };
        self.put(branch, state, resend.wake(give_up));
        Ok(bytes)
    }

    /// Takes a response at `now`. `None` when it is provisional, a copy, or to nothing of ours.
    /// Matched by branch and the method in `CSeq` (RFC 3261 17.1.3).
    pub fn received(&mut self, response: &Response, now: u64) -> Option<Action<T>> {
        let branch = response.headers().via()?.branch()?;
        if response.headers().cseq()?.method != b"MESSAGE" {
            return None;
        }
        let (branch, entry) = self.take(branch)?;
        let State::Open { request, token, give_up, mut resend } = entry.state else {
            self.put(branch, State::Completed, entry.wake);
            return None;
        };
        if response.status() < 200 {
            // Proceeding: timer E runs on, from now on with T2.
            if let Resend::At { pause, .. } = &mut resend {
                *pause = T2;
            }
            self.put(branch, State::Open { request, token, give_up, resend }, entry.wake);
            return None;
        }
        // Timer K: over a stream no copy can follow.
        if matches!(resend, Resend::At { .. }) {
            self.put(branch, State::Completed, now.saturating_add(T4));
        }
        Some(Action::Done { status: response.status(), token })
    }

    /// Gives up a request, for instance because its connection is gone: its token, if it was
    /// still open.
    pub fn abandon(&mut self, branch: &[u8]) -> Option<T> {
        match self.take(branch)?.1.state {
            State::Open { token, .. } => Some(token),
            State::Completed => None,
        }
    }

    /// When [`ClientTransactions::poll`] has something to do next.
    pub fn next_wake(&self) -> Option<u64> {
        self.wakes.first().map(|(wake, _)| *wake)
    }

    /// How many are kept, the completed of the last seconds included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn put(&mut self, branch: Bytes, state: State<T>, wake: u64) {
        self.wakes.insert((wake, branch.clone()));
        self.entries.insert(branch, Entry { wake, state });
    }

    fn take(&mut self, branch: &[u8]) -> Option<(Bytes, Entry<T>)> {
        let (branch, entry) = self.entries.remove_entry(branch)?;
        self.wakes.remove(&(entry.wake, branch.clone()));
        Some((branch, entry))
    }
}

impl<T: Clone> ClientTransactions<T> {
    /// What is due at `now`; call until `None`.
    pub fn poll(&mut self, now: u64) -> Option<Action<T>> {
        loop {
            let (_, branch) = self.wakes.first().filter(|(wake, _)| *wake <= now)?;
            let branch = branch.clone();
            let (branch, entry) = self.take(&branch)?;
            let State::Open { request, token, give_up, resend } = entry.state else {
                continue; // Timer K.
            };
            if give_up <= now {
                return Some(Action::TimedOut { token });
            }
            let resend = resend.again(now);
            let action = Action::Send { bytes: request.clone(), token: token.clone() };
            let state = State::Open { request, token, give_up, resend };
            self.put(branch, state, resend.wake(give_up));
            return Some(action);
        }
    }
}

impl Resend {
    /// After a retransmission at `now`.
    fn again(self, now: u64) -> Self {
        match self {
            Self::Never => Self::Never,
            Self::At { pause, .. } => {
                let pause = (pause * 2).min(T2);
                Self::At { at: now.saturating_add(pause), pause }
            }
        }
    }

    fn wake(self, give_up: u64) -> u64 {
        match self {
            Self::Never => give_up,
            Self::At { at, .. } => at.min(give_up),
        }
    }
}
