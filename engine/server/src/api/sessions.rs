//! Sessions: opened and ended in the log, carried by a cookie whose hash is the session's id.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use central::entry::{Role, Scope, SessionOpened};
use central::output::Session;
use central::words::{Moment, Municipality, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::addresses::purpose_name;
use crate::api::Console;
use crate::api::accounts::is_name;
use crate::api::answer::{Asked, No, moment};
use crate::api::door::Peer;
use crate::api::limits::SESSION;
use crate::api::once::{Grant, hash, hex, token};
use crate::metrics::Login as End;

/// Who makes a call: put beside it by the guard.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) id: SessionId,
    pub(super) session: Arc<Session>,
}

impl Console {
    /// The session a call's cookie names, if it is open and its time is not over.
    pub(super) fn seat(&self, headers: &HeaderMap) -> Option<Seat> {
        let id = session_id(cookie(headers)?);
        Some(Seat { id, session: self.open_session(id)? })
    }

    /// A session that is open and whose time is not over.
    pub(super) fn open_session(&self, id: SessionId) -> Option<Arc<Session>> {
        self.setup.intake.board.session(id).filter(|session| session.expires > self.now())
    }

    /// Opens a session in the log: its token.
    async fn open(&self, grant: Grant) -> Result<String, No> {
        let token = token().map_err(|_| No::Busy)?;
        let id = session_id(&token);
        let expires = Moment(self.now().0 + SESSION.as_nanos() as u64);
        let Grant { operator, role, scope } = grant;
        let opened = SessionOpened { id, operator, role, scope, expires };
        let stored = self.setup.intake.open_session(opened).await;
        if stored && self.open_session(id).is_some() { Ok(token) } else { Err(No::NotStored) }
    }

    fn set_cookie(&self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.setup.url.starts_with("https://") { "; Secure" } else { "" };
        let cookie =
            format!("varde={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
        HeaderValue::try_from(cookie).ok()
    }
}

/// The first half of the token's SHA-256: what the log and the page know a session by.
fn session_id(token: &str) -> SessionId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash(token)[..16]);
    SessionId(id)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix("varde="))
}

/// The body of `POST /api/login`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Login {
    Once { once: String },
    Password { name: String, password: String },
}

/// `POST /api/login`.
pub(super) async fn login(
    State(console): State<Arc<Console>>,
    Extension(Peer(peer)): Extension<Peer>,
    Asked(login): Asked<Login>,
) -> Result<Response, No> {
    let admitted = match login {
        Login::Once { once } => console.admit_once(&once, peer.ip()).await,
        Login::Password { name, password } => {
            let grant = console.accounts.admit(&name, password, peer.ip()).await;
            match grant {
                Ok(grant) => console.open(grant).await,
                Err(no) => Err(no),
            }
        }
    };
    match &admitted {
        Ok(_) => console.setup.intake.metrics.login(End::LetIn),
        Err(No::WrongLogin) => console.setup.intake.metrics.login(End::Wrong),
        Err(No::TooMany(_)) => console.setup.intake.metrics.login(End::Throttled),
        Err(_) => {}
    }
    Ok(with_cookie(console.set_cookie(&admitted?, SESSION.as_secs())))
}

impl Console {
    /// A right one-time login gets in however many wrong ones came before it.
    async fn admit_once(&self, token: &str, from: std::net::IpAddr) -> Result<String, No> {
        let Some(once) = self.onces.take(token, self.now()) else {
            let counted = self.accounts.throttle.wrong_once(from, std::time::Instant::now());
            return Err(counted
                .err()
                .map_or(No::WrongLogin, |wait| No::TooMany(wait.as_secs() + 1)));
        };
        let opened = self.open(once.grant.clone()).await;
        if opened.is_err() {
            self.onces.put(once);
        }
        opened
    }
}

fn with_cookie(cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// `POST /api/logout`.
pub(super) async fn logout(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
) -> Result<Response, No> {
    if !console.setup.intake.end_session(seat.id).await {
        return Err(No::NotStored);
    }
    Ok(with_cookie(console.set_cookie("", 0)))
}

/// `GET /api/me`.
pub(super) async fn me(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
) -> Json<Value> {
    Json(json!({
        "operator": seat.session.operator,
        "role": role_name(seat.session.role),
        "scope": scope_value(&seat.session.scope),
        "session": hex(&seat.id.0),
        "purpose": purpose_name(console.setup.purpose),
        "now": moment(console.now()),
    }))
}

/// The body of `POST /api/logins`.
#[derive(Deserialize)]
pub(super) struct LetIn {
    operator: String,
    role: RoleName,
    scope: ScopeText,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleName {
    Viewer,
    Operator,
    Leader,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ScopeText {
    All(All),
    Only(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum All {
    All,
}

#[derive(Serialize)]
pub(super) struct LetInAnswer {
    once: String,
    url: String,
}

/// `POST /api/logins`: a leader lets somebody in, never further than the leader's own role and scope.
pub(super) async fn let_in(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Asked(asked): Asked<LetIn>,
) -> Result<Json<LetInAnswer>, No> {
    if !is_name(&asked.operator) {
        return Err(No::bad("operator is 1 to 64 bytes of text"));
    }
    let role = match asked.role {
        RoleName::Viewer => Role::Viewer,
        RoleName::Operator => Role::Operator,
        RoleName::Leader => Role::Leader,
    };
    let scope = scope_of(asked.scope)?;
    if role > seat.session.role || !within(&scope, &seat.session.scope) {
        return Err(No::NotAllowed("a leader lets nobody further than the leader may go"));
    }
    let once = console.once(&asked.operator, role, scope).map_err(|_| No::Busy)?;
    let url = console.login_url(&once);
    Ok(Json(LetInAnswer { once, url }))
}

fn scope_of(text: ScopeText) -> Result<Scope, No> {
    let ScopeText::Only(numbers) = text else { return Ok(Scope::All) };
    if numbers.is_empty() || numbers.len() > central::limits::SCOPE {
        return Err(No::bad("scope is \"all\" or 1 to 400 municipality numbers"));
    }
    let number = |text: &String| {
        let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Municipality)).flatten()
    };
    let numbers: Option<Vec<_>> = numbers.iter().map(number).collect();
    numbers.map(Scope::Only).ok_or_else(|| No::bad("a municipality number is four digits"))
}

fn within(asked: &Scope, own: &Scope) -> bool {
    match asked {
        Scope::All => *own == Scope::All,
        Scope::Only(some) => some.iter().all(|municipality| own.covers(*municipality)),
    }
}

fn scope_value(scope: &Scope) -> Value {
    match scope {
        Scope::All => json!("all"),
        Scope::Only(some) => some.iter().map(ToString::to_string).collect::<Vec<_>>().into(),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Leader => "leader",
    }
}
