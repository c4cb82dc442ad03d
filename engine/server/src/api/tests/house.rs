//! A whole engine without its listeners: lanes, sequencer, a log in memory, the shell, the console.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::Central;
use central::entry::{
    Entry, Flags, Genesis, Path, Purpose, Role, Scope, Sender, SessionOpened, Signal,
};
use central::kind::Kind;
use central::words::{
    AlarmId, ContentHash, DeviceId, Moment, Municipality, PersonId, Reference, Seq, SessionId,
};
use journal::memory::Order;
use journal::{Batch, Draft as LogDraft, Log, Pos, Record};
use sequencer::{Sequencer, Skips, Turn, refold};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use crate::api::once::hash;
use crate::api::{Account, Console, Setup, serve};
use crate::board::Board;
use crate::clock::Clock;
use crate::control::{Post, Wish};
use crate::details::{Details, Opener};
use crate::hops::Hops;
use crate::intake::{Draft, Intake, Outcome};
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::ops::{self, Ops, StateProbe};
use crate::plain::Plain;
use crate::projections::Asker;
use crate::shell::Outbox;

pub(super) const OSLO: Municipality = Municipality(301);
pub(super) const TRONDHEIM: Municipality = Municipality(5001);

pub(super) fn only(municipality: Municipality) -> Scope {
    Scope::Only(vec![municipality])
}

pub(super) struct House {
    pub(super) order: Order,
    pub(super) intake: Arc<Intake>,
    pub(super) hops: Arc<Hops>,
    pub(super) keys: Arc<Keys>,
    pub(super) console: Arc<Console>,
    pub(super) at: SocketAddr,
    pub(super) ops: SocketAddr,
    pub(super) runtime: Runtime,
    served: Option<tokio::task::JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    next: AtomicU64,
    _ops_stop: watch::Sender<bool>,
    _folder: TempDir,
}

impl House {
    pub(super) fn new() -> Self {
        Self::with(Vec::new())
    }

    pub(super) fn with(accounts: Vec<Account>) -> Self {
        Self::made(accounts, Asker::nothing())
    }

    /// With tables of another log beside it.
    pub(super) fn beside(history: Asker) -> Self {
        Self::made(Vec::new(), history)
    }

    fn made(accounts: Vec<Account>, history: Asker) -> Self {
        let folder = TempDir::new().unwrap();
        let (lanes, outlet) = lanes::new();
        let order = Order::new();
        let waker = outlet.waker();
        let wake = Arc::new(move || waker.wake());
        let (log, central, head, boot) = begin(order.join(0, wake));
        let keys = Arc::new(Keys::open(&folder.path().join("keys")).unwrap());
        keys.begin().unwrap();
        let clock = Arc::new(Clock::start(Moment(0)));
        let board = Arc::new(Board::new(clock.now()));
        let metrics = Arc::new(Metrics::new());
        let hops = Arc::new(Hops::new(Arc::clone(&metrics)));
        let details = Arc::new(Details::default());
        let probe = Arc::new(StateProbe::new(head, outlet.waker()));
        let intake =
            Arc::new(Intake::new(lanes, Arc::clone(&clock), board, metrics, Arc::clone(&keys)));
        let outbox = Outbox::new(&intake, &details, &hops, &probe);
        let sequencer = Sequencer::new(log, outlet, central, outbox, 0, boot);
        let stop = Arc::new(AtomicBool::new(false));
        let thread = turn(sequencer, Arc::clone(&intake), order.clone(), Arc::clone(&stop));
        let console = Console::new(Setup {
            intake: Arc::clone(&intake),
            post: Arc::new(Post::new(&intake, &keys)),
            hops: Arc::clone(&hops),
            details: Arc::new(Opener::new(&details, &keys)),
            history,
            purpose: Purpose::Demonstration,
            version: "0.0.1",
            municipalities: [(OSLO, "Oslo".to_owned())].into(),
            accounts,
            url: "http://127.0.0.1:8080".to_owned(),
        });
        let console = Arc::new(console.unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (pages, health) = (bind(), bind());
        let (at, ops_at) = (pages.local_addr().unwrap(), health.local_addr().unwrap());
        let served = Some(runtime.spawn(serve(pages, Arc::clone(&console))));
        let told = Ops {
            board: Arc::clone(&intake.board),
            metrics: Arc::clone(&intake.metrics),
            probe,
            mirror: None,
        };
        let (ops_stop, stopping) = watch::channel(false);
        runtime.spawn(ops::serve(health, Arc::new(told), stopping));
        let thread = Some(thread);
        let next = AtomicU64::new(1);
        Self {
            order,
            intake,
            hops,
            keys,
            console,
            at,
            ops: ops_at,
            runtime,
            served,
            stop,
            thread,
            next,
            _ops_stop: ops_stop,
            _folder: folder,
        }
    }

    /// Every entry in the log, as another node reads it.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let log = self.order.join(1, Arc::new(|| {}));
        let bodies = log.read(Pos::START).unwrap().filter_map(|record| match record.unwrap() {
            Record::Entry(entry) => Some(entry.body),
            Record::Decided(_) => None,
        });
        bodies.map(|body| Entry::decode(&body).unwrap()).collect()
    }

