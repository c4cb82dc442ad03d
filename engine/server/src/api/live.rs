//! The live connection: the picture, then every change a session may see, numbered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use central::output::Row;
use central::words::{AlarmId, Moment, Municipality, Seq, SessionId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use crate::api::Console;
use crate::api::answer::{No, moment};
use crate::api::door::{Counted, stopped};
use crate::api::limits::{BEAT, LIVE, LIVE_PER_SESSION, PAGE_MESSAGE, PAGE_SILENT, SEND_TIME};
use crate::api::routes::same_origin;
use crate::api::rows::{health_value, shout_id};
use crate::api::sessions::Seat;
use crate::board::{Change, Picture};
use crate::metrics::{Listener, Metrics};

/// Close code: the engine stops; connect again.
const GOING_AWAY: u16 = 1001;
/// Close code: the session ended or expired; log in again.
const SESSION_ENDED: u16 = 4401;
/// Close code: the page did not read fast enough; connect again for a new picture.
const TOO_SLOW: u16 = 4408;

/// The live connections now, in all and of each session.
#[derive(Debug)]
pub(super) struct Lives {
    by_session: Mutex<HashMap<SessionId, usize>>,
    one_ended: Notify,
    metrics: Arc<Metrics>,
}

impl Lives {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { by_session: Mutex::default(), one_ended: Notify::new(), metrics }
    }

    /// A place for one more, if there is one.
    fn enter(self: &Arc<Self>, session: SessionId) -> Option<Place> {
        let mut by_session = self.by_session();
        let all: usize = by_session.values().sum();
        let own = by_session.entry(session).or_insert(0);
        if all >= LIVE || *own >= LIVE_PER_SESSION {
            // One left at zero is one that was refused: it takes no room.
            by_session.retain(|_, n| *n > 0);
            return None;
        }
        *own += 1;
        let counted = Counted::new(Arc::clone(&self.metrics), Listener::Live);
        Some(Place { lives: Arc::clone(self), session, _counted: counted })
    }

    /// Returns when none is left.
    pub(super) async fn all_gone(&self) {
        loop {
            let ended = self.one_ended.notified();
            if self.by_session().is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn by_session(&self) -> MutexGuard<'_, HashMap<SessionId, usize>> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One live connection's place; given back when it ends.
struct Place {
    lives: Arc<Lives>,
    session: SessionId,
    _counted: Counted,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_session = self.lives.by_session();
        if let Some(own) = by_session.get_mut(&self.session) {
            *own -= 1;
        }
        by_session.retain(|_, n| *n > 0);
        drop(by_session);
        self.lives.one_ended.notify_waiters();
    }
}

/// `GET /api/live`.
pub(super) async fn upgrade(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, No> {
    if !same_origin(&headers) {
        return Err(No::NotAllowed("a live connection needs the page's own Origin"));
    }
    let upgrade = upgrade
        .map_err(|why| No::Bad(axum::http::StatusCode::UPGRADE_REQUIRED, why.body_text()))?;
    let place = console.lives.enter(seat.id).ok_or(No::Busy)?;
    let stop = console.stop.subscribe();
    Ok(upgrade.max_message_size(PAGE_MESSAGE).max_frame_size(PAGE_MESSAGE).on_upgrade(
        async move |socket| {
            let _place = place;
            let live = Live { console, seat, socket, n: 0, shouts: HashMap::new() };
            live.run(stop).await;
        },
    ))
}

/// The picture as this session may see it.
pub(super) fn picture_text(console: &Console, seat: &Seat, picture: &Picture) -> String {
    let sees = |municipality| seat.session.scope.covers(municipality);
    let rows: Vec<String> = picture
        .rows
        .iter()
        .filter(|row| sees(row.municipality))
        .map(|row| console.row_text(row, seat.id))
        .collect();
    let shouts = picture.shouts.iter().filter(|shout| sees(shout.municipality));
    let shouts: Value = shouts.map(|shout| console.shout_value(shout)).collect();
    format!(
        r#"{{"t":"picture","n":0,"now":"{}","rows":[{}],"shouts":{shouts},"health":{}}}"#,
        console.now().0,
        rows.join(","),
        health_value(picture.health),
    )
}

/// What a page says.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    painted: Vec<u64>,
    #[serde(default)]
    painted_shouts: Vec<String>,
}

/// Why a connection ends.
enum End {
    /// Told to the page.
    Close(u16, &'static str),
    /// The page is gone or takes nothing.
    Gone,
}

struct Live {
    console: Arc<Console>,
    seat: Seat,
    socket: WebSocket,
    n: u64,
    /// Shouts sent and not yet painted, by their name on the page: T1.
    shouts: HashMap<String, Moment>,
}

impl Live {
    async fn run(mut self, stop: watch::Receiver<bool>) {
        if let Err(End::Close(code, reason)) = self.serve(stop).await {
            let frame = CloseFrame { code, reason: reason.into() };
            let _ = timeout(SEND_TIME, self.socket.send(Message::Close(Some(frame)))).await;
        }
    }

    async fn serve(&mut self, mut stop: watch::Receiver<bool>) -> Result<(), End> {
        let (picture, mut changes) = self.console.setup.intake.board.subscribe();
        self.send(picture_text(&self.console, &self.seat, &picture)).await?;
        self.presented(&picture);
        let mut beat = beats();
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return Err(End::Close(GOING_AWAY, "stopping")),
                change = changes.recv() => self.change(change).await?,
                said = self.socket.recv() => {
                    heard = Instant::now();
                    self.said(said)?;
                }
                _ = beat.tick() => self.beat(heard).await?,
            }
        }
    }

    async fn beat(&mut self, heard: Instant) -> Result<(), End> {
        if self.console.open_session(self.seat.id).is_none() {
            return Err(End::Close(SESSION_ENDED, "session ended"));
        }
        if heard.elapsed() >= PAGE_SILENT {
            return Err(End::Gone);
        }
        let now = moment(self.console.now());
        self.send(json!({ "t": "beat", "now": now }).to_string()).await?;
        // A browser answers this by itself: so a page that is gone is known.
        self.put(Message::Ping(Vec::new().into())).await
    }

    async fn change(
        &mut self,
        change: Result<Change, broadcast::error::RecvError>,
    ) -> Result<(), End> {
        match change {
            Ok(Change::SessionEnded(id)) if id == self.seat.id => {
                Err(End::Close(SESSION_ENDED, "session ended"))
            }
            Ok(change) => self.show(change).await,
            Err(RecvError::Lagged(_)) => Err(End::Close(TOO_SLOW, "too slow")),
            Err(RecvError::Closed) => Err(End::Close(GOING_AWAY, "stopping")),
        }
    }

    /// Sends a change, if this session may see it.
    async fn show(&mut self, change: Change) -> Result<(), End> {
        match change {
            Change::Row(row) if self.sees(row.municipality) => {
                let text = self.console.row_text(&row, self.seat.id);
                self.delta(format!(r#""t":"row","row":{text}"#)).await?;
                self.row_presented(&row, self.console.now());
                Ok(())
            }
            Change::Gone(gone) if self.sees(gone.municipality) => {
                let by = Value::from(gone.operator);
                self.delta(format!(r#""t":"gone","alarm":{},"by":{by}"#, gone.alarm.0.0)).await
            }
            Change::Offer(row) if self.sees(row.municipality) => {
                self.delta(format!(r#""t":"offer","alarm":{}"#, row.alarm.0.0)).await
            }
            Change::Shout(shout) if self.sees(shout.municipality) => {
                self.shouts.insert(shout_id(shout.id), shout.received);
                let shout = self.console.shout_value(&shout);
                self.delta(format!(r#""t":"shout","shout":{shout}"#)).await
            }
            Change::Unshout(shout, alarm) if self.sees(shout.municipality) => {
                let id = shout_id(shout.id);
                self.shouts.remove(&id);
                let alarm = Value::from(alarm.map(|alarm| alarm.0.0));
                self.delta(format!(r#""t":"unshout","id":"{id}","alarm":{alarm}"#)).await
            }
            Change::Health(health, since) => {
                let health = health_value((health, since));
                self.delta(format!(r#""t":"health","health":{health}"#)).await
            }
            // Of another municipality, or another session's end.
            _ => Ok(()),
        }
    }

    fn sees(&self, municipality: Municipality) -> bool {
        self.seat.session.scope.covers(municipality)
    }

    async fn delta(&mut self, body: String) -> Result<(), End> {
        self.n += 1;
        self.send(format!(r#"{{"n":{},{body}}}"#, self.n)).await
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        self.put(Message::Text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    fn presented(&mut self, picture: &Picture) {
        let now = self.console.now();
        for row in &picture.rows {
            if self.sees(row.municipality) {
                self.row_presented(row, now);
            }
        }
        for shout in &picture.shouts {
            if self.sees(shout.municipality) {
                self.shouts.insert(shout_id(shout.id), shout.received);
            }
        }
    }

    /// T4 of the signal that opened the alarm and of the newest one.
    fn row_presented(&self, row: &Row, now: Moment) {
        let hops = &self.console.setup.hops;
        hops.presented(row.alarm.0, now);
        if let Some((newest, ..)) = row.signals.last().filter(|(seq, ..)| *seq != row.alarm.0) {
            hops.presented(*newest, now);
        }
    }

    fn said(&mut self, said: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match said {
            Some(Ok(Message::Text(text))) => {
                // What is not of the contract is not answered: it changes nothing.
                if let Ok(said) = serde_json::from_str::<Said>(&text) {
                    self.painted(said);
                }
                Ok(())
            }
            Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
        }
    }

    /// T4p. A page's word counts only for rows its session may see.
    fn painted(&mut self, said: Said) {
        let now = self.console.now();
        let setup = &self.console.setup;
        for alarm in said.painted.into_iter().map(|seq| AlarmId(Seq(seq))) {
            if setup.intake.board.row(alarm).is_some_and(|row| self.sees(row.municipality)) {
                setup.hops.painted(alarm, now);
            }
        }
        for received in said.painted_shouts.iter().filter_map(|id| self.shouts.remove(id)) {
            let took = now.0.saturating_sub(received.0);
            setup.intake.metrics.shout_painted(std::time::Duration::from_nanos(took));
        }
    }
}

fn beats() -> Interval {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}
