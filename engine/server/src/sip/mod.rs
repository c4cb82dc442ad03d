//! The SIP doorways: UDP, TCP and TLS, all answered by the same hands.

mod answer;
mod stream;
mod udp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use central::entry::Path;
use central::words::{Moment, Municipality};
use scaip::Mrs;
use sip::{Malformed, MessageRequest, Outgoing, Request, Transport};
use tokio::sync::Semaphore;

pub use self::stream::{listen_tcp, listen_tls};
pub use self::udp::listen_udp;
use crate::hops::Hops;
use crate::intake::Intake;
use crate::limits::{FILES_KEPT, STREAMS, UNREADABLE};

/// What every SIP listener shares.
pub struct Sip {
    /// The door to the log.
    pub intake: Arc<Intake>,
    /// Where receipts' times are kept.
    pub hops: Arc<Hops>,
    /// What a unit belongs to of which nothing else is known.
    pub municipality: Municipality,
    /// The host part of our own URI.
    pub domain: String,
    /// Makes our own branches, tags and Call-IDs unlike those of any other run.
    run: u64,
    next: AtomicU64,
    unreadable: Arc<Semaphore>,
    /// Connections that may yet begin, over TCP and TLS together.
    streams: Arc<Semaphore>,
}

impl Sip {
    /// `run` is random.
    pub fn new(
        intake: Arc<Intake>,
        hops: Arc<Hops>,
        municipality: Municipality,
        domain: String,
        run: u64,
    ) -> Self {
        Self {
            intake,
            hops,
            municipality,
            domain,
            run,
            next: AtomicU64::new(1),
            unreadable: Arc::new(Semaphore::new(UNREADABLE)),
            streams: Arc::new(Semaphore::new(streams())),
        }
    }

    fn now(&self) -> Moment {
        self.intake.clock.now()
    }

    /// What could not be read as SIP is shown if it may be a person.
    fn unreadable(self: &Arc<Self>, wrong: Malformed, source: SocketAddr, path: Path) {
        let Ok(place) = Arc::clone(&self.unreadable).try_acquire_owned() else {
            self.intake.gate.refused(&format!("ip:{}", source.ip()), self.now());
            return;
        };
        let (sip, received) = (Arc::clone(self), self.now());
        tokio::spawn(async move {
            answer::malformed(sip, wrong, source, path, received).await;
            drop(place);
        });
    }

    /// Our own MESSAGE with the `mrs`, back to where the request came from (the same connection, or
    /// `received:rport`; `docs/scaip-field.md`, Answers).
    fn mrs(
        &self,
        to: &Request,
        source: SocketAddr,
        local: SocketAddr,
        by: Transport,
        mrs: &Mrs,
    ) -> Outgoing {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let unique = format!("{:016x}{n:x}", self.run);
        let user = to.from().uri().and_then(|uri| uri.user.map(<[u8]>::to_vec)).unwrap_or_default();
        let mut target = b"sip:".to_vec();
        if !user.is_empty() {
            target.extend_from_slice(&user);
            target.push(b'@');
        }
        target.extend_from_slice(source.to_string().as_bytes());
        MessageRequest {
            target: &target,
            from: format!("sip:varde@{}", self.domain).as_bytes(),
            from_tag: &unique,
            to: to.from().uri_text,
            call_id: &format!("{unique}@{}", self.domain),
            cseq: 1,
            transport: by,
            sent_by: &local.to_string(),
            branch: &unique,
            content_type: scaip::MEDIA_TYPE,
            body: mrs.encode().as_bytes(),
        }
        .build()
    }
}

/// [`STREAMS`], or fewer where the process may open fewer files: units' connections must never take
/// the descriptors that the log and the console need.
fn streams() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let streams = open_files(&limits).map_or(STREAMS, streams_within);
    if streams < STREAMS {
        tracing::warn!(
            streams,
            "SIP connections are limited by the files this process may open; raise that (ulimit -n) for more"
        );
    }
    streams
}

/// The soft limit in the words of Linux; `None`: unlimited, or another system.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn streams_within(files: usize) -> usize {
    files.saturating_sub(FILES_KEPT).max(files / 2).min(STREAMS)
}

/// The status line and headers of a request's answer.
fn reply(request: &Request, source: SocketAddr, status: u16, at: Moment) -> Bytes {
    // Date is a cheap help for units without a clock of their own.
    let date = sip::date(at.0 / 1_000_000_000);
    let mut headers: Vec<(&str, &[u8])> = vec![("Date", date.as_bytes())];
    match status {
        405 => headers.push(("Allow", sip::ALLOW.as_bytes())),
        415 => headers.push(("Accept", scaip::MEDIA_TYPE.as_bytes())),
        _ => {}
    }
    sip::Reply::new(request.headers(), source, status).headers(&headers).build()
}
