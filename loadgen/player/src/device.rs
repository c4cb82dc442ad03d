//! What every device's task is given, whatever its transport.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use traffic::Signal;

use crate::book::{Book, Unreceipted};
use crate::reference::Reference;

/// The run's clock: nanoseconds since its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// When the run's clock shows `nanoseconds`.
    pub(crate) fn at(self, nanoseconds: u64) -> Instant {
        // A moment beyond what the clock can show is never waited for.
        let never = Duration::from_hours(366 * 24);
        self.0 + Duration::from_nanos(nanoseconds).min(never)
    }
}

/// What a device is told to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Say that it is alive.
    Beat,
    /// Send a new signal, intended at this moment.
    Signal { signal: Signal, intended: u64 },
    /// Send a signal once more.
    Duplicate(Signal),
}

/// One device's share of a run.
pub(crate) struct Seat {
    pub(crate) book: Book,
    pub(crate) orders: mpsc::Receiver<Order>,
    /// True when the run is over.
    pub(crate) over: watch::Receiver<bool>,
    pub(crate) clock: Clock,
    /// When it may connect first.
    pub(crate) begin: u64,
    /// Whether it keeps its connection when there is nothing to send.
    pub(crate) stays: bool,
    pub(crate) run: u64,
}

impl Seat {
    /// Waits for the device's turn to connect, an order, or the end of the run. The orders of a
    /// device wait for its turn too, as its latency will tell.
    pub(crate) async fn begin(&mut self) {
        let turn = self.clock.at(self.begin);
        tokio::select! {
            () = tokio::time::sleep_until(turn) => {}
            _ = self.over.wait_for(|over| *over) => {}
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// The end: orders not yet taken count as never sent; `reference` names their signals.
    pub(crate) fn close(mut self, reference: fn(u64, &str, u32) -> Reference) -> Vec<Unreceipted> {
        while let Ok(order) = self.orders.try_recv() {
            if let Order::Signal { signal, intended } = order {
                let reference = reference(self.run, &self.book.device, signal.number);
                self.book.raise(reference, signal, intended);
            }
        }
        self.book.close()
    }
}
