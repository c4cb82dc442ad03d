//! For whoever runs the engine: is it alive, is it ready, how does it go, what is its state.
//!
//! Answers no personal data and changes nothing; listens on 127.0.0.1 unless told otherwise.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use central::words::{ChainHash, Seq};
use central::{Central, Placed};
use journal::embedded::Mirror;
use lanes::Waker;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::api::door;
use crate::api::limits::{PROBE_TIME, PROBES};
use crate::api::{health_name, hex, moment};
use crate::board::{Board, LogHealth};
use crate::housekeeping;
use crate::metrics::Metrics;

/// The applied state at one Seq: two nodes that folded the same entries tell the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineState {
    /// The last entry applied.
    pub seq: Seq,
    /// The chain hash at it.
    pub head: ChainHash,
    /// SHA-256 of the state.
    pub state_hash: [u8; 32],
    /// Alarms nobody has.
    pub waiting: usize,
    /// Alarms not closed, those somebody has among them.
    pub open: usize,
}

/// Carries questions about the state to the sequencer's thread, which alone may read it.
#[derive(Debug)]
pub struct StateProbe {
    asked: Mutex<Vec<oneshot::Sender<EngineState>>>,
    any: AtomicBool,
    head: Mutex<ChainHash>,
    seq: AtomicU64,
    waker: Waker,
}

impl StateProbe {
    /// `head` is the chain hash that the refold ended at; `waker` wakes the sequencer.
    pub fn new(head: ChainHash, waker: Waker) -> Self {
        Self {
            asked: Mutex::default(),
            any: AtomicBool::new(false),
            head: Mutex::new(head),
            seq: AtomicU64::new(0),
            waker,
        }
    }

    /// The last entry applied, and so durable, in this run; 0 before the first.
    pub fn last(&self) -> Seq {
        Seq(self.seq.load(Ordering::Acquire))
    }

    /// Asks; `None`: [`PROBES`] others wait already, or no answer in [`PROBE_TIME`].
    pub async fn ask(&self) -> Option<EngineState> {
        let (tell, told) = oneshot::channel();
        {
            let mut asked = lock(&self.asked);
            // Whoever stopped waiting takes no room.
            asked.retain(|tell| !tell.is_closed());
            if asked.len() >= PROBES {
                return None;
            }
            asked.push(tell);
        }
        self.any.store(true, Ordering::Release);
        self.waker.wake();
        timeout(PROBE_TIME, told).await.ok()?.ok()
    }

    /// For the shell, at each entry applied.
    pub fn applied(&self, at: &Placed) {
        *lock(&self.head) = at.head;
        self.seq.store(at.seq.0, Ordering::Release);
    }

    /// For the shell, after each turn: the state is hashed only if somebody asked.
    pub fn answer(&self, central: &Central) {
        if !self.any.swap(false, Ordering::Acquire) {
            return;
        }
        let (open, waiting) = central.depth();
        let state = EngineState {
            seq: central.last(),
            head: *lock(&self.head),
            state_hash: central.digest(),
            waiting,
            open,
        };
        for tell in lock(&self.asked).drain(..) {
            let _ = tell.send(state);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the ops address tells of.
#[derive(Clone, Debug)]
pub struct Ops {
    /// The log's health.
    pub board: Arc<Board>,
    /// Counts and latencies.
    pub metrics: Arc<Metrics>,
    /// The state.
    pub probe: Arc<StateProbe>,
    /// The second disk, if the log has one.
    pub mirror: Option<Mirror>,
}

/// Serves `/livez`, `/readyz`, `/metrics` and `/state` until `stop` becomes true.
pub async fn serve(listener: TcpListener, ops: Arc<Ops>, stop: watch::Receiver<bool>) {
    let router = Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/state", get(state))
        .with_state(ops);
    door::open(listener, router, stop, None).await;
}

/// 200 while signals become durable; 503 when a unit had better go to its next receiver.
async fn ready(State(ops): State<Arc<Ops>>) -> (StatusCode, Json<Value>) {
    let (health, since) = ops.board.health();
    let mut told = json!({ "log": health_name(health), "since": moment(since) });
    if let Some(mirror) = &ops.mirror {
        // Ready all the same: signals become durable on one disk. Whoever watches sees that it is one.
        let (word, why) = housekeeping::told(&mirror.standing());
        told["mirror"] = word.into();
        told["mirror_why"] = why.into();
    }
    match why_not(health) {
        None => (StatusCode::OK, Json(told)),
        Some(why) => {
            told["why"] = why.into();
            (StatusCode::SERVICE_UNAVAILABLE, Json(told))
        }
    }
}

fn why_not(health: LogHealth) -> Option<&'static str> {
    match health {
        LogHealth::Ok | LogHealth::Low => None,
        LogHealth::Stalled => {
            Some("a write has been under way for more than a second: see to the disk")
        }
        LogHealth::Full => Some("the disk has no room for the log: make room"),
        LogHealth::NoQuorum => Some("too few nodes answer to decide an order: start or mend them"),
        LogHealth::Stopped => {
            Some("a write failed and nothing more is promised: start the engine again")
        }
    }
}

async fn metrics(State(ops): State<Arc<Ops>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], ops.metrics.text()).into_response()
}

async fn state(State(ops): State<Arc<Ops>>) -> Response {
    let Some(state) = ops.probe.ask().await else {
        let why = "the sequencer did not answer: see /readyz";
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "why": why }))).into_response();
    };
    let told = json!({
        "seq": state.seq.0,
        "head": hex(&state.head),
        "state_hash": hex(&state.state_hash),
        "waiting": state.waiting,
        "open": state.open,
    });
    Json(told).into_response()
}
