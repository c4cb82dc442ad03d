//! SIP over UDP: one socket, one task that owns both kinds of transactions.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use central::entry::Path;
use sip::{
    Action, ClientTransactions, Datagram, Malformed, Message, Received, Request, Screen,
    ServerTransactions, Transport, reply_to, screen,
};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use super::answer::{Answer, answer};
use super::{Sip, reply};
use crate::limits::{UDP_ANSWERS, UDP_DATAGRAM};

struct Finished {
    key: sip::Key,
    request: Request,
    source: SocketAddr,
    answer: Answer,
}

struct Udp {
    sip: Arc<Sip>,
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    server: ServerTransactions,
    client: ClientTransactions<SocketAddr>,
    finished: mpsc::Sender<Finished>,
}

/// Serves a bound socket until the task is dropped.
pub async fn listen_udp(sip: Arc<Sip>, socket: UdpSocket, seed: [u64; 2]) -> std::io::Result<()> {
    let local = socket.local_addr()?;
    let (finished, mut answers) = mpsc::channel(UDP_ANSWERS);
    let socket = Arc::new(socket);
    let mut udp = Udp {
        sip,
        socket: Arc::clone(&socket),
        local,
        server: ServerTransactions::new(seed),
        client: ClientTransactions::default(),
        finished,
    };
    let mut datagram = vec![0; UDP_DATAGRAM];
    loop {
        let sleep = udp.until_wake();
        tokio::select! {
            came = socket.recv_from(&mut datagram) => match came {
                Ok((n, source)) => udp.datagram(Bytes::copy_from_slice(&datagram[..n]), source).await,
                // Such as "connection refused" for an earlier answer: says nothing about this socket.
                Err(why) => tracing::debug!(%why, "a datagram could not be received"),
            },
            Some(done) = answers.recv() => udp.finish(done).await,
            () = tokio::time::sleep(sleep) => udp.wake().await,
        }
    }
}

impl Udp {
    fn until_wake(&self) -> Duration {
        let wake = self.server.next_wake().into_iter().chain(self.client.next_wake()).min();
        let now = self.sip.now().0;
        wake.map_or(Duration::from_hours(1), |wake| {
            Duration::from_nanos(wake.saturating_sub(now)).max(Duration::from_millis(1))
        })
    }

    async fn wake(&mut self) {
        let now = self.sip.now().0;
        self.server.expire(now);
        while let Some(action) = self.client.poll(now) {
            match action {
                Action::Send { bytes, token } => self.send(&bytes, token).await,
                Action::TimedOut { .. } => self.sip.intake.metrics.mrs_unconfirmed(),
                Action::Done { .. } => {}
            }
        }
    }

    async fn datagram(&mut self, datagram: Bytes, source: SocketAddr) {
        match Datagram::parse(datagram) {
            Ok(Datagram::KeepAlive) => {}
            Ok(Datagram::Message(Message::Request(request))) => self.request(request, source).await,
            Ok(Datagram::Message(Message::Response(response))) => {
                self.client.received(&response, self.sip.now().0);
            }
            Err(wrong) => self.malformed(wrong, source).await,
        }
    }

    async fn malformed(&mut self, wrong: Malformed, source: SocketAddr) {
        if let Some(bytes) = wrong.answer(source) {
            self.send(&bytes, reply_to(wrong.salvaged.headers(), source)).await;
        }
        self.sip.unreadable(wrong, source, Path::SipUdp);
    }

    async fn request(&mut self, request: Request, source: SocketAddr) {
        let to = reply_to(request.headers(), source);
        match screen(&request, source, scaip::MEDIA_TYPE) {
            Screen::Answer(bytes) => return self.send(&bytes, to).await,
            Screen::Ignore => return,
            Screen::Register => {
                let bytes = reply(&request, source, 405, self.sip.now());
                return self.send(&bytes, to).await;
            }
            Screen::Message => {}
        }
        let received = self.sip.now();
        match self.server.receive(&request, source, Transport::Udp, received.0) {
            Received::New(key) => {
                let (sip, finished) = (Arc::clone(&self.sip), self.finished.clone());
                tokio::spawn(async move {
                    let answer = answer(sip, request.clone(), source, Path::SipUdp, received).await;
                    let _ = finished.send(Finished { key, request, source, answer }).await;
                });
            }
            Received::Retransmission { answer: Some(bytes), .. } => self.send(&bytes, to).await,
            Received::Retransmission { answer: None, .. } => {}
            Received::Full => {
                let bytes = reply(&request, source, 503, received);
                self.send(&bytes, to).await;
            }
        }
    }

    async fn finish(&mut self, done: Finished) {
        let now = self.sip.now();
        let bytes = reply(&done.request, done.source, done.answer.status, now);
        self.send(&bytes, reply_to(done.request.headers(), done.source)).await;
        self.server.answer(done.key, bytes, now.0);
        if let Some(seq) = done.answer.seq {
            self.sip.hops.receipt(seq, now);
        }
        let Some(mrs) = &done.answer.mrs else { return };
        let message = self.sip.mrs(&done.request, done.source, self.local, Transport::Udp, mrs);
        match self.client.start(message, done.source, false, now.0) {
            Ok(bytes) => self.send(&bytes, done.source).await,
            Err(_) => self.sip.intake.metrics.mrs_unconfirmed(),
        }
    }

    async fn send(&self, bytes: &[u8], to: SocketAddr) {
        if let Err(why) = self.socket.send_to(bytes, to).await {
            tracing::debug!(%why, "a datagram could not be sent");
        }
    }
}
