//! SIP over TCP and TLS: one task a connection, no buffer while it is idle.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use central::entry::Path;
use sip::limits::MAX_MESSAGE;
use sip::{
    ClientTransactions, Datagram, Event, Framer, Malformed, Message, PONG, Request, Screen,
    Transport, screen,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::answer::{Answer, answer};
use super::{Sip, reply};
use crate::limits::{
    STREAM_IN_FLIGHT, STREAM_MESSAGE, STREAM_READ, STREAM_REST, STREAM_WRITE, TLS_HANDSHAKE,
    TLS_HANDSHAKES,
};
use crate::metrics::Listener;

/// Accepts SIP over TCP until the task is dropped.
pub async fn listen_tcp(sip: Arc<Sip>, listener: TcpListener) {
    loop {
        let Some((stream, source)) = accept(&listener).await else { continue };
        let Ok(place) = Arc::clone(&sip.streams).try_acquire_owned() else {
            sip.intake.gate.refused(&format!("ip:{}", source.ip()), sip.now());
            continue;
        };
        let sip = Arc::clone(&sip);
        tokio::spawn(async move {
            if let Ok(local) = stream.local_addr() {
                serve(sip, stream, Ends { source, local }, Transport::Tcp).await;
            }
            drop(place);
        });
    }
}

/// Accepts SIP over TLS until the task is dropped.
pub async fn listen_tls(sip: Arc<Sip>, listener: TcpListener, acceptor: TlsAcceptor) {
    let handshakes = Arc::new(Semaphore::new(TLS_HANDSHAKES));
    loop {
        let Some((stream, source)) = accept(&listener).await else { continue };
        let Ok(place) = Arc::clone(&sip.streams).try_acquire_owned() else {
            sip.intake.gate.refused(&format!("ip:{}", source.ip()), sip.now());
            continue;
        };
        let (sip, acceptor, handshakes) =
            (Arc::clone(&sip), acceptor.clone(), Arc::clone(&handshakes));
        tokio::spawn(async move {
            let turn = handshakes.acquire().await;
            let local = stream.local_addr().unwrap_or(source);
            let shaken = timeout(TLS_HANDSHAKE, acceptor.accept(stream)).await;
            drop(turn);
            match shaken {
                Ok(Ok(stream)) => serve(sip, stream, Ends { source, local }, Transport::Tls).await,
                _ => sip.intake.gate.rubbish(&format!("ip:{}", source.ip()), sip.now()),
            }
            drop(place);
        });
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, source)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, source))
        }
        Err(why) => {
            // Out of descriptors, most often: others must end before one more can begin.
            tracing::warn!(%why, "a SIP connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Both addresses of a connection.
#[derive(Clone, Copy)]
struct Ends {
    source: SocketAddr,
    local: SocketAddr,
}

struct Connection<S> {
    sip: Arc<Sip>,
    stream: S,
    source: SocketAddr,
    local: SocketAddr,
    by: Transport,
    framer: Framer,
    /// Since when a message has been arriving.
    arriving: Option<Instant>,
    /// The peer took an answer not: it is sent no other.
    deaf: bool,
    under_way: JoinSet<(Request, Answer)>,
    /// Ours, made at the first `mrs`: an idle connection holds none.
    client: Option<Box<ClientTransactions<()>>>,
}

enum Woken {
    Read(Vec<Event>),
    Answered(Box<(Request, Answer)>),
    Closed,
    Late,
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    sip: Arc<Sip>,
    stream: S,
    Ends { source, local }: Ends,
    by: Transport,
) {
    let listener = if by == Transport::Tls { Listener::SipTls } else { Listener::SipTcp };
    sip.intake.metrics.connected(listener);
    let metrics = Arc::clone(&sip.intake.metrics);
    let mut connection = Connection {
        sip,
        stream,
        source,
        local,
        by,
        framer: Framer::new(),
        arriving: None,
        deaf: false,
        under_way: JoinSet::new(),
        client: None,
    };
    while connection.step().await.is_some() {}
    connection.end();
    metrics.disconnected(listener);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// One thing that happens on the connection; `None` when it is over.
    async fn step(&mut self) -> Option<()> {
        match self.woken().await {
            Woken::Read(events) => {
                // A peer that takes no answer any more may have said something all the same: what
                // came is read to its end before the connection is given up.
                let mut open = Some(());
                for event in events {
                    open = self.event(event).await.and(open);
                }
                open?;
                self.arriving = match (self.framer.is_idle(), self.arriving) {
                    (true, _) => None,
                    (false, since) => since.or(Some(Instant::now())),
                };
                Some(())
            }
            Woken::Answered(done) => self.answered(done.0, done.1).await,
            Woken::Closed | Woken::Late => None,
        }
    }

    async fn woken(&mut self) -> Woken {
        let (stream, framer) = (&mut self.stream, &mut self.framer);
        let may_read = self.under_way.len() < STREAM_IN_FLIGHT;
        let late = self.arriving.map(|since| since + STREAM_MESSAGE);
        tokio::select! {
            biased;
            Some(done) = self.under_way.join_next() => match done {
                Ok(done) => Woken::Answered(Box::new(done)),
                Err(_) => Woken::Closed,
            },
            events = read(stream, framer), if may_read => events.map_or(Woken::Closed, Woken::Read),
            () = until(late) => Woken::Late,
        }
    }

    async fn event(&mut self, event: Event) -> Option<()> {
        match event {
            Event::Ping => self.write(PONG).await,
            Event::Message(frame) => match Message::parse(frame) {
                Ok(Message::Request(request)) => self.request(request).await,
                Ok(Message::Response(response)) => {
                    let now = self.sip.now().0;
                    if let Some(client) = &mut self.client {
                        client.received(&response, now);
                    }
                    Some(())
                }
                Err(wrong) => self.malformed(wrong).await,
            },
            Event::Broken(wrong) => {
                self.broken(wrong).await;
                None
            }
        }
    }

    /// The stream cannot be cut into messages any more, most often for want of a Content-Length. What
    /// still comes within [`STREAM_REST`] belongs to the same message and may hold the alarm.
    async fn broken(&mut self, wrong: Malformed) {
        if let Some(bytes) = wrong.answer(self.source) {
            self.write(&bytes).await;
        }
        let mut raw = wrong.salvaged.raw().to_vec();
        let rest = (&mut self.stream).take(MAX_MESSAGE as u64);
        let _ = timeout(STREAM_REST, pin!(rest).read_to_end(&mut raw)).await;
        match Datagram::parse(Bytes::from(raw)) {
            Err(wrong) => self.show(wrong),
            // As a datagram it needs no Content-Length and can be read: the unit was told 400 and
            // tries elsewhere, and an operator sees it here.
            Ok(Datagram::Message(Message::Request(request))) => {
                let (sip, source, path) = (Arc::clone(&self.sip), self.source, self.path());
                let received = self.sip.now();
                tokio::spawn(async move { answer(sip, request, source, path, received).await });
            }
            Ok(_) => {}
        }
    }

    async fn malformed(&mut self, wrong: Malformed) -> Option<()> {
        let answer = wrong.answer(self.source);
        self.show(wrong);
        match answer {
            Some(bytes) => self.write(&bytes).await,
            None => Some(()),
        }
    }

    fn show(&self, wrong: Malformed) {
        self.sip.unreadable(wrong, self.source, self.path());
    }

    fn path(&self) -> Path {
        if self.by == Transport::Tls { Path::SipTls } else { Path::SipTcp }
    }

    async fn request(&mut self, request: Request) -> Option<()> {
        let now = self.sip.now();
        match screen(&request, self.source, scaip::MEDIA_TYPE) {
            Screen::Answer(bytes) => self.write(&bytes).await,
            Screen::Ignore => Some(()),
            Screen::Register => self.write(&reply(&request, self.source, 405, now)).await,
            Screen::Message => {
                // A stream delivers or fails: a copy on it is the unit's own doing and a Duplicate
                // for the central, so no transaction is kept (RFC 3261 17.2.2, timer J of 0 s).
                let (sip, source, path) = (Arc::clone(&self.sip), self.source, self.path());
                self.under_way.spawn(async move {
                    let answer = answer(sip, request.clone(), source, path, now).await;
                    (request, answer)
                });
                Some(())
            }
        }
    }

    async fn answered(&mut self, request: Request, answer: Answer) -> Option<()> {
        let bytes = reply(&request, self.source, answer.status, self.sip.now());
        self.write(&bytes).await?;
        if let Some(seq) = answer.seq {
            self.sip.hops.receipt(seq, self.sip.now());
        }
        let Some(mrs) = &answer.mrs else { return Some(()) };
        let message = self.sip.mrs(&request, self.source, self.local, self.by, mrs);
        let now = self.sip.now().0;
        let client = self.client.get_or_insert_default();
        while let Some(action) = client.poll(now) {
            if matches!(action, sip::Action::TimedOut { .. }) {
                self.sip.intake.metrics.mrs_unconfirmed();
            }
        }
        if let Ok(bytes) = client.start(message, (), true, now) {
            self.write(&bytes).await
        } else {
            self.sip.intake.metrics.mrs_unconfirmed();
            Some(())
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Option<()> {
        if self.deaf {
            return None;
        }
        let all = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        self.deaf = !matches!(timeout(STREAM_WRITE, all).await, Ok(Ok(())));
        (!self.deaf).then_some(())
    }

    /// What is under way goes on to the log; what had only half arrived is shown if it may be a person.
    fn end(mut self) {
        self.under_way.detach_all();
        if let Some(wrong) = self.framer.finish() {
            self.show(wrong);
        }
    }
}

/// Reads once, through a buffer on the stack; `None` at the end of the stream.
async fn read<S: AsyncRead + Unpin>(stream: &mut S, framer: &mut Framer) -> Option<Vec<Event>> {
    poll_fn(|context| {
        let mut bytes = [0; STREAM_READ];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(_)) => Poll::Ready(None),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(None),
            Poll::Ready(Ok(())) => {
                let mut came = buffer.filled();
                let mut events = Vec::new();
                while let Some(event) = framer.next(&mut came) {
                    events.push(event);
                }
                Poll::Ready(Some(events))
            }
        }
    })
    .await
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
