//! A null receiver: answers as an engine would, stores nothing but what it was told.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use link::{Answer, Message as LinkMessage, Receipt, Refusal, Refused, Welcome};
use player::Targets;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use scaip::{Document, MessageType, Mrs};
use sip::{Event, Framer, Message, MessageRequest, Reply, Request, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What the receiver does with the n-th arrival of one signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// Stored: 200 and `mrs` 0, or a receipt.
    Stored,
    /// SIP 200 and no `mrs`; on QUIC no answer.
    Nothing,
    /// This SIP status; on QUIC refused with this code.
    Refuse(u16),
    /// `mrs` with this `snu`; on QUIC not stored.
    Snu(u16),
    /// The connection is cut.
    Cut,
}

type Rule = Arc<dyn Fn(usize) -> Say + Send + Sync>;
type Seen = Arc<Mutex<BTreeMap<(String, String), Vec<Vec<u8>>>>>;

/// A receiver on loopback.
pub struct Null {
    pub targets: Targets,
    /// Every body that came, by device and reference.
    pub seen: Seen,
    /// The certificates that QUIC devices showed.
    pub certificates: Arc<Mutex<Vec<Vec<u8>>>>,
}

#[derive(Clone)]
struct Desk {
    rule: Rule,
    seen: Seen,
}

impl Desk {
    fn take(&self, device: &str, reference: &str, body: &[u8]) -> Say {
        let mut seen = self.seen.lock().unwrap();
        let arrivals = seen.entry((device.to_owned(), reference.to_owned())).or_default();
        arrivals.push(body.to_vec());
        (self.rule)(arrivals.len())
    }
}

impl Null {
    /// Starts one that does by `rule` with the n-th arrival of each signal. `folder` gets
    /// `ca.pem` and `ca.key`.
    pub async fn start(folder: &Path, rule: impl Fn(usize) -> Say + Send + Sync + 'static) -> Self {
        let seen = Seen::default();
        let desk = Desk { rule: Arc::new(rule), seen: Arc::clone(&seen) };
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let endpoint = quic(folder);
        let certificates = Arc::new(Mutex::new(Vec::new()));
        let targets = Targets {
            sip_tcp: tcp.local_addr().ok(),
            sip_udp: udp.local_addr().ok(),
            quic: endpoint.local_addr().ok(),
            server_name: "localhost".to_owned(),
        };
        tokio::spawn(serve_tcp(tcp, desk.clone()));
        tokio::spawn(serve_udp(udp, desk.clone()));
        tokio::spawn(serve_quic(endpoint, desk, Arc::clone(&certificates)));
        Self { targets, seen, certificates }
    }

