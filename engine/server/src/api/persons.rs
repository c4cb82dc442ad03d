//! Persons: registered, given devices and alarms, and read; whoever reads outside an alarm is noted in the log first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use central::Decision;
use central::entry::{Attributed, Entry, Held, Subject};
use central::words::{AlarmId, DeviceId, Municipality, PersonId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::Console;
use crate::api::answer::{Asked, No};
use crate::api::limits::PERSONS_LISTED;
use crate::api::sessions::Seat;
use crate::control::{Done, Not, Wish};
use crate::plain::Plain;

type Answered = Result<Json<Value>, No>;

/// Label and value, as in an alarm's signals.
type Text = Vec<(String, String)>;

/// Where a list goes on.
#[derive(Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

/// The body of `POST /api/persons`.
#[derive(Deserialize)]
pub(super) struct New {
    municipality: String,
    text: Text,
}

/// The body of `POST /api/persons/{person}`.
#[derive(Deserialize)]
pub(super) struct Anew {
    text: Text,
}

/// The body of `POST /api/persons/{person}/devices`.
#[derive(Deserialize)]
pub(super) struct Helps {
    device: String,
    helps: bool,
}

/// The body of `POST /api/alarms/{id}/person`.
#[derive(Deserialize)]
pub(super) struct Given {
    person: String,
}

/// `GET /api/persons`: nothing personal, so nobody is noted.
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Query(After { after }): Query<After>,
) -> Answered {
    let after = after.map(|after| person_id(&after)).transpose()?;
    let read = console.read(move |console| {
        let register = &console.setup.intake.register;
        let mut all = register.everybody();
        all.retain(|(id, municipality, _)| {
            Some(*id) > after && seat.session.scope.covers(*municipality)
        });
        let more = all.len() > PERSONS_LISTED;
        all.truncate(PERSONS_LISTED);
        let devices = register.devices();
        let persons: Vec<Value> = all
            .iter()
            .map(|(id, municipality, erased)| {
                json!({
                    "person": id.0.to_string(),
                    "municipality": municipality.to_string(),
                    "erased": erased,
                    "devices": devices_of(&devices, *id),
                })
            })
            .collect();
        json!({ "persons": persons, "more": more })
    });
    read.await.map(Json)
}

/// `POST /api/persons`.
pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Asked(body): Asked<New>,
) -> Answered {
    let municipality = crate::config::municipality("municipality", &body.municipality);
    let municipality = municipality.map_err(|_| No::bad("a municipality number is four digits"))?;
    if !seat.session.scope.covers(municipality) {
        return Err(No::NotAllowed("the municipality is not of this session"));
    }
    console.describe(None, municipality, body.text).await
}

/// `POST /api/persons/{person}`.
pub(super) async fn describe(
    State(console): State<Arc<Console>>,
    Extension(person): Extension<PersonId>,
    Asked(body): Asked<Anew>,
) -> Answered {
    let known = console.setup.intake.register.known(person).ok_or(No::UnknownPerson)?;
    console.describe(Some(person), known.municipality, body.text).await
}

/// `GET /api/persons/{person}`: the log notes who looks, and only then is it opened.
pub(super) async fn read(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(person): Extension<PersonId>,
) -> Answered {
    let by = seat.session.operator.clone();
    let what = Subject::Person(person);
    console.wish(Wish::Disclosed { by, what, reason: String::new() }).await?;
    let register = &console.setup.intake.register;
    let known = register.known(person).ok_or(No::UnknownPerson)?;
    let all = register.devices();
    let devices = devices_of(&all, person);
    let text = console.read(move |console| console.about(person)).await?;
    Ok(Json(json!({
        "person": person.0.to_string(),
        "municipality": known.municipality.to_string(),
        "erased": known.erased,
        "devices": devices,
        "text": text,
    })))
}

/// `POST /api/persons/{person}/devices`.
pub(super) async fn devices(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(person): Extension<PersonId>,
    Asked(body): Asked<Helps>,
) -> Answered {
    if body.device.is_empty() || body.device.len() > central::limits::DEVICE_ID {
        return Err(No::bad("device is 1 to 64 bytes, as a row names it"));
    }
    let device = DeviceId(body.device);
    let now = console.setup.intake.register.helped_by(&device);
    if now.is_some_and(|now| !seat.session.scope.covers(now.municipality)) {
        return Err(No::NotAllowed("the device helps somebody of another municipality"));
    }
    if !body.helps && now.is_none_or(|now| now.person != person) {
        return Err(No::bad("the device does not help this person"));
    }
    let held = Held { device, person: body.helps.then_some(person) };
    console.wish(Wish::entry(&Entry::Held(held))).await.map(|done| put(&done))
}

/// `POST /api/alarms/{id}/person`: an open alarm that came before anybody knew whose it was.
pub(super) async fn given(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
    Asked(body): Asked<Given>,
) -> Answered {
    let person = person_id(&body.person)?;
    let known = console.setup.intake.register.known(person);
    let covered = known.is_some_and(|known| seat.session.scope.covers(known.municipality));
    if !covered {
        return Err(No::UnknownPerson);
    }
    let row = console.setup.intake.board.row(alarm).ok_or(No::UnknownAlarm)?;
    if row.person.is_some_and(|other| other != person) {
        return Err(No::NotAllowed(
            "the alarm is another person's already: `varde person attribute` corrects that",
        ));
    }
    let opening = console.setup.details.opening(alarm).ok_or(No::UnknownAlarm)?;
    let to = Attributed { signal: alarm.0, person, key: opening };
    console.wish(Wish::entry(&Entry::Attributed(to))).await.map(|done| put(&done))
}

impl Console {
    async fn describe(
        &self,
        id: Option<PersonId>,
        municipality: Municipality,
        text: Text,
    ) -> Answered {
        let about = Plain { text, raw: None }.to_bytes();
        self.wish(Wish::Person { id, municipality, about }).await.map(|done| put(&done))
    }

    async fn wish(&self, wish: Wish) -> Result<Done, No> {
        let done = self.setup.post.one(&wish).await.map_err(|not| match not {
            Not::Wrong(why) => No::bad(why),
            Not::NotStored(_) => No::NotStored,
        })?;
        if done.decision == Decision::Void {
            return Err(No::bad(
                "it changed nothing: the person is erased or has too much already",
            ));
        }
        Ok(done)
    }

    /// What is known of a person, opened; in words of the page where it cannot be. May block.
    pub(super) fn about(&self, person: PersonId) -> Text {
        let sealed = self.setup.intake.register.person(person).and_then(|known| known.about);
        sealed.map_or_else(Vec::new, |sealed| self.setup.details.open(&sealed))
    }
}

fn put(done: &Done) -> Json<Value> {
    Json(json!({ "person": done.person.map(|id| id.0.to_string()), "seq": done.seq.0 }))
}

fn devices_of(devices: &[(PersonId, DeviceId)], id: PersonId) -> Vec<&str> {
    let from = devices.partition_point(|(one, _)| *one < id);
    let theirs = devices[from..].iter().take_while(|(one, _)| *one == id);
    theirs.map(|(_, device)| device.0.as_str()).collect()
}

/// As a row writes it.
pub(super) fn person_id(text: &str) -> Result<PersonId, No> {
    text.parse().map(PersonId).map_err(|_| No::UnknownPerson)
}
