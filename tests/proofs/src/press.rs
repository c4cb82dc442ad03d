//! Presses in number: until the engine says no, and from several units at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::ledger::Ledger;
use crate::unit::{TcpUnit, Told, long_alarm, wall};

/// How long a unit waits for its `mrs`.
const PATIENCE: Duration = Duration::from_secs(6);
/// How long an engine may take to serve again by itself.
const RESUMES: Duration = Duration::from_secs(20);

/// Presses until something is not acknowledged, at most so often; gives what the last was told.
pub fn until_refused(engine: &Engine, ledger: &Ledger, most: usize) -> Told {
    until_refused_with(engine, ledger, most, 0)
}

/// The same with so many bytes of text in each, to fill a disk sooner.
pub fn until_refused_with(engine: &Engine, ledger: &Ledger, most: usize, bytes: usize) -> Told {
    let Ok(mut unit) = TcpUnit::connect(engine.address("sip_tcp"), "5001") else {
        return Told::Nothing;
    };
    for _ in 0..most {
        let reference = format!("{:x}", wall());
        let body = long_alarm("5001", &reference, bytes);
        let told = unit.send(&body, &reference, PATIENCE);
        if told != Told::Mrs(0) {
            return told;
        }
        ledger.acknowledged("5001", &reference, wall());
    }
    Told::Mrs(0)
}

/// Presses until it is acknowledged again; how long that took, or `None`: not within 20 s.
pub fn until_acknowledged(engine: &Engine, ledger: &Ledger) -> Option<Duration> {
    let since = Instant::now();
    while since.elapsed() < RESUMES {
        if until_refused(engine, ledger, 1) == Told::Mrs(0) {
            return Some(since.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

/// Units that press one signal after the other until they are stopped.
pub struct Units {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Duration>>>,
}

impl Units {
    /// Begins with so many units of this name and a digit; the name must not be part of another's.
    pub fn start(to: SocketAddr, name: &str, units: usize, ledger: &Ledger) -> Self {
        Self::start_with(to, name, units, ledger, 0)
    }

    /// The same with so many bytes of text in each signal.
    pub fn start_with(
        to: SocketAddr,
        name: &str,
        units: usize,
        ledger: &Ledger,
        bytes: usize,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..units).map(|n| {
            let (ledger, stop, name) = (ledger.clone(), Arc::clone(&stop), format!("{name}{n}"));
            std::thread::spawn(move || press_on(to, &name, bytes, &ledger, &stop))
        });
        Self { threads: threads.collect(), stop }
    }

    /// Stops them; gives how long each acknowledgement took.
    pub fn stop(self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Release);
        let took = self.threads.into_iter().map(JoinHandle::join);
        took.flat_map(|took| took.expect("a unit's thread ends")).collect()
    }
}

fn press_on(
    to: SocketAddr,
    name: &str,
    bytes: usize,
    ledger: &Ledger,
    stop: &AtomicBool,
) -> Vec<Duration> {
    let mut unit = TcpUnit::connect(to, name).expect("it listens");
    let mut took = Vec::new();
    for k in 0.. {
        if stop.load(Ordering::Acquire) {
            break;
        }
        let (reference, since) = (format!("{name}r{k}e"), Instant::now());
        let body = long_alarm(name, &reference, bytes);
        if unit.send(&body, &reference, PATIENCE) == Told::Mrs(0) {
            took.push(since.elapsed());
            ledger.acknowledged(name, &reference, wall());
        }
    }
    took
}
