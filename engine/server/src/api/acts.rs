//! Operators' acts: they enter by the same door as signals, and the central's answer is the answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use central::entry::{Act, Verb};
use central::words::{ActId, AlarmId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::Console;
use crate::api::answer::{Asked, No};
use crate::api::limits::NOTE;
use crate::api::sessions::Seat;

type Answered = Result<Json<Value>, No>;

/// The body of a claim.
#[derive(Deserialize)]
pub(super) struct Claim {
    act: String,
}

/// The body of a release.
#[derive(Deserialize)]
pub(super) struct Release {
    act: String,
    version: u32,
}

/// The body of a close.
#[derive(Deserialize)]
pub(super) struct Close {
    act: String,
    version: u32,
    cause: u16,
    action: u16,
    outcome: u16,
    note: Option<String>,
}

/// `POST /api/alarms/{id}/claim`.
pub(super) async fn claim(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
    Asked(body): Asked<Claim>,
) -> Answered {
    console.act(&seat, &body.act, Verb::Claim { alarm }).await
}

/// `POST /api/alarms/{id}/release`.
pub(super) async fn release(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
    Asked(body): Asked<Release>,
) -> Answered {
    console.act(&seat, &body.act, Verb::Release { alarm, version: body.version }).await
}

/// `POST /api/alarms/{id}/close`.
pub(super) async fn close(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
    Asked(body): Asked<Close>,
) -> Answered {
    let note = body.note.filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.len() > NOTE) {
        return Err(No::bad("a note is at most 4096 bytes"));
    }
    let person = console.setup.intake.board.row(alarm).and_then(|row| row.person);
    let sealed = note.map(|note| console.setup.intake.seal_note(&note, person));
    // Nothing is closed with its note lost: without a key to seal it, the operator tries again.
    let note = match sealed {
        Some(None) => return Err(No::NotStored),
        Some(sealed) => sealed,
        None => None,
    };
    let Close { version, cause, action, outcome, .. } = body;
    let verb = Verb::Close { alarm, version, cause, action, outcome, note };
    console.act(&seat, &body.act, verb).await
}

impl Console {
    async fn act(&self, seat: &Seat, id: &str, verb: Verb) -> Answered {
        let id = act_id(id).ok_or_else(|| No::bad("act is 32 hex digits"))?;
        let act = Act { id, session: seat.id, verb };
        let answer = self.setup.intake.act(act).await.ok_or(No::NotStored)?;
        let done = answer.result.map_err(No::Refused)?;
        Ok(Json(json!({ "alarm": done.alarm.0.0, "version": done.version })))
    }
}

/// 16 bytes from exactly 32 hex digits.
fn act_id(hex: &str) -> Option<ActId> {
    let digits = hex.as_bytes().iter().map(|digit| char::from(*digit).to_digit(16));
    let digits: Vec<u8> =
        digits.map(|digit| digit.map(|digit| digit as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 32).map(ActId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_id_is_exactly_32_hex_digits() {
        let id = act_id("000102030405060708090a0B0c0d0eff");
        assert_eq!(id, Some(ActId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255])));
        for wrong in
            ["", "00", "000102030405060708090a0b0c0d0ef", "000102030405060708090a0b0c0d0effa"]
        {
            assert_eq!(act_id(wrong), None, "{wrong}");
        }
        assert_eq!(act_id("00010203040506070809 a0b0c0d0eff"), None);
        assert_eq!(act_id("æææææææææææææææææ"), None);
    }
}
