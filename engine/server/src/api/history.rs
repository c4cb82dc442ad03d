//! History and statistics, from the projections: what was, never what is.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, Uri};
use central::codes::{ACTIONS, CAUSES, Code, OUTCOMES, find};
use central::entry::Scope;
use central::kind::Kind;
use central::words::{AlarmId, Moment, Municipality};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::Console;
use crate::api::answer::{No, moment};
use crate::api::rows::{CLASSES, PATHS, SENDERS, flag_names};
use crate::api::sessions::Seat;
use crate::projections::history::{Act, Alarm, Search, Signal, Timeline};
use crate::projections::report::{Asked, By, Group, Times};
use crate::projections::{Asker, Unanswered};

const BECAME: [&str; 5] = ["opened", "folded", "duplicate", "filed", "attached"];
const VERBS: [&str; 3] = ["claim", "release", "close"];
const RESULTS: [&str; 8] = [
    "done",
    "no_such_alarm",
    "taken",
    "closed",
    "not_yours",
    "no_session",
    "not_allowed",
    "unknown_code",
];
const DAY: u64 = 24 * 3_600 * 1_000_000_000;

/// The query of `GET /api/history`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    municipality: Option<String>,
    device: Option<String>,
    kind: Option<u16>,
    person: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    cause: Option<u16>,
    action: Option<u16>,
    outcome: Option<u16>,
    operator: Option<String>,
    open: Option<bool>,
    before: Option<u64>,
    limit: Option<usize>,
}

/// `GET /api/history`.
pub(super) async fn search(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    uri: Uri,
) -> Result<Json<Value>, No> {
    let wanted: Wanted = query(&uri)?;
    let search = Search {
        municipality: wanted.municipality.as_deref().map(number).transpose()?,
        device: wanted.device,
        kind: wanted.kind,
        person: wanted.person,
        from: wanted.from,
        to: wanted.to,
        cause: wanted.cause,
        action: wanted.action,
        outcome: wanted.outcome,
        operator: wanted.operator,
        open: wanted.open,
        before: wanted.before,
        limit: wanted.limit,
    };
    let scope = scope(&seat);
    let (alarms, older) = console.ask(move |history| history.alarms(&search, &scope)).await?;
    let next = alarms.last().filter(|_| older).map(|last| last.id);
    let alarms: Value = alarms.iter().map(|alarm| console.past(alarm)).collect();
    Ok(Json(json!({ "alarms": alarms, "before": next })))
}

/// `GET /api/history/{id}`: noted that it was opened, as an open alarm's details are.
pub(super) async fn timeline(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    Extension(alarm): Extension<AlarmId>,
) -> Result<Json<Value>, No> {
    let (id, scope) = (alarm.0.0, scope(&seat));
    let found = console.ask(move |history| history.timeline(id, &scope)).await?;
    let Timeline { alarm, signals, acts, cut } = found.ok_or(No::UnknownAlarm)?;
    tracing::info!(target: "audit", operator = seat.session.operator, alarm = id, "history opened");
    Ok(Json(json!({
        "alarm": console.past(&alarm),
        "signals": signals.iter().map(signal_value).collect::<Value>(),
        "acts": acts.iter().map(act_value).collect::<Value>(),
        "cut": cut,
    })))
}

/// The query of `GET /api/statistics`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WantedCounts {
    by: Grouping,
    from: Option<u64>,
    to: Option<u64>,
    municipality: Option<String>,
    kind: Option<u16>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grouping {
    #[default]
    Day,
    Hour,
    Municipality,
    Kind,
}

/// `GET /api/statistics`.
pub(super) async fn statistics(
    State(console): State<Arc<Console>>,
    Extension(seat): Extension<Seat>,
    uri: Uri,
) -> Result<Json<Value>, No> {
    let wanted: WantedCounts = query(&uri)?;
    let to = wanted.to.unwrap_or(console.now().0);
    let asked = Asked {
        by: match wanted.by {
            Grouping::Day => By::Day,
            Grouping::Hour => By::Hour,
            Grouping::Municipality => By::Municipality,
            Grouping::Kind => By::Kind,
        },
        from: wanted.from.unwrap_or(to.saturating_sub(30 * DAY)),
        to,
        municipality: wanted.municipality.as_deref().map(number).transpose()?,
        kind: wanted.kind,
    };
    let scope = scope(&seat);
    let (groups, more) = console.ask(move |history| history.statistics(&asked, &scope)).await?;
    if more {
        return Err(No::bad("too many groups: ask for a shorter time, or by day"));
    }
    let groups: Value = groups.iter().map(|group| console.group(asked.by, group)).collect();
    let (from, to) = (moment(Moment(asked.from)), moment(Moment(asked.to)));
    Ok(Json(json!({ "from": from, "to": to, "groups": groups })))
}

/// Field by field, or 400 with what is wrong.
fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, No> {
    axum::extract::Query::try_from_uri(uri)
        .map(|query| query.0)
        .map_err(|why| No::Bad(StatusCode::BAD_REQUEST, why.body_text()))
}