    /// What folding the log again comes to: Seq, chain hash, state hash.
    pub(super) fn folded_again(&self) -> (u64, [u8; 32], [u8; 32]) {
        let log = self.order.join(1, Arc::new(|| {}));
        let mut central = Central::new();
        let folded =
            refold(log.read(Pos::START).unwrap(), &Skips::default(), &mut central).unwrap();
        (folded.last_seq, folded.head, central.digest())
    }

    /// The same up to a Seq.
    pub(super) fn folded_until(&self, until: u64) -> (u64, [u8; 32], [u8; 32]) {
        let log = self.order.join(1, Arc::new(|| {}));
        let mut central = Central::new();
        let records = log.read(Pos::START).unwrap();
        let records = records
            .take_while(|record| !matches!(record, Ok(Record::Entry(entry)) if entry.seq > until));
        let folded = refold(records, &Skips::default(), &mut central).unwrap();
        (folded.last_seq, folded.head, central.digest())
    }

    pub(super) fn draft(&self, municipality: Municipality, kind: Kind) -> Draft {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let mut plain = Plain::raw(b"<mrq>as it came</mrq>");
        plain.say("sted", "Bad");
        let signal = Signal {
            device: DeviceId(format!("scaip:{n:07}")),
            municipality,
            person: None,
            kind,
            reference: Reference(format!("{n:08}")),
            content: ContentHash::default(),
            counter: None,
            happened: None,
            buffered: false,
            received: self.intake.clock.now(),
            path: Path::SipUdp,
            sender: Sender::Claimed,
            flags: Flags::ODD_FIELD,
            sealed: None,
        };
        Draft { signal, plain }
    }

    /// A press of a new device: its alarm.
    pub(super) fn press(&self, municipality: Municipality) -> AlarmId {
        let draft = self.draft(municipality, Kind::PRESS);
        match self.runtime.block_on(self.intake.submit(draft)) {
            Outcome::Stored(receipt) => receipt.alarm.unwrap(),
            outcome => panic!("{outcome:?}"),
        }
    }

    /// A person of whom a name is known.
    pub(super) fn person(&self, municipality: Municipality) -> PersonId {
        let text = vec![("Navn".to_owned(), "Kari Nordmann".to_owned())];
        let about = Plain { text, raw: None }.to_bytes();
        let wish = Wish::Person { id: None, municipality, about };
        let post = Post::new(&self.intake, &self.keys);
        self.runtime.block_on(post.one(&wish)).unwrap().person.unwrap()
    }

    /// A press whose outcome nobody here waits for.
    pub(super) fn press_unheard(&self, municipality: Municipality) {
        let draft = self.draft(municipality, Kind::PRESS);
        let intake = Arc::clone(&self.intake);
        self.runtime.spawn(async move { intake.submit(draft).await });
    }

