//! What happens by the clock outside the log: shouts, hops, counts, the clock's own check.

use std::sync::Arc;
use std::time::{Duration, Instant};

use central::entry::{Entry, Flags, Path, Sender, Signal};
use central::kind::Kind;
use central::words::{DeviceId, Moment, Municipality, Reference};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Shared;
use crate::hops::Hops;
use crate::intake::{Draft, Intake};
use crate::limits::{COUNTED_EVERY, PENDING_SWEEP, SHOUT_STAYS};
use crate::plain::Plain;
use crate::translate::content_hash;

/// Starts the timers of an engine.
pub(super) fn start(tasks: &mut JoinSet<()>, shared: &Shared) {
    tasks.spawn(sweep(Arc::clone(&shared.intake)));
    tasks.spawn(write_hops(Arc::clone(&shared.intake), Arc::clone(&shared.hops)));
    tasks.spawn(write_counts(Arc::clone(&shared.intake)));
    tasks.spawn(watch_clock(Arc::clone(&shared.intake)));
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn sweep(intake: Arc<Intake>) {
    let mut ticks = every(PENDING_SWEEP);
    loop {
        ticks.tick().await;
        intake.sweep(Instant::now());
        let stays = u64::try_from(SHOUT_STAYS.as_nanos()).unwrap_or(u64::MAX);
        intake.board.expire_shouts(Moment(intake.clock.now().0.saturating_sub(stays)));
    }
}

async fn write_hops(intake: Arc<Intake>, hops: Arc<Hops>) {
    let mut ticks = every(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        loop {
            let due = hops.drain_due(intake.clock.now());
            if due.is_empty() {
                break;
            }
            if !intake.note(&Entry::Hops(due)) {
                intake.metrics.hops_lost();
            }
        }
    }
}

async fn write_counts(intake: Arc<Intake>) {
    let mut ticks = every(COUNTED_EVERY);
    // The first tick comes at once and has nothing to write.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        for counted in intake.gate.drain(intake.clock.now()) {
            intake.note(&Entry::Counted(counted));
        }
    }
}

/// A wall clock that stepped is an alarm of the engine's own, once until it is right again.
async fn watch_clock(intake: Arc<Intake>) {
    let mut ticks = every(Duration::from_secs(1));
    let mut told = false;
    loop {
        ticks.tick().await;
        match intake.clock.discipline() {
            None => told = false,
            Some(_) if told => {}
            Some(differs) => {
                told = true;
                let seconds = differs / 1_000_000_000;
                tracing::warn!(seconds, "the machine's clock stepped; it is not followed");
                intake.submit(stepped(&intake, seconds)).await;
            }
        }
    }
}

fn stepped(intake: &Intake, seconds: i64) -> Draft {
    let mut plain = Plain::default();
    plain.say("Klokken", format!("hoppet {seconds} s og følges ikke; se til tidstjenesten"));
    own_fault(intake, "engine:clock", plain)
}

/// A technical alarm about the engine itself, for operators who see all municipalities.
pub(crate) fn own_fault(intake: &Intake, device: &str, plain: Plain) -> Draft {
    let received = intake.clock.now();
    let signal = Signal {
        device: DeviceId(device.to_owned()),
        municipality: Municipality(0),
        person: None,
        kind: Kind::FAULT,
        reference: Reference(received.0.to_string()),
        content: content_hash(device.as_bytes()),
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
