//! Every call and who may make it: one table, and the one guard in front of all of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use central::entry::Role;
use central::words::{AlarmId, Seq};
use tokio::time::timeout;

use crate::api::answer::No;
use crate::api::limits::{BODY, REQUEST_TIME};
use crate::api::{Console, acts, assets, history, live, look, persons, sessions};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Least {
    /// Anybody.
    Public,
    /// A session of this role or a wider one. A path with `{id}` is that alarm's: a session whose
    /// scope does not cover it is told that there is no such alarm. So with `{person}`, erased ones too.
    Role(Role),
}

/// One call. There is no other way to add one, and none without saying who may make it.
pub(super) struct Route {
    pub(super) method: MethodFilter,
    pub(super) path: &'static str,
    pub(super) least: Least,
    handler: fn(MethodFilter) -> MethodRouter<Arc<Console>>,
}

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUBLIC: Least = Least::Public;
const VIEWER: Least = Least::Role(Role::Viewer);
const OPERATOR: Least = Least::Role(Role::Operator);
const LEADER: Least = Least::Role(Role::Leader);

/// The calls of `docs/console-api.md`, in its order.
pub(super) static ROUTES: [Route; 22] = [
    route(GET, "/api/hello", PUBLIC, |m| on(m, look::hello)),
    route(POST, "/api/login", PUBLIC, |m| on(m, sessions::login)),
    route(POST, "/api/logout", VIEWER, |m| on(m, sessions::logout)),
    route(GET, "/api/me", VIEWER, |m| on(m, sessions::me)),
    route(POST, "/api/logins", LEADER, |m| on(m, sessions::let_in)),
    route(GET, "/api/kinds", VIEWER, |m| on(m, look::kinds)),
    route(GET, "/api/codes", VIEWER, |m| on(m, look::codes)),
    route(GET, "/api/picture", VIEWER, |m| on(m, look::picture)),
    route(GET, "/api/alarms/{id}", VIEWER, |m| on(m, look::alarm)),
    route(POST, "/api/alarms/{id}/claim", OPERATOR, |m| on(m, acts::claim)),
    route(POST, "/api/alarms/{id}/release", OPERATOR, |m| on(m, acts::release)),
    route(POST, "/api/alarms/{id}/close", OPERATOR, |m| on(m, acts::close)),
    route(GET, "/api/history", VIEWER, |m| on(m, history::search)),
    route(GET, "/api/history/{id}", VIEWER, |m| on(m, history::timeline)),
    route(GET, "/api/statistics", VIEWER, |m| on(m, history::statistics)),
    route(POST, "/api/alarms/{id}/person", OPERATOR, |m| on(m, persons::given)),
    route(GET, "/api/persons", LEADER, |m| on(m, persons::list)),
    route(POST, "/api/persons", LEADER, |m| on(m, persons::add)),
    route(GET, "/api/persons/{person}", LEADER, |m| on(m, persons::read)),
    route(POST, "/api/persons/{person}", LEADER, |m| on(m, persons::describe)),
    route(POST, "/api/persons/{person}/devices", LEADER, |m| on(m, persons::devices)),
    route(GET, "/api/live", VIEWER, |m| on(m, live::upgrade)),
];

const fn route(
    method: MethodFilter,
    path: &'static str,
    least: Least,
    handler: fn(MethodFilter) -> MethodRouter<Arc<Console>>,
) -> Route {
    Route { method, path, least, handler }
}

/// The table behind its guard, the page behind that, and the headers of every answer.
pub(super) fn router(console: &Arc<Console>) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        let guarded = from_fn_with_state((Arc::clone(console), route.least), guard);
        router = router.route(route.path, (route.handler)(route.method).layer(guarded));
    }
    router
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(map_response(dressed))
        .with_state(Arc::clone(console))
}

async fn guard(
    State((console, least)): State<(Arc<Console>, Least)>,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let judged = admit(&console, least, &params, &mut request);
    if let Err(no) = judged {
        return no.into_response();
    }
    let answered = timeout(REQUEST_TIME, next.run(request)).await;
    answered.unwrap_or_else(|_| No::Busy.into_response())
}

fn admit(
    console: &Console,
    least: Least,
    params: &RawPathParams,
    request: &mut Request,
) -> Result<(), No> {
    if !request.method().is_safe() {
        ours(request.headers())?;
    }
    let Least::Role(role) = least else { return Ok(()) };
    let seat = console.seat(request.headers()).ok_or(No::Session)?;
    if seat.session.role < role {
        return Err(No::NotAllowed("the role may not do this"));
    }
    if let Some((_, id)) = params.iter().find(|(name, _)| *name == "id") {
        let alarm = alarm_id(id)?;
        let row = console.setup.intake.board.row(alarm);
        if row.is_some_and(|row| !seat.session.scope.covers(row.municipality)) {
            return Err(No::UnknownAlarm);
        }
        request.extensions_mut().insert(alarm);
    }
    if let Some((_, id)) = params.iter().find(|(name, _)| *name == "person") {
        let person = persons::person_id(id)?;
        let known = console.setup.intake.register.known(person);
        if !known.is_some_and(|known| seat.session.scope.covers(known.municipality)) {
            return Err(No::UnknownPerson);
        }
        request.extensions_mut().insert(person);
    }
    request.extensions_mut().insert(seat);
    Ok(())
}

fn alarm_id(text: &str) -> Result<AlarmId, No> {
    text.parse().map(|seq| AlarmId(Seq(seq))).map_err(|_| No::UnknownAlarm)
}

/// A change comes from our page: it bears a header that another site's page cannot send, and no
/// other site's Origin.
fn ours(headers: &HeaderMap) -> Result<(), No> {
    if headers.get("x-varde").is_none_or(|value| value != "1") {
        return Err(No::NotAllowed("a change needs the header X-Varde: 1"));
    }
    if headers.contains_key(ORIGIN) && !same_origin(headers) {
        return Err(No::NotAllowed("Origin is another site's"));
    }
    Ok(())
}

/// Whether there is an Origin and it names the host that was asked.
pub(super) fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    match (origin, text(HOST)) {
        (Some((_, site)), Some(host)) => site.eq_ignore_ascii_case(host),
        _ => false,
    }
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self'; media-src 'self'; base-uri 'none'; \
     frame-ancestors 'none'; form-action 'self'";

/// What every answer says to browsers: run only what is ours, tell nobody, frame nothing, keep
/// nothing unless the answer says otherwise.
async fn dressed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let says = [
        (CONTENT_SECURITY_POLICY, CSP),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in says {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