    /// Logs in with a one-time login: the cookie.
    pub(super) fn enter(&self, name: &str, role: Role, scope: Scope) -> String {
        let once = self.console.once(name, role, scope).unwrap();
        self.login(&format!(r#"{{"once":"{once}"}}"#)).cookie()
    }

    pub(super) fn login(&self, body: &str) -> Reply {
        self.call("POST", "/api/login", None, body)
    }

    /// A session that ends by itself soon: its cookie.
    pub(super) fn enter_for(&self, lasts: Duration) -> String {
        let mut id = [0; 16];
        id.copy_from_slice(&hash("short")[..16]);
        let opened = SessionOpened {
            id: SessionId(id),
            operator: "kari".to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(self.intake.clock.now().0 + lasts.as_nanos() as u64),
        };
        assert!(self.runtime.block_on(self.intake.open_session(opened)));
        "varde=short".to_owned()
    }

    /// A call as the page makes it.
    pub(super) fn call(&self, method: &str, path: &str, cookie: Option<&str>, body: &str) -> Reply {
        self.call_with(method, path, cookie, "X-Varde: 1\r\n", body)
    }

    pub(super) fn get(&self, path: &str, cookie: &str) -> Reply {
        self.call("GET", path, Some(cookie), "")
    }

    pub(super) fn post(&self, path: &str, cookie: &str, body: &str) -> Reply {
        self.call("POST", path, Some(cookie), body)
    }

    /// A call with other headers than the page's.
    pub(super) fn call_with(
        &self,
        method: &str,
        path: &str,
        cookie: Option<&str>,
        headers: &str,
        body: &str,
    ) -> Reply {
        let at = self.at;
        let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let length = body.len();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        raw(
            at,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n{kind}\
                 Content-Length: {length}\r\n{cookie}{headers}\r\n{body}"
            ),
        )
    }

    /// A live connection as the page opens it.
    pub(super) fn live(&self, cookie: &str) -> Live {
        self.live_from(cookie, &format!("http://{}", self.at)).unwrap()
    }

    /// The status of one that is refused.
    pub(super) fn live_from(&self, cookie: &str, origin: &str) -> Result<Live, u16> {
        let mut request = format!("ws://{}/api/live", self.at).into_client_request().unwrap();
        request.headers_mut().insert("Cookie", cookie.parse().unwrap());
        request.headers_mut().insert("Origin", origin.parse().unwrap());
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Live { socket }),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(why) => panic!("{why}"),
        }
    }

    /// Whether [`serve`] returns soon after the console is stopped.
    pub(super) fn stops(&mut self) -> bool {
        self.console.stop();
        let served = self.served.take().unwrap();
        self.runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(4), served).await })
            .is_ok()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The first two entries of a log, and what they fold to.
fn begin(mut log: impl Log) -> (impl Log, Central, [u8; 32], u64) {
    let genesis = Genesis { purpose: Purpose::Demonstration, log_id: [7; 16] };
    let entries = [Entry::Genesis(genesis), Entry::Rules(1)];
    let entries =
        entries.map(|entry| LogDraft { moment: 1, body: Bytes::from(entry.encode()) }).to_vec();
    let batch = Batch { node: 0, boot: 1, n: 1, entries, decided: Vec::new() };
    log.propose(batch).unwrap();
    let mut central = Central::new();
    let folded = refold(log.read(Pos::START).unwrap(), &Skips::default(), &mut central).unwrap();
    assert_eq!(folded.last_seq, 2);
    (log, central, folded.head, folded.next_boot(0))
}

/// The sequencer's thread, and the sweep of what is pending.
fn turn(
    mut sequencer: Sequencer<impl Log + Send + 'static, Outbox>,
    intake: Arc<Intake>,
    order: Order,
    stop: Arc<AtomicBool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            let now = intake.clock.now().0;
            order.advance_to(now);
            intake.sweep(Instant::now());
            if matches!(sequencer.turn(now), Turn::Idle { .. }) {
                sequencer.wait(Duration::from_millis(2));
            }
        }
    })
}

/// One request on a connection of its own.
pub(super) fn raw(at: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that has seen enough closes while we still write: what it answered is what counts.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The status and the word that says why not.
    pub(super) fn no(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap_or_default().to_owned())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {self:?}"));
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}

pub(super) struct Live {
    pub(super) socket: WebSocket<TcpStream>,
}

impl Live {
    /// The next message that is no beat.
    pub(super) fn next(&mut self) -> serde_json::Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                if said["t"] != "beat" {
                    return said;
                }
            }
        }
    }

    /// The next message of this sort; those between are passed over.
    pub(super) fn next_of(&mut self, sort: &str) -> serde_json::Value {
        loop {
            let said = self.next();
            if said["t"] == sort {
                return said;
            }
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// The code it is closed with; what comes before that is passed over.
    pub(super) fn closed(&mut self) -> u16 {
        loop {
            match self.socket.read() {
                Ok(Message::Close(Some(frame))) => return frame.code.into(),
                Ok(_) => {}
                Err(why) => panic!("closed without a word: {why}"),
            }
        }
    }
}

pub(super) fn alarm_path(alarm: AlarmId, call: &str) -> String {
    format!("/api/alarms/{}{call}", alarm.0.0)
}

pub(super) fn seq(alarm: AlarmId) -> Seq {
    alarm.0
}

/// Waits for something that happens on another thread.
pub(super) fn eventually(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
