//! The thread that writes snapshots: when, and what it says when it cannot. It never holds up anything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use central::entry::{Flags, Path, Sender, Signal};
use central::kind::Kind;
use central::words::{DeviceId, Moment, Municipality, Reference, Seq};
use tokio::runtime::Handle;

use super::form::Header;
use super::second::{self, Failed};
use crate::intake::{Draft, Intake};
use crate::limits::{SNAPSHOT_AFTER, SNAPSHOT_LOOK, SNAPSHOT_RETRY};
use crate::ops::StateProbe;
use crate::plain::Plain;
use crate::translate::content_hash;

/// What the thread is given.
pub(crate) struct Wanted {
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Entries after which a snapshot is due.
    pub(crate) every: u64,
    /// The Seq of the snapshot that the start began from; 0 for none.
    pub(crate) from: Seq,
    /// Asks the deciding thread for its state.
    pub(crate) probe: Arc<StateProbe>,
    /// Counts, the clock, and the way to operators.
    pub(crate) intake: Arc<Intake>,
}

/// The running thread.
pub(crate) struct Snapshots {
    handle: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Snapshots {
    /// Starts it. Must be called within the runtime, whose timers it uses.
    pub(crate) fn start(wanted: Wanted) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            since: (wanted.from, wanted.intake.clock.now()),
            not_before: Instant::now(),
            wanted,
            stop: Arc::clone(&stop),
            runtime: Handle::current(),
        };
        let thread = std::thread::Builder::new().name("snapshots".to_owned());
        let handle = thread.spawn(move || writer.run())?;
        Ok(Self { handle, stop })
    }

    /// Ends it; what is being written is given up. Blocks for a moment.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.handle.thread().unpark();
        if self.handle.join().is_err() {
            tracing::error!(
                "the thread that writes snapshots panicked; starts fold more of the log"
            );
        }
    }
}

struct Writer {
    wanted: Wanted,
    stop: Arc<AtomicBool>,
    runtime: Handle,
    /// The newest snapshot: its Seq, and when it was written or this engine began.
    since: (Seq, Moment),
    /// After a failure it is not tried again at once.
    not_before: Instant,
}

impl Writer {
    fn run(mut self) {
        lower_priority();
        while !self.stop.load(Ordering::Acquire) {
            std::thread::park_timeout(SNAPSHOT_LOOK);
            let reached = self.wanted.probe.last();
            let now = self.wanted.intake.clock.now();
            if !self.is_due(reached, now) || Instant::now() < self.not_before {
                continue;
            }
            match self.write() {
                Ok(header) => self.written(&header, now),
                Err(Failed::Stopped) => return,
                Err(why) => self.failed(&why),
            }
        }
    }

    fn is_due(&self, reached: Seq, now: Moment) -> bool {
        let (seq, since) = self.since;
        let entries = reached.0.saturating_sub(seq.0);
        let old = Duration::from_nanos(now.0.saturating_sub(since.0)) >= SNAPSHOT_AFTER;
        entries >= self.wanted.every || entries > 0 && old
    }

    fn write(&self) -> Result<Header, Failed> {
        let live = self.runtime.block_on(self.wanted.probe.ask()).ok_or(Failed::Unanswered)?;
        let write = || second::write(&self.wanted.data, &live, &self.stop);
        catch_unwind(AssertUnwindSafe(write)).unwrap_or(Err(Failed::Panicked))
    }

    fn written(&mut self, header: &Header, now: Moment) {
        self.since = (header.seq, now);
        self.wanted.intake.metrics.snapshots.written(header.seq);
        tracing::info!(seq = header.seq.0, "a snapshot is written");
    }

    /// Nothing but the time of a start hangs on a snapshot; but two folds that disagree mean that what
    /// operators see may not be what the log says.
    fn failed(&mut self, why: &Failed) {
        self.not_before = Instant::now() + SNAPSHOT_RETRY;
        let metrics = &self.wanted.intake.metrics.snapshots;
        if matches!(why, Failed::Differs(_)) {
            metrics.differs();
        } else {
            metrics.failed();
        }
        tracing::error!(%why, "no snapshot is written");
        if why.is_grave() {
            let draft = told(why, self.wanted.intake.clock.now());
            self.runtime.block_on(self.wanted.intake.submit(draft));
        }
    }
}

/// The lowest priority there is: alarms come first. Without the right to it, it runs as it is.
fn lower_priority() {
    if let Err(why) = rustix::process::setpriority_process(None, 19) {
        tracing::warn!(%why, "the thread that writes snapshots keeps its priority");
    }
}

/// A technical alarm of the engine's own.
fn told(why: &Failed, received: Moment) -> Draft {
    let mut plain = Plain::default();
    let text = match why {
        Failed::Differs(seq) => format!(
            "Kontrollberegningen av loggen gir en annen tilstand ved post {}; start motoren på nytt og meld fra",
            seq.0
        ),
        _ => "Loggen kan ikke leses på nytt; kjør «varde verify» og meld fra".to_owned(),
    };
    plain.say("Øyeblikksbilde", text);
    let signal = Signal {
        device: DeviceId("engine:snapshots".to_owned()),
        municipality: Municipality(0),
        person: None,
        kind: Kind::FAULT,
        reference: Reference(received.0.to_string()),
        content: content_hash(b"snapshots"),
        counter: None,
        happened: None,
        buffered: false,
        received,
        path: Path::Engine,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: None,
    };
    Draft { signal, plain }
}
