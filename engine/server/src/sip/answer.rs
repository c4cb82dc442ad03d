//! From a MESSAGE to its answers: the SIP status once the signal is durable, then the `mrs`.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use central::entry::Path;
use central::words::{Moment, Municipality, Seq};
use scaip::Mrs;
use sip::{Malformed, Request};

use super::Sip;
use crate::intake::Outcome;
use crate::translate::scaip::{Came, Read, read, salvage};

/// What a MESSAGE is answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The SIP status.
    pub(super) status: u16,
    /// Sent after it, where there is one.
    pub(super) mrs: Option<Mrs>,
    /// Of which signal this is the receipt.
    pub(super) seq: Option<Seq>,
}

impl Answer {
    fn only(status: u16) -> Self {
        Self { status, mrs: None, seq: None }
    }
}

/// Reads a MESSAGE, hands what it says to the log, and waits for its outcome.
pub(super) async fn answer(
    sip: Arc<Sip>,
    request: Request,
    source: SocketAddr,
    path: Path,
    received: Moment,
) -> Answer {
    let parts = Parts::of(request.headers(), request.from().uri().map(|uri| uri.user_decoded()));
    let came = parts.came(request.body(), request.raw(), path, received, sip.municipality);
    match read(&came) {
        Read::Beat(mrs) => {
            sip.intake.metrics.beat();
            Answer { status: 200, mrs: Some(mrs), seq: None }
        }
        Read::Stray => Answer::only(200),
        Read::Foreign => {
            sip.intake.gate.rubbish(&format!("ip:{}", source.ip()), sip.now());
            Answer::only(415)
        }
        Read::Signal(draft, mrs) => match sip.intake.submit_from(*draft, Some(source.ip())).await {
            Outcome::Stored(receipt) => Answer { status: 200, mrs, seq: Some(receipt.seq) },
            Outcome::Busy | Outcome::NotStored => Answer::only(503),
        },
    }
}

/// What could not be read as SIP: handed to the log if it may be a person, else counted.
pub(super) async fn malformed(
    sip: Arc<Sip>,
    malformed: Malformed,
    source: SocketAddr,
    path: Path,
    received: Moment,
) {
    let headers = malformed.salvaged.headers();
    let from = headers.from();
    let parts = Parts::of(headers, from.and_then(|from| from.uri()).map(|uri| uri.user_decoded()));
    let body = malformed.salvaged.body();
    let came = parts.came(body, malformed.salvaged.raw(), path, received, sip.municipality);
    if let Some(mut draft) = salvage(&came) {
        draft.plain.say("SIP-feil", malformed.why.to_string());
        draft.plain.say("Kom fra", source.to_string());
        sip.intake.submit_from(draft, Some(source.ip())).await;
    } else {
        sip.intake.gate.rubbish(&format!("ip:{}", source.ip()), sip.now());
    }
}

struct Parts {
    from: String,
    content_type: String,
}

impl Parts {
    fn of(headers: &sip::Headers, user: Option<std::borrow::Cow<'_, [u8]>>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let content_type = headers.first(sip::Name::ContentType).map(text).unwrap_or_default();
        Self { from: user.map(|user| text(&user)).unwrap_or_default(), content_type }
    }

    fn came<'a>(
        &'a self,
        body: &'a Bytes,
        raw: &'a Bytes,
        path: Path,
        received: Moment,
        municipality: Municipality,
    ) -> Came<'a> {
        let (from, content_type) = (self.from.trim(), self.content_type.as_str());
        Came { body, raw, from, content_type, path, received, municipality }
    }
}
