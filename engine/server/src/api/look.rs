//! The calls that change nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use central::codes::{ACTIONS, CAUSES, Code, OUTCOMES};
use central::kind::TABLE;
use central::words::AlarmId;
use serde_json::{Value, json};

use crate::addresses::purpose_name;
use crate::api::answer::{No, moment};
use crate::api::live::picture_text;
use crate::api::rows::class_name;
use crate::api::sessions::Seat;
use crate::api::{Console, Detail};
use crate::board::Picture;

/// `GET /api/hello`.
pub(super) async fn hello(State(console): State<Arc<Console>>) -> Json<Value> {
    Json(json!({
        "purpose": purpose_name(console.setup.purpose),
        "version": console.setup.version,
        "lang": "nb",
    }))
}

/// `GET /api/kinds`.
pub(super) async fn kinds() -> Json<Value> {
    let kind = |spec: &central::kind::Spec| {
        json!({
            "kind": spec.kind.0,
            "name": spec.name,
            "class": class_name(spec.class),
            "label": spec.label,
        })
    };
    Json(TABLE.iter().map(kind).collect())
}

/// `GET /api/codes`.
pub(super) async fn codes() -> Json<Value> {
    let axis = |codes: &[Code]| -> Value {
        let code =
            |code: &Code| json!({ "code": code.number, "name": code.name, "label": code.label });
        codes.iter().map(code).collect()
    };
    Json(json!({ "causes": axis(CAUSES), "actions": axis(ACTIONS), "outcomes": axis(OUTCOMES) }))
}

/// `GET /api/picture`.
pub(super) async fn picture(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
) -> Response {
    let (picture, _): (Picture, _) = console.setup.intake.board.subscribe();
    json_text(picture_text(&console, &seat, &picture))
}

/// `GET /api/alarms/{id}`: what is personal, opened for one who may see it and noted that it was.
pub(super) async fn alarm(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
) -> Result<Response, No> {
    // Read again after the guard: a row that came in between is judged too.
    let row = console.setup.intake.board.row(alarm).ok_or(No::UnknownAlarm)?;
    if !seat.session.scope.covers(row.municipality) {
        return Err(No::UnknownAlarm);
    }
    tracing::info!(target: "audit", operator = seat.session.operator, alarm = alarm.0.0, "opened");
    let helped = row.person;
    let read = console.read(move |console| {
        let person =
            helped.map(|id| json!({ "person": id.0.to_string(), "text": console.about(id) }));
        (json!(person), console.setup.details.of(alarm))
    });
    let (person, details) = read.await?;
    let row = console.row_text(&row, seat.id);
    let signals: Value = details.iter().map(detail_value).collect();
    Ok(json_text(format!(r#"{{"row":{row},"person":{person},"signals":{signals}}}"#)))
}

impl Console {
    /// Reads where reading may block, at most [`READING`](crate::api::limits::READING) at a time.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        what: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, No> {
        let permit = Arc::clone(&self.reading).acquire_owned().await.map_err(|_| No::Busy)?;
        let console = Arc::clone(self);
        let read = move || {
            let _permit = permit;
            what(&console)
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| No::Busy)
    }
}

fn detail_value(detail: &Detail) -> Value {
    json!({
        "seq": detail.seq.0,
        "kind": detail.kind.0,
        "received": moment(detail.received),
        "happened": detail.happened.map(moment),
        "reference": detail.reference,
        "text": detail.text,
        "raw": detail.raw,
    })
}

fn json_text(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
