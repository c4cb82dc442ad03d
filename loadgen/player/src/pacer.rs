//! Gives each device its orders at the intended moments, never waiting for any of them.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::watch;
use tokio::time::sleep_until;
use traffic::{Intended, What};

use crate::book::Unreceipted;
use crate::device::{Clock, Order};
use crate::ledger::Ledger;

/// Events given out before other tasks get a turn, when the player is behind.
const BATCH: u32 = 256;

/// Plays `timeline` until its end, until `length` nanoseconds, or until `stop`. Gives the signals
/// that no device could take, by place.
pub(crate) async fn run(
    timeline: Box<dyn Iterator<Item = Intended> + Send>,
    length: u64,
    clock: Clock,
    devices: &[Sender<Order>],
    ledger: &Arc<Ledger>,
    mut stop: watch::Receiver<bool>,
) -> Vec<(usize, traffic::Signal)> {
    let mut overrun = Vec::new();
    let mut batch = 0;
    for intended in timeline {
        let due = intended.at.min(length);
        if due > clock.now() {
            batch = 0;
            tokio::select! {
                () = sleep_until(clock.at(due)) => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        } else {
            batch += 1;
            if batch % BATCH == 0 {
                tokio::task::yield_now().await;
            }
        }
        if *stop.borrow() || intended.at >= length {
            break;
        }
        ledger.note_lag(clock.now().saturating_sub(intended.at));
        let place = intended.device as usize;
        let Some(device) = devices.get(place) else { continue };
        if let What::Signal(signal) = intended.what {
            ledger.note_sent(place, signal.kind);
        }
        let refused = device.try_send(order(intended)).err().map(TrySendError::into_inner);
        if let Some(Order::Signal { signal, .. }) = refused {
            overrun.push((place, signal));
        }
    }
    overrun
}

fn order(intended: Intended) -> Order {
    match intended.what {
        What::Beat => Order::Beat,
        What::Signal(signal) => Order::Signal { signal, intended: intended.at },
        What::Duplicate(signal) => Order::Duplicate(signal),
    }
}

/// A signal lost to an overrun, as the report lists it.
pub(crate) fn lost(device: &str, reference: String, signal: traffic::Signal) -> Unreceipted {
    Unreceipted {
        device: device.to_owned(),
        reference,
        kind: signal.kind.0,
        refused: false,
        word: crate::book::Word::Overrun,
    }
}
