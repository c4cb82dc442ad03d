//! One run, from its plan to its outcome.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use traffic::{Rng, Transport};

use crate::book::{Book, Unreceipted};
use crate::device::{Clock, Seat};
use crate::ledger::Ledger;
use crate::limits::ORDERS;
use crate::plan::{Plan, PlanError};
use crate::quic::Quic;
use crate::reference::Reference;
use crate::tally::Tally;
use crate::{link_device, pacer, scaip_device};

/// A run under way. Dropping it ends the run, as [`Handle::end`] does.
pub struct Handle {
    ledger: Arc<Ledger>,
    stop: watch::Sender<bool>,
    run: JoinHandle<Outcome>,
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// The counts at the end; `unanswered` is final.
    pub tally: Tally,
    /// Every signal without a receipt: as many as `refused` + `unanswered`.
    pub unreceipted: Vec<Unreceipted>,
    /// Why receipts could not all be written down, if so.
    pub receipts_failed: Option<String>,
    /// How long the run took, end included.
    pub milliseconds: u64,
}

impl Handle {
    /// The counts at this moment.
    pub fn tally(&self) -> Tally {
        self.ledger.tally()
    }

    /// Ends the timeline now, waits for outstanding answers as long as the plan says, and closes
    /// every connection.
    pub async fn stop(self) -> Outcome {
        self.stop.send_replace(true);
        self.finished().await
    }

    /// Waits for the plan's own end.
    pub async fn finished(self) -> Outcome {
        // Kept until the end: dropping it would read as a stop.
        let _stop = self.stop;
        match self.run.await {
            Ok(outcome) => outcome,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }

    /// Asks the run to end, as [`Handle::stop`] does, without waiting.
    pub fn end(&self) {
        self.stop.send_replace(true);
    }

    /// Whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.run.is_finished()
    }
}

/// Starts a run on `runtime`.
pub fn play(runtime: &runtime::Handle, plan: Plan) -> Result<Handle, PlanError> {
    let _inside = runtime.enter();
    let quic = open_quic(&plan)?;
    for device in &plan.fleet.devices {
        if plan.targets.of(device.transport).is_none() {
            return Err(PlanError::NoTarget(device.transport.name()));
        }
    }
    let (stop, stopped) = watch::channel(false);
    let mut plan = plan;
    let ledger = Arc::new(Ledger::new(plan.fleet.devices.len() as u64, plan.receipts.take()));
    let run = runtime.spawn(run(plan, quic, Arc::clone(&ledger), stopped));
    Ok(Handle { ledger, stop, run })
}

fn open_quic(plan: &Plan) -> Result<Option<Arc<Quic>>, PlanError> {
    let on_quic = plan.fleet.devices.iter().filter(|d| d.transport == Transport::Quic).count();
    let Some(centre) = plan.targets.quic.filter(|_| on_quic > 0) else { return Ok(None) };
    let identities = plan.identities.clone().ok_or(PlanError::NoIdentities)?;
    let municipality = plan.fleet.municipality;
    let name = &plan.targets.server_name;
    Ok(Some(Arc::new(Quic::open(on_quic, municipality, centre, name, identities)?)))
}

async fn run(
    plan: Plan,
    quic: Option<Arc<Quic>>,
    ledger: Arc<Ledger>,
    stop: watch::Receiver<bool>,
) -> Outcome {
    let clock = Clock::start();
    let (over, is_over) = watch::channel(false);
    let mut devices = JoinSet::new();
    let mut orders = Vec::with_capacity(plan.fleet.devices.len());
    for (place, device) in plan.fleet.devices.iter().enumerate() {
        let (sender, receiver) = mpsc::channel(ORDERS);
        orders.push(sender);
        let seat = Seat {
            book: Book::new(device.id.clone(), place, Arc::clone(&ledger)),
            orders: receiver,
            over: is_over.clone(),
            clock,
            begin: place as u64 * 1_000_000_000 / u64::from(plan.connects_per_second.max(1)),
            stays: plan.hold_all || device.unit.stays(),
            run: plan.run,
        };
        let rng = Rng::stream(plan.run, &[place as u64]);
        match (device.transport, &quic, plan.targets.of(device.transport)) {
            (Transport::Quic, Some(quic), _) => {
                drop(devices.spawn(link_device::run(seat, Arc::clone(quic), place, rng)));
            }
            (transport, _, Some(centre)) => {
                drop(devices.spawn(scaip_device::run(seat, transport, centre, rng)));
            }
            // Refused when the plan was taken.
            (_, _, None) => {}
        }
    }
    let length = plan.length.map_or(u64::MAX, |length| length.as_nanos() as u64);
    let overrun = pacer::run(plan.timeline, length, clock, &orders, &ledger, stop).await;
    drain(&ledger, plan.drain, overrun.len() as u64).await;
    over.send_replace(true);

    let mut unreceipted: Vec<Unreceipted> =
        devices.join_all().await.into_iter().flatten().collect();
    for (place, signal) in overrun {
        let device = &plan.fleet.devices[place];
        let reference = match device.transport {
            Transport::Quic => Reference::link(plan.run, &device.id, signal.number),
            Transport::Tcp | Transport::Udp => {
                Reference::scaip(plan.run, &device.id, signal.number)
            }
        };
        unreceipted.push(pacer::lost(&device.id, reference.to_string(), signal));
    }
    if let Some(quic) = quic {
        quic.finish().await;
    }
    let receipts_failed = ledger.flush().err().map(|why| why.to_string());
    let milliseconds = clock.now() / 1_000_000;
    Outcome { tally: ledger.tally(), unreceipted, receipts_failed, milliseconds }
}

/// Waits until everything sent is settled but for `lost`, at most `longest`.
async fn drain(ledger: &Ledger, longest: Duration, lost: u64) {
    let settled = async {
        while ledger.open() > lost {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = timeout(longest, settled).await;
}
