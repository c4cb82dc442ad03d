//! What a call is answered when it is not done: one word for the page, one status.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use central::output::Refusal;
use central::words::Moment;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum No {
    /// No session, or one that ended or expired.
    Session,
    /// The wrong name, password or one-time login.
    WrongLogin,
    /// Too many wrong logins: seconds until another is read.
    TooMany(u64),
    /// The role or the page may not; why.
    NotAllowed(&'static str),
    /// No such alarm, or another municipality's: which of the two is not told.
    UnknownAlarm,
    /// No such person, or another municipality's: which of the two is not told.
    UnknownPerson,
    /// No such call.
    UnknownCall,
    /// Not durable in time: send the same again.
    NotStored,
    /// No room for it now.
    Busy,
    /// It would take too long: ask for less.
    TooSlow,
    /// Not as the contract says.
    Bad(StatusCode, String),
    /// The central said no.
    Refused(Refusal),
}

impl No {
    /// 400 with a sentence for whoever wrote the page.
    pub(crate) fn bad(why: impl Into<String>) -> Self {
        Self::Bad(StatusCode::BAD_REQUEST, why.into())
    }

    fn parts(&self) -> (StatusCode, Value) {
        match self {
            Self::Session => (StatusCode::UNAUTHORIZED, word("no_session")),
            Self::WrongLogin => (StatusCode::UNAUTHORIZED, word("wrong_login")),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, word("too_many")),
            Self::NotAllowed(why) => {
                (StatusCode::FORBIDDEN, json!({ "error": "not_allowed", "why": why }))
            }
            Self::UnknownAlarm => (StatusCode::NOT_FOUND, word("no_such_alarm")),
            Self::UnknownPerson => (StatusCode::NOT_FOUND, word("no_such_person")),
            Self::UnknownCall => (StatusCode::NOT_FOUND, word("no_such_call")),
            Self::NotStored => (StatusCode::SERVICE_UNAVAILABLE, word("not_stored")),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, word("busy")),
            Self::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, word("too_slow")),
            Self::Bad(status, why) => (*status, json!({ "error": "bad_request", "why": why })),
            Self::Refused(refusal) => refused(refusal),
        }
    }
}

fn word(error: &str) -> Value {
    json!({ "error": error })
}

fn refused(refusal: &Refusal) -> (StatusCode, Value) {
    match refusal {
        Refusal::NoSuchAlarm => No::UnknownAlarm.parts(),
        Refusal::Taken { by, since } => {
            let body = json!({ "error": "taken", "by": by, "since": moment(*since) });
            (StatusCode::CONFLICT, body)
        }
        Refusal::Closed { by } => (StatusCode::CONFLICT, json!({ "error": "closed", "by": by })),
        Refusal::NotYours => (StatusCode::CONFLICT, word("not_yours")),
        Refusal::NoSession => No::Session.parts(),
        Refusal::NotAllowed => No::NotAllowed("the role may not do this").parts(),
        Refusal::UnknownCode => (StatusCode::BAD_REQUEST, word("unknown_code")),
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        let mut response = (status, Json(body)).into_response();
        if let Self::TooMany(seconds) = self {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A moment as the API writes it: nanoseconds do not fit a JavaScript number.
pub(crate) fn moment(moment: Moment) -> String {
    moment.0.to_string()
}

/// A JSON body; one that is not as the contract says is answered in the contract's words.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Asked<T> {
    type Rejection = No;

    async fn from_request(request: Request, state: &S) -> Result<Self, No> {
        let unread = |why: JsonRejection| match why.status() {
            // Read as JSON but not as asked: to the page there is one way to be wrong.
            StatusCode::UNPROCESSABLE_ENTITY => No::bad(why.body_text()),
            status => No::Bad(status, why.body_text()),
        };
        Json::from_request(request, state).await.map(|Json(body)| Self(body)).map_err(unread)
    }
}