fn number(text: &str) -> Result<u16, No> {
    crate::config::municipality("municipality", text)
        .map(|number| number.0)
        .map_err(|why| No::bad(why.to_string()))
}

fn scope(seat: &Seat) -> Scope {
    seat.session.scope.clone()
}

impl Console {
    /// Asks the projections where waiting is allowed. With places of its own: a slow search never stands before
    /// an alarm's details.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Asker) -> Result<T, Unanswered> + Send + 'static,
    ) -> Result<T, No> {
        let permit = Arc::clone(&self.asking).acquire_owned().await.map_err(|_| No::Busy)?;
        let history = self.setup.history.clone();
        let ask = move || {
            let _permit = permit;
            question(&history)
        };
        let answered = tokio::task::spawn_blocking(ask).await.map_err(|_| No::Busy)?;
        answered.map_err(|why| match why {
            Unanswered::Busy => No::Busy,
            Unanswered::TooSlow => No::TooSlow,
        })
    }

    fn past(&self, alarm: &Alarm) -> Value {
        let municipality = Municipality(alarm.municipality);
        let spec = Kind(alarm.kind).spec();
        json!({
            "alarm": alarm.id,
            "kind": alarm.kind,
            "name": spec.name,
            "class": word(&CLASSES, alarm.class),
            "priority": alarm.priority,
            "municipality": municipality.to_string(),
            "municipality_name": self.municipality(municipality),
            "device": alarm.device,
            "person": alarm.person.map(|person| person.to_string()),
            "opened": time(alarm.opened),
            "received": time(alarm.received),
            "happened": alarm.happened.map(time),
            "claimed": by(alarm.claimed.as_ref()),
            "closed": by(alarm.closed.as_ref()),
            "codes": codes_value(alarm.codes),
            "count": alarm.signals,
            "flags": flag_names(alarm.flags),
            "path": word(&PATHS, alarm.path),
            "sender": word(&SENDERS, alarm.sender),
            "buffered": alarm.buffered,
            "hops": hops(alarm.hops),
        })
    }

    fn group(&self, by: By, group: &Group) -> Value {
        let key = match by {
            By::Day => json!({ "day": time_at(group.key, DAY) }),
            By::Hour => json!({ "hour": time_at(group.key, DAY / 24) }),
            By::Kind => json!({ "kind": group.key }),
            By::Municipality => {
                let number = Municipality(u16::try_from(group.key).unwrap_or_default());
                let name = self.municipality(number);
                json!({ "municipality": number.to_string(), "municipality_name": name })
            }
        };
        json!({
            "of": key,
            "opened": group.opened,
            "folded": group.folded,
            "filed": group.filed,
            "attached": group.attached,
            "duplicates": group.duplicates,
            "refused": group.refused,
            "rubbish": group.rubbish,
            "claim": times(group.claim),
            "close": times(group.close),
        })
    }
}

fn word(words: &[&'static str], number: u8) -> &'static str {
    words.get(usize::from(number)).copied().unwrap_or("unknown")
}

fn time(nanos: u64) -> Value {
    moment(Moment(nanos)).into()
}

fn time_at(key: i64, unit: u64) -> Value {
    time(key.cast_unsigned().saturating_mul(unit))
}

fn by(at: Option<&(u64, Option<String>)>) -> Value {
    at.map_or(Value::Null, |(at, operator)| json!({ "at": time(*at), "operator": operator }))
}

fn hops([durable, receipt, presented, painted]: [Option<u64>; 4]) -> Value {
    json!({
        "durable": durable.map(time),
        "receipt": receipt.map(time),
        "presented": presented.map(time),
        "painted": painted.map(time),
    })
}

fn codes_value(codes: Option<(u16, u16, u16)>) -> Value {
    let Some((cause, action, outcome)) = codes else { return Value::Null };
    let code = |axis: &'static [Code], number: u16| json!({ "code": number, "label": find(axis, number).map(|code| code.label) });
    json!({
        "cause": code(CAUSES, cause),
        "action": code(ACTIONS, action),
        "outcome": code(OUTCOMES, outcome),
    })
}

fn signal_value(signal: &Signal) -> Value {
    json!({
        "seq": signal.seq,
        "at": time(signal.moment),
        "became": word(&BECAME, signal.became),
        "kind": signal.kind,
        "received": time(signal.received),
        "happened": signal.happened.map(time),
        "path": word(&PATHS, signal.path),
        "hops": hops(signal.hops),
    })
}

fn act_value(act: &Act) -> Value {
    json!({
        "seq": act.seq,
        "at": time(act.moment),
        "act": word(&VERBS, act.verb),
        "operator": act.operator,
        "result": word(&RESULTS, act.result),
        "codes": codes_value(act.codes),
    })
}

fn times(times: Times) -> Value {
    if times.n == 0 {
        return Value::Null;
    }
    json!({
        "n": times.n,
        "median_ms": times.median,
        "p90_ms": times.p90,
        "longest_ms": times.longest,
    })
}
