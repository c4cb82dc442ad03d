//! An engine without its other listeners, and a device.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::Central;
use central::entry::{Entry, Genesis, Purpose};
use central::words::{Moment, Municipality};
use journal::memory::Order;
use journal::{Batch, Draft, Log, Record};
use link::{Answer, Details, Kind, Message, Signal};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sequencer::{Sequencer, Turn};
use tempfile::TempDir;

use crate::authority::{Authority, Issued};
use crate::board::Board;
use crate::clock::Clock;
use crate::details::Details as Kept;
use crate::hops::Hops;
use crate::intake::Intake;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::ops::StateProbe;
use crate::quic::{self, Options};
use crate::shell::Outbox;

pub(super) const OSLO: Municipality = Municipality(301);

pub(super) struct House {
    pub(super) folder: TempDir,
    pub(super) authority: Arc<Authority>,
    pub(super) intake: Arc<Intake>,
    pub(super) keys: Arc<Keys>,
    pub(super) order: Order,
    pub(super) link: quic::Endpoint,
    stop: Arc<AtomicBool>,
}

impl House {
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(Authority::open(&folder.path().join("authority")).unwrap());
        let keys = Arc::new(Keys::open(&folder.path().join("keys")).unwrap());
        keys.begin().unwrap();
        let (lanes, outlet) = lanes::new();
        let waker = outlet.waker();
        let clock = Arc::new(Clock::start(Moment(0)));
        let order = Order::new();
        let wake = waker.clone();
        let mut log = order.join(0, Arc::new(move || wake.wake()));
        begin(&mut log, clock.now());
        let board = Arc::new(Board::new(clock.now()));
        let metrics = Arc::new(Metrics::new());
        let hops = Arc::new(Hops::new(Arc::clone(&metrics)));
        let parts = (Arc::clone(&clock), board, metrics, Arc::clone(&keys));
        let intake = Arc::new(Intake::new(lanes, parts.0, parts.1, parts.2, parts.3));
        let probe = Arc::new(StateProbe::new([0; 32], waker));
        let outbox = Outbox::new(&intake, &Arc::new(Kept::default()), &hops, &probe);
        let sequencer = Sequencer::new(log, outlet, Central::new(), outbox, 0, 2);
        let stop = Arc::new(AtomicBool::new(false));
        turn(sequencer, clock, Arc::clone(&stop));
        sweep(Arc::clone(&intake));
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let shared = (Arc::clone(&authority), Arc::clone(&intake), hops);
        let options = Options { beat: Duration::from_secs(20), ..Options::default() };
        let link = quic::listen_with(socket, shared.0, shared.1, shared.2, &options).unwrap();
        Self { folder, authority, intake, keys, order, link, stop }
    }

    pub(super) fn device(&self, id: &str) -> Device {
        Device::with(self.authority.ca_pem(), Some(&self.authority.issue_device(id, OSLO).unwrap()))
    }

    pub(super) async fn connect(&self, device: &Device) -> Connection {
        device.connect(self).await.unwrap()
    }

    /// Every entry of the log, by its Seq.
    pub(super) fn log(&self) -> Vec<Entry> {
        let log = self.order.join(9, Arc::new(|| {}));
        let records = log.read(journal::Pos::START).unwrap();
        let entry = |record| match record {
            Record::Entry(kept) => Some(Entry::decode(&kept.body).unwrap()),
            Record::Decided(_) => None,
        };
        records.filter_map(|record| entry(record.unwrap())).collect()
    }

    pub(super) fn signals(&self) -> Vec<central::entry::Signal> {
        let signal = |entry| if let Entry::Signal(signal) = entry { Some(signal) } else { None };
        self.log().into_iter().filter_map(signal).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn begin(log: &mut impl Log, now: Moment) {
    let genesis = Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] };
    let draft = |entry: Entry| Draft { moment: now.0, body: Bytes::from(entry.encode()) };
    let entries = vec![draft(Entry::Genesis(genesis)), draft(Entry::Rules(1))];
    let batch = Batch { node: 0, boot: 1, n: 1, entries, decided: Vec::new() };
    log.propose(batch).unwrap();
}

fn turn(
    mut sequencer: Sequencer<journal::memory::Memory, Outbox>,
    clock: Arc<Clock>,
    stop: Arc<AtomicBool>,
) {
    // A press that came before the genesis is applied would be refused, as it should be.
    while sequencer.central().purpose().is_none() {
        sequencer.turn(clock.now().0);
    }
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            match sequencer.turn(clock.now().0) {
                Turn::Worked => {}
                Turn::Idle { .. } => sequencer.wait(Duration::from_millis(20)),
                Turn::Stopped(halt) => panic!("{halt}"),
            }
        }
    });
}

fn sweep(intake: Arc<Intake>) {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(crate::limits::PENDING_SWEEP).await;
            intake.sweep(Instant::now());
        }
    });
}

/// A quinn client.
pub(super) struct Device {
    pub(super) endpoint: Endpoint,
}

impl Device {
    /// Trusts `ca`; without `issued` it has no certificate of its own.
    pub(super) fn with(ca: &str, issued: Option<&Issued>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut tls = match issued {
            None => builder.with_no_client_auth(),
            Some(issued) => {
                let key = PrivateKeyDer::try_from(issued.key_der.clone()).unwrap();
                let chain = vec![CertificateDer::from(issued.cert_der.clone())];
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        tls.alpn_protocols = vec![link::ALPN.to_vec()];
        tls.enable_early_data = true;
        let mut endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let tls = QuicClientConfig::try_from(tls).unwrap();
        endpoint.set_default_client_config(ClientConfig::new(Arc::new(tls)));
        Self { endpoint }
    }

    pub(super) fn begin(&self, house: &House) -> quinn::Connecting {
        self.endpoint.connect(house.link.local_addr().unwrap(), "localhost").unwrap()
    }

    pub(super) async fn connect(&self, house: &House) -> Result<Connection, ConnectionError> {
        self.begin(house).await
    }

    /// Connects and waits until the centre says no. In TLS 1.3 a client is done before its certificate is judged.
    pub(super) async fn refused(&self, house: &House) -> ConnectionError {
        match self.connect(house).await {
            Err(error) => error,
            Ok(connection) => {
                let closed = tokio::time::timeout(Duration::from_secs(5), connection.closed());
                closed.await.expect("the centre kept the connection")
            }
        }
    }
}

pub(super) async fn say(connection: &Connection, bytes: &[u8]) -> Answer {
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    // A centre that has read enough stops the stream; what it answers still comes.
    let _ = send.write_all(bytes).await;
    let _ = send.finish();
    let answer = receive.read_to_end(link::limits::MESSAGE_BYTES).await.unwrap();
    Answer::decode(&answer).unwrap()
}

pub(super) fn press(n: u64) -> Signal {
    let mut id = [0xa5; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    Signal {
        id,
        boot: 7,
        counter: n,
        kind: Kind::PRESS,
        happened: None,
        buffered: false,
        details: Details::default(),
    }
}

pub(super) fn press_bytes(n: u64) -> Vec<u8> {
    Message::Signal(press(n)).encode()
}

pub(super) async fn eventually(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "did not come in 10 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