    /// How many different signals came.
    pub fn unique(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn serve_tcp(listener: TcpListener, desk: Desk) {
    while let Ok((stream, source)) = listener.accept().await {
        tokio::spawn(tcp_unit(stream, source, desk.clone()));
    }
}

async fn tcp_unit(mut stream: TcpStream, source: SocketAddr, desk: Desk) {
    let mut framer = Framer::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
        let mut input = &buffer[..length];
        while let Some(event) = framer.next(&mut input) {
            let Event::Message(frame) = event else { continue };
            let Ok(Message::Request(request)) = Message::parse(frame) else { continue };
            let Some(answers) = answer(&request, source, Transport::Tcp, &desk) else { return };
            for bytes in answers {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn serve_udp(socket: UdpSocket, desk: Desk) {
    let mut buffer = [0; 4096];
    while let Ok((length, source)) = socket.recv_from(&mut buffer).await {
        let bytes = Bytes::copy_from_slice(&buffer[..length]);
        let Ok(Message::Request(request)) = Message::parse(bytes) else { continue };
        for bytes in answer(&request, source, Transport::Udp, &desk).unwrap_or_default() {
            socket.send_to(&bytes, source).await.unwrap();
        }
    }
}

/// What to write for one MESSAGE; none: cut the connection.
fn answer(
    request: &Request,
    source: SocketAddr,
    transport: Transport,
    desk: &Desk,
) -> Option<Vec<Bytes>> {
    let status = |status| Reply::new(request.headers(), source, status).build();
    let Ok(Document::Mrq(mrq)) = scaip::decode(request.body()) else {
        panic!("not an mrq: {:?}", request.body())
    };
    let (cid, reference) = (mrq.cid.as_deref()?, mrq.reference.as_deref()?);
    assert_eq!(request.from().uri().unwrap().user, Some(cid.as_bytes()), "From is the cid");
    let say = if mrq.message_type() == MessageType::Beat {
        Say::Stored
    } else {
        desk.take(cid, reference, request.body())
    };
    Some(match say {
        Say::Stored => vec![status(200), mrs(&Mrs::accepted(reference), cid, source, transport)],
        Say::Nothing => vec![status(200)],
        Say::Refuse(code) => vec![status(code)],
        Say::Snu(snu) => {
            let refused = Mrs::refused(reference, snu, "no");
            vec![status(200), mrs(&refused, cid, source, transport)]
        }
        Say::Cut => return None,
    })
}

fn mrs(mrs: &Mrs, cid: &str, source: SocketAddr, transport: Transport) -> Bytes {
    let reference = mrs.reference.clone().unwrap_or_default();
    let body = mrs.encode();
    let unit = format!("sip:{cid}@{source}");
    let request = MessageRequest {
        target: unit.as_bytes(),
        from: b"sip:alarm@localhost",
        from_tag: "null",
        to: unit.as_bytes(),
        call_id: &reference,
        cseq: 1,
        transport,
        sent_by: "localhost",
        branch: &reference,
        content_type: scaip::MEDIA_TYPE,
        body: body.as_bytes(),
    };
    request.build().bytes
}

async fn serve_quic(endpoint: quinn::Endpoint, desk: Desk, certificates: Arc<Mutex<Vec<Vec<u8>>>>) {
    while let Some(incoming) = endpoint.accept().await {
        let (desk, certificates) = (desk.clone(), Arc::clone(&certificates));
        tokio::spawn(async move {
            let Ok(connection) = incoming.await else { return };
            let identity = connection.peer_identity().unwrap();
            let chain = identity.downcast::<Vec<CertificateDer<'static>>>().unwrap();
            certificates.lock().unwrap().push(chain[0].to_vec());
            let device = cn(&chain[0]);
            while let Ok((mut send, mut receive)) = connection.accept_bi().await {
                let bytes = receive.read_to_end(4096).await.unwrap();
                match link_answer(&device, &bytes, &desk) {
                    Ok(Some(answer)) => {
                        send.write_all(&answer.encode()).await.unwrap();
                        send.finish().unwrap();
                    }
                    // Never answered: the stream stays open until the device gives it up.
                    Ok(None) => drop(tokio::spawn(async move {
                        let _ = send.stopped().await;
                    })),
                    Err(()) => return connection.close(0_u32.into(), b""),
                }
            }
        });
    }
}

fn link_answer(device: &str, bytes: &[u8], desk: &Desk) -> Result<Option<Answer>, ()> {
    let signal = match LinkMessage::decode(bytes).unwrap() {
        LinkMessage::Hello(_) => {
            let welcome = Welcome { version: 1, time: 1, beat_s: 5, unanswered: 3 };
            return Ok(Some(Answer::Welcome(welcome)));
        }
        LinkMessage::Beat(_) => return Ok(Some(Answer::BeatOk { time: 1 })),
        LinkMessage::Signal(signal) => signal,
    };
    let id: String = signal.id.iter().flat_map(|b| [hex(b >> 4), hex(b & 15)]).collect();
    Ok(match desk.take(device, &id, bytes) {
        Say::Stored => {
            let seq = desk.seen.lock().unwrap().len() as u64;
            Some(Answer::Receipt(Receipt { seq, chain: [7; 32], moment: 1, duplicate: false }))
        }
        Say::Nothing => None,
        Say::Refuse(code) => {
            Some(Answer::Refused(Refused::new(Refusal::from(u64::from(code)), "no")))
        }
        Say::Snu(_) => Some(Answer::NotStored),
        Say::Cut => return Err(()),
    })
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap()
}

/// The ten digits of the device in its certificate; they stand nowhere else in it.
fn cn(certificate: &[u8]) -> String {
    let digits = |w: &&[u8]| w.starts_with(b"9950") && w.iter().all(u8::is_ascii_digit);
    let found = certificate.windows(10).find(digits).expect("a device id");
    String::from_utf8(found.to_vec()).unwrap()
}

/// A QUIC server that wants client certificates of an authority made for it in `folder`.
fn quic(folder: &Path) -> quinn::Endpoint {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = params.self_signed(&authority_key).unwrap();
    std::fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    std::fs::write(folder.join("ca.key"), authority_key.serialize_pem()).unwrap();

    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    )
    .build()
    .unwrap();
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    tls.alpn_protocols = vec![link::ALPN.to_vec()];
    let tls = quinn::crypto::rustls::QuicServerConfig::try_from(tls).unwrap();
    let config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    quinn::Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap()
}
